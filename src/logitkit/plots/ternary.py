"""Probabilities of three outcomes as points in a triangle, coloured by the outcome that was observed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.errors import DataError, UnsupportedError
from logitkit.options import require_text
from logitkit.plots.labels import plain, wrapped
from logitkit.plots.legends import legend_beside
from logitkit.plots.style import FAINT, INK, LABEL_SIZE, MUTED, TICK_SIZE, looks, new_axes
from logitkit.typing import CodeArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TERNARY_SIZE", "corner_coordinates", "plot_ternary"]

TERNARY_SIZE = (5.6, 4.4)
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.5 * 3.0**0.5]])  # left, right, top
GRID = (0.25, 0.5, 0.75)
# From which corner to which an edge runs, and where the numbers beside it stand: their alignment, and how far away.
EDGES = ((0, 1, "center", (0.0, -0.03)), (1, 2, "left", (0.02, 0.0)), (2, 0, "right", (-0.02, 0.0)))
NAMES = ((-0.02, -0.06), (0.02, -0.06), (0.0, 0.03))  # how far the names of the corners are away from them
NAME_MOST = 22  # characters of a line of a corner's name
CROWD = 300.0  # points from which each is drawn fainter
RASTER = 2_000  # points from which they are a picture within a drawing of lines


def corner_coordinates(probability: FloatArray) -> FloatArray:
    """Return points in a triangle: the means of its corners weighted by the probabilities.

    Parameters
    ----------
    probability : (3, n) array
        Probabilities that sum to one.

    Returns
    -------
    (2, n) array
        Horizontal coordinates from 0 to 1, and vertical coordinates.
    """
    return np.asarray(CORNERS.T @ probability)


def plot_ternary(
    probability: FloatArray,
    outcomes: Sequence[str],
    observed: CodeArray | None = None,
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """Draw rows as points in a triangle whose corners are the outcomes."""
    if len(outcomes) != 3:
        raise UnsupportedError(
            f"A triangle has three corners, and there are {len(outcomes)} outcomes; draw effects instead."
        )
    n = probability.shape[1] if observed is None else observed.size
    if probability.shape != (3, n):
        raise DataError(f"probability has shape {probability.shape} and there are {n} rows; it must be (3, {n}).")
    require_text("title", title)
    ax = new_axes(ax, TERNARY_SIZE)
    _frame(ax, outcomes)
    known = ~np.isnan(probability).any(axis=0)
    x, y = corner_coordinates(probability)
    faint = float(np.clip((CROWD / max(int(known.sum()), 1)) ** 0.5, 0.12, 0.8))
    handles = []
    for code, look in enumerate(looks(3) if observed is not None else looks(1)):
        rows = known if observed is None else known & (observed == code)
        ax.plot(
            x[rows],
            y[rows],
            look.mark,
            color=look.color,
            markersize=4.0,
            alpha=faint,
            markeredgewidth=0.0,
            rasterized=int(rows.sum()) > RASTER,
            zorder=3,
            clip_on=False,
        )
        handles += ax.plot([], [], look.mark, color=look.color, markersize=5.0)  # full strength, in the legend
    if observed is not None:
        legend_beside(ax, handles, outcomes, title="Observed")
    if title:
        ax.set_title(title, loc="left", fontsize=LABEL_SIZE + 1.5, color=INK)
    return ax


def _frame(ax: Axes, outcomes: Sequence[str]) -> None:
    """Draw the triangle, its lines and the names of its corners."""
    for corner in range(3):
        others = [k for k in range(3) if k != corner]
        for share in GRID:
            ends = np.zeros((3, 2))
            ends[corner] = share
            ends[others[0], 0] = ends[others[1], 1] = 1.0 - share
            x, y = corner_coordinates(ends)
            ax.plot(x, y, color=FAINT, linewidth=0.7, zorder=1)
    ax.plot(*np.vstack([CORNERS, CORNERS[:1]]).T, color=MUTED, linewidth=1.0, zorder=2)
    # Numbers along each edge: the share of the outcome at whose corner the edge ends.
    for start, end, side, shift in EDGES:
        for share in GRID:
            x, y = (1.0 - share) * CORNERS[start] + share * CORNERS[end] + np.array(shift)
            ax.text(x, y, f"{share:g}", ha=side, va="center", fontsize=TICK_SIZE, color=MUTED)
    for corner, (across, up) in enumerate(NAMES):
        x, y = CORNERS[corner] + np.array([across, up])
        ax.text(
            x,
            y,
            plain(wrapped(outcomes[corner], NAME_MOST)),
            ha="center",
            va="top" if up < 0.0 else "bottom",
            fontsize=LABEL_SIZE,
            color=INK,
        )
    ax.set_xlim(-0.08, 1.08)
    ax.set_ylim(-0.12, 0.95)
    ax.set_aspect("equal")
    ax.axis("off")
