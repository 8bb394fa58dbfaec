"""Pre-bins: the finest bins of a variable, with their counts, from which optimal bins are joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from logitkit.design.table.frame import coded_values, declared_order, numeric_values
from logitkit.errors import DataError, nearest_name
from logitkit.numerics.kernels.bin_codes import code_sums
from logitkit.numerics.kernels.greedy_cuts import greedy_cuts
from logitkit.options import is_finite_number
from logitkit.scorecard.optimal import OrderedCounts, best_boundaries
from logitkit.scorecard.ranked import Ranked, between, quantiles, ranked
from logitkit.scorecard.rules import NumberRule, shortest_between
from logitkit.scorecard.stated import Bins
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["LevelPreBins", "NumberPreBins", "level_prebins", "number_prebins"]

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
        Where the pre-bins after the first begin.
    below : (B - 1,) array
        The largest value below each of these.
    exact : (B - 1,) array of bool
        Which of the starts were given, and stay as they are.
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
        at = float(self.starts[prebin - 1])
        return at if self.exact[prebin - 1] else shortest_between(float(self.below[prebin - 1]), at)


@dataclass(frozen=True, slots=True, eq=False)
class LevelPreBins:
    """Pre-bins of levels: each level, and the pool of rare ones.

    Parameters
    ----------
    groups : tuple of tuples
        The levels of each pre-bin, in the order in which neighbours may be joined.
    events, nonevents : (B + s + 1,) arrays
        Sums of weights of the pre-bins, the special values and the missing ones.
    rare : int, optional
        The pre-bin of rare levels.
    by_rate : bool
        Whether the order is that of the event rates, rather than a given one.
    """

    groups: tuple[tuple[Any, ...], ...]
    events: FloatArray
    nonevents: FloatArray
    rare: int | None
    by_rate: bool
    fixed: ClassVar[IntArray] = np.empty(0, dtype=np.int64)

    @property
    def n(self) -> int:
        """Number of pre-bins of ordinary levels."""
        return len(self.groups)


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
        What the variable is called.

    Returns
    -------
    NumberPreBins
        About equal in rows where there are more distinct values than pre-bins, and finer around the cut points of the
        best bins of these; else one for each value.
    """
    numbers = numeric_values(values, name)
    if np.isinf(numbers).any():
        raise DataError(f"{name!r} has infinite values. Make them missing, or special by a number of their own.")
    for value in (v for _, group in bins.special for v in group):
        if not is_finite_number(value):
            raise DataError(f"special of {name!r}: {value!r} is no number, and the variable has numbers.")
    rule = NumberRule((), bins.special)
    codes = rule.of_numbers(numbers) if bins.special else np.isnan(numbers).astype(np.int32)
    nonevents, events = code_sums(codes, bad, weights, rule.n_codes)
    present = codes == 0
    if not present.any():
        raise DataError(f"{name!r} has no ordinary values: all are missing or special.")
    found = ranked(numbers[present], bad[present], weights[present] if weights.size else weights)
    fixed = _places(found, np.array(bins.cuts or (), dtype=np.float64))
    for cut, place in zip(bins.cuts or (), fixed, strict=True):
        if not 0 < place < found.values.size:
            raise DataError(f"cuts of {name!r}: {cut:g} leaves no value on one of its sides. Leave it out.")
    totals = (float(events.sum()), float(nonevents.sum()))
    if isinstance(bins.prebins, int):
        places = _refined(found, fixed, totals, bins, bins.prebins)
        given = dict(zip(fixed.tolist(), bins.cuts or (), strict=True))
    else:
        stated = sorted({*bins.prebins, *(bins.cuts or ())})
        at = _places(found, np.array(stated))
        given = {int(m): cut for m, cut in zip(at, stated, strict=True) if 0 < m < found.values.size}
        places = np.array(sorted(given), dtype=np.int64)
    starts = np.array([given.get(int(m), found.values[m]) for m in places], dtype=np.float64)
    own_events, own_nonevents = found.counts(places)
    return NumberPreBins(
        starts,
        found.values[places - 1],
        np.array([int(m) in given for m in places], dtype=bool),
        np.concatenate([own_events, events[1:]]),
        np.concatenate([own_nonevents, nonevents[1:]]),
        np.flatnonzero(np.isin(places, fixed)) + 1,
    )


def _places(found: Ranked, cuts: FloatArray) -> IntArray:
    """Return the places of the first values that are not below cut points."""
    return np.searchsorted(found.values, cuts, side="left")


