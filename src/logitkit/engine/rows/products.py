r"""The second derivatives of several outcomes by their products, for more coefficients than an array is made for.

With m outcomes and p columns the Hessian has :math:`(m p)^2` numbers, and costs :math:`n (m p)^2` to sum. A product
with it costs no more than a gradient: the logits change by :math:`d_{ik} = x_i'\delta_k`, their slopes by
:math:`w_i p_{ik}(d_{ik} - \sum_l p_{il} d_{il})`, and these are summed over the rows. Newton's equations are solved
by conjugate gradients.

*Preconditioner.* With a coefficient for every outcome, none of which is the reference, the Hessian is singular along
what all outcomes share, and the block of each outcome, :math:`B_k = \sum_i w_i p_{ik}(1 - p_{ik}) x_i x_i'`, is nearly
all there is of the rest: the blocks of two outcomes are smaller by a factor of one probability. With C, which takes
the coefficients of the reference from the others', the preconditioner is :math:`C B^{-1} C'`, at a cost of
:math:`n m p^2` a Hessian (``docs/maths/multinomial.md``, section 2). In the coordinates of a reference alone the blocks
would say little: the direction that changes the logit of the reference moves all of them.
"""

from __future__ import annotations

import numpy as np

from logitkit.engine.curvature.hessian import Factor, Hessian
from logitkit.engine.rows.vector import VectorRows
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray

__all__ = ["BlockFactor", "SoftmaxHessian"]

KEPT_MOST = 100_000_000  # probabilities that are kept for the products: 800 MB; of more, they are computed anew in each
PIECE_NUMBERS = 1 << 16  # logits at once
SQUARES_MOST = 28  # columns up to which the blocks of all outcomes are one product with the squares of the rows
PRECISION = 0.1  # of a solution: the next Newton step mends what is left
ARRIVED = 1e-13  # standard errors: a solution is never asked for more
PRODUCTS_MOST = 500
FLAT = 1e-14  # of the largest curvature of a column: an outcome that has less is given this
FLOOR = 1e-10  # of a unit diagonal, added to each block


