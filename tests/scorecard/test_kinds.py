"""What a variable of a card may hold; everything else is refused by name, or left out with its reason."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError, FormulaError, NoBinsError
from logitkit.scorecard.kinds import LARGEST, exact_numbers, why_no_variable

N = 300


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    income, grade = rng.normal(size=N).round(2), rng.choice(list("abc"), N)
    bad = rng.uniform(size=N) < 1 / (1 + np.exp(1 - income - 0.8 * (grade == "a")))
    return pd.DataFrame({"income": income, "grade": grade, "bad": bad.astype(int)})


def days() -> pd.Series:
    return pd.Series(pd.Timestamp("2005-01-01") + pd.to_timedelta(np.arange(N) % 90, "D"))


def binned(values: Any, **options: Any) -> Any:
    return lk.scorecard.binning("v", {"v": values, "bad": table()["bad"]}, target="bad", **options)


DATES = {
    "datetime": days,
    "with a zone": lambda: days().dt.tz_localize("UTC"),
    "date": lambda: days().dt.date,
    "period": lambda: days().dt.to_period("M"),
    "categories": lambda: days().astype("category"),
    "text": lambda: days().dt.strftime("%Y-%m-%d"),
    "German text": lambda: days().dt.strftime("%d.%m.%Y").mask(days().index == 0),
    "months as text": lambda: days().dt.strftime("%Y-%m"),
    "quarters as text": lambda: days().dt.to_period("Q").astype(str),
    "American text": lambda: days().dt.strftime("%m/%d/%y"),
}


@pytest.mark.parametrize("kind", DATES)
def test_dates_are_refused_with_what_to_derive_and_left_out_by_a_point(kind: str) -> None:
    values = DATES[kind]()
    with pytest.raises(DataError, match=r"'v' holds dates, for example \S.*Derive a number first, such as the months"):
        binned(values)
    data = table().assign(opened=values)
    for asked in (["income", "opened"], "bad ~ income + opened"):
        with pytest.raises(DataError, match="'opened' holds dates"):
            lk.scorecard(asked, data, target="bad")
    with pytest.raises(DataError, match="'opened' holds dates"):
        lk.scorecard("bad ~ .", data, bins={"opened": lk.scorecard.Bins()})
    card = lk.scorecard("bad ~ .", data)
    assert card.card.names == ("income", "grade")
    step = card.selection().iloc[0]
    assert (step["variable"], step["taken"]) == ("opened", False)
    assert step["reason"].startswith("it holds dates: ")
    assert card.score(data.drop(columns="opened")).equals(card.score(data))


def test_a_card_that_left_out_dates_is_verified_saved_and_reported(tmp_path: Path, figures_not_written: None) -> None:
    data = table().assign(opened=days(), empty=np.nan)
    card = lk.scorecard("bad ~ .", data)
    assert card.verify(data).agrees
    other = card.verify(data.assign(empty=1.0)).table(all=False)
    assert other[["part", "item"]].to_numpy().tolist() == [["Fingerprint", "empty"]]
    loaded = lk.load(card.save(tmp_path / "card.json"))
    assert loaded.selection().equals(card.selection())
    assert loaded.score(data).equals(card.score(data))
    page = card.report(tmp_path / "card.html").read_text(encoding="utf-8")
    assert "it holds dates: derive a number first" in page
    assert "all are missing or special" in page
    assert "2 of 4" in page


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (days() - days()[0], "durations, for example .*Turn them into a number first, such as days"),
        ([dt.time(12)] * N, "times of the day, for example 12:00:00"),
        (pd.cut(table()["income"], 3), "of type Interval. Levels are text, numbers or booleans"),
        ([("a", 1)] * N, "of type tuple"),
        ([b"a", b"b"] * (N // 2), "of type bytes"),
        ([Decimal("1.5"), "x"] * (N // 2), "of type Decimal"),
        (["-9", 1.5, 2.5] * (N // 3), "mixes text, for example '-9', and numbers, for example 1.5"),
        ([1, "1"] * (N // 2), "mixes text, for example '1', and numbers, for example 1"),
        ([2**53, 1] * (N // 2), "whole number 9007199254740992, and doubles do not tell whole numbers from 2\\^53 on"),
        (np.uint64([2**63, 1] * (N // 2)), "whole number 9223372036854775808"),
        ([10**400, 1] * (N // 2), "whole number 1000"),
        (pd.array([None, *range(2**60, 2**60 + N - 1)], dtype="Int64"), "whole number 1152921504606846976"),
    ],
)
def test_what_no_bins_are_made_of_is_refused(values: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        binned(values)


def test_large_floats_are_numbers_and_whole_numbers_are_exact_below_two_to_53() -> None:
    whole = pd.Series([int(LARGEST) - 1, 3 - int(LARGEST)])
    assert [int(x) for x in exact_numbers(whole, "v")] == whole.tolist()
    assert exact_numbers(pd.Series([2.0**80, 1]), "v").tolist() == [2.0**80, 1.0]
    assert exact_numbers(pd.Series([2.0**80, 1], dtype=object), "v").tolist() == [2.0**80, 1.0]
    card = lk.scorecard(["income", "grade"], table(), target="bad")
    with pytest.raises(DataError, match="'income' has the whole number 9007199254740993"):
        card.score({"income": [2**53 + 1], "grade": ["a"]})


def test_text_that_is_not_all_dates_is_levels() -> None:
    for levels in (
        ["2005-13", "2005-14"],
        ["2005", "2006"],
        ["1/2", "3/4"],
        ["12-13", "14-15"],
        ["01.02.2003", "never"],
    ):
        assert why_no_variable(pd.Series(levels), "v") == ""
    declared = pd.Series(["2005-03-31", "2005-04-01"] * (N // 2), dtype="category")  # of campaigns, say
    assert binned(declared).rule.n_values == 2


def test_a_negative_zero_is_zero_in_labels() -> None:
    values = np.where(np.arange(N) % 2, -0.0, -1.0)
    assert binned(values, bins=lk.scorecard.Bins(cuts=[-0.0], min_size=0)).rule.labels()[0] == "below 0"
    assert not np.signbit(binned(values, bins=lk.scorecard.Bins(min_size=0)).rule.cuts).any()


@pytest.mark.parametrize("selection", [None, lk.scorecard.Selection(min_iv=0)])
def test_a_variable_without_enough_values_is_left_out_with_its_reason(selection: Any) -> None:
    data = table().assign(none=np.nan, nobody=None, special=-9.0, one="x", few=np.where(np.arange(N) < 3, 1.0, np.nan))
    bins = {"special": lk.scorecard.Bins(special=[-9])}
    card = lk.scorecard("bad ~ .", data, bins=bins, selection=selection)
    assert set(card.card.names) == {"income", "grade"}
    assert not {"none", "few"} & set(card.binnings)
    why = card.selection().set_index("variable")["reason"].to_dict()
    assert why == {
        **dict.fromkeys(("none", "nobody", "special"), "it has no ordinary values: all are missing or special"),
        "one": "it has one value",
        "few": "all ordinary values together are 3 rows, and a bin must have at least 15",
    }
    plain = lk.scorecard(["income", "grade"], table(), target="bad")
    assert card.score(data).equals(plain.score(data))
    for name, message in (
        ("none", "'none' has no ordinary"),
        ("few", "'few': all ordinary values together are 3 rows"),
    ):
        with pytest.raises(NoBinsError, match=message):
            lk.scorecard.binning(name, data, target="bad")
        with pytest.raises(NoBinsError, match=message):
            lk.scorecard("bad ~ .", data, bins=bins, selection=lk.scorecard.Selection(keep=[name]))
    with pytest.raises(DataError, match=r"No variable has two rates \(none: it has no ordinary values"):
        lk.scorecard(["none", "few"], data, target="bad", selection=selection)


def test_rows_of_weight_0_are_as_absent() -> None:
    data = table()
    data["weight"] = np.where(data["grade"] == "c", 0, 1 + np.arange(N) % 2)
    data["income"] = data["income"].mask((data["grade"] == "c") & (data["income"] > 0))
    for unseen in ("raise", "neutral"):
        bins = {"grade": lk.scorecard.Bins(unseen=unseen)}
        card = lk.scorecard("bad ~ .", data, weights="weight", bins=bins)
        seen = data[data["weight"] > 0]
        without = lk.scorecard("bad ~ .", seen, weights="weight", bins=bins)
        assert card.score(seen).equals(without.score(seen))
        assert card.fit.n_obs == without.fit.n_obs
        applicant = {"income": [0.5], "grade": ["c"]}
        if unseen == "raise":
            with pytest.raises(DataError, match="level 'c' was not there when the bins were made"):
                card.score(applicant)
        else:
            assert card.points(applicant)["grade"].tolist() == [0.0]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (1 - table()["bad"], "those of all bad rows are 0"),
        (table()["bad"], "those of all good rows are 0"),
        (np.full(N, 1e308), "those of the bad rows have no finite sum"),
    ],
)
def test_weights_that_leave_nothing_to_compare_are_refused(weights: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        lk.scorecard(["income"], table(), target="bad", weights=weights)


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("bad ~ .", ("income", "grade", "a b", "x-y")),
        ("bad ~ . - income", ("grade", "a b", "x-y")),
        ("`bad` ~ . - `a b` - `x-y`", ("income", "grade")),
        ("bad ~ x-y + a b", ("x-y", "a b")),
        ("bad ~ grade + income - income", ("grade",)),
        ("bad ~ . + income", ("grade", "a b", "x-y", "income")),
    ],
)
def test_a_formula_adds_names_and_takes_them_away(formula: str, names: tuple[str, ...]) -> None:
    data = table()
    data["a b"], data["x-y"] = data["income"] ** 2, np.arange(N) % 7
    assert tuple(lk.scorecard(formula, data).binnings) == names


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("bad ~ income * grade", r"'income \* grade' is no column. A card takes columns as they are"),
        ("bad ~ income:grade", "'income:grade' is no column. A card takes columns as they are"),
        ("bad ~ log(income)", r"'log\(income\)' is no column. A card takes columns as they are"),
        ("log(bad) ~ income", r"The target 'log\(bad\)' is no column"),
        ("bad ~ 0 + income", "'0' is no column. A card always has an intercept"),
        ("bad ~ income - 1", "'1' is no column. A card always has an intercept"),
        ("bad ~ income +", "a plus or a minus with nothing after it"),
        ("bad ~ . -", "a plus or a minus with nothing after it"),
        ("bad ~ `income", "'`income' has a backquote without another"),
        ("~ income", "has no response"),
        ("bad ~ incme", "There is no column 'incme'. Did you mean 'income'"),
        ("bad ~ . - grd", "There is no column 'grd'. Did you mean 'grade'"),
        ("bad ~ -income", "No variable is named"),
    ],
)
def test_other_formulas_are_refused_in_words(formula: str, message: str) -> None:
    with pytest.raises((FormulaError, DataError), match=message):
        lk.scorecard(formula, table())


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"income", "grade"}, "are a set, which has no order"),
        (b"income", "b'income' is no name of a variable"),
        (["income", None], "None is no name of a variable"),
    ],
)
def test_variables_are_names_in_an_order(variables: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        lk.scorecard(variables, table(), target="bad")


@pytest.mark.parametrize(
    ("special", "message"),
    [
        ([2**53 + 1], "9007199254740993 is too large a whole number for a double"),
        ([["a"]], r"special: \['a'\] is a list"),
        ([dt.date(2020, 1, 1)], "is a date. Give text, numbers or booleans"),
        (["-9"], "'-9' is no number, and the variable has numbers"),
    ],
)
def test_special_values_that_no_value_can_equal_are_refused(special: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        binned(table()["income"], bins=lk.scorecard.Bins(special=special))


def test_a_special_number_is_refused_where_the_variable_has_it_as_text() -> None:
    text = ["-9", "a", "b"] * (N // 3)
    with pytest.raises(DataError, match="no level equals -9, and there is '-9'"):
        binned(text, bins=lk.scorecard.Bins(special=[-9]))
    assert binned(text, bins=lk.scorecard.Bins(special=["-9"])).rule.n_values == 2
    assert binned(["a", "b"] * (N // 2), bins=lk.scorecard.Bins(special=[-9])).rule.n_values == 2


def test_text_of_numbers_is_refused_unless_its_levels_are_stated() -> None:
    income = [f"{value}" for value in table()["income"]]
    for text, words in (
        (["unknown", *income[1:]], r"levels read as numbers \(not 'unknown'\)"),
        (income, r"levels read as numbers, such as '.*'. Convert the column to numbers"),
        ([value.replace(".", ",") for value in income], "levels read as numbers, such as"),
        ([*(str(k % 30) for k in range(N - 1)), "none"], r"30 of its 31 levels read as numbers \(not 'none'\)"),
    ):
        with pytest.raises(DataError, match=words):
            binned(text)
        blocks = ({"v": text[k : k + 100], "bad": table()["bad"][k : k + 100]} for k in range(0, N, 100))
        with pytest.raises(DataError, match=words):
            lk.scorecard.binnings_of_blocks("v", blocks, target="bad", event=1)
        assert binned(pd.Categorical(text)).prebins.by_rate
    codes = [f"{k % 30:02d}" for k in range(N)]  # whole numbers as text are codes
    assert sum(map(len, binned(codes).rule.groups)) == 30
    assert binned(["0", "1", "2+"] * (N // 3)).rule.n_values > 1


def test_text_that_no_file_can_hold_is_refused() -> None:
    with pytest.raises(DataError, match="which is no valid text: mend its encoding"):
        binned(pd.Series(["a", "\ud800"] * (N // 2), dtype=object))
    with pytest.raises(DataError, match="The name 'Intercept' is what a card calls its intercept"):
        lk.scorecard(["Intercept"], table().rename(columns={"income": "Intercept"}), target="bad")


def test_labels_of_bins_can_be_told_apart() -> None:
    values = ["Missing", "", "refused", "a"] * (N // 4)
    bins = lk.scorecard.Bins(special={"refused": ["r"]}, min_size=0, max_bins=4, min_events=0, min_nonevents=0)
    labels = binned(values, bins=bins).rule.labels()
    assert set(labels) <= {"'Missing'", "''", "'refused'", "a", "refused", "Missing"}
    assert len(set(labels)) == len(labels)
    for special, words in (({"Missing": [1]}, "is that of missing values"), ({1: [1], "1": [2]}, "is given twice")):
        with pytest.raises(DataError, match=f"the label .* {words}"):
            lk.scorecard.Bins(special=special)
