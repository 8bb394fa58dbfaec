"""Pre-bins of levels: each level, and the pool of rare ones, with their counts and their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from logitkit.design.table.frame import coded_values, declared_order
from logitkit.errors import DataError, NoBinsError, nearest_name
from logitkit.numerics.kernels.bin_codes import code_sums
from logitkit.scorecard.kinds import NO_VALUES, kind_of_level, require_levels, require_words, shown
from logitkit.scorecard.stated import Bins, enough
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["LevelPreBins", "level_prebins", "prebins_of_levels"]


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
        Whether the order is that of the event rates; otherwise it was given.
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


def level_prebins(values: Any, bad: BoolArray, weights: FloatArray, bins: Bins, name: str) -> LevelPreBins:
    """Return pre-bins of levels with their counts.

    Parameters
    ----------
    values : (n,) Series
        Levels, and missing values.
    bad : (n,) array of bool
        Events.
    weights : (n,) or (0,) array
        Weights of the rows, none for one each.
    bins : Bins
        The order, special values, and what counts as rare.
    name : str
        Name of the variable.

    Returns
    -------
    LevelPreBins
        Pre-bins in the given order, or in the order of event rates, with ties in the order of levels as text.
    """
    for option, given in (("cuts", bins.cuts), ("prebins", None if isinstance(bins.prebins, int) else bins.prebins)):
        if given is not None:
            raise DataError(f"{option}: {name!r} has levels, which have no cut points. Use order= and rare=.")
    coded = coded_values(values, name)
    if not coded.declared and bins.order is None:
        require_words(coded.occurring(), name)
    nonevents, events = code_sums(coded.codes.astype(np.int32) + 1, bad, weights, len(coded.levels) + 1)
    order = bins.order if bins.order is not None else declared_order(values)
    return prebins_of_levels(coded.levels, (events, nonevents), bins, name, order)


def prebins_of_levels(
    levels: list[Any], counts: tuple[FloatArray, FloatArray], bins: Bins, name: str, order: Any
) -> LevelPreBins:
    """Return pre-bins of levels from their counts.

    Parameters
    ----------
    levels : list, length L
        All levels, special ones among them.
    counts : ((L + 1,) array, (L + 1,) array)
        Events and non-events, of missing values first.
    bins : Bins
        Special values, and what counts as rare.
    name : str
        Name of the variable.
    order : sequence or None
        The order of the levels; that of the event rates without one.

    Returns
    -------
    LevelPreBins
    """
    events, nonevents = counts
    levels = [level.item() if isinstance(level, np.generic) else level for level in levels]
    special = {value: m for m, (_, group) in enumerate(bins.special) for value in group}
    aside = np.array([special.get(level, -1) for level in levels], dtype=np.int64)
    sums = np.zeros((2, len(bins.special) + 1))
    for m in range(len(bins.special)):
        sums[:, m] = nonevents[1:][aside == m].sum(), events[1:][aside == m].sum()
    sums[:, -1] = nonevents[0], events[0]
    sizes = nonevents[1:] + events[1:]
    own = [k for k in range(len(levels)) if aside[k] < 0 and sizes[k] > 0]
    require_levels([levels[k] for k in own], name)
    _require_special(special, [levels[k] for k in own], name)
    if not own:
        raise NoBinsError(f"{name!r} has no ordinary values: all are missing or special.", NO_VALUES)
    least = _least_size(bins, float(events.sum()), float(nonevents.sum()))
    groups, rare = _pooled([levels[k] for k in own], sizes[own], least, order)
    place = {levels[k]: k + 1 for k in own}
    of_group = np.array([[sum(c[place[v]] for v in group) for group in groups] for c in (nonevents, events)])
    if order is None:
        rates = of_group[1] / of_group.sum(axis=0)
        ranking = sorted(range(len(groups)), key=lambda m: (rates[m], str(groups[m][0])))
    else:
        _require_ordered(order, [levels[k] for k in own], special, name)
        rank = {level: m for m, level in enumerate(order)}
        ranking = sorted(range(len(groups)), key=lambda m: rank[groups[m][0]])
    joined = np.concatenate([of_group[:, ranking], sums], axis=1)
    return LevelPreBins(
        tuple(groups[m] for m in ranking),
        joined[1],
        joined[0],
        None if rare is None else ranking.index(rare),
        order is None,
    )


def _least_size(bins: Bins, events: float, nonevents: float) -> float:
    """Return the size from which on a level stands by itself: by default, where enough of either are expected."""
    total = events + nonevents
    if bins.rare is None:
        return total * max((enough(count) / count for count in (events, nonevents) if count > 0), default=0.0)
    return bins.rare * total if bins.rare < 1 else bins.rare


def _pooled(levels: list[Any], sizes: FloatArray, least: float, order: Any) -> tuple[list[tuple[Any, ...]], int | None]:
    """Return levels with the rare ones as one group, and which group that is; nothing is pooled in a given order."""
    rare = [level for level, size in zip(levels, sizes, strict=True) if size < least]
    if order is not None or len(rare) < 2:
        return [(level,) for level in levels], None
    kept = [(level,) for level, size in zip(levels, sizes, strict=True) if size >= least]
    return [*kept, tuple(rare)], len(kept)


def _require_special(special: dict[Any, int], levels: list[Any], name: str) -> None:
    """Refuse special values that no level equals, but that a level of another type reads like: -9 and "-9"."""
    for value in special:
        level = next((v for v in levels if kind_of_level(v) != kind_of_level(value) and str(v) == str(value)), None)
        if level is not None:
            raise DataError(
                f"special of {name!r}: no level equals {shown(value)}, and there is {shown(level)}. Give it as the "
                "variable has it."
            )


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
