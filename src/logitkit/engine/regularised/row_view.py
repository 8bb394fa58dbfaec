r"""The rows of an objective at some coefficients: slopes, and how they change where linear predictors move.

With m linear predictors a row, slopes are of shape (m, n), and the curvature of a row is an (m, m) matrix: one number
for the logit, :math:`w (\operatorname{diag} \pi - \pi \pi')` for the softmax.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Objective
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import FloatArray, IntArray

__all__ = ["RowView", "SeveralRows", "SingleRows", "on_coefficients", "row_view"]


class RowView(Protocol):
    """Slopes and curvature of the rows at some coefficients."""

    slope: FloatArray

    def image(self, step: FloatArray) -> FloatArray:
        """Return by how much the linear predictors move along a step, shape (m, n)."""

    def image_of(self, some: IntArray, step: FloatArray) -> FloatArray:
        """Return by how much they move along a step of some coefficients, shape (m, n)."""

    def curved(self, moved: FloatArray) -> FloatArray:
        """Return the curvature of each row times the move of its linear predictors, shape (m, n)."""

    def squared(self, moved: FloatArray, curved: FloatArray) -> float:
        """Return the squared length of a move, measured by the curvature, from the curvature times the move."""

    def spread(self, moved: FloatArray) -> float:
        """Return the largest change of a difference between two linear predictors of a row."""

    def pull(self, rows: FloatArray) -> FloatArray:
        """Return the products of rows of shape (m, n) with the columns, one per coefficient."""

    def pull_of(self, some: IntArray, rows: FloatArray) -> FloatArray:
        """Return the products of rows of shape (m, n) with the columns of some coefficients."""

    def gram_of(self, some: IntArray) -> FloatArray:
        """Return the second derivatives by some coefficients."""

    def lengths_of(self, some: IntArray) -> FloatArray:
        """Return the lengths of the columns of some coefficients."""


class SingleRows:
    """Rows with one linear predictor.

    Parameters
    ----------
    objective : Objective
        The rows.
    coef : (p,) array
        Where.
    """

    def __init__(self, objective: Objective, coef: FloatArray) -> None:
        slope, curvature = objective.rows(coef)
        self.slope: FloatArray = slope[None]
        self.curvature = curvature
        self._objective = objective
        self._some: tuple[IntArray, Matrix] | None = None

    def image(self, step: FloatArray) -> FloatArray:
        """Return by how much the linear predictor moves along a step, shape (1, n)."""
        image, offset = self._objective.linear_predictor(step), self._objective.response.shift
        return (image if offset is None else image - offset)[None]

    def image_of(self, some: IntArray, step: FloatArray) -> FloatArray:
        """Return by how much it moves along a step of some coefficients, shape (1, n)."""
        return self._columns(some).matvec(step)[None]

    def curved(self, moved: FloatArray) -> FloatArray:
        """Return curvature times move, shape (1, n)."""
        return np.asarray(self.curvature * moved)

    def squared(self, moved: FloatArray, curved: FloatArray) -> float:
        """Return the squared length of a move, measured by the curvature, from the curvature times the move."""
        del curved
        return float(self.curvature @ moved[0] ** 2)

    def spread(self, moved: FloatArray) -> float:
        """Return the largest change of the linear predictor."""
        return float(np.abs(moved).max(initial=0.0))

    def pull(self, rows: FloatArray) -> FloatArray:
        """Return X' rows, shape (p,)."""
        return self._objective.pull(rows[0])

    def pull_of(self, some: IntArray, rows: FloatArray) -> FloatArray:
        """Return the products with some columns."""
        return self._columns(some).rmatvec(rows[0])

    def gram_of(self, some: IntArray) -> FloatArray:
        """Return the second derivatives by some coefficients."""
        return self._columns(some).gram(self.curvature)

    def lengths_of(self, some: IntArray) -> FloatArray:
        """Return the lengths of some columns."""
        return np.asarray(np.sqrt(self._columns(some).gram(np.ones(self.slope.size)).diagonal()))

    def _columns(self, some: IntArray) -> Matrix:
        if self._some is None or self._some[0] is not some:
            self._some = some, self._objective.matrix.columns(some)
        return self._some[1]


