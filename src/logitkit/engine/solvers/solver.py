"""What a solver returns: a solution, how it ended, and how it got there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from numbers import Integral
from typing import Any

import numpy as np

from logitkit.engine.evaluation import Evaluation
from logitkit.errors import DataError
from logitkit.options import Stated, is_finite_number
from logitkit.typing import FloatArray

__all__ = ["Solution", "SolverOptions", "Status", "Step", "overlap_bound", "require_options"]

SAFETY = 100.0  # rounding allowance on the certificate of overlap
NOT_SAID = 1e-9  # relative error of standard errors that nobody asks about
ROUNDING = 2.0**-104  # of a squared decrement
STEPS_MOST = 1_000_000_000
#: What scikit-learn, R and others call these.
OTHER_WORDS = {
    **dict.fromkeys(("tolerance", "epsilon", "eps", "gtol", "ftol", "thresh"), "tol"),
    **dict.fromkeys(("maxit", "iterations", "n_iter", "max_iterations"), "max_iter"),
}


class SolverOptions(Stated):
    """Options of a solver: other packages' words for a tolerance and a number of iterations are answered.

    Parameters
    ----------
    *given : object
        Of the options, by position.
    **named : object
        Of the options, by keyword.
    """

    __slots__ = ()

    @classmethod
    def _meant(cls, name: str, value: object) -> str:
        """Return what a word of other packages is called here."""
        del value
        return f"It is {OTHER_WORDS[name]}= here." if name in OTHER_WORDS else ""


def overlap_bound(squared: Any) -> Any:
    """Return how far every mean must be from its outcome for squared decrements to prove that an estimate exists.

    Examples
    --------
    >>> float(overlap_bound(1e-8))
    1e-06
    """
    return SAFETY * np.maximum(squared, ROUNDING)


def require_options(solver: str, tol: Any, max_iter: Any) -> None:
    """Refuse options of a solver that are not numbers or out of range.

    Examples
    --------
    >>> require_options("Newton", 1e-8, 100)
    """
    if not is_finite_number(tol) or not 0.0 < tol <= 1.0:
        raise DataError(f"{solver}(tol={tol!r:.60}): give a positive number, at most 1.")
    if isinstance(max_iter, bool) or not isinstance(max_iter, Integral) or not 1 <= int(max_iter) <= STEPS_MOST:
        raise DataError(f"{solver}(max_iter={max_iter!r}): give a whole number from 1 to {STEPS_MOST:,}.")


class Status(Enum):
    """How a fit ended; the value is the text shown to the user."""

    CONVERGED = "converged"
    SEPARATED = "the maximum is at infinity (separation); the limiting model was fitted"
    UNBOUNDED = "stopped because there is no maximum (separation), in too many directions to be described"
    SUSPECTED = "stopped because the coefficients appear to diverge"
    ITERATIONS = "stopped at the maximum number of iterations before the tolerance was reached"
    STALLED = "stopped because no step along the Newton direction lowers the objective"
    NOT_FINITE = "stopped because the objective is not finite"


@dataclass(frozen=True, slots=True)
class Step:
    """One iteration, as kept in the trace.

    Parameters
    ----------
    iteration : int
        From 0.
    value : float
        Objective at the start of the iteration.
    decrement : float
        Newton decrement there, in standard errors: the root of g' H^-1 g.
    length : float
        Share of the Newton step that was taken; 0 at the last iterate.
    kept : bool
        Whether the Hessian was one of an earlier iterate or of a sample of the rows.
    """

    iteration: int
    value: float
    decrement: float
    length: float
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Solution:
    """Coefficients, how they were reached, and the evaluation that inference starts from.

    Parameters
    ----------
    coef : (p,) array
        The solution.
    evaluation : Evaluation
        Value, gradient and Hessian at the last iterate; where the solver converged by Newton's method the value is that
        at the solution, to third order in the last step.
    decrement : float
        Newton decrement at the last iterate.
    status : Status
        How the solver ended.
    trace : tuple of Step
        Every iteration.
    definite : bool
        Whether the Hessian is positive definite well above rounding, so that the decrement can be trusted as a bound.
    method : str
        How the problem was solved, in words.
    still : float
        About the largest change of a linear predictor from where the Hessian was summed to the solution, at most.
    """

    coef: FloatArray
    evaluation: Evaluation
    decrement: float
    status: Status
    trace: tuple[Step, ...]
    definite: bool = False
    method: str = "Newton's method"
    still: float = 0.0

    @property
    def errors_within(self) -> float:
        """Relative error of standard errors, at most, to one digit; zero where it is 1e-9 or less."""
        return float(f"{self.still:.0e}") if self.still > NOT_SAID else 0.0
