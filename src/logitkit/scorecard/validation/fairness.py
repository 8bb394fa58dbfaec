r"""Fairness of a card and a cut-off between groups: approval, equal opportunity and calibration, with limits.

* *Adverse impact ratio*: approval rate of a group over that of the reference; 0.8 is the customary limit (four fifths,
  29 CFR 1607.4 D). Its interval is symmetric in the logarithm (Katz et al. 1978).
* *Equal opportunity*: difference of the proportions of goods that are approved (Hardt, Price and Srebro 2016), with
  Newcombe's interval from Wilson's limits; bads beside it.
* *Calibration within groups*: bads over the number that the card expects, with Wilson's limits of the bad rate over the
  expected one; and the Gini coefficient within the group.

Groups with different bad rates whose goods and bads are approved in the same proportions differ in the bad rate of the
approved, unless no bad is approved (Chouldechova 2017; ``docs/maths/scorecard_validation.md``, equations 14 to 16).

References
----------
Katz, D., Baptista, J., Azen, S. P. and Pike, M. C. (1978) Obtaining confidence intervals for the risk ratio in cohort
studies. Biometrics 34, 469-474.
Newcombe, R. G. (1998) Interval estimation for the difference between independent proportions. Statistics in Medicine
17, 873-890.
Hardt, M., Price, E. and Srebro, N. (2016) Equality of opportunity in supervised learning. Advances in Neural
Information Processing Systems 29.
Chouldechova, A. (2017) Fair prediction with disparate impact. Big Data 5, 153-163.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from logitkit.diagnostics.rows.proportions import effective_observations, wilson_interval
from logitkit.engine.law import NORMAL
from logitkit.errors import DataError, nearest_name
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.weighting import UNWEIGHTED, Weighting
from logitkit.typing import BoolArray

__all__ = ["Fairness", "GroupFairness", "Measure", "compare_groups"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure with its confidence limits; nan if there are none.

    Parameters
    ----------
    estimate, low, high : float
        The value and its confidence limits.
    """

    estimate: float
    low: float
    high: float


