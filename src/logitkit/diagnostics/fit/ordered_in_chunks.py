"""What tests of ordered outcomes need of rows that are read in chunks: groups as columns, and halves of patterns.

Groups of scores are told by where they end, so that each chunk knows its own. Halves of patterns need the median score
of each: rows are sorted by score on disk, with the number of their pattern, and passed twice; of each pattern a few
numbers are held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from logitkit.design.chunks.recoded import recoded
from logitkit.design.design import Design
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.diagnostics.rows.ranking import ROUNDING, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.numerics.external_sort import ExternalSort
from logitkit.typing import FloatArray, IntArray

__all__ = ["beside", "categorical_columns", "halves_in_chunks", "with_groups"]

SEVERAL = 3  # distinct values of a column that are looked for


def with_groups(record: FitRecord, design: Design, info: DesignInfo, lowest: FloatArray, highest: FloatArray) -> Design:
    """Return the rows of a fit with indicators of all groups of mean scores except the first.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The rows of the fit, read in chunks.
    info : DesignInfo
        Facts about the columns of the larger design.
    lowest, highest : (G,) array
        Smallest and largest mean score of each group, in ascending order.

    Returns
    -------
    Design
        The rows, read in chunks.

    Examples
    --------
    >>> with_groups.__name__
    'with_groups'
    """
    cuts = 0.5 * (highest[:-1] + lowest[1:])
    return recoded(design, _WithGroups(record, info, cuts))


@dataclass(frozen=True)
class _WithGroups:
    """Gives rows an indicator of each group but the first."""

    record: FitRecord
    info: DesignInfo
    cuts: FloatArray

    def __call__(self, part: Design) -> Design:
        """Return the rows with more columns."""
        rows = predicted_rows(self.record, part, True)
        ranked = rows.by_score()
        codes = np.full(part.n_rows, -1, dtype=np.int32)
        codes[rows.order[ranked.place]] = np.searchsorted(self.cuts, ranked.mu, side="right") - 1
        return replace(part, matrix=beside(part.matrix, Categorical(codes, self.cuts.size)), info=self.info)


def beside(matrix: Matrix, added: Categorical) -> Matrix:
    """Return a matrix with columns appended.

    Parameters
    ----------
    matrix : Matrix
        Matrix with p columns.
    added : Categorical
        Columns to append.

    Returns
    -------
    Matrix
        Matrix with all columns.

    Examples
    --------
    >>> beside(Dense(np.ones((2, 1))), Categorical(np.array([0, -1], dtype=np.int32), 1)).to_dense().tolist()
    [[1.0, 1.0], [1.0, 0.0]]
    """
    p = matrix.n_columns
    part = matrix if isinstance(matrix, Dense) else sparse_matrix(matrix.to_sparse())
    return Blocks((part, added), (np.arange(p), p + np.arange(added.n_columns)))


def categorical_columns(design: Design, places: Sequence[int]) -> list[int]:
    """Return the columns, among those given, that take exactly two values, in one pass over the rows.

    Parameters
    ----------
    design : Design
        The rows.
    places : sequence of int
        Positions of the columns.

    Returns
    -------
    list of int
        Positions of the columns with two values.

    Examples
    --------
    >>> import logitkit as lk
    >>> categorical_columns(lk.logit("low ~ age + smoke", lk.datasets.load_lbw()).design, [0, 1, 2])
    [2]
    """
    found = design.reduce(_Values(tuple(places)), _more)
    return [place for place, values in zip(places, found, strict=True) if len(values) == 2]


@dataclass(frozen=True)
class _Values:
    """The first few distinct values of some columns."""

    places: tuple[int, ...]

    def __call__(self, part: Design) -> list[FloatArray]:
        """Return them by column."""
        found = []
        for place in self.places:
            unit = np.zeros(part.matrix.n_columns)
            unit[place] = 1.0
            values = part.matrix.matvec(unit)
            few = np.unique(values[:1000])
            found.append((few if few.size > 2 else np.unique(values))[:SEVERAL])
        return found


def _more(one: list[FloatArray], other: list[FloatArray]) -> list[FloatArray]:
    """Return the distinct values of the rows of both."""
    return [np.unique(np.concatenate(pair))[:SEVERAL] for pair in zip(one, other, strict=True)]


def halves_in_chunks(
    record: FitRecord, design: Design, own: bool, columns: tuple[int, ...]
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return observed and expected numbers of outcomes in categorical patterns that are split at the median score.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows that are read in chunks.
    own : bool
        Whether the rows are those of the fit.
    columns : tuple of int
        Columns that define the patterns.

    Returns
    -------
    halves : (h,) int array
        Twice the number of a pattern, plus one for its upper half; only halves with rows are included.
    observed, expected : (K, h) array
        Observed and expected numbers of each outcome.

    Examples
    --------
    >>> halves_in_chunks.__name__
    'halves_in_chunks'
    """
    assert design.stream is not None
    k = len(record.outcomes)
    numbers: dict[bytes, int] = {}
    totals: FloatArray = np.zeros(0)
    largest = 1.0
    with ExternalSort(2 + 2 * k, design.stream.memory // 8) as by_score:
        for table, values, codes in design.each(partial(_scored, record, own, columns)):
            design.stream.require_room((k + 1) * len(numbers), "Categorical patterns")
            number = np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)[codes]
            grown = np.zeros(len(numbers))
            grown[: totals.size] = totals
            totals = grown + np.bincount(number, table[:, 1 : 1 + k].sum(axis=1), len(numbers))
            finite = np.abs(table[:, 0][np.isfinite(table[:, 0])])
            largest = max(largest, float(finite.max(initial=0.0)))
            by_score.add(np.column_stack([table[:, 0], number, table[:, 1:]]))
        sums = _Halves(totals, np.zeros((2 * k, 2 * totals.size)), np.zeros(totals.size), ROUNDING * largest)
        for block in by_score.blocks():
            sums.add(block)
        sums.end()
    halves = np.flatnonzero(sums.cells[k:].sum(axis=0) > 0.0)
    return halves, sums.cells[:k, halves], sums.cells[k:, halves]


