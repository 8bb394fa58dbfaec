r"""The squared calibration error without bias, and its interval.

In bin b with :math:`n_b` of N trials, errors :math:`d_i = p_i - y_i` with mean :math:`\bar d_b` and variance
:math:`s_b^2`,

.. math:: \hat\theta = \sum_b \frac{n_b}{N} \Bigl( \bar d_b^2 - \frac{s_b^2}{n_b} \Bigr)
    = \sum_b \frac{n_b}{N} \frac{1}{n_b (n_b - 1)} \sum_{i \ne j} d_i d_j

has the expectation :math:`\theta = \sum_b (n_b / N) \mu_b^2` for errors of mean :math:`\mu_b` in each bin, zero if
probabilities are right, whatever the bins (``docs/maths/calibration_error.md``, equations 1 to 3). Where all
predictions of a bin are one it is the estimator of Kumar, Liang and Ma.

:math:`T = \sum_b (n_b / N) \bar d_b^2` is a weighted sum of non-central chi-squares, whose first three cumulants a
shifted gamma distribution takes over. Limits are the :math:`\theta` under which T, as it is, lies at its quantiles.

References
----------
Kumar, A., Liang, P. S. and Ma, T. (2019) Verified uncertainty calibration. NeurIPS.
Pearson, E. S. (1959) Note on an approximation to the distribution of non-central chi-square. Biometrika 46, 364.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammainc, gammaincc

from logitkit.logits.calibration_errors.bins import ErrorBins
from logitkit.typing import FloatArray

__all__ = ["limits", "mean_variance", "squared_error", "squared_interval"]


def squared_error(bins: ErrorBins) -> float:
    """Return an unbiased estimate of the squared calibration error.

    Parameters
    ----------
    bins : ErrorBins
        The bins. Bins with one trial are left out.

    Returns
    -------
    float
        It can be negative by chance if the error is near zero; nan if no bin has two trials.

    Examples
    --------
    >>> squared_error(ErrorBins(np.array([4.0]), np.array([2.0]), np.array([2.0]), np.array([1.0])))
    -0.08333333333333333
    """
    some = bins.n > 1.0
    if not some.any():
        return float("nan")
    n, gap, variance = bins.n[some], bins.gap[some], bins.variance[some]
    return float(n @ (gap**2 - variance / n) / n.sum())


def squared_interval(bins: ErrorBins, level: float) -> tuple[float, float]:
    """Return an interval for the squared calibration error in these bins.

    Parameters
    ----------
    bins : ErrorBins
        The bins. Bins with one trial are left out.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        At least 0.

    Examples
    --------
    >>> bins = ErrorBins(np.full(2, 50.0), np.array([10.0, 40.0]), np.array([12.0, 38.0]), np.full(2, 8.0))
    >>> low, high = squared_interval(bins, 0.95)
    >>> low, 0.005 < high < 0.02
    (0.0, True)
    """
    some = bins.n > 1.0
    if not some.any():
        return float("nan"), float("nan")
    return limits(bins.gap[some], bins.n[some] / bins.n[some].sum(), np.diag(mean_variance(bins)[some]), level)


def mean_variance(bins: ErrorBins) -> FloatArray:
    """Return the variance of each gap, with one more trial of the variance that is predicted, shape (b,).

    Examples
    --------
    >>> bins = ErrorBins(np.array([4.0]), np.array([2.0]), np.array([2.0]), np.array([1.0]))
    >>> mean_variance(bins).tolist()
    [0.078125]
    """
    rate = bins.predicted  # a bin without events would have no variance
    return np.asarray(((bins.n - 1.0) * bins.variance + rate * (1.0 - rate)) / bins.n**2)


def limits(gap: FloatArray, share: FloatArray, covariance: FloatArray, level: float) -> tuple[float, float]:
    """Return an interval for the sum of squares of means, by those that were observed.

    Parameters
    ----------
    gap, share : (c,) array
        Observed means, and what multiplies the square of each.
    covariance : (c, c) array
        Of the observed means.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        At least 0.

    Examples
    --------
    >>> low, high = limits(np.array([3.0]), np.ones(1), np.ones((1, 1)), 0.95)
    >>> bool(0.9 < low < 1.3), bool(24.0 < high < 25.0)
    (True, True)
    """
    statistic = float(share @ gap**2)
    if not np.diag(covariance).any():
        return statistic, statistic
    likely = np.sign(gap) * np.sqrt(np.maximum(gap**2 - np.diag(covariance), 0.0))
    direction = likely if likely.any() else np.ones(gap.size)
    moved = direction / np.sqrt(share @ direction**2)
    spread = covariance * share  # its traces are those of the quadratic form
    along = share * moved
    twice = spread @ spread
    once = covariance @ along
    fixed = np.array([np.trace(spread), np.trace(twice), np.trace(twice @ spread)])
    with_theta = np.array([1.0, 2.0 * (along @ once), 3.0 * (once @ (share * once))])
    times = np.array([1.0, 2.0, 8.0])
    tail = 0.5 * (1.0 - level)

    def excess(theta: float, upper: bool) -> float:
        mean, variance, third = (times * (fixed + theta * with_theta)).tolist()
        return _tail(statistic, mean, variance, third, upper) - tail

    most = statistic + float(fixed[0])
    while excess(most, False) > 0.0 or excess(most, True) < 0.0:
        most *= 2.0
    low = brentq(excess, 0.0, most, (True,), xtol=1e-14) if excess(0.0, True) < 0.0 else 0.0
    high = brentq(excess, 0.0, most, (False,), xtol=1e-14) if excess(0.0, False) > 0.0 else 0.0
    return float(low), float(high)


def _tail(statistic: float, mean: float, variance: float, third: float, upper: bool) -> float:
    """Return the probability above, or below, a value by the shifted gamma distribution of three cumulants."""
    shape = 4.0 * variance**3 / third**2
    at = max(shape + (statistic - mean) * np.sqrt(shape / variance), 0.0)
    return float(gammaincc(shape, at) if upper else gammainc(shape, at))
