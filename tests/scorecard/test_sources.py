"""Bins and stability of rows that lie in files are those of the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.api import binnings, stability
from logitkit.design.chunks import build
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
    with pytest.raises(DataError, match="no column 'w'"):
        lk.scorecard.psi(folder, folder, column="x", bins=[0.0], weights=("w", "w"))
    with pytest.raises(DataError, match="weights of the base: with column="):
        lk.scorecard.psi(folder, folder, column="x", bins=[0.0], weights=(np.ones(900), None))
    with pytest.raises(DataError, match="of a table give its column"):
        lk.scorecard.psi(folder, table, column="x", bins=[0.0])


@pytest.mark.parametrize("kind", [None, "frequency", "sampling"])
def test_the_index_of_files_with_weights(kind, table, folder, tmp_path) -> None:
    then = table.assign(w=np.arange(900) // 90)  # the first blocks weigh nothing
    now = then.assign(x=then["x"] + 0.2, w=then["w"] + (0.5 if kind != "frequency" else 1.0))
    for name, rows in {"then": then, "now": now}.items():
        rows.to_parquet(tmp_path / f"{name}.parquet", index=False)
    options = {"bins": [-1.0, 0.0, 0.5], "weight_kind": kind, "replicates": 100}
    held = lk.scorecard.psi(then["x"], now["x"], weights=(then["w"], now["w"]), **options)
    read = lk.scorecard.psi(
        str(tmp_path / "then.parquet"), str(tmp_path / "now.parquet"), column="x", weights=("w", "w"), **options
    )
    assert (read.value, read.low, read.high) == pytest.approx((held.value, held.low, held.high), rel=1e-12)
    assert read.p_value == pytest.approx(held.p_value, rel=1e-9)


@pytest.mark.parametrize("kind", [None, "counts", "sampling"])
def test_the_stability_of_a_card_is_counted_in_files(kind, table, folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(build, "ROWS_LEAST", 64)
    monkeypatch.setattr(build, "ROWS_MOST", 64)
    card = lk.scorecard(["x", "g"], table, target="y", event="bad")
    now = table.assign(x=table["x"] * 1.2 + 0.2, w=np.arange(900) // 90 + (0.5 if kind == "sampling" else 0.0))
    now.loc[::50, "g"] = "strange"
    (tmp_path / "now").mkdir()
    now.iloc[:200].to_parquet(tmp_path / "now" / "0.parquet", index=False)
    now.iloc[200:].to_parquet(tmp_path / "now" / "1.parquet", index=False)
    files, options = str(tmp_path / "now"), {} if kind is None else {"weights": "w"}
    pairs = [(card.stability(now, **options), card.stability(files, **options))]
    own = {"base": table} if kind is None else {"base": now, "base_weights": "w"}
    pairs.append(
        (card.stability(now, **own), card.stability(now, **own | {"base": files if kind else f"{folder}/*.parquet"}))
    )
    for held, read in pairs:
        for name in ("table", "bins", "groups"):
            one, other = getattr(held, name)(), getattr(read, name)()
            pd.testing.assert_frame_equal(other, one, rtol=1e-10)
        assert read.weighting == held.weighting
    with pytest.raises(UnsupportedError, match="monitor follows applicants"):
        card.monitor(files, period="g")
    with pytest.raises(DataError, match="weights must name a column"):
        card.stability(files, weights=np.ones(900))
