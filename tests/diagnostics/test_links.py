"""Diagnostics of models of an event with other links: R's glm, and their formulas written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn import metrics

import logitkit as lk
from logitkit.models.links import LINKS
from references.load import load_fixture, load_table
from tolerances import EXACT, REFERENCE, ROUTE

STORED = load_table("links/glm")
NAMES = list(STORED["fits"])
FORMULA = "low ~ age + lwt + smoke"
OTHERS = ["probit", "cloglog", "loglog", "cauchit", "log"]


def fitted(name: str) -> tuple[dict[str, Any], lk.Fit]:
    stored = STORED["fits"][name]
    if stored["data"] == "beetles":
        data = pd.DataFrame(STORED["tables"]["beetles"])[: len(stored["fitted"])]
    else:
        data = load_fixture("spector") if "spector" in stored["data"] else lk.datasets.load_lbw()
    return stored, lk.fit(stored["formula"], data, model=lk.Binary(link=stored["link"]))


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module", params=OTHERS)
def fit(request: pytest.FixtureRequest, births: pd.DataFrame) -> lk.Fit:
    return lk.fit(FORMULA, births, model=lk.Binary(link=request.param))


@pytest.mark.parametrize("name", NAMES)
def test_residuals_and_influence_agree_with_r(name):
    stored, fit = fitted(name)
    for kind, expected in stored["residuals"].items():
        assert_allclose(fit.residuals(kind), expected, rtol=REFERENCE, atol=REFERENCE)
    found, h = fit.influence(), np.array(stored["leverage"])
    assert_allclose(found["leverage"], h, rtol=REFERENCE)
    # R's rstandard and cooks.distance of a glm without a scale.
    pearson, deviance = (np.array(stored["residuals"][kind]) for kind in ("pearson", "deviance"))
    assert_allclose(found["standardized_pearson"], pearson / np.sqrt(1 - h), rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(found["standardized_deviance"], deviance / np.sqrt(1 - h), rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(found["cooks_distance"], (pearson / (1 - h)) ** 2 * h / len(stored["coef"]), rtol=REFERENCE)


@pytest.mark.parametrize("name", NAMES)
def test_working_residuals_are_on_the_scale_of_the_linear_predictor(name):
    """(y - mu) over the derivative of mu by it, found by differences."""
    stored, fit = fitted(name)
    eta, link = np.array(stored["linear_predictor"]), LINKS[stored["link"]]
    step = 1e-6
    slope = (link.inverse(eta + step) - link.inverse(eta - step)) / (2 * step)
    # A central difference of step h is right to h^2, beside rounding over h.
    assert_allclose(fit.residuals("working"), fit.residuals("response") / slope, rtol=1e-6)


def test_goodness_is_the_table_of_its_groups(fit, births):
    found, p, y = fit.hosmer_lemeshow(), fit.predict().to_numpy(), births["low"].to_numpy()
    assert (found.dof, found.in_sample) == (8, True)
    statistic = 0.0
    for group in range(1, 11):
        inside = found.group == group
        n, events, expected = inside.sum(), y[inside].sum(), p[inside].sum()
        statistic += (events - expected) ** 2 / (expected * (1 - expected / n))
    assert_allclose(found.statistic, statistic, rtol=ROUTE)


def test_discrimination_and_classification_are_those_of_the_probabilities(fit, births):
    p, y = fit.predict(), births["low"]
    found = fit.discrimination()
    assert_allclose(found.auc, metrics.roc_auc_score(y, p), rtol=EXACT)
    said = (p.to_numpy()[:, None] >= found.thresholds - ROUTE).astype(float)
    assert_allclose(found.tpr, said[y == 1].mean(axis=0), rtol=EXACT)
    table = fit.classification(threshold=0.4)
    assert_allclose(table.confusion, metrics.confusion_matrix(y, p >= 0.4), rtol=EXACT)
    assert_allclose([table.brier, table.log_loss], [metrics.brier_score_loss(y, p), metrics.log_loss(y, p)], rtol=EXACT)


def test_calibration_is_of_the_log_odds_of_the_probabilities(fit, births):
    """Cox's intercept and slope are those of a logit model, whatever the link of what is judged."""
    p, y = fit.predict().to_numpy(), births["low"]
    found = fit.calibration()
    data = pd.DataFrame({"y": y, "l": np.log(p / (1 - p))})
    slope, level = lk.logit("y ~ l", data), lk.logit("y ~ 1", data, offset="l")
    assert_allclose(found.slope, slope.coef["l"], rtol=ROUTE)
    assert_allclose(found.slope_std_error, slope.std_error["l"], rtol=ROUTE)
    assert_allclose(found.intercept, level.coef["Intercept"], rtol=ROUTE, atol=ROUTE)
    assert_allclose([found.expected, found.brier], [p.sum(), np.mean((y - p) ** 2)], rtol=EXACT)


def test_collinearity_is_that_of_the_covariance(fit):
    inverse = np.linalg.inv(fit.vcov.iloc[1:, 1:])
    expected = np.diag(inverse) * np.diag(fit.vcov)[1:]
    assert_allclose(fit.collinearity()["gvif"], expected, rtol=ROUTE)


def test_the_mirrored_link_of_the_other_event(births):
    """Complementary log-log of one event is log-log of the other: residuals change their sign, influence stays."""
    one = lk.fit(FORMULA, births, model=lk.Binary(link="cloglog"))
    other = lk.fit(FORMULA, births.assign(low=1 - births["low"]), model=lk.Binary(link="loglog"))
    for kind in ("response", "pearson", "deviance", "working"):
        assert_allclose(other.residuals(kind), -one.residuals(kind), rtol=ROUTE)
    columns = ["leverage", "cooks_distance"]
    assert_allclose(other.influence()[columns], one.influence()[columns], rtol=ROUTE)
    assert_allclose(other.discrimination().auc, one.discrimination().auc, rtol=EXACT)
    assert_allclose(other.calibration().slope, one.calibration().slope, rtol=ROUTE)
