"""The figure of a card draws its table."""

from __future__ import annotations

import numpy as np
import pytest

import logitkit as lk


@pytest.mark.parametrize("woe", ["given", "estimated"])
def test_bars_are_points_and_lines_their_intervals(woe: str) -> None:
    loans = lk.datasets.load_german_credit()
    card = lk.scorecard(["duration", "purpose"], loans, target="class", event="bad")
    ax = card.plot(woe=woe)
    table = card.table(0.95, woe).iloc[1:].dropna()
    np.testing.assert_array_equal([bar.get_width() for bar in ax.patches], table["points"])
    segments = ax.collections[0].get_segments()
    np.testing.assert_allclose([s[0][0] for s in segments], table["points_low"], rtol=1e-12)
    np.testing.assert_allclose([s[1][0] for s in segments], table["points_high"], rtol=1e-12)
    labels = [tick.get_text().replace("\n", "") for tick in ax.get_yticklabels()]
    assert labels[:2] == ["duration", "purpose"]
    assert len(labels) == 2 + len(table)
    assert "begins with" in ax.get_xlabel()
    assert any(
        "95% intervals" in text.get_text() for text in [*ax.texts, *ax.get_children()] if hasattr(text, "get_text")
    )
