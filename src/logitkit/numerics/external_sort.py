"""Rows of numbers in ascending order of the first, sorted on disk where they exceed the memory that was granted.

Rows are sorted in runs that fit, and written one after another to a file without a name, which vanishes with the
process. One sequential pass then merges the runs: of each a block is held, all rows up to the least of the last keys of
these blocks are in place, and the block that ran empty is read on. Of so many runs that a block would have few rows,
neighbours are first merged into longer ones, in another such file.

References
----------
Knuth, D. E. (1998) The Art of Computer Programming, volume 3, 2nd edition, section 5.4.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Self

import numpy as np

from logitkit.errors import DataError
from logitkit.numerics.ascending import ascending
from logitkit.typing import FloatArray, IntArray

__all__ = ["ExternalSort", "ordered_rows"]

RUN_OF_MEMORY = 6  # part of the memory that a run takes: it is held, ordered and written
BLOCKS_OF_MEMORY = 6  # part of the memory that the blocks of all runs take
BLOCK_LEAST = 1 << 10  # rows: the calls of a shorter one cost more than its rows
RUNS_LEAST = 8  # that are merged at once, however little memory there is


class ExternalSort:
    """Rows of some numbers each, which come back in ascending order of their first.

    Parameters
    ----------
    width : int
        Numbers of a row.
    memory : int
        Bytes that may be held.
    pooled : bool, default False
        Whether rows with the same key may be added up, which takes less room where few keys differ.
    what : str, default "The rows in order of their predictions"
        What is sorted, for a message.

    Examples
    --------
    >>> with ExternalSort(2, 1 << 20) as rows:
    ...     rows.add(np.array([[3.0, 1.0], [1.0, 2.0]]))
    ...     rows.add(np.array([[2.0, 5.0]]))
    ...     [block.tolist() for block in rows.blocks()]
    [[[1.0, 2.0], [2.0, 5.0], [3.0, 1.0]]]
    """

    def __init__(
        self,
        width: int,
        memory: int,
        pooled: bool = False,
        what: str = "The rows in order of their predictions",
    ) -> None:
        self.width, self.memory, self.pooled, self.what = width, memory, pooled, what
        self._held: list[FloatArray] = []
        self._n_held = 0
        self._lengths: list[int] = []  # of the runs on disk
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back memory and disk."""
        self._held = []
        if self._file is not None:
            self._file.close()

    @property
    def n_written(self) -> int:
        """Rows on disk."""
        return sum(self._lengths)

    def add(self, rows: FloatArray) -> None:
        """Take rows, shape (k, width), with keys that are not nan."""
        most = max(self.memory // (RUN_OF_MEMORY * 8 * self.width), 1)
        for start in range(0, len(rows), most):
            part = self._ordered(rows[start : start + most])  # quick where they are in order already
            if self._n_held + len(part) > most:
                self._shrink()
                if self._n_held > most // 2:
                    self._write()
            self._held.append(part)
            self._n_held += len(part)

    def blocks(self) -> Iterator[FloatArray]:
        """Yield all rows in ascending order, in blocks of shape (k, width); rows of one key in any order."""
        if not self._lengths:
            self._shrink()
            yield from self._held
            return
        self._write()
        at_once = max(self.memory // (BLOCKS_OF_MEMORY * 8 * self.width * BLOCK_LEAST), RUNS_LEAST)
        while len(self._lengths) > at_once:
            self._lengthen(at_once)
        yield from self._merged(0, len(self._lengths))

    def _lengthen(self, at_once: int) -> None:
        """Merge so many neighbouring runs each into one, in another file."""
        lengths = []
        try:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the sort
            try:
                for first in range(0, len(self._lengths), at_once):
                    n = 0
                    for block in self._merged(first, min(first + at_once, len(self._lengths))):
                        file.write(np.ascontiguousarray(block).data)
                        n += len(block)
                    lengths.append(n)
                file.flush()
            except BaseException:
                file.close()
                raise
        except OSError as error:
            raise self._no_room(error, 2 * self.n_written) from error
        self.close()
        self._file, self._lengths = file, lengths

    def _merged(self, first: int, last: int) -> Iterator[FloatArray]:
        """Yield the rows of some of the runs in ascending order."""
        lengths: IntArray = np.array(self._lengths, dtype=np.int64)
        ends: IntArray = np.cumsum(lengths, dtype=np.int64)
        places: IntArray = ends - lengths
        most = max(self.memory // (BLOCKS_OF_MEMORY * 8 * self.width * (last - first)), 16)
        held = [self._read(places, ends, run, most) for run in range(first, last)]
        while any(map(len, held)):
            unread = [block[-1, 0] for run, block in enumerate(held, first) if places[run] < ends[run]]
            cut = min(unread) if unread else np.inf
            parts = []
            for run, block in enumerate(held, first):
                k = int(np.searchsorted(block[:, 0], cut, side="right"))
                parts.append(block[:k])
                held[run - first] = block[k:] if k < len(block) else self._read(places, ends, run, most)
            yield self._ordered(np.concatenate(parts))

    def _ordered(self, rows: FloatArray) -> FloatArray:
        return ordered_rows(rows, self.pooled)

    def _shrink(self) -> None:
        """Make the rows that are held one run."""
        if len(self._held) > 1:
            run = self._ordered(np.concatenate(self._held))
            self._held, self._n_held = [run], len(run)

    def _write(self) -> None:
        """Write the rows that are held as a run."""
        self._shrink()
        if not self._n_held:
            return
        (run,) = self._held
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the sort
            self._file.seek(8 * self.width * self.n_written)
            self._file.write(np.ascontiguousarray(run).data)
            self._file.flush()
        except OSError as error:
            raise self._no_room(error, self.n_written + self._n_held) from error
        self._lengths.append(self._n_held)
        self._held, self._n_held = [], 0

    def _no_room(self, error: OSError, n_rows: int) -> DataError:
        """Return the error for a folder that cannot take so many rows."""
        return DataError(
            f"{self.what} could not be written to {_folder()} ({error}), where "
            f"{8 * self.width * n_rows / 1e9:,.2g} GB are needed so far: set the environment variable TMPDIR to a "
            "folder with room, or grant more memory=."
        )

    def _read(self, places: IntArray, ends: IntArray, run: int, most: int) -> FloatArray:
        """Return the next rows of a run; none at its end."""
        assert self._file is not None
        n = int(min(most, ends[run] - places[run]))
        self._file.seek(8 * self.width * int(places[run]))
        found = np.frombuffer(self._file.read(8 * self.width * n)).reshape(n, self.width)
        places[run] += n
        return found


def ordered_rows(rows: FloatArray, pooled: bool) -> FloatArray:
    """Return rows in ascending order of their first number, those with the same one added up where they may be.

    Parameters
    ----------
    rows : (k, width) array
        Keys, and what may be added.
    pooled : bool
        Whether it is added.

    Returns
    -------
    (k, width) array
        Fewer rows where some are added.

    Examples
    --------
    >>> ordered_rows(np.array([[2.0, 1.0], [1.0, 5.0], [2.0, 3.0]]), pooled=True).tolist()
    [[1.0, 5.0], [2.0, 4.0]]
    """
    if len(rows) and (rows[1:, 0] < rows[:-1, 0]).any():
        rows = rows[ascending(rows[:, 0])]
    if not pooled or len(rows) == 0:
        return rows
    first = np.flatnonzero(np.concatenate([[True], rows[1:, 0] != rows[:-1, 0]]))
    if first.size == len(rows):
        return rows
    sums = np.add.reduceat(rows, first, axis=0)
    sums[:, 0] = rows[first, 0]
    return np.asarray(sums)


def _folder() -> str:
    try:
        return tempfile.gettempdir()
    except OSError:
        return "a temporary folder"
