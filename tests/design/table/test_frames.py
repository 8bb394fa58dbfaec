"""Every kind of table and column gives the fit of plain pandas, and stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from design.inputs import small, unchanged
from logitkit.design.table.frame import read_table
from logitkit.errors import DataError
from tolerances import EXACT, ROUTE

FORMULA = "default ~ age + income + C(region) + grade + owner"


def assert_same_fit(one: lk.Fit, other: lk.Fit) -> None:
    assert list(other.coef.index) == list(one.coef.index)
    assert_allclose(other.coef, one.coef, rtol=ROUTE)
    assert_allclose(other.std_error, one.std_error, rtol=ROUTE)
    assert other.n_obs == one.n_obs


def with_text(frame: pd.DataFrame) -> pl.DataFrame:
    # A polars Categorical has no order of its own: the factor's order must be given, as an Enum.
    return pl.from_pandas(frame).with_columns(pl.col("grade").cast(pl.Enum(["C", "B", "A"])))


def arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


TABLES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "polars": with_text,
    "arrow": arrow,
    "arrow in chunks": lambda frame: pa.concat_tables([arrow(frame.head(20)), arrow(frame.tail(40))]),
    "narwhals": lambda frame: nw.from_native(with_text(frame)),
    "dict of arrays": lambda frame: {name: frame[name].array for name in frame},
    "dict of lists": lambda frame: {name: frame[name].tolist() for name in frame} | {"grade": frame["grade"]},
    "dict of polars columns": lambda frame: with_text(frame).to_dict(),
    "dict of arrow columns": lambda frame: {name: arrow(frame)[name] for name in frame},
    "pandas nullable": lambda frame: frame.convert_dtypes(),
    "pandas arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow").assign(grade=frame["grade"]),
    "pandas object": lambda frame: frame.astype({"region": object, "owner": object}),
    "pandas string": lambda frame: frame.astype({"region": "string"}),
    "pandas categories": lambda frame: frame.astype({"region": "category"}),
    "pandas small types": lambda frame: frame.astype({"age": "int8", "default": "uint8", "weight": "float32"}),
}
WITH_MISSING = ("polars", "arrow", "arrow in chunks", "narwhals", "pandas nullable", "pandas arrow", "pandas string")


@pytest.mark.parametrize("kind", TABLES)
def test_any_table_gives_the_fit_of_plain_pandas(kind: str) -> None:
    frame = small()
    data = TABLES[kind](frame)
    with unchanged(*([data] if isinstance(data, pd.DataFrame) else [])):
        fit = lk.logit(FORMULA, data, weights="weight", offset="z", cluster="region")
        plain = lk.logit(FORMULA, frame, weights="weight", offset="z", cluster="region")
        assert_same_fit(plain, fit)
        assert_allclose(fit.predict(data), plain.predict(frame), rtol=ROUTE)
        assert len(fit.augment(data)) == len(frame)


@pytest.mark.parametrize("kind", WITH_MISSING)
def test_missing_values_of_any_table(kind: str) -> None:
    frame = small()
    frame.loc[[1, 2], "income"] = np.nan
    frame.loc[[2, 3], "region"] = None
    frame.loc[[4], "grade"] = np.nan
    frame["owner"] = frame["owner"].astype("boolean")
    frame.loc[[5], "owner"] = pd.NA
    frame["default"] = frame["default"].astype("Int64")
    frame.loc[[6, 7], "default"] = pd.NA
    data = TABLES[kind](frame)
    fit = lk.logit(FORMULA, data)
    dropped = [1, 2, 3, 4, 5, 6, 7]
    clean = small().drop(index=dropped)
    assert_same_fit(lk.logit(FORMULA, clean), fit)
    assert fit.record.counts.missing == len(dropped)
    found = dict(fit.record.counts.missing_by_column)
    assert found == {"income": 2, "region": 2, "grade": 1, "owner": 1, "default": 2}
    # The outcome is not needed to predict, so that rows without it have a prediction.
    predicted = fit.predict(data)
    assert np.flatnonzero(predicted.isna()).tolist() == [1, 2, 3, 4, 5]
    assert np.flatnonzero(fit.predict().isna()).tolist() == dropped


@pytest.mark.parametrize("null", [None, np.nan, pd.NA, pd.NaT])
def test_any_sign_of_missing_in_objects(null: Any) -> None:
    frame = small().astype({"region": object})
    frame.loc[7, "region"] = null
    with unchanged(frame):
        fit = lk.logit(FORMULA, frame)
    assert fit.n_obs == 59
    assert "Rows dropped for missing values: 1 (region 1)." in str(fit.summary())


def test_polars_columns_of_every_type() -> None:
    frame = pl.from_pandas(small()).with_columns(
        pl.col("age").cast(pl.UInt8),
        pl.col("income").cast(pl.Float32),
        pl.col("region").cast(pl.Categorical),
        pl.col("default").cast(pl.Boolean),
        when=pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 2, 29), eager=True),
        nothing=pl.lit(None),
    )
    fit = lk.logit("default ~ age + region + owner", frame)
    assert_same_fit(lk.logit("default ~ age + region + owner", small()), fit)
    with pytest.raises(DataError, match="'nothing' is missing in every row"):
        lk.logit("default ~ age + nothing", frame)


def test_a_lazy_frame_is_collected_in_batches() -> None:
    read, held = lk.logit(FORMULA, pl.from_pandas(small()).lazy()), lk.logit(FORMULA, pl.from_pandas(small()))
    np.testing.assert_allclose(read.record.coef, held.record.coef, rtol=1e-12)


def test_rows_keep_their_labels() -> None:
    frame = small().set_axis([f"loan {i}" for i in range(60)], axis="index")
    frame.loc["loan 3", "income"] = np.nan
    fit = lk.logit(FORMULA, frame)
    assert list(fit.predict().index) == list(frame.index)
    assert list(fit.predict(frame.iloc[[5, 3]]).index) == ["loan 5", "loan 3"]
    assert list(fit.residuals().index) == [label for label in frame.index if label != "loan 3"]
    repeated = small().set_axis([0, 0, *range(58)], axis="index")
    assert_allclose(lk.logit(FORMULA, repeated).predict(), lk.logit(FORMULA, small()).predict(), rtol=EXACT)


@pytest.mark.parametrize("named", [True, False])
def test_arrays_are_aligned_with_the_table_before_rows_are_dropped(named: bool) -> None:
    frame = small()
    frame.loc[[0, 10], "income"] = np.nan
    roles = {"weights": "weight", "offset": "z", "cluster": "region"}
    given = roles if named else {role: frame[name].to_numpy() for role, name in roles.items()}
    with unchanged(frame):
        fit = lk.logit("default ~ age + income", frame, **given)
    clean = frame.drop(index=[0, 10])
    assert_same_fit(lk.logit("default ~ age + income", clean, **roles), fit)


def test_missing_weights_offsets_and_clusters_drop_their_rows() -> None:
    frame = small()
    frame.loc[0, "weight"] = np.nan
    frame.loc[1, "z"] = np.nan
    frame.loc[2, "region"] = None
    fit = lk.logit("default ~ age", frame, weights="weight", offset=frame["z"], cluster="region")
    assert fit.record.counts.missing == 3
    assert dict(fit.record.counts.missing_by_column) == {
        "weights (weight)": 1,
        "offset (<array>)": 1,
        "cluster (region)": 1,
    }
    clean = frame.drop(index=[0, 1, 2])
    assert_same_fit(lk.logit("default ~ age", clean, weights="weight", offset="z", cluster="region"), fit)


def test_a_series_with_the_index_of_a_filtered_table() -> None:
    frame = small()[lambda table: table["age"] > 30]
    fit = lk.logit("default ~ income", frame, weights=frame["weight"], offset=frame["z"])
    assert_same_fit(lk.logit("default ~ income", frame, weights="weight", offset="z"), fit)


def test_a_column_of_bools_is_the_column_of_zeros_and_ones() -> None:
    frame = small()
    fit = lk.logit("default ~ owner", frame)
    number = lk.logit("default ~ owner", frame.assign(owner=frame["owner"].astype(int)))
    assert_allclose(fit.coef, number.coef, rtol=ROUTE)


def test_a_level_that_does_not_occur_is_aliased_or_absent_but_no_crash() -> None:
    frame = small()
    frame["grade"] = frame["grade"].cat.add_categories(["D"])
    fit = lk.logit("default ~ age + grade", frame)
    clean = lk.logit("default ~ age + grade", small())
    assert set(fit.aliased) <= {"grade[T.D]"}
    assert_allclose(fit.coef[clean.coef.index], clean.coef, rtol=ROUTE)
    assert fit.n_params == clean.n_params
    assert_allclose(fit.predict(frame), clean.predict(), rtol=ROUTE)


def test_ready_matrices_of_any_kind() -> None:
    frame = small()
    X = np.column_stack([np.ones(60), frame["age"], frame["z"]])
    names = ["Intercept", "age", "z"]
    plain = lk.logit("default ~ age + z", frame)
    table = pd.DataFrame(X, columns=names)
    for matrix in (X, X.tolist(), table, pl.from_pandas(table), pa.Table.from_pandas(table)):
        fit = lk.logit_matrix(matrix, frame["default"], names=names)
        assert_same_fit(plain, fit)
        assert_allclose(fit.predict(matrix), plain.predict(), rtol=ROUTE)
    assert_allclose(fit.predict(table[["z", "Intercept", "age"]]), plain.predict(), rtol=ROUTE)
    kept = frame[frame["age"] > 30]
    rows = X[frame["age"] > 30]
    filtered = lk.logit_matrix(rows, kept["default"].to_numpy(), names=names, weights=kept["weight"])
    assert_same_fit(lk.logit("default ~ age + z", kept, weights="weight"), filtered)


def test_ready_matrices_that_are_refused() -> None:
    frame = small()
    X, y = np.column_stack([np.ones(60), frame["age"]]), frame["default"]
    bad = X.copy()
    bad[4, 1] = np.nan
    for matrix, outcome, options, words in [
        (X[:, 0], y, {}, "two dimensions"),
        (X, y[:5], {}, "60 rows"),
        (X.astype(str), y, {}, "must be numbers"),
        (X, y, {"names": ["a"]}, "names, 1, is not that of the columns of X, 2"),
        (X, y, {"names": ["a", "a"]}, "occurs 2 times"),
        (X, y, {"weights": "weight"}, "give an array"),
        (X, y, {"weights": -np.ones(60)}, "not negative"),
        (X, y, {"weights": np.ones(60), "weight_kind": "other"}, "'other'"),
        (bad, y, {}, "'x1' holds nan in row 4"),
        (X[:0], y[:0], {}, "nothing to fit"),
        (X, y.astype(float).where(y.index > 0), {}, "missing"),
    ]:
        with pytest.raises(lk.errors.LogitkitError, match=words):
            lk.logit_matrix(matrix, outcome, **options)
    fit = lk.logit_matrix(X, y)
    with pytest.raises(DataError, match="3 columns and the model has 2"):
        fit.predict(np.ones((2, 3)))


@pytest.mark.parametrize("index", [None, [5, 3, 4, 1]])
@pytest.mark.parametrize("positions", [None, np.array([0, 2])])
def test_columns_for_a_formula_are_those_of_the_frame(index, positions):
    data = pd.DataFrame(
        {
            "float": [1.5, 2.0, -1.0, 0.0],
            "whole": [1, 2, 3, 4],
            "flag": [True, False, True, True],
            "nullable": pd.array([1, 2, 3, 4], dtype="Int64"),
            "text": ["a", "b", "a", "c"],
            "level": pd.Categorical(["u", "v", "u", "v"]),
            "day": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]),
        },
        index=index,
    )
    table = read_table(data)
    names = list(data.columns)
    frame, columns = table.frame(names, positions), table.plain_columns(names, positions)
    assert len(columns) == len(frame)
    assert list(columns.columns) == names
    for name in names:
        pd.testing.assert_series_equal(columns[name], frame[name], check_index_type=True)
