"""Residuals by simulation against their distribution and against predictions; binned and partial residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from logitkit.diagnostics.residuals.added import AddedVariable
from logitkit.diagnostics.residuals.binned import BinnedResiduals
from logitkit.diagnostics.residuals.simulated import SimulatedResiduals
from logitkit.numerics.kernels.local_fits import local_fits
from logitkit.plots.labels import name_levels, plain
from logitkit.plots.style import ACCENT, AREA, GUIDE, INK, MUTED, PRIMARY, TICK_SIZE, dress, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_binned", "plot_added_variable", "plot_binned", "plot_partial", "plot_simulated"]

PANELS = (8.2, 3.8)
DRAWN_MOST = 4_000
RASTER = 300
SPAN = 2.0 / 3.0
SMOOTH_AT = 150


def plot_simulated(result: SimulatedResiduals) -> Any:
    """Draw the sorted residuals against uniform quantiles, and the residuals against predictions; return the Figure."""
    left = new_axes(None, PANELS)
    figure: Any = left.figure
    left.remove()
    left, right = figure.subplots(1, 2)
    n = result.residuals.size
    even = (np.arange(n) + 0.5) / n
    left.plot([0, 1], [0, 1], color=GUIDE, linewidth=1.0, zorder=1)
    _points(left, even, np.sort(result.residuals))
    dress(left, x="Uniform quantile", y="Scaled residual", title="Uniformity")
    left.text(0.03, 0.97, _tests(result), transform=left.transAxes, va="top", fontsize=TICK_SIZE, color=INK)
    for at in (0.25, 0.5, 0.75):
        right.axhline(at, color=GUIDE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    _points(right, result.predicted, result.residuals)
    _smooth(right, result.predicted, result.residuals, result.size)
    dress(right, x="Predicted", y="Scaled residual", title="Residuals against predictions")
    for ax in (left, right):
        ax.set_ylim(-0.03, 1.03)
        ax.set_box_aspect(0.9)
    return figure


def _tests(result: SimulatedResiduals) -> str:
    """Return the p-values of the three tests, a line each."""
    values = ("uniformity", result.uniformity_p), ("dispersion", result.dispersion_p), ("outliers", result.outliers_p)
    return "\n".join(f"{name}: p {'< 0.001' if p < 0.001 else f'= {p:.3f}'}" for name, p in values)


def plot_binned(result: BinnedResiduals, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw mean residuals in bins, and twice their standard deviation under the model."""
    ax = new_axes(ax, (5.4, 3.9))
    draw_binned(ax, result)
    dress(ax, x=result.name, y="Mean residual", title=title)
    beyond = int(np.count_nonzero(np.abs(result.residual) > result.limit))
    words = f"{beyond} of {result.x.size} bins beyond two standard deviations"
    ax.text(0.99, 1.01, words, transform=ax.transAxes, ha="right", va="bottom", fontsize=TICK_SIZE, color=MUTED)
    return ax


def draw_binned(ax: Axes, result: BinnedResiduals) -> None:
    """Draw the band and the means."""
    ax.fill_between(result.x, -result.limit, result.limit, color=AREA, linewidth=0.0, zorder=0)
    ax.axhline(0.0, color=GUIDE, linewidth=1.0, zorder=1)
    beyond = np.abs(result.residual) > result.limit
    for inside, color in ((~beyond, PRIMARY), (beyond, ACCENT)):
        ax.scatter(result.x[inside], result.residual[inside], s=22, color=color, zorder=3, linewidths=0)


def plot_partial(
    name: str,
    x: FloatArray,
    residual: FloatArray,
    part: FloatArray,
    weights: FloatArray,
    ax: Axes | None = None,
    title: str = "",
    *,
    levels: tuple[str, ...] = (),
) -> Axes:
    """Draw partial residuals of a term against its column, with the fitted part and a smooth curve.

    For a factor, ``x`` holds positions of the ``levels``, and the points and mean of each level are drawn.
    """
    ax = new_axes(ax, (5.4, 3.9))
    if levels:
        _by_level(ax, x, residual, part, weights, levels)
    else:
        _points(ax, x, residual, alpha=0.35)
        order = np.argsort(x)
        ax.plot(x[order], part[order], color=MUTED, linewidth=1.4, linestyle=(0, (4, 3)), zorder=4, label="fitted")
        _smooth(ax, x, residual, weights)
    dress(ax, x=plain(name), y="Partial residual", title=title)
    _clip(ax, residual, part)
    ax.legend(fontsize=TICK_SIZE, frameon=True, framealpha=0.8, edgecolor="none")
    return ax


