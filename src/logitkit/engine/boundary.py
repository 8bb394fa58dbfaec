r"""Maxima of the log link where some fitted mean is 1 (``docs/maths/links.md``, equation 10).

A row that has events only has the loss :math:`-w_i \eta_i`, which is linear, so that the loss goes on beyond
:math:`\eta_i = 0`, and only rows with some trial without event keep the coefficients inside. Rows that a step takes
above zero become constraints :math:`\eta_i \le 0`, a few at a time; steps minimise the loss to second order under
these (sequential quadratic programming), and are judged by the loss plus :math:`\mu` times the sum of what is above
zero. Each takes one pass, which also gives the loss at shorter steps. Those that end at zero are then held there, and
Newton's method over what is left gives the digits.

References
----------
Lawson, C. L. and Hanson, R. J. (1974) Solving Least Squares Problems, chapter 23. Nocedal, J. and Wright, S. J. (2006)
Numerical Optimization, 2nd edition, chapter 18.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.transformed import Transformed
from logitkit.engine.chunked import ChunkedObjective, Rows
from logitkit.engine.objective import Objective
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Boundary", "boundary_words", "maximum_on_boundary"]

STEPS = 100  # passes to the boundary
SHORTER = 0.5 ** np.arange(1, 13)  # steps whose loss is found with that of the whole one
DAMPING = 1e-2  # at first, of the squares of the columns: rows with events only have no second derivatives
LEAST_DAMPING = 1e-6  # beside curvatures of the same size, it slows down nothing
CONSTRAINTS = 32  # rows above zero that become constraints at once
ABOVE = 1e-12  # of a linear predictor: more is above zero
ENOUGH = 1e-12  # of twice the loss that a step can win
AT_END = 1e-12  # of the mean weight of a row: a row ends at zero where total weight times its square is less
ROUNDING = 1e-14  # of the loss
MOST_NAMED = 8
INSIDE = 1e-15  # linear predictors of the rows at the boundary, which must not be above zero by rounding


class Boundary(NamedTuple):
    """A maximum on the boundary.

    Parameters
    ----------
    solution : Solution
        The coefficients, and the objective there.
    n_rows : int
        Rows with a fitted mean of 1.
    rule : EndRows
        Which rows these are.
    """

    solution: Solution
    n_rows: int
    rule: EndRows


def maximum_on_boundary(objective: Objective, start: FloatArray, unit: FloatArray, solver: Newton) -> Boundary | None:
    """Return the maximum if it is on the boundary, None if it is inside; ``unit`` gives the constant column."""
    coef = _under_constraints(objective, start, unit)
    rule = EndRows(coef, AT_END * objective.mean_weight / objective.total)
    count, factor = objective.reduce(_Factor(rule), _both)
    if count == 0:
        return None
    held = factor[:, :-1]
    coef = coef - np.linalg.pinv(held) @ factor[:, -1]
    _, size, right = np.linalg.svd(held)
    free = right[np.count_nonzero(size > 1e-10 * size[0]) :].T
    if free.shape[1]:
        found = solver.solve(_left(objective, _Left(rule, coef, free)), np.zeros(free.shape[1]), suspicious=False)
        coef, status, decrement = coef + free @ found.coef, found.status, found.decrement
    else:
        status, decrement = Status.CONVERGED, 0.0
    above = objective.reduce(_Highest(rule, coef), max)
    coef = coef - (max(above, 0.0) + INSIDE) * unit
    return Boundary(Solution(coef, objective.evaluate(coef), decrement, status, ()), count, rule)


def boundary_words(count: int, positions: IntArray) -> str:
    """Return how many rows have a fitted mean of 1 and which, and what that means for errors.

    Examples
    --------
    >>> boundary_words(1, np.array([7]))[:46]
    'The fitted mean of 1 row is 1 (row 7, from 0):'
    """
    named = ", ".join(str(place) for place in positions[:MOST_NAMED]) + (", ..." if count > MOST_NAMED else "")
    rows = "row" if count == 1 else "rows"
    return (
        f"The fitted mean of {count:,} {rows} is 1 ({rows} {named}, from 0): estimates on the boundary of the "
        "model are not normally distributed, however large the sample. The logit link has no boundary"
    )


@dataclass(frozen=True)
class EndRows:
    """Which rows have a mean of 1: a rule, by which every pass finds the same.

    Parameters
    ----------
    coef : (q,) array
        Coefficients where their linear predictors are zero but for rounding.
    square : float
        Squares of linear predictors below which they are.
    """

    coef: FloatArray
    square: float

    def among(self, rows: Objective) -> BoolArray:
        """Return which rows they are."""
        return _certain(rows) & (_predictor(rows, self.coef) ** 2 < self.square)

    def named(self, design: Design, objective: Objective) -> IntArray:
        """Return the places in the table of the first of them."""
        if isinstance(objective, ChunkedObjective):
            return design.reduce(_Named(self, objective.rows_of), _first)
        return design.positions[self.among(objective)][:MOST_NAMED]


@dataclass(frozen=True)
class _Named:
    """The places of the first such rows of a chunk."""

    rule: EndRows
    rows: Rows

    def __call__(self, part: Design) -> IntArray:
        """Return at most as many as are named."""
        return part.positions[self.rule.among(self.rows.of(part))][:MOST_NAMED]


def _first(left: IntArray, right: IntArray) -> IntArray:
    return np.concatenate([left, right])[:MOST_NAMED]


def _certain(rows: Objective) -> BoolArray:
    """Return the rows that have events only."""
    return np.asarray((rows.response.weights > 0.0) & (rows.response.y >= 1.0))


def _predictor(rows: Objective, coef: FloatArray) -> FloatArray:
    eta = rows.matrix.matvec(coef)
    return eta if rows.response.shift is None else eta + rows.response.shift


@dataclass(frozen=True)
class _Factor:
    """The number of the rows at the end, and R of their columns beside their linear predictors."""

    rule: EndRows

    def __call__(self, rows: Objective) -> tuple[int, FloatArray]:
        """Return both for some rows."""
        ends = np.flatnonzero(self.rule.among(rows))
        eta = _predictor(rows, self.rule.coef)[ends]
        own = np.column_stack([rows.matrix.take(ends).to_dense(), eta])
        return ends.size, np.asarray(np.linalg.qr(own, mode="r")) if ends.size else own


def _both(left: tuple[int, FloatArray], right: tuple[int, FloatArray]) -> tuple[int, FloatArray]:
    """Return the same of the rows of both."""
    rows = np.concatenate([left[1], right[1]])
    return left[0] + right[0], np.asarray(np.linalg.qr(rows, mode="r")) if len(rows) else rows


@dataclass(frozen=True)
class _Highest:
    """The largest linear predictor of the rows at the end."""

    rule: EndRows
    coef: FloatArray

    def __call__(self, rows: Objective) -> float:
        """Return it for some rows, minus infinity without any."""
        return float(_predictor(rows, self.coef)[self.rule.among(rows)].max(initial=-np.inf))


@dataclass(frozen=True)
class _Left:
    """The objective of the rows that do not end at zero, by the coefficients that those that do leave free."""

    rule: EndRows
    coef: FloatArray
    free: FloatArray

    def of(self, rows: Objective) -> Objective:
        """Return it for some rows."""
        others = np.flatnonzero(~self.rule.among(rows) & (rows.response.weights > 0.0))
        offset = _predictor(rows, self.coef)[None, others]
        columns = Transformed(rows.matrix.take(others), np.zeros(rows.matrix.n_columns), self.free)
        return Objective(columns, replace(rows.response.take(others), offset=offset), rows.family)


@dataclass(frozen=True)
class _LeftRows:
    """The same of any rows that are read in chunks."""

    rows: Rows
    left: _Left
    quadratic: None = None

    @property
    def likelihood(self) -> Any:
        """The family whose outcomes are counted."""
        return self.rows.likelihood

    def of(self, part: Design) -> Objective:
        """Return the objective of rows that are held."""
        return self.left.of(self.rows.of(part))


def _left(objective: Objective, left: _Left) -> Objective:
    """Return the objective of what is left."""
    if isinstance(objective, ChunkedObjective):
        return ChunkedObjective(objective.design, _LeftRows(objective.rows_of, left))
    return left.of(objective)


@dataclass(frozen=True)
class _Here:
    """The loss that goes on beyond zero, and rows that are above.

    Parameters
    ----------
    value, gradient, hessian : float, (q,) and (q, q) array
        The loss with its derivatives.
    squares : (q, q) array
        Weighted squares of the columns.
    shorter : (k,) array
        The loss at shorter steps.
    highest : float
        The largest linear predictor of rows with some trial without event.
    above : (r, q + 2) array
        Different rows with events only above zero, the highest first: linear predictor, columns, offset.
    """

    value: float
    gradient: FloatArray
    hessian: FloatArray
    squares: FloatArray
    shorter: FloatArray
    highest: float
    above: FloatArray

    def plus(self, other: _Here) -> _Here:
        """Return the same of the rows of both."""
        return _Here(
            self.value + other.value,
            self.gradient + other.gradient,
            self.hessian + other.hessian,
            self.squares + other.squares,
            self.shorter + other.shorter,
            max(self.highest, other.highest),
            _highest_rows(np.concatenate([self.above, other.above])),
        )


def _highest_rows(rows: FloatArray) -> FloatArray:
    """Return the different ones of some rows, the highest first, and no more than become constraints."""
    return np.unique(rows, axis=0)[::-1][:CONSTRAINTS]


@dataclass(frozen=True)
class _At:
    """The loss at coefficients, and at shorter steps than the one that led to them."""

    coef: FloatArray
    step: FloatArray | None = None

    def __call__(self, rows: Objective) -> _Here:
        """Return it for some rows."""
        response, family = rows.response, rows.family.exact
        certain, weights = _certain(rows), rows.response.weights
        eta, others = _predictor(rows, self.coef), np.flatnonzero(~certain & (weights > 0.0))
        y, own = response.y[others], weights[others]

        def loss(at: FloatArray) -> tuple[float, FloatArray, FloatArray]:
            inner = np.ascontiguousarray(at[others])
            if inner.max(initial=-np.inf) >= 0.0:
                return np.inf, np.zeros(others.size), np.zeros(others.size)
            slope, curvature = np.empty(others.size), np.empty(others.size)
            value = float(family.rows(inner, y, own, slope, curvature)[0]) if others.size else 0.0
            return value - float(weights[certain] @ at[certain]), slope, curvature

        slope, curvature = -np.where(certain, weights, 0.0), np.zeros(eta.size)
        value, slope[others], curvature[others] = loss(eta)
        shorter: FloatArray = np.empty(0)
        if self.step is not None:
            change = rows.matrix.matvec(self.step)
            shorter = np.array([loss(eta - (1.0 - part) * change)[0] for part in SHORTER])
        above = np.flatnonzero(certain & (eta > ABOVE))
        above = above[np.argsort(-eta[above], kind="stable")[: 64 * CONSTRAINTS]]
        shift = np.zeros(above.size) if response.shift is None else response.shift[above]
        found = np.column_stack([eta[above], rows.matrix.take(above).to_dense(), shift])
        return _Here(
            value,
            rows.matrix.rmatvec(slope),
            rows.matrix.gram(curvature),
            rows.matrix.gram(weights),
            shorter,
            float(eta[others].max(initial=-np.inf)),
            _highest_rows(found),
        )


def _under_constraints(objective: Objective, coef: FloatArray, unit: FloatArray) -> FloatArray:
    """Return where the loss is least with every linear predictor at most zero."""
    here = objective.reduce(_At(coef), _Here.plus)
    if here.highest >= 0.0:
        coef = coef - (here.highest + 1.0) * unit
        here = objective.reduce(_At(coef), _Here.plus)
    damping, price, bounds = DAMPING, 0.0, np.empty((0, coef.size + 1))
    for _ in range(STEPS):
        bounds = np.unique(np.concatenate([bounds, here.above[:, 1:]]), axis=0)
        rows, height = bounds[:, :-1], bounds[:, :-1] @ coef + bounds[:, -1]
        curvature = here.hessian + damping * here.squares
        step, multipliers = _least_step(curvature, here.gradient, rows, -height)
        above = float(np.maximum(height, 0.0).sum())
        price = max(price, 2.0 * float(multipliers.max(initial=0.0)))
        if float(step @ curvature @ step) <= ENOUGH and above <= ABOVE * max(len(height), 1):
            break
        slope, now = float(here.gradient @ step) - price * above, here.value + price * above
        there = objective.reduce(_At(coef + step, step), _Here.plus)
        sizes = np.concatenate([[1.0], SHORTER])
        beyond = np.maximum(height[:, None] + np.outer(rows @ step, sizes), 0.0).sum(axis=0)
        merit = np.concatenate([[there.value], there.shorter]) + price * beyond
        good = np.flatnonzero(merit <= now + 1e-4 * sizes * slope + ROUNDING * abs(now))
        if not good.size:
            break
        size = float(sizes[good[0]])
        coef = coef + size * step
        here = there if size == 1.0 else objective.reduce(_At(coef), _Here.plus)
        damping = max(damping * (1e-2 if size == 1.0 else 1.0), LEAST_DAMPING)
    return coef


def _least_step(
    curvature: FloatArray, gradient: FloatArray, rows: FloatArray, most: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the d with least g'd + d'Hd / 2 under A d <= b, and the multipliers, by least distance programming."""
    from scipy.optimize import nnls

    scale = 1.0 / np.sqrt(curvature.diagonal())
    lower = np.linalg.cholesky(curvature * scale[:, None] * scale)
    origin = -np.linalg.solve(lower, scale * gradient)  # of the least without constraints, in u = L'd
    if not len(rows):
        return scale * np.linalg.solve(lower.T, origin), np.empty(0)
    turned = np.linalg.solve(lower, (rows * scale).T).T
    size = np.linalg.norm(turned, axis=1)
    turned, short = -turned / size[:, None], (turned @ origin - most) / size  # G z >= h with u = origin + z
    unit = float(np.abs(short).max()) or 1.0
    weights, _ = nnls(
        np.vstack([turned.T, short / unit]), np.append(np.zeros(len(origin)), 1.0), maxiter=30 * len(short)
    )
    left = 1.0 - float(short @ weights) / unit
    multipliers = unit * weights / left
    return scale * np.linalg.solve(lower.T, origin + turned.T @ multipliers), multipliers / size
