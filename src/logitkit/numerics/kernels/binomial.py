r"""The binomial likelihood with the logit link, written in the linear predictor.

With :math:`e = \exp(-|\eta|)`, which never overflows, everything that the engine needs follows without
cancellation (``docs/maths/binomial.md``, equations 1 to 5):

.. math::

    \ell(\eta, y) &= \log(1 + e) + (1 - y) \max(\eta, 0) + y \max(-\eta, 0), \\
    \mu &= 1 / (1 + e) \text{ or } e / (1 + e), \qquad
    \mu (1 - \mu) = e / (1 + e)^2 .

Rows are processed in place into buffers that the caller owns; the functions hold no interpreter lock. The loop over
rows has no branch and no call, so that the compiler works on several rows at once: the exponential and the logarithm
are polynomials, right to two units in the last place (``docs/maths/binomial.md``, equations 14 to 16).
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled, compiled_fused, compiled_sum
from logitkit.typing import FloatArray, IntArray

__all__ = ["logit_fits", "logit_rows", "logit_walk"]


@compiled
def logit_rows(
    eta: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
) -> tuple[float, float, float, float]:
    r"""Evaluate the weighted loss, its slope and its curvature for rows of linear predictors.

    Parameters
    ----------
    eta : (n,) array
        Linear predictors (logits).
    y : (n,) array
        Proportion of events in each row, in [0, 1].
    weights : (n,) array
        Total weight of each row: prior weight times number of trials.
    slope, curvature : (n,) array
        Overwritten with :math:`w (\mu - y)` and :math:`w \mu (1 - \mu)`.

    Returns
    -------
    value : float
        :math:`\sum_i w_i \ell(\eta_i, y_i)`.
    closest : float
        The least :math:`w_i |y_i - \mu_i|` among rows of positive weight with one outcome only; ``inf`` if
        there is none. It bounds what a direction of recession could still gain.
    fitted, matched : float
        :math:`\sum_i w_i \mu_i` and :math:`\sum_i w_i y_i \mu_i`: fitted events, and fitted events among events.
    """
    value = 0.0
    fitted = 0.0
    matched = 0.0
    closest = math.inf
    n = eta.shape[0]
    space = np.empty((2, min(n, CHUNK)))
    for first in range(0, n, CHUNK):
        part = slice(first, min(first + CHUNK, n))
        sums = _chunk(eta[part], y[part], weights[part], slope[part], curvature[part], space)
        value += sums[0]
        closest = min(closest, sums[1])
        fitted += sums[2]
        matched += sums[3]
    return value, closest, fitted, matched


@compiled
def logit_walk(
    X: FloatArray,
    coef: FloatArray,
    offset: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
    gradient: FloatArray,
) -> tuple[float, float, float, float]:
    """Do what ``logit_rows`` does for the linear predictors of a matrix, and sum the gradient, in one reading of it.

    Parameters
    ----------
    X : (n, q) array
        Rows, in C order, of which the first p numbers are those of the matrix.
    coef : (p,) array
        Coefficients.
    offset : (n,) or (0,) array
        Added to the linear predictors; empty for none.
    y, weights, slope, curvature : (n,) array
        As for ``logit_rows``.
    gradient : (p,) array
        Added to: the product of the transpose with the slopes.

    Returns
    -------
    value, closest, fitted, matched : float
        As for ``logit_rows``.
    """
    value = 0.0
    fitted = 0.0
    matched = 0.0
    closest = math.inf
    n = y.shape[0]
    rows = max(min(WALKED, WALKED_NUMBERS // max(coef.shape[0], 1)), 8)
    predictor = np.empty(rows)
    space = np.empty((2, rows))
    for first in range(0, n, rows):
        last = min(first + rows, n)
        part, eta = slice(first, last), predictor[: last - first]
        for i in range(first, last):
            eta[i - first] = _dot(X, i, coef)
        if offset.shape[0] > 0:
            for i in range(first, last):
                eta[i - first] += offset[i]
        sums = _chunk(eta, y[part], weights[part], slope[part], curvature[part], space)
        value += sums[0]
        closest = min(closest, sums[1])
        fitted += sums[2]
        matched += sums[3]
        whole = first + (last - first) // 8 * 8
        for i in range(first, whole, 8):
            _add_rows(X, i, slope, gradient)
        for i in range(whole, last):
            for j in range(gradient.shape[0]):
                gradient[j] += slope[i] * X[i, j]
    return value, closest, fitted, matched


@compiled
def _chunk(
    eta: FloatArray, y: FloatArray, weights: FloatArray, slope: FloatArray, curvature: FloatArray, space: FloatArray
) -> tuple[float, float, float, float]:
    """Fill slope and curvature of a few rows, and return their sums; ``space`` has two numbers per row."""
    loss, mean = space[0, : eta.shape[0]], space[1, : eta.shape[0]]
    _decay(eta, curvature)
    _fill(eta, y, weights, slope, curvature, loss, mean)
    value, fitted, matched = _sum(loss), _sum(mean), _sum_products(mean, y)
    return value, _least(y, weights, slope, loss), fitted, matched


@compiled_sum
def _dot(X: FloatArray, i: int, vector: FloatArray) -> float:
    """Return the product of a row with a vector: rows one by one are read in the order of memory."""
    total = 0.0
    for j in range(vector.shape[0]):
        total += X[i, j] * vector[j]
    return total


@compiled_sum
def _add_rows(X: FloatArray, i: int, shares: FloatArray, out: FloatArray) -> None:
    """Add a combination of eight rows."""
    a, b, c, d = shares[i], shares[i + 1], shares[i + 2], shares[i + 3]
    e, f, g, h = shares[i + 4], shares[i + 5], shares[i + 6], shares[i + 7]
    for j in range(out.shape[0]):
        above = (a * X[i, j] + b * X[i + 1, j]) + (c * X[i + 2, j] + d * X[i + 3, j])
        below = (e * X[i + 4, j] + f * X[i + 5, j]) + (g * X[i + 6, j] + h * X[i + 7, j])
        out[j] += above + below


WALKED = 256  # rows that are read in one run, which memory is fastest at, and are in the cache for the gradient
WALKED_NUMBERS = 100_000  # that the cache of second level holds
CHUNK = 512  # rows whose intermediate results stay in the first-level cache
LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
LN_2_HIGH = 6.93147180369123816490e-01  # its leading bits, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
SMALLEST = 745.0  # exp(-745) is the last number above zero
ROOT_2_LESS_1 = 0.41421356237309503
POWERS = np.array([0.5**k for k in range(1_080)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))


@compiled_fused
def _decay(eta: FloatArray, out: FloatArray) -> None:
    """Write exp(-|eta|): a power of two times a polynomial on [-ln 2 / 2, ln 2 / 2]."""
    for i in range(eta.shape[0]):
        x = abs(eta[i])
        x = x if x < SMALLEST else SMALLEST  # noqa: FURB136 - a missing value too must give an index below
        k = np.floor(x * LOG2_E + 0.5)
        r = (k * LN_2_HIGH - x) + k * LN_2_LOW
        high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
        low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
        out[i] = (1.0 + r * (1.0 + r * low)) * POWERS[np.int64(k)]


@compiled_fused
def _fill(
    eta: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
    loss: FloatArray,
    mean: FloatArray,
) -> None:
    """Fill weighted loss, mean, slope and curvature; ``curvature`` comes in as exp(-|eta|)."""
    for i in range(eta.shape[0]):
        e = curvature[i]
        # log(1 + e) = 2 artanh s, after halving 1 + e where it is above the root of two.
        large = e > ROOT_2_LESS_1
        s = (e - 1.0 if large else e) / (e + 3.0 if large else e + 2.0)
        z = s * s
        tail = 1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21))))
        series = 1.0 + z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * tail)))))
        log_1p = 2.0 * s * series + (LN_2 if large else 0.0)
        upper = 1.0 / (1.0 + e)
        lower = e * upper
        positive = eta[i] >= 0.0
        mu = upper if positive else lower
        not_mu = lower if positive else upper
        y_i = y[i]
        w_i = weights[i]
        # A missing linear predictor must show in the loss: only this product lets it through.
        loss[i] = w_i * (log_1p + abs(eta[i]) * (1.0 - y_i if positive else y_i))
        slope[i] = w_i * ((1.0 - y_i) * mu - y_i * not_mu)
        curvature[i] = w_i * upper * lower
        mean[i] = w_i * mu


@compiled_sum
def _sum(values: FloatArray) -> float:
    total = 0.0
    for i in range(values.shape[0]):
        total += values[i]
    return total


@compiled_sum
def _sum_products(left: FloatArray, right: FloatArray) -> float:
    total = 0.0
    for i in range(left.shape[0]):
        total += left[i] * right[i]
    return total


@compiled
def _least(y: FloatArray, weights: FloatArray, slope: FloatArray, space: FloatArray) -> float:
    """Return the least weighted distance between outcome and mean among rows of one outcome.

    The lesser of each pair is kept, and so on with what is kept: pairs are compared several at once.
    """
    n = y.shape[0]
    for i in range(n):
        single = (weights[i] > 0.0) & ((y[i] == 0.0) | (y[i] == 1.0))
        distance = abs(slope[i])
        space[i] = distance if single & (distance < math.inf) else math.inf
    while n > 1:
        half = n // 2
        for i in range(half):
            one, other = space[i], space[n - half + i]
            space[i] = one if one < other else other  # noqa: FURB136 - one instruction, where min is a call
        n -= half
    return space[0] if n == 1 else math.inf


# Many small fits. Rows are taken in pieces that stay in the first-level cache, and a piece holds its columns one after
# another, so that the loops over rows run along memory. The last piece is filled up with rows of weight zero.

CONVERGED, ITERATIONS, INDEFINITE, NO_STEP, NOT_FINITE, SUSPECTED, NO_ROWS = range(7)
VALUE, SQUARED, CLOSEST, PIVOT, STEPS, ENDED, FITTED, MATCHED = range(8)  # columns of the report
REPORTED = 8
PIECE = 256  # rows
VECTOR = 8  # rows that are worked on at once
ROW_NUMBERS = 6  # of each row beside its columns: outcome, weight, offset, linear predictor, slope, curvature
SHORT = 0.25  # of a direction, squared: what a correction of it may be, so that it still leads down
HALVINGS_MOST = 10  # a harder case is for the solver of single fits
LINEAR_SHARE = 0.2  # a squared decrement that falls by less is not quadratic convergence
LINEAR_MOST = 3


@compiled
def logit_fits(  # noqa: PLR0917 - arrays and scalars only
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    offset: FloatArray,
    bounds: IntArray,
    start: FloatArray,
    tol: float,
    max_iter: int,
    armijo: float,
    rounding: float,
    coef: FloatArray,
    slope: FloatArray,
    information: FloatArray,
    inverse: FloatArray,
    trace: FloatArray,
    report: FloatArray,
) -> None:
    r"""Fit many logistic regressions with few columns by Newton's method, each on a slice of the rows.

    The iteration is that of ``docs/maths/newton.md``, equations 1 to 4; what is out of the ordinary is given up and
    reported, not solved.

    Parameters
    ----------
    X : (n, p) array
        Columns, in C order.
    y, weights : (1, n) or (m, n) array
        Proportions of events and total weights, the same for every fit or one row a fit; weight zero: no row.
    offset : (n,) array
        Added to the linear predictors.
    bounds : (m, 2) int array
        First row of each fit, and the row after its last.
    start : (1, p) or (m, p) array
        First iterate, the same for every fit or one row a fit.
    tol : float
        On the Newton decrement, times the root of the mean weight where that is below 1.
    max_iter : int
        Maximum number of iterations.
    armijo, rounding : float
        Share of the predicted fall that a step must reach, and share of the objective that is rounding.
    coef : (m, p) array
        Overwritten with the estimates, one free step after the last evaluation.
    slope : (m, p) or (0, p) array
        Overwritten with the gradient of the loss there, unless it is empty.
    information : (m, p, p) or (0, p, p) array
        Overwritten with the information there, unless it is empty.
    inverse : (m, p, p) or (0, p, p) array
        Overwritten with the inverse of the information of fits that converged, unless it is empty.
    trace : (m, t, 3) array
        Overwritten with the loss, the squared decrement and the length of the step of the first t iterations.
    report : (m, 8) array
        Overwritten with: the loss, the squared decrement, the least :math:`w |y - \mu|` of rows with one outcome, the
        least squared pivot of the information scaled to a unit diagonal, iterations, how the fit ended, fitted events,
        and fitted events among events.
    """
    p = X.shape[1]
    longest = 0
    for fit in range(bounds.shape[0]):
        longest = max(longest, bounds[fit, 1] - bounds[fit, 0])
    places = np.empty(longest + 1, np.int64)
    padded = longest + VECTOR * (longest // PIECE + 1)
    column_space = np.empty(p * padded)
    row_space = np.empty(ROW_NUMBERS * padded)
    piece_space = np.empty(2 * PIECE)
    hessian = np.empty((p, p))
    factor = np.empty((p, p))
    vectors = np.empty((4, p))
    resampled = start.shape[0] == 1 and weights.shape[0] > 1
    for fit in range(bounds.shape[0]):
        first, last = bounds[fit, 0], bounds[fit, 1]
        w = weights[fit] if weights.shape[0] > 1 else weights[0]
        outcome = y[fit] if y.shape[0] > 1 else y[0]
        used = 0
        total = 0.0
        for i in range(first, last):
            places[used] = i  # and again, until a row counts: without a branch
            used += 1 if w[i] > 0.0 else 0
            total += max(0.0, w[i])
        pieces = max(-(-used // PIECE), 1)
        length = -(-used // (pieces * VECTOR)) * VECTOR
        columns = column_space[: pieces * p * length].reshape((pieces, p, length))
        rows = row_space[: pieces * ROW_NUMBERS * length].reshape((pieces, ROW_NUMBERS, length))
        space = piece_space[: 2 * length].reshape((2, length))
        for piece in range(pieces):
            _copy_rows(
                X,
                outcome,
                w,
                offset,
                places[piece * length : min((piece + 1) * length, used)],
                columns[piece],
                rows[piece],
            )
        begin = start[fit] if start.shape[0] > 1 else start[0]
        for j in range(p):
            coef[fit, j] = begin[j]
        bound = tol * tol * min(1.0, total / max(last - first, 1))
        report[fit, :] = np.nan
        report[fit, STEPS] = 0.0
        report[fit, ENDED] = NO_ROWS
        if used > 0:
            own = coef[fit], hessian, factor, vectors, trace[fit], report[fit]
            # Refits to other weights begin near their estimate: the correction then spares most of them a pass.
            _newton(columns, rows, space, bound, max_iter, armijo, rounding, resampled, *own)
            if slope.shape[0] > 0:
                slope[fit] = vectors[0]
            if information.shape[0] > 0:
                for j in range(p):
                    for k in range(j + 1):
                        information[fit, j, k] = information[fit, k, j] = hessian[j, k]
            if inverse.shape[0] > 0 and report[fit, ENDED] == CONVERGED:
                _invert(factor, vectors[1], hessian, inverse[fit])


@compiled
def _copy_rows(
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    offset: FloatArray,
    places: IntArray,
    columns: FloatArray,
    rows: FloatArray,
) -> None:
    """Copy some rows to a piece, whose other rows have weight zero."""
    n = places.shape[0]
    for i in range(n):
        at = places[i]
        for j in range(X.shape[1]):
            columns[j, i] = X[at, j]
        rows[0, i], rows[1, i], rows[2, i] = y[at], weights[at], offset[at]
    for i in range(n, columns.shape[1]):
        columns[:, i] = 0.0
        rows[0, i], rows[1, i], rows[2, i] = 0.0, 0.0, 0.0


@compiled
def _newton(  # noqa: PLR0917 - arrays and scalars only
    columns: FloatArray,
    rows: FloatArray,
    space: FloatArray,
    bound: float,
    max_iter: int,
    armijo: float,
    rounding: float,
    third: bool,
    coef: FloatArray,
    hessian: FloatArray,
    factor: FloatArray,
    vectors: FloatArray,
    trace: FloatArray,
    report: FloatArray,
) -> None:
    """Minimise from ``coef``, in place, and leave the last Hessian.

    ``columns`` and ``rows`` hold pieces of the rows, the latter outcome, weight and offset, and room for linear
    predictor, slope and curvature; ``space`` is room for two numbers of each row of a piece, ``vectors`` for gradient,
    scale, direction and trial. The first step is of third order where that is asked for.
    """
    p = columns.shape[1]
    gradient, scale, direction, trial = vectors[0], vectors[1], vectors[2], vectors[3]
    value, closest, fitted, matched = _evaluate(columns, rows, space, coef, gradient, hessian)
    before = math.inf
    linear = 0
    for iteration in range(max_iter):
        report[VALUE] = value
        report[CLOSEST] = closest
        report[FITTED], report[MATCHED] = fitted, matched
        report[STEPS] = iteration
        report[PIVOT] = _factorise(hessian, factor, scale)
        if not math.isfinite(value):
            report[ENDED] = NOT_FINITE
            return
        if not report[PIVOT] > 0.0:
            report[ENDED] = INDEFINITE
            return
        squared = _solve(factor, scale, gradient, direction)
        report[SQUARED] = squared
        if squared <= bound:
            for j in range(p):
                coef[j] += direction[j]
            report[ENDED] = CONVERGED
            return
        linear = linear + 1 if squared > LINEAR_SHARE * before and closest < squared else 0
        if linear >= LINEAR_MOST:
            report[ENDED] = SUSPECTED
            return
        before = squared
        if third and iteration == 0:
            _correct(columns, rows, space[0], factor, scale, squared, direction, gradient, trial)
        length = 1.0
        found = False
        for _ in range(HALVINGS_MOST):
            for j in range(p):
                trial[j] = coef[j] + length * direction[j]
            there, closest, fitted, matched = _evaluate(columns, rows, space, trial, gradient, hessian)
            if there <= value - armijo * length * squared + rounding * abs(value):
                found = True
                break
            length *= 0.5
        if not found:
            report[ENDED] = NO_STEP
            return
        if iteration < trace.shape[0]:
            trace[iteration, 0], trace[iteration, 1], trace[iteration, 2] = value, squared, length
        value = there
        for j in range(p):
            coef[j] = trial[j]
    report[ENDED] = ITERATIONS


@compiled
def _evaluate(
    columns: FloatArray,
    rows: FloatArray,
    space: FloatArray,
    coef: FloatArray,
    gradient: FloatArray,
    hessian: FloatArray,
) -> tuple[float, float, float, float]:
    """Fill the gradient and the lower half of the Hessian; return the loss and the sums of ``logit_rows``."""
    value, fitted, matched = 0.0, 0.0, 0.0
    closest = math.inf
    gradient[:] = 0.0
    hessian[:, :] = 0.0
    for piece in range(columns.shape[0]):
        X, of_row = columns[piece], rows[piece]
        y, weights, offset, eta, slope, curvature = of_row[0], of_row[1], of_row[2], of_row[3], of_row[4], of_row[5]
        _predict(X, coef, offset, eta)
        sums = _chunk(eta, y, weights, slope, curvature, space)
        value += sums[0]
        closest = min(closest, sums[1])
        fitted += sums[2]
        matched += sums[3]
        _add_products(X, slope, curvature, space, gradient, hessian)
    return value, closest, fitted, matched


@compiled_fused
def _predict(X: FloatArray, coef: FloatArray, offset: FloatArray, eta: FloatArray) -> None:
    """Fill linear predictors, four columns at a time."""
    p = coef.shape[0]
    whole = p // 4 * 4
    for i in range(eta.shape[0]):
        eta[i] = offset[i]
    for j in range(0, whole, 4):
        a, b, c, d = coef[j], coef[j + 1], coef[j + 2], coef[j + 3]
        for i in range(eta.shape[0]):
            eta[i] += (a * X[j, i] + b * X[j + 1, i]) + (c * X[j + 2, i] + d * X[j + 3, i])
    for j in range(whole, p):
        for i in range(eta.shape[0]):
            eta[i] += coef[j] * X[j, i]


@compiled
def _add_products(
    X: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
    space: FloatArray,
    gradient: FloatArray,
    hessian: FloatArray,
) -> None:
    """Add X' slope, and the lower half of X' diag(curvature) X with two numbers above it, two rows at a time."""
    p = X.shape[0]
    left, right = space[0], space[1]
    for j in range(0, p - 1, 2):
        for i in range(slope.shape[0]):
            left[i] = curvature[i] * X[j, i]
            right[i] = curvature[i] * X[j + 1, i]
        sums = _sum_pairs(slope, X[j], X[j + 1])
        gradient[j] += sums[0]
        gradient[j + 1] += sums[1]
        for k in range(0, (j + 2) // 4 * 4, 4):
            a, b, c, d, e, f, g, h = _sum_tile(left, right, X[k], X[k + 1], X[k + 2], X[k + 3])
            hessian[j, k] += a
            hessian[j, k + 1] += b
            hessian[j, k + 2] += c
            hessian[j, k + 3] += d
            hessian[j + 1, k] += e
            hessian[j + 1, k + 1] += f
            hessian[j + 1, k + 2] += g
            hessian[j + 1, k + 3] += h
        if j % 4 == 0:
            a, b = _sum_pairs(left, X[j], X[j + 1])
            hessian[j, j] += a
            hessian[j, j + 1] += b
            a, b = _sum_pairs(right, X[j], X[j + 1])
            hessian[j + 1, j] += a
            hessian[j + 1, j + 1] += b
    if p % 2 == 1:
        for i in range(slope.shape[0]):
            left[i] = curvature[i] * X[p - 1, i]
        gradient[p - 1] += _sum_products(slope, X[p - 1])
        for k in range(p):
            hessian[p - 1, k] += _sum_products(left, X[k])


@compiled_sum
def _sum_pairs(left: FloatArray, a: FloatArray, b: FloatArray) -> tuple[float, float]:
    """Return the products of a column with two."""
    left_a, left_b = 0.0, 0.0
    for i in range(left.shape[0]):
        left_a += left[i] * a[i]
        left_b += left[i] * b[i]
    return left_a, left_b


@compiled_sum
def _sum_tile(
    left: FloatArray, right: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> tuple[float, float, float, float, float, float, float, float]:
    """Return the products of two columns with four: a number that is read serves several."""
    left_a, left_b, left_c, left_d = 0.0, 0.0, 0.0, 0.0
    right_a, right_b, right_c, right_d = 0.0, 0.0, 0.0, 0.0
    for i in range(left.shape[0]):
        left_a += left[i] * a[i]
        left_b += left[i] * b[i]
        left_c += left[i] * c[i]
        left_d += left[i] * d[i]
        right_a += right[i] * a[i]
        right_b += right[i] * b[i]
        right_c += right[i] * c[i]
        right_d += right[i] * d[i]
    return left_a, left_b, left_c, left_d, right_a, right_b, right_c, right_d


@compiled
def _correct(  # noqa: PLR0917 - arrays and scalars only
    columns: FloatArray,
    rows: FloatArray,
    along: FloatArray,
    factor: FloatArray,
    scale: FloatArray,
    squared: float,
    direction: FloatArray,
    gradient: FloatArray,
    change: FloatArray,
) -> None:
    r"""Add what the third derivatives say to a Newton direction d, as Chebyshev's method does, where it is short.

    That is :math:`-H^{-1} \sum_i w_i \mu_i (1 - \mu_i)(1 - 2 \mu_i) (x_i'd)^2 x_i / 2`; ``along``, ``gradient`` and
    ``change`` are room for it.
    """
    p = columns.shape[1]
    gradient[:] = 0.0
    for piece in range(columns.shape[0]):
        X, of_row = columns[piece], rows[piece]
        y, weights, slope, curvature = of_row[0], of_row[1], of_row[4], of_row[5]
        of_row[3] = 0.0  # no longer needed
        _predict(X, direction, of_row[3], along)
        for i in range(along.shape[0]):
            mu = (slope[i] / weights[i] if weights[i] > 0.0 else 0.0) + y[i]
            along[i] = 0.5 * curvature[i] * (1.0 - 2.0 * mu) * along[i] * along[i]
        for j in range(p):
            gradient[j] += _sum_products(along, X[j])
    if _solve(factor, scale, gradient, change) <= SHORT * squared:
        for j in range(direction.shape[0]):
            direction[j] += change[j]


@compiled
def _factorise(hessian: FloatArray, factor: FloatArray, scale: FloatArray) -> float:
    """Fill the Cholesky factor of the Hessian scaled to a unit diagonal; return its least squared pivot, or -1."""
    p = hessian.shape[0]
    least = math.inf
    for j in range(p):
        if not (0.0 < hessian[j, j] < math.inf):
            return -1.0
        scale[j] = 1.0 / math.sqrt(hessian[j, j])
    for j in range(p):
        for k in range(j + 1):
            rest = hessian[j, k] * scale[j] * scale[k]
            for i in range(k):
                rest -= factor[j, i] * factor[k, i]
            if k < j:
                factor[j, k] = rest / factor[k, k]
            else:
                if not rest > 0.0:
                    return -1.0
                least = min(least, rest)
                factor[j, j] = math.sqrt(rest)
    return least


@compiled
def _invert(factor: FloatArray, scale: FloatArray, space: FloatArray, out: FloatArray) -> None:
    """Fill the inverse of a matrix from the factor of the scaled one, whose inverse is formed first."""
    p = factor.shape[0]
    for i in range(p):
        for j in range(i):
            space[i, j] = 0.0
        for k in range(i):
            for j in range(k + 1):
                space[i, j] -= factor[i, k] * space[k, j]
        own = 1.0 / factor[i, i]
        for j in range(i):
            space[i, j] *= own
        space[i, i] = own
    out[:, :] = 0.0
    for i in range(p):
        for j in range(i + 1):
            for k in range(j + 1):
                out[j, k] += space[i, j] * space[i, k]
    for j in range(p):
        for k in range(j + 1):
            out[j, k] *= scale[j] * scale[k]
            out[k, j] = out[j, k]


@compiled
def _solve(factor: FloatArray, scale: FloatArray, gradient: FloatArray, direction: FloatArray) -> float:
    """Fill the Newton direction; return the squared decrement."""
    p = factor.shape[0]
    squared = 0.0
    for j in range(p):
        rest = -gradient[j] * scale[j]
        for k in range(j):
            rest -= factor[j, k] * direction[k]
        direction[j] = rest / factor[j, j]
        squared += direction[j] * direction[j]
    for j in range(p - 1, -1, -1):
        rest = direction[j]
        for k in range(j + 1, p):
            rest -= factor[k, j] * direction[k]
        direction[j] = rest / factor[j, j]
    for j in range(p):
        direction[j] *= scale[j]
    return squared
