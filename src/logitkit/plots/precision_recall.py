"""Precision against recall, for one fit or several that share axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from logitkit.diagnostics.discrimination.precision_recall import PrecisionRecall
from logitkit.plots.labels import TOGETHER
from logitkit.plots.legends import ALONE, add_legend, share_axes
from logitkit.plots.style import GUIDE, INK, LABEL_SIZE, curve_color, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_precision_recall"]

CURVE = "precision-recall"  # marks the curves among the lines of an Axes


def plot_precision_recall(
    result: PrecisionRecall, ax: Axes | None = None, *, label: str | None = None, title: str = ""
) -> Axes:
    """Draw precision against recall as a step curve, with the event rate as the line of uninformative scores."""
    ax = new_axes(ax, (5.0, 4.6))
    curves = [found for found in ax.lines if found.get_gid() == CURVE]
    shared, _ = share_axes(ax, curves)
    if shared and label is None:
        label = f"curve {len(curves) + 1}"
    rates = [float(np.asarray(found.get_ydata())[0]) for found in ax.lines if found.get_gid() == "rate"]
    if not any(abs(rate - result.rate) < 1e-12 for rate in rates):
        ax.axhline(result.rate, color=GUIDE, linewidth=1.0, zorder=1, gid="rate")
    color = curve_color(ax, None, label)
    (drawn,) = ax.step(
        [0.0, *result.recall],
        [result.precision[0], *result.precision],
        where="pre",
        color=color,
        linewidth=1.8,
        zorder=3,
        label=label or "precision",
        gid=CURVE,
    )
    words = f"average{TOGETHER}precision{TOGETHER}{result.average_precision:.3f}"
    if label is None:
        if not math.isnan(result.low):
            words += f"\n{level_text(result.level)} interval {result.low:.3f} to {result.high:.3f}"
        words += f"\nrate of events {result.rate:.3f}" + "\n(on the rows of the fit)" * result.in_sample
        ax.text(0.97, 0.97, words, ha="right", va="top", fontsize=LABEL_SIZE, color=INK, linespacing=1.4, gid=ALONE)
    else:
        add_legend(ax, drawn, f"{label} ({result.average_precision:.3f})", "lower right")
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.02)
    dress(ax, x="Recall (sensitivity)", y="Precision (positive predictive value)", title=title)
    return ax
