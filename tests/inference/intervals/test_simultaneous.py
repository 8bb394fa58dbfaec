"""Simultaneous quantiles and adjusted p-values: closed forms, one-dimensional integrals, Tukey's range in R."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from scipy.special import ndtr

import logitkit as lk
from logitkit.engine.law import Law
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.intervals.simultaneous import MaximumLaw, adjusted_p_values, critical_value, maximum_law
from tolerances import EXACT


def equicorrelated(m: int, rho: float) -> np.ndarray:
    return np.linalg.cholesky(np.full((m, m), rho) + (1 - rho) * np.eye(m))


def pairs(k: int) -> np.ndarray:
    """Differences of k independent means: m = k (k - 1) / 2 of rank k - 1."""
    return np.array([np.eye(k)[a] - np.eye(k)[b] for a, b in combinations(range(k), 2)])


@pytest.mark.parametrize("m", [1, 2, 7, 30])
def test_independent_estimates_have_a_closed_form(m: int) -> None:
    found = maximum_law(np.eye(m), Law()).quantile(0.95)
    assert_allclose(found.value, Law().quantile(0.95 ** (1 / m)), rtol=1e-8)
    assert found.error < 1e-8


@pytest.mark.parametrize("root", [pairs(5), equicorrelated(6, 0.4)], ids=["pairs", "equal correlations"])
def test_the_quantile_is_the_same_for_every_root_of_the_covariance(root: np.ndarray) -> None:
    expected = maximum_law(root, Law()).quantile(0.95).value
    for seed in range(2):
        turned = np.linalg.qr(np.random.default_rng(seed).normal(size=(root.shape[1],) * 2))[0]
        # The integral is one over the same points: what differs is rounding, which the search for the root repeats.
        assert_allclose(maximum_law(root @ turned, Law()).quantile(0.95).value, expected, rtol=1e-9)


@pytest.mark.parametrize(("m", "rho"), [(3, 0.5), (10, 0.5), (5, 0.9)])
def test_equal_correlations_are_an_integral_over_one_variable(m: int, rho: float) -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()

    def below(q: float) -> float:
        root, own = np.sqrt(rho) * nodes, np.sqrt(1 - rho)
        return float(weights @ (ndtr((q - root) / own) - ndtr((-q - root) / own)) ** m)

    exact = brentq(lambda q: below(q) - 0.95, 1.5, 4)
    found = maximum_law(equicorrelated(m, rho), Law()).quantile(0.95)
    assert abs(found.value - exact) < max(found.error, 1e-9)
    assert found.error < 5e-3


# R 4.2: qtukey(0.95, k, df) / sqrt(2)
TUKEY = {(3, np.inf): 2.34370058790, (5, np.inf): 2.72777438252, (3, 10.0): 2.74129512850, (4, 20.0): 2.79893614852}


@pytest.mark.parametrize("case", TUKEY)
def test_all_pairs_have_the_quantile_of_tukey(case: tuple[int, float]) -> None:
    k, dof = case
    found = maximum_law(pairs(k), Law(dof)).quantile(0.95)
    assert abs(found.value - TUKEY[case]) < max(found.error, 1e-6)
    assert found.error < 5e-3


def test_single_step_p_values_of_all_pairs_are_those_of_tukey() -> None:
    # The upper tail of R 4.2 at the root of 2 times 2, 3 and 4, for 4 means
    expected = [0.187912110390854, 0.014357771001236, 0.000368706474313]
    law = maximum_law(pairs(4), Law())
    for z, p in zip((2.0, 3.0, 4.0), expected, strict=True):
        found, error = law.above(z)
        assert abs(found - p) < max(error, 1e-9)
        assert error <= max(2e-4, 5e-3 * p)


def test_estimates_that_are_the_same_count_once() -> None:
    root = np.vstack([np.eye(3), -2.0 * np.eye(3)])
    once, twice = maximum_law(np.eye(3), Law()).quantile(0.9), maximum_law(root, Law()).quantile(0.9)
    assert_allclose(once.value, twice.value, rtol=1e-8)


def test_quantiles_lie_between_one_at_a_time_and_bonferroni() -> None:
    root = np.random.default_rng(4).normal(size=(6, 3))
    found = maximum_law(root, Law()).quantile(0.95).value
    assert Law().quantile(0.95) < found < critical_value(root, Law(), 0.95, "bonferroni")
    assert maximum_law(root, Law()).quantile(0.95).value == found  # the same at every call


def test_p_values_are_those_of_r() -> None:
    # As p.adjust of R has them, by "holm" and "BH".
    p = np.array([0.03, 0.01, np.nan, 0.05, 0.02, 0.04])
    assert_allclose(
        adjusted_p_values(p, p, np.eye(6), Law(), "holm"), [0.09, 0.05, np.nan, 0.09, 0.08, 0.09], rtol=EXACT
    )
    assert_allclose(
        adjusted_p_values(p, p, np.eye(6), Law(), "benjamini-hochberg"),
        [0.05, 0.05, np.nan, 0.05, 0.05, 0.05],
        rtol=EXACT,
    )
    assert_allclose(adjusted_p_values(p, p, np.eye(6), Law(), "bonferroni")[[0, 3]], [0.15, 0.25], rtol=EXACT)


def test_single_step_p_value_is_below_the_level_where_the_interval_excludes_zero() -> None:
    fit = lk.logit("low ~ age + lwt + race + smoke", lk.datasets.load_lbw())
    p = fit.tidy(adjust="single-step")["p_value"].to_numpy()
    ends = fit.confint(adjust="single-step").to_numpy()
    assert ((p < 0.05) == (ends[:, 0] * ends[:, 1] > 0.0)).all()
    assert (p >= fit.tidy()["p_value"]).all()


def test_refusals() -> None:
    fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    with pytest.raises(DataError, match="adjust"):
        fit.confint(adjust="tukey")
    with pytest.raises(DataError, match="adjust"):
        fit.tidy(adjust="fdr")
    with pytest.raises(UnsupportedError, match="degrees of freedom of its own"):
        maximum_law(np.eye(2), Law(np.array([3.0, 4.0])))
    separated = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    with pytest.raises(UnsupportedError, match="some are infinite"):
        separated.confint("profile", adjust="single-step")
    assert np.isposinf(separated.confint("profile", adjust="bonferroni")["conf_high"].iloc[1])


def test_p_values_of_a_fit_are_those_of_mvtnorm() -> None:
    # mvtnorm 1.1.3 by GenzBretz(maxpts = 2e5, abseps = 1e-6), at the statistics and correlations of glm() in R
    expected = [0.9992649218, 0.9691170411, 0.2332164759, 0.08927994759, 0.1180850146, 0.03024493683]
    fit = lk.logit("low ~ age + lwt + C(race, contr.treatment('white')) + smoke", lk.datasets.load_lbw())
    assert_allclose(fit.tidy(adjust="single-step")["p_value"], expected, rtol=0.01)  # half a per cent of each


def test_estimates_that_all_but_determine_one_another_count_once() -> None:
    """As the coefficients of a calendar year and its square do: the direction between them is rounding."""
    near = np.array([[1.0, 0.0, 0.0], [1.0, 1e-13, 0.0], [0.6, 0.0, 0.8], [0.6, 1e-13, 0.8]])
    found, expected = (MaximumLaw(rows, Law()) for rows in (near, near[[0, 2]][:, [0, 2]]))
    (one, error), (other, its_error) = found.above(2.1), expected.above(2.1)
    assert abs(one - other) < error + its_error < 5e-4
    births = lk.datasets.load_lbw().assign(year=lambda d: 1990.0 + d["id"] % 30, size=lambda d: d["bwt"] // 1200)
    fit = lk.ordinal("size ~ smoke + year + I(year ** 2) + I(year ** 3)", births)
    single, adjusted = fit.tidy()["p_value"], fit.tidy(adjust="single-step")["p_value"]
    assert ((single <= adjusted + 1e-9) & (adjusted <= 1.0)).all()
