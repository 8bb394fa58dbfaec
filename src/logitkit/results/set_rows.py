"""Rows of a table with one variable set to a value, after another: what average adjusted predictions are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from logitkit.design.formula.coding import Coding
from logitkit.design.info import ResponseInfo
from logitkit.design.rebuild import NewRows, again_by_outcome, named_again
from logitkit.design.response.response import Response
from logitkit.design.table.extras import ARRAY, complete_rows, offset_role
from logitkit.design.table.frame import is_missing, levels_of, numeric_values, read_table, row_values
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, FormulaError, LogitkitError, SeparationError, UnsupportedError, nearest_name
from logitkit.inference.effects import Effects, SetRows, average_predictions
from logitkit.results import outcome_rows, rows
from logitkit.results.model import Model
from logitkit.typing import FloatArray

__all__ = ["effects_of", "effects_of_all", "outcomes_shown"]

GRID = 41  # points of a numeric variable
POINTS_MOST = 12  # different numbers up to which each is a point of the grid
LEVELS_MOST = 40
VARIABLES_MOST = 8  # figures of a report


class _Values(NamedTuple):
    """Values that a variable is set to, and whether they are points of a scale."""

    values: list[Any]
    numeric: bool


def effects_of(
    fit: Model,
    variable: str,
    data: Any,
    values: Sequence[Any] | None = None,
    level: float | None = None,
    weights: Any = None,
    offset: Any = None,
    *,
    outcomes: Sequence[int] | None = None,
) -> Effects:
    """Return average probabilities over the rows of a table, with a variable set to values.

    Of two outcomes those of the event, unless others are asked for.
    """
    info = fit.record.info
    if info.coding is None:
        raise DataError("The model was fitted on a ready matrix, which has no variables that could be set.")
    coding = info.coding
    if variable not in coding.variables:
        hint = nearest_name(str(variable), coding.variables)
        raise FormulaError(f"{variable!r} is no column that the formula uses. {hint}")
    if coding.uses_neighbours:
        raise UnsupportedError("The formula has lag(): rows whose variable is set to one value have no past.")
    if data is None:
        own = _own_rows(fit)
        data = own.table
        weights, offset = own.weights if weights is None else weights, own.offset if offset is None else offset
    table = read_table(data)
    given = _weights_again(weights, info.response.weights)
    extras = {role: row_values(value, table, role)[0] for role, value in _offsets(info.response, offset).items()}
    if given is not None:
        extras["weights"] = row_values(given, table, "weights")[0]
    absent = {**table.missing(coding.variables), **{role: is_missing(column) for role, column in extras.items()}}
    positions = complete_rows({name: where for name, where in absent.items() if where.any()}, "drop")
    frame = table.frame(coding.variables, positions)
    kept = {role: column if positions is None else column.iloc[positions] for role, column in extras.items()}
    if len(frame) == 0:
        raise DataError("No row of the table is complete, so that there is nothing to average over.")
    counts = None if given is None else _positive(numeric_values(kept.pop("weights"), "weights"))
    chosen = _chosen(variable, frame[variable], values, coding)
    offsets: Any = {role.removeprefix(offset_role("")): column.to_numpy() for role, column in kept.items()} or None
    if not info.response.levels:
        offsets = kept["offset"].to_numpy() if kept else None
    sets = _set_rows(fit, variable, frame, chosen, offsets)
    shown = outcomes_shown(fit.record) if outcomes is None else outcomes
    found = average_predictions(fit.record, sets, counts, variable, numeric=chosen.numeric, level=level, outcomes=shown)
    if np.isnan(found.probability).all():
        raise SeparationError(
            f"With {variable!r} set to any of these values some rows have no prediction, as directions to infinity "
            "disagree about them, so that there is no average. fit.predict has the rows that have one."
        )
    return found


def effects_of_all(fit: Model, data: Any, weights: Any = None, offset: Any = None) -> list[Effects]:
    """Return average probabilities for each variable of the formula in turn, where they are few and exist."""
    coding = fit.record.info.coding
    if coding is None or coding.uses_neighbours or fit.record.limit is not None:
        return []  # under separation a row takes long: whether its probabilities are determined has to be found out
    if data is None:
        try:
            data, weights, offset = _own_rows(fit)
        except DataError:
            return []
    found = []
    for variable in coding.variables:
        try:
            found.append(effects_of(fit, variable, data, weights=weights, offset=offset))
        except LogitkitError:  # too many levels, or values that the other columns of a row contradict
            continue
        if len(found) == VARIABLES_MOST:
            break
    return found


class _Rows(NamedTuple):
    """Rows with what belongs to them."""

    table: Any
    weights: Any
    offset: Any


def _own_rows(fit: Model) -> _Rows:
    """Return the rows of the fit from its table, which must be what it was.

    A table can be changed in place after the fit; its rows would then be others than those of the estimates.
    """
    info, design = fit.record.info, fit.design
    if design is None or design.table is None or info.coding is None:
        raise DataError(
            "This fit has no table: it was loaded, pickled or made from arrays. Give data=..., rows to average over."
        )
    response, table = design.response, read_table(design.table)
    named = info.response.weights
    beside = [named, info.response.offset if not info.response.levels else None]
    beside += [column for _, column in info.response.offsets]
    names = dict.fromkeys([*info.coding.variables, *(name for name in beside if name is not None and name != ARRAY)])
    offset = _own_offsets(info.response, response)
    same = table.n_rows == design.counts.given and all(name in table for name in names)
    if same:
        frame = table.frame(list(names), design.positions)
        again = _coded(fit, frame, offset)
        probe = np.cos(np.arange(design.matrix.n_columns, dtype=np.float64))
        same = bool(again.kept.all()) and np.allclose(again.matrix.matvec(probe), design.matrix.matvec(probe))
    if not same:
        raise DataError("The table has changed since the fit. Give data=..., the rows to average over.")
    if fit.record.is_single and offset is not None:  # less what the formula says of it
        within = _coded(fit, frame, np.zeros(len(frame))).offset
        offset = offset if within is None else offset - within[0]
    return _Rows(frame, response.weights if named == ARRAY else named, offset)


def _offsets(info: ResponseInfo, offset: Any) -> dict[str, Any]:
    """Return the offsets of new rows by their role: those given now, or the columns that the fit named."""
    if info.levels:
        return {offset_role(outcome): value for outcome, value in again_by_outcome(offset, info).items()}
    value = named_again(offset, info.offset, "offset")
    return {} if value is None else {"offset": value}


def _coded(fit: Model, frame: pd.DataFrame, offset: Any) -> NewRows:
    """Return the rows of a table, coded as those of the fit."""
    if fit.record.is_single:
        return rows.coded_rows(fit.record.info, frame, offset, "missing")
    return outcome_rows.coded_outcome_rows(fit.record.info, None, frame, offset, "missing")


def outcomes_shown(record: FitRecord) -> list[int]:
    """Return the outcomes whose probabilities are shown: of two the event, else all.

    Examples
    --------
    >>> import logitkit as lk
    >>> outcomes_shown(lk.logit("low ~ age", lk.datasets.load_lbw()).record)
    [1]
    """
    return [1] if record.is_single else list(range(len(record.outcomes)))


def _own_offsets(info: ResponseInfo, response: Response) -> Any:
    """Return the offsets of the rows, where the fit was given arrays; else the table has them."""
    if not info.levels:
        if info.offset != ARRAY or response.shift is None:
            return None
        return response.shift
    if response.offset is None or not any(column == ARRAY for _, column in info.offsets):
        return None
    return {
        outcome: response.offset[
            info.levels.index(outcome) if outcome in info.levels else int(outcome.removeprefix(ARRAY))
        ]
        for outcome, _ in info.offsets
    }


def _weights_again(given: Any, at_fit: str | None) -> Any:
    if given is None and at_fit == ARRAY:
        raise DataError(
            "The model was fitted with an array as weights: pass weights=..., aligned with data, to say how much each "
            "row counts in the average."
        )
    return at_fit if given is None else given


def _positive(weights: FloatArray) -> FloatArray:
    if not np.isfinite(weights).all() or (weights < 0.0).any() or not weights.any():
        raise DataError("weights must be finite and not negative, and some of them positive.")
    return weights


def _chosen(variable: str, column: pd.Series, values: Sequence[Any] | None, coding: Coding) -> _Values:
    """Return what the variable is set to."""
    number = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"
    # Numbers that the formula takes as levels, or that are two: a factor by any other name.
    factor = any(key == variable or key.startswith((f"C({variable})", f"C({variable},")) for key in coding.seen)
    different = levels_of(column)
    numeric = bool(number and not factor and (len(different) > 2 or values is not None))
    if values is not None:
        return _Values(_given(variable, values, numeric), numeric)
    if numeric and len(different) > POINTS_MOST:
        return _Values(np.linspace(float(column.min()), float(column.max()), GRID).tolist(), numeric)
    if not numeric and len(different) > LEVELS_MOST:
        raise DataError(
            f"{variable!r} has {len(different)} levels; name those of interest, values=[{different[0]!r}, ...]."
        )
    return _Values(different, numeric)


def _given(variable: str, values: Sequence[Any], numeric: bool) -> list[Any]:
    if isinstance(values, str) or np.ndim(values) != 1 or len(values) == 0:
        raise DataError(f"values={values!r} is no list of values for {variable!r}; give for example values=[1, 2].")
    found = list(values)
    for value in found:
        if numeric and not (isinstance(value, Real) and np.isfinite(float(value))):
            raise DataError(f"values holds {value!r}, and {variable!r} is a number; give finite numbers.")
    return sorted(found) if numeric else found


def _set_rows(fit: Model, variable: str, frame: pd.DataFrame, chosen: _Values, offsets: Any) -> Iterator[SetRows]:
    """Return the rows at one value after another."""
    column = frame[variable]
    for value in chosen.values:
        kind = None if chosen.numeric else column.dtype
        if isinstance(kind, pd.CategoricalDtype) and value not in kind.categories:
            hint = nearest_name(str(value), [str(each) for each in kind.categories])
            raise DataError(f"values holds {value!r}, which is no level of {variable!r}. {hint}")
        moved = frame.assign(**{variable: pd.Series([value] * len(frame), dtype=kind)})
        found = (rows if fit.record.is_single else outcome_rows).rows_to_predict(fit, moved, offsets, "raise")
        if not found.kept.all():
            raise DataError(
                f"With {variable!r} set to {value!r} {int((~found.kept).sum())} rows have no value in the model; give "
                "other values=[...]."
            )
        yield SetRows(value, found.matrix, found.offset)
