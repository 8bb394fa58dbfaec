r"""Estimates that are functions of the coefficients, with their standard errors, intervals and tests.

For :math:`g(\hat\beta)` with Jacobian J the covariance is :math:`J V J'` (the delta method, exact for linear g).
Every "estimate and standard error" of the package goes through here.

References
----------
Casella, G. and Berger, R. L. (2002) Statistical Inference, 2nd edition, section 5.5.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from logitkit.errors import DataError
from logitkit.typing import FloatArray, IntArray

__all__ = ["Estimates", "linear_estimates", "normal_quantile", "two_sided_p"]


@dataclass(frozen=True)
class Estimates:
    """Estimates with standard errors and Wald inference.

    Parameters
    ----------
    estimate, std_error, statistic, p_value, low, high : (m,) array
        One entry an estimate; nan where there is none.
    level : float
        Confidence level of the intervals.

    Examples
    --------
    The interval is the estimate plus and minus z standard errors:

    >>> out = wald_estimates(np.array([1.0]), np.array([0.5]), 0.95)
    >>> bool(np.isclose(out.high[0] - out.low[0], 2 * normal_quantile(0.95) * 0.5))
    True
    """

    estimate: FloatArray
    std_error: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    low: FloatArray
    high: FloatArray
    level: float

    def at(self, places: IntArray) -> Estimates:
        """Return the estimates at some places.

        Parameters
        ----------
        places : (k,) int array
            Which, from 0.

        Returns
        -------
        Estimates
            k entries.
        """
        estimate, std_error, statistic, p_value, low, high = (
            values[places]
            for values in (self.estimate, self.std_error, self.statistic, self.p_value, self.low, self.high)
        )
        return Estimates(estimate, std_error, statistic, p_value, low, high, self.level)


def normal_quantile(level: float) -> float:
    """Return z such that a standard normal lies within -z and z with probability ``level``.

    Parameters
    ----------
    level : float
        Strictly between 0 and 1.

    Returns
    -------
    float
        1.959964 for 0.95.

    Raises
    ------
    DataError
        If the level is not between 0 and 1.

    Examples
    --------
    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0.0 < level < 1.0:
        raise DataError(f"level={level!r} must be a number between 0 and 1, such as 0.95.")
    return float(-ndtri(0.5 * (1.0 - level)))


def two_sided_p(statistic: FloatArray) -> FloatArray:
    """Return P(|Z| > |z|) for a standard normal Z, accurate far in the tails.

    Parameters
    ----------
    statistic : (m,) array
        z statistics.

    Returns
    -------
    (m,) array
        p-values.

    Examples
    --------
    >>> float(two_sided_p(np.array([0.0]))[0])
    1.0
    """
    return np.asarray(2.0 * ndtr(-np.abs(statistic)))


def linear_estimates(estimate: FloatArray, jacobian: FloatArray, product: FloatArray, level: float) -> Estimates:
    """Return Wald inference for estimates with a given Jacobian.

    Parameters
    ----------
    estimate : (m,) array
        Values of the functions.
    jacobian : (m, p) array
        Their derivatives with respect to the coefficients.
    product : (m, p) array
        The Jacobian times the covariance of the coefficients.
    level : float
        Confidence level.

    Returns
    -------
    Estimates
        Standard errors by the delta method.

    Examples
    --------
    >>> out = linear_estimates(np.array([2.0]), np.array([[1.0, 1.0]]), np.array([[1.0, 1.0]]), 0.95)
    >>> bool(np.isclose(out.std_error[0], np.sqrt(2.0)))
    True
    """
    std_error = np.sqrt(np.einsum("ij,ij->i", product, jacobian))
    return wald_estimates(estimate, std_error, level)


def wald_estimates(estimate: FloatArray, std_error: FloatArray, level: float) -> Estimates:
    """Return z statistics, p-values and intervals from estimates and standard errors.

    Parameters
    ----------
    estimate, std_error : (m,) array
        nan where there is none; an infinite estimate has no statistic.
    level : float
        Confidence level.

    Returns
    -------
    Estimates
        Symmetric intervals.
    """
    z = normal_quantile(level)
    finite = np.isfinite(estimate) & (std_error > 0.0)
    statistic = np.divide(estimate, std_error, out=np.full(estimate.shape, np.nan), where=finite)
    half = np.where(finite, z * std_error, np.nan)
    centre = np.where(finite, estimate, np.nan)
    return Estimates(estimate, std_error, statistic, two_sided_p(statistic), centre - half, centre + half, level)
