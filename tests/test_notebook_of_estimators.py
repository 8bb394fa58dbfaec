"""The notebook on scikit-learn: statsmodels and the optimality conditions agree, and the numbers of its words hold."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import statsmodels.formula.api as smf
from numpy.testing import assert_allclose
from sklearn.metrics import log_loss, roc_auc_score

from logitkit.datasets import load_credit_data
from notebook_runs import look_into

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look_into("17-estimators", tmp_path_factory.mktemp("estimators"), quick=False)


def test_the_formula_is_the_model_of_statsmodels_and_the_pipeline(seen: dict[str, Any]) -> None:
    rows = load_credit_data().dropna()
    rows["bad"] = (rows["Status"] == "bad").astype(int)
    test = rows.loc[seen["test"]]
    formula = "bad ~ Seniority + Time + Age + Income + Amount + Records + Job + Home"
    fit = smf.logit(formula, rows.drop(index=seen["test"])).fit(disp=0, method="newton", tol=1e-12)
    assert_allclose(pd.Series(seen["coef"])[fit.params.index], fit.params, rtol=1e-6)
    assert seen["apart"] < 1e-12
    assert_allclose(
        seen["passed"]["all rows at once"]["last step"], log_loss(test["bad"], fit.predict(test)), rtol=1e-6
    )
    assert roc_auc_score(test["bad"], fit.predict(test)) > 0.79


def test_a_grid_and_a_path_choose_the_same(seen: dict[str, Any]) -> None:
    grid, path = seen["chosen"]["grid"], seen["chosen"]["path"]
    assert grid["strength"] == path["strength"]
    assert round(path["strength"], 4) == 0.0024
    assert grid["terms kept"] == path["terms kept"] == 29
    held_out = "deviance of held-out rows"
    # A path stops at a gap of 1e-6, and predictions are known to about its root.
    assert grid[held_out] == pytest.approx(path[held_out], rel=1e-4)
    assert seen["faster"] > 1.5


def test_the_words_hold(seen: dict[str, Any]) -> None:
    scores = {name: round(value, 3) for name, value in seen["scores"].items()}
    assert scores == {"straight lines": 0.433, "a spline of income": 0.426, "scikit-learn, C = 1": 0.433}
    loss = {name: round(row["log loss"], 3) for name, row in seen["calibrated"].items()}
    assert loss == {"plain": 0.445, "balanced": 0.534, "balanced, calibrated": 0.444}
    assert round(seen["calibrated"]["balanced"]["mean prediction"], 2) == 0.42
    assert {round(row["AUC"], 3) for row in seen["calibrated"].values()} == {0.811}
    assert [round(weight, 2) for weight in seen["weights"]] == [0.25, 0.38, 0.37]
    members = {name: row for name, row in seen["stacked"].items() if name != "stack"}
    stack = seen["stacked"]["stack"]
    assert (round(stack["log loss"], 3), round(stack["AUC"], 3)) == (0.432, 0.825)
    assert round(min(row["log loss"] for row in members.values()), 3) == 0.444
    assert round(max(row["AUC"] for row in members.values()), 3) == 0.811
    one, five, whole = (seen["passed"][name] for name in ("one pass", "five", "all rows at once"))
    assert round(one["last step"] - whole["last step"], 3) == 0.005
    assert five["last step"] > one["last step"]
    assert 0.001 < one["average of steps"] - whole["average of steps"] < 0.002
    assert abs(five["average of steps"] - whole["average of steps"]) < 1e-4
    assert seen["images"] == 2
