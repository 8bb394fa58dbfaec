r"""Second derivatives of the losses of rows, as bilinear forms of combinations of their linear predictors.

With the second derivatives :math:`C_i` of a row by its m linear predictors, a model whose coefficients enter by
constraint vectors h and g needs :math:`h' C_i g` and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["Banded", "BlockSums", "RowCurvature", "Softmax"]


class RowCurvature(Protocol):
    """Weighted second derivatives of a block of rows."""

    def between(self, left: FloatArray, right: FloatArray) -> FloatArray | None:
        """Return h' C g of each row for two vectors of length m, shape (n,); None where it is zero by structure."""


class BlockSums(NamedTuple):
    """What a family says of a block of rows.

    Parameters
    ----------
    value : float
        Sum of the weighted losses.
    closest : float
        What certifies overlap.
    curvature : RowCurvature
        Second derivatives.
    pearson : float
        Pearson's statistic; nan where it was not asked for.
    """

    value: float
    closest: float
    curvature: RowCurvature
    pearson: float = np.nan


@dataclass(frozen=True, slots=True)
class Softmax:
    """w (diag(p) - p p').

    Parameters
    ----------
    mean : (K, n) array
        Probabilities.
    others : (K, n) array
        One less each of them.
    weights : (n,) array
        Weights.

    Examples
    --------
    >>> curvature = Softmax(np.array([[0.25], [0.75]]), np.array([[0.75], [0.25]]), np.array([2.0]))
    >>> own, other = np.eye(2)
    >>> curvature.between(own, own).tolist(), curvature.between(own, other).tolist()
    ([0.375], [-0.375])
    """

    mean: FloatArray
    others: FloatArray
    weights: FloatArray

    def between(self, left: FloatArray, right: FloatArray) -> FloatArray | None:
        """Return the weighted covariance of two scores of the outcomes, shape (n,)."""
        one, other = np.flatnonzero(left), np.flatnonzero(right)
        if one.size == 0 or other.size == 0:
            return None
        if one.size == 1 and other.size == 1:
            a, b = int(one[0]), int(other[0])
            size = float(left[a] * right[b])
            return np.asarray(size * self.weights * self.mean[a] * (self.others[a] if a == b else -self.mean[b]))
        # Deviations from the mean lose no digits where one outcome is nearly certain.
        deviation = left[:, None] - left @ self.mean
        product = self.mean * deviation
        if left is right or np.array_equal(left, right):
            return np.asarray(self.weights * (product * deviation).sum(axis=0))
        return np.asarray(self.weights * (product * (right[:, None] - right @ self.mean)).sum(axis=0))


@dataclass(frozen=True, slots=True)
class Banded:
    """Second derivatives by one predictor, and by two that follow each other.

    Parameters
    ----------
    diagonal : (m, n) array
        By the same predictor, weighted.
    beside : (m - 1, n) array
        By a predictor and the next.

    Examples
    --------
    >>> curvature = Banded(np.array([[2.0], [3.0]]), np.array([[-1.0]]))
    >>> curvature.between(np.ones(2), np.ones(2)).tolist()
    [3.0]
    """

    diagonal: FloatArray
    beside: FloatArray

    def between(self, left: FloatArray, right: FloatArray) -> FloatArray | None:
        """Return h' C g of each row, shape (n,)."""
        own = left * right
        pairs = left[:-1] * right[1:] + left[1:] * right[:-1]
        if not own.any() and not pairs.any():
            return None
        if np.count_nonzero(own) == 1 and not pairs.any():
            place = int(np.flatnonzero(own)[0])
            return np.asarray(own[place] * self.diagonal[place])
        return np.asarray(own @ self.diagonal + pairs @ self.beside)
