"""Which variables a card takes, and what the trail says of the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, FormulaError
from logitkit.scorecard.selection import Candidates, Fitted, correlations, score_chi_square

Selection = lk.scorecard.Selection


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 3000
    x = rng.normal(size=(n, 5))
    data = pd.DataFrame(x, columns=list("abcde"))
    data["twin"] = data["a"] + 0.2 * rng.normal(size=n)
    data["bad"] = rng.uniform(size=n) < 1 / (1 + np.exp(1.5 - data["a"] - 0.5 * data["b"]))
    return data


def test_weak_and_correlated_variables_are_left_out_in_words(people: pd.DataFrame) -> None:
    card = lk.scorecard("bad ~ .", people, selection=Selection(method="all"))
    assert card.card.names == ("a", "b")
    steps = card.selection().set_index("variable")
    assert steps.loc["twin", "reason"] == "correlates with a, which has the higher information value"
    assert steps.loc["c", "reason"] == "information value below 0.02"
    assert not steps["taken"].any()
    assert set(card.binnings) == {"a", "b", "c", "d", "e", "twin"}


def test_forced_variables_stay(people: pd.DataFrame) -> None:
    card = lk.scorecard("bad ~ .", people, selection=Selection(keep=["twin", "c"]))
    assert {"twin", "c"} <= set(card.card.names)
    assert "a" not in card.card.names
    reasons = card.selection().set_index("variable")["reason"]
    assert reasons["a"] == "correlates with twin, which is to be kept"


def matrix_of(card: lk.scorecard.Scorecard, people: pd.DataFrame) -> np.ndarray:
    return np.column_stack([binned.transformed(people) for binned in card.binnings.values()])


def test_backward_elimination_is_that_of_wald_tests(people: pd.DataFrame) -> None:
    stated = Selection(min_iv=0.0, max_correlation=None, criterion="bic", right_signs=False)
    card = lk.scorecard("bad ~ .", people, selection=stated)
    woes = pd.DataFrame(matrix_of(card, people), columns=list(card.binnings)).assign(bad=people["bad"])
    left = list(card.binnings)
    while True:
        fit = lk.logit(f"bad ~ {' + '.join(left)}", woes)
        z2 = ((fit.coef / fit.std_error) ** 2).drop("Intercept")
        if z2.min() >= np.log(len(woes)):
            break
        left.remove(z2.idxmin())
    assert list(card.card.names) == left
    assert len(left) < 6


def test_entries_are_by_the_score_test(people: pd.DataFrame) -> None:
    card = lk.scorecard("bad ~ .", people, selection=Selection(min_iv=0.0, max_correlation=None, method="stepwise"))
    matrix = matrix_of(card, people)
    names = list(card.binnings)
    woes = pd.DataFrame(matrix, columns=names).assign(bad=people["bad"])
    fit = lk.logit("bad ~ a", woes)

    def refit(columns: list[int]) -> Fitted:
        del columns
        return Fitted(fit.coef.to_numpy(), fit.std_error.to_numpy(), fit.predict_logit(woes).to_numpy())

    among = Candidates(card.binnings, matrix, people["bad"].to_numpy(), None, refit, lambda columns: columns)
    found = score_chi_square(among, [0], [1, 2, 5])
    expected = fit.add1("b + c + twin", test="score")
    assert expected.tests.labels == ("b", "c", "twin")
    np.testing.assert_allclose(found, expected.tests.statistic, rtol=1e-8)
    first = card.selection().iloc[0]
    assert first["taken"]
    assert first["variable"] == "a"


def test_variables_with_the_wrong_sign_are_left_out() -> None:
    """Over all the rate rises with x, and given g it falls: beside g the weight of evidence of x is turned round."""
    rng = np.random.default_rng(4)
    g = rng.integers(0, 4, 6000)
    x = g + rng.normal(0, 0.7, 6000)
    bad = rng.uniform(size=6000) < 1 / (1 + np.exp(3 - 1.6 * g + 0.6 * x))
    data = pd.DataFrame({"g": g.astype(str), "x": x, "bad": bad})
    every = Selection(min_iv=0.0, max_correlation=None, method="all", right_signs=False)
    assert lk.scorecard("bad ~ g + x", data, selection=every).fit.coef["x"] > 0
    card = lk.scorecard("bad ~ g + x", data, selection=Selection(max_correlation=None))
    assert card.card.names == ("g",)
    assert "turn its weight of evidence round" in card.selection()["reason"].iloc[-1]
    bounded = lk.scorecard("bad ~ g + x", data, selection=Selection(max_correlation=None, method="lasso"))
    assert bounded.card.names == ("g",)


def test_a_few_missing_values_of_one_outcome_are_no_second_rate(people: pd.DataFrame) -> None:
    """Their weight of evidence is that of corrected counts, and a coefficient for it would be infinite."""
    data = people[["a", "bad"]].assign(empty=1.0, mixed=1.0)
    data.loc[data.index[~data["bad"]][:3], "empty"] = np.nan
    data.loc[data.index[~data["bad"]][:90], "mixed"] = np.nan
    data.loc[data.index[data["bad"]][:5], "mixed"] = np.nan
    for selection in (None, Selection(method="all", min_iv=0.0)):
        card = lk.scorecard("bad ~ .", data, selection=selection)
        assert card.card.names == ("a", "mixed")
        reason = card.selection().set_index("variable").loc["empty", "reason"]
        assert reason == "all bins that have goods and bads have one rate"


def test_a_variable_of_rare_levels_alone_is_left_out_in_words(people: pd.DataFrame) -> None:
    data = people[["a", "bad"]].assign(shop=np.arange(len(people)) % 150)
    data["shop"] = data["shop"].astype(str)
    card = lk.scorecard("bad ~ .", data)
    assert card.card.names == ("a",)
    assert card.selection()["reason"].tolist() == ["all its levels are pooled as rare (rare=)"]
    few = lk.scorecard.Bins(rare=0.005)
    assert lk.scorecard("bad ~ .", data, bins={"shop": few}).card.names == ("a", "shop")


def test_correlations_are_pearsons_with_weights_as_counts() -> None:
    rng = np.random.default_rng(3)
    x, times = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3)), rng.integers(1, 4, 50)
    np.testing.assert_allclose(correlations(x, None), np.corrcoef(x.T), atol=1e-12)
    repeated = np.corrcoef(np.repeat(x, times, axis=0).T)
    np.testing.assert_allclose(correlations(x, times.astype(float)), repeated, atol=1e-12)


def test_rules_of_exclusion_are_counted_once(people: pd.DataFrame) -> None:
    rules = {"a is high": people["a"] > 1, "b is high": (people["b"] > 1).to_numpy()}
    card = lk.scorecard(["a"], people.assign(bad=people["bad"].astype(int)), target="bad", exclude=rules)
    first, second = people["a"] > 1, (people["b"] > 1) & ~(people["a"] > 1)
    assert card.population.excluded == (("a is high", first.sum()), ("b is high", second.sum()))
    assert card.population.n_good + card.population.n_bad == 3000 - first.sum() - second.sum()
    assert card.population.n_bad == people.loc[~first & ~second, "bad"].sum()


def test_what_cannot_be_selected_is_refused(people: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"No variable is left: .*information value below 9"):
        lk.scorecard(["a", "b"], people, target="bad", selection=Selection(min_iv=9))
    with pytest.raises(DataError, match=r"keep: 'aa' is none of the variables. Did you mean"):
        lk.scorecard(["a", "b"], people, target="bad", selection=Selection(keep=["aa"]))
    with pytest.raises(DataError, match="cannot be a variable"):
        lk.scorecard(["a", "bad"], people, target="bad")
    with pytest.raises(DataError, match="'a' is named twice"):
        lk.scorecard(["a", "a"], people, target="bad")
    with pytest.raises(DataError, match="target= is missing"):
        lk.scorecard(["a"], people)
    with pytest.raises(FormulaError, match="says otherwise"):
        lk.scorecard("bad ~ a", people, target="b")
    with pytest.raises(DataError, match="one True or False per row"):
        lk.scorecard(["a"], people, target="bad", exclude={"rule": people["b"]})
    with pytest.raises(DataError, match="method='forwards'"):
        Selection(method="forwards")
    with pytest.raises(ArgumentError, match="min_iv"):
        Selection(minimum_iv=0.1)  # type: ignore[call-arg]
