r"""A lasso of few rows at one strength: proximal Newton on columns in use, all of it in one call.

The model of the rows is that of ``active_columns.py``, with its second derivatives :math:`S = X' C X` as they are,
which few rows allow: coordinate descent holds the products :math:`z = X'(s + C X (b - b_0))`. Steps, halving and
stopping are those of ``engine/regularised/dense_columns.py``, and so is the certificate.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled_sum
from logitkit.numerics.kernels.inner.column_walks import add_combination, add_dots
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["CONVERGED", "FULL", "minimise"]

CONVERGED, FULL, NOT_CONVERGED = 0, 1, 2
INNER, OUTER = 0.4, 0.5  # of the gap that is allowed: what the model and the rows may leave
PRECISE = 1e-8  # of it: a model that is to leave less is of no use
LEAST = 1e-15  # of the objective: a gap that is less is rounding
ROUNDING = 16_384 * 2.220446049250313e-16  # of the objective
MET = 1e-9  # of a condition: what is met but for this is met
JOIN_LEAST, JOIN_SHARE = 10, 0.5  # columns that come into use at a time, of those that are
SINGULAR = 1e-13  # of a diagonal: a pivot that is less is rounding
SWEEPS_MOST, HALVINGS_MOST, ROUNDS_MOST = 100, 30, 20


@compiled_sum
def _sum(columns: FloatArray, index: IntArray, before: int, curvature: FloatArray, out: FloatArray) -> None:
    """Write the second derivatives of some columns but for those of the first ones, which are there."""
    weighted = np.empty(curvature.shape[0])
    for j in range(before, index.shape[0]):
        column, row = columns[index[j]], out[j]
        for i in range(curvature.shape[0]):
            weighted[i] = curvature[i] * column[i]
        row[: j + 1] = 0.0
        add_dots(columns, index[: j + 1], 0, weighted.shape[0], weighted, row)
        for q in range(j):
            out[q, j] = row[q]


@compiled_sum
def _rows(eta: FloatArray, y: FloatArray, weights: FloatArray, slope: FloatArray, curvature: FloatArray) -> float:
    """Write slope and curvature of the logistic loss of each row, and return the loss."""
    total = 0.0
    for i in range(eta.shape[0]):
        small = math.exp(-abs(eta[i]))
        share = 1.0 / (1.0 + small)
        mean = share if eta[i] >= 0.0 else small * share
        slope[i] = weights[i] * (mean - y[i])
        curvature[i] = weights[i] * small * share * share
        total += weights[i] * (math.log1p(small) + max(eta[i], 0.0) - y[i] * eta[i])
    return total


@compiled_sum
def _penalty(coef: FloatArray, l1: FloatArray, l2: FloatArray) -> float:
    total = 0.0
    for j in range(coef.shape[0]):
        b = coef[j]
        total += l1[j] * abs(b) + 0.5 * l2[j] * b * b
    return total


@compiled_sum
def _gap(products: FloatArray, coef: FloatArray, l1: FloatArray, l2: FloatArray, pearson: float, moved: float) -> float:
    """Return the duality gap at the scale of the dual point that its products need where there is a penalty."""
    scale, gap = 1.0, 0.0
    for j in range(coef.shape[0]):
        if abs(products[j]) * scale > l1[j] and l2[j] == 0.0 and l1[j] > 0.0:
            scale = l1[j] / abs(products[j])
    for j in range(coef.shape[0]):
        b, z = coef[j], scale * products[j]
        if b != 0.0 and (l1[j] > 0.0 or l2[j] > 0.0):
            gap += b * z + l1[j] * abs(b)
        if l2[j] > 0.0:
            over = max(abs(z) - l1[j], 0.0)
            gap += 0.5 * l2[j] * b * b + 0.5 * over * over / l2[j]
    root = (1.0 - scale) * math.sqrt(pearson) + scale * math.sqrt(moved)
    return gap + root * root


@compiled_sum
def _joined(values: FloatArray, limit: FloatArray, inside: BoolArray, index: IntArray, k: int, most: int) -> int:
    """Have the columns in use that are farthest beyond a limit; returns how many, or one more than there may be."""
    over = np.empty(values.shape[0])
    count = 0
    for j in range(values.shape[0]):
        if abs(values[j]) > limit[j] and not inside[j]:
            over[count] = abs(values[j]) - limit[j]
            count += 1
    least = np.sort(over[:count])[count - most] if count > most else 0.0
    for j in range(values.shape[0] if count else 0):
        if abs(values[j]) - limit[j] >= least and abs(values[j]) > limit[j] and not inside[j]:
            if k == index.shape[0]:
                return k + 1
            inside[j], index[k] = True, j
            k += 1
    return k


@compiled_sum
def _stepped(second: FloatArray, products: FloatArray, coef: FloatArray, l1: FloatArray, l2: FloatArray) -> None:
    """Take one step to the minimum of the model for the signs as they are; who would turn becomes zero."""
    index = np.flatnonzero((coef != 0.0) | (l1 + l2 == 0.0))
    m = index.shape[0]
    factor, step = np.empty((m, m)), np.empty(m)
    for a in range(m):
        i = index[a]
        for b in range(a, m):
            factor[a, b] = second[i, index[b]]
        factor[a, a] += l2[i]
        step[a] = -products[i] - l2[i] * coef[i] - l1[i] * np.sign(coef[i])
    away = step.copy()
    for a in range(m):
        row = factor[a]
        if not row[a] > SINGULAR * (second[index[a], index[a]] + l2[index[a]]):
            return
        root = 1.0 / math.sqrt(row[a])
        for b in range(a, m):
            row[b] *= root
        step[a] /= row[a]
        for c in range(a + 1, m):
            below, own = factor[c], row[c]
            for b in range(c, m):
                below[b] -= own * row[b]
            step[c] -= own * step[a]
    for a in range(m - 1, -1, -1):
        for b in range(a + 1, m):
            step[a] -= factor[a, b] * step[b]
        step[a] /= factor[a, a]
    image, falls, curved = np.zeros(coef.shape[0]), 0.0, 0.0
    for a in range(m):
        i = index[a]
        if l1[i] > 0.0 and (coef[i] + step[a]) * coef[i] <= 0.0:
            step[a] = -coef[i]
        falls += away[a] * step[a]
        row = second[i]
        for q in range(coef.shape[0]):
            image[q] += step[a] * row[q]
    for a in range(m):
        curved += step[a] * (image[index[a]] + l2[index[a]] * step[a])
    length = 1.0 if falls >= curved else max(falls / curved, 0.0)  # where signs were held
    for a in range(m):
        coef[index[a]] += length * step[a]
    for q in range(coef.shape[0]):
        products[q] += length * image[q]


@compiled_sum
def _descended(
    second: FloatArray,
    products: FloatArray,
    coef: FloatArray,
    l1: FloatArray,
    l2: FloatArray,
    pearson: float,
    target: float,
) -> None:
    """Minimise the model by steps of all coefficients, and of one at a time, the one without a penalty last."""
    k = coef.shape[0]
    for _ in range(SWEEPS_MOST):
        for j in range(k - 1, -1, -1):
            b, bend = coef[j], second[j, j] + l2[j]
            if not bend > 0.0 or (b == 0.0 and abs(products[j]) <= l1[j]):
                continue
            pull, new = second[j, j] * b - products[j], 0.0
            if pull > l1[j]:
                new = (pull - l1[j]) / bend
            elif pull < -l1[j]:
                new = (pull + l1[j]) / bend
            change = new - b
            if change != 0.0:
                coef[j] = new
                row = second[j]
                for q in range(k):
                    products[q] += change * row[q]
        if _gap(products, coef, l1, l2, pearson, 0.0) <= target:
            break
        _stepped(second, products, coef, l1, l2)


@compiled_sum
def _beside(rows: FloatArray, slope: FloatArray, curvature: FloatArray) -> tuple[float, float, bool]:
    """Return what ``residuals.rows_gap`` does."""
    pearson, moved, sound = 0.0, 0.0, True
    for i in range(rows.shape[0]):
        own, change = slope[i], rows[i] - slope[i]
        if own != 0.0:
            pearson += own * own / curvature[i]
        if change != 0.0:
            moved += change * change / curvature[i]
            sound = sound and abs(change) <= curvature[i]
    return pearson, moved, sound


@compiled_sum
def minimise(  # noqa: PLR0917 - arrays and scalars only
    columns: FloatArray,
    outcomes: tuple[FloatArray, FloatArray, FloatArray],
    coef: FloatArray,
    dual: FloatArray,
    l1: FloatArray,
    l2: FloatArray,
    intercept: int,
    target: float,
    max_steps: int,
    second: FloatArray,
) -> tuple[int, int, float, float]:
    r"""Minimise the logistic loss of few rows and a penalty of absolute values and squares.

    Parameters
    ----------
    columns : (p, n) array
        Columns one after another, centred if there is an intercept, and divided by their scale.
    outcomes : (y, weights, offset)
        Of each row, each (n,).
    coef : (p,) array
        First iterate; overwritten with the solution.
    dual : (p,) array
        Overwritten with the products of the dual point with the columns.
    l1, l2 : (p,) array
        Strengths.
    intercept : int
        Its position, the only column without a penalty; -1 for none.
    target : float
        Duality gap that is allowed.
    max_steps : int
        Most steps.
    second : (m, m) array
        Space for the second derivatives of as many columns as may be in use.

    Returns
    -------
    status, steps : int
        0 where the gap is as small as is asked, 1 where more columns would be in use, 2 for all else. How many steps
        were taken.
    value, gap : float
        Loss, and duality gap over all columns.
    """
    y, weights, offset = outcomes
    p, n, most, first = coef.shape[0], y.shape[0], second.shape[0], 1 if intercept >= 0 else 0
    every, inside, index, k = np.arange(p), np.zeros(p, dtype=np.bool_), np.empty(most, dtype=np.int64), first
    if first:
        inside[intercept], index[0] = True, intercept
    k = _joined(coef, np.zeros(p), inside, index, k, p)
    if k > most:
        return FULL, 0, 0.0, math.inf
    used = index[:k]
    here = coef[used]
    eta, slope, curvature = offset.copy(), np.empty(n), np.empty(n)
    add_combination(columns, used, here, 0, n, eta)
    value = _rows(eta, y, weights, slope, curvature)
    whole = value + _penalty(here, l1[used], l2[used])
    rows, moved, ahead_slope, ahead_curvature = slope.copy(), np.empty(n), np.empty(n), np.empty(n)
    share, steps = INNER, 0
    while steps < max_steps and share >= PRECISE:
        pearson = _beside(slope, slope, curvature)[0]
        within, summed, settled = max(share * target, LEAST * abs(value)), 0, False
        finer, trial = within, here.copy()
        rows[:], moved[:] = slope, 0.0
        for turn in range(ROUNDS_MOST):
            dual[:] = 0.0
            add_dots(columns, every, 0, n, rows, dual)
            coef[:] = 0.0
            coef[used] = trial
            settled = turn > 0 and _gap(dual, coef, l1, l2, pearson, 0.0) <= within
            if settled:
                break
            k = _joined(dual, l1, inside, index, k, JOIN_LEAST + int(JOIN_SHARE * k))
            if k > most:
                return FULL, steps, value, math.inf
            finer = 0.1 * finer if k == summed else within
            used = index[:k]
            here, trial = np.append(here, np.zeros(k - here.shape[0])), np.append(trial, np.zeros(k - trial.shape[0]))
            _sum(columns, used, summed, curvature, second)
            summed, products = k, dual[used]
            _descended(second, products, trial, l1[used], l2[used], pearson, finer)
            moved[:] = 0.0
            add_combination(columns, used, trial - here, 0, n, moved)
            for i in range(n):
                rows[i] = slope[i] + curvature[i] * moved[i]
        if not settled:
            break
        steps += 1
        step, length, accepted = trial - here, 1.0, False
        for _ in range(HALVINGS_MOST):
            there, ahead = here + length * step, eta + length * moved
            ahead_value = _rows(ahead, y, weights, ahead_slope, ahead_curvature)
            ahead_whole = ahead_value + _penalty(there, l1[used], l2[used])
            accepted = ahead_whole <= whole + ROUNDING * abs(whole) if length == 1.0 else ahead_whole < whole
            if accepted:
                break
            length *= 0.5
        if not accepted:
            break
        here, eta, value, whole = (trial if length == 1.0 else there), ahead, ahead_value, ahead_whole
        slope[:], curvature[:] = ahead_slope, ahead_curvature
        pearson, left, sound = _beside(rows, slope, curvature)
        if not (sound and length == 1.0 and left <= OUTER * target):
            continue
        rounding = 0.0
        if first:
            rounding = abs(dual[intercept] * here[0])
            size = math.sqrt(np.sum(slope * slope)) * math.sqrt(np.sum(columns[intercept] * columns[intercept]))
            sound = abs(dual[intercept]) <= MET * size
        gap = rounding + _gap(dual, coef, l1, l2, pearson, left) if sound else math.inf
        if gap <= target:
            if first:
                dual[intercept] = 0.0
            return CONVERGED, steps, value, gap
        share *= 0.1
    return NOT_CONVERGED, steps, value, math.inf
