"""A card month by month: applicants, their scores, and outcomes as far as they were known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from logitkit.diagnostics.rows.proportions import effective_observations, wilson_interval
from logitkit.engine.law import NORMAL
from logitkit.scorecard.monitoring.card_stability import CardDrift, card_drift
from logitkit.scorecard.monitoring.counted import CodedRows, Counted
from logitkit.scorecard.monitoring.index import Resampled
from logitkit.scorecard.monitoring.limits import Alarm, GiniAtDevelopment, Limits, first_alarms
from logitkit.scorecard.monitoring.periods import Periods
from logitkit.scorecard.target import Target
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.weighting import UNWEIGHTED, Weighting, weighting_of
from logitkit.typing import BoolArray

__all__ = ["Cohort", "Monitor", "cohort_of", "monitored"]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Outcomes of the applicants of a period.

    Parameters
    ----------
    period : str
        The period in which they applied.
    known_in : str
        The period in which all of their outcomes were known.
    n, bad : float
        Rows with a score and an outcome, and the bad ones among them: sums of weights.
    expected : float
        Number of bad rows that the card predicts.
    rate, rate_low, rate_high : float
        Bad rate with its Wilson interval.
    z, p_value : float
        Bad minus expected bad rows, over the standard error from the predicted probabilities; and its p-value.
    gini, gini_low, gini_high, ks : float
        Gini coefficient with DeLong's interval, and KS; nan without both outcomes.
    """

    period: str
    known_in: str
    n: float
    bad: float
    expected: float
    rate: float
    rate_low: float
    rate_high: float
    z: float
    p_value: float
    gini: float
    gini_low: float
    gini_high: float
    ks: float


@dataclass(frozen=True, eq=False)
class Monitor:
    """A card over time.

    Parameters
    ----------
    names : tuple of str
        Variables of the card.
    periods : tuple of str
        The periods, in order.
    drifts : tuple of CardDrift
        Drift of the applicants of each period from the base.
    cohorts : tuple of Cohort
        Cohorts whose outcomes are known, in the order in which they became known.
    alarms : tuple of Alarm
        The first time that each measure reached its limit, in the order in which this was known.
    limits : Limits
        The stated limits.
    level : float
        Confidence level of the intervals.
    gini : GiniAtDevelopment
        Gini coefficient among the rows from which the card was made.
    weighting : Weighting
        Meaning of the weights of the applicants.
    """

    names: tuple[str, ...]
    periods: tuple[str, ...]
    drifts: tuple[CardDrift, ...]
    cohorts: tuple[Cohort, ...]
    alarms: tuple[Alarm, ...]
    limits: Limits
    level: float
    gini: GiniAtDevelopment = GiniAtDevelopment()  # noqa: RUF009 - frozen
    weighting: Weighting = UNWEIGHTED


def monitored(
    rows: CodedRows,
    base: tuple[tuple[float, ...], Counted],
    periods: Periods,
    cohorts: Sequence[tuple[Cohort, int]],
    limits: tuple[Limits, GiniAtDevelopment],
    resampled: Resampled,
) -> Monitor:
    """Return a card over time.

    Parameters
    ----------
    rows : CodedRows
        All rows by bin and points.
    base : (cuts, Counted)
        Points at which groups begin, and the sample with which others are compared.
    periods : Periods
        The period of each row.
    cohorts : sequence of (Cohort, int)
        Outcomes of applicants, and the number of the period in which they were known.
    limits : (Limits, GiniAtDevelopment)
        The limits of alarms.
    resampled : Resampled
        Level, replicates and seed of the intervals.

    Returns
    -------
    Monitor
    """
    cuts, first = base
    drifts = [
        card_drift(rows.card, cuts, first, rows.counted(cuts, periods.codes == i), resampled)
        for i in range(len(periods.labels))
    ]
    ordered = sorted(cohorts, key=lambda each: each[1])
    stated, gini = limits
    alarms = first_alarms(stated, gini.limit_of(stated), periods, drifts, ordered)
    return Monitor(
        rows.card.names,
        periods.labels,
        tuple(drifts),
        tuple(cohort for cohort, _ in ordered),
        alarms,
        stated,
        resampled.level,
        gini,
        weighting_of(rows.given, rows.points.size),
    )


def cohort_of(
    rows: CodedRows, target: Target, member: BoolArray, words: tuple[str, str], level: float
) -> Cohort | None:
    """Return outcomes of the applicants of a period; None if none has a score and an outcome.

    Parameters
    ----------
    rows : CodedRows
        All rows.
    target : Target
        The rows that are bad.
    member : (n,) array of bool
        True for applicants of the period.
    words : (str, str)
        The period, and that in which the outcomes were known.
    level : float
        Confidence level of the intervals.
    """
    own = member[target.rows] & ~np.isnan(rows.points[target.rows])
    if not own.any():
        return None
    places, bad = target.rows[own], target.bad[own]
    safer = 1 if rows.card.scaling.points_to_double > 0 else -1
    weights = None if rows.given is None else rows.given.at(places)
    scored = ScoredRows(rows.points[places], rows.log_odds[places], bad, safer, weights=weights)
    chance, spread = scored.probability, scored.spread
    n, n_bad, expected = scored.n, scored.n_bad, float(scored.w @ chance)
    rate, size = np.array([scored.rate]), np.array([float(n)])
    noise = float(spread @ (chance * (1.0 - chance)))
    if scored.sampling:
        # Rows may be sampled by their outcomes: what they are off by is then not what the probabilities say.
        noise = float(spread @ (bad - chance) ** 2)
        size = effective_observations(rate, size, *(np.array([spread[some].sum()]) for some in (bad, ~bad)))
    low, high = wilson_interval(rate, size, level)
    z = (n_bad - expected) / float(np.sqrt(noise))
    p_value = float(NORMAL.two_sided(np.array(z)))
    nan = float("nan")
    ranks = (nan, nan, nan, nan)
    if 0 < n_bad < n:
        curve = scored.curve(level)
        ranks = (curve.gini, 2.0 * curve.low - 1.0, 2.0 * curve.high - 1.0, curve.ks)
    return Cohort(*words, n, n_bad, expected, scored.rate, float(low[0]), float(high[0]), z, p_value, *ranks)
