r"""The learning pass: one pass over a source that finds what its columns are to become, and draws a sample.

What a design learns from rows is merged over chunks: the levels of factors and outcomes (the first row of each is
kept), how many rows are complete, and a sample without replacement. The sample holds the k rows whose positions have
the least keys; a key is a fixed mixing of the position (Vigna's SplitMix64), so the sample does not depend on how the
rows are cut, and it is the same every time. The design of the rows that were kept then learns everything at once, as
that of any table in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from logitkit.design.chunks.coder import column_of
from logitkit.design.chunks.columns import is_measure, missing_in
from logitkit.design.chunks.journal import storable
from logitkit.design.chunks.source import Chunk, Source, rechunked
from logitkit.design.formula.materializer import BlockMaterializer, new_spec
from logitkit.design.formula.parse import ParsedFormula
from logitkit.design.response.binary import Counts, evaluate_left, missing_outcome
from logitkit.design.table.frame import coded_values, read_table
from logitkit.errors import LogitkitError
from logitkit.numerics.threads.progress import progress
from logitkit.typing import IntArray

__all__ = ["Learning", "Learnt", "Sample", "learn"]

KEY_MOST = (1 << 64) - 1  # of a row of the sample
OUTCOMES_MOST = 1_000  # different values of an outcome, of which a row each is kept


@storable
@dataclass
class Learnt:
    """What one pass over a source has found.

    Parameters
    ----------
    n_rows : int
        Rows of the source.
    used : list of int
        Rows of each chunk that take part.
    missing : Counter
        Rows in which each column, or a transform, is missing.
    levels : list of Arrow tables
        The first row of each level of each factor and of each outcome.
    sample : (k,) int array
        Positions of the sample among all rows, in order.
    rows : pyarrow.Table
        The sample.
    n_bytes : int
        Bytes of the columns, as Arrow holds them.
    """

    n_rows: int = 0
    used: list[int] = field(default_factory=list)
    missing: Counter[str] = field(default_factory=Counter)
    levels: list[Any] = field(default_factory=list)
    sample: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    rows: Any = None
    n_bytes: int = 0

    @property
    def n_used(self) -> int:
        """Rows that take part."""
        return sum(self.used)

    @property
    def is_whole(self) -> bool:
        """Whether the sample is all rows that take part."""
        return self.sample.size == self.n_used

    def table(self) -> Any:
        """Return the rows that the design is learnt from: the first of each level, and the sample."""
        import pyarrow as pa

        return pa.concat_tables([*self.levels, self.rows]).unify_dictionaries()


class Sample:
    """The rows with the least keys, of those offered.

    Parameters
    ----------
    size : int
        How many.
    limit : int
        The largest key of a row that may be drawn.

    Examples
    --------
    >>> import pyarrow as pa
    >>> drawn = Sample(2)
    >>> drawn.offer(np.arange(5), pa.table({"x": range(5)}), np.arange(5))
    >>> drawn.trim()
    >>> len(drawn.positions[0])
    2
    """

    def __init__(self, size: int, limit: int = (1 << 64) - 1) -> None:
        self.size = size
        self.limit = np.uint64(limit)
        self.keys: list[NDArray[np.uint64]] = []
        self.positions: list[IntArray] = []
        self.tables: list[Any] = []

    def offer(self, positions: IntArray, table: Any, rows: IntArray) -> None:
        """Take those of the rows of a table that are among the least so far."""
        keys = mixed(positions)
        kept = np.flatnonzero(keys <= self.limit)
        if not kept.size:
            return
        self.keys.append(keys[kept])
        self.positions.append(positions[kept])
        self.tables.append(table.take(rows[kept]))
        if sum(each.size for each in self.keys) > 2 * self.size:
            self.trim()

    def merge(self, other: Self) -> None:
        """Add the rows that were kept of later ones."""
        self.keys += other.keys
        self.positions += other.positions
        self.tables += other.tables

    def cast(self, schema: Any) -> Self:
        """Return the same rows in other types."""
        made = copy(self)
        made.tables = [table.cast(schema) for table in self.tables]
        return made

    def trim(self) -> None:
        """Keep the least."""
        import pyarrow as pa

        if not self.keys:
            return
        keys, positions = np.concatenate(self.keys), np.concatenate(self.positions)
        table = pa.concat_tables(self.tables)
        kept = np.flatnonzero(keys <= self.limit)
        if kept.size > self.size:
            kept = kept[np.sort(np.argpartition(keys[kept], self.size - 1)[: self.size])]
            self.limit = keys[kept].max()
        if kept.size < keys.size:
            keys, positions, table = keys[kept], positions[kept], table.take(kept)
        self.keys, self.positions, self.tables = [keys], [positions], [table.combine_chunks()]


def mixed(positions: IntArray) -> NDArray[np.uint64]:
    """Return a key of each position, by Vigna's SplitMix64.

    Examples
    --------
    >>> mixed(np.array([0, 1])).tolist()
    [16294208416658607535, 7960286522194355700]
    """
    z = (positions.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def learn(
    source: Source, parsed: ParsedFormula, extras: Sequence[str], size: int, wanted: Callable[[int | None], int]
) -> Learnt:
    """Pass over a source once.

    Parameters
    ----------
    source : Source
        Its rows are read in chunks.
    parsed : ParsedFormula
        The formula.
    extras : sequence of str
        Columns of weights, offsets and clusters.
    size : int
        Rows of a chunk.
    wanted : callable
        Of the number of rows, None before it is known; returns how many to draw.
    """
    learning = Learning(parsed, extras, wanted(source.n_rows))
    with progress(source.n_rows, "Pass 1", " rows") as shown:
        for chunk in rechunked(source.batches(learning.columns, size), size):
            try:
                learning.add(chunk)
            except LogitkitError as error:
                raise type(error)(f"{error} (In the rows of {source.label} from {chunk.where} on.)") from error
            shown.advance(chunk.table.num_rows)
    learning.trim(wanted(learning.n_rows))
    return learning.learnt()


class Learning:
    """What consecutive rows have shown so far; that of later rows can be added.

    Parameters
    ----------
    parsed : ParsedFormula
        The formula.
    extras : sequence of str
        Columns of weights, offsets and clusters.
    sample : int
        Rows to draw.
    limit : int
        The largest key of a row that may be drawn.
    """

    def __init__(self, parsed: ParsedFormula, extras: Sequence[str], sample: int, limit: int = (1 << 64) - 1) -> None:
        self.columns = list(dict.fromkeys((*parsed.left_variables, *parsed.variables, *extras)))
        self._parsed = parsed
        self._found, self._drawn, self._seen = Learnt(), Sample(sample, limit), _Seen(parsed)
        self._empty: Any = None

    @property
    def used(self) -> list[int]:
        """Rows of each chunk that take part."""
        return self._found.used

    @property
    def n_rows(self) -> int:
        """Rows so far, complete or not."""
        return self._found.n_rows

    def add(self, chunk: Chunk) -> None:
        """Add the rows of the next chunk."""
        self._empty = chunk.table.slice(0, 0) if self._empty is None else self._empty
        used = _complete(chunk, self._parsed, self.columns, self._seen, self._found)
        self._found.n_rows += chunk.table.num_rows
        self._found.n_bytes += chunk.table.nbytes
        self._found.used.append(used.size)
        self._drawn.offer(chunk.start + used, chunk.table, used)

    def merge(self, later: Self) -> None:
        """Add what later rows have shown."""
        found, more = self._found, later._found
        self._empty = later._empty if self._empty is None else self._empty
        found.n_rows += more.n_rows
        found.n_bytes += more.n_bytes
        found.used += more.used
        found.missing += more.missing
        for table in more.levels:  # of which each row is complete
            _complete(Chunk(0, 0, table, ""), self._parsed, self.columns, self._seen, found)
        self._drawn.merge(later._drawn)

    def trim(self, sample: int | None = None, limit: int = KEY_MOST) -> None:
        """Keep so many rows of the sample, and none with a larger key."""
        drawn = self._drawn
        drawn.size = drawn.size if sample is None else sample
        drawn.limit = min(drawn.limit, np.uint64(limit))
        drawn.trim()

    def in_types(self, schema: Any, sample: int, limit: int) -> Self:
        """Return the same of rows in other types, with fewer of the sample, as :meth:`trim` leaves them."""
        made = copy(self)
        made.__dict__.update(
            _found=replace(self._found, levels=[table.cast(schema) for table in self._found.levels]),
            _drawn=self._drawn.cast(schema),
            _empty=None if self._empty is None else self._empty.cast(schema),
        )
        made.trim(sample, limit)
        return made

    def learnt(self) -> Learnt:
        """Return what was found."""
        found, drawn = self._found, self._drawn
        drawn.trim()
        found.rows = drawn.tables[0] if drawn.tables else self._empty
        found.sample = drawn.positions[0] if drawn.positions else found.sample
        return found


def _complete(chunk: Chunk, parsed: ParsedFormula, columns: Sequence[str], seen: _Seen, found: Learnt) -> IntArray:
    """Return the rows of a chunk that take part, and keep those that hold something new."""
    table = read_table(chunk.table)
    absent = missing_in(chunk.table, columns)
    for name, where in absent.items():
        found.missing[name] += int(where.sum())
    kept = np.arange(table.n_rows)
    if absent:
        kept = np.flatnonzero(~np.logical_or.reduce(list(absent.values())))
    if not kept.size:
        return kept
    used, levelled = seen.needed(chunk.table.schema)
    frame = table.frame(used, kept if absent else None)
    outcome = evaluate_left(parsed.left, frame, parsed.functions)
    gone = missing_outcome(outcome)
    materializer = BlockMaterializer(frame, parsed.functions)
    factors = materializer.levels_of_factors(seen.specs, levelled)
    there = materializer.kept & ~gone
    if gone.any():
        found.missing[parsed.left] += int(gone.sum())
    if not materializer.kept.all():
        found.missing["a transform in the formula"] += int(np.count_nonzero(~materializer.kept))
    rows = np.flatnonzero(there)
    fresh = seen.fresh(factors, outcome, rows)
    if fresh.size:
        found.levels.append(chunk.table.take(kept[fresh]))
    return kept[rows]


class _Seen:
    """The levels that were met so far."""

    def __init__(self, parsed: ParsedFormula) -> None:
        self.specs = [new_spec(list(parsed.terms))]
        if parsed.offsets:
            self.specs.append(new_spec("0 + " + " + ".join(parsed.offsets)))
        self.known: dict[str, set[Any]] = {}
        self.parsed = parsed

    def needed(self, schema: Any) -> tuple[list[str], set[str]]:
        """Return the columns that have to be looked at, and the factors to be evaluated: not those that are numbers."""
        types = dict(zip(schema.names, schema.types, strict=True))
        written = {factor.expr for spec in self.specs for factor in BlockMaterializer.factors(spec)}
        numbers = {name for name in written if name in types and is_measure(types[name])}
        rest = written - numbers
        columns = [column_of(factor, types) for factor in rest if factor != "1"]
        if None in columns:
            return list(dict.fromkeys((*self.parsed.left_variables, *self.parsed.variables))), rest
        return list(dict.fromkeys((*self.parsed.left_variables, *filter(None, columns)))), rest

    def fresh(self, factors: dict[str, Any], outcome: Any, rows: IntArray) -> IntArray:
        """Return the first of the rows for each level that is new."""
        first: set[int] = set()
        for name, coded in factors.items():
            first.update(self._fresh(name, coded.codes[rows], coded.levels))
        if not isinstance(outcome, Counts) and len(self.known.get("~", ())) < OUTCOMES_MOST:
            coded = coded_values(outcome)
            first.update(self._fresh("~", coded.codes[rows], coded.levels))
        return rows[np.array(sorted(first), dtype=np.int64)]

    def _fresh(self, name: str, codes: NDArray[Any], levels: list[Any]) -> list[int]:
        known = self.known.setdefault(name, set())
        first = np.full(len(levels), -1)
        first[codes[::-1]] = np.arange(codes.size)[::-1]  # the last one that is written stands
        new = [(level, int(row)) for level, row in zip(levels, first, strict=True) if row >= 0 and level not in known]
        known.update(level for level, _ in new)
        return [row for _, row in new]
