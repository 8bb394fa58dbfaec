"""Do the intervals and tests do what they promise when the model is true? Seeded simulations, run by make test-slow.

Each bound is the promised value with four Monte Carlo standard errors, so that a right method fails once in some
ten thousand seeds, and the seed is fixed.
"""

from __future__ import annotations

import numpy as np
import pytest

import logitkit as lk
from logitkit.diagnostics.discrimination.roc import roc_curve

pytestmark = pytest.mark.slow

TRUTH = np.array([-0.4, 0.8, -0.5])
NAMES = ["Intercept", "x", "z"]


def within(share: float, promised: float, repeats: int) -> bool:
    return abs(share - promised) < 4.0 * np.sqrt(promised * (1.0 - promised) / repeats)


def draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    X = np.column_stack([np.ones(n), rng.normal(size=n), rng.integers(0, 2, n)])
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-X @ TRUTH))).astype(float)
    return X, y


def test_wald_intervals_cover_and_tests_reject_as_promised():
    rng = np.random.default_rng(1)
    repeats, covered, rejected = 2_000, np.zeros(3), 0
    for _ in range(repeats):
        fit = lk.logit_matrix(*draw(rng, 1_000), NAMES)
        limits = fit.confint()
        covered += (limits["conf_low"] < TRUTH) & (limits["conf_high"] > TRUTH)
        rejected += fit.test("x = 0.8, z = -0.5").p_value < 0.05
    assert all(within(share, 0.95, repeats) for share in covered / repeats)
    assert within(rejected / repeats, 0.05, repeats)


def test_profile_and_score_intervals_cover_as_promised():
    rng = np.random.default_rng(11)
    repeats, covered = 500, {"profile": np.zeros(3), "score": np.zeros(3)}
    for _ in range(repeats):
        fit = lk.logit_matrix(*draw(rng, 100), NAMES)
        for method in covered:
            limits = fit.confint(method)
            covered[method] += (limits["conf_low"] <= TRUTH) & (limits["conf_high"] >= TRUTH)
    assert all(within(share, 0.95, repeats) for count in covered.values() for share in count / repeats)


def test_standard_errors_are_the_spread_of_the_estimates():
    rng = np.random.default_rng(2)
    fits = [lk.logit_matrix(*draw(rng, 2_000), NAMES) for _ in range(1_000)]
    spread = np.std([fit.coef for fit in fits], axis=0, ddof=1)
    stated = np.mean([fit.std_error for fit in fits], axis=0)
    # The relative error of a standard deviation from m draws is about 1 / sqrt(2 m).
    assert np.allclose(stated / spread, 1.0, atol=4.0 / np.sqrt(2_000))


def test_clustered_errors_cover_where_model_based_ones_do_not():
    rng = np.random.default_rng(3)
    clusters, size, repeats = 200, 10, 600
    code = np.repeat(np.arange(clusters), size)
    covered = {"cluster": 0, "model": 0}
    for _ in range(repeats):
        x = rng.normal(size=clusters)[code]  # the same within a cluster, where dependence hurts most
        copied = rng.random(clusters * size) < 0.5  # a row repeats its cluster's first uniform with chance one half
        uniform = np.where(copied, rng.random(clusters)[code], rng.random(clusters * size))
        y = (uniform < 1.0 / (1.0 + np.exp(0.5 - x))).astype(float)
        X = np.column_stack([np.ones(x.size), x])
        for kind in covered:
            fit = lk.logit_matrix(X, y, ["Intercept", "x"], cluster=code if kind == "cluster" else None)
            low, high = fit.confint().loc["x"]
            covered[kind] += low < 1.0 < high
    assert within(covered["cluster"] / repeats, 0.95, repeats)
    assert covered["model"] / repeats < 0.85


def test_sampling_weights_undo_a_biased_draw():
    rng = np.random.default_rng(4)
    repeats, covered = 800, 0
    for _ in range(repeats):
        X, y = draw(rng, 6_000)
        chance = np.where(y == 1.0, 0.5, 0.15) * np.where(X[:, 1] > 0.0, 1.0, 0.6)
        chosen = rng.random(y.size) < chance
        weights = 1.0 / chance[chosen]
        fit = lk.logit_matrix(X[chosen], y[chosen], NAMES, weights=weights, weight_kind="sampling")
        low, high = fit.confint().loc["x"]
        covered += low < TRUTH[1] < high
    assert within(covered / repeats, 0.95, repeats)


def test_hosmer_lemeshow_has_its_degrees_of_freedom():
    rng = np.random.default_rng(5)
    repeats = 1_000
    tests = [lk.logit_matrix(*_smooth(rng, 2_000), NAMES).hosmer_lemeshow() for _ in range(repeats)]
    statistics = np.array([test.statistic for test in tests])
    # Hosmer and Lemeshow (1980) found 8 degrees of freedom by simulation; the law is near chi-square, not equal to it.
    assert abs(statistics.mean() - 8.0) < 4.0 * np.sqrt(16.0 / repeats) + 0.2
    assert abs(np.mean([test.p_value < 0.05 for test in tests]) - 0.05) < 0.03


def _smooth(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-X @ TRUTH))).astype(float)
    return X, y


def test_delong_intervals_cover():
    rng = np.random.default_rng(6)
    repeats, covered = 2_000, 0
    truth = 0.7602499389065233  # two normals one standard deviation apart: Phi(1 / sqrt(2))
    for _ in range(repeats):
        y = (rng.random(300) < 0.4).astype(float)
        found = roc_curve(rng.normal(size=300) + y, y, 1.0 - y)
        covered += found.low < truth < found.high
    # The interval is symmetric about an estimate near 0.76: its coverage is a little low at this size.
    assert abs(covered / repeats - 0.95) < 4.0 * np.sqrt(0.95 * 0.05 / repeats) + 0.005
