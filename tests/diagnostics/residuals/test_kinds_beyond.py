"""Standardised, score, partial, quantile, surrogate and simulated residuals: R, printed values, and brute force."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import bdtr, expit, ndtr

import logitkit as lk
from logitkit.diagnostics.residuals.uniformity import distance_from_uniform, kolmogorov_p
from logitkit.errors import DataError, UnsupportedError
from tolerances import EXACT, REFERENCE, ROUTE

#: Values, distance, and the probability of one as large: scipy.stats.kstwo.sf.
KSTWO = [
    (1, 0.6, 0.8),
    (3, 0.4, 0.5946666666666665),
    (20, 0.15, 0.7044671549442872),
    (20, 0.3, 0.04306706665851623),
    (100, 0.09, 0.37063202558632835),
    (100, 0.2, 0.0005551927327988775),
    (800, 0.03, 0.458724381147686),
    (800, 0.05, 0.035390032458746834),
    (800, 0.075, 0.00023271153518854122),
]
KSTWO_5000 = 0.3636210691571471
ORDER = ["white", "black", "other"]


@pytest.fixture(scope="module")
def lbw():
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def made():
    """Rows of a model that holds, and of one that leaves out a curve."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=2_000)
    latent = rng.logistic(size=2_000)
    rows = pd.DataFrame({"x": x, "y": (latent < x - 0.5).astype(int), "curved": (latent < x * x - 1).astype(int)})
    return rows.assign(level=np.digitize(x + latent, [-1.0, 0.5, 2.0]))


def test_standardised_and_partial_agree_with_r():
    vaso = json.loads((Path(__file__).parents[2] / "references" / "diagnostics" / "vaso.json").read_text())
    fit = lk.logit("y ~ log(rate) + log(volume)", {name: vaso[name] for name in ("y", "rate", "volume")})
    for kind in ("pearson", "deviance"):
        assert_allclose(fit.residuals(f"standardized_{kind}"), vaso[f"standardized_{kind}"], rtol=REFERENCE, atol=1e-7)
    assert_allclose(fit.residuals("partial"), vaso["partial"], rtol=REFERENCE, atol=REFERENCE)


@pytest.mark.parametrize(
    "model",
    [
        lambda rows: lk.logit("low ~ age + C(race)", rows, weights="w"),
        lambda rows: lk.logit("low ~ age + lwt", rows, link="probit"),
        lambda rows: lk.multinomial("race ~ age + lwt", rows),
        lambda rows: lk.ordinal("race ~ age + lwt", rows, order=ORDER),
    ],
)
def test_scores_are_derivatives_and_sum_to_zero(lbw, model):
    fit = model(lbw.assign(w=1 + lbw["ptl"]))
    scores = fit.residuals("score")
    weights = (1 + lbw["ptl"]) if "w" in (fit.record.info.response.weights or "") else np.ones(len(lbw))
    assert_allclose(weights @ scores, 0.0, atol=1e-6)
    assert scores.columns.tolist() == list(fit.record.names)
    # The outer product of the scores is the middle of HC0.
    if fit.record.info.response.weights is None:
        bread = fit.record.model_vcov
        meat = scores.to_numpy().T @ scores.to_numpy()
        assert_allclose(bread @ meat @ bread, fit.robust("HC0").vcov, rtol=1e-7)


def test_quantile_residuals_lie_within_their_outcome(lbw):
    fit = lk.logit("low ~ age + lwt", lbw)
    p, y = fit.predict().to_numpy(), lbw["low"].to_numpy()
    u = ndtr(fit.residuals("quantile", seed=3))
    assert ((u > 1 - p) == (y == 1)).all()
    assert_allclose(fit.residuals("quantile", seed=3), fit.residuals("quantile", seed=3), rtol=EXACT)
    counts = lk.logit("cbind(y, n) ~ x", {"y": [0, 3, 5, 2], "n": [6, 2, 1, 4], "x": [0, 1, 2, 3]})
    u = ndtr(counts.residuals("quantile", seed=1))
    events, trials, p = np.array([0, 3, 5, 2]), np.array([6, 5, 6, 6]), counts.predict()
    assert (u >= np.where(events > 0, bdtr(np.maximum(events - 1.0, 0.0), trials, p), 0.0)).all()
    assert (u <= bdtr(events.astype(float), trials, p)).all()


