"""Every kind of source gives the fit of the same rows in memory."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import dataset, parquet

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.errors import DataError

FORMULA = "y ~ x + C(g) + year"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    n = 600
    data = pd.DataFrame({"x": rng.normal(size=n), "g": rng.choice(list("abc"), n), "year": rng.integers(2000, 2003, n)})
    data["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-data["x"] + 0.5 * (data["g"] == "b")))).astype(int)
    return data.sort_values("year", kind="stable").reset_index(drop=True)


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    monkeypatch.setattr(build, "ROWS_LEAST", 100)
    monkeypatch.setattr(build, "ROWS_MOST", 100)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 150)


def partitioned(table, place):
    parquet.write_to_dataset(pa.Table.from_pandas(table, preserve_index=False), place, partition_cols=["year"])
    return str(place)


def text(table, place):
    for number, part in enumerate(np.array_split(np.arange(len(table)), 3)):
        table.iloc[part].to_csv(place / f"{number}.csv", index=False)
    return str(place)


def a_dataset(table, place):
    parquet.write_table(pa.Table.from_pandas(table), place / "rows.parquet", row_group_size=77)
    return dataset.dataset(place / "rows.parquet")


SOURCES = {
    "pattern": lambda table, place: (table.to_parquet(place / "a.parquet"), str(place / "*.parquet"))[1],
    "partitioned folder": partitioned,
    "text": text,
    "dataset": a_dataset,
    "lazy frame": lambda table, place: pl.from_pandas(table).lazy(),
    "relation": lambda table, place: duckdb.connect().from_arrow(pa.Table.from_pandas(table)),
    "arrow reader": lambda table, place: lambda: pa.Table.from_pandas(table).to_reader(70),
    "function": lambda table, place: lambda: (table.iloc[i : i + 90] for i in range(0, len(table), 90)),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_gives_the_fit_in_memory(kind, table, tmp_path) -> None:
    held, read = lk.logit(FORMULA, table), lk.logit(FORMULA, SOURCES[kind](table, tmp_path))
    gap = np.abs(held.record.coef - read.record.coef) / held.tidy()["std_error"].to_numpy()
    assert gap.max() < 1e-10
    np.testing.assert_allclose(read.tidy()["std_error"], held.tidy()["std_error"], rtol=1e-10)
    assert read.record.counts == held.record.counts


def test_what_can_be_read_once_is_refused(table) -> None:
    with pytest.raises(DataError, match="can be read once"):
        lk.logit(FORMULA, iter([table]))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda table, place: lambda: iter(()), "returned no frame"),
        (lambda table, place: lambda: 3, "returned a int"),
        (lambda table, place: lambda: [table, table.assign(x="a")], "frame 2 has 'x' as"),
        (lambda table, place: lambda: [table, table.drop(columns="x")], "frame 2 has no column 'x'"),
        (lambda table, place: str(place), "holds no file"),
        (lambda table, place: str(place / "nothing*.parquet"), "There is no file"),
    ],
)
def test_sources_that_are_none_say_why(make, says, table, tmp_path) -> None:
    with pytest.raises(DataError, match=says):
        lk.logit(FORMULA, make(table, tmp_path))


def test_memory_is_for_what_is_read_in_chunks(table) -> None:
    with pytest.raises(DataError, match="memory= is for rows that are read in chunks"):
        lk.logit(FORMULA, table, memory="1GB")
