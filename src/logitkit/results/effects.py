"""Rows of a table with one variable set to a value, after another: what average adjusted predictions are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from logitkit.design.formula.coding import Coding
from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.rebuild import again_by_outcome, named_again
from logitkit.design.response.response import Response
from logitkit.design.table.extras import ARRAY, complete_rows, offset_role
from logitkit.design.table.frame import is_missing, levels_of, numeric_values, read_table, row_values
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, FormulaError, LogitkitError, SeparationError, UnsupportedError, nearest_name
from logitkit.inference.effects.average import Effects, SetRows, average_predictions
from logitkit.results.rows import Rows, coded_rows
from logitkit.typing import FloatArray

__all__ = ["TableRows", "effects_of", "effects_of_all", "offset_words", "outcomes_shown", "table_rows"]

GRID = 41  # points of a numeric variable
GRID_OF_REPORT = 13  # of one of several in a report, each of which takes a pass over the rows
POINTS_MOST = 12  # different numbers up to which each is a point of the grid
LEVELS_MOST = 40
VARIABLES_MOST = 8  # figures of a report


class _Values(NamedTuple):
    """Values that a variable is set to, and whether they are points of a scale."""

    values: list[Any]
    numeric: bool


class TableRows(NamedTuple):
    """Rows of a table that are complete.

    Parameters
    ----------
    rows : Rows
        Where they come from.
    frame : DataFrame
        The columns that the formula uses, n rows.
    offsets : dict
        Offsets by their role.
    weights : (n,) array or None
        Weights that were given.
    """

    rows: Rows
    frame: pd.DataFrame
    offsets: dict[str, pd.Series]
    weights: FloatArray | None


def effects_of(
    rows: Rows,
    variable: str,
    values: Sequence[Any] | None = None,
    level: float | None = None,
    *,
    outcomes: Sequence[int] | None = None,
    points: int = GRID,
) -> Effects:
    """Return average probabilities over rows with a variable set to values.

    Of two outcomes those of the event, unless others are asked for.
    """
    record = rows.record
    coding = _coding_of(record.info, variable)
    rows, frame, kept, counts = table_rows(rows)
    chosen = _chosen(variable, frame[variable], values, coding, points)
    sets = _set_rows(replace(rows, data=frame, offset=offset_words(kept)), variable, chosen)
    shown = outcomes_shown(record) if outcomes is None else outcomes
    found = average_predictions(record, sets, counts, variable, numeric=chosen.numeric, level=level, outcomes=shown)
    if np.isnan(found.probability).all():
        raise SeparationError(
            f"With {variable!r} set to any of these values the predictions of some rows are undetermined, because the "
            "directions to infinity disagree about them, and there is no average. fit.predict gives the other rows."
        )
    return found


def table_rows(rows: Rows) -> TableRows:
    """Return the complete rows of a table that a fit by formula would use, with their weights and offsets."""
    info = rows.record.info
    if info.coding is None:
        raise DataError("The model was fitted on a ready matrix, which has no variables to set.")
    if rows.data is None:
        rows = _own_rows(rows)
    table = read_table(rows.data)
    given = _weights_again(rows.weights, info.response.weights)
    roles = _offsets_again(rows.offset, info.response)
    extras = {role: row_values(value, table, role)[0] for role, value in roles.items()}
    if given is not None:
        extras["weights"] = row_values(given, table, "weights")[0]
    absent = {**table.missing(info.coding.variables), **{role: is_missing(column) for role, column in extras.items()}}
    positions = complete_rows({name: where for name, where in absent.items() if where.any()}, "drop")
    frame = table.frame(info.coding.variables, positions)
    kept = {role: column if positions is None else column.iloc[positions] for role, column in extras.items()}
    if len(frame) == 0:
        raise DataError("No row of the table is complete, so there is nothing to average over.")
    counts = None if given is None else _positive(numeric_values(kept.pop("weights"), "weights"))
    return TableRows(rows, frame, kept, counts)


def effects_of_all(rows: Rows) -> list[Effects]:
    """Return average probabilities for each variable of the formula in turn, where they are few and exist."""
    coding = rows.record.info.coding
    if coding is None or coding.uses_neighbours or rows.record.is_separated:
        return []  # under separation a row takes long: whether its probabilities are determined has to be found out
    if rows.data is None:
        try:
            rows = _own_rows(rows)
        except DataError:
            return []
    found = []
    for variable in coding.variables:
        try:
            found.append(effects_of(rows, variable, points=GRID_OF_REPORT))
        except LogitkitError:  # too many levels, or values that the other columns of a row contradict
            continue
        if len(found) == VARIABLES_MOST:
            break
    return found


def _coding_of(info: DesignInfo, variable: str) -> Coding:
    """Return the coding of the formula, which must use the variable."""
    if info.coding is None:
        raise DataError("The model was fitted on a ready matrix, which has no variables to set.")
    if variable not in info.coding.variables:
        hint = nearest_name(str(variable), info.coding.variables)
        raise FormulaError(f"{variable!r} is not a column that the formula uses. {hint}")
    if info.coding.uses_neighbours:
        raise UnsupportedError(
            "The formula has lag(): once a variable is set to one value, its earlier values are not defined."
        )
    return info.coding


def _offsets_again(offset: Any, info: ResponseInfo) -> dict[str, Any]:
    """Return the offsets of the rows by their role, as they are given now or as the fit named them."""
    if info.has_own_offsets:
        return {offset_role(outcome): value for outcome, value in again_by_outcome(offset, info).items()}
    common = named_again(offset, info.offset, "offset")
    return {} if common is None else {"offset": common}


def offset_words(kept: Mapping[str, pd.Series]) -> Any:
    """Return the offsets of complete rows as predictions take them; None where there are none."""
    if "offset" in kept:
        return kept["offset"].to_numpy()
    return {role.removeprefix(offset_role("")): column.to_numpy() for role, column in kept.items()} or None


def _own_rows(rows: Rows) -> Rows:
    """Return the rows of the fit from its table, which must be what it was.

    A table can be changed in place after the fit; its rows would then be others than those of the estimates.
    """
    info, design = rows.record.info, rows.own
    if design is None or design.table is None or info.coding is None:
        raise DataError(
            "This fit has no table: it was loaded, pickled or made from arrays. Give data=..., rows to average over."
        )
    response, table = design.response, read_table(design.table)
    named = info.response.weights
    beside = [named, info.response.offset, *(column for _, column in info.response.offsets)]
    beside += info.nuisance.columns
    names = dict.fromkeys([*info.coding.variables, *(name for name in beside if name is not None and name != ARRAY)])
    offset = _own_offsets(info.response, response)
    same = table.n_rows == design.counts.given and all(name in table for name in names)
    if same:
        frame = table.frame(list(names), design.positions)
        coded = coded_rows(info, frame, offset, "missing")
        probe = np.cos(np.arange(design.matrix.n_columns, dtype=np.float64))
        same = bool(coded.kept.all()) and np.allclose(coded.matrix.matvec(probe), design.matrix.matvec(probe))
    if not same:
        raise DataError("The table has changed since the fit. Give data=..., the rows to average over.")
    if offset is not None and not info.response.has_own_offsets:  # less what the formula says of it
        within = coded_rows(info, frame, np.zeros(len(frame)), "missing").offset
        offset = offset if within is None else offset - _of_row(info.response, within)
    own = response.weights if named == ARRAY else named
    return replace(
        rows,
        data=frame,
        weights=own if rows.weights is None else rows.weights,
        offset=offset if rows.offset is None else rows.offset,
    )


def outcomes_shown(record: FitRecord) -> list[int]:
    """Return the outcomes whose probabilities are shown: of two the event, else all.

    Examples
    --------
    >>> import logitkit as lk
    >>> outcomes_shown(lk.logit("low ~ age", lk.datasets.load_lbw()).record)
    [1]
    """
    n_outcomes = len(record.outcomes)
    return [n_outcomes - 1] if record.family.words.has_event else list(range(n_outcomes))


def _of_row(info: ResponseInfo, offset: FloatArray) -> FloatArray:
    """Return the offset of each row from those of its linear predictors."""
    return np.asarray(offset[0] / (info.offset_factors[0] if info.offset_factors else 1.0))


def _own_offsets(info: ResponseInfo, response: Response) -> Any:
    """Return the offsets of the rows, where the fit was given arrays; else the table has them."""
    if not info.has_own_offsets:
        return None if info.offset != ARRAY or response.offset is None else _of_row(info, response.offset)
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
            "The model was fitted with an array as weights: pass weights=..., aligned with data, the weight of each "
            "row in the average."
        )
    return at_fit if given is None else given


def _positive(weights: FloatArray) -> FloatArray:
    if not np.isfinite(weights).all() or (weights < 0.0).any() or not weights.any():
        raise DataError("weights must be finite and not negative, and some of them positive.")
    return weights


def _chosen(variable: str, column: pd.Series, values: Sequence[Any] | None, coding: Coding, points: int) -> _Values:
    """Return what the variable is set to."""
    number = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"
    # Numbers that the formula takes as levels, or that are two: a factor by any other name.
    factor = any(key == variable or key.startswith((f"C({variable})", f"C({variable},")) for key in coding.seen)
    different = levels_of(column)
    numeric = bool(number and not factor and (len(different) > 2 or values is not None))
    if values is not None:
        return _Values(_given(variable, values, numeric), numeric)
    if numeric and len(different) > POINTS_MOST:
        return _Values(np.linspace(float(column.min()), float(column.max()), points).tolist(), numeric)
    if not numeric and len(different) > LEVELS_MOST:
        raise DataError(
            f"{variable!r} has {len(different)} levels; name the levels of interest, values=[{different[0]!r}, ...]."
        )
    return _Values(different, numeric)


def _given(variable: str, values: Sequence[Any], numeric: bool) -> list[Any]:
    if isinstance(values, str) or np.ndim(values) != 1 or len(values) == 0:
        raise DataError(f"values={values!r} is not a list of values for {variable!r}; give for example values=[1, 2].")
    found = list(values)
    for value in found:
        if numeric and not (isinstance(value, Real) and np.isfinite(float(value))):
            raise DataError(f"values holds {value!r}, and {variable!r} is a number; give finite numbers.")
    return sorted(found) if numeric else found


def _set_rows(rows: Rows, variable: str, chosen: _Values) -> Iterator[SetRows]:
    """Return the rows at one value after another."""
    column = rows.data[variable]
    for value in chosen.values:
        kind = None if chosen.numeric else column.dtype
        if isinstance(kind, pd.CategoricalDtype) and value not in kind.categories:
            hint = nearest_name(str(value), [str(each) for each in kind.categories])
            raise DataError(f"values holds {value!r}, which is not a level of {variable!r}. {hint}")
        frame = rows.data.assign(**{variable: pd.Series([value] * len(column), dtype=kind)})
        found = replace(rows, data=frame, unseen="raise").to_predict
        if not found.kept.all():
            raise DataError(
                f"With {variable!r} set to {value!r} {int((~found.kept).sum())} rows have no value under the formula; "
                "give other values=[...]."
            )
        yield SetRows(value, found.matrix, found.offset)
