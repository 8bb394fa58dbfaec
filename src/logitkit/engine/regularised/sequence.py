"""A penalised problem that is solved at one strength after another, each from the solution before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.engine.objective import Objective
from logitkit.engine.regularised.engines import Engine, choice, on_gram
from logitkit.engine.regularised.largest import largest_share
from logitkit.engine.regularised.null import NullModel, null_model
from logitkit.engine.regularised.on_gram import OnGram
from logitkit.engine.regularised.problem import Problem
from logitkit.engine.regularised.prox_newton import Scaled, Solved
from logitkit.engine.regularised.smooth import Smooth, SmoothProblem
from logitkit.errors import DataError
from logitkit.models.penalties.penalty import Penalty, no_penalty
from logitkit.numerics.once import once
from logitkit.typing import FloatArray

__all__ = ["STRENGTH_LEAST", "StrengthSequence"]

START_GAP, STEPS_MOST = 1e-9, 1_000  # of the null objective, where only what the strength grows with is zero
POLISHED = 1e-8  # of the null objective: who asks for less is not given digits that take a third of the time
STRENGTH_LEAST = 1e-16  # of the mean loss of a row, for a coefficient of a standardised column


class StrengthSequence:
    """A penalised problem whose strength varies.

    Parameters
    ----------
    problem : Problem
        Rows and penalty.
    null : NullModel, optional
        The model of the coefficients without penalty, where it is known.
    smooth : SmoothProblem, optional
        The columns as they are solved for a penalty of squares, where they are made.
    """

    def __init__(self, problem: Problem, null: NullModel | None = None, smooth: SmoothProblem | None = None) -> None:
        self.problem, self.strengths = problem, problem.strengths
        self.null = null_model(problem) if null is None else null
        #: The columns as they are solved where the penalty has squares only.
        self.smooth = SmoothProblem(problem, problem.strengths.whole.held) if smooth is None else smooth
        self._slope: FloatArray | None = None
        self._engine: Engine | None = None
        #: Strengths, and the solutions of the sample at them, where rows are read in chunks.
        self.of_sample: tuple[FloatArray, list[Solved]] | None = None

    @property
    def method(self) -> str:
        """How it is solved, in words."""
        return self.smooth.method if self.strengths.whole.smooth else choice(self.problem).words

    @property
    def objective(self) -> Objective:
        """The objective without what the strength changes, asked for value and gradient only."""
        return self.problem.objective(self.strengths.quadratic, second=False)

    def fresh(self) -> StrengthSequence:
        """Return the same problem, of which no solution is known yet."""
        return StrengthSequence(self.problem, self.null, self.smooth)

    @once
    def scaled(self) -> Scaled[Objective]:
        """The objective with second derivatives, which solvers that take turns share, and the scale of its columns.

        Each would have workspaces of its own.
        """
        return Scaled(self.problem.objective(self.strengths.quadratic), self.strengths.scale)

    def begin(self, like: StrengthSequence, start: FloatArray) -> None:
        """Begin with scaled coefficients that are thought to be near the solution of the first strength."""
        self._engine = OnGram(like.scaled, start, looks=False)

    def _from_null(self, penalty: Penalty) -> Engine:
        """Return the solver of the null problem: every coefficient under the varying penalty is held at zero."""
        if penalty.smooth:
            return Smooth(SmoothProblem(self.problem, penalty.held), self.null.coef / self.strengths.scale)
        if self.problem.is_single:
            return on_gram(self.problem, self.null)
        return choice(self.problem).engine(self.problem, self.null, self.slope_at_null)

    def _choose(self, penalty: Penalty) -> Engine:
        """Return the solver of one strength after another."""
        if penalty.smooth:
            return Smooth(self.smooth, self.null.coef / self.strengths.scale)
        return choice(self.problem).engine(self.problem, self.null, self.slope_at_null)

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
        found = self._from_null(penalty).solve(penalty, START_GAP * self.null.value, STEPS_MOST, False)
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
        is an estimate where second derivatives are summed over all columns. Where ``tol`` is above ``POLISHED`` the
        step is not taken, and the gap is a bound nevertheless.
        """
        penalty = self.strengths.at(strength)
        if not strength * self.strengths.least >= STRENGTH_LEAST * self._total:
            self._require_felt(penalty)
        if self._engine is None:
            self._engine = self._choose(penalty)
        if polish and isinstance(self._engine, OnGram):
            self._engine.looks = True
        finer = polish and tol <= POLISHED
        return self._engine.solve(penalty, tol * max(self.null.value, 1e-300), max_iter, finer)

    @once
    def _total(self) -> float:
        """The total weight."""
        return float(self.problem.sums.total)

    def _require_felt(self, penalty: Penalty) -> None:
        """Refuse strengths that are not zero and lost in the rounding of the gradient."""
        total = self._total
        least = STRENGTH_LEAST * total
        low = np.flatnonzero(penalty.l1 < least)  # often the intercept alone
        strength = np.maximum(penalty.l1[low], penalty.l2[low])
        if penalty.groups is not None:
            strength = np.maximum(strength, np.r_[penalty.groups.strengths, 0.0][penalty.groups.codes[low]])
        if not strength.any():
            return
        lost = np.flatnonzero((strength > 0.0) & (strength < least))
        if lost.size:
            lowest = lost[np.argmin(strength[lost])]
            worst = low[lowest]
            name = self.problem.name_of(int(worst))
            raise DataError(
                f"The penalty of {name!r} has the strength {strength[lowest] / total:.3g}, for "
                f"the coefficient of the standardised column. Below {STRENGTH_LEAST:.0e} it is lost to rounding: "
                "give a larger strength, or none (keep=, or a fit without penalty=)."
            )
