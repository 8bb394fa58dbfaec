"""The first rows of each outcome of a source, from which the response is learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.design.response.binary import Counts
from logitkit.design.table.frame import coded_values
from logitkit.typing import IntArray

__all__ = ["OutcomeRows"]

NUMBERS_MOST = 1_000  # different numbers of an outcome, of which a row each is kept; more can only be fractions

BOTH = {(value, weighty) for value in (0, 1) for weighty in (False, True)}


class OutcomeRows:
    """Rows of each value of the outcome, one of any weight and one of positive weight.

    Parameters
    ----------
    left : str
        Left side of the formula.
    """

    def __init__(self, left: str) -> None:
        self.left = left
        self.known: set[tuple[Any, bool]] = set()
        self.tables: list[Any] = []
        self.dictionary: dict[Any, None] = {}

    def blank(self) -> OutcomeRows:
        """Return what takes later rows: those with nothing new need not be kept."""
        made = OutcomeRows(self.left)
        made.known = set(self.known)
        return made

    def add(self, outcome: Any, rows: IntArray, counted: IntArray, places: IntArray, table: Any) -> None:
        """Take the rows of a chunk that hold something new.

        Parameters
        ----------
        outcome : object
            The evaluated left side.
        rows, counted : int array
            Its rows that take part, and those of them of positive weight.
        places : int array
            The place of each of its values in the table.
        table : pyarrow.Table
            The chunk.
        """
        self._declare(table)
        fresh: set[int] = set()
        for chosen, weighty in ((rows, False), (counted, True)):
            for key, row in self._first(outcome, chosen):
                if (key, weighty) not in self.known:
                    self.known.add((key, weighty))
                    fresh.add(row)
        if fresh:
            self.tables.append(table.take(places[np.array(sorted(fresh), dtype=np.int64)]))

    @property
    def weightless(self) -> tuple[Any, ...]:
        """Outcomes that occur in rows of weight zero alone."""
        return tuple(key for key, weighty in self.known if not weighty and (key, True) not in self.known)

    def _first(self, outcome: Any, rows: IntArray) -> list[tuple[Any, int]]:
        """Return each value among some rows, and the first row that has it; of counts, which of them are positive."""
        if isinstance(outcome, Counts):
            positive = [np.asarray(column)[rows] for column in outcome.columns]
            where = [np.flatnonzero(column != 0) if column.dtype.kind in "fiub" else [0] for column in positive]
            return [(k, int(rows[found[0]])) for k, found in enumerate(where) if rows.size and len(found)]
        values: NDArray[Any] = np.asarray(outcome)
        if values.dtype.kind in "fiub":
            if len(self.known) > 2 * NUMBERS_MOST or (
                self.known >= BOTH and bool(((values == 0) | (values == 1)).all())
            ):
                return []
            levels, first = np.unique(values[rows], return_index=True)
            pairs = zip(levels[:NUMBERS_MOST].tolist(), first[:NUMBERS_MOST].tolist(), strict=True)
            return [(level, int(rows[row])) for level, row in pairs]
        coded = coded_values(outcome)
        codes, first = np.unique(coded.codes[rows], return_index=True)
        return [(coded.levels[code], int(rows[row])) for code, row in zip(codes, first, strict=True)]

    def _declare(self, table: Any) -> None:
        """Note the categories of the outcome in the order in which they are declared."""
        from pyarrow import types

        if self.left in table.column_names and types.is_dictionary(table.schema.field(self.left).type):
            for piece in table[self.left].chunks:
                self.dictionary |= dict.fromkeys(piece.dictionary.to_pylist())

    def table(self, empty: Any) -> Any:
        """Return the rows."""
        import pyarrow as pa

        return self.in_order(pa.concat_tables([empty, *self.tables]).unify_dictionaries())

    def in_order(self, table: Any) -> Any:
        """Return rows with the categories of the outcome as all chunks together declare them."""
        if not self.dictionary:
            return table
        import pyarrow as pa
        from pyarrow import compute

        field = table.schema.field(self.left)
        order = pa.array(list(self.dictionary), type=field.type.value_type)
        values = compute.cast(table[self.left], field.type.value_type)
        values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        codes = compute.index_in(values, value_set=order).cast(pa.int32())
        kind = pa.dictionary(pa.int32(), field.type.value_type, ordered=field.type.ordered)
        found = pa.DictionaryArray.from_arrays(codes, order, ordered=field.type.ordered).cast(kind)
        return table.set_column(table.column_names.index(self.left), self.left, found)
