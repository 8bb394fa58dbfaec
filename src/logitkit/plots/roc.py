"""The ROC curve."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from logitkit.diagnostics.discrimination import Discrimination
from logitkit.plots.style import AREA, GUIDE, INK, LABEL_SIZE, PRIMARY, dress, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_roc"]


def plot_roc(result: Discrimination, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the ROC curve with its area.

    Parameters
    ----------
    result : Discrimination
        What ``logitkit.diagnostics.discrimination.discrimination`` returns.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    title : str, optional
        Set above.

    Returns
    -------
    matplotlib.axes.Axes
        Square, both axes from 0 to 1.
    """
    ax = new_axes(ax)
    ax.plot([0.0, 1.0], [0.0, 1.0], color=GUIDE, linewidth=1.0, label="chance", zorder=1)
    ax.fill_between(result.fpr, result.tpr, color=AREA, linewidth=0.0, zorder=0)
    ax.plot(result.fpr, result.tpr, color=PRIMARY, linewidth=1.8, label="ROC curve", zorder=3, clip_on=False)
    text = f"AUC {result.auc:.3f}"
    if not math.isnan(result.low):
        text += f"\n{100.0 * result.level:g}% interval {result.low:.3f} to {result.high:.3f}"
    ax.text(0.97, 0.05, text, ha="right", va="bottom", fontsize=LABEL_SIZE, color=INK, linespacing=1.4)
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.0)
    ax.set_aspect("equal")
    dress(ax, x="False positive rate (1 − specificity)", y="True positive rate (sensitivity)", title=title)
    return ax
