"""Mean and standard deviation of each column, by weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from logitkit.design.chunks.storable import storable
from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.sparse import Sparse
from logitkit.numerics.kernels.dense import add_moments
from logitkit.numerics.kernels.sparse import add_sparse_moments
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.numerics.unshared import unshared_zeros
from logitkit.typing import FloatArray

__all__ = ["Moments", "column_moments", "design_moments"]

CANCELS = 1e-6  # of the mean square: a variance below it is summed again about the mean
SMALL = 1 << 20  # numbers: to hand parts of them to threads takes longer than to sum them
CONSTANT = 1e-12  # of the largest size: a column that varies by less does not vary


class Moments(NamedTuple):
    """Of each column.

    Parameters
    ----------
    mean, deviation : (p,) array
        Weighted mean, and standard deviation with the total weight as divisor; a deviation that is rounding is zero.
    """

    mean: FloatArray
    deviation: FloatArray


@storable
@dataclass(frozen=True)
class _Summed:
    """Moments of some rows, and their weight."""

    weight: float
    mean: FloatArray
    square: FloatArray

    def plus(self, other: _Summed) -> _Summed:
        """Return those of the rows of both, by their distances from the mean of both."""
        weight = self.weight + other.weight
        if weight == 0.0:
            return self
        share, apart = other.weight / weight, other.mean - self.mean
        return _Summed(weight, self.mean + share * apart, self.square + other.square + self.weight * share * apart**2)


def _of_chunk(part: Design) -> _Summed:
    weight = part.response.total
    if weight == 0.0:
        zero = np.zeros(part.matrix.n_columns)
        return _Summed(0.0, zero, zero)
    mean, deviation = column_moments(part.matrix, part.response.weights)
    return _Summed(weight, mean, weight * deviation**2)


def design_moments(design: Design) -> Moments:
    """Return weighted means and standard deviations of the columns of a design, in one pass over a stream.

    Chan, T. F., Golub, G. H. and LeVeque, R. J. (1983) Algorithms for computing the sample variance. The American
    Statistician 37, 242-247.
    """
    stream = design.stream
    if stream is None:
        return column_moments(design.matrix, design.response.weights)
    if "moments" not in stream.kept:
        found = design.reduce(_of_chunk, _Summed.plus)
        variance = found.square / found.weight
        size = np.abs(found.mean) + np.sqrt(variance)
        variance = np.where(variance <= (CONSTANT * size) ** 2, 0.0, variance)
        stream.kept["moments"] = Moments(found.mean, np.sqrt(variance))
    moments: Moments = stream.kept["moments"]
    return moments


def column_moments(matrix: Matrix, weights: FloatArray) -> Moments:
    """Return weighted means and standard deviations.

    Examples
    --------
    >>> column_moments(Dense(np.array([[1.0, 2.0], [1.0, 4.0]])), np.ones(2)).deviation.tolist()
    [0.0, 1.0]
    """
    total = float(weights.sum())
    groups = row_groups(matrix.n_rows, matrix.width)
    inner = matrix.inner

    def sums(group: int) -> tuple[FloatArray, FloatArray]:
        first, second = unshared_zeros(inner.n_columns), unshared_zeros(inner.n_columns)
        for start, stop in groups.blocks(group):
            block, own = inner.rows(start, stop), weights[start:stop]
            if isinstance(block, Dense) and block.array.flags.c_contiguous:
                add_moments(block.array, own, first, second)
            elif isinstance(block, Sparse):
                add_sparse_moments(block.indptr, block.indices, block.values, own, first, second)
            else:
                block.add_rmatvec(own, first)
                if isinstance(block, Dense):
                    second += own @ np.square(block.array)
                else:
                    block.add_squares(own, second)
        return first, second

    first, second = np.zeros(inner.n_columns), np.zeros(inner.n_columns)
    n_groups, small = len(groups.bounds), matrix.n_rows * matrix.width <= SMALL
    for part in (
        map(sums, range(n_groups)) if small else ordered_map(sums, n_groups, light=groups.light, joins=groups.light)
    ):
        first += part[0]
        second += part[1]
    mean = matrix.collect(first) / total
    # Where columns combine inner ones, these are levels of one factor: their products vanish.
    square = matrix.collect_squares(second) / total
    with np.errstate(invalid="ignore"):  # of a column that is not finite, which the caller reports
        variance = square - mean**2
    for j in np.flatnonzero(variance <= CANCELS * square):
        column = matrix.columns(np.array([j])).to_dense()[:, 0]
        mean[j] = weights @ column / total
        variance[j] = weights @ (column - mean[j]) ** 2 / total
        variance[j] = 0.0 if variance[j] <= (CONSTANT * np.abs(column).max(initial=0.0)) ** 2 else variance[j]
    return Moments(mean, np.sqrt(np.maximum(variance, 0.0)))
