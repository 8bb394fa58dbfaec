"""Rows that are read anew in every pass are read few times, and columns that need no evaluation not evaluated."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import logitkit as lk
from logitkit.design.chunks import build, stream
from logitkit.engine.solvers import start as solver_start
from logitkit.numerics.threads.local import set_threads

N = 40_000


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    data = pd.DataFrame({"x": rng.normal(size=N).astype(np.float32), "z": rng.normal(3.0, size=N)})
    data["g"] = rng.choice(list("abcd"), N)
    data["y"] = (rng.random(N) < 1 / (1 + np.exp(0.7 - 0.5 * data["x"]))).astype(np.int8)
    data["rare"] = rng.random(N) < 1 / (1 + np.exp(6.0 - 1.5 * data["x"]))
    latent = data["x"] + rng.logistic(size=N)
    data["o"] = np.where(latent < -1.0, "low", np.where(latent < 1.0, "mid", "top"))
    return data


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory) -> str:
    place = tmp_path_factory.mktemp("rows")
    for start, stop in pairwise((0, 9_000, 9_001, 30_000, N)):
        table[start:stop].to_parquet(place / f"{start:05}.parquet", row_group_size=4_000)
    return str(place)


@pytest.fixture
def passes(monkeypatch) -> list[Any]:
    """The passes of each fit that is made."""
    made: list[Any] = []
    begin = stream.Passes.__init__

    def counted(self, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        made.append(self)

    monkeypatch.setattr(stream.Passes, "__init__", counted)
    return made


@pytest.mark.parametrize(
    ("formula", "options", "most"),
    [
        ("y ~ x + z + C(g)", {}, 5),
        ("rare ~ x + z", {}, 6),
        ("g ~ x + z", {"model": lk.Multinomial()}, 5),
        ("o ~ x", {"model": lk.Ordinal(order=["low", "mid", "top"])}, 5),
    ],
)
def test_at_most_six_passes_with_errors(formula, options, most, table, folder, passes) -> None:
    read, held = lk.fit(formula, folder, **options), lk.fit(formula, table, **options)
    assert passes[0].count <= most
    one, other = held.tidy(), read.tidy()
    assert np.abs((one["estimate"] - other["estimate"]) / one["std_error"]).max() < 1e-10
    np.testing.assert_allclose(other["std_error"], one["std_error"], rtol=1e-10)


def test_a_small_sample_is_tilted_to_the_gradient_of_all_rows(table, tmp_path, passes, monkeypatch) -> None:
    data = table.assign(many=np.random.default_rng(7).integers(0, 25, N), x=np.exp(table["x"]).astype(float))
    data.to_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr(build, "SAMPLE_LEAST", 2_500)
    monkeypatch.setattr(build, "SAMPLE_OF_ROOT", 0.5)
    read, held = (lk.logit("y ~ x + z + C(many)", each) for each in (str(tmp_path), data))
    monkeypatch.setattr(solver_start, "SHARE_TILTED", 0.0)
    newton = lk.logit("y ~ x + z + C(many)", str(tmp_path))
    monkeypatch.setattr(solver_start, "SHARE_TILTED", 0.125)
    lk.logit("y ~ x + z + C(many)", lambda: iter([data]))
    assert [each.count for each in passes] == [6, 6, 6]
    assert read.record.trace[1].decrement < newton.record.trace[1].decrement
    assert np.abs((read.coef - held.coef) / held.std_error).max() < 1e-10
    np.testing.assert_allclose(read.std_error, held.std_error, rtol=1e-10)


def test_a_sample_that_is_all_rows_leaves_one_pass(table, tmp_path, passes) -> None:
    table[:5_000].to_parquet(tmp_path / "a.parquet")
    lk.fit("y ~ x + z", str(tmp_path))
    assert passes[0].count == 2


def test_one_thread_gives_the_bits_of_two_and_large_row_groups_those_of_small_ones(
    table, folder, tmp_path, monkeypatch
) -> None:
    from logitkit.design.chunks import build

    monkeypatch.setattr(build, "ROWS_MOST", 1 << 11)
    table.to_parquet(tmp_path / "whole.parquet")
    assert pq.read_metadata(tmp_path / "whole.parquet").num_row_groups == 1
    fits = []
    for threads, place in ((1, folder), (2, folder), (2, str(tmp_path))):
        set_threads(threads)
        try:
            fits.append(lk.fit("y ~ x + z + C(g)", place).record)
        finally:
            set_threads(None)
    for other in fits[1:]:
        assert np.array_equal(fits[0].coef, other.coef)
        assert np.array_equal(fits[0].inner_vcov.array(), other.inner_vcov.array())
        assert other.fingerprint == fits[0].fingerprint
