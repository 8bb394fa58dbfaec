"""The notebook on German credit: what it says of the groups, by counting, and what its words say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.datasets import load_german_credit
from notebook_runs import look_into
from tolerances import EXACT, REFERENCE

YOUNG, OLDER = "25 or younger", "older than 25"


@pytest.fixture(scope="module", params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["quick", "whole"])
def seen(request: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look_into("07-german-credit", tmp_path_factory.mktemp("fairness"), request.param)


def test_measures_of_the_groups_are_counts(seen: dict[str, Any]) -> None:
    loans = load_german_credit()
    young, bad = (loans["age"] <= 25).to_numpy(), (loans["class"] == "bad").to_numpy()
    approved, probability = np.array(seen["points"]) >= 510, np.array(seen["probability"])
    found = seen["blind"]
    rates = {YOUNG: approved[young].mean(), OLDER: approved[~young].mean()}
    assert_allclose([found[name]["approval_rate"] for name in rates], list(rates.values()), rtol=EXACT)
    assert_allclose(found[YOUNG]["impact_ratio"], rates[YOUNG] / rates[OLDER], rtol=EXACT)
    opportunity = approved[young & ~bad].mean() - approved[~young & ~bad].mean()
    assert_allclose(found[YOUNG]["opportunity"], opportunity, rtol=REFERENCE)
    assert_allclose(found[YOUNG]["calibration"], bad[young].sum() / probability[young].sum(), rtol=REFERENCE)
    # The card is a fit by maximum likelihood with an intercept: it expects as many bads as there are.
    assert_allclose(probability.sum(), 300, rtol=REFERENCE)
    difference = np.array(seen["points"])[young].mean() - np.array(seen["points"])[~young].mean()
    assert_allclose(sum(seen["parts"].values()), difference, rtol=REFERENCE)


def test_the_words_hold(seen: dict[str, Any]) -> None:
    blind, with_age = seen["blind"][YOUNG], seen["with_age"][YOUNG]
    assert not {"age", "personal_status", "foreign_worker"} & set(seen["names"])
    assert 0.8 < blind["impact_ratio"] < 0.85
    assert with_age["impact_ratio"] < 0.65
    assert blind["calibration"] > 1.1 > with_age["calibration"]
    assert with_age["opportunity"] < blind["opportunity"] < 0
    assert 0 < seen["ginis"]["with"] - seen["ginis"]["without"] < 0.01
    lowest = sorted(seen["parts"], key=lambda name: seen["parts"][name])
    assert lowest[:2] == ["checking_status", "employment"]
    assert set(lowest[2:5]) == {"housing", "credit_history", "savings_status"}
    assert seen["images"] == 1
