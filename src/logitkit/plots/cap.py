"""Cumulative accuracy profiles: the proportion of bads among the riskiest rows, for one sample or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.plots.labels import add_note
from logitkit.plots.legends import wrap_legend
from logitkit.plots.style import GUIDE, MUTED, SERIES, curve_color, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from logitkit.scorecard.validation.samples import Validation

__all__ = ["plot_cap"]

DRAWN_MOST = 1000  # points of a curve


def plot_cap(found: Validation, ax: Axes | None = None) -> Axes:
    """Draw the cumulative accuracy profile of every sample with its pointwise band, between chance and a perfect card.

    Parameters
    ----------
    found : Validation
        One or several samples; up to five have different colours.
    ax : Axes, optional
        Axes to draw on.

    Returns
    -------
    Axes
        The plot.
    """
    ax = new_axes(ax, (5.0, 4.6))
    ax.plot([0.0, 1.0], [0.0, 1.0], color=GUIDE, linewidth=1.0, zorder=1)
    first = found.samples[0].cap.rate
    ax.plot([0.0, first, 1.0], [0.0, 1.0, 1.0], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    several = len(found.samples) > 1
    for j, sample in enumerate(found.samples):
        color = SERIES[j % len(SERIES)] if several else curve_color(ax, None, None)
        cap = sample.cap
        kept = np.unique(np.linspace(0, cap.rows.size - 1, min(cap.rows.size, DRAWN_MOST)).astype(int))
        label = f"{sample.name}: Gini {sample.gini:.3f}" if several else f"Gini {sample.gini:.3f}"
        ax.fill_between(cap.grid, cap.low, cap.high, color=color, alpha=0.18, linewidth=0.0, zorder=2)
        ax.plot(cap.rows[kept], cap.bad[kept], color=color, linewidth=1.8, label=label, zorder=3, clip_on=False)
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.0)
    ax.set_aspect("equal")
    ax.legend(loc="lower right", frameon=False, fontsize=9.0)
    wrap_legend(ax)
    dress(ax, x="Proportion of rows, the riskiest first", y="Proportion of bads", title="Accuracy profile (CAP)")
    of = f" of {found.samples[0].name}" if several else ""
    add_note(ax, f"Bands: pointwise {level_text(found.level)} bootstrap intervals. Dashed: a card without errors{of}.")
    return ax
