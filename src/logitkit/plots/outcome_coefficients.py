"""Coefficients, or relative risk ratios, of several outcomes: a row a term, in it a mark an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from logitkit.errors import DataError
from logitkit.plots.labels import add_note, plain, wrapped
from logitkit.plots.legends import legend_beside
from logitkit.plots.log_axis import ratio_in_words, ratio_limits, set_log_ticks
from logitkit.plots.style import FAINT, MUTED, TICK_SIZE, Look, dress, level_text, looks, new_axes
from logitkit.plots.term_rows import TermRow, name_rows, names_width, row_bounds
from logitkit.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Drawn", "outcome_forest_size", "plot_outcome_coefficients"]

SPREAD = 0.54  # of the height of a row, over which its outcomes are spread
WIDTH = 5.2  # inches of the axes and the legend
ROW = 0.27  # inches of a label
HEIGHT = 0.17  # inches an outcome
ROOM = 3.0  # times the largest estimate, or half the length of a usual interval: what ends farther out is cut


class Drawn(NamedTuple):
    """Coefficients or ratios that are drawn: a row a term, in it a mark an outcome.

    Parameters
    ----------
    terms : tuple of TermRow
        p rows.
    outcomes : tuple of str
        m marks in each row.
    estimate, low, high : (p, m) array
        What is infinite or missing is named in words; what an outcome does not have (missing, with ``low`` minus
        infinity) is left out.
    against : str
        What the outcomes are compared with; empty where a coefficient is its outcome's own.
    level : float or None
        Of the intervals; None where there are none.
    ratios : bool
        Whether these are ratios, drawn on a logarithmic axis.
    interval : str
        What an interval is called.
    places : tuple of int
        Of the m outcomes among all of the fit, by which they have their colours; 0, 1 and so on when empty.
    n_outcomes : int
        Of the fit.
    note : str
        What is left out.
    """

    terms: tuple[TermRow, ...]
    outcomes: tuple[str, ...]
    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    against: str
    level: float | None
    ratios: bool = False
    interval: str = "interval"
    places: tuple[int, ...] = ()
    n_outcomes: int = 0
    note: str = ""

    @property
    def looks(self) -> tuple[Look, ...]:
        """How the outcomes are drawn."""
        places = self.places or tuple(range(len(self.outcomes)))
        every = looks(max(self.n_outcomes, max(places) + 1))
        return tuple(every[place] for place in places)

    @property
    def shown(self) -> BoolArray:
        """Which have a place on the axis, shape (p, m)."""
        return np.asarray(np.isfinite(self.estimate) & ((self.estimate > 0.0) | (not self.ratios)))

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the axis."""
        limits = ratio_limits if self.ratios else _limits
        return limits(self.estimate[self.shown], self.low[self.shown], self.high[self.shown])


def plot_outcome_coefficients(drawn: Drawn, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw a row a term, the first at the top, with the outcomes of a row in their order downwards."""
    shape = (len(drawn.terms), len(drawn.outcomes))
    shapes = tuple(np.shape(values) for values in (drawn.estimate, drawn.low, drawn.high))
    if set(shapes) != {shape} or 0 in shape:
        raise DataError(
            f"estimate, low and high have the shapes {shapes} for {shape[0]} terms and {shape[1]} outcomes."
        )
    ax = new_axes(ax, outcome_forest_size(drawn.terms, shape[1]))
    left, right = drawn.ends
    middle, end = row_bounds(drawn.terms, ROW / _row_height(len(drawn.outcomes)))
    edges = [-0.5, *(0.5 * (middle[1:] + middle[:-1])), end]
    ax.axvline(1.0 if drawn.ratios else 0.0, color=MUTED, linewidth=1.0, zorder=1)
    for row in range(1, shape[0], 2):
        ax.axhspan(edges[row], edges[row + 1], color=FAINT, alpha=0.25, linewidth=0.0, zorder=0)
    handles = [_draw(ax, drawn, place, look) for place, look in enumerate(drawn.looks)]
    if drawn.ratios:
        ax.set_xscale("log")
        set_log_ticks(ax)
    ax.set_xlim(left, right)
    ax.set_ylim(end, -0.5)
    dress(ax, x=_axis_words(drawn), title=title)
    name_rows(ax, drawn.terms, middle)
    legend_beside(ax, handles, drawn.outcomes)
    add_note(ax, drawn.note)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=FAINT, linewidth=0.6, alpha=0.7)
    ax.set_axisbelow(True)
    return ax


def outcome_forest_size(terms: Sequence[TermRow], n_outcomes: int) -> tuple[float, float]:
    """Return the size of a figure in which the rows are readable."""
    row = _row_height(n_outcomes)
    _, end = row_bounds(terms, ROW / row)
    return WIDTH + names_width(terms) / 72.0, max(2.4, 1.1 + (end + 0.5) * row)


def _row_height(n_outcomes: int) -> float:
    return max(ROW, HEIGHT * n_outcomes)


def _axis_words(drawn: Drawn) -> str:
    what, scale = ("Relative risk ratio", " (log scale)") if drawn.ratios else ("Coefficient", "")
    against = f" against {plain(wrapped(drawn.against))}" if drawn.against else ""
    intervals = "" if drawn.level is None else f", {level_text(drawn.level)} {drawn.interval}s"
    return f"{what}{against}{intervals}{scale}"


def _draw(ax: Axes, drawn: Drawn, place: int, look: Look) -> Any:
    """Draw the marks of one outcome; return what a legend shows."""
    m, (left, right) = len(drawn.outcomes), drawn.ends
    middle, _ = row_bounds(drawn.terms, ROW / _row_height(len(drawn.outcomes)))
    at = middle + (0.0 if m == 1 else SPREAD * (place / (m - 1) - 0.5))
    estimate, low, high = (values[:, place] for values in (drawn.estimate, drawn.low, drawn.high))
    shown = drawn.shown[:, place]
    known = shown & np.isfinite(low) & np.isfinite(high)
    start, stop = (np.clip(values[known], left, right) for values in (low, high))
    ax.hlines(at[known], start, stop, color=look.color, linewidth=1.4, zorder=2)
    for beyond, end, marker in ((low < left, left, "<"), (high > right, right, ">")):
        cut = known & beyond
        if not cut.any():
            continue  # an empty line would still claim room at the origin of the figure
        ax.plot(np.full(int(cut.sum()), end), at[cut], marker, color=look.color, markersize=4.5, clip_on=False)
    for row in np.flatnonzero(~shown & ~np.isneginf(low)):
        value = float(estimate[row])
        text, x, side = ratio_in_words(value if drawn.ratios else np.exp(value))
        ax.text(
            x,
            at[row],
            text if drawn.ratios else text.replace("zero", "minus infinite"),
            transform=ax.get_yaxis_transform(),
            ha=side,
            va="center",
            fontsize=TICK_SIZE,
            color=look.color,
            style="italic",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8},
        )
    (points,) = ax.plot(estimate[shown], at[shown], look.mark, color=look.color, markersize=4.5, zorder=3)
    return points


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
