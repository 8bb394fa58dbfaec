r"""The quadratic model of rows in a few dense columns, with a penalty: minimised with old second derivatives.

The model has the curvature C of the rows as it is: residuals :math:`r = s + C X (b - b_0)` and products
:math:`z = X'r` are exact. A step is that of second derivatives S which were summed elsewhere, times one number, by the
Cholesky factor of the columns in use: columns join and leave the factor one by one. What S has wrong, the next step
mends (``docs/maths/penalties.md``, equation 12a).
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled_sum
from logitkit.numerics.kernels.inner.column_walks import add_combination, add_dots
from logitkit.typing import FloatArray, IntArray

__all__ = ["columns_gap", "move_rows", "settle"]

SINGULAR = 1e-13  # of a diagonal: a pivot that is less is rounding
ROUNDS_MOST = 8  # of direct steps and sweeps, with one set of second derivatives
BLOCK = 128  # rows, of which the columns in use stay in the cache between two looks at them
STILL = 0.02  # of the largest lack: what is less is left to the next step
CONVERGED, LIMIT, STALLED = 0, 1, 2


@compiled_sum
def _products(
    columns: FloatArray, place: IntArray, mean: FloatArray, share: FloatArray, rows: FloatArray, out: FloatArray
) -> None:
    """Write the products of some centred and divided columns with one number per row."""
    out[:] = 0.0
    add_dots(columns, place, 0, rows.shape[0], rows, out)
    total = np.sum(rows)
    for j in range(place.shape[0]):
        out[j] = (out[j] - mean[j] * total) * share[j]


@compiled_sum
def move_rows(
    columns: FloatArray, place: IntArray, mean: FloatArray, share: FloatArray, step: FloatArray, out: FloatArray
) -> None:
    """Add a combination of some centred and divided columns to one number per row.

    Parameters
    ----------
    columns : (m, n) array
        Columns as given, one after another.
    place : (k,) int array
        Which of them.
    mean, share : (k,) array
        What is taken off each column, and what it is multiplied with then.
    step : (k,) array
        A number each.
    out : (n,) array
        Added to.
    """
    used = np.flatnonzero(step)
    factor = step[used] * share[used]
    add_combination(columns, place[used], factor, 0, out.shape[0], out)
    out -= np.sum(factor * mean[used])


@compiled_sum
def _move_and_curve(
    columns: FloatArray,
    place: IntArray,
    mean: FloatArray,
    share: FloatArray,
    curvature: FloatArray,
    step: FloatArray,
    moved: FloatArray,
    image: FloatArray,
) -> float:
    """Write X step and X'C X step, which is one walk over the columns; returns the curvature along the step."""
    used = np.flatnonzero(step)
    factor, which = step[used] * share[used], place[used]
    shift, total, curved, own = np.sum(factor * mean[used]), 0.0, 0.0, np.empty(BLOCK)
    moved[:], image[:] = -shift, 0.0
    for first in range(0, moved.shape[0], BLOCK):
        last = min(first + BLOCK, moved.shape[0])
        part = moved[first:last]
        add_combination(columns, which, factor, first, last, part)
        for i in range(last - first):
            own[i] = curvature[first + i] * part[i]
            total += own[i]
            curved += own[i] * part[i]
        add_dots(columns, place, first, last, own, image)
    for j in range(place.shape[0]):
        image[j] = (image[j] - mean[j] * total) * share[j]
    return curved


@compiled_sum
def _solve(factor: FloatArray, size: int, vector: FloatArray) -> None:
    """Solve with U'U in place."""
    for i in range(size):
        row = factor[i]
        value = vector[i] / row[i]
        vector[i] = value
        for j in range(i + 1, size):
            vector[j] -= value * row[j]
    for i in range(size - 1, -1, -1):
        row = factor[i]
        total = 0.0
        for j in range(i + 1, size):
            total += row[j] * vector[j]
        vector[i] = (vector[i] - total) / row[i]


@compiled_sum
def _append(factor: FloatArray, size: int, border: FloatArray, diagonal: float) -> bool:
    """Append a column to U; false where it depends on those before."""
    squares = 0.0
    for i in range(size):
        row = factor[i]
        value = border[i] / row[i]
        row[size] = value
        squares += value * value
        for j in range(i + 1, size):
            border[j] -= value * row[j]
    left = diagonal - squares
    if not left > SINGULAR * diagonal:
        return False
    factor[size, size] = math.sqrt(left)
    return True


@compiled_sum
def _remove(factor: FloatArray, size: int, gone: int) -> None:
    """Take a column out of U, and bring what is left to a triangle by rotations."""
    for i in range(size):
        row = factor[i]
        for j in range(max(gone, i - 1), size - 1):
            row[j] = row[j + 1]
    for i in range(gone, size - 1):
        upper, lower = factor[i], factor[i + 1]
        length = math.hypot(upper[i], lower[i])
        cosine, sine = upper[i] / length, lower[i] / length
        for j in range(i, size - 1):
            first, second = upper[j], lower[j]
            upper[j] = cosine * first + sine * second
            lower[j] = cosine * second - sine * first


