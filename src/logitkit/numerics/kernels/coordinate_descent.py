r"""Coordinate and block descent on a quadratic model with a penalty.

The model is :math:`q(b) = \tfrac12 b'Hb + c'b + \sum_j (\lambda_j |b_j| + \tfrac12 \kappa_j b_j^2)` on
:math:`l_j \le b_j \le u_j`, plus :math:`\sum_g \nu_g \lVert b_g \rVert_2` over groups. The loops hold
:math:`q = Hb + c`, so that a coordinate that does not move costs one comparison (``docs/maths/penalties.md``,
equations 9 to 12).
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import FloatArray, IntArray

__all__ = ["descend_coordinates", "descend_groups"]


@compiled
def _shrunk(value: float, amount: float) -> float:
    """Return the prox of amount |b| at a value: soft thresholding."""
    if value > amount:
        return value - amount
    if value < -amount:
        return value + amount
    return 0.0


@compiled
def _move(hessian: FloatArray, slope: FloatArray, coef: FloatArray, j: int, new: float) -> float:
    """Set a coefficient, update the slope, and return H_jj times the squared change."""
    change = new - coef[j]
    if change == 0.0:
        return 0.0
    coef[j] = new
    row = hessian[j]
    for k in range(slope.shape[0]):
        slope[k] += change * row[k]
    return float(change * change * row[j])


@compiled
def descend_coordinates(  # noqa: PLR0917 - arrays and scalars only
    hessian: FloatArray,
    slope: FloatArray,
    coef: FloatArray,
    l1: FloatArray,
    l2: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    tol: float,
    max_sweeps: int,
) -> tuple[int, float]:
    r"""Minimise the model one coordinate at a time, cycling over those that move until none does.

    Parameters
    ----------
    hessian : (m, m) array
        H, symmetric, in C order: its first p rows and columns, of which there may be more.
    slope : (p,) array
        H b + c at the given coefficients; kept up.
    coef : (p,) array
        First iterate, overwritten.
    l1, l2, lower, upper : (p,) array
        Strengths :math:`\lambda_j` and :math:`\kappa_j`, and bounds, infinite for none.
    tol : float
        Stop when a sweep over all coordinates gains less than this, by the quadratic bound.
    max_sweeps : int
        Largest number of sweeps, of all coordinates or of those that are not zero.

    Returns
    -------
    sweeps : int
        How many were made.
    gain : float
        What the last sweep over all coordinates gained, at most.
    """
    p = coef.shape[0]
    active = np.empty(p, dtype=np.int64)
    sweeps = 0
    gain = math.inf
    while sweeps < max_sweeps:
        gain = 0.0
        n_active = 0
        for j in range(p):
            curvature = hessian[j, j] + l2[j]
            if curvature > 0.0:
                new = _shrunk(hessian[j, j] * coef[j] - slope[j], l1[j]) / curvature
                new = min(max(new, lower[j]), upper[j])
                moved = _move(hessian, slope, coef, j, new)
                gain += moved * curvature / hessian[j, j] if moved > 0.0 else 0.0
            if coef[j] != 0.0:
                active[n_active] = j
                n_active += 1
        sweeps += 1
        if gain <= tol:
            break
        while sweeps < max_sweeps:
            inner = 0.0
            for k in range(n_active):
                j = active[k]
                curvature = hessian[j, j] + l2[j]
                if curvature > 0.0:
                    new = _shrunk(hessian[j, j] * coef[j] - slope[j], l1[j]) / curvature
                    new = min(max(new, lower[j]), upper[j])
                    moved = _move(hessian, slope, coef, j, new)
                    inner += moved * curvature / hessian[j, j] if moved > 0.0 else 0.0
            sweeps += 1
            if inner <= 0.3 * tol:
                break
    return sweeps, gain


INNER_MOST = 30  # steps within a group


@compiled
def descend_groups(  # noqa: PLR0917 - arrays and scalars only
    hessian: FloatArray,
    slope: FloatArray,
    coef: FloatArray,
    l1: FloatArray,
    l2: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    members: IntArray,
    starts: IntArray,
    strengths: FloatArray,
    bounds: FloatArray,
    tol: float,
    max_sweeps: int,
) -> tuple[int, float]:
    r"""Minimise the model one group at a time, by proximal gradient steps within a group.

    Parameters
    ----------
    hessian, slope, coef, l1, l2, lower, upper : array
        As for single coordinates; bounds hold for coordinates of no group only.
    members, starts : int array
        Coordinates by group, and where each group begins in them, one more than there are groups. A group of one
        coordinate with strength zero is a coordinate.
    strengths : (G,) array
        :math:`\nu_g`.
    bounds : (G,) array
        Upper bounds of the largest eigenvalue of H within each group.
    tol : float
        Stop when a sweep gains less than this, by the quadratic bound.
    max_sweeps : int
        Largest number of sweeps over all groups.

    Returns
    -------
    sweeps : int
        How many were made.
    gain : float
        What the last sweep gained, at most.
    """
    n_groups = strengths.shape[0]
    sweeps = 0
    gain = math.inf
    trial = np.empty(coef.shape[0])
    while sweeps < max_sweeps and gain > tol:
        gain = 0.0
        for g in range(n_groups):
            first, last = starts[g], starts[g + 1]
            if strengths[g] == 0.0 and last - first == 1:
                j = members[first]
                curvature = hessian[j, j] + l2[j]
                if curvature > 0.0:
                    new = _shrunk(hessian[j, j] * coef[j] - slope[j], l1[j]) / curvature
                    new = min(max(new, lower[j]), upper[j])
                    gain += _move(hessian, slope, coef, j, new)
                continue
            ridge = 0.0
            for k in range(first, last):
                ridge = max(ridge, l2[members[k]])
            scale = bounds[g] + ridge
            if scale <= 0.0:
                continue
            for _ in range(INNER_MOST):
                length = 0.0
                for k in range(first, last):
                    j = members[k]
                    trial[k] = _shrunk((scale - l2[j]) * coef[j] - slope[j], l1[j])
                    length += trial[k] * trial[k]
                length = math.sqrt(length)
                share = 1.0 - strengths[g] / length if length > strengths[g] else 0.0
                moved = 0.0
                for k in range(first, last):
                    j = members[k]
                    new = share * trial[k] / scale
                    change = new - coef[j]
                    if change != 0.0:
                        _move(hessian, slope, coef, j, new)
                        moved += scale * change * change
                gain += moved
                if moved <= 0.01 * tol / n_groups:
                    break
        sweeps += 1
    return sweeps, gain
