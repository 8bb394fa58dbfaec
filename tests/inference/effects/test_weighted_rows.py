"""How rows count in averages: by frequency weights as if written out, by trials, and not by weights of a dispersion."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit

import logitkit as lk
from logitkit.errors import DataError
from logitkit.results.fit import Fit


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 60
    table = pd.DataFrame(
        {"x": rng.normal(size=n).round(2), "g": rng.choice(list("abc"), n), "m": rng.integers(2, 30, n)}
    )
    events = rng.binomial(table["m"], expit(0.6 * table["x"] + rng.normal(size=n)))
    return table.assign(good=events, bad=table["m"] - events, part=np.where(np.arange(n) < 5, None, table["g"]))


@pytest.fixture(scope="module")
def grouped(counts: pd.DataFrame) -> Fit:
    return lk.logit("cbind(good, bad) ~ x * g", counts)


@pytest.fixture(scope="module")
def written_out(counts: pd.DataFrame) -> Fit:
    parts = [counts.loc[counts.index.repeat(counts[name])].assign(y=int(name == "good")) for name in ("good", "bad")]
    return lk.logit("y ~ x * g", pd.concat(parts).reset_index(names="row"), cluster="row")


ASKED = {
    "effects": lambda fit: fit.effects(),
    "by group": lambda fit: fit.effects("x", by="g"),
    "by a column with missing values": lambda fit: fit.effects("x", by="part"),
    "at the mean": lambda fit: fit.effects("x", at="mean"),
    "at the median": lambda fit: fit.effects("g", at={"x": "median"}),
    "interquartile change": lambda fit: fit.effects("x", change="iqr"),
    "contrast": lambda fit: fit.contrast({"g": "a"}, {"g": "b"}),
    "average predictions": lambda fit: fit.average_predictions("g"),
    "means": lambda fit: fit.means("g", weights="proportional"),
}


@pytest.mark.parametrize("name", ASKED)
def test_rows_of_counts_count_as_their_trials(grouped: Fit, written_out: Fit, name: str) -> None:
    found, expected = (_estimates(ASKED[name](fit)) for fit in (grouped, written_out))
    assert_allclose(found, expected, rtol=1e-7)


def test_a_row_of_counts_was_drawn_as_one(grouped: Fit, written_out: Fit) -> None:
    """Its trials were not drawn one by one, nor are they copies of the row."""
    found, expected = (fit.effects(rows="sampled").to_frame()["std_error"] for fit in (grouped, written_out))
    assert_allclose(found, expected, rtol=1e-7)


def test_weights_of_a_dispersion_weigh_no_average(counts: pd.DataFrame) -> None:
    fit = lk.logit("cbind(good, bad) ~ x", counts, dispersion="williams")
    p = fit.predict()
    slope = np.average(p * (1.0 - p), weights=counts["m"]) * fit.coef["x"]
    found = fit.effects("x")
    assert_allclose(found.numbers.value, [slope], rtol=1e-9)
    assert f"Rows are weighted by their trials ({counts['m'].sum():,} in all)." in str(found)


@pytest.mark.parametrize("name", ["at the mean", "at the median", "average predictions"])
def test_frequency_weights_are_rows_written_out(name: str) -> None:
    births = (
        lk.datasets.load_lbw().rename(columns={"age": "x", "race": "g"}).assign(w=lambda table: 1 + table["id"] % 4)
    )
    weighted = lk.logit("low ~ x * g", births, weights="w")
    plain = lk.logit("low ~ x * g", births.loc[births.index.repeat(births["w"])].reset_index(drop=True))
    assert_allclose(*(_estimates(ASKED[name](fit)) for fit in (weighted, plain)), rtol=1e-7)


def _estimates(found: Any) -> pd.Series:
    return (found if isinstance(found, pd.DataFrame) else found.to_frame())["estimate"]


def test_rows_given_again_count_alike_and_were_drawn_by_themselves(counts: pd.DataFrame, grouped: Fit) -> None:
    """A table may have no counts, so that those in it are not looked at."""
    found = grouped.effects("x", counts, rows="sampled")
    assert "Rows of data= count alike, whatever their trials" in str(found).replace("\n", " ")
    assert "rows of data= as an independent sample" in str(found).replace("\n", " ")
    weighed = grouped.on(counts, weights="m").effects("x")
    assert_allclose(weighed.numbers.value, grouped.effects("x").numbers.value, rtol=1e-9)


def test_groups_that_are_missing_are_no_drawn_rows(grouped: Fit) -> None:
    for asked in ({"rows": "sampled"}, {"method": "bootstrap", "n": 10}):
        with pytest.raises(DataError, match=r"by= \(part\) is missing in 5 rows"):
            grouped.effects("x", by="part", **asked)
