"""Cholesky factors of small matrices that are scaled to a unit diagonal."""

from __future__ import annotations

import math

from logitkit.numerics.kernels import compiled
from logitkit.typing import FloatArray

__all__ = ["factorise", "invert", "solve_factored"]


@compiled
def factorise(hessian: FloatArray, factor: FloatArray, scale: FloatArray) -> float:
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
def invert(factor: FloatArray, scale: FloatArray, space: FloatArray, out: FloatArray) -> None:
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
def solve_factored(factor: FloatArray, scale: FloatArray, gradient: FloatArray, direction: FloatArray) -> float:
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
