"""Products of numeric columns that lie where a table has them, each of its own type, and possibly in pieces.

Columns are given by the addresses of their numbers: a table in pieces has a row of addresses per piece. A few rows at a
time are brought to float64 in the cache, and everything is computed there, so that no copy of the columns is made.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from logitkit.numerics.kernels import compiled, compiled_sum
from logitkit.typing import FloatArray, IntArray

__all__ = ["CONSTANT", "KINDS", "add_gram", "add_sums", "add_values", "holds_nan", "write_rows"]

#: Types of numbers that are read in place, and their codes.
KINDS = {"float32": 1, "float64": 2, "int8": 3, "int32": 4, "int64": 5}
CONSTANT = 0  # the code of a column of one whole number, which stands in the place of its address
NUMBERS = 16_384  # in float64 at a time: they stay in the cache
ROWS_LEAST, ROWS_MOST = 32, 512
TILE = 4  # columns by columns whose products are summed in registers


@compiled
def _rows_at_once(p: int) -> int:
    """Return how many rows are brought to float64 at a time."""
    return max(ROWS_LEAST, min(ROWS_MOST, NUMBERS // max(p, 1) // 8 * 8))


def _view(address: int, n: int, like: Any) -> NDArray[Any]:
    """Return n numbers of a type at an address."""
    kind = np.ctypeslib.as_ctypes_type(like.dtype)
    return np.ctypeslib.as_array(ctypes.cast(int(address), ctypes.POINTER(kind)), (n,))


@intrinsic
def _pointer(typing: Any, address: Any, like: Any) -> Any:
    """Return an address as a pointer to the type of a number."""
    del typing

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], context.get_value_type(signature.return_type))

    return types.CPointer(like)(address, like), generate  # type: ignore[no-untyped-call]


@overload(_view)
def _compiled_view(address: int, n: int, like: Any) -> Callable[[int, int, Any], NDArray[Any]]:
    del address, n, like

    def view(address: int, n: int, like: Any) -> NDArray[Any]:
        return numba.carray(_pointer(address, like), n)  # type: ignore[attr-defined, call-arg]

    return view


@compiled
def _copy(values: NDArray[Any], out: FloatArray) -> None:
    """Write some numbers as float64."""
    for i in range(values.shape[0]):
        out[i] = values[i]


@compiled
def _fill(
    addresses: IntArray, kinds: NDArray[np.int8], bounds: IntArray, first: int, last: int, out: FloatArray
) -> None:
    """Write the rows ``first <= i < last`` of every column as float64, shape (p, rows)."""
    for piece in range(addresses.shape[0]):
        start, stop = max(first, bounds[piece]), min(last, bounds[piece + 1])
        if start >= stop:
            continue
        n, low, place = stop - start, start - bounds[piece], start - first
        for j in range(kinds.shape[0]):
            kind, address, target = kinds[j], addresses[piece, j], out[j, place : place + n]
            if kind == 1:
                _copy(_view(address + 4 * low, n, np.float32(0)), target)
            elif kind == 2:
                _copy(_view(address + 8 * low, n, np.float64(0)), target)
            elif kind == 3:
                _copy(_view(address + low, n, np.int8(0)), target)
            elif kind == 4:
                _copy(_view(address + 4 * low, n, np.int32(0)), target)
            elif kind == 5:
                _copy(_view(address + 8 * low, n, np.int64(0)), target)
            else:
                target[:] = address


@compiled
def add_values(
    addresses: IntArray, kinds: NDArray[np.int8], bounds: IntArray, start: int, coef: FloatArray, out: FloatArray
) -> None:
    """Add X b for consecutive rows.

    Parameters
    ----------
    addresses : (s, p) int array
        Where the numbers of each column begin, of each piece of the rows.
    kinds : (p,) int8 array
        Their types, by the codes of ``KINDS``, or ``CONSTANT``.
    bounds : (s + 1,) int array
        First row of each piece, and the number of rows.
    start : int
        The first of the rows.
    coef : (p,) array
        b.
    out : (n,) array
        Added to: one number for each of n rows.
    """
    size = _rows_at_once(kinds.shape[0])
    block = np.empty((kinds.shape[0], size))
    for first in range(0, out.shape[0], size):
        last = min(first + size, out.shape[0])
        _fill(addresses, kinds, bounds, start + first, start + last, block)
        _add_combination(block, coef, out[first:last])


@compiled_sum
def _add_combination(block: FloatArray, coef: FloatArray, out: FloatArray) -> None:
    """Add a combination of columns."""
    whole = coef.shape[0] // 4 * 4
    for j in range(0, whole, 4):
        a, b, c, d = coef[j], coef[j + 1], coef[j + 2], coef[j + 3]
        for i in range(out.shape[0]):
            out[i] += (a * block[j, i] + b * block[j + 1, i]) + (c * block[j + 2, i] + d * block[j + 3, i])
    for j in range(whole, coef.shape[0]):
        for i in range(out.shape[0]):
            out[i] += coef[j] * block[j, i]


@compiled
def add_sums(
    addresses: IntArray, kinds: NDArray[np.int8], bounds: IntArray, start: int, vector: FloatArray, out: FloatArray
) -> None:
    """Add X' v for consecutive rows.

    Parameters
    ----------
    addresses, kinds, bounds, start : arrays, int
        As for ``add_values``.
    vector : (n,) array
        v, one number for each of n rows.
    out : (p,) array
        Added to.
    """
    size = _rows_at_once(kinds.shape[0])
    block = np.empty((kinds.shape[0], size))
    for first in range(0, vector.shape[0], size):
        last = min(first + size, vector.shape[0])
        _fill(addresses, kinds, bounds, start + first, start + last, block)
        _add_dots(block, vector[first:last], out)


@compiled_sum
def _add_dots(block: FloatArray, vector: FloatArray, out: FloatArray) -> None:
    """Add the product of each column with a vector."""
    n, p = vector.shape[0], out.shape[0]
    whole = p // 4 * 4
    for j in range(0, whole, 4):
        a = b = c = d = 0.0
        for i in range(n):
            v = vector[i]
            a += block[j, i] * v
            b += block[j + 1, i] * v
            c += block[j + 2, i] * v
            d += block[j + 3, i] * v
        out[j] += a
        out[j + 1] += b
        out[j + 2] += c
        out[j + 3] += d
    for j in range(whole, p):
        a = 0.0
        for i in range(n):
            a += block[j, i] * vector[i]
        out[j] += a


@compiled
def add_gram(
    addresses: IntArray, kinds: NDArray[np.int8], bounds: IntArray, start: int, weights: FloatArray, out: FloatArray
) -> None:
    """Add X' diag(w) X for consecutive rows.

    Parameters
    ----------
    addresses, kinds, bounds, start : arrays, int
        As for ``add_values``.
    weights : (n,) array
        w, not negative.
    out : (p, p) array
        Added to.
    """
    p = kinds.shape[0]
    size, padded = _rows_at_once(p), -(-p // TILE) * TILE
    block, root, sums = np.zeros((padded, size)), np.empty(size), np.zeros((padded, padded))
    for first in range(0, weights.shape[0], size):
        last = min(first + size, weights.shape[0])
        n = last - first
        _fill(addresses, kinds, bounds, start + first, start + last, block)
        for i in range(n):
            root[i] = math.sqrt(weights[first + i])
        for j in range(p):
            for i in range(n):
                block[j, i] *= root[i]
        for j in range(0, padded, TILE):
            for k in range(j, padded, TILE):
                _add_tile(block, n, j, k, sums)
    for j in range(p):
        for k in range(p):
            out[j, k] += sums[j, k] if j <= k else sums[k, j]


@compiled
def write_rows(addresses: IntArray, kinds: NDArray[np.int8], bounds: IntArray, start: int, out: FloatArray) -> None:
    """Write consecutive rows.

    Parameters
    ----------
    addresses, kinds, bounds, start : arrays, int
        As for ``add_values``.
    out : (n, p) array
        Overwritten.
    """
    size = _rows_at_once(kinds.shape[0])
    block = np.empty((kinds.shape[0], size))
    for first in range(0, out.shape[0], size):
        last = min(first + size, out.shape[0])
        _fill(addresses, kinds, bounds, start + first, start + last, block)
        for i in range(last - first):
            for j in range(kinds.shape[0]):
                out[first + i, j] = block[j, i]


@compiled
def holds_nan(addresses: IntArray, kinds: NDArray[np.int8], bounds: IntArray) -> bool:
    """Tell whether some number in single or double precision is none.

    Parameters
    ----------
    addresses, kinds, bounds : arrays
        As for ``add_values``.

    Returns
    -------
    bool
        True where one is nan.
    """
    for piece in range(addresses.shape[0]):
        n = bounds[piece + 1] - bounds[piece]
        for j in range(kinds.shape[0]):
            if kinds[j] == 1 and _is_nan(_view(addresses[piece, j], n, np.float32(0))):
                return True
            if kinds[j] == 2 and _is_nan(_view(addresses[piece, j], n, np.float64(0))):
                return True
    return False


@compiled
def _is_nan(values: NDArray[Any]) -> bool:
    """Tell whether some number is none, a few at a time."""
    for first in range(0, values.shape[0], ROWS_MOST):
        part = values[first : min(first + ROWS_MOST, values.shape[0])]
        found = 0
        for i in range(part.shape[0]):
            found |= part[i] != part[i]
        if found:
            return True
    return False


@compiled_sum
def _add_tile(block: FloatArray, n: int, j: int, k: int, out: FloatArray) -> None:
    """Add the products of some columns with some others."""
    aa = ab = ac = ad = ba = bb = bc = bd = ca = cb = cc = cd = da = db = dc = dd = 0.0
    for i in range(n):
        a, b, c, d = block[j, i], block[j + 1, i], block[j + 2, i], block[j + 3, i]
        e, f, g, h = block[k, i], block[k + 1, i], block[k + 2, i], block[k + 3, i]
        aa += a * e
        ab += a * f
        ac += a * g
        ad += a * h
        ba += b * e
        bb += b * f
        bc += b * g
        bd += b * h
        ca += c * e
        cb += c * f
        cc += c * g
        cd += c * h
        da += d * e
        db += d * f
        dc += d * g
        dd += d * h
    out[j, k] += aa
    out[j, k + 1] += ab
    out[j, k + 2] += ac
    out[j, k + 3] += ad
    out[j + 1, k] += ba
    out[j + 1, k + 1] += bb
    out[j + 1, k + 2] += bc
    out[j + 1, k + 3] += bd
    out[j + 2, k] += ca
    out[j + 2, k + 1] += cb
    out[j + 2, k + 2] += cc
    out[j + 2, k + 3] += cd
    out[j + 3, k] += da
    out[j + 3, k + 1] += db
    out[j + 3, k + 2] += dc
    out[j + 3, k + 3] += dd
