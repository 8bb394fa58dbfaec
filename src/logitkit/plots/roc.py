"""The ROC curve."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from logitkit.diagnostics.discrimination import Discrimination
from logitkit.plots.style import (
    AREA,
    GUIDE,
    INK,
    LABEL_SIZE,
    PRIMARY,
    add_legend,
    dress,
    level_text,
    new_axes,
    next_color,
)
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_roc"]

DRAWN_MOST = 1_000  # points: closer ones than this many along the curve no screen and no printer can separate


def plot_roc(
    result: Discrimination,
    ax: Axes | None = None,
    *,
    title: str = "",
    label: str | None = None,
    color: str | None = None,
) -> Axes:
    """Draw the ROC curve with its area.

    Parameters
    ----------
    result : Discrimination
        What ``logitkit.diagnostics.discrimination.discrimination`` returns.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    title : str, optional
        Set above.
    label : str, optional
        Names the curve in a legend, with its area, so that several curves can share the Axes; the area is then
        neither filled nor written beside the curve.
    color : str, optional
        Of the curve; by default blue, and for further curves with a label the next of a palette.

    Returns
    -------
    matplotlib.axes.Axes
        Square, both axes from 0 to 1.

    Notes
    -----
    Of more than a thousand points those are drawn that lie evenly along the curve, the first and the last among
    them. What is drawn strays from the curve by less than two thousandths of an axis; the area is that of all points.
    """
    ax = new_axes(ax)
    if not any(line.get_label() == "chance" for line in ax.lines):
        ax.plot([0.0, 1.0], [0.0, 1.0], color=GUIDE, linewidth=1.0, label="chance", zorder=1)
    fpr, tpr = _thin(result.fpr, result.tpr)
    if color is None:
        color = PRIMARY if label is None else next_color(ax)
    (curve,) = ax.plot(fpr, tpr, color=color, linewidth=1.8, label=label or "ROC curve", zorder=3, clip_on=False)
    if label is None:
        ax.fill_between(fpr, tpr, color=AREA, linewidth=0.0, zorder=0)
        text = f"AUC {result.auc:.3f}"
        if not math.isnan(result.low):
            text += f"\n{level_text(result.level)} interval {result.low:.3f} to {result.high:.3f}"
        ax.text(0.97, 0.05, text, ha="right", va="bottom", fontsize=LABEL_SIZE, color=INK, linespacing=1.4)
    else:
        add_legend(ax, curve, f"{label} (AUC {result.auc:.3f})", "lower right")
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.0)
    ax.set_aspect("equal")
    dress(ax, x="False positive rate (1 − specificity)", y="True positive rate (sensitivity)", title=title)
    return ax


def _thin(fpr: FloatArray, tpr: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return at most a thousand points of the curve, evenly along it."""
    if fpr.size <= DRAWN_MOST:
        return fpr, tpr
    along = fpr + tpr  # rises from 0 to 2, and no step is longer than the curve
    places = np.searchsorted(along, np.linspace(along[0], along[-1], DRAWN_MOST - 1))
    kept = np.unique(np.append(np.minimum(places, fpr.size - 1), fpr.size - 1))
    kept[0] = 0
    return fpr[kept], tpr[kept]
