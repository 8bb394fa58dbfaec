"""Influence by row, and what each coefficient owes to single rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from logitkit.diagnostics.residuals.influence import Influence
from logitkit.errors import UnsupportedError
from logitkit.plots.labels import plain, wrapped
from logitkit.plots.style import FAINT, GUIDE, INK, MUTED, PRIMARY, TICK_SIZE, dress, new_axes
from logitkit.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_dfbetas", "plot_influence_index"]

DRAWN_MOST = 4_000
RASTER = 300
NAMED = 3
TERMS_MOST = 60


def plot_influence_index(result: Influence, labels: Sequence[object]) -> Any:
    """Draw leverage, Cook's distance and the changes in both fit statistics by row; return the Figure."""
    first = new_axes(None, (8.2, 6.0))
    figure: Any = first.figure
    first.remove()
    panels = (
        ("Leverage", result.leverage),
        ("Cook's distance", result.cooks_distance),
        ("Decrease of Pearson's statistic", result.pearson_deleted),
        ("Decrease of the deviance", result.deviance_deleted),
    )
    for ax, (name, values) in zip(figure.subplots(2, 2, sharex=True).flat, panels, strict=True):
        drawn = _drawn(values)
        ax.vlines(drawn, 0.0, values[drawn], color=PRIMARY, linewidth=0.8, rasterized=drawn.size > RASTER)
        for row in _largest(values, NAMED):
            ax.annotate(
                str(labels[row]), (row, values[row]), xytext=(0, 2), textcoords="offset points", ha="center",
                fontsize=TICK_SIZE, color=INK,
            )  # fmt: skip
        ax.margins(x=0.02, y=0.12)
        ax.set_ylim(bottom=0.0)
        dress(ax, y=name)
    for ax in figure.axes[2:]:
        ax.set_xlabel("Row", fontsize=TICK_SIZE, color=INK)
    return figure


def plot_dfbetas(
    names: Sequence[str], values: FloatArray, labels: Sequence[object], ax: Axes | None = None, *, title: str = ""
) -> Axes:
    """Draw the scaled change in each coefficient when each row is left out, with one row of points per coefficient."""
    known = np.flatnonzero(np.isfinite(values).any(axis=0))
    if known.size > TERMS_MOST:
        raise UnsupportedError(f"{known.size:,} coefficients are more than {TERMS_MOST} lines: name some, terms=[...].")
    called = [plain(wrapped(names[int(place)])) for place in known]
    lines = max((name.count("\n") + 1 for name in called), default=1)
    ax = new_axes(ax, (6.4, 1.1 + max(0.3, 0.135 * (lines + 1)) * known.size))
    guide = 2.0 / np.sqrt(len(values))
    for side in (-guide, guide):
        ax.axvline(side, color=GUIDE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    ax.axvline(0.0, color=FAINT, linewidth=1.0, zorder=0)
    for line, place in enumerate(known):
        column = values[:, place]
        drawn = _drawn(np.abs(column))
        raster = drawn.size > RASTER
        ax.scatter(
            column[drawn], np.full(drawn.size, line), s=12, color=PRIMARY, alpha=0.35, linewidths=0, rasterized=raster,
            zorder=2,
        )  # fmt: skip
        for row in _largest(np.abs(column), 1):
            side = 1.0 if column[row] > 0.0 else -1.0
            ax.annotate(
                str(labels[row]), (column[row], line), xytext=(5.0 * side, 0), textcoords="offset points",
                ha="left" if side > 0.0 else "right", va="center", fontsize=TICK_SIZE, color=INK,
            )  # fmt: skip
    ax.set_yticks(np.arange(known.size), called)
    ax.set_ylim(known.size - 0.5, -0.5)
    ax.margins(x=0.22)
    dress(ax, x="Change without a row, in standard errors", title=title)
    words = "dashed: 2 over the root of the number of rows"
    ax.text(0.99, 1.0, words, transform=ax.transAxes, ha="right", va="bottom", fontsize=TICK_SIZE, color=MUTED)
    return ax


def _drawn(size: FloatArray) -> IntArray:
    """Return the rows that are drawn: all, or half the largest and half an even sample."""
    known = np.flatnonzero(np.isfinite(size))
    if known.size <= DRAWN_MOST:
        return known
    half = DRAWN_MOST // 2
    even = known[np.linspace(0, known.size - 1, half).astype(np.int64)]
    return np.union1d(known[np.argsort(-size[known], kind="stable")[:half]], even)


def _largest(size: FloatArray, most: int) -> IntArray:
    """Return the rows with the largest values."""
    return np.argsort(np.where(np.isfinite(size), -size, np.inf), kind="stable")[: min(most, size.size)]
