"""Arrays and numbers of other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.errors import DataError

__all__ = ["REAL", "as_array", "plain_numbers"]

#: Types of one number.
REAL = int | float | np.integer | np.floating


def as_array(values: Any) -> Any:
    """Return an array of what NumPy takes, or hands over its memory by DLPack alone; nothing may be masked.

    Parameters
    ----------
    values : array-like, or an object with ``__dlpack__``
        On the CPU.

    Returns
    -------
    array
        Of the same type.

    Raises
    ------
    DataError
        If some values are masked.

    Examples
    --------
    >>> as_array([1, 2]).tolist()
    [1, 2]
    """
    if np.ma.is_masked(values):
        raise DataError("Some of these numbers are masked, as missing: leave their rows out.")
    lent = hasattr(values, "__dlpack__") and not hasattr(values, "__array__")
    return np.from_dlpack(values) if lent else np.asarray(values)


def plain_numbers(values: Any) -> Any:
    """Return numbers as nested lists for JSON, None where they are not known.

    Examples
    --------
    >>> plain_numbers(np.array([1.0, np.nan])), plain_numbers(2.0)
    ([1.0, None], 2.0)
    """
    found: Any = np.where(np.isnan(values), None, values)
    return found.tolist()
