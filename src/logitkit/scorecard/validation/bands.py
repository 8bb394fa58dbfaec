r"""Bands of points: counts, bad rates, odds, cumulative proportions, and the line of odds against the one promised.

Bands run from the riskiest to the safest. The line is the logistic regression of good on the log-odds of good that the
points promise, :math:`\alpha + \beta \ln(\text{odds promised})`: 0 and 1 where the scaling holds. Points that double
the odds are then those promised over :math:`\beta` (``docs/maths/scorecard_validation.md``, equations 4 and 5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import chdtrc, expit

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.ready import ready_design
from logitkit.diagnostics.rows.proportions import effective_observations, wilson_interval
from logitkit.engine.fit import fit_design
from logitkit.engine.law import NORMAL
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError
from logitkit.logits.grouping import quantile_groups
from logitkit.models.binomial import Binomial
from logitkit.options import is_finite_number, listed
from logitkit.scorecard.scaling import Scaling
from logitkit.scorecard.validation.outcomes import ScoredRows, Tally, group_totals
from logitkit.scorecard.weighting import UNWEIGHTED, Weighting
from logitkit.typing import FloatArray, IntArray

__all__ = ["Bands", "OddsLine", "band_labels", "band_places", "bands_of", "equal_cuts", "odds_line", "require_cuts"]


@dataclass(frozen=True, slots=True, eq=False)
class OddsLine:
    """Regression line of observed log-odds of good on the log-odds that the points promise.

    Parameters
    ----------
    intercept, slope : float
        0 and 1 if the scaling holds; nan if all rows have the same points, or points separate goods from bads.
    intercept_error, slope_error : float
        Standard errors.
    statistic, p_value : float
        Wald test of intercept 0 and slope 1, with two degrees of freedom.
    points_to_double, points_to_double_low, points_to_double_high : float
        Points that double the observed odds, with the interval from that of the slope.
    points_to_double_promised : float
        Points to double the odds by the scaling.
    base_points, base_points_promised : float
        Points at which the observed odds are the base odds, and the base points of the scaling.
    base_odds : float
        Goods per bad at the base points.
    """

    intercept: float
    slope: float
    intercept_error: float
    slope_error: float
    statistic: float
    p_value: float
    points_to_double: float
    points_to_double_low: float
    points_to_double_high: float
    points_to_double_promised: float
    base_points: float
    base_points_promised: float
    base_odds: float


@dataclass(frozen=True, eq=False)
class Bands:
    """Bands of points, the riskiest first.

    Parameters
    ----------
    cuts : (k - 1,) array
        Points at which bands begin, ascending; rows with the points of a cut are in the band above it.
    labels : tuple of str
        Label of each band.
    bad, good : (k,) arrays
        Numbers of bads and goods.
    rate, rate_low, rate_high : (k,) arrays
        Bad rates with Wilson intervals; nan in a band without rows.
    expected : (k,) array
        Mean predicted probabilities of bad.
    mean_points : (k,) array
        Mean points.
    line : OddsLine
        The line, fitted to all rows, not to bands.
    level : float
        Confidence level of the intervals.
    weighting : Weighting
        Meaning of the weights of the rows.
    """

    cuts: FloatArray
    labels: tuple[str, ...]
    bad: FloatArray
    good: FloatArray
    rate: FloatArray
    rate_low: FloatArray
    rate_high: FloatArray
    expected: FloatArray
    mean_points: FloatArray
    line: OddsLine
    level: float
    weighting: Weighting = UNWEIGHTED

    @property
    def rows(self) -> FloatArray:
        """Rows of each band, shape (k,)."""
        return self.bad + self.good

    @property
    def odds(self) -> FloatArray:
        """Goods per bad, shape (k,); infinite in a band without bads."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.good / self.bad

    @property
    def cumulative_bad(self) -> FloatArray:
        """Proportion of all bads in this band and riskier ones, shape (k,)."""
        return np.asarray(np.cumsum(self.bad) / self.bad.sum())

    @property
    def cumulative_good(self) -> FloatArray:
        """Proportion of all goods in this band and riskier ones, shape (k,)."""
        return np.asarray(np.cumsum(self.good) / self.good.sum())

    @property
    def distance(self) -> FloatArray:
        """Difference of the two cumulative proportions, shape (k,); the largest is KS by band."""
        return self.cumulative_bad - self.cumulative_good


