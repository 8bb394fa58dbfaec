"""What a column, weights or an outcome may hold: numbers in any guise are numbers, and nothing passes for another."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from design.inputs import small
from logitkit.errors import DataError, LogitkitError, ResponseError
from tolerances import EXACT, ROUTE

FRAME = small()
N = len(FRAME)
DAYS = [dt.date(2020, 1, 1) + dt.timedelta(17 * i) for i in range(N)]
MOMENTS = [pd.Timestamp(2020, 1, 1).to_pydatetime() + dt.timedelta(hours=17 * i) for i in range(N)]
TIMES = [dt.time(i % 24, i) for i in range(N)]
X = np.column_stack([np.ones(N), FRAME["z"]])
Y = FRAME["default"]


def arrow(values: Any, kind: pa.DataType) -> Any:
    return pd.array(values, dtype=pd.ArrowDtype(kind))


@pytest.mark.parametrize(
    "values",
    [
        DAYS,
        MOMENTS,
        pd.date_range("2020", periods=N, tz="Europe/Berlin"),
        arrow(DAYS, pa.date32()),
        arrow(MOMENTS, pa.timestamp("us")),
        pl.Series(DAYS),
        pa.array(DAYS),
    ],
    ids=["date", "datetime", "zone", "arrow date", "arrow timestamp", "polars", "pyarrow"],
)
def test_dates_are_no_factor_and_give_their_months(values: Any) -> None:
    table = {"default": FRAME["default"].to_numpy(), "when": values}
    with pytest.raises(DataError, match="'when' holds dates"):
        lk.logit("default ~ when", table)
    months = [day.month for day in (values.to_pylist() if isinstance(values, pa.Array) else values)]
    fit = lk.logit("default ~ I(when.dt.month)", table)
    assert_allclose(fit.coef, lk.logit("default ~ m", FRAME.assign(m=months)).coef, rtol=EXACT)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([dt.timedelta(i) for i in range(N)], r"durations .*'I\(it\.dt\.days\)', or 'I\(it\.dt\.total_seconds\(\)\)'"),
        (arrow([dt.timedelta(i) for i in range(N)], pa.duration("us")), "durations"),
        (TIMES, "time values"),
        (arrow(TIMES, pa.time64("us")), "time values"),
        (pl.Series(TIMES), "time values"),
        (pa.array(TIMES), "time values"),
        (pd.period_range("2000", periods=N, freq="M"), "Period values"),
        (FRAME["z"].to_numpy() * 1j, "complex values"),
        (pd.Series(list(FRAME["z"].to_numpy() * 1j), dtype=object), "complex128 values"),
        ([[1]] * N, "list objects"),
    ],
)
def test_what_is_neither_number_nor_category_is_refused(values: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        lk.logit("default ~ it", {"default": FRAME["default"].to_numpy(), "it": values})
    assert "'it'" in str(caught.value)


def test_a_duration_is_a_number_of_days_or_seconds() -> None:
    days = np.arange(N) % 17
    table = FRAME.assign(it=pd.to_timedelta(days, unit="D"), days=days)
    expected = lk.logit("default ~ days", table)
    fit = lk.logit("default ~ I(it.dt.days)", table)
    assert_allclose(fit.coef, expected.coef, rtol=EXACT)
    fit = lk.logit("default ~ I(it.dt.total_seconds())", table)
    assert_allclose(fit.coef.iloc[1] * 86_400, expected.coef.iloc[1], rtol=ROUTE)


@pytest.mark.parametrize(
    "make",
    [
        lambda values: values,
        lambda values: arrow(values, pa.decimal128(12, 4)),
        pa.array,
        lambda values: pl.Series(values, dtype=pl.Decimal(12, 4)),
        lambda values: pd.Series(np.array(values, dtype=np.float64), dtype=object),
        lambda values: arrow(np.array(values, dtype=np.float64), pa.float64()),
    ],
    ids=["decimals", "arrow decimals", "pyarrow decimals", "polars decimals", "objects", "arrow floats"],
)
def test_numbers_in_any_guise_are_numbers(make: Any) -> None:
    decimals = [Decimal(str(round(value, 4))) for value in FRAME["income"]]
    plain = np.array(decimals, dtype=np.float64)
    expected = lk.logit("default ~ it", FRAME.assign(it=plain))
    fit = lk.logit("default ~ it", {"default": FRAME["default"].to_numpy(), "it": make(decimals)})
    assert_allclose(fit.coef, expected.coef, rtol=EXACT)
    weighted = lk.logit("default ~ z", FRAME, weights=make(decimals), weight_kind="precision")
    reference = lk.logit("default ~ z", FRAME, weights=plain, weight_kind="precision")
    assert_allclose(weighted.coef, reference.coef, rtol=EXACT)


@pytest.mark.parametrize("values", [FRAME["z"].to_numpy(), np.arange(N), FRAME["region"].to_numpy(dtype=str)])
def test_the_mask_of_a_masked_array_means_missing(values: Any) -> None:
    mask = np.arange(N) % 7 == 0
    fit = lk.logit("default ~ it", {"default": FRAME["default"].to_numpy(), "it": np.ma.array(values, mask=mask)})
    assert fit.n_obs == N - mask.sum()
    rest = {"default": FRAME["default"].to_numpy()[~mask], "it": values[~mask]}
    assert_allclose(fit.coef, lk.logit("default ~ it", rest).coef, rtol=EXACT)


def test_masked_entries_of_a_ready_matrix_its_outcome_and_weights() -> None:
    mask = np.arange(N) % 7 == 0
    with pytest.raises(DataError, match="X is a masked array"):
        lk.logit_matrix(np.ma.array(X, mask=np.column_stack([mask, mask])), Y)
    with pytest.raises(DataError, match="y has missing values"):
        lk.logit_matrix(X, np.ma.array(Y, mask=mask))
    with pytest.raises(DataError, match=r"weights .<array>. are nan in row 0 .from 0., 9 in all"):
        lk.logit_matrix(X, Y, weights=np.ma.array(np.ones(N), mask=mask))
    plain = lk.logit_matrix(X, Y).coef
    assert_allclose(lk.logit_matrix(np.ma.array(X), np.ma.array(Y)).coef, plain, rtol=EXACT)


@pytest.mark.parametrize(
    "values",
    [
        DAYS,
        pd.date_range("2020", periods=N),
        pd.timedelta_range("1D", periods=N),
        np.ones(N) * 1j,
        ["1"] * N,
        arrow(["1"] * N, pa.string()),
        pd.Categorical(["1"] * N),
        [[1]] * N,
        [1, "1"] * (N // 2),
    ],
)
@pytest.mark.parametrize("role", ["weights", "offset"])
def test_weights_and_offsets_that_are_no_numbers(role: str, values: Any) -> None:
    for call in (
        lambda given: lk.logit("default ~ z", FRAME, **given),
        lambda given: lk.logit_matrix(X, Y, **given),
    ):
        with pytest.raises(DataError, match=role):
            call({role: values})


def test_one_column_is_a_column() -> None:
    expected = lk.logit_matrix(X, Y).coef
    for outcome in (Y.to_numpy()[:, None], Y.to_frame(), pl.DataFrame({"y": Y.to_numpy()})):
        assert_allclose(lk.logit_matrix(X, outcome).coef, expected, rtol=EXACT)
    counted = lk.logit_matrix(X, Y, weights=FRAME["weight"].to_numpy()[:, None])
    assert_allclose(counted.coef, lk.logit_matrix(X, Y, weights=FRAME["weight"]).coef, rtol=EXACT)
    for role, value in (("y", X), ("weights", X), ("offset", X), ("cluster", X), ("cluster", FRAME[["age", "z"]])):
        given = {} if role == "y" else {role: value}
        with pytest.raises(DataError, match=rf"{role} has shape \(60, 2\)"):
            lk.logit_matrix(X, value if role == "y" else Y, **given)
    for call in (lambda: lk.logit("default ~ z", FRAME, cluster=X), lambda: lk.logit("default ~ z", FRAME, weights=X)):
        with pytest.raises(DataError, match=r"shape \(60, 2\)"):
            call()


@pytest.mark.parametrize("values", [[[1]] * N, [{"a": 1}] * N])
def test_clusters_that_cannot_be_told_apart(values: Any) -> None:
    with pytest.raises(DataError, match="cluster must be one value per row"):
        lk.logit("default ~ z", FRAME, cluster=values)


def test_complex_outcomes_are_refused() -> None:
    with pytest.raises(LogitkitError, match="complex"):
        lk.logit_matrix(X, Y * (1 + 0j))
    with pytest.raises(ResponseError, match="complex"):
        lk.logit("I(default * 1j) ~ z", FRAME)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (np.array([1, 2]), "not a single value"),
        ([1], "not a single value"),
        ({1}, "not a single value"),
        (pd.NA, "missing"),
        (np.nan, "missing"),
        ("1", "The response has 1 of type int, not str"),
        (2, "Its values are 0 and 1"),
        ("yes", "Its values are 0 and 1"),
    ],
)
def test_events_that_name_no_value(event: Any, words: str) -> None:
    for call in (
        lambda: lk.logit("default ~ z", FRAME, event=event),
        lambda: lk.logit_matrix(X, Y, event=event),
    ):
        with pytest.raises(ResponseError, match=words):
            call()


def test_a_number_is_not_the_text_of_it() -> None:
    frame = FRAME.assign(default=FRAME["default"].astype(str))
    with pytest.raises(ResponseError, match="The response has '1' of type str, not int"):
        lk.logit("default ~ z", frame, event=1)


@pytest.mark.parametrize(
    "event",
    [
        dt.date(2021, 1, 1),
        pd.Timestamp("2021-01-01").to_pydatetime(),
        pd.Timestamp("2021-01-01"),
        np.datetime64("2021-01-01"),
    ],
)
def test_a_day_as_event(event: Any) -> None:
    days = np.where(FRAME["default"] == 0, dt.date(2021, 1, 1), dt.date(2020, 1, 1))
    fit = lk.logit("day ~ z", FRAME.assign(day=days), event=event)
    assert_allclose(fit.coef, lk.logit("default ~ z", FRAME, event=0).coef, rtol=EXACT)


def test_a_table_of_flags_and_numbers_as_ready_matrix() -> None:
    table = pd.DataFrame({"owner": FRAME["owner"], "z": FRAME["z"], "age": FRAME["age"].astype("Int64")})
    fit = lk.logit_matrix(table, Y)
    assert_allclose(fit.coef, lk.logit_matrix(table.to_numpy(dtype=np.float64), Y).coef, rtol=EXACT)
    assert_allclose(fit.predict(table), fit.predict(), rtol=EXACT)
    table.loc[5, "age"] = pd.NA
    with pytest.raises(DataError, match="'age' holds nan in row 5"):
        lk.logit_matrix(table, Y)
    with pytest.raises(DataError, match="Column 'region' of X must be numeric"):
        lk.logit_matrix(FRAME[["z", "region"]], Y)


@pytest.mark.parametrize("names", [[0, 1], ["a", None], "ab", np.array([1.0, 2.0])])
def test_names_that_are_no_text(names: Any) -> None:
    with pytest.raises(DataError, match="one name per column"):
        lk.logit_matrix(X, Y, names=names)
    assert list(lk.logit_matrix(X, Y, names=np.array(["a", "b"])).coef.index) == ["a", "b"]
