r"""Tests of k coefficients from M imputed tables: from estimates (D1), statistics (D2) and likelihoods (D3, D4).

All assume that the missing values cost each coefficient the same proportion of its information, :math:`r / (1 + r)`,
because M imputations are too few to estimate a k by k covariance between imputations. With the mean covariance
:math:`\bar U` and the covariance B of the estimates,

.. math:: D_1 = \frac{\bar q' \bar U^{-1} \bar q}{k (1 + r_1)}, \qquad
          r_1 = (1 + 1/M)\, \mathrm{tr}(B \bar U^{-1}) / k ;

for chi-square statistics :math:`d_l` with mean :math:`\bar d`,

.. math:: D_2 = \frac{\bar d / k - r_2 (M + 1) / (M - 1)}{1 + r_2}, \qquad
          r_2 = (1 + 1/M)\, \mathrm{var}(\sqrt{d_l}) ;

for likelihood-ratio statistics, with mean :math:`\bar d_L` at the estimates of each table and :math:`\tilde d_L` at the
pooled ones,

.. math:: D_3 = \frac{\tilde d_L}{k (1 + r_3)}, \qquad r_3 = \frac{M + 1}{k (M - 1)} (\bar d_L - \tilde d_L) .

and for the maximised log-likelihoods of the larger model, with mean :math:`\bar\ell` at the estimates of each table and
:math:`\tilde\ell` at the estimate of all tables stacked, which has h coefficients,

.. math:: D_4 = \frac{\tilde d_S}{k (1 + r_4)}, \qquad
          r_4 = \frac{M + 1}{h (M - 1)}\, 2 (\bar\ell - \tilde\ell) ,

where :math:`\tilde d_S` is the likelihood-ratio statistic of the stacked tables over M, and :math:`\nu = h (M - 1)
(1 + 1 / r_4)^2`.

Each is compared with F on k and :math:`\nu` degrees of freedom; the papers give the other formulas for :math:`\nu`. D2
uses only the statistics and is the least accurate.

References
----------
Chan, K. W. and Meng, X.-L. (2022) Multiple improvements of multiple imputation likelihood ratio tests. Statistica
Sinica 32, 1489-1514.
Li, K. H., Raghunathan, T. E. and Rubin, D. B. (1991) Large-sample significance levels from multiply imputed data using
moment-based statistics and an F reference distribution. Journal of the American Statistical Association 86, 1065-1073.
Li, K. H., Meng, X. L., Raghunathan, T. E. and Rubin, D. B. (1991) Significance levels from repeated p-values with
multiply imputed data. Statistica Sinica 1, 65-92.
Meng, X. L. and Rubin, D. B. (1992) Performing likelihood ratio tests with multiply imputed data sets. Biometrika 79,
103-111.
Reiter, J. P. (2007) Small-sample degrees of freedom for multi-component significance tests with multiple imputation
for missing data. Biometrika 94, 502-508.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import fdtrc

from logitkit.typing import FloatArray

__all__ = ["PooledTest", "estimates_test", "likelihoods_test", "stacked_test", "statistics_test"]

Method = Literal["D1", "D2", "D3", "D4"]


@dataclass(frozen=True)
class PooledTest:
    """A pooled test of k hypotheses.

    Parameters
    ----------
    method : {'D1', 'D2', 'D3', 'D4'}
        What was pooled: estimates, statistics, likelihoods or tables.
    hypotheses : tuple of str
        The hypotheses, in words.
    statistic : float
        The statistic D, which is compared with F.
    dof : int
        Numerator degrees of freedom, k.
    dof_denominator : float
        Denominator degrees of freedom of F.
    p_value : float
        Upper tail probability.
    increase : float
        Relative increase in variance due to missing values, r.
    n_imputations : int
        Number of imputed tables, M.

    Examples
    --------
    >>> statistics_test(np.array([4.0, 5.0, 6.0]), 2).method
    'D2'
    """

    method: Method
    hypotheses: tuple[str, ...]
    statistic: float
    dof: int
    dof_denominator: float
    p_value: float
    increase: float
    n_imputations: int


def estimates_test(
    estimates: FloatArray,
    covariances: FloatArray,
    dof_complete: float = math.inf,
    hypotheses: tuple[str, ...] = (),
) -> PooledTest:
    """Return D1: the Wald test from M sets of estimates.

    Parameters
    ----------
    estimates : (M, k) array
        Estimates of functions that are zero under the hypothesis, one row per imputed table.
    covariances : (M, k, k) array
        Covariances of the estimates, of full rank.
    dof_complete : float
        Degrees of freedom of the complete table. If finite, F has Reiter's degrees of freedom, otherwise those of Li
        and others.
    hypotheses : tuple of str
        The hypotheses, in words.

    Returns
    -------
    PooledTest
        The test D1.

    Examples
    --------
    For one coefficient it is the square of Rubin's t:

    >>> from logitkit.inference.pooling.rubin import pooled_scalars
    >>> q, u = np.array([[1.0], [1.5], [0.8]]), np.full((3, 1), 0.2)
    >>> single, joint = pooled_scalars(q, u, 0.95), estimates_test(q, u[:, :, None])
    >>> bool(np.isclose(joint.statistic, single.estimates.statistic[0] ** 2))
    True
    """
    count, k = estimates.shape
    mean, within = estimates.mean(axis=0), covariances.mean(axis=0)
    between = np.atleast_2d(np.cov(estimates.T))
    increase = (1.0 + 1.0 / count) * float(np.trace(np.linalg.solve(within, between))) / k
    statistic = float(mean @ np.linalg.solve(within, mean)) / (k * (1.0 + increase))
    dof = _dof(k, count, increase, dof_complete)
    return _test("D1", hypotheses, statistic, k, dof, increase, count)


def statistics_test(statistics: FloatArray, dof: int, hypotheses: tuple[str, ...] = ()) -> PooledTest:
    """Return D2: the pooled test from chi-square statistics alone.

    Parameters
    ----------
    statistics : (M,) array
        One chi-square statistic per imputed table.
    dof : int
        Degrees of freedom of each statistic, k.
    hypotheses : tuple of str
        The hypotheses, in words.

    Returns
    -------
    PooledTest
        The test D2. Its statistic is negative if the chi-square statistics vary too much for their mean.

    Examples
    --------
    If all statistics are equal, the result is that of one table:

    >>> round(statistics_test(np.full(4, 6.0), 2).statistic, 6)
    3.0
    """
    count = len(statistics)
    increase = (1.0 + 1.0 / count) * float(np.var(np.sqrt(statistics), ddof=1))
    found = (float(statistics.mean()) / dof - increase * (count + 1) / (count - 1)) / (1.0 + increase)
    with np.errstate(divide="ignore"):
        denominator = float(dof ** (-3.0 / count) * (count - 1) * np.square(1.0 + np.divide(1.0, increase)))
    return _test("D2", hypotheses, found, dof, denominator, increase, count)


def likelihoods_test(own: FloatArray, pooled: FloatArray, dof: int, hypotheses: tuple[str, ...] = ()) -> PooledTest:
    """Return D3: the pooled likelihood-ratio test.

    Parameters
    ----------
    own : (M,) array
        Likelihood-ratio statistic of each table, at the estimates of that table.
    pooled : (M,) array
        Likelihood-ratio statistic of each table, at the pooled estimates of both models.
    dof : int
        Number of hypotheses, k.
    hypotheses : tuple of str
        The hypotheses, in words.

    Returns
    -------
    PooledTest
        The test D3, with the degrees of freedom for a large complete table.

    Examples
    --------
    >>> round(likelihoods_test(np.array([6.0, 7.0]), np.array([6.0, 6.0]), 2).increase, 6)
    0.75
    """
    count = len(own)
    at_pooled = float(pooled.mean())
    increase = max((count + 1) / (dof * (count - 1)) * (float(own.mean()) - at_pooled), 0.0)
    statistic = at_pooled / (dof * (1.0 + increase))
    return _test("D3", hypotheses, statistic, dof, _dof(dof, count, increase, math.inf), increase, count)


def stacked_test(
    ratio: float, loss: float, dof: int, n_params: int, count: int, hypotheses: tuple[str, ...] = ()
) -> PooledTest:
    """Return D4: the likelihood-ratio test of the stacked tables.

    Parameters
    ----------
    ratio : float
        Likelihood-ratio statistic of the stacked tables, divided by their number.
    loss : float
        Twice the mean decrease in the log-likelihood of the larger model from the estimates of each table to the
        estimates from the stacked tables; never negative.
    dof : int
        Number of hypotheses, k.
    n_params : int
        Number of coefficients of the larger model, h.
    count : int
        Number of imputed tables, M.
    hypotheses : tuple of str
        The hypotheses, in words.

    Returns
    -------
    PooledTest
        The test D4 with the robust estimate of the increase in variance, which is valid whether or not the hypotheses
        hold.

    Examples
    --------
    >>> found = stacked_test(6.0, 1.0, 2, 4, 5)
    >>> found.increase, round(found.statistic, 6)
    (0.375, 2.181818)
    """
    increase = max((count + 1) / (n_params * (count - 1)) * loss, 0.0)
    statistic = ratio / (dof * (1.0 + increase))
    with np.errstate(divide="ignore"):
        denominator = float(n_params * (count - 1) * np.square(1.0 + np.divide(1.0, increase)))
    return _test("D4", hypotheses, statistic, dof, denominator, increase, count)


def _dof(k: int, count: int, increase: float, dof_complete: float) -> float:
    """Return the denominator degrees of freedom of D1 and D3."""
    t = k * (count - 1)
    if increase == 0.0:
        return _of_complete(dof_complete)
    if math.isinf(dof_complete) or t <= 4:
        if t > 4:
            return 4.0 + (t - 4.0) * (1.0 + (1.0 - 2.0 / t) / increase) ** 2
        return 0.5 * t * (1.0 + 1.0 / k) * (1.0 + 1.0 / increase) ** 2
    # Reiter's expansion, with his alpha, and nu* less 2 and 4 times 1 + alpha.
    a = increase * t / (t - 2.0)
    two, four = (_of_complete(dof_complete) - number * (1.0 + a) for number in (2.0, 4.0))
    if four <= 0.0:  # outside the expansion: so little is known that the limit of few imputations holds
        return 0.5 * t * (1.0 + 1.0 / k) * (1.0 + 1.0 / increase) ** 2
    series = two / ((1.0 + a) ** 2 * four) + 8.0 * two / ((1.0 + a) * four**2) + 4.0 / ((1.0 + a) * four)
    series += 4.0 / (two * four) + 16.0 * two / four**3 + 8.0 / four**2
    return 4.0 + 1.0 / (1.0 / four + a**2 * series / (t - 4.0))


def _of_complete(dof_complete: float) -> float:
    return dof_complete if math.isinf(dof_complete) else dof_complete * (dof_complete + 1.0) / (dof_complete + 3.0)


def _test(
    method: Method, hypotheses: tuple[str, ...], statistic: float, k: int, dof: float, increase: float, count: int
) -> PooledTest:
    p_value = 1.0 if statistic <= 0.0 else float(fdtrc(k, min(dof, 1e15), statistic))
    return PooledTest(method, hypotheses, statistic, k, dof, p_value, increase, count)
