"""The generalised Hosmer-Lemeshow test: R's groups and sums, plain NumPy, and the binary test."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import ResponseError, UnsupportedError
from tolerances import EXACT, REFERENCE, ROUTE


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
    found = outcomes.fit.goodness_of_fit(**options)
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
    several = lk.multinomial(formula, data).goodness_of_fit(grouping=grouping)
    binary = lk.logit(formula, data).goodness_of_fit(grouping=grouping)
    assert_array_equal(several.group, binary.group)
    assert_array_equal(several.observed[1], binary.observed)
    assert_allclose(several.expected[1], binary.expected, rtol=ROUTE)
    assert_allclose([several.lowest, several.highest], [binary.lowest, binary.highest], rtol=ROUTE)
    assert_allclose(several.statistic, binary.statistic, rtol=ROUTE)
    assert (several.dof, several.grouping) == (binary.dof, binary.grouping)


def test_new_rows_take_no_degrees_of_freedom_off(outcomes):
    found = outcomes.fit_others().goodness_of_fit(data=outcomes.held_out, groups=5)
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
    weighted = lk.multinomial("y ~ x", drawn, weights="w").goodness_of_fit(groups=5)
    long = drawn.loc[drawn.index.repeat(drawn["w"])].reset_index(drop=True)
    written = lk.multinomial("y ~ x", long).goodness_of_fit(groups=5)
    assert_array_equal(weighted.observed, written.observed)
    assert_allclose(weighted.statistic, written.statistic, rtol=ROUTE)


def test_counts_are_their_trials(drawn):
    table = pd.crosstab(drawn["x"], drawn["y"]).reset_index()
    counted = lk.multinomial("cbind(a, b, c) ~ x", table).goodness_of_fit(groups=6)
    single = lk.multinomial("y ~ x", drawn).goodness_of_fit(groups=6)
    assert_array_equal(counted.observed, single.observed)
    assert_allclose(counted.statistic, single.statistic, rtol=ROUTE)


def test_no_reference_groups_by_the_first_outcome(drawn):
    symmetric = lk.multinomial("y ~ x", drawn, reference=None).goodness_of_fit(groups=5)
    first = lk.multinomial("y ~ x", drawn).goodness_of_fit(groups=5)
    assert symmetric.reference == first.reference == "a"
    assert_allclose(symmetric.statistic, first.statistic, rtol=ROUTE)


def test_limits_add_nothing_unless_contradicted():
    data = pd.DataFrame(
        {"x": np.repeat([0, 1, 2, 3], 9), "y": list("aaaabbbbb" + "abcabcccc" + "abcabaaac" + "aaabccccc")}
    )
    fit = lk.multinomial("y ~ x + C(x == 0)", data)
    assert fit.separation is not None
    found = fit.goodness_of_fit(groups=4)
    rest = lk.multinomial("y ~ x", data[9:]).goodness_of_fit(groups=3)
    # The first four rows of x = 0 and the others fit exactly, and of its pattern only a and b are possible.
    assert_allclose(found.statistic, rest.statistic, rtol=ROUTE)
    assert (found.patterns.count, found.patterns.dof) == (4, rest.patterns.dof) == (4, 2)
    fit = lk.multinomial("y ~ C(x)", data)
    with pytest.raises(UnsupportedError, match="saturated"):
        fit.goodness_of_fit(groups=4)
    wrong = data.assign(y=["c", *data["y"][1:]])
    assert fit.goodness_of_fit(data=wrong, groups=4).statistic == np.inf


def test_what_has_no_chi_square_is_refused(drawn):
    clustered = lk.multinomial("y ~ x", drawn.assign(id=np.arange(240) // 4), cluster="id")
    with pytest.raises(UnsupportedError, match="no chi-square distribution with clusters"):
        clustered.goodness_of_fit()
    sampled = lk.multinomial("y ~ x", drawn, weights="w", weight_kind="sampling")
    with pytest.raises(UnsupportedError, match="sampling weights"):
        sampled.goodness_of_fit()
    fit = lk.multinomial("y ~ x", drawn)
    with pytest.raises(UnsupportedError, match="fall into 2 groups"):
        fit.goodness_of_fit(groups=2)
    with pytest.raises(ResponseError, match="against='d' is no outcome"):
        fit.goodness_of_fit(against="d")


def test_it_shows_itself(drawn):
    text = lk.multinomial("y ~ x", drawn).goodness_of_fit().to_text()
    assert "Generalised Hosmer-Lemeshow test" in text
    assert "all outcomes but a" in text
    assert "b (expected)" in text
    small = lk.multinomial("y ~ x", drawn.head(60)).goodness_of_fit()
    assert small.few_expected > 0.2
    assert "the p-value is rough" in small.to_text()


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
        p_values.append(fit.goodness_of_fit().p_value)
    assert abs(np.mean(np.array(p_values) < 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 400)
