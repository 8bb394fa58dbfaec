"""Numbers that are copied from Parquet files are those that pyarrow decodes, and what is not plain is left to it."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import logitkit as lk
from logitkit.design.chunks import build, plain
from logitkit.design.chunks.parquet import parquet_source
from logitkit.design.chunks.plain import PlainColumns
from logitkit.errors import DataError

N = 1_000
KINDS = ("float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16")
EVERY = set(KINDS)


def rows(kinds: dict[str, Any] | None = None) -> pa.Table:
    rng = np.random.default_rng(1)
    table = pa.table({kind: (100.0 * rng.random(N)).astype(kind) for kind in KINDS})
    for name, values in (kinds or {}).items():
        table = table.set_column(table.column_names.index(name), name, values)
    return table


numbers = np.random.default_rng(2).random(N)
MISSING = pa.array(np.where(numbers < 0.05, None, numbers))
NAN = pa.array(np.where(numbers < 0.5, np.nan, numbers), from_pandas=False)
ALL_THERE = pa.schema([pa.field(each.name, each.type, nullable=False) for each in rows().schema])
PLAIN = {"compression": "none", "use_dictionary": False}

CASES: dict[str, tuple[pa.Table, dict[str, Any], set[str]]] = {
    "one page": (rows(), PLAIN, EVERY),
    "small pages": (rows(), PLAIN | {"data_page_size": 256, "write_batch_size": 50}, EVERY),
    "pages of version 2": (rows(), PLAIN | {"data_page_version": "2.0", "data_page_size": 256}, EVERY),
    "no statistics, checksums": (rows(), PLAIN | {"write_statistics": False, "write_page_checksum": True}, EVERY),
    "required": (rows().cast(ALL_THERE), PLAIN | {"data_page_size": 256}, EVERY),
    "nan": (rows({"float64": NAN}), PLAIN, EVERY),
    "missing": (rows({"float64": MISSING}), PLAIN, EVERY - {"float64"}),
    "missing, version 2": (rows({"float64": MISSING}), PLAIN | {"data_page_version": "2.0"}, EVERY - {"float64"}),
    "dictionaries": (
        rows(),
        {"compression": "none", "use_dictionary": ["int8", "float32"]},
        EVERY - {"int8", "float32"},
    ),
    "compressed": (rows(), {"compression": {"int64": "zstd"}, "use_dictionary": False}, EVERY - {"int64"}),
    "split bytes": (rows(), PLAIN | {"use_byte_stream_split": ["float32"]}, EVERY - {"float32"}),
    "differences": (rows(), PLAIN | {"column_encoding": {"int64": "DELTA_BINARY_PACKED"}}, EVERY - {"int64"}),
    "dates": (rows({"int32": rows()["int32"].cast("date32")}), PLAIN, EVERY - {"int32"}),
    "lists": (rows({"int32": pa.array([[k] for k in range(N)])}), PLAIN, EVERY - {"int32"}),
}


def require_decoded(path: str, expected: set[str]) -> None:
    """Compare what is copied of a file of two row groups with what pyarrow decodes, to the bit."""
    decoded, known = parquet.read_table(path), PlainColumns()
    for group, (first, n) in enumerate([(0, 600), (600, 400)]):
        for start, stop in ((0, n), (0, 1), (63, 257), (n - 1, n)):
            found = known.read(path, group, list(decoded.schema), (start, stop))
            assert set(found) == expected
            for name, array in found.items():
                values = decoded[name].slice(first + start, stop - start).to_numpy()
                assert array.type == decoded.schema.field(name).type
                assert array.to_numpy().tobytes() == values.tobytes()
        everything = known.read(path, group, list(decoded.schema), whole=True)
        assert set(everything) == (expected if len(expected) == decoded.num_columns else set())


@pytest.mark.parametrize("case", CASES)
def test_plain_columns_have_the_bits_that_pyarrow_decodes(case, tmp_path) -> None:
    table, options, expected = CASES[case]
    parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=600, **options)
    require_decoded(str(tmp_path / "rows.parquet"), expected)


def test_files_of_another_writer_are_read_too(tmp_path) -> None:
    import polars as pl

    path = tmp_path / "rows.parquet"
    frame = pl.from_arrow(rows().select(["float32", "float64", "int16"]))
    frame.write_parquet(path, compression="uncompressed", row_group_size=600, data_page_size=512, statistics=False)
    groups = [parquet.read_metadata(path).row_group(k) for k in range(2)]
    found = [{c.path_in_schema for c in map(group.column, range(3)) if not c.has_dictionary_page} for group in groups]
    assert found[0] == found[1]
    require_decoded(str(path), found[0])


@pytest.fixture
def path(tmp_path) -> str:
    parquet.write_table(rows(), tmp_path / "rows.parquet", data_page_size=256, write_batch_size=50, **PLAIN)
    return str(tmp_path / "rows.parquet")


def test_calls_that_are_cut_short_are_gone_on_with(path, monkeypatch) -> None:
    own = os.preadv
    monkeypatch.setattr(os, "preadv", lambda file, views, offset: own(file, [views[0][:700]], offset))
    monkeypatch.setattr(plain, "PIECES_MOST", 7)
    fields = list(rows().schema)
    found = PlainColumns().read(path, 0, fields)
    assert all(found[name].to_numpy().tobytes() == rows()[name].to_numpy().tobytes() for name in KINDS)
    monkeypatch.setattr(os, "preadv", lambda *_: 0)
    with pytest.raises(DataError, match=r"rows.parquet cannot be read to its end; is it complete\? it ends too early"):
        next(parquet_source([Path(path)], path).parts(["int8"], 2_000)).read()


def test_headers_that_make_no_sense_leave_a_column_to_pyarrow(path, monkeypatch) -> None:
    fields, own = list(rows().schema), os.pread
    for spoiled in (b"", b"\x15", b"\xff" * 40, bytes(40), bytes([0x1B] * 9)):
        monkeypatch.setattr(os, "pread", lambda *_, spoiled=spoiled: spoiled)
        assert PlainColumns().read(path, 0, fields) == {}
    monkeypatch.setattr(os, "pread", own)
    known = PlainColumns()
    assert set(known.read(path, 0, fields)) == EVERY
    assert pickle.loads(pickle.dumps(known))._known == {}
    monkeypatch.setattr(plain, "COLUMNS_MOST", 3)
    assert PlainColumns().read(path, 0, fields) == {}
    monkeypatch.delattr(os, "preadv")
    assert known.read(path, 0, fields) == {}


@pytest.mark.parametrize("group", [60, 4_000])
def test_a_fit_has_the_bits_of_the_fit_to_coded_files(group, tmp_path, monkeypatch) -> None:
    for name in ("ROWS_LEAST", "ROWS_MOST"):
        monkeypatch.setattr(build, name, 128)
    table = rows().append_column("y", pa.array((numbers < 0.4).astype("int8")))
    table = table.append_column("g", pa.array(np.where(numbers[::-1] < 0.3, "a", "b")))
    fits = []
    for place, options in (("coded", {}), ("plain", PLAIN | {"data_page_size": 256, "write_batch_size": 50})):
        parquet.write_table(table, tmp_path / f"{place}.parquet", row_group_size=group, **options)
        made = [lk.logit(f, str(tmp_path / f"{place}.parquet")) for f in ("y ~ float32 + int8", "y ~ float64 + C(g)")]
        fits.append([fit.record for fit in made])
    for coded, copied in zip(*fits, strict=True):
        assert np.array_equal(coded.coef, copied.coef)
        assert coded.fingerprint == copied.fingerprint
