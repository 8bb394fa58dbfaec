"""The Hosmer-Lemeshow test against R, Stata's manual and plain NumPy, of an event and of several outcomes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.design.rebuild import rebuild_design
from logitkit.diagnostics.fit.hosmer_lemeshow import hosmer_lemeshow
from logitkit.errors import ResponseError, UnsupportedError
from tolerances import EXACT, REFERENCE, ROUTE


@pytest.mark.parametrize(("grouping", "stored"), [("stata", "stata_xtile"), ("r", "r_quantile_cut")])
def test_agrees_with_the_reference(fitted, grouping, stored):
    case = fitted("lbw")
    expected = case.reference["inference"]["hosmer_lemeshow"][stored]
    found = hosmer_lemeshow(case.record, case.design, grouping=grouping)
    assert_array_equal(found.group, expected["group"])
    assert_array_equal(found.size, expected["size"])
    assert_array_equal(found.observed, expected["observed"])
    assert_allclose(found.expected, expected["expected"], rtol=REFERENCE)
    assert_allclose(found.statistic, expected["statistic"], rtol=REFERENCE)
    assert_allclose(found.p_value, expected["p_value"], rtol=REFERENCE)
    assert (found.dof, found.in_sample, found.groups_asked) == (expected["dof"], True, 10)


def test_stata_prints_965(fitted):
    """[R] estat gof, example 2, to the digits printed."""
    case = fitted("lbw")
    found = hosmer_lemeshow(case.record, case.design)
    assert (round(found.statistic, 2), round(found.p_value, 4)) == (9.65, 0.2904)


def test_the_grouping_is_said_in_words(fitted):
    case = fitted("lbw")
    assert "xtile" in hosmer_lemeshow(case.record, case.design).grouping
    assert "type 7" in hosmer_lemeshow(case.record, case.design, grouping="r").grouping


def test_groups_are_disjoint_ranges(fitted):
    case = fitted("german_credit")
    found = hosmer_lemeshow(case.record, case.design, groups=8)
    assert (found.lowest <= found.highest).all()
    assert (found.highest[:-1] < found.lowest[1:]).all()
    mu = case.reference["fit"]["fitted"]
    for g in range(8):
        inside = mu[found.group == g + 1]
        assert_allclose([inside.min(), inside.max()], [found.lowest[g], found.highest[g]], rtol=REFERENCE)
        assert_allclose(inside.sum(), found.expected[g], rtol=REFERENCE)


@pytest.mark.parametrize("grouping", ["stata", "r"])
def test_frequency_weights_are_rows_written_out(fit_formula, tied, grouping):
    weighted = hosmer_lemeshow(*fit_formula("y ~ x", tied, weights="w"), groups=5, grouping=grouping)
    long = {name: np.repeat(values, tied["w"]) for name, values in tied.items()}
    expanded = hosmer_lemeshow(*fit_formula("y ~ x", long), groups=5, grouping=grouping)
    assert_array_equal(weighted.size, expanded.size)
    assert_allclose(weighted.statistic, expanded.statistic, rtol=ROUTE)


def test_grouped_data_are_their_trials(fit_formula, tied):
    levels = np.unique(tied["x"])
    events = np.array([tied["y"][tied["x"] == v].sum() for v in levels])
    totals = np.array([(tied["x"] == v).sum() for v in levels])
    data = {"x": levels, "e": events, "n": totals - events}
    grouped = hosmer_lemeshow(*fit_formula("cbind(e, n) ~ x", data), groups=6)
    single = hosmer_lemeshow(*fit_formula("y ~ x", tied), groups=6)
    assert_array_equal(grouped.size, single.size)
    assert_allclose(grouped.statistic, single.statistic, rtol=ROUTE)


def test_ties_leave_fewer_groups(fit_formula):
    data = {"x": np.repeat([0, 1, 2, 3], 6), "y": [0, 0, 0, 0, 0, 1] * 2 + [0, 0, 1, 1, 0, 1] * 2}
    found = hosmer_lemeshow(*fit_formula("y ~ x", data))
    assert (found.size.size, found.dof, found.groups_asked) == (4, 2, 10)
    with pytest.raises(UnsupportedError, match="2 groups"):
        hosmer_lemeshow(*fit_formula("y ~ x", data), groups=2)


def test_other_rows_have_as_many_degrees_of_freedom_as_groups(fit_formula, tied):
    record, _ = fit_formula("y ~ x", tied)
    half = {name: values[:100] for name, values in tied.items()}
    found = hosmer_lemeshow(record, rebuild_design(record.info, half), groups=5)
    assert not found.in_sample
    assert found.dof == found.size.size


def test_invalid_designs_are_refused(fit_formula, tied):
    with pytest.raises(UnsupportedError, match="sampling weights"):
        hosmer_lemeshow(*fit_formula("y ~ x", tied, weights="w", weight_kind="sampling"))
    with pytest.raises(UnsupportedError, match=r"clusters \(w\)"):
        hosmer_lemeshow(*fit_formula("y ~ x", tied, cluster="w"))


def test_a_group_at_the_limit_adds_nothing(fit_formula):
    x = np.repeat([0, 1, 2, 3], 6)
    y = np.array([0, 0, 0, 0, 0, 1] + [0, 0, 1, 0, 1, 1] + [0, 1, 1, 0, 1, 1] + [1] * 6)
    group = np.array(["a", "b", "c", "z"])[x]
    record, design = fit_formula("y ~ x + C(g == 'z')", {"g": group, "x": x, "y": y})
    assert record.is_separated
    found = hosmer_lemeshow(record, design)
    overlap, rest = fit_formula("y ~ x", {"x": x[:18], "y": y[:18]})
    left = hosmer_lemeshow(overlap, rest)
    assert_allclose([found.statistic, found.p_value], [left.statistic, left.p_value], rtol=ROUTE)
    assert (found.size.size, found.dof, left.dof) == (4, 1, 1)
    assert (found.patterns.count, found.patterns.dof) == (3, 1)
    record, design = fit_formula("y ~ C(g) + 0", {"g": group, "y": y})
    with pytest.raises(UnsupportedError, match="fit all 3 covariate patterns of these rows exactly"):
        hosmer_lemeshow(record, design)
    wrong = rebuild_design(record.info, {"g": np.array(["a", "a", "b", "b", "z"]), "y": [0, 1, 0, 1, 0]})
    assert hosmer_lemeshow(record, wrong, groups=5).statistic == np.inf


@pytest.mark.parametrize(
    "formula", ["low ~ race", "low ~ race * smoke", "low ~ 0 + race:C(smoke)", "low ~ smoke + ht + smoke:ht"]
)
def test_a_saturated_model_has_nothing_to_test(formula):
    births = lk.datasets.load_lbw()
    for fit in (lk.logit(formula, births), lk.multinomial(formula, births)):
        with pytest.raises(UnsupportedError, match="The model is saturated"):
            fit.hosmer_lemeshow()
        half = fit.hosmer_lemeshow(births.iloc[::2])
        assert half.patterns is None


def test_a_complete_separation_is_no_saturated_model():
    data = {"x": np.arange(20.0), "y": np.repeat([0, 1], 10)}
    for fit in (lk.logit("y ~ x", data), lk.multinomial("y ~ x", data)):
        with pytest.raises(UnsupportedError, match="Every row is fitted perfectly"):
            fit.hosmer_lemeshow()


def test_few_patterns_leave_fewer_degrees_of_freedom():
    """With a group a pattern the statistic is Pearson's of the grouped rows, on J - p degrees of freedom."""
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ race + smoke", births)
    found = fit.hosmer_lemeshow()
    cells = births.groupby(["race", "smoke"], observed=True)["low"].agg(["sum", "size"]).reset_index()
    grouped = lk.logit("cbind(sum, size - sum) ~ race + smoke", cells)
    assert found.patterns.count == len(cells) == found.size.size
    assert found.patterns.dof == grouped.dof_residual == 2
    assert_allclose(found.statistic, (grouped.residuals("pearson") ** 2).sum(), rtol=ROUTE)
    said = " ".join(str(found).split())
    assert "only 6 covariate patterns, so 2 of the 4 degrees of freedom" in said
    # Columns far from zero and of any size, and an offset, make no pattern of rounding and hide none.
    moved = births.assign(a=1e8 + births["smoke"], b=1e-9 * (births["race"] == "black"), z=births["ht"] / 8)
    shifted = lk.logit("low ~ a + b + offset(z)", moved).hosmer_lemeshow()
    assert shifted.patterns.count == len(moved[["a", "b", "z"]].drop_duplicates())
    assert "covariate pattern" not in str(lk.logit("low ~ age + lwt", births).hosmer_lemeshow())