def _by_level(
    ax: Axes, x: FloatArray, residual: FloatArray, part: FloatArray, weights: FloatArray, levels: tuple[str, ...]
) -> None:
    """Draw the residuals of each level beside one another, with the part that was fitted and their weighted mean."""
    beside = np.random.default_rng(0).uniform(-0.18, 0.18, x.size)
    _points(ax, x + beside, residual, alpha=0.35)
    known = np.isfinite(residual) & (weights > 0.0)
    for place in range(len(levels)):
        here = known & (x == place)
        ends, fitted = np.array([place - 0.3, place + 0.3]), part[x == place][:1]
        first = place == 0
        ax.plot(
            ends, np.repeat(fitted, 2), color=MUTED, linewidth=1.6, linestyle=(0, (4, 3)), zorder=4,
            label="fitted" if first else None,
        )  # fmt: skip
        if here.any():
            mean = np.average(residual[here], weights=weights[here])
            ax.plot(ends, [mean, mean], color=ACCENT, linewidth=1.6, zorder=5, label="mean" if first else None)
    name_levels(ax, levels)


def plot_added_variable(result: AddedVariable, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw residuals of the working response against those of a column, both given the others, with the fitted line."""
    ax = new_axes(ax, (5.4, 3.9))
    largest = max(float(result.weights.max()), np.finfo(float).tiny)
    chosen = _chosen(result.x.size)
    ax.scatter(
        result.x[chosen], result.y[chosen], s=2.0 + 26.0 * result.weights[chosen] / largest, color=PRIMARY, alpha=0.4,
        linewidths=0, rasterized=chosen.size > RASTER, zorder=2,
    )  # fmt: skip
    ends = np.array([result.x.min(), result.x.max()])
    ax.plot(ends, result.slope * ends, color=ACCENT, linewidth=1.6, zorder=3)
    ax.axhline(0.0, color=GUIDE, linewidth=0.9, zorder=1)
    dress(ax, x=f"{plain(result.name)} beyond the others", y="Outcome beyond the others", title=title)
    _clip(ax, result.y, result.slope * ends)
    words = f"slope {result.slope:.4g}; area of a point: its working weight"
    ax.text(0.99, 1.01, words, transform=ax.transAxes, ha="right", va="bottom", fontsize=TICK_SIZE, color=MUTED)
    return ax


def _clip(ax: Axes, residual: FloatArray, fitted: FloatArray) -> None:
    """Keep all but one residual in a hundred within the frame: a few of confident rows would flatten the others."""
    low, high = np.nanquantile(residual, [0.005, 0.995])
    low, high = min(low, float(np.nanmin(fitted))), max(high, float(np.nanmax(fitted)))
    room = 0.06 * (high - low)
    ax.set_ylim(low - room, high + room)
    outside = int(np.count_nonzero((residual < low - room) | (residual > high + room)))
    if outside:
        words = f"{outside:,} rows beyond the frame"
        ax.text(0.01, 1.01, words, transform=ax.transAxes, va="bottom", fontsize=TICK_SIZE, color=MUTED)


def _chosen(n: int) -> Any:
    """Return the rows that are drawn: all, or an even sample."""
    return np.arange(n) if n <= DRAWN_MOST else np.linspace(0, n - 1, DRAWN_MOST).astype(np.int64)


def _points(ax: Axes, x: FloatArray, y: FloatArray, alpha: float = 0.7) -> None:
    """Draw points, of many rows an even sample."""
    chosen = _chosen(x.size)
    raster = chosen.size > RASTER
    ax.scatter(x[chosen], y[chosen], s=14, color=PRIMARY, alpha=alpha, linewidths=0, zorder=2, rasterized=raster)


def _smooth(ax: Axes, x: FloatArray, y: FloatArray, weights: FloatArray) -> None:
    """Draw a local line through weighted points."""
    known = np.isfinite(y) & (weights > 0.0)
    values, place = np.unique(x[known], return_inverse=True)
    if values.size < 6:
        return
    w = np.bincount(place, weights[known])
    w, means = w / w.mean(), np.bincount(place, weights[known] * y[known]) / w
    cumulative = np.concatenate([[0.0], np.cumsum(w)])
    at = np.unique(np.linspace(0, values.size - 1, SMOOTH_AT).astype(np.int64))
    least = SPAN * w.sum() - 1e-9  # so that whole numbers compare exactly
    fitted, _ = local_fits(values, means, w, cumulative, np.zeros(values.size), at, least, 1)
    ax.plot(values[at], fitted, color=ACCENT, linewidth=1.6, zorder=5, label="smooth")
