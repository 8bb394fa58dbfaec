r"""How well predictions tell outcomes apart: ROC curves, areas of one against the rest, and Hand and Till's measure.

With :math:`A(a|b)` the probability that of one row with outcome a and one with outcome b the first has the larger
predicted probability of a (ties count half), Hand and Till's measure is

.. math:: M = \frac{1}{K (K - 1)} \sum_{a \ne b} A(a|b),

which does not depend on how frequent the outcomes are. Beside it are the areas of each outcome against all others, with
their mean, plain and weighted by frequency. Of two outcomes all of these are the area under the curve of the event.

Errors are DeLong's. The area of one outcome has those of its curve. A mean of areas is a sum over trials as
well: with :math:`C_{ij}` what trial i, of outcome j, adds to it, as deviation from its mean and over the number of
trials that this mean is of, the variance is :math:`\sum_i C_{ij}^2`; for M these are the sample variances of the K
outcomes, each over its number of trials. The mean by frequency takes the frequencies as given
(``docs/maths/outcome_diagnostics.md``, equation 7).

References
----------
Hand, D. J. and Till, R. J. (2001) A simple generalisation of the area under the ROC curve for multiple class
classification problems. Machine Learning 45, 171-186, equation 7.
DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988) Biometrics 44, 837-845.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.discrimination.area_interval import IntervalKind
from logitkit.diagnostics.discrimination.area_means import Area, mean_areas, mean_areas_in_passes
from logitkit.diagnostics.discrimination.dependent import with_dependence
from logitkit.diagnostics.discrimination.roc import POINTS_MOST, RocCurve, curve_of
from logitkit.diagnostics.discrimination.scored_fits import errors_of
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import Ranking, row_facts, rows_in_order
from logitkit.diagnostics.rows.ranking import PredictedRows, RankedRows, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.models.links import LOGIT
from logitkit.numerics.pooled import Pooled, pooled
from logitkit.options import is_count
from logitkit.typing import FloatArray, IntArray

__all__ = ["Area", "Discrimination", "discrimination"]


@dataclass(frozen=True)
class Discrimination:
    """ROC curves of K outcomes and the areas under them.

    In a model of an event there is one curve. Its ``fpr``, ``tpr``, ``thresholds``, ``ks``, ``ks_threshold``,
    ``events`` and ``nonevents`` are also attributes of this object.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    hand_till : Area
        Hand and Till's M, over the pairs of outcomes that occur; in a model of an event, the area under its curve.
    macro, weighted : Area
        Mean of the areas of each outcome against all others, unweighted and weighted by frequency, over the outcomes
        that occur.
    curves : mapping of str to RocCurve
        Curve of each outcome that occurs against all others, with thresholds on the probability scale; in a model of an
        event, only the curve of the event.
    pairwise : (K, K) array
        Hand and Till's A(a|b) in row a and column b; nan on the diagonal and for outcomes that do not occur.
    totals : (K,) array
        Weighted trials of each outcome.
    level : float
        Confidence level.
    absent : tuple of str
        Outcomes of the model that do not occur in the rows.
    undetermined : int
        Number of rows left out because separation leaves their prediction undetermined.
    left_out : LeftOut
        Number of rows given, used and left out.
    in_sample : bool
        Whether the rows are those of the fit. The area is then apparent, and usually too large.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> found = discrimination(fit.record, fit.design)
    >>> bool(np.isclose(found.auc, np.nanmean(found.pairwise)))
    True
    """

    outcomes: tuple[str, ...]
    hand_till: Area
    macro: Area
    weighted: Area
    curves: Mapping[str, RocCurve]
    pairwise: FloatArray
    totals: FloatArray
    level: float
    absent: tuple[str, ...]
    undetermined: int = 0
    left_out: LeftOut = EVERY_ROW
    in_sample: bool = False

    @property
    def of_event(self) -> bool:
        """Whether the model predicts a single event and so has one curve."""
        return len(self.curves) == 1

    @property
    def curve(self) -> RocCurve:
        """The curve of the event."""
        if not self.of_event:
            first = next(iter(self.curves))
            raise UnsupportedError(
                f"With several outcomes there is one curve per outcome: take one of them, as in curves[{first!r}]."
            )
        return next(iter(self.curves.values()))

    @property
    def auc(self) -> float:
        """Area under the curve of the event; with several outcomes, Hand and Till's M."""
        return self.hand_till.estimate

    @property
    def std_error(self) -> float:
        """Standard error of the area."""
        return self.hand_till.std_error

    @property
    def low(self) -> float:
        """Lower confidence limit of the area."""
        return self.hand_till.low

    @property
    def high(self) -> float:
        """Upper confidence limit of the area."""
        return self.hand_till.high

    @property
    def interval(self) -> IntervalKind:
        """Method for the limits of the area, or the reason why there are none."""
        return self.hand_till.interval

    @property
    def gini(self) -> float:
        """Gini coefficient, 2 AUC - 1, which equals Somers' D."""
        return 2.0 * self.auc - 1.0

    @property
    def auc_bound(self) -> float:
        """Bound on the error of the area if scores were pooled in bins; zero if the area is exact."""
        return max(curve.auc_bound for curve in self.curves.values())

    @property
    def area_lost(self) -> float:
        """Bound on the area between the full curve and its thinned version; zero if all points were kept."""
        return max(curve.area_lost for curve in self.curves.values())

    @property
    def fpr(self) -> FloatArray:
        """Proportion of non-events at or above each threshold."""
        return self.curve.fpr

    @property
    def tpr(self) -> FloatArray:
        """Proportion of events at or above each threshold."""
        return self.curve.tpr

    @property
    def thresholds(self) -> FloatArray:
        """Thresholds of the points of the curve, descending."""
        return self.curve.thresholds

    @property
    def ks(self) -> float:
        """Kolmogorov-Smirnov distance between the score distributions of events and of non-events."""
        return self.curve.ks

    @property
    def ks_threshold(self) -> float:
        """Threshold at which this distance is attained."""
        return self.curve.ks_threshold

    @property
    def events(self) -> float:
        """Total weight of the events."""
        return self.curve.events

    @property
    def nonevents(self) -> float:
        """Total weight of the non-events."""
        return self.curve.nonevents


