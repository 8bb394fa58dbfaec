"""A digest that tells whether two designs hold the same rows, from sizes, outcomes and a sample of X."""

from __future__ import annotations

import hashlib

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.typing import FloatArray

__all__ = ["Fingerprint"]

SAMPLE = 1_000  # rows looked at


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
        self.sample = np.unique(np.linspace(0, n_rows - 1, min(n_rows, SAMPLE)).astype(np.int64))
        self.probe = np.cos(np.arange(self.sample.size, dtype=np.float64))
        self.start = 0
        self.events = self.total = 0.0
        self.outcomes: FloatArray = np.zeros(0)
        self.columns: FloatArray = np.zeros(n_columns)

    def add(self, matrix: Matrix, response: Response) -> None:
        """Add the next rows."""
        first, last = np.searchsorted(self.sample, [self.start, self.start + matrix.n_rows])
        here, probe = self.sample[first:last] - self.start, self.probe[first:last]
        self.start += matrix.n_rows
        self.events += response.events
        self.total += response.total
        if not matrix.n_rows:
            return
        with np.errstate(invalid="ignore"):  # the offset is infinite in a level whose rows all had one outcome
            found = np.array([probe @ values[here] for values in response.columns()])
        self.outcomes = found + (self.outcomes if self.outcomes.size else 0.0)
        whole = here.size == matrix.n_rows  # not worth a copy
        self.columns += (matrix if whole else matrix.take(here)).rmatvec(probe)

    def digest(self) -> str:
        """Return sixteen digits; eight of each number count: sums may differ in the last bits between machines."""
        parts = [self.n_rows, self.columns.size, self.events, self.total, *self.outcomes, *self.columns]
        return hashlib.sha256("|".join(f"{float(part):.8e}" for part in parts).encode()).hexdigest()[:16]
