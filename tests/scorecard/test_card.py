"""The card: points are the log-odds of its model on a line, summed bin by bin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from logitkit.scorecard.scaling import Scaling

COLUMNS = ["checking_status", "duration", "purpose", "age"]


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> lk.scorecard.Scorecard:
    return lk.scorecard(COLUMNS, loans, target="class", event="bad")


def test_log_odds_are_those_of_a_formula_of_the_same_weights_of_evidence(
    loans: pd.DataFrame, card: lk.scorecard.Scorecard
) -> None:
    woes = pd.DataFrame({name: card.binnings[name].transformed(loans) for name in COLUMNS})
    fit = lk.logit(f"y ~ {' + '.join(COLUMNS)}", woes.assign(y=loans["class"] == "bad"))
    np.testing.assert_allclose(card.score(loans)["log_odds"], fit.predict_logit(woes), rtol=0, atol=1e-10)
    np.testing.assert_allclose(card.fit.std_error.to_numpy(), fit.std_error.to_numpy(), rtol=1e-9)


def test_points_are_on_the_line_through_the_base_odds(loans: pd.DataFrame) -> None:
    scaling = Scaling(points_to_double=40, base_points=500, base_odds=15, rounded=False)
    card = lk.scorecard(COLUMNS, loans, target="class", event="bad", scaling=scaling)
    scores = card.score(loans)
    odds = (1 - scores["probability"]) / scores["probability"]
    np.testing.assert_allclose(scores["points"], 500 + 40 * np.log2(odds / 15), rtol=1e-12)
    np.testing.assert_allclose(scaling.log_odds(scores["points"].to_numpy()), -scores["log_odds"], atol=1e-12)


def test_whole_points_differ_by_at_most_a_half_a_variable(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    exact = lk.scorecard(COLUMNS, loans, target="class", event="bad", scaling=Scaling(rounded=False))
    whole = card.score(loans)["points"]
    assert (whole == whole.round()).all()
    assert (whole - exact.score(loans)["points"]).abs().max() <= 0.5 * (len(COLUMNS) + 1)


def test_points_of_the_variables_sum_to_the_score(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    parts = card.points(loans)
    assert list(parts) == COLUMNS
    np.testing.assert_array_equal(card.card.base_points + parts.sum(axis=1), card.score(loans)["points"])
    table = card.table()
    assert table["points"].iloc[0] == card.card.base_points
    for name in COLUMNS:
        own = table[table["variable"] == name].dropna(subset="points")
        assert set(parts[name]) == set(own["points"])


def test_a_card_scores_columns_by_name_and_keeps_the_index(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    some = loans.iloc[[5, 2]].set_axis(["a", "b"])[[*COLUMNS[::-1], "job"]]
    scores = card.score(some)
    assert list(scores.index) == ["a", "b"]
    np.testing.assert_array_equal(scores["points"], card.score(loans)["points"].iloc[[5, 2]])


def test_a_table_without_a_column_or_with_one_of_another_type_is_refused(
    loans: pd.DataFrame, card: lk.scorecard.Scorecard
) -> None:
    with pytest.raises(DataError, match=r"needs a column 'duration'.*Did you mean 'durations'"):
        card.score(loans.rename(columns={"duration": "durations"}))
    with pytest.raises(DataError, match="'duration' has text, for example 'long', and its bins were made of numbers"):
        card.score(loans.assign(duration="long"))


def test_the_population_counts_those_left_out(loans: pd.DataFrame) -> None:
    outcome = loans["class"].where(np.arange(1000) % 10 > 0, "open").where(np.arange(1000) % 7 > 0, None)
    card = lk.scorecard(["age"], loans.assign(outcome=outcome), target="outcome", event="bad", indeterminate="open")
    population = card.population
    assert population.n_given == 1000
    assert population.n_missing == outcome.isna().sum()
    assert population.n_indeterminate == (outcome == "open").sum()
    assert population.n_bad == (outcome == "bad").sum()
    assert population.n_bad + population.n_good + population.n_missing + population.n_indeterminate == 1000
    assert "Left out" in card.to_text()


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (dict(base_odds=0), "odds are goods per bad"),
        (dict(base_odds=-3.0), "odds are goods per bad"),
        (dict(points_to_double=0), "gives everybody the same points"),
        (dict(base_points="600"), "base_points='600'"),
    ],
)
def test_a_scaling_without_a_line_is_refused(stated: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Scaling(**stated)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"bins": 5}, r"bins=5: give lk.scorecard.Bins"),
        ({"bins": {"age": {"shape": "up"}}}, r"bins\['age'\]=.*give lk.scorecard.Bins"),
        ({"selection": "iv"}, r"selection='iv': give lk.scorecard.Selection"),
        ({"scaling": {"pdo": 20}}, r"scaling=.*give lk.scorecard.Scaling"),
        ({"exclude": ["foreign"]}, r"exclude=.*rules by name"),
        ({"exclude": {"young": pd.array([True, None] * 500, dtype="boolean")}}, r"one True or False per row"),
        ({"exclude": {"all": np.ones(1000, dtype=bool)}}, r"No row is left"),
        ({"variables": None}, r"None is no name of a variable"),
        ({"variables": ["age", 3]}, r"3 is no name of a variable"),
    ],
)
def test_options_of_another_type_are_refused(loans: pd.DataFrame, given: dict[str, object], message: str) -> None:
    arguments = {"variables": ["age"], "target": "class", "event": "bad", **given}
    with pytest.raises(DataError, match=message):
        lk.scorecard(data=loans, **arguments)


def test_options_of_verbs_are_refused_in_words(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    for n in (0, -1, 2.5, "3", True):
        with pytest.raises(DataError, match="number of reasons"):
            card.reasons(loans.head(2), n=n)
    for options, message in (
        ({"pd": 0.1}, "pd has 1 values"),
        ({"correlation": "a"}, "correlation='a'"),
        ({"lights": (0.9,)}, "lights="),
        ({"lights": "ab"}, "lights="),
        ({"grades": 5}, "grades="),
    ):
        with pytest.raises(DataError, match=message):
            card.calibration_by_grade(loans, **options)
    with pytest.raises(DataError, match="cuts="):
        card.bands(loans, cuts=5)


def test_a_point_in_a_formula_means_neither_weights_nor_rules(loans: pd.DataFrame) -> None:
    data = loans[["age", "duration", "class"]].assign(w=1.0 + (loans["class"] == "bad") * (loans["age"] > 30))
    data["left"] = np.arange(1000) % 3 == 0
    card = lk.scorecard("class ~ .", data, event="bad", weights="w", exclude={"left": "left"})
    assert set(card.binnings) == {"age", "duration"}


def test_booleans_are_no_numbers_at_scoring(card: lk.scorecard.Scorecard, loans: pd.DataFrame) -> None:
    for kind in ("bool", "boolean", "object"):
        with pytest.raises(DataError, match=r"'age' has True and False.*, and its bins were made of numbers"):
            card.score(loans.assign(age=(loans["age"] > 30).astype(kind)))


def test_the_card_itself_names_variables_of_the_wrong_sign() -> None:
    loans = lk.datasets.load_german_credit().iloc[:700]
    card = lk.scorecard("class ~ .", loans, event="bad")
    named = [v.binning.name for v in card.card.variables if v.coef * v.binning.sign > 0]
    assert named == ["housing", "existing_credits"]
    assert "Wrong sign: housing, existing_credits." in " ".join(str(card).split())
    assert "Wrong sign" not in str(lk.scorecard("class ~ duration", loans, event="bad"))
