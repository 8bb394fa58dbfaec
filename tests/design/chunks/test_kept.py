"""What stays in memory between passes changes no bit, is never what a file no longer is, and goes with the fit."""

from __future__ import annotations

import gc
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any
from weakref import ref

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import logitkit as lk
from logitkit.design.chunks import parquet
from logitkit.design.chunks.budget import Budget
from logitkit.design.chunks.kept import KeptRows
from logitkit.design.chunks.source import Chunk

FORMULA = "y ~ x + z + C(g)"  # z is missing in some rows
ROW = 45  # bytes, somewhat more than four numbers and a text of one letter with where it begins take


@pytest.fixture
def room(monkeypatch, chunks_of_64) -> Any:
    """Sets the bytes that chunks may take."""
    return lambda n_bytes: monkeypatch.setattr(Budget, "kept", lambda self, *_: n_bytes)


@pytest.fixture
def read(monkeypatch) -> list[int]:
    """Rows of each whole file that is decoded: the last one is read in parts."""
    found: list[int] = []
    own = parquet._File.read

    def counted(self, groups, n_rows, first):
        found.append(n_rows)
        return own(self, groups, n_rows, first)

    monkeypatch.setattr(parquet._File, "read", counted)
    return found


def test_rows_that_stay_are_read_once_and_give_the_same_bits(files, room, read) -> None:
    fits = {}
    for n_bytes in (0, 130 * ROW, 10**6):  # no chunk, the first two, all five
        room(n_bytes)
        read.clear()
        fits[n_bytes] = lk.logit(FORMULA, files, cluster="firm", memory="1GB")
        assert sorted(read) == sorted([1, 1, 69] * (1 if n_bytes else fits[0].record.read.passes))
    none, some, every = (fit.record for fit in fits.values())
    for other in (some, every):
        assert np.array_equal(other.coef, none.coef)
        assert np.array_equal(other.inner_vcov.array(), none.inner_vcov.array())
        assert other.fingerprint == none.fingerprint
        assert replace(other.read, n_kept=0) == none.read
    assert none.read.n_kept == 0
    assert every.read.n_kept == pytest.approx(every.read.n_bytes * (1 - 1 / every.read.passes))
    assert 0 < some.read.n_kept < every.read.n_kept / 2
    assert "from memory" in str(fits[10**6].summary())
    assert fits[10**6].glance()["bytes_from_memory"][0] == every.read.n_kept


@pytest.mark.parametrize("n_bytes", [130 * ROW, 10**6])
def test_files_read_from_the_first_row_on_stay_whole_or_not_at_all(n_bytes, small, tmp_path, room) -> None:
    for number, start in enumerate((0, 71)):
        small[start : start + 249 - 178 * (number == 0)].to_csv(tmp_path / f"{number}.csv", index=False)
    room(0)
    before = lk.logit(FORMULA, str(tmp_path), memory="1GB").record
    room(n_bytes)
    after = lk.logit(FORMULA, str(tmp_path), memory="1GB").record
    assert np.array_equal(after.coef, before.coef)
    assert (after.read.n_kept > 0) == (n_bytes == 10**6)
    assert replace(after.read, n_kept=0) == before.read


def test_of_rows_that_only_reading_knows_none_stay(files, room) -> None:
    room(10**6)
    tables = [pd.read_parquet(path) for path in sorted(Path(files).iterdir())]
    assert lk.logit(FORMULA, lambda: iter(tables), memory="1GB").record.read.n_kept == 0


def test_fits_side_by_side_and_some_of_the_rows_take_what_stays(files, room, read) -> None:
    room(0)
    options = {"memory": "1GB", "n_strengths": 3}
    before = lk.cross_validate("y ~ x + C(g)", files, folds=lk.Folds(given="year"), **options).scores
    room(10**6)
    read.clear()
    after = lk.cross_validate("y ~ x + C(g)", files, folds=lk.Folds(given="year"), **options).scores
    assert np.array_equal(after, before)
    assert sorted(read) == [1, 1, 69]
    fit = lk.logit("y ~ x + C(g)", files, memory="1GB")
    read.clear()
    fit.bootstrap(3, kind="poisson", seed=1)  # after the fit, whose rows are gone
    assert sorted(read) == [1, 1, 69]


def test_what_stays_goes_with_the_fit(files, room, monkeypatch) -> None:
    room(10**6)
    seen = []
    offer = KeptRows.offer

    def watched(self, chunk):
        found = offer(self, chunk)
        seen.append(ref(found.kept))
        return found

    monkeypatch.setattr(KeptRows, "offer", watched)
    fit = lk.logit(FORMULA, files, memory="1GB")
    gc.collect()
    assert len(seen) == 5
    assert not any(each() for each in seen)
    assert fit.design.stream.stays.n_bytes == 0


def test_the_chunks_that_stay_do_not_depend_on_the_order_in_which_threads_bring_them() -> None:
    sizes = [3, 1, 4, 1, 1, 2]  # rows of 8 bytes, in room for 8
    for order in permutations(range(6)):
        rows = KeptRows(64)
        rows.serve(["x"], 4, ())
        for k in order:
            rows.offer(Chunk(k, 4 * k, pa.table({"x": [0.0] * sizes[k]}), ""))
        assert [k for k in range(6) if rows.chunk(k, ["x"])] == [0, 1, 2]
        assert rows.n_bytes == 64


def test_less_room_drops_the_last_chunks_and_takes_no_more() -> None:
    rows = KeptRows(100)
    chunks = [Chunk(k, 3 * k, pa.table({"x": [1.0, 2.0, 3.0]}), "") for k in range(5)]
    assert rows.serve(["x"], 3, ())
    assert not rows.serve(["x", "z"], 3, ())
    assert not rows.serve(["x"], 4, ())
    assert [rows.offer(chunk).kept is not None for chunk in chunks] == [True] * 4 + [False]
    rows.limit(60)
    assert [rows.chunk(k, ["x"]) is not None for k in range(5)] == [True] * 2 + [False] * 3
    assert rows.n_bytes == 48
    assert rows.offer(chunks[3]).kept is None
    with rows.reopened(10**3):  # open already
        assert rows.room == 60
    rows.let_go()
    assert not rows.serve(["x"], 3, ())
