"""A variable that is met block by block: what is needed of it to make bins, in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.design.table.frame import coded_values, declared_order, holds_numbers, is_missing
from logitkit.errors import DataError, NoBinsError
from logitkit.numerics.kernels.bin_codes import code_sums
from logitkit.scorecard.binned import Binning, binning_from
from logitkit.scorecard.kinds import NO_VALUES, exact_numbers, require_levels, require_variable, require_words
from logitkit.scorecard.level_prebins import prebins_of_levels
from logitkit.scorecard.prebins import prebins_of_numbers
from logitkit.scorecard.ranked import Ranked
from logitkit.scorecard.rules import NumberRule
from logitkit.scorecard.sketch import SIZE, NumberSketch
from logitkit.scorecard.stated import Bins
from logitkit.typing import BoolArray, FloatArray

__all__ = ["VariableSketch"]


class VariableSketch:
    """A variable that is read block by block, in one pass.

    Parameters
    ----------
    name : str
        Name of the variable.
    bins : Bins, optional
        How it will be binned; special values are counted separately.
    size : int, default 4096
        Number of items per level in the sketches of goods and of bads.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> sketch = VariableSketch("income")
    >>> for _ in range(5):
    ...     income = pd.Series(rng.lognormal(3, 1, 5000))
    ...     sketch.add(income, rng.uniform(size=5000) < 1 / (1 + income.to_numpy() / 5))
    >>> found = sketch.binning()
    >>> found.partition.shape, bool(found.rank_error < 0.01 * 25_000)
    ('down', True)
    """

    def __init__(self, name: str, bins: Bins | None = None, size: int = SIZE) -> None:
        self.name = name
        self.stated = bins or Bins()
        self._sketches: tuple[NumberSketch, NumberSketch] | None = None
        self._aside = np.zeros((2, len(self.stated.special) + 1))
        self._levels: dict[Any, FloatArray] = {}
        self._order: Any = self.stated.order
        self._size = size
        self._numbers: bool | None = None
        self._words = self.stated.order is None  # whether levels were not declared to be such

    def add(self, values: Any, bad: BoolArray) -> None:
        """Add a block of rows.

        Parameters
        ----------
        values : (n,) Series
            Values of the variable.
        bad : (n,) array of bool
            Events.
        """
        if is_missing(values).all() and declared_order(values) is None:  # of no kind: numbers or levels may follow
            self._aside[:, -1] += np.count_nonzero(~bad), np.count_nonzero(bad)
            return
        require_variable(values, self.name)
        numbers = holds_numbers(values) and self._order is None
        if self._numbers is not None and numbers != self._numbers:
            raise DataError(f"{self.name!r} has numbers in some blocks and levels in others.")
        self._numbers = numbers
        if numbers:
            self._add_numbers(exact_numbers(values, self.name), bad)
        else:
            self._add_levels(values, bad)

    def merge(self, other: VariableSketch) -> None:
        """Add the rows of another sketch of this variable; the error bounds add up."""
        if None not in (self._numbers, other._numbers) and self._numbers != other._numbers:
            raise DataError(f"{self.name!r}: the two sketches are not of the same kind of values.")
        if self.stated.special != other.stated.special:
            raise DataError(f"{self.name!r}: the two sketches are not of the same kind of values.")
        self._numbers = other._numbers if self._numbers is None else self._numbers
        self._order = other._order if self._order is None else self._order
        self._words = self._words and other._words
        self._aside += other._aside
        for level, counts in other._levels.items():
            self._levels[level] = self._levels.get(level, np.zeros(2)) + counts
        if other._sketches is not None:
            for own, theirs in zip(self._both(), other._sketches, strict=True):
                own.merge(theirs)

    def binning(self) -> Binning:
        """Return the best bins of the rows read so far.

        Returns
        -------
        Binning
            For a number, the error of its counts is at most twice ``rank_error`` rows.
        """
        if self._numbers is None and self._aside.any():
            raise NoBinsError(f"{self.name!r} has no ordinary values: all are missing or special.", NO_VALUES)
        if self._numbers is None:
            raise DataError(f"{self.name!r}: no rows have been added yet.")
        if not self._numbers:
            levels = list(self._levels)
            if self._words:
                require_words(levels, self.name)
            counts = np.column_stack([self._aside[:, -1], *(self._levels[level] for level in levels)])
            prebins = prebins_of_levels(levels, (counts[1], counts[0]), self.stated, self.name, self._order)
            return binning_from(prebins, self.stated, self.name)
        goods, bads = self._both()
        found = _ranked(goods, bads)
        numbers = prebins_of_numbers(found, (self._aside[1], self._aside[0]), self.stated, self.name)
        return binning_from(numbers, self.stated, self.name, rank_error=float(goods.error + bads.error))

    def _add_numbers(self, numbers: FloatArray, bad: BoolArray) -> None:
        rule = NumberRule((), self.stated.special)
        codes = rule.of_numbers(numbers)
        self._aside += code_sums(codes, bad, np.empty(0), rule.n_codes)[:, 1:]
        for sketch, own in zip(self._both(), (~bad, bad), strict=True):
            sketch.add(numbers[(codes == 0) & own])

    def _add_levels(self, values: Any, bad: BoolArray) -> None:
        coded = coded_values(values, self.name)
        require_levels(coded.occurring(), self.name)
        self._words = self._words and not coded.declared
        self._order = self._order if self._order is not None else declared_order(values)
        sums = code_sums(coded.codes.astype(np.int32) + 1, bad, np.empty(0), len(coded.levels) + 1)
        self._aside[:, -1] += sums[:, 0]
        for k, level in enumerate(coded.levels):
            self._levels[level] = self._levels.get(level, np.zeros(2)) + sums[:, k + 1]

    def _both(self) -> tuple[NumberSketch, NumberSketch]:
        """Return the sketches of goods and of bads."""
        if self._sketches is None:
            self._sketches = (NumberSketch(self._size), NumberSketch(self._size))
        return self._sketches


def _ranked(goods: NumberSketch, bads: NumberSketch) -> Ranked:
    """Return the distinct values of two sketches with their sums."""
    parts = [sketch.items() for sketch in (goods, bads)]
    values, place = np.unique(np.concatenate([v for v, _ in parts]), return_inverse=True)
    counts = np.zeros((2, values.size))
    n_goods = parts[0][0].size
    np.add.at(counts[0], place[:n_goods], parts[0][1])
    np.add.at(counts[1], place[n_goods:], parts[1][1])
    below = np.concatenate([np.zeros((2, 1)), np.cumsum(counts, axis=1)], axis=1)
    return Ranked(values, below.sum(axis=0), below[1], below[0])
