"""A fit to files equals the fit to the same rows in memory, however the rows lie in files and chunks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.chunks import build

N = 1_200


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(16)
    data = pd.DataFrame({"x": rng.normal(size=N), "z": rng.normal(3.0, size=N), "g": rng.choice(list("abcd"), N)})
    eta = 0.5 * data["x"] - 0.7 + 0.4 * (data["g"] == "b")
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    latent = data["x"] + rng.logistic(size=N)
    data["o"] = np.where(latent < -1.0, "low", np.where(latent < 1.0, "mid", "top"))
    data["w"] = rng.integers(1, 4, N).astype(float)
    data["cl"] = rng.integers(0, 60, N)
    data["sum"] = data["x"] + 2.0 * data["z"]
    data["odd name.s"] = data["x"] ** 2
    data.loc[::50, "z"] = np.nan
    return data


@pytest.fixture(scope="module", params=[(N,), (1, 7, 500, 501, N)], ids=["one file", "odd files"])
def folder(request, table, tmp_path_factory):
    place = tmp_path_factory.mktemp("rows")
    for number, (start, stop) in enumerate(zip((0, *request.param), request.param, strict=False)):
        table.iloc[start:stop].to_parquet(place / f"part-{number}.parquet", index=False)
    return str(place)


@pytest.fixture(autouse=True, params=[(1 << 20, 20_000), (200, 300)], ids=["one chunk", "small chunks"])
def sizes(request, monkeypatch):
    rows, sample = request.param
    monkeypatch.setattr(build, "ROWS_LEAST", min(rows, 1 << 10))
    monkeypatch.setattr(build, "ROWS_MOST", rows)
    monkeypatch.setattr(build, "SAMPLE_LEAST", sample)


CASES = {
    "plain": ("y ~ x + z + C(g)", {}),
    "frequency weights": ("y ~ x + C(g)", {"weights": "w"}),
    "sampling weights": ("y ~ x + z", {"weights": "w", "weight_kind": "sampling"}),
    "clusters": ("y ~ x + z + C(g)", {"cluster": "cl"}),
    "offset": ("y ~ x", {"offset": "w"}),
    "aliased": ("y ~ x + z + sum", {}),
    "no intercept": ("y ~ 0 + x + C(g)", {}),
    "interaction": ("y ~ x * C(g) + np.log(w)", {}),
    "several outcomes": ("g ~ x + z", {"model": lk.Multinomial()}),
    "ordered": ("o ~ x", {"model": lk.Ordinal(order=["low", "mid", "top"])}),
    "probit": ("y ~ x", {"model": lk.Binary(link="probit")}),
    "a name in quotes": ("y ~ `odd name.s` + C(g)", {}),
    "separated": ("y ~ x + I(z > 100)", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fit_to_files_is_the_fit_in_memory(case, table, folder) -> None:
    formula, options = CASES[case]
    held, read = lk.fit(formula, table, **options), lk.fit(formula, folder, **options)
    one, other = held.tidy(), read.tidy()
    assert list(one["term"]) == list(other["term"])
    errors = one["std_error"].to_numpy()
    gap = np.abs(one["estimate"] - other["estimate"]) / np.where(errors > 0.0, errors, 1.0)
    assert np.nanmax(gap) < 1e-10
    np.testing.assert_allclose(other["std_error"], errors, rtol=1e-10)
    assert read.record.fingerprint == held.record.fingerprint
    assert read.record.counts == held.record.counts
    np.testing.assert_allclose(read.record.null_loglik, held.record.null_loglik, rtol=1e-12)


def test_the_bits_do_not_depend_on_how_rows_lie_in_files(table, tmp_path) -> None:
    fits = []
    for number, cuts in enumerate([(0, N), (0, 5, 700, N)]):
        place = tmp_path / str(number)
        place.mkdir()
        for k, (start, stop) in enumerate(pairwise(cuts)):
            table.iloc[start:stop].to_parquet(place / f"{k}.parquet", index=False)
        fits.append(lk.fit("y ~ x + z + C(g)", str(place)))
    assert np.array_equal(fits[0].record.coef, fits[1].record.coef)
    assert np.array_equal(fits[0].record.inner_vcov.array(), fits[1].record.inner_vcov.array())
