"""The CORP reliability diagram: isotonic rates against predictions, with a band and the predictions' histogram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from logitkit.diagnostics.calibration.corp import Reliability
from logitkit.plots.calibration import STRIP, draw_histogram
from logitkit.plots.style import GUIDE, INK, MUTED, TICK_SIZE, curve_color, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_reliabilities", "plot_reliability"]

COLUMNS = 3  # of panels


def plot_reliability(result: Reliability, ax: Axes | None = None, *, title: str = "", color: str | None = None) -> Axes:
    """Draw isotonic rates against predictions, constant within blocks and linear between them."""
    ax = new_axes(ax, (5.0, 4.6))
    color = curve_color(ax, color, None)
    top = _top(float(max(result.last[-1], result.observed[-1] if result.n[-1] > 1 else 0.0)))
    ax.plot([0.0, top], [0.0, top], color=GUIDE, linewidth=1.0, zorder=1, label="perfect calibration")
    if not np.isnan(result.low).all():
        words = "if predictions are right" if result.band == "consistency" else "of the rates"
        low, high = (np.minimum(each, top) for each in (result.low, result.high))
        label = f"{level_text(result.level)} band {words}"
        ax.fill_between(result.predicted, low, high, color=MUTED, alpha=0.25, linewidth=0.0, zorder=0, label=label)
    x = np.stack([result.first, result.last], axis=1).ravel()
    y = np.repeat(np.minimum(result.observed, top), 2)
    ax.plot(x, y, color=color, linewidth=1.8, zorder=3, label="isotonic rate")
    ax.set_xlim(0.0, top)
    ax.set_ylim(0.0, top)
    dress(ax, x=f"Predicted probability of {result.outcome}", y="Observed rate", title=title)
    draw_histogram(result.histogram_edges, result.histogram, ax, top)
    ax.spines["left"].set_bounds(0.0, top)
    ax.text(
        0.03, 0.97, _facts(result), transform=ax.transAxes, va="top", fontsize=TICK_SIZE, color=INK, linespacing=1.4
    )
    ax.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, STRIP / (1.0 + STRIP)),
        fontsize=TICK_SIZE,
        frameon=True,
        framealpha=0.8,
        edgecolor="none",
    )
    return ax


def plot_reliabilities(
    names: Sequence[str], diagrams: Sequence[Reliability], axes: Sequence[Any] | None = None
) -> Figure:
    """Draw several diagrams side by side, at most three in a row."""
    if axes is None:
        columns = min(len(diagrams), COLUMNS)
        rows = -(-len(diagrams) // columns)
        first = new_axes(None, (4.6 * columns, 4.4 * rows))
        blank: Any = first.get_figure()
        first.remove()
        axes = blank.subplots(rows, columns, squeeze=False).ravel()
    for ax, name, each in zip(axes, names, diagrams, strict=False):
        plot_reliability(each, ax, title=name)
    for ax in list(axes)[len(diagrams) :]:
        ax.set_visible(False)
    figure: Figure = axes[0].get_figure()
    return figure


def _top(value: float) -> float:
    """Return the end of both axes, a tenth or a hundredth that is above all rates."""
    step = 0.1 if value > 0.1 else 0.01
    return min(1.0, step * np.ceil(1.0001 * value / step)) if value > 0.0 else 1.0


def _facts(result: Reliability) -> str:
    """Return the parts of the Brier score."""
    parts = result.brier
    lines = [
        f"Miscalibration {parts.miscalibration:.4f}",
        f"Discrimination {parts.discrimination:.4f}",
        f"Uncertainty {parts.uncertainty:.4f}",
    ]
    return "\n".join([*lines, *(["(on the rows of the fit)"] if result.in_sample else [])])
