r"""Discrimination of a card in samples: Gini, KS and the cumulative accuracy profile, each with its interval.

Areas and their errors are DeLong's (``logitkit.diagnostics.discrimination.roc``); the Gini coefficient is 2 A - 1,
and the accuracy
ratio of the CAP is the same number. KS is the largest of many distances, so that it is too large on average, by about
half a standard error; its interval is centred at the estimate less the bias that the bootstrap finds, with the variance
of the distance at the threshold where it is largest (Raghavachari 1973)
(``docs/maths/scorecard_validation.md``, equations 1 to 3).

References
----------
Raghavachari, M. (1973) Limiting distributions of Kolmogorov-Smirnov type statistics under the alternative. Annals of
Statistics 1, 67-73.
Engelmann, B., Hayden, E. and Tasche, D. (2003) Testing rating accuracy. Risk 16, 82-86.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import kolmogorov

from logitkit.diagnostics.discrimination.roc import RocCurve
from logitkit.engine.law import NORMAL
from logitkit.errors import DataError
from logitkit.scorecard.validation.outcomes import ScoredRows, Tally, group_totals
from logitkit.scorecard.weighting import UNWEIGHTED, Weighting, drawn_sums
from logitkit.typing import FloatArray

__all__ = ["CapCurve", "GiniChange", "SampleRanking", "Validation", "rank_sample", "validate_samples"]

CELLS = 1000  # of about equal size, in which rows are drawn again; whole points seldom have as many
DRAWS = 500
GRID = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True, slots=True, eq=False)
class CapCurve:
    """Cumulative accuracy profile: proportion of bads among the riskiest rows.

    Parameters
    ----------
    rows, bad : (k,) arrays
        Proportions of all rows, and of all bads, that are at least this risky.
    grid, low, high : (101,) arrays
        Proportions of rows, and pointwise bootstrap intervals of the proportion of bads there.
    rate : float
        Bad rate: the proportion of rows at which a perfect card would have reached all bads.
    """

    rows: FloatArray
    bad: FloatArray
    grid: FloatArray
    low: FloatArray
    high: FloatArray
    rate: float

    def at(self, proportion: float) -> float:
        """Return the proportion of the bads among the riskiest proportion of rows."""
        return float(np.interp(proportion, self.rows, self.bad))


@dataclass(frozen=True, slots=True, eq=False)
class SampleRanking:
    """How well a card ranks the rows of one sample.

    Parameters
    ----------
    name : str
        Name of the sample.
    n, n_bad, n_left_out : float
        Rows, bads among them, and rows without an outcome: sums of weights, whole unless these are sampling weights.
    expected : float
        Number of bads that the card predicts.
    gini, gini_error, gini_low, gini_high : float
        Gini coefficient (accuracy ratio of the CAP), with DeLong's standard error and interval.
    ks, ks_low, ks_high : float
        Largest distance between the distributions of goods and bads, with its interval.
    ks_points : float
        Points at which this distance is reached: rows with these or riskier points are below the cut.
    ks_p_value : float
        P-value of the hypothesis of equal distributions; ties make it too large.
    curve : RocCurve
        The ROC curve, with its area.
    cap : CapCurve
        Cumulative accuracy profile.
    weighting : Weighting
        Meaning of the weights of the rows.
    """

    name: str
    n: float
    n_bad: float
    n_left_out: float
    expected: float
    gini: float
    gini_error: float
    gini_low: float
    gini_high: float
    ks: float
    ks_low: float
    ks_high: float
    ks_points: float
    ks_p_value: float
    curve: RocCurve
    cap: CapCurve
    weighting: Weighting = UNWEIGHTED


@dataclass(frozen=True, slots=True, eq=False)
class GiniChange:
    """Difference of the Gini coefficients of two samples of different rows.

    Parameters
    ----------
    name, reference : str
        The samples.
    change, std_error, low, high, p_value : float
        First minus second coefficient, with a normal test that it is zero.
    """

    name: str
    reference: str
    change: float
    std_error: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, eq=False)
class Validation:
    """Discrimination of a card in one sample or several.

    Parameters
    ----------
    samples : tuple of SampleRanking
        The samples, in the order given.
    changes : tuple of GiniChange
        Change of each further sample from the first.
    level : float
        Confidence level of the intervals.
    """

    samples: tuple[SampleRanking, ...]
    changes: tuple[GiniChange, ...]
    level: float


def validate_samples(samples: Mapping[str, ScoredRows], level: float, seed: int | None = 0) -> Validation:
    """Return how well a card ranks the rows of each sample, and the change in Gini from the first to each other."""
    found = tuple(rank_sample(name, rows, level, seed) for name, rows in samples.items())
    return Validation(found, tuple(_change(sample, found[0], level) for sample in found[1:]), level)


def rank_sample(name: str, rows: ScoredRows, level: float, seed: int | None = 0) -> SampleRanking:
    """Return how well a card ranks the rows of a sample."""
    try:
        curve = rows.curve(level)
    except DataError as error:
        raise DataError(f"Sample {name!r}: {error}") from error
    widest = int(np.abs(curve.tpr - curve.fpr).argmax())
    m, n = _sizes(rows.tally)
    cap, ks_mean = _drawn(rows, curve, level, np.random.default_rng(seed))
    centre = 2.0 * curve.ks - ks_mean
    half = NORMAL.quantile(level) * math.sqrt(_distance_variance(rows, curve, widest))
    return SampleRanking(
        name=name,
        n=rows.n,
        n_bad=rows.n_bad,
        n_left_out=rows.n_left_out,
        expected=float(rows.w @ rows.probability),
        gini=curve.gini,
        gini_error=2.0 * curve.std_error,
        gini_low=2.0 * curve.low - 1.0,
        gini_high=2.0 * curve.high - 1.0,
        ks=curve.ks,
        ks_low=float(np.clip(centre - half, 0.0, 1.0)),
        ks_high=float(np.clip(centre + half, 0.0, 1.0)),
        ks_points=-rows.safer * curve.ks_threshold,
        ks_p_value=float(kolmogorov(math.sqrt(m * n / (m + n)) * curve.ks)),
        curve=curve,
        cap=cap,
        weighting=rows.weighting,
    )


def _sizes(tally: Tally) -> tuple[float, float]:
    """Return the effective numbers of bads and of goods (Kish), which are the counts where weights count rows."""
    bad, good = (
        float(total.sum()) ** 2 / float(spread.sum())
        for total, spread in ((tally.bad, tally.bad_spread), (tally.good, tally.good_spread))
    )
    return bad, good


def _distance_variance(rows: ScoredRows, curve: RocCurve, place: int) -> float:
    """Return the variance of the distance of the two distributions at a point of the curve."""
    caught, lost = float(curve.tpr[place]), float(curve.fpr[place])
    if not rows.sampling:
        return caught * (1.0 - caught) / curve.events + lost * (1.0 - lost) / curve.nonevents
    tally = rows.tally
    beyond = -rows.safer * tally.points >= curve.thresholds[place]
    return sum(
        float(spread @ (beyond - at) ** 2) / total**2
        for spread, at, total in (
            (tally.bad_spread, caught, curve.events),
            (tally.good_spread, lost, curve.nonevents),
        )
    )


def _change(sample: SampleRanking, first: SampleRanking, level: float) -> GiniChange:
    change = sample.gini - first.gini
    error = math.hypot(sample.gini_error, first.gini_error)
    half = float(NORMAL.quantile(level)) * error
    p = math.erfc(abs(change) / error / math.sqrt(2.0)) if error > 0 else math.nan
    return GiniChange(sample.name, first.name, change, error, change - half, change + half, p)


def _drawn(rows: ScoredRows, curve: RocCurve, level: float, rng: np.random.Generator) -> tuple[CapCurve, float]:
    """Return the CAP with its bootstrap band, and the mean KS of the samples that are drawn."""
    bad, good, bad_spread, good_spread = _cells(rows.tally)
    k = bad.size
    both = np.concatenate([bad, good])
    if rows.sampling:
        counts = drawn_sums(rng, both, np.concatenate([bad_spread, good_spread]), DRAWS)
    else:
        counts = rng.multinomial(int(rows.n), both / rows.n, size=DRAWS).astype(np.float64)
    drawn_bad, drawn_good = np.cumsum(counts[:, :k], axis=1), np.cumsum(counts[:, k:], axis=1)
    usable = (drawn_bad[:, -1] > 0) & (drawn_good[:, -1] > 0)
    drawn_bad, drawn_good = drawn_bad[usable], drawn_good[usable]
    share_bad, share_good = drawn_bad / drawn_bad[:, -1:], drawn_good / drawn_good[:, -1:]
    ks_mean = float(np.abs(share_bad - share_good).max(axis=1).mean())
    share = (drawn_bad + drawn_good) / (drawn_bad[:, -1:] + drawn_good[:, -1:])
    profiles = np.stack(
        [
            np.interp(GRID, np.append(0.0, at), np.append(0.0, caught))
            for at, caught in zip(share, share_bad, strict=True)
        ]
    )
    low, high = np.quantile(profiles, [0.5 * (1.0 - level), 0.5 * (1.0 + level)], axis=0)
    return CapCurve(
        rows=curve.called,
        bad=curve.tpr,
        grid=GRID,
        low=low,
        high=high,
        rate=rows.rate,
    ), ks_mean


def _cells(tally: Tally) -> tuple[FloatArray, ...]:
    """Return bads and goods by points, and their spreads, in at most so many cells of about equal size."""
    parts = (tally.bad, tally.good, tally.bad_spread, tally.good_spread)
    if tally.points.size <= CELLS:
        return parts
    place = np.minimum((np.cumsum(tally.rows) * CELLS / tally.rows.sum()).astype(np.int64), CELLS - 1)
    return tuple(group_totals(place, values, CELLS) for values in parts)