def bands_of(
    rows: ScoredRows, scaling: Scaling, n: int = 10, cuts: Sequence[float] | None = None, level: float = 0.95
) -> Bands:
    """Return bands of about equal counts, or between stated cuts, with the line of odds."""
    if rows.n_bad in (0, rows.n):
        raise DataError(f"All {rows.n} rows are {'bad' if rows.n_bad else 'good'}. Bands compare the two.")
    tally = rows.tally
    edges = equal_cuts(tally, n, rows.safer) if cuts is None else require_cuts(cuts, "cuts")
    place = band_places(tally.points, edges, rows.safer)
    bad, good, expected, points, bad_spread, good_spread = (
        group_totals(place, values, edges.size + 1)
        for values in (
            tally.bad,
            tally.good,
            tally.expected,
            tally.points * tally.rows,
            tally.bad_spread,
            tally.good_spread,
        )
    )
    size = bad + good
    with np.errstate(invalid="ignore"):
        rate, expected, points = bad / size, expected / size, points / size
    low, high = np.full(size.size, np.nan), np.full(size.size, np.nan)
    used = size > 0
    rests_on = effective_observations(rate, size, bad_spread, good_spread) if rows.sampling else size
    low[used], high[used] = wilson_interval(rate[used], rests_on[used], level)
    labels = band_labels(edges, rows.safer)
    line = odds_line(tally, scaling, level, rows.bad.size if rows.sampling else None)
    return Bands(edges, labels, bad, good, rate, low, high, expected, points, line, level, rows.weighting)


def require_cuts(cuts: Sequence[float], name: str) -> FloatArray:
    """Return stated cut points, refusing those that are no ascending numbers."""
    values = listed(cuts)
    numbers = values is not None and all(is_finite_number(value) for value in values)
    if values is None or not numbers or any(a >= b for a, b in pairwise(values)):
        raise DataError(f"{name}={cuts!r:.80}: give numbers of points in ascending order, each once.")
    return np.array(values, dtype=np.float64)


def band_places(points: FloatArray, cuts: FloatArray, safer: int) -> IntArray:
    """Return the band of each number of points, from 0, the riskiest first."""
    place = np.searchsorted(cuts, points, side="right")
    return np.asarray(place if safer > 0 else cuts.size - place, dtype=np.int64)


def band_labels(cuts: FloatArray, safer: int) -> tuple[str, ...]:
    """Return what bands are called, the riskiest first."""
    text = [f"{cut:.10g}" for cut in cuts]
    if not text:
        return ("all",)
    between = [f"{a} to below {b}" for a, b in pairwise(text)]
    labels = (f"below {text[0]}", *between, f"{text[-1]} and above")
    return labels if safer > 0 else labels[::-1]


def equal_cuts(tally: Tally, n: int, safer: int) -> FloatArray:
    """Return the points at which bands of about equal counts begin."""
    points, counts = (tally.points, tally.rows) if safer > 0 else (tally.points[::-1], tally.rows[::-1])
    group = quantile_groups(points, counts, n)
    return np.asarray(points[np.flatnonzero(np.diff(group)) + 1])


def odds_line(tally: Tally, scaling: Scaling, level: float = 0.95, n_sampled: int | None = None) -> OddsLine:
    """Return the line of observed log-odds of good on those that the points promise.

    Errors are a sandwich where the weights are those of so many sampled rows.
    """
    k = tally.points.size
    nan = math.nan
    coef, cov = np.full(2, nan), np.full((2, 2), nan)
    if k > 1:
        promised = np.tile(scaling.log_odds(tally.points), 2)
        counts = np.concatenate([tally.good, tally.bad])
        used = counts > 0
        columns = np.column_stack([np.ones(2 * k), promised])[used]
        design = ready_design(
            columns,
            np.repeat([1.0, 0.0], k)[used],
            [INTERCEPT, "promised"],
            weights=counts[used],
            weight_kind="frequency" if n_sampled is None else "precision",
        )
        record = fit_design(design, Binomial(), Newton())
        if np.isfinite(record.coef).all():
            coef, cov = record.coef, record.full_vcov
            if n_sampled is not None:
                spread = np.concatenate([tally.good_spread, tally.bad_spread])[used]
                off = np.repeat([1.0, 0.0], k)[used] - expit(columns @ coef)
                meat = columns.T @ (columns * (spread * off**2)[:, None])
                cov = n_sampled / (n_sampled - 1.0) * cov @ meat @ cov
    error = np.sqrt(np.diag(cov))
    off = coef - np.array([0.0, 1.0])
    statistic = float(off @ np.linalg.solve(cov, off)) if np.isfinite(cov).all() else nan
    half = NORMAL.quantile(level) * error[1]
    ends = [coef[1] - half, coef[1] + half]
    # Doubling takes points over the slope: an interval of the slope that holds zero leaves no finite one.
    low, high = sorted(scaling.points_to_double / end for end in ends) if ends[0] > 0 else (nan, nan)
    base = scaling.points(np.array((math.log(scaling.base_odds) - coef[0]) / coef[1]))
    return OddsLine(
        float(coef[0]),
        float(coef[1]),
        float(error[0]),
        float(error[1]),
        statistic,
        float(chdtrc(2, statistic)),
        scaling.points_to_double / float(coef[1]),
        low,
        high,
        scaling.points_to_double,
        float(base),
        scaling.base_points,
        scaling.base_odds,
    )
