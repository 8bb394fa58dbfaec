"""The case study of credit scoring: its numbers by counting and by statsmodels, and what its words say of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from notebook_runs import look_into
from tolerances import EXACT, REFERENCE


class Seen(NamedTuple):
    found: dict[str, Any]
    rows: dict[str, np.ndarray]
    quick: bool


@pytest.fixture(scope="module", params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["quick", "whole"])
def seen(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("scoring")
    found = look_into("02-credit-scoring", folder, request.param)
    with np.load(folder / "saved.npz") as saved:
        return Seen(found, dict(saved), request.param)


def test_windows_are_counted_and_the_status_looks_ahead(seen: Seen) -> None:
    first, second = seen.found["windows"].values()
    for period in (first, second):
        assert period["12 months"] < period["24 months"] < period["36 months"] < period["ever"]
    assert_allclose(first["24 months"], seen.rows["bad"].mean(), rtol=EXACT)
    assert_allclose(second["24 months"], seen.rows["bad_test"].mean(), rtol=EXACT)
    assert seen.found["looks_ahead"] > 0.9
    assert seen.found["refused"] == []
    # The leak: terms that are no whole years belong to loans that ended.
    assert seen.found["rates"][1] > 10 * seen.found["rates"][0]
    if not seen.quick:
        assert (first["loans"], second["loans"]) == (266_398, 238_512)
        assert round(first["24 months"], 4) == 0.0162
        assert round(second["24 months"], 4) == 0.0633


def test_weights_of_evidence_of_the_amount_are_those_of_counts(seen: Seen) -> None:
    amount, bad = seen.rows["amount"], seen.rows["bad"] == 1
    bins = np.searchsorted(seen.found["amount"]["cuts"], amount, side="right")
    p, q = (np.bincount(bins[rows]) / rows.sum() for rows in (bad, ~bad))
    assert_allclose(seen.found["amount"]["woe"][: len(p)], np.log(q / p), rtol=REFERENCE)
    assert_allclose(seen.found["values"]["gross_approved"]["in time"], ((q - p) * np.log(q / p)).sum(), rtol=REFERENCE)


def test_the_card_is_the_logistic_regression_of_statsmodels(seen: Seen) -> None:
    X = sm.add_constant(seen.rows["woe"])
    fit = sm.Logit(seen.rows["bad"], X).fit(disp=0, method="newton", tol=1e-12)
    assert_allclose(seen.found["coef"], fit.params, rtol=REFERENCE)
    assert (np.array(seen.found["coef"][1:]) < 0).all()
    if not seen.quick:
        assert seen.found["clustered"]["Intercept"] > 10


def test_gini_and_ks_are_those_of_ranks(seen: Seen) -> None:
    bad, points = seen.rows["bad_test"] == 1, seen.rows["points_test"]
    found = seen.found["ranks"]["out of time"]
    ranks = pd.Series(-points).rank().to_numpy()
    u = (ranks[bad].sum() - bad.sum() * (bad.sum() + 1) / 2) / (bad.sum() * (~bad).sum())
    assert_allclose(found["gini"], 2 * u - 1, rtol=REFERENCE)
    below = [np.searchsorted(np.sort(points[rows]), np.unique(points), "right") / rows.sum() for rows in (bad, ~bad)]
    assert_allclose(found["ks"], np.abs(below[0] - below[1]).max(), rtol=REFERENCE)
    assert found["gini_high"] < seen.found["ranks"]["in time"]["gini"]


def test_bands_are_counted_and_the_odds_lie_below_the_line(seen: Seen) -> None:
    bad, points = seen.rows["bad_test"] == 1, seen.rows["points_test"]
    bands = np.searchsorted(seen.found["cuts"], points[bad], side="right")
    assert np.bincount(bands, minlength=len(seen.found["cuts"]) + 1).tolist() == seen.found["bads"]
    # Good on the log odds of good that the points promise.
    promised = np.log(50) + (points - 600) * np.log(2) / 20
    fit = sm.Logit((~bad).astype(float), sm.add_constant(promised)).fit(disp=0, method="newton", tol=1e-12)
    slope, base = seen.found["line"]
    assert_allclose(slope, fit.params[1], rtol=REFERENCE)
    assert_allclose(base, 600 + 20 / np.log(2) * ((np.log(50) - fit.params[0]) / fit.params[1] - np.log(50)), rtol=1e-6)
    assert slope < 1
    assert base > 600


def test_the_monitor_says_what_the_text_says(seen: Seen) -> None:
    monitor = pd.DataFrame(seen.found["monitor"]).T
    assert list(monitor.index[[0, -1]]) == ["2007-10", "2010-12"]
    if seen.quick:
        return
    early, window = monitor["early, observed / expected"], monitor["window, observed / expected"]
    assert seen.found["alarms"] == {
        "PSI above 0.10": "2007-10",
        "PSI above 0.25": "2010-06",
        "PSI, p < 0.001": "2007-10",
        "early charge-offs, p < 0.001": "2008-05",
        "charge-offs in the window, p < 0.001": "2007-10",
    }
    assert [" ".join(row).replace("  ", " ") for row in seen.found["first"]] == [
        "mean score 2006-02",
        "CSI bank 2006-08",
        "CSI gross_approved 2007-02",
        "PSI 2007-04",
        "bad rate 2007-11",
        "Gini 2007-12",
        "CSI guaranteed 2009-08",
    ]
    assert early["2007-10":"2008-02"].max() < 2 < early["2008-05"]
    assert early["2008-07":"2008-09"].min() > 4.7 > window[:"2009-07"].max()
    assert monitor["psi"]["2008-06":"2008-09"].max() < 0.15 < monitor["psi"]["2007-10"]
    assert monitor["psi"]["2010-11":].min() > 0.25 > monitor["psi"][:"2010-05"].max()
    # Each variable's part of the change of the mean score, the bank and the amount first.
    assert list(seen.found["moved"])[:2] == ["bank", "gross_approved"]
    assert min(list(seen.found["moved"].values())[:2]) > 4
    assert seen.found["autumn"] > 2


def test_recalibration_follows_the_years_and_rejects_are_as_told(seen: Seen) -> None:
    if not seen.quick:
        levels = pd.DataFrame(seen.found["levels"]).T
        assert (levels["as the card has it"] < levels["recalibrated"]).all()
        ratio = levels["observed"] / levels["recalibrated"]
        assert ratio["October 2007"] > 4
        assert 0.8 < ratio["October 2009"] < 0.9
        by_card, by_bank = (
            pd.Series(seen.found["inferred"][rule]) / seen.found["truth"][rule] for rule in seen.found["inferred"]
        )
        assert 0.8 < by_card["none"] < 0.9
        assert by_bank["none"] < 0.66
        for found in (by_card, by_bank):
            assert abs(found["augmentation"] / found["none"] - 1) < 0.05
            assert found["best case"] < 1 < found["worst case"]
        assert by_card["parcelling, 1.5 times"] > 1.2
        assert 0.75 < by_bank["parcelling, 1.5 times"] < 0.85
    assert seen.found["query"] == [True, True]
    assert seen.found["images"] == 5
