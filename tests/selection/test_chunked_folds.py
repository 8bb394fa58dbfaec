"""Cross-validation of rows in chunks by a fold column gives the scores of the one in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.errors import DataError, UnsupportedError

N = 2_400


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    data = pd.DataFrame({f"x{k}": rng.normal(loc=k, size=N) for k in range(4)})
    data["y"] = (rng.random(N) < 1.0 / (1.0 + np.exp(0.5 - data["x0"]))).astype(int)
    data["fold"] = rng.choice(["a", "b", "c"], N)
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


@pytest.mark.parametrize("measure", ["deviance", "brier"])
def test_scores_are_those_in_memory(measure, table, folder) -> None:
    options = {"folds": lk.Folds(given="fold"), "measure": measure, "strengths": [0.05, 0.01, 0.001]}
    options["solver"] = lk.ProxNewton(tol=1e-12)
    held = lk.cross_validate("y ~ x0 + x1 + x2 + x3", table, **options)
    read = lk.cross_validate("y ~ x0 + x1 + x2 + x3", folder, **options)
    np.testing.assert_allclose(read.record.scores, held.record.scores, rtol=1e-6)
    assert read.record.best == held.record.best
    assert read.record.logits is None
    np.testing.assert_allclose(read.best.record.coef, held.best.record.coef, atol=1e-10)


def test_a_fold_column_is_that_column(table) -> None:
    one = lk.cross_validate("y ~ x0 + x1", table, folds=lk.Folds(given="fold"), n_strengths=4)
    other = lk.cross_validate("y ~ x0 + x1", table, folds=lk.Folds(given=table["fold"].to_numpy()), n_strengths=4)
    assert np.array_equal(one.record.scores, other.record.scores)
    with pytest.raises(DataError, match="fld"):
        lk.cross_validate("y ~ x0 + x1", table, folds=lk.Folds(given="fld"))


def test_areas_over_chunks_and_unknown_columns_are_refused(folder) -> None:
    with pytest.raises(UnsupportedError, match="compares rows of different chunks"):
        lk.cross_validate("y ~ x0", folder, folds=lk.Folds(given="fold"), measure="auc", n_strengths=3)
    with pytest.raises(DataError, match="no such column"):
        lk.cross_validate("y ~ x0", folder, folds=lk.Folds(given="fld"))


def test_a_ready_matrix_has_no_columns_to_name(table) -> None:
    with pytest.raises(DataError, match="with a ready matrix give an array"):
        lk.cross_validate_matrix(table[["x0"]].to_numpy(), table["y"], folds=lk.Folds(given="fold"), n_strengths=3)
