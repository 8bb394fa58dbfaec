"""One pass over a source from several threads: each asks for a chunk by its number, and all get them in any order.

A source that hands out its rows one table after another is read in order, by whichever thread comes first. A source
whose rows lie in parts that can be read by themselves says so (``parts``); each part is read once, by the first
thread that needs a row of it, and held until the last chunk with a row of it is made. Chunks that stay in memory are
not read again, where what they were read from can tell that it is what it was (``kept.py``).
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from logitkit.design.chunks.kept import KeptRows
from logitkit.design.chunks.source import Batch, Chunk, Source, further, joined, rechunked

__all__ = ["UNCOUNTED", "Part", "Pass", "pass_over"]

UNCOUNTED = -1


class Part(NamedTuple):
    """Consecutive rows of a source that are read at once.

    Parameters
    ----------
    n_rows : int
        How many; ``UNCOUNTED`` where that is not known before they are read.
    read : callable
        Returns their table, where they are, for messages.
    where : str
        The same place, where it is known before they are read.
    check : callable or None
        Refuses what they are read from if it is not what it was, without reading it; None where that cannot be told.
    """

    n_rows: int
    read: Callable[[], Batch]
    where: str = ""
    check: Callable[[], None] | None = None


class Pass(Protocol):
    """A pass over a source."""

    def chunk(self, number: int) -> Chunk | None:
        """Return a chunk, which is asked for once; None where the source has fewer."""

    def close(self) -> None:
        """Let go of what is open."""


def pass_over(
    source: Source,
    columns: Sequence[str],
    size: int,
    n_chunks: int,
    edges: Sequence[int] = (),
    kept: KeptRows | None = None,
) -> Pass:
    """Begin a pass over chunks of ``size`` rows, or over those that begin at given rows; those that stay are not read.

    Examples
    --------
    >>> import pyarrow as pa
    >>> class Numbers:
    ...     def batches(self, columns, size):
    ...         yield Batch(pa.table({"x": [1, 2, 3]}), "here")
    >>> rows = pass_over(Numbers(), ["x"], 2, 2)
    >>> [rows.chunk(number).table["x"].to_pylist() for number in (1, 0)]
    [[3], [1, 2]]
    """
    parts = getattr(source, "parts", None)
    keeps = kept is not None and kept.serve(columns, size, edges)
    if parts is None:
        in_order = _InOrder(rechunked(source.batches(columns, size), size))
        check = getattr(source, "require_unchanged", None)
        return in_order if kept is None or check is None or not keeps else _WholeKept(in_order, columns, kept, check)
    found = list(parts(columns, size))
    n_rows = sum(part.n_rows for part in found)
    if not edges:
        edges = [min(k * size, n_rows) for k in range(max(n_chunks, -(-n_rows // size)) + 1)]
    in_parts = _InParts(found, edges)
    if kept is None or not keeps or any(part.check is None for part in found):
        return in_parts
    return _FirstKept(in_parts, columns, kept)


@dataclass
class _InOrder:
    """A pass over a source that is read from its first row to its last."""

    chunks: Iterator[Chunk]
    next: int = 0
    made: dict[int, Chunk] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False

    def chunk(self, number: int) -> Chunk | None:
        """Return a chunk; those before it are made too, for those who will ask for them."""
        with self.lock:
            try:
                while number not in self.made:
                    found = next(self.chunks, None)
                    if found is None:
                        return None
                    self.made[found.number] = found
                return self.made.pop(number)
            finally:
                if self.closed:
                    self._end()

    def close(self) -> None:
        """End the source's own iteration, with whatever files it has open; a thread that reads it does so afterwards.

        Where the garbage collector closes a pass, such a thread may be waiting for this one.
        """
        self.closed = True
        if self.lock.acquire(blocking=False):
            try:
                self._end()
            finally:
                self.lock.release()

    def _end(self) -> None:
        close = getattr(self.chunks, "close", None)
        if close is not None:
            close()


class _Held:
    """A part that is read when it is first asked for, and let go after the last use."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.uses = 0
        self.lock = threading.Lock()
        self.batch: Batch | None = None

    def take(self) -> Batch:
        """Return the rows, which are read now or were before."""
        with self.lock:
            if self.batch is None:
                self.batch = self.part.read()
            self.uses -= 1
            found = self.batch
            if self.uses == 0:
                self.batch = None
            return found

    def skip(self) -> None:
        """Leave out one use of the rows, after a look at what they are read from."""
        if self.part.check is not None:
            self.part.check()
        with self.lock:
            self.uses -= 1
            if self.uses == 0:
                self.batch = None


