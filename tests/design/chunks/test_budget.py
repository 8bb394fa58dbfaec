"""What memory= is divided into, and what is refused because it does not fit."""

from __future__ import annotations

import re
import threading

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import logitkit as lk
from logitkit.design.chunks import readers, relation
from logitkit.design.chunks.budget import Budget, Held, budget_of
from logitkit.design.chunks.build import chunk_size
from logitkit.design.chunks.opened import source_of
from logitkit.design.chunks.pages import bytes_of_pages
from logitkit.design.chunks.pool import chunks_of, sparing
from logitkit.errors import DataError
from logitkit.numerics.threads.local import ordered_map

N, P = 40_000, 12


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(P, N))
    y = (rng.random(N) < 1.0 / (1.0 + np.exp(-x[0]))).astype(np.int8)
    return pa.table({"y": y, **{f"x{j}": column for j, column in enumerate(x)}})


def test_a_row_group_whose_pages_do_not_fit_is_refused_with_what_would_do(table, tmp_path) -> None:
    path = str(tmp_path / "rows.parquet")
    pq.write_table(table, path, use_dictionary=False, max_rows_per_page=N, data_page_size=1 << 20)
    formula = "y ~ " + " + ".join(f"x{j}" for j in range(P))
    with pytest.raises(DataError, match=r"a page of each column .* whose row groups have 40,000") as told:
        lk.logit(formula, path, memory="10MB")
    assert "data_page_size=" in str(told.value)
    found = re.search(r"memory='(\d+ MB)'", str(told.value))
    assert found is not None
    assert found[1] != "10 MB"
    fit, held = lk.logit(formula, path, memory=found[1]), lk.logit(formula, table)
    assert np.abs((fit.coef - held.coef) / held.std_error).max() < 1e-10
    pq.write_table(table, path, use_dictionary=False, max_rows_per_page=1_000)
    assert budget_of(source_of(path), table.column_names, 10_000_000, chunk_size).memory == 10_000_000


@pytest.mark.parametrize("compression", ["none", "snappy"])
def test_pages_have_the_bytes_that_their_writer_gave_them(compression, table, tmp_path) -> None:
    path = tmp_path / "rows.parquet"
    options = {"use_dictionary": False, "max_rows_per_page": N, "data_page_size": 1 << 30, "compression": compression}
    pq.write_table(table, path, **options)
    metadata = pq.read_metadata(path)
    columns = [metadata.row_group(0).column(j) for j in range(1, P + 1)]  # of one page each
    stored = sum(column.total_compressed_size for column in columns)
    written = 0 if compression == "none" else sum(column.total_uncompressed_size for column in columns)
    found = bytes_of_pages(str(path), metadata, table.column_names[1:])
    assert 0 <= stored + written - found < 200 * P  # their headers
    with_dictionary = tmp_path / "coded.parquet"
    pq.write_table(pa.table({"g": [f"level {k % 50}" for k in range(1_000)]}), with_dictionary)
    found = bytes_of_pages(str(with_dictionary), pq.read_metadata(with_dictionary), ["g"])
    assert found >= 3 * sum(4 + len(f"level {k}") for k in range(50))  # a length and the text of each


def test_rows_of_text_are_counted_with_their_text(tmp_path) -> None:
    long = pa.table({"y": [0, 1] * 500, "x": np.arange(1_000.0), "g": ["a" * 400, "b" * 400] * 500})
    pq.write_table(long, tmp_path / "long.parquet")
    source = source_of(str(tmp_path / "long.parquet"))
    assert source is not None
    budget = budget_of(source, ["y", "x", "g"], 50_000_000, chunk_size)
    assert budget.row_bytes == pytest.approx(8 + 8 + 404, abs=1.0)
    assert chunk_size(budget.width, 50_000_000) < chunk_size(3, 50_000_000)


def test_fewer_chunks_are_on_their_way_where_less_is_granted() -> None:
    lk.set_threads(8)
    try:
        most = [Budget(memory, 160.0, 20).chunks(8_192, 50, 1) for memory in (20_000_000, 80_000_000, 10**9)]
    finally:
        lk.set_threads(None)
    assert most[0] == 1 < most[1] < most[2] == 16
    reader = Held(60_000_000)
    assert Budget(10**8, 160.0, 20, reader).chunks(8_192, 50, 1) == 1
    with pytest.raises(DataError, match=r"16 coefficients .* grant memory='1 MB'"):
        Budget(10_000, 160.0, 20).require_coefficients(16, "loans")


def test_a_lazy_frame_of_files_is_read_by_slices_where_memory_is_small(tmp_path, monkeypatch) -> None:
    for number, n_rows in enumerate((3, 70, 27)):
        pq.write_table(pa.table({"x": np.arange(n_rows) + 100.0 * number}), tmp_path / f"{number}.parquet")
    frame = pl.scan_parquet(tmp_path / "*.parquet")
    expected = frame.collect()["x"].to_list()
    monkeypatch.setattr(readers, "ROWS_AT_ONCE", 20)
    files, query = source_of(frame), source_of(frame.filter(pl.col("x") >= 0.0))
    for size in (10, 20, 1 << 40):  # the last is not of a small memory
        for source in (files, query):
            assert [x for batch in source.batches(["x"], size) for x in batch.table["x"].to_pylist()] == expected
    assert files.held(["x"], 20).n_bytes < files.held(["x"], 1 << 40).n_bytes == query.held(["x"], 20).n_bytes


def test_buffers_of_duckdb_are_those_that_its_settings_let_it_have() -> None:
    connection = duckdb.connect(config={"threads": 3})
    open_ended = source_of(connection.sql("select 1.0 as x"))
    connection.execute("set memory_limit = '50MB'")
    few = source_of(connection.sql("select 1.0 as x"))
    # DuckDB tells its limit in MiB with one decimal.
    assert few.held(["x"], 10).n_bytes == pytest.approx(50e6 + 3 * relation.BESIDE_ITS_LIMIT, rel=0.01)
    assert open_ended.held(["x"], 10).n_bytes == relation.OF_DUCKDB + 3 * relation.OF_ITS_THREAD


def test_results_that_wait_are_as_few_as_asked() -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def begun(number: int) -> int:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        return number

    lk.set_threads(4)
    try:
        for number in ordered_map(begun, 40, at_once=2):
            with lock:
                now[0] -= 1
            assert number < 40
    finally:
        lk.set_threads(None)
    assert most[0] <= 3  # two on their way, and the one that was just taken


def test_arrow_has_its_own_pool_again_after_a_pass() -> None:
    before = pa.default_memory_pool().backend_name
    source = source_of(lambda: iter([pa.table({"x": [1.0, 2.0, 3.0]})]))
    assert source is not None
    with sparing(20_000_000):
        for chunk in chunks_of(source, ["x"], 2, 20_000_000):
            assert pa.default_memory_pool().backend_name == "system"
            if chunk.number == 0:
                break  # a pass that is given up
    with sparing(1 << 30):
        assert pa.default_memory_pool().backend_name == before
