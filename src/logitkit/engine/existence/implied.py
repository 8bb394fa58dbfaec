r"""Which constraints on a direction others imply.

A constraint :math:`g'u \ge 0` is implied by those of the rows of E if :math:`g = E'w` with :math:`w \ge 0`
(``docs/maths/separation.md``, "Signs over the cone"). Non-negative least squares finds such w or proves that there are
none; it is made for every constraint in turn, which takes a minute for tens of thousands of them. Nearly all are shown
to be implied by one product of matrices: of all w with :math:`g = E'w`, the one of least :math:`\sum_i w_i^2 s_i^2`,
with :math:`s = E u_0` for an interior point :math:`u_0`, is often positive throughout.

References
----------
Clarkson, K. L. (1994) More output-sensitive geometric algorithms. Proceedings of the 35th FOCS, 695-702.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["SIDE", "ZERO", "distinct_rows", "implied", "needed_rows", "without_implied"]

ZERO = 1e-9  # of the lengths of two vectors: a product that is smaller is rounding
SIDE = 1e-8  # of a unit function at a unit ray, or left of it by constraints: what is smaller is rounding
TIGHT = 8  # constraints a dimension that are tightest at the centre, by which the others are sorted out
CLEAR = 1e-6  # by which one constraint has to be met before any other on the way from the centre
CELLS = 1 << 21  # numbers that are held at a time
ROUNDS = 5  # of weights by least squares for a constraint, before it is left to non-negative least squares
LEAST_SHARE = 1e-3  # of a constraint in the least squares, where those of positive weight have 1 or so
CENTRED = 0.3  # decrement at which a point is near enough to the centre
STEPS_MOST = 40

Array = TypeVar("Array", FloatArray, IntArray)


def distinct_rows(rows: FloatArray) -> IntArray:
    """Return the places of rows of distinct directions, the first of each.

    Examples
    --------
    >>> import numpy as np
    >>> distinct_rows(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])).tolist()
    [0, 2]
    """
    if len(rows) == 0:
        return np.zeros(0, dtype=np.int64)
    return np.sort(_distinct(rows / np.linalg.norm(rows, axis=1, keepdims=True))[0])


def _distinct(unit: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the first place of each distinct row, up to rounding, and which of these each row is."""
    cells = np.round(unit, 12)
    # Rows are sorted by one number each, a sum with fixed weights in a fixed order; equal rows have equal sums.
    weights: FloatArray = np.random.default_rng(0).random(size=cells.shape[1:])
    key = np.zeros(len(cells))
    for j, weight in enumerate(weights):
        key += weight * cells[:, j]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    if not np.array_equal(cells, cells[first[which]]):  # two rows with one sum
        _, first, which = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    return first, which.ravel()


