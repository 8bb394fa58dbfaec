"""The notebook on belief in a model: its numbers again, and what its words say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from logitkit.datasets import load_lbw
from notebook_runs import look_into
from tolerances import REFERENCE


@pytest.fixture(scope="module", params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["quick", "whole"])
def seen(request: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look_into("07-believe-it", tmp_path_factory.mktemp("belief"), request.param)


@pytest.fixture(scope="module")
def columns() -> tuple[np.ndarray, np.ndarray]:
    births = load_lbw()
    levels = [(births["race"] == name).to_numpy(float) for name in ("black", "other")]
    X = np.column_stack([np.ones(len(births)), births["age"], births["lwt"], *levels, births["smoke"]])
    return births["low"].to_numpy(float), X.astype(float)


def test_coefficients_are_those_of_statsmodels(seen: dict[str, Any], columns: tuple[np.ndarray, np.ndarray]) -> None:
    y, X = columns
    assert_allclose(seen["coef"], sm.Logit(y, X).fit(disp=False, tol=1e-12).params, rtol=REFERENCE)


def test_what_the_words_say(seen: dict[str, Any], columns: tuple[np.ndarray, np.ndarray]) -> None:
    y, X = columns
    eta = X @ np.array(seen["coef"])
    pairs = eta[y == 1.0][:, None] - eta[y == 0.0]
    area = float(np.mean((pairs > 0.0) + 0.5 * (pairs == 0.0)))
    assert round(area, 2) == 0.68
    found = seen["numbers"]["discrimination"]["curves"]
    assert next(iter(found.values()))["auc"] == pytest.approx(area)
    corrected, slope = seen["corrected"]
    assert 0.1 < (area - corrected) / (area - 0.5) < 0.3  # about a fifth
    assert 0.7 < slope < 0.9
    small = [name for name, p in seen["p_values"].items() if p < 0.05]
    assert small == ["stukel"]  # one of many
    assert seen["fragile"][0] == 5


def test_the_rows_named_do_turn_the_interval(seen: dict[str, Any], columns: tuple[np.ndarray, np.ndarray]) -> None:
    y, X = columns
    named = seen["fragile"][1].partition("Rows in the set: ")[2].partition(".")[0]
    rest = np.setdiff1d(np.arange(y.size), [int(each) for each in named.split(",")])
    fits = [sm.Logit(y[rows], X[rows]).fit(disp=False) for rows in (np.arange(y.size), rest)]
    assert [float(fit.conf_int()[-1][0]) > 0.0 for fit in fits] == [True, False]


def test_table_figures_and_page_agree(seen: dict[str, Any]) -> None:
    assert seen["marks"] == ["crude", "adjusted"]
    assert {"age", "lwt", "race", "smoke", "Total points"} <= set(seen["scales"])
    assert f"{np.exp(seen['coef'][-1]):.2f}" in seen["table"]
    answers = {each["question"]: each["answer"] for each in seen["numbers"]["findings"]}
    assert "no" not in answers.values()
    assert answers["Is calibration on new rows right?"] == "not judged"
    validation = seen["numbers"]["validation"]
    assert validation["measures"][0]["key"] == "c"
    assert validation["corrected"][0] == pytest.approx(seen["corrected"][0], abs=0.02)  # other resamples
