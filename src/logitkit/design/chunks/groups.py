"""Groups of rows that are read in chunks: whole groups that are held, as many at a time as memory has room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.chunks.build import reading_more
from logitkit.design.chunks.some_rows import some_rows
from logitkit.design.chunks.whole_units import Units, counted_units, rows_held, whole_units
from logitkit.design.design import Design, RowCounts
from logitkit.design.group_rows import GroupRows
from logitkit.design.groups import Groups, learn_groups, named_by
from logitkit.design.table.frame import read_table
from logitkit.errors import UnsupportedError
from logitkit.typing import BoolArray, IntArray

__all__ = ["GroupsInChunks", "groups_in_chunks"]


@dataclass(frozen=True)
class GroupsInChunks:
    """The rows of a stream, which fall into groups.

    Parameters
    ----------
    design : Design
        All rows.
    groups : Groups
        The G groups.
    units : Units
        The same groups in the order in which they are met.
    numbers : (G,) int array
        The group of each unit.
    """

    design: Design
    groups: Groups
    units: Units
    numbers: IntArray

    def held(self) -> Iterator[tuple[IntArray, GroupRows]]:
        """Yield groups whose rows have room together: their numbers, which increase, and their rows."""
        small = self.units.sizes <= rows_held(self.design)
        for part, codes in whole_units(self.design, self.units, small):
            present, own = np.unique(self.numbers[codes], return_inverse=True)
            groups = replace(self.groups, keys=self.groups.keys[present])
            edges = np.concatenate([[0], np.cumsum(np.bincount(own, minlength=present.size))])
            yield present, GroupRows(part, groups, np.argsort(own, kind="stable"), edges)

    @property
    def large(self) -> list[int]:
        """Groups whose rows have no room."""
        return sorted(self.numbers[self.units.sizes > rows_held(self.design)].tolist())

    def streams(self, groups: Sequence[int]) -> list[Design]:
        """Return the rows of some groups as streams of their own, which share the passes over all rows."""
        more = reading_more(self.design, self.units.names)
        of_rows: IntArray = np.concatenate(list(more.each(_Numbers(self.units, self.numbers))))
        found = []
        for group in groups:
            own = np.flatnonzero(of_rows == group)
            design = some_rows(self.design, own)
            found.append(replace(design, counts=RowCounts(own.size)))
        return found

    def design_of(self, group: int) -> Design:
        """Return the rows of one group: held where they have room, else a stream."""
        chosen: BoolArray = self.numbers == group
        if group in self.large:
            return self.streams([group])[0]
        ((part, _),) = whole_units(self.design, self.units, chosen)
        return replace(part, counts=RowCounts(part.n_rows), positions=np.arange(part.n_rows), part_of="")


@dataclass(frozen=True)
class _Numbers:
    """The group of each row of a chunk."""

    units: Units
    numbers: IntArray

    def __call__(self, part: Design) -> IntArray:
        """Return one number per row, of as few bytes as they need."""
        kind = np.min_scalar_type(max(self.numbers.size - 1, 0))
        return self.numbers[self.units.of_rows(part)].astype(kind)


def groups_in_chunks(design: Design, by: str | Sequence[str]) -> GroupsInChunks:
    """Return the groups of the rows of a stream, in one pass.

    Examples
    --------
    >>> groups_in_chunks.__name__
    'groups_in_chunks'
    """
    assert design.stream is not None
    names = named_by(by)
    design.stream.require_columns(names, "by")
    if design.info.coding is not None and design.info.coding.uses_neighbours:
        raise UnsupportedError("lag() uses the previous row, which a chunk need not have: compute the column in files.")
    units = counted_units(design, names, "by")
    groups, numbers = learn_groups(read_table(units.table), names, np.arange(units.sizes.size))
    return GroupsInChunks(design, groups, units, numbers)