class SeveralRows:
    """Rows with several linear predictors, one per outcome.

    Parameters
    ----------
    objective : Objective
        The rows, and how coefficients give the linear predictors.
    coef : (q,) array
        Where.
    """

    def __init__(self, objective: Objective, coef: FloatArray) -> None:
        self._objective = objective
        self._inner = objective.matrix.inner
        self._active = objective.predictors.active
        n, response = objective.matrix.n_rows, objective.response
        self._groups = row_groups(n, objective.matrix.width + 3 * objective.predictors.n_predictors, 0)
        self.eta: FloatArray = objective.linear_predictor(coef)
        self._mean = np.empty(self.eta.shape)
        slope = np.empty(self.eta.shape)

        def fill(start: int, stop: int) -> None:
            mean = np.array(self.eta[:, start:stop], order="C")  # overwritten
            own = np.empty_like(mean)
            objective.family.rows(mean, *response.part(start, stop), own, np.empty_like(mean))
            self._mean[:, start:stop], slope[:, start:stop] = mean, own

        self._each_block(fill)
        self.slope: FloatArray = slope[self._active]
        self._some: tuple[IntArray, Objective] | None = None

    def image(self, step: FloatArray) -> FloatArray:
        """Return by how much the linear predictors with coefficients move along a step, shape (m, n)."""
        return self._image(self._objective, step)

    def image_of(self, some: IntArray, step: FloatArray) -> FloatArray:
        """Return by how much they move along a step of some coefficients, shape (m, n)."""
        return self._image(self._part(some), step)

    def curved(self, moved: FloatArray) -> FloatArray:
        """Return w (diag(p) - p p') times the move of each row, shape (m, n)."""
        mean = self._mean[self._active]
        return np.asarray(self._objective.response.weights * mean * (moved - np.sum(mean * moved, axis=0)))

    def squared(self, moved: FloatArray, curved: FloatArray) -> float:
        """Return the squared length of a move, measured by the curvature, from the curvature times the move."""
        return float(np.sum(curved * moved))

    def spread(self, moved: FloatArray) -> float:
        """Return the largest change of a difference between two linear predictors of a row."""
        high, low = moved.max(axis=0), moved.min(axis=0)
        if self._active.size < len(self._mean):  # that of the reference stays where it is
            high, low = np.maximum(high, 0.0), np.minimum(low, 0.0)
        return float((high - low).max(initial=0.0))

    def pull(self, rows: FloatArray) -> FloatArray:
        """Return the products of rows with the columns, one per coefficient."""
        return self._pull(self._objective, rows)

    def pull_of(self, some: IntArray, rows: FloatArray) -> FloatArray:
        """Return the products of rows with the columns of some coefficients."""
        return self._pull(self._part(some), rows)

    def gram_of(self, some: IntArray) -> FloatArray:
        """Return the second derivatives by some coefficients."""
        found = self._part(some).evaluate(np.zeros(some.size)).hessian
        assert isinstance(found, DenseHessian)
        return found.array

    def lengths_of(self, some: IntArray) -> FloatArray:
        """Return the lengths of the columns of some coefficients."""
        part = self._part(some)
        squares = part.matrix.gram(np.ones(part.matrix.n_rows)).diagonal()
        return np.asarray(np.sqrt(part.predictors.gradient(np.tile(squares, self._active.size))))

    def _part(self, some: IntArray) -> Objective:
        """Return the objective of some coefficients, as a move from where the rows are."""
        if self._some is None or self._some[0] is not some:
            self._some = some, on_coefficients(self._objective, some, self.eta)
        return self._some[1]

    def _image(self, given: Objective, step: FloatArray) -> FloatArray:
        blocks = given.predictors.blocks(step)
        matrix = given.matrix
        inner = blocks if matrix.inner is matrix else np.stack([matrix.spread(block) for block in blocks])
        inner = np.asarray(inner, order=matrix.inner.order)
        out = np.empty((len(blocks), matrix.n_rows))

        def fill(start: int, stop: int) -> None:
            out[:, start:stop] = matrix.inner.rows(start, stop).matvecs(inner)

        self._each_block(fill)
        return out

    def _pull(self, given: Objective, rows: FloatArray) -> FloatArray:
        matrix, m = given.matrix, len(rows)

        def product(group: int) -> FloatArray:
            out = np.zeros((m, matrix.inner.n_columns), order=matrix.inner.order)
            for start, stop in self._groups.blocks(group):
                matrix.inner.rows(start, stop).add_rmatvecs(rows[:, start:stop], out)
            return out

        total = np.zeros((m, matrix.inner.n_columns))
        for part in ordered_map(product, len(self._groups.bounds)):
            total += part
        blocks = total if matrix.inner is matrix else np.stack([matrix.collect(sums) for sums in total])
        return given.predictors.gradient(blocks)

    def _each_block(self, function: Callable[[int, int], None]) -> None:
        def of_group(group: int) -> None:
            for start, stop in self._groups.blocks(group):
                function(start, stop)

        for _ in ordered_map(of_group, len(self._groups.bounds)):
            pass


def on_coefficients(given: Objective, some: IntArray, offset: FloatArray | None = None) -> Objective:
    """Return the objective as a function of some coefficients, the others zero or within an offset of the rows."""
    columns, predictors = given.predictors.among(some)
    matrix = given.matrix if columns.size == given.predictors.n_columns else given.matrix.columns(columns)
    if offset is not None:
        return Objective(matrix, replace(given.response, offset=offset), given.family, predictors=predictors)
    prior = None if given.quadratic is None else given.quadratic.pick(some)
    return Objective(matrix, given.response, given.family, None, prior, predictors)


def row_view(objective: Objective, coef: FloatArray) -> RowView:
    """Return the rows of an objective at some coefficients."""
    return SingleRows(objective, coef) if objective.predictors.is_single else SeveralRows(objective, coef)
