"""The benchmark of logits: goals by what was measured, a page without gaps, and a line where torch is not installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)


@pytest.mark.parametrize(
    ("title", "seconds", "reached"),
    [
        ("cross-entropy with gradient, float32", {"logitkit": 0.1, "torch": 0.2}, "yes"),
        ("cross-entropy with gradient, float32", {"logitkit": 0.3, "torch": 0.2}, "no"),
        ("log-sum-exp, float64", {"logitkit": 0.1, "scipy": 0.35, "torch": 0.11}, "yes"),
        ("log-sum-exp, float64", {"logitkit": 0.1, "scipy": 0.25, "torch": 0.11}, "no"),
        ("log-sum-exp, float64", {"logitkit": 0.1, "scipy": 0.35, "torch": 0.09}, "no"),
        ("temperature of rows of 10", {"logitkit": 0.11}, "no"),
        ("suppression of 10,000 boxes", {"logitkit": 0.09}, "yes"),
        ("NDCG at 10 in queries of 20", {"logitkit": 0.09}, ""),
    ],
)
def test_goals_are_those_of_the_figures(title: str, seconds: dict[str, float], reached: str) -> None:
    import logits_page

    assert logits_page.goal(title, seconds)[1] == reached


def test_the_page_has_every_figure() -> None:
    import logits_page

    parts = {"losses": [{"title": "log-sum-exp, float64", "seconds": {"logitkit": 0.05, "scipy": 0.4, "torch": 0.06}}]}
    page = logits_page.page(parts, {"logitkit": 3e7, "torch": 9e8}, quick=False)
    assert "| log-sum-exp, float64 | 50 ms | scipy 0.4 s (8.0), torch 60 ms (1.2) | a third of scipy's, " in page
    assert "not slower than torch | yes |" in page
    assert "| logitkit | 30 MB | yes |" in page
    assert "| torch | 900 MB |  |" in page
    assert "| yes |" not in logits_page.page(parts, {}, quick=True)


def test_what_is_timed_of_top_p_is_the_same() -> None:
    import logits

    z = np.random.default_rng(0).normal(0.0, 2.0, (4, 30)).astype(np.float32)
    ours, sorted_rows = logits.top_p_of("logitkit", z)(), logits.top_p_of("NumPy sort", z)()
    np.testing.assert_array_equal(ours, sorted_rows)


def test_without_torch_a_line_says_so_and_the_page_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import bench

    ran: list[list[str]] = []
    has_torch = 1

    def run(command: list[str], check: bool, **more: Any) -> Any:
        assert not check
        if command[1] == "-c":
            return type("Done", (), {"returncode": has_torch})
        assert more["env"]["PYTHONPATH"].endswith("src")
        ran.append(command)
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr(bench.subprocess, "run", run)
    monkeypatch.delenv("TORCH_PYTHON", raising=False)
    assert not bench.logits_beside_torch(quick=True, folder=tmp_path)
    assert "torch is not installed" in capsys.readouterr().err
    assert ran.pop() == [sys.executable, str(FOLDER / "logits.py"), "--quick"]
    has_torch = 0
    monkeypatch.setenv("TORCH_PYTHON", sys.executable)
    assert bench.logits_beside_torch(quick=False, folder=tmp_path)
    assert ran.pop()[1:] == [str(FOLDER / "logits.py"), "--page", str(tmp_path / "benchmarks-logits.md")]
