"""Distribution of predicted probabilities by outcome, with a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.plots.labels import add_note
from logitkit.plots.legends import wrap_legend
from logitkit.plots.style import ACCENT, INK, LABEL_SIZE, PRIMARY, dress, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_predicted_by_outcome"]


def plot_predicted_by_outcome(
    edges: FloatArray,
    counts: FloatArray,
    ax: Axes | None = None,
    *,
    names: tuple[str, str],
    threshold: float | None = None,
    reached: tuple[float, float] = (0.0, 0.0),
    title: str = "",
) -> Axes:
    """Draw the distribution of predicted probabilities, upwards for events and downwards for non-events.

    ``counts`` are the weights of events and of non-events between the ``edges``, each drawn as a proportion of its
    total; ``reached`` are the proportions at or above the threshold.
    """
    ax = new_axes(ax)
    shares = counts / counts.sum(axis=1, keepdims=True)
    width, left = np.diff(edges), edges[:-1]
    for share, sign, color, name in zip(shares, (1.0, -1.0), (ACCENT, PRIMARY), names, strict=True):
        ax.bar(left, sign * share, width, align="edge", color=color, alpha=0.8, linewidth=0.0, label=name, zorder=2)
    ax.axhline(0.0, color=INK, linewidth=0.8, zorder=3)
    top = 1.12 * float(shares.max())
    ax.set_ylim(-top, top)
    ax.set_xlim(float(edges[0]), float(edges[-1]))
    ticks = [each for each in ax.get_yticks() if abs(each) <= top]
    ax.set_yticks(ticks, [f"{100 * abs(each):.3g}%" for each in ticks])
    if threshold is not None:
        ax.axvline(threshold, color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=4)
        add_note(ax, f"Dashed: threshold {threshold:.3f}, which {reached[0]:.1%} and {reached[1]:.1%} of them reach.")
    ax.legend(loc="upper right", frameon=False, fontsize=LABEL_SIZE, labelcolor=INK)
    wrap_legend(ax)
    dress(ax, x="Predicted probability", y="Proportion of each outcome", title=title)
    return ax
