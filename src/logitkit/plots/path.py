"""Coefficients along a path, and the scores of its cross-validation, over the strength of the penalty."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.regularised.path import PathRecord, PathStatus
from logitkit.errors import DataError
from logitkit.plots.labels import plain, wrapped
from logitkit.plots.log_axis import set_log_ticks
from logitkit.plots.style import (
    ACCENT,
    FAINT,
    GUIDE,
    INK,
    MUTED,
    PRIMARY,
    TICK_SIZE,
    dress,
    looks,
    new_axes,
)
from logitkit.selection.cross_validation import CrossValidation
from logitkit.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

__all__ = ["plot_cross_validation", "plot_path"]

NAMED_MOST = 8  # coefficients that are named beside their line
LABEL_MOST = 24  # characters of a line of a name
LINES_MOST = 1_000  # lines of a picture that stays made of lines
SIZE = (6.4, 4.4)
STRENGTH = "Strength of the penalty (log scale)"
COUNTS = 6  # counts of coefficients along the top


def plot_path(record: PathRecord, scale: FloatArray, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw every coefficient against the penalty strength, with the strongest penalty on the left.

    Notes
    -----
    Coefficients that are zero at all strengths are not drawn. A strength of zero cannot be shown on the logarithmic
    axis.
    """
    drawn = _drawn(record.strengths)
    strengths = record.strengths[drawn]
    scaled = (record.coef * scale)[drawn]
    shown = [j for j, name in enumerate(record.names) if not _is_intercept(name) and scaled[:, j].any()]
    moving = np.array(shown, dtype=np.int64)
    order = moving[np.argsort(-np.abs(scaled[-1, moving]), kind="stable")]
    named = order[:NAMED_MOST]
    named = named[scaled[-1, named] != 0.0]
    ax = new_axes(ax, SIZE)
    ax.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
    _draw_lines(ax, strengths, scaled[:, np.setdiff1d(order, named)])
    lines = looks(named.size)
    for j, look in zip(named, lines, strict=True):
        ax.plot(strengths, scaled[:, j], look.line, color=look.color, linewidth=1.5, zorder=3, label=record.names[j])
    _strength_axis(ax, strengths)
    below = _below(record.words, record.status, int(np.count_nonzero(~drawn)))
    dress(ax, x=below, y="Coefficient × scale of its column", title=title)
    _counts_above(ax, strengths, record.n_nonzero[drawn])
    ax.margins(y=0.06)
    _name_lines(
        ax,
        float(strengths[-1]),
        scaled[-1, named],
        [plain(wrapped(record.names[j], LABEL_MOST)) for j in named],
        [look.color for look in lines],
    )
    return ax


