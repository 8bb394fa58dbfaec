"""The language of formulas: names, responses, offsets, levels, and what the caller's own code brings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from design.inputs import small, unchanged
from logitkit.errors import DataError, FormulaError, ResponseError
from tolerances import EXACT, ROUTE

HALF = 0.5
CUTS = [30, 45]


def halved(values: Any) -> Any:
    return HALF * values


def test_a_letter_that_python_takes_for_another_is_named() -> None:
    frame = pd.DataFrame({"y": [0, 1, 0, 1], "\u00b5g": [1.0, 2.0, 4.0, 3.0]})  # the micro sign
    with pytest.raises(
        FormulaError, match=r"'\\xb5g' contains a letter that Python treats as another.* Rename the column"
    ):
        lk.logit("y ~ log(\u00b5g)", frame)
    assert lk.logit("y ~ \u00b5g", frame).n_obs == 4


@pytest.mark.parametrize("right", ["`1`", "`1` + x", "x + `1`", "0 + `1` + x", "x:`1`", "."])
def test_a_column_called_1_is_not_taken_for_the_intercept(right: str) -> None:
    frame = small().assign(x=small()["age"], **{"1": small()["age"] ** 2})[["default", "x", "1"]]
    with pytest.raises(FormulaError, match=r"column '1' in .* would be taken for the intercept; rename it"):
        lk.logit(f"default ~ {right}", frame)
    assert lk.logit("default ~ 1 + x + I(`1`)", frame).record.info.names == ("Intercept", "x", "I(`1`)")


def test_names_with_spaces_and_signs_stand_in_backticks_or_in_the_quotes_of_patsy() -> None:
    frame = small().rename(columns={"age": "age (years)", "region": "sales region", "default": "in default?"})
    fit = lk.logit("`in default?` ~ `age (years)` + C(`sales region`) + np.log(`age (years)`)", frame)
    plain = lk.logit("default ~ age + C(region) + np.log(age)", small())
    assert_allclose(fit.coef, plain.coef, rtol=ROUTE)
    right = "Q(\"age (years)\") + C( Q('sales region')) + np.log(Q( 'age (years)' ))"
    quoted = lk.logit(f"Q('in default?') ~ {right}", frame)
    assert list(quoted.coef.index) == list(fit.coef.index)
    assert_allclose(quoted.coef, fit.coef, rtol=EXACT)
    assert_allclose(quoted.predict(frame), fit.predict(), rtol=EXACT)
    assert_allclose(quoted.residuals(data=frame), fit.residuals(), rtol=EXACT)
    assert "age (years)" in fit.coef.index
    assert fit.test("`age (years)` = 0").dof == 1
    assert_allclose(fit.predict(frame), plain.predict(), rtol=ROUTE)
    counts = frame.assign(**{"n all": 3})
    grouped = lk.logit("cbind(`in default?`, `n all` - `in default?`) ~ `age (years)`", counts)
    assert grouped.record.total == 180


def test_hypotheses_about_names_with_colons_and_brackets() -> None:
    frame = small()
    fit = lk.logit("default ~ z * C(region)", frame)
    names = list(fit.coef.index)
    slopes = [name for name in names if ":" in name]
    result = fit.test(f"{slopes[0]} = {slopes[1]}, z = 0")
    contrast = np.zeros((2, len(names)))
    contrast[0, names.index(slopes[0])], contrast[0, names.index(slopes[1])] = 1.0, -1.0
    contrast[1, names.index("z")] = 1.0
    gap = contrast @ fit.coef
    expected = gap @ np.linalg.solve(contrast @ fit.vcov.to_numpy() @ contrast.T, gap)
    assert_allclose(result.statistic, expected, rtol=ROUTE)
    with pytest.raises(FormulaError, match="Did you mean"):
        fit.test("z:C(region)[T.nort] = 0")
    with pytest.raises(FormulaError, match="contradict"):
        fit.test("z = 0, z = 1")


@pytest.mark.parametrize(
    "left", ["cbind(e, n - e)", "cbind(e, rest)", "cbind(e, np.maximum(n - e, 0))", "cbind(2 * e / 2, n - e)"]
)
def test_counts_by_expression(left: str) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"n": rng.integers(1, 9, 40), "x": rng.normal(size=40)})
    frame["e"] = rng.binomial(frame["n"], 0.4)
    frame["rest"] = frame["n"] - frame["e"]
    with unchanged(frame):
        fit = lk.logit(f"{left} ~ x", frame)
    assert_allclose(fit.coef, lk.logit("cbind(e, rest) ~ x", frame).coef, rtol=EXACT)
    frame.loc[3, "n"] = np.nan
    frame.loc[3, "rest"] = np.nan
    assert lk.logit(f"{left} ~ x", frame).record.counts.missing == 1


def test_rows_without_trials_take_no_part() -> None:
    frame = pd.DataFrame({"e": [1, 2, 0, 3], "o": [2, 1, 0, 1], "x": [0.0, 1.0, 2.0, 3.0]})
    fit = lk.logit("cbind(e, o) ~ x", frame)
    assert fit.n_obs == 3
    assert_allclose(fit.coef, lk.logit("cbind(e, o) ~ x", frame[frame["x"] != 2]).coef, rtol=ROUTE)


@pytest.mark.parametrize(
    ("values", "event", "expected"),
    [
        (["no", "yes"], None, "yes"),
        (["no", "yes"], "no", "no"),
        ([False, True], None, "True"),
        ([False, True], False, "False"),
        ([0, 1], None, "1"),
        ([0, 1], 0, "0"),
        ([1, 2], 2, "2"),
        ([1.0, 2.0], 1, "1.0"),
    ],
)
def test_the_event_is_chosen_and_printed(values: list[Any], event: Any, expected: str) -> None:
    frame = small()
    frame["answer"] = np.array(values)[frame["default"]]
    fit = lk.logit("answer ~ age", frame, event=event)
    sign = 1 if str(values[1]) == expected else -1
    assert_allclose(fit.coef, sign * lk.logit("default ~ age", frame).coef, rtol=ROUTE)
    assert f"answer = {expected}" in str(fit.summary())


def test_categories_have_their_own_order() -> None:
    frame = small()
    frame["answer"] = pd.Categorical.from_codes(frame["default"], ["z good", "a bad"])
    assert lk.logit("answer ~ age", frame).record.info.response.event == "a bad"
    text = frame.astype({"answer": str})
    assert lk.logit("answer ~ age", text).record.info.response.event == "z good"


def test_the_dot_is_every_other_column() -> None:
    frame = small()[["default", "age", "z", "weight", "region"]]
    fit = lk.logit("default ~ .", frame, weights="weight")
    plain = lk.logit("default ~ age + z + region", frame, weights="weight")
    assert sorted(fit.coef.index) == sorted(plain.coef.index)
    assert_allclose(fit.coef[plain.coef.index], plain.coef, rtol=ROUTE)


def test_three_ways_to_give_an_offset() -> None:
    frame = small()
    inside = lk.logit("default ~ age + offset(z)", frame)
    named = lk.logit("default ~ age", frame, offset="z")
    array = lk.logit("default ~ age", frame, offset=frame["z"].to_numpy())
    both = lk.logit("default ~ age + offset(z / 2)", frame, offset=frame["z"] / 2)
    for fit in (inside, named, array, both):
        assert list(fit.coef.index) == ["Intercept", "age"]
        assert_allclose(fit.coef, inside.coef, rtol=ROUTE)
        assert_allclose(fit.null_deviance, inside.null_deviance, rtol=ROUTE)
    new = frame.head(4)
    expected = inside.predict_logit(new)
    assert_allclose(named.predict_logit(new), expected, rtol=ROUTE)
    assert_allclose(array.predict_logit(new, offset=new["z"]), expected, rtol=ROUTE)
    assert_allclose(array.predict_logit(new, offset="z"), expected, rtol=ROUTE)
    with pytest.raises(DataError, match="array as offset, which new rows need too"):
        array.predict(new)
    with pytest.raises(DataError, match="fitted without one"):
        inside.predict(new, offset=new["z"])
    with pytest.raises(DataError, match="offset='z': there is no such column"):
        named.predict(new.drop(columns="z"))
    assert_allclose(array.predict_logit().head(4), expected, rtol=ROUTE)


def test_an_offset_that_a_transform_leaves_missing_drops_the_row() -> None:
    frame = small()
    with np.errstate(invalid="ignore"):
        fit = lk.logit("default ~ age + offset(np.log(z))", frame)
        clean = lk.logit("default ~ age + offset(np.log(z))", frame[frame["z"] > 0])
        assert fit.n_obs == clean.n_obs == (frame["z"] > 0).sum()
        assert_allclose(fit.coef, clean.coef, rtol=ROUTE)
        assert np.array_equal(fit.predict(frame).notna(), frame["z"] > 0)
        shifted = frame.assign(z=-frame["z"])
        assert np.array_equal(fit.predict(shifted).notna(), frame["z"] < 0)


@pytest.mark.parametrize("formula", ["default ~ offset(region)", "default ~ age + offset(bs(z, df=4))"])
def test_an_offset_is_one_number_a_row(formula: str) -> None:
    with pytest.raises(FormulaError, match="one number per row"):
        lk.logit(formula, small())


@pytest.mark.parametrize(
    "right", ["region", "C(region)", "C(region, contr.sum)", "z:region", "z * C(region)", "C(region.str.upper())"]
)
def test_a_level_never_seen(right: str) -> None:
    frame = small()
    fit = lk.logit(f"default ~ {right}", frame)
    new = frame.head(6).copy()
    new.loc[[1, 4], "region"] = "west"
    new.loc[2, "z"] = np.nan
    with unchanged(new):
        with pytest.raises(DataError, match=r"region.*2 rows.*(west|WEST).*unseen='missing'"):
            fit.predict(new)
        predicted = fit.predict(new, unseen="missing")
    lost = [1, 4] + ([2] if "z" in right else [])
    assert np.flatnonzero(predicted.isna()).tolist() == sorted(lost)
    rest = [i for i in range(6) if i not in lost]
    assert_allclose(predicted.iloc[rest], fit.predict().iloc[rest], rtol=ROUTE)
    with pytest.raises(DataError, match=r"west|WEST"):
        fit.residuals("pearson", new)


def test_a_level_never_seen_behind_a_function_of_the_caller() -> None:
    def grouped(values: pd.Series) -> pd.Series:
        return values.map({"east": "e", "north": "n", "south": "s"}).fillna("other")

    fit = lk.logit("default ~ C(grouped(region))", small())
    new = small().head(3).assign(region=["east", "west", "south"])
    with pytest.raises(DataError, match="other"):
        fit.predict(new)
    assert fit.predict(new, unseen="missing").isna().tolist() == [False, True, False]


def test_a_category_that_new_rows_lack_or_order_otherwise() -> None:
    frame = small()
    fit = lk.logit("default ~ grade", frame)
    new = frame.head(8)
    for other in (
        new["grade"].astype(str),
        new["grade"].cat.remove_unused_categories(),
        new["grade"].cat.reorder_categories(["A", "B", "C"]),
        new["grade"].cat.add_categories(["Z"]),
    ):
        assert_allclose(fit.predict(new.assign(grade=other)), fit.predict().head(8), rtol=EXACT)


def test_functions_and_constants_of_the_module_of_the_caller() -> None:
    fit = lk.logit("default ~ halved(age) + I(z > HALF) + np.searchsorted(CUTS, age)", small())
    assert_allclose(fit.coef["halved(age)"], 2 * lk.logit(*twin()).coef["age"], rtol=ROUTE)


def twin() -> tuple[str, pd.DataFrame]:
    return "default ~ age + I(z > HALF) + np.searchsorted(CUTS, age)", small()


def test_functions_and_constants_inside_a_function() -> None:
    shift = 3.0

    def scaled(values: Any) -> Any:
        return (values - shift) / 10

    fit = lk.logit("default ~ scaled(age) + I(age > shift * 15) + I(math.pi * z)", small())
    assert_allclose(fit.predict(small()), fit.predict(), rtol=EXACT)
    assert math.pi > shift
    assert [lk.logit("default ~ scaled(age)", small()).n_obs for _ in range(2)] == [60, 60]


def test_a_column_hides_a_name_of_the_caller() -> None:
    z = np.ones(60)
    assert_allclose(lk.logit("default ~ z", small()).coef["z"], lk.logit("default ~ I(z)", small()).coef["I(z)"])
    assert len(z) == 60


def test_a_response_by_expression() -> None:
    frame = small()
    fit = lk.logit("(income > income.median()) ~ age", frame)
    rich = (frame["income"] > frame["income"].median()).astype(int)
    assert_allclose(fit.coef, lk.logit("rich ~ age", frame.assign(rich=rich)).coef, rtol=ROUTE)
    with pytest.raises(ResponseError, match="one column"):
        lk.logit("np.column_stack([default, default]) ~ age", frame)
    with pytest.raises(FormulaError, match="cannot be evaluated"):
        lk.logit("default / region ~ age", frame)


@pytest.mark.parametrize("formula", ["default ~ 1", "default ~ 0 + age", "default ~ age - 1", "default ~ -1 + age"])
def test_with_and_without_an_intercept(formula: str) -> None:
    fit = lk.logit(formula, small())
    assert ("Intercept" in fit.coef.index) == (formula == "default ~ 1")
    assert fit.converged


def test_names_and_order_are_those_of_formulaic() -> None:
    from formulaic import model_matrix

    frame = small()
    for right in ("age * C(region)", "bs(z, df=5) + grade", "C(region, contr.treatment('south')):z + owner", "z + 0"):
        assert list(lk.logit(f"default ~ {right}", frame).coef.index) == list(model_matrix(right, frame).columns)
