r"""The cone of directions along which a likelihood still rises at infinity.

A direction :math:`\delta \ne 0` is a *direction of recession* when moving along it lowers no row's likelihood:
:math:`x_i'\delta \ge 0` for rows of events only, :math:`\le 0` for rows of non-events only, :math:`= 0` for rows
with both. The directions form a closed cone; the maximum likelihood estimate exists if and only if the cone
is {0} (Albert and Anderson 1984). This module knows the cone's geometry: on which side of zero a linear function of the
direction lies, for every direction in the cone (``docs/maths/separation.md``).

References
----------
Albert, A. and Anderson, J. A. (1984) Biometrika 71, 1-10.
Geyer, C. J. (2009) Electronic Journal of Statistics 3, 259-289, on the limiting model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["RecessionCone"]

ZERO = 1e-9  # of the size of the terms of a sum: what is smaller is rounding
GENERATORS_MOST = 2_000
PRUNED_MOST = 300


@dataclass(frozen=True)
class RecessionCone:
    r"""Directions :math:`D u` with :math:`G u \ge 0`.

    Parameters
    ----------
    directions : (p, d) array
        D: a basis of the span of the cone, in terms of the model's coefficients.
    generators : (m, d) array
        G: one row for each separated row of data, its length taken out and doubles removed.

    Examples
    --------
    The cone of all u with u1 >= 0 and u2 >= 0: the first coefficient can only rise, the difference of the two
    can go either way.

    >>> import numpy as np
    >>> cone = RecessionCone(np.eye(2), np.eye(2))
    >>> cone.signs(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, -1.0], [0.0, 0.0]])).tolist()
    [1.0, 1.0, nan, 0.0]
    """

    directions: FloatArray
    generators: FloatArray

    @property
    def dimension(self) -> int:
        """Dimension d of the cone's span."""
        return int(self.directions.shape[1])

    def signs(self, rows: FloatArray) -> FloatArray:
        r"""Return the sign that :math:`x'\delta` takes over the cone, for each row x.

        Parameters
        ----------
        rows : (m, p) array
            Linear functions of the coefficients: rows of a design, or unit vectors.

        Returns
        -------
        (m,) array
            0 where x'delta is zero for every direction; 1 or -1 where it is never negative or never positive
            and not always zero; nan where directions disagree.
        """
        values = rows @ self.directions
        # Sums that cancel to rounding error are zero.
        size = np.abs(rows) @ np.abs(self.directions)
        values = np.where(np.abs(values) <= ZERO * size, 0.0, values)
        out = np.zeros(rows.shape[0])
        moving = np.flatnonzero(np.any(values != 0.0, axis=1))
        if moving.size == 0:
            return out
        unit = values[moving] / np.linalg.norm(values[moving], axis=1, keepdims=True)
        distinct, inverse = np.unique(np.round(unit, 12), axis=0, return_inverse=True)
        found = np.array([self._sign(vector) for vector in distinct])
        out[moving] = found[inverse.ravel()]
        return out

    def _sign(self, vector: FloatArray) -> float:
        """Return the sign of one function v'u over the cone, by its least and its largest value in a box."""
        if self.dimension == 1:
            return float(np.sign(vector[0]) * np.sign(self.generators[:, 0].sum()))
        least = _minimum(vector, self.generators)
        most = -_minimum(-vector, self.generators)
        if least >= -1e-7:
            return 1.0
        return -1.0 if most <= 1e-7 else float("nan")


def reduced_generators(rows: FloatArray) -> FloatArray:
    """Return the rows that bound the cone {u: rows u >= 0}, unit length, redundant ones left out.

    Parameters
    ----------
    rows : (m, d) array
        Not zero.

    Returns
    -------
    (k, d) array
        In one dimension a single row, in two at most two. Beyond a few hundred distinct rows those that
        matter least may be left out or kept without need: the cone can then only be larger, so that a sign
        may be reported as undetermined that is not, and never the reverse.
    """
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    _, first = np.unique(np.round(unit, 12), axis=0, return_index=True)
    unit = unit[np.sort(first)]
    if unit.shape[1] == 1:
        return np.asarray(unit[:1])
    if unit.shape[1] == 2:
        middle = unit.sum(axis=0)
        along = unit @ middle
        across = unit[:, 1] * middle[0] - unit[:, 0] * middle[1]
        angle = np.arctan2(across, along)
        return np.asarray(unit[np.unique([int(angle.argmin()), int(angle.argmax())])])
    if unit.shape[0] > GENERATORS_MOST:
        spread = np.argsort(unit @ unit.mean(axis=0), kind="stable")
        return np.asarray(unit[np.sort(spread[:GENERATORS_MOST])])
    if unit.shape[0] > PRUNED_MOST:
        return np.asarray(unit)
    keep = list(range(unit.shape[0]))
    for i in range(unit.shape[0]):
        others = [k for k in keep if k != i]
        if others and _minimum(unit[i], unit[others]) >= -1e-9:
            keep = others
    return np.asarray(unit[keep])


def _minimum(vector: FloatArray, generators: FloatArray) -> float:
    """Return the least v'u over u in the box [-1, 1]^d with G u >= 0, by a linear program."""
    from scipy.optimize import linprog

    result = linprog(vector, A_ub=-generators, b_ub=np.zeros(len(generators)), bounds=(-1.0, 1.0), method="highs")
    return float(result.fun)


def null_space(triangle: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return orthonormal bases of the null space and of the row space of a factor R.

    Parameters
    ----------
    triangle : (k, q) array
        Triangular factor of rows whose columns are of comparable size.

    Returns
    -------
    null : (q, d) array
    row : (q, q - d) array
    """
    q = triangle.shape[1]
    if triangle.shape[0] == 0:
        return np.eye(q), np.zeros((q, 0))
    _, values, right = np.linalg.svd(triangle)
    full = np.zeros(q)
    full[: values.size] = values
    zero = full <= 1e-9 * max(float(full.max()), np.finfo(float).tiny)
    return np.ascontiguousarray(right[zero].T), np.ascontiguousarray(right[~zero].T)
