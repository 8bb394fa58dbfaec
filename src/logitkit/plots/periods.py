"""Curves over periods: one line per bin, cohort or measure, with the periods as they are called below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.plots.legends import legend_beside
from logitkit.plots.style import AREA, GUIDE, dress, looks, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["WIDE", "percent_axis", "plot_lines", "set_periods"]

WIDE = (7.6, 3.8)
TICKS_MOST, LETTERS_MOST = 12, 48  # below the axis, of level labels


def plot_lines(
    ax: Axes | None,
    values: FloatArray,
    names: Sequence[str],
    periods: Sequence[str],
    words: tuple[str, str],
    *,
    guides: Sequence[float] = (),
    percent: bool = True,
    band: tuple[FloatArray, FloatArray] | None = None,
) -> Axes:
    """Draw one line per column of values over periods.

    Parameters
    ----------
    ax : Axes or None
        Axes to draw on.
    values : (t, k) array
        Values; nan is not drawn.
    names : sequence of str
        Name of each line; a single line has no legend.
    periods : sequence of str
        Period of each row of values.
    words : (str, str)
        Label of the vertical axis, and title.
    guides : sequence of float
        Values marked by horizontal lines.
    percent : bool
        Whether values are proportions.
    band : pair of (t,) arrays, optional
        Limits of a band.

    Returns
    -------
    Axes
    """
    ax = new_axes(ax, WIDE)
    handles = []
    mark_size = 3.2 if len(periods) <= 30 else 0.0
    for look, column in zip(looks(values.shape[1]), values.T, strict=True):
        handles += ax.plot(
            np.arange(len(periods)),
            column,
            look.line,
            color=look.color,
            marker=look.mark if mark_size else None,
            markersize=mark_size,
            linewidth=1.4,
        )
    if band is not None:
        ax.fill_between(np.arange(len(periods)), *band, color=AREA, zorder=0, linewidth=0)
    for guide in guides:
        ax.axhline(guide, color=GUIDE, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    set_periods(ax, periods)
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]) if percent or guides else None)
    if percent:
        percent_axis(ax)
    if len(names) > 1:
        legend_beside(ax, handles, names)
    dress(ax, y=words[0], title=words[1])
    return ax


def set_periods(ax: Axes, periods: Sequence[str]) -> None:
    """Label the periods below the axis, or some of them if there are many."""
    step = max(1, -(-len(periods) // TICKS_MOST))
    at = list(range(0, len(periods), step))
    ax.set_xticks(at, [periods[i] for i in at])
    if sum(len(periods[i]) for i in at) > LETTERS_MOST:
        ax.tick_params(axis="x", rotation=35)
        for label in ax.get_xticklabels():
            label.set_horizontalalignment("right")


def percent_axis(ax: Axes) -> None:
    """Write the ticks of the vertical axis, which shows proportions, as percentages."""
    low, high = ax.get_ylim()
    low = max(low, 0.0)
    ax.set_ylim(low, high)
    ticks = [tick for tick in ax.get_yticks() if low <= tick <= high]
    decimals = 2 if high < 0.01 else 1 if high < 0.1 else 0
    ax.set_yticks(ticks, [f"{100 * tick:.{decimals}f}%" for tick in ticks])
