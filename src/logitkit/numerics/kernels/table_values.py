"""Linear predictors of rows straight from the columns of a table: numbers times a coefficient, levels by their value.

Nothing is laid out beside the columns. Each is read where it lies, of its own type and with its own step from row to
row, some rows at a time, so that the sums stay in the cache. The terms of a row are added in the order in which they
are given, whatever rows stand beside it: a row has the same bits in any table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.numerics.kernels import compiled, compiled_view
from logitkit.typing import FloatArray, IntArray

__all__ = ["CODES", "NUMBERS", "write_table_values"]

#: Types of numbers that are read in place, and of codes of levels.
NUMBERS = {"float64": 1, "float32": 2, "int64": 3, "int32": 4}
CODES = {"int8": 1, "int16": 2, "int32": 3}
ROWS = 2_048  # whose sums stay in the first-level cache


@compiled
def write_table_values(
    numbers: IntArray,
    coef: FloatArray,
    codes: IntArray,
    table: FloatArray,
    constant: float,
    first: int,
    out: FloatArray,
) -> None:
    """Write the linear predictors of consecutive rows.

    Parameters
    ----------
    numbers : (p, 3) int array
        Of each column of numbers the address of the first, the step from row to row, and the type by ``NUMBERS``.
    coef : (p,) array
        Their coefficients.
    codes : (q, 5) int array
        Of each column of codes the same, by ``CODES``, then where its values begin and end in ``table``: first that
        of the code -1, then that of the code 0.
    table : (t,) array
        Values of levels. A code beyond them is missing.
    constant : float
        Added in every row.
    first : int
        The first of the rows.
    out : (n,) array
        One number for each of n rows.
    """
    for low in range(0, out.shape[0], ROWS):
        part = out[low : min(low + ROWS, out.shape[0])]
        for i in range(part.shape[0]):
            part[i] = constant
        for j in range(numbers.shape[0]):
            _add_numbers(numbers[j, 0], numbers[j, 1], numbers[j, 2], first + low, coef[j], part)
        for j in range(codes.shape[0]):
            values = table[codes[j, 3] : codes[j, 4]]
            _add_levels(codes[j, 0], codes[j, 1], codes[j, 2], first + low, values, part)


@compiled
def _add_numbers(address: int, step: int, kind: int, first: int, factor: float, out: FloatArray) -> None:
    """Add a column of numbers times a factor."""
    reach = (out.shape[0] - 1) * step + 1
    if kind == 1:
        _add_multiple(compiled_view(address + 8 * step * first, reach, np.float64(0)), step, factor, out)
    elif kind == 2:
        _add_multiple(compiled_view(address + 4 * step * first, reach, np.float32(0)), step, factor, out)
    elif kind == 3:
        _add_multiple(compiled_view(address + 8 * step * first, reach, np.int64(0)), step, factor, out)
    else:
        _add_multiple(compiled_view(address + 4 * step * first, reach, np.int32(0)), step, factor, out)


@compiled
def _add_multiple(column: NDArray[Any], step: int, factor: float, out: FloatArray) -> None:
    if step == 1:
        for i in range(out.shape[0]):
            out[i] += factor * column[i]
    else:
        for i in range(out.shape[0]):
            out[i] += factor * column[i * step]


@compiled
def _add_levels(address: int, step: int, kind: int, first: int, values: FloatArray, out: FloatArray) -> None:
    """Add the values of the levels of a column of codes."""
    reach = (out.shape[0] - 1) * step + 1
    if kind == 1:
        _add_values(compiled_view(address + step * first, reach, np.int8(0)), step, values, out)
    elif kind == 2:
        _add_values(compiled_view(address + 2 * step * first, reach, np.int16(0)), step, values, out)
    else:
        _add_values(compiled_view(address + 4 * step * first, reach, np.int32(0)), step, values, out)


@compiled
def _add_values(codes: NDArray[Any], step: int, values: FloatArray, out: FloatArray) -> None:
    for i in range(out.shape[0]):
        place = np.int64(codes[i * step]) + 1
        out[i] += values[place] if 0 <= place < values.shape[0] else np.nan
