"""The level of an interval is printed as it is, everywhere: 0.999 is not certainty."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk


@pytest.fixture(scope="module")
def fit() -> lk.Fit:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300), "z": rng.uniform(1, 3, 300), "y": rng.integers(0, 2, 300)})
    return lk.logit("y ~ x + z", frame, level=0.999)


def test_in_the_summary(fit: lk.Fit) -> None:
    assert re.search(r"99\.9% low +99\.9% high", fit.summary().to_text())


def test_in_the_tests_and_diagnostics(fit: lk.Fit) -> None:
    assert re.search(r"99\.9% low +99\.9% high", str(fit.test("x = 0")))
    assert re.search(r"99\.9% low +99\.9% high", str(fit.calibration()))
    assert "99.9% interval" in str(fit.discrimination())
    assert "99.9%" in fit.plot.forest().get_xlabel()


@pytest.mark.usefixtures("figures_not_written")
def test_in_every_part_of_the_report(fit: lk.Fit, tmp_path: Path) -> None:
    page = fit.report(tmp_path / "report.html").read_text(encoding="utf-8")
    words = re.sub(r"<[^>]*>", " ", page)
    assert "99.9% Wald intervals" in words
    assert not re.search(r"100(\.0)?%\s+(low|high|interval|Wald)", words)
