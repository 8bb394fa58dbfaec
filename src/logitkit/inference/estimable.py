r"""Non-estimable rows: rows that break the linear dependence of an aliased column on the rows of the fit.

A linear predictor :math:`x'\beta` is the same for all estimates that fit equally well if x is orthogonal to the
combinations of columns that vanish on the rows of the fit; otherwise it depends on which column was dropped
(``docs/maths/rank.md``, equation 7).
"""

from __future__ import annotations

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.typing import BoolArray, IntArray

__all__ = ["not_estimable", "require_estimable"]

MOST_TERMS = 4  # of a combination that a message writes out
MOST_SHOWN = 5  # names or rows in a message


def not_estimable(record: FitRecord, matrix: Matrix, levels: IntArray | None = None) -> BoolArray:
    """Return for which rows the linear predictor depends on the choice of dropped columns.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.
    levels : (n,) int array, optional
        Level of each row of an absorbed factor.

    Returns
    -------
    (n,) bool array
        Never True for a row of the fit with positive weight.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.design.matrix.dense import Dense
    >>> data = {"y": [0, 1, 0, 1], "x": [0.0, 0.0, 1.0, 1.0], "twice": [0.0, 0.0, 2.0, 2.0]}
    >>> fit = lk.logit("y ~ x + twice", data)
    >>> not_estimable(fit.record, Dense(np.array([[1.0, 3.0, 6.0], [1.0, 3.0, 5.0]]))).tolist()
    [False, True]
    """
    vanishing = record.coordinates.vanishing
    if vanishing is None:
        return np.zeros(matrix.n_rows, dtype=bool)
    return vanishing.broken(matrix, levels)[0]


def require_estimable(
    record: FitRecord, matrix: Matrix, positions: IntArray, levels: IntArray | None = None, remedy: str = ""
) -> None:
    """Raise an error for rows whose linear predictor depends on the choice of dropped columns.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.
    positions : (n,) int array
        Row numbers in the original table.
    levels : (n,) int array, optional
        Level of each row of an absorbed factor.
    remedy : str, optional
        Another solution, with which the message ends.

    Raises
    ------
    DataError
        With the aliased columns, how they depended on others, and the rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.design.matrix.dense import Dense
    >>> data = {"y": [0, 1, 0, 1], "x": [0.0, 0.0, 1.0, 1.0], "twice": [0.0, 0.0, 2.0, 2.0]}
    >>> fit = lk.logit("y ~ x + twice", data)
    >>> require_estimable(fit.record, Dense(np.array([[1.0, 3.0, 5.0]])), np.array([0]))
    Traceback (most recent call last):
    ...
    logitkit.errors.DataError: Not estimable for 1 row: 0 (from 0). On the rows of the fit 'twice' was 2 x; here ...
    """
    vanishing = record.coordinates.vanishing
    if vanishing is None:
        return
    rows, columns = vanishing.broken(matrix, levels)
    if not rows.any():
        return
    places = positions[rows]
    shown = ", ".join(str(place) for place in places[:MOST_SHOWN]) + (", ..." if places.size > MOST_SHOWN else "")
    said = "; ".join(_was(record, int(column)) for column in columns[:MOST_SHOWN])
    more = f"; and {columns.size - MOST_SHOWN} more columns" if columns.size > MOST_SHOWN else ""
    raise DataError(
        f"Not estimable for {places.size} row{'s' if places.size > 1 else ''}: {shown} (from 0). On the rows of the "
        f"fit {said}{more}; here {'it is' if columns.size == 1 else 'they are'} not, so a prediction would depend on "
        "which column was dropped. Leave the column out of the formula, or fit to rows in which the columns vary "
        f"separately{remedy}."
    )


def _was(record: FitRecord, column: int) -> str:
    """Say what an aliased column was on the rows of the fit."""
    assert record.coordinates.vanishing is not None
    columns, values = record.coordinates.vanishing.terms(column)
    names, given = record.info.names, record.nuisance.words.given
    name = names[column]
    if given:
        others = f"{', '.join(repr(names[j]) for j in columns[:MOST_TERMS])} and " if columns.size else ""
        return f"{name!r} was determined by {others}{given}"
    if columns.size == 0:
        return f"{name!r} was 0"
    if columns.size > MOST_TERMS:
        return f"{name!r} was determined by {columns.size} other columns"
    text = ""
    for j, value in zip(columns, values, strict=True):
        sign = ("-" if value < 0 else "") if not text else (" - " if value < 0 else " + ")
        size, own = f"{abs(value):.6g}", "" if j == record.info.intercept else names[j]
        text += sign + (size if not own else own if size == "1" else f"{size} {own}")
    return f"{name!r} was {text}"
