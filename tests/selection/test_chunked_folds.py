"""Cross-validation of rows in chunks by a fold column gives the scores of the one in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.engine.regularised import path
from logitkit.errors import DataError
from logitkit.numerics.external_sort import ExternalSort
from logitkit.selection import areas_in_chunks

N = 2_400


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    data = pd.DataFrame({f"x{k}": rng.normal(loc=k, size=N) for k in range(4)})
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(0.5 - data["x0"]))).astype(int)
    data["fold"] = rng.choice(["a", "b", "c"], N)
    data["o"] = np.where(data["x0"] + rng.logistic(size=N) < -1.0, "low", np.where(data["y"] == 1, "top", "mid"))
    data["w"] = rng.integers(0, 3, N)
    data.loc[::60, "x1"] = np.nan
    return data


@pytest.fixture
def folder(table, tmp_path, monkeypatch) -> str:
    for number, (start, stop) in enumerate([(0, 1), (1, 1_500), (1_500, N)]):
        table.iloc[start:stop].to_parquet(tmp_path / f"{number}.parquet", index=False)
    monkeypatch.setattr(build, "ROWS_LEAST", 500)
    monkeypatch.setattr(build, "ROWS_MOST", 500)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 800)
    return str(tmp_path)


@pytest.mark.parametrize("measure", ["deviance", pytest.param("brier", marks=pytest.mark.slow), "auc"])
def test_scores_are_those_in_memory(measure, table, folder) -> None:
    options = {"folds": lk.Folds(given="fold"), "measure": measure, "strengths": [0.05, 0.01, 0.001]}
    options["solver"] = lk.ProxNewton(tol=1e-12)
    held = lk.cross_validate("y ~ x0 + x1 + x2 + x3", table, **options)
    read = lk.cross_validate("y ~ x0 + x1 + x2 + x3", folder, **options)
    np.testing.assert_allclose(read.record.scores, held.record.scores, rtol=1e-6)
    assert read.record.best == held.record.best
    assert read.record.logits is None
    if measure == "deviance":
        assert passes(read) <= 22
        np.testing.assert_allclose(read.best.record.coef, held.best.record.coef, atol=1e-10)


def passes(read: lk.results.CrossValidated) -> int:
    stream = read._given.design.stream
    assert stream is not None
    return stream.passes.count


def test_areas_by_sorting_on_disk_are_exact_and_those_in_bins_within_their_bound(table, folder, monkeypatch) -> None:
    options = {"folds": lk.Folds(given="fold"), "measure": "auc", "strengths": [0.02, 0.001]}
    options |= {"solver": lk.ProxNewton(tol=1e-12), "weights": "w"}
    held = lk.cross_validate("y ~ x0 + x1", table, **options)
    with monkeypatch.context() as patch:
        patch.setattr(areas_in_chunks, "ExternalSort", lambda width, _, pooled: ExternalSort(width, 5_000, pooled))
        read = lk.cross_validate("y ~ x0 + x1", folder, **options)
    np.testing.assert_allclose(read.record.scores, held.record.scores, rtol=1e-12)
    binned = lk.cross_validate("y ~ x0 + x1", folder, bins=40, **options)
    away = np.abs(binned.record.scores - held.record.scores).max()
    label = binned.record.measure.label
    assert "scores in 40 bins: within" in label
    assert 0.0 < away <= 1.05 * float(label.rpartition(" ")[2]) <= 0.02  # the label has one digit
    for bins, others, says in [(1, {}, "whole number"), (9, {"measure": "brier"}, "leave it out")]:
        with pytest.raises(DataError, match=says):
            lk.cross_validate("y ~ x0 + x1", folder, bins=bins, **{**options, **others})
    with pytest.raises(DataError, match="leave it out"):
        lk.cross_validate("y ~ x0 + x1", table, bins=9, **options)


def test_areas_of_several_outcomes_and_scores_without_a_penalty(table, folder) -> None:
    options = {"folds": lk.Folds(given="fold"), "measure": "auc", "model": lk.Multinomial(), "strengths": [0.01]}
    options["solver"] = lk.ProxNewton(tol=1e-12)
    held, read = lk.cross_validate("o ~ x0 + x1", table, **options), lk.cross_validate("o ~ x0 + x1", folder, **options)
    np.testing.assert_allclose(read.record.scores, held.record.scores, rtol=1e-6)
    options = {"folds": lk.Folds(given="fold"), "penalty": None}
    held, read = lk.cross_validate("y ~ x0 + x1", table, **options), lk.cross_validate("y ~ x0 + x1", folder, **options)
    np.testing.assert_allclose(read.record.scores, held.record.scores, rtol=1e-12)
    assert passes(read) <= 16


def test_paths_without_a_fold_end_where_that_of_all_rows_does(table, folder, monkeypatch) -> None:
    monkeypatch.setattr(path, "AHEAD", -20)  # the sample's path ends too early: the others go on
    options = {"folds": lk.Folds(given="fold"), "n_strengths": 24}
    held, read = lk.cross_validate("y ~ x0 + x1", table, **options), lk.cross_validate("y ~ x0 + x1", folder, **options)
    assert read.record.scores.shape == held.record.scores.shape
    np.testing.assert_allclose(read.record.scores, held.record.scores, rtol=1e-4)


def test_what_cannot_be_fitted_names_its_fold(table, tmp_path, folder) -> None:
    data = table.assign(h=np.where((table["fold"] == "b") & (table.index % 5 == 0), "rare", "usual"))
    data.iloc[::3].to_parquet(tmp_path / "new.parquet", index=False)
    for given in (data.iloc[::3], str(tmp_path / "new.parquet")):
        with pytest.raises(DataError, match=r"Without fold 1 \(from 0\): \d+ of the rows left out cannot be predicted"):
            lk.cross_validate("y ~ x0 + h", given, folds=lk.Folds(given="fold"), penalty=None)


def test_a_fold_column_is_that_column(table) -> None:
    one = lk.cross_validate("y ~ x0 + x1", table, folds=lk.Folds(given="fold"), n_strengths=4)
    other = lk.cross_validate("y ~ x0 + x1", table, folds=lk.Folds(given=table["fold"].to_numpy()), n_strengths=4)
    assert np.array_equal(one.record.scores, other.record.scores)
    with pytest.raises(DataError, match="fld"):
        lk.cross_validate("y ~ x0 + x1", table, folds=lk.Folds(given="fld"))


def test_unknown_columns_are_refused(folder) -> None:
    with pytest.raises(DataError, match="no such column"):
        lk.cross_validate("y ~ x0", folder, folds=lk.Folds(given="fld"))


def test_a_ready_matrix_has_no_columns_to_name(table) -> None:
    with pytest.raises(DataError, match="with a ready matrix give an array"):
        lk.cross_validate_matrix(table[["x0"]].to_numpy(), table["y"], folds=lk.Folds(given="fold"), n_strengths=3)
