r"""What is called an event at each of several thresholds, and the rates that this gives, each with its interval.

A row is called an event where its predicted probability is at least the threshold. With TP of the m events and FP of
the n non-events called, sensitivity is TP / m, specificity 1 - FP / n, the predictive values are TP / (TP + FP) and
TN / (TN + FN), or by Bayes' rule for a prevalence that is given; intervals are Wilson's. Intervals of predictive values
by a given prevalence take the limits of sensitivity and specificity, which is conservative.

With ``corrected``, the probability of each observation is the one-step estimate from all others, as SAS has it in
CTABLE: with :math:`q = x'Vx` and :math:`v = p (1 - p)` its log odds are
:math:`\eta - q (y - p) / (1 - v q)` (Pregibon). Without it a table of the rows of the fit flatters.

References
----------
Pregibon, D. (1981) Logistic regression diagnostics. Annals of Statistics 9, 705-724. SAS, PROC LOGISTIC, Classification
Table. Wilson, E. B. (1927) JASA 22, 209-212.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.discrimination.curves import BY_EVENT
from logitkit.diagnostics.discrimination.precision_recall import require_event
from logitkit.diagnostics.residuals.influence import influence
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import RowFacts, row_facts, rows_in_order
from logitkit.diagnostics.rows.proportions import wilson_interval
from logitkit.diagnostics.rows.ranking import ROUNDING, predicted_rows
from logitkit.engine.law import require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.models.links import LOGIT
from logitkit.numerics.pooled import Pooled, pooled
from logitkit.options import is_finite_number, listed, require_flag
from logitkit.typing import FloatArray

__all__ = [
    "ClassificationTable",
    "Rates",
    "called_at",
    "classification_table",
    "rates_of",
    "require_prevalence",
    "thresholds_asked",
]


@dataclass(frozen=True, eq=False)
class Rates:
    """Rates at k thresholds, each with its interval; shape (3, k): estimate, lower and upper limit.

    Parameters
    ----------
    correct, sensitivity, specificity : (3, k) array
        Proportion correctly classified among all rows, among events and among non-events.
    positive_predictive_value, negative_predictive_value : (3, k) array
        Proportion of events among predicted events, and of non-events among predicted non-events; nan if none.

    Examples
    --------
    >>> rates_of(np.array([8.0]), np.array([1.0]), 10.0, 20.0, 0.95).sensitivity[0].tolist()
    [0.8]
    """

    correct: FloatArray
    sensitivity: FloatArray
    specificity: FloatArray
    positive_predictive_value: FloatArray
    negative_predictive_value: FloatArray


@dataclass(frozen=True, eq=False)
class ClassificationTable:
    """Classification at several thresholds.

    Parameters
    ----------
    thresholds : (k,) array
        Threshold probabilities.
    true_events, false_events, true_nonevents, false_nonevents : (k,) array
        Total weight of true and false positives, and of true and false negatives.
    rates : Rates
        Rates with intervals; limits are nan if weights do not count independent observations.
    prevalence : float or None
        Prevalence used for the predictive values, if it is not that of the rows.
    corrected : bool
        Whether each observation is predicted from all other observations.
    level : float
        Confidence level.
    in_sample : bool
        Whether the rows are those of the fit.
    left_out : LeftOut
        Number of rows given, used and left out.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + C(race) + smoke + ptl + ht + ui", lk.datasets.load_lbw())
    >>> classification_table(fit.record, fit.design, [0.5]).true_events.tolist()
    [21.0]
    """

    thresholds: FloatArray
    true_events: FloatArray
    false_events: FloatArray
    true_nonevents: FloatArray
    false_nonevents: FloatArray
    rates: Rates
    prevalence: float | None
    corrected: bool
    level: float
    in_sample: bool = False
    left_out: LeftOut = EVERY_ROW


def thresholds_asked(given: Any) -> FloatArray:
    """Check thresholds, and return them in ascending order.

    Parameters
    ----------
    given : float or sequence of float
        Thresholds, each strictly between 0 and 1.

    Returns
    -------
    (k,) array
        The distinct thresholds.

    Raises
    ------
    DataError
        If a value is anything else.

    Examples
    --------
    >>> thresholds_asked([0.5, 0.1]).tolist()
    [0.1, 0.5]
    """
    values = [given] if is_finite_number(given) else listed(given)
    if not values or not all(is_finite_number(each) and 0.0 < each < 1.0 for each in values):
        raise DataError(f"thresholds={given!r:.60} must be probabilities between 0 and 1, both excluded.")
    return np.unique(np.asarray(values, dtype=np.float64))


def called_at(blocks: Iterable[Pooled], totals: FloatArray, cuts: FloatArray) -> FloatArray:
    """Return the total weight of events and of non-events with scores at or above each cut.

    Parameters
    ----------
    blocks : iterable of Pooled
        Distinct scores in ascending order, with the weight of events and of non-events at each.
    totals : (2,) array
        Total weight of events and of non-events.
    cuts : (k,) array
        Cuts, on the scale of the scores.

    Returns
    -------
    (2, k) array
        Weight of events and of non-events.

    Examples
    --------
    >>> block = Pooled(np.array([0.0, 1.0]), np.array([[1.0, 2.0], [3.0, 0.0]]))
    >>> called_at([block], np.array([3.0, 3.0]), np.array([0.5, 1.0])).tolist()
    [[2.0, 2.0], [0.0, 0.0]]
    """
    below = np.zeros((2, cuts.size))
    for block in blocks:
        place = np.searchsorted(block.scores, cuts, side="left")
        sums = np.concatenate([np.zeros((2, 1)), np.cumsum(block.sums, axis=1)], axis=1)
        below += sums[:, place]
    left = totals[:, None] - below
    return np.where(left > ROUNDING * totals[:, None], left, 0.0)  # sums of weights that are no counts are not exact


def rates_of(
    true: FloatArray,
    false: FloatArray,
    events: float,
    nonevents: float,
    level: float,
    *,
    counts: bool = True,
    prevalence: float | None = None,
) -> Rates:
    """Return classification rates from the numbers of true and false positives.

    Parameters
    ----------
    true, false : (k,) array
        Weight of true positives and of false positives.
    events, nonevents : float
        Total weight of events and of non-events.
    level : float
        Confidence level.
    counts : bool, default True
        Whether weights count independent observations; if not, limits are nan.
    prevalence : float, optional
        Prevalence for the predictive values and the proportion correct; that of the rows by default.

    Returns
    -------
    Rates
        Rates with Wilson intervals.

    Examples
    --------
    By Bayes' rule, a rare event has a small predictive value:

    >>> found = rates_of(np.array([9.0]), np.array([1.0]), 10.0, 10.0, 0.95, prevalence=0.01)
    >>> round(float(found.positive_predictive_value[0, 0]), 4)
    0.0833
    """

    def of(part: FloatArray, whole: FloatArray) -> FloatArray:
        rate = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            low, high = wilson_interval(rate, np.where(whole > 0.0, whole, np.nan) if counts else whole * np.nan, level)
        return np.stack([rate, low, high])

    size = np.ones_like(true)
    sensitivity = of(true, events * size)
    specificity = of(nonevents - false, nonevents * size)
    if prevalence is None:
        correct = of(true + nonevents - false, (events + nonevents) * size)
        positive = of(true, true + false)
        negative = of(nonevents - false, events + nonevents - true - false)
        return Rates(correct, sensitivity, specificity, positive, negative)
    share = prevalence
    with np.errstate(invalid="ignore", divide="ignore"):
        wrong = 1.0 - specificity
        positive = share * sensitivity / (share * sensitivity + (1.0 - share) * wrong)
        negative = (1.0 - share) * specificity / ((1.0 - share) * specificity + share * (1.0 - sensitivity))
    return Rates(share * sensitivity + (1.0 - share) * specificity, sensitivity, specificity, positive, negative)


def classification_table(
    record: FitRecord,
    design: Design,
    thresholds: Any = None,
    *,
    corrected: bool = False,
    prevalence: float | None = None,
    level: float | None = None,
) -> ClassificationTable:
    """Return classification tables at several thresholds.

    Parameters
    ----------
    record : FitRecord
        The fit of an event.
    design : Design
        Rows with their outcome.
    thresholds : sequence of float, optional
        Threshold probabilities; 0.05, 0.10, ..., 0.95 by default.
    corrected : bool, default False
        Whether to predict each observation of the fit from all others, by a one-step approximation.
    prevalence : float, optional
        Prevalence for the predictive values; the proportion of events in the rows by default.
    level : float, optional
        Confidence level; that of the fit by default.

    Returns
    -------
    ClassificationTable
        Counts and rates with intervals.

    Raises
    ------
    DataError
        If a threshold is outside (0, 1), or only one outcome occurs.
    UnsupportedError
        If there are several outcomes, or a correction is requested for rows other than those of the fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> plain, corrected = (
    ...     classification_table(fit.record, fit.design, [0.4], corrected=each) for each in (False, True)
    ... )
    >>> bool(corrected.true_events[0] <= plain.true_events[0])
    True
    """
    require_event(record, "A threshold")
    level = record.level if level is None else level
    require_level(level)
    require_flag("corrected", corrected)
    cuts = np.arange(1, 20) / 20 if thresholds is None else thresholds_asked(thresholds)
    share = require_prevalence(prevalence)
    own = is_sample(record, design)
    with np.errstate(divide="ignore"):
        at = LOGIT.link(cuts)
    if corrected:
        if not own:
            raise UnsupportedError(
                "The correction takes each observation out of the fit: it is of the rows of the fit. Other rows need "
                "none."
            )
        (true, false), totals, facts = design.reduce(_LeftOutOne(record, at), _both)
        left_out = facts.left_out(design)
    else:
        with rows_in_order(record, design, own, [BY_EVENT]) as rows:
            totals = rows.totals[0]
            true, false = called_at(pooled(rows.blocks(0)), totals, at - ROUNDING * np.maximum(1.0, np.abs(at)))
            left_out = rows.facts.left_out(design)
    events, nonevents = (float(each) for each in totals)
    if events <= 0.0 or nonevents <= 0.0:
        raise DataError(
            f"The rows hold {events:g} events and {nonevents:g} non-events by weight; a classification needs both."
        )
    counts = design.sample.response.counts_independently
    return ClassificationTable(
        thresholds=cuts,
        true_events=true,
        false_events=false,
        true_nonevents=nonevents - false,
        false_nonevents=events - true,
        rates=rates_of(true, false, events, nonevents, level, counts=counts, prevalence=share),
        prevalence=share,
        corrected=corrected,
        level=level,
        in_sample=own,
        left_out=left_out,
    )


def require_prevalence(given: Any) -> float | None:
    """Check a prevalence, and return it.

    Parameters
    ----------
    given : float or None
        Prevalence strictly between 0 and 1, or None.

    Returns
    -------
    float or None
        The given value.

    Raises
    ------
    DataError
        If the value is anything else.

    Examples
    --------
    >>> require_prevalence(0.1)
    0.1
    """
    if given is None:
        return None
    if not is_finite_number(given) or not 0.0 < given < 1.0:
        raise DataError(f"prevalence={given!r:.60} must be a proportion between 0 and 1, both excluded.")
    return float(given)


@dataclass(frozen=True)
class _LeftOutOne:
    """What is called an event where each observation is predicted from all others."""

    record: FitRecord
    cuts: FloatArray

    def __call__(self, part: Design) -> tuple[FloatArray, FloatArray, RowFacts]:
        """Return it over some rows, with the totals of events and non-events."""
        record, cuts = self.record, self.cuts
        rows = predicted_rows(record, part, True)
        if not getattr(record.family, "is_logit", False):
            raise UnsupportedError(
                "The one-step correction is that of the logit link: see fit.validate() for any other."
            )
        p, weights = rows.probability[1], rows.weights
        v = p * (1.0 - p)
        leverage = influence(record, part).outcome_leverage[rows.order]
        own = leverage / rows.response.row_weights  # of one trial, v q
        q = np.divide(own, v, out=np.zeros_like(v), where=v > 0.0)
        called = []
        for outcome, counted in ((1.0, weights * rows.shares[1]), (0.0, weights * rows.shares[0])):
            eta = rows.log_odds[1] - q * (outcome - p) / np.maximum(1.0 - own, 1e-12)
            order = np.argsort(eta, kind="stable")
            sums = np.append(0.0, np.cumsum(counted[order]))
            place = np.searchsorted(eta[order], cuts - ROUNDING * np.maximum(1.0, np.abs(cuts)), side="left")
            called.append(sums[-1] - sums[place])
        return np.stack(called), rows.totals[::-1], row_facts(rows, part)


Called = tuple[FloatArray, FloatArray, RowFacts]


def _both(one: Called, other: Called) -> Called:
    """Return what is called an event in the rows of both."""
    return one[0] + other[0], one[1] + other[1], one[2].plus(other[2])
