"""Intervals and tests of functions of the coefficients, adjusted for multiplicity within families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import numpy as np

from logitkit.errors import DataError
from logitkit.inference.delta import Estimates
from logitkit.inference.derived import Derived
from logitkit.inference.intervals.simultaneous import (
    Adjustment,
    IntervalAdjustment,
    adjusted_p_values,
    maximum_law,
)
from logitkit.options import require_choice
from logitkit.typing import IntArray

__all__ = ["adjusted_estimates", "family_level"]


def adjusted_estimates(
    found: Derived, families: Sequence[IntArray], adjust: Adjustment | None, level: float | None = None
) -> Estimates:
    """Return values with intervals and tests that are adjusted for the number of functions in each family.

    Parameters
    ----------
    found : Derived
        m functions.
    families : sequence of int array
        Positions of the functions of each family.
    adjust : {'bonferroni', 'holm', 'benjamini-hochberg', 'single-step'} or None
        Method of adjustment. Holm's and Benjamini and Hochberg's methods adjust p-values only and leave intervals
        unchanged.
    level : float, optional
        Simultaneous confidence level of the intervals of a family.

    Returns
    -------
    Estimates
        One entry per function.

    Raises
    ------
    DataError
        For an unknown adjustment, and for one of p-values where there are none.

    Examples
    --------
    >>> from logitkit.engine.law import Law
    >>> found = Derived(("a", "b"), np.array([2.0, 1.0]), np.eye(2), Law(), 0.95)
    >>> plain, both = (adjusted_estimates(found, [np.arange(2)], how) for how in (None, "bonferroni"))
    >>> bool(np.allclose(both.p_value, np.minimum(2 * plain.p_value, 1.0))), bool((both.low < plain.low).all())
    (True, True)
    """
    level = found.level if level is None else level
    plain = found.estimates(level)
    if adjust is None:
        return plain
    require_choice("adjust", adjust, get_args(Adjustment))
    of_intervals = adjust in get_args(IntervalAdjustment)
    if found.null is None and not of_intervals:
        raise DataError(
            f"adjust={adjust!r} is of p-values, and there are none: means are tested against nothing, and after a "
            "penalty no contrast is. Ask for contrasts, or use adjust='bonferroni' or 'single-step', which widen "
            "intervals."
        )
    p_value, low, high = plain.p_value.copy(), plain.low.copy(), plain.high.copy()
    for family in families:
        own = found.at(family)
        p_value[family] = adjusted_p_values(plain.statistic[family], plain.p_value[family], own.root, own.law, adjust)
        if of_intervals:
            each = own.estimates(family_level(own, level, adjust))  # type: ignore[arg-type]
            low[family], high[family] = each.low, each.high
    return replace(plain, p_value=p_value, low=low, high=high)


def family_level(own: Derived, level: float, adjust: IntervalAdjustment) -> float:
    """Return the level of each interval that gives a family of intervals its simultaneous level.

    Parameters
    ----------
    own : Derived
        The family.
    level : float
        Simultaneous level of the intervals.
    adjust : {'bonferroni', 'single-step'}
        Method of adjustment.

    Returns
    -------
    float
        The level of each interval, at least the simultaneous level.

    Examples
    --------
    >>> from logitkit.engine.law import Law
    >>> family_level(Derived(("a", "b"), np.ones(2), np.eye(2), Law(), 0.95), 0.95, "bonferroni")
    0.975
    """
    known = np.flatnonzero(np.isfinite(own.value) & (own.std_error > 0.0))
    if known.size < 2:
        return level
    if adjust == "bonferroni":
        return 1.0 - (1.0 - level) / known.size
    law = own.at(known).law
    width = maximum_law(own.root[known], law).quantile(level).value
    return float(1.0 - law.two_sided(np.array(width)))
