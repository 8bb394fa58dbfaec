r"""Estimates that are functions of the coefficients, with their standard errors, intervals and tests.

For :math:`g(\hat\beta)` with Jacobian J, the covariance is :math:`J V J'` (the delta method, exact for linear g). Every
estimate with a standard error in the package is computed here.

References
----------
Casella, G. and Berger, R. L. (2002) Statistical Inference, 2nd edition, section 5.5.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.engine.law import NORMAL, Law
from logitkit.typing import FloatArray, IntArray

__all__ = ["Estimates", "linear_estimates", "wald_estimates"]


@dataclass(frozen=True)
class Estimates:
    """Estimates with standard errors and Wald inference.

    Parameters
    ----------
    estimate, std_error, statistic, p_value, low, high : (m,) array
        One entry per estimate; nan where there is none.
    level : float
        Confidence level of the intervals.
    law : Law
        Reference distribution of the statistics: normal, or t.

    Examples
    --------
    The interval is the estimate plus and minus z standard errors:

    >>> out = wald_estimates(np.array([1.0]), np.array([0.5]), 0.95)
    >>> bool(np.isclose(out.high[0] - out.low[0], 2 * NORMAL.quantile(0.95) * 0.5))
    True
    """

    estimate: FloatArray
    std_error: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    low: FloatArray
    high: FloatArray
    level: float
    law: Law = NORMAL

    def at(self, places: IntArray) -> Estimates:
        """Return the estimates at some positions.

        Parameters
        ----------
        places : (k,) int array
            Positions to select, from 0.

        Returns
        -------
        Estimates
            The k selected estimates.
        """
        estimate, std_error, statistic, p_value, low, high = (
            values[places]
            for values in (self.estimate, self.std_error, self.statistic, self.p_value, self.low, self.high)
        )
        return Estimates(estimate, std_error, statistic, p_value, low, high, self.level, self.law)


def linear_estimates(
    estimate: FloatArray, jacobian: FloatArray, product: FloatArray, level: float, law: Law = NORMAL
) -> Estimates:
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
    law : Law, default normal
        Reference distribution of the statistics.

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
    return wald_estimates(estimate, std_error, level, law)


def wald_estimates(estimate: FloatArray, std_error: FloatArray, level: float, law: Law = NORMAL) -> Estimates:
    """Return z or t statistics, p-values and intervals from estimates and standard errors.

    Parameters
    ----------
    estimate, std_error : (m,) array
        Estimates and standard errors, nan where there is none; an infinite estimate has no statistic.
    level : float
        Confidence level.
    law : Law, default normal
        Reference distribution of the statistics.

    Returns
    -------
    Estimates
        With intervals that are symmetric about the estimates.

    Examples
    --------
    With few degrees of freedom an interval is wider:

    >>> z, t = (wald_estimates(np.array([1.0]), np.array([0.5]), 0.95, law) for law in (NORMAL, Law(5.0)))
    >>> bool(t.low[0] < z.low[0])
    True
    """
    z = law.quantile(level)
    finite = np.isfinite(estimate) & (std_error > 0.0)
    statistic = np.divide(estimate, std_error, out=np.full(estimate.shape, np.nan), where=finite)
    half = np.where(finite, z * std_error, np.nan)
    centre = np.where(finite, estimate, np.nan)
    p_value = law.two_sided(statistic)
    return Estimates(estimate, std_error, statistic, p_value, centre - half, centre + half, level, law)
