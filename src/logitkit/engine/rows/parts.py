r"""The row engine of linear predictors that take columns in parts, each with a constraint matrix of its own.

For parts g and h with constraint matrices :math:`H_g` and :math:`H_h`, the second derivatives are

.. math::

    \sum_i (h_{ga}' C_i h_{hb})\, x_{ig} x_{ih}' ,

a weighted product of the columns of two parts for every pair of columns of their constraint matrices. A slope that all
predictors share so costs one Gram matrix, whatever their number, and thresholds cost sums of weights.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any, cast

import numpy as np

from logitkit.design.matrix.matrix import Matrix, mirrored
from logitkit.design.matrix.parted import in_parts
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.rows.engine import RowSums, SecondSums, Sums
from logitkit.models.curvatures import Combinations, RowCurvature
from logitkit.models.predictors import Predictors
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import FloatArray

__all__ = ["PartRows"]


class PartSums:
    """Products of the columns of each pair of parts.

    Within a part, a Gram matrix for each pair of its constraint vectors, in two arrays: one for weights above zero and
    one for weights below. Between two parts, the narrower one is written out and multiplied with the other.
    """

    def __init__(self, matrices: tuple[Matrix, ...], predictors: Predictors) -> None:
        self.matrices, self.predictors = matrices, predictors
        m = predictors.n_predictors
        vectors = [list(part.matrix(m).T) for part in predictors.parts]
        n_parts = len(matrices)
        self.within = [
            (g, a, b, Combinations(vectors[g][a], vectors[g][b]))
            for g in range(n_parts)
            for a in range(len(vectors[g]))
            for b in range(a, len(vectors[g]))
        ]
        widths = [matrix.n_columns for matrix in matrices]
        pairs = [(g, h) for g in range(n_parts) for h in range(g + 1, n_parts)]
        self.between = [
            (g, h, [[Combinations(left, right) for right in vectors[h]] for left in vectors[g]])
            for g, h in ((g, h) if widths[g] <= widths[h] else (h, g) for g, h in pairs)
        ]

    def whole(self) -> Sums:
        """Return empty sums: two Gram matrices per pair within a part, and products per pair of parts."""
        inner = [matrix.inner.n_columns for matrix in self.matrices]
        rows = [part.n_rows for part in self.predictors.parts]
        grams = [np.zeros((2, inner[g], inner[g])) for g, *_ in self.within]
        crosses = [np.zeros((rows[g] * rows[h] * self.matrices[g].n_columns, inner[h])) for g, h, _ in self.between]
        return (*grams, *crosses)

    def merge(self, total: Sums, sums: Sums) -> None:
        """Add the sums of a group."""
        for one, other in zip(total, sums, strict=True):
            np.add(one, other, out=one)

    def add(
        self, sums: Sums, blocks: list[Matrix], inner: list[Matrix], curvature: RowCurvature, buffer: FloatArray
    ) -> None:
        """Add a block of rows: the parts as they are, and in their inner columns."""
        squares = {g: block.to_dense()[:, 0] ** 2 for g, block in enumerate(inner) if block.n_columns == 1}
        for (g, _, _, pair), (above, below) in zip(self.within, sums, strict=False):
            weights = curvature.between(pair)
            if weights is None:
                continue
            if g in squares:  # of either sign, for no root of them is taken
                np.add(above, weights @ squares[g], out=above)
                continue
            if weights.min(initial=0.0) >= 0.0:
                inner[g].add_gram(weights, above, buffer)
                continue
            inner[g].add_gram(np.maximum(-weights, 0.0), below, buffer)
            if weights.max(initial=0.0) > 0.0:
                inner[g].add_gram(np.maximum(weights, 0.0), above, buffer)
        for (g, h, pairs), crossed in zip(self.between, sums[len(self.within) :], strict=True):
            cells = blocks[g].to_dense().T
            rows = np.zeros((len(pairs), len(pairs[0]), *cells.shape))
            for a, with_left in enumerate(pairs):
                for b, pair in enumerate(with_left):
                    weights = curvature.between(pair)
                    if weights is not None:
                        np.multiply(cells, weights, out=rows[a, b])
            inner[h].add_rmatvecs(rows.reshape(-1, cells.shape[1]), crossed)

    def finish(self, total: Sums) -> DenseHessian:
        """Return the Hessian over what is solved for."""
        places, matrices = self.predictors.places, self.matrices
        whole: FloatArray = np.zeros((self.predictors.n_flat, self.predictors.n_flat))
        for sums, (g, a, b, _) in zip(total, self.within, strict=False):
            gram = matrices[g].collect_gram(mirrored(sums[0]))
            if sums[1].any():
                gram = gram - matrices[g].collect_gram(mirrored(sums[1]))
            whole[places[g][a][:, None], places[g][b]] = gram
            whole[places[g][b][:, None], places[g][a]] = gram.T
        for sums, (g, h, pairs) in zip(total[len(self.within) :], self.between, strict=True):
            collected = np.stack([matrices[h].collect(row) for row in sums]) if len(sums) else sums
            cross = collected.reshape(len(pairs), len(pairs[0]), matrices[g].n_columns, -1)
            for a, rows in enumerate(cross):
                for b, block in enumerate(rows):
                    whole[places[g][a][:, None], places[h][b]] = block
                    whole[places[h][b][:, None], places[g][a]] = block.T
        return DenseHessian(self.predictors.hessian(whole))


class PartRows:
    """Sums over rows with several linear predictors, whose columns come in parts.

    Parameters
    ----------
    matrix : Matrix
        n rows; in parts already, or with the columns that the parts name.
    response : Response
        The same rows.
    family : Family
        Gives loss, slopes and second derivatives of blocks of rows.
    predictors : Predictors
        The parts and their constraint matrices.
    """

    def __init__(
        self,
        matrix: Matrix,
        response: Response,
        family: Any,
        predictors: Predictors,
    ) -> None:
        self.matrix = in_parts(matrix, tuple(part.columns for part in predictors.parts))
        self.response, self.family, self.predictors = response, family, predictors
        self._inner = [part.inner for part in self.matrix.parts]
        sizes = [part.n_rows * inner.n_columns for part, inner in zip(predictors.parts, self._inner, strict=True)]
        self._ends = [0, *accumulate(sizes)]
        self._sums = PartSums(self.matrix.parts, predictors)
        m = predictors.n_predictors
        widest = max(part.dense_width for part in self._inner)
        self._scratch = widest
        size = sum(array.nbytes for array in self._sums.whole())
        self.groups = row_groups(self.matrix.n_rows, self.matrix.width + 4 * m + widest, size)

    @property
    def n_params(self) -> int:
        """Number of coefficients that are solved for."""
        return self.predictors.n_params

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""
        costs = [
            part.n_rows * (inner.gram_cost - 1.0)
            for part, inner in zip(self.predictors.parts, self._inner, strict=True)
        ]
        return 1.0 + sum(costs)

    def second(self, rough: bool) -> SecondSums:
        """Return how second derivatives are summed."""
        del rough
        return self._sums

    def empty(self) -> FloatArray:
        """Return a gradient of zeros: the rows of each part in its inner columns, one after another."""
        return np.zeros(self._ends[-1])

    def collect(self, gradient: FloatArray) -> FloatArray:
        """Return derivatives by what is solved for, shape (q,)."""
        flat = [
            part.collect(row).reshape(-1)
            for part, rows in zip(self.matrix.parts, self._split(gradient), strict=True)
            for row in rows
        ]
        return self.predictors.gradient(np.concatenate(flat) if flat else np.empty(0))

    def spread(self, coef: FloatArray) -> FloatArray:
        """Return the coefficients of the inner columns of all parts, one after another."""
        flat = self.predictors.flat(coef)
        rows = [
            part.spread(flat[place])
            for part, places in zip(self.matrix.parts, self.predictors.places, strict=True)
            for place in places
        ]
        return np.concatenate(rows) if rows else np.empty(0)

    def linear_predictor(self, coef: FloatArray) -> FloatArray:
        """Return the linear predictors of every row, offset included, shape (m, n)."""
        inner, eta = self.spread(coef), np.empty((self.predictors.n_predictors, self.matrix.n_rows))

        def fill(group: int) -> None:
            for start, stop in self.groups.blocks(group):
                eta[:, start:stop] = self._eta(self._blocks(start, stop), start, stop, inner)

        for _ in ordered_map(fill, len(self.groups.bounds)):
            pass
        return eta

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor, or of a difference of two, along a direction."""
        inner = self.spread(direction)

        def largest(group: int) -> float:
            found = 0.0
            for start, stop in self.groups.blocks(group):
                change = self._change(self._blocks(start, stop), inner, stop - start)
                high = np.maximum(change.max(axis=0, initial=0.0), 0.0)
                low = np.minimum(change.min(axis=0, initial=0.0), 0.0)
                found = max(found, float((high - low).max(initial=0.0)))
            return found

        return max(ordered_map(largest, len(self.groups.bounds)))

    def group(self, number: int, inner: FloatArray, whole: Sums | None, sums: SecondSums, pearson: bool) -> RowSums:
        """Return the sums of a group of rows."""
        parts = cast("PartSums", sums)
        total = RowSums(self.empty(), None if whole is None else parts.whole())
        gradients = self._split(total.gradient)
        most = min(self.groups.block, self.matrix.n_rows)
        slopes, buffer = np.empty((self.predictors.n_predictors, most)), np.empty(most * self._scratch)
        # Sums that are not finite are the caller's to explain, who knows the column and the row.
        with np.errstate(invalid="ignore", over="ignore"):
            for start, stop in self.groups.blocks(number):
                blocks = self._blocks(start, stop)
                eta = self._eta(blocks, start, stop, inner)
                slope = slopes[:, : stop - start] if stop - start == most else np.empty_like(eta)
                found = self.family.block(eta, *self.response.part(start, stop), slope)
                total.value += found.value
                total.closest = min(total.closest, found.closest)
                if pearson:
                    total.pearson += found.pearson
                for part, block, rows in zip(self.predictors.parts, blocks, gradients, strict=True):
                    block.add_rmatvecs(part.contract(slope), rows)
                if total.second is not None:
                    own = [part.rows(start, stop) for part in self.matrix.parts]
                    parts.add(total.second, own, blocks, found.curvature, buffer)
        return total

    def _blocks(self, start: int, stop: int) -> list[Matrix]:
        return [part.rows(start, stop) for part in self._inner]

    def _change(self, blocks: list[Matrix], inner: FloatArray, size: int) -> FloatArray:
        """Return what the coefficients add to the linear predictors of a block, shape (m, b)."""
        m, out = self.predictors.n_predictors, None
        for part, block, rows in zip(self.predictors.parts, blocks, self._split(inner), strict=True):
            change = part.expand(block.matvecs(rows), m)
            out = change if out is None else np.add(out, change, out=out)
        return np.zeros((m, size)) if out is None else out

    def _eta(self, blocks: list[Matrix], start: int, stop: int, inner: FloatArray) -> FloatArray:
        eta = self._change(blocks, inner, stop - start)
        if self.response.offset is not None:
            eta += self.response.offset[:, start:stop]
        return eta

    def _split(self, values: FloatArray) -> list[FloatArray]:
        """Return views of the rows of each part, shape (r, q) each."""
        return [
            values[start:stop].reshape(part.n_rows, -1)
            for part, (start, stop) in zip(self.predictors.parts, pairwise(self._ends), strict=True)
        ]