WITHOUT = Measure(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class GroupFairness:
    """Results of a card and a cut-off for one group.

    Parameters
    ----------
    name : str
        The group.
    n, n_known, n_bad : float
        Applicants, applicants with an outcome, and bads among the latter: sums of weights.
    approval : Measure
        Proportion of applicants that are approved.
    impact : Measure
        Adverse impact ratio; 1, without limits, in the reference group.
    good_approved, bad_approved : Measure
        Proportions of goods and of bads that are approved.
    opportunity : Measure
        Proportion of goods that are approved, minus that of the reference group.
    calibration : Measure
        Observed over expected number of bads.
    gini : Measure
        Gini coefficient within the group.
    """

    name: str
    n: float
    n_known: float
    n_bad: float
    approval: Measure
    impact: Measure
    good_approved: Measure
    bad_approved: Measure
    opportunity: Measure
    calibration: Measure
    gini: Measure


@dataclass(frozen=True, eq=False)
class Fairness:
    """Comparison of groups under a card and a cut-off.

    Parameters
    ----------
    groups : tuple of GroupFairness
        Results of each group, in the order of the levels.
    reference : str
        The group with which others are compared.
    cut : float
        Points from which applicants are approved.
    level : float
        Confidence level of the intervals.
    weighting : Weighting
        Meaning of the weights of the applicants.
    """

    groups: tuple[GroupFairness, ...]
    reference: str
    cut: float
    level: float
    weighting: Weighting = UNWEIGHTED


def compare_groups(
    applicants: Mapping[str, ScoredRows],
    known: Mapping[str, ScoredRows | None],
    cut: float,
    reference: str | None = None,
    level: float = 0.95,
) -> Fairness:
    """Return measures of each group, of all its applicants and of its rows with an outcome, if any."""
    if len(applicants) < 2:
        raise DataError(f"by= has {len(applicants)} group; fairness compares two or more.")
    if reference is None:
        reference = max(applicants, key=lambda name: applicants[name].n)
    elif reference not in applicants:
        raise DataError(f"reference={reference!r} is none of the groups. {nearest_name(reference, applicants)}")
    approved = {name: _proportion(rows, _approved(rows, cut), level) for name, rows in applicants.items()}
    goods = {name: _among(rows, False, cut, level) for name, rows in known.items()}
    groups = []
    for name, all_rows in applicants.items():
        rows = known[name]
        own = name == reference
        groups.append(
            GroupFairness(
                name,
                all_rows.n,
                0 if rows is None else rows.n,
                0 if rows is None else rows.n_bad,
                approved[name][0],
                Measure(1.0, math.nan, math.nan) if own else _ratio(approved[name], approved[reference], level),
                goods[name],
                _among(rows, True, cut, level),
                Measure(0.0, math.nan, math.nan) if own else newcombe(goods[name], goods[reference]),
                WITHOUT if rows is None else _calibration(rows, level),
                WITHOUT if rows is None or rows.n_bad in (0, rows.n) else _gini(rows, level),
            )
        )
    return Fairness(tuple(groups), reference, cut, level)


def _approved(rows: ScoredRows, cut: float) -> BoolArray:
    return np.asarray(rows.safer * rows.points >= rows.safer * cut)


def _proportion(rows: ScoredRows, which: BoolArray, level: float) -> tuple[Measure, float]:
    """Return the proportion of some of the rows with Wilson's limits, and the rows that it rests on."""
    if which.size == 0:
        return WITHOUT, 0.0
    total = np.array([rows.n], dtype=np.float64)
    rate = np.array([rows.total(which)]) / total
    size = total
    if rows.sampling:
        squares = (np.array([rows.spread[some].sum()]) for some in (which, ~which))
        size = effective_observations(rate, total, *squares)
    low, high = wilson_interval(rate, size, level)
    return Measure(float(rate[0]), float(low[0]), float(high[0])), float(size[0])


def _among(rows: ScoredRows | None, bad: bool, cut: float, level: float) -> Measure:
    """Return the proportion of bads or of goods that are approved."""
    if rows is None or not (rows.bad == bad).any():
        return WITHOUT
    own = rows.among(rows.bad == bad)
    return _proportion(own, _approved(own, cut), level)[0]


def _ratio(first: tuple[Measure, float], second: tuple[Measure, float], level: float) -> Measure:
    """Return the ratio of two approval rates with Katz's limits, which need an approval in both groups."""
    (one, n), (other, m) = first, second
    if other.estimate == 0:
        return WITHOUT
    ratio = one.estimate / other.estimate
    if ratio == 0:
        return Measure(0.0, math.nan, math.nan)
    error = math.sqrt(sum((1.0 - part.estimate) / (part.estimate * size) for part, size in ((one, n), (other, m))))
    factor = math.exp(float(NORMAL.quantile(level)) * error)
    return Measure(ratio, ratio / factor, ratio * factor)


def newcombe(one: Measure, other: Measure) -> Measure:
    """Return the difference of two proportions with Newcombe's limits, from Wilson's of each."""
    return Measure(
        one.estimate - other.estimate,
        one.estimate - other.estimate - math.hypot(one.estimate - one.low, other.high - other.estimate),
        one.estimate - other.estimate + math.hypot(one.high - one.estimate, other.estimate - other.low),
    )


def _calibration(rows: ScoredRows, level: float) -> Measure:
    found, expected = _proportion(rows, rows.bad, level)[0], float(rows.w @ rows.probability) / rows.n
    return Measure(found.estimate / expected, found.low / expected, found.high / expected)


def _gini(rows: ScoredRows, level: float) -> Measure:
    curve = rows.curve(level)
    return Measure(curve.gini, 2.0 * curve.low - 1.0, 2.0 * curve.high - 1.0)
