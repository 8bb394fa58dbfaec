"""Forest plot: odds ratios with their intervals on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.errors import DataError
from logitkit.plots.style import FAINT, MUTED, PRIMARY, TICK_SIZE, dress, level_text, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["forest_size", "plot_forest", "ratio_in_words", "ratio_limits", "set_ratio_ticks", "shortened"]

SHORT_AXIS = 5.0  # right end over left end
TICKS_MOST = 9
LABEL_MOST = 44


def plot_forest(
    labels: Sequence[str],
    estimate: FloatArray,
    low: FloatArray,
    high: FloatArray,
    ax: Axes | None = None,
    *,
    level: float | None = None,
    interval: str = "interval",
    title: str = "",
) -> Axes:
    """Draw odds ratios with intervals, the first at the top.

    Parameters
    ----------
    labels : sequence of str
        One name a row, m of them.
    estimate, low, high : (m,) array
        Odds ratios and the ends of their intervals. An infinite or zero ratio, or a missing one, keeps its
        row and is named in words there.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure, as high as its rows need, by default.
    level : float, optional
        Confidence level, for the label of the axis; None where there are no intervals.
    interval : str, default "interval"
        What the intervals are called there.
    title : str, optional
        Set above.

    Returns
    -------
    matplotlib.axes.Axes
        With odds ratios to the right on a logarithmic axis, and row i at height i, downwards.

    Raises
    ------
    DataError
        If sizes disagree or there is no row.
    """
    estimate, low, high = (np.asarray(values, dtype=np.float64) for values in (estimate, low, high))
    sizes = (len(labels), estimate.size, low.size, high.size)
    if len(set(sizes)) != 1 or sizes[0] == 0:
        raise DataError(f"labels, estimate, low and high have sizes {sizes}; they must agree and not be 0.")
    m = sizes[0]
    ax = new_axes(ax, forest_size(labels))
    shown = np.isfinite(estimate) & (estimate > 0.0)
    left, right = ratio_limits(estimate[shown], low[shown], high[shown])
    rows = np.arange(m)
    ax.axvline(1.0, color=MUTED, linewidth=1.0, zorder=1)
    ends_left, ends_right = np.nan_to_num(low, nan=1.0), np.nan_to_num(high, nan=1.0)
    known = shown & np.isfinite(low) & np.isfinite(high)
    ax.hlines(
        rows[known],
        np.clip(ends_left[known], left, right),
        np.clip(ends_right[known], left, right),
        color=PRIMARY,
        linewidth=1.6,
        zorder=2,
    )
    ax.plot(estimate[shown], rows[shown], "s", color=PRIMARY, markersize=5.0, zorder=3)
    for beyond, end, marker in ((low < left, left, "<"), (high > right, right, ">")):
        cut = known & beyond
        if cut.any():
            ends = np.full(int(cut.sum()), end)
            ax.plot(ends, rows[cut], marker, color=PRIMARY, markersize=5.0, clip_on=False, zorder=3)
    for row in rows[~shown]:
        text, x, side = ratio_in_words(float(estimate[row]))
        ax.text(
            x,
            row,
            text,
            transform=ax.get_yaxis_transform(),
            ha=side,
            va="center",
            fontsize=TICK_SIZE,
            color=MUTED,
            style="italic",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    set_ratio_ticks(ax, left, right)
    ax.set_ylim(m - 0.4, -0.6)
    ax.set_yticks(rows, [shortened(str(label)) for label in labels])
    shown_level = "" if level is None else f" with {level_text(level)} {interval}"
    dress(ax, x=f"Odds ratio{shown_level} (log scale)", title=title)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=FAINT, linewidth=0.6, alpha=0.7)
    ax.set_axisbelow(True)
    return ax


def forest_size(labels: Sequence[str]) -> tuple[float, float]:
    """Return the size of a figure in which the labels are readable.

    Parameters
    ----------
    labels : sequence of str
        One a row, at least one.

    Returns
    -------
    width, height : float
        In inches.
    """
    return 5.0 + 0.055 * max(0, max(map(len, labels)) - 16), max(2.2, 1.1 + 0.3 * len(labels))


def ratio_limits(estimate: FloatArray, low: FloatArray, high: FloatArray) -> tuple[float, float]:
    """Return the ends of the axis: room for all intervals, but for ends a hundredfold beyond.

    Parameters
    ----------
    estimate, low, high : (m,) array
        Finite positive ratios and the ends of their intervals.

    Returns
    -------
    left, right : float
        With 1 between them.
    """
    if estimate.size == 0:
        return 0.2, 5.0
    least, most = min(float(estimate.min()), 1.0), max(float(estimate.max()), 1.0)
    with np.errstate(invalid="ignore"):
        least = min(least, float(np.where(low > least / 100.0, low, least).min()))
        most = max(most, float(np.where(high < most * 100.0, high, most).max()))
    room = max(0.06 * math.log(most / least), math.log(1.15))
    return least * math.exp(-room), most * math.exp(room)


def set_ratio_ticks(ax: Axes, left: float, right: float) -> None:
    """Put plain numbers on the axis, 1 among them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        With a logarithmic axis.
    left, right : float
        Its ends.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.xaxis.set_major_locator(FixedLocator(_ticks(left, right)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())


def _ticks(left: float, right: float) -> list[float]:
    """Return at most nine ticks: of equal steps on a short axis, else 1, 2, 5 or 1, 3 or 1 of every tenfold."""
    if right < SHORT_AXIS * left:
        for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
            first, last = math.ceil(left / step), math.floor(right / step)
            if last - first < TICKS_MOST:
                return [round(i * step, 2) for i in range(first, last + 1)]
    tens = range(math.floor(math.log10(left)), math.ceil(math.log10(right)) + 1)
    for steps in ((1.0, 2.0, 5.0), (1.0, 3.0)):
        ticks = [step * 10.0**ten for ten in tens for step in steps if left <= step * 10.0**ten <= right]
        if len(ticks) <= TICKS_MOST:
            return ticks
    inside = [ten for ten in tens if left <= 10.0**ten <= right]
    stride = -(-len(inside) // TICKS_MOST)
    return [10.0**ten for ten in inside if ten % stride == 0]


def ratio_in_words(estimate: float) -> tuple[str, float, str]:
    """Return what is written in place of a ratio, where (as a share of the width), and its alignment.

    Parameters
    ----------
    estimate : float
        Infinite, zero or missing.

    Returns
    -------
    text : str
        In words.
    x : float
        Share of the width.
    side : str
        Its alignment there.
    """
    if math.isnan(estimate):
        return "no estimate", 0.5, "center"
    if estimate > 1.0:
        return "infinite (separated) →", 0.99, "right"
    return "← zero (separated)", 0.01, "left"


def shortened(label: str) -> str:
    """Return a label that leaves room for the figure: the end matters most, since it holds the level.

    Parameters
    ----------
    label : str
        Of a row.

    Returns
    -------
    str
        At most 44 characters.
    """
    if len(label) <= LABEL_MOST:
        return label
    return f"{label[: LABEL_MOST // 3]}…{label[-(LABEL_MOST - LABEL_MOST // 3 - 1) :]}"
