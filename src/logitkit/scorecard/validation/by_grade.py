r"""Calibration by grade: tests that there are no more defaults than the probabilities of default say.

Each grade has two one-sided tests of "the probability of default is not too low", as independent obligors and with a
stated correlation: the binomial test, :math:`P(D \ge d)`, and Jeffreys', the posterior probability that the true one is
at most the one stated (European Central Bank 2019, section 2.5). Traffic lights follow the binomial test: green up to
the first level, red beyond the second (Tasche 2003). Hosmer and Lemeshow's statistic is over grades, with as many
degrees of freedom as grades where the probabilities were stated beforehand
(``docs/maths/scorecard_validation.md``, equations 6 to 11).

References
----------
European Central Bank (2019) Instructions for reporting the validation results of internal models, February 2019.
Tasche, D. (2003) A traffic lights approach to PD validation. arXiv:cond-mat/0305038.
Hosmer, D. W. and Lemeshow, S. (1980) Communications in Statistics A9, 1043-1069.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaincinv, chdtrc

from logitkit.diagnostics.rows.proportions import effective_observations
from logitkit.errors import DataError
from logitkit.options import is_finite_number, listed
from logitkit.scorecard.validation.one_factor import jeffreys_p_value, rate_quantile, tail_probability
from logitkit.scorecard.validation.outcomes import ScoredRows, group_totals
from logitkit.scorecard.weighting import UNWEIGHTED, Weighting
from logitkit.typing import FloatArray, IntArray

__all__ = ["LIGHTS", "GradeCalibration", "calibrate_grades", "calibrate_rows"]

#: Levels of confidence at which a light leaves green, and turns red.
LIGHTS = (0.95, 0.999)


@dataclass(frozen=True, eq=False)
class GradeCalibration:
    """Observed defaults of grades compared with their probabilities of default.

    Parameters
    ----------
    labels : tuple of str
        The grades, the riskiest first, and the portfolio as the last.
    n, bad : (g + 1,) arrays
        Numbers of obligors and of defaults.
    pd : (g + 1,) array
        Probabilities of default; for the portfolio, their mean over obligors.
    rate, rate_low, rate_high : (g + 1,) arrays
        Default rates, with Jeffreys' two-sided intervals for independent obligors.
    binomial, jeffreys : (g + 1,) arrays
        P-values for the hypothesis that the probability of default is not too low, with independent obligors. For the
        portfolio, whose probabilities differ, the binomial test is conservative if defaults exceed those stated.
    binomial_correlated, jeffreys_correlated : (g + 1,) arrays
        The same with the asset correlation; equal to the former if it is zero.
    limit : (g + 1,) array
        Vasicek's quantile: the default rate above which the correlated light of infinitely many obligors is not green.
    lights, lights_correlated : tuple of str
        "green", "amber" or "red", by the binomial p-values.
    correlation : float
        Asset correlation.
    hosmer_lemeshow, p_value : float
        Hosmer-Lemeshow statistic over grades and its p-value, for independent obligors.
    dof : int
        Number of grades with obligors, minus two if the model was fitted to these rows.
    level : float
        Confidence level of the intervals.
    light_levels : tuple of float
        Confidence levels at which a light leaves green, and turns red.
    effective : (g + 1,) array
        Effective number of independent obligors behind the default rates; ``n`` without sampling weights.
    weighting : Weighting
        Meaning of the weights of the rows.
    """

    labels: tuple[str, ...]
    n: FloatArray
    bad: FloatArray
    pd: FloatArray
    rate: FloatArray
    rate_low: FloatArray
    rate_high: FloatArray
    binomial: FloatArray
    jeffreys: FloatArray
    binomial_correlated: FloatArray
    jeffreys_correlated: FloatArray
    limit: FloatArray
    lights: tuple[str, ...]
    lights_correlated: tuple[str, ...]
    correlation: float
    hosmer_lemeshow: float
    p_value: float
    dof: int
    level: float
    light_levels: tuple[float, float]
    effective: FloatArray
    weighting: Weighting = UNWEIGHTED


def calibrate_grades(  # noqa: PLR0913 - four columns of a table, and how they are tested
    labels: Sequence[str],
    n: FloatArray,
    bad: FloatArray,
    pd: FloatArray,
    *,
    correlation: float = 0.0,
    fitted: bool = False,
    level: float = 0.95,
    light_levels: tuple[float, float] = LIGHTS,
    spread: tuple[FloatArray, FloatArray] | None = None,
) -> GradeCalibration:
    """Return tests of the probabilities of default of grades, those without obligors left out.

    ``spread`` are the sums of squared sampling weights of defaults and of others, by grade.
    """
    if not is_finite_number(correlation) or not 0.0 <= correlation < 1.0:
        raise DataError(f"correlation={correlation!r:.60}: give the asset correlation, at least 0 and below 1.")
    ends = listed(light_levels) or []
    if [is_finite_number(at) for at in ends] != [True, True] or not 0 < ends[0] < ends[1] < 1:
        raise DataError(
            f"lights={light_levels!r:.60}: give two levels of confidence in ascending order, as (0.95, 0.999)."
        )
    used = n > 0
    if not ((pd[used] > 0) & (pd[used] < 1)).all():
        raise DataError("Probabilities of default must be above 0 and below 1 in every grade that has obligors.")
    n, bad, pd = n[used], bad[used], pd[used]
    names = [label for label, kept in zip(labels, used, strict=True) if kept]
    n, bad, pd = np.append(n, n.sum()), np.append(bad, bad.sum()), np.append(pd, n @ pd / n.sum())
    size, events = n, bad
    if spread is not None:
        squares = [np.append(values[used], values[used].sum()) for values in spread]
        size = effective_observations(bad / n, n, *squares)
        events = size * (bad / n)
    gaps = (events - size * pd) ** 2 / (size * pd * (1.0 - pd))
    dof = n.size - 1 - (2 if fitted else 0)
    statistic = float(gaps[:-1].sum())
    tests = np.array(
        [
            [test(float(count), float(d), p, rho) for count, d, p in zip(size, events, pd, strict=True)]
            for rho in (0.0, correlation)
            for test in (tail_probability, jeffreys_p_value)
        ]
    )
    tail = 0.5 * (1.0 - level)
    a, b = events + 0.5, np.maximum(size - events, 0.0) + 0.5
    low = np.where(bad > 0, betaincinv(a, b, tail), 0.0)
    high = np.where(bad < n, betaincinv(a, b, 1.0 - tail), 1.0)
    return GradeCalibration(
        labels=(*names, "All"),
        n=n,
        bad=bad,
        pd=pd,
        rate=bad / n,
        rate_low=low,
        rate_high=high,
        binomial=tests[0],
        jeffreys=tests[1],
        binomial_correlated=tests[2],
        jeffreys_correlated=tests[3],
        limit=np.array([rate_quantile(p, correlation, light_levels[0]) for p in pd]),
        lights=_lights(tests[0], light_levels),
        lights_correlated=_lights(tests[2], light_levels),
        correlation=correlation,
        hosmer_lemeshow=statistic,
        p_value=float(chdtrc(dof, statistic)) if dof > 0 and not (fitted and spread is not None) else np.nan,
        dof=dof,
        level=level,
        light_levels=light_levels,
        effective=size,
    )


def calibrate_rows(
    rows: ScoredRows,
    labels: Sequence[str],
    place: IntArray,
    pd: FloatArray | None,
    *,
    correlation: float = 0.0,
    fitted: bool = False,
    level: float = 0.95,
    light_levels: tuple[float, float] = LIGHTS,
) -> GradeCalibration:
    """Return tests of rows in grades; without probabilities of default the means of the card's are tested."""
    n, bad, expected, bad_spread, good_spread = (
        group_totals(place, values, len(labels))
        for values in (
            rows.w,
            rows.w * rows.bad,
            rows.w * rows.probability,
            rows.spread * rows.bad,
            rows.spread * ~rows.bad,
        )
    )
    with np.errstate(invalid="ignore"):
        stated = expected / n if pd is None else pd
    found = calibrate_grades(
        labels,
        n,
        bad,
        stated,
        correlation=correlation,
        fitted=fitted,
        level=level,
        light_levels=light_levels,
        spread=(bad_spread, good_spread) if rows.sampling else None,
    )
    return replace(found, weighting=rows.weighting)


def _lights(p_values: FloatArray, levels: tuple[float, float]) -> tuple[str, ...]:
    """Return the light of each p-value."""
    return tuple(
        "red" if p < 1.0 - levels[1] else "amber" if p < 1.0 - levels[0] else "green" for p in p_values.tolist()
    )
