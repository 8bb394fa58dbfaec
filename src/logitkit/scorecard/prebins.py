"""Pre-bins of a number: the finest intervals, with their counts, from which optimal bins are joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from logitkit.errors import DataError, NoBinsError
from logitkit.numerics.kernels.bin_codes import code_sums
from logitkit.numerics.kernels.greedy_cuts import greedy_cuts
from logitkit.options import is_finite_number
from logitkit.scorecard.kinds import NO_VALUES, exact_numbers, shown
from logitkit.scorecard.optimal import OrderedCounts, best_boundaries
from logitkit.scorecard.ranked import Ranked, between, quantiles, ranked
from logitkit.scorecard.rules import NumberRule, shortest_between
from logitkit.scorecard.stated import Bins
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["NumberPreBins", "number_prebins", "prebins_of_numbers"]

#: Curved shapes need a state of two bins, so that the work grows with the fourth power of the number of pre-bins.
MOST_CURVED = 40
CURVED = ("concave", "convex")
#: Cut points are looked for among quantiles, then among finer ones around those found: at most so many times, so many
#: on either side, while the criterion gains at least so much.
ROUNDS, WITHIN, GAIN = 4, 4, 1e-5
LEAVES = 32


@dataclass(frozen=True, slots=True, eq=False)
class NumberPreBins:
    """Pre-bins of a number.

    Parameters
    ----------
    starts : (B - 1,) array
        Lower ends of the pre-bins after the first.
    below : (B - 1,) array
        The largest value below each of these.
    exact : (B - 1,) array of bool
        True for starts that were given, and are not changed.
    events, nonevents : (B + s + 1,) arrays
        Sums of weights of the pre-bins, the special values and the missing ones.
    fixed : int array
        Pre-bins that must begin a bin.
    """

    starts: FloatArray
    below: FloatArray
    exact: BoolArray
    events: FloatArray
    nonevents: FloatArray
    fixed: IntArray
    by_rate: ClassVar[bool] = False

    @property
    def n(self) -> int:
        """Number of pre-bins of ordinary values."""
        return self.starts.size + 1

    def cut(self, prebin: int) -> float:
        """Return the cut point before a pre-bin: the number of fewest digits that parts the same rows."""
        at = float(self.starts[prebin - 1]) + 0.0  # negative zero is zero
        return at if self.exact[prebin - 1] else shortest_between(float(self.below[prebin - 1]), at)


def number_prebins(values: Any, bad: BoolArray, weights: FloatArray, bins: Bins, name: str) -> NumberPreBins:
    """Return pre-bins of a number with their counts.

    Parameters
    ----------
    values : (n,) Series
        Numbers; nan where missing.
    bad : (n,) array of bool
        Events.
    weights : (n,) or (0,) array
        Weights of the rows, none for one each.
    bins : Bins
        Number of pre-bins, fixed cut points and special values.
    name : str
        Name of the variable.

    Returns
    -------
    NumberPreBins
        With more distinct values than pre-bins: about equal in rows, and finer around the cut points of their best
        bins. Otherwise one pre-bin per value.
    """
    numbers = exact_numbers(values, name)
    if np.isinf(numbers).any():
        raise DataError(f"{name!r} has infinite values. Make them missing, or special by a number of their own.")
    for value in (v for _, group in bins.special for v in group):
        if not is_finite_number(value):
            raise DataError(f"special of {name!r}: {shown(value)} is no number, and the variable has numbers.")
        if float(value) != value:
            raise DataError(f"special of {name!r}: {shown(value)} is too large a whole number for a double.")
    rule = NumberRule((), bins.special)
    codes = rule.of_numbers(numbers) if bins.special else np.isnan(numbers).astype(np.int32)
    nonevents, events = code_sums(codes, bad, weights, rule.n_codes)
    present = codes == 0 if not weights.size else (codes == 0) & (weights > 0)
    found = ranked(numbers[present], bad[present], weights[present] if weights.size else weights)
    return prebins_of_numbers(found, (events[1:], nonevents[1:]), bins, name)


def prebins_of_numbers(found: Ranked, aside: tuple[FloatArray, FloatArray], bins: Bins, name: str) -> NumberPreBins:
    """Return pre-bins of a number from the counts of its distinct values.

    Parameters
    ----------
    found : Ranked
        Ordinary values.
    aside : ((s + 1,) array, (s + 1,) array)
        Events and non-events of the special values and of missing ones.
    bins : Bins
        Number of pre-bins, fixed cut points and special values.
    name : str
        Name of the variable.

    Returns
    -------
    NumberPreBins
    """
    if found.values.size == 0:
        raise NoBinsError(f"{name!r} has no ordinary values: all are missing or special.", NO_VALUES)
    fixed = _places(found, np.array(bins.cuts or (), dtype=np.float64))
    for cut, place in zip(bins.cuts or (), fixed, strict=True):
        if not 0 < place < found.values.size:
            raise DataError(f"cuts of {name!r}: {cut:g} leaves no value on one of its sides. Leave it out.")
    totals = (float(found.events[-1] + aside[0].sum()), float(found.nonevents[-1] + aside[1].sum()))
    if isinstance(bins.prebins, int):
        places = _refined(found, fixed, totals, bins, name)
        given = dict(zip(fixed.tolist(), bins.cuts or (), strict=True))
    else:
        stated = sorted({*bins.prebins, *(bins.cuts or ())})
        at = _places(found, np.array(stated))
        given = {int(m): cut for m, cut in zip(at, stated, strict=True) if 0 < m < found.values.size}
        places = np.array(sorted(given), dtype=np.int64)
    events, nonevents = found.counts(places)
    return NumberPreBins(
        np.array([given.get(int(m), found.values[m]) for m in places], dtype=np.float64),
        found.values[places - 1],
        np.array([int(m) in given for m in places], dtype=bool),
        np.concatenate([events, aside[0]]),
        np.concatenate([nonevents, aside[1]]),
        np.flatnonzero(np.isin(places, fixed)) + 1,
    )


def _places(found: Ranked, cuts: FloatArray) -> IntArray:
    """Return the places of the first values that are not below cut points."""
    return np.searchsorted(found.values, cuts, side="left")


def _refined(found: Ranked, fixed: IntArray, totals: tuple[float, float], bins: Bins, name: str) -> IntArray:
    """Return where pre-bins begin: equal steps of rank, and the best of finer ones around the best of these."""
    n, curved = int(bins.prebins), bins.shape in CURVED
    first = np.union1d(quantiles(found, min(n, MOST_CURVED) if curved else n), fixed)
    if curved or first.size + 1 >= found.values.size:
        return first
    sizes = found.events + found.nonevents
    least = bins.min_size * sum(totals) if bins.min_size < 1 else bins.min_size
    first = np.union1d(first, greedy_cuts(found.events, sizes, least, LEAVES))
    places, chosen, value, shape = first, first[:0], -np.inf, str(bins.shape)
    for _ in range(ROUNDS):
        counts = OrderedCounts(*found.counts(places), totals, np.flatnonzero(np.isin(places, fixed)) + 1)
        best, shape, boundaries = best_boundaries(counts, bins, shape, name)
        chosen = places[boundaries[1:-1] - 1]
        if best - value <= GAIN * abs(best) or chosen.size == 0:
            break
        value, places = best, between(found, chosen, places, WITHIN)
    return np.union1d(first, chosen)
