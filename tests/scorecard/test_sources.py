"""Bins and stability of rows that lie in files are those of the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.api import binnings, stability
from logitkit.errors import DataError, UnsupportedError


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"x": rng.normal(size=900), "g": rng.choice(list("abc"), 900)})
    data["y"] = np.where(rng.random(900) < 1.0 / (1.0 + np.exp(1.0 - data["x"])), "bad", "good")
    data.loc[::40, "x"] = np.nan
    return data


@pytest.fixture
def folder(table, tmp_path, monkeypatch) -> str:
    monkeypatch.setattr(binnings, "ROWS_OF_BLOCK", 70)
    monkeypatch.setattr(stability, "ROWS_OF_BLOCK", 70)
    for number, rows in enumerate((slice(0, 1), slice(1, 500), slice(500, 900))):
        table.iloc[rows].to_parquet(tmp_path / f"{number}.parquet", index=False)
    return str(tmp_path)


def test_bins_of_files_are_those_of_the_table(table, folder) -> None:
    found = lk.scorecard.binnings_of_blocks(["x", "g"], folder, target="y", event="bad")
    for name in ("x", "g"):
        held = lk.scorecard.binning(name, table, target="y", event="bad")
        assert found[name].rule == held.rule
        pd.testing.assert_frame_equal(found[name].table(), held.table())
    with pytest.raises(DataError, match="has no column 'z'"):
        lk.scorecard.binnings_of_blocks(["z"], folder, target="y", event="bad")


def test_the_index_of_files_is_that_of_their_columns(table, folder) -> None:
    recent = table.assign(x=table["x"] + 0.3)
    recent.to_parquet(f"{folder}/../recent.parquet", index=False)
    cuts, variable = [-1.0, 0.0, 0.5], lk.scorecard.binning("g", table, target="y", event="bad")
    for name, bins in (("x", cuts), ("g", variable)):
        held = lk.scorecard.psi(table[name], recent[name], bins=bins, replicates=200)
        read = lk.scorecard.psi(folder, f"{folder}/../recent.parquet", column=name, bins=bins, replicates=200)
        pd.testing.assert_frame_equal(read.table(), held.table())
        assert (read.value, read.low, read.high, read.p_value) == (held.value, held.low, held.high, held.p_value)


def test_what_sources_do_not_give_is_refused(table, folder) -> None:
    with pytest.raises(UnsupportedError, match="give cut points"):
        lk.scorecard.psi(folder, folder, column="x")
    with pytest.raises(UnsupportedError, match="takes no weights"):
        lk.scorecard.psi(folder, folder, column="x", bins=[0.0], weights=("w", "w"))
    with pytest.raises(DataError, match="of a table give its column"):
        lk.scorecard.psi(folder, table, column="x", bins=[0.0])
