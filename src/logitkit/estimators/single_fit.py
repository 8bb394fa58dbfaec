"""One fit with given options, shared by the classifiers that do not choose a strength."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from logitkit.api.fitting import fit, fit_matrix
from logitkit.estimators.outcomes import Classes, classes_of
from logitkit.estimators.penalty_choice import refit_or_lasso
from logitkit.estimators.predictor import Predictor
from logitkit.estimators.verb import Verb
from logitkit.estimators.weights import row_weights

__all__ = ["SingleFit"]

FITTED = Verb(fit_matrix, fit)


class SingleFit(Predictor):
    """A classifier whose parameters state the model.

    Estimators inherit from it, and have the parameters ``class_weight``, ``solver`` and ``level`` of
    ``LogitClassifier`` in addition to those of ``Predictor``.

    Examples
    --------
    >>> from logitkit.estimators import LogitClassifier
    >>> issubclass(LogitClassifier, SingleFit)
    True
    """

    class_weight: Any
    solver: Any
    level: float

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            Columns of numbers; with a formula, a data frame.
        y : (n,) array-like
            Class labels.
        sample_weight : (n,) array-like, optional
            Precision weights; for the estimates, a row with weight 2 counts twice.

        Returns
        -------
        Self
            The estimator itself.

        Raises
        ------
        LogitkitError
            If the input or the parameters are not valid; the message says what is wrong, where, and what to do.
        """
        rows, labels = self._rows(X, y)
        target = self._target(labels, y)
        used = rows.used() if self.class_weight is not None or self._counts_rows else slice(None)
        weights = row_weights(target, sample_weight, self.class_weight, used)

        def total() -> float:
            return float(target.codes[used].size if weights is None else weights[used].sum())

        penalty = self._penalty(total)
        # Which class is the event, and what coef_ means, is scikit-learn's to say.
        options = {"solver": self.solver, "level": self.level, "conventions": "logitkit"}
        found = refit_or_lasso(
            lambda penalty: rows.fit(FITTED, target, weights, {**options, "penalty": penalty}), penalty
        )
        self._remember(found, target)
        return self

    @property
    def _counts_rows(self) -> bool:
        """Whether the penalty depends on which rows are used."""
        return False

    def _penalty(self, total: Callable[[], float]) -> Any:
        """Return the penalty, for which ``total`` is the sum of the weights."""
        del total

    def _target(self, labels: Any, y: Any) -> Classes:
        """Return validated labels with their classes; ``y`` are the labels as given."""
        del y
        return classes_of(labels, type(self).__name__, self._several)