def needed_rows(rows: FloatArray, interior: FloatArray) -> FloatArray:
    """Return the constraints ``rows u >= 0`` that the others do not imply, at unit length.

    Examples
    --------
    >>> import numpy as np
    >>> needed_rows(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]), np.ones(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return without_implied(unit, interior / np.linalg.norm(interior))


def implied(functions: FloatArray, generators: FloatArray, interior: FloatArray) -> BoolArray:
    """Return which functions, of unit length, are combinations of constraints with weights that are not negative.

    Parameters
    ----------
    functions : (k, d) array
        The functions.
    generators : (m, d) array
        Constraints of unit length that span all dimensions.
    interior : (d,) array
        A point with ``generators @ interior > 0``.

    Returns
    -------
    (k,) bool array
        Which.

    Examples
    --------
    >>> import numpy as np
    >>> implied(np.array([[0.6, 0.8], [0.6, -0.8]]), np.eye(2), np.ones(2)).tolist()
    [True, False]
    """
    out = _shown(functions, generators, _central(generators, interior))
    open_ones = np.flatnonzero(~out)
    if open_ones.size:
        first, which = _distinct(functions[open_ones])
        found = [np.linalg.norm(_residual(functions[i], generators)) <= SIDE for i in open_ones[first]]
        out[open_ones] = np.array(found)[which]
    return out


def without_implied(unit: FloatArray, centre: FloatArray) -> FloatArray:
    """Return the constraints that the others do not imply.

    Of many, those that the tightest ones imply are left out first. Then Clarkson's algorithm: what is left of a
    constraint after the ones that are needed so far gives a direction that satisfies those and violates this one. On
    the way from the interior to that direction, the first constraint met is a needed one.

    Parameters
    ----------
    unit : (m, d) array
        Constraints of unit length that span all dimensions.
    centre : (d,) array
        A point with ``unit @ centre > 0``.

    Returns
    -------
    (k, d) array
        Those that are needed, in their order.
    """
    needed: list[int] = []
    if len(unit) > 2 * TIGHT * unit.shape[1]:
        unit, needed = _sorted_out(unit, centre)
    inside = unit @ centre
    left_over = np.argsort(inside, kind="stable")
    if needed:
        left_over = left_over[~_shown(unit[left_over], unit[needed], _central(unit[needed], centre))]
    else:
        needed = [int(left_over[0])]
    for i in left_over:
        while i not in needed:
            left = _residual(unit[i], unit[needed])
            if np.linalg.norm(left) <= SIDE:
                break
            outside = unit @ -left
            with np.errstate(divide="ignore", invalid="ignore"):
                meets = np.where(outside < 0.0, inside / (inside - outside), np.inf)
            meets[needed] = np.inf
            nearest = int(np.argmin(meets))
            needed.append(nearest if math.isfinite(meets[nearest]) else int(i))
    return np.asarray(unit[np.sort(needed)])


def _sorted_out(unit: FloatArray, centre: FloatArray) -> tuple[FloatArray, list[int]]:
    """Return constraints that imply the others, and the places of some of them that are certainly needed.

    At the analytic centre a constraint is the tighter the larger its leverage is among all constraints over their
    distances. A constraint that is met first, and alone, on a way from an interior point is needed.
    """
    point = _central(unit, centre)
    near = unit / (unit @ point)[:, None]
    try:
        inverse = np.linalg.inv(near.T @ near)
    except np.linalg.LinAlgError:
        return unit, []
    leverage = ((near @ inverse) * near).sum(axis=1)
    tight = np.argsort(-leverage, kind="stable")[: TIGHT * unit.shape[1]]
    keep = ~_shown(unit, unit[tight], point)
    keep[tight] = True
    kept, near = unit[keep], near[keep]
    certain: set[int] = set()
    for ways in _blocks(unit[tight], len(kept)):
        meets = near @ (inverse @ ways.T)  # the reciprocal of how far it is to each constraint
        nearest = meets.argmax(axis=0)
        second = np.partition(meets, -2, axis=0)[-2]
        certain.update(nearest[second < (1.0 - CLEAR) * meets.max(axis=0)].tolist())
    return kept, sorted(certain) if np.linalg.matrix_rank(kept[sorted(certain)]) == unit.shape[1] else []


def _shown(functions: FloatArray, generators: FloatArray, point: FloatArray) -> BoolArray:
    """Return which functions are shown to be implied by weights that are positive throughout.

    They are those of least squares in which each constraint counts by its distance from the point, and then, for each
    function that is left, again with less for the constraints whose weights were negative.
    """
    near = generators / (generators @ point)[:, None]
    out = np.zeros(len(functions), dtype=bool)
    try:
        to_weights = np.linalg.solve(near.T @ near, near.T)
        place = 0
        for block in _blocks(functions, len(near)):
            weights = block @ to_weights
            out[place : place + len(block)] = _are_combinations(weights, block, near)
            place += len(block)
        for places in _blocks(np.flatnonzero(~out), near.size):
            left, weights = places, functions[places] @ to_weights
            for _ in range(ROUNDS):
                size = np.maximum(np.abs(weights).mean(axis=1, keepdims=True), np.finfo(float).tiny)
                share = np.maximum(weights, 0.0) / size + LEAST_SHARE
                gram = (near.T * share[:, None, :]) @ near
                solved = np.linalg.solve(gram, functions[left][:, :, None])[:, :, 0]
                weights = share * (solved @ near.T)
                found = _are_combinations(weights, functions[left], near)
                out[left[found]] = True
                left, weights = left[~found], weights[~found]
    except np.linalg.LinAlgError:  # what is not shown yet is left to non-negative least squares
        pass
    return out


def _are_combinations(weights: FloatArray, functions: FloatArray, generators: FloatArray) -> BoolArray:
    exact = np.linalg.norm(functions - weights @ generators, axis=1) <= ZERO
    return np.asarray(exact & (weights.min(axis=1) >= 0.0))


def _blocks(rows: Array, width: int) -> list[Array]:
    """Return rows in blocks, for work that needs so many numbers a row."""
    step = max(CELLS // max(width, 1), 1)
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def _central(unit: FloatArray, start: FloatArray) -> FloatArray:
    """Return a point near the analytic centre, the largest sum of log(g'u) - g'u over the constraints g."""
    total = unit.sum(axis=0)
    point = start * (len(unit) / (total @ start))
    distance = unit @ point
    value = total @ point - np.log(distance).sum()
    for _ in range(STEPS_MOST):
        near = unit / distance[:, None]
        gradient = total - near.sum(axis=0)
        try:
            step = -np.linalg.solve(near.T @ near, gradient)
        except np.linalg.LinAlgError:
            break
        squared = float(-gradient @ step)
        if not squared > CENTRED**2:
            break
        along = unit @ step
        length = min(1.0, 0.8 / max(float((-along / distance).max()), 1e-300))
        while length > 1e-9:
            trial = distance + length * along
            if trial.min() > 0.0 and total @ (point + length * step) - np.log(trial).sum() < value:
                break
            length *= 0.5
        else:
            break
        point, distance = point + length * step, trial
        value = total @ point - np.log(distance).sum()
    return np.asarray(point)


def _residual(function: FloatArray, generators: FloatArray) -> FloatArray:
    """Return what non-negative least squares leaves of a function, shape (d,); zero when it is implied."""
    from scipy.optimize import nnls

    try:
        weights, _ = nnls(generators.T, function)
    except RuntimeError:  # no convergence, which is no proof
        return function
    return np.asarray(function - generators.T @ weights)
