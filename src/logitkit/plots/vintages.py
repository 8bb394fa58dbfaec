"""Vintage curves: cumulative bad rates by months on book, one line per cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.plots.labels import add_note
from logitkit.plots.legends import legend_beside
from logitkit.plots.periods import WIDE, percent_axis
from logitkit.plots.style import dress, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from logitkit.scorecard.monitoring.vintage import VintageCurves

__all__ = ["plot_vintages"]

LEGEND_MOST = 16


def plot_vintages(found: VintageCurves, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw one line per cohort, from light (first) to dark (last), up to the age that all of its rows have reached."""
    from matplotlib import colormaps

    ax = new_axes(ax, WIDE)
    shade = colormaps["viridis_r"]
    n = len(found.cohorts)
    handles = []
    for i, rate in enumerate(found.rate):
        color = shade(0.1 + 0.9 * i / max(n - 1, 1))
        handles += ax.plot(np.arange(rate.size), rate, color=color, linewidth=1.4)
    percent_axis(ax)
    named = range(0, n, -(-n // LEGEND_MOST))
    legend_beside(ax, [handles[i] for i in named], [found.cohorts[i] for i in named])
    dress(ax, x="Months on book", y="Bad so far", title=title or "Bad rate of cohorts so far")
    add_note(ax, f"Events until {found.until}. A line ends where some rows of its cohort have not come further.")
    return ax