def test_what_is_said_beside_the_test_is_what_its_groups_show():
    rng = np.random.default_rng(5)

    def said(n, bend):
        x = rng.normal(size=n)
        y = rng.random(n) < 1.0 / (1.0 + np.exp(0.5 - x - bend * (x**2 - 1)))
        fit = lk.logit("y ~ x", {"x": x, "y": y.astype(int)})
        test = fit.hosmer_lemeshow()
        return test, " ".join(str(test).split())

    few, text = said(60, 0.0)
    assert few.p_value > 0.05
    assert "With 60 observations the test has little power" in text
    right, text = said(2_000, 0.0)
    assert right.p_value > 0.05
    assert "power" not in text
    wrong, text = said(2_000, 0.4)
    assert wrong.p_value < 0.05
    assert "too small to matter" not in text
    scaled = np.abs(wrong.observed - wrong.expected) / np.sqrt(wrong.expected * (1 - wrong.expected / wrong.size))
    worst = int(scaled.argmax())
    rates = wrong.observed[worst] / wrong.size[worst], wrong.expected[worst] / wrong.size[worst]
    assert f"group {worst + 1} of 10: {100 * rates[0]:.1f}% observed, {100 * rates[1]:.1f}% predicted" in text
    slight, text = said(300_000, 0.012)
    assert slight.p_value < 0.05
    assert "No group deviates by more than" in text
    assert "detects deviations that may be too small to matter" in text


