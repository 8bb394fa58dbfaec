"""Forest plot: ratios or coefficients with their intervals, one row per term and in it one mark per outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from logitkit.errors import DataError
from logitkit.options import require_text
from logitkit.plots.labels import add_note, plain, text_width, wrapped
from logitkit.plots.legends import legend_below, legend_beside
from logitkit.plots.log_axis import ratio_in_words, ratio_limits, set_log_ticks
from logitkit.plots.style import FAINT, INK, MUTED, PRIMARY, TICK_SIZE, Look, dress, level_text, looks, new_axes
from logitkit.plots.term_rows import TermRow, name_rows, names_width, row_bounds
from logitkit.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Forest", "forest_size", "plot_forest"]

WIDTH, WIDTH_MOST = 3.4, 8.6  # inches of the axes with numbers beside, and of a figure, which a page shows as it is
WIDTH_OF_SEVERAL = 5.2  # inches of the axes and the legend
ROW = 0.27  # inches of a row with one mark, and of a label
HEIGHT = 0.17  # inches of each of several marks
SPREAD = 0.54  # of the height of a row, over which its marks are spread
SPACE = 10.0  # points before each column of numbers
ROOM = 3.0  # times the largest coefficient, or half the length of a usual interval: what ends farther out is cut
ALONE = Look(PRIMARY, "-", "s", "")


class Forest(NamedTuple):
    """Data of a forest plot with p rows of m marks each.

    Parameters
    ----------
    terms : tuple of TermRow
        The p rows, from top to bottom.
    estimate, low, high : (p, m) array
        Ratios or coefficients and the limits of their intervals. Infinite or missing values keep their row and are
        described in words. Entries that are not in the model (missing, with ``low`` minus infinity) are left out, as in
        the rows of headings and references.
    what : str
        Name of the estimates.
    ratios : bool
        Whether the estimates are ratios, drawn on a logarithmic axis.
    level : float or None
        Confidence level of the intervals; None if there are none.
    interval : str
        Name of the intervals.
    outcomes : tuple of str
        The m outcomes, named in a legend; empty if there is one mark per row.
    against : str
        Reference of the outcomes; empty if there is nothing to state.
    places : tuple of int
        Positions of the m outcomes among those of the fit, which determine the colours; 0, 1 and so on if empty.
    n_outcomes : int
        Number of outcomes of the fit.
    numbers : tuple of (str, str)
        Text of the estimate and interval of each row beside the axes; empty for none.
    words : tuple of str
        Text for each row whose estimate cannot be drawn, if the reason is not separation; empty for none.
    note : str
        Note on what is left out.
    beside : tuple of tuple of (str, str)
        Text of the estimate and interval of each row and mark, if there are several marks; empty for none.
    """

    terms: tuple[TermRow, ...]
    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    what: str = "Odds ratio"
    ratios: bool = True
    level: float | None = None
    interval: str = "interval"
    outcomes: tuple[str, ...] = ()
    against: str = ""
    places: tuple[int, ...] = ()
    n_outcomes: int = 0
    numbers: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    note: str = ""
    beside: tuple[tuple[tuple[str, str], ...], ...] = ()

    @property
    def looks(self) -> tuple[Look, ...]:
        """Styles of the marks."""
        if not self.outcomes:
            return (ALONE,)
        places = self.places or tuple(range(len(self.outcomes)))
        every = looks(max(self.n_outcomes, max(places) + 1))
        return tuple(every[place] for place in places)

    @property
    def shown(self) -> BoolArray:
        """Whether each estimate can be drawn on the axis, shape (p, m)."""
        return np.asarray(np.isfinite(self.estimate) & ((self.estimate > 0.0) | (not self.ratios)))

    @property
    def one_sided(self) -> BoolArray:
        """Whether an estimate cannot be drawn but one limit of its interval can, shape (p, m)."""
        known = [np.isfinite(end) & ((end > 0.0) | (not self.ratios)) for end in (self.low, self.high)]
        return np.asarray(~self.shown & ~np.isnan(self.estimate) & (known[0] != known[1]))

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the axis."""
        limits = ratio_limits if self.ratios else _limits
        from_one = self.one_sided
        end = np.where(np.isfinite(self.low) & ((self.low > 0.0) | (not self.ratios)), self.low, self.high)[from_one]
        known = [np.concatenate([values[self.shown], end]) for values in (self.estimate, self.low, self.high)]
        return limits(*known)

    @property
    def row_height(self) -> float:
        """Height of a row in inches."""
        return max(ROW, HEIGHT * len(self.outcomes))

    @property
    def bounds(self) -> tuple[FloatArray, float]:
        """Positions of the rows from top to bottom, and the end of the last one."""
        return row_bounds(self.terms, ROW / self.row_height)


