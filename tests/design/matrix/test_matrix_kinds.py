"""Every kind of matrix answers every operation as its cells written out do."""

from __future__ import annotations

import copy
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from examples import examples
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix, mirrored
from oracles.kinds import KINDS, Case, assert_sums, generators, numbers, row_counts, row_weights

every_kind = pytest.mark.parametrize("kind", KINDS)


def scratch(matrix: Matrix) -> np.ndarray:
    """Give the buffer that the contract promises, full of what must not be read."""
    return np.full(matrix.n_rows * matrix.inner.dense_width, np.nan)


def assert_products(case: Case, vector: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> None:
    """Check every product of a matrix against its cells."""
    matrix, cells, size = case.matrix, case.cells, case.size
    assert (matrix.n_rows, matrix.n_columns) == cells.shape
    assert_sums(matrix.to_dense(), cells, size)
    assert_sums(matrix.matvec(vector), cells @ vector, size @ np.abs(vector))
    assert_sums(matrix.rmatvec(rows), cells.T @ rows, size.T @ np.abs(rows))
    gram = matrix.gram(weights)
    assert_sums(gram, cells.T @ (weights[:, np.newaxis] * cells), size.T @ (weights[:, np.newaxis] * size))
    assert np.array_equal(gram, gram.T)
    diagonal = np.full(cells.shape[1], 2.0)
    matrix.add_squares(weights, diagonal)
    assert_sums(diagonal, 2.0 + weights @ cells**2, 2.0 + weights @ size**2)
    rows_of_entries = matrix.to_sparse()
    assert isinstance(rows_of_entries, csr_array)
    assert_sums(rows_of_entries.toarray(), cells, size)


@every_kind
@examples(6)
@given(data=st.data(), n=row_counts)
def test_products(kind: str, data: st.DataObject, n: int) -> None:
    case = data.draw(KINDS[kind](n))
    p = case.cells.shape[1]
    vector, rows = numbers(data.draw, p), numbers(data.draw, n)
    assert_products(case, vector, rows, data.draw(row_weights(n)))
    assert case.matrix.width >= 0


@every_kind
@examples(6)
@given(data=st.data(), n=row_counts)
def test_consecutive_rows_and_rows_at_positions(kind: str, data: st.DataObject, n: int) -> None:
    case = data.draw(KINDS[kind](n))
    start, stop = sorted([data.draw(st.integers(0, n)), data.draw(st.integers(0, n))])
    index = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=10)) if n else [], dtype=np.int64)
    for part, matrix in (
        (slice(start, stop), case.matrix.rows(start, stop)),
        (index, case.matrix.take(index)),
        # Rows of rows are what a block of a subset of the design is.
        (index[1:], case.matrix.take(index).rows(1, index.size) if index.size else case.matrix.take(index)),
    ):
        some = Case(matrix, case.cells[part], case.size[part])
        m, p = some.cells.shape
        assert_products(some, numbers(data.draw, p), numbers(data.draw, m), data.draw(row_weights(m)))


@every_kind
@examples(6)
@given(data=st.data(), n=row_counts)
def test_the_inner_route_over_blocks_of_rows(kind: str, data: st.DataObject, n: int) -> None:
    case = data.draw(KINDS[kind](n))
    matrix, cells, size = case.matrix, case.cells, case.size
    coef, rows, weights = numbers(data.draw, cells.shape[1]), numbers(data.draw, n), data.draw(row_weights(n))
    inner = matrix.inner
    assert inner.inner is inner
    assert inner.n_rows == n
    spread, k = matrix.spread(coef), inner.n_columns
    assert spread.shape == (k,)
    eta, sums, gram = np.full(n, np.nan), np.zeros(k), np.zeros((k, k))
    edges = sorted({0, n, *data.draw(st.lists(st.integers(0, n), max_size=4))})
    for start, stop in pairwise(edges):
        block = inner.rows(start, stop)
        assert block.inner is block
        eta[start:stop] = block.matvec(spread)
        block.add_rmatvec(rows[start:stop], sums)
        block.add_gram(weights[start:stop], gram, scratch(block))
    assert_sums(eta, cells @ coef, size @ np.abs(coef))
    assert_sums(matrix.collect(sums), cells.T @ rows, size.T @ np.abs(rows))
    whole = matrix.collect_gram(gram)
    assert_sums(whole, cells.T @ (weights[:, np.newaxis] * cells), size.T @ (weights[:, np.newaxis] * size))
    assert np.array_equal(whole, whole.T)


