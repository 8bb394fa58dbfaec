"""A binned variable: event rates of its bins with intervals above the proportions of rows that they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.plots.labels import add_note, plain, wrapped
from logitkit.plots.style import FAINT, INK, MUTED, TICK_SIZE, curve_color, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from logitkit.scorecard.bin_table import BinTable

__all__ = ["plot_bin_table"]

STRIP = 0.3  # height of the bars of rows, over that of the rates
LEVEL_MOST = 12  # characters of a line, beyond which labels of several bins would meet
WIDEST, LABEL_LINES = 18, 3  # characters of a line of a label, and lines


def plot_bin_table(table: BinTable, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the event rate of every nonempty bin with its interval, above the proportions of rows.

    Parameters
    ----------
    table : BinTable
        The bins.
    ax : Axes, optional
        Axes to draw on.
    title : str
        Title of the plot.

    Returns
    -------
    Axes
        The plot; special and missing values are separated from ordinary values.
    """
    used = np.flatnonzero(table.rows > 0)
    apart = table.n_values - 0.5
    at = np.arange(used.size) + np.where(used >= table.n_values, 0.5, 0.0)
    ax = new_axes(ax, (max(5.2, 0.85 * used.size + 1.2), 4.2))
    share, high = table.rows[used] / table.rows.sum(), np.nanmax(table.rate_high[used])
    scale = STRIP * high / share.max()
    ax.bar(at, share * scale, bottom=-STRIP * 1.15 * high, width=0.7, color=FAINT, zorder=1)
    for x, s in zip(at, share, strict=True):
        text = f"{100 * s:.0f}%"
        ax.text(x, s * scale - STRIP * 1.15 * high, text, ha="center", va="bottom", color=MUTED, fontsize=TICK_SIZE)
    rate, low = table.rate[used], table.rate_low[used]
    ordinary = used < table.n_values
    color = curve_color(ax, None, None)
    ax.plot(at[ordinary], rate[ordinary], color=color, linewidth=1.3, zorder=2)
    ax.errorbar(
        at,
        rate,
        yerr=np.maximum(np.stack([rate - low, table.rate_high[used] - rate]), 0.0),
        fmt="o",
        color=color,
        elinewidth=1.1,
        markersize=4.8,
        zorder=3,
    )
    overall = table.events.sum() / table.rows.sum()
    ax.axhline(overall, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    if (~ordinary).any():
        ax.axvline(apart + 0.25, color=FAINT, linewidth=0.8, zorder=0)
    labels = [_in_lines(table.labels[m]) for m in used]
    ax.set_xticks(at, labels)
    widest = max(len(line) for label in labels for line in label.split("\n"))
    if used.size > 5 or (used.size > 3 and widest > LEVEL_MOST):
        ax.tick_params(axis="x", rotation=35)
        for label in ax.get_xticklabels():
            label.set_horizontalalignment("right")
    ax.set_ylim(-STRIP * 1.2 * high, high * 1.04)
    ticks = [tick for tick in ax.get_yticks() if 0 <= tick <= high * 1.04]
    ax.set_yticks(ticks, [f"{100 * tick:.{1 if high < 0.1 else 0}f}%" for tick in ticks])
    ax.spines["left"].set_bounds(0.0, high * 1.04)
    dress(ax, x="", y="Bad rate", title=title)
    ax.title.set_color(INK)
    add_note(ax, f"Points: bad rates with {level_text(table.level)} Wilson intervals. Bars: proportions of rows.")
    return ax


def _in_lines(label: str) -> str:
    """Return the label of a bin on three lines at most."""
    lines = wrapped(label, WIDEST).split("\n")
    return plain(
        "\n".join(lines if len(lines) <= LABEL_LINES else [*lines[: LABEL_LINES - 1], f"{lines[LABEL_LINES - 1]} ..."])
    )