def discrimination(
    record: FitRecord, design: Design, *, level: float | None = None, bins: int | None = None
) -> Discrimination:
    """Return how well the predictions of a fit discriminate between outcomes.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome: those of the fit, or new ones.
    level : float, optional
        Confidence level; that of the fit by default.
    bins : int, optional
        In a model of an event, pool scores in about this many bins, which avoids sorting. The area is then known to
        within ``auc_bound``. By default it is exact.

    Returns
    -------
    Discrimination
        Curves have thresholds on the probability scale. For rows that are read in chunks, curves of more than 10,000
        points are thinned, and ``area_lost`` bounds the resulting change in area.

    Raises
    ------
    DataError
        If all rows have the same outcome, or ``bins`` is not a whole number of at least 2.
    UnsupportedError
        If bins are requested for several outcomes.

    Notes
    -----
    Standard errors treat rows as independent and count frequency weights and trials as observations. With sampling
    weights or clusters, areas have linearised standard errors. With precision weights there are no standard errors, nor
    for several outcomes with sampling weights or clusters in rows that are read in chunks.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [0, 1, 2, 3, 4, 5]})
    >>> bool(np.isclose(discrimination(fit.record, fit.design).auc, 8 / 9))
    True

    Without predictors the area is one half:

    >>> fit = lk.multinomial_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"])
    >>> discrimination(fit.record, fit.design).auc
    0.5
    """
    require(record, "discrimination")
    level = record.level if level is None else level
    own, counts = is_sample(record, design), errors_of(design.sample.response, record)[0] == "counts"
    if record.has_event:
        return _of_event(record, design, own, level, bins)
    if bins is not None:
        raise UnsupportedError(
            f"bins={bins!r:.60} pools the scores of an event; with several outcomes areas are exact."
        )
    if design.stream is not None:
        return _in_passes(record, design, design.stream.memory, own, level)
    rows = predicted_rows(record, design)
    present = _present(rows.outcomes, rows.totals)
    curves = {rows.outcomes[k]: _curve(rows, int(k), level, counts) for k in present}
    pairwise, areas, curves = mean_areas(rows, curves, present, level, counts, record)
    return Discrimination(
        outcomes=rows.outcomes,
        curves=curves,
        pairwise=pairwise,
        totals=rows.totals,
        level=level,
        absent=rows.absent,
        undetermined=rows.undetermined,
        left_out=rows.left_out,
        in_sample=own,
        **areas,
    )


