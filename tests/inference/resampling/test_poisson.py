"""The Poisson bootstrap: the same draws however rows are read, and refits of many replicates in one set of passes."""

from __future__ import annotations

import math
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.errors import UnsupportedError
from logitkit.inference.resampling.poisson import poisson_counts

N, MASK = 3_000, (1 << 64) - 1


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"x": rng.normal(size=N), "g": rng.choice(list("abc"), N), "w": rng.integers(1, 4, N)})
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(-0.5 * data["x"]))).astype(int)
    data["o"] = np.where(rng.random(N) < 0.3, "c", np.where(data["y"] == 1, "a", "b"))
    data["cl"] = rng.integers(0, 50, N)
    data.loc[::40, "x"] = np.nan
    return data


def read(table, place, cuts) -> str:
    place.mkdir()
    for number, (start, stop) in enumerate(zip((0, *cuts), (*cuts, N), strict=True)):
        table.iloc[start:stop].to_parquet(place / f"{number}.parquet", index=False)
    return str(place)


@pytest.fixture(autouse=True)
def sizes(monkeypatch):
    monkeypatch.setattr(build, "ROWS_LEAST", 300)
    monkeypatch.setattr(build, "ROWS_MOST", 300)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 700)


def by_hand(seed: int, number: int, place: int) -> float:
    """Return the uniform number of a row, in whole numbers of Python."""

    def turn(z: int) -> int:
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        return z ^ (z >> 31)

    key = int.from_bytes(sha256(f"{seed} {number}".encode()).digest()[:8], "little")
    once = turn((place + 1) * 0x9E3779B97F4A7C15 & MASK)
    return (turn((once ^ key) + 0x9E3779B97F4A7C15 & MASK) >> 11) / 2**53


def test_counts_are_the_quantiles_of_hashed_numbers() -> None:
    uniforms = [by_hand(7, 2, place) for place in range(200)]
    below = np.cumsum([math.exp(-1.0) / math.factorial(k) for k in range(20)])
    expected = [int((below <= uniform).sum()) for uniform in uniforms]
    assert poisson_counts(7, 2, np.arange(200)).tolist() == expected
    of_three = np.cumsum([math.exp(-3.0) * 3.0**k / math.factorial(k) for k in range(40)])
    found = poisson_counts(7, 2, np.arange(200), np.full(200, 3.0))
    assert found.tolist() == [int((of_three <= uniform).sum()) for uniform in uniforms]


def test_counts_are_poisson_and_apart_from_one_another() -> None:
    drawn = np.stack([poisson_counts(5, number, np.arange(20_000)) for number in range(10)])
    seen = np.array([(drawn == k).sum() for k in range(5)] + [(drawn >= 5).sum()])
    chance = np.array([math.exp(-1.0) / math.factorial(k) for k in range(5)])
    expected = drawn.size * np.append(chance, 1.0 - chance.sum())
    assert ((seen - expected) ** 2 / expected).sum() < 20.5  # the quantile of 0.999 with 5 degrees of freedom
    apart = np.corrcoef(np.vstack([drawn, np.roll(drawn[0], 1)]))
    assert np.abs(apart - np.eye(11)).max() < 4.5 / math.sqrt(20_000)


CASES = {
    "plain": ("y ~ x + C(g)", {}),
    "frequency weights": ("y ~ x + C(g)", {"weights": "w"}),
    "precision weights": ("y ~ x", {"weights": "w", "weight_kind": "precision"}),
    "probit": ("y ~ x", {"model": lk.Binary(link="probit")}),
    "several outcomes": ("o ~ x", {"model": lk.Multinomial()}),
}


@pytest.mark.parametrize("case", CASES)
def test_replicates_are_those_in_memory(case, table, tmp_path) -> None:
    formula, options = CASES[case]
    held = lk.fit(formula, table, **options).bootstrap(12, seed=3, kind="poisson")
    fit = lk.fit(formula, read(table, tmp_path / "rows", (1, 1_700)), **options)
    before = fit.design.stream.passes.count
    found = fit.bootstrap(12, seed=3)
    assert found.kind == "poisson"
    np.testing.assert_allclose(found.replicates, held.replicates, rtol=1e-9, atol=1e-10)
    assert found.n_unconverged == 0
    assert fit.design.stream.passes.count - before <= 12  # for all replicates together
    assert "Poisson bootstrap" in str(found)


def test_the_bits_do_not_depend_on_files_or_on_how_many_are_solved_side_by_side(table, tmp_path) -> None:
    one = lk.logit("y ~ x", read(table, tmp_path / "one", ()))
    other = lk.logit("y ~ x", read(table, tmp_path / "other", (5, 900, 901)))
    first, second = one.bootstrap(6, seed=1), other.bootstrap(6, seed=1)
    assert np.array_equal(first.replicates, second.replicates)
    object.__setattr__(other.design.stream, "memory", 1_000)  # room for one replicate at a time
    assert np.array_equal(other.bootstrap(6, seed=1).replicates, first.replicates)
    assert np.array_equal(one.bootstrap(3, seed=1).replicates, first.replicates[:3])


def test_errors_are_those_of_the_model_where_it_is_right(table, tmp_path) -> None:
    fit = lk.logit("y ~ x", read(table, tmp_path / "rows", ()))
    found = fit.bootstrap(100, seed=4)
    # 100 replicates tell a standard error to a fourteenth.
    np.testing.assert_allclose(found.std_error, fit.std_error, rtol=0.2)


def test_what_cannot_be_drawn_row_by_row_is_refused(table, tmp_path) -> None:
    place = read(table, tmp_path / "rows", ())
    with pytest.raises(UnsupportedError, match="resample clusters"):
        lk.logit("y ~ x", place, cluster="cl").bootstrap(5, seed=1, kind="poisson")
    with pytest.raises(UnsupportedError, match="without the reduction of bias"):
        lk.logit("y ~ x", place, penalty=lk.Jeffreys()).bootstrap(5, seed=1)
