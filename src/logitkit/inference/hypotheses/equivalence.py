r"""Tests of equivalence and non-inferiority: whether a value lies between two bounds, or beyond one.

Two one-sided tests (Schuirmann 1987): for an estimate and its standard error on the scale where it is closest to
normal,

.. math:: t_l = (\hat g - l) / s, \qquad t_u = (\hat g - u) / s,

:math:`g \le l` is rejected where :math:`t_l` is large and :math:`g \ge u` where :math:`t_u` is small; the p-value of
equivalence is the larger of the two. It is below :math:`\alpha` if and only if the interval of level :math:`1 -
2\alpha` lies within the bounds. With one bound the test is of non-inferiority or non-superiority.

References
----------
Schuirmann, D. J. (1987) A comparison of the two one-sided tests procedure and the power approach. Journal of
Pharmacokinetics and Biopharmaceutics 15, 657-680. Berger, R. L. and Hsu, J. C. (1996) Statistical Science 11, 283-319.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.engine.law import Law, require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.inference.derived import Derived, derived
from logitkit.inference.functions import function_sides
from logitkit.inference.intervals.asked import asked_functions
from logitkit.inference.verbs import require
from logitkit.options import is_finite_number, require_flag
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Equivalence", "equivalence", "equivalence_of"]


@dataclass(frozen=True)
class Equivalence:
    """Tests that values lie between bounds, one row each.

    Parameters
    ----------
    names : tuple of str
        Names of the values.
    estimate, std_error : (m,) array
        The values and their standard errors.
    low, high : float
        The bounds; infinite where there is none.
    statistic_low, statistic_high : (m,) array
        Statistic for each bound, on the scale of the interval; missing where there is no bound.
    p_low, p_high : (m,) array
        P-values of the hypotheses that the value is at or below the lower bound, and at or above the upper one.
    p_value : (m,) array
        The larger of the two: the p-value of the hypothesis that the value does not lie between the bounds.
    conf_low, conf_high : (m,) array
        The interval of level 1 - 2 alpha.
    alpha : float
        Significance level: one minus the confidence level that was asked for.
    scale : {'identity', 'log', 'logit'}
        Scale on which statistics and intervals were computed.
    law : Law
        Reference distribution of the statistics.
    covariance : str
        How the covariance was computed.
    n_clusters : int or None
        Number of clusters behind the covariance.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = fit.equivalence("age", -0.2, 0.2)
    >>> bool(found.p_value[0] < 0.05), found.equivalent.tolist()
    (True, [True])
    """

    names: tuple[str, ...]
    estimate: FloatArray
    std_error: FloatArray
    low: float
    high: float
    statistic_low: FloatArray
    statistic_high: FloatArray
    p_low: FloatArray
    p_high: FloatArray
    p_value: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    alpha: float
    scale: str
    law: Law
    covariance: str = ""
    n_clusters: int | None = None

    @property
    def equivalent(self) -> BoolArray:
        """Whether each value is shown to lie between the bounds, shape (m,)."""
        return np.asarray(self.p_value < self.alpha)


def equivalence(
    record: FitRecord,
    of: str | Sequence[str],
    low: float | None = None,
    high: float | None = None,
    *,
    ratio: bool = False,
    level: float | None = None,
) -> Equivalence:
    """Test whether combinations of coefficients lie between bounds.

    Parameters
    ----------
    record : FitRecord
        The fit.
    of : str or sequence of str
        Linear combinations, such as ``"age - 2 * lwt"``; the name of a term stands for each of its coefficients.
    low, high : float, optional
        The bounds; give only one to test non-inferiority or non-superiority.
    ratio : bool, default False
        Whether the bounds are for exp(combination), which is tested on the log scale.
    level : float, optional
        One minus alpha; by default the confidence level of the fit.

    Returns
    -------
    Equivalence
        One row per combination.

    Raises
    ------
    DataError
        For invalid bounds.
    FormulaError, UnsupportedError
        For combinations that cannot be read or were not estimated, after a penalty, and with ``ratio`` where
        exp(coefficient) is not a named ratio, such as an odds ratio.
    SeparationError
        Where a combination is infinite.

    Examples
    --------
    A ratio lies between 0.5 and 2 when its logarithm lies between -log 2 and log 2:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> one = equivalence(fit.record, "smoke", 0.5, 2.0, ratio=True)
    >>> other = equivalence(fit.record, "smoke", -np.log(2.0), np.log(2.0))
    >>> bool(np.isclose(one.p_value[0], other.p_value[0]))
    True
    """
    require(record, "test")
    require_flag("ratio", ratio)
    if ratio:
        require(record, "odds_ratios")
    asked = asked_functions(record, of)
    sides = function_sides(record, asked.functions)
    if np.any(sides != 0.0):
        raise SeparationError(
            f"{asked.names[int(np.flatnonzero(sides)[0])]} has no finite estimate with a standard error, so that it "
            "has no such test. fit.confint('profile') has an interval, which lies between the bounds or does not."
        )
    value = asked.functions @ record.coordinates.coef(record.inner_coef) + asked.constant
    found = derived(record, asked.names, value, record.coordinates.jacobian(asked.functions), level=level)
    if ratio:
        names = tuple(f"exp({name})" for name in asked.names)
        found = found.mapped(names, np.exp(value), np.diag(np.exp(value)), scale="log", null=1.0)
    return equivalence_of(found, low, high, level)


def equivalence_of(
    values: Derived, low: float | None = None, high: float | None = None, level: float | None = None
) -> Equivalence:
    """Test whether functions of the coefficients lie between bounds.

    Parameters
    ----------
    values : Derived
        The functions, with the scale on which they are tested.
    low, high : float, optional
        The bounds.
    level : float, optional
        One minus alpha; by default the level of the values.

    Returns
    -------
    Equivalence
        One row per function.

    Raises
    ------
    DataError
        For invalid bounds.
    UnsupportedError
        For values whose standard errors do not support a test, as after a penalty.

    Examples
    --------
    >>> ratio = Derived(("a/b",), np.array([1.1]), np.array([[0.11]]), Law(), 0.95, scale="log", null=1.0)
    >>> found = equivalence_of(ratio, 0.8, 1.25)
    >>> bool(np.isclose(found.statistic_high[0], np.log(1.1 / 1.25) / 0.1))
    True
    """
    level = values.level if level is None else level
    require_level(level)
    if level <= 0.5:
        raise DataError(f"level={level!r} leaves no interval of level 1 - 2 alpha; use 0.95.")
    _require_bounds(values, low, high)
    missing = np.full(values.value.shape, np.nan)
    above = below = missing
    p_low, p_high = np.zeros(missing.shape), np.zeros(missing.shape)
    if low is not None:
        above = replace(values, null=float(low)).estimates(level).statistic
        p_low = values.law.above(above)
    if high is not None:
        below = replace(values, null=float(high)).estimates(level).statistic
        p_high = values.law.above(-below)
    inner = values.estimates(2.0 * level - 1.0)
    known = ~np.isnan(inner.std_error) & np.isfinite(values.value)
    return Equivalence(
        values.names,
        values.value,
        inner.std_error,
        -np.inf if low is None else float(low),
        np.inf if high is None else float(high),
        above,
        below,
        np.where(known, p_low, np.nan) if low is not None else missing,
        np.where(known, p_high, np.nan) if high is not None else missing,
        np.where(known, np.maximum(p_low, p_high), np.nan),
        inner.low,
        inner.high,
        1.0 - level,
        values.scale,
        values.law,
        values.covariance,
        values.n_clusters,
    )


def _require_bounds(values: Derived, low: Any, high: Any) -> None:
    """Refuse bounds that are none, or that the values cannot reach."""
    if low is None and high is None:
        raise DataError("Equivalence needs bounds: low= and high=, or one of them for non-inferiority.")
    least, most = {"log": (0.0, np.inf), "logit": (0.0, 1.0)}.get(values.scale, (-np.inf, np.inf))
    for word, bound in (("low", low), ("high", high)):
        if bound is not None and not (is_finite_number(bound) and least < bound < most):
            kinds = {"log": "a positive number, as ratios are", "logit": "a number between 0 and 1"}
            raise DataError(f"{word}={bound!r:.60} must be {kinds.get(values.scale, 'a finite number')}.")
    if low is not None and high is not None and not low < high:
        raise DataError(f"low={low!r} is not below high={high!r}.")
    if values.null is None and values.scale == "identity":
        raise UnsupportedError(
            "Values without a test have none of equivalence: after a penalty, errors are no basis of it."
        )
