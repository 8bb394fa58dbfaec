"""Rows of a figure that are terms: their labels, headings of factors, and how high each row is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from logitkit.plots.labels import LINE_MOST, plain, text_width, wrapped
from logitkit.plots.style import TICK_SIZE
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TermRow", "name_rows", "names_width", "row_bounds"]

LINE = 0.5  # height of a further line of a label, over that of a row
INDENT = "    "
HANGING = "  "  # before the further lines of a label


class TermRow(NamedTuple):
    """The label and kind of a row.

    Parameters
    ----------
    label : str
        Label, which is wrapped when it is written.
    kind : {'estimate', 'heading', 'reference'}
        A heading names the factor whose levels follow; a reference is the level that the others are compared with.
    indented : bool
        Whether the row is below a heading.
    """

    label: str
    kind: Literal["estimate", "heading", "reference"] = "estimate"
    indented: bool = False

    @property
    def text(self) -> str:
        """The label as it is written, on several lines if it is long."""
        lines = wrapped(self.label, LINE_MOST).split("\n")
        start = INDENT if self.indented else ""
        return "\n".join([start + lines[0], *(start + HANGING + line for line in lines[1:])])


def row_bounds(rows: Sequence[TermRow], line: float = 1.0) -> tuple[FloatArray, float]:
    """Return the positions of the rows from top to bottom."""
    labels = [line * (1.0 + LINE * row.text.count("\n")) for row in rows]
    heights = np.array([max(label, float(row.kind == "estimate")) for row, label in zip(rows, labels, strict=True)])
    ends = np.cumsum(heights) - 0.5
    return ends - 0.5 * heights, float(ends[-1])


def names_width(rows: Sequence[TermRow]) -> float:
    """Return the width of the labels beside the axes."""
    return max(text_width(row.text, TICK_SIZE, _weight(row)) for row in rows)


def name_rows(ax: Axes, rows: Sequence[TermRow], middle: FloatArray) -> None:
    """Write the labels of the rows to the left of the axes, left-aligned and with headings in bold."""
    ax.set_yticks(middle, [plain(row.text) for row in rows])
    ax.tick_params(axis="y", length=0.0, pad=names_width(rows) + 6.0)
    for label, row in zip(ax.get_yticklabels(), rows, strict=True):
        label.set_horizontalalignment("left")
        label.set_fontweight(_weight(row))


def _weight(row: TermRow) -> str:
    return "bold" if row.kind == "heading" else "normal"
