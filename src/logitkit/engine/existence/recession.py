r"""The cone of directions along which a likelihood still rises at infinity.

A direction :math:`\delta \ne 0` is a *direction of recession* when moving along it lowers no row's likelihood:
:math:`x_i'\delta \ge 0` for rows of events only, :math:`\le 0` for rows of non-events only, :math:`= 0` for rows
with both. The directions form a closed cone; the maximum likelihood estimate exists if and only if the cone is {0}
(Albert and Anderson 1984). This module knows the cone's geometry: on which side of zero a linear function of the
direction lies, for every direction in the cone (``docs/maths/separation.md``).

1. Constraints that others imply are left out, by Clarkson's algorithm: a constraint is implied when it is a combination
   of others with weights that are not negative, which non-negative least squares decides.
2. The cone falls into independent blocks, such as the levels of a factor: the connected components of the constraints.
3. The extreme rays of each block are the facets of a convex hull: scale each constraint :math:`g` to :math:`g'c = 1`
   for an interior direction c; the facets of the hull within that plane are the extreme rays.
4. A function has one sign on the cone if and only if it has it on the rays. Where the rays of a block cannot be listed,
   non-negative least squares decides for each function whether it is a combination of the constraints.
5. Of several functions together, V u, the data determine what no direction of recession moves both ways: the image of
   the cone has a largest subspace, found by one linear program, and only what is orthogonal to it counts as a degree of
   freedom of a test that V u is zero.

References
----------
Albert, A. and Anderson, J. A. (1984) Biometrika 71, 1-10.
Clarkson, K. L. (1994) More output-sensitive geometric algorithms. Proceedings of the 35th FOCS, 695-702.
Geyer, C. J. (2009) Electronic Journal of Statistics 3, 259-289, on the limiting model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.engine.existence.implied import SIDE, ZERO, distinct_rows, implied, without_implied
from logitkit.errors import ConvergenceError
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["RecessionCone", "make_cone", "null_space", "null_space_and_error"]

ROUNDING = 8 * np.finfo(float).eps  # of a null space, for each column
FACETS_MOST = 50_000  # of the hull of one block


@dataclass(frozen=True)
class RecessionCone:
    r"""Directions :math:`D u` with :math:`G u \ge 0`.

    Parameters
    ----------
    directions : (q, d) array
        D: a basis of the span of the cone, in coordinates whose columns are of one size; those of the fit.
    rays : (k, d) array
        Vectors u of the cone; all its extreme rays when ``generators`` is empty, else one of its interior.
    generators : (m, d) array
        G: constraints of unit length, none implied by others; empty when the rays are known.

    Examples
    --------
    The cone of all u with u1 >= 0 and u2 >= 0: the first coefficient can only rise, the difference of the two
    can go either way.

    >>> import numpy as np
    >>> cone = make_cone(np.eye(2), np.eye(2), np.ones(2))
    >>> cone.signs(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, -1.0], [0.0, 0.0]])).tolist()
    [1.0, 1.0, nan, 0.0]
    """

    directions: FloatArray
    rays: FloatArray
    generators: FloatArray

    @property
    def dimension(self) -> int:
        """Dimension d of the cone's span."""
        return int(self.directions.shape[1])

    def moves(self, rows: FloatArray) -> FloatArray:
        """Return D'z of each row z, with rounding error set to zero, shape (m, d)."""
        values = rows @ self.directions
        size = np.multiply.outer(np.linalg.norm(rows, axis=1), np.linalg.norm(self.directions, axis=0))
        return np.where(np.abs(values) <= ZERO * size, 0.0, values)

    def signs(self, rows: FloatArray) -> FloatArray:
        r"""Return the sign that :math:`z'\delta` takes over the cone, for each row z."""
        return self.signs_of(self.moves(rows))

    def signs_of(self, values: FloatArray) -> FloatArray:
        """Return the sign that a'u takes over the cone, for each function a of u."""
        out = np.zeros(values.shape[0])
        moving = np.flatnonzero(np.any(values != 0.0, axis=1))
        if moving.size == 0:
            return out
        unit = values[moving] / np.linalg.norm(values[moving], axis=1, keepdims=True)
        at_rays = unit @ self.rays.T
        rises = at_rays.max(axis=1) > SIDE
        falls = at_rays.min(axis=1) < -SIDE
        signs = np.where(rises & falls, np.nan, np.where(rises, 1.0, -1.0))
        if self.generators.size:
            at_interior = np.sign(unit @ self.rays[0])
            one_sign = implied(at_interior[:, None] * unit, self.generators, self.rays[0])
            signs = np.where(one_sign, at_interior, np.nan)
        out[moving] = signs
        return out

    def undetermined(self, values: FloatArray) -> FloatArray:
        r"""Return the largest subspace of the image :math:`\{V u\}` of the cone.

        The supremum of the likelihood over all coefficients with :math:`V u = v` does not depend on v within it: on
        these combinations of the functions the data are silent.

        Examples
        --------
        Both coefficients can only rise: their difference may go either way, the pair of them may not.

        >>> import numpy as np
        >>> cone = make_cone(np.eye(2), np.eye(2), np.ones(2))
        >>> cone.undetermined(np.array([[1.0, -1.0]])).shape, cone.undetermined(np.eye(2)).shape
        ((1, 1), (2, 0))
        """
        size = np.linalg.norm(values, axis=1, keepdims=True)
        unit = values / np.where(size > 0.0, size, 1.0)
        if self.generators.size:
            reached = unit @ null_space(self.generators[~_slack(self.generators, unit)])[0]
        else:
            images = self.rays @ unit.T
            length = np.linalg.norm(images, axis=1)
            images = images[length > SIDE] / length[length > SIDE, None]
            reached = images[_cancelling(images)].T
        left, lengths, _ = np.linalg.svd(reached, full_matrices=False)
        return np.linalg.qr(size * left[:, lengths > SIDE])[0]


