"""The one budget of a fit to rows in chunks: what ``memory=`` is divided into.

Held at once are what the reader has open, a few chunks on their way (as they are read, coded, and in the work of a
task), the sample with what the learning pass knows, and what a verb collects: sorted runs, sums by cluster, numbers per
row. The rows of a chunk follow from the memory and a row's width alone, so that results do not depend on threads; how
many chunks are on their way follows from what the rest leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from logitkit.design.chunks.pool import SPARING
from logitkit.design.chunks.source import Source
from logitkit.errors import DataError
from logitkit.numerics.threads.local import get_threads

__all__ = [
    "BYTES_OF_TEXT",
    "CHUNKS_OF_MEMORY",
    "NONE_HELD",
    "Budget",
    "Held",
    "budget_of",
    "bytes_of_kinds",
    "in_words",
]

CHUNKS_OF_MEMORY = 32  # chunks, written out, that the memory would hold: each thread reads one ahead, and has copies
CHUNKS_PART = 5, 8  # part of the memory for the reader and the chunks on their way
LEARNT_PART = 8  # part of it that the levels of a factor may take
GATHERED_PART = 2  # part of it that numbers per row may take
ARRAYS_OF_COEFFICIENTS = 8  # p by p, of which a fit holds as many at most
COPIES_READ = 2  # rows as they are decoded, and as a chunk
VECTORS_OF_TASK = 8  # numbers per row and linear predictor that a task has at once: losses, slopes, curvatures
NUMBERS_BESIDE = 4  # of each row of a chunk: outcome, weight, place, position
WORK_OF_TASK = 1 << 20  # bytes of a block of rows written out, in the cache of a thread
TRIED = 40
KEPT = 4_000_000  # bytes that allocators keep for later, of each chunk on its way
BYTES_OF_TEXT = 32  # of a text of some words, with where it begins, where nothing is known of it


class Held(NamedTuple):
    """What a reader holds, whatever the rows of a chunk.

    Parameters
    ----------
    n_bytes : int
        How much.
    row_bytes : float
        What it holds besides of each row of a chunk.
    what : str
        What that is, for a message.
    remedy : str
        What makes it less.
    another : int
        What it holds besides where several chunks are on their way.
    """

    n_bytes: int = 0
    row_bytes: float = 0.0
    what: str = ""
    remedy: str = ""
    another: int = 0


NONE_HELD = Held()


@dataclass(frozen=True)
class Budget:
    """What ``memory=`` is divided into.

    Parameters
    ----------
    memory : int
        Bytes that may be held.
    row_bytes : float
        Those of a row of the columns that are read, decoded.
    n_columns : int
        How many columns are read.
    reader : Held
        What the reader holds.

    Examples
    --------
    >>> budget = Budget(100_000_000, row_bytes=72.0, n_columns=9)
    >>> budget.width, budget.chunks(8_192, n_coefficients=10, n_predictors=1) >= 1
    (9, True)
    """

    memory: int
    row_bytes: float
    n_columns: int
    reader: Held = NONE_HELD

    @property
    def width(self) -> int:
        """Numbers of 8 bytes that a row takes."""
        return max(-(-int(self.row_bytes) // 8), 1)

    @property
    def for_chunks(self) -> int:
        """Bytes for the reader and the chunks on their way."""
        return self.memory * CHUNKS_PART[0] // CHUNKS_PART[1]

    def of_chunk(self, size: int, n_coefficients: int = 0, n_predictors: int = 1) -> int:
        """Return the bytes of a chunk on its way: as it is read, coded, and in the work of a task."""
        read = COPIES_READ * self.row_bytes + self.reader.row_bytes
        coded = 8 * (self.n_columns + NUMBERS_BESIDE)
        work = 8 * VECTORS_OF_TASK * n_predictors
        return int(size * (read + coded + work)) + 8 * n_coefficients**2 + WORK_OF_TASK

    def chunks(self, size: int, n_coefficients: int, n_predictors: int) -> int:
        """Return how many chunks may be on their way: one at least, and two for each thread at most."""
        room = self.for_chunks - self.reader.n_bytes - self.reader.another
        fits = room // (KEPT + self.of_chunk(size, n_coefficients, n_predictors))
        return int(min(max(fits, 1), 2 * get_threads()))

    def kept(self, size: int, n_coefficients: int = 0, n_predictors: int = 1) -> int:
        """Return the bytes of chunks that may stay from one pass to the next: what those on their way leave.

        Where little memory is granted, none: what stays between what comes and goes keeps memory from the system.
        """
        if self.memory < SPARING:
            return 0
        each = KEPT + self.of_chunk(size, n_coefficients, n_predictors)
        taken = self.reader.n_bytes + self.reader.another + self.chunks(size, n_coefficients, n_predictors) * each
        return max(self.for_chunks - taken - 8 * ARRAYS_OF_COEFFICIENTS * n_coefficients**2, 0)

    def needed(self, size: int) -> int:
        """Return the memory of which the reader and one chunk of ``size`` rows take no more than their part."""
        return -(-(self.reader.n_bytes + self.of_chunk(size)) * CHUNKS_PART[1] // CHUNKS_PART[0])

    def refusal(self, size: int, label: str, needed: int) -> DataError:
        """Return the error for less memory than is needed."""
        chunk = self.of_chunk(size)
        what = f"{size:,} rows of {self.n_columns:,} columns on their way take {in_words(chunk)}"
        if self.reader.n_bytes:
            what = f"{self.reader.what} take {in_words(self.reader.n_bytes)}, and {what}"
        return DataError(
            f"memory={self.memory:,} bytes are too few for {label}: {what}. Grant memory='{in_words(needed, up=True)}'"
            + (f", or {self.reader.remedy}." if self.reader.remedy else ", or name fewer columns.")
        )

    def require_coefficients(self, n: int, label: str) -> None:
        """Refuse second derivatives that do not fit."""
        needed = 8 * ARRAYS_OF_COEFFICIENTS * n * n
        if needed > self.memory:
            raise DataError(
                f"The second derivatives of {n:,} coefficients and their factors take {in_words(needed)}, and memory= "
                f"grants {in_words(self.memory)} for {label}: grant memory='{in_words(needed, up=True)}', or model "
                "fewer columns."
            )


def in_words(n_bytes: int, up: bool = False) -> str:
    """Return bytes as a whole number of MB, or of GB with one digit.

    Examples
    --------
    >>> in_words(41_200_000), in_words(41_200_000, up=True), in_words(2_500_000_000)
    ('41 MB', '42 MB', '2.5 GB')
    """
    megabytes = -(-n_bytes // 10**6) if up else max(round(n_bytes / 1e6), 1)
    return f"{megabytes} MB" if megabytes < 1_000 else f"{-(-megabytes // 100) / 10:g} GB"


def budget_of(source: Source, columns: Sequence[str], memory: int, size_of: Any) -> Budget:
    """Return the budget of a pass over some columns of a source.

    Parameters
    ----------
    source : Source
        Where the rows are.
    columns : sequence of str
        Those that are read.
    memory : int
        Bytes that may be held.
    size_of : callable
        Of numbers of a row and the memory; returns the rows of a chunk.
    """
    decoded, held = getattr(source, "decoded", None), getattr(source, "held", None)
    row_bytes = 8.0 * len(columns) if decoded is None else decoded(columns)

    def plan(granted: int) -> tuple[Budget, int]:
        made = Budget(granted, row_bytes, len(columns))
        size = size_of(made.width, granted)
        made = made if held is None else replace(made, reader=held(columns, size))
        return made, size

    budget, size = plan(memory)
    needed = budget.needed(size)
    if needed <= memory:
        return budget
    for _ in range(TRIED):  # a larger memory has larger chunks
        larger, its_size = plan(needed)
        if larger.needed(its_size) <= needed:
            break
        needed = max(larger.needed(its_size), needed * 9 // 8)
    raise budget.refusal(size, source.label, needed)


def bytes_of_kinds(kinds: Sequence[Any], text: float = BYTES_OF_TEXT) -> float:
    """Return about the bytes of a row of columns of some Arrow types, with numbers as doubles.

    Examples
    --------
    >>> import pyarrow as pa
    >>> bytes_of_kinds([pa.int8(), pa.float64(), pa.string()])
    48.0
    """
    total = 0.0
    for kind in kinds:
        try:
            total += max(kind.bit_width / 8, 8.0)
        except ValueError:  # of no one width
            total += text
    return total
