"""Checks at the boundary: what is wrong, where, and what to do."""

from __future__ import annotations

from typing import get_args

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.errors import DataError
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray, WeightKind

__all__ = [
    "ARRAY",
    "may_vanish",
    "require_finite",
    "require_finite_offset",
    "require_some_weight",
    "require_weight_kind",
    "require_weights",
]

ARRAY = "<array>"  # in place of the name of a column, where an array was given

LEAST_VALUE, LEAST_WEIGHT = 1e-150, 1e-100  # of the largest value of a column, and of the largest weight
LEAST_SQUARE = 1e-280  # of a column, weighted
CELLS_AT_ONCE = 1 << 22  # written out at a time: of a design of factors all cells would be far more than is stored


def require_finite(matrix: Matrix, names: tuple[str, ...], positions: IntArray) -> None:
    """Refuse columns of X that are not finite, or too large or too small to square.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> require_finite(Dense(np.ones((2, 1))), ("x",), np.arange(2))
    """
    at_once, largest = max(1, CELLS_AT_ONCE // max(1, matrix.n_columns)), np.zeros(matrix.n_columns)
    for start in range(0, matrix.n_rows, at_once):
        block = matrix.take(np.arange(start, min(start + at_once, matrix.n_rows))).to_dense()
        bad = ~(np.abs(block) < 1e150)
        if bad.any():
            row, column = (int(place[0]) for place in np.nonzero(bad))
            raise DataError(
                f"Column {names[column]!r} holds {block[row, column]} in row {positions[start + row]} (from 0). Every "
                "value of X must be finite and below 1e150: drop the row, or correct or rescale the column."
            )
        np.maximum(largest, np.abs(block).max(axis=0, initial=0.0), out=largest)
    tiny = np.flatnonzero((largest > 0.0) & (largest < LEAST_VALUE))
    if tiny.size:
        raise DataError(
            f"Column {names[tiny[0]]!r} holds nothing above {largest[tiny[0]]:.3g}. The squares of such numbers "
            "underflow to zero: rescale the column so that its largest value is above 1e-150."
        )


def may_vanish(squares: FloatArray) -> bool:
    """Tell whether sums of squares are so small that a column may be zero to a computer only.

    Parameters
    ----------
    squares : (p,) array
        Of the columns, weighted.

    Returns
    -------
    bool
        Whether ``require_finite`` had better look at the values.

    Examples
    --------
    >>> may_vanish(np.array([1.0, 1e-300])), may_vanish(np.array([1.0, 1e-200]))
    (True, False)
    """
    return bool((squares < LEAST_SQUARE).any())


def require_finite_offset(values: FloatArray, positions: IntArray) -> None:
    """Refuse an offset that is missing or infinite somewhere.

    Parameters
    ----------
    values : (n,) array
        Sum of the offsets of each row.
    positions : (n,) int array
        Row numbers in the table as given.

    Raises
    ------
    DataError
        With the first value that is not finite and its row.

    Examples
    --------
    >>> require_finite_offset(np.zeros(2), np.arange(2))
    """
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"The offset is {values[row]} in row {positions[row]} (from 0); it must be finite. Drop the row or correct "
            "the column."
        )


def require_weight_kind(kind: str, given: bool) -> None:
    """Refuse a kind of weights that is not known, or that is named without weights.

    Examples
    --------
    >>> require_weight_kind("precision", given=True)
    """
    require_choice("weight_kind", kind, get_args(WeightKind))
    if kind != "frequency" and not given:
        raise DataError(f"weight_kind={kind!r} was given without weights: pass weights=... too.")


def require_weights(values: FloatArray, kind: str, name: str, positions: IntArray) -> None:
    """Refuse weights that are negative, not finite, or not whole numbers when they count rows.

    Parameters
    ----------
    values : (n,) array
        Weights of the rows that are used.
    kind : str
        ``"frequency"``, ``"precision"`` or ``"sampling"``.
    name : str
        What the user called them.
    positions : (n,) int array
        Row numbers in the table as given.

    Raises
    ------
    DataError
        With the first value that is wrong and its row.

    Examples
    --------
    >>> require_weights(np.array([1.0, 2.0]), "frequency", "w", np.arange(2))
    """
    bad = ~np.isfinite(values) | (values < 0.0)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{_called(name)} {values[row]} in row {positions[row]} (from 0); weights must be finite and not "
            "negative. Give weight 0 to leave a row out."
        )
    if kind == "frequency":
        broken = values != np.rint(values)
        if broken.any():
            row = int(np.argmax(broken))
            raise DataError(
                f"{_called(name)} {values[row]:g} in row {positions[row]} (from 0), but frequency weights "
                "count rows and must be whole numbers. For weights that express precision use "
                "weight_kind='precision'; for survey weights (inverse probabilities of selection) use "
                "weight_kind='sampling'."
            )


def _called(name: str) -> str:
    """Return the start of a sentence on one of the weights; those of an array have no name."""
    return "The weights have the value" if name == ARRAY else f"The weights {name!r} have the value"


def require_some_weight(values: FloatArray | None, name: str) -> None:
    """Refuse weights of all rows that are all zero, or all so small or large that rounding hides the rows.

    Parameters
    ----------
    values : (n,) array or None
        Weights of the rows that are used, None where there are none.
    name : str
        What the user called them.

    Raises
    ------
    DataError
        With the largest weight.

    Examples
    --------
    >>> require_some_weight(np.array([0.0, 2.0]), "w")
    """
    if values is None:
        return
    if not (values > 0.0).any():
        raise DataError(f"weights={name!r} are all zero: no row is left to fit.")
    if not LEAST_WEIGHT <= values.max() <= 1.0 / LEAST_WEIGHT:
        raise DataError(
            f"weights={name!r}: the largest is {values.max():.3g}. Anything below {LEAST_WEIGHT:.0e} or above "
            f"{1.0 / LEAST_WEIGHT:.0e} is lost to rounding: rescale all weights by a common factor."
        )
