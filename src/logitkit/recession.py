r"""The cone of directions along which a likelihood still rises at infinity.

A direction :math:`\delta \ne 0` is a *direction of recession* when moving along it lowers no row's likelihood:
:math:`x_i'\delta \ge 0` for rows of events only, :math:`\le 0` for rows of non-events only, :math:`= 0` for rows
with both. The directions form a closed cone; the maximum likelihood estimate exists if and only if the cone is {0}
(Albert and Anderson 1984). This module knows the cone's geometry: on which side of zero a linear function of the
direction lies, for every direction in the cone (``docs/maths/separation.md``).

Up to five dimensions the cone is described by its extreme rays, which are the facets of a convex hull: scale each
constraint :math:`g` to :math:`g'c = 1` for an interior direction c; the facets of the hull of the scaled constraints
within that plane are the extreme rays of the cone. A function is then signed by one product. In more dimensions linear
programs decide, and rays found on the way dismiss most rows without one.

References
----------
Albert, A. and Anderson, J. A. (1984) Biometrika 71, 1-10.
Geyer, C. J. (2009) Electronic Journal of Statistics 3, 259-289, on the limiting model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["RecessionCone", "make_cone", "null_space"]

ZERO = 1e-9  # of the size of the terms of a sum: what is smaller is rounding
SIDE = 1e-8  # of a unit function at a unit ray: what is smaller is rounding
HULL_DIMENSION_MOST = 5
GENERATORS_MOST = 2_000
BATCH = 50


@dataclass(frozen=True)
class RecessionCone:
    r"""Directions :math:`D u` with :math:`G u \ge 0`.

    Parameters
    ----------
    directions : (p, d) array
        D: a basis of the span of the cone, in terms of the model's coefficients.
    rays : (k, d) array
        Vectors u of the cone; all its extreme rays when ``generators`` is empty.
    generators : (m, d) array
        G: constraints, one for each separated row of data that bounds the cone, its length taken out. With very many
        rows the least important are left out: the cone is then larger, so that a sign may be reported as undetermined
        that is not, and never the reverse.

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
        """Return D'x of each row x, with rounding error set to zero, shape (m, d)."""
        values = rows @ self.directions
        size = np.abs(rows) @ np.abs(self.directions)
        return np.where(np.abs(values) <= ZERO * size, 0.0, values)

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
        values = self.moves(rows)
        out = np.zeros(rows.shape[0])
        moving = np.flatnonzero(np.any(values != 0.0, axis=1))
        if moving.size == 0:
            return out
        unit = values[moving] / np.linalg.norm(values[moving], axis=1, keepdims=True)
        distinct, inverse = np.unique(np.round(unit, 12), axis=0, return_inverse=True)
        out[moving] = self._signs(distinct)[inverse.ravel()]
        return out

    def _signs(self, unit: FloatArray) -> FloatArray:
        """Return the signs of unit functions of u."""
        at_rays = unit @ self.rays.T
        rises = at_rays.max(axis=1) > SIDE
        falls = at_rays.min(axis=1) < -SIDE
        out = np.where(rises & falls, np.nan, np.where(rises, 1.0, -1.0))
        if self.generators.size:  # the rays are not all of them, so that agreement must be proven
            for i in np.flatnonzero(~(rises & falls)):
                least = _extreme(unit[i], self.generators)[0]
                most = -_extreme(-unit[i], self.generators)[0]
                out[i] = 1.0 if least >= -1e-7 else (-1.0 if most <= 1e-7 else np.nan)
        return out


def make_cone(directions: FloatArray, rows: FloatArray, interior: FloatArray) -> RecessionCone:
    """Return the cone {directions u: rows u >= 0}.

    Parameters
    ----------
    directions : (p, d) array
        Basis of its span in terms of the coefficients.
    rows : (m, d) array
        Constraints; none is zero and together they span all d dimensions.
    interior : (d,) array
        A vector with ``rows @ interior > 0``.

    Returns
    -------
    RecessionCone
        With its extreme rays up to five dimensions, with constraints beyond.
    """
    d = rows.shape[1]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    _, first = np.unique(np.round(unit, 12), axis=0, return_index=True)
    unit = unit[np.sort(first)]
    none = np.zeros((0, d))
    if d == 1:
        return RecessionCone(directions, np.sign(unit[:1]), none)
    if d == 2:
        along = unit @ interior
        across = unit[:, 1] * interior[0] - unit[:, 0] * interior[1]
        angle = np.arctan2(across, along)
        lowest, highest = unit[angle.argmin()], unit[angle.argmax()]
        # Each extreme ray is at right angles to one of the two constraints and satisfies the other.
        return RecessionCone(directions, np.array([[-lowest[1], lowest[0]], [highest[1], -highest[0]]]), none)
    if d <= HULL_DIMENSION_MOST:
        return RecessionCone(directions, _hull_rays(unit, interior), none)
    order = np.argsort(unit @ interior, kind="stable")[:GENERATORS_MOST]
    axes = directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), np.finfo(float).tiny)
    axes = axes[np.any(axes != 0.0, axis=1)]
    rays = [_extreme(side * axis, unit)[1] for axis in axes for side in (1.0, -1.0)]
    return RecessionCone(directions, np.array([interior, *rays]), unit[np.sort(order)])


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
    q = triangle.shape[1]
    if triangle.shape[0] == 0:
        return np.eye(q), np.zeros((q, 0))
    _, values, right = np.linalg.svd(triangle)
    full = np.zeros(q)
    full[: values.size] = values
    zero = full <= ZERO * max(float(full.max()), np.finfo(float).tiny)
    return np.ascontiguousarray(right[zero].T), np.ascontiguousarray(right[~zero].T)


def _hull_rays(unit: FloatArray, interior: FloatArray) -> FloatArray:
    """Return the extreme rays of {u: unit u >= 0} from the facets of a convex hull, shape (k, d)."""
    from scipy.spatial import ConvexHull

    centre = interior / np.linalg.norm(interior)
    points = unit / (unit @ centre)[:, None]
    plane = np.linalg.svd(centre[None, :])[2][1:]  # an orthonormal basis of the plane g'c = 1, (d - 1, d)
    # The options drop the few points that rounding puts within a facet; exact duplicates are gone already.
    equations = ConvexHull(points @ plane.T, qhull_options="Qt").equations
    rays = -(equations[:, :-1] @ plane + equations[:, -1:] * centre)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    _, first = np.unique(np.round(rays, 10), axis=0, return_index=True)
    return np.asarray(rays[np.sort(first)])


def _extreme(vector: FloatArray, generators: FloatArray) -> tuple[float, FloatArray]:
    """Return the least v'u over u in the box [-1, 1]^d with G u >= 0, and u; constraints enter as they are violated."""
    from scipy.optimize import linprog

    chosen = np.argsort(generators @ vector, kind="stable")[:BATCH]
    while True:
        result = linprog(
            vector, A_ub=-generators[chosen], b_ub=np.zeros(chosen.size), bounds=(-1.0, 1.0), method="highs"
        )
        margins = generators @ result.x
        margins[chosen] = 0.0
        worst = np.argsort(margins, kind="stable")[:BATCH]
        worst = worst[margins[worst] < -1e-9]
        if worst.size == 0:
            return float(result.fun), np.asarray(result.x, dtype=np.float64)
        chosen = np.concatenate([chosen, worst])
