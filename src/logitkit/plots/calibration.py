"""Calibration: observed rates against predicted probabilities, with the predictions' histogram below."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from logitkit.diagnostics.calibration import Calibration
from logitkit.plots.style import GUIDE, INK, MUTED, PRIMARY, TICK_SIZE, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_calibration"]


def plot_calibration(result: Calibration, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw observed rates of bins against mean predictions.

    Parameters
    ----------
    result : Calibration
        What ``logitkit.diagnostics.calibration.calibration`` returns.
    ax : matplotlib.axes.Axes, optional
        Where to draw; the histogram takes a strip of it. A new figure by default.
    title : str, optional
        Set above.

    Returns
    -------
    matplotlib.axes.Axes
        That of the bins; the histogram's is its first child Axes.

    Notes
    -----
    Both axes show the same range, just large enough for the bins, so that the diagonal is at 45 degrees of
    the data whatever the event rate. Predictions beyond it are counted in words.
    """
    ax = new_axes(ax, (5.0, 4.6))
    bins = result.bins
    top = _round_up(float(max(bins.high.max(), bins.predicted.max())))
    ax.plot([0.0, top], [0.0, top], color=GUIDE, linewidth=1.0, zorder=1, label="perfect calibration")
    ax.errorbar(
        bins.predicted,
        bins.observed,
        yerr=np.maximum(np.stack([bins.observed - bins.low, bins.high - bins.observed]), 0.0),
        fmt="o",
        color=PRIMARY,
        ecolor=PRIMARY,
        elinewidth=1.1,
        markersize=4.8,
        capsize=0.0,
        zorder=3,
        label=f"bins, with {level_text(bins.level)} intervals",
        clip_on=False,
    )
    # In the corner that the points leave free: below the diagonal when more happens than was predicted.
    above = result.ratio > 1.05
    ax.text(
        0.97 if above else 0.03,
        0.04 if above else 0.97,
        _facts(result),
        transform=ax.transAxes,
        ha="right" if above else "left",
        va="bottom" if above else "top",
        fontsize=TICK_SIZE,
        color=INK,
        linespacing=1.4,
    )
    ax.set_xlim(0.0, top)
    ax.set_ylim(0.0, top)
    dress(ax, y="Observed rate", title=title)
    ax.tick_params(labelbottom=False)
    below = ax.inset_axes((0.0, -0.24, 1.0, 0.18), sharex=ax)
    _draw_histogram(result, below, top)
    return ax


def _draw_histogram(result: Calibration, ax: Axes, top: float) -> None:
    """Draw the distribution of predictions."""
    edges = result.histogram_edges
    ax.bar(
        edges[:-1],
        result.histogram,
        width=np.diff(edges),
        align="edge",
        color=MUTED,
        linewidth=0.0,
        alpha=0.75,
    )
    dress(ax, x="Predicted probability")
    ax.spines["left"].set_visible(False)
    ax.set_yticks([])
    ax.set_xlim(0.0, top)
    beyond = float(result.histogram[edges[:-1] >= top].sum() / result.histogram.sum())
    if beyond > 0.0:
        ax.text(
            1.0, 0.95, f"{100.0 * beyond:.2g}% beyond", transform=ax.transAxes, ha="right", va="top",
            fontsize=TICK_SIZE, color=MUTED,
        )  # fmt: skip


def _facts(result: Calibration) -> str:
    """Return what stands beside the points: observed over expected, and slope and intercept on new rows."""
    lines = [f"Observed / expected {result.ratio:.3f}"]
    if result.in_sample:
        return lines[0] + "\n(on the rows of the fit)"
    for name, value, error in (
        ("Intercept", result.intercept, result.intercept_std_error),
        ("Slope", result.slope, result.slope_std_error),
    ):
        if not math.isnan(value):
            lines.append(f"{name} {value:.3f} (s.e. {error:.3f})".replace("-", "−"))
    return "\n".join(lines)


def _round_up(value: float) -> float:
    """Return a round number a little above, at most 1."""
    step = 10.0 ** math.floor(math.log10(value)) / 2.0 if value > 0.0 else 1.0
    return min(1.0, step * math.ceil(1.02 * value / step))
