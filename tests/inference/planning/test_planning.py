"""Plans of studies: printed examples, closed forms and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError
from logitkit.inference.planning.development import largest_r_squared, r_squared_of_auc
from logitkit.inference.planning.simulated import proportion_limits
from logitkit.inference.planning.validation import auc_error, slope_information
from tolerances import EXACT


def test_the_example_of_riley_and_others() -> None:
    """24 parameters, prevalence 0.174, Cox-Snell 0.288: 623, 662 and 221 (Riley and others 2019, BMJ 2020, box 5)."""
    found = lk.sample_size(24, 0.174, r_squared=0.288)
    assert found.needed == (623, 662, 221)
    assert (found.n, found.events) == (662, 116)
    assert round(found.events_per_parameter, 1) == 4.8
    assert "662" in str(found)


def test_criteria_hold_at_the_size_that_is_named_and_not_at_one_less() -> None:
    found = lk.sample_size(10, 0.3, r_squared=0.2, error=0.04)
    first, second, third, fourth = found.needed
    for n, holds in ((first, True), (first - 1, False)):
        shrinkage = 0.9
        assert (10 / ((shrinkage - 1) * math.log(1 - 0.2 / shrinkage)) <= n) is holds
    for n, holds in ((third, True), (third - 1, False)):
        assert (1.959964 * math.sqrt(0.3 * 0.7 / n) <= 0.05) is holds
    for n, holds in ((fourth, True), (fourth - 1, False)):
        error = math.exp(-0.508 - 0.544 * math.log(n) + 0.259 * math.log(0.3) + 0.504 * math.log(10))
        assert (error <= 0.04) is holds
    assert second > 0
    assert len(lk.sample_size(40, 0.3, r_squared=0.2, error=0.04).notes) == 1


def test_the_coefficient_of_a_c_statistic_is_that_of_a_large_sample() -> None:
    rng = np.random.default_rng(17)
    auc, prevalence, n = 0.8, 0.3, 400_000
    y = (rng.random(n) < prevalence).astype(int)
    x = rng.normal(size=n) + y * math.sqrt(2.0) * 0.8416212335729143  # the 0.8 quantile
    fit = lk.logit("y ~ x", {"y": y, "x": x})
    # The standard error of the coefficient of 400,000 rows is about 0.001.
    assert_allclose(fit.r_squared["cox_snell"], r_squared_of_auc(auc, prevalence), atol=0.004)
    assert_allclose(fit.discrimination().auc, auc, atol=0.004)
    assert lk.sample_size(10, prevalence, auc=auc).r_squared == r_squared_of_auc(auc, prevalence)
    assert_allclose(largest_r_squared(0.5), 0.75, rtol=EXACT)


def test_power_is_the_closed_form() -> None:
    """Hsieh, Bloch and Larsen: (1.96 + 1.645)^2 / (0.25 0.405^2) = 317; and rates of 0.4 and 0.5 in halves."""
    assert lk.power(odds_ratio=math.exp(0.405), power=0.95, event_rate=0.5).n == 317
    ratio = (0.5 / 0.5) / (0.4 / 0.6)
    assert lk.power(odds_ratio=ratio, power=0.95, event_rate=0.4, share=0.5).n == 1281


@pytest.mark.parametrize("method", ["hsieh", "information"])
@pytest.mark.parametrize("share", [None, 0.3])
def test_each_of_the_three_is_what_the_two_others_say(method: str, share: float | None) -> None:
    given = {"event_rate": 0.2, "share": share, "method": method, "explained": 0.2}
    size = lk.power(odds_ratio=1.6, power=0.8, **given).n
    power = lk.power(odds_ratio=1.6, n=size, **given).power
    assert 0.8 <= power < 0.81
    assert lk.power(odds_ratio=1.6, n=size - 1, **given).power < 0.8
    assert_allclose(lk.power(n=size, power=power, **given).odds_ratio, 1.6, rtol=1e-8)
    # Other covariates inflate by 1 / (1 - 0.2).
    assert_allclose(lk.power(odds_ratio=1.6, power=0.8, **(given | {"explained": 0.0})).n, 0.8 * size, atol=1)


@pytest.mark.slow
@pytest.mark.parametrize(("share", "ratio"), [(None, 1.5), (0.3, 2.0)])
def test_power_is_that_of_simulated_studies(share: float | None, ratio: float) -> None:
    rng = np.random.default_rng(17)
    plan = lk.power(odds_ratio=ratio, power=0.8, event_rate=0.3, share=share, method="information")
    n, rejected, draws = int(plan.n), 0, 2000
    for _ in range(draws):
        x = rng.normal(size=n) if share is None else (rng.random(n) < share).astype(float)
        p = 1 / (1 + np.exp(-(math.log(0.3 / 0.7) + math.log(ratio) * x)))
        fit = lk.logit_matrix(np.column_stack([np.ones(n), x]), (rng.random(n) < p).astype(int))
        rejected += fit.tidy()["p_value"].iloc[1] < 0.05
    assert abs(rejected / draws - 0.8) < 0.04  # four standard errors are 0.036


def test_validation_asks_for_the_errors_that_it_states() -> None:
    found = lk.validation_sample_size(0.2, auc=0.75, linear_predictor=(-1.6, 1.0), decision=(0.2, 0.7, 0.7))
    ratio, slope, area, benefit = found.needed
    z = 1.959963984540054
    s = math.sqrt((1 - 0.2) / (0.2 * ratio))
    assert_allclose(math.exp(z * s) - math.exp(-z * s), 0.2, rtol=1e-3)
    assert_allclose(2 * z * auc_error(0.75, area, 0.2), 0.1, rtol=1e-3)
    # The error of the slope is that of a fit to rows with this linear predictor.
    rng = np.random.default_rng(17)
    eta = rng.normal(-1.6, 1.0, 200_000)
    y = (rng.random(eta.size) < 1 / (1 + np.exp(-eta))).astype(int)
    error = lk.logit("y ~ eta", {"y": y, "eta": eta}).std_error["eta"] * math.sqrt(eta.size / slope)
    assert_allclose(2 * z * error, 0.2, rtol=0.02)  # of 200,000 rows
    # Net benefit, standardised: its error by drawing tables of decisions.
    events = rng.binomial(benefit, 0.2, 40_000)
    hit, false = rng.binomial(events, 0.7), rng.binomial(benefit - events, 0.3)
    net = (hit - false * 0.25) / events
    assert_allclose(2 * z * net.std(), 0.2, rtol=0.03)  # of 40,000 tables, and a delta method
    assert found.n == max(found.needed)
    assert "External" in str(found) or "external" in str(found)
    assert_allclose(slope_information(0.0, 1e-9)[0], 0.25, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lk.sample_size(10, 1.2, r_squared=0.1), "prevalence=1.2 must be above 0 and below 1"),
        (lambda: lk.sample_size(0, 0.2, r_squared=0.1), "n_parameters=0 must be a whole number"),
        (lambda: lk.sample_size(10, 0.2), "one of them"),
        (lambda: lk.sample_size(10, 0.2, r_squared=0.1, auc=0.7), "one of them"),
        (lambda: lk.sample_size(10, 0.05, r_squared=0.5), "the largest of Cox and Snell"),
        (lambda: lk.sample_size(10, 0.2, auc=0.4), "above 0.5"),
        (lambda: lk.power(odds_ratio=2.0, event_rate=0.2), "Give two"),
        (lambda: lk.power(odds_ratio=1.0, n=100, event_rate=0.2), "other than 1"),
        (lambda: lk.power(odds_ratio=2.0, power=80, event_rate=0.2), "power=80"),
        (lambda: lk.power(n=10, power=0.99, event_rate=0.001), "No odds ratio"),
        (lambda: lk.power(n=10, odds_ratio=2, event_rate=0.1, method="exact"), "method"),
        (lambda: lk.validation_sample_size(0.1, widths={"area": 0.1}), "its keys are"),
        (lambda: lk.validation_sample_size(0.1, widths={"auc": 0}), "positive"),
        (lambda: lk.validation_sample_size(0.1, decision=(0.1, 0.2)), "must be 3 numbers"),
        (lambda: lk.validation_sample_size(0.1, linear_predictor=(0, -1)), "positive deviation"),
    ],
)
def test_plans_that_make_no_sense_are_refused(call, words: str) -> None:
    with pytest.raises(DataError, match=words):
        call()


SHARES = {"a": 0.66, "b": 0.06, "c": 0.28}


def test_criteria_of_several_outcomes_are_those_of_each_pair_and_of_the_whole_model() -> None:
    r_squared = {("a", "b"): 0.12, ("c", "a"): 0.3, ("b", "c"): 0.15}
    found = lk.multinomial_sample_size(17, SHARES, pair_r_squared=r_squared, r_squared=0.2)
    assert found.pairs == (("a", "b"), ("a", "c"), ("b", "c"))
    assert found.pair_r_squared == (0.12, 0.3, 0.15)
    for (one, other), own, n in zip(found.pairs, found.pair_r_squared, found.pair_needed, strict=True):
        both = SHARES[one] + SHARES[other]  # of n rows these are the rows of a model of two outcomes: part II's rule
        binary = lk.sample_size(17, SHARES[one] / both, r_squared=own).needed[0]
        assert (binary - 1) / both <= n <= binary / both + 1
    most = 1 - np.prod([share ** (2 * share) for share in SHARES.values()])
    slope = 0.2 / (0.2 + 0.05 * most)
    assert found.needed[1] == math.ceil(2 * 17 / ((slope - 1) * math.log(1 - 0.2 / slope)))
    # z at 1 - 0.05 / 6 by a table of the normal distribution: 2.39398
    assert found.needed[2] == math.ceil(2.393980**2 * 0.28 * 0.72 / 0.05**2) or found.needed[2] == math.ceil(
        2.393980**2 * 0.66 * 0.34 / 0.05**2
    )
    assert found.n == max(found.pair_needed) == found.needed[0]
    assert "b and c" in str(found)


def test_a_c_statistic_of_a_pair_is_turned_into_its_coefficient() -> None:
    found = lk.multinomial_sample_size(5, SHARES, auc=0.8)
    assert_allclose(found.pair_r_squared[0], r_squared_of_auc(0.8, 0.66 / 0.72), rtol=EXACT)
    assert_allclose(found.r_squared, 0.15 * found.r_squared_most, rtol=EXACT)
    assert "15% of the largest" in found.notes[0]
    even = lk.multinomial_sample_size(5, dict.fromkeys("abc", 1 / 3), auc=0.8)
    assert len(set(even.pair_needed)) == 1


def study(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    x = rng.normal(size=n)
    return {"x": x, "y": rng.random(n) < 1 / (1 + np.exp(-math.log(1.5) * x))}


def test_simulated_power_counts_the_studies_that_reject() -> None:
    found = lk.simulated_power(study, "y ~ x", "x = 0", [40, 120], repetitions=12, seed=3)
    for place, n in enumerate((40, 120)):
        p = []
        for number in range(12):
            rng = np.random.default_rng(np.random.SeedSequence(3, spawn_key=(n, number)))
            p.append(lk.logit("y ~ x", study(n, rng)).test("x = 0").p_value)
        assert found.rejected[place] == np.sum(np.array(p) <= 0.05)
    assert found.seed == 3
    again = lk.simulated_power(
        study, lambda rows: lk.logit("y ~ x", rows), lambda fit: fit.test("x").p_value, 120, repetitions=12, seed=3
    )
    assert again.rejected[0] == found.rejected[1]
    assert "Monte-Carlo" in str(found)


def test_limits_of_simulated_power_leave_half_of_the_rest_in_each_tail() -> None:
    counts = np.array([0, 3, 40, 50])
    low, high = proportion_limits(counts, 50, 0.9)
    for count, below, above in zip(counts.tolist(), low, high, strict=True):
        weights = [math.comb(50, k) for k in range(51)]
        if count:
            upper = sum(weights[k] * below**k * (1 - below) ** (50 - k) for k in range(count, 51))
            assert_allclose(upper, 0.05, rtol=1e-9)
        if count < 50:
            lower = sum(weights[k] * above**k * (1 - above) ** (50 - k) for k in range(count + 1))
            assert_allclose(lower, 0.05, rtol=1e-9)
    assert (low[0], high[-1]) == (0.0, 1.0)


def test_studies_without_an_answer_reject_nothing_and_are_told() -> None:
    def of_one_class(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        rows = study(n, rng)
        return rows | {"y": rows["y"] & (rng.random() < 0.5)}

    found = lk.simulated_power(of_one_class, "y ~ x", "x = 0", 30, repetitions=10, seed=1)
    assert 0 < found.unanswered[0] < 10
    assert found.rejected[0] + found.unanswered[0] <= 10
    assert "reject nothing" in str(found)
    with pytest.raises(DataError, match="None of the 3 studies of n=20"):
        lk.simulated_power(lambda n, rng: study(n, rng) | {"y": np.zeros(n)}, "y ~ x", "x", 20, repetitions=3)


@pytest.mark.slow
def test_simulated_power_is_that_of_hsieh() -> None:
    """317 observations for a power of 95 per cent at an odds ratio of 1.5 (1998); 4,000 studies, error 0.0035."""
    n = lk.power(odds_ratio=1.5, power=0.95, event_rate=0.5).n
    found = lk.simulated_power(study, "y ~ x", "x = 0", int(n), repetitions=4000, seed=17)
    assert_allclose(found.power[0], 0.95, atol=0.015)  # Hsieh's formula is an approximation itself


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lk.multinomial_sample_size(5, {"a": 0.5, "b": 0.5}, auc=0.8), "at least three outcomes"),
        (lambda: lk.multinomial_sample_size(5, {"a": 0.5, "b": 0.3, "c": 0.1}, auc=0.8), "sum to 0.9"),
        (lambda: lk.multinomial_sample_size(5, SHARES), "one of them"),
        (lambda: lk.multinomial_sample_size(5, SHARES, auc={("a", "b"): 0.8}), "says nothing of the pair"),
        (lambda: lk.multinomial_sample_size(5, SHARES, auc=0.4), "above 0.5"),
        (lambda: lk.multinomial_sample_size(5, SHARES, pair_r_squared=0.74), "below"),
        (
            lambda: lk.multinomial_sample_size(
                5, SHARES, auc={("a", "b"): 0.8, ("a", "c"): 0.8, ("b", "c"): 0.8, ("b", "d"): 0.7}
            ),
            "no pair of outcomes",
        ),
        (lambda: lk.simulated_power(study, "y ~ x", "x", 0), "n=0"),
        (lambda: lk.simulated_power(study, "y ~ x", "x", []), "no sample size"),
        (lambda: lk.simulated_power(3, "y ~ x", "x", 9), "draw=3"),
        (lambda: lk.simulated_power(study, "y ~ x", 3, 9), "test=3"),
        (lambda: lk.simulated_power(study, "y ~ x", lambda fit: 2.0, 30, repetitions=1), "between 0 and 1"),
    ],
)
def test_plans_of_several_outcomes_and_simulations_that_make_no_sense_are_refused(call, words: str) -> None:
    with pytest.raises(DataError, match=words):
        call()
