"""Checks at the boundary: what is wrong, where, and what to do."""

from __future__ import annotations

import numpy as np

from logitkit.design.matrix import Matrix
from logitkit.errors import DataError
from logitkit.typing import FloatArray, IntArray

__all__ = ["require_finite", "require_weights"]


def require_finite(matrix: Matrix, names: tuple[str, ...], positions: IntArray) -> None:
    """Say which column of X is not finite, or too large to square.

    Parameters
    ----------
    matrix : Matrix
        The design.
    names : tuple of str
        Column names.
    positions : (n,) int array
        Row numbers in the table as given.

    Raises
    ------
    DataError
        Always when a value is missing, infinite or above 1e150.

    Examples
    --------
    >>> from logitkit.design.dense import Dense
    >>> require_finite(Dense(np.ones((2, 1))), ("x",), np.arange(2))
    """
    for start in range(0, matrix.n_rows, 65_536):
        block = matrix.rows(start, min(start + 65_536, matrix.n_rows)).to_dense()
        bad = ~(np.abs(block) < 1e150)
        if bad.any():
            row, column = (int(place[0]) for place in np.nonzero(bad))
            raise DataError(
                f"Column {names[column]!r} holds {block[row, column]} in row {positions[start + row]} (from 0). "
                f"Every value of X must be finite and below 1e150: drop the row, or mend or rescale the column."
            )


def require_weights(values: FloatArray, kind: str, name: str) -> None:
    """Refuse weights that are negative, not finite, all zero, or not whole numbers when they count rows.

    Parameters
    ----------
    values : (n,) array
        Weights of the rows that are used.
    kind : str
        ``"frequency"``, ``"precision"`` or ``"sampling"``.
    name : str
        What the user called them.

    Raises
    ------
    DataError
        With the first value that is wrong and its row among those used.

    Examples
    --------
    >>> require_weights(np.array([1.0, 2.0]), "frequency", "w")
    """
    bad = ~np.isfinite(values) | (values < 0.0)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"weights={name!r} hold {values[row]} in row {row}; weights must be finite and not negative. "
            "Give weight 0 to leave a row out."
        )
    if not (values > 0.0).any():
        raise DataError(f"weights={name!r} are all zero: no row is left to fit.")
    if kind == "frequency":
        broken = values != np.rint(values)
        if broken.any():
            row = int(np.argmax(broken))
            raise DataError(
                f"weights={name!r} hold {values[row]:g} in row {row}, but frequency weights count rows and must be "
                "whole numbers. For weights that express precision use weight_kind='precision'; for survey weights "
                "(inverse probabilities of selection) use weight_kind='sampling'."
            )
