"""The head of a YOLO detector: from its logits to boxes, objectness and classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.detection.suppression import non_maximum_suppression, read_boxes
from logitkit.logits.functions import log_sigmoid, sigmoid
from logitkit.logits.read import read_numbers
from logitkit.options import is_finite_number, require_flag
from logitkit.typing import FloatArray, IntArray

__all__ = ["Detections", "decode_yolo"]

LARGEST = 80.0  # a box whose sides are e^80 times those of its anchor is no box


@dataclass(frozen=True)
class Detections:
    """Boxes with their scores, from the logits of a detector.

    Parameters
    ----------
    boxes : (n, 4) array
        Left, top, right and bottom, in pixels.
    scores : (n,) array
        Probability that there is an object of the class.
    classes : (n,) int array
        Number of the class, from 0.

    Examples
    --------
    >>> found = Detections(
    ...     np.array([[0.0, 0.0, 9.0, 9.0], [0.0, 0.0, 9.0, 8.0]]), np.array([0.7, 0.9]), np.zeros(2, int)
    ... )
    >>> found.above(0.5).kept().boxes.tolist()
    [[0.0, 0.0, 9.0, 8.0]]
    """

    boxes: FloatArray
    scores: FloatArray
    classes: IntArray

    def __post_init__(self) -> None:
        boxes = read_boxes(self.boxes)
        n = len(boxes)
        given = {"Scores": self.scores, "Classes": self.classes} if n else {}
        for name, values in given.items():
            found = read_numbers(values, name, "leave these boxes out")
            if found.shape != (n,):
                raise DataError(f"{name} have shape {found.shape}, and there are {n} boxes.")
            if name == "Classes" and ((found < 0) | (found != np.floor(found))).any():
                raise DataError(f"Classes are numbers from 0, and one is {found[(found < 0) | (found % 1 != 0)][0]:g}.")
        object.__setattr__(self, "boxes", boxes)
        object.__setattr__(self, "scores", np.asarray(self.scores, dtype=np.float64).reshape(n))
        object.__setattr__(self, "classes", np.asarray(self.classes).astype(np.int64).reshape(n))

    def __len__(self) -> int:
        return int(self.scores.size)

    def _at(self, rows: Any) -> Detections:
        return replace(self, boxes=self.boxes[rows], scores=self.scores[rows], classes=self.classes[rows])

    def joined(self, *others: Detections) -> Detections:
        """Return these boxes joined with those of other heads of the same image, so that all can compete.

        Parameters
        ----------
        *others : Detections
            Boxes in pixels of the same image.

        Returns
        -------
        Detections
            All boxes, one set after another.
        """
        for other in others:
            if not isinstance(other, Detections):
                raise DataError(f"{other!r:.40} are no detections: give those of other heads of the same image.")
        every = (self, *others)
        names = ("boxes", "scores", "classes")
        return replace(self, **{name: np.concatenate([getattr(one, name) for one in every]) for name in names})

    def above(self, score: float) -> Detections:
        """Return the boxes whose score is at least a given value.

        Parameters
        ----------
        score : float
            Smallest score, a probability.

        Returns
        -------
        Detections
            The boxes, in the same order.
        """
        if not is_finite_number(score):
            raise DataError(f"score={score!r:.40}: give a probability.")
        return self._at(np.flatnonzero(self.scores >= score))

    def kept(self, overlap: float = 0.5, *, by_class: bool = True) -> Detections:
        """Return the boxes that non-maximum suppression keeps, the best first.

        Parameters
        ----------
        overlap : float, default 0.5
            Intersection over union above which the worse of two boxes is left out.
        by_class : bool, default True
            Whether only boxes of the same class compete.

        Returns
        -------
        Detections
            The boxes that are kept.

        Raises
        ------
        DataError
            If the overlap is not within 0 and 1.
        """
        require_flag("by_class", by_class)
        return self._at(non_maximum_suppression(self.boxes, self.scores, overlap, self.classes if by_class else None))


def decode_yolo(head: Any, anchors: Any, stride: float) -> Detections:
    r"""Return the boxes of one image from the logits of a YOLO head.

    With logits :math:`t_x, t_y, t_w, t_h, t_o` and those of C classes for each anchor of each cell (column i, row j,
    both from 0), the centre in Redmon and Farhadi (2018) is at
    :math:`s (i + \sigma(t_x)), s (j + \sigma(t_y))`, the sides are :math:`a_w e^{t_w}, a_h e^{t_h}`, and the score of
    a class is :math:`\sigma(t_o) \sigma(t_c)` (``docs/maths/decoding.md``, equations 5 and 6). Each box gets its most
    probable class.

    Parameters
    ----------
    head : (A, 5 + C, H, W) array-like
        Logits of A anchors on a grid of H rows and W columns, C at least 1. Heads with other strides are decoded
        separately and then ``joined``.
    anchors : (A, 2) array-like
        Width and height of each, in pixels.
    stride : float
        Pixels per cell.

    Returns
    -------
    Detections
        All A H W boxes, anchor by anchor and row by row.

    Raises
    ------
    DataError
        If a logit is not finite, shapes do not match, or a side or the stride is not above zero.

    References
    ----------
    Redmon, J. and Farhadi, A. (2018) YOLOv3: an incremental improvement. arXiv 1804.02767.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.logits.decode_yolo(np.zeros((1, 6, 1, 2)), [[4.0, 2.0]], 8.0)
    >>> found.boxes.tolist()
    [[2.0, 3.0, 6.0, 5.0], [10.0, 3.0, 14.0, 5.0]]
    >>> found.scores.tolist()
    [0.25, 0.25]
    """
    logits = read_numbers(head, "Logits of the head", "").astype(np.float64, copy=False)
    sides = read_numbers(anchors, "Anchors", "").astype(np.float64, copy=False)
    if logits.ndim != 4 or logits.shape[1] < 6:
        raise DataError(f"The head has shape {logits.shape}: give (A, 5 + C, H, W), C at least 1.")
    if sides.shape != (logits.shape[0], 2) or sides.min() <= 0.0:
        raise DataError(
            f"Anchors have shape {sides.shape}: give width and height above 0 of {logits.shape[0]} anchors."
        )
    if not is_finite_number(stride) or stride <= 0.0:
        raise DataError(f"stride={stride!r:.40}: give the pixels of a cell, above 0.")
    if logits[:, 2:4].max() > LARGEST:
        raise DataError(
            f"A logit of a side is {logits[:, 2:4].max():g}: its box would be e to that power times the anchor."
        )
    rows, columns = logits.shape[2:]
    across = stride * (np.arange(columns) + sigmoid(logits[:, 0]))
    down = stride * (np.arange(rows)[:, None] + sigmoid(logits[:, 1]))
    half = 0.5 * sides[:, :, None, None] * np.exp(logits[:, 2:4])
    boxes = np.stack([across - half[:, 0], down - half[:, 1], across + half[:, 0], down + half[:, 1]], axis=-1)
    classes = logits[:, 5:].argmax(axis=1)
    best = np.take_along_axis(logits[:, 5:], classes[:, None], axis=1)[:, 0]
    scores = np.exp(log_sigmoid(logits[:, 4]) + log_sigmoid(best))
    return Detections(boxes.reshape(-1, 4), scores.reshape(-1), classes.reshape(-1).astype(np.int64))