def test_many_new_rows_are_said_to_need_more_than_their_groups():
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"x": rng.normal(size=600), "y": rng.integers(0, 2, 600)})
    fit = lk.logit("y ~ x", data.head(400))
    few, many = fit.hosmer_lemeshow(data.tail(40)), fit.hosmer_lemeshow(data.tail(200))
    assert (few.share_of_fit, many.share_of_fit, fit.hosmer_lemeshow().share_of_fit) == (0.1, 0.5, 1.0)
    assert "take the coefficients as known" not in str(few)
    assert "take the coefficients as known" not in str(fit.hosmer_lemeshow())
    assert "these rows are 50.0% of the number" in " ".join(str(many).split())


@pytest.mark.slow
def test_the_test_rejects_too_often_where_the_new_rows_are_many():
    rng = np.random.default_rng(0)
    rejected = {100: 0, 1_000: 0}
    for _ in range(400):
        X = rng.normal(size=(2_000, 3))
        y = rng.random(2_000) < 1.0 / (1.0 + np.exp(0.3 - 0.5 * X.sum(axis=1)))
        data = pd.DataFrame(X, columns=list("abc")).assign(y=y.astype(int))
        fit = lk.logit("y ~ a + b + c", data.head(1_000))
        for size in rejected:
            rejected[size] += fit.hosmer_lemeshow(data.iloc[1_000 : 1_000 + size]).p_value < 0.05
    # 400 samples: two standard errors are 2 % at 5 %, and 3.5 % at 15 %.
    assert 0.03 <= rejected[100] / 400 <= 0.07
    assert 0.115 <= rejected[1_000] / 400 <= 0.185


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """Rows whose only predictor has few values, with whole weights; three outcomes."""
    rng = np.random.default_rng(21)
    x = rng.integers(0, 12, 240).astype(float)
    eta = np.column_stack([np.zeros(240), 0.2 * x - 1.0, 1.0 - 0.25 * x])
    p = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    y = [rng.choice(["a", "b", "c"], p=row) for row in p]
    return pd.DataFrame({"x": x, "y": y, "w": rng.integers(1, 5, 240)})


