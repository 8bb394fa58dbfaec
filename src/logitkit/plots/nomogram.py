"""A nomogram: points of each variable to add by hand, their total, and the probability that it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logitkit.inference.nomogram import Nomogram, Scale
from logitkit.options import require_text
from logitkit.plots.labels import plain, text_width, wrapped
from logitkit.plots.style import GUIDE, INK, LABEL_SIZE, MUTED, PRIMARY, TICK_SIZE, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["nomogram_size", "plot_nomogram"]

WIDTH = 6.2  # inches of the scales
ROW = 0.42  # inches of a scale with its values
NAME_MOST = 26  # characters of a line of a name
GAP = 4.0  # points between two values on one line
TIERS = 3  # lines of values below a scale, before some are left out
NOTE_MOST = 90  # characters of a line of the note below
TICK = 0.09  # of a row


class _Row(NamedTuple):
    """A scale: its name, places and values, where its line would end, and its colour."""

    name: str
    at: FloatArray
    words: Sequence[str]
    end: float
    color: str


def plot_nomogram(found: Nomogram, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw from top to bottom the scale of points, one scale per variable, the total points and the probability."""
    ax = new_axes(ax, nomogram_size(found))
    rows = list(_rows(found))
    width = 72.0 * WIDTH
    place, left = 0.0, _reach(rows) + 8.0
    for name, at, words, end, color in rows:
        tiers = _tiers(at / end, words, width)
        _draw_scale(ax, place, at / end, words, tiers, color)
        ax.annotate(
            plain(wrapped(name, NAME_MOST)),
            (0.0, place),
            xytext=(-left, 0.0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=LABEL_SIZE,
            color=INK,
            annotation_clip=False,
        )
        place += _height(name, tiers)
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(place - 0.4, -0.5)
    ax.set_axis_off()
    without = [scale.variable for scale in found.scales if not np.ptp(scale.points)]
    if without:
        words = fill(f"Without points, as the coefficients are zero: {', '.join(without)}.", NOTE_MOST)
        ax.annotate(
            plain(words), (0.0, 0.0), xytext=(0.0, -8.0), xycoords="axes fraction", textcoords="offset points",
            va="top", fontsize=TICK_SIZE, color=MUTED, annotation_clip=False,
        )  # fmt: skip
    require_text("title", title)
    if title:
        ax.set_title(title, loc="left", fontsize=LABEL_SIZE + 1.5, color=INK)
    return ax


def nomogram_size(found: Nomogram) -> tuple[float, float]:
    """Return the size of a figure in which the scales are readable."""
    rows = list(_rows(found))
    names = max(text_width(wrapped(name, NAME_MOST), LABEL_SIZE) for name, *_ in rows) + _reach(rows) + 12.0
    height = sum(_height(name, _tiers(at / end, words, 72.0 * WIDTH)) for name, at, words, end, _ in rows)
    return WIDTH + names / 72.0, 0.5 + ROW * height


def _rows(found: Nomogram) -> Iterator[_Row]:
    """Yield each scale from the top."""
    points = np.arange(0.0, 101.0, 10.0)
    yield _Row("Points", points, [f"{each:.0f}" for each in points], 100.0, MUTED)
    for scale in found.scales:
        if not np.ptp(scale.points):
            continue  # nothing to read: a penalty has set its coefficients to zero
        for name, at, words in _runs(scale):
            yield _Row(name, at, words, 100.0, PRIMARY)
    step = _step(found.most)
    total = np.arange(0.0, found.most * (1.0 + 1e-9), step)
    yield _Row("Total points", total, [f"{each:g}" for each in total], found.most, MUTED)
    probabilities = [f"{each:g}" for each in found.probabilities]
    if found.totals.size:
        yield _Row(f"Probability of {found.event}", found.totals, probabilities, found.most, PRIMARY)


def _runs(scale: Scale) -> Iterator[tuple[str, FloatArray, Sequence[str]]]:
    """Yield a scale; of a number whose points rise and fall one per run, as these would lie on one another."""
    change = np.sign(np.diff(scale.points))
    turns = [] if not scale.numeric else [k for k in range(1, change.size) if change[k] * change[k - 1] < 0.0]
    ends = [0, *turns, scale.points.size - 1]
    every = [_number(float(word)) for word in scale.values] if scale.numeric else scale.values
    for first, last in pairwise(ends):
        words = every[first : last + 1]
        name = scale.variable if not turns else f"{scale.variable}, {words[0]} to {words[-1]}"
        yield name, scale.points[first : last + 1], words


def _number(value: float) -> str:
    """Return a value of a scale as it is written: large ones in full, with commas from 10,000 on."""
    if abs(value) < 1000.0:
        return f"{value:.4g}"
    return f"{value:.0f}" if abs(value) < 10_000.0 else f"{value:,.0f}"


def _reach(rows: Sequence[_Row]) -> float:
    """Return how far the values of scales stand out to the left of these, in points."""
    return max(
        float(0.5 * text_width(word, TICK_SIZE) - x * 72.0 * WIDTH)
        for _, at, words, end, _ in rows
        for x, word in zip(at / end, words, strict=True)
    )


def _step(most: float) -> float:
    """Return the distance of marks, a round number that gives eight to twenty of them."""
    size = 10.0 ** np.floor(np.log10(most / 10.0))
    return float(next(size * each for each in (1.0, 2.0, 5.0, 10.0) if most / (size * each) <= 16.0))


def _tiers(at: FloatArray, words: Sequence[str], width: float) -> list[int]:
    """Return the line of each value, the first where it has room; -1 where none has."""
    ends = [-np.inf] * TIERS
    tiers = [-1] * len(words)
    for k in np.argsort(at, kind="stable"):
        half = 0.5 * text_width(words[k], TICK_SIZE)
        for tier in range(TIERS):
            if at[k] * width - half >= ends[tier] + GAP:
                tiers[k], ends[tier] = tier, at[k] * width + half
                break
    return tiers


def _height(name: str, tiers: Sequence[int]) -> float:
    """Return the height of a scale in rows."""
    return max(1.0 + 0.36 * max(max(tiers, default=0), 0), 0.55 * (1 + wrapped(name, NAME_MOST).count("\n")) + 0.2)


def _draw_scale(ax: Axes, place: float, at: FloatArray, words: Sequence[str], tiers: Sequence[int], color: str) -> None:
    ax.hlines(place, float(at.min()), float(at.max()), color=color, linewidth=1.3)
    for x, word, tier in zip(at, words, tiers, strict=True):
        lower = place + TICK + (0.36 * tier if tier > 0 else 0.0)
        ax.vlines(x, place, place + TICK, color=color, linewidth=1.0)
        if tier > 0:
            ax.vlines(x, place + TICK, lower, color=GUIDE, linewidth=0.5)
        if tier >= 0:
            ax.annotate(
                plain(word),
                (x, lower),
                xytext=(0.0, -1.5),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=TICK_SIZE,
                color=INK,
                annotation_clip=False,
            )
