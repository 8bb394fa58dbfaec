"""Effects with intervals, one row each, beside the line of no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.inference.effects.comparisons import Effects
from logitkit.plots.labels import plain, wrapped
from logitkit.plots.legends import legend_beside
from logitkit.plots.log_axis import set_log_ticks
from logitkit.plots.style import FAINT, dress, level_text, looks, new_axes, next_color

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_effects"]

WIDTH, ROW, FRAME = 6.4, 0.34, 1.2
LINE = 0.135  # inches of a line of a name
TITLE_MOST = 56  # characters of a line below the axis
RATIOS = {"risk_ratio": "Risk ratio", "odds_ratio": "Odds ratio"}
HEIGHT, SPREAD = 0.17, 0.54  # inches of each of several marks in a row, and the part of the row that they take


def plot_effects(result: Effects, ax: Axes | None = None, *, title: str = "", level: float | None = None) -> Axes:
    """Draw effects with their intervals from top to bottom, ratios on a logarithmic axis, and one mark per outcome."""
    found = result.estimates(level)
    outcomes = tuple(dict.fromkeys(map(str, dict(result.labels).get("outcome", ()))))
    several = max(len(outcomes), 1)
    n = found.estimate.size // several  # the outcomes of an effect follow one another
    names = [_row_name(name, outcomes) for name in result.numbers.names[::several]]
    lines = max((name.count("\n") + 1 for name in names), default=1)
    row = max(ROW, HEIGHT * several, LINE * (lines + 1))
    ax = new_axes(ax, (WIDTH + (1.0 if several > 1 else 0.0), FRAME + row * n))
    ratio = result.scale in RATIOS
    if ratio:
        ax.set_xscale("log")
        set_log_ticks(ax)
    ax.axvline(1.0 if ratio else 0.0, color=FAINT, linewidth=1.0, zorder=1)
    marks = [(look.color, look.mark) for look in looks(several)] if several > 1 else [(next_color(ax), "o")]
    handles = []
    for k, (color, mark) in enumerate(marks):
        own = slice(k, None, several)
        place = np.arange(n)[::-1] - (SPREAD * (k / (several - 1) - 0.5) if several > 1 else 0.0)
        ax.hlines(place, found.low[own], found.high[own], color=color, linewidth=1.6, zorder=2)
        (points,) = ax.plot(found.estimate[own], place, mark, color=color, markersize=5.0, zorder=3)
        handles.append(points)
    ax.set_yticks(np.arange(n)[::-1], names)
    ax.set_ylim(-0.7, n - 0.3)
    of = f"{RATIOS[result.scale]}: {result.title[0].lower()}{result.title[1:]}" if ratio else result.title
    dress(
        ax,
        x=f"{plain(wrapped(of, TITLE_MOST + (10 if several > 1 else 0)))}\nwith {level_text(found.level)} intervals",
        title=title,
    )
    if several > 1:
        legend_beside(ax, handles, outcomes)
    return ax


def _row_name(name: str, outcomes: tuple[str, ...]) -> str:
    """Return the name of an effect in lines: without its outcome where a legend has that, and the cell below."""
    if len(outcomes) > 1:
        name = name.removeprefix(f"{outcomes[0]}:")
    lines = [name] if name.startswith("row") else name.split("|", 1)
    return plain("\n".join(wrapped(line) for line in lines))
