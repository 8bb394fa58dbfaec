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
from logitkit.design.chunks.opened import source_of
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
    monkeypatch.setattr(build, "ROWS_LEAST", 250)
    monkeypatch.setattr(build, "ROWS_MOST", 250)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 150)


def partitioned(table, place):
    parquet.write_to_dataset(pa.Table.from_pandas(table, preserve_index=False), place, partition_cols=["year"])
    return str(place)


def partitioned_text(table, place):
    for year, rows in table.groupby("year"):
        (place / f"year={year}").mkdir()
        rows.drop(columns="year").to_csv(place / f"year={year}" / "part.csv", index=False)
    return place


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
    "partitioned text": partitioned_text,
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


@pytest.fixture(scope="module")
def held(table) -> lk.Fit:
    return lk.logit(FORMULA, table)


@pytest.mark.parametrize("kind", SOURCES)
def test_rows_of_a_source_are_data_for_verbs(kind, table, held, tmp_path) -> None:
    other = table.iloc[::2].reset_index(drop=True)
    source = SOURCES[kind](other, tmp_path)
    one, two = held.on(other), held.on(source)
    np.testing.assert_allclose(two.discrimination().auc, one.discrimination().auc, rtol=1e-12)
    np.testing.assert_allclose(two.calibration().slope, one.calibration().slope, rtol=1e-9)
    np.testing.assert_allclose(held.predict(source), held.predict(other), rtol=1e-12)


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


def test_values_of_text_are_those_of_pandas(tmp_path) -> None:
    (tmp_path / "a.csv").write_text(
        'whole,part,both,gone,day,word,flag,some\n1,1.5,1,,2005-1-3,"a, b",True,3\n007,-inf,2,,2005-02-28,NA,False,NA\n'
    )
    (tmp_path / "b.csv").write_text(
        'some,flag,word,day,gone,both,part,whole\n\n,TRUE,"two\nlines",1/2/2005,,2.5,1e-3,-3\n5,False,"",n/a,NULL,3,nan,4\n'
    )
    held = pd.concat([pd.read_csv(tmp_path / "a.csv"), pd.read_csv(tmp_path / "b.csv")], ignore_index=True)
    source = source_of(tmp_path)
    read = pa.concat_tables([batch.table for batch in source.batches(source.names, 10)]).to_pandas()
    assert list(read) == list(held)
    for name in held:
        np.testing.assert_array_equal(read[name].isna(), held[name].isna(), err_msg=name)
        there = held[name].notna()
        assert read.loc[there, name].tolist() == held.loc[there, name].tolist(), name


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (["x,y\n1,2\n", "x,y\n1,a\n"], "Column 'y' is int64 in .*0.csv and string in .*1.csv"),
        (["x;y\n1;2\n"], "appears to be separated by ';'"),
        (["x,y\n" + "1,2\n" * 9 + "1,3.5\n"], r"0.csv, after row 5: column 'y' has '3.5' and is int64"),
    ],
)
def test_types_of_text_are_stated_once(files, says, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("logitkit.design.chunks.text.BLOCK", 24)
    for number, text in enumerate(files):
        (tmp_path / f"{number}.csv").write_text(text)
    with pytest.raises(DataError, match=f"(?s){says}"):
        list(source_of(tmp_path).batches(["y"], 10))


def test_what_folders_say_is_a_column(table, tmp_path) -> None:
    partitioned(table.assign(region=table["g"].where(table["g"] != "c")).drop(columns="g"), tmp_path / "years")
    rows = pa.Table.from_pandas(table.assign(region=table["g"].where(table["g"] != "c")), preserve_index=False)
    parquet.write_to_dataset(rows, tmp_path / "both", partition_cols=["year", "region"])
    source = source_of(tmp_path / "both")
    assert source.n_rows == len(table)
    for columns in (["year"], ["region", "x"]):
        whole = pa.concat_tables([batch.table for batch in source.batches(columns, 50)])
        parts = pa.concat_tables([part.read().table for part in source.parts(columns, 50)])
        assert whole.equals(parts.cast(whole.schema))
        assert whole.schema.names == columns
    whole = whole.to_pandas()
    held = rows.to_pandas().sort_values(["x"])
    assert whole.sort_values("x")["region"].fillna("").tolist() == held["region"].fillna("").tolist()
    assert source_of(tmp_path / "both").kinds["year"] == pa.int32()


def test_folders_that_disagree_are_named(table, tmp_path) -> None:
    partitioned(table, tmp_path / "a")
    table.drop(columns="year").to_parquet(tmp_path / "a" / "loose.parquet")
    with pytest.raises(DataError, match=r"loose.parquet is in no folder year=..."):
        source_of(tmp_path / "a")
    place = tmp_path / "b" / "g=x"
    place.mkdir(parents=True)
    table.to_parquet(place / "part.parquet")
    with pytest.raises(DataError, match=r"Column 'g' is in the files of .*, and folders are named for it"):
        source_of(tmp_path / "b")