@compiled_sum
def columns_gap(
    products: FloatArray, coef: FloatArray, l1: FloatArray, l2: FloatArray, n_free: int, pearson: float, moved: float
) -> float:
    """Return the duality gap at the scale of the dual point that its products need.

    Parameters
    ----------
    products, coef, l1, l2 : (k,) array
        Of the dual point, and coefficients with their strengths; the first ones are without a penalty.
    n_free, pearson, moved : int, float, float
        How many these are, Pearson's statistic, and the squared distance of the dual point from the residuals.
    """
    scale = 1.0
    for j in range(n_free, coef.shape[0]):
        if l2[j] == 0.0 and abs(products[j]) * scale > l1[j]:
            scale = l1[j] / abs(products[j])
    root = (1.0 - scale) * math.sqrt(pearson) + scale * math.sqrt(moved)
    gap = root * root
    for j in range(n_free, coef.shape[0]):
        b, z = coef[j], scale * products[j]
        if b != 0.0:
            gap += b * (z + l1[j]) if b > 0.0 else b * (z - l1[j])
        if l2[j] > 0.0:
            over = max(abs(z) - l1[j], 0.0)
            gap += 0.5 * l2[j] * b * b + 0.5 * over * over / l2[j]
    return gap


@compiled_sum
def _falls(before: float, after: float, slope: float, l1: float, l2: float) -> float:
    """Return by how much the linear part of a model and the penalty fall when one coefficient changes."""
    change = after - before
    pull = slope + 0.5 * l2 * (before + after)
    if before >= 0.0 and after >= 0.0:
        return -(pull + l1) * change
    if before <= 0.0 and after <= 0.0:
        return -(pull - l1) * change
    return l1 * (abs(before) - abs(after)) - pull * change


@compiled_sum
def _synchronised(
    second: FloatArray, factor: FloatArray, order: IntArray, size: int, coef: FloatArray, l2: FloatArray, n_free: int
) -> int:
    """Have the factor of the columns in use, but for those that depend on others; returns how many."""
    inside = np.zeros(coef.shape[0], dtype=np.bool_)
    place = size - 1
    while place >= 0:
        j = order[place]
        if j >= n_free and coef[j] == 0.0:
            _remove(factor, size, place)
            for i in range(place, size - 1):
                order[i] = order[i + 1]
            size -= 1
        else:
            inside[j] = True
        place -= 1
    border = np.empty(coef.shape[0])
    for j in range(coef.shape[0]):
        if not inside[j] and (j < n_free or coef[j] != 0.0):
            row = second[j]
            for i in range(size):
                border[i] = row[order[i]]
            if _append(factor, size, border, row[j] + l2[j]):
                order[size] = j
                size += 1
    return size


@compiled_sum
def _stale_minimum(  # noqa: PLR0917 - arrays and scalars only
    second: FloatArray,
    bend: float,
    factor: FloatArray,
    order: IntArray,
    size: int,
    slope: FloatArray,
    coef: FloatArray,
    l1: FloatArray,
    l2: FloatArray,
    n_free: int,
) -> int:
    """Minimise the model of second derivatives that are kept; returns the size of the factor."""
    k, right, image = coef.shape[0], np.empty(coef.shape[0]), np.empty(coef.shape[0])
    for _ in range(ROUNDS_MOST):
        size = _synchronised(second, factor, order, size, coef, l2, n_free)
        largest = 0.0
        for i in range(size):
            j = order[i]
            away = slope[j] + l2[j] * coef[j] + (l1[j] if coef[j] > 0.0 else -l1[j] if coef[j] < 0.0 else 0.0)
            right[i] = away
            largest = max(largest, abs(away))
        away = right[:size].copy()
        _solve(factor, size, right[:size])
        changed, falls, curved = False, 0.0, 0.0
        image[:] = 0.0
        for i in range(size):
            j = order[i]
            right[i] /= -bend
            if j >= n_free and (coef[j] + right[i]) * coef[j] <= 0.0:
                right[i], changed = -coef[j], True
            falls -= away[i] * right[i]
        add_combination(second, order, bend * right[:size], 0, k, image)
        for i in range(size):
            curved += right[i] * (image[order[i]] + l2[order[i]] * right[i])
        length = 1.0 if falls >= curved else max(falls / curved, 0.0)  # held signs may turn the step
        for i in range(size):
            coef[order[i]] += length * right[i]
        for q in range(k):
            slope[q] += length * image[q]
        for j in range(n_free, k):
            largest = max(largest, abs(slope[j]) - l1[j] if coef[j] == 0.0 else 0.0)
        for j in range(k):
            b, curved = coef[j], bend * second[j, j]
            if b == 0.0 and abs(slope[j]) <= l1[j]:
                continue
            away = slope[j] + l2[j] * b + (l1[j] if b > 0.0 else -l1[j] if b < 0.0 else 0.0)
            if b != 0.0 and abs(away) <= STILL * largest:
                continue
            pull, new = curved * b - slope[j], 0.0
            if pull > l1[j]:
                new = (pull - l1[j]) / (curved + l2[j])
            elif pull < -l1[j]:
                new = (pull + l1[j]) / (curved + l2[j])
            change = new - b
            if change != 0.0 and curved > 0.0:
                changed = changed or (new == 0.0) != (b == 0.0)
                coef[j] = new
                row, own = second[j], bend * change
                for q in range(k):
                    slope[q] += own * row[q]
        if not changed:
            break
    return size


