"""Standardised residuals against leverage: which rows are far off, which pull, and which do both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from logitkit.diagnostics.residuals.influence import Influence
from logitkit.errors import DataError, UnsupportedError
from logitkit.plots.style import ACCENT, FAINT, INK, MUTED, PRIMARY, TICK_SIZE, dress, new_axes
from logitkit.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DRAWN_MOST", "plot_residuals"]

DRAWN_MOST = 4_000
RASTER = 300  # points from which they are a picture within a drawing of lines
CONTOURS = (0.5, 1.0)


def plot_residuals(
    result: Influence,
    ax: Axes | None = None,
    *,
    kind: Literal["deviance", "pearson"] = "deviance",
    labels: Sequence[object] | None = None,
    n_labels: int = 5,
    title: str = "",
    outcome: int | None = None,
    out_of: tuple[int, int] | None = None,
) -> Axes:
    """Draw standardised residuals against leverage, with bubbles whose area is proportional to Cook's distance.

    With several outcomes, residuals and leverage are those of one outcome against all others.

    Notes
    -----
    With many thousands of rows, only those with the largest Cook's distances and an even sample of the others are
    drawn, and the figure says so. If rows were selected earlier, ``out_of`` gives the number of rows and the number
    with a distance.
    """
    if kind not in ("deviance", "pearson"):
        raise UnsupportedError(f"kind={kind!r} is not drawn; the residuals are 'deviance' and 'pearson'.")
    n = result.leverage.size
    if labels is not None and len(labels) != n:
        raise DataError(f"labels has {len(labels)} entries and there are {n} rows; they must agree.")
    residual, leverage = _of_outcome(result, kind, outcome)
    distance = result.cooks_distance
    usable = np.flatnonzero(np.isfinite(residual) & np.isfinite(distance))
    if usable.size == 0:
        raise DataError("No row has a standardised residual: every leverage is 1, as in a saturated model.")
    if not leverage[usable].any():
        raise DataError(
            "There are no residuals to draw: every row is fitted perfectly (complete separation), with residual and "
            "leverage 0."
        )
    ax = new_axes(ax)
    largest = usable[np.argsort(-distance[usable], kind="stable")]
    named = largest[: min(n_labels, largest.size)]
    drawn = _thin(largest)
    area = 6.0 + 160.0 * distance[drawn] / max(float(distance[largest[0]]), np.finfo(float).tiny)
    ax.axhline(0.0, color=FAINT, linewidth=1.0, zorder=0)
    ax.scatter(
        leverage[drawn],
        residual[drawn],
        s=area,
        facecolors=PRIMARY,
        edgecolors="white",
        linewidths=0.4,
        alpha=0.6,
        zorder=2,
        rasterized=drawn.size > RASTER,
    )
    ax.margins(0.08)
    ax.set_xlim(0.0, 1.06 * float(leverage[drawn].max()) or 1.0)
    lines = kind == "pearson" and outcome is None and _draw_contours(ax, result.rank)
    texts = [str(result.positions[row] if labels is None else labels[row]) for row in named]
    _name_points(ax, leverage[named], residual[named], texts)
    name = "Standardised deviance residual" if kind == "deviance" else "Standardised Pearson residual"
    of = "" if outcome is None else f" of {result.outcomes[outcome]}"
    dress(ax, x="Leverage", y=f"{name}{of}", title=title)
    parts = ["Bubble area and dashed lines: Cook's distance" if lines else "Bubble area: Cook's distance"]
    every, n_usable = (n, usable.size) if out_of is None else out_of
    if drawn.size < n_usable:
        parts.append(f"{drawn.size:,} of {n_usable:,} rows drawn")
    if n_usable < every:
        parts.append(f"{every - n_usable:,} with leverage 1 left out")
    _note(ax, "; ".join(parts))
    return ax


def _of_outcome(result: Influence, kind: str, outcome: int | None) -> tuple[FloatArray, FloatArray]:
    """Return the residuals that are drawn, and the leverages beside them."""
    residual = result.standardized_deviance if kind == "deviance" else result.standardized_pearson
    if residual.ndim == 1:
        return residual, result.leverage
    if outcome is None:
        raise UnsupportedError(
            f"Each of the {len(result.outcomes)} outcomes has its own residuals: name the outcome to draw."
        )
    return residual[outcome], result.outcome_leverage[outcome]


def _thin(largest: IntArray) -> IntArray:
    """Return rows to draw, largest Cook's distance last: half the largest, half a sample."""
    if largest.size <= DRAWN_MOST:
        return largest[::-1]
    half = DRAWN_MOST // 2
    others = np.sort(largest[half:])
    sample = others[np.linspace(0, others.size - 1, DRAWN_MOST - half).astype(np.int64)]
    return np.concatenate([sample, largest[:half][::-1]])


def _draw_contours(ax: Axes, rank: int) -> bool:
    """Draw the curves of equal Cook's distance, D = r^2 h / {k (1 - h)}, within the frame; tell if any is there."""
    (_, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    h = np.linspace(1e-4, min(right, 1.0 - 1e-6), 400)
    found = False
    for distance in CONTOURS:
        curve: FloatArray = np.sqrt(distance * rank * (1.0 - h) / h)
        for line in (curve, -curve):
            inside = np.flatnonzero((line <= top) & (line >= bottom))
            if inside.size < 2:
                continue
            found = True
            x, y = h[inside], line[inside]
            ax.plot(x, y, color=ACCENT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            ax.annotate(
                f"{distance:g}",
                (x[-1], y[-1]),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=TICK_SIZE,
                color=ACCENT,
                annotation_clip=False,
            )
    ax.set_xlim(0.0, right)
    ax.set_ylim(bottom, top)
    return found


def _name_points(ax: Axes, x: FloatArray, y: FloatArray, texts: Sequence[str]) -> None:
    """Write names beside points, each where it is clear of the names before it."""
    scale = 72.0 / ax.figure.dpi  # typographic points in a pixel
    points = scale * ax.transData.transform(np.column_stack([x, y]))
    start, end = scale * ax.bbox.x0, scale * ax.bbox.x1
    taken: list[tuple[float, float]] = []
    for (across, up), x_i, y_i, text in zip(points, x, y, texts, strict=True):
        width = 0.62 * TICK_SIZE * len(text)
        fits = {"left": across + 8.0 + width < end, "right": across - 8.0 - width > start}
        sides = [side for side in ("left", "right") if fits[side]] or ["left"]
        shift_up, align = 5.0, sides[0]
        for shift_up, align in ((u, side) for u in (5.0, -12.0, 16.0, -23.0, 27.0, -34.0) for side in sides):
            centre = across + (1.0 if align == "left" else -1.0) * (7.0 + 0.5 * width)
            if all(abs(centre - a) > width or abs(up + shift_up - b) > 9.5 for a, b in taken):
                taken.append((centre, up + shift_up))
                break
        ax.annotate(
            text,
            (x_i, y_i),
            xytext=(7.0 if align == "left" else -7.0, shift_up),
            textcoords="offset points",
            ha=align,
            fontsize=TICK_SIZE,
            color=INK,
            zorder=4,
        )


def _note(ax: Axes, text: str) -> None:
    """Write a line above the frame, on the right."""
    ax.text(
        0.99,
        1.01,
        text,
        transform=ax.transAxes,
        ha="right",
        va="bottom",
        fontsize=TICK_SIZE,
        color=MUTED,
    )
