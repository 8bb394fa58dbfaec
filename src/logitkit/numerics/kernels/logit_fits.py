"""Many small fits of the binomial likelihood with the logit link, each in compiled code alone.

Rows are taken in pieces that stay in the first-level cache, and a piece holds its columns one after another, so that
the loops over rows run along memory. The last piece is filled up with rows of weight zero.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.numerics.kernels.inner.column_products import add_column_products, predict_columns
from logitkit.numerics.kernels.inner.logit_chunk import logit_chunk
from logitkit.numerics.kernels.inner.small_cholesky import factorise, invert, solve_factored
from logitkit.numerics.kernels.inner.sums import sum_products
from logitkit.typing import FloatArray, IntArray

__all__ = ["logit_fits"]

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
                invert(factor, vectors[1], hessian, inverse[fit])


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
        report[PIVOT] = factorise(hessian, factor, scale)
        if not math.isfinite(value):
            report[ENDED] = NOT_FINITE
            return
        if not report[PIVOT] > 0.0:
            report[ENDED] = INDEFINITE
            return
        squared = solve_factored(factor, scale, gradient, direction)
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
        predict_columns(X, coef, offset, eta)
        sums = logit_chunk(eta, y, weights, slope, curvature, space)
        value += sums[0]
        closest = min(closest, sums[1])
        fitted += sums[2]
        matched += sums[3]
        add_column_products(X, slope, curvature, space, gradient, hessian)
    return value, closest, fitted, matched


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
        predict_columns(X, direction, of_row[3], along)
        for i in range(along.shape[0]):
            mu = (slope[i] / weights[i] if weights[i] > 0.0 else 0.0) + y[i]
            along[i] = 0.5 * curvature[i] * (1.0 - 2.0 * mu) * along[i] * along[i]
        for j in range(p):
            gradient[j] += sum_products(along, X[j])
    if solve_factored(factor, scale, gradient, change) <= SHORT * squared:
        for j in range(direction.shape[0]):
            direction[j] += change[j]
