"""Calibration: observed rates against predicted probabilities, with the predictions' histogram along the bottom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.diagnostics.calibration.bins import CalibrationBins
from logitkit.diagnostics.calibration.curve import Calibration
from logitkit.diagnostics.calibration.smooth import CalibrationCurve
from logitkit.plots.drawn_outcomes import (
    CURVES_SIZE,
    asked_for,
    left_out_words,
    most_frequent,
    require_unlabelled,
)
from logitkit.plots.labels import add_note
from logitkit.plots.legends import ALONE, add_legend, share_axes
from logitkit.plots.style import FAINT, GUIDE, INK, MUTED, TICK_SIZE, curve_color, dress, level_text, looks, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import ErrorbarContainer

__all__ = ["draw_histogram", "plot_bins", "plot_calibration"]

STRIP = 0.2  # height of the histogram's strip below zero, over that of the rates
GAP = 0.03  # between the strip and the rates, over the same


def plot_calibration(
    result: Calibration,
    ax: Axes | None = None,
    *,
    title: str = "",
    label: str | None = None,
    color: str | None = None,
    outcomes: Sequence[int] | None = None,
) -> Axes:
    """Draw observed rates against mean predictions in bins, for an event or for each outcome.

    ``label`` and ``color`` apply to the points of an event; ``outcomes`` are the positions of the outcomes to draw.

    Notes
    -----
    Both axes have the same range, just large enough for the bins, so the diagonal joins their corners for any event
    rate. A note states the number of predictions outside this range.
    """
    if not result.of_event:
        require_unlabelled(label, color)
        return _plot_outcomes(result, new_axes(ax, CURVES_SIZE), outcomes, title)
    ax = new_axes(ax, (5.0, 4.6))
    alone = label is None and not _points(ax)
    plot_bins(result.bins, ax, title=title, label=label, color=color)
    if alone:
        top = float(ax.get_xlim()[1])
        _draw_curve(result.curve, ax, top)
        draw_histogram(result.histogram_edges, result.histogram, ax, top)
        _write_facts(result, ax)
    return ax


def _draw_curve(curve: CalibrationCurve, ax: Axes, top: float) -> None:
    """Draw the flexible curve with its band, as far as the Axes go."""
    inside = curve.predicted <= top
    x, look = curve.predicted[inside], {"color": curve_color(ax, None, None), "linewidth": 0.0}
    ax.fill_between(
        x, np.minimum(curve.low[inside], top), np.minimum(curve.high[inside], top), alpha=0.15, gid=ALONE, **look
    )
    shown = np.where(curve.observed <= top, curve.observed, np.nan)[inside]
    ax.plot(x, shown, color=look["color"], linewidth=1.4, zorder=2, label=f"curve ({curve.kind})", gid=ALONE)


def _plot_outcomes(result: Calibration, ax: Axes, outcomes: Sequence[int] | None, title: str) -> Axes:
    """Draw the bins of each outcome."""
    every, there = looks(len(result.outcomes)), range(len(result.outcomes))
    drawn = most_frequent(there, result.expected) if outcomes is None else asked_for(outcomes)
    for k in drawn:
        look = every[k]
        plot_bins(result.tables[k], ax, title=title, label=result.outcomes[k], color=look.color, mark=look.mark)
    if outcomes is None:
        add_note(ax, left_out_words(result.outcomes, there, drawn, "that are expected most often"))
    return ax


def plot_bins(
    bins: CalibrationBins,
    ax: Axes,
    *,
    title: str = "",
    label: str | None = None,
    color: str | None = None,
    mark: str = "o",
) -> Axes:
    """Draw observed rates of bins against mean predictions, in addition to what the Axes contain."""
    there = _points(ax)
    shared, words = share_axes(ax, there)
    if words:
        _take_histogram(ax)
        add_legend(ax, there[-1].lines[0], f"points {len(there)}", "upper left")
    if shared and label is None:
        label = f"points {len(there) + 1}"
    top = _round_up(float(np.nanmax([*bins.high, *bins.observed, *bins.predicted])))
    diagonal = next((line for line in ax.lines if line.get_label() == "perfect calibration"), None)
    if diagonal is None:
        (diagonal,) = ax.plot([], [], color=GUIDE, linewidth=1.0, zorder=1, label="perfect calibration")
    elif shared:
        top = max(top, float(np.max(diagonal.get_xdata())))  # room for the points that are there
    diagonal.set_data([0.0, top], [0.0, top])
    color = curve_color(ax, color, label)
    points = ax.errorbar(
        bins.predicted,
        bins.observed,
        yerr=np.maximum(np.stack([bins.observed - bins.low, bins.high - bins.observed]), 0.0),
        fmt=mark,
        color=color,
        ecolor=color,
        elinewidth=1.1,
        markersize=4.8,
        capsize=0.0,
        zorder=3,
        label=label or f"bins, with {level_text(bins.level)} intervals",
        clip_on=False,
    )
    ax.set_xlim(0.0, top)
    ax.set_ylim(0.0, top)
    ax.spines["left"].set_bounds(0.0, top)
    dress(ax, x="Predicted probability", y="Observed rate", title=title)
    if label is not None:
        add_legend(ax, points.lines[0], label, "upper left")
    return ax


def _points(ax: Axes) -> list[ErrorbarContainer]:
    """Return the points of bins that the Axes have."""
    from matplotlib.container import ErrorbarContainer

    return [found for found in ax.containers if isinstance(found, ErrorbarContainer)]


def draw_histogram(edges: FloatArray, counts: FloatArray, ax: Axes, top: float) -> None:
    """Draw the distribution of predictions in a strip below zero, which the scale of rates does not cover.

    The strip is part of the Axes, because a separate Axes below would extend outside the area that the caller gave.
    """
    from matplotlib.ticker import FixedLocator, MaxNLocator

    ax.set_ylim(-STRIP * top, top)
    ax.bar(
        edges[:-1],
        counts / counts.max() * (STRIP - GAP) * top,
        bottom=-STRIP * top,
        width=np.diff(edges),
        align="edge",
        color=MUTED,
        linewidth=0.0,
        alpha=0.75,
    )
    ax.axhline(0.0, color=FAINT, linewidth=0.8, zorder=0, gid=ALONE)
    ticks = np.round(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(0.0, top), 12)
    ax.yaxis.set_major_locator(FixedLocator([float(tick) for tick in ticks if 0.0 <= tick <= top]))
    ax.spines["left"].set_bounds(0.0, top)
    beyond = float(counts[edges[:-1] >= top].sum() / counts.sum())
    if beyond > 0.0:
        words = f"{100.0 * beyond:.2g}% beyond"
        ax.text(top, -GAP * top, words, ha="right", va="top", fontsize=TICK_SIZE, color=MUTED, gid=ALONE)


def _take_histogram(ax: Axes) -> None:
    """Take the histogram away, and give its strip back to the rates: it is that of one of several sets of points."""
    from matplotlib.container import BarContainer
    from matplotlib.ticker import AutoLocator

    for bars in [found for found in ax.containers if isinstance(found, BarContainer)]:
        bars.remove()
    ax.yaxis.set_major_locator(AutoLocator())


def _write_facts(result: Calibration, ax: Axes) -> None:
    """Write in the corner that the points leave free: below the diagonal when more happens than was predicted."""
    above = result.ratio > 1.05
    ax.text(
        0.97 if above else 0.03,
        0.04 + STRIP / (1.0 + STRIP) if above else 0.97,
        _facts(result),
        transform=ax.transAxes,
        ha="right" if above else "left",
        va="bottom" if above else "top",
        fontsize=TICK_SIZE,
        color=INK,
        linespacing=1.4,
        gid=ALONE,
    )


def _facts(result: Calibration) -> str:
    """Return what stands beside the points: observed over expected, and slope and intercept on new rows."""
    lines = [f"Observed / expected {result.ratio:.3f}"]
    if not math.isnan(result.curve.ici):
        lines.append(f"ICI {result.curve.ici:.3f}, E90 {result.curve.e90:.3f}")
    if result.in_sample:
        return "\n".join([*lines, "(on the rows of the fit)"])
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
