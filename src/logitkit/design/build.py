"""The design of a fit, from a formula and a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.design import Design, RowCounts
from logitkit.design.formula.coding import Beforehand, learn_coding
from logitkit.design.formula.parse import parse_formula, split_formula
from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.design.nuisance import NOTHING, Nuisance
from logitkit.design.response.binary import evaluate_left, missing_outcome
from logitkit.design.response.reading import BinaryReader, OutcomeReader, RowsUsed
from logitkit.design.table.extras import ARRAY, complete_rows, gather_extras, missing_counts, missing_text, pick_rows
from logitkit.design.table.frame import coded_values, read_table
from logitkit.errors import DataError, FormulaError
from logitkit.typing import BoolArray, FactorCoding, MissingPolicy, WeightKind

__all__ = ["build_design"]


def build_design(
    formula: str,
    data: Any,
    *,
    namespace: Mapping[str, Any],
    weights: Any = None,
    weight_kind: WeightKind = "frequency",
    cluster: Any = None,
    reader: OutcomeReader | None = None,
    missing: MissingPolicy = "drop",
    absorb: str | None = None,
    factors_by: FactorCoding = "treatment",
    before: Beforehand | None = None,
) -> Design:
    """Build the design of a fit; ``before`` is what was learnt from more rows than the table has."""
    reader = reader or BinaryReader()
    split_formula(formula)
    table = read_table(data)
    if table.n_rows == 0:
        raise DataError("The table has no rows.")
    if absorb is not None and not isinstance(absorb, str):
        shown = f"{absorb!r:.60}" if isinstance(absorb, (list, tuple)) else type(absorb).__name__
        raise DataError(
            f"absorb={shown}: give the name of one column of the table. Of several factors absorb the one with the "
            "most levels, and enter the others in the formula as C(...)."
        )
    extras = gather_extras(
        table,
        weights=weights,
        offset=reader.offset,
        cluster=cluster,
        absorb=() if absorb is None else (absorb,),
        offsets=reader.offsets,
    )
    reserved = [name for name in extras.names.values() if name and name != ARRAY]
    parsed = parse_formula(formula, table.names, namespace, reserved, n_rows=table.n_rows)
    used = list(dict.fromkeys((*parsed.left_variables, *parsed.variables)))
    if absorb in used:
        raise FormulaError(f"{absorb!r} is absorbed and also in the formula; leave it out of one of them.")
    absent = {**table.missing(used), **extras.missing()}
    positions = complete_rows(absent, missing)
    frame = table.plain_columns(used, positions)
    left = evaluate_left(parsed.left, frame, parsed.functions)
    # A column of the table was looked at for missing values already.
    gone = np.zeros(len(frame), dtype=bool) if parsed.left in frame.columns else missing_outcome(left)
    if gone.any():
        absent[parsed.left] = gone
    coding, rows = learn_coding(parsed, frame, factors_by, before)
    keep: BoolArray = rows.kept & ~gone
    if coding.uses_neighbours and len(frame) < table.n_rows:
        raise FormulaError(
            f"lag() uses the previous row, and rows were dropped. {missing_text(absent)} Compute the lagged column in "
            "the table before rows are dropped."
        )
    if not keep.all():
        absent.setdefault("a transform in the formula", ~rows.kept)
        if missing == "raise":
            raise DataError(missing_text({k: v for k, v in absent.items() if v.any()}))
        if not keep.any():
            raise DataError(f"No row is left to fit. {missing_text(absent)}")
    everything = positions if positions is not None else np.arange(table.n_rows)
    matrix, shift = rows.among(keep)
    positions = everything if keep.all() else everything[keep]
    used_rows = RowsUsed(extras, positions, weight_kind, shift)
    response, response_info = reader.read(pick_rows(left, keep), parsed.left, used_rows)
    counted = response.weights > 0.0
    n_counted = int(np.count_nonzero(counted)) if before is None else before.n_counted
    if before is None:
        counted_rows = None if keep.all() and counted.all() else np.flatnonzero(keep)[counted]
        coding = coding.with_seen(rows.factors, counted_rows)
    if response.trials is None:
        coding.require_repeated_levels(n_counted)
    nuisance: Nuisance = NOTHING
    names, terms, level_codes = coding.names, coding.terms, None
    if absorb is not None:
        from logitkit.design.absorbed import AbsorbedLevels, terms_without_intercept, without_intercept

        matrix, terms = without_intercept(matrix, names), terms_without_intercept(terms, names)
        names = tuple(name for name in names if name != INTERCEPT)
        if not names:
            raise FormulaError(
                f"absorb={absorb!r} leaves no coefficient to estimate; name the predictors in the formula."
            )
        coded = coded_values(extras.series["absorb"].iloc[positions])
        levels = coded.occurring()
        level_codes = coded.recoded(levels).astype(np.int64)
        nuisance = AbsorbedLevels(absorb, levels, np.full(len(levels), np.nan), np.bincount(level_codes))
    info = DesignInfo(
        names,
        terms,
        replace(
            response_info,
            weights=extras.names["weights"],
            offset=extras.names["offset"],
            cluster=extras.names["cluster"],
            weight_kind=weight_kind,
        ),
        formula,
        coding,
        coding.empty_terms,
        coding.references,
        nuisance,
    )
    counts = RowCounts(table.n_rows, table.n_rows - positions.size, missing_counts(absent))
    return Design(matrix, response, info, counts, positions, table.index, level_codes)
