r"""Does the estimate exist with one intercept per level? The test for separation with the levels eliminated.

A direction :math:`(\delta, a)` of recession leaves no row of an event behind and carries no row of a non-event along:
:math:`x_i'\delta + a_l \ge 0` for events, :math:`\le 0` for non-events of level l. For given :math:`\delta` an
:math:`a_l` exists if and only if

.. math:: \max_{i \in l,\, y_i < 1} x_i'\delta \;\le\; \min_{j \in l,\, y_j > 0} x_j'\delta

in every level with both outcomes, so that the program is one over :math:`\delta` alone, with the differences of events
and non-events of a level as constraints (``docs/maths/separation.md``, equation 8). They enter as they are violated, a
pair per level: a pass over the rows finds the worst of each.

A level in which the two ends differ is fitted perfectly as a whole. In a level in which they are equal the rows at that
value stay, and the others are separated; the rows that stay fix the level's intercept for every direction of the cone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.existence.implied import SIDE, distinct_rows
from logitkit.engine.existence.passes import BARELY, MOVES
from logitkit.engine.existence.recession import RecessionCone, make_cone, null_space, null_space_and_error
from logitkit.engine.existence.separation import GEOMETRY_MOST, IDLE_MOST, best_direction
from logitkit.errors import ConvergenceError
from logitkit.numerics.ascending import by_code
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["LevelSeparated", "find_level_separation"]

CELLS_MOST = 250_000_000  # numbers that the test writes out: 2 GB
ROUNDING = 1e-11  # of columns of unit size, of the distance of a row from the mean of its level
PAIRS_MOST = 400  # constraints that enter at a time


@dataclass(frozen=True)
class LevelSeparated:
    """The rows that diverge, and the directions of the columns along which they do, with the levels adjusted.

    Parameters
    ----------
    rows : (n,) bool array
        Separated rows of levels with both outcomes.
    size : (q,) array
        Units of the columns in which the cone and the anchors are: the largest distance from a level's mean.
    cone : RecessionCone
        Directions of the columns in these units.
    direction : (q,) array
        One of its interior, the certificate.
    null : (q, d) array
        Orthonormal basis of its span.
    anchors : (m, q) array
        Mean of the rows of each level that stay; nan where none does.
    n_whole : int
        Levels with both outcomes that are separated as a whole, whose intercepts are free within bounds.
    """

    rows: BoolArray
    size: FloatArray
    cone: RecessionCone
    direction: FloatArray
    null: FloatArray
    anchors: FloatArray
    n_whole: int


def find_level_separation(matrix: Matrix, response: Response, codes: IntArray, n_levels: int) -> LevelSeparated | None:
    """Decide whether the rows are separated by the columns given the levels.

    Examples
    --------
    Both levels have their event at the larger x, whatever the levels' means are:

    >>> from logitkit.design.matrix.dense import Dense
    >>> x, y, g = np.array([[1.0], [2.0], [8.0], [9.0]]), np.array([0.0, 1.0, 0.0, 1.0]), np.array([0, 0, 1, 1])
    >>> find_level_separation(Dense(x), Response(y), g, 2).direction.tolist()
    [1.0]
    >>> find_level_separation(Dense(x), Response(np.array([0.0, 1.0, 1.0, 0.0])), g, 2) is None
    True
    """
    weights, y = response.weights, response.y
    events = np.bincount(codes, weights * y, n_levels)
    mixed = (events > 0.0) & (events < np.bincount(codes, weights, n_levels))
    inside = np.flatnonzero((weights > 0.0) & mixed[codes])
    if inside.size * matrix.n_columns > CELLS_MOST:
        raise ConvergenceError("There are too many rows for the test of separation within levels.")
    if inside.size == 0 or matrix.n_columns == 0:
        return None
    inside = inside[by_code(codes[inside])]
    given = matrix.take(inside).to_dense()
    levels, own = np.unique(codes[inside], return_inverse=True)
    rows = _Rows(given, own.ravel(), y[inside], levels.size)
    moved = rows.separated()
    if not moved.any():
        return None
    null, _ = null_space(rows.triangle(~moved))
    if np.count_nonzero(moved) * null.shape[1] ** 3 > GEOMETRY_MOST:
        raise ConvergenceError("The rows are separated in too many directions to be described.")
    interior = null.T @ rows.total
    cone = rows.cone(moved, null, interior)
    direction = null @ interior
    anchors = np.full((n_levels, matrix.n_columns), np.nan)
    anchors[levels] = rows.anchors(given / rows.size, ~moved)
    every = np.zeros(y.size, dtype=bool)
    every[inside[moved]] = True
    direction = direction / np.abs(direction).max()
    n_whole = int(np.isnan(anchors[levels, 0]).sum())
    return LevelSeparated(every, rows.size, cone, direction, null, anchors, n_whole)


class _Rows:
    """Rows of levels with both outcomes, sorted by level, less the mean of their level and of one size."""

    def __init__(self, given: FloatArray, own: IntArray, y: FloatArray, n_levels: int) -> None:
        self.own, self.n_levels = own, n_levels
        count = np.bincount(own, minlength=n_levels).astype(np.float64)
        means = np.column_stack([np.bincount(own, column, n_levels) for column in given.T]) / count[:, None]
        cells = given - means[own]
        self.size = np.maximum(np.abs(cells).max(axis=0), 1e-300)
        self.cells = cells / self.size
        self.event, self.nonevent = np.flatnonzero(y > 0.0), np.flatnonzero(y < 1.0)
        self.side = np.where(y >= 1.0, 1.0, np.where(y <= 0.0, -1.0, 0.0))
        # Of each level, where its events and its non-events begin.
        self.starts = [np.searchsorted(own[which], np.arange(n_levels)) for which in (self.event, self.nonevent)]
        self.total = np.zeros(given.shape[1])
        self.pairs = np.zeros((0, given.shape[1]))

    def ends(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the largest value among the non-events of each level, and the least among its events."""
        high = np.minimum.reduceat(values[self.event], self.starts[0])
        return np.maximum.reduceat(values[self.nonevent], self.starts[1]), high

    def closest(self, values: FloatArray) -> tuple[IntArray, IntArray]:
        """Return a row of a non-event and a row of an event of each level at which its two ends are."""
        low, high = self.ends(values)
        found = []
        for which, end in ((self.nonevent, low), (self.event, high)):
            at = which[values[which] == end[self.own[which]]]
            found.append(at[np.searchsorted(self.own[at], np.arange(self.n_levels))])
        return found[0], found[1]

    def separated(self) -> BoolArray:
        """Return which rows some direction moves, all of them at once; ``total`` is then such a direction."""
        moved, idle = np.zeros(self.own.size, dtype=bool), 0
        while idle < IDLE_MOST:
            direction = self.program(~moved)
            if direction is None:
                return moved
            total = self.total + direction
            found = self.made_exact(moved, direction, total, MOVES) or self.made_exact(moved, total, total, BARELY)
            if found is None:
                return moved
            idle = 0 if np.count_nonzero(found[0]) > np.count_nonzero(moved) else idle + 1
            moved, self.total = found
        return moved

    def made_exact(
        self, moved: BoolArray, direction: FloatArray, total: FloatArray, above: float
    ) -> tuple[BoolArray, FloatArray] | None:
        """Return the rows that still move when the others stay put exactly, and along what; none if no other does."""
        fresh = self.margins(self.cells @ direction, np.ones(self.own.size, dtype=bool)) > above
        trial = self.whole(moved | fresh)
        while True:
            null, _, error = null_space_and_error(self.triangle(~trial))
            if null.shape[1] == 0:
                return None
            exact = null @ (null.T @ total)
            least, values = max(0.01 * above, error * float(np.linalg.norm(exact))), self.cells @ exact
            stays = trial & ~(self.margins(values, trial) > least)
            if not stays.any():
                low, high = self.ends(values)
                if above < MOVES and float((low - high).max()) > least:
                    return None
                return (trial, exact) if (trial & ~moved).any() else None
            trial &= ~stays

    def margins(self, values: FloatArray, moving: BoolArray) -> FloatArray:
        """Return how far each row is moved to its own side of its level's intercept."""
        low, high = self.ends(values)
        return np.asarray(np.where(moving, self.side * (values - (0.5 * (low + high))[self.own]), 0.0))

    def whole(self, moved: BoolArray) -> BoolArray:
        """Return the rows that are moved, with what is left of a level where that has one outcome only."""
        both = np.ones(self.n_levels, dtype=bool)
        for which in (self.event, self.nonevent):
            both &= np.bincount(self.own[which[~moved[which]]], minlength=self.n_levels) > 0
        return moved | ~both[self.own]

    def program(self, open_rows: BoolArray) -> FloatArray | None:
        """Return the direction in the box that moves open rows of a level apart most, None where none does."""
        gain = np.zeros(self.own.size)
        for which, sign in ((self.event, 1.0), (self.nonevent, -1.0)):
            part = which[open_rows[which]]
            count = np.bincount(self.own[part], minlength=self.n_levels)
            gain[part] += sign / count[self.own[part]]
        left = self.cells.T @ gain
        size = float(np.abs(left).max(initial=0.0))
        if size <= 1e-12 * max(float(np.abs(gain).sum()), 1.0):
            return None
        while True:  # each round adds pairs, of which there are finitely many
            direction = best_direction(left / size, -self.pairs, np.zeros((0, left.size)))
            if left @ direction <= 1e-9 * size:
                return None
            values = self.cells @ direction
            low, high = self.ends(values)
            over = low - high
            worst = np.argsort(-over, kind="stable")[:PAIRS_MOST]
            worst = worst[over[worst] > 1e-10]
            if worst.size == 0:
                return np.asarray(direction)
            nonevent, event = self.closest(values)
            fresh = self.cells[event[worst]] - self.cells[nonevent[worst]]
            grown = np.unique(np.vstack([self.pairs, fresh]), axis=0)
            if len(grown) == len(self.pairs):  # violated by what the program's solver allows
                return np.asarray(direction)
            self.pairs = grown

    def anchors(self, cells: FloatArray, stays: BoolArray) -> FloatArray:
        """Return the means of the rows that stay in each level, nan where none does."""
        own = self.own[stays]
        count = np.bincount(own, minlength=self.n_levels)
        sums = np.column_stack([np.bincount(own, column, self.n_levels) for column in cells[stays].T])
        with np.errstate(invalid="ignore"):
            return np.asarray(sums / count[:, None])

    def triangle(self, stays: BoolArray) -> FloatArray:
        """Return a triangular factor of the rows that stay, less their mean in each level."""
        rows = self.cells[stays] - self.anchors(self.cells, stays)[self.own[stays]]
        rows[np.abs(rows) <= ROUNDING] = 0.0  # where nothing is left of the columns, rounding is not to be their scale
        return np.asarray(np.linalg.qr(rows, mode="r")) if len(rows) else np.zeros((0, self.cells.shape[1]))

    def cone(self, moved: BoolArray, null: FloatArray, interior: FloatArray) -> RecessionCone:
        """Return the cone: of a level with rows that stay by the distances from them, else by pairs of rows."""
        values = self.cells @ null
        anchors = self.anchors(values, ~moved)
        fixed = np.isfinite(anchors[:, 0])
        low, high = self.closest(values @ interior)
        other = np.where(self.side > 0.0, low[self.own], high[self.own])  # the nearest row of the other outcome
        base = np.where(fixed[self.own][:, None], anchors[self.own], values[other])
        constraints = (self.side[:, None] * (values - base))[moved]
        constraints = constraints[distinct_rows(constraints)]
        while True:
            cone = make_cone(null, constraints, interior)
            if fixed.all() or null.shape[1] == 1:
                return cone
            if cone.generators.size:
                raise ConvergenceError("The cone of separation within levels has too many rays to be described.")
            fresh = []
            for ray in cone.rays:
                low, high = self.closest(values @ ray)
                pairs = (values[high] - values[low])[~fixed]
                least = np.maximum(1e-9, SIDE * np.linalg.norm(pairs, axis=1))  # the rays are no more exact
                fresh.append(pairs[pairs @ ray < -least * np.linalg.norm(ray)])
            grown = np.vstack([constraints, *fresh])
            grown = grown[distinct_rows(grown)]
            if len(grown) == len(constraints):
                return cone
            constraints = grown
