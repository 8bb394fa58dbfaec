"""The values of a factor as codes of its levels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.typing import BoolArray, IntArray

__all__ = ["Coded", "is_ordered"]

ROWS_AT_ONCE = 65_536


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


def is_ordered(values: Any) -> bool:
    """Return whether values are categories whose order was declared to mean something.

    Examples
    --------
    >>> is_ordered(["low", "high"])
    False
    """
    return bool(getattr(getattr(values, "dtype", None), "ordered", False))
