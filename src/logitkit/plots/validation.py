"""Validations: optimism by measure, predictions of models from other samples, and groups that were held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from logitkit.errors import DataError
from logitkit.inference.validation.held_out import SCALED
from logitkit.inference.validation.internal_external import InternalExternal
from logitkit.inference.validation.stability import Stability
from logitkit.inference.validation.validation import Validation
from logitkit.options import require_choice
from logitkit.plots.labels import plain, wrapped
from logitkit.plots.style import ACCENT, FAINT, GUIDE, INK, MUTED, PRIMARY, TICK_SIZE, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_groups", "plot_optimism", "plot_stability"]

ROW = 0.3  # inches
DRAWN_MOST = 2_000  # rows whose predictions are drawn one by one


def plot_optimism(result: Validation, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw each measure on the rows of the fit and as expected on new rows, in units of its spread over samples."""
    values = result.replays.values
    with np.errstate(invalid="ignore"):
        known = np.isfinite(values[:, 1])
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, values[:, 1], 0.0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, values[:, 1] - mean, 0.0) ** 2).sum(axis=0) / np.maximum(count - 1, 1))
    drawn = np.flatnonzero(np.isfinite(result.corrected) & (spread > 0.0))
    if drawn.size == 0:
        raise DataError("No measure of the validation varies over its samples; there is nothing to draw.")
    ax = new_axes(ax, (6.2, 1.1 + ROW * drawn.size))
    heights = np.arange(drawn.size)
    apparent = (result.apparent[drawn] - result.corrected[drawn]) / spread[drawn]
    ax.axvline(0.0, color=GUIDE, linewidth=0.8, zorder=0)
    ax.hlines(heights, 0.0, apparent, color=FAINT, linewidth=3.0, zorder=1)
    ax.plot(apparent, heights, "o", color=PRIMARY, markersize=5.0, label="apparent")
    ax.plot(np.zeros(drawn.size), heights, "D", color=ACCENT, markersize=4.5, label="corrected")
    for y, place in zip(heights, drawn, strict=True):
        text = f"{result.apparent[place]:.3f} \N{RIGHTWARDS ARROW} {result.corrected[place]:.3f}"
        ax.annotate(
            text,
            (1.0, y),
            xycoords=ax.get_yaxis_transform(),
            xytext=(6.0, 0.0),
            textcoords="offset points",
            va="center",
            fontsize=TICK_SIZE,
            color=INK,
            annotation_clip=False,
        )
    ax.set_yticks(heights, [plain(wrapped(result.measures[place].label)) for place in drawn])
    ax.set_ylim(drawn.size - 0.5, -0.5)
    ax.margins(x=0.08)
    samples = "resamples" if result.method == "bootstrap" else "folds"
    dress(ax, x=f"apparent less corrected, in standard deviations over {samples}", title=title)
    ax.tick_params(axis="y", length=0.0)
    ax.spines["left"].set_visible(False)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=TICK_SIZE)
    return ax


