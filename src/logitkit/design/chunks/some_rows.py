"""Some rows of a stream, as those without a fold, and columns of all its rows that are named beside the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from logitkit.design.chunks.build import design_of
from logitkit.design.chunks.source import Chunk
from logitkit.design.chunks.stream import Stream
from logitkit.design.dependence import Dependence
from logitkit.design.design import Design
from logitkit.design.info import DesignInfo
from logitkit.design.table.frame import Table, read_table
from logitkit.typing import BoolArray, IntArray

__all__ = ["named_columns", "some_rows"]


NUMBERS_OF_FOLDS = 17  # of each row, as measured: labels, places, outcome, weight, orders, and what the folds hold
NUMBERS_OF_LABELS = 8  # of folds that are given as whole numbers


@dataclass(frozen=True, eq=False)
class _Some(Stream):
    """Rows of another stream.

    Parameters
    ----------
    all_rows : Stream
        The other one, with all columns.
    mask : (n,) bool array
        Which of its rows that take part are among these.
    """

    all_rows: Stream | None = None
    mask: BoolArray | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent to where the rows are: of each row a bit."""
        assert self.mask is not None
        return super().__getstate__() | {"mask": (self.mask.size, np.packbits(self.mask))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was sent."""
        size, bits = state["mask"]
        self.__dict__.update(state | {"mask": np.unpackbits(bits, count=size).astype(bool)})

    def coded(self, chunk: Chunk, info: DesignInfo) -> Design:
        """Return the design of those rows of a chunk."""
        assert self.all_rows is not None
        assert self.mask is not None
        return self._taken(self.all_rows.coded(chunk, self.whole or info), chunk.number, info)

    def within(self, part: Design, info: DesignInfo, direct: bool) -> Design:
        """Return those rows of a chunk of all rows."""
        return self._taken(part, self.number_of(part), info) if direct else self.again(part, info)

    def _taken(self, design: Design, number: int, info: DesignInfo) -> Design:
        """Return those rows of a chunk."""
        assert self.all_rows is not None
        assert self.mask is not None
        first = self.all_rows.first_rows[number]
        index, own = np.flatnonzero(self.mask[first : first + design.n_rows]), design.dependence
        design = design.take(index)
        if own is not None:
            clusters = tuple(replace(each, codes=each.codes[index]) for each in own.clusters)
            design = replace(design, dependence=Dependence(clusters))
        return design if self.chosen is None else replace(design, matrix=design.matrix.columns(self.chosen), info=info)


def some_rows(design: Design, chosen: IntArray | BoolArray, beside: int = 1) -> Design:
    """Return the rows of a stream at some places or under a mask; the mask is held in memory, one byte a row.

    If ``beside`` such sets of rows are held together, each sample is thinned, so that all of them together are no more
    than about twice the sample of all rows.

    Examples
    --------
    >>> some_rows.__name__
    'some_rows'
    """
    stream = design.stream
    assert stream is not None
    stream.require_room(design.n_rows // 4 + 1, "A fold of every row")
    mask = np.zeros(design.n_rows, dtype=bool)
    mask[chosen] = True
    counts = tuple(int(mask[first:stop].sum()) for first, stop in pairwise(stream.first_rows))
    place = np.searchsorted(np.asarray(design.positions), stream.sample_rows)
    drawn = np.flatnonzero(mask[place])[:: max(beside // 2, 1)]
    fields = {name: getattr(stream, name) for name in Stream.__dataclass_fields__}
    fields |= {
        "used": counts,
        "kept": {name: stream.kept[name] for name in ("rows",) if name in stream.kept},
        "sample": stream.sample.take(drawn),
        "sample_rows": stream.sample_rows[drawn],
    }
    made = _Some(**fields, all_rows=replace(stream, chosen=None), mask=mask)  # columns are chosen once
    return design_of(made, design.info, design.counts)


def named_columns(design: Design, names: Sequence[str], labels: str | None = None) -> Table:
    """Return columns of all rows of a source, unused rows included; integer ``labels`` take as few bytes as they can.

    Examples
    --------
    >>> named_columns.__name__
    'named_columns'
    """
    import pyarrow as pa

    stream = design.stream
    assert stream is not None
    stream.require_columns(names, "folds")
    stream.require_room(design.counts.given * len(names), "The fold of every row")
    wanted = list(names) or [stream.columns[0]]
    stream.passes.count += 1
    batches = stream.source.batches(wanted, stream.size)
    tables = [_in_few_bytes(batch.table, labels) for batch in batches]
    found: Any = pa.concat_tables(tables, promote_options="permissive").unify_dictionaries()
    small = labels is not None and pa.types.is_integer(found.schema.field(labels).type)
    beside = (NUMBERS_OF_LABELS if small else NUMBERS_OF_FOLDS) + len(names)
    stream.require_room(design.counts.given * beside, "The fold of every row")
    return read_table(found)


def _in_few_bytes(table: Any, labels: str | None) -> Any:
    """Return rows with an integer column of labels in the narrowest type that holds its values."""
    import pyarrow as pa
    from pyarrow import compute

    if labels is None or not pa.types.is_integer(table.schema.field(labels).type):
        return table
    ends = compute.min_max(table[labels])
    least, most = ends["min"].as_py(), ends["max"].as_py()
    kinds = ((pa.int8(), 7), (pa.int16(), 15), (pa.int32(), 31))
    within = (kind for kind, bits in kinds if least is not None and -(1 << bits) <= least and most < (1 << bits))
    kind = next(within, None)
    place = table.schema.get_field_index(labels)
    return table if kind is None else table.set_column(place, labels, table[labels].cast(kind))
