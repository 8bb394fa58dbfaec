"""Rows of a table with one variable set to each of several values, for average adjusted predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from logitkit.design.formula.coding import Coding
from logitkit.design.table.frame import levels_of
from logitkit.errors import DataError, LogitkitError, SeparationError
from logitkit.inference.effects.average_predictions import (
    AveragePredictions,
    PredictionSums,
    SetRows,
    averaged_predictions,
    summed_predictions,
)
from logitkit.inference.effects.averages import averages
from logitkit.inference.effects.scales import ProbabilityScale
from logitkit.inference.verbs import require
from logitkit.numerics.once import once
from logitkit.results.effects.cells import rows_at
from logitkit.results.effects.in_chunks import are_in_chunks, merged, reduced
from logitkit.results.effects.levels import has_levels, is_number, require_value
from logitkit.results.effects.pieces import Pieces, set_column
from logitkit.results.effects.rows_to_average import (
    AveragedRows,
    NoCompleteRowError,
    coding_of,
    outcomes_shown,
    own_rows,
    rows_to_average,
)
from logitkit.results.rows import Rows
from logitkit.typing import FloatArray

__all__ = ["average_predictions_of", "average_predictions_of_all", "outcomes_shown"]

GRID = 41  # points of a numeric variable
GRID_OF_REPORT = 13  # of one of several in a report, each of which takes a pass over the rows
POINTS_MOST = 12  # different numbers up to which each is a point of the grid
LEVELS_MOST = 40
DIFFERENT_MOST = 1_000  # different numbers that are held: more than are ever shown
VARIABLES_MOST = 8  # figures of a report


class _Values(NamedTuple):
    """Values to which a variable is set, and whether they are points of a scale."""

    values: list[Any]
    numeric: bool


def average_predictions_of(
    rows: Rows,
    variable: str,
    values: Sequence[Any] | None = None,
    level: float | None = None,
    *,
    outcomes: Sequence[int] | None = None,
    points: int = GRID,
    held: _Held | None = None,
) -> AveragePredictions:
    """Return average probabilities over rows with a variable set to values.

    With two outcomes, these are the probabilities of the event unless others are requested. ``held`` holds the rows if
    several variables are set in turn.
    """
    record = rows.record
    coding = coding_of(record.info, variable)
    require(record, "average predictions")

    def choose(column: pd.Series) -> _Values:
        return _chosen(variable, column, values, coding, points)

    sums, numeric = (
        _summed(rows, variable, choose) if are_in_chunks(rows) else (held or _Held(rows)).summed(variable, choose)
    )
    shown = outcomes_shown(record) if outcomes is None else outcomes
    found = averaged_predictions(record, sums, variable, numeric=numeric, level=level, outcomes=shown)
    if np.isnan(found.probability).all():
        raise SeparationError(
            f"With {variable!r} set to any of these values the predictions of some rows are undetermined, because the "
            "directions to infinity disagree about them, and there is no average. fit.predict gives the other rows."
        )
    if record.has_event and outcomes is None:
        found = replace(found, event=record.info.response.event_in_words)
    return found


def _summed(rows: Rows, variable: str, choose: Callable[[pd.Series], _Values]) -> tuple[PredictionSums, bool]:
    """Return the averages over rows in chunks with a variable set, and whether its values are points of a scale."""
    column = reduced(rows, (), _Different(variable), _either)
    chosen = choose(pd.Series([], dtype=float) if column is None else column)
    sums = reduced(rows, (), _OfChunk(variable, chosen), _merged)
    if sums is None:
        raise NoCompleteRowError
    if sums.weight <= 0.0:
        raise DataError("weights must be finite and not negative, and some of them positive.")
    return sums, chosen.numeric


class _Held:
    """Rows in memory, coded once for all variables that are set."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    @once
    def averaged(self) -> AveragedRows:
        """The complete rows."""
        return rows_to_average(self.rows)

    @once
    def coded(self) -> tuple[Pieces, FloatArray]:
        """The columns of the rows, some of which change, and the share of each row."""
        frame, rows, base, shares = rows_at(self.averaged, None, {})
        return Pieces(self.averaged, frame, rows, base), shares

    def summed(self, variable: str, choose: Callable[[pd.Series], _Values]) -> tuple[PredictionSums, bool]:
        """Return the averages with a variable set, in one pass for all values if only its own columns change."""
        record, averaged = self.rows.record, self.averaged
        chosen = choose(averaged.frame[variable])
        levels = None
        if not record.is_separated:
            pieces, shares = self.coded
            levels = pieces.at_values(variable, chosen.values)
        if levels is None:
            sets = _set_rows(averaged.rows, variable, chosen)
            return summed_predictions(record, sets, averaged.weights), chosen.numeric
        every = ProbabilityScale(record.family, range(len(record.outcomes)))
        found = averages(record, pieces.base, levels, shares, every)
        n = len(averaged.frame)
        weight = float(n) if averaged.weights is None else float(averaged.weights.sum())
        return PredictionSums(tuple(chosen.values), found.value, found.jacobian, weight, n), chosen.numeric


