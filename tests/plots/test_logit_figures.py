"""Figures of coverage by outcome, and of risk against coverage: what is drawn is what was counted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.testing import assert_allclose

import logitkit as lk


def rows(seed: int, n: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    z = rng.normal(0.0, 1.5, (n, 4))
    return z, (z + rng.gumbel(size=z.shape)).argmax(axis=1)


def test_coverage_by_outcome() -> None:
    z, y = rows(1, 600)
    judged = lk.logits.conformal(z[:300], y[:300], 0.8).coverage(z[300:], y[300:])
    ax = judged.plot(title="Sets")
    marks = next(line for line in ax.lines if line.get_marker() == "o")
    assert_allclose(marks.get_ydata(), judged.by_outcome[:, 1])
    assert any(np.allclose(line.get_ydata(), 0.8) for line in ax.lines)
    assert ax.get_title(loc="left") == "Sets"


def test_risk_against_coverage_alone_and_beside_another() -> None:
    z, y = rows(2, 3_000)
    found = lk.logits.risk_coverage(z, y)
    ax = found.plot()
    curve = next(line for line in ax.lines if line.get_gid() == "risk-coverage")
    assert len(curve.get_xdata()) <= 1_000
    assert (curve.get_xdata()[-1], curve.get_ydata()[-1]) == (1.0, found.random_area)
    places = np.searchsorted(found.coverage, curve.get_xdata())
    assert_allclose(curve.get_ydata(), found.risk[places])
    both = found.plot(label="probability")
    lk.logits.risk_coverage(z, y, "margin").plot(both, label="margin")
    assert sum(line.get_gid() == "risk-coverage" for line in both.lines) == 2
    assert [text.get_text().split(" ")[0] for text in both.get_legend().get_texts()] == ["probability", "margin"]
