"""What can be wrong with files: each is an error that names the file, and nothing is read as what it is not."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import dataset, parquet

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.design.chunks import files as reading
from logitkit.design.chunks.opened import source_of
from logitkit.errors import DataError, FormulaError

N = 240


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame({"y": rng.integers(0, 2, N), "x": rng.normal(size=N), "g": rng.choice(list("ab"), N)})


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    monkeypatch.setattr(build, "ROWS_LEAST", 64)
    monkeypatch.setattr(build, "ROWS_MOST", 64)


def write(table: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)


def written(table: pd.DataFrame, place: Path, kind: str) -> list[Path]:
    """Write three files of unequal sizes."""
    paths = [place / f"{name}.{kind}" for name in "abc"]
    for path, rows in zip(paths, (slice(0, 100), slice(100, 101), slice(101, N)), strict=True):
        write(table[rows], path)
    return paths


BOTH = pytest.mark.parametrize("kind", ["parquet", "csv"])


def later(path: Path) -> None:
    """Give a file the time of a later writing: that of two in a row may be the same."""
    os.utime(path, ns=(10**18, path.stat().st_mtime_ns + 10**9))


CHANGES = {
    "vanishes": (lambda path, rows: path.unlink(), "c.{kind} is gone; it was there when the source was opened"),
    "grows": (lambda path, rows: write(pd.concat([rows, rows]), path), "c.{kind} changed while it was read: it has"),
    "is truncated": (lambda path, rows: os.truncate(path, 600), "c.{kind} changed while it was read: it has 600 bytes"),
    "is written again": (lambda path, rows: later(path), "c.{kind} changed while it was read: it was written at 20"),
    "is another folder": (lambda path, rows: (path.unlink(), path.mkdir()), "c.{kind} changed while it was read"),
}


@BOTH
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_between_passes_is_named(kind, change, table, tmp_path, monkeypatch) -> None:
    paths = written(table, tmp_path, kind)
    act, says = CHANGES[change]
    learn = build.learn

    def then_changed(*given):
        found = learn(*given)
        act(paths[-1], table[101:])
        return found

    monkeypatch.setattr(build, "learn", then_changed)
    with pytest.raises(DataError, match=says.format(kind=kind)):
        lk.logit("y ~ x + g", str(tmp_path))


@pytest.mark.parametrize("change", ["is truncated", "grows"])
def test_a_file_that_changes_while_it_is_read_is_named(change, table, tmp_path) -> None:
    (path,) = [tmp_path / "c.csv"]
    write(table, path)
    batches = source_of(path).batches(["x"], 10)
    next(batches)
    CHANGES[change][0](path, table)
    with pytest.raises(DataError, match="changed while it was read"):
        list(batches)


def spoilt(act):
    """Return what spoils one of three files."""
    return lambda paths, table: act(paths[1], table)


FAULTS = {
    "a column fewer": (
        spoilt(lambda path, table: write(table[["y", "x"]], path)),
        {"parquet": "b.parquet and .*a.parquet do not agree: the first has no column 'g'", "csv": "b.csv has none"},
    ),
    "a column more": (
        spoilt(lambda path, table: write(table.assign(z=1), path)),
        {"parquet": "b.parquet and .*a.parquet do not agree: the second has no column 'z'", "csv": "b.csv has a col"},
    ),
    "another type": (
        spoilt(lambda path, table: write(table.assign(x="much"), path)),
        {"parquet": "column 'x' is (large_)?string in the first and double", "csv": "'x' is double in .*a.csv and str"},
    ),
    "a column twice": (
        lambda paths, table: (
            [write(table.set_axis(["y", "x", "x"], axis=1), path) for path in paths]
            if paths[0].suffix == ".csv"
            else [parquet.write_table(pa.table([[1], [2]], names=["x", "x"]), path) for path in paths]
        ),
        {"parquet": "a.parquet: the column name 'x' occurs 2 times", "csv": "a.csv: the column name 'x' occurs 2"},
    ),
    "an empty file": (
        spoilt(lambda path, table: path.write_bytes(b"")),
        {"parquet": "b.parquet is empty", "csv": "b.csv is empty: it has no names of columns"},
    ),
    "no such file inside": (
        spoilt(lambda path, table: path.write_bytes(b"\x89PNG\r\n" * 50)),
        {"parquet": "b.parquet is no complete Parquet file", "csv": "b.csv is no text in UTF-8"},
    ),
    "another encoding": (
        lambda paths, table: [path.write_bytes("y,x,g\n1,2,caf\u00e9\n".encode("latin-1")) for path in paths],
        {"parquet": "a.parquet is no complete Parquet file", "csv": "a.csv: column 'g' is no text in UTF-8"},
    ),
    "cut short": (
        spoilt(lambda path, table: (write(table, path), os.truncate(path, path.stat().st_size - 12))),
        {
            "parquet": "b.parquet is no complete Parquet file",
            "csv": "b.csv cannot be read as .* Expected 3",
        },
    ),
    "no rows at all": (
        lambda paths, table: [write(table[:0], path) for path in paths],
        {"parquet": "has no rows", "csv": "has no rows"},
    ),
}


@BOTH
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_file_is_named(fault, kind, table, tmp_path) -> None:
    paths = written(table, tmp_path, kind)
    act, says = FAULTS[fault]
    act(paths, table)
    with pytest.raises(DataError, match=says[kind]):
        lk.logit("y ~ x + g", str(tmp_path))


@BOTH
def test_a_file_without_rows_among_others_adds_none(kind, table, tmp_path) -> None:
    paths = written(table, tmp_path, kind)
    held = lk.logit("y ~ x + g", pd.concat([table[:100], table[101:]]))
    if kind == "csv":
        paths[1].write_text("y,x,g\n")
    else:
        parquet.write_table(parquet.read_table(paths[0]).slice(0, 0), paths[1])
    read = lk.logit("y ~ x + g", str(tmp_path))
    np.testing.assert_allclose(read.coef, held.coef, rtol=1e-10)
    assert read.n_obs == N - 1


@BOTH
def test_files_that_may_not_be_read_are_named(kind, table, tmp_path, monkeypatch) -> None:
    written(table, tmp_path, kind)

    def denied(*given, **named):
        raise PermissionError(13, "Permission denied")

    if kind == "csv":
        monkeypatch.setattr("pyarrow.csv.open_csv", denied)
    else:
        monkeypatch.setattr("pyarrow.parquet.read_metadata", denied)
    with pytest.raises(DataError, match=f"a.{kind} may not be read: Permission denied"):
        lk.logit("y ~ x", str(tmp_path))


def test_a_path_below_a_file_is_none(table, tmp_path) -> None:
    write(table, tmp_path / "a.parquet")
    with pytest.raises(DataError, match="There is no file"):
        lk.logit("y ~ x", str(tmp_path / "a.parquet" / "b.parquet"))
    with pytest.raises(DataError, match="cannot be read: Not a directory"):
        reading.state_of(tmp_path / "a.parquet" / "b.parquet")


def test_columns_that_are_not_there_or_are_lists_are_named(table, tmp_path) -> None:
    rows = pa.Table.from_pandas(table).append_column("z", pa.array([[1, 2]] * N))
    parquet.write_table(rows, tmp_path / "a.parquet")
    with pytest.raises(FormulaError, match="xx"):
        lk.logit("y ~ xx", str(tmp_path))
    with pytest.raises(DataError, match=r"weights='w': .* has no such column"):
        lk.logit("y ~ x", str(tmp_path), weights="w")
    with pytest.raises(DataError, match=r"'z' holds ndarray objects.*In the rows of .* from .*a.parquet, row 0 on"):
        lk.logit("y ~ z", str(tmp_path))


def test_a_dataset_keeps_its_filter_and_tells_of_its_files(table, tmp_path, monkeypatch) -> None:
    paths = written(table, tmp_path, "parquet")
    given = dataset.dataset(tmp_path).filter(dataset.field("x") > 0.0)
    held, read = lk.logit("y ~ x", table[table["x"] > 0.0]), lk.logit("y ~ x", given)
    np.testing.assert_allclose(read.coef, held.coef, rtol=1e-10)
    assert read.n_obs == held.n_obs
    learn = build.learn
    monkeypatch.setattr(build, "learn", lambda *given: (learn(*given), write(table[::-1], paths[0]))[0])
    with pytest.raises(DataError, match=r"The dataset (changed between two passes|cannot be read to its end)"):
        lk.logit("y ~ x", given)
    given = dataset.dataset(tmp_path)
    monkeypatch.setattr(build, "learn", lambda *given: (learn(*given), paths[0].unlink())[0])
    with pytest.raises(DataError, match="A file of The dataset is gone"):
        lk.logit("y ~ x", given)