@compiled_sum
def settle(  # noqa: PLR0917 - arrays and scalars only
    columns: FloatArray,
    place: IntArray,
    mean: FloatArray,
    share: FloatArray,
    curvature: FloatArray,
    free_inverse: FloatArray,
    second: FloatArray,
    factor: FloatArray,
    order: IntArray,
    size: int,
    bend: float,
    rows: FloatArray,
    eta: FloatArray,
    products: FloatArray,
    coef: FloatArray,
    l1: FloatArray,
    l2: FloatArray,
    target: float,
    most: int,
) -> tuple[int, int, int, float]:
    r"""Minimise the quadratic model of the rows on the columns in use, which begin with those without penalty.

    Parameters
    ----------
    columns, place, mean, share : arrays
        As of ``move_rows``.
    curvature, free_inverse : (n,) and (u, u) array
        C of each row, and the inverse of the second derivatives of the u columns without penalty, which come first.
    second, factor : (m, m) array
        S, of which the first k rows and columns are used, and U with U'U = S on some of them, with their squares.
    order, size, bend : (m,) int array, int, float
        These columns in the order of the factor, how many they are, and what S is multiplied with.
    rows, eta : (n,) array
        Residuals and linear predictors; kept up.
    products : (k,) array
        Written with those of the columns and the residuals.
    coef, l1, l2 : (k,) array
        First iterate, overwritten, and strengths.
    target : float
        What the duality gap on these columns may be.
    most : int
        Most steps.

    Returns
    -------
    status : int
        0 where the target was met, 1 for too many steps, 2 where nothing fell.
    steps : int
        How many were taken.
    size, bend : int, float
        Of the factor, and what S is multiplied with now.
    """
    n, k, u = rows.shape[0], coef.shape[0], free_inverse.shape[0]
    moved, step, image, left = np.empty(n), np.empty(k), np.empty(k), np.empty(u)
    _products(columns, place, mean, share, rows, products)
    of_free, pearson = np.empty((u, k)), 0.0  # X'C u of the columns u without a penalty
    for a in range(u):
        step[:] = 0.0
        step[a] = 1.0
        _move_and_curve(columns, place, mean, share, curvature, step, moved, of_free[a])
    for i in range(n):
        if rows[i] != 0.0:
            pearson += rows[i] * rows[i] / curvature[i]
    status, steps = LIMIT, 0
    while True:
        if columns_gap(products, coef, l1, l2, u, pearson, 0.0) <= target:
            status = CONVERGED
            break
        if steps >= most:
            break
        slope, trial = products.copy(), coef.copy()
        size = _stale_minimum(second, bend, factor, order, size, slope, trial, l1, l2, u)
        falls = told = 0.0
        for j in range(k):
            step[j] = trial[j] - coef[j]
            falls += _falls(coef[j], trial[j], products[j], l1[j], l2[j])
            told += step[j] * (slope[j] - products[j])
        curved = _move_and_curve(columns, place, mean, share, curvature, step, moved, image)
        if not (falls > 0.0 and curved > 0.0):
            status = STALLED
            break
        length = min(1.0, falls / curved)
        for j in range(k):
            coef[j] = trial[j] if length == 1.0 else coef[j] + length * step[j]
            products[j] += length * image[j]
        for i in range(n):
            moved[i] *= length
            rows[i] += curvature[i] * moved[i]
            eta[i] += moved[i]
        if told > 0.0:
            bend *= min(max(curved / told, 0.5), 2.0)
        for _ in range(2 if u else 0):
            _products(columns, place[:u], mean[:u], share[:u], rows, left)
            moved[:] = 0.0
            for a in range(u):
                step[a] = -np.sum(free_inverse[a] * left)
                coef[a] += step[a]
                for j in range(k):
                    products[j] += step[a] * of_free[a, j]
            move_rows(columns, place[:u], mean[:u], share[:u], step[:u], moved)
            for i in range(n):
                rows[i] += curvature[i] * moved[i]
                eta[i] += moved[i]
        steps += 1
    _products(columns, place[:u], mean[:u], share[:u], rows, products[:u])
    return status, steps, size, bend
