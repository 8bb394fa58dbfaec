r"""The row engine of several linear predictors that each have a coefficient for every column.

The second derivatives are Gram matrices of the columns, one per pair of outcomes, each summed once: whatever stores the
columns can sum them. Where outcomes are many and columns few, those of all pairs are instead one symmetric product of
the columns times :math:`\sqrt{w_i} p_{ik}`, and only those of an outcome with itself are summed one by one.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.rows.engine import RowSums, SecondSums, Sums
from logitkit.models.multinomial import Multinomial
from logitkit.models.predictors import Predictors
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import FloatArray

__all__ = ["VectorRows", "is_joint"]

JOINT_OUTCOMES = 4  # with a predictor, from which one product for all pairs is faster than one per pair
JOINT_COLUMNS = 20  # up to which it is, and no more than outcomes: it takes twice the arithmetic in fewer, larger calls
PIECE_NUMBERS = 1 << 15  # logits at once, which with the columns they come from stay in a second-level cache


class PairSums:
    """Gram matrices of pairs of outcomes, and one product for all pairs where that is faster."""

    def __init__(self, matrix: Matrix, predictors: Predictors, rough: bool) -> None:
        self.matrix, self.predictors, self.rough = matrix, predictors, rough
        self.n, self.q = predictors.active.size, matrix.inner.n_columns
        self.joint = is_joint(self.n, self.q)
        self.pairs = [(a, b) for a in range(self.n) for b in range(a, a + 1 if self.joint else self.n)]

    def whole(self) -> Sums:
        """Return empty sums: Gram matrices of the pairs, and products of all where they are summed at once."""
        grams = np.zeros((len(self.pairs), self.q, self.q))
        return (grams, np.zeros((self.n * self.q, self.n * self.q))) if self.joint else (grams,)

    def merge(self, total: Sums, sums: Sums) -> None:
        """Add the sums of a group."""
        for one, other in zip(total, sums, strict=True):
            np.add(one, other, out=one)

    def finish(self, total: Sums) -> DenseHessian:
        """Return the Hessian over what is solved for; the blocks of two outcomes have the other sign."""
        grams, products = total[0], total[1] if self.joint else None
        return DenseHessian(self.predictors.hessian(self._assemble(grams, products)))

    def _assemble(self, grams: FloatArray, products: FloatArray | None) -> FloatArray:
        """Return the second derivatives by flat coefficients; those of two outcomes have the other sign."""
        m, p = self.n, self.predictors.n_columns
        if products is None:
            whole = np.empty((m, p, m, p))
        elif self.matrix.inner is self.matrix:
            whole = np.negative(products).reshape(m, p, m, p)
        else:
            q = self.q
            parts = products.reshape(m, q, m, q).swapaxes(1, 2)
            collected = [[-self.matrix.collect_gram(part) for part in row] for row in parts]
            whole = np.array(collected).reshape(m, m, p, p).swapaxes(1, 2)
        for (a, b), gram in zip(self.pairs, grams, strict=True):
            block = self.matrix.collect_gram(gram)
            if a == b:
                whole[a, :, a, :] = block
            else:
                whole[a, :, b, :] = -block
                whole[b, :, a, :] = -block.T
        return whole.reshape(m * p, m * p)


class VectorRows:
    """Sums over rows with several linear predictors.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same rows.
    family : Multinomial
        Gives probabilities and slopes of each row.
    predictors : Predictors
        Of one part.
    second : bool, default True
        Whether second derivatives will be asked for, which decides how rows are cut.
    """

    def __init__(
        self,
        matrix: Matrix,
        response: Response,
        family: Multinomial,
        predictors: Predictors,
        second: bool = True,
    ) -> None:
        self.matrix, self.response, self.family, self.predictors = matrix, response, family, predictors
        self._inner = matrix.inner
        self._active = predictors.active
        self._spare: list[FloatArray] = []  # memory that was written to before: the system hands out new pages slowly
        m, q = self._active.size, self._inner.n_columns
        # A row holds its numbers, and for each outcome a logit, a slope and what is left to one.
        width = matrix.width + 3 * predictors.n_predictors
        sums = (m * q) ** 2 if is_joint(m, q) else m * (m + 1) // 2 * q * q
        self.groups = row_groups(matrix.n_rows, width, 8 * (sums if second else m * q))

    @property
    def n_params(self) -> int:
        """Number of coefficients that are solved for."""
        return self.predictors.n_params

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""
        return 1.0 + 0.5 * (self._active.size + 1) * (self._inner.gram_cost - 1.0)

    def second(self, rough: bool) -> SecondSums:
        """Return how second derivatives are summed."""
        return PairSums(self.matrix, self.predictors, rough)

    def empty(self) -> FloatArray:
        """Return a gradient of zeros in the inner columns, shape (r, q)."""
        return np.zeros((self._active.size, self._inner.n_columns), order=self._inner.order)

    def collect(self, gradient: FloatArray) -> FloatArray:
        """Return derivatives by what is solved for, shape (q,)."""
        if len(gradient) and self._inner is not self.matrix:
            gradient = np.stack([self.matrix.collect(sums) for sums in gradient])
        return self.predictors.gradient(gradient)

    def spread(self, coef: FloatArray) -> FloatArray:
        """Return coefficients of the inner columns by outcome with a predictor, shape (r, q)."""
        blocks = self.predictors.blocks(coef)
        inner = blocks if self._inner is self.matrix else np.stack([self.matrix.spread(block) for block in blocks])
        return np.asarray(inner, order=self._inner.order)

    def linear_predictor(self, coef: FloatArray) -> FloatArray:
        """Return the logits of every row, offset included, shape (K, n)."""
        inner, eta = self.spread(coef), np.empty((self.predictors.n_predictors, self.matrix.n_rows))

        def fill(group: int) -> None:
            for start, stop in self.groups.blocks(group):
                eta[:, start:stop] = self._eta(self._inner.rows(start, stop), start, stop, inner)

        for _ in ordered_map(fill, len(self.groups.bounds)):
            pass
        return eta

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a difference of two logits along a direction, or rather more."""
        inner = self.spread(direction)

        def largest(group: int) -> float:
            found = 0.0
            for start, stop in self.groups.blocks(group):
                change = self._inner.rows(start, stop).matvecs(inner)
                high = np.maximum(change.max(axis=0, initial=0.0), 0.0)
                low = np.minimum(change.min(axis=0, initial=0.0), 0.0)
                found = max(found, float((high - low).max(initial=0.0)))
            return found

        return max(ordered_map(largest, len(self.groups.bounds)))

    def logits(self, start: int, stop: int, inner: FloatArray, offset: bool = True) -> FloatArray:
        """Return the logits of some rows, shape (K, n), or without the offset their changes along a direction."""
        return self._eta(self._inner.rows(start, stop), start, stop, inner, offset)

    def _eta(self, block: Matrix, start: int, stop: int, inner: FloatArray, offset: bool = True) -> FloatArray:
        predictors, response = self.predictors, self.response
        if predictors.active.size == predictors.n_predictors:
            eta = block.matvecs(inner)
        else:
            eta = np.zeros((predictors.n_predictors, stop - start), order=self._inner.order)
            eta[predictors.active] = block.matvecs(inner)
        if offset and response.offset is not None:
            eta += response.offset[:, start:stop]
        return eta

    def group(self, number: int, inner: FloatArray, whole: Sums | None, sums: SecondSums, pearson: bool) -> RowSums:
        """Return the sums of a group of rows."""
        group, pairs, hessian = number, cast("PairSums", sums), whole is not None
        n_outcomes, active = self.predictors.n_predictors, self._active
        total = RowSums(self.empty(), pairs.whole() if hessian else None)
        if self._inner.order == "F" and not (hessian or pearson):
            self._add_by_row(group, inner, total)
            return total
        most = min(self.groups.block, self.matrix.n_rows)
        slopes, others = np.empty((n_outcomes, most)), np.empty((n_outcomes, most))
        buffer = np.empty(most * self._inner.dense_width) if hessian else np.empty(0)
        response = self.response
        # Sums that are not finite are the caller's to explain, who knows the column and the row.
        with np.errstate(invalid="ignore", over="ignore"):
            for start, stop in self.groups.blocks(group):
                block, size = self._inner.rows(start, stop), stop - start
                mean = np.ascontiguousarray(self._eta(block, start, stop, inner))
                slope, other = slopes[:, :size], others[:, :size]
                codes, shares, weights = response.part(start, stop)
                value, closest = self.family.rows(mean, codes, shares, weights, slope, other)
                total.value += value
                total.closest = min(total.closest, closest)
                block.add_rmatvecs(slope[active], total.gradient)
                if pearson:
                    total.pearson += self.family.pearson(mean, slope, weights)
                if total.second is None:
                    continue
                scaled = weights * mean[active]
                if pairs.joint:
                    self._add_products(block, np.sqrt(weights) * mean[active], total.second[1], pairs.rough)
                for place, (a, b) in enumerate(pairs.pairs):
                    curvature = scaled[a] * (other[active[a]] if a == b else mean[active[b]])
                    (block.add_rough_gram if pairs.rough else block.add_gram)(curvature, total.second[0][place], buffer)
        return total

    def _add_products(self, block: Matrix, scaled: FloatArray, out: FloatArray, rough: bool) -> None:
        """Add the products of all columns of all outcomes, each column times what is given for the outcome."""
        size = scaled.shape[1]
        try:
            space = self._spare.pop()
        except IndexError:  # as many are made as there are threads
            space = np.empty(len(out) * min(self.groups.block, self.matrix.n_rows))
        every = space[: len(out) * size].reshape(len(scaled), -1, size)
        rows: NDArray[Any] = np.multiply(scaled[:, None, :], block.to_dense().T, out=every).reshape(-1, size)
        if rough:
            rows = rows.astype(np.float32)
        # numpy sees one array on both sides and calls the symmetric product, at half the cost.
        out += rows @ rows.T
        self._spare.append(space)

    def _add_by_row(self, group: int, inner: FloatArray, total: RowSums) -> None:
        """Add value and gradient of a group whose logits come row by row, few rows at a time so that they stay near."""
        n_outcomes, active = self.predictors.n_predictors, self._active
        piece = max(PIECE_NUMBERS // n_outcomes, 1)
        with np.errstate(invalid="ignore", over="ignore"):
            for first, last in self.groups.blocks(group):
                for start in range(first, last, piece):
                    stop = min(start + piece, last)
                    block = self._inner.rows(start, stop)
                    eta = self._eta(block, start, stop, inner)
                    value, closest = self.family.slopes_by_row(eta.T, *self.response.part(start, stop))
                    total.value += value
                    total.closest = min(total.closest, closest)
                    block.add_rmatvecs(eta if active.size == n_outcomes else eta[active], total.gradient)


def is_joint(m: int, q: int) -> bool:
    """Tell whether the second derivatives of m predictors of q columns are summed by one product for all pairs.

    Examples
    --------
    >>> is_joint(2, 4), is_joint(100, 4), is_joint(100, 300)
    (False, True, False)
    """
    return m >= JOINT_OUTCOMES and q <= min(m, JOINT_COLUMNS)
