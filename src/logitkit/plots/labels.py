"""Text on figures: labels that are wrapped and never cut, how wide they are, and notes below the axes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from logitkit.plots.style import MUTED, TICK_SIZE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LINE_MOST", "TOGETHER", "add_note", "name_levels", "plain", "text_width", "wrapped"]

LINE_MOST = 34  # characters of a line of a label
NOTE_MOST = 84  # characters of a line of a note, which may be as long as the figure is wide
UPRIGHT_MOST = 56  # characters of all levels that fit side by side
UPRIGHT_LINES = 2  # line breaks of a level that stands upright
NOTE_LEAST, MARGIN = 120.0, 28.0  # points: a note's least width, and what the label of the vertical axis takes
# A label may be broken behind a blank or a mark, and before a bracket that opens.
BREAKS = re.compile(r"(?<=[ \t\n_,:;/)\]&|+-])|(?<=\.)(?=[A-Za-z])|(?=[\[(])")
TOGETHER = "\N{NO-BREAK SPACE}"


def wrapped(label: str, width: int = LINE_MOST) -> str:
    """Return a label wrapped to as many lines as it needs; only blanks at line ends are removed.

    Examples
    --------
    >>> print(wrapped("C(checking_status)[T.at least 200 marks]", 24))
    C(checking_status)[T.at
    least 200 marks]
    """
    lines = [""]
    for piece in BREAKS.split(label):
        rest = piece
        if len(lines[-1]) + len(rest.rstrip()) > width and lines[-1]:
            lines.append("")
        while len(rest.rstrip()) > width:
            lines[-1], rest = rest[:width], rest[width:]
            lines.append("")
        lines[-1] += rest
    return "\n".join(line.rstrip() for line in lines if line.strip()) or label


def plain(text: str) -> str:
    """Return a name escaped for matplotlib, so that no part of it is typeset as a formula."""
    return text.replace("$", r"\$")


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = TICK_SIZE, weight: str = "normal") -> float:
    """Return the width of the longest line of a text, without the need for a figure.

    Examples
    --------
    >>> text_width("wide") > text_width("win"), text_width("")
    (True, 0.0)
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight=weight)
    # From the metrics of the font: the outlines of the letters say the same, and take fifty times as long.
    lines = [line.rstrip() for line in text.split("\n")]
    widths = (text_to_path.get_text_width_height_descent(line, font, ismath=False)[0] for line in lines if line)
    return max(map(float, widths), default=0.0)


def name_levels(ax: Axes, labels: Sequence[str]) -> None:
    """Label the levels below the axis, horizontally if there is room and slanted otherwise."""
    upright = [wrapped(label, UPRIGHT_MOST // max(len(labels), 1)) for label in labels]
    long = max(text.count("\n") for text in upright) > UPRIGHT_LINES or 4 * len(labels) > UPRIGHT_MOST
    texts = [plain(text) for text in ([wrapped(label) for label in labels] if long else upright)]
    ax.set_xticks(np.arange(len(texts)), texts, rotation=30 if long else 0, ha="right" if long else "center")
    if long:
        for text in ax.get_xticklabels():
            text.set_rotation_mode("anchor")
    ax.set_xlim(-0.6, len(texts) - 0.4)


def add_note(ax: Axes, text: str) -> None:
    """Write a note below the label of the horizontal axis, such as what a figure leaves out."""
    if text:
        ax.annotate(
            plain(_in_lines(text, _room(ax))),
            (0.5, 0.0),
            xycoords=ax.xaxis.label,
            xytext=(0.0, -4.0),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=TICK_SIZE,
            color=MUTED,
        )


def _in_lines(text: str, room: float) -> str:
    """Break a note between words into as few lines as there is room for, in points, and these about equally long."""
    words = text.replace("\n", " ").split(" ")
    lines = _broken(words, room)
    while len(lines) > 1 and len(narrower := _broken(words, room := 0.95 * room)) == len(lines):
        lines = narrower
    return "\n".join(lines)


def _broken(words: Sequence[str], room: float) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and (len(longer) > NOTE_MOST or text_width(longer) > room):
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _room(ax: Axes) -> float:
    """Return how wide a note centred below the axes may be, in points: the labels on the left have their part."""
    width, spec = float(ax.figure.bbox.width / ax.figure.dpi * 72.0), ax.get_subplotspec()
    part = float(ax.get_position().width) if spec is None else len(spec.colspan) / spec.get_gridspec().ncols
    labels = max((text_width(label.get_text()) for label in ax.get_yticklabels()), default=0.0)
    return max(part * width - labels - MARGIN, NOTE_LEAST)
