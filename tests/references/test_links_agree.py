"""Stored fits of binary links against the likelihood of our own loops, and against printed figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import gammaln, xlogy

from logitkit.datasets import load_lbw
from logitkit.models.links import LINKS
from logitkit.numerics.kernels.links import link_rows
from references.load import load_fixture, load_table
from tolerances import REFERENCE

STORED = load_table("links/glm")
FITS: dict[str, dict[str, Any]] = STORED["fits"]


def table_of(fit: dict[str, Any]) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The rows of a fit, the proportion of events, and the number of trials."""
    if fit["data"] == "beetles":
        frame = pd.DataFrame(STORED["tables"]["beetles"])[: len(fit["fitted"])]
        return frame, (frame["killed"] / frame["beetles"]).to_numpy(), frame["beetles"].to_numpy(dtype=float)
    frame = load_fixture("spector") if "spector" in fit["data"] else load_lbw()
    return frame, frame["GRADE" if "spector" in fit["data"] else "low"].to_numpy(dtype=float), np.ones(len(frame))


def columns(names: list[str], frame: pd.DataFrame) -> np.ndarray:
    """The columns that R names, an intercept, a number or the indicator of a race."""
    made = []
    for name in names:
        if name == "(Intercept)":
            made.append(np.ones(len(frame)))
        elif name.startswith("race"):
            made.append((frame["race"].astype(str) == name[4:]).to_numpy(dtype=float))
        else:
            made.append(frame[name].to_numpy(dtype=float))
    return np.column_stack(made)


@pytest.mark.parametrize("name", FITS)
def test_the_likelihood_has_its_maximum_there(name: str) -> None:
    fit = FITS[name]
    frame, y, trials = table_of(fit)
    X, link = columns(fit["names_r"], frame), LINKS[fit["link"]]
    slope, curvature = np.empty(len(y)), np.empty(len(y))
    eta = X @ fit["coef"]
    information = {}
    for expected in (True, False):
        value, *_ = link_rows(link.code, expected, eta, y, trials, slope, curvature)
        information[expected] = X.T @ (curvature[:, None] * X)
    gradient = X.T @ slope
    assert gradient @ np.linalg.solve(information[True], gradient) < 1e-16
    error = fit["std_error"]
    scale = np.outer(error, error)
    assert_allclose(np.linalg.inv(information[True]) / scale, fit["vcov"] / scale, atol=REFERENCE)
    assert_allclose(np.linalg.inv(information[False]) / scale, fit["vcov_observed"] / scale, atol=REFERENCE)
    events = np.rint(trials * y)
    constant = np.sum(gammaln(trials + 1) - gammaln(events + 1) - gammaln(trials - events + 1))
    assert_allclose(constant - value, fit["loglik"], rtol=REFERENCE)
    saturated = np.sum(trials * (xlogy(y, y) + xlogy(1 - y, 1 - y)))
    assert_allclose(2 * (value + saturated), fit["deviance"], rtol=REFERENCE)
    assert_allclose(link.inverse(eta), fit["fitted"], rtol=REFERENCE)
    mean = fit["fitted"]
    assert_allclose(np.sum(trials * (y - mean) ** 2 / (mean * (1 - mean))), fit["pearson_chi2"], rtol=REFERENCE)


@pytest.mark.parametrize("name", FITS)
def test_predictions(name: str) -> None:
    fit = FITS[name]
    new, link = fit["new"], LINKS[fit["link"]]
    N = columns(fit["names_r"], pd.DataFrame(new["data"]))
    eta = N @ fit["coef"]
    assert_allclose(eta, new["link"], rtol=REFERENCE)
    assert_allclose(link.inverse(eta), new["response"], rtol=REFERENCE)
    error = np.sqrt(np.einsum("ij,jk,ik->i", N, fit["vcov"], N))
    assert_allclose(error, new["link_se"], rtol=REFERENCE)
    density = link.log_odds_slope(eta) * link.inverse(eta) * link.complement(eta)
    assert_allclose(density * error, new["response_se"], rtol=REFERENCE)


def test_a_maximum_with_a_mean_of_one() -> None:
    limit = STORED["boundary"]
    frame, y, trials = table_of(limit)
    X, log = columns(limit["names_r"], frame), LINKS["log"]
    eta = X @ limit["coef"]
    assert_allclose(eta[limit["rows"]], 0.0, atol=1e-12)
    assert_allclose(log.inverse(np.minimum(eta, 0.0)), limit["fitted"], rtol=REFERENCE)
    slope, curvature = np.empty(8), np.empty(8)
    # A step inside: the loss of the other rows is that of the limit, and the multiplier of the last row is positive.
    inside = np.where(np.arange(8) == 7, -1e-12, eta)
    value, *_ = link_rows(log.code, False, inside, y, trials, slope, curvature)
    events = np.rint(trials * y)
    constant = np.sum(gammaln(trials + 1) - gammaln(events + 1) - gammaln(trials - events + 1))
    assert_allclose(constant - value, limit["loglik"], rtol=REFERENCE)
    gradient = X.T @ slope
    assert_allclose(-gradient, limit["multiplier"] * X[7], rtol=1e-6)  # slopes of some hundreds cancel
    assert limit["multiplier"] > 0.0


def test_printed_figures() -> None:
    # Dobson, A. J. (1990) An Introduction to Generalized Linear Models, table 8.4: beetles of Bliss (1935),
    # printed to two decimals.
    assert_allclose(FITS["beetles_cloglog"]["coef"], [-39.57, 22.04], atol=0.005)
    assert_allclose(
        [FITS[f"beetles_{link}"]["deviance"] for link in ("logit", "probit", "cloglog")],
        [11.23, 10.12, 3.45],
        atol=0.005,
    )
    # Greene, W. H. (2003) Econometric Analysis, 5th edition, table 21.1; its errors, as those of Stata's probit, are by
    # the observed information.
    probit = FITS["spector_probit"]
    assert_allclose(probit["coef"], [-7.452, 1.626, 0.052, 1.426], atol=5e-4)
    assert_allclose(np.sqrt(np.diag(probit["vcov_observed"])), [2.542, 0.694, 0.084, 0.595], atol=5e-4)
    assert_allclose(probit["loglik"], -12.818804, atol=5e-7)
