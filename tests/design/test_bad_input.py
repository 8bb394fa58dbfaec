"""Bad input gets an error of our own tree: what is wrong, the value, where, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from design.inputs import small, unchanged
from logitkit.design.table.files import read_file
from logitkit.errors import DataError, FormulaError, LogitkitError, ResponseError, UnsupportedError


def refuse(frame: Any, formula: str = "default ~ age + C(region)", **options: Any) -> LogitkitError:
    """Give the error of a fit, which must leave the table as it was."""
    tables = [frame] if isinstance(frame, pd.DataFrame) else []
    with unchanged(*tables), pytest.raises(LogitkitError) as caught:
        lk.logit(formula, frame, **options)
    assert isinstance(caught.value, ValueError)
    return caught.value


def assert_says(error: LogitkitError, kind: type[LogitkitError], *parts: str) -> None:
    assert type(error) is kind
    for part in parts:
        assert part in str(error), f"{part!r} is not in {str(error)!r}"


@pytest.mark.parametrize(
    ("formula", "wrong"),
    [
        ("default ~ aeg", "aeg"),
        ("default ~ C(aeg)", "aeg"),
        ("default ~ z:aeg", "aeg"),
        ("default ~ np.log(aeg)", "aeg"),
        ("default ~ bs(aeg, df=4)", "aeg"),
        ("default ~ offset(aeg)", "aeg"),
        ("default ~ `aeg`", "aeg"),
    ],
)
def test_a_misspelt_column(formula: str, wrong: str) -> None:
    assert_says(refuse(small(), formula), FormulaError, f"'{wrong}'", "Did you mean 'age'?")


def test_a_misspelt_response() -> None:
    assert_says(refuse(small(), "defualt ~ age"), FormulaError, "'defualt'", "Did you mean 'default'?")


@pytest.mark.parametrize("role", ["weights", "offset", "cluster"])
def test_a_misspelt_column_for_a_role(role: str) -> None:
    error = refuse(small(), **{role: "wieght"})
    assert_says(error, DataError, f"{role}='wieght'", "no such column", "Did you mean 'weight'?")


def test_a_response_with_one_class() -> None:
    assert_says(refuse(small().assign(default=1)), ResponseError, "'default'", "one class", "(1)")
    assert_says(refuse(small().assign(default="no")), ResponseError, "one class", "(no)")
    assert_says(refuse(small().assign(default=True)), ResponseError, "one class", "(True)")
    none = small().assign(rest=5, default=0)
    assert_says(refuse(none, "cbind(default, rest) ~ age"), ResponseError, "one class", "non-events only")


def test_one_class_left_by_missing_values_or_weights() -> None:
    frame = small()
    frame["gap"] = np.where(frame["default"] == 1, np.nan, 1.0)
    assert_says(refuse(frame, "default ~ gap"), ResponseError, "one class", "missing values")
    frame["w"] = np.where(frame["default"] == 1, 0.0, 1.0)
    assert_says(refuse(frame, weights="w"), ResponseError, "positive weight", "one class")


def test_a_response_with_three_classes() -> None:
    error = refuse(small(), "region ~ age")
    assert_says(error, ResponseError, "'region'", "3 classes", "'east'", "region == 'east'")
    fit = lk.logit("(region == 'east') ~ age", small())
    assert fit.record.events == (small()["region"] == "east").sum()


@pytest.mark.parametrize("value", [2, -1, 0.5, np.inf])
def test_numbers_outside_zero_and_one(value: float) -> None:
    frame = small()
    frame["default"] = frame["default"].astype(float)
    frame.loc[17, "default"] = value
    assert_says(refuse(frame), ResponseError, "'default'", str(float(value)), "row 17", "event=", "cbind")


def test_an_event_that_does_not_occur() -> None:
    frame = small().assign(default=np.where(small()["default"] == 1, "bad", "good"))
    assert_says(refuse(frame, event="baad"), ResponseError, "'baad'", "Did you mean 'bad'?")
    grouped = small().assign(rest=2)
    assert_says(refuse(grouped, "cbind(default, rest) ~ age", event=1), ResponseError, "event=1", "first count")


@pytest.mark.parametrize(("value", "words"), [(-1.0, "not negative"), (0.5, "whole"), (np.inf, "whole")])
def test_counts_that_are_no_counts(value: float, words: str) -> None:
    frame = small().assign(rest=2.0)
    frame.loc[3, "rest"] = value
    assert_says(refuse(frame, "cbind(default, rest) ~ age"), ResponseError, "nonevents", f"{value:g}", "row 3", words)


@pytest.mark.parametrize("value", [-2.0, np.inf, -np.inf])
@pytest.mark.parametrize("named", [True, False])
def test_negative_or_infinite_weights(value: float, named: bool) -> None:
    frame = small()
    frame.loc[11, "weight"] = value
    error = refuse(frame, weights="weight" if named else frame["weight"].to_numpy())
    assert_says(error, DataError, "weights", str(value), "row 11", "finite and not negative", "weight 0")


def test_the_row_of_a_bad_weight_is_that_of_the_table() -> None:
    frame = small()
    frame.loc[[0, 5], "income"] = np.nan
    frame.loc[11, "weight"] = -2.0
    assert_says(refuse(frame, "default ~ income", weights="weight"), DataError, "-2.0", "row 11")


def test_weights_all_zero_of_text_or_not_whole() -> None:
    assert_says(refuse(small(), weights=np.zeros(60)), DataError, "all zero")
    assert_says(refuse(small(), weights="region"), DataError, "must be numeric", "weights")
    frame = small().assign(weight=0.5)
    error = refuse(frame, weights="weight")
    assert_says(error, DataError, "0.5", "row 0", "whole", "weight_kind='precision'", "weight_kind='sampling'")
    assert_says(refuse(small(), weights="weight", weight_kind="other"), DataError, "'other'", "'frequency'")


@pytest.mark.parametrize("role", ["weights", "offset", "cluster"])
@pytest.mark.parametrize("values", [np.ones(59), [1] * 61, pd.Series(np.ones(7))])
def test_arrays_of_another_length(role: str, values: Any) -> None:
    assert_says(refuse(small(), **{role: values}), DataError, role, str(len(values)), "60")


@pytest.mark.parametrize("role", ["weights", "offset", "cluster"])
def test_a_series_with_another_index(role: str) -> None:
    shuffled = small()["weight"].iloc[::-1]
    assert_says(refuse(small(), **{role: shuffled}), DataError, role, "index", "to_numpy")


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("formula", ["default ~ income", "default ~ age + income:owner", "default ~ income + z"])
def test_an_infinite_x(value: float, formula: str) -> None:
    frame = small()
    frame["owner"] = True
    frame.loc[23, "income"] = value
    error = refuse(frame, formula)
    assert_says(error, DataError, "income", str(value), "row 23", "finite")


def test_the_row_of_an_infinite_x_is_that_of_the_table() -> None:
    frame = small()
    frame.loc[[0, 1], "z"] = np.nan
    frame.loc[23, "income"] = np.inf
    assert_says(refuse(frame, "default ~ income + z"), DataError, "'income'", "inf", "row 23")
    frame.loc[23, "income"] = 0.0
    with np.errstate(divide="ignore"):
        error = refuse(frame, "default ~ np.log(income) + z")
    assert_says(error, DataError, "np.log(income)", "-inf", "row 23")
    frame.loc[23, "income"] = 1e200
    assert_says(refuse(frame, "default ~ income + z"), DataError, "'income'", "1e+200", "row 23", "rescale")


def test_an_infinite_offset() -> None:
    frame = small()
    frame.loc[9, "z"] = np.inf
    for options in ({"offset": "z"}, {"offset": frame["z"].to_numpy()}):
        assert_says(refuse(frame, **options), DataError, "offset", "inf", "row 9", "finite")
    assert_says(refuse(frame, "default ~ age + offset(z)"), DataError, "offset", "inf", "row 9", "finite")


def test_an_infinite_x_at_prediction() -> None:
    fit = lk.logit("default ~ income + C(region)", small())
    new = small().head(5)
    new.loc[3, "income"] = np.inf
    with unchanged(new), pytest.raises(DataError, match=r"'income' holds inf in row 3"):
        fit.predict(new)


def test_an_all_missing_column() -> None:
    for values in (np.nan, None, pd.NA):
        frame = small().assign(income=values)
        assert_says(refuse(frame, "default ~ age + income"), DataError, "'income'", "every row", "leave it out")


def test_zero_rows() -> None:
    assert_says(refuse(small().head(0)), DataError, "no rows")
    frame = small()
    frame["income"] = np.where(frame.index % 2 == 0, np.nan, 1.0)
    frame["z"] = np.where(frame.index % 2 == 1, np.nan, 1.0)
    error = refuse(frame, "default ~ income + z")
    assert_says(error, DataError, "No row is left", "income 30", "z 30")


def test_missing_values_refused_on_request() -> None:
    frame = small()
    frame.loc[[2, 3], "income"] = np.nan
    frame.loc[4, "default"] = 0
    assert_says(refuse(frame, "default ~ income", missing="raise"), DataError, "missing='raise'", "income 2")
    assert_says(refuse(frame, "default ~ income", missing="keep"), DataError, "'keep'", "'drop'", "'raise'")
    # log of a negative number is missing only after the transform.
    with np.errstate(invalid="ignore"):
        error = refuse(frame, "default ~ np.log(z) + income", missing="raise")
    assert_says(error, DataError, "income 2")


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("age + z", "no '~'"),
        ("~ age", "no response"),
        (" ~ age", "no response"),
        ("default ~ ", "nothing after '~'"),
        ("default ~ age ~ z", "more than one '~'"),
        ("default ~ age +", "cannot be read"),
        ("default ~ (age", "cannot be read"),
        ("default ~ (age > 1)", "A comparison stands inside I"),
        ("default ~ age:offset(z)", "offset must stand alone"),
    ],
)
def test_formulas_that_are_none(formula: str, words: str) -> None:
    error = refuse(small(), formula)
    assert_says(error, FormulaError, words)


@pytest.mark.parametrize("formula", [None, 3, ["default", "age"]])
def test_a_formula_that_is_no_text(formula: Any) -> None:
    assert_says(refuse(small(), formula), FormulaError, "'y ~ x + C(g)'")


def test_an_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="wieghts"):
        lk.logit("default ~ age", small(), wieghts="weight")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="family"):
        lk.logit_matrix(np.ones((2, 1)), [0, 1], family="binomial")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        lk.logit("default ~ age", small(), "weight")  # type: ignore[misc]


def test_options_out_of_range() -> None:
    for level in (0, 1, 95, "0.95", True, np.nan):
        assert_says(refuse(small(), level=level), DataError, repr(level), "between 0 and 1")
    assert_says(refuse(small(), link="probits"), UnsupportedError, "'probits'", "'logit'")
    assert_says(refuse(small(), solver="lbfgs"), DataError, "'lbfgs'", "Newton")
    fit = lk.logit("default ~ age", small())
    with pytest.raises(DataError, match="profle"):
        fit.confint(method="profle")
    with pytest.raises(LogitkitError, match="devience"):
        fit.residuals("devience")  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [None, 3, [1, 2], np.ones((3, 2))])
def test_data_that_is_no_table(data: Any) -> None:
    assert_says(refuse(data), DataError, "not a table")


def test_a_file_that_is_not_there() -> None:
    assert_says(refuse("loans.csv"), DataError, "There is no file 'loans.csv'")


def test_a_formula_in_the_place_of_the_data() -> None:
    with pytest.raises(DataError, match="The formula comes first, and then the data"):
        lk.logit({"y": [0, 1], "x": [1, 2]}, "y ~ x")  # type: ignore[arg-type]


def test_columns_of_a_dict_that_make_no_table() -> None:
    error = refuse({"default": [0, 1, 1], "age": [1.0, 2.0]}, "default ~ age")
    assert_says(error, DataError, "default: (3,)", "age: (2,)")
    one, other = pd.Series([0, 1, 0, 1]), pd.Series([1.0, 2.0, 3.0, 4.0], index=[2, 3, 4, 5])
    assert_says(refuse({"default": one, "age": other}, "default ~ age"), DataError, "index")


def test_names_that_occur_twice_or_are_no_text() -> None:
    frame = small()
    twice = pd.concat([frame, frame[["age"]]], axis=1)
    assert_says(refuse(twice), DataError, "2 columns", "'age'", "rename")
    assert lk.logit("default ~ z", twice).n_obs == 60
    numbered = frame.rename(columns={"z": 7})
    assert_says(refuse(numbered), FormulaError, "7", "not text")


def test_columns_that_cannot_be_coded() -> None:
    frame = small()
    frame["mixed"] = [1, "two"] * 30
    assert_says(refuse(frame, "default ~ mixed"), DataError, "'mixed'", "int and str")
    frame["when"] = pd.date_range("2020-01-01", periods=60)
    assert_says(refuse(frame, "default ~ when"), DataError, "'when'", "dates", "I(when.dt.year)")
    assert lk.logit("default ~ I(when.dt.month)", frame).n_obs == 60
    error = refuse(frame, "default ~ age + no_such_function(z)")
    assert_says(error, FormulaError, "'no_such_function'")
    error = refuse(frame, "default ~ bs(region, df=4)")
    assert_says(error, FormulaError, "cannot be evaluated")
    assert error.__cause__ is not None


def test_unreadable_files(tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"no parquet")
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("a,b\n1,2\n1,2,3,4\n", encoding="utf-8")
    other = tmp_path / "loans.sas7bdat"
    other.write_bytes(b"")
    empty = tmp_path / "empty.csv"
    empty.write_text("", encoding="utf-8")
    for path, words in [
        (tmp_path / "absent.csv", "no file"),
        (broken, "cannot be read"),
        (ragged, "line 3: the row has 4 fields, the header 2 names"),
        (empty, "cannot be read"),
        (other, "'.sas7bdat'"),
        (tmp_path, "no file"),
    ]:
        with pytest.raises(DataError, match=words) as caught:
            read_file(path)
        assert path.name in str(caught.value)


def test_a_cluster_alone() -> None:
    assert_says(refuse(small(), cluster=np.zeros(60)), DataError, "1 cluster", "two")


@pytest.mark.parametrize("power", [-320, -200, -160])
def test_a_column_too_small_to_square_is_said_to_be_so(power: int) -> None:
    births = lk.datasets.load_lbw()
    births["x"] = births["age"] * 10.0**power
    births["g"] = births["race"].astype(str)
    for call in (
        lambda: lk.logit("low ~ x + lwt", births),
        lambda: lk.logit("low ~ x + lwt", births, penalty=lk.Lasso(0.01)),
        lambda: lk.logit("low ~ x + lwt", births, absorb="g"),
        lambda: lk.multinomial("g ~ x + lwt", births),
        lambda: lk.path("low ~ x + lwt", births),
    ):
        with pytest.raises(lk.errors.DataError, match=r"'x' holds nothing above .* rescale"):
            call()
    births["x"] = 0.0  # which is a combination of no columns
    assert "x" in str(lk.logit("low ~ x + lwt", births).summary().warnings)


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-120, 1e120, 1e300])
def test_weights_that_leave_no_digits_are_refused(size: float) -> None:
    births = lk.datasets.load_lbw()
    for kind in ("precision", "sampling"):
        with pytest.raises(lk.errors.DataError, match="lost to rounding"):
            lk.logit("low ~ age", births, weights=np.full(len(births), size), weight_kind=kind)
    first = np.arange(len(births)) % 3 > 0
    small = np.where(first, 1.0, 5e-324)  # beside others they are as good as zero
    fit = lk.logit("low ~ age", births, weights=small, weight_kind="precision")
    np.testing.assert_allclose(fit.coef, lk.logit("low ~ age", births[first]).coef, rtol=1e-9)
