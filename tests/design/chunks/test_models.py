"""Every model and penalty is fitted to files in a few passes, with the digits of the fit in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.tolerances import ROUTE

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.errors import DataWarning

N = 6_000
F = "y ~ x0 + x1 + x2 + x3 + C(g)"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    data = pd.DataFrame({f"x{k}": rng.normal(loc=3.0 * k, size=N) for k in range(4)})
    data["g"] = rng.choice(list("abcd"), N)
    eta = 0.5 * data["x0"] - 0.7 + 0.4 * (data["g"] == "b")
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    latent = data["x0"] + rng.logistic(size=N)
    data["o"] = np.where(latent < -1.0, "low", np.where(latent < 1.0, "mid", "top"))
    data["fold"] = rng.integers(0, 3, N)
    return data


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory) -> str:
    place = tmp_path_factory.mktemp("rows")
    for number, (start, stop) in enumerate([(0, 1), (1, 2_501), (2_501, N)]):
        table.iloc[start:stop].to_parquet(place / f"part-{number}.parquet", index=False)
    return str(place)


@pytest.fixture(autouse=True)
def sizes(monkeypatch):
    monkeypatch.setattr(build, "ROWS_LEAST", 700)
    monkeypatch.setattr(build, "ROWS_MOST", 700)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 1_500)


#: The call, and the most passes that it may take, the learning pass counted.
CASES = {
    "cauchit": (F, {"model": lk.Binary(link="cauchit")}, 20),
    "log-log": (F, {"model": lk.Binary(link="cloglog")}, 12),
    "multinomial": ("o ~ x0 + x1", {"model": lk.Multinomial()}, 12),
    "ordinal": ("o ~ x0 + x1", {"model": lk.Ordinal(order=["low", "mid", "top"])}, 12),
    "Firth": (F, {"penalty": lk.Jeffreys()}, 30),
    "FLIC": (F, {"penalty": lk.Jeffreys(correction="FLIC")}, 36),
    "FLAC": (F, {"penalty": lk.Jeffreys(correction="FLAC")}, 36),
    "log-F": (F, {"penalty": lk.LogF(1)}, 24),
    "mean bias": (F, {"penalty": lk.MeanBias()}, 30),
    "median bias": (F, {"penalty": lk.MedianBias()}, 30),
    "Firth of ordered outcomes": (
        "o ~ x0",
        {"model": lk.Ordinal(order=["low", "mid", "top"]), "penalty": lk.Jeffreys()},
        30,
    ),
    "ridge": (F, {"penalty": lk.Ridge(0.05)}, 14),
    "lasso": (F, {"penalty": lk.Lasso(0.02)}, 20),
    "lasso that keeps": (F, {"penalty": lk.Lasso(0.02, keep=["x1", "x2"])}, 30),
    "elastic net": (F, {"penalty": lk.ElasticNet(0.02, 0.5)}, 24),
    "bounds": (F, {"penalty": lk.Bounds(lower=0.0)}, 24),
    "ridge within bounds": (F, {"penalty": lk.Ridge(0.05) + lk.Bounds(lower=0.0)}, 24),
    "lasso of several outcomes": ("o ~ x0 + x1 + x2", {"model": lk.Multinomial(), "penalty": lk.Lasso(0.02)}, 24),
}


@pytest.mark.parametrize("case", CASES)
def test_models_have_the_digits_of_the_fit_in_memory(case, table, folder) -> None:
    formula, options, most = CASES[case]
    held, read = lk.fit(formula, table, **options), lk.fit(formula, folder, **options)
    errors = np.sqrt(np.abs(np.diag(lk.fit(formula, table, **{**options, "penalty": None}).record.vcov)))
    scale = errors if errors.size == held.record.coef.size else np.full(held.record.coef.size, errors.min())
    assert np.abs((read.record.coef - held.record.coef) / scale).max() < 1e-10
    np.testing.assert_allclose(read.record.loglik, held.record.loglik, rtol=1e-13)
    np.testing.assert_allclose(read.record.std_error, held.record.std_error, rtol=1e-10)
    stream = read.design.stream
    assert stream is not None
    assert stream.passes.count <= most


def test_a_mean_of_one_is_found_in_few_passes(tmp_path) -> None:
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"x": rng.normal(size=320), "g": rng.choice(list("abc"), 320)})
    mean = np.exp(np.minimum(0.45 * data["x"] + 0.3 * (data["g"] == "b") - 0.8, 0.0))
    data["y"] = (rng.random(320) < mean).astype(int)
    data.to_parquet(tmp_path / "rows.parquet")
    fits, warned = [], []
    for given in (data, str(tmp_path)):
        with pytest.warns(DataWarning, match="fitted mean of") as found:
            fits.append(lk.logit("y ~ x + C(g)", given, link="log"))
        warned.append(str(found[0].message))
    held, read = fits
    assert warned[0] == warned[1]
    assert_allclose(read.coef, held.coef, rtol=ROUTE)
    assert_allclose(read.loglik, held.loglik, rtol=ROUTE)
    assert read.design.stream.passes.count <= 50
