"""Averages over rows that are read in chunks, at simulated coefficients, with one pass for all draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.inference.effects.averages import values_at
from logitkit.inference.effects.errors import Drawn, simulated_draws
from logitkit.inference.effects.scales import Scale
from logitkit.results.effects.asked import EffectsAsked
from logitkit.results.effects.cells import Cell
from logitkit.results.effects.in_chunks import reduced
from logitkit.results.effects.rows_to_average import NoCompleteRowError
from logitkit.results.rows import Rows
from logitkit.typing import FloatArray

__all__ = ["draws_in_chunks"]

Sums = dict[tuple[Any, ...], tuple[float, FloatArray]]  # by the labels of a cell: its weight, and sums of each draw


def draws_in_chunks(
    rows: Rows,
    groups: Sequence[str],
    chosen: tuple[Callable[[Rows], Any], Scale],
    labels: Sequence[tuple[Any, ...]],
    asked: EffectsAsked,
) -> Drawn:
    """Return the averages of cells at coefficients simulated from their distribution.

    Parameters
    ----------
    rows : Rows
        The rows of the fit, or of files.
    groups : sequence of str
        Columns that define the cells.
    chosen : (callable, Scale)
        Of some rows: these with what counts, their cells, and what is compared; and what is averaged.
    labels : sequence of tuple
        Labels of the cells, in order.
    asked : EffectsAsked
        The arguments, with the number of draws and the seed.

    Examples
    --------
    >>> draws_in_chunks.__name__
    'draws_in_chunks'
    """

    def averages_of(tables: list[FloatArray]) -> FloatArray:
        sums = reduced(rows, groups, _OfChunk(chosen[0], chosen[1], tuple(tables)), _merged)
        return np.concatenate([sums[each][1] / sums[each][0] for each in labels], axis=1)

    return simulated_draws(rows.record, averages_of, asked.n, asked.seed)


@dataclass(frozen=True)
class _OfChunk:
    """The sums of a chunk at each of the tables of coefficients."""

    cells: Callable[[Rows], Any]
    scale: Scale
    tables: tuple[FloatArray, ...]

    def __call__(self, rows: Rows) -> Sums:
        """Return them by cell, none where no row is complete."""
        try:
            averaged, cells, _ = self.cells(rows)
        except NoCompleteRowError:
            return {}
        weights = np.ones(len(averaged.frame)) if averaged.weights is None else averaged.weights
        return {each.labels: self._of(each, weights, rows.record) for each in cells}

    def _of(self, cell: Cell, weights: FloatArray, record: Any) -> tuple[float, FloatArray]:
        own = weights if cell.rows is None else weights[cell.rows]
        sums = [
            (values_at(record, cell.base, cell.pieces, self.scale, table) @ own).reshape(-1) for table in self.tables
        ]
        return float(own.sum()), np.stack(sums)


def _merged(left: Sums, right: Sums) -> Sums:
    """Return the sums over both."""
    both = dict(left)
    for labels, (weight, sums) in right.items():
        known = both.get(labels)
        both[labels] = (weight, sums) if known is None else (known[0] + weight, known[1] + sums)
    return both
