"""Parts in the order of a formula, the arrow that a first factor makes of their Gram matrix, and their objective."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose
from scipy import sparse

from logitkit.design.matrix.arrow import arrow_layout
from logitkit.design.matrix.blocks import Blocks, Joined
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.recoded import Recoded
from logitkit.design.matrix.sparse import Sparse, sparse_matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import ArrowHessian
from logitkit.engine.curvature.sums import ArrowSums, ProductSums
from logitkit.engine.objective import Objective
from logitkit.models.binomial import Binomial
from logitkit.numerics.threads import row_groups as cutting
from logitkit.numerics.threads.local import set_threads
from oracles.kinds import Case, assert_sums, blocks_of, generators, numbers, parts, row_counts, row_weights
from oracles.likelihood import loss_gradient, loss_hessian, row_loss
from oracles.products import coded_cells, contrasts
from tolerances import EXACT


@given(data=st.data(), n=row_counts, level=st.integers(0, 3), m=st.integers(0, 5), scaled=st.booleans())
def test_the_arrow_is_the_gram_matrix_cut_up(data: st.DataObject, n: int, level: int, m: int, scaled: bool) -> None:
    levels = level + m
    # Rows of the levels asked for and of those before them, which belong to a table of their own.
    codes = data.draw(arrays.arrays(np.int32, n, elements=st.integers(-2, levels - 1)))
    scale = numbers(data.draw, n) if scaled else np.empty(0)
    first = Case.plain(Categorical(codes, levels, scale), coded_cells(codes, scale, levels))
    others = data.draw(parts(n))
    matrix = Joined((first.matrix, *(case.matrix for case in others)))
    cells, size = (np.hstack([getattr(case, name) for case in (first, *others)]) for name in ("cells", "size"))
    weights = data.draw(row_weights(n))
    gram = cells.T @ (weights[:, np.newaxis] * cells)
    bound = size.T @ (weights[:, np.newaxis] * size)
    k = cells.shape[1] - levels
    diagonal, border, rest = numbers(data.draw, m), numbers(data.draw, m, k), numbers(data.draw, k, k)
    before = [table.copy() for table in (diagonal, border, rest)]
    # Two blocks of rows, each with the scratch that it was promised.
    cut = data.draw(st.integers(0, n))
    for start, stop in ((0, cut), (cut, n)):
        block = matrix.rows(start, stop)
        buffer = np.full((stop - start) * block.dense_width, np.nan)
        block.add_arrow(weights[start:stop], level, diagonal, border, rest, buffer)
    here = slice(level, levels)
    assert_sums(diagonal, before[0] + np.diag(gram)[here], np.abs(before[0]) + np.diag(bound)[here])
    assert_sums(border, before[1] + gram[here, levels:], np.abs(before[1]) + bound[here, levels:])
    upper = np.triu_indices(k)
    assert_sums(
        rest[upper],
        (before[2] + gram[levels:, levels:])[upper],
        (np.abs(before[2]) + bound[levels:, levels:])[upper],
    )


def test_the_arrow_of_consecutive_levels_in_tables_of_their_own() -> None:
    rng = np.random.default_rng(11)
    codes, x = np.sort(rng.integers(0, 6, 60)).astype(np.int32), rng.normal(size=(60, 2))
    matrix, w = Joined((Categorical(codes, 6), Dense(x))), rng.random(60)
    cells = matrix.to_dense()
    gram, size = cells.T @ (w[:, np.newaxis] * cells), np.abs(cells).T @ (w[:, np.newaxis] * np.abs(cells))
    diagonal, border, rest = np.zeros(6), np.zeros((6, 2)), np.zeros((2, 2))
    for first, last in ((0, 2), (2, 6)):
        start, stop = np.searchsorted(codes, [first, last])
        block = matrix.rows(int(start), int(stop))
        buffer = np.empty((stop - start) * block.dense_width)
        block.add_arrow(w[start:stop], first, diagonal[first:last], border[first:last], rest, buffer)
    whole = np.block([[np.diag(diagonal), border], [border.T, rest]])
    upper = np.triu_indices(8)
    assert_sums(whole[upper], gram[upper], size[upper])


def test_factors_stand_first_the_largest_before_the_others_and_numbers_last() -> None:
    n = 4
    codes = np.zeros(n, dtype=np.int32)
    given_parts = [
        Dense(np.ones((n, 1))),
        Categorical(codes, 2),
        sparse_matrix(sparse.csr_array(np.eye(n))),
        Categorical(codes, 5),
        Categorical(codes, 2, np.full(n, 3.0)),
    ]
    columns = [np.array([0]), np.array([1, 2]), np.arange(3, 7), np.arange(7, 12), np.array([12, 13])]
    blocks = Blocks(given_parts, columns)
    order = [3, 1, 4, 2, 0]
    assert all(part is given_parts[k] for part, k in zip(blocks.inner.parts, order, strict=True))
    assert blocks.spread(np.arange(14.0)).tolist() == [j for k in order for j in columns[k]]
    assert blocks.inner.starts == (0, 5, 7, 9, 13, 14)
    # Two numbers of codes and one more of a scale, a row of one entry and a half, and one dense number.
    assert blocks.width == 1 + 1 + 2 + 2 + 1
    assert blocks.inner.dense_width == 1


def test_the_gram_matrix_of_parts_is_whole() -> None:
    ones = Dense(np.ones((1, 1)))
    assert Joined((ones, ones)).gram(np.ones(1)).tolist() == [[1.0, 1.0], [1.0, 1.0]]


@given(data=st.data(), n=row_counts)
def test_collecting_undoes_spreading(data: st.DataObject, n: int) -> None:
    cases = data.draw(parts(n))
    p = sum(case.cells.shape[1] for case in cases)
    matrix = blocks_of(cases, data.draw(generators).permutation(p)).matrix
    coef, whole = np.arange(float(p)), np.arange(float(p * p)).reshape(p, p)
    assert matrix.collect(matrix.spread(coef)).tolist() == coef.tolist()
    inner = np.column_stack([matrix.spread(column) for column in np.eye(p)]) if p else np.zeros((0, 0))
    symmetric = whole + whole.T
    spread = inner @ symmetric @ inner.T
    below = np.triu(spread) + np.tril(np.full((p, p), np.nan), -1)
    assert matrix.collect_gram(below).tolist() == symmetric.tolist()


@pytest.mark.parametrize("n_columns", [0, 3])
def test_a_factor_without_any_used_column_beside_numbers(n_columns: int) -> None:
    x = np.arange(10.0).reshape(5, 2)
    factor = Categorical(np.full(5, -1, dtype=np.int32), n_columns)
    last = np.array([2 + j for j in range(n_columns)], dtype=np.int64)
    blocks = Blocks((Dense(x), factor), (np.array([0, 1]), last))
    gram = blocks.gram(np.ones(5))
    assert gram.shape == (2 + n_columns, 2 + n_columns)
    assert_sums(gram[:2, :2], x.T @ x, x.T @ x)
    assert not gram[2:].any()
    assert blocks.rmatvec(np.ones(5)).tolist() == [20.0, 25.0] + [0.0] * n_columns


def test_rows_of_a_design_are_views_of_its_parts() -> None:
    values, codes = np.ones((6, 2)), np.zeros(6, dtype=np.int32)
    blocks = Blocks((Dense(values), Categorical(codes, 1)), (np.array([2, 0]), np.array([1])))
    coded, dense = blocks.rows(2, 5).inner.parts
    assert isinstance(coded, Categorical)
    assert isinstance(dense, Dense)
    assert np.shares_memory(coded.codes, codes)
    assert np.shares_memory(dense.array, values)
    assert blocks.rows(2, 5).to_dense().tolist() == [[1.0, 1.0, 1.0]] * 3


def test_sparse_parts_stay_sparse() -> None:
    blocks = Blocks((sparse_matrix(sparse.csr_array(np.eye(4))),), (np.array([3, 2, 1, 0]),))
    assert isinstance(blocks.rows(1, 3).inner.parts[0], Sparse)
    assert blocks.rows(1, 3).to_dense().tolist() == np.eye(4)[1:3, ::-1].tolist()


@pytest.fixture(autouse=True)
def default_threads() -> Iterator[None]:
    yield
    set_threads(None)


def response(rng: np.random.Generator, n: int) -> Response:
    """Draw outcomes, some of them proportions, with weights, some of them zero, and an offset."""
    y = rng.choice([0.0, 1.0, 0.25], n)
    return Response(y, prior=rng.choice([0.0, 0.5, 1.0, 3.0], n), offset=rng.normal(size=(1, n)))


@given(data=st.data(), n=st.integers(1, 60), rows=st.integers(1, 30), contrast=st.booleans())
def test_the_objective_of_a_design_in_parts_is_that_of_its_cells(
    data: st.DataObject, n: int, rows: int, contrast: bool
) -> None:
    cases = data.draw(parts(n))
    case = blocks_of(cases, data.draw(generators).permutation(sum(part.cells.shape[1] for part in cases)))
    p, rng = case.cells.shape[1], data.draw(generators)
    if contrast:
        recode = rng.integers(-2, 3, (p, max(p - 1, 1))).astype(float)
        case = Case(Recoded(case.matrix, sparse.csr_array(recode)), case.cells @ recode, case.size @ np.abs(recode))
    outcome = response(rng, n)
    # Linear predictors of the size of one; columns of a thousand would saturate every probability.
    coef = rng.normal(size=case.cells.shape[1]) / (1.0 + case.size.sum(axis=0))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BLOCK_ROWS_LEAST", "BLOCK_ROWS_MOST"):
            patch.setattr(cutting, name, rows)
        evaluation = Objective(case.matrix, outcome, Binomial()).evaluate(coef)
    y, w, offset = outcome.y, outcome.weights, outcome.shift
    loss = w * row_loss(case.cells @ coef + offset, y)
    assert_sums(np.array([evaluation.value]), np.array([loss.sum()]), np.array([loss.sum()]) + EXACT)
    assert_sums(evaluation.gradient, loss_gradient(coef, case.cells, y, w, offset), case.size.T @ w)
    size = case.size.T @ (w[:, np.newaxis] * case.size)
    assert evaluation.hessian is not None
    assert_sums(evaluation.hessian.array, loss_hessian(coef, case.cells, w, offset), size)


def large(rng: np.random.Generator, n: int) -> tuple[Matrix, np.ndarray]:
    """Draw numbers, two factors, one of them with sum contrasts, a slope by level and sparse columns."""
    x, few = rng.normal(size=(n, 3)), rng.integers(0, 4, n).astype(np.int32)
    x[:, 0] = 1.0
    many = rng.integers(-1, 60, n).astype(np.int32)
    entries = sparse.random_array((n, 5), density=0.2, format="csr", rng=rng)
    cases = [
        Case.plain(Dense(x), x),
        Case.plain(Categorical(few, 4), coded_cells(few, np.empty(0), 4)),
        Case.plain(Categorical(few - np.int32(1), 3, x[:, 1]), coded_cells(few - 1, x[:, 1], 3)),
        Case.plain(Categorical(many, 60), coded_cells(many, np.empty(0), 60)),
        Case.plain(sparse_matrix(entries), entries.toarray()),
    ]
    case = blocks_of(cases, np.arange(75))
    recode = np.delete(np.eye(75), 6, axis=1)
    recode[3:7, 3:6] = contrasts("sum", 4)
    return Recoded(case.matrix, sparse.csr_array(recode)), case.cells @ recode


def test_one_two_and_three_threads_agree_bit_for_bit_and_with_the_cells() -> None:
    rng = np.random.default_rng(13)
    matrix, cells = large(rng, 60_000)
    outcome, coef = response(rng, 60_000), rng.normal(size=74) / 4
    objective = Objective(matrix, outcome, Binomial())
    assert len(objective.engine.groups.bounds) > 3
    found = []
    for threads in (1, 2, 3):
        set_threads(threads)
        evaluation = objective.evaluate(coef)
        assert evaluation.hessian is not None
        found.append((np.array([evaluation.value]), evaluation.gradient, evaluation.hessian.array))
        found[-1] += (objective.linear_predictor(coef), objective.sum_gram(outcome.weights))
    for other in found[1:]:
        assert all(np.array_equal(one, two) for one, two in zip(found[0], other, strict=True))
    y, w, offset = outcome.y, outcome.weights, outcome.shift
    eta = cells @ coef + offset
    # Sums of 60,000 terms in another order: rounding may reach ten times that of the small cases.
    assert_sums(found[0][0], np.array([np.sum(w * row_loss(eta, y))]), np.array([10 * np.sum(w)]))
    size = np.abs(cells).T
    assert_sums(found[0][1], loss_gradient(coef, cells, y, w, offset), 10 * size @ w)
    assert_sums(found[0][2], loss_hessian(coef, cells, w, offset), 10 * size @ (w[:, np.newaxis] * size.T))
    assert_sums(found[0][3], eta, 10 * (np.abs(cells) @ np.abs(coef) + np.abs(offset)))


@given(rng=generators, n=st.integers(20, 120), levels=st.integers(4, 20), rows=st.integers(1, 40), less=st.booleans())
def test_every_shape_of_second_derivatives_is_that_of_one_array(
    rng: np.random.Generator, n: int, levels: int, rows: int, less: bool
) -> None:
    codes = np.sort(rng.integers(-1, levels, n)).astype(np.int32)
    few, x = rng.integers(0, 3, n).astype(np.int32), rng.normal(size=(n, 2))
    columns = np.split(rng.permutation(levels + 5), [2, 2 + levels])
    matrix: Matrix = Blocks((Dense(x), Categorical(codes, levels), Categorical(few, 3)), columns)
    if less:
        # Without a level of either factor, as under treatment contrasts.
        kept = np.delete(np.eye(levels + 5), [columns[1][0], columns[2][0]], axis=1)
        matrix = Recoded(matrix, sparse.csr_array(kept))
    layout = arrow_layout(matrix)
    assert layout is not None
    assert layout.head.size == levels - less
    outcome, coef = response(rng, n), rng.normal(size=matrix.n_columns)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BLOCK_ROWS_LEAST", "BLOCK_ROWS_MOST"):
            patch.setattr(cutting, name, rows)
        objective = Objective(matrix, outcome, Binomial())
        dense = objective.evaluate(coef)
        arrow = Objective(matrix, outcome, Binomial(), ArrowSums(matrix, layout)).evaluate(coef)
        products = Objective(matrix, outcome, Binomial(), ProductSums(matrix, objective.multiply)).evaluate(coef)
        multiplied = objective.multiply(outcome.weights, coef)
    assert dense.hessian is not None
    assert products.hessian is not None
    assert isinstance(arrow.hessian, ArrowHessian)
    whole, cells = np.zeros_like(dense.hessian.array), matrix.to_dense()
    whole[layout.head, layout.head] = arrow.hessian.head
    whole[np.ix_(layout.head, layout.rest)] = arrow.hessian.border
    whole[np.ix_(layout.rest, layout.head)] = arrow.hessian.border.T
    whole[np.ix_(layout.rest, layout.rest)] = arrow.hessian.rest
    bound = np.abs(cells).T @ (outcome.weights[:, np.newaxis] * np.abs(cells))
    assert_sums(whole, loss_hessian(coef, cells, outcome.weights, outcome.shift), bound)
    assert_sums(dense.hessian.array, whole, bound)
    assert_sums(products.hessian.diagonal(), np.diag(whole).copy(), np.diag(bound))
    assert_sums(arrow.hessian.diagonal(), np.diag(whole).copy(), np.diag(bound))
    assert_sums(multiplied, cells.T @ (outcome.weights * (cells @ coef)), bound @ np.abs(coef))
    for other in (arrow, products):
        assert_sums(other.gradient, dense.gradient, np.abs(cells).T @ outcome.weights)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_seen_wherever_it_stands(value):
    numbers, scale = np.ones((4, 2)), np.ones(4)
    codes = np.array([0, 1, 1, -1], dtype=np.int32)

    def matrix():
        parts = [Dense(numbers), Categorical(codes, 2), Categorical(codes, 2, scale)]
        return Blocks(parts, [np.array([0, 1]), np.array([2, 3]), np.array([4, 5])])

    assert matrix().has_finite_sum
    scale[2] = value
    assert not matrix().has_finite_sum
    assert matrix().rows(0, 2).has_finite_sum
    scale[2], numbers[3, 1] = 1.0, value
    assert not matrix().has_finite_sum
    assert not matrix().rows(2, 4).has_finite_sum


def test_a_factor_that_keeps_all_its_columns_stays_coded() -> None:
    codes = np.array([0, 1, -1, 1], dtype=np.int32)
    whole = Blocks((Dense(np.arange(8.0).reshape(4, 2)), Categorical(codes, 2)), (np.array([0, 3]), np.array([1, 2])))
    for chosen, coded in (([1, 2, 3], True), ([1, 2], True), ([2, 1], False), ([0, 2], False)):
        made = whole.columns(np.array(chosen))
        parts = made.joined.parts if isinstance(made, Blocks) else (made,)
        assert any(isinstance(part, Categorical) for part in parts) is coded
        assert_allclose(made.to_dense(), whole.to_dense()[:, chosen], rtol=EXACT)
