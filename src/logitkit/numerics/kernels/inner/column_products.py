"""Products with the columns of a few rows, which lie one after another, so that the loops run along memory."""

from __future__ import annotations

from logitkit.numerics.kernels import compiled, compiled_fused, compiled_sum
from logitkit.numerics.kernels.inner.sums import sum_products
from logitkit.typing import FloatArray

__all__ = ["add_column_products", "predict_columns"]


@compiled_fused
def predict_columns(X: FloatArray, coef: FloatArray, offset: FloatArray, eta: FloatArray) -> None:
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
def add_column_products(
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
        gradient[p - 1] += sum_products(slope, X[p - 1])
        for k in range(p):
            hessian[p - 1, k] += sum_products(left, X[k])


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
