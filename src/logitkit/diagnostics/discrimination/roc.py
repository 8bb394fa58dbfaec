r"""Discrimination of events from non-events by scores: ROC curve, area, Gini and Kolmogorov-Smirnov.

With :math:`F_0(s)` the proportion of non-events that score below s plus half of those that score s, the area under
the curve is the mean of :math:`F_0` over events,

.. math:: A = P(s_1 > s_0) + \tfrac12 P(s_1 = s_0),

the Mann-Whitney statistic. DeLong's variance is :math:`S_{10}/m + S_{01}/n`: the sample variances of
:math:`F_0` over the m events, and of the proportion of events above over the n non-events. All of it takes one
sort, and one pass over the sorted scores, of which a block is held at a time (``curve_passes.py``). Where every row
is one event or one non-event, a radix sort moves scores and outcomes, and no order of the rows is made.

Grouped data count as their events and non-events, one by one; weights multiply both.

References
----------
DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988) Biometrics 44, 837-845.
Sun, X. and Xu, W. (2014) IEEE Signal Processing Letters 21, 1389-1393, for the sort. R's pROC, ``ci.auc``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from logitkit.diagnostics.discrimination.area_interval import IntervalKind, area_interval
from logitkit.errors import DataError
from logitkit.numerics.curve_passes import Passed
from logitkit.numerics.kernels.ranks import sorted_counts
from logitkit.numerics.pooled import Pooled, pooled
from logitkit.typing import FloatArray

__all__ = ["RocCurve", "curve_of", "roc_curve"]

POINTS_MOST = 10_000  # of the curve of rows that are not held


@dataclass(frozen=True)
class RocCurve:
    """A ROC curve and the measures derived from it.

    Parameters
    ----------
    fpr, tpr : (k,) array
        Proportion of non-events and of events at or above each threshold, from (0, 0) to (1, 1). Points on a straight
        line between their neighbours are omitted, which leaves the curve unchanged.
    thresholds : (k,) array
        Threshold of each point, in descending order. The first is infinite, so that no row is predicted to be an event.
    auc, std_error, low, high : float
        Area under the curve, its standard error and its interval, symmetric and truncated at 0 and 1 as in pROC. The
        standard error is DeLong's, or linearised with sampling weights or clusters. It is nan with precision weights or
        with a single event or non-event. For an area of 1 or 0 the interval is exact and there is no standard error; if
        all scores tie there is neither (``logitkit.diagnostics.discrimination.area_interval``).
    level : float
        Confidence level.
    gini : float
        Gini coefficient, 2 AUC - 1, which equals Somers' D.
    ks, ks_threshold : float
        Kolmogorov-Smirnov distance between the score distributions of events and non-events, and the threshold at which
        it is attained.
    events, nonevents : float
        Total weight of events and of non-events.
    interval : {'DeLong', 'exact', 'degenerate', 'withheld'}
        Method for the interval, or the reason why there is none.
    area_lost : float
        Bound on the area between the full curve and its thinned version; zero if all points were kept.
    auc_bound : float
        Bound on the error of the area if scores were pooled in bins; zero otherwise.

    Examples
    --------
    The area by the trapezium rule equals the scaled Mann-Whitney statistic:

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
    area_lost: float = 0.0
    auc_bound: float = 0.0

    @property
    def called(self) -> FloatArray:
        """Proportion of all observations at or above each threshold, the abscissa of the accuracy profile (CAP)."""
        rate = self.events / (self.events + self.nonevents)
        return rate * self.tpr + (1.0 - rate) * self.fpr


