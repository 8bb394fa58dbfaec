"""A sample of the rows of a source without replacement, which does not depend on how the rows are cut.

It holds the k rows whose positions have the least keys; a key is a fixed mixing of the position (Vigna's SplitMix64),
so the sample is the same every time.
"""

from __future__ import annotations

from copy import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from logitkit.typing import IntArray

__all__ = ["Sample", "key_limit", "mixed", "surely"]


class Sample:
    """The rows with the least keys, of those offered.

    Parameters
    ----------
    size : int
        How many.
    limit : int
        The largest key of a row that may be drawn.

    Examples
    --------
    >>> import pyarrow as pa
    >>> drawn = Sample(2)
    >>> drawn.offer(np.arange(5), pa.table({"x": range(5)}), np.arange(5))
    >>> drawn.trim()
    >>> len(drawn.positions[0])
    2
    """

    def __init__(self, size: int, limit: int = (1 << 64) - 1) -> None:
        self.size = size
        self.first = self.limit = np.uint64(limit)
        self.keys: list[NDArray[np.uint64]] = []
        self.positions: list[IntArray] = []
        self.tables: list[Any] = []

    def offer(self, positions: IntArray, table: Any, rows: IntArray) -> None:
        """Take those of the rows of a table that are among the least so far."""
        keys = mixed(positions)
        kept = np.flatnonzero(keys <= self.limit)
        if not kept.size:
            return
        self.keys.append(keys[kept])
        self.positions.append(positions[kept])
        self.tables.append(table.take(rows[kept]))
        if sum(each.size for each in self.keys) > 2 * self.size:
            self.trim()

    def merge(self, other: Self) -> None:
        """Add the rows that were kept of later ones."""
        self.keys += other.keys
        self.positions += other.positions
        self.tables += other.tables
        if sum(each.size for each in self.keys) > 2 * self.size:
            self.trim()

    def cast(self, schema: Any) -> Self:
        """Return the same rows in other types."""
        made = copy(self)
        made.tables = [table.cast(schema) for table in self.tables]
        return made

    def trim(self) -> None:
        """Keep the least."""
        import pyarrow as pa

        if not self.keys:
            return
        keys, positions = np.concatenate(self.keys), np.concatenate(self.positions)
        table = pa.concat_tables(self.tables)
        kept = np.flatnonzero(keys <= self.limit)
        if kept.size > self.size:
            kept = kept[np.sort(np.argpartition(keys[kept], self.size - 1)[: self.size])]
            self.limit = keys[kept].max()
        if kept.size < keys.size:
            keys, positions = keys[kept], positions[kept]
        columns: dict[str, Any] = {}
        for name in table.column_names:  # one at a time: a copy of all would be held beside them
            column = table[name] if kept.size == table.num_rows else table[name].take(kept)
            columns[name] = column.combine_chunks()
        made = pa.table(columns, schema=table.schema)
        self.keys, self.positions, self.tables = [keys], [positions], [made]


def mixed(positions: IntArray) -> NDArray[np.uint64]:
    """Return a key of each position, by Vigna's SplitMix64.

    Examples
    --------
    >>> mixed(np.array([0, 1])).tolist()
    [16294208416658607535, 7960286522194355700]
    """
    z = (positions.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def key_limit(sample: int, n_rows: int) -> int:
    """Return a limit of the keys of which a sample's are almost surely below, and few others.

    Examples
    --------
    >>> key_limit(100, 50) == (1 << 64) - 1
    True
    """
    wanted = surely(sample)
    return (1 << 64) - 1 if wanted >= n_rows else int(wanted / n_rows * 2.0**64)


def surely(count: int) -> int:
    """Return a number that a count of independent rows with this mean exceeds once in a billion times."""
    return int(count + 6.0 * count**0.5 + 36.0)
