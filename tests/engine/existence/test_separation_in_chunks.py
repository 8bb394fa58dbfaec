"""Separation of rows read in chunks: found, described and fitted as in memory, without a number per row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import linprog

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.design.chunks.stream import Stream
from logitkit.engine.existence import passes
from logitkit.engine.existence.margins import margins_of
from logitkit.engine.fit import columns_of
from logitkit.engine.rank import scaled_coordinates

N = 400


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"x": rng.normal(size=N), "z": rng.normal(size=N), "g": rng.choice(list("abcde"), N)})
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(-data["x"]))).astype(int)
    data["whole"] = (data["x"] + 0.5 * data["z"] > 0.2).astype(int)
    data["quasi"] = np.where(data["g"] == "c", 1, data["y"])
    data["touching"] = np.where(data["z"].round(1) == 0.0, data["y"], (data["z"] > 0.0).astype(int))
    data["three"] = rng.choice(["p", "q", "r"], N)
    data.loc[data["g"] == "d", "three"] = "r"
    latent = data["x"] + rng.logistic(size=N)
    data["low"] = np.where(data["g"] == "a", "1", np.where(latent < -1.0, "1", np.where(latent < 1.0, "2", "3")))
    data["w"] = rng.integers(0, 3, N).astype(float)
    data["double"] = 2.0 * data["x"] - data["z"]
    return data


@pytest.fixture(scope="module")
def file(table, tmp_path_factory) -> str:
    place = tmp_path_factory.mktemp("rows") / "rows.parquet"
    table.to_parquet(place, index=False)
    return str(place)


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """Chunks of 97 rows, of which no number per row may be gathered."""
    monkeypatch.setattr(build, "ROWS_LEAST", 97)
    monkeypatch.setattr(build, "ROWS_MOST", 97)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 150)

    def refused(stream: Stream, numbers: int, what: str) -> None:
        raise AssertionError(f"{what}: {numbers} numbers of {stream.n_rows} rows")

    monkeypatch.setattr(Stream, "require_room", refused)


CASES = {
    "complete": ("whole ~ x + z", {}),
    "a level": ("quasi ~ x + C(g)", {}),
    "a level, weighted": ("quasi ~ x + C(g)", {"weights": "w"}),
    "touching": ("touching ~ I(z.round(1)) + x", {}),
    "aliased": ("quasi ~ C(g) + x + z + double", {}),
    "several outcomes": ("three ~ x + C(g)", {"model": lk.Multinomial()}),
    "ordered": ("low ~ x + C(g)", {"model": lk.Ordinal(order=["1", "2", "3"])}),
    "not separated": ("y ~ x + z + double", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_limit_is_that_of_rows_held(case, table, file) -> None:
    formula, options = CASES[case]
    held, read = lk.fit(formula, table, **options), lk.fit(formula, file, memory="10MB", **options)
    one, other = held.record.limit, read.record.limit
    assert (other.n_rows, other.dimension) == (one.n_rows, one.dimension)
    assert read.record.status == held.record.status
    assert read.record.is_separated == (case != "not separated")
    np.testing.assert_array_equal(other.signs, one.signs)
    shown, again = held.tidy(), read.tidy()
    assert list(again["term"]) == list(shown["term"])
    assert_allclose(again["estimate"], shown["estimate"], rtol=1e-9, atol=1e-9)
    assert_allclose(again["std_error"], shown["std_error"], rtol=1e-9)
    assert_allclose(read.record.loglik, held.record.loglik, rtol=1e-11)
    assert_allclose(read.record.null_loglik, held.record.null_loglik, rtol=1e-11)


def by_one_program(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The rows that some direction of recession moves, by one linear program that sees all of them.

    Slack s <= 1 of each row, so that every row that can move at all does: the cone is closed under sums.
    """
    signed = np.where(y == 1, 1.0, -1.0)[:, None] * X
    n, q = signed.shape
    found = linprog(
        np.r_[np.zeros(q), -np.ones(n)],
        A_ub=np.hstack([-signed, np.eye(n)]),
        b_ub=np.zeros(n),
        bounds=[(None, None)] * q + [(0.0, 1.0)] * n,
    )
    return found.x[q:] > 0.5


@pytest.mark.parametrize("case", ["complete", "a level", "touching"])
@pytest.mark.parametrize("most", [4096, 4], ids=["all constraints", "needed constraints"])
def test_the_rows_that_move_are_those_of_one_program(case, most, table, file, monkeypatch) -> None:
    monkeypatch.setattr(passes, "DISTINCT_MOST", most)
    formula, _ = CASES[case]
    held, read = lk.logit(formula, table), lk.logit(formula, file)
    expected = by_one_program(held.design.matrix.to_dense(), held.design.response.y)
    columns = columns_of(read.design, read.record.form, scaled_coordinates)
    separated = margins_of(read.design, read.record.form, columns).separation()
    assert separated is not None
    told = [
        separated.moved.of(columns.matrix(part.matrix), passes.sides_of(part.response)) for part in read.design.chunks()
    ]
    np.testing.assert_array_equal(np.concatenate(told), expected)
    margins = np.where(held.design.response.y == 1, 1.0, -1.0) * (
        held.design.matrix.to_dense() @ columns.coef(separated.direction)
    )
    assert (margins[expected] > 0.0).all()  # the certificate
    assert_allclose(margins[~expected], 0.0, atol=1e-9)
    np.testing.assert_array_equal(read.record.limit.signs, held.record.limit.signs)
