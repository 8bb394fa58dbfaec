"""Areas of pairs of outcomes and their means, with errors from what each trial adds to them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from logitkit.diagnostics.area_interval import IntervalKind, area_interval
from logitkit.diagnostics.ranking import PredictedRows
from logitkit.diagnostics.roc import RocCurve
from logitkit.typing import FloatArray, IntArray

__all__ = ["Area", "mean_areas"]


@dataclass(frozen=True)
class Area:
    """An area under curves, or a mean of such, with its interval.

    Parameters
    ----------
    estimate, std_error, low, high : float
        The interval is symmetric on the scale of the area and cut at 0 and 1; nan where weights are not counts,
        clusters make rows dependent, or an outcome occurs once. Where DeLong's variance is zero as for a curve.
    interval : {'DeLong', 'exact', 'degenerate', 'withheld'}
        How the interval was found, or why there is none.

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
    rows: PredictedRows, curves: Mapping[str, RocCurve], present: IntArray, level: float, counts: bool
) -> tuple[FloatArray, dict[str, Area]]:
    """Return areas by pair and their means, of the outcomes that occur.

    Parameters
    ----------
    rows : PredictedRows
        Rows with their predictions.
    curves : mapping of str to RocCurve
        One outcome against the rest.
    present : int array
        Places of the outcomes that occur.
    level : float
        Confidence level.
    counts : bool
        Whether weights count independent observations.

    Returns
    -------
    pairwise : (K, K) array
        Areas by pair.
    areas : dict of str to Area
        Hand and Till's, and the means of the areas against the rest.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.diagnostics.discrimination import discrimination
    >>> from logitkit.diagnostics.ranking import predicted_rows
    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> rows, curves = predicted_rows(fit.record, fit.design), discrimination(fit.record, fit.design).curves
    >>> pairwise, areas = mean_areas(rows, curves, np.arange(3), 0.95, True)
    >>> bool(np.isclose(np.nanmean(pairwise), areas["hand_till"].estimate))
    True
    """
    pairwise = np.full((len(rows.outcomes), len(rows.outcomes)), np.nan)
    # What a trial of outcome j in row i adds to each mean of areas.
    parts = {name: np.zeros_like(rows.shares) for name in ("hand_till", "macro", "weighted")}
    share = rows.totals / rows.totals.sum()
    for outcome, below in _placements(rows, present):
        others = present[present != outcome]
        trials = rows.weights * rows.shares
        pairwise[outcome, others] = below[others] @ trials[outcome] / rows.totals[outcome]
        parts["hand_till"] += _pair_parts(rows, outcome, others, below, pairwise[outcome])
        single = _single_parts(rows, outcome, others, below)
        parts["macro"] += single / present.size
        parts["weighted"] += single * share[outcome]
    parts["hand_till"] /= present.size * (present.size - 1)
    areas = np.array([curves[rows.outcomes[k]].auc for k in present])
    estimates = {
        "hand_till": float(np.nanmean(pairwise)),
        "macro": float(areas.mean()),
        "weighted": float(areas @ share[present]),
    }
    return pairwise, {name: _area(estimates[name], rows, part, level, counts) for name, part in parts.items()}


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
    rows: PredictedRows, outcome: int, others: IntArray, below: FloatArray, areas: FloatArray
) -> FloatArray:
    """Return what trials add to the sum of A(a|b) over b, over the root of their number times one less."""
    out = np.zeros_like(rows.shares)
    out[outcome] = (below[others] - areas[others, None]).sum(axis=0) * _per(rows.totals[outcome])
    for other in others:
        out[other] = (1.0 - below[outcome] - areas[other]) * _per(rows.totals[other])
    return out


def _single_parts(rows: PredictedRows, outcome: int, others: IntArray, below: FloatArray) -> FloatArray:
    """Return the same of the area of an outcome against the rest."""
    total = rows.totals
    rest = total[others].sum()
    lower = total[others] @ below[others] / rest
    area = lower @ (rows.weights * rows.shares[outcome]) / total[outcome]
    out = np.zeros_like(rows.shares)
    out[others] = (1.0 - below[outcome] - area) * _per(rest)
    out[outcome] = (lower - area) * _per(total[outcome])
    return out


def _per(n: float) -> float:
    """Return 1 / sqrt{n (n - 1)}: the sum of squares times its square is a sample variance over n."""
    return 1.0 / math.sqrt(n * (n - 1.0)) if n > 1.0 else math.nan


def _area(estimate: float, rows: PredictedRows, part: FloatArray, level: float, counts: bool) -> Area:
    """Return a mean of areas with the interval that follows from what trials add to it."""
    std_error = math.nan
    if counts:
        std_error = math.sqrt(float(np.sum(rows.weights * rows.shares * part**2)))
    found = area_interval(estimate, std_error, float(rows.totals[rows.totals > 0.0].min()), level)
    return Area(estimate, found.std_error, found.low, found.high, found.kind)
