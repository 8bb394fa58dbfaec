"""Updated fits: what they predict, print and save, from saved models, of weights and of several outcomes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit

import logitkit as lk
from logitkit.errors import UnsupportedError
from tolerances import ROUTE


def rows(seed, n, a=0.0, b=1.0):
    rng = np.random.default_rng(seed)
    x, z = rng.standard_normal((2, n))
    g = np.array(["u", "v", "w"])[rng.integers(0, 3, n)]
    eta = a + b * (x - 0.5 * z - 0.3) + 0.9 * (g == "w")
    k = np.argmax(np.column_stack([0 * eta, eta, 0.5 * x + a]) + rng.gumbel(size=(n, 3)), axis=1)
    y = (rng.random(n) < expit(eta)).astype(int)
    return {"y": y, "x": x, "z": z, "g": g, "k": np.array(["a", "b", "c"])[k], "w": 1.0 + np.arange(n) % 2}


NEW, TEST = rows(2, 300, a=0.6, b=0.7), rows(3, 150, a=0.6, b=0.7)


@pytest.fixture(scope="module")
def fit():
    return lk.logit("y ~ x + z", rows(1, 500))


@pytest.mark.parametrize("method", ["closed-test", "intercept", "slope", "revision", "prior", "extension"])
def test_every_update_predicts_and_is_diagnosed(fit, method):
    new = fit.update(NEW, method, extend="C(g)", strength=0.2 if method == "prior" else None, held_out=TEST)
    p = new.predict(TEST)
    assert_allclose(p, expit(new.predict_logit(TEST)), rtol=ROUTE)
    scores = new.to_frame().set_index("update").loc[new.chosen, ["brier", "slope", "in_the_large"]].astype(float)
    assert_allclose(np.mean((p - TEST["y"]) ** 2), scores["brier"], rtol=ROUTE)
    found = new.calibration(TEST)
    assert_allclose([found.brier, found.slope, found.intercept], scores, rtol=1e-6)
    assert new.chosen in (new.ladder.closed_test if method == "closed-test" else method)
    assert new.to_frame()["chosen"].sum() == 1


def test_a_saved_model_is_updated_as_the_fit_itself_and_updates_are_saved(fit, tmp_path):
    loaded = lk.load(fit.save(tmp_path / "old.json"))
    for method in ("slope", "revision", "prior"):
        one, other = (each.update(NEW, method, folds=2) for each in (fit, loaded))
        assert one.to_frame().equals(other.to_frame())
        again = lk.load(one.save(tmp_path / "new.json"))
        assert_allclose(again.predict(TEST), one.predict(TEST), rtol=ROUTE)


def test_an_extension_is_the_fit_with_the_logit_as_a_column(fit):
    new = fit.update(NEW, "extension", extend="C(g)")
    larger = lk.logit("y ~ old + C(g)", NEW | {"old": fit.predict_logit(NEW).to_numpy()})
    assert_allclose(new.model.to_frame()["estimate"], larger.coef, rtol=ROUTE)
    assert_allclose(new.model.to_frame()["std_error"], larger.std_error, rtol=1e-6)
    assert_allclose(new.predict(TEST), larger.predict(TEST | {"old": fit.predict_logit(TEST).to_numpy()}), rtol=ROUTE)
    against = lk.logit("y ~ old", NEW | {"old": fit.predict_logit(NEW).to_numpy()})
    wanted = 2 * (larger.loglik - against.loglik)
    assert_allclose(new.to_frame().set_index("update").loc["extension", "statistic"], wanted, rtol=1e-6)


def test_rows_with_a_missing_value_have_no_extended_prediction(fit):
    new = fit.update(NEW, "extension", extend="C(g)")
    gaps = {name: values[:4].copy() for name, values in TEST.items()}
    gaps["x"][1] = np.nan
    gaps["g"] = np.array(["u", "v", None, "w"], dtype=object)
    assert np.isnan(new.predict(gaps)).tolist() == [False, True, True, False]


def test_updates_may_be_repeated(fit):
    """After a prior the fit has a covariance again: the next rows are held at both."""
    second = fit.update(NEW, "prior", strength=1.0).model.update(TEST, "prior", strength=1.0)
    assert (second.model.std_error[1:] < fit.std_error[1:]).all()


def test_weights_count_rows():
    data, more = rows(1, 500), rows(2, 200, a=0.5)
    fit = lk.logit("y ~ x + z", data, weights="w")
    twice = {name: np.repeat(values, more["w"].astype(int)) for name, values in more.items()}
    twice["w"] = np.ones(len(twice["w"]))
    one, other = (fit.update(each, "prior", strength=0.3).to_frame() for each in (more, twice))
    columns = ["n_params", "loglik", "statistic"]
    assert_allclose(one[columns], other[columns], rtol=1e-6)


def test_several_outcomes_have_the_ladder():
    fit = lk.multinomial("k ~ x + z", rows(1, 600))
    new = fit.update(NEW, held_out=TEST)
    assert new.ladder.updates == ("original", "intercept", "slope", "revision")
    assert new.ladder.n_params.tolist() == [0, 2, 3, 6]
    refit = lk.multinomial("k ~ x + z", NEW)
    assert_allclose(new.ladder.loglik[3], refit.loglik, rtol=ROUTE)
    p = refit.predict(TEST).to_numpy()[np.arange(150), np.searchsorted(["a", "b", "c"], TEST["k"])]
    assert_allclose(new.ladder.held_out[3, 0], -np.log(p).mean(), rtol=ROUTE)
    assert np.isnan(new.ladder.held_out[:, 2:]).all()
    assert new.ladder.dof[:3].tolist() == [6, 4, 3]  # nested in the revision
    with pytest.raises(UnsupportedError, match="several"):
        fit.update(NEW, "extension", extend="g")


def test_a_ready_matrix_is_updated_too(fit):
    def matrix(data):
        return np.column_stack([np.ones(len(data["x"])), data["x"], data["z"]])

    bare = lk.logit_matrix(matrix(rows(1, 500)), rows(1, 500)["y"], ["Intercept", "x", "z"])
    one = bare.on(matrix(NEW), y=NEW["y"]).update("prior", folds=2)
    assert_allclose(one.model.coef, fit.update(NEW, "prior", folds=2).model.coef, rtol=1e-6)


def test_it_prints_the_ladder(fit):
    text = str(fit.update(NEW, "prior", extend="C(g)", held_out=TEST, folds=2))
    for words in ("Updates of a model", "Intercept and slope", "Prior at the original", "Extension", "Closed test"):
        assert words in text
    for words in ("Strength of the prior", "2 folds", "In the rows held out", "In the large"):
        assert words in text


def test_a_prior_is_refused_beside_clusters_and_sampling_weights():
    data = rows(1, 300)
    fit = lk.logit("y ~ x + z", data, weights="w", weight_kind="sampling")
    with pytest.raises(UnsupportedError, match="likelihoods"):
        fit.update(NEW, "prior")
    assert fit.update(NEW).ladder.by_distance


@pytest.mark.parametrize(
    "kind",
    [{"link": "probit"}, {"offset": "w"}, {"formula": "y ~ 0 + x + z"}],
    ids=["probit", "offset", "no intercept"],
)
def test_a_revision_that_holds_no_recalibrations_is_no_rung_of_the_test(kind):
    how = {"formula": "y ~ x + z"} | kind
    fit = lk.logit(how.pop("formula"), rows(1, 500), **how)
    table = fit.update(NEW).to_frame().set_index("update")
    assert table.index.tolist() == ["original", "intercept", "slope", "revision"]
    assert table["against"].tolist() == ["slope", "slope", "", ""]
    assert fit.update(NEW, "revision").chosen == "revision"
    assert fit.recalibrate(NEW, method="closed").test.updates == ("none", "intercept", "logistic")


def test_of_ordered_outcomes_the_revision_is_not_tested_either():
    data, new = ({**each, "k": (each["k"] == "b") * 1 + (each["k"] == "c") * 2} for each in (rows(1, 500), NEW))
    table = lk.ordinal("k ~ x + z", data).update(new).to_frame().set_index("update")
    assert table.loc["revision"].isna()["p_value"]
    assert table.loc["original", "against"] == "slope"
