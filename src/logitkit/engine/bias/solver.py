r"""How penalised likelihoods are maximised and adjusted scores are solved, with the information in place of a Hessian.

A penalised likelihood has an exact gradient and near second derivatives: a step by these, corrected by how the gradient
changed along the steps before (BFGS), halved until the objective falls enough.

Adjusted scores are no gradient. The step is by the inverse information, corrected by how the scores changed (Broyden),
halved until the scores are smaller, as measured in standard errors; where that is slow, by their derivatives from
differences.

References
----------
Nocedal, J. and Wright, S. J. (2006) Numerical Optimization, 2nd edition, algorithms 7.4 and 11.3.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.engine.bias.scores import AdjustedScores, ScoresHere
from logitkit.engine.objective import Evaluation, SmoothObjective
from logitkit.engine.solvers.newton import KeptHessian, Newton
from logitkit.engine.solvers.solver import Solution, Status, Step
from logitkit.typing import FloatArray

__all__ = ["maximised", "solved"]

ARMIJO = 1e-4
TRIALS_MOST = 40
ROUNDING = 256.0 * np.finfo(float).eps  # of the objective: differences below it are none
PAIRS_MOST = 12
SLOW = 0.25  # of the squared size of the scores: less of a fall, and their derivatives are taken
STEP = 1e-5  # of a standard error, by which derivatives of the scores are taken
NOISE = 1e-24  # squared size of scores that is rounding


def maximised(
    objective: SmoothObjective, start: FloatArray, options: Newton, first: Evaluation | None = None
) -> Solution:
    """Minimise the negative of a penalised likelihood, whose second derivatives are near the exact ones.

    Examples
    --------
    Three events in four rows: Jeffreys' prior adds half a row of each outcome.

    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.design.response.response import Response
    >>> from logitkit.engine.bias.jeffreys import JeffreysObjective
    >>> from logitkit.engine.objective import Objective
    >>> from logitkit.models.binomial import Binomial
    >>> base = Objective(Dense(np.ones((4, 1))), Response(np.array([0.0, 1.0, 1.0, 1.0])), Binomial())
    >>> found = maximised(JeffreysObjective(base, 0.5), np.zeros(1), Newton())
    >>> bool(np.isclose(found.coef[0], np.log(3.5 / 1.5)))
    True
    """
    coef = np.array(start, dtype=np.float64)
    here = objective.evaluate(coef) if first is None else first
    pairs: list[tuple[FloatArray, FloatArray, float]] = []
    trace: list[Step] = []
    squared = math.nan
    for iteration in range(options.max_iter + 1):
        if not math.isfinite(here.value) or here.hessian is None:
            return Solution(coef, here, math.nan, Status.NOT_FINITE, tuple(trace))
        model = KeptHessian(here.hessian.factorise())
        model.pairs = pairs[-PAIRS_MOST:]
        direction, squared, _ = model.step(here)
        decrement = math.sqrt(squared) if squared >= 0.0 else math.nan
        if squared <= options.tol**2 * objective.mean_weight:
            trace.append(Step(iteration, here.value, decrement, 0.0))
            return Solution(coef + direction, here, decrement, Status.CONVERGED, tuple(trace), True)
        if iteration == options.max_iter:
            break
        length, trial = _lower(objective, coef, here, direction, squared)
        if trial is None:
            trace.append(Step(iteration, here.value, decrement, 0.0))
            return Solution(coef, here, decrement, Status.STALLED, tuple(trace))
        trace.append(Step(iteration, here.value, decrement, length))
        model.learn(length * direction, trial.gradient - here.gradient)
        pairs = model.pairs
        coef, here = coef + length * direction, trial
    trace.append(Step(options.max_iter, here.value, math.sqrt(max(squared, 0.0)), 0.0))
    return Solution(coef, here, math.sqrt(max(squared, 0.0)), Status.ITERATIONS, tuple(trace))


def _lower(
    objective: SmoothObjective, coef: FloatArray, here: Evaluation, direction: FloatArray, squared: float
) -> tuple[float, Evaluation | None]:
    """Return the first of 1, 1/2, 1/4, ... that lowers the objective enough, and the evaluation there."""
    noise, length = ROUNDING * (1.0 + abs(here.value)), 1.0
    for _ in range(TRIALS_MOST):
        trial = objective.evaluate(coef + length * direction)
        if trial.value <= here.value - ARMIJO * length * squared + noise:
            return length, trial
        length *= 0.5
    return 0.0, None


def solved(scores: AdjustedScores, start: FloatArray, options: Newton) -> tuple[Solution, ScoresHere | None]:
    """Find the root of adjusted scores; the scores at it are None where the information is singular from the start.

    Examples
    --------
    With the logit of one sample it is that of Jeffreys' prior:

    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.design.response.response import Response
    >>> from logitkit.engine.objective import Objective
    >>> from logitkit.models.binomial import Binomial
    >>> base = Objective(Dense(np.ones((4, 1))), Response(np.array([0.0, 1.0, 1.0, 1.0])), Binomial())
    >>> found, _ = solved(AdjustedScores(base), np.zeros(1), Newton())
    >>> bool(np.isclose(found.coef[0], np.log(3.5 / 1.5)))
    True
    """
    coef = np.array(start, dtype=np.float64)
    here = scores.at(coef)
    trace: list[Step] = []
    if here is None:
        return Solution(coef, scores.base.evaluate(coef), math.nan, Status.NOT_FINITE, ()), None
    inverse: FloatArray = np.linalg.inv(here.information).astype(np.float64)
    for iteration in range(options.max_iter):
        decrement = math.sqrt(here.squared)
        if here.squared <= max(options.tol**2 * scores.base.mean_weight, NOISE):
            trace.append(Step(iteration, here.plain.value, decrement, 0.0))
            return Solution(coef, here.plain, decrement, Status.CONVERGED, tuple(trace), True), here
        direction = inverse @ here.scores
        length, trial = _smaller(scores, coef, here, direction)
        if trial is None or trial.squared > SLOW * here.squared:
            jacobian = _derivatives(scores, coef, here)
            if jacobian is not None:
                newton: FloatArray = np.linalg.solve(-jacobian, here.scores).astype(np.float64)
                again, better = _smaller(scores, coef, here, newton)
                if better is not None and (trial is None or better.squared < trial.squared):
                    inverse, direction, length, trial = (
                        -np.linalg.inv(jacobian).astype(np.float64),
                        newton,
                        again,
                        better,
                    )
        if trial is None:
            trace.append(Step(iteration, here.plain.value, decrement, 0.0))
            return Solution(coef, here.plain, decrement, Status.STALLED, tuple(trace)), here
        trace.append(Step(iteration, here.plain.value, decrement, length))
        step, change = length * direction, here.scores - trial.scores
        turned = inverse @ change
        product = float(step @ turned)
        if abs(product) > 1e-8 * float(np.linalg.norm(step) * np.linalg.norm(turned)):
            inverse = inverse + np.outer(step - turned, step @ inverse) / product
        coef, here = coef + step, trial
    trace.append(Step(options.max_iter, here.plain.value, math.sqrt(here.squared), 0.0))
    return Solution(coef, here.plain, math.sqrt(here.squared), Status.ITERATIONS, tuple(trace)), here


def _smaller(
    scores: AdjustedScores, coef: FloatArray, here: ScoresHere, direction: FloatArray
) -> tuple[float, ScoresHere | None]:
    """Return the first of 1, 1/2, 1/4, ... that makes the scores smaller, and the scores there."""
    length = 1.0
    for _ in range(TRIALS_MOST // 4):
        trial = scores.at(coef + length * direction)
        if trial is not None and trial.squared <= (1.0 - ARMIJO * length) * here.squared:
            return length, trial
        length *= 0.5
    return 0.0, None


def _derivatives(scores: AdjustedScores, coef: FloatArray, here: ScoresHere) -> FloatArray | None:
    """Return derivatives of the scores from differences; None where they are not to be had."""
    steps = STEP / np.sqrt(here.information.diagonal())
    out = np.empty_like(here.information)
    for j, size in enumerate(steps):
        unit = np.zeros_like(coef)
        unit[j] = size
        up, down = scores.at(coef + unit), scores.at(coef - unit)
        if up is None or down is None:
            return None
        out[:, j] = (up.scores - down.scores) / (2.0 * size)
    return out if np.linalg.cond(out) < 1e12 else None