def _scored(record: FitRecord, own: bool, columns: tuple[int, ...], part: Design) -> tuple[FloatArray, list[Any], Any]:
    """Return the score of rows with observed and expected numbers, and their patterns as bytes and codes."""
    rows = predicted_rows(record, part, own)
    ranked = rows.by_score()
    score = np.empty(ranked.score.size)
    score[ranked.place] = ranked.log_odds
    cells = part.matrix.columns(np.array(columns)).take(rows.order).to_dense() + 0.0  # -0 is 0
    values, codes = np.unique(cells, axis=0, return_inverse=True)
    table = np.column_stack([score, (rows.weights * rows.shares).T, (rows.weights * rows.probability).T])
    return table, [value.tobytes() for value in values], codes.reshape(-1)


class _Halves:
    """Rows in ascending order of their score, put into the lower or the upper half of their pattern."""

    def __init__(self, totals: FloatArray, cells: FloatArray, before: FloatArray, rounding: float) -> None:
        self.totals, self.cells, self.before, self.rounding = totals, cells, before, rounding
        self.left: FloatArray | None = None  # rows of the last score, which may go on in the next block

    def add(self, block: FloatArray) -> None:
        """Take the next rows; those of the last score wait."""
        rows = block if self.left is None else np.concatenate([self.left, block])
        with np.errstate(invalid="ignore"):  # equal infinities differ by nan, which is not larger
            fresh = np.flatnonzero(np.diff(rows[:, 0]) > self.rounding)
        last = int(fresh[-1]) + 1 if fresh.size else 0
        self._take(rows[:last], self.rounding)
        self.left = rows[last:]

    def end(self) -> None:
        """Take what is left."""
        if self.left is not None:
            self._take(self.left, self.rounding)

    def _take(self, rows: FloatArray, rounding: float) -> None:
        """Put whole scores into halves."""
        if not len(rows):
            return
        pattern, k = rows[:, 1].astype(np.int64), (rows.shape[1] - 2) // 2
        with np.errstate(invalid="ignore"):
            score = np.concatenate([[0], np.cumsum(np.diff(rows[:, 0]) > rounding)])
        weight = rows[:, 2 : 2 + k].sum(axis=1)
        order = np.lexsort((score, pattern))
        of, at, own = pattern[order], score[order], weight[order]
        new = np.concatenate([[True], (of[1:] != of[:-1]) | (at[1:] != at[:-1])])
        first = np.flatnonzero(new)
        block, block_of = np.add.reduceat(own, first), of[first]
        begins = np.flatnonzero(np.concatenate([[True], block_of[1:] != block_of[:-1]]))
        before = np.cumsum(block) - block
        counts = np.diff(np.append(begins, block.size))
        before = before - np.repeat(before[begins], counts) + self.before[block_of]
        upper = before >= 0.5 * self.totals[block_of]
        half = np.empty(pattern.size, dtype=np.int64)
        half[order] = 2 * of + upper[np.cumsum(new) - 1]
        for number, column in enumerate(rows[:, 2:].T):
            self.cells[number] += np.bincount(half, column, self.cells.shape[1])
        self.before += np.bincount(pattern, weight, self.before.size)