def _of_event(record: FitRecord, design: Design, own: bool, level: float, bins: int | None) -> Discrimination:
    """Return the curve of an event, whose area is all the areas there are."""
    if bins is not None and not is_count(bins, 2):
        raise DataError(f"bins={bins!r:.60} must be a whole number of at least 2, and at most a million.")
    points = POINTS_MOST if design.in_chunks else None
    counts = errors_of(design.sample.response, record)[0] == "counts"
    if design.stream is None and bins is None:
        held = predicted_rows(record, design)
        facts, curve = row_facts(held, design), _curve(held, 1, level, counts)
    else:
        with rows_in_order(record, design, own, [BY_EVENT], bins) as rows:
            binned = curve_of(
                pooled(rows.blocks(0)),
                rows.totals[0],
                level=level,
                independent_counts=counts,
                points=points,
                in_bins=bins is not None,
            )
            facts, curve = rows.facts, _on_probability(binned)
    if bins is None:
        curve = with_dependence(curve, record, design)
    area = Area(curve.auc, curve.std_error, curve.low, curve.high, curve.interval)
    return Discrimination(
        outcomes=facts.outcomes,
        hand_till=area,
        macro=area,
        weighted=area,
        curves={facts.outcomes[1]: curve},
        pairwise=np.where(np.eye(2, dtype=bool), np.nan, curve.auc),
        totals=facts.totals,
        level=level,
        absent=facts.absent,
        undetermined=facts.undetermined,
        left_out=facts.left_out(design),
        in_sample=own,
    )


def _in_passes(record: FitRecord, design: Design, memory: int, own: bool, level: float) -> Discrimination:
    """Return the areas of several outcomes of rows that are read in chunks."""
    counts = errors_of(design.sample.response, record)[0] == "counts"
    rankings = [Ranking(partial(_against_rest, k), _trials, with_places=True) for k in range(len(record.outcomes))]
    with rows_in_order(record, design, own, rankings) as rows:
        facts = rows.facts
        present, totals = _present(facts.outcomes, facts.totals), facts.totals
        curves = {}
        for k in present:
            events = (Pooled(each.scores, _events_of(k, each.sums)) for each in rows.blocks(k))
            both = np.array([totals[k], np.delete(totals, k).sum()])
            found = curve_of(events, both, level=level, independent_counts=counts, points=POINTS_MOST)
            curves[facts.outcomes[k]] = _on_probability(found)
        singles = np.array([curve.auc for curve in curves.values()])
        pairwise, areas = mean_areas_in_passes(rows, singles, present, level, counts, memory)
    return Discrimination(
        outcomes=facts.outcomes,
        curves=curves,
        pairwise=pairwise,
        totals=totals,
        level=level,
        absent=facts.absent,
        undetermined=facts.undetermined,
        left_out=facts.left_out(design),
        in_sample=own,
        **areas,
    )


def _present(outcomes: tuple[str, ...], totals: FloatArray) -> IntArray:
    """Return the places of the outcomes that occur, of which there must be two."""
    present = np.flatnonzero(totals > 0.0)
    if present.size < 2:
        raise DataError(
            f"All rows have the outcome {outcomes[int(present[0])]!r}; discrimination requires at least two outcomes."
        )
    return present


def _against_rest(outcome: int, rows: PredictedRows) -> RankedRows:
    return rows.against_rest(outcome)


def _trials(rows: PredictedRows, ranked: RankedRows) -> FloatArray:
    """Return the trials of each outcome, shape (K, r)."""
    return ranked.weights * rows.shares[:, ranked.place]


def _events_of(outcome: int, trials: FloatArray) -> FloatArray:
    """Return the trials of one outcome, and of all others together."""
    return np.stack([trials[outcome], np.delete(trials, outcome, axis=0).sum(axis=0)])


def _by_event(rows: PredictedRows) -> RankedRows:
    return rows.against_rest(1)


def _events(rows: PredictedRows, ranked: RankedRows) -> FloatArray:
    del rows
    return np.stack([ranked.events, ranked.nonevents])


BY_EVENT = Ranking(_by_event, _events)


def _curve(rows: PredictedRows, outcome: int, level: float, counts: bool) -> RocCurve:
    """Return the curve of an outcome against the rest."""
    block = rows.scores_of(outcome)
    return _on_probability(curve_of([block], block.sums.sum(axis=1), level=level, independent_counts=counts))


def _on_probability(found: RocCurve) -> RocCurve:
    """Return a curve of log odds with thresholds on the scale of probability."""
    thresholds = LOGIT.inverse(found.thresholds)
    thresholds[0] = np.inf
    threshold = float(LOGIT.inverse(np.array([found.ks_threshold]))[0])
    return replace(found, thresholds=thresholds, ks_threshold=threshold)
