r"""L-BFGS with a preconditioner, for smooth convex objectives whose Hessian is too large for memory.

Objective: f, convex and smooth. With M near the inverse of the second derivatives,

1. the direction is :math:`-H_k g`, H_k made of M and the last few changes of the gradient (two loops);
2. the step is 1, halved until f falls enough;
3. stop when what is left to gain is below the target, by a bound from the gradient; or when :math:`g' H_k g`, an
   estimate of twice as much, is below the target by ``FAR_BELOW``, where a loose bound would never be.

Memory is two vectors a change that is kept, and four besides.

References
----------
Liu, D. C. and Nocedal, J. (1989) On the limited memory BFGS method for large scale optimization. Mathematical
Programming 45, 503-528.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from logitkit.engine.objective import Evaluation, SmoothObjective
from logitkit.engine.solvers.solver import Status
from logitkit.numerics.threads.progress import progress
from logitkit.typing import FloatArray

__all__ = ["LbfgsSolution", "minimise_by_lbfgs"]

ARMIJO = 1e-4
HALVINGS_MOST = 30
ROUNDING = 16_384 * np.finfo(float).eps  # of the objective, as in newton.py
FAR_BELOW = 1e-8  # of the target
CURVED = 1e-10  # share of a product that must not have cancelled for it to tell of curvature
PAIRS_MOST, NUMBERS_OF_PAIRS = 30, 60_000_000  # changes that are kept, and numbers in them


class LbfgsSolution(NamedTuple):
    """The end point of the iteration.

    Parameters
    ----------
    coef : (q,) array
        The coefficients.
    evaluation : Evaluation
        Value and gradient there.
    squared : float
        An estimate of twice what is left to gain.
    status : Status
        How it ended.
    steps : int
        Walks over the rows.
    """

    coef: FloatArray
    evaluation: Evaluation
    squared: float
    status: Status
    steps: int


def minimise_by_lbfgs(
    objective: SmoothObjective,
    start: FloatArray,
    precondition: Callable[[FloatArray], FloatArray],
    gap_of: Callable[[FloatArray], float],
    target: float,
    max_iter: int,
) -> LbfgsSolution:
    """Minimise an objective."""
    most = int(min(max(NUMBERS_OF_PAIRS // (2 * max(start.size, 1)), 3), PAIRS_MOST))
    coef = np.array(start, dtype=np.float64)
    here = objective.evaluate(coef, hessian=False)
    pairs: list[tuple[FloatArray, FloatArray, float]] = []
    walks = 1
    squared = math.inf
    with progress(None, "L-BFGS steps") as shown:
        for _ in range(max_iter):
            shown.advance()
            if not math.isfinite(here.value):
                return LbfgsSolution(coef, here, squared, Status.NOT_FINITE, walks)
            direction = _direction(here.gradient, pairs, precondition)
            squared = -float(here.gradient @ direction)
            if squared <= FAR_BELOW * target or gap_of(here.gradient) <= target:
                return LbfgsSolution(coef, here, max(squared, 0.0), Status.CONVERGED, walks)
            noise = ROUNDING * abs(here.value)
            length = 1.0
            for _ in range(HALVINGS_MOST):
                trial = objective.evaluate(coef + length * direction, hessian=False)
                walks += 1
                if trial.value <= here.value - ARMIJO * length * squared + noise:
                    break
                length *= 0.5
            else:
                if not pairs:
                    return LbfgsSolution(coef, here, squared, Status.STALLED, walks)
                pairs = []  # the corrections are to blame: begin anew
                continue
            step, change = length * direction, trial.gradient - here.gradient
            product = float(step @ change)
            if product > CURVED * math.sqrt(float(step @ step) * float(change @ change)):
                pairs = [*pairs[-(most - 1) :], (step, change, product)]
            coef = coef + step
            here = trial
    return LbfgsSolution(coef, here, squared, Status.ITERATIONS, walks)


def _direction(
    gradient: FloatArray,
    pairs: list[tuple[FloatArray, FloatArray, float]],
    precondition: Callable[[FloatArray], FloatArray],
) -> FloatArray:
    """Return -H g by two loops over the changes that are kept."""
    vector = -gradient
    shares = []
    for step, change, product in reversed(pairs):
        share = float(step @ vector) / product
        shares.append(share)
        vector = vector - share * change
    scale = 1.0
    if pairs:  # M may be too short by some factor, which the last change tells
        _, change, product = pairs[-1]
        scale = product / float(change @ precondition(change))
    vector = scale * precondition(vector)
    for (step, change, product), share in zip(pairs, reversed(shares), strict=True):
        vector = vector + (share - float(change @ vector) / product) * step
    return vector
