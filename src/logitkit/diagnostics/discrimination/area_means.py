"""Areas of pairs of outcomes and their means, with errors from what each trial adds to them.

What a trial adds depends on its place in the order of every outcome. Of rows that are held, the parts of all orders are
added up in arrays. Of others, each order is passed once for the areas and once for the parts, which are sorted by the
place of their row and added up there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from logitkit.diagnostics.discrimination.area_interval import IntervalKind, area_interval
from logitkit.diagnostics.discrimination.roc import RocCurve
from logitkit.diagnostics.discrimination.scored_fits import dependent_units
from logitkit.diagnostics.rows.ordering import InOrder
from logitkit.diagnostics.rows.ranking import PredictedRows
from logitkit.engine.record import FitRecord
from logitkit.numerics.external_sort import ExternalSort
from logitkit.numerics.pooled import Pooled
from logitkit.typing import FloatArray, IntArray

__all__ = ["Area", "mean_areas", "mean_areas_in_passes", "placed"]

NAMES = ("hand_till", "macro", "weighted")


@dataclass(frozen=True)
class Area:
    """An area under a ROC curve, or a mean of such areas, with its interval.

    Parameters
    ----------
    estimate, std_error, low, high : float
        Estimate, standard error and limits. The interval is symmetric on the scale of the area and truncated at 0 and
        1. It is nan with precision weights, or if an outcome occurs only once. If DeLong's variance is zero, the rules
        for ``RocCurve`` apply.
    interval : {'DeLong', 'exact', 'degenerate', 'withheld', 'sampling', 'clusters'}
        Method for the interval, or the reason why there is none.

    Examples
    --------
    >>> area = Area(0.8, 0.05, 0.7, 0.9)
    >>> area.low < area.estimate < area.high
    True
    """

    estimate: float
    std_error: float
    low: float
    high: float
    interval: IntervalKind = "DeLong"


def mean_areas(
    rows: PredictedRows,
    curves: Mapping[str, RocCurve],
    present: IntArray,
    level: float,
    counts: bool,
    record: FitRecord | None = None,
) -> tuple[FloatArray, dict[str, Area], dict[str, RocCurve]]:
    """Return the area of each pair of outcomes that occur, and the means of these areas.

    Parameters
    ----------
    rows : PredictedRows
        Rows with their predictions.
    curves : mapping of str to RocCurve
        Curve of each outcome against all others.
    present : int array
        Positions of the outcomes that occur.
    level : float
        Confidence level.
    counts : bool
        Whether weights count independent observations.
    record : FitRecord, optional
        The fit that predicts the rows.

    Returns
    -------
    pairwise : (K, K) array
        Area of each pair of outcomes.
    areas : dict of str to Area
        Hand and Till's measure, and the means of the areas of each outcome against all others.
    curves : dict of str to RocCurve
        The given curves, with linearised standard errors if rows have sampling weights or are clustered.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.diagnostics.discrimination.curves import discrimination
    >>> from logitkit.diagnostics.rows.ranking import predicted_rows
    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> rows, curves = predicted_rows(fit.record, fit.design), discrimination(fit.record, fit.design).curves
    >>> pairwise, areas, _ = mean_areas(rows, curves, np.arange(3), 0.95, True)
    >>> bool(np.isclose(np.nanmean(pairwise), areas["hand_till"].estimate))
    True
    """
    pairwise = np.full((len(rows.outcomes), len(rows.outcomes)), np.nan)
    # What a trial of outcome j in row i adds to each mean of areas.
    parts = {name: np.zeros_like(rows.shares) for name in NAMES}
    share = rows.totals / rows.totals.sum()
    units, kind = dependent_units(rows.response, np.arange(rows.order.size), record) or (None, "DeLong")
    per, known = _per if units is None else _each, dict(curves)
    for outcome, below in _placements(rows, present):
        others = present[present != outcome]
        trials = rows.weights * rows.shares
        pairwise[outcome, others] = below[others] @ trials[outcome] / rows.totals[outcome]
        parts["hand_till"] += _pair_parts(rows.totals, outcome, others, below, pairwise[outcome], per)
        area = _below_rest(rows.totals, others, below) @ trials[outcome] / rows.totals[outcome]
        single = _single_parts(rows.totals, outcome, others, below, area, per)
        if units is not None:
            curve = known[rows.outcomes[outcome]]
            error = math.sqrt(_of_units(rows, single, units))
            limits = area_interval(curve.auc, error, 0.0, level, kind)
            known[rows.outcomes[outcome]] = replace(
                curve, std_error=limits.std_error, low=limits.low, high=limits.high, interval=limits.kind
            )
        parts["macro"] += single / present.size
        parts["weighted"] += single * share[outcome]
    parts["hand_till"] /= present.size * (present.size - 1)
    squares = dict.fromkeys(NAMES, math.nan)
    if units is not None:
        squares = {name: _of_units(rows, part, units) for name, part in parts.items()}
    elif counts:
        squares = {name: float(np.sum(rows.weights * rows.shares * part**2)) for name, part in parts.items()}
    areas = np.array([curves[rows.outcomes[k]].auc for k in present])
    return pairwise, _areas(pairwise, areas, rows.totals, present, squares, level, kind), known


def _of_units(rows: PredictedRows, part: FloatArray, units: IntArray) -> float:
    """Return the variance of a sum of what rows add, from the sums over independent units."""
    sums = np.bincount(units, (rows.weights * rows.shares * part).sum(axis=0))
    return float(sums @ sums) * sums.size / (sums.size - 1.0) if sums.size > 1 else math.nan


def mean_areas_in_passes(
    rows: InOrder, areas: FloatArray, present: IntArray, level: float, counts: bool, memory: int
) -> tuple[FloatArray, dict[str, Area]]:
    """Return the areas of pairs of outcomes and their means for rows that are sorted on disk.

    Parameters
    ----------
    rows : InOrder
        For each outcome, the rows in order of its log odds, with the trials of each outcome and the positions of the
        rows.
    areas : array
        Area of each outcome that occurs against all others.
    present : int array
        Positions of these outcomes.
    level : float
        Confidence level.
    counts : bool
        Whether weights count independent observations.
    memory : int
        Number of bytes of memory that may be used.

    Returns
    -------
    pairwise : (K, K) array
        Area of each pair of outcomes.
    areas : dict of str to Area
        Hand and Till's measure, and the means of the areas of each outcome against all others.

    Examples
    --------
    >>> mean_areas_in_passes.__name__
    'mean_areas_in_passes'
    """
    totals = rows.facts.totals
    pairwise = np.full((totals.size, totals.size), np.nan)
    for outcome in present:
        others = present[present != outcome]
        pairwise[outcome, others] = _areas_against(rows, int(outcome), totals)[others]
    squares = dict.fromkeys(NAMES, math.nan)
    if counts:
        squares = _squares_in_passes(rows, present, pairwise, memory)
    return pairwise, _areas(pairwise, areas, totals, present, squares, level)


def _areas_against(rows: InOrder, outcome: int, totals: FloatArray) -> FloatArray:
    """Return the areas of one outcome against each, in one pass."""
    seen, found = np.zeros(totals.size), np.zeros(totals.size)
    for block in rows.blocks(outcome):
        found += (seen[:, None] + np.cumsum(block.sums, axis=1) - 0.5 * block.sums) @ block.sums[outcome]
        seen += block.sums.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(found / totals / totals[outcome])


def _squares_in_passes(rows: InOrder, present: IntArray, pairwise: FloatArray, memory: int) -> dict[str, float]:
    """Return the sums of squares of what trials add to each mean."""
    totals = rows.facts.totals
    k, share = totals.size, totals / totals.sum()
    pairs = present.size * (present.size - 1)
    found = dict.fromkeys(NAMES, 0.0)
    with ExternalSort(1 + k * (1 + len(NAMES)), memory // 4, pooled=True) as by_place:
        for number, outcome in enumerate(present):
            others = present[present != outcome]
            area = float(_below_rest(totals, others, pairwise[outcome]))
            ordered = (rows.blocks(int(outcome)), rows.sorted_rows[outcome]())
            for block, below in placed(*ordered, totals, rows.roundings[outcome]):
                trials = block[:, 1 : 1 + k] if number == 0 else np.zeros((len(block), k))
                pair = _pair_parts(totals, int(outcome), others, below, pairwise[outcome]) / pairs
                single = _single_parts(totals, int(outcome), others, below, area)
                parts = np.concatenate([pair, single / present.size, single * share[outcome]])
                by_place.add(np.column_stack([block[:, -1], trials, parts.T]))
        for block in by_place.blocks():
            trials, *every = np.split(block[:, 1:], 1 + len(NAMES), axis=1)
            for name, part in zip(NAMES, every, strict=True):
                found[name] += float(np.sum(trials * part**2))
    return found


def placed(
    scores: Iterator[Pooled], sorted_rows: Iterable[FloatArray], totals: FloatArray, rounding: float
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield blocks of sorted rows with the proportion of trials of each outcome below each row, shape (K, k).

    Rows with the same score may continue in the next block; their sums are known from a parallel pass over pooled
    scores.

    Parameters
    ----------
    scores : iterator of Pooled
        Scores with the trials of each outcome.
    sorted_rows : iterable of (k, c) array
        The rows in the same order, the score first.
    totals : (K,) array
        Trials of each outcome.
    rounding : float
        Tolerance within which scores count as equal.

    Yields
    ------
    rows : (k, c) array
        A block.
    below : (K, k) array
        Proportions, with ties counted as one half.

    Examples
    --------
    >>> rows = np.array([[0.0, 7.0], [1.0, 8.0]])
    >>> scores = iter([Pooled(np.array([0.0, 1.0]), np.array([[1.0, 1.0]]))])
    >>> next(placed(scores, [rows], np.array([2.0]), 0.0))[1].tolist()
    [[0.25, 0.75]]
    """
    seen = np.zeros(totals.size)
    known: FloatArray = np.empty((totals.size, 0))  # of the scores from the current one on
    last: float | None = None
    for block in sorted_rows:
        if not len(block):
            continue
        before = block[0, 0] if last is None else last
        with np.errstate(invalid="ignore"):  # equal infinities differ by nan, which is not larger
            place = np.cumsum(np.diff(block[:, 0], prepend=before) > rounding)
        while place[-1] >= known.shape[1]:
            sums = next(scores).sums
            with np.errstate(divide="ignore", invalid="ignore"):
                more = (seen[:, None] + np.cumsum(sums, axis=1) - 0.5 * sums) / totals[:, None]
            known = np.concatenate([known, more], axis=1)
            seen = seen + sums.sum(axis=1)
        yield block, known[:, place]
        known, last = known[:, place[-1] :], float(block[-1, 0])


