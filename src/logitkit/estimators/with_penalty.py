"""One fit with or without a penalty, shared by the classifiers of two classes and of several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from sklearn.utils.metaestimators import available_if

from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.stochastic.options import Stochastic
from logitkit.estimators.learning import learn_rows
from logitkit.estimators.penalty_choice import chosen_penalty
from logitkit.estimators.single_fit import SingleFit
from logitkit.estimators.streams import learn_block, may_learn
from logitkit.estimators.weights import row_weights
from logitkit.results.foreign import in_our_words
from logitkit.typing import MissingPolicy, UnseenPolicy

__all__ = ["FitWithPenalty"]


class FitWithPenalty(SingleFit):
    """A classifier whose parameters state the model and its penalty.

    Parameters
    ----------
    formula, penalty, strength, l1_ratio, C, fit_intercept : object
        The model and its penalty, as in ``LogitClassifier``.
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
        solver: Newton | ProxNewton | Stochastic | None = None,
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
        """Fit the model; with ``solver=lk.Stochastic(...)``, learn it in mini-batches.

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
            The estimator itself. After learning in mini-batches it has ``learnt_`` and no ``fit_``.

        Raises
        ------
        LogitkitError
            If the input or the parameters are not valid; the message says what is wrong, where, and what to do.
        """
        if not isinstance(self.solver, Stochastic):
            return super().fit(X, y, sample_weight)
        rows, labels = self._rows(X, y)
        target = self._target(labels, y)
        used = rows.used() if self.class_weight is not None else slice(None)
        learn_rows(self, rows, target, row_weights(target, sample_weight, self.class_weight, used))
        return self

    @available_if(may_learn)  # type: ignore[untyped-decorator]  # scikit-learn ships no types
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Update the coefficients with one more block of rows, in mini-batches; earlier blocks are not kept.

        The method is stated by ``solver=lk.Stochastic(...)``; the default is Adam, with a rate that falls as a power of
        the number of steps. Columns are standardised by the first block. After ``fit``, learning continues from its
        coefficients. ``loss_`` is the mean loss of the block before it was learnt, as for a forecast. There is no
        ``fit_``, since no batch optimum is known; if the rows can be read again, ``lk.fit`` and ``lk.learn`` give it.

        Parameters
        ----------
        X : (n, p) array, frame or sparse matrix
            Numbers.
        y : (n,) array-like
            Labels.
        classes : (K,) array-like, optional
            All labels that will occur; needed in the first call if its rows do not have all of them.
        sample_weight : (n,) array-like, optional
            Number of times that each row counts.

        Returns
        -------
        Self
            The estimator itself.

        Raises
        ------
        LogitkitError
            If the input or the parameters are not valid; the message says what is wrong, where, and what to do.
        """
        learn_block(self, X, y, classes, sample_weight)
        return self

    @property
    def _counts_rows(self) -> bool:
        """Whether the penalty depends on which rows are used, as that of C does."""
        return self.C is not None

    def _penalty(self, total: Callable[[], float]) -> Any:
        """Return the penalty that the parameters describe."""
        return chosen_penalty(self.penalty, self.strength, self.l1_ratio, self.C, total)
