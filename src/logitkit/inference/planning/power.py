r"""Power of the test of one coefficient.

For a normal covariate with log odds ratio :math:`\beta^* = \ln OR` per standard deviation, and event rate :math:`P_1`
at its mean, the sample size of Hsieh, Bloch and Larsen (1998) is

.. math:: n = \frac{(z_{1 - \alpha/2} + z_{1 - \beta})^2}{P_1 (1 - P_1)\, \beta^{*2}} ;

for a binary covariate with event rates :math:`P_1, P_2` in proportions 1 - B and B of the observations, and with
:math:`P = (1 - B) P_1 + B P_2`,

.. math:: n = \frac{\left\{z_{1 - \alpha/2} \sqrt{P (1 - P) / B} + z_{1 - \beta} \sqrt{P_1 (1 - P_1) + P_2 (1 - P_2)
          (1 - B) / B}\right\}^2}{(P_1 - P_2)^2 (1 - B)} .

``method="information"`` uses the variance V of the estimate under the alternative, from the expected information of one
observation (Demidenko 2007): :math:`n = (z_{1 - \alpha/2} + z_{1 - \beta})^2 V / \beta^2`. Other covariates that
explain a proportion :math:`\rho^2` of the variance of x inflate n by :math:`1 / (1 - \rho^2)`.

References
----------
Hsieh, F. Y., Bloch, D. A. and Larsen, M. D. (1998) A simple method of sample size calculation for linear and logistic
regression. Statistics in Medicine 17, 1623-1634.
Demidenko, E. (2007) Sample size determination for logistic regression revisited. Statistics in Medicine 26, 3385-3397.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, ndtr, ndtri

from logitkit.errors import DataError
from logitkit.inference.planning.checks import require_count, require_share
from logitkit.options import is_finite_number, require_choice

__all__ = ["CoefficientPower", "PowerMethod", "coefficient_power"]

PowerMethod = Literal["hsieh", "information"]
RATIO_MOST = 1e6  # of odds, that is looked for


@dataclass(frozen=True)
class CoefficientPower:
    """Sample size, power and odds ratio, one of which follows from the other two.

    Parameters
    ----------
    n : float
        Number of observations; rounded up if it was solved for.
    power : float
        Probability of rejecting the null hypothesis.
    odds_ratio : float
        Odds ratio per standard deviation of a normal covariate, or between the two values of a binary one.
    event_rate : float
        Event rate at the mean of a normal covariate, or where a binary one is 0.
    share : float or None
        Proportion of observations with a binary covariate equal to 1; None for a normal covariate.
    alpha : float
        Two-sided significance level.
    explained : float
        Proportion of the variance of the covariate that other covariates explain.
    method : {'hsieh', 'information'}
        How the variance was computed.
    solved : {'n', 'power', 'odds_ratio'}
        Which of the three was solved for.

    Examples
    --------
    >>> coefficient_power(odds_ratio=1.5, event_rate=0.5, power=0.95).n
    317
    """

    n: float
    power: float
    odds_ratio: float
    event_rate: float
    share: float | None
    alpha: float
    explained: float
    method: PowerMethod
    solved: Literal["n", "power", "odds_ratio"]


def coefficient_power(
    *,
    odds_ratio: float | None = None,
    n: int | None = None,
    power: float | None = None,
    event_rate: float,
    share: float | None = None,
    alpha: float = 0.05,
    explained: float = 0.0,
    method: PowerMethod = "hsieh",
) -> CoefficientPower:
    """Return the third of sample size, power and odds ratio from the other two, for the test of one coefficient.

    Parameters
    ----------
    odds_ratio : float, optional
        Odds ratio per standard deviation of a normal covariate, or between the two values of a binary one. If it is
        solved for, the solution above 1 is returned.
    n : int, optional
        Number of observations.
    power : float, optional
        Probability of rejecting the null hypothesis.
    event_rate : float
        Event rate at the mean of a normal covariate, or where a binary one is 0.
    share : float, optional
        Proportion of observations with a binary covariate equal to 1; if not given, the covariate is normal.
    alpha : float, default 0.05
        Two-sided significance level.
    explained : float, default 0
        Squared multiple correlation of the covariate with the others.
    method : {'hsieh', 'information'}
        The formulas of Hsieh, Bloch and Larsen (1998), or the expected information under the alternative (Demidenko
        2007), which is more accurate where the odds ratio is far from 1.

    Returns
    -------
    CoefficientPower
        All three values.

    Raises
    ------
    DataError
        Unless two of the three are given, and for values outside their range.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.power(odds_ratio=1.5, event_rate=0.5, n=317)
    >>> round(found.power, 2)
    0.95
    """
    require_choice("method", method, get_args(PowerMethod))
    require_share("event_rate", event_rate)
    require_share("alpha", alpha)
    if share is not None:
        require_share("share", share)
    if not is_finite_number(explained) or not 0.0 <= explained < 1.0:
        raise DataError(f"explained={explained!r:.60} must be at least 0 and below 1.")
    if sum(each is None for each in (odds_ratio, n, power)) != 1:
        raise DataError("Give two of odds_ratio=, n= and power=; the third is found.")
    if odds_ratio is not None and (not is_finite_number(odds_ratio) or odds_ratio <= 0.0 or odds_ratio == 1.0):
        raise DataError(f"odds_ratio={odds_ratio!r:.60} must be a positive number other than 1.")
    if power is not None:
        require_share("power", power)
        if power <= alpha:
            raise DataError(f"power={power:g} must be above alpha={alpha:g}.")
    if n is not None:
        require_count("n", n, 2)

    def power_of(ratio: float, size: float) -> float:
        return _power(ratio, size * (1.0 - explained), event_rate, share, alpha, method)

    if n is None:
        assert odds_ratio is not None
        assert power is not None
        wanted = power
        log_n = brentq(lambda t: power_of(odds_ratio, math.exp(t)) - wanted, 0.0, 60.0, xtol=1e-13)
        size: float = math.ceil(math.exp(log_n) - 1e-6)
        return CoefficientPower(size, power, odds_ratio, event_rate, share, alpha, explained, method, "n")
    if power is None:
        assert odds_ratio is not None
        found = power_of(odds_ratio, n)
        return CoefficientPower(n, found, odds_ratio, event_rate, share, alpha, explained, method, "power")
    assert power is not None
    top, wanted = math.log(RATIO_MOST), power
    grid = np.linspace(1e-6, top, 400)
    above = [power_of(math.exp(t), n) >= wanted for t in grid]
    if not any(above):
        raise DataError(f"No odds ratio up to {RATIO_MOST:,.0f} has a power of {power:g} with {n:,} observations.")
    first = int(np.argmax(above))
    low = grid[max(first - 1, 0)]
    found = brentq(lambda t: power_of(math.exp(t), n) - wanted, low, grid[first], xtol=1e-12) if first else low
    return CoefficientPower(n, power, math.exp(found), event_rate, share, alpha, explained, method, "odds_ratio")


def _power(ratio: float, n: float, rate: float, share: float | None, alpha: float, method: PowerMethod) -> float:
    """Return the power of the two-sided test, the far tail left out as in the formulas."""
    z, beta = -float(ndtri(alpha / 2.0)), abs(math.log(ratio))
    if method == "information":
        variance = _variance(math.log(ratio), rate, share)
        return float(ndtr(beta * math.sqrt(n / variance) - z))
    if share is None:
        return float(ndtr(beta * math.sqrt(n * rate * (1.0 - rate)) - z))
    other = float(expit(math.log(rate / (1.0 - rate)) + math.log(ratio)))
    mean = (1.0 - share) * rate + share * other
    null = math.sqrt(mean * (1.0 - mean) / share)
    own = math.sqrt(rate * (1.0 - rate) + other * (1.0 - other) * (1.0 - share) / share)
    return float(ndtr((math.sqrt(n * (1.0 - share)) * abs(other - rate) - z * null) / own))


def _variance(beta: float, rate: float, share: float | None) -> float:
    """Return n times the variance of the estimate, from the expected information of one observation."""
    if share is None:
        x, weights = np.polynomial.hermite_e.hermegauss(120)
        weights = weights / weights.sum()
    else:
        x, weights = np.array([0.0, 1.0]), np.array([1.0 - share, share])
    eta = math.log(rate / (1.0 - rate)) + beta * x
    v = weights * expit(eta) * expit(-eta)
    own, both, slope = float(v.sum()), float(v @ x), float(v @ x**2)
    return own / (own * slope - both**2)
