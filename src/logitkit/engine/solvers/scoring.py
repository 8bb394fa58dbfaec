"""Likelihoods that are not concave: the end of a solution by the expected information, and the highest maximum.

Steps by the expected information are many and small where the likelihood is flat.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.engine.objective import Objective
from logitkit.engine.solvers.choose import sample_size
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.engine.solvers.start import BEYOND, DISTINCT, STARTS
from logitkit.errors import DataWarning, warn_caller
from logitkit.models.family import Family
from logitkit.typing import FloatArray

__all__ = ["highest_maximum", "polished"]

PATIENCE = 8  # times the largest number of iterations, where Newton's method does not end either
ROUNDING = 1e-12  # of the loss


def polished(objective: Objective, exact: Family, solver: Newton, solution: Solution) -> Solution:
    """Return a solution after the steps of Newton's method itself, where those by the expected information led near it.

    ``exact`` is the family with the second derivatives of the loss.
    """
    if solution.status not in (Status.CONVERGED, Status.ITERATIONS):
        return solution
    again = solver.solve(objective.with_family(exact), solution.coef, suspicious=False)
    least = solution.evaluation.value
    if again.status is Status.CONVERGED and again.evaluation.value <= least + ROUNDING * abs(least):
        here = objective.evaluate(again.coef)
        return replace(solution, coef=again.coef, decrement=again.decrement, evaluation=here, status=again.status)
    if solution.status is Status.CONVERGED:
        return solution
    patient = replace(solver, max_iter=PATIENCE * solver.max_iter)
    return patient.solve(objective, solution.coef, suspicious=False)


def highest_maximum(
    objective: Objective, family: Family, origin: FloatArray, solver: Newton, solution: Solution
) -> tuple[Solution, str]:
    """Return the highest maximum that several starts lead to, and words where they lead to more than one.

    Of rows in chunks it is their sample that tells where a start leads, and from each end a fit to all rows follows.
    """
    found = [polished(objective, family.exact, solver, solution)]
    if family.concave != family:
        sample = objective.sampled(sample_size) if objective.in_chunks else None
        twin = solver.solve((sample or objective).with_family(family.concave), origin).coef
        starts = [scale * twin for scale in STARTS] + [origin + scale * (twin - origin) for scale in BEYOND]
        starts = starts if np.isfinite(twin).all() else []
        if sample is None:
            ended = (solver.solve(objective, start, suspicious=False) for start in starts)
            found += [polished(objective, family.exact, solver, each) for each in ended]
        else:
            found += _from_sample(objective, sample, family, solver, found[0], starts)
    maxima = [each for each in found if each.status is Status.CONVERGED]
    if not maxima:
        return solution, ""
    best = min(maxima, key=lambda each: each.evaluation.value)
    others = sum(_is_above(each.evaluation.value, best.evaluation.value) for each in maxima)
    words = ""
    if others:
        words = f"; {others} of {len(maxima)} starts lead to a lower maximum of the likelihood"
        warn_caller(
            f"The likelihood has several maxima: {others} of {len(maxima)} starts of the solver lead to a lower one. "
            "The highest maximum found is reported; there may be a higher one.",
            DataWarning,
        )
    return best, words


def _is_above(value: float, least: float) -> bool:
    return value > least + DISTINCT * (1.0 + abs(least))


def _from_sample(
    objective: Objective, sample: Objective, family: Family, solver: Newton, first: Solution, starts: list[FloatArray]
) -> list[Solution]:
    """Return the solutions that starts lead to; those that the sample leads to one place are solved for once."""
    ends = [solver.solve(sample, start, suspicious=False) for start in (first.coef, *starts)]
    values = [each.evaluation.value for each in ends]
    found = [first]
    for number in range(1, len(ends)):
        near = (k for k in range(number) if abs(values[k] - values[number]) <= DISTINCT * (1.0 + abs(values[k])))
        same = next(near, None)
        if same is not None:
            found.append(found[same])
            continue
        whole = solver.solve(objective, ends[number].coef, suspicious=False, keep=True)
        found.append(polished(objective, family.exact, solver, whole))
    return found[1:]