def roc_curve(
    scores: FloatArray,
    events: FloatArray,
    nonevents: FloatArray,
    *,
    level: float = 0.95,
    independent_counts: bool = True,
    squares: tuple[FloatArray, FloatArray] | None = None,
) -> RocCurve:
    """Return the ROC curve of scores with its area and related measures.

    Parameters
    ----------
    scores : (n,) array
        Scores, not nan; a higher score means that the event is more likely.
    events, nonevents : (n,) array
        Nonnegative weight of the events and of the non-events with each score.
    level : float, default 0.95
        Confidence level.
    independent_counts : bool, default True
        Whether weights count independent observations; if not, there is no standard error.
    squares : pair of (n,) arrays, optional
        Sums of squared sampling weights of the events and of the non-events with each score; scores must be distinct
        and ascending. The standard error is then linearised, and equals DeLong's if all weights are equal.

    Returns
    -------
    RocCurve
        The curve, with thresholds on the scale of the scores.

    Raises
    ------
    DataError
        If there is no event or no non-event, or a score is nan.

    Examples
    --------
    A score that orders all pairs correctly:

    >>> roc_curve(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]), np.array([1, 1, 0])).auc
    1.0
    """
    values = np.asarray(scores, dtype=np.float64)
    if np.isnan(values).any():
        raise DataError(f"{int(np.isnan(values).sum())} scores are missing; drop those rows.")
    columns = [np.asarray(each, dtype=np.float64) for each in (events, nonevents, *(squares or ()))]
    blocks = [_counted(values, columns[0])] if _alone(columns) else _weighted(values, columns)
    totals = blocks[0].sums.sum(axis=1) if blocks else np.zeros(len(columns))
    return curve_of(blocks, totals, level=level, independent_counts=independent_counts)


def _alone(columns: list[FloatArray]) -> bool:
    """Tell whether every row is one event or one non-event."""
    events, nonevents, *squares = columns
    return not squares and bool((((events == 1.0) & (nonevents == 0.0)) | ((events == 0.0) & (nonevents == 1.0))).all())


def _counted(values: FloatArray, events: FloatArray) -> Pooled:
    """Return distinct scores with counts, by a sort that moves values and outcomes: no order of the rows is made."""
    return Pooled(*sorted_counts(values, events > 0.0))


def _weighted(values: FloatArray, columns: list[FloatArray]) -> list[Pooled]:
    """Return distinct scores with sums of weights."""
    if values.size and not (values[1:] >= values[:-1]).all():
        order = np.argsort(values)
        values, columns = values[order], [each[order] for each in columns]
    return list(pooled([(values, np.stack(columns))]))


def curve_of(
    blocks: Iterable[Pooled],
    totals: FloatArray,
    *,
    level: float = 0.95,
    independent_counts: bool = True,
    points: int | None = None,
    in_bins: bool = False,
) -> RocCurve:
    """Return the ROC curve of scores in ascending blocks, in one pass.

    Parameters
    ----------
    blocks : iterable of Pooled
        Distinct scores with the weight of the events and of the non-events at each; with sampling weights, also the
        sums of squared weights.
    totals : (2,) or (4,) array
        Sums over all scores.
    level : float, default 0.95
        Confidence level.
    independent_counts : bool, default True
        Whether weights count independent observations; if not, there is no standard error.
    points : int, optional
        Largest number of points; longer curves are thinned. By default all points are kept.
    in_bins : bool, default False
        Whether each score represents a bin of scores. Pairs of an event and a non-event in the same bin count one half,
        so the area is known to within half of their proportion.

    Returns
    -------
    RocCurve
        The area, standard error and Kolmogorov-Smirnov distance are computed from all scores even if the curve is
        thinned.

    Raises
    ------
    DataError
        If there is no event or no non-event.

    Examples
    --------
    >>> ties = Pooled(np.array([0.1, 0.4, 0.8]), np.array([[0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]))
    >>> curve_of([ties], np.array([2.0, 2.0])).auc
    0.875
    """
    total_events, total_nonevents = float(totals[0]), float(totals[1])
    if total_events <= 0.0 or total_nonevents <= 0.0:
        raise DataError(
            f"The rows hold {total_events:g} events and {total_nonevents:g} non-events by weight; the curve needs both."
        )
    found = Passed(totals, points)
    for block in blocks:
        found.add(block)
    std_error, smallest = math.nan, min(total_events, total_nonevents)
    if len(totals) > 2:
        std_error, smallest = found.linearised()
    elif independent_counts and total_events > 1.0 and total_nonevents > 1.0:
        std_error = found.delong()
    interval = area_interval(found.auc, std_error, smallest, level)
    fpr, tpr, thresholds = found.curve.points()
    return RocCurve(
        fpr=fpr,
        tpr=tpr,
        thresholds=thresholds,
        auc=found.auc,
        std_error=interval.std_error,
        low=interval.low,
        high=interval.high,
        level=level,
        gini=2.0 * found.auc - 1.0,
        ks=found.ks,
        ks_threshold=found.ks_threshold,
        events=total_events,
        nonevents=total_nonevents,
        interval=interval.kind,
        area_lost=found.curve.area_lost,
        auc_bound=found.tied if in_bins else 0.0,
    )
