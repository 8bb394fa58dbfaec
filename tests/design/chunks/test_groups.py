"""Fits by group of rows read in chunks: those of groups that are held to the bit, those of large groups by passes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.tolerances import ROUTE

import logitkit as lk
from logitkit.design.chunks import groups, whole_units
from logitkit.errors import DataError, UnsupportedError

pytestmark = pytest.mark.usefixtures("chunks_of_64")

CASES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "learnt from all rows": ("y ~ x + bs(v, df=4)", "year", {}),
    "two columns": ("y ~ x", ["year", "g"], {}),
    "separated": ("y ~ x + C(firm == 3)", "g", {"weights": "w"}),
    "clusters": ("y ~ x", "year", {"cluster": "firm"}),
    "probit": ("y ~ x", "g", {"model": lk.Binary(link="probit")}),
    "counts": ("cbind(events, rest) ~ x", "year", {}),
    "sas": ("y ~ x", "g", {"conventions": "sas"}),
}


def room_for(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Let memory have room for so many rows of groups."""
    for module in (groups, whole_units):
        monkeypatch.setattr(module, "rows_held", lambda _: rows)


@pytest.mark.parametrize(
    ("case", "rows"),
    [
        ("two columns", 320),
        ("learnt from all rows", 150),
        ("separated", 150),
        ("sas", 150),
        ("clusters", 60),
        *(pytest.param(case, rows, marks=pytest.mark.slow) for case in CASES for rows in (320, 150, 60)),
    ],
)
def test_groups_are_those_of_the_table(case, rows, small, files, monkeypatch) -> None:
    formula, by, options = CASES[case]
    held = lk.fit_by(formula, small, by, **options)
    room_for(monkeypatch, rows)
    read = lk.fit_by(formula, files, by, **options)
    assert list(read.groups) == list(held.groups)
    one, other = held.glance(), read.glance()
    compare = assert_allclose if rows == 60 else lambda left, right, **_: assert_array_equal(left, right)
    for left, right in [(held.coef, read.coef), (held.std_error, read.std_error)]:
        finite = np.isfinite(left)
        compare(right.where(finite), left.where(finite), rtol=1e3 * ROUTE, atol=ROUTE)
        assert_array_equal(right.where(~finite), left.where(~finite))
    for name in ("n_obs", "n_params", "events", "loglik", "deviance", "aic"):
        compare(other[name], one[name], rtol=ROUTE)
    for name in ("converged", "status", "aliased", "separated"):
        assert list(other[name]) == list(one[name])
    assert read.record.covariance == held.record.covariance
    assert read.record.counts == held.record.counts


def test_a_group_is_a_fit_of_its_own_and_predicts(small, files, monkeypatch) -> None:
    held = lk.logit_by("y ~ x", small, "year")
    for rows in (100, 60):
        room_for(monkeypatch, rows)
        read = lk.logit_by("y ~ x", files, "year")
        alone = read.at("2000").robust("HC1")
        assert_allclose(alone.std_error, held.at("2000").robust("HC1").std_error, rtol=ROUTE)
        assert_allclose(read.predict(small), held.predict(small), rtol=ROUTE)
        with pytest.raises(UnsupportedError, match="pass data=, a table of some rows"):
            read.predict()


def test_large_groups_share_their_passes(files, monkeypatch) -> None:
    passes = []
    for by in ("g", "year"):
        room_for(monkeypatch, 10)
        fits = lk.logit_by("y ~ x", files, by)
        passes.append(fits.rows.design.stream.passes.count)
    assert len(fits) == 4
    assert max(passes) <= 14


def test_a_group_that_leaves_columns_open_predicts_no_other_rows(small, tmp_path, monkeypatch) -> None:
    data = small.assign(same=np.where(small["year"] == "1999", 2.0 * small["x"], small["v"]))
    data.to_parquet(tmp_path / "rows.parquet")
    held = lk.logit_by("y ~ x + same", data, "year")
    room_for(monkeypatch, 60)
    read = lk.logit_by("y ~ x + same", str(tmp_path), "year")
    new = pd.DataFrame({"x": [1.0, 1.0], "same": [2.0, 3.0], "year": ["1999", "1999"]})
    one, other = (fits.predict(new, unseen="missing") for fits in (held, read))
    assert_allclose(other, one, rtol=ROUTE)
    assert other.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("year ", "has no such column"),
        ("z", r"by \(z\) is missing in 2 of the rows.*In the rows from 0 on"),
        (["g", "g"], "names a column twice"),
    ],
)
def test_what_makes_no_groups_is_refused(by, message, files) -> None:
    with pytest.raises(DataError, match=message):
        lk.logit_by("y ~ x", files, by)


def test_memory_is_for_files(small) -> None:
    with pytest.raises(DataError, match="data is a table in memory"):
        lk.logit_by("y ~ x", small, "g", memory="1GB")
