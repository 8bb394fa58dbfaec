"""Means, standard deviations and quantiles of variables over rows that are held in memory or read in chunks.

Moments of chunks are merged about their means (Chan, Golub and LeVeque 1983), and quantiles are found in one pass over
the sorted values with their weights, which are on disk where memory has no room for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from logitkit.errors import UnsupportedError
from logitkit.numerics.external_sort import ExternalSort
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.results.effects.rows_to_average import AveragedRows

__all__ = ["Spread", "SpreadSums", "spread_of", "spread_over"]

NEAR = 1e-12  # of all weight: less is rounding
QUARTERS = (0.25 - NEAR, 0.75 - NEAR, 0.5 - NEAR, 0.5 + NEAR)


class Spread(NamedTuple):
    """Summaries of a numeric variable over weighted rows.

    Parameters
    ----------
    mean, deviation : float
        Weighted; the deviation with n - 1, n the sum of the weights, or the number of rows where that is more: weights
        that sum to one say nothing of how many rows there are.
    first, third, median : float
        Quantiles: the first value below or at which there is so much; the median is the mean of two where one half lies
        between them.
    """

    mean: float
    deviation: float
    first: float
    third: float
    median: float


def spread_over(averaged: AveragedRows, name: str) -> Spread:
    """Return the spread of a number over all rows of which some are held.

    Parameters
    ----------
    averaged : AveragedRows
        The rows that are held, with what is known of all.
    name : str
        A variable.

    Returns
    -------
    Spread
        Of the number.

    Examples
    --------
    >>> spread_over.__name__
    'spread_over'
    """
    if averaged.spreads is not None and name in averaged.spreads:
        return averaged.spreads[name]
    values = np.asarray(averaged.frame[name], dtype=np.float64)
    n = values.size if averaged.weights is None else float(averaged.weights.sum())
    return spread_of(values, averaged.shares, n)


def spread_of(values: FloatArray, shares: FloatArray, n: float) -> Spread:
    """Return the spread of a number over rows that are held.

    Parameters
    ----------
    values, shares : (n,) array
        Of the rows; shares sum to one.
    n : float
        Sum of the weights.

    Returns
    -------
    Spread
        Of the number.

    Examples
    --------
    >>> spread_of(np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.25), 4.0).median
    2.5
    """
    mean = float(shares @ values)
    deviation = _deviation(float(shares @ (values - mean) ** 2), n, int(np.count_nonzero(shares > 0.0)))
    order = np.argsort(values, kind="stable")
    return Spread(mean, deviation, *_quantiles([(values[order], shares[order])], 1.0))


def _deviation(square: float, weight: float, count: int) -> float:
    """Return the standard deviation by the mean square, the sum of the weights and the rows that have some."""
    n = max(weight, float(count))
    return float(np.sqrt(square * (n / (n - 1.0) if n > 1.0 else 1.0)))


def _quantiles(blocks: Iterable[tuple[FloatArray, FloatArray]], total: float) -> tuple[float, float, float]:
    """Return the quartiles and the median of values in order with their weights."""
    found: list[float] = [np.nan] * len(QUARTERS)
    before, last = 0.0, np.nan
    for values, weights in blocks:
        below = before + np.cumsum(weights / total)
        for k, part in enumerate(QUARTERS):
            place = int(np.searchsorted(below, part))
            if np.isnan(found[k]) and place < values.size:
                found[k] = float(values[place])
        before, last = float(below[-1]), float(values[-1])
    first, third, *middle = (last if np.isnan(value) else value for value in found)
    return first, third, float(np.mean(middle))


@dataclass
class _Column:
    """Values of a variable in some rows with their weights, to which those of others are added."""

    rows: FloatArray  # (r, 2), those that are held
    weight: float
    mean: float
    squares: float
    memory: int
    count: int  # of rows of positive weight
    sort: ExternalSort | None = None

    def plus(self, other: _Column) -> _Column:
        """Take the rows of another."""
        weight = self.weight + other.weight
        away = other.mean - self.mean
        if weight > 0.0:
            self.mean += away * other.weight / weight
            self.squares += other.squares + away**2 * self.weight * other.weight / weight
        self.weight = weight
        self.count += other.count
        if self.sort is None and 16 * (len(self.rows) + len(other.rows)) <= self.memory // 2:
            self.rows = np.concatenate([self.rows, other.rows])
            return self
        if self.sort is None:
            self.sort = ExternalSort(2, self.memory // 2, what="The values of a variable in order")
            self.sort.add(self.rows)
            self.rows = self.rows[:0]
        self.sort.add(other.rows)
        return self

    def spread(self) -> Spread:
        """Return what is known of all rows."""
        n = self.weight
        deviation = _deviation(self.squares / n, n, self.count)
        return Spread(self.mean, deviation, *_quantiles(self._blocks(), n))

    def _blocks(self) -> Iterator[tuple[FloatArray, FloatArray]]:
        if self.sort is None:
            ordered = self.rows[np.argsort(self.rows[:, 0], kind="stable")]
            yield ordered[:, 0], ordered[:, 1]
            return
        with self.sort as rows:
            yield from ((block[:, 0], block[:, 1]) for block in rows.blocks() if len(block))

    def __getstate__(self) -> dict[str, Any]:
        """Refuse to be sent elsewhere with files of this machine."""
        if self.sort is not None:
            raise UnsupportedError(
                "The values of a variable do not fit into memory= of one worker: grant more, or state the change."
            )
        return self.__dict__


@dataclass(frozen=True)
class SpreadSums:
    """The values of variables in some rows.

    Parameters
    ----------
    columns : mapping of str to _Column
        By variable.

    Examples
    --------
    >>> one, other = (SpreadSums.of({"x": values}, np.ones(2), 1 << 20) for values in (np.arange(2.0), np.arange(2.0)))
    >>> one.plus(other).spreads()["x"].mean
    0.5
    """

    columns: Mapping[str, _Column]

    @classmethod
    def of(cls, values: Mapping[str, FloatArray], weights: FloatArray, memory: int) -> SpreadSums:
        """Return those of some rows, for each of which there may be so much memory."""
        total, count, made = float(weights.sum()), int(np.count_nonzero(weights > 0.0)), {}
        for name, own in values.items():
            mean = float(weights @ own / total) if total > 0.0 else 0.0
            squares = float(weights @ (own - mean) ** 2)
            made[name] = _Column(np.column_stack([own, weights]), total, mean, squares, memory, count)
        return cls(made)

    def plus(self, other: SpreadSums) -> SpreadSums:
        """Return those of both."""
        if not self.columns or not other.columns:
            return self if self.columns else other
        return replace(self, columns={name: own.plus(other.columns[name]) for name, own in self.columns.items()})

    def spreads(self) -> dict[str, Spread]:
        """Return the spread of each variable."""
        return {name: own.spread() for name, own in self.columns.items() if own.weight > 0.0}
