"""Scores in the order of time: one block for rows in memory, sorted on disk for rows read in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from logitkit.design.design import Design
from logitkit.design.table.beside import time_keys
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.covariances.sandwich import scores
from logitkit.inference.covariances.sums_by_cluster import RowScores
from logitkit.numerics.external_sort import ExternalSort
from logitkit.numerics.once import once
from logitkit.typing import FloatArray, IntArray

__all__ = ["HeldSeries", "Series", "series_of", "several_at"]


class Series(Protocol):
    """The scores of rows of positive weight in the order of time."""

    @property
    def n(self) -> int:
        """Number of rows."""

    @property
    def width(self) -> int:
        """Number of coefficients, q."""

    def blocks(self) -> Iterator[FloatArray]:
        """Yield the scores of rows that follow one another, (k, q).

        Yields
        ------
        (k, q) array
            One row per row.
        """


@dataclass(frozen=True)
class HeldSeries:
    """The scores of rows in memory.

    Parameters
    ----------
    found : RowScores
        Scores of the n rows.
    order : (n,) int array
        Positions of the rows in the order of time; rows without weight are left out.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1]})
    >>> [block.tolist() for block in HeldSeries(scores(fit.record, fit.design), np.array([1, 0])).blocks()]
    [[[0.5], [-0.5]]]
    """

    found: RowScores
    order: IntArray

    @once
    def _used(self) -> IntArray:
        return self.order[self.found.response.weights[self.order] > 0.0]

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self._used.size)

    @property
    def width(self) -> int:
        """Number of coefficients, q."""
        return self.found.size

    def blocks(self) -> Iterator[FloatArray]:
        """Yield the scores of all rows.

        Yields
        ------
        (k, q) array
            One row per row.
        """
        yield self.found.of(self._used)


@dataclass(frozen=True)
class SortedSeries:
    """The scores of rows that were sorted.

    Parameters
    ----------
    rows : ExternalSort
        Time, whether a row has weight, and its scores.
    n : int
        Rows of positive weight.
    name : str
        Name of the time variable.
    """

    rows: ExternalSort
    n: int
    name: str

    @property
    def width(self) -> int:
        """Number of coefficients, q."""
        return self.rows.width - 2

    def blocks(self) -> Iterator[FloatArray]:
        """Yield the scores of rows that follow one another, or refuse two rows at one time.

        Yields
        ------
        (k, q) array
            One row per row.
        """
        last = np.nan
        for block in self.rows.blocks():
            twice = np.diff(block[:, 0], prepend=last) == 0.0
            if twice.any():
                raise several_at(self.name, float(block[np.argmax(twice), 0]))
            last = block[-1, 0] if len(block) else last
            yield block[block[:, 1] > 0.0, 2:]


def several_at(name: str, value: object) -> DataError:
    """Return the error for several rows at one time.

    Parameters
    ----------
    name : str
        Name of the time variable.
    value : object
        The time.

    Returns
    -------
    DataError
        The error, which is not raised.

    Examples
    --------
    >>> str(several_at("month", 3)).partition(",")[0]
    'time (month) has several rows at 3'
    """
    return DataError(
        f"time ({name}) has several rows at {value!r}, and 'HAC' takes all rows as one series. For a panel use "
        "robust('cluster', cluster=...) with its units."
    )


@contextmanager
def series_of(record: FitRecord, design: Design, order: IntArray | None, name: str) -> Iterator[Series]:
    """Return the scores of the rows of a fit in the order of time.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    order : (n,) int array or None
        Their places in the order of time; None for rows that are read in chunks.
    name : str
        Name of the time variable; for rows that are read in chunks, its column.

    Yields
    ------
    Series
        The series; its disk space is released at the end.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1]})
    >>> with series_of(fit.record, fit.design, np.array([1, 0]), "t") as series:
    ...     series.n
    2
    """
    if design.stream is None:
        assert order is not None
        yield HeldSeries(scores(record, design), order)
        return
    memory, what = design.stream.memory // 2, f"The scores in the order of {name}"
    with ExternalSort(record.inner_coef.size + 2, memory, what=what) as rows:
        n = 0
        from logitkit.design.chunks.build import reading_more

        for part in reading_more(design, [name]).each(_Timed(record, name)):
            rows.add(part)
            n += int(part[:, 1].sum())
        yield SortedSeries(rows, n, name)


@dataclass(frozen=True)
class _Timed:
    """Time, whether a row has weight, and the scores of the rows of a chunk."""

    record: FitRecord
    name: str

    def __call__(self, part: Design) -> FloatArray:
        """Return one row per row."""
        found = scores(self.record, part)
        used = part.response.weights > 0.0
        return np.column_stack([time_keys(self.name, part), used, found.of(np.arange(part.n_rows))])
