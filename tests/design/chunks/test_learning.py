"""What pieces of the rows have shown, added in order, is what one pass over all of them finds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from logitkit.design.chunks.learning import Learning
from logitkit.design.chunks.source import Batch, rechunked
from logitkit.design.formula.parse import parse_formula

N = 500


@pytest.mark.parametrize("cuts", [(0, N), (0, 1, 1, 130, N), tuple(range(0, N + 1, 20))])
def test_pieces_add_to_the_whole(cuts) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=N)
    x[::11] = np.nan
    table = pa.table({"y": rng.integers(0, 2, N), "x": x, "g": [f"level {k}" for k in rng.integers(0, 60, N)]})
    parsed = parse_formula("y ~ x + C(g)", ("y", "x", "g"), {}, [])

    def learning(start: int, stop: int) -> Learning:
        found = Learning(parsed, [], 40)
        for chunk in rechunked([Batch(table.slice(start, stop - start), "here")], 20):
            found.add(chunk._replace(start=start + chunk.start))
        return found

    whole, parts = learning(0, N).learnt(), [learning(*each) for each in pairwise(cuts)]
    for later in parts[1:]:
        parts[0].merge(later)
    found = parts[0].learnt()
    assert found.n_rows == whole.n_rows
    assert found.n_used == whole.n_used
    assert found.missing == whole.missing
    assert found.sample.tolist() == whole.sample.tolist()
    assert found.rows.equals(whole.rows)
    assert pa.concat_tables(found.levels).equals(pa.concat_tables(whole.levels))


def test_rows_with_larger_keys_are_let_go() -> None:
    parsed = parse_formula("y ~ 1", ("y",), {}, [])
    found = Learning(parsed, [], 100)
    for chunk in rechunked([Batch(pa.table({"y": [0, 1] * 50}), "here")], 30):
        found.add(chunk)
    found.trim(limit=1 << 63)
    kept = found.learnt().sample
    assert 20 < kept.size < 80
