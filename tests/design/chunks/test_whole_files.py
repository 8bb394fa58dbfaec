"""Files that polars decodes: the same numbers, and the same bits of a fit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import logitkit as lk
from logitkit.design.chunks import parquet as source
from logitkit.design.chunks import whole_files
from logitkit.errors import DataError

pytest.importorskip("polars")
N = 400
COLUMNS = ["y", "x", "z", "k", "b"]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> str:
    monkeypatch.setattr(whole_files, "BYTES_LEAST", 0)
    monkeypatch.setattr(whole_files, "NUMBERS_LEAST", 0)
    monkeypatch.setattr(source, "get_threads", lambda: 2)
    rng = np.random.default_rng(8)
    x = rng.normal(size=N).astype(np.float32)
    x[::50] = np.nan
    table = pa.table(
        {
            "y": rng.integers(0, 2, N).astype(np.int8),
            "x": x,
            "z": pa.array(rng.normal(size=N), mask=rng.random(N) < 0.1),
            "k": rng.integers(0, 9, N),
            "b": rng.random(N) < 0.5,
        }
    )
    for number, (start, stop) in enumerate([(0, 1), (1, 150), (150, N)]):
        parquet.write_table(table.slice(start, stop - start), tmp_path / f"{number}.parquet", row_group_size=100)
    return str(tmp_path)


def test_tables_are_those_of_pyarrow(folder) -> None:
    for number in range(3):
        path = f"{folder}/{number}.parquet"
        found, expected = whole_files.whole_table(path, COLUMNS), parquet.read_table(path)
        assert found.schema.types == expected.schema.types
        for name in COLUMNS:
            assert found[name].null_count == expected[name].null_count
            left, right = (table[name].to_numpy() for table in (found, expected))
            assert np.array_equal(left.astype(float), right.astype(float), equal_nan=True)


def test_a_fit_has_the_bits_of_one_through_pyarrow(folder, monkeypatch) -> None:
    read: list[str] = []
    whole_table = whole_files.whole_table

    def noted(path, columns):
        read.append(path)
        return whole_table(path, columns)

    monkeypatch.setattr(source, "whole_table", noted)
    quick = lk.logit("y ~ x + z + k + b", folder)
    assert len(set(read)) == 3
    monkeypatch.setattr(source, "suits", lambda *_: False)
    plain = lk.logit("y ~ x + z + k + b", folder)
    assert np.array_equal(quick.coef, plain.coef)
    assert np.array_equal(quick.std_error, plain.std_error)
    assert quick.design.fingerprint == plain.design.fingerprint


def test_what_polars_cannot_read_is_left_to_pyarrow(folder, monkeypatch, tmp_path) -> None:
    (tmp_path / "damaged").write_bytes(b"PAR1 is no table PAR1")
    assert whole_files.whole_table(str(tmp_path / "damaged"), ["x"]) is None
    plain = lk.logit("y ~ k", folder)
    monkeypatch.setattr(source, "whole_table", lambda *_: None)
    assert np.array_equal(lk.logit("y ~ k", folder).coef, plain.coef)


def test_few_columns_of_many_and_text_are_read_by_pyarrow(folder) -> None:
    schema = parquet.read_schema(f"{folder}/1.parquet")
    assert whole_files.suits(schema, COLUMNS, 1.0, 10)
    assert not whole_files.suits(schema, ["x"], 1.0, 10)
    assert not whole_files.suits(pa.schema({"g": pa.string()}), ["g"], 1.0, 10)


def test_a_file_that_changes_is_refused(folder, monkeypatch) -> None:
    fit = lk.logit("y ~ x + k + b", folder)
    parquet.write_table(parquet.read_table(f"{folder}/1.parquet").slice(1), f"{folder}/1.parquet")
    with pytest.raises(DataError, match="changed"):
        fit.discrimination()
