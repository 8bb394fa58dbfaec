r"""Second derivatives of the losses of rows, as bilinear forms of combinations of their linear predictors.

With the second derivatives :math:`C_i` of a row by its m linear predictors, a model whose coefficients enter through
constraint vectors h and g needs only :math:`h' C_i g`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from logitkit.numerics.once import once
from logitkit.typing import FloatArray

__all__ = ["Banded", "BlockSums", "Combinations", "RowCurvature", "Softmax"]


@dataclass(frozen=True, eq=False)
class Combinations:
    """Two combinations of the linear predictors and the pattern of their zeros, found once for all blocks of rows.

    Parameters
    ----------
    left, right : (m,) array
        h and g.
    """

    left: FloatArray
    right: FloatArray

    @once
    def alike(self) -> bool:
        """Whether the two are the same."""
        return self.left is self.right or np.array_equal(self.left, self.right)

    @once
    def predictors(self) -> tuple[list[int], list[int]]:
        """The predictors in each of the two combinations."""
        return np.flatnonzero(self.left).tolist(), np.flatnonzero(self.right).tolist()

    @once
    def own(self) -> FloatArray:
        """Products of the weights of each predictor, shape (m,)."""
        return self.left * self.right

    @once
    def beside(self) -> FloatArray:
        """Products of the weights of each predictor and the next, in both orders, shape (m - 1,)."""
        return self.left[:-1] * self.right[1:] + self.left[1:] * self.right[:-1]

    @once
    def band(self) -> tuple[list[int], list[int]]:
        """Where the products of ``own`` and of ``beside`` are not zero."""
        return np.flatnonzero(self.own).tolist(), np.flatnonzero(self.beside).tolist()


class RowCurvature(Protocol):
    """Weighted second derivatives of a block of rows."""

    def between(self, pair: Combinations) -> FloatArray | None:
        """Return h' C g of each row, shape (n,); None where it is zero by structure."""


class BlockSums(NamedTuple):
    """The results of a family for a block of rows.

    Parameters
    ----------
    value : float
        Sum of the weighted losses.
    closest : float
        The number that certifies overlap.
    curvature : RowCurvature
        Second derivatives.
    pearson : float
        Pearson's statistic; nan if it was not asked for.
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
        One minus each of them.
    weights : (n,) array
        Weights.

    Examples
    --------
    >>> curvature = Softmax(np.array([[0.25], [0.75]]), np.array([[0.75], [0.25]]), np.array([2.0]))
    >>> own, other = np.eye(2)
    >>> curvature.between(Combinations(own, own)).tolist(), curvature.between(Combinations(own, other)).tolist()
    ([0.375], [-0.375])
    """

    mean: FloatArray
    others: FloatArray
    weights: FloatArray

    def between(self, pair: Combinations) -> FloatArray | None:
        """Return the weighted covariance of two scores of the outcomes, shape (n,)."""
        left, right = pair.left, pair.right
        one, other = pair.predictors
        if not one or not other:
            return None
        if len(one) == 1 and len(other) == 1:
            a, b = one[0], other[0]
            size = float(left[a] * right[b])
            return np.asarray(size * self.weights * self.mean[a] * (self.others[a] if a == b else -self.mean[b]))
        # Deviations from the mean lose no digits where one outcome is nearly certain.
        deviation = left[:, None] - left @ self.mean
        product = self.mean * deviation
        if pair.alike:
            return np.asarray(self.weights * (product * deviation).sum(axis=0))
        return np.asarray(self.weights * (product * (right[:, None] - right @ self.mean)).sum(axis=0))


@dataclass(frozen=True, slots=True)
class Banded:
    """Second derivatives by one predictor, and by two adjacent ones.

    Parameters
    ----------
    diagonal : (m, n) array
        By the same predictor, weighted.
    beside : (m - 1, n) array
        By a predictor and the next.

    Examples
    --------
    >>> curvature = Banded(np.array([[2.0], [3.0]]), np.array([[-1.0]]))
    >>> curvature.between(Combinations(np.ones(2), np.ones(2))).tolist()
    [3.0]
    """

    diagonal: FloatArray
    beside: FloatArray

    def between(self, pair: Combinations) -> FloatArray | None:
        """Return h' C g of each row, shape (n,)."""
        own, beside = pair.band
        if not own and not beside:
            return None
        if len(own) + len(beside) == 1:
            size, row = (pair.own, self.diagonal) if own else (pair.beside, self.beside)
            place = own[0] if own else beside[0]
            return np.asarray(size[place] * row[place])
        return np.asarray(pair.own @ self.diagonal + pair.beside @ self.beside)
