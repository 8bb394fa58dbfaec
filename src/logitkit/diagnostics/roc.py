r"""Discrimination of events from non-events by scores: ROC curve, area, Gini and Kolmogorov-Smirnov.

With :math:`F_0(s)` the proportion of non-events that score below s plus half of those that score s, the area under
the curve is the mean of :math:`F_0` over events,

.. math:: A = P(s_1 > s_0) + \tfrac12 P(s_1 = s_0),

the Mann-Whitney statistic. DeLong's variance is :math:`S_{10}/m + S_{01}/n`: the sample variances of
:math:`F_0` over the m events, and of the proportion of events above over the n non-events. All of it takes one
sort.

Grouped data count as their events and non-events, one by one; weights multiply both.

References
----------
DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988) Biometrics 44, 837-845.
Sun, X. and Xu, W. (2014) IEEE Signal Processing Letters 21, 1389-1393, for the sort. R's pROC, ``ci.auc``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.diagnostics.area_interval import IntervalKind, area_interval
from logitkit.errors import DataError
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["RocCurve", "roc_curve"]


@dataclass(frozen=True)
class RocCurve:
    """The ROC curve and the measures derived from it.

    Parameters
    ----------
    fpr, tpr : (k,) array
        Proportion of non-events and of events at or above each threshold, from (0, 0) to (1, 1). Points on a
        straight line between their neighbours are left out: the curve is the same.
    thresholds : (k,) array
        Threshold of each point, descending; the first is infinite: nothing is called an event.
    auc, std_error, low, high : float
        Area under the curve; DeLong's standard error; the interval, symmetric on the scale of the area and
        cut at 0 and 1, as pROC has it. nan where weights are not counts, clusters make rows dependent, or
        there is but one event or non-event. Of an area of 1 or 0 the interval is exact and there is no standard error;
        where all scores tie there is neither (``logitkit.diagnostics.area_interval``).
    level : float
        Confidence level.
    gini : float
        2 AUC - 1, also Somers' D.
    ks, ks_threshold : float
        Largest distance between the distributions of events and of non-events, and the threshold where it is.
    events, nonevents : float
        Weighted totals.
    interval : {'DeLong', 'exact', 'degenerate', 'withheld'}
        How the interval was found, or why there is none.

    Examples
    --------
    The area by the trapezium rule is the Mann-Whitney statistic:

    >>> found = roc_curve(np.array([0.1, 0.4, 0.4, 0.8]), np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    >>> float(np.sum(np.diff(found.fpr) * (found.tpr[1:] + found.tpr[:-1]) / 2)), found.auc
    (0.875, 0.875)
    """

    fpr: FloatArray
    tpr: FloatArray
    thresholds: FloatArray
    auc: float
    std_error: float
    low: float
    high: float
    level: float
    gini: float
    ks: float
    ks_threshold: float
    events: float
    nonevents: float
    interval: IntervalKind = "DeLong"


def roc_curve(
    scores: FloatArray,
    events: FloatArray,
    nonevents: FloatArray,
    *,
    level: float = 0.95,
    independent_counts: bool = True,
    squares: tuple[FloatArray, FloatArray] | None = None,
) -> RocCurve:
    """Return the ROC curve of scores, with its area and related measures.

    Parameters
    ----------
    scores : (n,) array
        Any numbers, higher for a likelier event; not nan.
    events, nonevents : (n,) array
        Weight of the events and of the non-events that have each score, not negative.
    level : float, default 0.95
        Confidence level.
    independent_counts : bool, default True
        Whether weights count independent observations; without, there is no standard error.
    squares : pair of (n,) arrays, optional
        Sums of the squared sampling weights of the events and of the non-events that have each score, scores distinct
        and ascending: the standard error is then the linearised one, which is DeLong's where all weights are equal.

    Returns
    -------
    RocCurve
        With thresholds on the scale of the scores.

    Raises
    ------
    DataError
        If there is no event or no non-event, or a score is nan.

    Examples
    --------
    A score that orders all pairs rightly:

    >>> roc_curve(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]), np.array([1, 1, 0])).auc
    1.0
    """
    values, events, nonevents, used = _tally(scores, events, nonevents)
    total_events, total_nonevents = float(events.sum()), float(nonevents.sum())
    if total_events <= 0.0 or total_nonevents <= 0.0:
        raise DataError(
            f"The rows hold {total_events:g} events and {total_nonevents:g} non-events by weight; the curve needs both."
        )
    below = (np.cumsum(nonevents) - 0.5 * nonevents) / total_nonevents
    above = (np.cumsum(events[::-1])[::-1] - 0.5 * events) / total_events
    auc = float(events @ below / total_events)
    std_error, smallest = math.nan, min(total_events, total_nonevents)
    if squares is not None:
        std_error, smallest = _linearised(
            (squares[0][used], squares[1][used]), (below - auc, above - auc), total_events, total_nonevents
        )
    elif independent_counts and total_events > 1.0 and total_nonevents > 1.0:
        between_events = float(events @ (below - auc) ** 2) / (total_events - 1.0)
        between_nonevents = float(nonevents @ (above - auc) ** 2) / (total_nonevents - 1.0)
        std_error = math.sqrt(between_events / total_events + between_nonevents / total_nonevents)
    found = area_interval(auc, std_error, smallest, level)
    true, false = np.cumsum(events[::-1]), np.cumsum(nonevents[::-1])
    distance = np.abs(true / true[-1] - false / false[-1])
    widest = int(distance.argmax())
    corners = _corners(events[::-1], nonevents[::-1])
    return RocCurve(
        fpr=np.concatenate([[0.0], false[corners] / false[-1]]),
        tpr=np.concatenate([[0.0], true[corners] / true[-1]]),
        thresholds=np.concatenate([[np.inf], values[::-1][corners]]),
        auc=auc,
        std_error=found.std_error,
        low=found.low,
        high=found.high,
        level=level,
        gini=2.0 * auc - 1.0,
        ks=float(distance[widest]),
        ks_threshold=float(values[::-1][widest]),
        events=total_events,
        nonevents=total_nonevents,
        interval=found.kind,
    )


def _linearised(
    squares: tuple[FloatArray, FloatArray], off: tuple[FloatArray, FloatArray], events: float, nonevents: float
) -> tuple[float, float]:
    """Return the standard error of the area with sampling weights, and the effective number of the rarer outcome."""
    variance, sizes = 0.0, []
    for spread, gap, total in zip(squares, off, (events, nonevents), strict=True):
        size = total**2 / float(spread.sum())
        if not size > 1.0 + 1e-12:
            return math.nan, max(size, 1.0)
        variance += float(spread @ gap**2) / total**2 * size / (size - 1.0)
        sizes.append(size)
    return math.sqrt(variance), min(sizes)


def _tally(
    scores: FloatArray, events: FloatArray, nonevents: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Return distinct scores, ascending, with the weight of events and non-events at each, and which have any."""
    values = np.asarray(scores, dtype=np.float64)
    if np.isnan(values).any():
        raise DataError(f"{int(np.isnan(values).sum())} scores are missing; drop those rows.")
    if values.size and not (values[1:] >= values[:-1]).all():
        order = np.argsort(values, kind="stable")
        values, events, nonevents = values[order], np.asarray(events)[order], np.asarray(nonevents)[order]
    first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]])[: values.size])
    if first.size == 0:
        return values, np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool)
    at_event = np.add.reduceat(np.asarray(events, dtype=np.float64), first)
    at_nonevent = np.add.reduceat(np.asarray(nonevents, dtype=np.float64), first)
    used = at_event + at_nonevent > 0.0
    return values[first][used], at_event[used], at_nonevent[used], used


def _corners(rise: FloatArray, run: FloatArray) -> IntArray:
    """Return the positions of steps after which the curve turns, and of the last."""
    turns = rise[:-1] * run[1:] != rise[1:] * run[:-1]
    return np.append(np.flatnonzero(turns), rise.size - 1)
