"""A sample counted by bins and groups of points some rows at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.scorecard.card import Card
from logitkit.scorecard.monitoring.counted import CodedRows, Counted, Spreads, no_scores
from logitkit.scorecard.rules import NumberRule
from logitkit.typing import FloatArray

__all__ = ["CountedSums"]


class CountedSums:
    """A sample that is counted some rows at a time.

    Parameters
    ----------
    card : Card
        Bins and points.
    cuts : tuple of float
        Where groups of points begin.
    """

    def __init__(self, card: Card, cuts: tuple[float, ...]) -> None:
        self.card, self.cuts = card, cuts
        self.n_rows = self.n_used = 0
        self.total = self.squares = 0.0  # of the weights of all rows
        self._sums: list[Any] = []  # of weights, and of their squares
        self._moments = (_Moments(), _Moments())

    def add(self, rows: CodedRows) -> None:
        """Take rows."""
        rule, has = NumberRule(self.cuts), ~np.isnan(rows.points)
        self.n_rows += rows.points.size
        self.n_used += int(np.count_nonzero(rows.weights))
        self.total += float(rows.weights.sum())
        self.squares += float((rows.weights**2).sum())
        found = []
        for weights, moments in zip((rows.weights, rows.weights**2), self._moments, strict=True):
            moments.add(rows.points[has], weights[has])
            groups, cells, scored = rows.sums(rule, slice(None), has, weights)
            found.append((groups, *cells, *scored))
        self._plus(found)

    def merge(self, later: CountedSums) -> None:
        """Take what was counted of later rows."""
        self.n_rows, self.n_used = self.n_rows + later.n_rows, self.n_used + later.n_used
        self.total, self.squares = self.total + later.total, self.squares + later.squares
        for one, more in zip(self._moments, later._moments, strict=True):
            one.merge(more)
        self._plus(later._sums)

    def _plus(self, more: list[Any]) -> None:
        if self._sums and more:
            more = [tuple(map(np.add, before, now)) for before, now in zip(self._sums, more, strict=True)]
        self._sums = more or self._sums

    def counted(self, sampling: bool) -> Counted:
        """Return the sample, of which weights count rows or are those of sampling."""
        of_rows, of_squares = self._moments
        if not of_rows.total > 0:
            raise no_scores()
        n = len(self.card.variables)
        groups, *cells = self._sums[0]
        spreads = None
        if sampling:
            wide, *others = self._sums[1]
            away = of_squares.squares + of_squares.total * (of_squares.mean - of_rows.mean) ** 2
            spreads = Spreads(wide, tuple(others[:n]), tuple(others[n:]), away / of_rows.total**2)
        variance = of_rows.squares / of_rows.total
        return Counted(groups, tuple(cells[:n]), tuple(cells[n:]), of_rows.mean, variance, spreads)


class _Moments:
    """Sum of weights, mean, and sum of squares about it; merged as by Chan, Golub and LeVeque (1983)."""

    def __init__(self) -> None:
        self.total = self.mean = self.squares = 0.0

    def add(self, values: FloatArray, weights: FloatArray) -> None:
        """Take values."""
        more = _Moments()
        more.total = float(weights.sum())
        if more.total > 0:
            more.mean = float(weights @ values) / more.total
            more.squares = float(weights @ (values - more.mean) ** 2)
        self.merge(more)

    def merge(self, later: _Moments) -> None:
        """Take the moments of later values."""
        total = self.total + later.total
        if total > 0:
            gap = later.mean - self.mean
            self.squares += later.squares + gap**2 * self.total * (later.total / total)
            self.mean += gap * (later.total / total)
            self.total = total
