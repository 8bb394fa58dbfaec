"""The compiled loops over coded columns against plain NumPy, and with the compiler switched off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose

from logitkit.numerics.kernels.categorical import (
    add_coded_gram,
    add_coded_sums,
    add_coded_values,
    add_coded_with_dense,
    add_pair_gram,
)
from numerics.kernels.uncompiled import with_and_without_the_compiler
from oracles.kinds import assert_sums, generators, numbers, row_counts
from oracles.products import coded_gram, coded_pair, coded_sums, coded_values, coded_with_dense
from tolerances import EXACT

NONE = np.empty(0)

SCRIPT = """
import json
import numpy as np
from logitkit.numerics.kernels import categorical as kernels

rng = np.random.default_rng(5)
n, left, right = 40, 4, 3
codes, others = (rng.integers(-1, k, n).astype(np.int32) for k in (left, right))
scale, vector, array, weights = rng.normal(size=n), rng.normal(size=n), rng.normal(size=(n, 2)), rng.random(n)
none, found = np.empty(0), []
for s in (none, scale):
    outs = [np.zeros(n), np.zeros(left), np.zeros(left), np.zeros((left, right)), np.zeros((left, 2))]
    kernels.add_coded_values(codes, s, vector[:left], outs[0])
    kernels.add_coded_sums(codes, s, vector, outs[1])
    kernels.add_coded_gram(codes, s, weights, outs[2])
    kernels.add_pair_gram(codes, s, others, scale, weights, outs[3])
    kernels.add_coded_with_dense(codes, s, array, weights, outs[4])
    found += [float(number) for out in outs for number in out.ravel()]
print(json.dumps([hasattr(kernels.add_coded_sums, "py_func"), found]))
"""


def codes_of(draw: st.DrawFn, n: int, n_columns: int) -> np.ndarray:
    """Draw codes, negative ones of any size among them."""
    return draw(arrays.arrays(np.int32, n, elements=st.sampled_from([-(2**31), -1, *range(n_columns)])))


@pytest.mark.parametrize("scaled", [False, True])
@given(data=st.data(), n=row_counts, n_columns=st.integers(0, 5))
def test_vectors(scaled: bool, data: st.DataObject, n: int, n_columns: int) -> None:
    codes = codes_of(data.draw, n, n_columns)
    scale = numbers(data.draw, n) if scaled else NONE
    for kernel, twin, from_columns in (
        (add_coded_values, coded_values, True),
        (add_coded_sums, coded_sums, False),
        (add_coded_gram, coded_gram, False),
    ):
        vector = numbers(data.draw, n_columns if from_columns else n)
        found = numbers(data.draw, n if from_columns else n_columns)
        expected, size = found.copy(), np.abs(found)
        kernel(codes, scale, vector, found)
        twin(codes, scale, vector, expected)
        twin(codes, np.abs(scale), np.abs(vector), size)
        assert_sums(found, expected, size)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("other_scaled", [False, True])
@given(data=st.data(), n=row_counts, n_columns=st.integers(0, 5), n_others=st.integers(0, 4))
def test_pairs(scaled: bool, other_scaled: bool, data: st.DataObject, n: int, n_columns: int, n_others: int) -> None:
    codes, others = codes_of(data.draw, n, n_columns), codes_of(data.draw, n, n_others)
    scale, other_scale = (numbers(data.draw, n) if some else NONE for some in (scaled, other_scaled))
    weights, found = numbers(data.draw, n), numbers(data.draw, n_columns, n_others)
    expected, size = found.copy(), np.abs(found)
    add_pair_gram(codes, scale, others, other_scale, weights, found)
    coded_pair(codes, scale, others, other_scale, weights, expected)
    coded_pair(codes, np.abs(scale), others, np.abs(other_scale), np.abs(weights), size)
    assert_sums(found, expected, size)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
@given(data=st.data(), n=row_counts, n_columns=st.integers(0, 5), k=st.integers(0, 4))
def test_coded_with_dense(scaled: bool, transposed: bool, data: st.DataObject, n: int, n_columns: int, k: int) -> None:
    codes, array = codes_of(data.draw, n, n_columns), numbers(data.draw, n, k)
    scale = numbers(data.draw, n) if scaled else NONE
    # The sums may be cells of a larger table, or stand the other way round.
    table = numbers(data.draw, k + 1, n_columns) if transposed else numbers(data.draw, n_columns, k + 1)
    found, rest = (table[1:].T, table[:1].T) if transposed else (table[:, 1:], table[:, :1])
    untouched, weights = rest.copy(), numbers(data.draw, n)
    expected, size = found.copy(), np.abs(found)
    add_coded_with_dense(codes, scale, array, weights, found)
    coded_with_dense(codes, scale, array, weights, expected)
    coded_with_dense(codes, np.abs(scale), np.abs(array), np.abs(weights), size)
    assert_sums(found, expected, size)
    assert np.array_equal(rest, untouched)


@given(rng=generators)
def test_sums_go_row_by_row_in_order(rng: np.random.Generator) -> None:
    codes, vector = rng.integers(-1, 3, 50).astype(np.int32), rng.normal(size=50)
    sums = np.zeros(3)
    add_coded_sums(codes, NONE, vector, sums)
    by_hand = [0.0, 0.0, 0.0]
    for code, value in zip(codes.tolist(), vector.tolist(), strict=True):
        if code >= 0:
            by_hand[code] += value
    # To the last bit: which sums a row enters, and when, does not depend on how the rows are cut.
    halves = np.zeros(3)
    add_coded_sums(codes[:20], NONE, vector[:20], halves)
    add_coded_sums(codes[20:], NONE, vector[20:], halves)
    assert sums.tolist() == halves.tolist() == by_hand


def test_the_loops_give_the_same_numbers_uncompiled() -> None:
    (compiled, with_jit), (plain, without) = with_and_without_the_compiler(SCRIPT)
    assert compiled
    assert not plain
    assert len(with_jit) == 2 * (40 + 4 + 4 + 12 + 8)
    assert_allclose(with_jit, without, rtol=EXACT, atol=EXACT)
