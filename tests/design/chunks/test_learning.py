"""What pieces of the rows have shown, added in order, is what one pass over all of them finds."""

from __future__ import annotations

import pickle
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import logitkit as lk
from logitkit.design.chunks import learning_pass
from logitkit.design.chunks.budget import Budget
from logitkit.design.chunks.learning import Learning
from logitkit.design.chunks.learning_pass import learn
from logitkit.design.chunks.parquet import parquet_source
from logitkit.design.chunks.pool import SPARING
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


def _learnt_from(files: str, formula: str, roles: dict[str, str], memory: int, wanted: int = 100) -> Any:
    source = parquet_source(sorted(Path(files).glob("*.parquet")), "the files")
    parsed = parse_formula(formula, source.names, {}, list(roles.values()))
    return learn(
        source,
        parsed,
        roles,
        32,
        lambda *_, **_named: wanted,
        Budget(memory, 8.0 * len(source.names), len(source.names)),
    )


@pytest.mark.parametrize(
    ("formula", "roles"),
    [
        ("y ~ x + z + C(g)", {"weights": "w"}),
        ("o ~ x + C(year)", {}),
        ("y ~ z", {}),
        ("cbind(events, rest) ~ x", {"weights": "w"}),
    ],
)
@pytest.mark.parametrize("threads", [1, 3])
def test_threads_learn_what_one_pass_in_order_learns(files, formula, roles, threads) -> None:
    lk.set_threads(threads)
    try:
        found = _learnt_from(files, formula, roles, 10 * SPARING)
    finally:
        lk.set_threads(None)
    whole = _learnt_from(files, formula, roles, SPARING - 1)
    for name in ("n_rows", "used", "missing", "n_counted", "before", "weightless", "met", "n_passes", "n_bytes"):
        assert getattr(found, name) == getattr(whole, name)
    assert found.sample.tolist() == whole.sample.tolist()
    assert found.rows.equals(whole.rows)
    assert found.outcomes.equals(whole.outcomes)


def test_keys_that_no_row_of_the_sample_has_are_known_beforehand(files, monkeypatch) -> None:
    plain = _learnt_from(files, "y ~ x", {}, 10 * SPARING, 40)
    monkeypatch.setattr(learning_pass, "LIMITED_LEAST", 1)
    found = _learnt_from(files, "y ~ x", {}, 10 * SPARING, 40)
    assert found.sample.tolist() == plain.sample.tolist()
    assert found.rows.equals(plain.rows)


def test_a_sample_that_came_out_small_is_drawn_again(tmp_path, monkeypatch) -> None:
    x = np.full(3_000, np.nan)
    x[::30] = np.arange(100)
    pq.write_table(pa.table({"y": [0, 1, 1] * 1_000, "x": x}), tmp_path / "a.parquet")
    monkeypatch.setattr(learning_pass, "LIMITED_LEAST", 1)
    found = _learnt_from(str(tmp_path), "y ~ x", {}, 10 * SPARING, 100)
    assert found.n_used == found.sample.size == 100
    assert found.n_passes == 2
