"""Average probabilities of outcomes against a variable: lines with intervals, or areas that are stacked to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from logitkit.errors import DataError
from logitkit.inference.outcome_effects import OutcomeEffects
from logitkit.plots.forest import shortened
from logitkit.plots.style import FAINT, dress, legend_beside, level_text, looks, new_axes, plain, stack_colors
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["EFFECT_SIZE", "plot_outcome_effects", "plot_shares"]

EFFECT_SIZE = (6.2, 3.8)
SPREAD = 0.6  # of the distance of two levels, over which their outcomes are spread
UPRIGHT_MOST = 34  # characters of all levels that fit side by side


def plot_outcome_effects(
    found: OutcomeEffects, ax: Axes | None = None, *, kind: Literal["lines", "stacked"] = "lines", title: str = ""
) -> Axes:
    """Draw the average probability of each outcome against a variable.

    Parameters
    ----------
    found : OutcomeEffects
        From ``outcome_effects``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    kind : {'lines', 'stacked'}
        A line an outcome with its interval (points, where the variable has levels), or areas (bars) that add to one,
        the first outcome at the bottom.
    title : str, optional
        Set above.

    Returns
    -------
    matplotlib.axes.Axes
        The plot.

    Raises
    ------
    DataError
        If ``kind`` is neither.
    """
    if kind not in ("lines", "stacked"):
        raise DataError(f"kind={kind!r} is not known; use 'lines' or 'stacked'.")
    ax = new_axes(ax, EFFECT_SIZE)
    place = np.asarray(found.values, dtype=np.float64) if found.numeric else np.arange(len(found.values), dtype=float)
    if kind == "lines":
        handles = _lines(ax, found, place)
        low, high = np.nanmin([found.low, found.probability]), np.nanmax([found.high, found.probability])
        room = 0.04 * max(high - low, 0.05)
        ax.set_ylim(max(low - room, 0.0 if low >= 0.02 else -0.02), min(high + room, 1.0 if high <= 0.98 else 1.02))
        ax.grid(axis="y", color=FAINT, linewidth=0.6, alpha=0.7)
        legend_beside(ax, handles, found.outcomes)
        what = f"Average probability\nwith {level_text(found.level)} intervals"
    else:
        handles = _areas(ax, found, place) if found.numeric else _bars(ax, found.probability)
        ax.set_ylim(0.0, 1.0)
        legend_beside(ax, handles[::-1], found.outcomes[::-1])  # in the order in which they are stacked
        what = "Average probability"
    if found.numeric:
        ax.set_xlim(place.min(), place.max()) if place.size > 1 else None
    else:
        _name_levels(ax, [str(value) for value in found.values])
    dress(ax, x=plain(found.variable), y=what, title=title)
    ax.set_axisbelow(True)
    return ax


def plot_shares(
    labels: Sequence[str], shares: FloatArray, outcomes: Sequence[str], ax: Axes | None = None, *, x: str, y: str
) -> Axes:
    """Draw shares that add to one as stacked bars, the first outcome at the bottom.

    Parameters
    ----------
    labels : sequence of str
        Of the G bars.
    shares : (K, G) array
        Their parts.
    outcomes : sequence of str
        What the K parts are.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    x, y : str
        Labels of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        The plot.
    """
    ax = new_axes(ax, EFFECT_SIZE)
    handles = _bars(ax, shares)
    ax.set_ylim(0.0, 1.0)
    legend_beside(ax, handles[::-1], outcomes[::-1])
    _name_levels(ax, labels)
    dress(ax, x=x, y=y)
    return ax


def _lines(ax: Axes, found: OutcomeEffects, place: FloatArray) -> list[Any]:
    """Draw a line an outcome, or points beside each other at each level; return what a legend shows."""
    handles, k = [], len(found.outcomes)
    for number, look in enumerate(looks(k)):
        low, middle, high = found.low[number], found.probability[number], found.high[number]
        if found.numeric:
            ax.fill_between(place, low, high, color=look.color, alpha=0.15, linewidth=0.0, zorder=2)
            (line,) = ax.plot(place, middle, look.line, color=look.color, linewidth=1.8, zorder=3)
        else:
            at = place + (0.0 if k == 1 else SPREAD * (number / (k - 1) - 0.5))
            ax.vlines(at, low, high, color=look.color, linewidth=1.6, zorder=2)
            (line,) = ax.plot(at, middle, look.mark, color=look.color, markersize=5.0, zorder=3)
        handles.append(line)
    return handles


def _areas(ax: Axes, found: OutcomeEffects, place: FloatArray) -> list[Any]:
    colors = stack_colors(len(found.outcomes))
    return list(ax.stackplot(place, found.probability, colors=colors, edgecolor="white", linewidth=0.8, alpha=0.85))


def _bars(ax: Axes, shares: FloatArray) -> list[Any]:
    handles: list[Any] = []
    base = np.zeros(shares.shape[1])
    for color, part in zip(stack_colors(len(shares)), shares, strict=True):
        place = np.arange(part.size)
        bars = ax.bar(place, part, 0.72, bottom=base, color=color, edgecolor="white", linewidth=0.8, alpha=0.85)
        handles.append(bars)
        base = base + np.nan_to_num(part)
    return handles


def _name_levels(ax: Axes, labels: Sequence[str]) -> None:
    texts = [plain(shortened(label)) for label in labels]
    long = sum(map(len, texts)) > UPRIGHT_MOST
    ax.set_xticks(np.arange(len(texts)), texts, rotation=30 if long else 0, ha="right" if long else "center")
    ax.set_xlim(-0.6, len(texts) - 0.4)
