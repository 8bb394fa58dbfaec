"""Units in words: the standard deviation and the interquartile range of the rows of a fit, by their weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.report.units import read_units
from tolerances import EXACT, ROUTE


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    return data.assign(times=data.index % 4, lwt=data["lwt"].where(data.index != 7))


def quartile(values: np.ndarray, part: float) -> float:
    """The first value at or below which there is so much, by counting."""
    return float(min(v for v in values if (values <= v).mean() >= part))


def test_words_are_the_numbers_of_the_rows_of_the_fit(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + lwt * smoke", births)
    used = births["lwt"].dropna().to_numpy()
    steps = {"sd": np.std(used, ddof=1), "iqr": quartile(used, 0.75) - quartile(used, 0.25)}
    for word, step in steps.items():
        found, given = fit.odds_ratios({"lwt": word}), fit.odds_ratios({"lwt": step})
        assert_allclose(found.to_numpy(float), given.to_numpy(float), rtol=ROUTE)
        assert_allclose(found.loc["lwt", "odds_ratio"], np.exp(step * fit.coef["lwt"]), rtol=ROUTE)
        assert found.loc["lwt:smoke", "unit"] == found.loc["lwt", "unit"]
    assert f"lwt (per {steps['sd']:.5g})" in str(fit.summary({"lwt": "sd"}))
    labels = [text.get_text() for text in fit.plot.forest({"lwt": "iqr"}).get_yticklabels()]
    assert f"lwt (per {steps['iqr']:g})" in labels
    at = fit.odds_ratios({"lwt": "sd"}, at={"smoke": [0, 1]}).query("variable == 'lwt'")
    assert_allclose(at["odds_ratio"].iloc[0], np.exp(steps["sd"] * fit.coef["lwt"]), rtol=ROUTE)


def test_a_row_of_weight_three_and_three_trials_are_three_rows(births: pd.DataFrame) -> None:
    whole = births.dropna()
    repeated = whole.loc[whole.index.repeat(whole["times"])]
    expected = lk.logit("low ~ lwt", repeated)
    weighted = lk.logit("low ~ lwt", whole, weights="times", weight_kind="frequency")
    counts = whole.assign(events=whole["low"] * whole["times"], none=(1 - whole["low"]) * whole["times"])
    grouped = lk.logit("cbind(events, none) ~ lwt", counts)
    for word, step in (
        ("sd", repeated["lwt"].std()),
        ("iqr", quartile(repeated["lwt"].to_numpy(), 0.75) - quartile(repeated["lwt"].to_numpy(), 0.25)),
    ):
        for fit in (expected, weighted, grouped):
            assert_allclose(fit.odds_ratios({"lwt": word}).loc["lwt", "unit"], step, rtol=EXACT)


@pytest.mark.parametrize("kind", ["sampling", "precision"])
def test_weights_that_sum_to_about_one_are_those_of_many_rows(births: pd.DataFrame, kind: str) -> None:
    whole = births.dropna()
    for total in (0.5, 1.0 + 2.0**-40, 1.25):  # n - 1 of the sum would be no number, next to 0, and a quarter
        data = whole.assign(v=total / len(whole))
        fit = lk.logit("low ~ lwt * smoke", data, weights="v", weight_kind=kind)
        step = whole["lwt"].std()
        assert_allclose(fit.odds_ratios({"lwt": "sd"}).loc["lwt", "unit"], step, rtol=EXACT)
        at = fit.odds_ratios({"lwt": "sd"}, at={"smoke": [0]}).query("variable == 'lwt'")
        assert_allclose(at["odds_ratio"].iloc[0], np.exp(step * fit.coef["lwt"]), rtol=ROUTE)


def test_rows_in_chunks_and_ready_matrices_have_them(births: pd.DataFrame, tmp_path: Path) -> None:
    whole = births.dropna()
    whole.to_csv(tmp_path / "births.csv", index=False)
    fit = lk.logit("low ~ lwt + age", whole)
    read = lk.logit("low ~ lwt + age", tmp_path / "births.csv", memory="10 MB")
    matrix = lk.logit_matrix(whole[["lwt", "age"]], whole["low"])
    units = {"lwt": "sd", "age": "iqr"}
    expected = fit.odds_ratios(units)[["unit", "odds_ratio"]].to_numpy()
    assert_allclose(read.odds_ratios(units)[["unit", "odds_ratio"]].to_numpy(), expected, rtol=ROUTE)
    assert_allclose(matrix.odds_ratios(units)["unit"], expected[:, 0], rtol=ROUTE)


def test_fits_side_by_side_have_one_number(births: pd.DataFrame) -> None:
    alone, both = (lk.logit(formula, births) for formula in ("low ~ age", "low ~ age + lwt"))
    deviation = births["age"].std()  # of all rows, of which the second fit lacks one
    table = lk.regression_table(alone, both, units={"age": "sd"}).to_frame()
    estimates = table.loc[table["term"].str.startswith("age"), "estimate"]
    assert_allclose(estimates, deviation * np.array([alone.coef["age"], both.coef["age"]]), rtol=ROUTE)
    labels = [text.get_text() for text in lk.plot_forest(both, alone, units={"age": "sd"}).get_yticklabels()]
    assert sum(label.startswith("age (per ") for label in labels) == 1


def test_words_that_have_no_number_are_refused(births: pd.DataFrame, tmp_path: Path) -> None:
    fit = lk.logit("low ~ age + smoke + lwt:ht", births)
    with pytest.raises(FormulaError, match="units names 'agee'"):
        fit.summary({"agee": "sd"})
    with pytest.raises(DataError, match=r"= 'std'; give a finite number other than 0, or 'sd' or 'iqr'"):
        fit.odds_ratios({"age": "std"})
    with pytest.raises(UnsupportedError, match=r"'lwt' in products alone"):
        fit.odds_ratios({"lwt": "sd"})
    with pytest.raises(DataError, match=r"the interquartile range of 'ht' is 0"):
        lk.logit("low ~ ht", births).odds_ratios({"ht": "iqr"})
    with pytest.raises(DataError, match=r"is of the rows of the fit, which this fit does not hold"):
        lk.load(fit.save(tmp_path / "fit.json")).odds_ratios({"age": "sd"})
    with pytest.raises(DataError, match=r"there are no rows of one fit here"):
        lk.logit_by("low ~ age", births, by="smoke").summary({"age": "sd"})
    assert read_units(["age=sd", "lwt=10"]) == {"age": "sd", "lwt": 10.0}
