"""Detections, with a table and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

import logitkit.report.findings.detections  # noqa: F401 - says how these results are shown
from logitkit.logits.detection.yolo import Detections as _Detections
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown

__all__ = ["Detections"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class Detections(Shown, _Detections):
    """Boxes and their scores, with a table and a figure.

    Examples
    --------
    >>> import numpy as np
    >>> found = Detections(np.array([[0.0, 0.0, 9.0, 8.0]]), np.array([0.9]), np.zeros(1, int))
    >>> found.to_frame().values.tolist()
    [[0.0, 0.9, 0.0, 0.0, 9.0, 8.0]]
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per box, in the order of the boxes.

        Returns
        -------
        pandas.DataFrame
            Columns class, score, left, top, right, bottom.
        """
        sides = {name: self.boxes[:, j] for j, name in enumerate(("left", "top", "right", "bottom"))}
        columns: dict[str, Any] = {"class": self.classes, "score": self.scores}
        return ResultFrame(columns | sides)

    def plot(self, ax: Any = None, *, names: Sequence[str] | None = None, title: str = "") -> Any:
        """Draw the boxes with class and score, over the image on the axes if there is one.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on, such as those of ``ax.imshow(image)``; those of a new figure by default.
        names : sequence of str, optional
            Names of the classes, in order; numbers by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot, in pixels, with the vertical axis downwards; of more than 200 boxes, the 200 with the highest
            scores.
        """
        from logitkit.plots.detections import plot_detections

        return plot_detections(self, ax, names=names, title=title)
