"""Folds: random, stratified by outcome, of whole groups, or by period.

Rows of weight zero are in no fold, so that they change none. What is drawn depends on the seed only. The first
repetition is drawn from the seed itself, each later one from a seed spawned from it, so that more repetitions leave
those before as they are. The bounds on how even folds are stand in ``docs/maths/cross-validation.md``,
equations 3 and 4.

References
----------
Kohavi, R. (1995) A study of cross-validation and bootstrap for accuracy estimation and model selection. IJCAI 14,
1137-1145, for stratification. Graham, R. L. (1969) SIAM Journal on Applied Mathematics 17, 416-429, for the largest
group first.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from numbers import Real
from typing import Any, cast

import numpy as np

from logitkit.design.response.response import Response
from logitkit.design.table.frame import codes_of, is_missing
from logitkit.errors import DataError
from logitkit.options import is_count, require_seed
from logitkit.selection.splits import Splits, checked_splits
from logitkit.selection.strata import heavy_first, stratified
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["grouped_folds", "plain_folds", "row_labels", "stratified_folds", "time_folds"]


def plain_folds(response: Response, folds: int = 10, *, repeats: int = 1, seed: int | None = None) -> Splits:
    """Draw random folds with equal numbers of rows.

    Parameters
    ----------
    response : Response
        n rows.
    folds : int, default 10
        Number of folds.
    repeats : int, default 1
        Number of times that the division is repeated.
    seed : int, optional
        Seed of the random numbers.

    Returns
    -------
    Splits
        Folds whose sizes differ by at most one row.

    Raises
    ------
    DataError
        If the folds are impossible.

    Examples
    --------
    >>> folds = plain_folds(Response(np.array([0.0, 1.0] * 5)), 3, seed=1)
    >>> [folds.test(k).size for k in range(3)], np.intersect1d(folds.test(0), folds.train(0)).size
    ([4, 3, 3], 0)
    """
    used = np.flatnonzero(response.weights > 0.0)
    require_folds(folds, used.size, "rows of positive weight")
    used_seed, generators = _generators(seed, repeats)
    codes = _no_codes(repeats, response)
    for layer, generator in zip(codes, generators, strict=True):
        layer[used[generator.permutation(used.size)]] = np.arange(used.size) % folds
    words = f"{folds} folds drawn at random" + _times(repeats)
    return checked_splits(Splits(codes, words, seed=used_seed), response)


def stratified_folds(
    response: Response, folds: int = 10, *, strata: Any = None, repeats: int = 1, seed: int | None = None
) -> Splits:
    """Draw random folds with equal proportions, by weight, of events and of non-events.

    Parameters
    ----------
    response : Response
        n rows.
    folds : int, default 10
        Number of folds.
    strata : (n,) array-like, optional
        Stratum of each row, as labels of any kind; each outcome is also spread evenly within each stratum.
    repeats : int, default 1
        Number of times that the division is repeated.
    seed : int, optional
        Seed of the random numbers.

    Returns
    -------
    Splits
        If each row has one outcome, the weights of events in two folds differ by at most the largest weight of an
        event; likewise for non-events. Without weights, both counts differ by at most one. A row of grouped counts with
        both outcomes goes to the fold that lacks most of its events and non-events. With strata this holds within each
        stratum, and also for all rows together if their weights are equal.

    Raises
    ------
    DataError
        If the folds are impossible, or labels are missing.

    Notes
    -----
    Rows with the same outcome and stratum are dealt to folds in order of weight, shuffled within each round.

    Examples
    --------
    >>> y = np.array([1.0] * 5 + [0.0] * 12)
    >>> folds = stratified_folds(Response(y), 3, seed=1)
    >>> [(int(y[folds.test(k)].sum()), folds.test(k).size) for k in range(3)]
    [(2, 6), (2, 6), (1, 5)]
    """
    used = np.flatnonzero(response.weights > 0.0)
    require_folds(folds, used.size, "rows of positive weight")
    used_seed, generators = _generators(seed, repeats)
    codes = _no_codes(repeats, response)
    stratum, n_strata = np.zeros(used.size, dtype=np.int64), 1
    if strata is not None:
        stratum, n_strata = _codes(strata, response.n_rows, used, "stratify")
    for layer, generator in zip(codes, generators, strict=True):
        layer[used] = stratified(response.take(used), stratum, int(folds), generator)
    spread = "events" if response.pure_outcomes.size == 2 else "outcomes"
    within = "" if strata is None else f" within {n_strata} strata"
    words = f"{folds} folds drawn at random with {spread} spread evenly{within}" + _times(repeats)
    return checked_splits(Splits(codes, words, seed=used_seed), response)


def grouped_folds(
    response: Response, groups: Any, folds: int = 10, *, repeats: int = 1, seed: int | None = None
) -> Splits:
    """Return folds that consist of whole groups, with weights as equal as the groups allow.

    Parameters
    ----------
    response : Response
        n rows.
    groups : (n,) array-like
        Group of each row, as labels of any kind.
    folds : int, default 10
        Number of folds.
    repeats : int, default 1
        Number of times that the division is repeated.
    seed : int, optional
        Seed of the random numbers for later repetitions; the first does not depend on it.

    Returns
    -------
    Splits
        Folds. Groups are assigned in descending order of weight, each to the lightest fold so far. The weights of two
        folds differ by at most that of the heaviest group.

    Raises
    ------
    DataError
        If the folds are impossible, or labels are missing.

    Examples
    --------
    >>> folds = grouped_folds(Response(np.array([0.0, 1.0] * 4)), list("aabbccca"), 2)
    >>> folds.codes.tolist()
    [[0, 0, 0, 0, 1, 1, 1, 0]]
    """
    used = np.flatnonzero(response.weights > 0.0)
    group, n_groups = _codes(groups, response.n_rows, used, "groups")
    require_folds(folds, n_groups, "groups with rows of positive weight")
    weight: FloatArray = np.bincount(group, weights=response.weights[used], minlength=n_groups).astype(np.float64)
    used_seed, generators = _generators(seed, repeats)
    codes = _no_codes(repeats, response)
    for number, (layer, generator) in enumerate(zip(codes, generators, strict=True)):
        order = np.argsort(-weight, kind="stable") if number == 0 else heavy_first(weight, int(folds), generator)
        layer[used] = _lightest(weight, order, int(folds))[group]
    words = f"{folds} folds that keep {n_groups} groups whole" + _times(repeats)
    return checked_splits(Splits(codes, words, seed=used_seed if repeats > 1 else None), response)


def time_folds(response: Response, times: Any, folds: int = 5) -> Splits:
    """Return folds of successive periods, each predicted from all earlier rows.

    Parameters
    ----------
    response : Response
        n rows, in any order.
    times : (n,) array-like
        Time of each row, as numbers or dates.
    folds : int, default 5
        Number of periods that are predicted. An additional first period is used only for training.

    Returns
    -------
    Splits
        Periods with about equal numbers of rows. Rows with the same time are in the same period, so no row is predicted
        from rows at its own time or later.

    Raises
    ------
    DataError
        If the folds are impossible, or times are missing or have no certain order.

    References
    ----------
    Bergmeir, C. and Benitez, J. M. (2012) Information Sciences 191, 192-213, on evaluation by later periods.

    Examples
    --------
    >>> folds = time_folds(Response(np.array([0.0, 1.0] * 3)), [2020, 2020, 2021, 2021, 2022, 2022], 2)
    >>> folds.train(1).tolist(), folds.test(1).tolist()
    ([0, 1, 2, 3], [4, 5])
    """
    used = np.flatnonzero(response.weights > 0.0)
    values = row_labels(times, response.n_rows, "times")
    _require_labels(values, used, "times")
    moments, moment = _moments(times, values[used])
    n_moments = int(moments.size)
    require_folds(folds, n_moments - 1, "distinct times after the first")
    period = np.full(response.n_rows, -1, dtype=np.int64)
    period[used] = _periods(np.bincount(moment), int(folds) + 1)[moment]
    codes = np.maximum(period - 1, -1).astype(np.int32)[None]
    training = np.array([(period >= 0) & (period <= fold) for fold in range(int(folds))])
    words = f"{folds} periods in turn, each predicted from all rows before it"
    return checked_splits(Splits(codes, words, training), response)


def require_folds(folds: object, most: int, word: str) -> None:
    """Raise an error unless the number of folds is a whole number from 2 to the number of units.

    Parameters
    ----------
    folds : object
        The given value.
    most : int
        Number of units to divide.
    word : str
        Name of the units.

    Raises
    ------
    DataError
        If the number is out of range; the message states both numbers.

    Examples
    --------
    >>> require_folds(5, 5, "groups")
    """
    if not isinstance(folds, int | np.integer) or isinstance(folds, bool) or folds < 2:
        raise DataError(f"folds={folds!r}: give a whole number of at least 2.")
    if folds > most:
        raise DataError(f"folds={folds} exceeds the number of {word}, {most}; use fewer folds.")


def row_labels(values: Any, n_rows: int, role: str) -> Any:
    """Return one label per row as an array.

    Parameters
    ----------
    values : array-like
        Labels of any kind.
    n_rows : int
        Number of rows.
    role : str
        Name of the labels, for the error message.

    Returns
    -------
    (n,) array
        Labels. Values of lists are kept as they are, because NumPy would turn a missing value among text into 'nan'.

    Raises
    ------
    DataError
        If there is not exactly one label per row.

    Examples
    --------
    >>> row_labels(["a", None], 2, "groups").tolist()
    ['a', None]
    """
    if isinstance(values, list | tuple):
        found = np.empty(len(values), dtype=object)
        found[:] = values
    else:
        found = np.asarray(values)
    if found.shape != (n_rows,):
        raise DataError(f"{role} has shape {found.shape}; give one value for each of the {n_rows} rows.")
    return found


def _codes(given: Any, n_rows: int, used: IntArray, role: str) -> tuple[IntArray, int]:
    """Return the code of the label of each row that is used, and how many labels there are."""
    labels = row_labels(given, n_rows, role)
    _require_labels(labels, used, role)
    if not all(isinstance(label, Hashable) for label in labels[used]):
        raise DataError(f"{role} holds values that cannot label a group, such as lists; give text or numbers.")
    return codes_of(labels[used])


def _require_labels(labels: Any, used: IntArray, role: str) -> None:
    missing = is_missing(labels[used])
    if missing.any():
        raise DataError(
            f"{role} is missing in {int(missing.sum())} of {used.size} rows, first in row {used[np.argmax(missing)]} "
            "(from 0); give every row a value, or drop those rows."
        )


def _generators(seed: object, repeats: object) -> tuple[int, list[np.random.Generator]]:
    """Return the seed, drawn if none was given, and a random generator for each repetition."""
    if not is_count(repeats):
        raise DataError(f"repeats={repeats!r:.60}: give a whole number of at least 1, and at most a million.")
    sequence = np.random.SeedSequence(require_seed(seed))
    return cast("int", sequence.entropy), [
        np.random.default_rng(one) for one in (sequence, *sequence.spawn(int(cast("int", repeats)) - 1))
    ]


def _no_codes(repeats: int, response: Response) -> CodeArray:
    return np.full((int(repeats), response.n_rows), -1, dtype=np.int32)


def _times(repeats: int) -> str:
    return f", {repeats} times" if repeats > 1 else ""


def _lightest(weights: FloatArray, order: IntArray, folds: int) -> IntArray:
    """Return the fold of each group: in the given order, each to the fold that is lightest so far."""
    loads = [(0.0, fold) for fold in range(folds)]
    out = np.empty(weights.size, dtype=np.int64)
    for group in order:
        load, fold = loads[0]
        out[group] = fold
        heapq.heapreplace(loads, (load + float(weights[group]), fold))
    return out


def _moments(given: Any, values: Any) -> tuple[Any, IntArray]:
    """Return the distinct times, ascending, and which of them each row has."""
    first = values[0] if values.size else None
    if values.dtype.kind in "US" or isinstance(first, str | bytes) or hasattr(getattr(given, "dtype", None), "ordered"):
        raise DataError(
            f"times holds {first!r}, whose order in time is ambiguous; give numbers or dates (for ordered categories, "
            "their codes)."
        )
    try:
        moments, moment = np.unique(values, return_inverse=True)
    except TypeError as error:
        raise DataError(f"times cannot be put in order: {error}. Give numbers or dates.") from error
    if isinstance(first, Real) and not np.isfinite(values.astype(np.float64)).all():
        raise DataError("times holds an infinite value; give finite numbers or dates.")
    return moments, moment


def _periods(rows_at: IntArray, periods: int) -> IntArray:
    """Return the period of each distinct time: cuts nearest to equal numbers of rows, none of them empty."""
    before = np.concatenate([[0], np.cumsum(rows_at)])
    total, cuts, low = int(before[-1]), [0], 0
    for number in range(1, periods):
        target = number * total / periods
        right = int(np.searchsorted(before, target))
        nearest = right if before[right] - target <= target - before[right - 1] else right - 1
        low = min(max(nearest, low + 1), rows_at.size - (periods - number))
        cuts.append(low)
    return np.searchsorted(cuts, np.arange(rows_at.size), side="right") - 1
