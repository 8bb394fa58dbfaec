"""Rows with the log odds that a fit predicts for them, held or predicted chunk by chunk, and sums over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logitkit.design.chunks.recoded import recoded
from logitkit.design.design import Design
from logitkit.diagnostics.rows.ranking import PredictedRows, RankedRows, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.numerics.curve_passes import Moments
from logitkit.typing import FloatArray, IntArray

__all__ = ["LogOddsRows", "Spread", "Usable", "against_reference"]


@dataclass(frozen=True)
class Usable:
    """Counts of rows that are usable for intercepts and slopes.

    Parameters
    ----------
    finite, at_limit : int
        Number of rows whose log odds are all finite, and of other rows.
    contradicted : bool
        Whether an outcome with predicted probability zero occurs in any row.

    Examples
    --------
    >>> Usable(2, 1, False).plus(Usable(1, 0, True))
    Usable(finite=3, at_limit=1, contradicted=True)
    """

    finite: int
    at_limit: int
    contradicted: bool

    @classmethod
    def of(cls, rows: PredictedRows) -> Usable:
        """Count the usable rows.

        Parameters
        ----------
        rows : PredictedRows
            Rows with their predictions.

        Returns
        -------
        Usable
            Counts, to which those of other rows can be added.
        """
        finite = int(np.isfinite(rows.log_odds).all(axis=0).sum())
        return cls(finite, rows.order.size - finite, bool(np.isinf(rows.loss).any()))

    def plus(self, other: Usable) -> Usable:
        """Return the counts over both sets of rows.

        Parameters
        ----------
        other : Usable
            Counts of other rows.

        Returns
        -------
        Usable
            Counts over both sets of rows.
        """
        return Usable(
            self.finite + other.finite, self.at_limit + other.at_limit, self.contradicted or other.contradicted
        )


@dataclass(frozen=True, eq=False)
class LogOddsRows:
    """Rows with their predicted log odds, in memory or as a stream that is predicted chunk by chunk.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    own : bool
        Whether the rows are those of the fit.
    usable : Usable
        Counts of usable rows.
    rows : PredictedRows or None
        The rows with their predictions, if they are in memory.
    ranked : RankedRows or None
        With two outcomes, the same rows sorted by the log odds of the event, if already available.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1], "x": [1, 2, 3, 4, 5]})
    >>> rows = predicted_rows(fit.record, fit.design)
    >>> found = LogOddsRows(fit.record, fit.design, True, Usable.of(rows), rows).spreads(0)
    >>> bool(np.isclose(found[1].mean, fit.predict_logit().mean()))
    True
    """

    record: FitRecord
    design: Design
    own: bool
    usable: Usable
    rows: PredictedRows | None = None
    ranked: RankedRows | None = None

    def recoded(self, columns: Callable[[Design, PredictedRows, RankedRows | None], Design]) -> Design:
        """Return the rows with other columns.

        Parameters
        ----------
        columns : callable
            Function that makes the columns from rows, their predictions and, if available, the sorted rows; it must be
            picklable.

        Returns
        -------
        Design
            The usable rows, in memory or in chunks as before.
        """
        if self.rows is not None:
            return columns(self.design, self.rows, self.ranked)
        return recoded(self.design, _OfChunk(self.record, self.own, columns), self._left)

    def spreads(self, reference: int) -> list[Spread]:
        """Return the spread of the log odds of each outcome against the reference, in one pass.

        Parameters
        ----------
        reference : int
            Position of the reference outcome.

        Returns
        -------
        list of Spread
            Spread for each outcome.
        """
        if self.rows is not None:
            return _spreads(reference, self.rows)
        return self.design.reduce(_SpreadsOfChunk(self.record, self.own, reference), _both)

    @property
    def _left(self) -> list[int] | None:
        """Rows of each chunk that take part; None where all do."""
        if self.usable.finite == self.design.n_rows:
            return None
        return list(self.design.each(_FiniteOfChunk(self.record, self.own)))


@dataclass(frozen=True)
class _OfChunk:
    """Makes other columns of the rows of a chunk."""

    record: FitRecord
    own: bool
    columns: Callable[[Design, PredictedRows, RankedRows | None], Design]

    def __call__(self, part: Design) -> Design:
        """Return the rows with these columns."""
        return self.columns(part, predicted_rows(self.record, part, self.own), None)


@dataclass(frozen=True)
class _FiniteOfChunk:
    """Counts the rows of a chunk that take part."""

    record: FitRecord
    own: bool

    def __call__(self, part: Design) -> int:
        """Return their number."""
        return Usable.of(predicted_rows(self.record, part, self.own)).finite


@dataclass(frozen=True)
class _SpreadsOfChunk:
    """The spread of log odds over the rows of a chunk."""

    record: FitRecord
    own: bool
    reference: int

    def __call__(self, part: Design) -> list[Spread]:
        """Return it by outcome."""
        return _spreads(self.reference, predicted_rows(self.record, part, self.own))


@dataclass(frozen=True)
class Spread:
    """Spread of the log odds of an outcome.

    Parameters
    ----------
    n : int
        Number of rows.
    mean, variance, largest : float
        Mean, variance with divisor n, and largest absolute value.

    Examples
    --------
    >>> Spread(1, 0.0, 0.0, 0.0).plus(Spread(1, 2.0, 0.0, 2.0))
    Spread(n=2, mean=1.0, variance=1.0, largest=2.0)
    """

    n: int
    mean: float
    variance: float
    largest: float

    @property
    def size(self) -> float:
        """Standard deviation."""
        return float(np.sqrt(self.variance))

    def plus(self, other: Spread) -> Spread:
        """Return the spread over both sets of rows.

        Parameters
        ----------
        other : Spread
            Spread over other rows.

        Returns
        -------
        Spread
            Spread over both sets of rows.
        """
        if 0 in (self.n, other.n):
            return self if other.n == 0 else other
        found = Moments(float(self.n), self.mean, self.n * self.variance).plus(
            Moments(float(other.n), other.mean, other.n * other.variance)
        )
        n = self.n + other.n
        return Spread(n, found.mean, found.squares / n, max(self.largest, other.largest))


def _spreads(reference: int, rows: PredictedRows) -> list[Spread]:
    """Return the spread of the log odds of each outcome against the reference."""
    _, log_odds = against_reference(rows, reference)
    n = log_odds.shape[1]
    if n == 0:
        return [Spread(0, 0.0, 0.0, 0.0)] * len(log_odds)
    parts = zip(
        np.ascontiguousarray(log_odds).mean(axis=1), log_odds.var(axis=1), np.abs(log_odds).max(axis=1), strict=True
    )
    return [Spread(n, float(mean), float(variance), float(largest)) for mean, variance, largest in parts]


def _both(one: list[Spread], other: list[Spread]) -> list[Spread]:
    """Return the spread over the rows of both."""
    return [here.plus(more) for here, more in zip(one, other, strict=True)]


def against_reference(rows: PredictedRows, reference: int) -> tuple[IntArray, FloatArray]:
    """Return the log odds of each outcome against a reference.

    Parameters
    ----------
    rows : PredictedRows
        Rows with their predictions.
    reference : int
        Position of the reference outcome.

    Returns
    -------
    kept : (r,) int array
        Positions in the design of the rows whose log odds are all finite.
    log_odds : (K, r) array
        Log odds, zero for the reference.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1], "x": [1, 2, 3, 4, 5]})
    >>> kept, found = against_reference(predicted_rows(fit.record, fit.design), 0)
    >>> kept.size, bool(np.allclose(found[1], fit.predict_logit()))
    (5, True)
    """
    finite = np.flatnonzero(np.isfinite(rows.log_odds).all(axis=0))
    log_probability = rows.family.log_probabilities(rows.eta[:, finite])
    return rows.order[finite], log_probability - log_probability[reference]
