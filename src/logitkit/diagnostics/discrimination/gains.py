r"""Gains: how many of the events are among the rows with the highest scores, by depth, with lift.

The cumulative accuracy profile (CAP) has the proportion of rows called events on one axis and the proportion of the
events among them on the other; it is the ROC curve with the rows in the place of the non-events, and its accuracy ratio
is the Gini coefficient. Rows of one score are passed together, so that at a depth within them events are shared evenly:
what random order of ties gives on average. The lift of a group is its rate over the rate of all rows.

References
----------
Engelmann, B., Hayden, E. and Tasche, D. (2003) Testing rating accuracy. Risk 16, 82-86.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.discrimination.curves import BY_EVENT, discrimination
from logitkit.diagnostics.discrimination.precision_recall import require_event
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import rows_in_order
from logitkit.diagnostics.rows.proportions import wilson_interval
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.models.links import LOGIT
from logitkit.numerics.pooled import Pooled, pooled
from logitkit.options import is_count
from logitkit.typing import FloatArray

__all__ = ["Gains", "gains"]


@dataclass(frozen=True, eq=False)
class Gains:
    """Gains and lift: events among the rows with the highest predicted probabilities.

    Parameters
    ----------
    depth : (G,) array
        Cumulative proportion of rows at the end of each group, the highest scores first.
    thresholds : (G,) array
        Smallest predicted probability in each group.
    rows, events : (G,) array
        Total weight of each group, and of the events in it.
    rate, rate_low, rate_high : (G,) array
        Proportion of events with its Wilson interval; limits are nan if weights do not count independent observations.
    lift, cumulative_lift : (G,) array
        Event rate of the group, and of all rows up to its end, divided by the overall event rate.
    captured : (G,) array
        Cumulative proportion of the events at the end of each group.
    accuracy_ratio, ratio_low, ratio_high : float
        Accuracy ratio of the profile, which equals the Gini coefficient 2 AUC - 1, with DeLong's interval.
    ks, ks_depth, ks_threshold : float
        Kolmogorov-Smirnov distance between the score distributions of events and non-events, with the depth and the
        predicted probability at which it is attained.
    cap_rows, cap_events : (k,) array
        Points of the cumulative accuracy profile, from (0, 0) to (1, 1).
    base : float
        Overall event rate.
    level : float
        Confidence level.
    in_sample : bool
        Whether the rows are those of the fit.
    left_out : LeftOut
        Number of rows given, used and left out.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = gains(fit.record, fit.design, 5)
    >>> float(found.captured[-1]), round(float(found.events.sum()), 9)
    (1.0, 59.0)
    """

    depth: FloatArray
    thresholds: FloatArray
    rows: FloatArray
    events: FloatArray
    rate: FloatArray
    rate_low: FloatArray
    rate_high: FloatArray
    lift: FloatArray
    cumulative_lift: FloatArray
    captured: FloatArray
    accuracy_ratio: float
    ratio_low: float
    ratio_high: float
    ks: float
    ks_depth: float
    ks_threshold: float
    cap_rows: FloatArray
    cap_events: FloatArray
    base: float
    level: float
    in_sample: bool = False
    left_out: LeftOut = EVERY_ROW

    def captured_at(self, depth: float) -> float:
        """Return the proportion of all events that are among the rows with the highest scores.

        Parameters
        ----------
        depth : float
            Proportion of rows.

        Returns
        -------
        float
            Proportion of events, read from the profile.
        """
        return float(np.interp(depth, self.cap_rows, self.cap_events))


def gains(record: FitRecord, design: Design, groups: int = 10, *, level: float | None = None) -> Gains:
    """Return the proportion of events among the rows with the highest predicted probabilities.

    Parameters
    ----------
    record : FitRecord
        The fit of an event.
    design : Design
        Rows with their outcome.
    groups : int, default 10
        Number of groups of equal weight.
    level : float, optional
        Confidence level; that of the fit by default.

    Returns
    -------
    Gains
        The table, and the cumulative accuracy profile.

    Raises
    ------
    DataError
        If there are fewer than two groups, or no events or non-events.
    UnsupportedError
        If the model has several outcomes.

    Examples
    --------
    Without predictors every group has the same rate:

    >>> import logitkit as lk
    >>> fit = lk.logit_matrix(np.ones((4, 1)), [0, 0, 0, 1], names=["Intercept"])
    >>> gains(fit.record, fit.design, 2).lift.tolist()
    [1.0, 1.0]
    """
    require_event(record, "Lift")
    if not is_count(groups, 2) or groups > 1000:
        raise DataError(f"groups={groups!r:.60} must be a whole number from 2 to 1000.")
    found = discrimination(record, design, level=level)
    curve = found.curve
    total = curve.events + curve.nonevents
    called, base = curve.called, curve.events / total
    depth = np.arange(1, groups + 1) / groups
    with rows_in_order(record, design, found.in_sample, [BY_EVENT]) as ordered:
        thresholds, captured = _at_depths(pooled(ordered.blocks(0)), ordered.totals[0], depth)
    events = curve.events * np.diff(captured, prepend=0.0)
    rows = np.full(groups, total / groups)
    rate = np.clip(events / rows, 0.0, 1.0)
    counts = design.sample.response.counts_independently
    low, high = wilson_interval(rate, rows if counts else np.full(groups, math.nan), found.level)
    at_ks = int(np.abs(curve.tpr - curve.fpr).argmax())
    return Gains(
        depth=depth,
        thresholds=thresholds,
        rows=rows,
        events=events,
        rate=rate,
        rate_low=low,
        rate_high=high,
        lift=rate / base,
        cumulative_lift=captured / depth,
        captured=captured,
        accuracy_ratio=found.gini,
        ratio_low=2.0 * found.low - 1.0,
        ratio_high=2.0 * found.high - 1.0,
        ks=curve.ks,
        ks_depth=float(called[at_ks]),
        ks_threshold=curve.ks_threshold,
        cap_rows=called,
        cap_events=curve.tpr,
        base=base,
        level=found.level,
        in_sample=found.in_sample,
        left_out=found.left_out,
    )


def _at_depths(blocks: Iterable[Pooled], totals: FloatArray, depth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the probability at each depth, and the proportion of the events down to it, of ascending scores."""
    total, seen, above = float(totals.sum()), 0.0, float(totals[0])
    targets = np.maximum((1.0 - depth) * total, 0.0)
    scores, events = np.full(depth.size, -np.inf), np.full(depth.size, above)
    for block in blocks:
        weight = block.sums.sum(axis=0)
        ends = seen + np.cumsum(weight)
        here = np.flatnonzero((targets >= seen * (1.0 - 1e-12)) & (targets < ends[-1]))
        place = np.minimum(np.searchsorted(ends, targets[here], side="right"), ends.size - 1)
        left = np.where(weight[place] > 0.0, (ends[place] - targets[here]) / np.maximum(weight[place], 1e-300), 0.0)
        later = above - np.cumsum(block.sums[0])  # events above each score
        scores[here], events[here] = block.scores[place], later[place] + block.sums[0][place] * np.minimum(left, 1.0)
        seen, above = float(ends[-1]), float(later[-1])
    return LOGIT.inverse(scores), events / float(totals[0])
