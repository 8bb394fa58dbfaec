r"""Rubin's rules: one estimate and its standard error from those of M imputed tables.

With estimates :math:`\hat q_l` and variances :math:`u_l`, the pooled estimate is the mean :math:`\bar q`, and its
variance

.. math:: t = \bar u + (1 + 1/M)\, b, \qquad b = \frac{1}{M - 1} \sum_l (\hat q_l - \bar q)^2 .

It is compared with t on Barnard and Rubin's degrees of freedom: with :math:`\lambda = (1 + 1/M) b / t`,

.. math:: \frac{1}{\nu} = \frac{\lambda^2}{M - 1} + \frac{\nu_c + 3}{\nu_c (\nu_c + 1) (1 - \lambda)},

where :math:`\nu_c` are those of the complete table. The fraction of missing information is :math:`(r + 2 / (\nu + 3)) /
(r + 1)` with :math:`r = (1 + 1/M) b / \bar u`, and M imputations are :math:`1 / (1 + \mathrm{fmi} / M)` as efficient as
infinitely many.

References
----------
Rubin, D. B. (1987) Multiple Imputation for Nonresponse in Surveys. Wiley, section 3.3.
Barnard, J. and Rubin, D. B. (1999) Small-sample degrees of freedom with multiple imputation. Biometrika 86, 948-955.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from logitkit.engine.law import EachLaw, Law
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.delta import Estimates, wald_estimates
from logitkit.typing import FloatArray

__all__ = ["Pooled", "RubinLaw", "barnard_rubin", "pooled_scalars"]


@dataclass(frozen=True)
class Pooled:
    """Pooled estimates, with the contribution of the imputations to their errors.

    Parameters
    ----------
    estimates : Estimates
        m pooled estimates, each with its own degrees of freedom for t.
    within, between : (m,) array
        Mean of the variances, and variance of the estimates between tables.
    dof : (m,) array
        Barnard and Rubin's degrees of freedom.
    increase : (m,) array
        Relative increase in variance due to missing values.
    fmi : (m,) array
        Fraction of missing information.
    n_imputations : int
        Number of imputed tables, M.

    Examples
    --------
    Tables that agree add no variance:

    >>> found = pooled_scalars(np.ones((3, 1)), np.full((3, 1), 0.04), level=0.95)
    >>> float(found.estimates.std_error[0]), float(found.increase[0])
    (0.2, 0.0)
    """

    estimates: Estimates
    within: FloatArray
    between: FloatArray
    dof: FloatArray
    increase: FloatArray
    fmi: FloatArray
    n_imputations: int

    @property
    def efficiency(self) -> FloatArray:
        """Efficiency relative to infinitely many imputations, in units of variance, shape (m,)."""
        return 1.0 / (1.0 + self.fmi / self.n_imputations)


def barnard_rubin(within: FloatArray, between: FloatArray, n_imputations: int, dof_complete: float) -> FloatArray:
    """Return Barnard and Rubin's degrees of freedom.

    Parameters
    ----------
    within, between : (m,) array
        Mean of the variances, and variance of the estimates between tables.
    n_imputations : int
        Number of imputed tables, M, at least 2.
    dof_complete : float
        Degrees of freedom of the complete table; infinite for Rubin's degrees of freedom of 1987.

    Returns
    -------
    (m,) array
        Degrees of freedom, at most ``dof_complete``.

    Examples
    --------
    >>> barnard_rubin(np.array([1.0]), np.array([1.0]), 5, np.inf).round(4).tolist()
    [13.4444]
    """
    added = (1.0 + 1.0 / n_imputations) * between
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(added > 0.0, added / (within + added), 0.0)
        inverse = share**2 / (n_imputations - 1)
        if math.isfinite(dof_complete):
            inverse = inverse + (dof_complete + 3.0) / (dof_complete * (dof_complete + 1.0) * (1.0 - share))
        return np.asarray(1.0 / inverse)


def pooled_scalars(
    estimates: FloatArray, variances: FloatArray, level: float, dof_complete: float = math.inf
) -> Pooled:
    """Return m estimates pooled by Rubin's rules.

    Parameters
    ----------
    estimates, variances : (M, m) array
        One row per imputed table.
    level : float
        Confidence level of the intervals.
    dof_complete : float
        Degrees of freedom of the complete table.

    Returns
    -------
    Pooled
        The m pooled estimates.

    Raises
    ------
    DataError
        For fewer than two tables.

    Examples
    --------
    >>> found = pooled_scalars(np.array([[1.0], [3.0]]), np.array([[0.5], [0.5]]), level=0.95)
    >>> float(found.estimates.estimate[0]), round(float(found.estimates.std_error[0]) ** 2, 6)
    (2.0, 3.5)
    """
    count = len(estimates)
    if count < 2:
        raise DataError(f"{count} imputed table: errors between imputations need at least two.")
    within, between = variances.mean(axis=0), estimates.var(axis=0, ddof=1)
    added = (1.0 + 1.0 / count) * between
    dof = barnard_rubin(within, between, count, dof_complete)
    with np.errstate(divide="ignore", invalid="ignore"):
        increase = np.where(added > 0.0, added / within, 0.0)
        fmi = np.where(np.isinf(increase), 1.0, (increase + 2.0 / (dof + 3.0)) / (increase + 1.0))
    found = wald_estimates(estimates.mean(axis=0), np.sqrt(within + added), level, Law(dof))
    return Pooled(found, within, between, dof, increase, fmi, count)


def _nothing() -> FloatArray:
    return np.empty((0, 0))


@dataclass(frozen=True, slots=True, eq=False)
class RubinLaw(Law):
    """Student's t with Barnard and Rubin's degrees of freedom, separate for each function.

    Parameters
    ----------
    dof : float
        Not used.
    within, between : (q, q) array
        Mean covariance, and covariance of the estimates between tables.
    n_imputations : int
        Number of imputed tables, M.
    dof_complete : float
        Degrees of freedom of the complete table.

    Examples
    --------
    >>> law = RubinLaw(within=np.eye(1), between=np.eye(1), n_imputations=5)
    >>> law.of(np.array([[2.0]])).dof.round(4).tolist()
    [13.4444]
    """

    within: FloatArray = field(default_factory=_nothing)
    between: FloatArray = field(default_factory=_nothing)
    n_imputations: int = 2
    dof_complete: float = math.inf

    @property
    def is_normal(self) -> bool:
        """Whether it is the normal distribution: always False."""
        return False

    @property
    def varies(self) -> bool:
        """Whether each function has its own degrees of freedom: always True."""
        return True

    def of(self, functions: FloatArray) -> Law:
        """Return the distributions for linear functions of the coefficients.

        Parameters
        ----------
        functions : (m, q) array
            One row per function.

        Returns
        -------
        Law
            Distributions of the m functions.
        """
        within = np.einsum("mi,ij,mj->m", functions, self.within, functions)
        between = np.einsum("mi,ij,mj->m", functions, self.between, functions)
        return EachLaw(barnard_rubin(within, between, self.n_imputations, self.dof_complete), self, functions)

    def joint_of(self, functions: FloatArray) -> Law:
        """Return the distribution for a test of one function; tests of several use another covariance.

        Parameters
        ----------
        functions : (1, q) array
            The function.

        Returns
        -------
        Law
            Student's t.
        """
        if len(functions) != 1:
            raise UnsupportedError("Several coefficients of pooled fits are tested by pooled.test(...).")
        return Law(float(np.asarray(self.of(functions).dof)[0]))
