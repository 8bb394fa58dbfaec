"""What pieces of the rows have shown, added in order, is what one pass over all of them finds."""

from __future__ import annotations

import pickle
from itertools import pairwise
from typing import Any

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
        found = Learning(parsed, {}, 40)
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
    assert found.before == whole.before
    assert found.outcomes.equals(whole.outcomes)


def test_rows_with_larger_keys_are_let_go() -> None:
    parsed = parse_formula("y ~ 1", ("y",), {}, [])
    found = Learning(parsed, {}, 100)
    for chunk in rechunked([Batch(pa.table({"y": [0, 1] * 50}), "here")], 30):
        found.add(chunk)
    found.trim(limit=1 << 63)
    kept = found.learnt().sample
    assert 20 < kept.size < 80


def test_what_transforms_learn_is_added_too_pass_by_pass() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(20.0, 1.0, N)
    x[::11] = np.nan
    table = pa.table({"y": rng.integers(0, 2, N), "x": x, "w": rng.integers(0, 2, N)})
    formula = "y ~ scale(x) + bs(x, df=5) + scale(center(x)) + poly(x, 3) + cr(x, df=4, constraints='center')"
    parsed = parse_formula(formula, ("y", "x", "w"), {}, ["w"])

    def passes(cuts: tuple[int, ...]) -> Any:
        blank: Learning | None = Learning(parsed, {"weights": "w"}, 40)
        for n_passes in range(1, 4):
            parts = []
            for start, stop in pairwise(cuts):
                part = pickle.loads(pickle.dumps(blank))  # as it is sent to where the rows are
                for chunk in rechunked([Batch(table.slice(start, stop - start), "here")], 20):
                    part.add(chunk._replace(start=start + chunk.start))
                parts.append(pickle.loads(pickle.dumps(part)))
            for later in parts[1:]:
                parts[0].merge(later)
            blank = parts[0].another()
            if blank is None:
                return parts[0].learnt(), n_passes
        raise AssertionError("the passes do not end")

    whole, one = passes((0, N)), passes((0, 1, 130, N))
    assert whole[1] == one[1] == 2
    assert one[0].n_counted == whole[0].n_counted
    for written, state in whole[0].before.transforms.items():
        for name, value in state.items():
            found = one[0].before.transforms[written][name]
            if value is not None:
                one_state, other = (list(v.values()) if isinstance(v, dict) else v for v in (found, value))
                np.testing.assert_allclose(one_state, other, rtol=1e-10, atol=1e-10, err_msg=f"{written} {name}")


@pytest.mark.parametrize("terms", ["poly(x, 2)", "np.log(center(x) + 9)"])
def test_what_needs_another_pass_says_so(terms) -> None:
    found = Learning(parse_formula(f"y ~ {terms}", ("y", "x"), {}, []), {}, 10)
    for chunk in rechunked([Batch(pa.table({"y": [0, 1] * 9, "x": np.arange(18.0)}), "here")], 5):
        found.add(chunk)
    assert found.another() is not None
