"""Products of two matrices of the same rows, for every pair of kinds and both ways round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples import every_other, examples
from logitkit.design.matrix.cross import add_cross
from oracles.kinds import SIMPLE, assert_sums, blocks_of, generators, numbers, row_counts, row_weights

PAIRS = every_other(SIMPLE, SIMPLE)
SIDE_BY_SIDE = [(left, right) for k, left in enumerate(SIMPLE) for right in list(SIMPLE)[k:]]  # in a random order below


@pytest.mark.parametrize(("left", "right"), PAIRS)
@given(data=st.data(), n=row_counts)
@examples(5)
def test_pairs(left: str, right: str, data: st.DataObject, n: int) -> None:
    a, b = data.draw(SIMPLE[left](n)), data.draw(SIMPLE[right](n))
    start, stop = sorted([data.draw(st.integers(0, n)), data.draw(st.integers(0, n))])
    weights = data.draw(row_weights(n))
    k, m = a.cells.shape[1], b.cells.shape[1]
    # Whole matrices into a table of their own, and blocks of rows into a part of a larger one.
    for rows, parts, table in (
        (slice(0, n), (a.matrix, b.matrix), numbers(data.draw, k, m)),
        (
            slice(start, stop),
            (a.matrix.rows(start, stop), b.matrix.rows(start, stop)),
            numbers(data.draw, k + 2, m + 1),
        ),
    ):
        found = table[:k, :m]
        before, rest = found.copy(), table[k:].copy()
        weighted = weights[rows, np.newaxis]
        add_cross(*parts, weights[rows], found)
        size = np.abs(before) + a.size[rows].T @ (weighted * b.size[rows])
        assert_sums(found, before + a.cells[rows].T @ (weighted * b.cells[rows]), size)
        assert np.array_equal(table[k:], rest)


@pytest.mark.parametrize(("left", "right"), SIDE_BY_SIDE)
@given(data=st.data(), n=row_counts)
@examples(5)
def test_pairs_as_a_design(left: str, right: str, data: st.DataObject, n: int) -> None:
    cases = [data.draw(SIMPLE[left](n)), data.draw(SIMPLE[right](n))]
    p = sum(case.cells.shape[1] for case in cases)
    both = blocks_of(cases, data.draw(generators).permutation(p))
    weights, rows = data.draw(row_weights(n)), numbers(data.draw, n)
    weighted = weights[:, np.newaxis]
    assert np.array_equal(both.matrix.to_dense(), both.cells)
    assert_sums(both.matrix.gram(weights), both.cells.T @ (weighted * both.cells), both.size.T @ (weighted * both.size))
    assert_sums(both.matrix.rmatvec(rows), both.cells.T @ rows, both.size.T @ np.abs(rows))
    coef = numbers(data.draw, p)
    assert_sums(both.matrix.matvec(coef), both.cells @ coef, both.size @ np.abs(coef))


@given(data=st.data(), n=row_counts)
def test_weights_of_either_sign(data: st.DataObject, n: int) -> None:
    kinds = st.sampled_from(sorted(SIMPLE))
    a, b = (
        data.draw(kinds.flatmap(lambda kind: SIMPLE[kind](n))),
        data.draw(kinds.flatmap(lambda kind: SIMPLE[kind](n))),
    )
    weights = numbers(data.draw, n)
    found = np.zeros((a.cells.shape[1], b.cells.shape[1]))
    add_cross(a.matrix, b.matrix, weights, found)
    weighted = weights[:, np.newaxis]
    assert_sums(found, a.cells.T @ (weighted * b.cells), a.size.T @ (np.abs(weighted) * b.size))
