"""Products of numeric columns that lie where a table has them, each of its own type, and possibly in pieces.

Columns are given by the addresses of their numbers: a table in pieces has a row of addresses per piece. Products with
vectors read four columns of a type at a time and bring them to float64 in registers; for products of columns with each
other, a few rows are brought to float64 in the cache. So no copy of the columns is made. Rows are taken in blocks that
do not depend on the pieces, and a block that lies in two of them is first joined in its own types: the bits of a sum
do not tell where the pieces end.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.numerics.kernels import compiled, compiled_sum, compiled_view
from logitkit.typing import FloatArray, IntArray

__all__ = ["CONSTANT", "KINDS", "add_gram", "add_sums", "add_values", "holds_nan", "rows_at_once", "write_rows"]

#: Types of numbers that are read in place, and their codes.
KINDS = {"float32": 1, "float64": 2, "int8": 3, "int32": 4, "int64": 5}
CONSTANT = 0  # the code of a column of one whole number, which stands in the place of its address
NUMBERS = 16_384  # in float64 at a time: they stay in the cache
ROWS_LEAST, ROWS_MOST = 32, 512
ROWS_OF_VECTOR = 1_024  # of products with a vector: so much of it stays in the first-level cache
WIDEST = 8  # bytes of a number
TILE = 4  # columns by columns whose products are summed in registers


@compiled
def rows_at_once(p: int) -> int:
    """Return how many rows are brought to float64 at a time."""
    return max(ROWS_LEAST, min(ROWS_MOST, NUMBERS // max(p, 1) // 8 * 8))


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
            _write(kinds[j], addresses[piece, j], low, out[j, place : place + n])


@compiled
def _write(kind: int, address: int, low: int, out: FloatArray) -> None:
    """Write numbers of a column, from one of them on, as float64."""
    n = out.shape[0]
    if kind == 1:
        _copy(compiled_view(address + 4 * low, n, np.float32(0)), out)
    elif kind == 2:
        _copy(compiled_view(address + 8 * low, n, np.float64(0)), out)
    elif kind == 3:
        _copy(compiled_view(address + low, n, np.int8(0)), out)
    elif kind == 4:
        _copy(compiled_view(address + 4 * low, n, np.int32(0)), out)
    elif kind == 5:
        _copy(compiled_view(address + 8 * low, n, np.int64(0)), out)
    else:
        out[:] = address


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
    joined = np.empty(kinds.shape[0] * ROWS_OF_VECTOR * WIDEST, dtype=np.uint8)
    places = np.empty(kinds.shape[0], dtype=np.int64)
    for first in range(0, out.shape[0], ROWS_OF_VECTOR):
        last = min(first + ROWS_OF_VECTOR, out.shape[0])
        _locate(addresses, kinds, bounds, start + first, start + last, joined, places)
        _add_combination(places, kinds, coef, out[first:last])


@compiled
def _locate(
    addresses: IntArray,
    kinds: NDArray[np.int8],
    bounds: IntArray,
    first: int,
    last: int,
    joined: NDArray[np.uint8],
    places: IntArray,
) -> None:
    """Write where the rows ``first <= i < last`` of each column lie; those of two pieces are joined first."""
    piece = 0
    while bounds[piece + 1] <= first:
        piece += 1
    is_whole = last <= bounds[piece + 1]
    for j in range(kinds.shape[0]):
        width = _width(kinds[j])
        places[j] = addresses[piece, j]
        if is_whole or width == 0:
            places[j] += width * (first - bounds[piece])
            continue
        at = j * ROWS_OF_VECTOR * WIDEST
        places[j] = joined.ctypes.data + at
        here = piece
        while here < addresses.shape[0] and bounds[here] < last:
            low, high = max(first, bounds[here]), min(last, bounds[here + 1])
            target = joined[at + width * (low - first) : at + width * (high - first)]
            address = addresses[here, j] + width * (low - bounds[here])
            source = compiled_view(address, width * (high - low), np.uint8(0))
            for byte in range(source.shape[0]):  # numba takes two seconds to compile an assignment of all
                target[byte] = source[byte]
            here += 1


@compiled
def _width(kind: int) -> int:
    """Return the bytes of a number of a type; zero of a constant."""
    return 4 if kind in (1, 4) else 8 if kind in (2, 5) else 1 if kind == 3 else 0


@compiled
def _together(kinds: NDArray[np.int8], j: int) -> int:
    """Return the type of the next four columns where they are numbers of one type that is common, else -1."""
    if j + 4 > kinds.shape[0] or (kinds[j] != 1 and kinds[j] != 2):
        return -1
    same = kinds[j + 1] == kinds[j] and kinds[j + 2] == kinds[j] and kinds[j + 3] == kinds[j]
    return int(kinds[j]) if same else -1


@compiled
def _add_combination(places: IntArray, kinds: NDArray[np.int8], coef: FloatArray, out: FloatArray) -> None:
    """Add a combination of columns."""
    j, p, space = 0, kinds.shape[0], np.empty(out.shape[0])
    while j < p:
        four = _together(kinds, j)
        if four == 1:
            _add_four(places, j, np.float32(0), coef, out)
        elif four == 2:
            _add_four(places, j, np.float64(0), coef, out)
        else:
            _write(kinds[j], places[j], 0, space)
            _add_one(space, coef[j], out)
        j += 4 if four > 0 else 1


@compiled_sum
def _add_four(places: IntArray, j: int, like: Any, coef: FloatArray, out: FloatArray) -> None:
    n = out.shape[0]
    one, two = compiled_view(places[j], n, like), compiled_view(places[j + 1], n, like)
    three, four = compiled_view(places[j + 2], n, like), compiled_view(places[j + 3], n, like)
    a, b, c, d = coef[j], coef[j + 1], coef[j + 2], coef[j + 3]
    for i in range(n):
        out[i] += (a * one[i] + b * two[i]) + (c * three[i] + d * four[i])


@compiled_sum
def _add_one(column: FloatArray, factor: float, out: FloatArray) -> None:
    for i in range(out.shape[0]):
        out[i] += factor * column[i]


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
    joined = np.empty(kinds.shape[0] * ROWS_OF_VECTOR * WIDEST, dtype=np.uint8)
    places = np.empty(kinds.shape[0], dtype=np.int64)
    for first in range(0, vector.shape[0], ROWS_OF_VECTOR):
        last = min(first + ROWS_OF_VECTOR, vector.shape[0])
        _locate(addresses, kinds, bounds, start + first, start + last, joined, places)
        _add_dots(places, kinds, vector[first:last], out)


@compiled
def _add_dots(places: IntArray, kinds: NDArray[np.int8], vector: FloatArray, out: FloatArray) -> None:
    """Add the product of each column with a vector."""
    j, p, space = 0, kinds.shape[0], np.empty(vector.shape[0])
    while j < p:
        four = _together(kinds, j)
        if four == 1:
            _add_four_dots(places, j, np.float32(0), vector, out)
        elif four == 2:
            _add_four_dots(places, j, np.float64(0), vector, out)
        else:
            _write(kinds[j], places[j], 0, space)
            out[j] += _dot(space, vector)
        j += 4 if four > 0 else 1


@compiled_sum
def _add_four_dots(places: IntArray, j: int, like: Any, vector: FloatArray, out: FloatArray) -> None:
    n = vector.shape[0]
    one, two = compiled_view(places[j], n, like), compiled_view(places[j + 1], n, like)
    three, four = compiled_view(places[j + 2], n, like), compiled_view(places[j + 3], n, like)
    a = b = c = d = 0.0
    for i in range(n):
        v = vector[i]
        a += one[i] * v
        b += two[i] * v
        c += three[i] * v
        d += four[i] * v
    out[j] += a
    out[j + 1] += b
    out[j + 2] += c
    out[j + 3] += d


@compiled_sum
def _dot(column: FloatArray, vector: FloatArray) -> float:
    total = 0.0
    for i in range(vector.shape[0]):
        total += column[i] * vector[i]
    return total


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
    varying, constant = np.flatnonzero(kinds != CONSTANT), np.flatnonzero(kinds == CONSTANT)
    # Products of a constant column are sums: as one more column of the tiles it would cost a quarter of these.
    own, own_kinds = np.empty((addresses.shape[0], varying.size), dtype=np.int64), kinds[varying]
    for k in range(varying.size):
        for part in range(addresses.shape[0]):
            own[part, k] = addresses[part, varying[k]]
    size, padded = rows_at_once(varying.size), -(-varying.size // TILE) * TILE
    block, root, sums = np.zeros((padded, size)), np.empty(size), np.zeros((padded, padded))
    linear = np.zeros(p)
    if constant.size:
        add_sums(addresses, kinds, bounds, start, weights, linear)
    for first in range(0, weights.shape[0] if varying.size else 0, size):
        last = min(first + size, weights.shape[0])
        n = last - first
        _fill(own, own_kinds, bounds, start + first, start + last, block)
        for i in range(n):
            root[i] = math.sqrt(weights[first + i])
        for j in range(varying.size):
            for i in range(n):
                block[j, i] *= root[i]
        for j in range(0, padded, TILE):
            for k in range(j, padded, TILE):
                _add_tile(block, n, j, k, sums)
    for j in range(varying.size):
        for k in range(varying.size):
            out[varying[j], varying[k]] += sums[j, k] if j <= k else sums[k, j]
    for c in range(constant.size):
        j, value = constant[c], addresses[0, constant[c]]
        for k in range(p):
            out[j, k] += value * linear[k]
            if kinds[k] != CONSTANT:
                out[k, j] += value * linear[k]


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
    size = rows_at_once(kinds.shape[0])
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
            if kinds[j] == 1 and _is_nan(compiled_view(addresses[piece, j], n, np.float32(0))):
                return True
            if kinds[j] == 2 and _is_nan(compiled_view(addresses[piece, j], n, np.float64(0))):
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
