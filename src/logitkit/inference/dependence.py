"""Linear dependences among the columns on some rows, which no model fitted to these rows can resolve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Dependences", "dependences_of"]

PARTICIPATES = 1e-8  # share of the largest part of a dependence that is no rounding


@dataclass(frozen=True)
class Dependences:
    """Directions in the p coefficients that change no linear predictor of the rows.

    Parameters
    ----------
    empty : (k,) int array
        Columns that are zero in all rows, such as levels that do not occur.
    others : (p, m) array
        A basis of the other dependences; entries at rounding level are set to zero.

    Examples
    --------
    >>> found = dependences_of(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 0.0]]), np.array([1, 2]))
    >>> found.empty.tolist(), found.others.ravel().round(12).tolist()
    ([2], [-2.0, 1.0, 0.0])
    """

    empty: IntArray
    others: FloatArray

    @property
    def open_coefficients(self) -> BoolArray:
        """Coefficients that take part in a dependence, shape (p,)."""
        out = np.any(self.others != 0.0, axis=1)
        out[self.empty] = True
        return np.asarray(out)

    def move(self, rows: FloatArray) -> BoolArray:
        """Return for which rows the linear predictor changes along a dependence.

        Parameters
        ----------
        rows : (n, p) array
            Any rows; those with no change are estimable.

        Returns
        -------
        (n,) bool array
            True where the rows of the fit do not determine the linear predictor.
        """
        change, size = np.abs(rows @ self.others), np.abs(rows) @ np.abs(self.others)
        return np.asarray((change > PARTICIPATES * size).any(axis=1) | (rows[:, self.empty] != 0.0).any(axis=1))


def dependences_of(rows: FloatArray, aliased: IntArray) -> Dependences:
    """Return the dependences that cause columns to be aliased.

    Parameters
    ----------
    rows : (n, p) array
        Columns on the rows with positive weight.
    aliased : (k,) int array
        Columns that the other columns determine.

    Returns
    -------
    Dependences
        One dependence for each aliased column.

    Examples
    --------
    A row that satisfies the dependence is estimable; another is not:

    >>> found = dependences_of(np.array([[1.0, 2.0], [1.0, 2.0]]), np.array([1]))
    >>> found.move(np.array([[1.0, 2.0], [1.0, 3.0]])).tolist()
    [False, True]
    """
    p = rows.shape[1]
    size = np.abs(rows).max(axis=0, initial=0.0)
    empty = aliased[size[aliased] == 0.0]
    aliased = np.setdiff1d(aliased, empty)
    kept = np.setdiff1d(np.flatnonzero(size > 0.0), aliased)
    out = np.zeros((p, aliased.size))
    if aliased.size:
        out[aliased, np.arange(aliased.size)] = 1.0
        out[kept] = -np.linalg.lstsq(rows[:, kept] / size[kept], rows[:, aliased] / size[aliased], rcond=None)[0]
        out[np.abs(out) < PARTICIPATES * np.abs(out).max(axis=0)] = 0.0
        out /= np.where(size > 0.0, size, 1.0)[:, None]
        out /= out[aliased, np.arange(aliased.size)]
    return Dependences(empty, out)
