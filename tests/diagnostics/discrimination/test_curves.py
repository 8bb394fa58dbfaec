"""ROC curves, areas and DeLong's errors: pROC, scikit-learn, pairs one by one, transformations, the binary curve."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import roc_auc_score

import logitkit as lk
from logitkit.design.rebuild import rebuild_design
from logitkit.diagnostics.discrimination.curves import discrimination
from logitkit.diagnostics.discrimination.roc import roc_curve
from logitkit.errors import DataError, UnsupportedError
from tolerances import EXACT, REFERENCE, ROUTE


def by_pairs(scores, events, nonevents):
    """AUC and DeLong's variance by their definitions, every observation written out."""
    ones, zeros = np.repeat(scores, events), np.repeat(scores, nonevents)
    wins = (ones[:, None] > zeros) + 0.5 * (ones[:, None] == zeros)
    of_events, of_nonevents = wins.mean(axis=1), wins.mean(axis=0)
    variance = of_events.var(ddof=1) / ones.size + of_nonevents.var(ddof=1) / zeros.size
    return wins.mean(), variance


@st.composite
def samples(draw):
    n = draw(st.integers(4, 30))
    scores = draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n))
    events = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    nonevents = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    events[0], nonevents[1] = 2, 2
    return np.array(scores, dtype=float), np.array(events), np.array(nonevents)


def test_agrees_with_proc(fitted):
    case = fitted("lbw")
    expected = case.reference["inference"]["auc"]
    found = discrimination(case.record, case.design)
    assert found.level == expected["level"]
    assert_allclose(found.auc, expected["auc"], rtol=REFERENCE)
    assert_allclose(found.std_error**2, expected["variance_delong"], rtol=REFERENCE)
    assert_allclose([found.low, found.high], [expected["lower"], expected["upper"]], rtol=REFERENCE)
    assert found.gini == pytest.approx(2 * expected["auc"] - 1, rel=REFERENCE)
    assert (found.events, found.nonevents) == (59, 130)


def test_agrees_with_pairs(tied):
    events = tied["w"] * tied["y"]
    nonevents = tied["w"] - events
    auc, variance = by_pairs(tied["x"], events, nonevents)
    found = roc_curve(tied["x"], events, nonevents)
    assert_allclose(found.auc, auc, rtol=EXACT)
    assert_allclose(found.std_error**2, variance, rtol=ROUTE)


@given(samples())
def test_any_sample_agrees_with_pairs(sample):
    auc, variance = by_pairs(*sample)
    found = roc_curve(*sample)
    assert_allclose(found.auc, auc, rtol=EXACT, atol=EXACT)
    if variance > EXACT:
        assert_allclose(found.std_error**2, variance, rtol=ROUTE, atol=EXACT)
    else:  # no variance is no precision
        assert np.isnan(found.std_error)
        assert found.interval == ("degenerate" if np.isclose(auc, 0.5) else "exact")


