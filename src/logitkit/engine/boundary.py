r"""Maxima of the log link where some fitted mean is 1 (``docs/maths/links.md``, equation 10).

The loss is convex over :math:`\eta_i \le 0`. An interior-point method with the barrier :math:`-t \log(-\eta_i)` of rows
that have events only finds which of them end at zero, as those whose multiplier :math:`-t / \eta_i` stays while t
falls. With these held at zero, Newton's method over what is left gives the digits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.transformed import Transformed
from logitkit.design.response.response import Response
from logitkit.engine.objective import Objective
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Boundary", "boundary_words", "maximum_on_boundary"]

BARRIERS = 10.0 ** -np.arange(1, 13)  # of the mean weight of a row
STEPS = 100  # of Newton's method at each of them
SHORTEST = 1e-12  # part of a step: shorter ones are rounding
MOST_NAMED = 8
INSIDE = 1e-15  # linear predictors of the rows at the boundary, which must not be above zero by rounding


class Boundary(NamedTuple):
    """A maximum on the boundary.

    Parameters
    ----------
    solution : Solution
        The coefficients, and the objective there.
    rows : IntArray
        Rows with a fitted mean of 1.
    """

    solution: Solution
    rows: IntArray


def maximum_on_boundary(objective: Objective, start: FloatArray, unit: FloatArray, solver: Newton) -> Boundary | None:
    """Return the maximum if it is on the boundary, None if it is inside; ``unit`` gives the constant column."""
    matrix, response, family = objective.matrix, objective.response, objective.family
    certain = (response.weights > 0.0) & (response.y >= 1.0)
    coef, barrier = start, 0.0
    for part in BARRIERS:
        barrier = float(part * objective.mean_weight)
        coef = _inside(matrix, response, family, coef, certain, barrier)
    eta = _predictor(matrix, response, coef)
    ends = np.flatnonzero(certain & (-eta * response.total < barrier / -eta))
    if ends.size == 0:
        return None
    held = matrix.take(ends).to_dense()
    shift = np.zeros(ends.size) if response.shift is None else response.shift[ends]
    coef = coef - np.linalg.pinv(held) @ (held @ coef + shift)
    _, size, right = np.linalg.svd(held)
    free = right[np.count_nonzero(size > 1e-10 * size[0]) :].T
    others = np.setdiff1d(np.arange(eta.size), ends)
    rest = replace(response.take(others), offset=_predictor(matrix, response, coef)[None, others])
    if free.shape[1]:
        columns = Transformed(matrix.take(others), np.zeros(matrix.n_columns), free)
        found = solver.solve(Objective(columns, rest, family), np.zeros(free.shape[1]), suspicious=False)
        coef, status, decrement = coef + free @ found.coef, found.status, found.decrement
    else:
        status, decrement = Status.CONVERGED, 0.0
    above = float(_predictor(matrix, response, coef)[ends].max())
    coef = coef - (max(above, 0.0) + INSIDE) * unit
    here = objective.evaluate(coef)
    return Boundary(Solution(coef, here, decrement, status, ()), ends)


def boundary_words(positions: IntArray) -> str:
    """Return which rows have a fitted mean of 1, and what that means for errors.

    Examples
    --------
    >>> boundary_words(np.array([7]))[:46]
    'The fitted mean of 1 row is 1 (row 7, from 0):'
    """
    named = ", ".join(str(place) for place in positions[:MOST_NAMED]) + (", ..." if positions.size > MOST_NAMED else "")
    rows = "row" if positions.size == 1 else "rows"
    return (
        f"The fitted mean of {positions.size:,} {rows} is 1 ({rows} {named}, from 0): estimates on the boundary of the "
        "model are not normally distributed, however large the sample. The logit link has no boundary"
    )


def _predictor(matrix: Matrix, response: Response, coef: FloatArray) -> FloatArray:
    eta = matrix.matvec(coef)
    return eta if response.shift is None else eta + response.shift


def _inside(
    matrix: Matrix, response: Response, family: Any, coef: FloatArray, certain: BoolArray, barrier: float
) -> FloatArray:
    """Return the minimum of the loss with a barrier, by Newton's method with steps that stay inside."""
    slope, curvature = np.empty(response.n_rows), np.empty(response.n_rows)

    def value_at(eta: FloatArray) -> float:
        if eta.max() >= 0.0:
            return np.inf
        value = family.rows(eta, response.y, response.weights, slope, curvature)[0]
        return float(value - barrier * np.log(-eta[certain]).sum())

    eta = _predictor(matrix, response, coef)
    value = value_at(eta)
    for _ in range(STEPS):
        slope[certain] -= barrier / eta[certain]
        curvature[certain] += barrier / eta[certain] ** 2
        gradient = matrix.rmatvec(slope)
        step: FloatArray = -np.asarray(np.linalg.lstsq(matrix.gram(curvature), gradient, rcond=None)[0])
        gain, size = float(-gradient @ step), 1.0
        change = matrix.matvec(step)
        while size > SHORTEST and value_at(eta + size * change) > value - 1e-4 * size * gain:
            size *= 0.5
        if size <= SHORTEST:
            value_at(eta)
            break
        coef, eta = coef + size * step, eta + size * change
        value = value_at(eta)
        if gain <= 1e-10 * barrier:
            break
    return coef
