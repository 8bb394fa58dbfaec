"""What the estimators share: reading of rows, and prediction by a fit."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.rebuild import new_rows
from logitkit.errors import DataError, DataWarning, ResponseError, warn_caller
from logitkit.estimators.columns import Columns, validated_columns
from logitkit.estimators.finite import finite_coef
from logitkit.estimators.formula_rows import (
    FormulaRows,
    decision_by_formula,
    decision_of,
    require_frame,
    require_labels,
)
from logitkit.estimators.learning import forget
from logitkit.estimators.outcomes import Classes
from logitkit.models.multinomial import Multinomial
from logitkit.results.fit import Fit
from logitkit.typing import FloatArray

__all__ = ["Predictor"]


class Predictor(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A classifier that stores a fit and predicts with its coefficients.

    Estimators inherit from it, and have the parameters ``formula``, ``fit_intercept``, ``missing``, ``unseen`` and
    ``functions`` of ``LogitClassifier``. ``coef_`` has one row for two classes, and one row per class for more.

    Examples
    --------
    >>> from logitkit.estimators import LogitClassifier
    >>> issubclass(LogitClassifier, Predictor)
    True
    """

    _several: ClassVar[bool] = False
    formula: str | None
    fit_intercept: bool
    missing: Any
    unseen: Any
    functions: Any
    coef_: Any

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn may expect: how many classes, and with a formula more kinds of columns."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = self._several
        by_formula = self.formula is not None
        tags.input_tags.sparse = not by_formula
        tags.input_tags.allow_nan = by_formula
        tags.input_tags.categorical = by_formula
        tags.input_tags.string = by_formula
        return tags

    def decision_function(self, X: Any) -> FloatArray:
        """Return the logit of the second of two classes; with more classes, one score per class.

        The scores are the logits, which sum to zero in each row; for ordered classes they are the log odds of each
        class against all others.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n,) array or (n, K) array
            Columns are in the order of ``classes_``; nan for a row that the formula cannot code.
        """
        scores = self._scores(self._decide(X)[0])
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict(self, X: Any) -> Any:
        """Return the most probable label of each row.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n,) array
            Labels from ``classes_``.

        Raises
        ------
        DataError
            If the formula cannot code a row because a value is missing; for ordered classes, if thresholds cross in a
            row.
        """
        eta, kept = self._decide(X)
        if kept is not None and not kept.all():
            raise DataError(
                f"{int((~kept).sum())} of {kept.size} rows have a missing value in a column of the formula (the first "
                f"is row {int(np.argmin(kept))}, from 0), and so no predicted label: drop them, or impute in an "
                "earlier step. predict_proba gives nan for such rows."
            )
        if hasattr(self, "fit_"):  # of what was learnt in mini-batches every row is proper
            _require_proper(self.fit_.record.family, eta)
        scores = self._scores(eta)
        return self.classes_[(scores[:, 0] > 0.0).astype(np.int64) if scores.shape[1] == 1 else scores.argmax(axis=1)]

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probability of each class.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n, K) array
            Columns are in the order of ``classes_``; nan for a row that the formula cannot code.
        """
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Return the logarithm of the probability of each class, exact even for very small probabilities.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n, K) array
            Columns are in the order of ``classes_``; nan for a row that the formula cannot code.
        """
        with np.errstate(invalid="ignore"):  # a row without a logit has no probability either
            return self._log_probabilities(self._decide(X)[0])

    def sparsify(self) -> Self:
        """Store ``coef_`` as a sparse matrix, which saves memory if a lasso set most of it to zero.

        Returns
        -------
        Self
            The estimator itself; its predictions do not change.
        """
        from scipy.sparse import csr_matrix

        check_is_fitted(self)
        self.coef_ = csr_matrix(self.coef_)
        return self

    def densify(self) -> Self:
        """Store ``coef_`` as an array again, as after ``fit``.

        Returns
        -------
        Self
            The estimator itself.
        """
        check_is_fitted(self)
        self.coef_ = self._table()
        return self

    def _table(self) -> FloatArray:
        """Return the coefficients as an array."""
        return np.asarray(self.coef_.toarray() if hasattr(self.coef_, "toarray") else self.coef_)

    def _remember(self, fit: Fit, target: Classes) -> None:
        """Keep the fit, and what scikit-learn asks for of it."""
        assert fit.design is not None
        names, response = fit.record.info.names, fit.record.info.response
        lost = [label for label in target.classes.tolist() if response.levels and str(label) not in response.levels]
        if lost:
            raise ResponseError(
                f"No row of the class {lost[0]!r} is left: each has a missing value in a column of the formula. Impute "
                "in an earlier step, or leave the class out of X and y."
            )
        forget(self)
        self.classes_ = target.classes
        self.fit_ = fit
        own = self.fit_intercept if self.formula is None else INTERCEPT in names
        place = names.index(INTERCEPT) if own else None
        self.coef_names_ = np.array([name for j, name in enumerate(names) if j != place], dtype=object)
        self._keep(finite_coef(fit.record, fit.design), place)
        self.n_iter_ = np.array([_iterations(fit)])
        if fit.record.is_separated:
            warn_caller(_separated(fit), DataWarning)

    def _keep(self, coef: FloatArray, place: int | None) -> None:
        """Keep finite coefficients apart from those of the intercept, the column at a place of the design."""
        table = coef.reshape(-1, len(self.fit_.record.info.names))
        self.coef_ = table if place is None else np.delete(table, place, axis=1)
        self.intercept_ = np.zeros(len(table)) if place is None else table[:, place].copy()

    def _linear(self) -> tuple[FloatArray, FloatArray]:
        """Return the coefficients of the linear predictors, shape (m, p), and their intercepts, shape (m,)."""
        return self._table(), self.intercept_

    def _scores(self, eta: FloatArray) -> FloatArray:
        """Return what decides on the class of each row: a logit, shape (n, 1), or a score per class, shape (n, K)."""
        return eta

    def _log_probabilities(self, eta: FloatArray) -> FloatArray:
        """Return the logarithm of the probability of each class, shape (n, K)."""
        if eta.shape[1] == 1:
            return np.column_stack([-np.logaddexp(0.0, eta), -np.logaddexp(0.0, -eta)])
        return np.ascontiguousarray(Multinomial(eta.shape[1]).log_mean(eta.T).T)

    def _rows(self, X: Any, y: Any) -> tuple[Columns | FormulaRows, Any]:
        """Validate what is given to fit, and remember its columns."""
        if self.formula is None:
            if y is None:
                validate_data(self, X, y)  # refuses it in scikit-learn's words
            X, y = validated_columns(self, X, y)
            names = tuple(getattr(self, "feature_names_in_", ())) or tuple(f"x{j}" for j in range(X.shape[1]))
            if y.dtype.kind == "O":
                require_labels(y, "y")
            return Columns(X, names, bool(self.fit_intercept)), y
        if not self.fit_intercept:
            raise DataError("fit_intercept=False and formula= were given together; write '0 + ...' in the formula.")
        names = require_frame(X)
        labels = validate_data(self, y=y)
        require_labels(labels, "y")
        check_consistent_length(X, labels)
        self.n_features_in_ = len(names)
        self.feature_names_in_ = np.array(names, dtype=object)
        name = getattr(y, "name", None)
        return FormulaRows.gather(self.formula, X, labels, name, self.missing, self.functions), labels

    def _decide(self, X: Any) -> tuple[FloatArray, Any]:
        """Return the linear predictors of each row, shape (n, m); with a formula which rows could be coded."""
        check_is_fitted(self)
        table, intercept = self._linear()
        if self.formula is None:
            X = validated_columns(self, X)
            return np.asarray(X @ table.T) + intercept, None
        require_frame(X)
        fitted = hasattr(self, "fit_")  # else learnt in mini-batches
        names = self.fit_.record.info.names if fitted else self.learnt_.names
        place = names.index(INTERCEPT) if INTERCEPT in names else None
        coef = table if place is None else np.insert(table, place, intercept, axis=1)
        if fitted:
            return decision_by_formula(self.fit_, coef, X, self.unseen)
        return decision_of(new_rows(self.learnt_.info, X, unseen=self.unseen), coef)


def _require_proper(family: Any, eta: FloatArray) -> None:
    """Refuse rows whose linear predictors give no probabilities."""
    improper = family.improper(eta.T)
    if improper.any():
        first = int(np.argmax(improper))
        raise DataError(
            f"In {int(improper.sum())} of {improper.size} rows (the first is row {first}, from 0) "
            f"{family.words.improper}, and there is no label for them. predict_proba gives nan for such rows."
        )


def _iterations(fit: Fit) -> int:
    """Return how many iterations the solver took to the fit."""
    if fit.record.penalty is not None:
        return fit.record.penalty.steps
    return fit.record.trace[-1].iteration if fit.record.trace else 0


def _separated(fit: Fit) -> str:
    """Say that the estimates are infinite, and what is given instead."""
    limit = fit.record.limit
    infinite = limit.infinite
    shown = ", ".join(infinite[:6]) + (", ..." if len(infinite) > 6 else "")
    rows = f"{limit.n_rows} rows are fitted perfectly" if limit.n_rows else "the fit rules out classes in some rows"
    return (
        f"The classes are separated: {rows}, and estimates are infinite ({shown}). coef_ is finite and reproduces the "
        "limiting predictions. fit_.separation gives the directions; a penalty gives finite estimates."
    )
