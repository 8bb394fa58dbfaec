"""Sums of numbers and of products."""

from __future__ import annotations

from logitkit.numerics.kernels import compiled_sum
from logitkit.typing import FloatArray

__all__ = ["sum_numbers", "sum_products"]


@compiled_sum
def sum_numbers(values: FloatArray) -> float:
    """Return the sum."""
    total = 0.0
    for i in range(values.shape[0]):
        total += values[i]
    return total


@compiled_sum
def sum_products(left: FloatArray, right: FloatArray) -> float:
    """Return the sum of the products."""
    total = 0.0
    for i in range(left.shape[0]):
        total += left[i] * right[i]
    return total
