r"""Numbers of defaults that depend on one another through one factor (Vasicek's model, as in the formulas of Basel).

Given the factor, defaults are independent with probability

.. math:: \pi = \Phi\{(\Phi^{-1}(p) + \sqrt\rho\, X) / \sqrt{1 - \rho}\}, \qquad X \sim N(0, 1),

for a probability of default p and an asset correlation :math:`\rho`. Tail probabilities and posteriors are expectations
over beta variables, which are smooth and bounded, so that quadrature serves any number of obligors
(``docs/maths/scorecard_validation.md``, equations 7 to 10).

References
----------
Vasicek, O. (2002) Loan portfolio value. Risk 15(12), 160-162.
Tasche, D. (2003) A traffic lights approach to PD validation. arXiv:cond-mat/0305038.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import bdtrc, betainc, betaincinv, log_ndtr, ndtr, ndtri

from logitkit.typing import FloatArray

__all__ = ["jeffreys_p_value", "rate_quantile", "tail_probability"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(160)
FARTHEST = 8.5  # standard deviations of the factor: beyond, 2e-17


def _unit_nodes(border: float) -> tuple[FloatArray, FloatArray]:
    """Return quadrature on (0, 1) with nodes crowded at its ends, where quantiles have limits, and at a border."""
    v = 0.5 * (NODES + 1.0)
    step, weight = v**3 * (10.0 - 15.0 * v + 6.0 * v**2), 15.0 * WEIGHTS * v**2 * (1.0 - v) ** 2
    u = np.concatenate([border * step, border + (1.0 - border) * step])
    return u, np.concatenate([border * weight, (1.0 - border) * weight])


def tail_probability(n: float, defaults: float, pd: float, correlation: float = 0.0) -> float:
    """Return the probability of so many defaults or more among n obligors; effective numbers need not be whole."""
    if defaults <= 0:
        return 1.0
    if correlation == 0.0:
        whole = n % 1 == 0 and defaults % 1 == 0
        return float(bdtrc(int(defaults) - 1, int(n), pd) if whole else betainc(defaults, n - defaults + 1.0, pd))
    shrink = math.sqrt(1.0 - correlation)
    u, weight = _unit_nodes(float(betainc(defaults, n - defaults + 1, ndtr(ndtri(pd) / shrink))))
    rate = ndtri(betaincinv(defaults, n - defaults + 1, u))
    z = (ndtri(pd) - shrink * rate) / math.sqrt(correlation)
    return float(weight @ ndtr(z))


def jeffreys_p_value(n: float, defaults: float, pd: float, correlation: float = 0.0) -> float:
    """Return the posterior probability that the true probability of default is at most pd, under Jeffreys' prior."""
    a, b = defaults + 0.5, n - defaults + 0.5
    if correlation == 0.0:
        return float(betainc(a, b, pd))
    spread, shrink = math.sqrt(correlation / (1.0 - correlation)), math.sqrt(1.0 - correlation)
    u, weight = _unit_nodes(float(betainc(a, b, ndtr(ndtri(pd) / shrink))))
    y = ndtri(np.clip(betaincinv(a, b, u), 1e-300, 1.0 - 1e-16))
    # The probit of the probability of default is shrink (y - spread z): at most that of pd where z is at least this.
    border = np.clip((y - ndtri(pd) / shrink) / spread, -FARTHEST, FARTHEST)
    below = _prior_mass(y, border, np.full_like(y, FARTHEST), shrink, spread)
    above = _prior_mass(y, np.full_like(y, -FARTHEST), border, shrink, spread)
    return float(weight @ below / (weight @ (below + above)))


def _prior_mass(y: FloatArray, low: FloatArray, high: FloatArray, shrink: float, spread: float) -> FloatArray:
    """Return integrals over the factor of the prior's density at each probit of a rate, over that at the rate."""
    half = 0.5 * (high - low)
    z = low[:, None] + half[:, None] * (NODES + 1.0)
    density = _log_prior(shrink * (y[:, None] - spread * z)) - _log_prior(y)[:, None] - 0.5 * z**2
    return np.asarray(half * (np.exp(density) @ WEIGHTS))


def _log_prior(c: FloatArray) -> FloatArray:
    """Return the log density of Jeffreys' prior on the scale of probits, but for its constant."""
    return np.asarray(-0.5 * (c**2 + log_ndtr(c) + log_ndtr(-c)))


def rate_quantile(pd: float, correlation: float, level: float) -> float:
    """Return the quantile of the default rate of infinitely many obligors."""
    return float(ndtr((ndtri(pd) + math.sqrt(correlation) * ndtri(level)) / math.sqrt(1.0 - correlation)))
