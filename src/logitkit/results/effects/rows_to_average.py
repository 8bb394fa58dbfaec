"""Rows to average over: the complete rows of the table of the fit, or of another table, with their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from logitkit.design.chunks.source import Source
from logitkit.design.chunks.table import columns_of_source, columns_of_stream
from logitkit.design.design import Design
from logitkit.design.formula.changed import ChangedRows
from logitkit.design.formula.coding import Coding
from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.rebuild import again_by_outcome, named_again
from logitkit.design.response.response import Response
from logitkit.design.table.extras import ARRAY, complete_rows, offset_role
from logitkit.design.table.frame import is_missing, numeric_values, read_table, row_values
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, FormulaError, UnsupportedError, nearest_name
from logitkit.inference.effects.average_predictions import proportions
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.results.effects.spreads import Spread
from logitkit.results.rows import Rows, coded_rows
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "AveragedRows",
    "NoCompleteRowError",
    "TableRows",
    "coding_of",
    "is_indicator",
    "is_numeric",
    "offset_words",
    "outcomes_shown",
    "own_rows",
    "rows_to_average",
    "table_rows",
]


class NoCompleteRowError(DataError):
    """No row of a table is complete; of a chunk of the rows, others may be.

    Parameters
    ----------
    n_missing : int
        Rows that are left out.
    """

    def __init__(self, n_missing: int = 0) -> None:
        super().__init__("No row of the table is complete, so there is nothing to average over.")
        self.n_missing = n_missing


@dataclass(frozen=True, eq=False)
class AveragedRows:
    """Complete rows to average over.

    Parameters
    ----------
    rows : Rows
        The fit with these rows as its table, and their offsets.
    frame : pandas.DataFrame
        The variables of the formula and other requested columns, with rows numbered from 0.
    weights : (n,) array or None
        How much each row counts; None for all alike.
    n_missing : int
        Rows that are left out, as values are missing.
    design : Design or None
        The rows of the fit, where these are they.
    labels : pandas.Index or None
        Labels of the rows.
    by_trials : bool
        Whether rows of grouped counts count by their trials.
    counted : int or None
        Number of rows that count, of which only one is held.
    indicators : frozenset of str or None
        Columns of numbers that are 0 and 1, where only one row is held.
    spreads : mapping of str to Spread or None
        Of all rows, where these are a chunk of them.
    at_first : bool
        Whether the first row stands for all.
    """

    rows: Rows
    frame: Any
    weights: FloatArray | None
    n_missing: int
    design: Design | None
    labels: Any
    by_trials: bool = False
    counted: int | None = None
    indicators: frozenset[str] | None = None
    spreads: Mapping[str, Spread] | None = None
    at_first: bool = False

    @property
    def n_counted(self) -> int:
        """Number of rows that count: those whose weight is not zero."""
        if self.counted is not None:
            return self.counted
        return len(self.frame) if self.weights is None else int(np.count_nonzero(self.weights))

    def is_indicator(self, name: str) -> bool:
        """Tell whether a column of numbers has the values 0 and 1 alone, both of them."""
        if self.indicators is not None:
            return name in self.indicators
        return is_indicator(self.frame[name])

    @property
    def weight_words(self) -> tuple[str, ...]:
        """Return how rows are weighted, in a sentence; none where all count alike."""
        response = self.rows.record.info.response
        if self.weights is None and not self.by_trials and response.kind in ("grouped", "counts"):
            return ("Rows of data= count alike, whatever their trials; fit.on(data, weights=...) weighs them.",)
        if self.weights is None or (response.weights is None and not self.by_trials):
            return ()
        total = f"{float(self.weights.sum()):,.10g}"
        if response.weights is None:
            return (f"Rows are weighted by their trials ({total} in all).",)
        what = f"{response.weights} ({response.weight_kind} weights)" + (" and their trials" if self.by_trials else "")
        return (f"Rows are weighted by {what}; sum of the weights {total}.",)

    @property
    def shares(self) -> FloatArray:
        """How much each row counts; they sum to one, or are all zero, (n,)."""
        n = len(self.frame)
        return np.eye(1, n)[0] if self.at_first else proportions(self.weights, n)


class TableRows(NamedTuple):
    """Rows of a table that are complete.

    Parameters
    ----------
    rows : Rows
        Where they come from.
    frame : DataFrame
        The columns that the formula uses, and those that were asked for beside them, n rows.
    offsets : dict
        Offsets by their role.
    weights : (n,) array or None
        How much each counts: weights that were given, times trials; None for all alike.
    positions : (n,) int array or None
        Which rows of the table they are; None for all.
    labels : Index
        Row labels of the table.
    """

    rows: Rows
    frame: pd.DataFrame
    offsets: dict[str, pd.Series]
    weights: FloatArray | None
    positions: IntArray | None
    labels: pd.Index


def is_indicator(column: Any) -> bool:
    """Tell whether a column of numbers has the values 0 and 1 alone, both of them.

    Examples
    --------
    >>> is_indicator(pd.Series([0, 1])), is_indicator(pd.Series([0, 0]))
    (True, False)
    """
    if not is_numeric(column):
        return False
    values = column.to_numpy()
    return bool(values.min() == 0 and values.max() == 1 and ((values == 0) | (values == 1)).all())


def is_numeric(column: Any) -> bool:
    """Tell whether a column holds numbers, and no booleans.

    Examples
    --------
    >>> is_numeric(pd.Series([0, 1])), is_numeric(pd.Series([False, True]))
    (True, False)
    """
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"


def table_rows(rows: Rows, beside: Sequence[str] = (), *, of_chunk: bool = False) -> TableRows:
    """Return the complete rows of a table that a fit by formula would use, with their weights and offsets.

    Those of a chunk may all be without weight.
    """
    info, design = rows.record.info, rows.own if rows.data is None else None
    if info.coding is None:
        raise DataError("The model was fitted on a ready matrix, which has no variables to set.")
    if rows.data is None:
        if design is not None and design.table is not None:
            for name in beside:
                read_table(design.table).column(name)  # a column that is not there is named as such
        rows = own_rows(rows, beside)
    elif rows.source is not None:
        rows = rows_in_memory(rows, rows.source, beside)
    table = read_table(rows.data)
    given = _weights_again(rows.weights, info.response.weights)
    roles = _offsets_again(rows.offset, info.response)
    extras = {role: row_values(value, table, role)[0] for role, value in roles.items()}
    if given is not None:
        extras["weights"] = row_values(given, table, "weights")[0]
    used = list(dict.fromkeys([*info.coding.variables, *beside]))
    # The rows of the fit were just found to give its columns, so that no variable is missing there.
    absent = {
        **table.missing(used if design is None else beside),
        **{role: is_missing(column) for role, column in extras.items()},
    }
    positions = complete_rows({name: where for name, where in absent.items() if where.any()}, "drop")
    frame = table.frame(used, positions)
    kept = {role: column if positions is None else column.iloc[positions] for role, column in extras.items()}
    if len(frame) == 0:
        raise NoCompleteRowError(table.n_rows)
    counts = None if given is None else _positive(numeric_values(kept.pop("weights"), "weights"), of_chunk)
    if design is not None:
        counts = _counted(counts, design.response, positions)
    index = pd.RangeIndex(table.n_rows) if table.index is None else table.index
    if design is not None:
        index = pd.Index(design.positions) if design.index is None else design.index[design.positions]
    return TableRows(rows, frame, kept, counts, positions, index)


def rows_to_average(rows: Rows, beside: Sequence[str] = (), *, of_chunk: bool = False) -> AveragedRows:
    """Return the complete rows to average over, of a chunk or all, with other columns beside the variables."""
    design = rows.own if rows.data is None else None
    found = table_rows(rows, beside, of_chunk=of_chunk)
    return AveragedRows(
        replace(found.rows, data=found.frame, offset=offset_words(found.offsets)),
        found.frame,
        found.weights,
        len(found.labels) - len(found.frame),
        design if found.positions is None else None,
        found.labels if found.positions is None else found.labels[found.positions],
        design is not None and design.response.trials is not None,
    )


def coding_of(info: DesignInfo, variable: str | None = None) -> Coding:
    """Return the coding of the formula, which must use the variable where one is named."""
    if info.coding is None:
        raise DataError("The model was fitted on a ready matrix, which has no variables to set.")
    if variable is not None and variable not in info.coding.variables:
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
    """Return the offsets of complete rows in the form that predictions use; None if there are none."""
    if "offset" in kept:
        return kept["offset"].to_numpy()
    return {role.removeprefix(offset_role("")): column.to_numpy() for role, column in kept.items()} or None


def own_rows(rows: Rows, others: Sequence[str] = ()) -> Rows:
    """Return the rows of the fit from its table, which must be unchanged since the fit.

    If the table was changed in place after the fit, its rows are no longer those of the estimates.
    """
    info, design = rows.record.info, rows.own
    if design is not None and design.in_chunks and info.coding is not None:
        given = info.response
        along = [given.weights, given.offset, *(column for _, column in given.offsets), *others]
        wanted = list(dict.fromkeys([*info.coding.variables, *(name for name in along if name is not None)]))
        data = read_table(columns_of_stream(design, wanted)).frame(wanted, None)
        return replace(rows, data=data, weights=given.weights if rows.weights is None else rows.weights)
    if design is None or design.table is None or info.coding is None:
        raise DataError(
            "This fit has no table: it was loaded, pickled or made from arrays. Give rows to average over: "
            "data=..., or fit.on(data)."
        )
    response, table = design.response, read_table(design.table)
    named = info.response.weights
    beside = [named, info.response.offset, *(column for _, column in info.response.offsets)]
    beside += [*info.nuisance.columns, *others]
    names = dict.fromkeys([*info.coding.variables, *(name for name in beside if name not in (None, ARRAY))])
    offset = _own_offsets(info.response, response)
    same = table.n_rows == design.counts.given and all(name in table for name in names)
    if same:
        frame = table.frame(list(names), None if table.n_rows == design.n_rows else design.positions)
        same = _gives(info, frame, design, offset)
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


def rows_in_memory(rows: Rows, source: Source, others: Sequence[str] = ()) -> Rows:
    """Return rows of a source as those of a table of the columns that count, where that has room."""
    info = rows.record.info
    coding, given = coding_of(info), info.response
    named = [given.weights, given.offset, *(column for _, column in given.offsets), rows.weights, rows.offset, *others]
    beside = [name for name in named if isinstance(name, str) and name in source.names]
    wanted = list(dict.fromkeys([*coding.variables, *beside]))
    return replace(rows, data=columns_of_source(source, wanted, rows.reading))


def _gives(info: DesignInfo, frame: Any, design: Design, offset: Any) -> bool:
    """Tell whether rows of a table have the columns of a design, by a sum of these with unequal coefficients."""
    assert info.coding is not None
    matrix = design.matrix
    probe = np.cos(np.arange(matrix.n_columns, dtype=np.float64))
    # Where levels are absorbed, the design lacks the intercept of the formula.
    whole = probe.size == len(info.coding.names)
    found = ChangedRows(info.coding, frame).sum_of_columns(probe) if whole else None
    if found is None:
        coded = coded_rows(info, frame, offset, "missing")
        return bool(coded.kept.all()) and np.allclose(coded.matrix.matvec(probe), matrix.matvec(probe))
    groups, sums = row_groups(matrix.n_rows, matrix.width, 8), found

    def same(group: int) -> bool:
        return all(
            np.allclose(sums(start, stop), matrix.rows(start, stop).matvec(probe))
            for start, stop in groups.blocks(group)
        )

    return all(ordered_map(same, len(groups.bounds), light=groups.light))


def outcomes_shown(record: FitRecord) -> list[int]:
    """Return the outcomes whose probabilities are shown: the event if there are two outcomes, else all.

    Examples
    --------
    >>> import logitkit as lk
    >>> outcomes_shown(lk.logit("low ~ age", lk.datasets.load_lbw()).record)
    [1]
    """
    n_outcomes = len(record.outcomes)
    return [n_outcomes - 1] if record.has_event else list(range(n_outcomes))


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


def _positive(weights: FloatArray, of_chunk: bool) -> FloatArray:
    if not np.isfinite(weights).all() or (weights < 0.0).any() or not (of_chunk or weights.any()):
        raise DataError("weights must be finite and not negative, and some of them positive.")
    return weights


def _counted(weights: FloatArray | None, response: Response, positions: IntArray | None) -> FloatArray | None:
    """Return how much rows of the fit count: by their trials too, and none outside the domain of a survey."""
    if weights is None and response.trials is None:
        return None
    trials = np.ones(response.n_rows) if response.trials is None else response.trials
    counts = np.where(response.weights > 0.0, trials, 0.0)
    counts = counts if positions is None else counts[positions]
    return counts if weights is None else weights * counts
