"""The distinct values of a number in order, with sums of events and non-events below each: counts of any interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Ranked", "between", "quantiles", "ranked"]


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Distinct values in order.

    Parameters
    ----------
    values : (m,) array
        Distinct values, increasing.
    rows : (m + 1,) array
        Rows below each value, and all rows: sums of weights, as the two below.
    events, nonevents : (m + 1,) arrays
        Sums of weights below each value, and of all rows.
    """

    values: FloatArray
    rows: FloatArray
    events: FloatArray
    nonevents: FloatArray

    def counts(self, starts: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return events and non-events of the intervals that begin at the first value and at the places given."""
        ends = np.concatenate([[0], starts, [self.values.size]])
        return np.diff(self.events[ends]), np.diff(self.nonevents[ends])


def ranked(numbers: FloatArray, bad: BoolArray, weights: FloatArray) -> Ranked:
    """Return the distinct values of numbers with their sums.

    Parameters
    ----------
    numbers : (n,) array
        None missing.
    bad : (n,) array of bool
        Events.
    weights : (n,) or (0,) array
        Weights of the rows, none for one each.

    Returns
    -------
    Ranked

    Examples
    --------
    >>> found = ranked(np.array([3.0, 1.0, 3.0]), np.array([True, False, False]), np.empty(0))
    >>> found.values.tolist(), found.counts(np.array([1]))[0].tolist()
    ([1.0, 3.0], [0.0, 1.0])
    """
    order = np.argsort(numbers)
    in_order = numbers[order]
    new = np.ones(numbers.size, dtype=bool)
    new[1:] = in_order[1:] != in_order[:-1]
    first = np.flatnonzero(new)
    ends = np.append(first, numbers.size)
    if weights.size:
        weight = weights[order]
        events = np.concatenate([[0.0], np.cumsum(np.where(bad[order], weight, 0.0))])[ends]
        total = np.concatenate([[0.0], np.cumsum(weight)])[ends]
    else:
        events = np.concatenate([[0], np.cumsum(bad[order])])[ends].astype(np.float64)
        total = ends.astype(np.float64)
    return Ranked(in_order[first], total, events, total - events)


def quantiles(found: Ranked, n: int) -> IntArray:
    """Return the places of at most n - 1 values that part the rows about equally, none of them the first value."""
    m, n_rows = found.values.size, float(found.rows[-1])
    if m <= n:
        return np.arange(1, m)
    places = np.searchsorted(found.rows, np.arange(1, n) * n_rows / n, side="right") - 1
    return np.unique(places[places > 0])


def between(found: Ranked, chosen: IntArray, among: IntArray, n: int) -> IntArray:
    """Return places around chosen ones: up to n, about equal in rows, in each gap to the next place among others.

    Parameters
    ----------
    found : Ranked
        The values.
    chosen : (c,) int array
        Places around which to look, each among the others.
    among : (k,) int array
        Places that were looked at.
    n : int
        Places to add on either side.

    Returns
    -------
    int array
        In order, the chosen ones included.
    """
    ends = np.concatenate([[0], among, [found.values.size]])
    at = np.searchsorted(ends, chosen)
    steps = np.arange(1, n + 1) / (n + 1)
    rows = [found.rows[chosen]]
    for low, high in ((ends[at - 1], chosen), (chosen, ends[at + 1])):
        below, above = found.rows[low], found.rows[high]
        rows.append((below[:, None] + (above - below)[:, None] * steps).ravel())
    places = np.searchsorted(found.rows, np.concatenate(rows), side="right") - 1
    return np.unique(np.concatenate([chosen, places[(places > 0) & (places < found.values.size)]]))
