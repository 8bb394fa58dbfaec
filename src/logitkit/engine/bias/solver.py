r"""How penalised likelihoods are maximised and adjusted scores are solved, with the information in place of a Hessian.

A penalised likelihood has an exact gradient and near second derivatives: a step by these, corrected by how the gradient
changed along the steps before (BFGS), halved until the objective falls enough.

Adjusted scores are no gradient. The step is by the inverse information, corrected by how the scores changed (Broyden),
halved until the scores are smaller, as measured in standard errors; where that is slow, by their derivatives from
differences. The size of the scores may have minima where there is no root. From there on the scores are followed as a
flow, by implicit steps whose length grows as the scores fall: pseudo-transient continuation, which ends at a root that
attracts.

Where fitted probabilities are near 0 or 1, scores that are small prove no root: it is one if a step by their
derivatives moves the coefficients by nothing that counts.

References
----------
Kelley, C. T. and Keyes, D. E. (1998) Convergence analysis of pseudo-transient continuation. SIAM Journal on Numerical
Analysis 35, 508-523.
Nocedal, J. and Wright, S. J. (2006) Numerical Optimization, 2nd edition, algorithms 7.4 and 11.3.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.engine.bias.jeffreys import JeffreysObjective
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
NEAR = 1e-6  # of a fitted probability from 0 or 1, within which a root is looked at again
MOVES = 1e-4  # of a standard error: a step that is longer leads away from what is no root
GROWTH = 4.0  # most that the squared scores may grow by in a step along the flow
STRIDE = 1.0  # of the largest linear predictor, and one more: a step along the flow moves none by more
LONGER = 1.5  # implicit steps grow by at least this factor while scores do not
SHORTEST = 1e-10  # implicit step, in units of the information
FAR = 1e3  # of a linear predictor from where the solver started: the coefficients diverge


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
    if isinstance(objective, JeffreysObjective):
        objective = objective.evenly()
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
    if here is None:
        return Solution(coef, scores.base.evaluate(coef), math.nan, Status.NOT_FINITE, ()), None
    trace: list[Step] = []
    coef, here, status = _by_broyden(scores, coef, here, options, trace)
    if status is not Status.CONVERGED:
        first = scores.at(start)
        coef, here, found = _along_flow(scores, coef, here, options, trace)
        if not found and first is not None:
            coef, here, found = _along_flow(scores, np.array(start, dtype=np.float64), first, options, trace)
        far = scores.base.reach(coef - start) > FAR
        status = Status.CONVERGED if found else Status.SUSPECTED if far else status
    decrement = math.sqrt(here.squared)
    trace.append(Step(len(trace), here.plain.value, decrement, 0.0))
    done = status is Status.CONVERGED
    return Solution(coef, here.plain, decrement, status, tuple(trace), done), here


def _is_root(scores: AdjustedScores, coef: FloatArray, here: ScoresHere, options: Newton) -> bool:
    """Tell whether scores are zero, and not only small because the information vanishes."""
    if here.squared > max(options.tol**2 * scores.base.mean_weight, NOISE):
        return False
    if here.plain.closest > NEAR:
        return True
    jacobian = _derivatives(scores, coef, here)
    if jacobian is None:
        return False
    step = np.linalg.solve(jacobian, here.scores)
    return bool(step @ here.information @ step <= MOVES**2)


def _by_broyden(
    scores: AdjustedScores, coef: FloatArray, here: ScoresHere, options: Newton, trace: list[Step]
) -> tuple[FloatArray, ScoresHere, Status]:
    """Return where steps that make the scores smaller end, and how."""
    inverse: FloatArray = np.linalg.inv(here.information).astype(np.float64)
    for iteration in range(options.max_iter):
        if _is_root(scores, coef, here, options):
            return coef, here, Status.CONVERGED
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
            return coef, here, Status.STALLED
        trace.append(Step(iteration, here.plain.value, math.sqrt(here.squared), length))
        step, change = length * direction, here.scores - trial.scores
        turned = inverse @ change
        product = float(step @ turned)
        if abs(product) > 1e-8 * float(np.linalg.norm(step) * np.linalg.norm(turned)):
            inverse = inverse + np.outer(step - turned, step @ inverse) / product
        coef, here = coef + step, trial
    return coef, here, Status.ITERATIONS


def _along_flow(
    scores: AdjustedScores, coef: FloatArray, here: ScoresHere, options: Newton, trace: list[Step]
) -> tuple[FloatArray, ScoresHere, bool]:
    """Return where the flow of the scores ends, by implicit steps, and whether that is a root."""
    length = 1.0
    for _ in range(options.max_iter):
        if _is_root(scores, coef, here, options):
            return coef, here, True
        jacobian = _derivatives(scores, coef, here)
        if jacobian is None:
            break
        while length > SHORTEST:
            step: FloatArray = np.linalg.solve(here.information / length - jacobian, here.scores).astype(np.float64)
            near = scores.base.reach(step) <= STRIDE * (1.0 + scores.base.reach(coef))
            trial = scores.at(coef + step) if near else None
            if trial is not None and trial.squared <= GROWTH * here.squared:
                break
            length *= 0.25
        else:
            break
        assert trial is not None
        trace.append(Step(len(trace), here.plain.value, math.sqrt(here.squared), length))
        length *= LONGER * math.sqrt(here.squared / max(trial.squared, NOISE))
        coef, here = coef + step, trial
    return coef, here, False


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
