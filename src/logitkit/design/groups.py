"""Columns that cut a table into groups: which group each row belongs to, now and for new rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.table.frame import Table, coded_values, is_missing
from logitkit.errors import DataError
from logitkit.typing import BoolArray, IntArray

__all__ = ["Groups", "learn_groups", "missing_by", "named_by"]


@dataclass(frozen=True)
class Groups:
    """The groups of a fit, in the order of the columns' levels.

    Parameters
    ----------
    names : tuple of str
        Columns that make the groups.
    levels : tuple of tuple
        Values of each column, in order.
    keys : (G,) int array
        Each group's levels as one number, the first column's counting most; increasing.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[Any, ...], ...]
    keys: IntArray

    def __len__(self) -> int:
        """Return the number of groups, G."""
        return int(self.keys.size)

    def values(self, column: int) -> list[Any]:
        """Return the value of one column in each group."""
        below = int(np.prod([len(known) for known in self.levels[column + 1 :]], dtype=np.int64))
        known = self.levels[column]
        return [known[place] for place in (self.keys // below % len(known)).tolist()]

    def label(self, group: int) -> tuple[Any, ...]:
        """Return the values that make one group."""
        key, label = int(self.keys[group]), []
        for known in reversed(self.levels):
            key, place = divmod(key, len(known))
            label.append(known[place])
        return tuple(reversed(label))

    def words(self, group: int) -> str:
        """Return a group as printed: its value, or its values in brackets, those in quotes that have such signs."""
        values = self.label(group)
        if len(values) == 1:
            return str(values[0])
        texts = [repr(value) if isinstance(value, str) and set(value) & set(",()'") else str(value) for value in values]
        return f"({', '.join(texts)})"

    def find(self, label: Sequence[Any]) -> int:
        """Return the number of the group that values make, or -1."""
        key = 0
        for known, value in zip(self.levels, label, strict=True):
            if value not in known:
                return -1
            key = key * len(known) + known.index(value)
        place = int(np.searchsorted(self.keys, key))
        return place if place < len(self) and self.keys[place] == key else -1

    def of_rows(self, table: Table) -> IntArray:
        """Return the group of each row of a table: -1 for an unknown one, -2 where a value is missing."""
        key = np.zeros(table.n_rows, dtype=np.int64)
        missing = np.zeros(table.n_rows, dtype=bool)
        unknown = np.zeros(table.n_rows, dtype=bool)
        for name, known in zip(self.names, self.levels, strict=True):
            coded = _coded(table, name)
            places = {level: place for place, level in enumerate(known)}
            found = np.array([*(places.get(level, -1) for level in coded.levels), -2])[coded.codes]
            missing |= found == -2
            unknown |= found == -1
            key = key * len(known) + np.maximum(found, 0)
        place = np.minimum(np.searchsorted(self.keys, key), len(self) - 1)
        place[unknown | (self.keys[place] != key)] = -1
        place[missing] = -2
        return place.astype(np.int64)


def learn_groups(table: Table, names: Sequence[str], positions: IntArray) -> tuple[Groups, IntArray]:
    """Return the groups that occur in some rows of a table, and the group of each.

    Examples
    --------
    >>> from logitkit.design.table.frame import read_table
    >>> table = read_table({"g": ["b", "a", "b"], "h": [1, 1, 2]})
    >>> groups, codes = learn_groups(table, ["g", "h"], np.arange(3))
    >>> [groups.label(group) for group in range(len(groups))], codes.tolist()
    ([('a', 1), ('b', 1), ('b', 2)], [1, 0, 2])
    """
    key = np.zeros(positions.size, dtype=np.int64)
    levels = []
    size = 1
    for name in names:
        coded = _coded(table, name)
        size *= max(len(coded.levels), 1)
        if size >= 2**62:
            raise DataError(f"by={list(names)} have too many combinations of levels to number them.")
        levels.append(tuple(coded.levels))
        key = key * len(coded.levels) + coded.codes[positions]
    keys, codes = np.unique(key, return_inverse=True)
    return Groups(tuple(names), tuple(levels), keys), codes.reshape(-1).astype(np.int64)


def missing_by(table: Table, by: str | Sequence[str]) -> tuple[tuple[str, ...], dict[str, BoolArray]]:
    """Return the columns that make groups, and where each is missing, for those that are somewhere.

    Examples
    --------
    >>> from logitkit.design.table.frame import read_table
    >>> missing_by(read_table({"g": ["a", "b"]}), "g")
    (('g',), {})
    """
    names = named_by(by)
    absent = {}
    for name in names:
        where = is_missing(table.column(name))
        if where.all():
            raise DataError(f"by={name!r} is missing in every row; there are no groups.")
        if where.any():
            absent[name] = where
    return names, absent


def named_by(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns that make groups.

    Examples
    --------
    >>> named_by("g"), named_by(["g", "h"])
    (('g',), ('g', 'h'))
    """
    names = (by,) if isinstance(by, str) else tuple(by) if isinstance(by, (list, tuple)) else ()
    if not names or not all(isinstance(name, str) for name in names):
        raise DataError(f'by={by!r} is not known; give a column name, or a list of them such as by=["g", "h"].')
    if len(set(names)) < len(names):
        raise DataError(f"by={by!r} names a column twice.")
    return names


def _coded(table: Table, name: str) -> Any:
    """Return a column as codes of its levels."""
    try:
        return coded_values(table.column(name))
    except TypeError as error:
        raise DataError(f"by={name!r} must hold one plain value per row, such as a number or text: {error}.") from error
