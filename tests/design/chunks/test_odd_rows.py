"""Rows in chunks that are odd in one chunk and not in all: without weight, without a value, of a type of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import dataset, parquet

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError

pytestmark = pytest.mark.usefixtures("chunks_of_64")


def parts(table: pd.DataFrame, place) -> str:
    for number, rows in enumerate((table[:70], table[70:])):
        rows.to_parquet(place / f"part-{number}.parquet", index=False)
    return str(place)


def same(held: lk.Fit, read: lk.Fit) -> None:
    assert np.max(np.abs(read.coef - held.coef) / held.std_error) < 1e-10
    np.testing.assert_allclose(read.std_error, held.std_error, rtol=1e-10)
    assert read.design.counts == held.design.counts


@pytest.mark.parametrize("formula", ["y ~ x + C(g)", "y ~ np.exp(x) + C(g)", "o ~ x + g"])
def test_a_chunk_may_be_without_weight(formula, small, tmp_path) -> None:
    table = small.assign(w=np.where((np.arange(len(small)) // 64) % 2 == 0, 0.0, small["w"]))
    folder = parts(table, tmp_path)
    held, read = (
        lk.fit(formula, data, weights="w", model=lk.Binary() if "y ~" in formula else lk.Multinomial())
        for data in (table, folder)
    )
    same(held, read)
    if formula != "y ~ x + C(g)":
        return
    other, again = held.on(table, weights="w"), held.on(folder, weights="w")
    np.testing.assert_allclose(again.calibration().error, other.calibration().error, rtol=1e-9)
    np.testing.assert_allclose(
        read.effects("x").to_frame()["std_error"], held.effects("x").to_frame()["std_error"], rtol=1e-9
    )


def test_rows_that_are_all_without_weight_are_refused(small, tmp_path) -> None:
    folder = parts(small.assign(w=0.0), tmp_path)
    with pytest.raises(DataError, match="weights='w' are all zero"):
        lk.logit("y ~ x", folder, weights="w")
    for data in (small.assign(w=0.0), folder):
        with pytest.raises(DataError, match="weights='w' are all zero"):
            lk.logit("y ~ x", small, weights="w").on(data).classification()


def test_missing_values_are_counted_as_in_memory(small, tmp_path) -> None:
    n = np.arange(len(small))
    table = small.assign(
        x=small["x"].mask((n // 64 == 2) | (n % 50 == 3)),
        w=small["w"].mask(n % 50 == 4),
        shift=small["shift"].mask(n % 50 == 5),
        z=0.0,
    )
    folder = parts(table, tmp_path)
    fit = lk.logit("y ~ x + g", small, weights="w", offset="shift")
    held, read = (fit.on(data)._rows.design.counts for data in (table, folder))
    assert read == held


def test_the_row_of_a_value_is_found(small, tmp_path) -> None:
    for name, bad in (("w", -1.0), ("shift", np.inf)):
        table = small.assign(**{name: small[name].mask(np.arange(len(small)) == 201, bad)})
        with pytest.raises(DataError, match=r"row 9 .*part-1.parquet, row 122 on"):
            lk.logit("y ~ x", parts(table, tmp_path), weights="w", offset="shift")


def test_text_in_views_is_text(small, tmp_path) -> None:
    held = lk.logit("y ~ x + g", small)
    table = pa.table(pl.from_pandas(small[["y", "x", "g"]]))
    assert pa.string_view() in table.schema.types
    parquet.write_table(table, tmp_path / "a.parquet")
    for source in (str(tmp_path), dataset.dataset(table), lambda: iter([table])):
        same(held, lk.logit("y ~ x + g", source))


def test_labels_of_rows_in_text_are_no_column(small, tmp_path) -> None:
    small[:100].to_csv(tmp_path / "a.csv")
    small[100:].to_csv(tmp_path / "b.csv", index=False)
    same(lk.logit("y ~ x + g", small), lk.logit("y ~ x + g", str(tmp_path)))


def test_groups_of_a_factor_have_the_order_of_its_levels(small, tmp_path) -> None:
    table = small.assign(g=pd.Categorical(small["g"], ["c", "a", "b"]), old=(small["firm"] > 9).astype(int))
    held, read = (lk.logit("y ~ x + g + old", data).effects(by="g") for data in (table, parts(table, tmp_path)))
    assert list(read.to_frame()["g"]) == list(held.to_frame()["g"])
    np.testing.assert_allclose(read.to_frame()["estimate"], held.to_frame()["estimate"], rtol=1e-9)
    assert read.notes == held.notes
    assert any("old is 0 or 1" in note for note in read.notes)


def test_verbs_of_a_fit_with_clusters_given_afterwards_are_those_in_memory(small, files) -> None:
    held, read = (lk.logit("y ~ x + g", data).robust("CR1", cluster="firm") for data in (small, files))
    np.testing.assert_allclose(read.calibration().slope, held.calibration().slope, rtol=1e-9)
    np.testing.assert_allclose(read.discrimination().auc, held.discrimination().auc, rtol=1e-12)


def test_a_survey_is_refused_with_what_to_state(files) -> None:
    with pytest.raises(UnsupportedError, match="weight_kind='sampling', and the units as cluster="):
        lk.logit("y ~ x", files, weights="v", survey=lk.Survey(units="firm"))
