"""The compiled loops over compressed rows against plain NumPy, and with the compiler switched off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose

from logitkit.numerics.kernels.sparse import (
    add_sparse_gram,
    add_sparse_pair,
    add_sparse_sums,
    add_sparse_values,
    add_sparse_with_coded,
    add_sparse_with_dense,
)
from numerics.kernels.uncompiled import with_and_without_the_compiler
from oracles.kinds import assert_sums, numbers, row_counts
from oracles.products import (
    Rows,
    sparse_cells,
    sparse_gram,
    sparse_pair,
    sparse_sums,
    sparse_values,
    sparse_with_coded,
    sparse_with_dense,
)
from tolerances import EXACT

SCRIPT = """
import json
import numpy as np
from scipy.sparse import csr_array
from logitkit.numerics.kernels import sparse as kernels

rng = np.random.default_rng(5)
n, p, q = 40, 5, 3
first, second = (csr_array(rng.normal(size=(n, k)) * (rng.random((n, k)) < 0.4)) for k in (p, q))
rows, others = ((s.indptr.astype(np.int64), s.indices.astype(np.int32), s.data) for s in (first, second))
rows, others = tuple(rows), tuple(others)
vector, array, weights = rng.normal(size=n), rng.normal(size=(n, 2)), rng.random(n) * (rng.random(n) < 0.8)
codes, scale = rng.integers(-1, 4, n).astype(np.int32), rng.normal(size=n)
outs = [np.zeros(shape) for shape in (n, p, (p, p), (p, 2), (4, p), (4, p), (p, q))]
kernels.add_sparse_values(*rows, vector[:p], outs[0])
kernels.add_sparse_sums(*rows, vector, outs[1])
kernels.add_sparse_gram(*rows, weights, outs[2])
kernels.add_sparse_with_dense(*rows, array, weights, outs[3])
kernels.add_sparse_with_coded(*rows, codes, np.empty(0), weights, outs[4])
kernels.add_sparse_with_coded(*rows, codes, scale, weights, outs[5])
kernels.add_sparse_pair(*rows, *others, weights, outs[6])
found = [float(number) for out in outs for number in out.ravel()]
print(json.dumps([hasattr(kernels.add_sparse_sums, "py_func"), found]))
"""


def rows_of(draw: st.DrawFn, n: int, p: int) -> Rows:
    """Draw compressed rows, of which some are empty, from the middle of longer ones."""
    stored = draw(arrays.arrays(np.bool_, (n + 2, p)))
    indptr = np.concatenate([[0], np.cumsum(stored.sum(axis=1))]).astype(np.int64)
    return indptr[1:-1], np.nonzero(stored)[1].astype(np.int32), numbers(draw, int(stored.sum()))


def magnitude(rows: Rows) -> Rows:
    return rows[0], rows[1], np.abs(rows[2])


def signed_weights(draw: st.DrawFn, n: int) -> np.ndarray:
    """Draw weights of either sign, some of them zero: products of two matrices may be weighted by slopes."""
    return numbers(draw, n) * draw(arrays.arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0])))


@given(data=st.data(), n=row_counts, p=st.integers(0, 6))
def test_vectors(data: st.DataObject, n: int, p: int) -> None:
    rows = rows_of(data.draw, n, p)
    for kernel, twin, from_columns in (
        (add_sparse_values, sparse_values, True),
        (add_sparse_sums, sparse_sums, False),
    ):
        vector = numbers(data.draw, p) if from_columns else signed_weights(data.draw, n)
        found = numbers(data.draw, n if from_columns else p)
        expected, size = found.copy(), np.abs(found)
        kernel(*rows, vector, found)
        twin(*rows, vector, expected)
        twin(*magnitude(rows), np.abs(vector), size)
        assert_sums(found, expected, size)


@given(data=st.data(), n=row_counts, p=st.integers(0, 6))
def test_gram_on_and_above_the_diagonal(data: st.DataObject, n: int, p: int) -> None:
    rows, weights = rows_of(data.draw, n, p), signed_weights(data.draw, n)
    found = numbers(data.draw, p, p)
    before, expected, size = found.copy(), found.copy(), np.abs(found)
    add_sparse_gram(*rows, weights, found)
    sparse_gram(*rows, weights, expected)
    sparse_gram(*magnitude(rows), np.abs(weights), size)
    assert_sums(found, expected, size)
    assert np.array_equal(np.tril(found, -1), np.tril(before, -1))


@pytest.mark.parametrize("partner", ["dense", "coded", "coded with a scale", "sparse"])
@pytest.mark.parametrize("transposed", [False, True])
@given(data=st.data(), n=row_counts, p=st.integers(0, 6), k=st.integers(0, 4))
def test_pairs(partner: str, transposed: bool, data: st.DataObject, n: int, p: int, k: int) -> None:
    rows, weights = rows_of(data.draw, n, p), signed_weights(data.draw, n)
    match partner:
        case "dense":
            array = numbers(data.draw, n, k)
            kernel, twin, other, other_size = add_sparse_with_dense, sparse_with_dense, (array,), (np.abs(array),)
        case "sparse":
            others = rows_of(data.draw, n, k)
            kernel, twin, other, other_size = add_sparse_pair, sparse_pair, others, magnitude(others)
        case _:
            codes = data.draw(arrays.arrays(np.int32, n, elements=st.integers(-2, k - 1)))
            scale = numbers(data.draw, n) if "scale" in partner else np.empty(0)
            kernel, twin, other, other_size = add_sparse_with_coded, sparse_with_coded, (codes, scale), ()
            other_size = (codes, np.abs(scale))
    shape = (k, p) if "coded" in partner else (p, k)
    found = numbers(data.draw, *shape[::-1]).T if transposed else numbers(data.draw, *shape)
    expected, size = found.copy(), np.abs(found)
    kernel(*rows, *other, weights, found)
    twin(*rows, *other, weights, expected)
    twin(*magnitude(rows), *other_size, np.abs(weights), size)
    assert_sums(found, expected, size)


@given(data=st.data(), n=row_counts, p=st.integers(0, 6))
def test_products_are_those_of_the_cells(data: st.DataObject, n: int, p: int) -> None:
    rows, vector = rows_of(data.draw, n, p), numbers(data.draw, p)
    cells, found = sparse_cells(rows, p), np.zeros(n)
    add_sparse_values(*rows, vector, found)
    assert_sums(found, cells @ vector, np.abs(cells) @ np.abs(vector))


def test_the_loops_give_the_same_numbers_uncompiled() -> None:
    (compiled, with_jit), (plain, without) = with_and_without_the_compiler(SCRIPT)
    assert compiled
    assert not plain
    assert len(with_jit) == 40 + 5 + 25 + 10 + 20 + 20 + 15
    assert_allclose(with_jit, without, rtol=EXACT, atol=EXACT)
