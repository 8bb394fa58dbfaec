"""The end of a solution by the expected information, whose steps are many and small where the likelihood is flat."""

from __future__ import annotations

from dataclasses import replace

from logitkit.engine.objective import Objective
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.models.family import Family

__all__ = ["polished"]

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
