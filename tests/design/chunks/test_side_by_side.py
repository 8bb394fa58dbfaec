"""Solvers that share the passes over rows find what each finds alone, to the bit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import logitkit as lk
from logitkit.design.chunks import build, turns
from logitkit.design.chunks.build import design_of
from logitkit.design.chunks.side_by_side import side_by_side
from logitkit.design.chunks.some_rows import _in_few_bytes, some_rows
from logitkit.design.design import Design
from logitkit.engine.fit import fit_design
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError, DataWarning, warn_caller
from logitkit.inference.hypotheses.nested import design_of_columns

N = 1_500


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solvers that are given up are waited for as long as they need: a busy machine may not give them a second."""
    monkeypatch.setattr(turns, "GRACE", 60.0)


@pytest.fixture(scope="module")
def fit(tmp_path_factory) -> Any:
    rng = np.random.default_rng(3)
    data = pd.DataFrame({f"x{k}": rng.normal(loc=k, size=N) for k in range(3)})
    data["g"] = rng.choice(list("abc"), N)
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(0.5 - data["x0"]))).astype(int)
    place = tmp_path_factory.mktemp("rows")
    data.iloc[:1].to_parquet(place / "0.parquet", index=False)
    data.iloc[1:].to_parquet(place / "1.parquet", index=False)
    with pytest.MonkeyPatch.context() as patch:
        for name, size in {"ROWS_LEAST": 400, "ROWS_MOST": 400, "SAMPLE_LEAST": 600}.items():
            patch.setattr(build, name, size)
        return lk.logit("y ~ x0 + x1 + x2 + C(g)", str(place))


def count(design: Design) -> int:
    assert design.stream is not None
    return design.stream.passes.count


def halves(design: Design) -> list[Design]:
    return [some_rows(design, np.arange(k, design.n_rows, 2)) for k in range(2)]


def kinds(fit: Any) -> list[Callable[[], Any]]:
    """Fits to some of the columns, to some of the rows, and to some of both."""
    design, family = fit.design, fit.record.form.family
    parts = [design_of_columns(design, np.array(keep)) for keep in ([0, 1, 2], [0, 3, 4, 5])]
    rows = halves(design)
    each = [*parts, *rows, design_of_columns(rows[0], np.array([0, 1])), *halves(parts[1])]
    return [partial(fit_design, part, family, Newton()) for part in each]


def test_fits_side_by_side_have_the_bits_of_fits_alone(fit) -> None:
    before = count(fit.design)
    alone = [solve() for solve in kinds(fit)]
    between = count(fit.design)
    together = side_by_side(fit.design, kinds(fit))
    assert between - before >= 20
    assert count(fit.design) - between <= 6
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.coef, other.coef)
        assert np.array_equal(one.vcov, other.vcov)
        assert (one.loglik, one.fingerprint) == (other.loglik, other.fingerprint)


def test_some_rows_of_some_columns_are_chosen_once(fit) -> None:
    keep, rows = np.array([0, 3, 4, 5]), np.arange(1, fit.design.n_rows, 3)
    both = some_rows(design_of_columns(fit.design, keep), rows)
    whole = np.concatenate([part.matrix.to_dense() for part in fit.design.chunks()])
    assert np.array_equal(np.concatenate([part.matrix.to_dense() for part in both.chunks()]), whole[np.ix_(rows, keep)])


def _rows(part: Design) -> int:
    return part.n_rows


def summed(design: Design, times: int = 1) -> int:
    return sum(design.reduce(_rows, int.__add__) for _ in range(times))


def test_a_solver_may_start_others_and_fewer_may_be_under_way(fit) -> None:
    design, rows = fit.design, halves(fit.design)
    before = count(design)
    nested = partial(side_by_side, rows[0], [partial(summed, rows[0]), partial(summed, rows[1], 2)])
    found: list[Any] = side_by_side(design, [partial(summed, design, 2), nested, partial(summed, rows[1])])
    assert found == [2 * N, [750, 1_500], 750]
    assert count(design) - before == 2
    before = count(design)  # one that reads clusters too has a pass of its own
    assert design.stream is not None
    clustered = design_of(design.stream.clustered(["g"]), design.info, design.counts)
    assert side_by_side(design, [partial(summed, part) for part in (design, clustered, rows[0])]) == [N, N, 750]
    assert count(design) - before == 2
    before = count(design)  # a quarter of the memory holds the sums of one
    assert side_by_side(design, [partial(summed, design)] * 3, numbers=design.stream.memory) == [N] * 3
    assert count(design) - before == 3


def _failing(part: Design) -> int:
    raise DataError(f"rows {part.n_rows}")


def test_an_error_ends_the_others_and_warnings_reach_the_caller(fit) -> None:
    design, gone = fit.design, []

    def solve(number: int) -> int:
        try:
            warn_caller(f"of {number}", DataWarning)
            return summed(design, number)
        finally:
            gone.append(number)

    def fail() -> int:
        summed(design)
        raise DataError("no fit")

    with pytest.warns(DataWarning, match="of") as told:
        assert side_by_side(design, [partial(solve, 1), partial(solve, 2)]) == [N, 2 * N]
    assert [str(one.message) for one in told] == ["of 1", "of 2"]
    assert {one.filename for one in told} == {__file__}
    gone.clear()
    caught = []

    def inner() -> int:
        try:
            side_by_side(design, [fail, partial(solve, 9)])
        except DataError as error:
            caught.append(str(error))
        return summed(design)

    with pytest.warns(DataWarning, match="of 9"):
        assert side_by_side(design, [inner, partial(summed, design, 3)]) == [N, 3 * N]
    assert (caught, gone) == (["no fit"], [9])
    with pytest.raises(DataError, match="rows"):
        side_by_side(design, [lambda: design.reduce(_failing, int.__add__), partial(summed, design)])
    with pytest.raises(DataError, match="no fit"), pytest.warns(DataWarning, match="of 9"):
        side_by_side(design, [fail, partial(solve, 9)])
    assert not [each for each in threading.enumerate() if each.name == "logitkit-solver"]


def test_an_interruption_ends_all_solvers_at_once(fit) -> None:
    design = fit.design

    def interrupt() -> int:
        raise KeyboardInterrupt

    before = count(design)
    with pytest.raises(KeyboardInterrupt):
        side_by_side(design, [partial(summed, design, 50), interrupt])
    assert count(design) == before  # not one of its passes
    assert not [each for each in threading.enumerate() if each.name == "logitkit-solver"]
    assert summed(design) == N


def test_labels_of_folds_take_few_bytes_and_keep_their_values() -> None:
    for values, n_bytes in (([0, 1, -1], 1), ([None, 3], 1), ([300, -5], 2), ([1 << 20, 1], 4), ([1 << 40, 1], 8)):
        found = _in_few_bytes(pa.table({"fold": values, "x": values}), "fold")
        assert found["fold"].to_pylist() == found["x"].to_pylist() == values
        assert (found.schema.field("fold").type.byte_width, found.schema.field("x").type.byte_width) == (n_bytes, 8)
    text = pa.table({"fold": ["a", "b"]})
    assert _in_few_bytes(text, "fold") is text
