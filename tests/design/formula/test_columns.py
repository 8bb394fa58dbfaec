"""Some columns of a matrix of every kind are a matrix of every product, in the order asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from design.matrix.test_matrix_kinds import assert_products
from examples import examples
from oracles.kinds import KINDS, Case, numbers, row_counts, row_weights


@pytest.mark.parametrize("kind", KINDS)
@examples(8)
@given(data=st.data(), n=row_counts)
def test_columns(kind: str, data: st.DataObject, n: int) -> None:
    case = data.draw(KINDS[kind](n))
    p = case.cells.shape[1]
    order = data.draw(st.permutations(range(p)))
    index = np.array(order[: data.draw(st.integers(0, p))], dtype=np.int64)
    some = Case(case.matrix.columns(index), case.cells[:, index], case.size[:, index])
    assert_products(some, numbers(data.draw, index.size), numbers(data.draw, n), data.draw(row_weights(n)))
    # Columns of columns, and rows of columns, as a working set and its blocks take them.
    again = index[::-1][: index.size // 2]
    inner = np.arange(index.size)[::-1][: index.size // 2]
    few = Case(some.matrix.columns(inner), case.cells[:, again], case.size[:, again])
    assert_products(few, numbers(data.draw, again.size), numbers(data.draw, n), data.draw(row_weights(n)))
    start, stop = sorted([data.draw(st.integers(0, n)), data.draw(st.integers(0, n))])
    part = Case(some.matrix.rows(start, stop), some.cells[start:stop], some.size[start:stop])
    weights = data.draw(row_weights(stop - start))
    assert_products(part, numbers(data.draw, index.size), numbers(data.draw, stop - start), weights)
