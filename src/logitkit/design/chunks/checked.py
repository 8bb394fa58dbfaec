"""Sources that cannot be trusted to give the same rows again: each pass is compared with the first, by hashes of rows.

Files tell by their size and time that they changed. What a function, a query or a lazy frame gives is known only by
reading it. The rows of a pass are hashed in chunks, which costs about 1.5 ns per value, and the hashes of the first
pass are kept. Where no order is promised, chunks may differ as long as the sum of the hashes of all rows is the same.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any
from weakref import WeakSet

from logitkit.design.chunks.budget import NONE_HELD, Held
from logitkit.design.chunks.row_hashes import RowHash, hash_of_rows
from logitkit.design.chunks.source import Batch, Chunk, Source, rechunked
from logitkit.errors import DataError, UnsupportedError

__all__ = ["CheckedSource", "digest_of_hashes", "fixed_order", "keeps_order", "require_order"]


class CheckedSource:
    """A source whose passes are compared.

    Parameters
    ----------
    source : Source
        What is read.
    ordered : bool
        Whether it promises its rows in the same order every time.
    alone : bool
        Whether it can be read once at a time only: a new pass then ends the one before, which begins anew where it is
        gone on with.
    remedy : str
        What to do where rows differ, a sentence.
    """

    def __init__(self, source: Source, *, ordered: bool = True, alone: bool = False, remedy: str = "") -> None:
        self.source, self.ordered, self.alone, self.remedy = source, ordered, alone, remedy
        self.label, self.names, self.n_rows, self.row_bytes = (
            source.label,
            source.names,
            source.n_rows,
            source.row_bytes,
        )
        self.reordered = False
        self._known: dict[tuple[tuple[str, ...], int], list[RowHash]] = {}
        self._lock = threading.RLock()  # a pass may be closed by the garbage collector while another reads
        self._last: _Reading | None = None

    def decoded(self, columns: Sequence[str]) -> float:
        """Return about the bytes of a row of some columns, with numbers as doubles."""
        own = getattr(self.source, "decoded", None)
        return 8.0 * len(columns) if own is None else float(own(columns))

    def held(self, columns: Sequence[str], size: int) -> Held:
        """Return what the source holds beside chunks."""
        own = getattr(self.source, "held", None)
        return NONE_HELD if own is None else own(columns, size)

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield chunks of ``size`` rows, each compared with that of the first pass."""
        key = (tuple(columns), size)
        known, found = self._known.get(key), list[RowHash]()
        reading = _Reading(self.source, key, self._lock)
        try:
            while (chunk := self._next(reading, found)) is not None:
                found.append(hash_of_rows(chunk.table))
                if known is not None:
                    self._compare(known, found, chunk)
                yield Batch(chunk.table, chunk.where)
        finally:
            with self._lock:
                reading.close()
        if known is None:
            self._known[key] = found
        elif _summed(known) != _summed(found):
            raise self._changed(_difference(_summed(known)[0], _summed(found)[0]))

    def total(self, columns: Sequence[str], size: int) -> int | None:
        """Return the sum of the hashes of all rows, None before a whole pass."""
        known = self._known.get((tuple(columns), size))
        return None if known is None else _summed(known)[1]

    def hashes(self) -> list[tuple[tuple[str, ...], int, list[tuple[int, ...]]]]:
        """Return what first passes have given, as numbers and texts."""
        return [(*key, [tuple(each) for each in known]) for key, known in self._known.items()]

    def expect(self, hashes: list[tuple[tuple[str, ...], int, list[tuple[int, ...]]]]) -> None:
        """Compare passes with what first passes have given elsewhere."""
        self._known.update({(columns, size): [RowHash(*each) for each in known] for columns, size, known in hashes})

    def _next(self, reading: _Reading, found: list[RowHash]) -> Chunk | None:
        """Return the next chunk; a pass that another one ended begins anew."""
        with self._lock:
            if self.alone and self._last is not reading:
                if self._last is not None:
                    self._last.close()
                self._last = reading
            for before in list(found) if reading.chunks is None else ():
                again = self._begun(reading)
                if again is None or hash_of_rows(again.table) != before:
                    raise UnsupportedError(
                        f"{self.label} gives its rows in another order each time, and two passes go on at once: sort "
                        "it by columns that tell its rows apart, or write it to a Parquet file and read that."
                    )
            return self._begun(reading)

    def _begun(self, reading: _Reading) -> Chunk | None:
        """Return the next chunk; where a pass over another source is open on the same connection, that one is ended."""
        if reading.chunks is not None or not self.alone:
            return reading.next()
        try:
            found = reading.next()
        except DataError:
            reading.close()
            if not _close_others(reading):
                raise
            found = reading.next()
        _OPEN.add(reading)
        return found

    def _compare(self, known: list[RowHash], found: list[RowHash], chunk: Chunk) -> None:
        """Refuse a chunk that is not that of the first pass, or note that the order is another."""
        place = len(found) - 1
        if place < len(known) and known[place] == found[place]:
            return
        if not self.ordered:
            self.reordered = True
            return
        if place >= len(known):
            raise self._changed(f"it has more rows than the {_summed(known)[0]:,} of the first pass")
        raise self._changed(f"the rows from {chunk.where} on are others than in the first pass, or in another order")

    def _changed(self, how: str) -> DataError:
        return DataError(f"{self.label} changed between two passes: {how}. {self.remedy}".rstrip())


