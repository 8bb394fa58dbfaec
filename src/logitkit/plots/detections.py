"""Boxes of detected objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.detection.yolo import Detections
from logitkit.plots.labels import add_note, plain
from logitkit.plots.style import SERIES, dress, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_detections"]

BOXES_MOST = 200
MARGIN = 0.05  # of the extent of the boxes


def plot_detections(
    result: Detections, ax: Axes | None = None, *, names: Sequence[str] | None = None, title: str = ""
) -> Axes:
    """Draw boxes with their class and score, the highest score on top."""
    from matplotlib.patches import Rectangle

    known = int(result.classes.max()) + 1 if len(result) else 0
    if names is not None and (isinstance(names, str) or len(names) < known):
        raise DataError(f"names={names!r:.60}: give a name for each of {known} classes.")
    given = ax is not None
    ax = new_axes(ax, (5.0, 5.0))
    best = np.argsort(-result.scores, kind="stable")[:BOXES_MOST]
    for box in best[::-1]:
        left, top, right, bottom = (float(value) for value in result.boxes[box])
        kind = int(result.classes[box])
        color = SERIES[kind % len(SERIES)]
        ax.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=color, linewidth=1.4))
        text = f"{kind if names is None else names[kind]} {result.scores[box]:.2f}"
        ax.text(left, top, plain(text), color=color, fontsize=7.5, va="bottom", clip_on=True)
    if not given and len(best):
        low, high = result.boxes[best, :2].min(axis=0), result.boxes[best, 2:].max(axis=0)
        space = MARGIN * np.maximum(high - low, 1.0)
        ax.set_xlim(low[0] - space[0], high[0] + space[0])
        ax.set_ylim(high[1] + space[1], low[1] - space[1])
        ax.set_aspect("equal")
    if len(result) > BOXES_MOST:
        add_note(ax, f"The best {BOXES_MOST} of {len(result):,} boxes.")
    dress(ax, x="" if given else "Pixels", y="" if given else "Pixels", title=title)
    return ax
