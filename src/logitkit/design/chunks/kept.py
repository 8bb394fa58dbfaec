"""Chunks that stay in memory from one pass of a fit to the next, as far as there is room, so that less is read again.

Files tell by their size and time that they are what they were, which every pass asks as if it read them. Of these the
first chunks are kept: every pass goes over all of them in one order, so those that were used last are those that it
needs last. Rows that can only be read from the first on (comma-separated values) are kept all or not at all. Of other
sources nothing is kept: that they changed is known only by reading them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from logitkit.design.chunks.columns import bytes_of
from logitkit.design.chunks.pool import give_back

if TYPE_CHECKING:
    from logitkit.design.chunks.coder import Coder
    from logitkit.design.chunks.source import Chunk
    from logitkit.design.design import Design
    from logitkit.design.info import DesignInfo

__all__ = ["KeptChunk", "KeptRows", "rows_stay"]


@dataclass(eq=False)
class KeptChunk:
    """A chunk that stays.

    Parameters
    ----------
    chunk : Chunk
        Its rows.
    n_bytes : int
        What these take, and what was made of them.
    rows : KeptRows
        Those that it is among.
    """

    chunk: Chunk
    n_bytes: int
    rows: KeptRows
    _coded: tuple[Coder | None, Design | None] = field(default=(None, None))

    def coded(self, coder: Coder, info: DesignInfo) -> Design | None:
        """Return the design that a coder makes of the rows, made now or in a pass before."""
        known, design = self._coded
        if known is not coder or design is None:
            design = coder.design(self.chunk.table, info)
            if known is None and design is not None and self.rows.takes(self, coder.n_bytes(design)):
                self._coded = coder, design
            return design
        return replace(design, info=info, response=replace(design.response))  # without what others have found of it


class KeptRows:
    """The chunks that stay.

    Parameters
    ----------
    room : int
        Bytes that they may take.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from logitkit.design.chunks.source import Chunk
    >>> rows = KeptRows(room=40)
    >>> rows.serve(["x"], 4, ())
    True
    >>> for number in range(2):
    ...     _ = rows.offer(Chunk(number, 4 * number, pa.table({"x": [1.0, 2.0, 3.0, 4.0]}), "here"))
    >>> [rows.chunk(number, ["x"]) is not None for number in range(2)], rows.n_bytes
    ([True, False], 32)
    """

    def __init__(self, room: int) -> None:
        self.room, self.n_bytes, self.n_given = room, 0, 0
        self.is_whole = False
        self._most = sys.maxsize
        self._about: tuple[tuple[str, ...], int, tuple[int, ...]] | None = None
        self._chunks: dict[int, KeptChunk] = {}
        self._lock = threading.Lock()

    def serve(self, columns: Sequence[str], size: int, edges: Sequence[int]) -> bool:
        """Tell whether chunks of some columns are among these, or may be: the first who asks says which these are."""
        with self._lock:
            if self.room <= 0:
                return False
            if self._about is None:
                self._about = tuple(columns), size, tuple(edges)
            known, its_size, its_edges = self._about
            return set(columns) <= set(known) and (its_size, its_edges) == (size, tuple(edges))

    def chunk(self, number: int, columns: Sequence[str]) -> Chunk | None:
        """Return a chunk that stayed, None where it did not."""
        with self._lock:
            found = self._chunks.get(number)
            if found is None:
                return None
            chunk = found.chunk._replace(is_read=False)
            if len(columns) < chunk.table.num_columns:
                chunk = chunk._replace(table=chunk.table.select(list(columns)))
            else:
                chunk = chunk._replace(kept=found)
            self.n_given += bytes_of(chunk.table)
        return chunk

    def whole(self, columns: Sequence[str]) -> list[Chunk] | None:
        """Return all chunks, None where not all of them stayed."""
        with self._lock:
            numbers = range(len(self._chunks)) if self.is_whole else range(0)
        found = [self.chunk(number, columns) for number in numbers]
        whole = [chunk for chunk in found if chunk is not None]
        return whole if whole and len(whole) == len(numbers) else None

    def offer(self, chunk: Chunk) -> Chunk:
        """Keep a chunk if there is room, and return it."""
        about, n_bytes = self._about, bytes_of(chunk.table)
        if about is None or chunk.table.num_columns < len(about[0]):
            return chunk
        made = KeptChunk(chunk, n_bytes, self)
        with self._lock:
            if chunk.number in self._chunks or chunk.number >= self._most or self.room <= 0:
                return chunk
            self._chunks[chunk.number] = made
            self.n_bytes += n_bytes
            self._drop()
            return chunk._replace(kept=made) if chunk.number in self._chunks else chunk

    def takes(self, chunk: KeptChunk, n_bytes: int) -> bool:
        """Tell whether a chunk may take more, which it then does."""
        with self._lock:
            if self._chunks.get(chunk.chunk.number) is not chunk or self.n_bytes + n_bytes > self.room:
                return False
            self.n_bytes, chunk.n_bytes = self.n_bytes + n_bytes, chunk.n_bytes + n_bytes
            return True

    def limit(self, room: int) -> None:
        """Take no more than so many bytes from now on; the last chunks go first."""
        with self._lock:
            self.room = min(self.room, room)
            self._drop()

    def _drop(self) -> None:
        """Drop the last chunks as long as there is no room for all, and take none behind them any more.

        So those that stay are the first ones that have room together, in whichever order threads bring them.
        """
        while self._chunks and self.n_bytes > max(self.room, 0):
            self._most = max(self._chunks)
            self.n_bytes -= self._chunks.pop(self._most).n_bytes
            self.is_whole = False

    def let_go(self) -> None:
        """Keep nothing any more, and give the memory back to the system."""
        had = self.n_bytes > 0
        self.limit(0)
        if had:
            give_back()

    @contextmanager
    def reopened(self, room: int) -> Iterator[None]:
        """Keep chunks again, of whoever asks first, until the end of a computation of many passes."""
        if self.room > 0:
            yield
            return
        with self._lock:
            self.room, self._about, self._most = room, None, sys.maxsize
        try:
            yield
        finally:
            self.let_go()


def rows_stay(design: Design) -> AbstractContextManager[None]:
    """Let rows that are read in chunks stay in memory during a computation of many passes, after a fit too.

    Examples
    --------
    >>> import logitkit as lk
    >>> with rows_stay(lk.logit("y ~ x", {"y": [0, 1, 0], "x": [1, 2, 3]}).design):
    ...     pass  # they are in memory
    """
    stream = design.stream
    if stream is None or stream.stays is None:
        return nullcontext()
    return stream.stays.reopened(stream.room_of_chunks(design.info))
