"""The values of a factor as codes of its levels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.typing import BoolArray, IntArray

__all__ = ["Coded", "is_ordered", "whole_number_codes"]

ROWS_AT_ONCE = 65_536
TABLE_OF_ROW, TABLE_LEAST = 4, 4_096  # whole numbers between the least and the largest: as many for each row, or these


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """One value per row, as its place among the levels.

    Parameters
    ----------
    codes : (n,) int array
        Of any integer type; negative where the value is missing.
    levels : list
        The levels in order.
    declared : bool
        Whether the levels were given with the values, so that one that does not occur is a level too.

    Examples
    --------
    >>> coded = Coded(np.array([1, 0, 1]), ["a", "b", "c"], declared=True)
    >>> coded.present().tolist(), coded.recoded(["b", "a"]).tolist()
    ([True, True, False], [0, 1, 0])
    """

    codes: NDArray[Any]
    levels: list[Any]
    declared: bool

    def present(self, rows: IntArray | BoolArray | None = None) -> BoolArray:
        """Return which levels occur, shape (k,); in some of the rows if these are given."""
        codes = self.codes if rows is None else self.codes[rows]
        counts = np.zeros(len(self.levels) + 1, dtype=np.int64)
        for start in range(0, codes.size, ROWS_AT_ONCE):  # counting makes 64-bit copies, which stay small by blocks
            counts += np.bincount(codes[start : start + ROWS_AT_ONCE] + 1, minlength=counts.size)
        return np.asarray(counts[1:] > 0)  # the first counts missing values

    def occurring(self, rows: IntArray | BoolArray | None = None) -> list[Any]:
        """Return the levels that occur, in order."""
        return [level for level, used in zip(self.levels, self.present(rows), strict=True) if used]

    def among(self, levels: Collection[Any]) -> BoolArray:
        """Return which rows have one of the given levels, shape (n,)."""
        wanted = np.array([*(level in levels for level in self.levels), False], dtype=bool)
        return np.asarray(wanted[self.codes])

    def recoded(self, levels: Sequence[Any]) -> NDArray[Any]:
        """Return codes among other levels, negative for a level that is not among them, shape (n,)."""
        place = {level: i for i, level in enumerate(levels)}
        moved = np.array([*(place.get(level, -1) for level in self.levels), -1], dtype=np.int32)
        if np.array_equal(moved[:-1], np.arange(len(self.levels))):
            return self.codes
        return np.asarray(moved[self.codes])


def whole_number_codes(values: NDArray[Any]) -> tuple[IntArray, int] | None:
    """Return whole numbers as codes in the order in which they appear, and how many there are.

    Parameters
    ----------
    values : (n,) array
        Of any integer type.

    Returns
    -------
    ((n,) int array, int) or None
        None where there are none, and where they lie too far apart for a table.

    Examples
    --------
    >>> codes, count = whole_number_codes(np.array([7, -2, 7, 3]))
    >>> codes.tolist(), count, whole_number_codes(np.array([0, 10**9]))
    ([0, 1, 0, 2], 3, None)
    """
    if values.size == 0:
        return None
    from logitkit.numerics.kernels.appearance import codes_by_appearance

    codes = np.empty(values.size, dtype=np.int64)
    given = np.ascontiguousarray(values, dtype=np.int64)  # of numbers beyond it, others that differ as they do
    count = codes_by_appearance(given, max(TABLE_OF_ROW * values.size, TABLE_LEAST), codes)
    return None if count < 0 else (codes, count)


def is_ordered(values: Any) -> bool:
    """Return whether values are categories whose order was declared to mean something.

    Examples
    --------
    >>> is_ordered(["low", "high"])
    False
    """
    return bool(getattr(getattr(values, "dtype", None), "ordered", False))
