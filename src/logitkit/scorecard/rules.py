"""Which bin a value belongs to: the one rule of fitting, scoring and export.

Bins are numbered: those of ordinary values in order, then those of special values, last the one of missing values.
A code of -1 is a level that was not there; what happens to it is decided by the policies of
:class:`~logitkit.scorecard.stated.Bins`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from logitkit.design.table.frame import coded_values
from logitkit.errors import DataError
from logitkit.numerics.kernels.bin_codes import bin_codes
from logitkit.scorecard.kinds import exact_numbers, kind_of_level, shown
from logitkit.typing import CodeArray, FloatArray

__all__ = ["MISSING", "UNSEEN", "LevelRule", "NumberRule", "Rule", "Special", "number_label", "shortest_between"]

UNSEEN = -1
#: The label of the bin of missing values.
MISSING = "Missing"
Special = tuple[tuple[str, tuple[Any, ...]], ...]


@dataclass(frozen=True, slots=True)
class NumberRule:
    """Bins of a number: intervals that include their lower end, special values, and missing values (nan).

    Parameters
    ----------
    cuts : tuple of float
        Lower ends of the bins after the first, in increasing order.
    special : tuple of (label, values)
        Values that have bins of their own.

    Examples
    --------
    >>> import pandas as pd
    >>> rule = NumberRule((20.0, 40.0), (("-1", (-1.0,)),))
    >>> rule.codes(pd.Series([5.0, 20.0, 99.0, -1.0, None]), "age").tolist()
    [0, 1, 2, 3, 4]
    >>> rule.labels()
    ('below 20', '20 to below 40', '40 and above', '-1', 'Missing')
    """

    cuts: tuple[float, ...]
    special: Special = ()

    @property
    def n_values(self) -> int:
        """Number of bins of ordinary values."""
        return len(self.cuts) + 1

    @property
    def n_codes(self) -> int:
        """Number of all bins."""
        return self.n_values + len(self.special) + 1

    def labels(self) -> tuple[str, ...]:
        """Return the label of each bin."""
        ends = [number_label(cut) for cut in self.cuts]
        if not ends:
            own = ["All values"]
        else:
            between = [f"{low} to below {high}" for low, high in pairwise(ends)]
            own = [f"below {ends[0]}", *between, f"{ends[-1]} and above"]
        return (*own, *(label for label, _ in self.special), MISSING)

    def codes(self, values: Any, name: str) -> CodeArray:
        """Return the bin of each value of a column; text, dates and booleans are refused.

        Infinite values belong to the first or the last of the intervals.
        """
        return self.of_numbers(exact_numbers(values, name))

    def of_numbers(self, numbers: FloatArray) -> CodeArray:
        """Return the bin of each number, nan for a missing one."""
        pairs = [(float(v), self.n_values + m) for m, (_, group) in enumerate(self.special) for v in group]
        special = np.array([v for v, _ in pairs], dtype=np.float64)
        of_special = np.array([m for _, m in pairs], dtype=np.int32)
        return bin_codes(numbers, np.array(self.cuts, dtype=np.float64), special, of_special, self.n_codes - 1)


@dataclass(frozen=True, slots=True)
class LevelRule:
    """Bins of levels: groups of levels, special values, and missing values.

    Parameters
    ----------
    groups : tuple of tuples
        The levels of each bin.
    special : tuple of (label, values)
        Values that have bins of their own.
    rare : int, optional
        The bin with the pool of rare levels.

    Examples
    --------
    >>> import pandas as pd
    >>> rule = LevelRule((("a", "c"), ("b",)))
    >>> rule.codes(pd.Series(["a", "b", "z", None]), "grade").tolist()
    [0, 1, -1, 2]
    >>> rule.labels()
    ('a, c', 'b', 'Missing')
    """

    groups: tuple[tuple[Any, ...], ...]
    special: Special = ()
    rare: int | None = None

    @property
    def n_values(self) -> int:
        """Number of bins of ordinary levels."""
        return len(self.groups)

    @property
    def n_codes(self) -> int:
        """Number of all bins."""
        return self.n_values + len(self.special) + 1

    def labels(self, most: int = 4) -> tuple[str, ...]:
        """Return the label of each bin; of many levels, the first are named and the others counted."""
        own = []
        for group in self.groups:
            shown = ", ".join(str(level) for level in group[:most])
            own.append(shown if len(group) <= most else f"{shown} and {len(group) - most} more")
        others = [*(label for label, _ in self.special), MISSING]
        for m, group in enumerate(self.groups):  # a level that is blank, or called as another bin is: in quotes
            if own[m] in others or own.count(own[m]) > 1 or not own[m].strip(" ,"):
                own[m] = ", ".join(repr(level) for level in group[:most])
        return (*own, *others)

    def codes(self, values: Any, name: str) -> CodeArray:
        """Return the bin of each value of a column, -1 for an unseen level; other types are refused."""
        place, coded = self._places(), coded_values(values, name)
        of_level = [place.get(level, UNSEEN) for level in coded.levels]
        if UNSEEN in of_level:
            _require_kind(coded.occurring(), place, name)
        table = np.array([*of_level, self.n_codes - 1], dtype=np.int32)  # a missing value has code -1: the last
        return np.asarray(table[coded.codes])

    def _places(self) -> dict[Any, int]:
        place = {level: m for m, group in enumerate(self.groups) for level in group}
        for m, (_, group) in enumerate(self.special):
            place.update(dict.fromkeys(group, self.n_values + m))
        return place


def _require_kind(levels: list[Any], known: dict[Any, int], name: str) -> None:
    """Refuse levels of a type that was not there: they are values of another column, or typed in another way."""
    kinds = {kind_of_level(level) for level in known}
    strange = next((level for level in levels if kind_of_level(level) not in kinds), None)
    if known and strange is not None:
        one = next(iter(known))
        raise DataError(
            f"{name!r} has {kind_of_level(strange)}, for example {shown(strange):.60}, and its bins were made of "
            f"{kind_of_level(one)}, for example {shown(one):.60}. Convert the column."
        )


Rule = NumberRule | LevelRule


def number_label(value: float) -> str:
    """Return a number in the fewest digits that give the same double."""
    return repr(float(value) + 0.0).removesuffix(".0")  # negative zero is zero


def shortest_between(below: float, at: float) -> float:
    """Return the number of fewest digits that lies above ``below`` and not above ``at``.

    Parameters
    ----------
    below, at : float
        Neighbouring values of the data: either one parts the same rows.

    Returns
    -------
    float

    Examples
    --------
    >>> shortest_between(1999.2, 2000.7), shortest_between(0.12, 0.125)
    (2000.0, 0.125)
    """
    for digits in range(17):
        found = float(f"{at:.{digits}e}")
        if below < found <= at:
            return found
    return at
