"""The row engine of one linear predictor: a pass over blocks of rows, fused where the numbers are dense.

Slope and curvature are one number per row. Everything here sees arrays of shape (n,).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.sums import DenseSums, GramSums, Place, RoughSums
from logitkit.engine.rows.engine import RowSums, SecondSums, Sums
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.numerics.unshared import unshared_zeros
from logitkit.typing import FloatArray

__all__ = ["BLOCKS_AT_ONCE", "NUMBERS_OF_PART", "ScalarRows"]

NUMBERS_OF_PART = 1_048_576  # of a product with all columns at once, which a thread is worth
ROWS_OF_PART = 131_072  # of which losses are summed: of fewer a thread is not worth the handing over
PARTS_MOST = 64
BLOCKS_AT_ONCE = 4  # where second derivatives need no room: threads wait for the interpreter between blocks


@dataclass(slots=True)
class _Workspace:
    """Buffers of one thread for one block of rows."""

    slope: FloatArray
    curvature: FloatArray
    scaled: FloatArray


class ScalarRows:
    """Sums over rows with one linear predictor.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same n rows.
    family : Family
        Gives loss, slope and curvature of each row.
    sums : GramSums, optional
        How second derivatives are summed; into one array by default.
    """

    def __init__(self, matrix: Matrix, response: Response, family: Any, sums: GramSums | None = None) -> None:
        self.matrix, self.response, self.family = matrix, response, family
        self.sums: GramSums = DenseSums(matrix) if sums is None else sums
        self._inner = matrix.inner
        groups = row_groups(matrix.n_rows, matrix.width, self.sums.bytes)
        self.groups = self.sums.aligned(groups.together if self._inner.is_part else groups)
        self._idle: list[_Workspace] = []
        self.spread, self.collect = matrix.spread, matrix.collect
        self._fused = family.is_logit

    @property
    def n_params(self) -> int:
        """Number of coefficients."""
        return self.matrix.n_columns

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""
        return self._inner.gram_cost

    def second(self, rough: bool) -> SecondSums:
        """Return how second derivatives are summed."""
        return RoughSums(self.matrix) if rough and isinstance(self.sums, DenseSums) else self.sums

    def empty(self) -> FloatArray:
        """Return a gradient of zeros in the inner columns."""
        return np.zeros(self._inner.n_columns)

    def linear_predictor(self, coef: FloatArray) -> FloatArray:
        """Return X coef + offset for every row, shape (n,)."""
        if self.matrix.n_rows * self.matrix.width <= NUMBERS_OF_PART:  # not worth the handing over
            return self._eta(self._inner, 0, self.matrix.n_rows, self.matrix.spread(coef))
        inner, eta = self.matrix.spread(coef), np.empty(self.matrix.n_rows)

        def fill(group: int) -> None:
            for start, stop in self.groups.blocks(group, BLOCKS_AT_ONCE):
                eta[start:stop] = self._eta(self._inner.rows(start, stop), start, stop, inner)

        for _ in ordered_map(fill, len(self.groups.bounds), light=self.groups.light):
            pass
        return eta

    def rows(self, coef: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return slope and curvature of every row, each of shape (n,)."""
        return self.rows_at(self.linear_predictor(coef))[1:]

    def rows_at(self, eta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the loss at linear predictors, and slope and curvature of every row, each of shape (n,)."""
        slope, curvature = np.empty(eta.size), np.empty(eta.size)
        y, weights = self.response.y, self.response.weights
        if eta.size <= ROWS_OF_PART:
            return self.family.rows(eta, y, weights, slope, curvature)[0], slope, curvature

        def fill(group: int) -> float:
            total = 0.0
            for start, stop in self.groups.blocks(group):
                here = slice(start, stop)
                total += self.family.rows(eta[here], y[here], weights[here], slope[here], curvature[here])[0]
            return total

        return sum(ordered_map(fill, len(self.groups.bounds), light=self.groups.light)), slope, curvature

    def each(self, coefs: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return values and gradients at k coefficient vectors, (k, p), in one pass: shapes (k,) and (k, p)."""
        inner = np.stack([self.matrix.spread(coef) for coef in coefs])
        y, weights, shift = self.response.y, self.response.weights, self.response.shift

        def sums_of(group: int) -> tuple[FloatArray, FloatArray]:
            values, gradients = np.zeros(len(inner)), np.zeros(inner.shape)
            curvature = np.empty(min(self.groups.block, self.matrix.n_rows))
            with np.errstate(invalid="ignore", over="ignore"):
                for start, stop in self.groups.blocks(group):
                    block, here = self._inner.rows(start, stop), slice(start, stop)
                    eta = np.ascontiguousarray(block.matvecs(inner))
                    if shift is not None:
                        eta += shift[here]
                    slopes = np.empty_like(eta)
                    for k, (row, slope) in enumerate(zip(eta, slopes, strict=True)):
                        found = self.family.rows(row, y[here], weights[here], slope, curvature[: stop - start])
                        values[k] += found[0]
                    block.add_rmatvecs(slopes, gradients)
            return values, gradients

        values, gradients = np.zeros(len(inner)), np.zeros(inner.shape)
        small = self.matrix.n_rows * self.matrix.width * len(inner) <= NUMBERS_OF_PART
        n_groups = len(self.groups.bounds)
        for part in map(sums_of, range(n_groups)) if small else ordered_map(sums_of, n_groups):
            values += part[0]
            gradients += part[1]
        return values, np.stack([self.matrix.collect(gradient) for gradient in gradients])

    def pull(self, values: FloatArray) -> FloatArray:
        """Return X' v for one value per row, shape (p,).

        Of wide rows there are few to a block: the parts are cut by the numbers that they hold.
        """
        n = self.matrix.n_rows
        parts = min(max(n * self.matrix.width // NUMBERS_OF_PART, 1), PARTS_MOST)
        edges = [n * part // parts for part in range(parts + 1)]

        def product(part: int) -> FloatArray:
            start, stop = edges[part], edges[part + 1]
            out = unshared_zeros(self._inner.n_columns)
            self._inner.rows(start, stop).add_rmatvec(values[start:stop], out)
            return out

        total = np.zeros(self._inner.n_columns)
        for part in ordered_map(product, parts, light=n * self.matrix.width <= PARTS_MOST * NUMBERS_OF_PART):
            total += part
        return self.matrix.collect(total)

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction, max |x' d|."""
        inner = self.matrix.spread(direction)

        def largest(group: int) -> float:
            blocks = (self._inner.rows(start, stop) for start, stop in self.groups.blocks(group))
            return max((float(np.abs(block.matvec(inner)).max(initial=0.0)) for block in blocks), default=0.0)

        return max(ordered_map(largest, len(self.groups.bounds)))

    def map_rows(self, function: Callable[[Matrix, slice], FloatArray]) -> FloatArray:
        """Return one number per row: ``function`` of each block and its place, joined, shape (n,)."""
        out = np.empty(self.matrix.n_rows)

        def fill(group: int) -> None:
            for start, stop in self.groups.blocks(group):
                out[start:stop] = function(self.matrix.rows(start, stop), slice(start, stop))

        for _ in ordered_map(fill, len(self.groups.bounds)):
            pass
        return out

    def sum_gram(self, weights: FloatArray) -> FloatArray:
        """Return X' diag(weights) X for weights that are not negative, shape (p, p)."""
        sums = DenseSums(self.matrix)
        total = sums.whole()

        def gram(group: int) -> tuple[FloatArray, ...]:
            first, last = self.groups.bounds[group]
            part = sums.start(total, first, last)
            buffer = np.empty(self.groups.block * self._inner.dense_width)
            for start, stop in self.groups.blocks(group):
                sums.add(part, self._inner.rows(start, stop), weights[start:stop], Place(first, start), buffer)
            return part

        for part in ordered_map(gram, len(self.groups.bounds)):
            sums.merge(total, part)
        return sums.finish(total).array

    def multiply(self, curvature: FloatArray, vector: FloatArray) -> FloatArray:
        """Return X' diag(curvature) X v, shape (p,), in one pass over the rows."""
        inner = self.matrix.spread(vector)

        def product(group: int) -> FloatArray:
            out = unshared_zeros(self._inner.n_columns)
            for start, stop in self.groups.blocks(group, BLOCKS_AT_ONCE):
                block = self._inner.rows(start, stop)
                block.add_rmatvec(curvature[start:stop] * block.matvec(inner), out)
            return out

        total = np.zeros(self._inner.n_columns)
        for part in ordered_map(product, len(self.groups.bounds), light=self.groups.light):
            total += part
        return self.matrix.collect(total)

    def _eta(self, block: Matrix, start: int, stop: int, inner: FloatArray) -> FloatArray:
        eta = block.matvec(inner)
        return eta if self.response.shift is None else eta + self.response.shift[start:stop]

    def group(self, number: int, inner: FloatArray, whole: Sums | None, sums: SecondSums, pearson: bool) -> RowSums:
        """Return the sums of a group of rows, in one pass over its numbers where they are dense."""
        group, summed = number, cast("GramSums", sums)
        try:
            space = self._idle.pop()
        except IndexError:
            most = min(self.groups.block, self.matrix.n_rows)
            several, scratch = BLOCKS_AT_ONCE * most, np.empty(most * self._inner.dense_width)
            space = _Workspace(np.empty(several), np.empty(several), scratch)
        y, weights = self.response.y, self.response.weights
        first, last = self.groups.bounds[group]
        second = None if whole is None else summed.start(whole, first, last)
        total = RowSums(unshared_zeros(self._inner.n_columns), second)
        # Sums that are not finite are the caller's to explain, who knows the column and the row.
        with np.errstate(invalid="ignore", over="ignore"):
            # Rows of a part come from memory, and are in the cache for what follows the first product.
            at_once = 1 if whole is not None or self._inner.is_part else BLOCKS_AT_ONCE
            for start, stop in self.groups.blocks(group, at_once):
                slope, curvature = space.slope[: stop - start], space.curvature[: stop - start]
                here = (y[start:stop], weights[start:stop], slope, curvature)
                block = self._inner.rows(start, stop)
                numbers = block.by_row if self._fused and isinstance(block, Dense) else None
                if numbers is not None:
                    offset = None if self.response.shift is None else self.response.shift[start:stop]
                    sums_of_rows = self.family.walk(numbers, inner, offset, *here, total.gradient)
                else:
                    eta = self._eta(block, start, stop, inner)
                    sums_of_rows = self.family.rows(eta, *here)
                    block.add_rmatvec(slope, total.gradient)
                value, closest, fitted, matched = sums_of_rows
                total.value += value
                total.fitted += fitted
                total.matched += matched
                total.closest = min(total.closest, closest)
                if pearson:
                    total.pearson += self.family.pearson(slope, curvature)
                if total.second is not None:
                    summed.add(total.second, block, curvature, Place(first, start), space.scaled)
        self._idle.append(space)
        return total
