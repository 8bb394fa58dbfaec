"""``LogitClassifier``: logistic regression behind scikit-learn's contract, with the fit's statistics beside it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from logitkit.design.terms import INTERCEPT
from logitkit.errors import DataError, DataWarning
from logitkit.estimators.columns import Columns, validated_columns
from logitkit.estimators.finite import finite_coef
from logitkit.estimators.formula_rows import FormulaRows, decision_by_formula, require_frame, require_labels
from logitkit.estimators.outcomes import two_classes
from logitkit.estimators.penalty_choice import chosen_penalty
from logitkit.estimators.weights import row_weights
from logitkit.penalised import ProxNewton
from logitkit.results.fit import Fit
from logitkit.solvers.newton import Newton
from logitkit.typing import FloatArray, MissingPolicy, UnseenPolicy

__all__ = ["LogitClassifier"]


class LogitClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    r"""Logistic regression with two classes, by maximum likelihood unless a penalty is asked for.

    .. math:: \log \frac{P(y_i = c_2)}{P(y_i = c_1)} = \beta_0 + x_i'\beta

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, such as ``"age + C(sex)"``: X is then a data frame, whose categories, text and missing
        values the formula takes as they come. Without it X is columns of numbers, dense or sparse.
    penalty : penalty object, optional
        Such as ``lk.Lasso(0.1)`` or ``lk.Ridge(0.1) + lk.Bounds(lower=0)``. At most one of ``penalty``, ``strength``
        and ``C`` is given.
    strength : float, optional
        Strength of an elastic net on standardised columns, beside the mean loss; glmnet's lambda.
    l1_ratio : float, optional
        Share of the absolute values in the penalty of ``strength`` or ``C``, 0 (ridge) when it is not given.
    C : float, optional
        As scikit-learn has it: the loss is C times the sum over rows, and the penalty is on columns as they are.
    fit_intercept : bool, default True
        Whether there is an intercept, which is never penalised; a formula says it itself, by ``"0 + ..."``.
    class_weight : mapping or 'balanced', optional
        Weight by label, times ``sample_weight``. Both are weights of precision, by which the standard errors of
        ``fit_`` go: those of a model that is weighted by class need a sandwich, as ``lk.logit`` gives it for
        ``weight_kind="sampling"``.
    missing : {'drop', 'raise'}, default 'drop'
        With a formula: rows with missing values are left out of the fit and counted, or refused.
    unseen : {'raise', 'missing'}, default 'raise'
        With a formula: a level that the fit never saw is refused, or treated as missing.
    functions : mapping of str to object, optional
        With a formula: the caller's own functions that it uses, by name; numpy's need not be given.
    solver : Newton or ProxNewton, optional
        Options of the solver, such as ``lk.Newton(tol=1e-10)``; with a penalty ``lk.ProxNewton(tol=1e-8)``.
    level : float, default 0.95
        Confidence level of intervals.

    Attributes
    ----------
    classes_ : (2,) array
        The labels in order; the second is the event.
    coef_ : (1, p) array
        Coefficients without the intercept: finite under separation, 0 for a column that earlier ones determine.
    coef_names_ : (p,) array of str
        What they belong to: the columns, or the coded columns of the formula.
    intercept_ : (1,) array
        The intercept, 0 where there is none.
    fit_ : Fit
        The fit itself, with summary, odds ratios, tests, intervals, and what is known of separation. Its rows are left
        behind when the estimator is pickled.
    n_iter_ : (1,) int array
        Iterations of the solver.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : array of str
        Their names, where X has any.

    Notes
    -----
    When the classes are separated the estimates are infinite. ``fit`` then warns; ``coef_`` are finite and lie so far
    along one direction that the probability of every separated row is within 1e-17 of its limit. The direction is that
    of the widest margin, and does not change when rows are repeated or put in another order.

    A row that cannot be coded by the formula, because a value is missing, has the probability nan; ``predict`` and
    ``score`` refuse such rows, as there is no label for them. Impute in a step before, or leave the rows out.

    Examples
    --------
    The coefficients are those of ``lk.logit``:

    >>> import numpy as np
    >>> import logitkit as lk
    >>> from logitkit.estimators import LogitClassifier
    >>> data = lk.datasets.load_lbw()
    >>> model = LogitClassifier("age + lwt + C(race)").fit(data, data["low"])
    >>> fit = lk.logit("low ~ age + lwt + C(race)", data)
    >>> bool(np.array_equal(model.fit_.coef, fit.coef))
    True
    """

    def __init__(
        self,
        formula: str | None = None,
        *,
        penalty: Any = None,
        strength: float | None = None,
        l1_ratio: float | None = None,
        C: float | None = None,
        fit_intercept: bool = True,
        class_weight: Any = None,
        missing: MissingPolicy = "drop",
        unseen: UnseenPolicy = "raise",
        functions: Mapping[str, Any] | None = None,
        solver: Newton | ProxNewton | None = None,
        level: float = 0.95,
    ) -> None:
        self.formula = formula
        self.penalty = penalty
        self.strength = strength
        self.l1_ratio = l1_ratio
        self.C = C
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.missing = missing
        self.unseen = unseen
        self.functions = functions
        self.solver = solver
        self.level = level

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn may expect: two classes, and with a formula more kinds of columns."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        by_formula = self.formula is not None
        tags.input_tags.sparse = not by_formula
        tags.input_tags.allow_nan = by_formula
        tags.input_tags.categorical = by_formula
        tags.input_tags.string = by_formula
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            Numbers; with a formula a data frame.
        y : (n,) array-like
            Labels of two classes.
        sample_weight : (n,) array-like, optional
            Weights of precision: weight 2 is the row twice for the estimates.

        Returns
        -------
        LogitClassifier
            Itself.

        Raises
        ------
        LogitkitError
            What is wrong with the input or the parameters, where, and what to do.
        """
        rows, labels = self._rows(X, y)
        target = two_classes(labels, type(self).__name__)
        used = rows.used() if self.class_weight is not None or self.C is not None else slice(None)
        weights = row_weights(target, sample_weight, self.class_weight, used)

        def total() -> float:
            return float(target.is_event[used].size if weights is None else weights[used].sum())

        penalty = chosen_penalty(self.penalty, self.strength, self.l1_ratio, self.C, total)
        fit = rows.fit(target, weights, {"penalty": penalty, "solver": self.solver, "level": self.level})
        assert fit.design is not None
        coef = finite_coef(fit.record, fit.design)
        names = fit.record.names
        own = self.fit_intercept if self.formula is None else INTERCEPT in names
        place = names.index(INTERCEPT) if own else len(names)
        self.classes_ = target.classes
        self.fit_ = fit
        self.coef_ = np.delete(coef, place)[None, :] if own else coef[None, :]
        self.coef_names_ = np.array([name for j, name in enumerate(names) if j != place], dtype=object)
        self.intercept_ = coef[place : place + 1] if own else np.zeros(1)
        self.n_iter_ = np.array([fit.record.trace[-1].iteration if fit.record.trace else 0])
        if fit.record.limit is not None:
            warnings.warn(_separated(fit), DataWarning, stacklevel=2)
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Return the logit of the second class.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n,) array
            The linear predictor; nan for a row that the formula cannot code.
        """
        return self._decide(X)[0]

    def predict(self, X: Any) -> Any:
        """Return the more probable label of each row.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n,) array
            Of ``classes_``.

        Raises
        ------
        DataError
            If the formula cannot code a row because a value is missing.
        """
        eta, kept = self._decide(X)
        if kept is not None and not kept.all():
            raise DataError(
                f"{int((~kept).sum())} of {kept.size} rows have a missing value in a column of the formula (the first "
                f"is row {int(np.argmin(kept))}, from 0), and there is no label for them: leave them out, or impute in "
                "a step before. predict_proba gives nan for such rows."
            )
        return self.classes_[(eta > 0.0).astype(np.int64)]

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probability of each class.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n, 2) array
            In the order of ``classes_``; nan for a row that the formula cannot code.
        """
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Return the logarithm of the probability of each class, exact however small the probability is.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n, 2) array
            In the order of ``classes_``; nan for a row that the formula cannot code.
        """
        eta = self._decide(X)[0]
        with np.errstate(invalid="ignore"):  # a row without a logit has no probability either
            return np.column_stack([-np.logaddexp(0.0, eta), -np.logaddexp(0.0, -eta)])

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
        """Return the logit of each row, and with a formula which rows could be coded."""
        check_is_fitted(self)
        if self.formula is None:
            X = validated_columns(self, X)
            return np.asarray(X @ self.coef_[0]) + self.intercept_[0], None
        require_frame(X)
        names = self.fit_.record.names
        place = names.index(INTERCEPT) if INTERCEPT in names else None
        coef = self.coef_[0] if place is None else np.insert(self.coef_[0], place, self.intercept_[0])
        return decision_by_formula(self.fit_, coef, X, self.unseen)


def _separated(fit: Fit) -> str:
    """Say that the estimates are infinite, and what is given instead."""
    limit = fit.record.limit
    assert limit is not None
    infinite = [name for name, sign in zip(limit.names, limit.signs, strict=True) if sign != 0.0]
    shown = ", ".join(infinite[:6]) + (", ..." if len(infinite) > 6 else "")
    return (
        f"The classes are separated: {limit.n_rows} rows are fitted perfectly, and estimates are infinite ({shown}). "
        "coef_ are finite and predict the limit. fit_.separation says along which directions; a penalty gives finite "
        "estimates."
    )