def _merged(left: PredictionSums | None, right: PredictionSums | None) -> PredictionSums | None:
    return merged(left, right)


@dataclass(frozen=True)
class _Different:
    """Distinct values of a variable in a chunk; if there are very many, a subset with the smallest and the largest."""

    variable: str

    def __call__(self, rows: Rows) -> pd.Series | None:
        """Return the values, None where no row is complete."""
        try:
            return _few(rows_to_average(rows, of_chunk=True).frame[self.variable])
        except NoCompleteRowError:
            return None


def _few(column: pd.Series) -> pd.Series:
    """Return different values of a column, of very many some."""
    found = column.drop_duplicates()
    if len(found) <= DIFFERENT_MOST or not is_number(found):
        return found.reset_index(drop=True)
    ordered = found.sort_values()
    return pd.concat([ordered.iloc[: DIFFERENT_MOST - 1], ordered.iloc[-1:]], ignore_index=True)


def _either(left: pd.Series | None, right: pd.Series | None) -> pd.Series | None:
    """Return the different values of both."""
    if left is None or right is None:
        return right if left is None else left
    return _few(pd.concat([left, right], ignore_index=True))


@dataclass(frozen=True)
class _OfChunk:
    """The averages over the rows of a chunk with a variable set."""

    variable: str
    chosen: _Values

    def __call__(self, rows: Rows) -> PredictionSums | None:
        """Return the averages, None where no row is complete."""
        try:
            averaged = rows_to_average(rows, of_chunk=True)
        except NoCompleteRowError:
            return None
        return summed_predictions(rows.record, _set_rows(averaged.rows, self.variable, self.chosen), averaged.weights)


def average_predictions_of_all(rows: Rows) -> list[AveragePredictions | LogitkitError]:
    """Return average probabilities for each variable of the formula, if there are few variables and averages exist.

    For rows that are read in chunks, refusals are returned too.
    """
    coding = rows.record.info.coding
    if coding is None or coding.uses_neighbours or rows.record.is_separated:
        return []  # under separation a row takes long: whether its probabilities are determined has to be found out
    if rows.data is None and not rows.in_chunks:
        try:
            rows = own_rows(rows)
        except DataError:
            return []
    found: list[AveragePredictions | LogitkitError] = []
    held = _Held(rows)
    for variable in coding.variables:
        try:
            found.append(average_predictions_of(rows, variable, points=GRID_OF_REPORT, held=held))
        except LogitkitError as refusal:  # too many levels, or values that the other columns of a row contradict
            if not rows.in_chunks:
                continue
            found.append(refusal)
        if len(found) == VARIABLES_MOST:
            break
    return found


def _chosen(variable: str, column: pd.Series, values: Sequence[Any] | None, coding: Coding, points: int) -> _Values:
    """Return what the variable is set to."""
    factor = has_levels(variable, column, coding)
    different = levels_of(column)
    numeric = not factor and (len(different) > 2 or values is not None)  # of two numbers each is a level
    if values is not None:
        found = _given(variable, values)
        for value in found:
            require_value("values=", variable, value, column, coding)
        return _Values(sorted(found) if numeric else found, numeric)
    if numeric and len(different) > POINTS_MOST:
        return _Values(np.linspace(float(column.min()), float(column.max()), points).tolist(), numeric)
    if not numeric and len(different) > LEVELS_MOST:
        raise DataError(
            f"{variable!r} has {len(different)} levels; name the levels of interest, values=[{different[0]!r}, ...]."
        )
    return _Values(different, numeric)


def _given(variable: str, values: Sequence[Any]) -> list[Any]:
    if isinstance(values, str) or np.ndim(values) != 1 or len(values) == 0:
        raise DataError(f"values={values!r} is not a list of values for {variable!r}; give for example values=[1, 2].")
    return list(values)


def _set_rows(rows: Rows, variable: str, chosen: _Values) -> Iterator[SetRows]:
    """Return the rows at one value after another."""
    column = rows.data[variable]
    for value in chosen.values:
        frame = rows.data.assign(**{variable: set_column(column, value)})
        found = replace(rows, data=frame, unseen="raise").to_predict
        if not found.kept.all():
            raise DataError(
                f"With {variable!r} set to {value!r} {int((~found.kept).sum())} rows have no value under the formula; "
                "give other values=[...]."
            )
        yield SetRows(value, found.matrix, found.offset)