class SoftmaxHessian(Hessian):
    """The second derivatives at one point, of a model with a reference and a coefficient for every column.

    Parameters
    ----------
    rows : VectorRows
        The rows.
    coef : (q,) array
        The point.
    """

    def __init__(self, rows: VectorRows, coef: FloatArray) -> None:
        self.rows, self.inner = rows, rows.spread(coef)
        keep = rows.matrix.n_rows * rows.predictors.n_predictors <= KEPT_MOST
        q = rows.matrix.inner.n_columns
        grams: FloatArray = np.zeros((rows.predictors.n_predictors, q, q))
        self.kept: list[list[FloatArray]] = []
        for sums, means in ordered_map(self._first, len(rows.groups.bounds)):
            grams += sums
            if keep:
                self.kept.append(means)
        collected = [rows.matrix.collect_gram(gram) for gram in grams]
        #: Of each outcome, the reference included, shape (K, p, p).
        self.blocks: FloatArray = np.stack(collected)

    @property
    def finite(self) -> bool:
        """Whether every block is of numbers."""
        return bool(np.isfinite(np.einsum("kii->", self.blocks)))

    def diagonal(self) -> FloatArray:
        """Return the diagonal, shape (q,)."""
        return np.asarray(np.einsum("kii->ki", self.blocks)[self.rows.predictors.active].reshape(-1))

    def scaled(self, factor: float) -> Hessian:
        """Refuse: nobody asks for it."""
        raise NotImplementedError

    def plus_diagonal(self, diagonal: FloatArray) -> Hessian:
        """Refuse: nobody asks for it."""
        raise NotImplementedError

    def factorise(self) -> BlockFactor:
        """Return what solves by conjugate gradients."""
        return BlockFactor(self)

    def multiply(self, vector: FloatArray) -> FloatArray:
        """Return H v, shape (q,)."""
        change = self.rows.spread(vector)
        total = self.rows.empty()
        for sums in ordered_map(lambda group: self._curved(group, change), len(self.rows.groups.bounds)):
            total += sums
        return self.rows.collect(total)

    def _pieces(self, group: int) -> list[tuple[int, int]]:
        piece = max(PIECE_NUMBERS // self.rows.predictors.n_predictors, 1)
        return [
            (start, min(start + piece, last))
            for first, last in self.rows.groups.blocks(group)
            for start in range(first, last, piece)
        ]

    def _mean(self, start: int, stop: int) -> FloatArray:
        """Return the probabilities of some rows, shape (n, K)."""
        rows = self.rows
        codes, shares, _ = rows.response.part(start, stop)
        eta = rows.logits(start, stop, self.inner)
        mean = np.ascontiguousarray(eta.T)
        rows.family.slopes_by_row(mean, codes, shares, np.ones(stop - start))
        if shares.size:
            mean += shares.T
        else:
            mean[np.arange(stop - start), codes] += 1.0
        return mean

    def _first(self, group: int) -> tuple[FloatArray, list[FloatArray]]:
        """Return the blocks of a group of rows, over the inner columns, and its probabilities."""
        rows, means = self.rows, []
        inner = rows.matrix.inner
        k, q = rows.predictors.n_predictors, inner.n_columns
        joint = q <= SQUARES_MOST
        upper = np.triu_indices(q)
        packed, whole = np.zeros((k, upper[0].size)), np.zeros((0 if joint else k, q, q))
        pieces = self._pieces(group)
        buffer = np.empty(max(stop - start for start, stop in pieces) * inner.dense_width) if pieces else np.empty(0)
        with np.errstate(invalid="ignore", over="ignore"):
            for start, stop in pieces:
                mean = self._mean(start, stop)
                means.append(mean)
                curvature = mean - mean * mean
                curvature *= rows.response.part(start, stop)[2][:, None]
                block = inner.rows(start, stop)
                if joint:
                    cells = np.ascontiguousarray(block.to_dense())
                    packed += curvature.T @ (cells[:, upper[0]] * cells[:, upper[1]])
                else:
                    for outcome in range(k):
                        weights = np.maximum(curvature[:, outcome], 0.0)
                        block.add_gram(weights, whole[outcome], buffer)
        if joint:
            whole = np.empty((k, q, q))
            whole[:, upper[0], upper[1]] = whole[:, upper[1], upper[0]] = packed
        return whole, means if rows.matrix.n_rows * k <= KEPT_MOST else []

    def _curved(self, group: int, change: FloatArray) -> FloatArray:
        """Return the sums of a product over a group of rows."""
        from logitkit.numerics.kernels.softmax import softmax_curved

        rows, total = self.rows, self.rows.empty()
        inner, active = rows.matrix.inner, rows.predictors.active
        with np.errstate(invalid="ignore", over="ignore"):
            for place, (start, stop) in enumerate(self._pieces(group)):
                mean = self.kept[group][place] if self.kept else self._mean(start, stop)
                moved = np.ascontiguousarray(rows.logits(start, stop, change, offset=False).T)
                softmax_curved(mean, rows.response.part(start, stop)[2], moved)
                inner.rows(start, stop).add_rmatvecs(moved.T[active], total)
        return total


class BlockFactor(Factor):
    """Conjugate gradients, preconditioned by the blocks of the outcomes.

    Parameters
    ----------
    hessian : SoftmaxHessian
        What to solve with.
    """

    #: Nothing is known of the smallest eigenvalue.
    least_pivot = 0.0

    def __init__(self, hessian: SoftmaxHessian) -> None:
        self.hessian = hessian
        blocks = hessian.blocks
        diagonal = np.einsum("kii->ki", blocks)
        least = np.maximum(FLAT * diagonal.max(axis=0, initial=0.0), np.finfo(float).tiny)
        self.scale: FloatArray = 1.0 / np.sqrt(np.maximum(diagonal, least))
        correlation = blocks * self.scale[:, :, None] * self.scale[:, None, :]
        correlation += FLOOR * np.eye(blocks.shape[1])
        places = np.arange(blocks.shape[1])
        correlation[:, places, places] = 1.0 + FLOOR
        self.inverse: FloatArray = np.linalg.inv(correlation).astype(np.float64, copy=False)

    def precondition(self, gradient: FloatArray) -> FloatArray:
        """Return C B^-1 C' g."""
        predictors = self.hessian.rows.predictors
        active, k = predictors.active, predictors.n_predictors
        table = np.zeros((k, predictors.n_columns))
        table[active] = gradient.reshape(active.size, -1)
        (reference,) = np.setdiff1d(np.arange(k), active)
        table[reference] = -table.sum(axis=0)
        table = np.matmul(self.inverse, (table * self.scale)[:, :, None])[:, :, 0] * self.scale
        return np.asarray((table[active] - table[reference]).reshape(-1))

    def solve(self, vector: FloatArray) -> FloatArray:
        """Return H^-1 v; the nearer the optimum, the more precisely, so that Newton's method converges as it does."""
        out = np.zeros_like(vector)
        residual = np.array(vector)
        towards = self.precondition(residual)
        size = first = float(residual @ towards)
        direction = towards.copy()
        wanted = min(max(min(1.0, first) * first, (ARRIVED / PRECISION) ** 2), first) * PRECISION**2
        for _ in range(PRODUCTS_MOST):
            if not size > wanted:
                break
            image = self.hessian.multiply(direction)
            curved = float(direction @ image)
            if not curved > FLAT * size:  # nothing is curved along it: a step down the gradient, if none was taken
                return out if out.any() else direction
            length = size / curved
            out += length * direction
            residual -= length * image
            towards = self.precondition(residual)
            before, size = size, float(residual @ towards)
            direction = towards + (size / before) * direction
        return out
