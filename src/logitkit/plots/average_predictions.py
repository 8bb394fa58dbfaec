"""Average probabilities of outcomes against a variable: lines with intervals, or areas that are stacked to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from logitkit.inference.effects.average_predictions import AveragePredictions
from logitkit.options import require_choice
from logitkit.plots.drawn_outcomes import left_out_words, most_frequent
from logitkit.plots.labels import add_note, name_levels, plain, wrapped
from logitkit.plots.legends import legend_beside
from logitkit.plots.style import FAINT, dress, level_text, looks, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["EFFECT_SIZE", "plot_average_predictions", "plot_shares"]

EFFECT_SIZE = (6.2, 3.8)
SPREAD = 0.6  # of the distance of two levels, over which their outcomes are spread
OPAQUE = 0.85  # of an area, and not of the white of its edge and pattern


def plot_average_predictions(
    found: AveragePredictions, ax: Axes | None = None, *, kind: Literal["lines", "stacked"] = "lines", title: str = ""
) -> Axes:
    """Draw the average probability of each outcome against a variable."""
    require_choice("kind", kind, ("lines", "stacked"))
    ax = new_axes(ax, EFFECT_SIZE)
    place = np.asarray(found.values, dtype=np.float64) if found.numeric else np.arange(len(found.values), dtype=float)
    every = range(len(found.outcomes))
    drawn = most_frequent(every, np.nanmean(found.probability, axis=1)) if kind == "lines" else list(every)
    if kind == "lines":
        handles = _lines(ax, found, place, drawn)
        low = np.nanmin([found.low[drawn], found.probability[drawn]])
        high = np.nanmax([found.high[drawn], found.probability[drawn]])
        room = 0.04 * max(high - low, 0.05)
        ax.set_ylim(max(low - room, 0.0 if low >= 0.02 else -0.02), min(high + room, 1.0 if high <= 0.98 else 1.02))
        ax.grid(axis="y", color=FAINT, linewidth=0.6, alpha=0.7)
        if not found.event:
            legend_beside(ax, handles, [found.outcomes[k] for k in drawn])
        of_event = f" of {plain(wrapped(found.event))}" if found.event else ""
        what = f"Average probability{of_event}\nwith {level_text(found.level)} intervals"
    else:
        handles = _areas(ax, found, place) if found.numeric else _bars(ax, found.probability)
        ax.set_ylim(0.0, 1.0)
        legend_beside(ax, handles[::-1], found.outcomes[::-1])  # in the order in which they are stacked
        what = "Average probability"
    if found.numeric:
        ax.set_xlim(place.min(), place.max()) if place.size > 1 else None
    else:
        name_levels(ax, [str(value) for value in found.values])
    dress(ax, x=plain(wrapped(found.variable)), y=what, title=title)
    add_note(ax, left_out_words(found.outcomes, every, drawn, "that are likeliest on average"))
    ax.set_axisbelow(True)
    return ax


def plot_shares(
    labels: Sequence[str], shares: FloatArray, outcomes: Sequence[str], ax: Axes | None = None, *, x: str, y: str
) -> Axes:
    """Draw proportions that sum to one as stacked bars, with the first outcome at the bottom."""
    ax = new_axes(ax, EFFECT_SIZE)
    handles = _bars(ax, shares)
    ax.set_ylim(0.0, 1.0)
    legend_beside(ax, handles[::-1], outcomes[::-1])
    name_levels(ax, labels)
    dress(ax, x=x, y=y)
    return ax


def _lines(ax: Axes, found: AveragePredictions, place: FloatArray, drawn: Sequence[int]) -> list[Any]:
    """Draw one line per outcome, or points side by side at each level; return what a legend shows."""
    handles, every = [], looks(len(found.outcomes))
    for number, k in enumerate(drawn):
        look, low, middle, high = every[k], found.low[k], found.probability[k], found.high[k]
        if found.numeric:
            ax.fill_between(place, low, high, color=look.color, alpha=0.15, linewidth=0.0, zorder=2)
            (line,) = ax.plot(place, middle, look.line, color=look.color, linewidth=1.8, zorder=3)
        else:
            at = place + (0.0 if len(drawn) == 1 else SPREAD * (number / (len(drawn) - 1) - 0.5))
            ax.vlines(at, low, high, color=look.color, linewidth=1.6, zorder=2)
            (line,) = ax.plot(at, middle, look.mark, color=look.color, markersize=5.0, zorder=3)
        handles.append(line)
    return handles


def _areas(ax: Axes, found: AveragePredictions, place: FloatArray) -> list[Any]:
    from matplotlib.colors import to_rgba

    areas = ax.stackplot(place, found.probability, edgecolor="white", linewidth=0.8)
    for area, look in zip(areas, looks(len(areas)), strict=True):
        area.set_facecolor(to_rgba(look.color, OPAQUE))
        area.set_hatch(look.hatch)
    return list(areas)


def _bars(ax: Axes, shares: FloatArray) -> list[Any]:
    from matplotlib.colors import to_rgba

    handles: list[Any] = []
    base = np.zeros(shares.shape[1])
    for look, part in zip(looks(len(shares)), shares, strict=True):
        bars = ax.bar(
            np.arange(part.size),
            part,
            0.72,
            bottom=base,
            color=to_rgba(look.color, OPAQUE),
            edgecolor="white",
            linewidth=0.8,
            hatch=look.hatch or None,
        )
        handles.append(bars)
        base = base + np.nan_to_num(part)
    return handles
