"""One fit with a penalty or without: what the classifiers of two classes and of several share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.solvers.newton import Newton
from logitkit.estimators.penalty_choice import chosen_penalty
from logitkit.estimators.single_fit import SingleFit
from logitkit.results.foreign import in_our_words
from logitkit.typing import MissingPolicy, UnseenPolicy

__all__ = ["FitWithPenalty"]


class FitWithPenalty(SingleFit):
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

    @property
    def _counts_rows(self) -> bool:
        """Whether the penalty depends on which rows are used, as that of C does."""
        return self.C is not None

    def _penalty(self, total: Callable[[], float]) -> Any:
        """Return the penalty that the parameters describe."""
        return chosen_penalty(self.penalty, self.strength, self.l1_ratio, self.C, total)