@pytest.mark.parametrize(
    ("stored", "options"),
    [
        ("stata", {}),
        ("r", {"grouping": "r"}),
        ("stata_other", {"against": "other", "groups": 8}),
    ],
)
def test_agrees_with_r(outcomes, stored, options):
    expected = outcomes.reference["goodness"][stored]
    found = outcomes.fit.hosmer_lemeshow(**options)
    order = [found.outcomes.index(name) for name in ("white", "black", "other")]
    assert_array_equal(found.observed[order], expected["observed"])
    assert_allclose(found.expected[order], expected["expected"], rtol=REFERENCE)
    assert_allclose([found.statistic, found.p_value], [expected["statistic"], expected["p_value"]], rtol=REFERENCE)
    assert found.dof == expected["dof"]
    assert found.reference == options.get("against", "white")
    assert found.in_sample


@pytest.mark.parametrize("grouping", ["stata", "r"])
def test_two_outcomes_are_the_binary_test(grouping):
    data = lk.datasets.load_lbw()
    formula = "low ~ age + lwt + smoke + C(race)"
    several = lk.multinomial(formula, data).hosmer_lemeshow(grouping=grouping)
    binary = lk.logit(formula, data).hosmer_lemeshow(grouping=grouping)
    assert_array_equal(several.group, binary.group)
    assert_array_equal(several.observed[1], binary.observed)
    assert_allclose(several.expected[1], binary.expected, rtol=ROUTE)
    assert_allclose([several.lowest, several.highest], [binary.lowest, binary.highest], rtol=ROUTE)
    assert_allclose(several.statistic, binary.statistic, rtol=ROUTE)
    assert (several.dof, several.grouping) == (binary.dof, binary.grouping)


def test_new_rows_take_no_degrees_of_freedom_off(outcomes):
    found = outcomes.fit_others().hosmer_lemeshow(data=outcomes.held_out, groups=5)
    assert (found.dof, found.in_sample) == (10, False)
    assert_allclose(found.share_of_fit, 63 / 126, rtol=EXACT)
    p = outcomes.fit_others().predict(outcomes.held_out).to_numpy()
    y = pd.get_dummies(outcomes.held_out["race"])[list(found.outcomes)].to_numpy(dtype=float)
    rows = [found.group == g + 1 for g in range(5)]
    cells = [((y[r].sum(axis=0) - p[r].sum(axis=0)) ** 2 / p[r].sum(axis=0)).sum() for r in rows]
    assert_allclose(found.statistic, sum(cells), rtol=ROUTE)
    outside = 1 - p[:, found.outcomes.index("white")]
    assert all(outside[a].max() < outside[b].min() for a, b in pairwise(rows))


def test_weights_that_count_are_rows_written_out(drawn):
    weighted = lk.multinomial("y ~ x", drawn, weights="w").hosmer_lemeshow(groups=5)
    long = drawn.loc[drawn.index.repeat(drawn["w"])].reset_index(drop=True)
    written = lk.multinomial("y ~ x", long).hosmer_lemeshow(groups=5)
    assert_array_equal(weighted.observed, written.observed)
    assert_allclose(weighted.statistic, written.statistic, rtol=ROUTE)


def test_counts_are_their_trials(drawn):
    table = pd.crosstab(drawn["x"], drawn["y"]).reset_index()
    counted = lk.multinomial("cbind(a, b, c) ~ x", table).hosmer_lemeshow(groups=6)
    single = lk.multinomial("y ~ x", drawn).hosmer_lemeshow(groups=6)
    assert_array_equal(counted.observed, single.observed)
    assert_allclose(counted.statistic, single.statistic, rtol=ROUTE)


