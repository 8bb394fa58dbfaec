"""Predictions that are written block by block are those in memory, in the order of the rows, all of them or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.tolerances import EXACT

import logitkit as lk
from logitkit.errors import DataError
from logitkit.results import written_predictions

pytestmark = pytest.mark.usefixtures("chunks_of_64")

FITS: dict[str, tuple[str, dict[str, Any]]] = {
    "two outcomes": ("y ~ x + z + C(g)", {}),
    "offset": ("y ~ x + z", {"offset": "shift"}),
    "several": ("o ~ x + z", {"model": lk.Multinomial()}),
    "ordered": ("o ~ x + z", {"model": lk.Ordinal(order=["low", "mid", "top"])}),
    "ridge": ("y ~ x + z", {"penalty": lk.Ridge(0.1)}),
}


def written(path: Path) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(each) for each in sorted(path.iterdir())], ignore_index=True)


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("fitted_to", ["files", "table"])
def test_what_is_written_is_what_memory_has(name, fitted_to, small, files, tmp_path) -> None:
    formula, options = FITS[name]
    held = lk.fit(formula, small, **options)
    fit = held if fitted_to == "table" else lk.fit(formula, files, **options)
    asked = ["probability", "link", "interval"]
    for number, data in enumerate([files, small, None]):
        place = fit.predict(data, to=tmp_path / str(number), columns=asked)
        found = written(place)
        assert_array_equal(found["row"], np.arange(len(small)))
        expected = fit.predict(small) if data is not None else fit.predict()
        errors = fit.predictions(small)
        if isinstance(expected, pd.Series):
            assert_allclose(found["probability"], expected, rtol=EXACT * 100)
            for column in ("std_error", "conf_low", "conf_high"):
                assert_allclose(found[column], errors[column], rtol=EXACT * 100)
            assert_allclose(found["link"], fit.predict_link(small), rtol=EXACT * 100)
        else:
            for outcome in expected:
                assert_allclose(found[f"probability:{outcome}"], expected[outcome], rtol=EXACT * 100)
                low = errors["conf_low"].xs(outcome, level="outcome")
                assert_allclose(found[f"conf_low:{outcome}"], low, rtol=EXACT * 100)
        if number == 0:
            assert len(list(place.iterdir())) == 5  # chunks of 64 rows
            assert (
                pq.read_table(place / "part-000000.parquet")[
                    "probability" if isinstance(expected, pd.Series) else "probability:low"
                ].null_count
                == 2
            )


def test_keys_are_written_as_they_are_stored(small, files, tmp_path) -> None:
    fit = lk.logit("y ~ x", files)
    for data in (files, None):
        found = written(fit.predict(data, to=tmp_path / str(data is None), keys=["firm", "year"]))
        assert list(found) == ["firm", "year", "probability"]
        assert_array_equal(found["firm"], small["firm"])
    with pytest.raises(DataError, match="keys='frim'"):
        fit.predict(files, to=tmp_path / "other", keys="frim")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_nothing_is_left_after_an_error_in_the_middle(fault, files, tmp_path, monkeypatch) -> None:
    fit, write = lk.logit("y ~ x", files), written_predictions.write_block

    def broken(path: Path, columns: Any) -> None:
        if path.name == "part-000002.parquet":
            raise fault
        write(path, columns)

    monkeypatch.setattr(written_predictions, "write_block", broken)
    with pytest.raises(KeyboardInterrupt if isinstance(fault, KeyboardInterrupt) else DataError):
        fit.predict(files, to=tmp_path / "scores")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_and_a_place_that_is_none_are_refused(files, tmp_path) -> None:
    fit = lk.logit("y ~ x", files)
    (tmp_path / "scores").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="exists"):
        fit.predict(files, to=tmp_path / "scores")
    with pytest.raises(DataError, match="cannot be written"):
        fit.predict(files, to=tmp_path / "file" / "scores")
    with pytest.raises(DataError, match="columns"):
        fit.predict(files, to=tmp_path / "new", columns="odds")


def test_rows_of_files_are_data_for_every_verb(small, files, tmp_path) -> None:
    held = lk.logit("y ~ x + C(g)", small.iloc[:200])
    assert_allclose(held.predict(files), held.predict(small), rtol=EXACT)
    read, table = held.on(files), held.on(small)
    assert_allclose(read.calibration().brier, table.calibration().brier, rtol=1e-10)
    assert_allclose(read.discrimination().auc, table.discrimination().auc, rtol=1e-10)
    assert_allclose(read.residuals(), table.residuals(), rtol=1e-9)
    strange = small.assign(g=np.where(np.arange(len(small)) == 100, "new", small["g"]))
    (tmp_path / "new").mkdir()
    strange.to_parquet(tmp_path / "new" / "rows.parquet")
    place = str(tmp_path / "new")
    with pytest.raises(DataError, match=r"new.*In the rows of"):
        held.predict(place)
    assert held.predict(place, unseen="missing").isna().sum() == 1
    missing = held.on(place, unseen="missing")
    assert_allclose(missing.calibration().brier, held.on(strange, unseen="missing").calibration().brier, rtol=1e-10)
    strange.drop(columns="x").to_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match="has no column 'x'"):
        held.predict(str(tmp_path / "x.parquet"))


def test_a_file_that_is_written_twice_is_the_same_file(tmp_path) -> None:
    """As a cluster does that runs a task again, or on two workers at once."""
    for _ in range(2):
        written_predictions.write_block(tmp_path / "part-000000.parquet", {"row": np.arange(3)})
    assert [path.name for path in tmp_path.iterdir()] == ["part-000000.parquet"]


def test_a_source_of_unknown_length_is_predicted_on_threads_in_order(small, tmp_path) -> None:
    fit, whole = (
        lk.logit("y ~ x", small),
        pd.concat([small] * 8, ignore_index=True),
    )  # more chunks than are begun at once
    place = fit.predict(lambda: iter([whole]), to=tmp_path / "scores")
    found = written(place)
    assert len(list(place.iterdir())) == 40
    assert_array_equal(found["row"], np.arange(len(whole)))
    assert_allclose(found["probability"], fit.predict(whole), rtol=EXACT * 100)
