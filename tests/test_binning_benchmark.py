"""The benchmark of binning: information by counting, the same pre-bins, and a page without gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from tolerances import EXACT

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)


def test_information_is_that_of_counts() -> None:
    import binning

    values, bad = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), pd.Series([1, 0, 0, 1, 0, 1])
    # Below 4 there are one of three bads and two of three goods.
    expected = (2 / 3 - 1 / 3) * np.log(2) + (1 / 3 - 2 / 3) * np.log(1 / 2)
    assert_allclose(binning.information(values, bad, [4.0]), expected, rtol=EXACT)
    assert_allclose(binning.information(values, bad, [3.5]), expected, rtol=EXACT)


def test_ours_is_at_least_any_bins_of_the_same_prebins() -> None:
    import binning

    table = binning.numbers(1_500)[["x0", "x2", "bad"]]
    prebins = {name: np.quantile(table[name], np.linspace(0.1, 0.9, 9)).tolist() for name in ("x0", "x2")}
    # Every second cut point of x0, whose rate rises, and one only of x2.
    theirs = {"prebins": prebins, "splits": {"x0": prebins["x0"][1::2], "x2": prebins["x2"][4:5]}}
    found = binning.same_prebins(table, theirs)
    assert list(found) == ["x0", "x2"]
    for given, ours, _ in found.values():
        assert ours >= given - 1e-9


def test_the_page_has_every_figure() -> None:
    import binning

    by_variable: dict[str, Any] = dict.fromkeys(binning.CASE, 0.5)
    card = {
        "names": ["bank"],
        "ours": [0.5, 0.4],
        "theirs": [0.5, 0.3],
        "theirs_limited": [0.5, 0.35],
        "interval": [0.39, 0.41],
    }
    found = {
        "version": "1.0.0",
        "load": 0.25,
        "numbers": 0.04,
        "numbers_theirs": 0.8,
        "case": 4.0,
        "case_theirs": 9.0,
        "scored": 0.25,
        "same": {"x0": (0.1, 0.2, 0.3)},
        "same_case": {"employees": (0.1, 0.1, 0.1)},
        "case_by_variable": by_variable,
        "case_ours_by_variable": by_variable,
        "iv": dict.fromkeys(binning.CASE, (0.1, 0.2)),
        "cards": {"all 14 variables": card},
    }
    page = binning.page(found)
    assert "| 12 numeric variables x 20,000 rows | 40 ms | 0.8 s | 20 | 50 ms | yes |" in page
    assert "| 4 s | 9 s | 2 | 3 s | no |" in page
    assert "on the same pre-bins, is 0.0e+00" in page
    assert "load average 0.2" in page
    assert "| all 14 variables | 0.5000 | 0.4000 | 0.5000 | 0.3000 | 0.5000 | 0.3500 | 0.3900 to 0.4100 |" in page
    assert all(f"| {name} |" in page for name in binning.CASE)


def test_without_optbinning_nothing_is_measured_and_the_reader_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import bench

    ran: list[list[str]] = []

    def run(command: list[str], check: bool) -> Any:
        ran.append(command)
        return type("Done", (), {"returncode": int(check)})

    monkeypatch.setattr(bench.subprocess, "run", run)
    monkeypatch.setattr(bench, "find_spec", lambda _name: None)
    assert not bench.bins_and_cards(quick=True, folder=tmp_path)
    assert not ran
    assert "optbinning is not installed" in capsys.readouterr().err
    monkeypatch.setattr(bench, "find_spec", lambda name: name)
    assert bench.bins_and_cards(quick=False, folder=tmp_path)
    assert ran[0][1:] == [str(FOLDER / "binning.py"), "--page", str(tmp_path / "benchmarks-binning.md")]
