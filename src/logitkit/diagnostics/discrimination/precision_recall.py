r"""Precision against recall, and average precision with its interval.

With :math:`N_k` the weight of rows that score at least as high as score k and :math:`p_k` the proportion of events
among them, the average precision is the mean of :math:`p_k` over events,

.. math:: A = \frac1M \sum_k e_k p_k.

More weight w on a row changes it by :math:`\partial A / \partial w = \{y (p_k - A) + y a_k - b_k\} / M` with
:math:`a_k = \sum_{j \le k} e_j / N_j` and :math:`b_k = \sum_{j \le k} e_j p_j / N_j` over the scores up to its own; the
variance is n / (n - 1) times the sum of their squares, that of events and non-events drawn together, and the interval
is symmetric on the scale of the log odds of A (``docs/maths/discrimination.md``, equations 7 and 8).

The curve is not joined by straight lines: between two points precision does not change along one, and the area below
such lines is too large (Davis and Goadrich).

References
----------
Boyd, K., Eng, K. H. and Page, C. D. (2013) Area under the precision-recall curve: point estimates and confidence
intervals. ECML PKDD, 451-466. Davis, J. and Goadrich, M. (2006) The relationship between precision-recall and ROC
curves. ICML, 233-240. scikit-learn, ``average_precision_score``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.discrimination.curves import BY_EVENT
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import rows_in_order
from logitkit.engine.law import NORMAL, require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.models.links import LOGIT
from logitkit.numerics.pooled import Pooled, pooled
from logitkit.typing import FloatArray

__all__ = ["PrecisionRecall", "precision_recall", "require_event"]

POINTS_MOST = 10_000


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """Precision and recall at each threshold.

    Parameters
    ----------
    recall, precision, thresholds : (k,) array
        Proportion of events at or above each threshold, proportion of events among the rows at or above it, and the
        threshold itself, a probability. Thresholds are in descending order, with at most 10,000 points.
    average_precision, std_error, low, high : float
        Mean precision over events, with its standard error and interval; these are nan if weights do not count
        independent observations.
    rate : float
        Proportion of events, which is the precision of uninformative scores.
    events, nonevents : float
        Total weight of events and of non-events.
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
    >>> found = precision_recall(fit.record, fit.design)
    >>> found.low < found.average_precision < found.high
    True
    """

    recall: FloatArray
    precision: FloatArray
    thresholds: FloatArray
    average_precision: float
    std_error: float
    low: float
    high: float
    rate: float
    events: float
    nonevents: float
    level: float
    in_sample: bool = False
    left_out: LeftOut = EVERY_ROW


def require_event(record: FitRecord, what: str) -> None:
    """Raise an error if a measure requires an event and the model has none.

    Parameters
    ----------
    record : FitRecord
        The fit.
    what : str
        Name of the measure, as the subject of a sentence.

    Raises
    ------
    UnsupportedError
        If there are several outcomes, or the outcome is a fraction.

    Examples
    --------
    >>> import logitkit as lk
    >>> require_event(lk.logit("low ~ age", lk.datasets.load_lbw()).record, "Precision")
    """
    require(record, "discrimination")
    if not record.has_event:
        raise UnsupportedError(
            f"{record.family.words.title}: {what[0].lower()}{what[1:]} is of an event, and there are several outcomes: "
            "see fit.discrimination() and fit.classification(), which have each of them."
        )


def precision_recall(record: FitRecord, design: Design, *, level: float | None = None) -> PrecisionRecall:
    """Return the precision and recall of predictions of an event.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    level : float, optional
        Confidence level; that of the fit by default.

    Returns
    -------
    PrecisionRecall
        The curve and the average precision.

    Raises
    ------
    UnsupportedError
        If the model has several outcomes.
    DataError
        If there are no events or no non-events.

    Examples
    --------
    The precision of uninformative scores is the proportion of events:

    >>> import logitkit as lk
    >>> fit = lk.logit_matrix(np.ones((4, 1)), [0, 0, 0, 1], names=["Intercept"])
    >>> precision_recall(fit.record, fit.design).average_precision
    0.25
    """
    require_event(record, "Precision")
    level = record.level if level is None else level
    require_level(level)
    own = is_sample(record, design)
    with rows_in_order(record, design, own, [BY_EVENT]) as rows:
        events, nonevents = (float(each) for each in rows.totals[0])
        if events <= 0.0 or nonevents <= 0.0:
            raise DataError(
                f"The rows hold {events:g} events and {nonevents:g} non-events by weight; precision needs both."
            )
        sums = _Sums(events, nonevents)
        for block in pooled(rows.blocks(0)):
            sums.add(block)
        facts = rows.facts
    area, error = sums.mean, math.nan
    low = high = math.nan
    if design.sample.response.counts_independently and events > 1.0:
        error = sums.error()
        if 0.0 < area < 1.0:
            half = float(NORMAL.quantile(level)) * error / (area * (1.0 - area))
            centre = math.log(area / (1.0 - area))
            low, high = (float(LOGIT.inverse(np.array(centre + side * half))) for side in (-1.0, 1.0))
    recall, precision, scores = sums.points()
    return PrecisionRecall(
        recall=recall,
        precision=precision,
        thresholds=LOGIT.inverse(scores),
        average_precision=area,
        std_error=error,
        low=low,
        high=high,
        rate=events / (events + nonevents),
        events=events,
        nonevents=nonevents,
        level=level,
        in_sample=own,
        left_out=facts.left_out(design),
    )


class _Sums:
    """What is summed over ascending scores."""

    def __init__(self, events: float, nonevents: float) -> None:
        self.totals = np.array([events, nonevents])
        self._seen = np.zeros(2)
        self._a = self._b = 0.0
        self._first = self._second = self._others = self._area = 0.0
        self._parts: list[FloatArray] = []

    def add(self, block: Pooled) -> None:
        """Take the next scores."""
        used = block.sums.sum(axis=0) > 0.0
        scores, (e, n) = block.scores[used], block.sums[:, used]
        later = np.maximum(self.totals - self._seen - np.array([e.sum(), n.sum()]), 0.0)
        true = later[0] + np.cumsum(e[::-1])[::-1]
        reached = true + later[1] + np.cumsum(n[::-1])[::-1]
        precision = true / reached
        a, b = self._a + np.cumsum(e / reached), self._b + np.cumsum(e * precision / reached)
        of_events = precision + a - b
        self._area += float(e @ precision)
        self._first += float(e @ of_events)
        self._second += float(e @ of_events**2)
        self._others += float(n @ b**2)
        if scores.size:
            self._a, self._b = float(a[-1]), float(b[-1])
            self._parts.append(_thinned(np.stack([true / self.totals[0], precision, scores])))
        self._seen = self._seen + np.array([e.sum(), n.sum()])

    @property
    def mean(self) -> float:
        """The average precision."""
        return min(self._area / float(self.totals[0]), 1.0)

    def error(self) -> float:
        """Return its standard error."""
        m, total, area = float(self.totals[0]), float(self.totals.sum()), self.mean
        squares = self._second - 2.0 * area * self._first + m * area**2 + self._others
        return math.sqrt(max(squares, 0.0) * total / (total - 1.0)) / m

    def points(self) -> FloatArray:
        """Return recall, precision and scores, from the highest score on."""
        return _thinned(np.concatenate(self._parts, axis=1))[:, ::-1]


def _thinned(points: FloatArray) -> FloatArray:
    """Return at most 10,000 points, evenly by recall, the first and the last among them."""
    if points.shape[1] <= POINTS_MOST:
        return points
    recall = points[0]
    places = np.searchsorted(-recall, -np.linspace(recall[0], recall[-1], POINTS_MOST - 1))
    kept = np.unique(np.append(np.minimum(places, recall.size - 1), [0, recall.size - 1]))
    return points[:, kept]
