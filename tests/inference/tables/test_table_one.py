"""Descriptions by group against R, its package survey, and tableone 0.9.6 of Python; brute force for weights.

The 189 births without the weight of every seventh row (``lwt`` missing in 27)::

    oneway.test(age ~ race)      F 4.126264996 on 2, 70.19768285  p 0.02021769129;  age ~ low: p 0.07834003321
    kruskal.test(lwt ~ low)      6.605419124  p 0.01016688703;  ftv ~ race: 4.547780779
    chisq.test(race, low, correct = FALSE)   5.004813011  p 0.08188769812
    quantile(lwt[low == 1], c(.5, .25, .75)) 120, 102.5, 130
    tableone: SMD (0, 1) age -0.267206, lwt -0.433021, race 0.355589, smoke 0.349289, ftv as levels 0.3876
    survey, weights 1 + (id %% 7) / 3: svymean and sqrt(svyvar) of age where low = 0: 23.3403141361, 5.4205586883,
      low = 1: 22.1120448179, 4.3861009444; svymean of smoke 0.3403141361, 0.4957983193; svyquantile of age in low = 1
      22, 19, 25; svytotal of race in low = 1: black 22.33333333, other 53.33333333, white 43.33333333
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, FormulaError
from logitkit.inference.tables.group_tests import kruskal_wallis, pearson, welch
from logitkit.inference.tables.moments import deviations, difference_of_levels, quantiles
from tolerances import EXACT, REFERENCE

BIRTHS = lk.datasets.load_lbw()
GAPS = BIRTHS.assign(lwt=BIRTHS["lwt"].where(BIRTHS.index % 7 != 0))
ALL = ("overall", "missing", "differences", "tests")


def _of(table: object, variable: str, group: str = "", level: str = "") -> pd.Series:
    frame = table.to_frame()  # type: ignore[attr-defined]
    here = (frame["variable"] == variable) & (frame["group"] == group) & (frame["level"] == level)
    return frame[here].iloc[0]


def test_differences_are_those_of_tableone() -> None:
    table = lk.table_one("low ~ age + lwt + race + smoke + C(ftv)", GAPS)
    found = {each.name: each.difference for each in table.variables}
    expected = {"age": 0.267206, "lwt": 0.433021, "race": 0.355589, "smoke": 0.349289, "ftv": 0.3876}
    for name, value in expected.items():
        assert_allclose(found[name], value, atol=1e-6 if name != "ftv" else 5e-5)


def test_tests_are_those_of_r() -> None:
    table = lk.table_one("low ~ age + lwt + race", GAPS, show=ALL)
    found = {each.name: each.test for each in table.variables}
    assert_allclose(found["age"].p_value, 0.07834003321, REFERENCE)
    assert_allclose(found["lwt"][:2], (6.605419124, 0.01016688703), REFERENCE)
    assert_allclose(found["race"][:2], (5.004813011, 0.08188769812), REFERENCE)
    by_race = lk.table_one(["age", "ftv"], GAPS, by="race", summary={"age": "mean", "ftv": "median"}, show=ALL)
    assert_allclose(by_race.variables[0].test[:2], (4.126264996, 0.02021769129), REFERENCE)
    assert_allclose(by_race.variables[1].test.statistic, 4.547780779, REFERENCE)


def test_medians_missing_values_and_counts_are_those_of_the_rows() -> None:
    table = lk.table_one("low ~ lwt + race", GAPS)
    low = _of(table, "lwt", "1")
    assert low[["median", "lower", "upper"]].tolist() == [120.0, 102.5, 130.0]
    assert (low["n"], low["missing"]) == (51, 8)
    assert _of(table, "race", "1", "black")["n"] == 11
    assert table.totals.tolist() == [189, 130, 59]


def test_sampling_weights_are_those_of_survey() -> None:
    data = BIRTHS.assign(w=1 + (BIRTHS["id"] % 7) / 3)
    asked = {"age": "mean"}
    table = lk.table_one("low ~ age + smoke + race", data, weights="w", weight_kind="sampling", summary=asked)
    for group, mean, deviation, smoke in (
        ("0", 23.3403141361, 5.4205586883, 0.3403141361),
        ("1", 22.1120448179, 4.3861009444, 0.4957983193),
    ):
        assert_allclose(_of(table, "age", group)[["mean", "std_dev"]].astype(float), [mean, deviation], REFERENCE)
        assert_allclose(_of(table, "smoke", group, "1")["proportion"], smoke, REFERENCE)
    assert_allclose(_of(table, "race", "1", "other")["n"], 53.33333333, REFERENCE)
    median = lk.table_one("low ~ age", data, weights="w", weight_kind="sampling", summary="median")
    assert _of(median, "age", "1")[["median", "lower", "upper"]].tolist() == [22, 19, 25]


def test_frequency_weights_are_rows_written_out() -> None:
    data = GAPS.assign(w=GAPS["id"] % 3)
    written = data.loc[data.index.repeat(data["w"])]
    weighted = lk.table_one("low ~ age + lwt + race + smoke", data, weights="w", show=ALL)
    plain = lk.table_one("low ~ age + lwt + race + smoke", written, show=ALL)
    one, other = weighted.to_frame(), plain.to_frame()
    for name in one.columns[3:]:
        assert_allclose(one[name].astype(float), other[name].astype(float), rtol=1e-10)
    assert weighted.totals.tolist() == plain.totals.tolist()


def test_moments_by_brute_force() -> None:
    rng = np.random.default_rng(1)
    values, weights, codes = rng.normal(size=60), rng.integers(0, 4, 60).astype(float), rng.integers(0, 3, 60)
    for g in range(3):
        rows = np.repeat(values[codes == g], weights[codes == g].astype(int))
        assert_allclose(deviations(values, weights, codes, 3)[g], rows.std(ddof=1), EXACT)
        own = quantiles(values[codes == g], weights[codes == g], (0.0, 0.1, 0.5, 0.77, 1.0))
        assert_allclose(own, np.quantile(rows, (0.0, 0.1, 0.5, 0.77, 1.0)), rtol=1e-10)


def test_the_difference_of_levels_does_not_depend_on_the_level_left_out() -> None:
    shares = np.array([[0.2, 0.1], [0.5, 0.3], [0.3, 0.6]])
    apart, t, c = shares[:2, 0] - shares[:2, 1], shares[:2, 0], shares[:2, 1]
    spread = (np.diag(t) - np.outer(t, t) + np.diag(c) - np.outer(c, c)) / 2
    expected = np.sqrt(apart @ np.linalg.inv(spread) @ apart)
    assert_allclose([difference_of_levels(shares), difference_of_levels(shares[::-1])], expected, 1e-10)
    assert difference_of_levels(np.array([[1.0, 0.0], [0.0, 1.0]])) == np.inf
    assert difference_of_levels(np.array([[1.0, 1.0]])) == 0.0


def test_tests_without_an_answer_are_missing() -> None:
    assert np.isnan(welch(np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.array([3.0, 3.0])).p_value)
    assert np.isnan(kruskal_wallis(np.ones(4), np.ones(4), np.array([0, 0, 1, 1]), 2).p_value)
    assert np.isnan(pearson(np.array([[3.0, 4.0]])).p_value)


def test_text_has_the_numbers_and_says_how_they_were_made() -> None:
    named = lk.labels({"age": "Age", "low": "weight"}, levels={"low": {0: "normal", 1: "low"}}, units={"age": "years"})
    text = lk.table_one("low ~ age + lwt + race + smoke", GAPS, labels=named).to_text(120)
    for words in (
        "Description of the rows by weight",
        "normal (n = 130)",
        "Age (years), mean (SD)",
        "23.24 (5.30)",
        "120.0 [102.5, 130.0]",
        "96 (50.8%)",
        "Missing",
        "where the skewness of all rows is above 1 in size",
        "Yang and Dalton",
    ):
        assert words in text
    assert "Pearson" not in text  # no test that was not asked for
    tested = lk.table_one("low ~ age + race", GAPS, show=ALL).to_text(120)
    assert "Welch's F" in tested
    assert "Pearson's chi-square" in tested


def test_rows_without_a_group_are_counted() -> None:
    data = BIRTHS.assign(low=BIRTHS["low"].where(BIRTHS.index > 4))
    table = lk.table_one("low ~ age", data)
    assert table.groups == ("0", "1")
    assert "5 rows without a value of low left out" in str(table)
    assert table.totals[0] == 184


def test_without_groups_all_rows_are_described() -> None:
    table = lk.table_one(["age", "race"], BIRTHS)
    assert _of(table, "age")["mean"] == pytest.approx(BIRTHS["age"].mean())
    assert "SMD" not in str(table)
    assert [each.name for each in lk.table_one(None, BIRTHS[["age", "low"]], by="low").variables] == ["age"]


def test_tables_of_any_kind_are_described() -> None:
    polars = pytest.importorskip("polars")
    text = BIRTHS.assign(race=BIRTHS["race"].astype(str))
    frame = polars.from_pandas(text[["low", "age", "race"]])
    assert lk.table_one("low ~ age + race", frame).to_markdown() == lk.table_one("low ~ age + race", text).to_markdown()
    flags = {"y": [True, False, True, False], "x": [True, True, False, True]}
    assert _of(lk.table_one("y ~ x", flags), "x", "True", "1")["n"] == 1


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"variables": "low ~ agee"}, DataError, "no column 'agee' to describe. Did you mean 'age'"),
        ({"variables": ["age"], "by": "id"}, DataError, "189 groups"),
        ({"variables": ["age"], "by": "one"}, DataError, "one group only"),
        ({"variables": "low ~ none"}, DataError, "no value"),
        ({"variables": "low ~ text"}, DataError, "189 levels"),
        ({"variables": "low ~ race", "summary": {"race": "mean"}}, DataError, "no numbers"),
        ({"variables": "low ~ age", "summary": {"agee": "mean"}}, DataError, "Did you mean 'age'"),
        ({"variables": "low ~ age", "summary": "modes"}, DataError, "modes"),
        ({"variables": "low ~ age", "show": ["test"]}, DataError, "Did you mean 'tests'"),
        ({"variables": "low ~ age", "labels": {"agee": "Age"}}, FormulaError, "Did you mean 'age'"),
        ({"variables": "low ~ age", "by": "race"}, DataError, "different groups"),
        (
            {"variables": "low ~ age", "weights": "bwt", "weight_kind": "sampling", "show": ALL},
            DataError,
            "need no test",
        ),
        ({"variables": "low ~ age", "weights": np.full(189, 0.5)}, DataError, "whole numbers"),
        ({"variables": "low ~ age", "weights": np.full(189, -1.0)}, DataError, "not negative"),
        ({"variables": "low ~ age", "strata": "low"}, ArgumentError, "strata"),
        ({"variables": []}, DataError, "nothing to describe"),
    ],
)
def test_what_cannot_be_described_is_refused(given: dict[str, object], error: type[Exception], message: str) -> None:
    data = BIRTHS.assign(one=1, none=np.nan, text=BIRTHS["id"].astype(str))
    with pytest.raises(error, match=message):
        lk.table_one(data=data, **given)  # type: ignore[arg-type]
