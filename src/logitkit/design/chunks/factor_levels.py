"""The levels of a factor, merged over chunks of rows: kept as values, whatever the rows that have them."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from logitkit.design.chunks.columns import is_measure
from logitkit.design.table.frame import coded_values
from logitkit.design.table.levels import Coded
from logitkit.errors import UnsupportedError
from logitkit.typing import IntArray

__all__ = ["FactorLevels"]

BYTES_OF_LEVEL = 200  # as Python holds a level, with its place
DECLARED, MET, SEEN = range(3)


class FactorLevels:
    """The levels of one factor.

    Parameters
    ----------
    name : str
        Its expression, for messages.
    declared : bool
        Whether levels are given with the values, in an order of their own.
    memory : int
        Bytes that they may take.

    Examples
    --------
    >>> found = FactorLevels("g", False, 10**9)
    >>> found.add(coded_values(["b", "c"]), np.array([0, 1]), np.array([1]))
    >>> found.add(coded_values(["a"]), np.array([0]), np.array([0]))
    >>> found.levels, found.met, found.seen
    (['a', 'b', 'c'], ['a', 'b', 'c'], ['a', 'c'])
    """

    def __init__(self, name: str, declared: bool, memory: int) -> None:
        self.name = name
        self.declared = declared
        self.most = memory // BYTES_OF_LEVEL
        self.found: dict[Any, int] = {}

    def add(self, coded: Coded, rows: IntArray, counted: IntArray) -> None:
        """Take the levels of a chunk.

        Parameters
        ----------
        coded : Coded
            Its values.
        rows : int array
            Rows that are coded.
        counted : int array
            Those of them that take part with a positive weight.
        """
        met, seen = coded.present(rows), coded.present(counted)
        states = np.where(seen, SEEN, np.where(met, MET, DECLARED))
        for level, state in zip(coded.levels, states.tolist(), strict=True):
            if (state or coded.declared) and self.found.get(level, -1) < state:
                self.found[level] = state
        self._require_room()

    def merge(self, later: FactorLevels) -> None:
        """Take the levels of later rows."""
        for level, state in later.found.items():
            if self.found.get(level, -1) < state:
                self.found[level] = state
        self._require_room()

    def in_type(self, kind: Any) -> FactorLevels:
        """Return the same levels as values of an Arrow type, if it is one of numbers."""
        if kind is None or not is_measure(kind) or not self.found:
            return self
        import pyarrow as pa

        made = copy(self)
        made.found = dict(zip(pa.array(list(self.found)).cast(kind).to_pylist(), self.found.values(), strict=True))
        return made

    def _require_room(self) -> None:
        if len(self.found) > self.most:
            raise UnsupportedError(
                f"{self.name} has more than {self.most:,} levels, which do not fit into memory=: grant more, or leave "
                "out a column that only identifies rows."
            )

    @property
    def levels(self) -> list[Any]:
        """The levels in the order of the fit."""
        return list(self.found) if self.declared else coded_values(list(self.found)).levels

    @property
    def met(self) -> list[Any]:
        """Those that occur in a row that is coded."""
        return [level for level in self.levels if self.found[level] >= MET]

    @property
    def seen(self) -> list[Any]:
        """Those that occur in a row of positive weight."""
        return [level for level in self.levels if self.found[level] == SEEN]