@given(samples())
def test_the_curve_has_the_area(sample):
    found = roc_curve(*sample)
    area = np.sum(np.diff(found.fpr) * (found.tpr[1:] + found.tpr[:-1]) / 2)
    assert_allclose(area, found.auc, atol=EXACT)
    assert (found.fpr[0], found.tpr[0], found.fpr[-1], found.tpr[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert (np.diff(found.thresholds) < 0.0).all()


@given(samples())
def test_every_point_is_what_its_threshold_says(sample):
    scores, events, nonevents = sample
    found = roc_curve(*sample)
    called = scores >= found.thresholds[:, None]
    assert_allclose(found.tpr, called @ events / events.sum(), atol=EXACT)
    assert_allclose(found.fpr, called @ nonevents / nonevents.sum(), atol=EXACT)


@given(samples())
def test_no_corner_is_lost(sample):
    """The points of all thresholds lie on the curve that is kept."""
    scores, events, nonevents = sample
    found = roc_curve(*sample)
    for threshold in np.unique(scores):
        called = scores >= threshold
        x, y = called @ nonevents / nonevents.sum(), called @ events / events.sum()
        on = [
            abs((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) < EXACT and x0 <= x <= x1 and y0 <= y <= y1
            for x0, x1, y0, y1 in zip(found.fpr, found.fpr[1:], found.tpr, found.tpr[1:], strict=False)
        ]
        assert any(on)


@given(samples())
def test_ks_is_the_largest_gap_between_the_distributions(sample):
    scores, events, nonevents = sample
    gaps = [
        abs(events[scores >= t].sum() / events.sum() - nonevents[scores >= t].sum() / nonevents.sum())
        for t in np.unique(scores)
    ]
    found = roc_curve(*sample)
    assert_allclose(found.ks, max(gaps), atol=EXACT)
    assert_allclose(gaps[list(np.unique(scores)).index(found.ks_threshold)], found.ks, atol=EXACT)


@given(samples())
def test_only_the_order_of_scores_counts(sample):
    scores, events, nonevents = sample
    found, mapped = roc_curve(*sample), roc_curve(np.exp(scores) - 7.0, events, nonevents)
    assert (found.auc, found.std_error, found.ks) == (mapped.auc, mapped.std_error, mapped.ks)
    assert_array_equal(found.tpr, mapped.tpr)


@given(samples())
def test_weight_2_is_the_row_twice(sample):
    scores, events, nonevents = sample
    twice = roc_curve(np.tile(scores, 2), np.tile(events, 2), np.tile(nonevents, 2))
    doubled = roc_curve(scores, 2 * events, 2 * nonevents)
    assert_allclose(doubled.auc, twice.auc, rtol=EXACT)
    assert_allclose(doubled.std_error, twice.std_error, rtol=ROUTE)


@given(samples())
def test_swapping_the_event_mirrors_the_area(sample):
    scores, events, nonevents = sample
    found = roc_curve(*sample)
    assert_allclose(roc_curve(scores, nonevents, events).auc, 1.0 - found.auc, atol=EXACT)
    both = roc_curve(-scores, nonevents, events)
    assert_allclose(both.auc, found.auc, atol=EXACT)
    assert_allclose(both.std_error, found.std_error, rtol=ROUTE, atol=EXACT)


def test_frequency_weights_are_rows_written_out(fit_formula, tied):
    weighted = discrimination(*fit_formula("y ~ x", tied, weights="w"))
    long = {name: np.repeat(values, tied["w"]) for name, values in tied.items()}
    expanded = discrimination(*fit_formula("y ~ x", long))
    assert_allclose(weighted.auc, expanded.auc, rtol=ROUTE)
    assert_allclose(weighted.std_error, expanded.std_error, rtol=ROUTE)
    assert_allclose(weighted.thresholds[1:], expanded.thresholds[1:], rtol=ROUTE)


def test_grouped_data_are_their_trials(fit_formula, tied):
    levels = np.unique(tied["x"])
    events = np.array([tied["y"][tied["x"] == v].sum() for v in levels])
    totals = np.array([(tied["x"] == v).sum() for v in levels])
    grouped = {"x": levels, "e": events, "n": totals - events}
    one, other = fit_formula("cbind(e, n) ~ x", grouped), fit_formula("y ~ x", tied)
    found, expected = discrimination(*one), discrimination(*other)
    assert_allclose([found.auc, found.std_error], [expected.auc, expected.std_error], rtol=ROUTE)


def test_no_standard_error_where_rows_are_not_counts(fit_formula, tied):
    plain = discrimination(*fit_formula("y ~ x", tied, weights="w"))
    found = discrimination(*fit_formula("y ~ x", tied, weights="w", weight_kind="precision"))
    assert_allclose(found.auc, plain.auc, rtol=ROUTE)
    assert np.isnan([found.std_error, found.low, found.high]).all()


def test_one_class_is_refused(fit_formula, tied):
    record, _ = fit_formula("y ~ x", tied)
    with pytest.raises(DataError, match="2 events and 0 non-events"):
        discrimination(record, rebuild_design(record.info, {"x": [1.0, 2.0], "y": [1, 1]}))


def test_missing_scores_are_refused():
    with pytest.raises(DataError, match="1 scores are missing"):
        roc_curve(np.array([np.nan, 1.0]), np.array([1, 0]), np.array([0, 1]))


@pytest.mark.parametrize(("m", "n", "level", "low"), [(4, 9, 0.95, 0.397635364384), (30, 20, 0.9, 0.860891659332)])
def test_an_area_of_1_has_the_exact_limit_of_as_many_pairs(m, n, level, low):
    """R: binom.test(k, k)$conf.int. pROC's ci.auc is 1-1 here, with a warning that it "can be misleading"."""
    scores, events = np.arange(m + n), np.arange(m + n) >= n
    found = roc_curve(scores, events, ~events, level=level)
    assert (found.auc, found.high, found.interval) == (1.0, 1.0, "exact")
    assert np.isnan(found.std_error)
    assert_allclose(found.low, low, rtol=1e-11)  # as printed
    worst = roc_curve(-scores, events, ~events, level=level)
    assert_allclose([worst.auc, worst.low, worst.high], [0.0, 0.0, 1.0 - found.low], rtol=EXACT)


def test_the_limit_of_an_area_of_1_is_attained():
    """Events at 2 with probability A and at 0 otherwise, non-events at 1: all of m are in order in A^m of samples."""
    rng = np.random.default_rng(0)
    m, n = 5, 8
    limit = roc_curve(np.arange(13.0), np.arange(13) >= n, np.arange(13) < n, level=0.8).low
    in_order = (rng.random((20_000, m)) < limit).all(axis=1).mean()
    assert abs(in_order - 0.1) < 4 * np.sqrt(0.1 * 0.9 / 20_000)


def test_predictions_that_tie_have_an_area_without_interval(fit_formula, tied):
    found = discrimination(*fit_formula("y ~ 1", tied))
    assert (found.auc, found.interval) == (0.5, "degenerate")
    assert np.isnan([found.std_error, found.low, found.high]).all()


def test_no_variance_is_said(tied):
    constant = str(lk.logit("y ~ 1", tied).discrimination())
    words = "All predictions are tied: the area does not depend on the outcomes, so it has no variance"
    assert words in " ".join(constant.split())
    perfect = lk.logit("y ~ x", {"x": [1, 2, 3, 4, 5, 6], "y": [0, 0, 0, 1, 1, 1]})
    text = " ".join(str(perfect.discrimination()).split())
    assert "95% interval (exact)" in text
    assert "[0.2924, 1.0000]" in text
    assert "does not imply precision" in text
    assert "nan" not in text


def test_the_interval_stays_within_0_and_1():
    found = roc_curve(np.arange(6.0), np.array([0, 0, 1, 0, 1, 1]), np.array([1, 1, 0, 1, 0, 0]), level=0.99)
    assert found.high == 1.0
    assert 0.0 <= found.low < found.auc


def test_a_separated_fit_ranks_its_infinite_rows_first(fitted):
    case = fitted("endometrial")
    mu = case.reference["separation"]["fitted"]
    y = case.design.response.y.astype(int)
    found = discrimination(case.record, case.design)
    assert_allclose(found.auc, by_pairs(np.round(mu, 9), y, 1 - y)[0], rtol=EXACT)
    # The thirteen of them are events: the curve starts straight up.
    assert found.fpr[1] == 0.0
    assert found.tpr[1] >= 13 / y.sum()


def test_rows_of_one_observation_are_sorted_to_the_scores_of_weighted_ones(monkeypatch):
    """Where nothing is weighted outcomes are sorted with their scores: no order of the rows is asked for."""
    rng = np.random.default_rng(1)
    scores, y = np.round(rng.standard_normal(500), 2), rng.integers(0, 2, 500)
    weighted = roc_curve(scores, 2.0 * y, 2.0 * (1 - y))

    def refuse(*_, **__):
        raise AssertionError("an order of the rows")

    monkeypatch.setattr(np, "argsort", refuse)
    found = roc_curve(scores, y, 1 - y)
    assert_array_equal(found.thresholds, weighted.thresholds)
    assert_allclose([found.auc, found.ks], [weighted.auc, weighted.ks], rtol=EXACT)
    assert_allclose(found.tpr, weighted.tpr, rtol=EXACT)
    auc, variance = by_pairs(scores, y, 1 - y)
    assert_allclose([found.auc, found.std_error**2], [auc, variance], rtol=EXACT)


MEANS = ("hand_till", "macro", "weighted")


@pytest.fixture(scope="module")
def few_values() -> pd.DataFrame:
    """Rows whose predictors have few values, with whole weights."""
    rng = np.random.default_rng(31)
    x, z = rng.integers(0, 4, (2, 90)).astype(float)
    y = rng.choice(["a", "b", "c", "d"], 90, p=[0.4, 0.3, 0.2, 0.1])
    return pd.DataFrame({"x": x, "z": z, "y": y, "w": rng.integers(1, 4, 90)})


def pair_area(p: np.ndarray, y: np.ndarray, a: str, b: str, w: np.ndarray) -> float:
    """A(a|b) over all pairs of rows; values that differ by rounding are equal."""
    gap = p[y == a][:, None] - p[y == b]
    wins = np.where(np.abs(gap) < 1e-12, 0.5, gap > 0)
    return float(w[y == a] @ wins @ w[y == b] / (w[y == a].sum() * w[y == b].sum()))


def test_curves_of_outcomes_agree_with_proc(outcomes):
    expected, found = outcomes.reference["discrimination"], outcomes.fit.discrimination()
    assert_allclose(found.hand_till.estimate, expected["hand_till"], rtol=REFERENCE)
    for name, curve in found.curves.items():
        area = expected["one_against_rest"][name]
        assert_allclose(curve.auc, area["auc"], rtol=REFERENCE)
        assert_allclose(curve.std_error**2, area["variance"], rtol=REFERENCE)
        assert_allclose([curve.low, curve.high], [area["low"], area["high"]], rtol=REFERENCE)


def test_agrees_with_scikit_learn(outcomes):
    fit = outcomes.fit
    found, p = fit.discrimination(), fit.predict()
    y = outcomes.data["race"]

    def area(scheme: str, average: str) -> float:
        return roc_auc_score(y, p, multi_class=scheme, average=average, labels=list(p.columns))

    labels = sorted(p.columns)
    p = p[labels]
    assert_allclose(found.hand_till.estimate, area("ovo", "macro"), rtol=ROUTE)
    assert_allclose(found.macro.estimate, area("ovr", "macro"), rtol=ROUTE)
    assert_allclose(found.weighted.estimate, area("ovr", "weighted"), rtol=ROUTE)


def test_ties_and_weights_by_brute_force(few_values):
    fit = lk.multinomial("y ~ x + z", few_values, weights="w")
    found, p = fit.discrimination(), fit.predict()
    y, w = few_values["y"].to_numpy(), few_values["w"].to_numpy(dtype=float)
    names = list(fit.outcomes)
    for a, b in combinations(names, 2):
        i, j = names.index(a), names.index(b)
        assert_allclose(found.pairwise[i, j], pair_area(p[a].to_numpy(), y, a, b, w), rtol=EXACT)
        assert_allclose(found.pairwise[j, i], pair_area(p[b].to_numpy(), y, b, a, w), rtol=EXACT)
    assert np.isnan(np.diag(found.pairwise)).all()
    assert_allclose(found.hand_till.estimate, np.nanmean(found.pairwise), rtol=EXACT)


def test_weights_that_count_are_rows_written_out(few_values):
    weighted = lk.multinomial("y ~ x + z", few_values, weights="w").discrimination()
    long = few_values.loc[few_values.index.repeat(few_values["w"])].reset_index(drop=True)
    written = lk.multinomial("y ~ x + z", long).discrimination()
    for name in MEANS:
        first, second = getattr(weighted, name), getattr(written, name)
        assert_allclose([first.estimate, first.std_error], [second.estimate, second.std_error], rtol=ROUTE)


def test_counts_are_their_trials(few_values):
    table = pd.crosstab([few_values["x"], few_values["z"]], few_values["y"]).reset_index()
    counted = lk.multinomial("cbind(a, b, c, d) ~ x + z", table).discrimination()
    single = lk.multinomial("y ~ x + z", few_values).discrimination()
    for name in MEANS:
        first, second = getattr(counted, name), getattr(single, name)
        assert_allclose([first.estimate, first.std_error], [second.estimate, second.std_error], rtol=ROUTE)


@pytest.mark.parametrize("name", MEANS)
def test_errors_are_those_of_the_infinitesimal_jackknife(outcomes, name):
    """Derivatives of the areas by the weight of each row, taken numerically from brute-force areas.

    The jackknife divides by the number of rows of an outcome, a sample variance by one less.
    """
    fit = outcomes.fit
    p, y = fit.predict(), outcomes.data["race"].to_numpy()
    names = list(fit.outcomes)
    share = np.array([np.mean(y == a) for a in names])  # taken as given
    pairs = [(a, b) for a in names for b in names if a != b]
    n, ones = len(y), np.ones(len(y))

    def areas(w: np.ndarray) -> np.ndarray:
        if name == "hand_till":
            return np.array([pair_area(p[a].to_numpy(), y, a, b, w) for a, b in pairs])
        return np.array([pair_area(p[a].to_numpy(), np.where(y == a, a, "rest"), a, "rest", w) for a in names])

    step = 1e-4
    slopes = np.array([(areas(ones + step * row) - areas(ones - step * row)) / (2 * step) for row in np.eye(n)])
    if name == "hand_till":
        own = n * share[[names.index(outcome) for outcome in y]]
        weight, counted = np.full(len(pairs), 1 / len(pairs)), np.repeat(own[:, None], len(pairs), axis=1)
    else:
        weight = np.full(3, 1 / 3) if name == "macro" else share
        counted = n * np.where(y[:, None] == np.array(names), share, 1 - share)
    expected = np.sqrt(np.sum(((slopes * np.sqrt(counted / (counted - 1))) @ weight) ** 2))
    found = getattr(fit.discrimination(), name)
    # A central difference is right to the square of its step, 1e-8, over the square of the smallest outcome's rows.
    assert_allclose(found.std_error, expected, rtol=REFERENCE)
    assert_allclose(found.high - found.low, 2 * 1.959963984540054 * found.std_error, rtol=ROUTE)


@pytest.mark.parametrize("kind", ["frequency", "precision", "sampling"])
def test_two_outcomes_are_the_binary_area(kind):
    data = lk.datasets.load_lbw()
    data["w"] = 1.0 + data["id"] % 3
    several = lk.multinomial("low ~ age + lwt", data, weights="w", weight_kind=kind).discrimination()
    binary = lk.logit("low ~ age + lwt", data, weights="w", weight_kind=kind).discrimination()
    for area in (several.hand_till, several.macro, several.weighted):
        found = [area.estimate, area.std_error, area.low, area.high]
        assert_allclose(found, [binary.auc, binary.std_error, binary.low, binary.high], rtol=ROUTE)
    curve = several.curves["1"]
    assert_allclose(curve.tpr, binary.tpr, rtol=EXACT)
    assert_allclose(curve.thresholds, binary.thresholds, rtol=ROUTE)
    assert_allclose(curve.ks, binary.ks, rtol=EXACT)


def test_a_separated_fit_ranks_its_limits():
    data = pd.DataFrame({"x": np.repeat([0, 1, 2], 4), "y": list("aaaa" + "bbbc" + "bccc")})
    fit = lk.multinomial("y ~ C(x)", data)
    assert fit.separation is not None
    found = fit.discrimination()
    assert found.curves["a"].auc == 1.0
    assert_allclose(found.pairwise[1, 2], (3 * 3 + 0.5 * (3 * 1 + 1 * 3)) / 16, rtol=EXACT)
    assert found.pairwise[0, 1] == found.pairwise[1, 0] == 1.0
    # Of 4 rows of each outcome 4 disjoint pairs with the rest: R's binom.test(4, 4)$conf.int.
    assert (found.curves["a"].interval, found.curves["b"].interval) == ("exact", "DeLong")
    assert_allclose(found.curves["a"].low, 0.397635364384, rtol=1e-11)  # as printed
    assert np.isfinite(found.hand_till.std_error)
    assert "its interval is exact" in " ".join(found.to_text().split())


def test_means_of_areas_that_do_not_vary():
    data = pd.DataFrame({"x": np.repeat([0, 1, 2], 4), "y": np.repeat(["a", "b", "c"], 4)})
    found = lk.multinomial("y ~ C(x)", data).discrimination()
    for name in MEANS:
        area = getattr(found, name)
        assert (area.estimate, area.high, area.interval) == (1.0, 1.0, "exact")
        assert np.isnan(area.std_error)
        assert_allclose(area.low, 0.397635364384, rtol=1e-11)  # as printed by R's binom.test(4, 4)
    tie = lk.multinomial("y ~ 1", data).discrimination()
    for name in MEANS:
        area = getattr(tie, name)
        assert (area.estimate, area.interval) == (0.5, "degenerate")
        assert np.isnan([area.std_error, area.low, area.high]).all()
    text = " ".join(tie.to_text().split())
    assert "All predictions are tied" in text
    assert "Standard errors" not in text


def test_outcomes_that_do_not_occur_are_told(outcomes):
    rows = outcomes.data[outcomes.data["race"] != "black"]
    found = outcomes.fit.discrimination(data=rows)
    assert found.absent == ("black",)
    assert set(found.curves) == {"white", "other"}
    black = found.outcomes.index("black")
    assert np.isnan(found.pairwise[black]).all()
    others = [k for k in range(3) if k != black]
    assert_allclose(found.hand_till.estimate, np.nanmean(found.pairwise[np.ix_(others, others)]), rtol=EXACT)
    assert "No row has the outcome black" in found.to_text()
    with pytest.raises(DataError, match="All rows have the outcome 'white'"):
        outcomes.fit.discrimination(data=outcomes.data[outcomes.data["race"] == "white"])


def test_it_shows_itself(outcomes):
    text = outcomes.fit.discrimination().to_text()
    assert "Hand-Till M" in text
    assert "than black" in text
    assert "Standard errors: DeLong's." in text


def test_it_says_that_rows_with_precisions_have_no_errors(few_values):
    fit = lk.multinomial("y ~ x + z", few_values.assign(w=1.5), weights="w", weight_kind="precision")
    text = fit.discrimination().to_text()
    assert "No standard errors: DeLong's method requires independent rows of weight one" in " ".join(text.split())
    assert "Standard errors: DeLong's." not in text


def test_an_outcome_that_occurs_once_leaves_no_error(few_values):
    rows = pd.concat([few_values[few_values["y"] != "d"], few_values[few_values["y"] == "d"].head(1)])
    fit = lk.multinomial("y ~ x + z", few_values)
    found = fit.discrimination(data=rows)
    assert np.isnan(found.hand_till.std_error)
    assert np.isnan(found.curves["d"].std_error)
    assert np.isfinite(found.hand_till.estimate)


@pytest.mark.parametrize(("kind", "words"), [("sampling", "drawn independently"), ("cluster", "whole clusters")])
def test_weighted_rows_and_clusters_have_the_error_of_the_infinitesimal_jackknife(kind, words):
    births = lk.datasets.load_lbw()
    births = births.assign(w=1.0 + births["age"] / 20.0, one=1.0, id=births["id"] // 4)
    sampling = kind == "sampling"
    given = {"weights": "w", "weight_kind": "sampling"} if sampling else {"cluster": "id"}
    fit = lk.logit("low ~ age + lwt + smoke", births, **given)
    found = fit.discrimination()
    p, y, w = fit.predict().to_numpy(), births["low"].to_numpy(), births["w" if sampling else "one"].to_numpy()
    wins = (p[:, None] > p) + 0.5 * (p[:, None] == p)
    units = np.arange(len(y)) if sampling else births["id"].to_numpy()

    def area(times):
        one, other = w * times * (y == 1), w * times * (y == 0)
        return one @ wins @ other / (one.sum() * other.sum())

    each = [(area(1.0 + h) - area(1.0 - h)) / 2e-4 for h in 1e-4 * (units == np.unique(units)[:, None])]
    expected = np.sqrt(len(each) / (len(each) - 1) * np.sum(np.square(each)))
    assert_allclose(found.std_error, expected, rtol=REFERENCE)
    assert_allclose(found.high - found.low, 2 * 1.959963984540054 * found.std_error, rtol=ROUTE)
    assert_allclose(found.std_error, fit.partial_auc(fpr=(0.0, 1.0)).std_error, rtol=ROUTE)
    for result in (found, fit.roc_test(births["lwt"]), fit.partial_auc(fpr=(0.0, 0.2))):
        text = " ".join(str(result).split())
        assert words in text
        assert "DeLong" not in text


def test_means_of_areas_have_the_error_of_the_infinitesimal_jackknife():
    births = lk.datasets.load_lbw()
    births = births.assign(site=births["id"] // 5)
    fit = lk.multinomial("race ~ age + lwt + smoke", births, cluster="site")
    found = fit.discrimination()
    p, names = fit.predict(), list(fit.outcomes)
    y, units = births["race"].to_numpy(), births["site"].to_numpy()
    scores = [np.log(p[k] / (1.0 - p[k])).to_numpy().round(9) for k in names]
    wins = [(score[:, None] > score) + 0.5 * (score[:, None] == score) for score in scores]

    def hand_till(w):
        sums = [w * (y == k) for k in names]
        pairs = [(a, b) for a in range(3) for b in range(3) if a != b]
        return np.mean([sums[a] @ wins[a] @ sums[b] / sums[a].sum() / sums[b].sum() for a, b in pairs])

    each = [(hand_till(1.0 + h) - hand_till(1.0 - h)) / 2e-4 for h in 1e-4 * (units == np.unique(units)[:, None])]
    expected = np.sqrt(len(each) / (len(each) - 1) * np.sum(np.square(each)))
    assert_allclose(found.hand_till.std_error, expected, rtol=REFERENCE)
    assert found.hand_till.interval == "clusters"


def test_areas_of_a_survey_have_no_error_that_ignores_its_units():
    births = lk.datasets.load_lbw().assign(w=1.5)
    births["site"] = births["id"] // 9
    given = {"weights": "w", "weight_kind": "sampling", "survey": lk.Survey(units="site")}
    fit = lk.logit("low ~ age + lwt", births, **given)
    assert np.isnan([fit.discrimination().std_error, fit.partial_auc(fpr=(0.0, 1.0)).std_error]).all()
    with pytest.raises(UnsupportedError, match="strata and units of a survey"):
        fit.roc_test(births["lwt"])
    assert np.isnan(lk.multinomial("race ~ age", births, **given).discrimination().hand_till.std_error)
