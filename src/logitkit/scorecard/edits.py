"""Bins merged, divided and moved by hand: every change is an entry of the trail, and the trail can be replayed.

Bins are named by their numbers in the table, from 1; the trail names them by values, so that it also replays on bins
of other data.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.errors import DataError, nearest_name
from logitkit.options import is_count, is_finite_number
from logitkit.scorecard.binned import Binning, Members
from logitkit.scorecard.level_prebins import LevelPreBins
from logitkit.scorecard.prebins import NumberPreBins
from logitkit.scorecard.rules import NumberRule
from logitkit.scorecard.trail import Edit

__all__ = ["merged", "moved", "replayed", "split"]


def merged(binning: Binning, first: int, second: int, reason: str = "") -> Binning:
    """Return a binning with two bins joined; for a number they must be neighbours.

    Parameters
    ----------
    binning : Binning
        The bins.
    first, second : int
        Numbers of the bins in the table, from 1.
    reason : str, optional
        The reason, for the trail.

    Returns
    -------
    Binning
    """
    low, high = sorted((_place(binning, first), _place(binning, second)))
    if low == high:
        raise DataError(f"merge: bin {first} is named twice. Name two bins.")
    rule = binning.rule
    if isinstance(rule, NumberRule):
        if high != low + 1:
            raise DataError(
                f"merge: bins {low + 1} and {high + 1} of {binning.name!r} are not neighbours, and a bin of a number "
                "is one interval."
            )
        return _applied(binning, "merge", (rule.cuts[low],), reason)
    return _applied(binning, "merge", (rule.groups[low][0], rule.groups[high][0]), reason)


def split(binning: Binning, at: float | None = None, levels: Iterable[Any] | None = None, reason: str = "") -> Binning:
    """Return a binning with one bin divided.

    Parameters
    ----------
    binning : Binning
        The bins.
    at : float, optional
        For a number: the new cut point. It must be between pre-bins, whose counts are known without the data.
    levels : iterable, optional
        For levels: those that get a bin of their own; of the pool of rare levels, all or none.
    reason : str, optional
        The reason, for the trail.

    Returns
    -------
    Binning
    """
    is_number = isinstance(binning.prebins, NumberPreBins)
    if (at is None) == (levels is None) or (at is None) == is_number:
        raise DataError(f"split: {binning.name!r} has {'numbers: give at=' if is_number else 'levels: give levels='}.")
    if at is not None:
        if not is_finite_number(at):
            raise DataError(f"split: at={at!r:.60}: give a finite number.")
        return _applied(binning, "split", (float(at),), reason)
    if not isinstance(levels, Iterable):
        raise DataError(f"split: levels={levels!r:.60}: give a list of levels.")
    return _applied(binning, "split", (levels,) if isinstance(levels, str) else tuple(levels), reason)


def moved(binning: Binning, level: Any, to: int, reason: str = "") -> Binning:
    """Return a binning with one level, or several, in another bin.

    Parameters
    ----------
    binning : Binning
        The bins.
    level : object, or list
        The level, or several. The pool of rare levels can only be moved as a whole, by naming all its levels, because
        their separate counts are not known.
    to : int
        The number of the new bin in the table, from 1.
    reason : str, optional
        The reason, for the trail.

    Returns
    -------
    Binning
    """
    rule = binning.rule
    if isinstance(rule, NumberRule):
        raise DataError(f"move: {binning.name!r} has numbers, whose bins are intervals. Use merge and split.")
    levels = tuple(level) if isinstance(level, list | tuple | set | frozenset | np.ndarray) else (level,)
    if not levels:
        raise DataError("move: give at least one level.")
    target = next((other for other in rule.groups[_place(binning, to)] if other not in levels), None)
    if target is None:
        raise DataError(f"move: {_listed(levels)}: nothing else is in bin {to}.")
    return _applied(binning, "move", (*levels, target), reason)


def replayed(binning: Binning, edits: Sequence[Edit]) -> Binning:
    """Return a binning after the changes of a trail, in their order.

    Parameters
    ----------
    binning : Binning
        Bins of the same or of other data.
    edits : sequence of Edit
        The trail.

    Returns
    -------
    Binning
        Its trail has the same changes, with the information values of these bins.
    """
    for edit in edits:
        if not isinstance(edit, Edit):
            raise DataError(f"replay: {edit!r:.60} is no change of bins. Give the edits of a binned variable.")
        binning = _applied(binning, edit.kind, edit.values, edit.reason)
    return binning


def _applied(binning: Binning, kind: str, values: tuple[Any, ...], reason: str) -> Binning:
    """Return a binning after one change, with its entry in the trail."""
    if not isinstance(reason, str):
        raise DataError(f"reason={reason!r:.60} must be text.")
    changed = (_number_changed if isinstance(binning.prebins, NumberPreBins) else _levels_changed)(
        binning, kind, values
    )
    edit = Edit(kind, values, reason, binning.information.value, changed.information.value)
    return replace(changed, edits=(*binning.edits, edit))


def _number_changed(binning: Binning, kind: str, values: tuple[Any, ...]) -> Binning:
    members, prebins, (at,) = binning.members, binning.prebins, values
    assert isinstance(prebins, NumberPreBins)
    if kind == "merge":
        cuts = np.array(binning.rule.cuts)  # type: ignore[union-attr]
        found = np.flatnonzero(cuts == at)
        if not found.size:
            raise DataError(f"merge: {at:g} is no cut point of {binning.name!r}; they are {_listed(cuts)}.")
        m = int(found[0])
        return replace(binning, members=(*members[:m], members[m] + members[m + 1], *members[m + 2 :]))
    parted = np.flatnonzero((prebins.below < at) & (at <= prebins.starts))
    if not parted.size:
        near = prebins.starts[np.argsort(abs(prebins.starts - at))[:2]]
        raise DataError(
            f"split: {at:g} lies within a pre-bin of {binning.name!r}, whose counts are not known apart; near it are "
            f"{_listed(np.sort(near))}. Bin anew with cuts=[{at:g}] for any other."
        )
    start = int(parted[0]) + 1
    m = next(i for i, own in enumerate(members) if start in own)
    if members[m][0] == start:
        raise DataError(f"split: {at:g} is a cut point of {binning.name!r} already.")
    place = members[m].index(start)
    starts, exact = prebins.starts.copy(), prebins.exact.copy()
    starts[start - 1], exact[start - 1] = at, True
    halves = (members[m][:place], members[m][place:])
    return replace(
        binning,
        prebins=replace(prebins, starts=starts, exact=exact),
        members=(*members[:m], *halves, *members[m + 1 :]),
    )


def _levels_changed(binning: Binning, kind: str, values: tuple[Any, ...]) -> Binning:
    prebins = binning.prebins
    assert isinstance(prebins, LevelPreBins)
    members = [list(own) for own in binning.members]
    place = {level: m for m, group in enumerate(prebins.groups) for level in group}
    for level in values:
        if not isinstance(level, Hashable) or level not in place:
            known = nearest_name(str(level), map(str, place))
            raise DataError(f"{kind}: {level!r} is no ordinary level of {binning.name!r}. {known}")
    of = {m: i for i, own in enumerate(members) for m in own}
    bins = [of[place[level]] for level in values]
    if kind == "merge":
        low, high = sorted(bins)
        members[low] += members.pop(high)
    elif kind == "move":
        leaving = _whole(binning, kind, values[:-1], place)
        members = [[m for m in own if m not in leaving] for own in members]
        members[bins[-1]] += leaving
    else:
        if len(set(bins)) != 1:
            raise DataError(f"split: the levels {_listed(values)} of {binning.name!r} are not of one bin.")
        leaving = _whole(binning, kind, values, place)
        staying = [m for m in members[bins[0]] if m not in leaving]
        if not staying:
            raise DataError(f"split: {_listed(values)} are all levels of their bin. Name some of them.")
        members[bins[0] : bins[0] + 1] = [staying, leaving]
    return replace(binning, members=_kept(members))


def _whole(binning: Binning, kind: str, levels: tuple[Any, ...], place: dict[Any, int]) -> list[int]:
    """Return the pre-bins of levels, refusing some levels of the pool of rare ones without the others."""
    found = sorted({place[level] for level in levels})
    for m in found:
        group = binning.prebins.groups[m]  # type: ignore[union-attr]
        absent = [level for level in group if level not in levels]
        if absent:
            known = next(level for level in levels if place[level] == m)
            pool = _listed(group[:6]) + (f" and {len(group) - 6} more" if len(group) > 6 else "")
            raise DataError(
                f"{kind}: {known!r} of {binning.name!r} is one of {len(group)} rare levels, whose counts are not known "
                f"apart ({pool}). Name all of them, or bin anew with a smaller rare=."
            )
    return found


def _kept(members: list[list[int]]) -> Members:
    return tuple(tuple(own) for own in members if own)


def _place(binning: Binning, number: int) -> int:
    n = len(binning.members)
    if not is_count(number) or number > n:
        raise DataError(f"There is no bin {number!r} of {binning.name!r}: its bins are numbered from 1 to {n}.")
    return number - 1


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(f"{value:g}" if isinstance(value, float) else repr(value) for value in values)
