"""Score to odds: the observed log-odds of bands of points, the line through all rows, and the line promised."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from logitkit.plots.labels import add_note
from logitkit.plots.legends import wrap_legend
from logitkit.plots.style import INK, SERIES, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from logitkit.scorecard.validation.bands import Bands

__all__ = ["plot_odds_line"]

PROMISED = "promised"


def plot_odds_line(found: Bands, ax: Axes | None = None, label: str | None = None) -> Axes:
    """Draw the log odds of good against points with limits, and both lines, in addition to what given Axes contain.

    Parameters
    ----------
    found : Bands
        Score bands.
    ax : Axes, optional
        Axes to draw on, such as those of another sample for comparison.
    label : str, optional
        Name of the sample.

    Returns
    -------
    Axes
        The plot. A band without bads or without goods has no log odds and is shown only by a limit.
    """
    ax = new_axes(ax)
    line, points = found.line, found.mean_points
    drawn = [one for one in ax.lines if one.get_gid() == "observed"]
    color = SERIES[len(drawn) % len(SERIES)]
    ends = np.array([np.nanmin(points), np.nanmax(points)])
    promised = (
        math.log(line.base_odds) + (ends - line.base_points_promised) * math.log(2.0) / line.points_to_double_promised
    )
    if not any(one.get_label() == PROMISED for one in ax.lines):
        ax.plot(ends, promised, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), label=PROMISED, zorder=4)
    words = "observed" if label is None else label
    observed = line.intercept + line.slope * promised
    ax.plot(ends, observed, color=color, linewidth=1.6, label=words, gid="observed", zorder=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle, high, low = (np.log((1.0 - p) / p) for p in (found.rate, found.rate_low, found.rate_high))
    both = np.isfinite(middle) & np.isfinite(high) & np.isfinite(low)
    reach = np.stack([middle[both] - low[both], high[both] - middle[both]])
    ax.errorbar(points[both], middle[both], yerr=reach, fmt="o", color=color, elinewidth=1.0, markersize=4.5, zorder=3)
    without_bads = np.isposinf(middle) & np.isfinite(low)
    ax.plot(points[without_bads], low[without_bads], "^", color=color, markersize=5.0, zorder=3)
    without_goods = np.isneginf(middle) & np.isfinite(high)
    ax.plot(points[without_goods], high[without_goods], "v", color=color, markersize=5.0, zorder=3)
    ax.legend(loc="upper left", frameon=False, fontsize=9.0)
    wrap_legend(ax)
    dress(ax, x="Points", y="Log-odds of good", title="Score to odds")
    level = level_text(found.level)
    add_note(ax, f"Dots: bands with {level} Wilson limits. Triangles: the limit, without bads or goods.")
    return ax