def test_surrogate_residuals_are_the_latent_variable_between_its_thresholds(lbw):
    fit = lk.ordinal("race ~ age + lwt", lbw, order=ORDER)
    residual = fit.residuals("surrogate", seed=2).to_numpy()
    tau, slopes = fit.coef.to_numpy()[:2], fit.coef.to_numpy()[2:]
    mean = lbw[["age", "lwt"]].to_numpy() @ slopes
    cuts = np.concatenate([[-np.inf], tau, [np.inf]])
    code = lbw["race"].map({name: k for k, name in enumerate(ORDER)}).to_numpy()
    assert (cuts[code] - mean <= residual).all()
    assert (residual <= cuts[code + 1] - mean).all()
    # Of an event above zero, with the mean of Gumbel's distribution taken away.
    fit = lk.logit("low ~ age", lbw, link="cloglog")
    latent = fit.residuals("surrogate", seed=2) + np.euler_gamma + fit.predict_link()
    assert ((latent > 0) == (lbw["low"] == 1)).all()


@pytest.mark.parametrize("kind", ["quantile", "surrogate"])
def test_drawn_residuals_have_their_distribution_under_the_model(made, kind):
    law = ndtr if kind == "quantile" else expit
    for fit in (lk.logit("y ~ x", made), lk.ordinal("level ~ x", made)):
        u = law(fit.residuals(kind, seed=1).to_numpy())
        assert kolmogorov_p(distance_from_uniform(u), u.size) > 0.05
    off = lk.logit("curved ~ x", made).residuals(kind, seed=1)
    assert abs(np.corrcoef(off, made["x"] ** 2)[0, 1]) > 0.2


def test_kolmogorovs_distribution_is_exact():
    """Marsaglia, Tsang and Wang (2003) print Pr(D < 0.274) = 0.628479615 of ten; SciPy's kstwo has the others."""
    assert_allclose(1 - kolmogorov_p(0.274, 10), 0.6284796154565, rtol=1e-12)
    for n, distance, expected in KSTWO:
        assert_allclose(kolmogorov_p(distance, n), expected, rtol=1e-4, atol=1e-12)  # twice one side, far out
    assert_allclose(kolmogorov_p(0.013, 5_000), KSTWO_5000, atol=1e-5)  # of order 1 / n
    u = np.array([0.9, 0.1, 0.5, 0.55])
    assert_allclose(distance_from_uniform(u), 0.25, rtol=EXACT)  # by hand: below 0.5, where the step is from 1/4


def test_simulated_residuals_see_a_curve_and_pass_the_model(made):
    right, wrong = (lk.logit(f"{y} ~ x", made).simulated_residuals(seed=1) for y in ("y", "curved"))
    assert min(right.uniformity_p, right.dispersion_p, right.outliers_p) > 0.05
    assert max(wrong.uniformity_p, wrong.dispersion_p, wrong.outliers_p) < 0.01
    assert "100 groups of neighbours by predicted probability" in str(right)
    ordered = lk.ordinal("level ~ x", made).simulated_residuals(seed=1)
    assert min(ordered.uniformity_p, ordered.dispersion_p) > 0.01


def test_simulated_residuals_are_ranks_among_simulations(lbw):
    """Groups of a single probability: the limit of many simulations is the binomial distribution."""
    found = lk.logit("low ~ 1", lbw).simulated_residuals(4_000, seed=1, by="race")
    frame = found.to_frame()
    sizes = lbw.groupby("race", sort=False)["low"].agg(["size", "sum"])
    assert frame["size"].tolist() == sizes["size"].tolist()
    assert frame["observed"].tolist() == sizes["sum"].tolist()
    size, events, mean = sizes["size"].to_numpy(), sizes["sum"].to_numpy(dtype=float), lbw["low"].mean()
    off = 4 * np.sqrt(0.25 / 4_000)
    assert (frame["residual"].to_numpy() > bdtr(events - 1, size, mean) - off).all()
    assert (frame["residual"].to_numpy() < bdtr(events, size, mean) + off).all()
    assert_allclose(found.dispersion, ((events - size * mean) ** 2).sum() / (size * mean * (1 - mean)).sum(), rtol=0.1)