def plot_forest(forest: Forest, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw one row per term from top to bottom, with the outcomes of each row in order."""
    _check(forest)
    require_text("title", title)
    ax = new_axes(ax, forest_size(forest))
    middle, end = forest.bounds
    ax.axvline(1.0 if forest.ratios else 0.0, color=MUTED, linewidth=1.0, zorder=1)
    if forest.outcomes:
        _shade(ax, middle, end)
    handles = [_draw_marks(ax, forest, place, look) for place, look in enumerate(forest.looks)]
    _draw_references(ax, forest, middle)
    for place, look in enumerate(forest.looks):
        _write_words(ax, forest, place, look)
    if forest.ratios:
        ax.set_xscale("log")
        set_log_ticks(ax)
    ax.set_xlim(*forest.ends)
    ax.set_ylim(*((end, -0.5) if forest.outcomes else (end + 0.1, -0.6)))
    dress(ax, x=_axis_words(forest), title=title)
    name_rows(ax, forest.terms, middle)
    if forest.outcomes and forest.beside:
        legend_below(ax, handles, forest.outcomes)
    elif forest.outcomes:
        legend_beside(ax, handles, forest.outcomes)
    _write_numbers(ax, forest)
    if title and (forest.numbers or forest.beside):  # above the heads of the numbers
        ax.set_title(title, loc="left", fontsize=ax.title.get_fontsize(), color=INK, pad=6.0 + 1.6 * TICK_SIZE)
    add_note(ax, forest.note)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=FAINT, linewidth=0.6, alpha=0.7)
    ax.set_axisbelow(True)
    return ax


def forest_size(forest: Forest) -> tuple[float, float]:
    """Return the size of a figure in which the rows are readable."""
    _, end = forest.bounds
    names = names_width(forest.terms)
    if forest.outcomes and not forest.beside:
        return WIDTH_OF_SEVERAL + names / 72.0, max(2.4, 1.1 + (end + 0.5) * forest.row_height)
    if forest.beside:
        beside = names + sum(_column_widths(forest, "95% interval")) + 2 * SPACE
        legend = 0.2 * len(forest.outcomes)
        return WIDTH + 0.4 + beside / 72.0, max(2.4, 1.15 + legend + (end + 0.5) * forest.row_height)
    beside = names + sum(_column_widths(forest, "95% interval")) + 2 * SPACE
    return min(WIDTH + 0.4 + beside / 72.0, WIDTH_MOST), 1.15 + ROW * (end + 0.7)


def _check(forest: Forest) -> None:
    if not forest.terms:
        raise DataError("There is no row to draw; a forest plot needs at least one.")
    shape = (len(forest.terms), max(len(forest.outcomes), 1))
    shapes = tuple(np.shape(values) for values in (forest.estimate, forest.low, forest.high))
    if set(shapes) != {shape}:
        raise DataError(
            f"estimate, low and high have the shapes {shapes} for {shape[0]} terms and {shape[1]} outcomes."
        )


def _axis_words(forest: Forest) -> str:
    against = f" against {plain(wrapped(forest.against))}" if forest.against else ""
    intervals = "" if forest.level is None else f", {level_text(forest.level)} {forest.interval}s"
    return f"{forest.what}{against}{intervals}{' (log scale)' if forest.ratios else ''}"


def _shade(ax: Axes, middle: FloatArray, end: float) -> None:
    """Shade every second row, so that the marks of a row are seen to belong together."""
    edges = [-0.5, *(0.5 * (middle[1:] + middle[:-1])), end]
    for row in range(1, middle.size, 2):
        ax.axhspan(edges[row], edges[row + 1], color=FAINT, alpha=0.25, linewidth=0.0, zorder=0)


def _heights(forest: Forest, place: int) -> FloatArray:
    """Return how high the marks of an outcome stand in their rows."""
    middle, _ = forest.bounds
    m = len(forest.outcomes)
    return middle + (0.0 if m <= 1 else SPREAD * (place / (m - 1) - 0.5))


def _draw_marks(ax: Axes, forest: Forest, place: int, look: Look) -> Any:
    """Draw estimates and intervals, with an arrow where one leaves the frame; return what a legend shows."""
    at, (left, right) = _heights(forest, place), forest.ends
    estimate, low, high = (values[:, place] for values in (forest.estimate, forest.low, forest.high))
    width, size = (1.4, 4.5) if forest.outcomes else (1.6, 5.0)
    shown = forest.shown[:, place]
    known = shown & np.isfinite(low) & np.isfinite(high)
    start, stop = (np.clip(values[known], left, right) for values in (low, high))
    ax.hlines(at[known], start, stop, color=look.color, linewidth=width, zorder=2)
    with np.errstate(invalid="ignore"):
        beyond = ((known & (low < left), left, "<"), (known & (high > right), right, ">"))
    for cut, end, marker in beyond:
        if cut.any():  # an empty line would still claim room at the origin of the figure
            ends = np.full(int(cut.sum()), end)
            ax.plot(ends, at[cut], marker, color=look.color, markersize=size, clip_on=False, zorder=3)
    _draw_one_sided(ax, forest, place, look)
    (points,) = ax.plot(estimate[shown], at[shown], look.mark, color=look.color, markersize=size, zorder=3)
    return points


def _draw_one_sided(ax: Axes, forest: Forest, place: int, look: Look) -> None:
    """Draw intervals of which one end is infinite, or a ratio of zero, with an arrow there."""
    at, (left, right) = _heights(forest, place), forest.ends
    for row in np.flatnonzero(forest.one_sided[:, place]):
        upwards = forest.estimate[row, place] > 1.0 if forest.ratios else forest.estimate[row, place] > 0.0
        end = (forest.low if upwards else forest.high)[row, place]
        ax.hlines(at[row], *((end, right) if upwards else (left, end)), color=look.color, linewidth=1.6, zorder=2)
        ax.plot([end], at[[row]], "|", color=look.color, markersize=6.0, zorder=3)
        ax.plot(
            [right if upwards else left],
            at[[row]],
            ">" if upwards else "<",
            color=look.color,
            markersize=5.0,
            clip_on=False,
            zorder=3,
        )


def _draw_references(ax: Axes, forest: Forest, middle: FloatArray) -> None:
    """Draw the reference level of each factor on the line that says no effect."""
    rows = np.flatnonzero([row.kind == "reference" for row in forest.terms])
    if rows.size:
        none = np.full(rows.size, 1.0 if forest.ratios else 0.0)
        ax.plot(none, middle[rows], "s", color=MUTED, fillstyle="none", markersize=4.5)


def _write_words(ax: Axes, forest: Forest, place: int, look: Look) -> None:
    """Name the estimates that have no place on the axis."""
    at = _heights(forest, place)
    none = ~forest.shown & ~forest.one_sided
    for row in np.flatnonzero(none[:, place] & ~np.isneginf(forest.low[:, place])):
        value = float(forest.estimate[row, place])
        text, x, side = ratio_in_words(value if forest.ratios else float(np.exp(value)))
        own = forest.words[row] if forest.words else ""
        ax.text(
            x,
            at[row],
            own or (text if forest.ratios else text.replace("zero", "minus infinite")),
            transform=ax.get_yaxis_transform(),
            ha=side,
            va="center",
            fontsize=TICK_SIZE,
            color=look.color if forest.outcomes else MUTED,
            style="italic",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8},
        )


def _column_widths(forest: Forest, head: str) -> tuple[float, float]:
    """Return the widths of the columns of numbers beside the axes, in points; 0 where there is none."""
    widths = []
    every = [cells for row in forest.beside for cells in row] or forest.numbers
    for column, name in ((0, forest.what), (1, head)):
        texts = [cells[column] for cells in every if cells[column]]
        widths.append(max([text_width(text) for text in (*texts, name)]) + SPACE if texts else 0.0)
    return widths[0], widths[1]


def _write_numbers(ax: Axes, forest: Forest) -> None:
    """Write the estimates and their intervals to the right of the axes, under their heads."""
    kind = forest.interval if forest.interval.startswith("posterior") else "interval"  # the axis has the method
    head = "" if forest.level is None else f"{level_text(forest.level)} {kind}"
    first, second = _column_widths(forest, head)
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

    write(forest.what, 0.0, first, over=True)
    write(head if second else "", 0.0, first + second, over=True)
    by_mark = [list(column) for column in zip(*forest.beside, strict=True)] or [list(forest.numbers)]
    for place, cells in enumerate(by_mark):
        for (estimate, interval), y in zip(cells, _heights(forest, place), strict=True):
            write(estimate, float(y), first)
            write(interval, float(y), first + second)


def _limits(estimate: FloatArray, low: FloatArray, high: FloatArray) -> tuple[float, float]:
    """Return the ends of the axis: room for all intervals but those far longer than estimates and others."""
    if estimate.size == 0:
        return -1.0, 1.0
    half = 0.5 * (high - low)
    half = np.sort(half[np.isfinite(half)])
    usual = float(half[(half.size - 1) // 2]) if half.size else 0.0
    size = max(float(np.abs(estimate).max()), usual, 1e-12) * ROOM
    least = min(0.0, float(estimate.min()), float(np.where(low > -size, low, estimate).min()))
    most = max(0.0, float(estimate.max()), float(np.where(high < size, high, estimate).max()))
    room = 0.05 * (most - least)
    return least - room, most + room
