"""Comparisons of ROC curves: pROC, pairs one by one, derivatives by differences, weights as rows, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.diagnostics.discrimination.areas import areas_of, covariance_of, drawn_areas
from logitkit.diagnostics.discrimination.scored import scored_arrays
from logitkit.errors import DataError, UnsupportedError
from tolerances import EXACT, REFERENCE

REFERENCES = Path(__file__).parents[2] / "references" / "discrimination"
LARGE = "low ~ age + lwt + C(race) + smoke + ht + ui"


@pytest.fixture(scope="module")
def births():
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def large(births):
    return lk.logit(LARGE, births)


@pytest.fixture(scope="module")
def small(births):
    return lk.logit("low ~ age + lwt", births)


@pytest.fixture(scope="module")
def proc():
    return json.loads((REFERENCES / "ranking.json").read_text(encoding="utf-8"))


def drawn_scores(seed=3, n=70):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    return y, np.round(rng.standard_normal(n) + y, 1), np.round(rng.standard_normal(n) + 0.3 * y, 1)


def placements(ones, zeros):
    wins = (ones[:, None] > zeros) + 0.5 * (ones[:, None] == zeros)
    return wins.mean(axis=1), wins.mean(axis=0)


def test_paired_test_agrees_with_proc(births, large, proc):
    found = large.roc_test({"weight": -births["lwt"]})
    assert_allclose(found.areas, [proc["auc"]["large"], proc["auc"]["weight"]], rtol=REFERENCE)
    assert_allclose(np.diag(found.covariance), [proc["variance"]["large"], proc["variance"]["weight"]], rtol=REFERENCE)
    assert_allclose(found.covariance[0, 1], proc["covariance"], rtol=REFERENCE)
    assert_allclose(found.statistics[0], proc["delong"]["paired"]["statistic"], rtol=REFERENCE)
    assert_allclose([found.p_value, found.p_values[0]], proc["delong"]["paired"]["p_value"], rtol=REFERENCE)


def test_test_of_other_rows_agrees_with_proc(births, large, proc):
    odd, even = births.iloc[::2], births.iloc[1::2]
    found = lk.roc_test(odd["low"], large.predict(odd), -even["age"], other_y=even["low"])
    assert not found.paired
    assert_allclose(found.statistics[0], proc["delong"]["unpaired"]["statistic"], rtol=REFERENCE)
    # pROC takes Student's law with Welch's degrees of freedom, about 184 here.
    assert_allclose(found.p_value, proc["delong"]["unpaired"]["p_value"], atol=1e-3)
    assert_allclose(found.welch_p_values[0], proc["delong"]["unpaired"]["p_value"], rtol=REFERENCE)
    assert_allclose(found.to_frame()["welch_p_value"], found.welch_p_values, rtol=EXACT)
    assert "Welch's degrees of freedom, as in pROC: p = " in str(found)
    bootstrap = lk.roc_test(
        odd["low"], large.predict(odd), -even["age"], other_y=even["low"], method="bootstrap", n=100
    )
    assert bootstrap.welch_dofs is lk.roc_test(odd["low"], large.predict(odd), -odd["age"]).welch_dofs is None


def test_covariance_is_that_of_placements_one_by_one():
    y, one, two = drawn_scores()
    found = lk.roc_test(y, one, two)
    of_events, of_nonevents = zip(*(placements(x[y == 1], x[y == 0]) for x in (one, two)), strict=True)
    expected = np.cov(of_events) / (y == 1).sum() + np.cov(of_nonevents) / (y == 0).sum()
    assert_allclose(found.covariance, expected, rtol=EXACT)


def test_three_scores_are_tested_together_whatever_the_contrasts():
    y, one, two = drawn_scores()
    scores = {"a": one, "b": two, "c": one + two}
    every = [lk.roc_test(y, scores, contrasts=each) for each in ("reference", "successive", "pairs")]
    assert [found.dof for found in every] == [2, 2, 2]
    assert_allclose([found.statistic for found in every], every[0].statistic, rtol=1e-8)  # of other eigenvectors
    given = lk.roc_test(y, scores, contrasts=[[1.0, -0.5, -0.5]])
    assert given.labels == ("a - 0.5 b - 0.5 c",)
    assert_allclose(given.estimates, given.areas[0] - given.areas[1:].mean(), rtol=EXACT)


def test_weights_count_rows():
    y, one, two = drawn_scores()
    w = np.random.default_rng(1).integers(0, 4, y.size)
    counted = lk.roc_test(y, one, two, weights=w)
    rows = lk.roc_test(np.repeat(y, w), np.repeat(one, w), np.repeat(two, w))
    assert_allclose(counted.covariance, rows.covariance, rtol=EXACT)
    assert_allclose(counted.areas, rows.areas, rtol=EXACT)


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (0.0, 0.23), (0.137, 0.471), (0.5, 1.0)])
def test_what_a_row_adds_to_an_area_is_its_derivative(bounds):
    y, one, two = drawn_scores()
    w = np.random.default_rng(2).integers(1, 4, y.size) + 0.1
    rows = scored_arrays(y, [one, two], weights=w)
    _, of_events, of_nonevents = areas_of(rows, *bounds)
    added = np.where(y == 1, of_events / rows.n_events, of_nonevents / rows.n_nonevents)
    step = 1e-5
    for i in range(0, y.size, 7):
        ends = []
        for sign in (1.0, -1.0):
            moved = w.copy()
            moved[i] += sign * step
            ends.append(areas_of(scored_arrays(y, [one, two], weights=moved), *bounds)[0])
        assert_allclose((ends[0] - ends[1]) / (2 * step), added[:, i], atol=1e-8)  # of central differences


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (0.1, 0.4)])
def test_bootstrap_errors_are_near_those_of_the_formula(bounds):
    rng = np.random.default_rng(5)
    y = np.repeat([0, 1], 200)
    rows = scored_arrays(y, [rng.standard_normal(400) + y, rng.standard_normal(400) + 0.5 * y])
    area, *added = areas_of(rows, *bounds)
    drawn = drawn_areas(rows, *bounds, 600, rng)
    assert_allclose(drawn.std(axis=0), np.sqrt(np.diag(covariance_of(rows, *added))), rtol=0.12)  # 600 samples
    assert_allclose(
        drawn.mean(axis=0), area, atol=0.01
    )  # a standard error of 0.03 by the root of 600 samples, and their bias


def test_clusters_of_one_row_are_rows_and_copies_in_a_cluster_add_nothing():
    y, one, two = drawn_scores()
    alone = lk.roc_test(y, one, two, cluster=np.arange(y.size))
    plain = lk.roc_test(y, one, two)
    assert_allclose(alone.errors, plain.errors, rtol=0.02)  # n / (n - 1) in all or within each outcome
    again = np.tile(np.arange(y.size), 3)
    copies = lk.roc_test(y[again], one[again], two[again], cluster=again)
    assert_allclose(copies.errors, alone.errors, rtol=EXACT)


def error_between(y, one, two):
    """Venkatraman and Begg's sum over cuts, each count written out; scores without ties."""
    r, s = (np.argsort(np.argsort(x)) + 1 for x in (one, two))
    total = 0
    for k in range(1, y.size):
        e = np.sum((r > k)[y == 0].astype(int) - (s > k)[y == 0]) + np.sum(
            (r <= k)[y == 1].astype(int) - (s <= k)[y == 1]
        )
        total += abs(e)
    return total