def _slack(constraints: FloatArray, fixed: FloatArray) -> BoolArray:
    """Return which constraints G u >= 0 can be positive where V u = 0, all of them at once."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack

    m, d = constraints.shape
    found = linprog(
        np.r_[np.zeros(d), -np.ones(m)],
        A_ub=hstack([csr_array(-constraints), eye_array(m)]).tocsr(),
        b_ub=np.zeros(m),
        A_eq=np.hstack([fixed, np.zeros((len(fixed), m))]),
        b_eq=np.zeros(len(fixed)),
        bounds=[(None, None)] * d + [(0.0, 1.0)] * m,
    )
    return _decided(found)[d:] > 0.5


def _cancelling(images: FloatArray) -> BoolArray:
    """Return which vectors take part in a sum with positive weights that is zero."""
    from scipy.optimize import linprog

    k = len(images)
    if k == 0:
        return np.zeros(0, dtype=bool)
    found = linprog(
        np.r_[-np.ones(k), np.zeros(k)],
        A_eq=np.hstack([images.T, images.T]),
        b_eq=np.zeros(images.shape[1]),
        bounds=[(0.0, 1.0)] * k + [(0.0, None)] * k,
    )
    return _decided(found)[:k] > 0.5


def _decided(found: Any) -> FloatArray:
    if found.x is None:
        raise ConvergenceError(f"The linear program that counts degrees of freedom failed: {found.message}")
    return np.asarray(found.x, dtype=np.float64)


def make_cone(directions: FloatArray, rows: FloatArray, interior: FloatArray) -> RecessionCone:
    """Return the cone {directions u: rows u >= 0}.

    Parameters
    ----------
    directions : (q, d) array
        Basis of its span.
    rows : (m, d) array
        Constraints; none is zero and together they span all d dimensions.
    interior : (d,) array
        A vector with ``rows @ interior > 0``.

    Returns
    -------
    RecessionCone
        With its extreme rays, or with its constraints where there are too many rays.
    """
    centre = interior / np.linalg.norm(interior)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    needed = without_implied(unit[distinct_rows(rows)], centre)  # 1
    none = np.zeros((0, rows.shape[1]))
    try:
        return RecessionCone(directions, _extreme_rays(needed, centre), none)  # 2 and 3
    except _NotListedError:
        return RecessionCone(directions, centre[None, :], needed)


def null_space(triangle: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return orthonormal bases of the null space and of the row space of a factor R.

    Parameters
    ----------
    triangle : (k, q) array
        Triangular factor of rows whose columns are of comparable size.

    Returns
    -------
    null : (q, d) array
        Basis of what the rows do not see.
    complement : (q, q - d) array
        Basis of what they do.
    """
    null, complement, _ = null_space_and_error(triangle)
    return null, complement