class _Reading:
    """A pass that is going on, in chunks; it begins when the first one is asked for."""

    def __init__(self, source: Source, key: tuple[tuple[str, ...], int], lock: Any) -> None:
        self.source, self.key, self.lock = source, key, lock
        self.batches: Iterator[Batch] | None = None
        self.chunks: Iterator[Chunk] | None = None

    def next(self) -> Chunk | None:
        """Return the next chunk, None at the end."""
        if self.chunks is None:
            self.batches = self.source.batches(*self.key)
            self.chunks = rechunked(self.batches, self.key[1])
        return next(self.chunks, None)

    def close(self) -> None:
        """Let go of what is open."""
        for each in (self.chunks, self.batches):
            if each is not None and hasattr(each, "close"):
                each.close()
        self.batches = self.chunks = None


_OPEN: WeakSet[_Reading] = WeakSet()  # passes over sources that can be read once at a time only


def _close_others(reading: _Reading) -> bool:
    """End the passes over other sources that no thread is in, and tell whether there was one."""
    closed = False
    for other in list(_OPEN):
        if other is not reading and other.chunks is not None and other.lock.acquire(blocking=False):
            try:
                other.close()
                closed = True
            finally:
                other.lock.release()
    return closed


def keeps_order(source: Source) -> bool:
    """Tell whether a source promises its rows in the same order in each pass."""
    return not isinstance(source, CheckedSource) or source.ordered


def digest_of_hashes(source: Source, columns: Sequence[str], size: int, about: object) -> str:
    """Return a fingerprint of ``about`` and the rows in any order; empty if the source promises an order."""
    if not isinstance(source, CheckedSource) or source.ordered:
        return ""
    return sha256(repr((about, source.total(columns, size))).encode()).hexdigest()[:16]


def fixed_order(source: Source) -> bool:
    """Tell whether every pass so far gave the rows in the order of the first."""
    return not getattr(source, "reordered", False)


def require_order(source: Source, what: str) -> None:
    """Refuse what pairs the rows of two passes, where they came in different orders."""
    if not fixed_order(source):
        raise UnsupportedError(
            f"{what} must be in the order of the rows, and {source.label} gave them in another order in the second "
            "pass: sort it by columns that tell its rows apart, or write it to a Parquet file and read that."
        )


def _summed(hashes: list[RowHash]) -> tuple[int, int]:
    """Return the number of rows and the sum of their hashes."""
    return sum(each.n_rows for each in hashes), sum(each.total for each in hashes) % (1 << 64)


def _difference(before: int, now: int) -> str:
    return f"it gave {now:,} rows and had given {before:,}" if now != before else "some rows have other values"