def test_venkatraman_of_the_same_rows(births, large, small, proc):
    rng = np.random.default_rng(8)
    y = rng.integers(0, 2, 40)
    one, two = rng.standard_normal((2, 40)) + y
    found = lk.roc_test(y, one, two, method="venkatraman", n=100)
    assert found.statistic == error_between(y, one, two)
    found = large.roc_test(small, method="venkatraman", n=1000)
    # Ties of scores are broken at random, and p-values are of 1,000 and 4,000 permutations.
    assert_allclose(found.statistic, proc["venkatraman"]["paired"]["statistic"], rtol=0.03)
    assert abs(found.p_value - proc["venkatraman"]["paired"]["p_value"]) < 0.015


def error_at(y, score, kappa, called):
    """Rate of errors where a proportion of the population is called events, by interpolation along the curve."""
    cuts = np.unique(score)[::-1]
    true = np.append(0, [(score[y == 1] >= cut).mean() for cut in cuts])
    false = np.append(0, [(score[y == 0] >= cut).mean() for cut in cuts])
    return np.interp(called, kappa * true + (1 - kappa) * false, kappa * (1 - true) + (1 - kappa) * false)


def test_venkatraman_of_other_rows_is_an_integral_along_both_curves():
    y, one, _ = drawn_scores(4, 40)
    other_y, _, two = drawn_scores(5, 60)
    found = lk.roc_test(y, one, two, other_y=other_y, method="venkatraman", n=100)
    kappa, called = (y.sum() + other_y.sum()) / 100, np.linspace(0, 1, 200_001)
    gap = error_at(y, one, kappa, called) - error_at(other_y, two, kappa, called)
    assert_allclose(found.statistic, np.trapezoid(np.abs(gap), called), rtol=1e-4)  # of the grid


