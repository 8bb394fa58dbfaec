r"""One pass over rows in mini-batches: SGD, RMSprop, Adam and SAGA for one logit or the logits of K outcomes.

Coefficients b are those of columns :math:`(x_j - c_j) / s_j`, which are never formed: with :math:`u_j = b_j / s_j` the
logit is :math:`b_0 - u'c + u'x`, and the gradient of a batch is that by :math:`u`, less :math:`c_j` times the sum of
the slopes, over :math:`s_j` (``docs/maths/stochastic.md``, equations 1 to 6).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.numerics.kernels import compiled, compiled_sum
from logitkit.typing import FloatArray, IntArray

__all__ = ["ADAM", "RMSPROP", "SAGA", "SGD", "dense_pass", "sparse_pass"]

SGD, RMSPROP, ADAM, SAGA = 0, 1, 2, 3
TINY = 1e-8  # beside the root of a mean square, as in PyTorch


@compiled
def _begun(place: int, key: int) -> np.uint64:
    """Return the state of the draws of a row."""
    z = np.uint64(place) + np.uint64(1)
    for _ in range(2):
        z = (z ^ np.uint64(key)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = z ^ (z >> np.uint64(31))
    return np.uint64(z | np.uint64(1))


@compiled
def _next(state: np.uint64) -> np.uint64:
    """Return the next state of a xorshift generator."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    return np.uint64(state ^ (state << np.uint64(17)))


