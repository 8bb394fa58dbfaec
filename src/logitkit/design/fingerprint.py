"""A digest that tells whether two designs hold the same rows, from sizes, outcomes and a sample of X."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.typing import FloatArray, IntArray

__all__ = ["Fingerprint", "FingerprintSums"]

SAMPLE = 1_000  # rows looked at


class FingerprintSums(NamedTuple):
    """What some rows add to a fingerprint.

    Parameters
    ----------
    events, total : float
        Weighted numbers of events and trials.
    outcomes, columns : array or None
        Products of the outcomes, and of the columns of X, with the probe; None without rows.
    """

    events: float
    total: float
    outcomes: FloatArray | None
    columns: FloatArray | None

    def plus(self, later: FingerprintSums) -> FingerprintSums:
        """Return the sums of these rows and later ones."""
        outcomes, columns = self.outcomes, self.columns
        if outcomes is None or columns is None:
            outcomes, columns = later.outcomes, later.columns
        elif later.outcomes is not None and later.columns is not None:
            outcomes, columns = outcomes + later.outcomes, columns + later.columns
        return FingerprintSums(self.events + later.events, self.total + later.total, outcomes, columns)


class Fingerprint:
    """A digest of rows that are added in order, all at once or in chunks.

    Parameters
    ----------
    n_rows, n_columns : int
        Of all rows.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> x, y = np.arange(8.0).reshape(4, 2), np.array([0.0, 1.0, 1.0, 0.0])
    >>> whole, parts = Fingerprint(4, 2), Fingerprint(4, 2)
    >>> whole.add(Dense(x), Response(y))
    >>> for rows in (slice(0, 3), slice(3, 4)):
    ...     parts.add(Dense(x[rows]), Response(y[rows]))
    >>> whole.digest() == parts.digest()
    True
    """

    def __init__(self, n_rows: int, n_columns: int) -> None:
        self.n_rows = n_rows
        self.sample, self.probe = _looked_at(n_rows)
        self.start = 0
        self.events = self.total = 0.0
        self.outcomes: FloatArray = np.zeros(0)
        self.columns: FloatArray = np.zeros(n_columns)

    def add(self, matrix: Matrix, response: Response) -> None:
        """Add the next rows."""
        start = self.start
        self.start += matrix.n_rows
        self.merge(self.sums(start, matrix, response))

    def sums(self, start: int, matrix: Matrix, response: Response) -> FingerprintSums:
        """Return the sums of consecutive rows, of which the first is row ``start`` of all."""
        if not matrix.n_rows:
            return FingerprintSums(response.events, response.total, None, None)
        if start == 0 and matrix.n_rows == self.sample.size == self.n_rows:
            here, probe, whole = self.sample, self.probe, True
        else:
            first, last = np.searchsorted(self.sample, [start, start + matrix.n_rows])
            here, probe = self.sample[first:last] - start, self.probe[first:last]
            whole = here.size == matrix.n_rows  # not worth a copy
        # The offset is infinite in a level whose rows all had one outcome.
        quiet = nullcontext() if response.offset is None else np.errstate(invalid="ignore")
        with quiet:
            outcomes = np.array([probe @ (values if whole else values[here]) for values in response.columns()])
        columns = (matrix if whole else matrix.take(here)).rmatvec(probe)
        return FingerprintSums(response.events, response.total, outcomes, columns)

    def merge(self, sums: FingerprintSums) -> None:
        """Add the sums of rows, those of the first rows first."""
        self.events += sums.events
        self.total += sums.total
        if sums.outcomes is None or sums.columns is None:
            return
        self.outcomes = sums.outcomes + (self.outcomes if self.outcomes.size else 0.0)
        self.columns += sums.columns

    def digest(self) -> str:
        """Return sixteen digits; eight of each number count: sums may differ in the last bits between machines."""
        sizes = (self.n_rows, self.columns.size, self.events, self.total)
        parts = (*map(float, sizes), *self.outcomes.tolist(), *self.columns.tolist())
        return hashlib.sha256(("|%.8e" * len(parts) % parts)[1:].encode()).hexdigest()[:16]


@lru_cache(maxsize=16)
def _looked_at(n_rows: int) -> tuple[IntArray, FloatArray]:
    """Return the rows that are looked at, and the numbers that they are multiplied by; both are read only."""
    sample = np.unique(np.linspace(0, n_rows - 1, min(n_rows, SAMPLE)).astype(np.int64))
    probe = np.cos(np.arange(sample.size, dtype=np.float64))
    sample.flags.writeable = probe.flags.writeable = False
    return sample, probe