class _InParts:
    """A pass over a source whose parts are read by themselves."""

    def __init__(self, parts: Sequence[Part], edges: Sequence[int]) -> None:
        self.edges = edges
        self.pieces: list[list[tuple[_Held, int, int]]] = [[] for _ in edges[1:]]
        start = 0
        for part in parts:
            held, stop = _Held(part), start + part.n_rows
            for number in range(max(bisect_right(edges, start) - 1, 0), len(edges) - 1):
                first, last = max(start, edges[number]), min(stop, edges[number + 1])
                if first >= last:
                    break
                self.pieces[number].append((held, first - start, last - start))
                held.uses += 1
            start = stop

    def chunk(self, number: int) -> Chunk | None:
        """Return a chunk."""
        if number >= len(self.pieces) or not self.pieces[number]:
            return None
        pieces, self.pieces[number] = self.pieces[number], []
        # A part that reaches into the next chunk is read first: another thread may be waiting for it.
        order = sorted(range(len(pieces)), key=lambda k: -k if pieces[k][0].uses > 1 else 1)
        found = {k: pieces[k][0].take() for k in order}
        tables = [found[k].table.slice(first, last - first) for k, (_, first, last) in enumerate(pieces)]
        return Chunk(number, self.edges[number], joined(tables), further(found[0].where, pieces[0][1]))

    def skip(self, number: int) -> None:
        """Leave out a chunk that is known, after a look at what it was read from."""
        pieces, self.pieces[number] = self.pieces[number], []
        for held, _, _ in pieces:
            held.skip()

    def close(self) -> None:
        """Let go of the parts."""
        self.pieces = []


class _FirstKept:
    """A pass over parts, of which the first chunks stay."""

    def __init__(self, parts: _InParts, columns: Sequence[str], kept: KeptRows) -> None:
        self.parts, self.columns, self.kept = parts, columns, kept

    def chunk(self, number: int) -> Chunk | None:
        """Return a chunk, from memory or read."""
        known = self.kept.chunk(number, self.columns)
        if known is not None:
            self.parts.skip(number)
            return known
        found = self.parts.chunk(number)
        return None if found is None else self.kept.offer(found)

    def close(self) -> None:
        """Let go of the parts."""
        self.parts.close()


class _WholeKept:
    """A pass from the first row to the last, of which all chunks stay or none."""

    def __init__(self, rows: _InOrder, columns: Sequence[str], kept: KeptRows, check: Callable[[], None]) -> None:
        self.rows, self.columns, self.kept, self.check = rows, columns, kept, check
        self.known = kept.whole(columns)
        self.all_stay = True

    def chunk(self, number: int) -> Chunk | None:
        """Return a chunk, from memory or read."""
        if self.known is not None:
            if number in (0, len(self.known)):  # files are looked at in the beginning and at the end
                self.check()
            return self.known[number] if number < len(self.known) else None
        found = self.rows.chunk(number)
        if found is not None:
            found = self.kept.offer(found)
            self.all_stay = self.all_stay and found.kept is not None
            return found
        if self.all_stay:
            self.kept.is_whole = True
        else:
            self.kept.let_go()
        return None

    def close(self) -> None:
        """End the source's own iteration."""
        self.rows.close()
