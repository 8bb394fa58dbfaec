"""Cells of rows that are averaged together: by values that are set, the row of means, and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal

import numpy as np

from logitkit.design.table.frame import levels_of
from logitkit.errors import DataError, FormulaError, UnsupportedError, nearest_name
from logitkit.inference.effects.pieces import Piece, RowsOfFit
from logitkit.options import require_choice
from logitkit.results.effects.levels import has_levels, is_number, require_value
from logitkit.results.effects.pieces import set_column
from logitkit.results.effects.rows_to_average import AveragedRows, coding_of
from logitkit.results.effects.spreads import spread_over
from logitkit.results.rows import Rows
from logitkit.typing import FloatArray, IntArray

__all__ = ["At", "Cell", "cells_by_group", "groups_of", "rows_at", "settings"]

At = Mapping[str, Any] | Literal["mean"] | None
CELLS_MOST = 1_000


@dataclass(frozen=True)
class Cell:
    """Rows that are averaged together.

    Parameters
    ----------
    labels : tuple
        The values that are set, and the group.
    base : RowsOfFit
        The rows with these values.
    pieces : list of Level or Slope
        The averages over these rows.
    shares : (n,) array
        The share of each row.
    rows : (n,) int array or None
        Positions of these rows among all rows; None for all.
    """

    labels: tuple[Any, ...]
    base: RowsOfFit
    pieces: list[Piece]
    shares: FloatArray
    rows: IntArray | None


def settings(at: At, averaged: AveragedRows) -> list[tuple[Any, ...]]:
    """Return the combinations of the values that are set."""
    if at is None or isinstance(at, str):
        if isinstance(at, str) and at != "mean":
            raise DataError(f"at={at!r} is not known; give 'mean', or values by variable: at={{'age': [20, 30]}}.")
        return [()]
    if not isinstance(at, Mapping):
        raise DataError(f"at={at!r:.60} is not known; give 'mean', or values by variable: at={{'age': [20, 30]}}.")
    values = []
    known = coding_of(averaged.rows.record.info).variables
    for name, given in at.items():
        if name not in known:
            raise FormulaError(
                f"at= names {name!r}, which is not a variable of the formula. {nearest_name(str(name), known)}"
            )
        several = isinstance(given, (list, tuple, range, np.ndarray))
        values.append([_value(name, each, averaged) for each in (given if several else [given])])
        if not values[-1]:
            raise DataError(f"at= gives no value for {name!r}.")
    if np.prod([len(each) for each in values]) > CELLS_MOST:
        raise DataError(f"at= has more than {CELLS_MOST:,} combinations of values; give fewer.")
    return list(product(*values))


def _value(name: str, given: Any, averaged: AveragedRows) -> Any:
    """Return a value that is set, of a number also its mean or median."""
    column, coding = averaged.frame[name], coding_of(averaged.rows.record.info)
    if isinstance(given, str) and not has_levels(name, column, coding):
        require_choice(f"at[{name!r}]", given, ("mean", "median"))
        spread = spread_over(averaged, name)
        return spread.mean if given == "mean" else spread.median
    require_value("at=", name, given, column, coding)
    return given.item() if isinstance(given, np.generic) else given


def rows_at(averaged: AveragedRows, at: At, values: Mapping[str, Any]) -> tuple[Any, Rows, RowsOfFit, FloatArray]:
    """Return rows with variables set to values, or the row of means: data frame, fit, columns and shares."""
    frame, rows, shares = averaged.frame, averaged.rows, averaged.shares
    if isinstance(at, str):
        frame = frame.iloc[:1].copy()
        for name in frame.columns:
            frame[name] = set_column(frame[name], _typical(averaged.frame[name], shares))
        given = rows.offset
        if isinstance(given, Mapping):
            given = {name: np.array([shares @ np.asarray(each, dtype=float)]) for name, each in given.items()}
        elif given is not None:
            given = np.array([shares @ np.asarray(given, dtype=float)])
        rows, shares = replace(rows, offset=given), np.ones(1)
    if values:
        frame = frame.copy(deep=False)
        for name, value in values.items():
            frame[name] = set_column(frame[name], value)
    elif at is None and averaged.design is not None:
        design = averaged.design
        return frame, rows, RowsOfFit(design.matrix, design.response.offset), shares
    found = replace(rows, data=frame, unseen="raise").to_predict
    if not found.kept.all():
        raise DataError(f"With the values that are set {int((~found.kept).sum())} rows have no value in the model.")
    return frame, rows, RowsOfFit(found.matrix, found.offset), shares


def _typical(column: Any, shares: FloatArray) -> Any:
    """Return the mean of a number, and the most frequent of other values."""
    if is_number(column):
        return float(shares @ column.to_numpy(np.float64))
    levels = levels_of(column)
    return levels[int(np.argmax([shares[(column == level).to_numpy()].sum() for level in levels]))]


def groups_of(names: Sequence[str], averaged: AveragedRows, n: int) -> list[tuple[tuple[Any, ...], IntArray | None]]:
    """Return the groups that occur, with their rows."""
    if not names:
        return [((), None)]
    if n < len(averaged.frame):
        raise UnsupportedError("at='mean' is one row, which by= cannot divide; use at={...}, or leave by= out.")
    columns = [averaged.frame[name] for name in names]
    found: list[tuple[tuple[Any, ...], IntArray | None]] = []
    for values in product(*(levels_of(column) for column in columns)):
        inside = np.all([(column == value).to_numpy() for column, value in zip(columns, values, strict=True)], axis=0)
        if inside.any():
            found.append((values, np.flatnonzero(inside)))
    if len(found) > CELLS_MOST:
        raise DataError(f"by= makes {len(found):,} groups, of which at most {CELLS_MOST:,} are taken.")
    return found


def cells_by_group(
    values: tuple[Any, ...],
    base: RowsOfFit,
    pieces: list[Piece],
    shares: FloatArray,
    groups: list[tuple[tuple[Any, ...], IntArray | None]],
    *,
    of_chunk: bool = False,
) -> list[Cell]:
    """Return the rows with values set, all or by group; a group without weight may have weight in another chunk."""
    cells = []
    for group, rows in groups:
        if rows is None:
            cells.append(Cell(values, base, pieces, shares, None))
            continue
        total = float(shares[rows].sum())
        if total <= 0.0 and of_chunk:
            continue
        if total <= 0.0:
            raise DataError(f"The weights of the group {', '.join(map(str, group))} are all zero.")
        own = [piece.take(rows) for piece in pieces]
        cells.append(Cell((*values, *group), base.take(rows), own, shares[rows] / total, rows))
    return cells
