"""Paths of rows in chunks are solved in runs side by side: the solutions in memory, in a few passes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.engine.regularised import runs

N = 2_000
F = "y ~ x0 + x1 + x2 + x3 + C(g)"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(17)
    data = pd.DataFrame({f"x{k}": rng.normal(loc=2.0 * k, size=N) for k in range(4)})
    data["g"] = rng.choice(list("abcd"), N)
    eta = 0.8 * data["x0"] - 0.7 + 0.4 * (data["g"] == "b")
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    latent = data["x0"] + rng.logistic(size=N)
    data["o"] = np.where(latent < -1.0, "low", np.where(latent < 1.0, "mid", "top"))
    return data


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory) -> str:
    place = tmp_path_factory.mktemp("rows")
    for number, (start, stop) in enumerate([(0, 1), (1, 901), (901, N)]):
        table.iloc[start:stop].to_parquet(place / f"{number}.parquet", index=False)
    return str(place)


@pytest.fixture(autouse=True)
def sizes(monkeypatch):
    for name, size in {"ROWS_LEAST": 600, "ROWS_MOST": 600, "SAMPLE_LEAST": 900}.items():
        monkeypatch.setattr(build, name, size)


#: The formula, the options, and the most passes, the learning pass counted.
CASES = {
    "lasso": (F, {"penalty": lk.Lasso()}, 18),
    "ridge": (F, {"penalty": lk.Ridge()}, 10),
    "elastic net and ridge": (F, {"penalty": lk.ElasticNet(l1_ratio=0.5, keep="x1") + lk.Ridge(0.01)}, 20),
    "groups": (F, {"penalty": lk.GroupLasso()}, 18),
    "relaxed": (F, {"penalty": lk.RelaxedLasso(gamma=0.5)}, 30),
    "several outcomes": ("o ~ x0 + x1 + x2", {"model": lk.Multinomial(), "penalty": lk.Lasso()}, 18),
}


QUICK = ("lasso",)


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[] if case in QUICK else pytest.mark.slow) for case in CASES]
)
def test_paths_in_runs_are_those_in_memory(case, table, folder) -> None:
    formula, options, most = CASES[case]
    options = {**options, "n_strengths": 14, "solver": lk.ProxNewton(tol=1e-13)}
    held, read = lk.path(formula, table, **options), lk.path(formula, folder, **options)
    one, other = held.record, read.record
    assert (other.status, other.strengths.size) == (one.status, one.strengths.size)
    np.testing.assert_allclose(other.strengths, one.strengths, rtol=1e-12)
    assert other.gaps.max() <= 1e-13
    # A gap of 1e-13 of the loss leaves the coefficients its root.
    np.testing.assert_allclose(other.coef, one.coef, atol=3e-6 * np.abs(one.coef).max())
    np.testing.assert_array_equal(other.coef != 0.0, one.coef != 0.0)
    np.testing.assert_allclose(other.loss, one.loss, rtol=1e-6)
    stream = read._given.design.stream
    assert stream is not None
    assert stream.passes.count <= most
    if case == "lasso":
        of_one = [path.at(float(one.strengths[5])).record.coef for path in (held, read)]
        np.testing.assert_allclose(of_one[1], of_one[0], atol=1e-12)


def test_a_path_in_chunks_of_whose_sample_no_row_has_weight(table, tmp_path, monkeypatch) -> None:
    for name in ("ROWS_LEAST", "ROWS_MOST", "SAMPLE_LEAST"):
        monkeypatch.setattr(build, name, 200)
    formula, options = "y ~ x0 + x1", {"weights": "w", "weight_kind": "precision", "n_strengths": 3}
    data = table.assign(w=1.0)
    data.to_parquet(tmp_path / "rows.parquet", index=False)
    drawn = lk.path(formula, str(tmp_path), penalty=lk.Lasso(), **options)._given.design.sample
    data["w"] = 1.0 - np.isin(data["x0"], drawn.matrix.to_dense()[:, 1])
    data.to_parquet(tmp_path / "rows.parquet", index=False)
    assert 0.0 < data["w"].sum() == N - drawn.n_rows
    options |= {"penalty": lk.Lasso(), "solver": lk.ProxNewton(tol=1e-13)}
    held, read = lk.path(formula, data, **options), lk.path(formula, str(tmp_path), **options)
    np.testing.assert_allclose(read.record.strengths, held.record.strengths, rtol=1e-12)
    # A gap of 1e-13 of the loss leaves the coefficients its root.
    np.testing.assert_allclose(read.record.coef, held.record.coef, atol=3e-6)


def test_the_sample_may_end_before_the_path_does(table, folder, monkeypatch) -> None:
    """Where the sample's path ends early, the strengths beyond its end are solved next."""
    monkeypatch.setattr(runs, "AHEAD", -20)
    held, read = lk.path(F, table, n_strengths=30), lk.path(F, folder, n_strengths=30)
    assert read.record.strengths.size == held.record.strengths.size < 30