@compiled
def _factor(state: np.uint64, dropout: float) -> float:
    """Return what a value is multiplied by: 0, or what leaves its mean as it was."""
    drawn = np.float64((state * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) * 2.0**-53
    return 0.0 if drawn < dropout else 1.0 / (1.0 - dropout)


@compiled_sum
def _unscaled(coef: FloatArray, centre: FloatArray, scale: FloatArray, u: FloatArray, start: FloatArray) -> None:
    """Write the coefficients of the columns as they are, and what the logits begin with."""
    p = centre.shape[0]
    for k in range(coef.shape[0]):
        total = 0.0
        for j in range(p):
            u[k, j] = coef[k, j] / scale[j]
            total += u[k, j] * centre[j]
        start[k] = coef[k, p] - total


@compiled_sum
def _slopes(eta: Any, y: Any, weight: Any, slope: Any) -> Any:
    """Write the slopes of the loss of a row by its logits, and return the loss."""
    m = eta.shape[0]
    if m == 1:
        e = math.exp(-abs(eta[0]))
        mu = 1.0 / (1.0 + e) if eta[0] >= 0.0 else e / (1.0 + e)
        slope[0] = weight * (mu - y)
        return weight * (max(eta[0], 0.0) + math.log1p(e) - y * eta[0])
    top = eta[0]
    for k in range(1, m):
        top = max(top, eta[k])
    total = 0.0
    for k in range(m):
        slope[k] = math.exp(eta[k] - top)
        total += slope[k]
    for k in range(m):
        slope[k] *= weight / total
    own = int(y)
    slope[own] -= weight
    return weight * (top + math.log(total) - eta[own])


@compiled_sum
def _move(
    gradient: FloatArray,
    moving: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    shrunk: FloatArray,
    rate: float,
    step: int,
    options: Any,
) -> None:
    """Move the coefficients by the gradient of a mini-batch, and their mean after them."""
    coef, first, second, mean, _ = moving
    momentum, decay, method = options.momentum, options.decay, options.method
    rise = 1.0 - momentum ** (step + 1) if method == ADAM else 1.0
    bend = 1.0 - decay ** (step + 1) if method == ADAM else 1.0
    part = 1.0 / (step + 1 - options.average_from) if step >= options.average_from else 0.0
    for k in range(coef.shape[0]):
        for j in range(coef.shape[1]):
            g = gradient[k, j] + shrunk[j] * coef[k, j]
            if method == SGD:
                first[k, j] = momentum * first[k, j] + g
                g = first[k, j]
            elif method == RMSPROP:
                second[k, j] = decay * second[k, j] + (1.0 - decay) * g * g
                first[k, j] = momentum * first[k, j] + g / (math.sqrt(second[k, j]) + TINY)
                g = first[k, j]
            elif method == ADAM:
                first[k, j] = momentum * first[k, j] + (1.0 - momentum) * g
                second[k, j] = decay * second[k, j] + (1.0 - decay) * g * g
                g = first[k, j] / rise / (math.sqrt(second[k, j] / bend) + TINY)
            coef[k, j] -= rate * g
            mean[k, j] += part * (coef[k, j] - mean[k, j])


@compiled_sum
def _finish(
    sums: FloatArray,
    slopes: FloatArray,
    rows: int,
    place: tuple[FloatArray, FloatArray, FloatArray],
    first: FloatArray,
    options: Any,
) -> None:
    """Turn sums over a mini-batch into the gradient by b; SAGA adds the mean of what it remembers."""
    centre, scale, _ = place
    p = centre.shape[0]
    for k in range(sums.shape[0]):
        for j in range(p):
            sums[k, j] = (sums[k, j] - centre[j] * slopes[k]) / (scale[j] * rows)
        sums[k, p] = options.intercept * slopes[k] / rows
        if options.method == SAGA:
            for j in range(p + 1):
                change = sums[k, j]
                sums[k, j] += first[k, j]
                first[k, j] += change * rows / options.n_rows


@compiled_sum
def _add_rows(rows: FloatArray, slope: FloatArray, count: int, out: FloatArray) -> None:
    """Add the rows of a mini-batch times their slopes, four at a time."""
    p = rows.shape[1]
    whole = count // 4 * 4
    for k in range(out.shape[0]):
        total = out[k]
        for r in range(0, whole, 4):
            a, b, c, d = slope[r, k], slope[r + 1, k], slope[r + 2, k], slope[r + 3, k]
            for j in range(p):
                total[j] += (a * rows[r, j] + b * rows[r + 1, j]) + (c * rows[r + 2, j] + d * rows[r + 3, j])
        for r in range(whole, count):
            for j in range(p):
                total[j] += slope[r, k] * rows[r, j]


@compiled_sum
def dense_pass(
    X: NDArray[Any],
    rows: tuple[FloatArray, FloatArray, FloatArray],
    order: IntArray,
    place: tuple[FloatArray, FloatArray, FloatArray],
    moving: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    rates: FloatArray,
    done: int,
    options: Any,
) -> float:
    """Move coefficients by the mini-batches of one pass.

    Parameters
    ----------
    X : (n, p) array
        Rows, float32 or float64, in C order.
    rows : tuple of (n,), (n,) and (m, n) or (0, n) array
        Outcomes (proportions of the event, or codes), weights of mean one, offsets.
    order : (k,) int array
        The rows that are visited, each once, in order.
    place : tuple of (p,), (p,) and (p + 1,) array
        Centre and scale of the columns, and the strength of the ridge of each coefficient.
    moving : tuple of four (m, p + 1) and a (n, m) array
        Coefficients, means of gradients, of their squares, of coefficients, and SAGA's slopes of rows: all changed.
    rates : (steps,) array
        Length of each step.
    done : int
        Steps before this pass.
    options : PassOptions
        What is done: a named tuple of the engine, in ``engine/stochastic/learner.py``.

    Returns
    -------
    float
        Sum of the losses, each before its row had moved the coefficients.
    """
    y, weights, offset = rows
    centre, scale, shrunk = place
    coef, first, table = moving[0], moving[1], moving[4]
    p, m, size = X.shape[1], coef.shape[0], options.batch
    held, eta, slope = np.empty((size, p)), np.empty((size, m)), np.empty((size, m))
    u, start, sums, totals = np.empty((m, p)), np.empty(m), np.empty((m, p + 1)), np.empty(m)
    loss = 0.0
    for at in range(0, order.shape[0], size):
        count = min(size, order.shape[0] - at)
        _unscaled(coef, centre, scale, u, start)
        sums[:] = 0.0
        totals[:] = 0.0
        for r in range(count):
            i = order[at + r]
            for j in range(p):
                held[r, j] = X[i, j]
            if options.dropout > 0.0:
                state = _begun(i, options.key)
                for j in range(p):
                    state = _next(state)
                    held[r, j] *= 1.0 if j == options.whole else _factor(state, options.dropout)
            for k in range(m):
                total = 0.0
                for j in range(p):
                    total += held[r, j] * u[k, j]
                eta[r, k] = start[k] + total
                if offset.shape[0] > 0:
                    eta[r, k] += offset[k, i]
            loss += _slopes(eta[r], y[i], weights[i], slope[r])
            if options.variance > 0.0:
                mu = 1.0 / (1.0 + math.exp(-eta[r, 0]))
                bend = options.variance * weights[i] * mu * (1.0 - mu)
                square = 0.0
                for j in range(p):
                    noisy = 0.0 if j == options.whole else held[r, j]
                    square += (noisy * u[0, j]) ** 2
                    sums[0, j] += bend * noisy * noisy * u[0, j]
                loss += 0.5 * bend * square
                # The ridge moves with the logit, too: this is no slope of the intercept's centre, but of the logit.
                slope[r, 0] += 0.5 * bend * (1.0 - 2.0 * mu) * square
            for k in range(m):
                if options.method == SAGA:
                    now = slope[r, k]
                    slope[r, k] -= table[i, k]
                    table[i, k] = now
                totals[k] += slope[r, k]
        _add_rows(held, slope, count, sums)
        _finish(sums, totals, count, place, first, options)
        step = at // options.batch
        _move(sums, moving, shrunk, rates[step], done + step, options)
    return loss


@compiled_sum
def sparse_pass(
    X: tuple[IntArray, NDArray[Any], FloatArray],
    rows: tuple[FloatArray, FloatArray, FloatArray],
    order: IntArray,
    place: tuple[FloatArray, FloatArray, FloatArray],
    moving: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    rates: FloatArray,
    done: int,
    options: Any,
) -> float:
    """Move coefficients by the mini-batches of one pass over sparse rows.

    Parameters
    ----------
    X : tuple of (n + 1,), (nnz,) and (nnz,) array
        Where rows begin, columns, values.
    rows, order, place, moving, rates, done, options : object
        As for ``dense_pass``.

    Returns
    -------
    float
        Sum of the losses, each before its row had moved the coefficients.
    """
    begins, columns, values = X
    y, weights, offset = rows
    centre, scale, shrunk = place
    coef, first, table = moving[0], moving[1], moving[4]
    p, m = centre.shape[0], coef.shape[0]
    eta, slope = np.empty(m), np.empty(m)
    u, start, sums, totals = np.empty((m, p)), np.empty(m), np.empty((m, p + 1)), np.empty(m)
    loss = 0.0
    for at in range(0, order.shape[0], options.batch):
        count = min(options.batch, order.shape[0] - at)
        _unscaled(coef, centre, scale, u, start)
        sums[:] = 0.0
        totals[:] = 0.0
        for r in range(count):
            i = order[at + r]
            for k in range(m):
                state, total = _begun(i, options.key), 0.0
                for q in range(begins[i], begins[i + 1]):
                    value = values[q]
                    if options.dropout > 0.0:
                        state = _next(state)
                        value *= 1.0 if columns[q] == options.whole else _factor(state, options.dropout)
                    total += value * u[k, columns[q]]
                eta[k] = start[k] + total
                if offset.shape[0] > 0:
                    eta[k] += offset[k, i]
            loss += _slopes(eta, y[i], weights[i], slope)
            if options.variance > 0.0:
                mu = 1.0 / (1.0 + math.exp(-eta[0]))
                bend = options.variance * weights[i] * mu * (1.0 - mu)
                square = 0.0
                for q in range(begins[i], begins[i + 1]):
                    j = columns[q]
                    noisy = 0.0 if j == options.whole else values[q]
                    square += (noisy * u[0, j]) ** 2
                    sums[0, j] += bend * noisy * noisy * u[0, j]
                loss += 0.5 * bend * square
                slope[0] += 0.5 * bend * (1.0 - 2.0 * mu) * square
            for k in range(m):
                if options.method == SAGA:
                    now = slope[k]
                    slope[k] -= table[i, k]
                    table[i, k] = now
                totals[k] += slope[k]
                state = _begun(i, options.key)
                for q in range(begins[i], begins[i + 1]):
                    value = values[q]
                    if options.dropout > 0.0:
                        state = _next(state)
                        value *= 1.0 if columns[q] == options.whole else _factor(state, options.dropout)
                    sums[k, columns[q]] += slope[k] * value
        _finish(sums, totals, count, place, first, options)
        step = at // options.batch
        _move(sums, moving, shrunk, rates[step], done + step, options)
    return loss