def plot_stability(
    result: Stability, ax: Axes | None = None, *, level: float = 0.95, outcome: int = 0, title: str = ""
) -> Axes:
    """Draw the predictions of all models against those of the fit, with the band that contains most of them."""
    ax = new_axes(ax, (5.0, 4.6))
    several = result.fitted.ndim > 1
    fitted = result.fitted[outcome] if several else result.fitted
    predicted = result.predicted[:, outcome] if several else result.predicted
    low, high = (each[outcome] if several else each for each in result.limits(level))
    order = np.argsort(fitted, kind="stable")
    shown = order[np.linspace(0, order.size - 1, min(order.size, DRAWN_MOST)).astype(np.int64)]
    models = min(len(predicted), max(1, 40_000 // shown.size))
    ax.plot(
        np.tile(fitted[shown], models),
        predicted[:models, shown].ravel(),
        ".",
        color=GUIDE,
        markersize=2.0,
        alpha=0.25,
        rasterized=True,
        zorder=1,
    )
    ax.plot([0.0, 1.0], [0.0, 1.0], color=INK, linewidth=0.9, zorder=3)
    for limit, name in ((low, f"{level_text(level)} of predictions"), (high, None)):
        ax.plot(fitted[order], _smooth(limit[order]), "--", color=ACCENT, linewidth=1.3, zorder=4, label=name)
    error = result.absolute_error[outcome] if several else result.absolute_error
    known = np.isfinite(error)
    mape = float((error[known] * result.weights[known]).sum() / result.weights[known].sum())
    ax.text(
        0.97,
        0.04,
        f"mean absolute\nprediction error {mape:.3f}",
        transform=ax.transAxes,
        ha="right",
        fontsize=TICK_SIZE,
        color=MUTED,
    )
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.0)
    ax.set_aspect("equal")
    of = f" of {plain(result.outcomes[outcome])}"
    dress(ax, x=f"Probability{of} by the fit", y="Probability by models from other samples", title=title)
    ax.legend(loc="upper left", fontsize=TICK_SIZE, frameon=True, framealpha=0.8, edgecolor="none")
    return ax


def _smooth(values: Any) -> Any:
    """Return running means over about a twentieth of the rows."""
    half = max(values.size // 40, 1)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first = np.maximum(np.arange(values.size) - half, 0)
    last = np.minimum(np.arange(values.size) + half + 1, values.size)
    return (sums[last] - sums[first]) / (last - first)


def plot_groups(result: InternalExternal, measure: str, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw a measure in each group with its interval, the mean, and the prediction interval for a new group."""
    keys = [key for key, _, _ in SCALED]
    require_choice("measure", measure, keys)
    place = keys.index(measure)
    value, half = result.scaled[:, place], float(ndtri(0.5 * (1.0 + result.level))) * result.scaled_error[:, place]
    at, low, high = (result.shown(each, place) for each in (value, value - half, value + half))
    if not np.isfinite(at).any():
        raise DataError(f"No group has {measure!r}; there is nothing to draw.")
    g, summary = len(result.groups), result.summaries[place]
    ax = new_axes(ax, (6.2, 1.5 + ROW * (g + 2)))
    heights = np.arange(g)
    known = np.isfinite(low) & np.isfinite(high)
    ax.hlines(heights[known], low[known], high[known], color=PRIMARY, linewidth=1.4, zorder=2)
    size = 16.0 + 60.0 * result.n_obs / result.n_obs.max()
    ax.scatter(at, heights, s=size, marker="s", color=PRIMARY, zorder=3, linewidths=0.0)
    none = {"c": 0.5, "oe": 1.0, "slope": 1.0, "in_the_large": 0.0}[measure]
    ax.axvline(none, color=GUIDE, linewidth=0.8, zorder=0)
    texts: list[tuple[float, float, float, float]] = list(zip(heights.tolist(), at, low, high, strict=True))
    labels = [plain(wrapped(f"{name} ({count:,.0f})")) for name, count in zip(result.groups, result.n_obs, strict=True)]
    if summary.k > 1:
        mean, first, last, before, after = (
            float(result.shown(each, place))
            for each in (summary.estimate, summary.low, summary.high, summary.predicted_low, summary.predicted_high)
        )
        below = g + 0.4
        ax.fill([first, mean, last, mean], [below, below - 0.28, below, below + 0.28], color=ACCENT, zorder=3)
        texts.append((below, mean, first, last))
        labels.append("mean")
        heights = np.append(heights, below)
        if np.isfinite(before):
            ax.hlines(below + 0.9, before, after, color=ACCENT, linewidth=3.0, zorder=2)
            texts.append((below + 0.9, np.nan, before, after))
            labels.append("another group")
            heights = np.append(heights, below + 0.9)
    for y, estimate, start, stop in texts:
        interval = f" [{_two(start)}, {_two(stop)}]" if np.isfinite(start) else ""
        ax.annotate(
            f"{_two(estimate)}{interval}" if np.isfinite(estimate) else interval.strip(),
            (1.0, y),
            xycoords=ax.get_yaxis_transform(),
            xytext=(6.0, 0.0),
            textcoords="offset points",
            va="center",
            fontsize=TICK_SIZE,
            color=INK,
            annotation_clip=False,
        )
    if measure == "oe":
        from logitkit.plots.log_axis import set_log_ticks

        ax.set_xscale("log")
        _limit(ax, at, low, high, none)
        set_log_ticks(ax)
    else:
        _limit(ax, at, low, high, none)
    ax.set_yticks(heights, labels)
    ax.set_ylim(float(heights.max()) + 0.6, -0.6)
    label = SCALED[place][1]
    dress(ax, x=f"{label}, {level_text(result.level)} intervals", title=title)
    ax.tick_params(axis="y", length=0.0)
    ax.spines["left"].set_visible(False)
    return ax


def _two(value: float) -> str:
    """Return a number with two decimals, or none where it is large."""
    return f"{value:.2f}" if abs(value) < 100.0 else f"{value:,.0f}"


def _limit(ax: Axes, at: Any, low: Any, high: Any, none: float) -> None:
    """Leave room for the intervals of groups but those far longer than the others."""
    least = np.concatenate([at[np.isfinite(at)], low[np.isfinite(low)], [none]])
    most = np.concatenate([at[np.isfinite(at)], high[np.isfinite(high)], [none]])
    first, last = float(least.min()), float(most.max())
    if ax.get_xscale() == "log":
        ax.set_xlim(first / 1.1, last * 1.1)
    else:
        room = 0.05 * (last - first)
        ax.set_xlim(first - room, last + room)