def test_how_rows_are_put_together_is_said(lbw):
    counts = lk.logit("cbind(y, n) ~ x", {"y": [4, 3, 5, 2], "n": [6, 5, 1, 4], "x": [0, 1, 2, 3]})
    assert "each row of counts by itself" in str(counts.simulated_residuals(seed=1))
    assert "Fewer than 20 groups" in str(counts.simulated_residuals(seed=1))
    cells = lbw.assign(a=lbw.index % 3, b=lbw.index % 4)
    assert "12 covariate patterns" in str(lk.logit("low ~ a + b", cells).simulated_residuals(seed=1))
    assert "equal values of race" in str(lk.logit("low ~ age", lbw).simulated_residuals(seed=1, by="race"))
    rows = lk.logit("low ~ age", lbw, weights="ptl", weight_kind="frequency").simulated_residuals(seed=1)
    assert rows.size.sum() == lbw["ptl"].sum()


@pytest.mark.slow
def test_null_distributions_by_simulation():
    """P-values of a model that holds: uniform, or a little too large as coefficients are estimated."""
    rng, found = np.random.default_rng(7), []
    for _ in range(200):
        x = rng.normal(size=600)
        y = (rng.random(600) < 1 / (1 + np.exp(1 - x))).astype(int)
        result = lk.logit("y ~ x", {"x": x, "y": y}).simulated_residuals(100, seed=int(rng.integers(1_000_000)))
        found.append((result.uniformity_p, result.dispersion_p, result.outliers_p))
    rejected = (np.array(found) < 0.05).mean(axis=0)
    assert (rejected < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)).all()


def test_what_has_no_answer_is_refused(lbw):
    nominal = lk.multinomial("race ~ age", lbw)
    for kind in ("quantile", "surrogate"):
        with pytest.raises(UnsupportedError, match="outcomes without an order have no distribution function"):
            nominal.residuals(kind)
    with pytest.raises(UnsupportedError, match="a term has a part in several linear predictors"):
        nominal.residuals("partial")
    with pytest.raises(UnsupportedError, match="outcomes without an order"):
        nominal.simulated_residuals()
    adjacent = lk.ordinal("race ~ age", lbw, order=ORDER, model="adjacent")
    with pytest.raises(UnsupportedError, match="not a latent variable that is cut at thresholds"):
        adjacent.residuals("surrogate")
    assert adjacent.residuals("quantile", seed=1).notna().all()
    fit = lk.logit("low ~ age", lbw)
    with pytest.raises(DataError, match="residuals of kind 'pearson' are not drawn"):
        fit.residuals("pearson", seed=1)
    with pytest.raises(DataError, match="at least 20"):
        fit.simulated_residuals(5)
    with pytest.raises(DataError, match="Simulated residuals compare groups, and there are 1"):
        fit.simulated_residuals(by=np.zeros(189))
    with pytest.raises(UnsupportedError, match="precision weights are no numbers of outcomes"):
        lk.logit("low ~ age", lbw, weights="lwt", weight_kind="precision").simulated_residuals()
    counts = lk.logit("cbind(y, n) ~ 1", {"y": [0, 3], "n": [6, 2]})
    with pytest.raises(UnsupportedError, match="one for each trial"):
        counts.residuals("surrogate")


def test_a_prediction_that_is_undetermined_has_no_residual():
    fit = lk.logit("y ~ x", {"x": [0, 0, 0, 1, 1, 1], "y": [0, 1, 0, 1, 1, 1]})
    drawn = fit.residuals("quantile", seed=1)
    assert drawn.notna().all()  # a certain outcome has a distribution as well
    assert_allclose(fit.residuals("score").sum(), 0.0, atol=ROUTE)


def test_simulated_residuals_say_that_clusters_are_not_simulated():
    births = lk.datasets.load_lbw().assign(site=np.arange(189) // 9)
    found = lk.logit("low ~ age + lwt", births, cluster="site").simulated_residuals(50, seed=1)
    assert found.grouping.endswith("drawn independently also within site, whose dependence is seen")
    assert "within site" not in lk.logit("low ~ age + lwt", births).simulated_residuals(50, seed=1).grouping
