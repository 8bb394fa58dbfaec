r"""A penalised problem that is solved at one strength after another, whatever its rows and its family are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Protocol

import numpy as np

from logitkit.engine.objective import SmoothObjective
from logitkit.engine.regularised.null_model import NullModel
from logitkit.engine.regularised.prox_newton import Solved
from logitkit.engine.regularised.strengths import Strengths
from logitkit.errors import DataError
from logitkit.models.penalties.penalty import Penalty, no_penalty
from logitkit.typing import FloatArray

__all__ = ["LOOKED_AT_MOST", "Engine", "StrengthSequence", "largest_share"]

START_GAP, STEPS_MOST = 1e-9, 1_000  # of the null objective, where only what the strength grows with is zero
STRENGTH_LEAST = 1e-16  # of the mean loss of a row, for a coefficient of a standardised column
LOOKED_AT_MOST = 1 << 18  # numbers in the rows of a path whose gaps are bounds wherever they are sums over all columns
L1_RATIO_LEAST = 1e-3  # for the largest strength where there is no corner, as glmnet has it


class Engine(Protocol):
    """Minimises at one strength after another."""

    def solve(self, penalty: Penalty, target: float, max_iter: int, polish: bool) -> Solved:
        """Minimise the objective plus the penalty, from the solution before."""


class StrengthSequence(ABC):
    """An objective and a penalty whose strength varies.

    Parameters
    ----------
    strengths : Strengths
        The penalty.
    null : NullModel
        The model of the coefficients without penalty.
    total : float
        Total weight of the rows.
    names : tuple of str
        Of the columns, for messages.
    """

    def __init__(self, strengths: Strengths, null: NullModel, total: float, names: tuple[str, ...]) -> None:
        self.strengths, self.null, self.total, self.names = strengths, null, total, names
        self._slope: FloatArray | None = None
        self._engine: Engine | None = None

    @property
    @abstractmethod
    def method(self) -> str:
        """How it is solved, in words."""

    @property
    @abstractmethod
    def objective(self) -> SmoothObjective:
        """The objective without what the strength changes, asked for value and gradient only."""

    def name_of(self, coefficient: int) -> str:
        """Return the name of the column of a coefficient."""
        return self.names[coefficient]

    @abstractmethod
    def engine_from_null(self, penalty: Penalty) -> Engine:
        """Return what solves the problem where all that the strength grows with is held at zero."""

    @abstractmethod
    def choose(self, penalty: Penalty) -> Engine:
        """Return what solves the problem at one strength after another."""

    def slope_at_null(self) -> FloatArray:
        """Return the gradient of the scaled coefficients at the null model, shape (p,)."""
        if self._slope is None:
            here = self.objective.evaluate(self.null.coef / self.strengths.scale, hessian=False)
            self._slope = np.where(self.strengths.whole.free, 0.0, here.gradient / self.strengths.scale)
        return self._slope

    def slope_at_start(self) -> FloatArray:
        """Return the gradient where what the strength grows with is held at zero, and nothing else, shape (p,)."""
        fixed, unit, scale = self.strengths.fixed, self.strengths.unit, self.strengths.scale
        held = (unit.l1 > 0.0) | (unit.l2 > 0.0)
        if unit.groups is not None:
            held |= np.r_[unit.groups.strengths, 0.0][unit.groups.codes] > 0.0
        whole = self.strengths.whole
        alone = fixed.groups is None and np.array_equal(~held & ~whole.held, whole.free)
        if alone and self.strengths.quadratic is None:
            return self.slope_at_null()
        zero = np.where(held, 0.0, np.inf)
        penalty = fixed.plus(replace(no_penalty(scale.size), lower=-zero, upper=zero)).apart(held)
        found = self.engine_from_null(penalty).solve(penalty, START_GAP * self.null.value, STEPS_MOST, False)
        gradient = self.objective.evaluate(found.coef / scale, hessian=False).gradient / scale
        # A little more, because the solution that it is taken at is not exact.
        return np.where(held, (1.0 + 1e-7) * gradient, 0.0)

    def largest(self) -> float:
        """Return the smallest strength at which every penalised coefficient is zero; 0 where none can move."""
        fixed = self.strengths.fixed
        slope = self.slope_at_start()
        pull = np.where(slope > 0.0, fixed.lower < 0.0, fixed.upper > 0.0) * slope
        return largest_share(self.strengths.unit, np.sign(pull) * np.maximum(np.abs(pull) - fixed.l1, 0.0))

    def solve(self, strength: float, tol: float, max_iter: int, polish: bool = False) -> Solved:
        """Minimise at a strength, from the solution before, to a gap of ``tol`` times the null objective.

        Raises DataError where a strength is so small that rounding hides it.

        The gap bounds errors of coefficients by its root only: to polish is to take one more step, with second
        derivatives at the solution, after which little but rounding is left; the gap is then a bound. Without that it
        is an estimate where second derivatives are summed over all columns.
        """
        penalty = self.strengths.at(strength)
        self._require_felt(penalty)
        if self._engine is None:
            self._engine = self.choose(penalty)
        return self._engine.solve(penalty, tol * max(self.null.value, 1e-300), max_iter, polish)

    def _require_felt(self, penalty: Penalty) -> None:
        """Refuse strengths that are not zero and lost in the rounding of the gradient."""
        least = STRENGTH_LEAST * self.total
        if penalty.groups is None and not (penalty.l1 < least).any():
            return
        strength = np.maximum(penalty.l1, penalty.l2)
        if penalty.groups is not None:
            strength = np.maximum(strength, np.r_[penalty.groups.strengths, 0.0][penalty.groups.codes])
        lost = np.flatnonzero((strength > 0.0) & (strength < least))
        if lost.size:
            worst = lost[np.argmin(strength[lost])]
            raise DataError(
                f"The penalty of {self.name_of(int(worst))!r} has the strength {strength[worst] / self.total:.3g}, for "
                f"the coefficient of the standardised column. Below {STRENGTH_LEAST:.0e} it is lost in rounding: "
                "give a larger strength, or none (keep=, or a fit without penalty=)."
            )


def largest_share(penalty: Penalty, slope: FloatArray) -> float:
    """Return the smallest multiple of a penalty that holds every coefficient at zero.

    Examples
    --------
    >>> from logitkit.models.penalties.penalty import no_penalty
    >>> from dataclasses import replace
    >>> largest_share(replace(no_penalty(2), l1=np.array([1.0, 2.0])), np.array([3.0, -8.0]))
    4.0
    """
    corner = np.maximum(penalty.l1, L1_RATIO_LEAST * penalty.l2)
    pull = np.where(slope > 0.0, penalty.lower < 0.0, penalty.upper > 0.0) * np.abs(slope)
    alone = corner > 0.0
    if penalty.groups is None:
        return float((pull[alone] / corner[alone]).max(initial=0.0))
    grouped = penalty.groups.codes >= 0
    alone &= ~grouped
    top = float((pull[alone] / corner[alone]).max(initial=0.0))
    low, high = 0.0, max(top, 1e-300)
    codes, strengths = penalty.groups.codes[grouped], penalty.groups.strengths

    def still(share: float) -> bool:
        rest = np.maximum(pull[grouped] - share * penalty.l1[grouped], 0.0)
        return bool(np.all(np.bincount(codes, rest**2, strengths.size) <= (share * strengths) ** 2))

    while not still(high):
        high *= 2.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if still(middle) else (middle, high)
    return max(top, high)
