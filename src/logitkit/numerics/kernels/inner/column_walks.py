"""Walks over some columns that lie one after another, four at a time, in consecutive rows."""

from __future__ import annotations

from logitkit.numerics.kernels import compiled_sum
from logitkit.typing import FloatArray, IntArray

__all__ = ["add_combination", "add_dots"]


@compiled_sum
def add_combination(
    columns: FloatArray, which: IntArray, factor: FloatArray, first: int, last: int, out: FloatArray
) -> None:
    """Add a combination of some columns in consecutive rows."""
    n, k = last - first, factor.shape[0]
    whole = k // 4 * 4
    for j in range(0, whole, 4):
        one, two = columns[which[j], first:last], columns[which[j + 1], first:last]
        three, four = columns[which[j + 2], first:last], columns[which[j + 3], first:last]
        a, b, c, d = factor[j], factor[j + 1], factor[j + 2], factor[j + 3]
        for i in range(n):
            out[i] += (a * one[i] + b * two[i]) + (c * three[i] + d * four[i])
    for j in range(whole, k):
        one, a = columns[which[j], first:last], factor[j]
        for i in range(n):
            out[i] += a * one[i]


@compiled_sum
def add_dots(columns: FloatArray, place: IntArray, first: int, last: int, rows: FloatArray, out: FloatArray) -> None:
    """Add the products of some columns with one number per row, of consecutive rows."""
    n, k = last - first, place.shape[0]
    whole = k // 4 * 4
    for j in range(0, whole, 4):
        one, two = columns[place[j], first:last], columns[place[j + 1], first:last]
        three, four = columns[place[j + 2], first:last], columns[place[j + 3], first:last]
        a = b = c = d = 0.0
        for i in range(n):
            row = rows[i]
            a += one[i] * row
            b += two[i] * row
            c += three[i] * row
            d += four[i] * row
        out[j] += a
        out[j + 1] += b
        out[j + 2] += c
        out[j + 3] += d
    for j in range(whole, k):
        one, a = columns[place[j], first:last], 0.0
        for i in range(n):
            a += one[i] * rows[i]
        out[j] += a
