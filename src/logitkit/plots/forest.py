"""Forest plot: odds ratios with their intervals on a logarithmic axis, and beside them as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from logitkit.errors import DataError
from logitkit.options import require_text
from logitkit.plots.labels import add_note, text_width
from logitkit.plots.log_axis import ratio_in_words, ratio_limits, set_log_ticks
from logitkit.plots.style import FAINT, INK, MUTED, PRIMARY, TICK_SIZE, dress, level_text, new_axes
from logitkit.plots.term_rows import TermRow, name_rows, names_width, row_bounds
from logitkit.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ForestRow", "forest_size", "plot_forest"]

WIDTH, WIDTH_MOST = 3.4, 8.6  # inches of the axes, and of a figure, which a page shows as wide as it is
ROW = 0.27  # inches a row
SPACE = 10.0  # points before each column of numbers
LAST = 6.0  # points behind the last one


class ForestRow(NamedTuple):
    """A row of a forest plot.

    Parameters
    ----------
    label : str
        Of a coefficient, a factor or its reference level.
    estimate, low, high : float
        Odds ratio and the ends of its interval. An infinite or zero ratio, or a missing one, keeps its row and is named
        in words there.
    words : str
        What is written there, where it is not that the data are separated.
    numbers : tuple of str
        The estimate and its interval, as they are written beside the axes; empty for none.
    kind : {'estimate', 'heading', 'reference'}
        A heading has no estimate, and that of a reference is 1.
    indented : bool
        Whether it stands below a heading.
    """

    label: str
    estimate: float = np.nan
    low: float = np.nan
    high: float = np.nan
    words: str = ""
    numbers: tuple[str, str] = ("", "")
    kind: Literal["estimate", "heading", "reference"] = "estimate"
    indented: bool = False

    @property
    def term(self) -> TermRow:
        """Its label and kind."""
        return TermRow(self.label, self.kind, self.indented)


def plot_forest(
    rows: Sequence[ForestRow],
    ax: Axes | None = None,
    *,
    level: float | None = None,
    interval: str = "interval",
    title: str = "",
    note: str = "",
) -> Axes:
    """Draw odds ratios with intervals, the first at the top."""
    if not rows:
        raise DataError("There is no row to draw; a forest plot needs one.")
    require_text("title", title)
    ax = new_axes(ax, forest_size(rows))
    middle, end = row_bounds([row.term for row in rows])
    estimate, low, high = (np.array([row[k] for row in rows], dtype=np.float64) for k in (1, 2, 3))
    drawn = np.array([row.kind == "estimate" for row in rows])
    shown = drawn & np.isfinite(estimate) & (estimate > 0.0)
    left, right = ratio_limits(estimate[shown], low[shown], high[shown])
    ax.axvline(1.0, color=MUTED, linewidth=1.0, zorder=1)
    _draw_intervals(ax, middle, (low, high), (left, right), shown & np.isfinite(low) & np.isfinite(high))
    ax.plot(estimate[shown], middle[shown], "s", color=PRIMARY, markersize=5.0, zorder=3)
    references = np.flatnonzero([row.kind == "reference" for row in rows])
    if references.size:
        ax.plot(np.ones(references.size), middle[references], "s", color=MUTED, fillstyle="none", markersize=4.5)
    _write_words(ax, middle, rows, np.flatnonzero(drawn & ~shown))
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    set_log_ticks(ax)
    ax.set_ylim(end + 0.1, -0.6)
    shown_level = "" if level is None else f" with {level_text(level)} {interval}"
    dress(ax, x=f"Odds ratio{shown_level} (log scale)", title=title)
    name_rows(ax, [row.term for row in rows], middle)
    _write_numbers(ax, rows, middle, "" if level is None else f"{level_text(level)} {interval}")
    if title:
        ax.set_title(title, loc="left", fontsize=ax.title.get_fontsize(), color=INK, pad=6.0 + 1.6 * TICK_SIZE)
    add_note(ax, note)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=FAINT, linewidth=0.6, alpha=0.7)
    ax.set_axisbelow(True)
    return ax


def forest_size(rows: Sequence[ForestRow]) -> tuple[float, float]:
    """Return the size of a figure in which the rows are readable."""
    beside = names_width([row.term for row in rows]) + sum(_column_widths(rows, "95% interval")) + 2 * SPACE
    _, end = row_bounds([row.term for row in rows])
    return min(WIDTH + 0.4 + beside / 72.0, WIDTH_MOST), 1.15 + ROW * (end + 0.7)


def _draw_intervals(
    ax: Axes, middle: FloatArray, ends: tuple[FloatArray, FloatArray], frame: tuple[float, float], known: BoolArray
) -> None:
    """Draw intervals, with an arrow where one leaves the frame."""
    (low, high), (left, right) = ends, frame
    start, stop = (np.clip(values[known], left, right) for values in ends)
    ax.hlines(middle[known], start, stop, color=PRIMARY, linewidth=1.6, zorder=2)
    with np.errstate(invalid="ignore"):
        beyond = ((known & (low < left), left, "<"), (known & (high > right), right, ">"))
    for cut, end, marker in beyond:
        if cut.any():
            places = np.full(int(cut.sum()), end)
            ax.plot(places, middle[cut], marker, color=PRIMARY, markersize=5.0, clip_on=False, zorder=3)


def _write_words(ax: Axes, middle: FloatArray, rows: Sequence[ForestRow], places: IntArray) -> None:
    """Name ratios that have no place on the axis."""
    for row in places:
        text, x, side = ratio_in_words(rows[row].estimate)
        ax.text(
            x,
            middle[row],
            rows[row].words or text,
            transform=ax.get_yaxis_transform(),
            ha=side,
            va="center",
            fontsize=TICK_SIZE,
            color=MUTED,
            style="italic",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )


def _column_widths(rows: Sequence[ForestRow], head: str) -> tuple[float, float]:
    """Return the widths of the columns of numbers beside the axes, in points; 0 where there is none."""
    widths = []
    for column, name in ((0, "Odds ratio"), (1, head)):
        texts = [row.numbers[column] for row in rows if row.numbers[column]]
        widths.append(max([text_width(text) for text in (*texts, name)]) + SPACE if texts else 0.0)
    return widths[0], widths[1]


def _write_numbers(ax: Axes, rows: Sequence[ForestRow], middle: FloatArray, head: str) -> None:
    """Write the estimates and their intervals to the right of the axes, under their heads."""
    first, second = _column_widths(rows, head)
    if first == 0.0:
        return

    def write(text: str, y: float, right: float, *, over: bool = False) -> None:
        if text:
            ax.annotate(
                text,
                (1.0, 1.0 if over else y),
                xycoords="axes fraction" if over else ax.get_yaxis_transform(),
                xytext=(right, 4.0 if over else 0.0),
                textcoords="offset points",
                ha="right",
                va="bottom" if over else "center",
                fontsize=TICK_SIZE,
                color=MUTED if over else INK,
                annotation_clip=False,
            )

    write("Odds ratio", 0.0, first, over=True)
    write(head if second else "", 0.0, first + second, over=True)
    for row, y in zip(rows, middle, strict=True):
        write("1" if row.kind == "reference" else row.numbers[0], y, first)
        write(row.numbers[1], y, first + second)
