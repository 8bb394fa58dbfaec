"""Labels and notes are broken where words end, and stay within the figure."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

import logitkit as lk
from logitkit.plots.labels import add_note, plain, text_width
from logitkit.plots.style import new_axes


@pytest.fixture(scope="module")
def card() -> Any:
    columns = ["checking_status", "savings_status"]
    return lk.scorecard(columns, lk.datasets.load_german_credit(), target="class", event="bad")


@pytest.mark.parametrize(
    "text", ["wide", "b", "half", "$12 a", "AVAVA To", "\u22121.5", "No level of x[T.b] is left out; 3 are."]
)
@pytest.mark.parametrize(("size", "weight"), [(8.0, "normal"), (11.0, "bold")])
def test_the_width_of_a_text_is_that_of_its_outlines(text: str, size: float, weight: str) -> None:
    outlines = TextPath((0.0, 0.0), plain(text), prop=FontProperties(size=size, weight=weight)).get_extents().x1
    # A letter has a gap on its right of at most a tenth of the size, or reaches into that of the next.
    assert text_width(text, size, weight) == pytest.approx(outlines, abs=0.12 * size)
    assert text_width(f"i\n{text}  \n\nj", size, weight) == text_width(text, size, weight)


@pytest.mark.parametrize("figure", ["card", "bands", "profit"])
def test_a_note_stays_within_the_figure(card: Any, figure: str) -> None:
    loans = lk.datasets.load_german_credit()
    if figure == "card":
        ax = card.plot()
    elif figure == "bands":
        ax = card.bands(loans, n=4).plot()
    else:
        ax = card.profit(loans, gain=0.05, loss=0.2).plot()
    ax.figure.canvas.draw()
    note = ax.texts[-1]
    box, page = note.get_window_extent(), ax.figure.bbox
    assert note.get_text().startswith(("Lines", "Dots", "Band"))
    assert page.x0 <= box.x0 < box.x1 <= page.x1


def test_a_note_has_the_part_of_the_figure_that_its_axes_have() -> None:
    ax = new_axes(None, (8.0, 3.0))
    words = "Dashed: a model without errors, at a rate of events of 0.307."
    add_note(ax, words)
    beside = ax.figure.add_subplot(1, 2, 2)
    add_note(beside, words)
    lines = [each.texts[-1].get_text().count("\n") + 1 for each in (ax, beside)]
    assert lines[1] > lines[0]
    assert beside.texts[-1].get_text().replace("\n", " ") == words


def test_labels_of_bins_are_broken_at_their_marks() -> None:
    binned = lk.scorecard.binning("purpose", lk.datasets.load_german_credit(), target="class", event="bad")
    labels = [label.get_text() for label in binned.plot().get_xticklabels()]
    assert "furniture/\nequipment" in labels
    assert max(label.count("\n") for label in labels) <= 2


def test_levels_below_partial_residuals_do_not_meet() -> None:
    loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
    ax = lk.logit("bad ~ purpose + age", loans).plot.partial_residuals("purpose")
    assert len(ax.get_xticklabels()) == 10
    assert {label.get_rotation() for label in ax.get_xticklabels()} == {30.0}


def test_values_of_a_nomogram_are_written_in_full() -> None:
    loans = lk.datasets.load_german_credit().assign(bad=lambda d: (d["class"] == "bad").astype(int))
    texts = {text.get_text() for text in lk.logit("bad ~ credit_amount + age", loans).plot.nomogram().texts}
    assert {"5000", "10,000", "250"} <= texts
    assert not any("e+" in text for text in texts)