def _placements(rows: PredictedRows, present: IntArray) -> Iterator[tuple[int, FloatArray]]:
    """Yield for each outcome a the proportion of trials of every outcome with a lower probability of a, (K, m)."""
    trials = rows.weights * rows.shares
    for outcome in present:
        ranked = rows.against_rest(int(outcome))
        place = ranked.place
        left = np.searchsorted(ranked.score, ranked.score, side="left")
        right = np.searchsorted(ranked.score, ranked.score, side="right")
        below = np.full(trials.shape, np.nan)
        for other in present:
            sums = np.concatenate([[0.0], np.cumsum(trials[other, place])])
            below[other, place] = 0.5 * (sums[left] + sums[right]) / sums[-1]
        yield int(outcome), below


def _pair_parts(
    total: FloatArray,
    outcome: int,
    others: IntArray,
    below: FloatArray,
    areas: FloatArray,
    per: Callable[[float], float] | None = None,
) -> FloatArray:
    """Return what trials add to the sum of A(a|b) over b, over the root of their number times one less."""
    per = per or _per
    out = np.zeros(below.shape)
    out[outcome] = (below[others] - areas[others, None]).sum(axis=0) * per(total[outcome])
    for other in others:
        out[other] = (1.0 - below[outcome] - areas[other]) * per(total[other])
    return out