def _refined(found: Ranked, fixed: IntArray, totals: tuple[float, float], bins: Bins, n: int) -> IntArray:
    """Return where pre-bins begin: equal steps of rank, and the best of finer ones around the best of these."""
    curved = bins.shape in CURVED
    first = np.union1d(quantiles(found, min(n, MOST_CURVED) if curved else n), fixed)
    if curved or first.size + 1 >= found.values.size:
        return first
    sizes = found.events + found.nonevents
    least = bins.min_size * sum(totals) if bins.min_size < 1 else bins.min_size
    first = np.union1d(first, greedy_cuts(found.events, sizes, least, LEAVES))
    places, chosen, value, shape = first, first[:0], -np.inf, str(bins.shape)
    for _ in range(ROUNDS):
        counts = OrderedCounts(*found.counts(places), totals, np.flatnonzero(np.isin(places, fixed)) + 1)
        best, shape, boundaries = best_boundaries(counts, bins, shape)
        chosen = places[boundaries[1:-1] - 1]
        if best - value <= GAIN * abs(best) or chosen.size == 0:
            break
        value, places = best, between(found, chosen, places, WITHIN)
    return np.union1d(first, chosen)


def level_prebins(values: Any, bad: BoolArray, weights: FloatArray, bins: Bins, name: str) -> LevelPreBins:
    """Return pre-bins of levels with their counts.

    Parameters
    ----------
    values : (n,) Series
        Levels; missing where there are none.
    bad : (n,) array of bool
        Events.
    weights : (n,) or (0,) array
        Weights of the rows, none for one each.
    bins : Bins
        The order, special values, and what counts as rare.
    name : str
        What the variable is called.

    Returns
    -------
    LevelPreBins
        In the given order, or in the order of event rates; ties by the levels as text.
    """
    for option, given in (("cuts", bins.cuts), ("prebins", None if isinstance(bins.prebins, int) else bins.prebins)):
        if given is not None:
            raise DataError(f"{option}: {name!r} has levels, which have no cut points. Use order= and rare=.")
    coded = coded_values(values)
    n_levels = len(coded.levels)
    nonevents, events = code_sums(coded.codes.astype(np.int32) + 1, bad, weights, n_levels + 1)
    special = {value: m for m, (_, group) in enumerate(bins.special) for value in group}
    aside = np.array([special.get(level, -1) for level in coded.levels], dtype=np.int64)
    sums = np.zeros((2, len(bins.special) + 1))
    for m in range(len(bins.special)):
        sums[:, m] = nonevents[1:][aside == m].sum(), events[1:][aside == m].sum()
    sums[:, -1] = nonevents[0], events[0]
    sizes = nonevents[1:] + events[1:]
    own = [k for k in range(n_levels) if aside[k] < 0 and sizes[k] > 0]
    if not own:
        raise DataError(f"{name!r} has no ordinary values: all are missing or special.")
    order = bins.order if bins.order is not None else declared_order(values)
    groups, rare = _pooled(
        [coded.levels[k] for k in own], sizes[own], bins, float(nonevents.sum() + events.sum()), order
    )
    place = {coded.levels[k]: k + 1 for k in own}
    of_group = np.array([[sum(c[place[v]] for v in group) for group in groups] for c in (nonevents, events)])
    if order is None:
        rates = of_group[1] / of_group.sum(axis=0)
        ranked = sorted(range(len(groups)), key=lambda m: (rates[m], str(groups[m][0])))
    else:
        _require_ordered(order, [coded.levels[k] for k in own], special, name)
        rank = {level: m for m, level in enumerate(order)}
        ranked = sorted(range(len(groups)), key=lambda m: rank[groups[m][0]])
    counts = np.concatenate([of_group[:, ranked], sums], axis=1)
    return LevelPreBins(
        tuple(groups[m] for m in ranked),
        counts[1],
        counts[0],
        None if rare is None else ranked.index(rare),
        order is None,
    )


def _pooled(
    levels: list[Any], sizes: FloatArray, bins: Bins, total: float, order: Any
) -> tuple[list[tuple[Any, ...]], int | None]:
    """Return levels with the rare ones as one group, and which group that is; nothing is pooled in a given order."""
    least = bins.rare * total if bins.rare < 1 else bins.rare
    rare = [level for level, size in zip(levels, sizes, strict=True) if size < least]
    if order is not None or len(rare) < 2:
        return [(level,) for level in levels], None
    kept = [(level,) for level, size in zip(levels, sizes, strict=True) if size >= least]
    return [*kept, tuple(rare)], len(kept)


def _require_ordered(order: Any, levels: list[Any], special: dict[Any, int], name: str) -> None:
    """Refuse an order that leaves out a level of the data, or that orders a special value."""
    for level in levels:
        if level not in order:
            raise DataError(
                f"order of {name!r} leaves out {level!r}, which occurs. {nearest_name(str(level), map(str, order))}"
            )
    for level in order:
        if level in special:
            raise DataError(f"order of {name!r}: {level!r} is a special value, which has a bin of its own.")
