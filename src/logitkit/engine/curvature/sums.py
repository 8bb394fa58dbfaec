"""How the second derivatives are summed over groups of rows, for each shape of Hessian.

A sum has three steps: ``start`` makes the sums of one group of rows, ``add`` adds a block of rows, ``merge`` adds
a group's sums to those of the groups before it. ``finish`` turns the whole into a ``Hessian``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import numpy as np

from logitkit.design.matrix.blocks import Joined
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.matrix import Matrix, mirrored
from logitkit.engine.curvature.hessian import ArrowHessian, DenseHessian, Hessian, ProductHessian
from logitkit.numerics.threads.row_groups import RowGroups
from logitkit.numerics.unshared import unshared_zeros
from logitkit.typing import CodeArray, FloatArray

if TYPE_CHECKING:
    from logitkit.design.matrix.arrow import ArrowLayout

__all__ = ["ArrowSums", "DenseSums", "GramSums", "Place", "ProductSums", "RoughSums"]

Sums: TypeAlias = tuple[FloatArray, ...]


class Place(NamedTuple):
    """Where a block of rows stands.

    Parameters
    ----------
    first : int
        First row of its group.
    start : int
        Its own first row.
    """

    first: int
    start: int


class GramSums(Protocol):
    """Sums that become a Hessian."""

    @property
    def bytes(self) -> int:
        """Memory of the sums of one group."""

    def aligned(self, groups: RowGroups) -> RowGroups:
        """Return the groups of rows, moved where two of them must not meet."""

    def start(self, whole: Sums, first: int, last: int) -> Sums:
        """Return empty sums for the rows ``first <= i < last``; they may be parts of the whole that no other has."""

    def add(self, sums: Sums, block: Matrix, weights: FloatArray, place: Place, buffer: FloatArray) -> None:
        """Add a block of rows of the inner matrix."""

    def merge(self, total: Sums, sums: Sums) -> None:
        """Add the sums of a group."""

    def whole(self) -> Sums:
        """Return empty sums for all rows."""

    def finish(self, total: Sums) -> Hessian:
        """Return the Hessian."""


@dataclass(frozen=True, slots=True)
class DenseSums:
    """X'WX in one array.

    Parameters
    ----------
    matrix : Matrix
        The design.
    """

    matrix: Matrix

    @property
    def bytes(self) -> int:
        """Memory of the sums of one group."""
        return 8 * self.matrix.inner.n_columns**2

    def aligned(self, groups: RowGroups) -> RowGroups:
        """Return the groups as they are."""
        return groups

    def start(self, whole: Sums, first: int, last: int) -> Sums:
        """Return empty sums, the whole itself where there is one group only."""
        return whole if last - first == self.matrix.n_rows else self.whole()

    def add(self, sums: Sums, block: Matrix, weights: FloatArray, place: Place, buffer: FloatArray) -> None:
        """Add a block of rows."""
        del place
        block.add_gram(weights, sums[0], buffer)

    def merge(self, total: Sums, sums: Sums) -> None:
        """Add the sums of a group."""
        if sums is not total:
            np.add(total[0], sums[0], out=total[0])

    def whole(self) -> Sums:
        """Return empty sums."""
        q = self.matrix.inner.n_columns
        return (unshared_zeros(q, q),)

    def finish(self, total: Sums) -> DenseHessian:
        """Return the Hessian over the columns."""
        return DenseHessian(self.matrix.collect_gram(total[0]))


class RoughSums(DenseSums):
    """X'WX in one array, to seven digits: enough for a Hessian that steps are taken with and nothing follows from.

    Parameters
    ----------
    matrix : Matrix
        The design.
    """

    __slots__ = ()

    def add(self, sums: Sums, block: Matrix, weights: FloatArray, place: Place, buffer: FloatArray) -> None:
        """Add a block of rows."""
        del place
        block.add_rough_gram(weights, sums[0], buffer)


@dataclass(frozen=True, slots=True)
class ArrowSums:
    """X'WX as an arrow, of rows that are sorted by the level of the head: a group has few levels.

    Parameters
    ----------
    matrix : Matrix
        The design, its rows in order of the head's codes.
    layout : ArrowLayout
        Which columns are the head.
    """

    matrix: Matrix
    layout: ArrowLayout

    @property
    def codes(self) -> CodeArray:
        """Level of the head of each row, -1 for none."""
        joined = self.matrix.inner
        assert isinstance(joined, Joined)
        head = joined.parts[0]
        assert isinstance(head, Categorical)
        return head.codes

    @property
    def _sizes(self) -> tuple[int, int]:
        joined = self.matrix.inner
        assert isinstance(joined, Joined)
        return joined.starts[1], joined.n_columns - joined.starts[1]

    @property
    def bytes(self) -> int:
        """Memory of the sums of one group, whose levels are few."""
        return 8 * self._sizes[1] ** 2

    def aligned(self, groups: RowGroups) -> RowGroups:
        """Return groups that end where a level ends, so that no two share one."""
        codes = self.codes
        moved = {int(np.searchsorted(codes, codes[first])) for first, _ in groups.bounds[1:]} - {0}
        return RowGroups(groups.block, tuple(pairwise([0, *sorted(moved), codes.size])), groups.light)

    def start(self, whole: Sums, first: int, last: int) -> Sums:
        """Return empty sums for the levels that occur in the rows, in place: no other group has them."""
        codes, (_, k) = self.codes, self._sizes
        level = max(int(codes[first]), 0)
        span = slice(level, max(int(codes[last - 1]) + 1, level))
        return whole[0][span], whole[1][span], np.zeros((k, k))

    def add(self, sums: Sums, block: Matrix, weights: FloatArray, place: Place, buffer: FloatArray) -> None:
        """Add a block of rows."""
        assert isinstance(block, Joined)
        head, border, rest = sums
        block.add_arrow(weights, max(int(self.codes[place.first]), 0), head, border, rest, buffer)

    def merge(self, total: Sums, sums: Sums) -> None:
        """Add what the groups share; their levels are in place."""
        np.add(total[2], sums[2], out=total[2])

    def whole(self) -> Sums:
        """Return empty sums for all levels."""
        n_levels, k = self._sizes
        return np.zeros(n_levels), np.zeros((n_levels, k)), np.zeros((k, k))

    def finish(self, total: Sums) -> ArrowHessian:
        """Return the Hessian over the columns."""
        head, border, rest = total
        layout = self.layout
        return ArrowHessian(
            layout, head[layout.levels], layout.collect_border(border), layout.collect_rest(mirrored(rest))
        )


@dataclass(frozen=True, slots=True)
class ProductSums:
    """The curvature of each row, and the diagonal of X'WX, for designs too wide for any array.

    Parameters
    ----------
    matrix : Matrix
        The design.
    multiply : callable
        For one curvature per row and a vector v: X' diag(curvature) X v.
    """

    matrix: Matrix
    multiply: Callable[[FloatArray, FloatArray], FloatArray]

    @property
    def bytes(self) -> int:
        """Memory of the sums of one group."""
        return 8 * self.matrix.inner.n_columns

    def aligned(self, groups: RowGroups) -> RowGroups:
        """Return the groups as they are."""
        return groups

    def start(self, whole: Sums, first: int, last: int) -> Sums:
        """Return empty sums, the rows' own in place."""
        return whole[0][first:last], np.zeros(self.matrix.inner.n_columns)

    def add(self, sums: Sums, block: Matrix, weights: FloatArray, place: Place, buffer: FloatArray) -> None:
        """Add a block of rows."""
        del buffer
        offset = place.start - place.first
        sums[0][offset : offset + weights.size] = weights
        block.add_squares(weights, sums[1])

    def merge(self, total: Sums, sums: Sums) -> None:
        """Add the sums of a group."""
        np.add(total[1], sums[1], out=total[1])

    def whole(self) -> Sums:
        """Return empty sums."""
        return np.empty(self.matrix.n_rows), np.zeros(self.matrix.inner.n_columns)

    def finish(self, total: Sums) -> ProductHessian:
        """Return the Hessian over the columns."""
        curvature, squares = total
        return ProductHessian(self.matrix.collect_squares(squares), partial(self.multiply, curvature))
