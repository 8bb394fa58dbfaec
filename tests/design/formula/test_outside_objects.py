"""What a formula takes from outside the table: functions and small constants, never data; and names that clash."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from design.inputs import small
from logitkit.design.formula.parse import parse_formula
from logitkit.errors import FormulaError
from tolerances import EXACT, ROUTE

FRAME = small()


def doubled(values: Any) -> Any:
    return 2 * values


class Settings:
    """An object with an array that is as long as the table."""

    values = FRAME["z"].to_numpy()


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("outside", "outside"),
        ("I(outside)", "outside"),
        ("doubled(outside)", "outside"),
        ("np.log(listed)", "listed"),
        ("held['z']", "held"),
        ("settings.values", "settings.values"),
        ("namespace.inner.z", "namespace.inner.z"),
        ("other.z", "other"),
        ("C(labels)", "labels"),
        ("age + offset(outside)", "outside"),
    ],
)
def test_a_value_for_each_row_must_be_in_the_table(expression: str, name: str) -> None:
    outside = FRAME["z"].to_numpy()
    listed = FRAME["income"].tolist()
    held = {"z": outside}
    settings = Settings()
    namespace = SimpleNamespace(inner=SimpleNamespace(z=outside))
    other = FRAME[["z"]]
    labels = FRAME["region"]
    assert all(map(len, (outside, listed, held, other, labels))), (settings, namespace)
    with pytest.raises(FormulaError, match="put it into the table") as caught:
        lk.logit(f"default ~ {expression}", FRAME)
    assert f"'{name}'" in str(caught.value)
    assert "60 values" in str(caught.value)


def test_a_response_from_outside_the_table_is_refused() -> None:
    outside = FRAME["z"].to_numpy()
    assert outside.size == 60
    with pytest.raises(FormulaError, match="'outside'"):
        lk.logit("(outside > 0) ~ age", FRAME)


def test_long_objects_are_data_whatever_the_number_of_rows() -> None:
    table = np.arange(101.0)
    fine = np.arange(100.0)
    assert fine.size == 100
    with pytest.raises(FormulaError, match="101 values"):
        lk.logit("default ~ I(age - table[3])", FRAME)
    fit = lk.logit("default ~ I(age - fine[3])", FRAME)
    assert_allclose(fit.coef.iloc[1], lk.logit("default ~ age", FRAME).coef.iloc[1], rtol=ROUTE)
    assert table.size == 101


def test_options_of_a_transform_may_be_as_many_as_the_rows() -> None:
    scope = {"cuts": [1.0, 2.0], "cut": [1.0, 2.0, 3.0]}
    parsed = parse_formula("y ~ bs(x, knots=cuts)", ["y", "x"], scope, n_rows=2)
    assert parsed.functions == {"cuts": [1.0, 2.0]}
    with pytest.raises(FormulaError, match="'cuts'"):
        parse_formula("y ~ bs(x, knots=cuts) + cuts", ["y", "x"], scope, n_rows=2)
    assert parse_formula("y ~ np.digitize(x, cut)", ["y", "x"], scope, n_rows=2).functions == {"cut": scope["cut"]}


def test_a_list_changed_later_does_not_change_the_model() -> None:
    knots = [35.0, 50.0]
    inner = {"shift": [3.0]}
    fit = lk.logit("default ~ bs(age, knots=knots, degree=1) + I(z - inner['shift'][0])", FRAME)
    before = fit.predict(FRAME)
    knots.append(60.0)
    inner["shift"][0] = 99.0
    assert_allclose(fit.predict(FRAME), before, rtol=EXACT)


def test_functions_are_kept_by_their_name_in_full_and_not_copied() -> None:
    scope = {"doubled": doubled, "numbers": np}
    parsed = parse_formula("y ~ doubled(x) + numbers.sqrt(x) + np.sinc(x) + np.log(x)", ["y", "x"], scope, n_rows=60)
    assert parsed.functions == {"doubled": doubled, "numbers.sqrt": np.sqrt, "np.sinc": np.sinc}


@pytest.mark.parametrize("right", ["age | z", "age + z | region"])
def test_a_right_side_of_several_parts_is_refused(right: str) -> None:
    with pytest.raises(FormulaError, match="several parts"):
        lk.logit(f"default ~ {right}", FRAME)


@pytest.mark.parametrize("right", ["age + offset(z)", "age + offset(shift)", "age + offset(shift + 0 * z)"])
def test_a_column_called_offset_leaves_offsets_alone(right: str) -> None:
    frame = FRAME.assign(shift=FRAME["z"])
    expected = lk.logit(f"default ~ {right}", frame)
    renamed = frame.assign(offset=frame["z"])
    fit = lk.logit(f"default ~ {right.replace('(shift', '(offset')}", renamed)
    assert_allclose(fit.coef, expected.coef, rtol=EXACT)
    assert_allclose(fit.predict(renamed), expected.predict(), rtol=EXACT)


def test_a_column_called_like_a_function_that_is_called() -> None:
    frame = FRAME.assign(C=FRAME["z"], scale=1.0)
    assert_allclose(
        lk.logit("default ~ C(region)", frame).coef, lk.logit("default ~ C(region)", FRAME).coef, rtol=EXACT
    )
    with pytest.raises(FormulaError, match=r"'C' .* both a column and a function"):
        lk.logit("default ~ C + C(region)", frame)
    with pytest.raises(FormulaError, match=r"'age' .* called as a function"):
        lk.logit("default ~ age(z)", frame)


def test_an_offset_is_a_whole_term() -> None:
    with pytest.raises(FormulaError, match="must stand alone"):
        lk.logit("default ~ age + {offset(z) * 2}", FRAME)


def test_a_column_called_like_a_word_of_python() -> None:
    frame = FRAME.rename(columns={"region": "class"})
    expected = lk.logit("default ~ region", FRAME).coef.to_numpy()
    for right in ("class", "`class`"):
        assert_allclose(lk.logit(f"default ~ {right}", frame).coef, expected, rtol=EXACT)
    for right in ("C(class)", "C(`class`)", "age + I(class == 'east')"):
        with pytest.raises(FormulaError, match="'class' has the name of a Python keyword") as caught:
            lk.logit(f"default ~ {right}", frame)
        assert "Rename" in str(caught.value)


def test_a_misspelt_name_in_backticks_gets_a_hint() -> None:
    frame = FRAME.rename(columns={"age": "age in years"})
    with pytest.raises(FormulaError, match="Did you mean 'age in years'"):
        lk.logit("default ~ `age in year`", frame)


def test_a_dict_changed_later_does_not_change_the_model() -> None:
    lookup = {"east": 1.0, "north": 2.0, "south": 3.0}
    fit = lk.logit("default ~ region.map(lookup)", FRAME)
    lookup["east"] = 50.0
    mapped = FRAME.assign(code=FRAME["region"].map({"east": 1.0, "north": 2.0, "south": 3.0}))
    assert_allclose(fit.predict(FRAME), lk.logit("default ~ code", mapped).predict(), rtol=ROUTE)
    assert isinstance(fit.predict(FRAME), pd.Series)
