"""Non-maximum suppression: of boxes that overlap, the best one."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.labels import read_groups
from logitkit.logits.read import read_numbers
from logitkit.numerics.kernels.boxes import suppress
from logitkit.options import is_finite_number
from logitkit.typing import FloatArray, IntArray

__all__ = ["non_maximum_suppression", "read_boxes"]


def read_boxes(boxes: Any) -> FloatArray:
    """Return boxes as an array of float64.

    Parameters
    ----------
    boxes : (n, 4) array-like
        Left, top, right and bottom of each.

    Returns
    -------
    (n, 4) array
        The same; n may be 0.

    Raises
    ------
    DataError
        If the shape is wrong, or a box has a negative or unknown size; its row is named.

    Examples
    --------
    >>> read_boxes([[0, 0, 1, 2]]).tolist()
    [[0.0, 0.0, 1.0, 2.0]]
    """
    if np.size(boxes) == 0:
        return np.empty((0, 4))
    values = read_numbers(boxes, "Boxes", "leave these boxes out").astype(np.float64, copy=False)
    if values.ndim != 2 or values.shape[1] != 4:
        raise DataError(f"Boxes have shape {values.shape}: give (n, 4), of left, top, right and bottom.")
    bad = (values[:, 2] < values[:, 0]) | (values[:, 3] < values[:, 1])
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"Row {row} (from 0), {values[row].tolist()}, has a negative size: boxes are left, top, right, bottom."
        )
    return values


def non_maximum_suppression(boxes: Any, scores: Any, threshold: float = 0.5, classes: Any = None) -> IntArray:
    r"""Return the boxes to keep: those that overlap no better kept box of their class by more than the threshold.

    The best box is kept, and boxes that overlap it by more are left out; then the best remaining one, and so on.
    The overlap of two boxes is the area of their intersection over that of their union
    (``docs/maths/decoding.md``, equation 7).

    Parameters
    ----------
    boxes : (n, 4) array-like
        Left, top, right and bottom of each.
    scores : (n,) array-like
        How good each box is, as logits or probabilities. Of boxes with equal scores, the first is better.
    threshold : float, default 0.5
        From 0 to 1. A box whose overlap equals the threshold is kept.
    classes : (n,) array-like, optional
        Class of each box; only boxes of the same class compete. If omitted, all boxes compete.

    Returns
    -------
    (m,) int array
        Row numbers of the kept boxes, the best first.

    Raises
    ------
    DataError
        If a number is not finite, a box has a negative size, or the threshold is not within 0 and 1.

    Examples
    --------
    >>> import logitkit as lk
    >>> boxes = [[0, 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]]
    >>> lk.logits.non_maximum_suppression(boxes, [0.8, 0.9, 0.3]).tolist()
    [1, 2]
    """
    if not is_finite_number(threshold) or not 0.0 <= threshold <= 1.0:
        raise DataError(f"threshold={threshold!r:.40}: give an overlap from 0 to 1.")
    corners = read_boxes(boxes)
    n = corners.shape[0]
    if n == 0 and np.size(scores) == 0:
        return np.empty(0, np.int64)
    values = read_numbers(scores, "Scores", "leave these boxes out")
    if values.shape != (n,):
        raise DataError(f"Scores have shape {values.shape}, and there are {n} boxes.")
    codes = np.zeros(n, np.int64)
    if classes is not None:
        codes = read_groups(classes, n, "classes")[1]
    best_first = np.argsort(-values, kind="stable")
    order = best_first[np.argsort(codes[best_first], kind="stable")]
    starts = np.append(np.flatnonzero(np.diff(codes[order], prepend=-1)), n).astype(np.int64)
    kept, found = np.zeros(n, dtype=bool), np.empty(n, dtype=bool)
    suppress(np.ascontiguousarray(corners[order].T), starts, float(threshold), found)
    kept[order] = found
    return best_first[kept[best_first]]