def test_no_reference_groups_by_the_first_outcome(drawn):
    symmetric = lk.multinomial("y ~ x", drawn, reference=None).hosmer_lemeshow(groups=5)
    first = lk.multinomial("y ~ x", drawn).hosmer_lemeshow(groups=5)
    assert symmetric.reference == first.reference == "a"
    assert_allclose(symmetric.statistic, first.statistic, rtol=ROUTE)


def test_limits_add_nothing_unless_contradicted():
    data = pd.DataFrame(
        {"x": np.repeat([0, 1, 2, 3], 9), "y": list("aaaabbbbb" + "abcabcccc" + "abcabaaac" + "aaabccccc")}
    )
    fit = lk.multinomial("y ~ x + C(x == 0)", data)
    assert fit.separation is not None
    found = fit.hosmer_lemeshow(groups=4)
    rest = lk.multinomial("y ~ x", data[9:]).hosmer_lemeshow(groups=3)
    # The first four rows of x = 0 and the others fit exactly, and of its pattern only a and b are possible.
    assert_allclose(found.statistic, rest.statistic, rtol=ROUTE)
    assert (found.patterns.count, found.patterns.dof) == (4, rest.patterns.dof) == (4, 2)
    fit = lk.multinomial("y ~ C(x)", data)
    with pytest.raises(UnsupportedError, match="saturated"):
        fit.hosmer_lemeshow(groups=4)
    wrong = data.assign(y=["c", *data["y"][1:]])
    assert fit.hosmer_lemeshow(data=wrong, groups=4).statistic == np.inf


def test_what_has_no_chi_square_is_refused(drawn):
    clustered = lk.multinomial("y ~ x", drawn.assign(id=np.arange(240) // 4), cluster="id")
    with pytest.raises(UnsupportedError, match="no chi-square distribution with clusters"):
        clustered.hosmer_lemeshow()
    sampled = lk.multinomial("y ~ x", drawn, weights="w", weight_kind="sampling")
    with pytest.raises(UnsupportedError, match="sampling weights"):
        sampled.hosmer_lemeshow()
    fit = lk.multinomial("y ~ x", drawn)
    with pytest.raises(UnsupportedError, match="fall into 2 groups"):
        fit.hosmer_lemeshow(groups=2)
    with pytest.raises(ResponseError, match="against='d' is not an outcome"):
        fit.hosmer_lemeshow(against="d")
    counts = pd.DataFrame({"a": [8, 2, 9, 3, 11, 6], "b": [3, 9, 2, 9, 1, 6], "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]})
    with pytest.raises(UnsupportedError, match="Fit without dispersion="):
        lk.logit("cbind(a, b) ~ x", counts, dispersion="pearson").hosmer_lemeshow(groups=4)


def test_it_shows_itself(drawn):
    text = lk.multinomial("y ~ x", drawn).hosmer_lemeshow().to_text()
    assert "Generalised Hosmer-Lemeshow test" in text
    assert "all outcomes but a" in text
    assert "b (expected)" in text
    small = lk.multinomial("y ~ x", drawn.head(60)).hosmer_lemeshow()
    assert small.few_expected > 0.2
    assert "the p-value is approximate" in " ".join(small.to_text().split())


@pytest.mark.slow
def test_rejects_as_often_as_it_should():
    """At a true model, on its own rows: 5 % of 400 samples, give or take three standard errors."""
    rng = np.random.default_rng(5)
    p_values = []
    for _ in range(400):
        x, z = rng.standard_normal((2, 500))
        eta = np.column_stack([np.zeros(500), 0.5 * x, 0.5 * z - 0.3 * x])
        y = (eta + rng.gumbel(size=eta.shape)).argmax(axis=1)
        fit = lk.multinomial("y ~ x + z", {"x": x, "z": z, "y": y})
        p_values.append(fit.hosmer_lemeshow().p_value)
    assert abs(np.mean(np.array(p_values) < 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 400)