def test_venkatraman_of_other_rows_has_the_statistic_of_proc(births):
    """In samples of one size; for others pROC's depends on which is given first (0.0681 or 0.0481 of the same two)."""
    odd, even = births.iloc[:188:2], births.iloc[1:188:2]
    found = lk.roc_test(odd["low"], -odd["lwt"], -even["age"], other_y=even["low"], method="venkatraman", n=400)
    # roc.test(roc(low, -lwt), roc(low, -age), method = "venkatraman", paired = FALSE, boot.n = 8000), seed 1
    assert_allclose(found.statistic, 0.0391579900407, rtol=1e-10)
    assert abs(found.p_value - 0.414375) < 4 * np.sqrt(0.25 / 400)


@pytest.mark.slow
def test_venkatraman_rejects_as_often_as_stated_where_the_curves_are_one():
    rng, p = np.random.default_rng(0), []
    for _ in range(300):
        y, other_y, z = rng.random(60) < 0.4, rng.random(80) < 0.5, rng.standard_normal(60)
        here, there = rng.standard_normal(60) + y, np.exp(rng.standard_normal(80) + other_y)
        paired = lk.roc_test(y, z + here, np.exp(z + rng.standard_normal(60) + y), method="venkatraman", n=199)
        apart = lk.roc_test(y, here, there, other_y=other_y, method="venkatraman", n=199)
        p.append([paired.p_value, apart.p_value])
    for level in (0.1, 0.25, 0.5, 0.75):
        bound = 3.5 * np.sqrt(level * (1 - level) / 300)
        assert np.all(np.abs(np.mean(np.array(p) <= level, axis=0) - level) < bound)


def test_fits_on_rows_of_their_own_are_independent(births, large, small):
    odd, even = births.iloc[::2], births.iloc[1::2]
    found = large.on(odd).roc_test({"small": small.on(even)})
    assert (found.covariance[0, 1], found.paired, found.in_sample) == (0.0, False, False)
    expected = [fit.on(rows).discrimination().std_error for fit, rows in ((large, odd), (small, even))]
    assert_allclose(found.std_errors, expected, rtol=EXACT)


def test_rows_that_only_some_fits_predict_are_left_out(births):
    holes = births.assign(lwt=births["lwt"].astype(float).where(births["id"] % 5 > 0))
    full, less = lk.logit("low ~ age", holes), lk.logit("low ~ lwt", holes)
    found = full.roc_test({"lwt": less})
    whole = holes[holes["lwt"].notna()]
    assert found.not_shared == holes["lwt"].isna().sum()
    assert_allclose(found.areas[0], full.discrimination(whole).auc, rtol=EXACT)
    assert "left out" in found.to_text()


def test_own_rows_and_nested_models_are_said(large, small, births):
    assert "lk.compare(fit1, fit2)" in large.roc_test(small).to_text()
    assert "lk.compare" not in large.roc_test(small, births.iloc[30:]).to_text()


def test_equal_scores_have_no_test_and_it_is_said():
    y, one, _ = drawn_scores()
    found = lk.roc_test(y, one, 2 * one)
    assert found.dof == 0
    assert np.isnan(found.p_value)
    assert "without variance" in found.to_text()


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"contrasts": [[1.0, 1.0]]}, DataError, "sum to zero"),
        ({"contrasts": [[1.0]]}, DataError, "rows of 2 numbers"),
        ({"fpr": (0.3, 0.1)}, DataError, "the lower first"),
        ({"method": "venkatraman", "fpr": (0, 0.1)}, UnsupportedError, "whole curves"),
        ({"n": 3}, DataError, "at least 100"),
        ({"weights": np.full(70, 0.5), "method": "bootstrap"}, UnsupportedError, "method='delong'"),
        ({"weights": np.full(70, 2.0), "method": "venkatraman"}, UnsupportedError, "no weights"),
        ({"names": ["a", "a"]}, DataError, "names that differ"),
        ({"weights": np.full(3, 2.0)}, DataError, "3 values"),
    ],
)
def test_what_cannot_be_compared_is_refused(given, error, words):
    y, one, two = drawn_scores()
    with pytest.raises(error, match=words):
        lk.roc_test(y, one, two, **given)


def test_fits_that_cannot_be_compared_are_refused(births, large):
    with pytest.raises(DataError, match="not the same rows"):
        large.roc_test(lk.logit("low ~ age", births.iloc[30:]))
    with pytest.raises(DataError, match="keeps no table"):
        large.roc_test("lwt")
    with pytest.raises(DataError, match="not those of"):
        large.roc_test({"other": lk.logit("smoke ~ age", births)})
    with pytest.raises(DataError, match="189 numbers"):
        large.roc_test({"short": [1.0, 2.0]})
    with pytest.raises(UnsupportedError, match="several outcomes"):
        lk.multinomial("race ~ age", births).roc_test(large)
    with pytest.raises(DataError, match="0 events"):
        lk.roc_test(np.zeros(4), np.arange(4.0), np.arange(4.0))
    with pytest.raises(DataError, match="two scores"):
        lk.roc_test([0, 1], [0.1, 0.2])
