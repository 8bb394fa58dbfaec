"""Designs of new rows, with what a fit learnt: rows with an outcome, and rows to predict for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from logitkit.design.design import Design, RowCounts
from logitkit.design.formula.coding import Coding
from logitkit.design.formula.parse import split_formula
from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.ready import as_matrix, missing_rows
from logitkit.design.response.binary import code_outcome, evaluate_left, missing_outcome
from logitkit.design.response.reading import NominalReader, RowsUsed, offsets_of_row, outcome_offsets
from logitkit.design.response.response import Response
from logitkit.design.table.extras import (
    ARRAY,
    complete_rows,
    gather_extras,
    make_response,
    missing_counts,
    offsets_by_outcome,
    pick_rows,
)
from logitkit.design.table.frame import Table, numeric_values, read_table, row_values
from logitkit.errors import DataError
from logitkit.options import require_choice
from logitkit.typing import BoolArray, FloatArray, IntArray, UnseenPolicy, WeightKind

__all__ = ["NewRows", "again_by_outcome", "named_again", "new_rows", "rebuild_design", "rebuild_ready"]


@dataclass(frozen=True)
class NewRows:
    """Rows to predict for.

    Parameters
    ----------
    matrix : Matrix
        Rows that could be coded.
    offset : (m, k) array or None
        Their offsets, one row per linear predictor.
    kept : (n,) bool array
        Which rows of the table they are.
    unseen : int
        Rows with a level that the fit never saw.
    index : object
        Row labels of the table, or None.
    sides : (k,) array or None
        Outcomes as 1 and -1, for the rows of a separated fit.
    levels : (k,) int array or None
        Level of each row, of the factor that is absorbed.
    """

    matrix: Matrix
    offset: FloatArray | None
    kept: BoolArray
    unseen: int
    index: Any
    sides: FloatArray | None = None
    levels: IntArray | None = None

    @property
    def shift(self) -> FloatArray | None:
        """Offset of the only linear predictor, shape (k,)."""
        return None if self.offset is None else self.offset[0]

    def take(self, index: IntArray) -> NewRows:
        """Return the rows at the given positions among those that could be coded; the others count as not kept."""

        def pick(values: Any) -> Any:
            return None if values is None else values[..., index]

        kept = np.zeros_like(self.kept)
        kept[np.flatnonzero(self.kept)[index]] = True
        return replace(
            self,
            matrix=self.matrix.take(index),
            offset=pick(self.offset),
            kept=kept,
            sides=pick(self.sides),
            levels=pick(self.levels),
        )


def rebuild_design(
    info: DesignInfo, data: Any, *, weights: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise"
) -> Design:
    """Build the design of new rows that have an outcome, with what the fit learnt.

    Rows with a level that the fit never saw are refused, or left out and counted.
    """
    coding = _require_coding(info)
    response_info = info.response
    table = read_table(data)
    extras = gather_extras(
        table,
        weights=named_again(weights, response_info.weights, "weights"),
        offset=None if response_info.has_own_offsets else named_again(offset, response_info.offset, "offset"),
        offsets=again_by_outcome(offset, response_info),
        cluster=response_info.cluster if response_info.cluster in table else None,
        absorb=info.nuisance.columns,
    )
    left, _ = split_formula(info.formula or "")
    used = list(dict.fromkeys((*coding.left_variables, *coding.variables)))
    absent = {**table.missing(used), **extras.missing()}
    positions = complete_rows(absent, "drop")
    frame = table.frame(used, positions)
    values = evaluate_left(left, frame, coding.functions)
    _require_neighbours(coding, table, len(frame))
    rows = coding.code(frame, unseen)
    there = ~missing_outcome(values)
    everything = positions if positions is not None else np.arange(table.n_rows)
    strange = rows.unseen
    if unseen == "missing":
        strange = strange | info.nuisance.of_rows(extras.series, everything, unseen).unknown
    keep = rows.kept & there & ~strange
    matrix, shift = rows.among(keep)
    positions = everything if keep.all() else everything[keep]
    if left not in frame.columns and not there.all():
        absent[left] = ~there
    n_unseen = int(np.count_nonzero(strange & there))
    counts = RowCounts(table.n_rows, table.n_rows - positions.size - n_unseen, missing_counts(absent), n_unseen)
    kind: WeightKind = response_info.weight_kind  # type: ignore[assignment]
    if response_info.levels:
        given = RowsUsed(extras, positions, kind, shift)
        several, _ = NominalReader(known=response_info).read(pick_rows(values, keep), left, given)
        return Design(matrix, several, info, counts, positions, table.index)
    outcome = code_outcome(pick_rows(values, keep), left, known=response_info)
    response = make_response(outcome, extras, positions, kind, shift)
    own = info.nuisance.of_rows(extras.series, positions, unseen)
    matrix = info.nuisance.left_of_formula(matrix, coding.names)
    response = replace(response, offset=own.added_to(response.offset))
    return Design(matrix, response, info, counts, positions, table.index, own.codes)


def rebuild_ready(info: DesignInfo, X: Any, y: Any, *, weights: Any = None, offset: Any = None) -> Design:
    """Build the design of new rows of a matrix that have an outcome."""
    matrix, _, index = as_matrix(X, info.names)
    own = getattr(y, "index", None)  # of a Series its labels, of a list a method
    table = Table(None, (), matrix.n_rows, own if index is None and not callable(own) else index)
    extras = gather_extras(
        table,
        weights=named_again(weights, info.response.weights, "weights"),
        offset=None if info.response.has_own_offsets else named_again(offset, info.response.offset, "offset"),
        offsets=again_by_outcome(offset, info.response),
    )
    values, _ = row_values(y, table, "y")
    absent = {"X": missing_rows(matrix), "y": missing_outcome(values), **extras.missing()}
    positions = complete_rows({name: where for name, where in absent.items() if where.any()}, "drop")
    outcome = read_table({"y": values}).frame(["y"], positions)["y"]
    if positions is None:
        positions = np.arange(table.n_rows)
    else:
        matrix = matrix.take(positions)
    kind: WeightKind = info.response.weight_kind  # type: ignore[assignment]
    response: Response
    if info.response.levels:
        given = RowsUsed(extras, positions, kind, None)
        response, _ = NominalReader(known=info.response).read(outcome, "y", given)
    else:
        response = make_response(code_outcome(outcome, "y", known=info.response), extras, positions, kind, None)
    return Design(matrix, response, info, RowCounts(table.n_rows, table.n_rows - positions.size), positions, index)


def new_rows(info: DesignInfo, data: Any, *, offset: Any = None, unseen: UnseenPolicy = "raise") -> NewRows:
    """Build the columns of rows to predict for, of a table or of a matrix as the fit was given it."""
    require_choice("unseen", unseen, get_args(UnseenPolicy))
    if info.coding is None:
        return _new_ready_rows(info, data, offset)
    coding = info.coding
    table = read_table(data)
    by_outcome = again_by_outcome(offset, info.response)
    common = None if info.response.has_own_offsets else named_again(offset, info.response.offset, "offset")
    extras = gather_extras(table, offset=common, absorb=info.nuisance.columns, offsets=by_outcome)
    kept = np.ones(table.n_rows, dtype=bool)
    for where in {**table.missing(coding.variables), **extras.missing()}.values():
        kept &= ~where
    positions = None if kept.all() else np.flatnonzero(kept)
    frame = table.frame(coding.variables, positions)
    _require_neighbours(coding, table, len(frame))
    rows = coding.code(frame, unseen)
    kept[kept] = rows.kept
    given = None
    if "offset" in extras.series:
        given = numeric_values(extras.series["offset"], "offset")[kept]
    total = given if rows.offset is None else rows.offset + (0.0 if given is None else given)
    n_unseen = int(rows.unseen.sum())
    there = np.flatnonzero(kept)
    offsets = (
        outcome_offsets(extras, there, info.response.levels) if by_outcome else offsets_of_row(total, info.response)
    )
    own = info.nuisance.of_rows(extras.series, there, unseen)
    matrix = info.nuisance.left_of_formula(rows.matrix, coding.names)
    found = NewRows(matrix, own.added_to(offsets), kept, n_unseen, table.index, levels=own.codes)
    if not own.unknown.any():
        return found
    return replace(found.take(np.flatnonzero(~own.unknown)), unseen=n_unseen + int(np.count_nonzero(own.unknown)))


def _new_ready_rows(info: DesignInfo, X: Any, offset: Any) -> NewRows:
    """Return rows of a matrix to predict for."""
    matrix, _, index = as_matrix(X, info.names)
    table = Table(None, (), matrix.n_rows, index)
    common = None if info.response.has_own_offsets else named_again(offset, info.response.offset, "offset")
    extras = gather_extras(table, offset=common, offsets=again_by_outcome(offset, info.response))
    kept: BoolArray = ~missing_rows(matrix)
    for where in extras.missing().values():
        kept &= ~where
    offsets = outcome_offsets(extras, np.flatnonzero(kept), info.response.levels)
    if "offset" in extras.series:
        offsets = offsets_of_row(numeric_values(extras.series["offset"], "offset")[kept], info.response)
    return NewRows(matrix if kept.all() else matrix.take(np.flatnonzero(kept)), offsets, kept, 0, index)


def named_again(given: Any, at_fit: str | None, role: str) -> Any:
    """Return the column for new rows: the one given now, or the one named at the fit."""
    if given is not None:
        if at_fit is None:
            raise DataError(
                f"{role} was given, but the model was fitted without {'one' if role == 'offset' else 'any'}."
            )
        return given
    if at_fit == ARRAY:
        raise DataError(
            f"The model was fitted with an array as {role}, which new rows need too: "
            f"pass {role}=..., aligned with data{': fit.on(data, weights=...)' if role == 'weights' else ''}."
        )
    return at_fit


def again_by_outcome(given: Any, info: ResponseInfo) -> dict[str, Any]:
    """Return the offsets by outcome for new rows: those given now, or the columns named at the fit."""
    if not info.has_own_offsets:
        return {}
    if given is not None:
        if not info.offsets:
            raise DataError("offset was given, but the model was fitted without one.")
        found = offsets_by_outcome(given)
        # Of an array with one column per outcome it is not known which columns were zero.
        had_one = [outcome for outcome, _ in info.offsets if outcome in info.levels]
        forgotten = [outcome for outcome in had_one if isinstance(given, Mapping) and outcome not in found]
        if forgotten:
            raise DataError(
                f"offset is given for {', '.join(found) or 'no outcome'} and not for {', '.join(forgotten)}, which had "
                "one at the fit: give one for every outcome that had one, with zeros where there is none now."
            )
        return found
    if any(named == ARRAY for _, named in info.offsets):
        raise DataError(
            "The model was fitted with arrays as offset, which new rows need too: pass offset={'outcome': array, ...}."
        )
    return dict(info.offsets)


def _require_neighbours(coding: Coding, table: Table, n_complete: int) -> None:
    if coding.uses_neighbours and n_complete < table.n_rows:
        raise DataError(
            "lag() uses the previous row, and some rows have missing values: fill them, or leave lag() out."
        )


def _require_coding(info: DesignInfo) -> Coding:
    if info.coding is None:
        raise DataError("The model was fitted on a ready matrix; give a matrix with the same columns.")
    return info.coding
