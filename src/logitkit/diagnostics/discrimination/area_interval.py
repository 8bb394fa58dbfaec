r"""Intervals for areas under ROC curves, also where DeLong's variance is zero.

DeLong's interval :math:`A \pm z\,\operatorname{se}` has no width where every event ranks above every non-event, below
every one, or ties with every one. Then:

* :math:`A = 1`: m events and n non-events make :math:`k = \min(m, n)` disjoint pairs, which are independent and all in
  order, so that :math:`P(\text{all in order}) \le A^k`. The lower limit of Clopper and Pearson for k of k,
  :math:`(\alpha / 2)^{1/k}`, covers A at least as often as stated, whatever the distributions. For a mean of areas over
  K outcomes the same holds with k disjoint sets of one row each. :math:`A = 0` is its mirror image.
* All rows tie: the predictions rank nothing, and the area is 1/2 whatever the outcomes. There is no interval.

References
----------
DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988) Biometrics 44, 837-845.
Clopper, C. J. and Pearson, E. S. (1934) The use of confidence or fiducial limits. Biometrika 26, 404-413.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from logitkit.engine.law import NORMAL

__all__ = ["AreaInterval", "IntervalKind", "area_interval"]

IntervalKind = Literal["DeLong", "exact", "degenerate", "withheld", "sampling", "clusters"]

ROUNDING = 1e-12  # of an area: what sums of proportions leave of zero


@dataclass(frozen=True)
class AreaInterval:
    """Standard error and confidence limits of an area under a ROC curve.

    Parameters
    ----------
    std_error, low, high : float
        Standard error and limits; nan if there are none.
    kind : {'DeLong', 'exact', 'degenerate', 'withheld', 'sampling', 'clusters'}
        Method for the limits: 'degenerate' if ties leave no variance, 'withheld' if DeLong's variance is not valid, and
        'sampling' or 'clusters' for linearised standard errors with sampling weights or clusters.

    Examples
    --------
    >>> AreaInterval(0.05, 0.7, 0.9, "DeLong").kind
    'DeLong'
    """

    std_error: float
    low: float
    high: float
    kind: IntervalKind


def area_interval(
    area: float, std_error: float, smallest: float, level: float, kind: IntervalKind = "DeLong"
) -> AreaInterval:
    """Return the confidence interval of an area under a ROC curve.

    Parameters
    ----------
    area : float
        Area, between 0 and 1.
    std_error : float
        Standard error; nan if it is not valid.
    smallest : float
        Number of observations of the rarest outcome.
    level : float
        Confidence level.
    kind : {'DeLong', 'sampling', 'clusters'}
        Kind of standard error.

    Returns
    -------
    AreaInterval
        No standard error is given if DeLong's is zero, because the area is not known exactly.

    Examples
    --------
    Twenty events above twenty non-events: all of twenty pairs in order.

    >>> found = area_interval(1.0, 0.0, 20.0, 0.95)
    >>> found.kind, bool(np.isclose(found.low**20, 0.025)), found.high
    ('exact', True, 1.0)
    """
    if math.isnan(std_error):
        return AreaInterval(math.nan, math.nan, math.nan, "withheld")
    if std_error > ROUNDING:
        z = float(NORMAL.quantile(level))
        low, high = (float(np.clip(area + side * z * std_error, 0.0, 1.0)) for side in (-1.0, 1.0))
        return AreaInterval(std_error, low, high, kind)
    if kind != "DeLong":
        return AreaInterval(math.nan, math.nan, math.nan, "withheld")
    bound = (0.5 * (1.0 - level)) ** (1.0 / math.floor(smallest + ROUNDING))
    if area > 1.0 - ROUNDING:
        return AreaInterval(math.nan, bound, 1.0, "exact")
    if area < ROUNDING:
        return AreaInterval(math.nan, 0.0, 1.0 - bound, "exact")
    return AreaInterval(math.nan, math.nan, math.nan, "degenerate")
