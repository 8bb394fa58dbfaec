"""Rows in files of odd sizes, read in small chunks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from logitkit.design.chunks import build

SMALL = 320  # rows, in chunks of 64
CUTS = (0, 1, 70, 71, SMALL)


@pytest.fixture(scope="session")
def small() -> pd.DataFrame:
    """Rows of every kind of column: numbers, levels, outcomes, weights, clusters, an offset."""
    rng = np.random.default_rng(1616)
    x, g = rng.normal(size=SMALL), rng.choice(list("abc"), SMALL)
    data = pd.DataFrame({"x": x, "z": rng.normal(3.0, size=SMALL), "g": g})
    eta = 0.6 * x - 0.4 + 0.5 * (g == "b")
    data["y"] = (rng.random(SMALL) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    latent = x + rng.logistic(size=SMALL)
    data["o"] = np.where(latent < -1.0, "low", np.where(latent < 1.0, "mid", "top"))
    data["w"] = rng.integers(0, 4, SMALL).astype(float)
    data["v"] = rng.uniform(0.5, 2.0, SMALL)
    data["firm"] = rng.integers(0, 25, SMALL)
    data["year"] = rng.choice(["1999", "2000", "2001", "2002"], SMALL)
    data["shift"] = rng.normal(0.0, 0.2, SMALL)
    data["trials"] = rng.integers(1, 6, SMALL)
    data["events"] = rng.binomial(data["trials"], 1.0 / (1.0 + np.exp(-eta)))
    data["rest"] = data["trials"] - data["events"]
    data["month"] = rng.permutation(SMALL)  # last, so that what was drawn before is as it was
    data["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(data["month"], "D")
    data.loc[::40, "z"] = np.nan
    return data


@pytest.fixture(scope="session")
def files(small: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of the same rows in files of odd sizes."""
    place = tmp_path_factory.mktemp("small")
    for number, (start, stop) in enumerate(pairwise(CUTS)):
        small.iloc[start:stop].to_parquet(place / f"part-{number}.parquet", index=False)
    return str(place)


@pytest.fixture
def chunks_of_64(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of 64 rows, and a sample of a hundred."""
    for name, value in {"ROWS_LEAST": 64, "ROWS_MOST": 64, "SAMPLE_LEAST": 100}.items():
        monkeypatch.setattr(build, name, value)
