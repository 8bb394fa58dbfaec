"""Groups that are held out, folds, and random effects: against R (pROC, glm, metafor) and loops of fits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.validation.random_effects import random_effects
from tolerances import EXACT, REFERENCE, ROUTE

REFERENCE_FILE = Path(__file__).parents[2] / "references" / "validation" / "births.json"
FORMULA = "low ~ age + lwt + smoke + ht + ui"


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads(REFERENCE_FILE.read_text())


def test_each_race_is_predicted_as_by_glm_without_it(births: pd.DataFrame, reference: dict) -> None:
    found = lk.logit(FORMULA, births).validate("internal-external", by="race")
    for g, name in enumerate(found.groups):
        r = reference["heldout"]["groups"][name]
        assert (found.n_obs[g], found.events[g]) == (r["n"], r["events"])
        values = [r["logit_c"], np.log(r["oe"]), r["slope"], r["in_the_large"]]
        errors = [r["logit_c_error"], r["log_oe_error"], r["slope_error"], r["in_the_large_error"]]
        assert_allclose(found.scaled[g], values, rtol=1e-6)
        assert_allclose(found.scaled_error[g], errors, rtol=1e-6)
        assert_allclose(found.brier[g], r["brier"], rtol=REFERENCE)
    for place, key in enumerate(("logit_c", "log_oe", "slope", "in_the_large")):
        r, one = reference["heldout"][key], found.summaries[place]
        assert_allclose(
            [one.estimate, one.std_error, one.low, one.high, one.tau**2, one.predicted_low, one.predicted_high],
            [r[k] for k in ("estimate", "std_error", "low", "high", "tau2", "predict_low", "predict_high")],
            rtol=1e-5,
            atol=1e-8,
        )


def test_summaries_are_those_of_metafor(reference: dict) -> None:
    studies = reference["studies"]
    one, r = random_effects(np.array(studies["values"]), np.array(studies["errors"])), studies["pooled"]
    assert one.tau > 0.2
    assert_allclose(
        [one.estimate, one.std_error, one.low, one.high, one.tau**2, one.predicted_low, one.predicted_high],
        [r[k] for k in ("estimate", "std_error", "low", "high", "tau2", "predict_low", "predict_high")],
        rtol=REFERENCE,
    )
    assert np.isnan(random_effects(np.array([1.0]), np.array([0.1])).low)
    assert random_effects(np.array([np.nan]), np.array([0.1])).k == 0
    assert np.isnan(random_effects(np.array([1.0, 2.0]), np.array([0.1, 0.1])).predicted_low)


def test_folds_are_fits_without_them(births: pd.DataFrame) -> None:
    fit = lk.logit(FORMULA, births)
    fold = np.arange(len(births)) % 4
    found = fit.validate("cross-validation", by=lk.Folds(given=fold))
    eta, c, brier, weights = np.empty(len(births)), [], [], []
    for k in range(4):
        again = lk.logit(FORMULA, births[fold != k])
        eta[fold == k] = again.predict_logit(births[fold == k])
        part = again.on(births[fold == k])
        c.append(part.discrimination().auc)
        brier.append(part.calibration().brier)
        weights.append((fold == k).sum())
    names = found.names
    assert_allclose(found.test[names.index("c")], np.average(c, weights=weights), rtol=ROUTE)
    assert_allclose(found.test[names.index("brier")], np.average(brier, weights=weights), rtol=ROUTE)
    p, y = 1 / (1 + np.exp(-eta)), births["low"].to_numpy()
    assert_allclose(found.pooled[names.index("brier")], np.mean((y - p) ** 2), rtol=ROUTE)
    line = lk.logit("y ~ e", {"y": y, "e": eta})
    assert_allclose(found.pooled[names.index("slope")], line.coef["e"], rtol=1e-8)
    assert_allclose(found.corrected, found.test, rtol=EXACT)


def test_leave_one_out_has_pooled_measures(births: pd.DataFrame) -> None:
    rows = births.iloc[::3].head(60)
    found = lk.logit("low ~ age + lwt", rows).validate("cross-validation", by=lk.Folds(given=np.arange(60)))
    assert found.n == 60
    assert np.isfinite(found.pooled).all()
    assert np.isnan(found.test[found.names.index("c")])


def test_clusters_are_never_divided(births: pd.DataFrame) -> None:
    rows = births.assign(clinic=np.arange(len(births)) // 9)
    fit = lk.logit(FORMULA, rows, cluster="clinic")
    found = fit.validate("cross-validation", n=5)
    given = fit.validate("cross-validation", by=lk.Folds(5, groups="clinic"))
    assert_allclose(found.test, given.test, rtol=EXACT)
    assert fit.validate(n=5, seed=1).unit == "clusters"


def test_periods_are_predicted_from_those_before(births: pd.DataFrame) -> None:
    rows = births.sample(frac=1.0, random_state=1).reset_index(drop=True).assign(year=np.arange(189) // 20)
    found = lk.logit("low ~ lwt + smoke", rows).validate("internal-external", by=lk.Folds(3, time="year"))
    assert len(found.groups) == 3
    first = rows["year"] >= 7
    again = lk.logit("low ~ lwt + smoke", rows[~first])
    last = again.on(rows[first]).discrimination().auc
    assert_allclose(found.shown(found.scaled[2, 0], 0), last, rtol=ROUTE)


def test_groups_that_cannot_be_held_out_are_refused(births: pd.DataFrame) -> None:
    fit = lk.logit(FORMULA, births)
    with pytest.raises(DataError, match="by= is missing"):
        fit.validate("internal-external")
    with pytest.raises(DataError, match="one value"):
        fit.validate("internal-external", by=np.ones(len(births)))
    with pytest.raises(DataError, match="missing in 1"):
        fit.validate("internal-external", by=np.r_[np.nan, np.ones(len(births) - 1)])
    with pytest.raises(DataError, match="n and seed"):
        fit.validate("internal-external", by="race", n=3)
    with pytest.raises(DataError, match="no coefficient"):
        lk.logit("low ~ race", births).validate("internal-external", by="race")
    with pytest.raises(UnsupportedError, match="two outcomes"):
        lk.multinomial("race ~ age", births).validate("internal-external", by="low")
    with pytest.raises(DataError, match="which says how rows"):
        fit.validate("cross-validation", by="race")
    with pytest.raises(DataError, match="by= says"):
        fit.validate("cross-validation", by=lk.Folds(3), n=3)


def test_groups_of_one_outcome_and_weights_that_are_no_counts_are_told(births: pd.DataFrame) -> None:
    rows = births.assign(g=np.where(births.index < 10, "pure", np.where(births.index % 2, "odd", "even")))
    rows.loc[rows.index < 10, "low"] = 0
    found = lk.logit("low ~ lwt + smoke", rows).validate("internal-external", by="g")
    assert "pure" in str(found)
    assert "Without some of the measures" in str(found)
    weighted = lk.logit("low ~ lwt", rows, weights=np.full(189, 0.5), weight_kind="precision")
    found = weighted.validate("internal-external", by="g")
    assert "not counts" in str(found)
    assert found.summaries[0].k == 0


def test_figures_have_what_they_draw(births: pd.DataFrame) -> None:
    fit = lk.logit(FORMULA, births)
    groups = fit.validate("internal-external", by="race")
    labels = [text.get_text() for text in groups.plot("slope").get_yticklabels()]
    assert labels == ["white (96)", "black (26)", "other (67)", "mean", "another group"]
    with pytest.raises(DataError, match="measure"):
        groups.plot("auc")
    found = fit.validate(n=20, seed=1)
    assert next(text.get_text() for text in found.plot().get_yticklabels()) == "c (AUC)"
    assert "fit" in found.plot_stability().get_xlabel()
    cross = fit.validate("cross-validation", n=3, seed=1)
    with pytest.raises(UnsupportedError, match="resamples"):
        cross.plot_stability()
    assert len(groups.tidy()) == 4 * 5
    assert set(found.replicates().columns) == {"replicate", "measure", "training", "test", "out"}
