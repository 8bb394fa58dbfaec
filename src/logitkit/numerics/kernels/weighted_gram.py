r"""Sums of weighted products of columns, :math:`X' \mathrm{diag}(w) X`, from tiles that stay in registers.

Rows are scaled by the roots of their weights, a few at a time, into space that stays in the cache, and padded with
zeros to whole vectors. A tile holds the products of ``WIDE`` columns with up to ``VECTORS`` vectors of columns: its
sums stay in registers while it runs along the rows, so that a number that is loaded serves several products. Only tiles
that meet the upper triangle are formed.

Compilers do not keep that many sums in registers of their own accord. So the loop of a tile is written in LLVM's
vectors, which become the instructions of whatever processor there is.

References
----------
Goto, K. and van de Geijn, R. A. (2008) ACM Transactions on Mathematical Software 34(3), article 12.
Van Zee, F. G. and van de Geijn, R. A. (2015) ACM Transactions on Mathematical Software 41(3), article 14.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from logitkit.numerics.kernels import compiled
from logitkit.typing import FloatArray

__all__ = ["add_weighted_gram"]

# Numbers of a vector, and columns of a tile: with 32 registers of 8 numbers, or 16 of 4, the sums fill three quarters.
WIDE = 8 if binding.get_host_cpu_features().get("avx512f") else 4
VECTORS = 3
ROWS = 64  # scaled at a time
INDEX, DOUBLE, SINGLE = ir.IntType(64), ir.DoubleType(), ir.FloatType()


@compiled
def add_weighted_gram(X: FloatArray, by_column: bool, weights: FloatArray, out: FloatArray, like: NDArray[Any]) -> None:
    """Add the products of columns, weighted by rows.

    Sums of ``ROWS`` rows are added in double precision, in whatever precision they were formed.

    Parameters
    ----------
    X : (n, q) or (p, q) array
        Rows, in C order, of which the first p numbers are those of the matrix, or columns, of which the first n are.
    by_column : bool
        Whether columns are given.
    weights : (n,) array
        One a row, not negative.
    out : (p, p) array
        Symmetric; added to.
    like : (0,) array
        In double or single precision, as the rows are to be scaled and multiplied: twice as fast in single.
    """
    p = out.shape[0]
    wide = WIDE * 8 // like.itemsize
    apart = -(-p // wide) * wide + (wide if wide > WIDE else 0)  # a tile may begin at half a vector, and ends with one
    memory = np.zeros(ROWS * apart + wide, like.dtype)
    aligned = -(memory.ctypes.data // memory.itemsize) % wide
    rows = memory[aligned : aligned + ROWS * apart].reshape((ROWS, apart))
    sums, roots = np.zeros((-(-p // WIDE) * WIDE, apart)), np.empty(ROWS)
    for first in range(0, weights.shape[0], ROWS):
        n = min(ROWS, weights.shape[0] - first)
        for i in range(n):
            roots[i] = math.sqrt(weights[first + i])
        if by_column:
            for j in range(p):
                for i in range(n):
                    rows[i, j] = roots[i] * X[j, first + i]
        else:
            for i in range(n):
                for j in range(p):
                    rows[i, j] = roots[i] * X[first + i, j]
        for strip in range(0, p, VECTORS * wide):
            last = min(strip + VECTORS * wide, p)
            for above in range(0, last, WIDE):
                start = max(strip, above)
                _add_tile(rows, n, above, start, last - start, sums)
    for i in range(p):
        for j in range(i):
            out[i, j] += sums[j, i]
        for j in range(i, p):
            out[i, j] += sums[i, j]


def _add_tile(rows: NDArray[Any], n: int, above: int, start: int, columns: int, sums: FloatArray) -> None:
    """Add the products of ``WIDE`` columns from ``above`` with some columns from ``start`` to their place in sums."""
    up, along = slice(above, above + WIDE), slice(start, start + columns)
    sums[up, along] += rows[:n, up].T @ rows[:n, along]


@overload(_add_tile)
def _compiled_tile(rows: Any, n: int, above: int, start: int, columns: int, sums: FloatArray) -> Callable[..., None]:
    del n, above, start, columns, sums
    wide = WIDE * 64 // rows.dtype.bitwidth
    one, two, three, half = TILES[rows.dtype.bitwidth]

    def add(rows: Any, n: int, above: int, start: int, columns: int, sums: FloatArray) -> None:
        whole = columns // wide
        if whole == 3:
            three(rows, n, above, start, sums)
        elif whole == 2:
            two(rows, n, above, start, sums)
        elif whole == 1:
            one(rows, n, above, start, sums)
        rest = columns - whole * wide
        if rest > wide // 2:
            one(rows, n, above, start + whole * wide, sums)
        elif rest > 0:
            half(rows, n, above, start + whole * wide, sums)

    return add


def _tile_of(kind: Any, wide: int, vectors: int) -> Any:
    """Return the loop over rows that sums ``WIDE`` columns times some vectors of columns of a precision."""
    vector, doubles = ir.VectorType(kind, wide), ir.VectorType(DOUBLE, wide)
    one_number, unset = ir.IntType(32)(0), ir.Constant(vector, ir.Undefined)
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), wide), [0] * wide)

    @intrinsic
    def add(typing: Any, rows: Any, n: Any, above: Any, start: Any, sums: Any) -> Any:
        """Add a tile to its place."""
        del typing, n, above, start

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            from numba.np.arrayobj import make_array  # which takes 20 ms, and is for those who compile

            given = make_array(signature.args[0])(context, builder, values[0])  # type: ignore[no-untyped-call]
            added_to = make_array(signature.args[4])(context, builder, values[4])  # type: ignore[no-untyped-call]
            n, above, start = values[1:4]
            apart = builder.extract_value(given.shape, 1)

            def place(data: Any, number: Any, what: Any) -> Any:
                return builder.bitcast(builder.gep(data, [number]), what.as_pointer())

            def plus(left: Any, right: Any) -> Any:
                return builder.fadd(left, right, flags=("contract",))  # one instruction with the product, if there is

            before, loop, done = builder.block, *(builder.append_basic_block(name) for name in ("rows", "done"))
            builder.branch(loop)
            builder.position_at_end(loop)
            row = builder.phi(INDEX)
            partial = [builder.phi(vector) for _ in range(WIDE * vectors)]
            first = builder.mul(row, apart)
            from_start, from_above = builder.add(first, start), builder.add(first, above)
            along = [
                builder.load(place(given.data, builder.add(from_start, INDEX(v * wide)), vector), align=4)
                for v in range(vectors)
            ]
            now = []
            for i in range(WIDE):
                number = builder.load(place(given.data, builder.add(from_above, INDEX(i)), kind))
                single = builder.insert_element(unset, number, one_number)
                same = builder.shuffle_vector(single, unset, everywhere)
                now += [builder.fmul(same, several, flags=("contract",)) for several in along]
            now = [plus(old, product) for old, product in zip(partial, now, strict=True)]
            following = builder.add(row, INDEX(1))
            row.add_incoming(INDEX(0), before)
            row.add_incoming(following, loop)
            for old, new in zip(partial, now, strict=True):
                old.add_incoming(ir.Constant(vector, [0.0] * wide), before)
                old.add_incoming(new, loop)
            builder.cbranch(builder.icmp_signed("<", following, n), loop, done)
            builder.position_at_end(done)
            for k, new in enumerate(now):
                down = builder.mul(builder.add(above, INDEX(k // vectors)), apart)
                there = place(added_to.data, builder.add(builder.add(down, start), INDEX(k % vectors * wide)), doubles)
                exact = new if kind is DOUBLE else builder.fpext(new, doubles)
                builder.store(builder.fadd(builder.load(there, align=8), exact), there, align=8)
            return context.get_dummy_value()

        return types.void(rows, types.intp, types.intp, types.intp, sums), generate

    return add


#: Tiles of one, two and three vectors and of half of one, by the bits of a number.
TILES = {
    bits: (*(_tile_of(kind, WIDE * 64 // bits, vectors) for vectors in (1, 2, 3)), _tile_of(kind, WIDE * 32 // bits, 1))
    for bits, kind in ((64, DOUBLE), (32, SINGLE))
}
