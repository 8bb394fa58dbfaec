"""The pieces of an average: rows, and levels and slopes of some of their columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.typing import FloatArray, IntArray

__all__ = ["Level", "Piece", "RowsOfFit", "Slope", "one_row"]


class RowsOfFit(NamedTuple):
    """The rows that are averaged over, unchanged.

    Parameters
    ----------
    matrix : Matrix
        All columns of the n rows.
    offset : (m, n) array or None
        Offsets by linear predictor.

    Examples
    --------
    >>> RowsOfFit(Dense(np.ones((3, 2))), None).take(np.array([0, 2])).matrix.n_rows
    2
    """

    matrix: Matrix
    offset: FloatArray | None

    def take(self, rows: IntArray) -> RowsOfFit:
        """Return some of the rows.

        Parameters
        ----------
        rows : (r,) int array
            Positions of the rows.

        Returns
        -------
        RowsOfFit
            The rows, in the order of the positions.
        """
        return RowsOfFit(self.matrix.take(rows), None if self.offset is None else self.offset[:, rows])


class Level(NamedTuple):
    """The mean with some columns at other values.

    Parameters
    ----------
    places : (c,) int array or None
        Positions of the columns; None if the matrix has all columns and the offset is complete.
    matrix : Matrix
        n rows.
    offset : (m, n) array or None
        Offsets, if the matrix has all columns.

    Examples
    --------
    >>> Level(np.array([1]), Dense(np.ones((3, 1)))).take(np.array([0])).matrix.n_rows
    1
    """

    places: IntArray | None
    matrix: Matrix
    offset: FloatArray | None = None

    def take(self, rows: IntArray) -> Level:
        """Return some of the rows.

        Parameters
        ----------
        rows : (r,) int array
            Positions of the rows.

        Returns
        -------
        Level
            The rows, in the order of the positions.
        """
        return Level(self.places, self.matrix.take(rows), None if self.offset is None else self.offset[:, rows])


class Slope(NamedTuple):
    """The mean of derivatives along a change of some columns.

    Parameters
    ----------
    places : (c,) int array
        Positions of the columns that change.
    matrix : Matrix
        Rates of change of these columns, n rows.
    offset : (m, n) array or None
        Rate of change of the offset.
    factor : (n,) array or None
        Factor by which the derivative of each row is multiplied.
    proportional : bool
        Whether the derivative is that of the logarithm of the averaged quantity.

    Examples
    --------
    >>> Slope(np.array([1]), Dense(np.ones((3, 1)))).proportional
    False
    """

    places: IntArray
    matrix: Matrix
    offset: FloatArray | None = None
    factor: FloatArray | None = None
    proportional: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the slope changes columns only, and is that of the averaged quantity itself."""
        return self.offset is None and self.factor is None and not self.proportional

    def take(self, rows: IntArray) -> Slope:
        """Return some of the rows.

        Parameters
        ----------
        rows : (r,) int array
            Positions of the rows.

        Returns
        -------
        Slope
            The rows, in the order of the positions.
        """
        return self._replace(
            matrix=self.matrix.take(rows),
            offset=None if self.offset is None else self.offset[:, rows],
            factor=None if self.factor is None else self.factor[rows],
        )


Piece = Level | Slope


def one_row(matrix: Matrix) -> FloatArray | None:
    """Return the single row that all rows of a matrix equal, if it is stored once; otherwise None.

    Parameters
    ----------
    matrix : Matrix
        n rows.

    Returns
    -------
    (p,) array or None
        The row.

    Examples
    --------
    >>> one_row(Dense(np.broadcast_to([1.0, 2.0], (5, 2)))).tolist(), one_row(Dense(np.ones((5, 2))))
    ([1.0, 2.0], None)
    """
    if isinstance(matrix, Dense) and matrix.n_rows > 1 and matrix.array.strides[0] == 0:
        return np.asarray(matrix.array[0], dtype=np.float64)
    return None