@every_kind
@examples(6)
@given(data=st.data(), n=row_counts)
def test_squares_of_inner_columns_are_collected_as_if_these_were_orthogonal(
    kind: str, data: st.DataObject, n: int
) -> None:
    case = data.draw(KINDS[kind](n))
    inner, weights, p = case.matrix.inner, data.draw(row_weights(n)), case.cells.shape[1]
    squares, cut = np.zeros(inner.n_columns), data.draw(st.integers(0, n))
    for start, stop in ((0, cut), (cut, n)):
        inner.rows(start, stop).add_squares(weights[start:stop], squares)
    found = case.matrix.collect_squares(squares)
    recode = np.column_stack([case.matrix.spread(unit) for unit in np.eye(p)]) if p else np.zeros((inner.n_columns, 0))
    expected = (recode**2).T @ squares
    if kind == "recoded twice":
        # Each map is squared by itself, which is another number: it is a scale to precondition by, and not a diagonal.
        assert np.all(found[expected > 0] > 0)
        return
    assert_sums(found, expected, expected)
    if np.all(np.count_nonzero(recode, axis=0) <= 1) or isinstance(inner, Categorical):
        # Columns that are orthogonal: it is the diagonal itself.
        assert_sums(found, weights @ case.cells**2, weights @ case.size**2)


@every_kind
@examples(6)
@given(data=st.data(), n=row_counts)
def test_sums_are_added_to_what_is_there(kind: str, data: st.DataObject, n: int) -> None:
    inner = data.draw(KINDS[kind](n)).matrix.inner
    size, k = np.abs(inner.to_dense()), inner.n_columns
    rows, weights = numbers(data.draw, n), data.draw(row_weights(n))
    upper = np.triu_indices(k)
    before, before_gram = numbers(data.draw, k), numbers(data.draw, k, k)
    sums, gram, alone, gram_alone = before.copy(), before_gram.copy(), np.zeros(k), np.zeros((k, k))
    for out, gram_out in ((sums, gram), (alone, gram_alone)):
        inner.add_rmatvec(rows, out)
        inner.add_gram(weights, gram_out, scratch(inner))
    assert_sums(sums, before + alone, np.abs(before) + size.T @ np.abs(rows))
    bound = np.abs(before_gram) + size.T @ (weights[:, np.newaxis] * size)
    assert_sums(gram[upper], (before_gram + gram_alone)[upper], bound[upper])


@every_kind
@examples(6)
@given(data=st.data(), n=row_counts)
def test_a_matrix_changes_nothing_that_it_is_given_and_survives_a_copy(kind: str, data: st.DataObject, n: int) -> None:
    case = data.draw(KINDS[kind](n))
    vector, rows = numbers(data.draw, case.cells.shape[1]), numbers(data.draw, n)
    weights = data.draw(row_weights(n))
    given_arrays = (vector, rows, weights)
    as_given = [array.copy() for array in given_arrays]
    state = pickle.dumps(case.matrix)
    for matrix in (case.matrix, pickle.loads(state), copy.deepcopy(case.matrix)):
        assert_products(Case(matrix, case.cells, case.size), *given_arrays)
        matrix.spread(vector)
    assert pickle.loads(pickle.dumps(case.matrix)).to_dense().tobytes() == pickle.loads(state).to_dense().tobytes()
    for array, before in zip(given_arrays, as_given, strict=True):
        assert array.tobytes() == before.tobytes()


@every_kind
@pytest.mark.parametrize("n", [0, 1])
@examples(4)
@given(data=st.data())
def test_no_row_and_one_row(kind: str, n: int, data: st.DataObject) -> None:
    case = data.draw(KINDS[kind](n))
    p = case.cells.shape[1]
    assert_products(case, numbers(data.draw, p), numbers(data.draw, n), data.draw(row_weights(n)))
    empty = case.matrix.rows(n, n)
    assert empty.to_dense().shape == (0, p)
    assert empty.matvec(np.ones(p)).shape == (0,)
    assert empty.rmatvec(np.empty(0)).tolist() == [0.0] * p
    assert empty.gram(np.empty(0)).tolist() == [[0.0] * p] * p


@given(rng=generators, p=st.integers(0, 5))
def test_mirrored_reads_nothing_below_the_diagonal(rng: np.random.Generator, p: int) -> None:
    upper = np.triu(rng.normal(size=(p, p)))
    whole = mirrored(upper + np.tril(np.full((p, p), np.nan), -1))
    assert np.array_equal(whole, upper + upper.T - np.diag(np.diag(upper)))


def test_a_kind_without_columns_of_its_own_is_its_own_inner_matrix() -> None:
    matrix = Dense(np.ones((2, 3)))
    coef = np.arange(3.0)
    assert matrix.inner is matrix
    assert matrix.spread(coef) is coef
    assert matrix.collect(coef) is coef