def _single_parts(
    total: FloatArray,
    outcome: int,
    others: IntArray,
    below: FloatArray,
    area: float,
    per: Callable[[float], float] | None = None,
) -> FloatArray:
    """Return the same of the area of an outcome against the rest."""
    per = per or _per
    rest, lower = total[others].sum(), _below_rest(total, others, below)
    out = np.zeros(below.shape)
    out[others] = (1.0 - below[outcome] - area) * per(rest)
    out[outcome] = (lower - area) * per(total[outcome])
    return out


def _below_rest(total: FloatArray, others: IntArray, below: FloatArray) -> FloatArray:
    """Return the proportion of trials of all other outcomes that is below, from that of each."""
    return np.asarray(total[others] @ below[others] / total[others].sum())


def _per(n: float) -> float:
    """Return 1 / sqrt{n (n - 1)}: the sum of squares times its square is a sample variance over n."""
    return 1.0 / math.sqrt(n * (n - 1.0)) if n > 1.0 else math.nan


def _each(n: float) -> float:
    """Return 1 / n: the derivative of a mean, of rows whose units are summed."""
    return 1.0 / n


def _areas(
    pairwise: FloatArray,
    areas: FloatArray,
    totals: FloatArray,
    present: IntArray,
    squares: dict[str, float],
    level: float,
    kind: IntervalKind = "DeLong",
) -> dict[str, Area]:
    """Return the means of areas, each with the interval that follows from what trials add to it."""
    share, smallest = totals / totals.sum(), float(totals[totals > 0.0].min())
    estimates = (float(np.nanmean(pairwise)), float(areas.mean()), float(areas @ share[present]))
    found = {}
    for name, estimate in zip(NAMES, estimates, strict=True):
        limits = area_interval(estimate, math.sqrt(squares[name]), smallest, level, kind)
        found[name] = Area(estimate, limits.std_error, limits.low, limits.high, limits.kind)
    return found
