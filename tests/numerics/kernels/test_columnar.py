"""Products of columns where a table has them, compiled and as plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from logitkit.design.matrix.columnar import Columnar
from numerics.kernels.uncompiled import with_and_without_the_compiler

SCRIPT = """
import json
import numpy as np
from logitkit.numerics.kernels import columnar

rng = np.random.default_rng(1)
n, cut = 75, 30
kinds = [*columnar.KINDS, *["float32"] * 4, *["float64"] * 5]
columns = [(10 * rng.normal(size=n)).astype(kind) for kind in kinds]
p = 1 + len(columns)
pieces = [[np.ascontiguousarray(part) for part in (column[:cut], column[cut:])] for column in columns]
addresses = np.array([[2, *(p[k].ctypes.data for p in pieces)] for k in (0, 1)], dtype=np.int64)
kinds = np.array([columnar.CONSTANT, *(columnar.KINDS[kind] for kind in kinds)], dtype=np.int8)
bounds = np.array([0, cut, n])
coef, weights = rng.normal(size=p), rng.random(70)
values, sums, gram, rows = np.zeros(70), np.zeros(p), np.zeros((p, p)), np.empty((70, p))
columnar.add_values(addresses, kinds, bounds, 5, coef, values)
columnar.add_sums(addresses, kinds, bounds, 5, weights, sums)
columnar.add_gram(addresses, kinds, bounds, 5, weights, gram)
columnar.write_rows(addresses, kinds, bounds, 5, rows)
X = np.column_stack([np.full(n, 2.0), *columns])[5:]
gaps = [float(np.abs(a - b).max()) for a, b in (
    (values, X @ coef), (sums, X.T @ weights), (gram, (X * weights[:, None]).T @ X), (rows, X))]
wrong = [float(columnar.holds_nan(addresses, kinds, bounds))]
for number in (0, 1):
    pieces[number][1][-1] = np.nan
    wrong.append(float(not columnar.holds_nan(addresses, kinds, bounds)))
    pieces[number][1][-1] = 0.0
print(json.dumps([hasattr(columnar.add_values, "signatures"), [*gaps, *wrong]]))
"""


def test_products_are_those_of_the_columns_written_out() -> None:
    (compiled, here), (plain, there) = with_and_without_the_compiler(SCRIPT)
    assert compiled
    assert not plain
    for gaps in (here, there):
        np.testing.assert_allclose(gaps, 0.0, atol=1e-10)


@pytest.mark.parametrize("cut", [1, 1_000, 1_024, 2_999])
def test_bits_do_not_tell_where_pieces_end(cut) -> None:
    rng = np.random.default_rng(2)
    columns = [rng.normal(size=3_000).astype(kind) for kind in ("float32",) * 6 + ("float64", "int8")]
    vector, weights = rng.normal(size=9), rng.random(3_000)
    whole = Columnar.of([1, *([column] for column in columns)], [3_000])
    pieces = Columnar.of([1, *([column[:cut], column[cut:]] for column in columns)], [cut, 3_000 - cut])
    for found in (whole, pieces):
        np.testing.assert_allclose(found.matvec(vector), found.to_dense() @ vector, rtol=1e-13, atol=1e-13)
    assert np.array_equal(pieces.matvec(vector), whole.matvec(vector))
    sums, grams = np.zeros((2, 9)), np.zeros((2, 9, 9))
    for k, found in enumerate((whole, pieces)):
        found.add_rmatvec(weights, sums[k])
        found.add_gram(weights, grams[k], np.empty(0))
    assert np.array_equal(*sums)
    assert np.array_equal(*grams)
    X = whole.to_dense()
    np.testing.assert_allclose(sums[0], X.T @ weights, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(grams[0], (X * weights[:, None]).T @ X, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("p", [1, 21, 200, 1_000])
def test_wide_rows_are_brought_to_float64_a_few_at_a_time(p) -> None:
    from logitkit.numerics.kernels.columnar import NUMBERS, ROWS_LEAST, rows_at_once

    rows = rows_at_once(p)
    assert rows * p <= max(NUMBERS, ROWS_LEAST * p)