def null_space_and_error(triangle: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return the two bases, and how far rounding turns the first, as an angle."""
    q = triangle.shape[1]
    if triangle.shape[0] == 0:
        return np.eye(q), np.zeros((q, 0)), 0.0
    _, values, right = np.linalg.svd(triangle)
    full = np.zeros(q)
    full[: values.size] = values
    largest = max(float(full.max()), np.finfo(float).tiny)
    zero = full <= ZERO * largest
    error = 0.0 if zero.all() else ROUNDING * q * largest / float(full[~zero].min())
    return np.ascontiguousarray(right[zero].T), np.ascontiguousarray(right[~zero].T), error


class _NotListedError(Exception):
    """The extreme rays of a block are too many to be listed, or constraints too near each other to tell them."""


def _extreme_rays(unit: FloatArray, centre: FloatArray) -> FloatArray:
    """Return the extreme rays of {u: unit u >= 0}, block by independent block, shape (k, d)."""
    from scipy.linalg import qr

    d = unit.shape[1]
    _, _, order = qr(unit.T, mode="economic", pivoting=True)
    basis = unit[order[:d]]
    shares = np.linalg.solve(basis.T, unit.T).T  # each constraint as a combination of the d of the basis
    shares[np.abs(shares) <= SIDE] = 0.0
    inverse = np.linalg.inv(basis)
    within = basis @ centre
    rays = []
    for block in _components(shares != 0.0):
        members = np.any(shares[:, block] != 0.0, axis=1)
        found = _block_rays(shares[np.ix_(members, block)], within[block])
        rays.append(found @ inverse[:, block].T)
    joined = np.vstack(rays)
    return np.asarray(joined / np.linalg.norm(joined, axis=1, keepdims=True))


def _components(touches: BoolArray) -> list[IntArray]:
    """Return the groups of columns that rows tie together."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    ties = touches.T.astype(np.int64) @ touches.astype(np.int64)
    count, label = connected_components(csr_array(ties), directed=False)
    return [np.flatnonzero(label == k) for k in range(count)]


def _block_rays(rows: FloatArray, interior: FloatArray) -> FloatArray:
    """Return the extreme rays of {w: rows w >= 0} for a block that does not fall apart, shape (k, b)."""
    m, b = rows.shape
    if b == 1:
        return np.sign(interior)[None, :]
    if b == 2:
        along = rows @ interior
        across = rows[:, 1] * interior[0] - rows[:, 0] * interior[1]
        angle = np.arctan2(across, along)
        lowest, highest = rows[angle.argmin()], rows[angle.argmax()]
        # Each extreme ray is at right angles to one of the two outer constraints and satisfies the other.
        return np.array([[-lowest[1], lowest[0]], [highest[1], -highest[0]]])
    # The upper bound theorem: as many facets as a cyclic polytope has.
    half = (b - 1) // 2
    if math.comb(m - b + half, half) > FACETS_MOST:
        raise _NotListedError
    from scipy.spatial import ConvexHull, QhullError

    centre = interior / np.linalg.norm(interior)
    points = rows / (rows @ centre)[:, None]
    plane = np.linalg.svd(centre[None, :])[2][1:]  # an orthonormal basis of the plane g'c = 1, (b - 1, b)
    try:
        equations = ConvexHull(points @ plane.T, qhull_options="Qt").equations
    except QhullError as error:
        raise _NotListedError from error
    rays = -(equations[:, :-1] @ plane + equations[:, -1:] * centre)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    _, first = np.unique(np.round(rays, 10), axis=0, return_index=True)
    return np.asarray(rays[np.sort(first)])