def plot_cross_validation(record: CrossValidation, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the mean score and its standard error against the strength, with the strongest penalty on the left."""
    path, curve = record.path, record.curve
    drawn = _drawn(path.strengths) & np.isfinite(curve.mean)
    if not drawn.any():
        raise DataError("No strength has a score to draw.")
    strengths, mean = path.strengths[drawn], curve.mean[drawn]
    ax = new_axes(ax, SIZE)
    error = np.nan_to_num(curve.std_error[drawn])
    ax.vlines(strengths, mean - error, mean + error, color=GUIDE, linewidth=1.0, zorder=2)
    for mask, face in ((curve.comparable[drawn], PRIMARY), (~curve.comparable[drawn], "white")):
        ax.plot(
            strengths[mask],
            mean[mask],
            "o",
            color=PRIMARY,
            markerfacecolor=face,
            markersize=3.6,
            markeredgewidth=0.9,
            zorder=3,
        )
    _strength_axis(ax, strengths)
    label = record.measure.label
    below = _below(path.words, path.status, int(np.count_nonzero(path.strengths == 0.0)))
    dress(ax, x=below, y=f"{label}, mean ± s.e.", title=title)
    _counts_above(ax, strengths, path.n_nonzero[drawn])
    _mark_choices(ax, record)
    return ax


def _drawn(strengths: FloatArray) -> BoolArray:
    """Return which strengths have a place on a logarithmic axis, shape (k,)."""
    drawn = strengths > 0.0
    if not drawn.any():
        raise DataError("No strength is positive, but the axis of strengths is logarithmic.")
    return np.asarray(drawn)


def _is_intercept(name: str) -> bool:
    """Return whether a coefficient, alone or of an outcome, is an intercept."""
    return name.rsplit(":", 1)[-1].strip() == INTERCEPT


def _draw_lines(ax: Axes, strengths: FloatArray, scaled: FloatArray) -> None:
    """Draw the coefficients that are not named, in grey."""
    from matplotlib.collections import LineCollection

    lines = [np.column_stack([strengths, values]) for values in scaled.T]
    ax.add_collection(
        LineCollection(lines, colors=GUIDE, linewidths=0.7, zorder=2, rasterized=len(lines) > LINES_MOST),
        autolim=True,
    )


def _strength_axis(ax: Axes, strengths: FloatArray) -> None:
    """Make the axis of strengths logarithmic, from the largest to the smallest."""
    ax.set_xscale("log")
    most, least = float(strengths.max()), float(strengths.min())
    room = (most / least) ** 0.02 if most > least else 2.0
    ax.set_xlim(most * room, least / room)
    set_log_ticks(ax)


def _counts_above(ax: Axes, strengths: FloatArray, n_nonzero: IntArray) -> None:
    """Write along the top how many coefficients are not zero."""
    places = _even_places(np.log(strengths))
    top = ax.secondary_xaxis("top")
    top.set_xticks(strengths[places], [f"{n_nonzero[place]:,}" for place in places])
    top.minorticks_off()
    top.tick_params(colors=MUTED, labelcolor=MUTED, labelsize=TICK_SIZE, length=2.5)
    top.spines["top"].set_visible(False)
    top.set_xlabel("Coefficients not zero, the intercept included", fontsize=TICK_SIZE, color=MUTED)


def _even_places(log_strengths: FloatArray) -> IntArray:
    """Return places of a few strengths, about evenly along the axis."""
    wanted = np.linspace(log_strengths[0], log_strengths[-1], COUNTS)
    return np.unique(np.abs(log_strengths[:, None] - wanted).argmin(axis=0))


def _name_lines(ax: Axes, least: float, ends: FloatArray, names: list[str], colours: list[str]) -> None:
    """Write names to the right of the ends of their lines, moved apart where they would overlap."""
    if not names:
        return
    ax.autoscale_view(scalex=False)
    low, high = ax.get_ylim()
    points = ax.bbox.height * 72.0 / ax.figure.dpi
    places = (ends - low) / (high - low)
    rows = [1.45 * TICK_SIZE * (name.count("\n") + 1) for name in names]
    heights = _apart(places * points, rows, points) / points
    for place, height, name, colour in zip(places, heights, names, colours, strict=True):
        ax.annotate(
            name,
            (least, place),
            xytext=(1.035, height),
            xycoords=ax.get_xaxis_transform(),
            textcoords="axes fraction",
            va="center",
            fontsize=TICK_SIZE,
            color=colour,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 0.6,
                "shrinkA": 1.0,
                "shrinkB": 0.0,
                "relpos": (0.0, 0.5),
            },
        )


def _apart(wanted: FloatArray, heights: Sequence[float], room: float) -> FloatArray:
    """Return middles of texts that do not overlap, in the order wanted and near it, within the room if it is enough."""
    order = np.argsort(wanted, kind="stable")
    middle, half = wanted[order].copy(), 0.5 * np.asarray(heights)[order]
    for i in range(1, middle.size):
        middle[i] = max(middle[i], middle[i - 1] + half[i - 1] + half[i])
    middle[-1] = min(middle[-1], max(room, 2.0 * float(half.sum()) - half[0] - half[-1]))
    for i in range(middle.size - 2, -1, -1):
        middle[i] = min(middle[i], middle[i + 1] - half[i] - half[i + 1])
    out = np.empty_like(middle)
    out[order] = middle
    return out


def _below(words: str, status: PathStatus, n_zero: int) -> str:
    """Return what stands below the axis: its name, which penalty it is, and how the path ended."""
    parts = [words]
    if status is not PathStatus.COMPLETE:
        parts.append(status.value)
    if n_zero:
        parts.append("strength 0 is not drawn")
    return "\n".join([STRENGTH, *textwrap.wrap("; ".join(parts), 72)])


def _mark_choices(ax: Axes, record: CrossValidation) -> None:
    """Draw a line at each choice, and say in a legend which it is."""
    strengths, counts = record.path.strengths, record.path.n_nonzero
    choices = [("best", record.best, ACCENT, "-"), ("one standard error", record.one_se, INK, (0, (4, 3)))]
    if record.best == record.one_se:
        choices = [("best, and one standard error", record.best, ACCENT, "-")]
    handles, lines = [], []
    for name, place, colour, style in choices:
        if strengths[place] <= 0.0:
            handles.append(ax.plot([], [], color=colour, linestyle=style, linewidth=1.2, label=f"{name}: 0")[0])
            continue
        label = f"{name}: {strengths[place]:.3g} ({counts[place]:,} not zero)"
        lines.append(
            ax.axvline(float(strengths[place]), color=colour, linestyle=style, linewidth=1.2, zorder=1, label=label)
        )
        handles.append(lines[-1])
    ax.grid(axis="y", color=FAINT, linewidth=0.6, alpha=0.7)
    ax.set_axisbelow(True)
    legend = ax.legend(
        handles=handles,
        loc="upper right",
        facecolor="white",
        edgecolor="none",
        fontsize=TICK_SIZE,
        labelcolor=INK,
        handlelength=1.8,
        title=textwrap.fill(record.folds.words, 60),
        title_fontproperties={"size": TICK_SIZE},
        alignment="left",
    )
    _lift_legend(ax, legend, lines)


def _lift_legend(ax: Axes, legend: Legend, lines: Sequence[Line2D]) -> None:
    """Give the legend a strip of its own above the scores, which neither they nor the lines of the choices enter."""
    low, high = ax.get_ylim()
    size = TICK_SIZE * 2.1 * (len(legend.get_texts()) + legend.get_title().get_text().count("\n") + 1)
    share = min(size * ax.figure.dpi / 72.0 / ax.bbox.height, 0.5)
    ax.set_ylim(low, low + (high - low) / (1.0 - share))
    for line in lines:
        line.set_ydata([0.0, 1.0 - share])
