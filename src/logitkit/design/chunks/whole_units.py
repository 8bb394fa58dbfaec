"""Rows of a stream unit by unit: what is no sum over rows is found for the clusters or groups that memory has room for.

One pass counts the rows of each unit. Those after it hold the rows of units from the first one met to the last; a unit
is handed over as soon as all its rows have come, which makes room for another, and one for which there is none waits
for the next pass. So rows that are in the order of their units take one pass, and others as many as memory is filled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from logitkit.design.chunks.build import reading_more
from logitkit.design.chunks.response import joined_responses
from logitkit.design.design import Design, RowCounts
from logitkit.design.matrix.dense import Dense
from logitkit.design.table.beside import clusters_named
from logitkit.errors import DataError, UnsupportedError
from logitkit.typing import BoolArray, IntArray

__all__ = ["Units", "counted_units", "rows_held", "whole_units"]

PART_OF_MEMORY = 6  # the rows of units that are held, which are copied when they are handed over


@dataclass(frozen=True)
class Units:
    """The units of the rows of a stream.

    Parameters
    ----------
    names : tuple of str
        The columns that make them.
    role : str
        What the columns are to the user.
    numbers : dict
        The number of each unit by its values, in the order in which they are met.
    sizes, used : (G,) int array
        Rows of each unit, and those of positive weight.
    table : pyarrow.Table
        The columns of the first row of each.
    """

    names: tuple[str, ...]
    role: str
    numbers: dict[tuple[Any, ...], int]
    sizes: IntArray
    used: IntArray
    table: Any

    def of_rows(self, part: Design) -> IntArray:
        """Return the number of the unit of each row of a chunk."""
        values, codes = _values(self.names, self.role, part)
        known = [self.numbers.get(value, -1) for value in values]
        if -1 in known:
            raise DataError(
                f"{self.role}= has the value {values[known.index(-1)]!r}, which it did not have in an earlier pass: "
                "the rows changed. Fit again, when nothing writes to them."
            )
        return np.array(known, dtype=np.int64)[codes]

    def plus(self, other: Units) -> Units:
        """Return the units of the rows of both."""
        import pyarrow as pa

        numbers = dict(self.numbers)
        places = np.array([numbers.setdefault(value, len(numbers)) for value in other.numbers], dtype=np.int64)
        sizes, used = np.zeros((2, len(numbers)), dtype=np.int64)
        for total, mine, theirs in ((sizes, self.sizes, other.sizes), (used, self.used, other.used)):
            total[: mine.size] = mine
            total[places] += theirs
        new = np.flatnonzero(places >= len(self.numbers))
        table = pa.concat_tables([self.table, other.table.take(new)]) if new.size else self.table
        return Units(self.names, self.role, numbers, sizes, used, table)


def counted_units(design: Design, names: Sequence[str], role: str) -> Units:
    """Return the units of the rows of a stream, in one pass.

    Examples
    --------
    >>> counted_units.__name__
    'counted_units'
    """
    return reading_more(design, names).reduce(partial(_units, tuple(names), role), Units.plus)


def rows_held(design: Design) -> int:
    """Return how many rows of a stream may be held at once, written out.

    Examples
    --------
    >>> rows_held.__name__
    'rows_held'
    """
    assert design.stream is not None
    width = design.matrix.n_columns + len(design.sample.response.columns()) + 4
    return int(max(design.stream.memory // (PART_OF_MEMORY * 8 * width), 1))


def whole_units(
    design: Design,
    units: Units,
    chosen: BoolArray | None = None,
    most: int | None = None,
    coded: Callable[[Design], Design] | None = None,
) -> Iterator[tuple[Design, IntArray]]:
    """Yield rows of a stream as designs that are held, each of whole units, with the unit of each row.

    ``coded`` gives a chunk other columns, before its rows are held.

    Examples
    --------
    >>> whole_units.__name__
    'whole_units'
    """
    most = rows_held(design) if most is None else most
    waiting = units.sizes > 0 if chosen is None else chosen.copy()
    large = int(units.sizes[waiting].max(initial=0))
    if large > most:
        assert design.stream is not None
        raise UnsupportedError(
            f"A unit of {units.role}= ({', '.join(units.names)}) has {large:,} rows, and memory= has room for {most:,} "
            f"at once: grant {large / most:.1f} times as much."
        )
    more = reading_more(design, units.names)
    while waiting.any():
        held = _Held(units, waiting, most)
        for part, codes in more.each(partial(_numbered, units, coded)):
            step = max(part.n_rows if most > 4 * part.n_rows else most // 4, 1)
            for start in range(0, part.n_rows, step):
                held.take(part, codes, start, min(start + step, part.n_rows))
                if held.n_ready > most // 2:
                    yield held.handed_over()
        if held.n_ready:
            yield held.handed_over()
        if held.parts:
            raise DataError(f"The rows of a unit of {units.role}= changed between two passes: fit again.")


class _Held:
    """The rows of the units that are open in one pass."""

    def __init__(self, units: Units, waiting: BoolArray, most: int) -> None:
        self.units, self.waiting, self.room = units, waiting, most
        self.open, self.late = np.zeros((2, waiting.size), dtype=bool)
        self.seen = np.zeros(waiting.size, dtype=np.int64)
        self.parts: list[tuple[Design, IntArray]] = []
        self.n_ready = 0

    def take(self, part: Design, codes: IntArray, start: int, stop: int) -> None:
        """Hold those of some rows that are of units for which there is room from their first row on."""
        met, counts = np.unique(codes[start:stop], return_counts=True)
        for unit in met[self.waiting[met] & ~self.open[met] & ~self.late[met]].tolist():
            size = int(self.units.sizes[unit])
            if size <= self.room:
                self.open[unit] = True
                self.room -= size
            else:
                self.late[unit] = True
        kept = start + np.flatnonzero(self.open[codes[start:stop]])
        if kept.size:
            self.parts.append((_taken(part, kept), codes[kept]))
        self.seen[met] += counts
        ended = met[self.open[met] & (self.seen[met] == self.units.sizes[met])]
        self.n_ready += int(self.units.sizes[ended].sum())

    def handed_over(self) -> tuple[Design, IntArray]:
        """Return the rows of the units that have all of theirs, and let them go."""
        ended = self.open & (self.seen == self.units.sizes)
        codes = np.concatenate([own for _, own in self.parts])
        whole = _joined([part for part, _ in self.parts])
        ready, left = np.flatnonzero(ended[codes]), np.flatnonzero(~ended[codes])
        found = (_taken(whole, ready), codes[ready]) if left.size else (whole, codes)
        self.parts = [(_taken(whole, left), codes[left])] if left.size else []
        self.open[ended] = self.waiting[ended] = False
        self.room += self.n_ready
        self.n_ready = 0
        return found


def _taken(design: Design, index: IntArray) -> Design:
    """Return some rows, which are still rows of the same stream."""
    return replace(design.take(index), part_of=design.part_of, table=None)


def _joined(parts: Sequence[Design]) -> Design:
    """Return designs below one another, written out."""
    first = parts[0]
    if len(parts) == 1:
        return first
    positions = np.concatenate([part.positions for part in parts])
    matrix = Dense(np.concatenate([part.matrix.to_dense() for part in parts]))
    response = joined_responses([part.response for part in parts])
    counts = RowCounts(positions.size)
    return Design(matrix, response, first.info, counts, positions, part_of=first.part_of)


def _values(names: tuple[str, ...], role: str, part: Design) -> tuple[list[tuple[Any, ...]], IntArray]:
    """Return the values of the units of the rows of a chunk, and the place of each row's among them."""
    try:
        found = clusters_named(names, part, role)
    except DataError as error:
        raise DataError(f"{error} (In the rows from {part.start:,} on.)") from error
    codes = np.zeros(part.n_rows, dtype=np.int64)
    for each in found:
        codes = codes * max(each.count, 1) + each.codes
    _, first, places = np.unique(codes, return_index=True, return_inverse=True)
    values = [tuple(each.values[each.codes[row]] for each in found) for row in first.tolist()]
    return values, places.reshape(-1)


def _units(names: tuple[str, ...], role: str, part: Design) -> Units:
    """Return the units of the rows of a chunk."""
    values, codes = _values(names, role, part)
    first = np.unique(codes, return_index=True)[1]
    weighed = part.response.weights > 0.0
    sizes, used = np.bincount(codes, minlength=len(values)), np.bincount(codes[weighed], minlength=len(values))
    table = part.table.select(list(names)).take(part.places[first])
    return Units(names, role, {value: k for k, value in enumerate(values)}, sizes, used, table)


def _numbered(units: Units, coded: Callable[[Design], Design] | None, part: Design) -> tuple[Design, IntArray]:
    """Return a chunk with the unit of each of its rows."""
    return part if coded is None else coded(part), units.of_rows(part)
