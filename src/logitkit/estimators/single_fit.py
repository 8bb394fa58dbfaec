"""One fit at a given strength: what the classifiers of two classes and of several share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from logitkit.api.fitting import fit, fit_matrix
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.solvers.newton import Newton
from logitkit.estimators.outcomes import classes_of
from logitkit.estimators.penalty_choice import chosen_penalty, refit_or_lasso
from logitkit.estimators.predictor import Predictor
from logitkit.estimators.verb import Verb
from logitkit.estimators.weights import row_weights
from logitkit.results.foreign import in_our_words
from logitkit.typing import MissingPolicy, UnseenPolicy

__all__ = ["SingleFit"]

FITTED = Verb(fit_matrix, fit)


class SingleFit(Predictor):
    """A classifier whose parameters say what is fitted, and with which penalty.

    Parameters
    ----------
    formula, penalty, strength, l1_ratio, C, fit_intercept : object
        What is fitted, and with which penalty: as in ``LogitClassifier``.
    class_weight, missing, unseen, functions, solver, level : object
        As in ``LogitClassifier``.

    Examples
    --------
    >>> from logitkit.estimators import LogitClassifier, MultinomialClassifier
    >>> LogitClassifier().get_params() == MultinomialClassifier().get_params()
    True
    """

    @in_our_words
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

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            Numbers; with a formula a data frame.
        y : (n,) array-like
            Labels of the classes.
        sample_weight : (n,) array-like, optional
            Weights of precision: weight 2 is the row twice for the estimates.

        Returns
        -------
        Self
            The estimator itself.

        Raises
        ------
        LogitkitError
            What is wrong with the input or the parameters, where, and what to do.
        """
        rows, labels = self._rows(X, y)
        target = classes_of(labels, type(self).__name__, self._several)
        used = rows.used() if self.class_weight is not None or self.C is not None else slice(None)
        weights = row_weights(target, sample_weight, self.class_weight, used)

        def total() -> float:
            return float(target.codes[used].size if weights is None else weights[used].sum())

        penalty = chosen_penalty(self.penalty, self.strength, self.l1_ratio, self.C, total)
        options = {"solver": self.solver, "level": self.level}
        found = refit_or_lasso(
            lambda penalty: rows.fit(FITTED, target, weights, {**options, "penalty": penalty}), penalty
        )
        self._remember(found, target)
        return self
