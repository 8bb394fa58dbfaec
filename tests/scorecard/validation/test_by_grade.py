"""Calibration by grade: scipy's tests, direct integration over the factor, and simulated portfolios."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats  # noqa: TID251 - an oracle may take its time
from scipy.special import ndtr, ndtri

import logitkit as lk
from logitkit.errors import DataError
from logitkit.scorecard.validation.by_grade import calibrate_grades
from logitkit.scorecard.validation.one_factor import jeffreys_p_value, rate_quantile, tail_probability

CASES = [(200, 5, 0.02, 0.12), (50, 0, 0.01, 0.24), (500, 3, 0.01, 0.04), (100, 2, 0.05, 0.01)]


def conditional(pd: float, rho: float, factor: np.ndarray | float) -> np.ndarray:
    return np.asarray(ndtr((ndtri(pd) + np.sqrt(rho) * factor) / np.sqrt(1.0 - rho)))


@pytest.mark.parametrize(("n", "defaults", "pd", "rho"), CASES)
def test_tail_probabilities_are_integrals_over_the_factor(n: int, defaults: int, pd: float, rho: float) -> None:
    def integrand(x: float) -> float:
        return float(stats.binom.sf(defaults - 1, n, conditional(pd, rho, x)) * stats.norm.pdf(x))

    reference = integrate.quad(integrand, -9.0, 9.0, limit=300, epsabs=1e-12)[0]
    assert tail_probability(n, defaults, pd, rho) == pytest.approx(reference, abs=1e-11)


@pytest.mark.parametrize(("n", "defaults", "pd", "rho"), CASES[:3])
def test_posteriors_are_integrals_over_factor_and_probability(n: int, defaults: int, pd: float, rho: float) -> None:
    # Jeffreys' prior is uniform in the angle whose squared sine is the probability.
    x = np.linspace(-9.0, 9.0, 1201)
    weight = stats.norm.pdf(x) * (x[1] - x[0])
    border = np.arcsin(np.sqrt(pd))
    nodes, weights = np.polynomial.legendre.leggauss(120)
    parts = []
    for low, high in ((0.0, border), (border, 0.5), (0.5, 0.5 * np.pi)):
        angle = 0.5 * (low + high) + 0.5 * (high - low) * nodes
        likelihood = stats.binom.pmf(defaults, n, conditional(np.sin(angle)[:, None] ** 2, rho, x)) @ weight
        parts.append(0.5 * (high - low) * weights @ likelihood)
    assert jeffreys_p_value(n, defaults, pd, rho) == pytest.approx(parts[0] / sum(parts), abs=1e-6)


def test_a_small_correlation_leads_to_independence_and_many_obligors_to_vasicek() -> None:
    for n, defaults, pd in [(1000, 20, 0.015), (100_000, 1500, 0.0149)]:
        assert tail_probability(n, defaults, pd, 1e-9) == pytest.approx(tail_probability(n, defaults, pd), abs=1e-5)
        assert jeffreys_p_value(n, defaults, pd, 1e-9) == pytest.approx(jeffreys_p_value(n, defaults, pd), abs=1e-5)
    limit = rate_quantile(0.02, 0.1, 0.95)
    assert tail_probability(10**8, round(limit * 1e8), 0.02, 0.1) == pytest.approx(0.05, abs=1e-6)
    # At a level of 99.9 %, the conditional probability of the Basel formulas.
    assert rate_quantile(0.01, 0.12, 0.999) == pytest.approx(
        stats.norm.cdf((stats.norm.ppf(0.01) + 0.12**0.5 * stats.norm.ppf(0.999)) / 0.88**0.5), rel=1e-12
    )


def test_portfolios_drawn_from_the_model_have_these_tails() -> None:
    rng = np.random.default_rng(1)
    n, pd, rho = 300, 0.03, 0.08
    defaults = rng.binomial(n, conditional(pd, rho, rng.normal(size=100_000)))
    for d in (5, 15, 25):
        share = np.mean(defaults >= d)
        assert tail_probability(n, d, pd, rho) == pytest.approx(share, abs=4.5 * np.sqrt(share * (1 - share) / 1e5))


def test_independent_grades_have_the_tests_of_scipy() -> None:
    n, bad, pd = np.array([120.0, 300.0, 500.0]), np.array([30.0, 24.0, 4.0]), np.array([0.18, 0.06, 0.01])
    found = calibrate_grades(("C", "B", "A"), n, bad, pd)
    for j in range(3):
        test = stats.binomtest(int(bad[j]), int(n[j]), pd[j], alternative="greater")
        assert found.binomial[j] == pytest.approx(test.pvalue, rel=1e-10)
        assert found.jeffreys[j] == pytest.approx(stats.beta.cdf(pd[j], bad[j] + 0.5, n[j] - bad[j] + 0.5), rel=1e-12)
    assert found.labels == ("C", "B", "A", "All")
    assert found.pd[-1] == pytest.approx(n @ pd / n.sum())
    statistic = np.sum((bad - n * pd) ** 2 / (n * pd * (1 - pd)))
    assert (found.hosmer_lemeshow, found.dof) == (pytest.approx(statistic), 3)
    assert found.p_value == pytest.approx(stats.chi2.sf(statistic, 3))
    assert calibrate_grades(("C", "B", "A"), n, bad, pd, fitted=True).dof == 1
    np.testing.assert_array_equal(found.binomial, found.binomial_correlated)


def test_lights_change_at_the_stated_levels() -> None:
    n, pd = np.full(3, 1000.0), np.full(3, 0.02)
    found = calibrate_grades(("a", "b", "c"), n, np.array([20.0, 30.0, 45.0]), pd, correlation=0.1)
    assert found.lights[:3] == ("green", "amber", "red")
    assert found.lights_correlated[:3] == ("green", "green", "green")
    assert (found.limit > 0.045).all()


def test_grades_of_a_card_by_cuts_and_by_column() -> None:
    loans = lk.datasets.load_german_credit()
    card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    points = card.score(loans)["points"]
    by_cuts = card.calibration_by_grade(loans, [500, 530], in_sample=True)
    named = loans.assign(grade=np.select([points < 500, points < 530], ["x", "m"], "b"))
    by_name = card.calibration_by_grade(named, "grade", in_sample=True)
    assert by_name.labels == ("x", "m", "b", "All")
    np.testing.assert_array_equal(by_cuts.bad, by_name.bad)
    np.testing.assert_allclose(by_cuts.pd, by_name.pd, rtol=1e-12)
    own = card.score(loans)["probability"][points < 500]
    assert by_cuts.pd[0] == pytest.approx(own.mean(), rel=1e-12)
    stated = card.calibration_by_grade(named, "grade", pd={"b": 0.1, "m": 0.2, "x": 0.5}, correlation=0.04)
    assert stated.pd[:3].tolist() == [0.5, 0.2, 0.1]
    assert "Light, 0.04" in stated.to_text(200)
    assert list(card.calibration_by_grade(loans).table().index)[-1] == "All"


def test_what_is_no_probability_or_correlation_is_refused() -> None:
    loans = lk.datasets.load_german_credit()
    card = lk.scorecard(["checking_status"], loans, target="class", event="bad")
    for stated, message in [
        (dict(correlation=1.0), "correlation=1.0"),
        (dict(lights=(0.99, 0.9)), "ascending order"),
        (dict(grades=[500], pd=[0.1]), "pd has 1 values, and there are 2 grades"),
        (dict(grades=[500], pd=[0.1, 1.0]), "above 0 and below 1"),
        (dict(grades=[500], pd={"below 500": 0.1}), "has no probability of default"),
    ]:
        with pytest.raises(DataError, match=message):
            card.calibration_by_grade(loans, **stated)  # type: ignore[arg-type]
