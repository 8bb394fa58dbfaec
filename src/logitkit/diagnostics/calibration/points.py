"""Rows in order of their prediction, pooled: what a curve of observed on predicted rates is drawn through.

Rows of one prediction are one point. Beyond 20,000 of these, neighbours are pooled in groups that are no wider than
1 / 10,000 and hold no more than that of the weight, which changes a smooth curve by the square of the width of a group
only (``docs/maths/calibration.md``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from logitkit.numerics.once import once
from logitkit.numerics.pooled import Pooled
from logitkit.typing import FloatArray

__all__ = ["POINTS_MOST", "Points", "pooled_points"]

POINTS_MOST = 20_000


@dataclass(frozen=True)
class Points:
    """Pooled rows in ascending order of predicted probability.

    Parameters
    ----------
    sums : (4, m) array
        Sums of weights, weighted events, expected events and squared weights.
    exact : bool
        Whether each point represents a single predicted probability.

    Examples
    --------
    >>> Points(np.array([[2.0], [1.0], [0.5], [2.0]]), True).predicted.tolist()
    [0.25]
    """

    sums: FloatArray
    exact: bool

    @property
    def weights(self) -> FloatArray:
        """Weight of each point, shape (m,)."""
        return np.asarray(self.sums[0])

    @once
    def predicted(self) -> FloatArray:
        """Mean predicted probability of each point, shape (m,)."""
        mean: FloatArray = np.maximum.accumulate(self.sums[2] / self.sums[0])
        return np.minimum(mean, 1.0)

    @once
    def observed(self) -> FloatArray:
        """Observed rate of each point, shape (m,)."""
        return np.asarray(np.minimum(self.sums[1] / self.sums[0], 1.0))


def pooled_points(blocks: Iterable[Pooled], total: float, most: int = POINTS_MOST) -> Points:
    """Return the points of rows that arrive in ascending order of score.

    Parameters
    ----------
    blocks : iterable of Pooled
        Scores, with at least the four sums of ``Points``.
    total : float
        Sum of all weights.
    most : int
        Largest number of points, beyond which neighbours are pooled.

    Returns
    -------
    Points
        At most ``most`` points.

    Examples
    --------
    >>> one = Pooled(np.array([0.0, 0.0, 1.0]), np.ones((4, 3)))
    >>> pooled_points([one], 3.0).weights.tolist()
    [2.0, 1.0]
    """
    held: list[FloatArray] = []
    size, exact = 0, True
    for block in blocks:
        with np.errstate(invalid="ignore"):  # equal infinities differ by nan
            first = np.append(0, np.flatnonzero(np.diff(block.scores) > 0.0) + 1)
        held.append(np.add.reduceat(block.sums[:4], first, axis=1))
        size += first.size
        if size > 4 * most:
            held, exact = [_fewer(np.concatenate(held, axis=1), total, most)], False
            size = held[0].shape[1]
    sums = np.concatenate(held, axis=1)
    if size > most:
        sums, exact = _fewer(sums, total, most), False
    return Points(sums[:, sums[0] > 0.0], exact)


def _fewer(sums: FloatArray, total: float, most: int) -> FloatArray:
    """Return neighbours pooled in groups that are neither wide nor heavy."""
    steps = 0.5 * most
    middle = np.cumsum(sums[0]) - 0.5 * sums[0]
    cells = np.floor(np.stack([middle * (steps / total), sums[2] / np.maximum(sums[0], 1e-300) * steps]))
    first = np.append(0, np.flatnonzero((np.diff(cells, axis=1) != 0.0).any(axis=0)) + 1)
    return np.asarray(np.add.reduceat(sums, first, axis=1))
