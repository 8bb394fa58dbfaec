r"""Calibration by group: whether a model that is right on average is right for each part of those it is used on.

Each group has its own observed and expected numbers, intercept and slope. That G estimates :math:`b_g` with standard
errors :math:`s_g` of independent groups are one is tested by :math:`Q = \sum_g (b_g - \bar b)^2 / s_g^2`, with
:math:`\bar b` their mean weighted by :math:`1 / s_g^2`, which is chi-square with G - 1 degrees of freedom.

References
----------
Cochran, W. G. (1954) The combination of estimates from different experiments. Biometrics 10, 101-129.
Van Calster, B., Steyerberg, E. W., Wynants, L. and van Smeden, M. (2023) There is no such thing as a validated
prediction model. BMC Medicine 21, 70.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from logitkit.typing import FloatArray

__all__ = ["CalibrationGroups", "Homogeneity", "homogeneity"]


@dataclass(frozen=True)
class Homogeneity:
    """A test that a parameter has the same value in all groups.

    Parameters
    ----------
    statistic : float
        Cochran's Q; nan with fewer than two estimates.
    dof : int
        Number of groups with an estimate, minus one.
    p_value : float
        Probability of a larger statistic under the hypothesis.

    Examples
    --------
    >>> Homogeneity(0.0, 1, 1.0).p_value
    1.0
    """

    statistic: float
    dof: int
    p_value: float


@dataclass(frozen=True)
class CalibrationGroups:
    """Calibration of an event in each of G groups.

    Parameters
    ----------
    by : str
        Name of the grouping variable.
    names : tuple of str
        The groups.
    n, observed, expected, ratio : (G,) array
        Number of trials, observed events, expected events, and ratio of observed to expected.
    intercept, intercept_std_error, slope, slope_std_error : (G,) array
        As for all rows; nan if a group does not determine them, for example a group without events.
    brier, ici : (G,) array
        Brier score, and integrated calibration index of the curve fitted to the group.
    intercepts, slopes : Homogeneity
        Tests that the intercepts, and the slopes, are equal in all groups.

    Examples
    --------
    >>> one, same = np.ones(2), Homogeneity(0.0, 1, 1.0)
    >>> CalibrationGroups("sex", ("f", "m"), one, one, one, one, one, one, one, one, one, one, same, same).names
    ('f', 'm')
    """

    by: str
    names: tuple[str, ...]
    n: FloatArray
    observed: FloatArray
    expected: FloatArray
    ratio: FloatArray
    intercept: FloatArray
    intercept_std_error: FloatArray
    slope: FloatArray
    slope_std_error: FloatArray
    brier: FloatArray
    ici: FloatArray
    intercepts: Homogeneity
    slopes: Homogeneity


def homogeneity(estimate: FloatArray, std_error: FloatArray) -> Homogeneity:
    """Test that independent groups have the same parameter.

    Parameters
    ----------
    estimate, std_error : (G,) array
        Estimate and standard error of each group; values that are not finite are ignored.

    Returns
    -------
    Homogeneity
        Cochran's Q test.

    Examples
    --------
    For two groups, Q is the squared ratio of the difference to its standard error:

    >>> found = homogeneity(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> round(found.statistic, 12), found.dof
    (0.04, 1)
    """
    there = np.isfinite(estimate) & np.isfinite(std_error) & (std_error > 0.0)
    dof = int(there.sum()) - 1
    if dof < 1:
        return Homogeneity(float("nan"), max(dof, 0), float("nan"))
    weight = 1.0 / std_error[there] ** 2
    mean = weight @ estimate[there] / weight.sum()
    statistic = float(weight @ (estimate[there] - mean) ** 2)
    return Homogeneity(statistic, dof, float(chdtrc(dof, statistic)))
