"""Designs from a formula and a table: for a fit, for new rows with an outcome, and for prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.checks import require_finite_offset, require_weight_kind, require_weights
from logitkit.design.coding import Coding, learn_coding
from logitkit.design.dense import Dense
from logitkit.design.design import Design, RowCounts
from logitkit.design.formula import parse_formula, split_formula
from logitkit.design.frame import Table, codes_of, is_missing, numeric_values, read_table, row_values
from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.outcome import Outcome, code_outcome, evaluate_left, missing_outcome
from logitkit.design.response import Clusters, Response
from logitkit.errors import DataError, ResponseError
from logitkit.typing import BoolArray, FloatArray, IntArray, MissingPolicy, UnseenPolicy, WeightKind

__all__ = ["NewRows", "build_design", "new_rows", "rebuild_design"]

ARRAY = "<array>"


@dataclass(frozen=True)
class NewRows:
    """Rows to predict for.

    Parameters
    ----------
    matrix : Dense
        Rows that could be coded.
    offset : (m,) array or None
        Their offset.
    kept : (n,) bool array
        Which rows of the table they are.
    unseen : int
        Rows with a level that the fit never saw.
    index : object
        Row labels of the table, or None.
    sides : (m,) array or None
        Outcomes as 1 and -1, for the rows of a separated fit.
    """

    matrix: Dense
    offset: FloatArray | None
    kept: BoolArray
    unseen: int
    index: Any
    sides: FloatArray | None = None


@dataclass(frozen=True)
class _Extras:
    """Weights, offset and clusters before any row is dropped."""

    series: dict[str, Any]
    names: dict[str, str | None]

    def missing(self) -> dict[str, BoolArray]:
        found = {}
        for role, series in self.series.items():
            where = is_missing(series)
            if where.any():
                found[f"{role} ({self.names[role]})"] = where
        return found


def build_design(
    formula: str,
    data: Any,
    *,
    namespace: Mapping[str, Any],
    weights: Any = None,
    weight_kind: WeightKind = "frequency",
    offset: Any = None,
    cluster: Any = None,
    event: Any = None,
    missing: MissingPolicy = "drop",
) -> Design:
    """Build the design of a fit.

    Parameters
    ----------
    formula : str
        The formula.
    data : table
        Any table that ``read_table`` reads.
    namespace : mapping
        Where the caller's functions are looked up.
    weights : str or array-like, optional
        A column name, or an array aligned with ``data``.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean.
    offset, cluster : str or array-like, optional
        Given like ``weights``.
    event : object, optional
        The value of the response that is modelled.
    missing : {'drop', 'raise'}
        What to do with rows that have missing values.

    Returns
    -------
    Design
        The rows that are used.

    Raises
    ------
    FormulaError, DataError, ResponseError
        Whatever is wrong with the input, before anything is computed.
    """
    split_formula(formula)
    table = read_table(data)
    if table.n_rows == 0:
        raise DataError("The table has no rows.")
    extras = _extras(table, weights=weights, offset=offset, cluster=cluster)
    reserved = [name for name in extras.names.values() if name and name != ARRAY]
    parsed = parse_formula(formula, table.names, namespace, reserved)
    used = list(dict.fromkeys((*parsed.left_variables, *parsed.variables)))
    absent = {**table.missing(used), **extras.missing()}
    positions = _complete(absent, missing)
    frame = table.frame(used, positions)
    left = evaluate_left(parsed.left, frame, parsed.functions)
    gone = missing_outcome(left)
    if gone.any():
        absent[parsed.left] = gone
    coding, rows = learn_coding(parsed, frame)
    keep = rows.kept & ~gone
    if not keep.all():
        absent.setdefault("a transform in the formula", ~rows.kept)
        if missing == "raise":
            raise DataError(_missing_text({k: v for k, v in absent.items() if v.any()}))
        if not keep.any():
            raise DataError(f"No row is left to fit. {_missing_text(absent)}")
    everything = positions if positions is not None else np.arange(table.n_rows)
    outcome = code_outcome(_pick(left, keep), parsed.left, event)
    kept_rows = keep[rows.kept]
    positions = everything[keep]
    response = _response(outcome, extras, positions, weight_kind, _plus(rows.offset, kept_rows))
    info = DesignInfo(
        coding.names,
        coding.terms,
        replace(
            outcome.info,
            weights=extras.names["weights"],
            offset=extras.names["offset"],
            cluster=extras.names["cluster"],
            weight_kind=weight_kind,
        ),
        formula,
        coding,
    )
    by_column = tuple(
        sorted(((name, int(w.sum())) for name, w in absent.items() if w.any()), key=lambda item: -item[1])
    )
    counts = RowCounts(table.n_rows, table.n_rows - positions.size, by_column)
    matrix = Dense(rows.matrix if kept_rows.all() else rows.matrix[kept_rows])
    _require_both_outcomes(response, info.response)
    return Design(matrix, response, info, counts, positions, table.index)


def rebuild_design(
    info: DesignInfo, data: Any, *, weights: Any = None, offset: Any = None, cluster: Any = None
) -> Design:
    """Build the design of new rows that have an outcome, with what the fit learnt.

    Parameters
    ----------
    info : DesignInfo
        Of the fit.
    data : table
        New rows; those with missing values are dropped and counted.
    weights, offset, cluster : str or array-like, optional
        Needed again when the fit was given arrays; columns are looked up.

    Returns
    -------
    Design
        One class only is no error here.
    """
    coding = _require_coding(info)
    response_info = info.response
    table = read_table(data)
    extras = _extras(
        table,
        weights=_again(weights, response_info.weights, "weights", optional=True),
        offset=_again(offset, response_info.offset, "offset"),
        cluster=_again(cluster, response_info.cluster, "cluster", optional=True),
    )
    left, _ = split_formula(info.formula or "")
    parsed = parse_formula(f"{left} ~ 1", table.names, coding.functions)
    used = list(dict.fromkeys((*parsed.left_variables, *coding.variables)))
    absent = {**table.missing(used), **extras.missing()}
    positions = _complete(absent, "drop")
    frame = table.frame(used, positions)
    values = evaluate_left(left, frame, coding.functions)
    rows = coding.code(frame)
    keep = rows.kept & ~missing_outcome(values)
    everything = positions if positions is not None else np.arange(table.n_rows)
    outcome = code_outcome(_pick(values, keep), left, known=response_info)
    kept_rows = keep[rows.kept]
    positions = everything[keep]
    kind: WeightKind = response_info.weight_kind  # type: ignore[assignment]
    response = _response(outcome, extras, positions, kind, _plus(rows.offset, kept_rows))
    counts = RowCounts(table.n_rows, table.n_rows - positions.size)
    return Design(Dense(rows.matrix[kept_rows]), response, info, counts, positions, table.index)


def new_rows(info: DesignInfo, data: Any, *, offset: Any = None, unseen: UnseenPolicy = "raise") -> NewRows:
    """Build the columns of rows to predict for.

    Parameters
    ----------
    info : DesignInfo
        Of the fit.
    data : table
        New rows; the response is not needed.
    offset : str or array-like, optional
        Demanded when the fit was given an array.
    unseen : {'raise', 'missing'}
        What to do with a level that the fit never saw.

    Returns
    -------
    NewRows
        Rows with a missing value are left out and marked.
    """
    coding = _require_coding(info)
    table = read_table(data)
    extras = _extras(table, offset=_again(offset, info.response.offset, "offset"))
    kept = np.ones(table.n_rows, dtype=bool)
    for where in {**table.missing(coding.variables), **extras.missing()}.values():
        kept &= ~where
    positions = np.flatnonzero(kept)
    rows = coding.code(table.frame(coding.variables, positions), unseen)
    kept[positions[~rows.kept]] = False
    given = None
    if "offset" in extras.series:
        given = numeric_values(extras.series["offset"], "offset")[kept]
    total = given if rows.offset is None else rows.offset + (0.0 if given is None else given)
    return NewRows(Dense(rows.matrix), total, kept, int(rows.unseen.sum()), table.index)


def _extras(table: Table, **given: Any) -> _Extras:
    series: dict[str, Any] = {}
    names: dict[str, str | None] = {}
    for role in ("weights", "offset", "cluster"):
        value = given.get(role)
        names[role] = None
        if value is not None:
            series[role], names[role] = row_values(value, table, role)
    return _Extras(series, names)


def _again(given: Any, at_fit: str | None, role: str, optional: bool = False) -> Any:
    """Return what to use for new rows: what is given now, or the column that the fit named."""
    if given is not None:
        if at_fit is None and role == "offset":
            raise DataError("offset was given, but the model was fitted without one.")
        return given
    if at_fit == ARRAY and optional:
        return None
    if at_fit == ARRAY:
        raise DataError(
            f"The model was fitted with an array as {role}, which new rows need too: "
            f"pass {role}=..., aligned with data."
        )
    return at_fit


def _complete(absent: dict[str, BoolArray], missing: MissingPolicy) -> IntArray | None:
    """Return the rows without missing values, or None for all rows."""
    if missing not in {"drop", "raise"}:
        raise DataError(f"missing={missing!r} is not known; use 'drop' or 'raise'.")
    if not absent:
        return None
    if missing == "raise":
        raise DataError(f"missing='raise', and values are missing. {_missing_text(absent)}")
    for name, where in absent.items():
        if where.all():
            raise DataError(f"Column {name!r} is missing in every row; leave it out of the model.")
    positions = np.flatnonzero(~np.logical_or.reduce(list(absent.values())))
    if positions.size == 0:
        raise DataError(f"No row is left to fit: every row has a missing value. {_missing_text(absent)}")
    return positions


def _missing_text(absent: Mapping[str, BoolArray]) -> str:
    counted = sorted(((int(where.sum()), name) for name, where in absent.items()), reverse=True)
    return "Missing values: " + ", ".join(f"{name} {count}" for count, name in counted) + "."


def _pick(values: Any, keep: BoolArray) -> Any:
    if keep.all():
        return values
    if hasattr(values, "events"):
        return replace(values, events=np.asarray(values.events)[keep], nonevents=np.asarray(values.nonevents)[keep])
    return values[keep]


def _plus(offset: FloatArray | None, keep: BoolArray) -> FloatArray | None:
    return None if offset is None else offset[keep]


def _response(
    outcome: Outcome, extras: _Extras, positions: IntArray, weight_kind: WeightKind, offset: FloatArray | None
) -> Response:
    require_weight_kind(weight_kind)
    prior = clusters = None
    if "weights" in extras.series:
        prior = numeric_values(extras.series["weights"].iloc[positions], "weights")
        require_weights(prior, weight_kind, str(extras.names["weights"]), positions)
    if "offset" in extras.series:
        given = numeric_values(extras.series["offset"].iloc[positions], "offset")
        offset = given if offset is None else offset + given
    if offset is not None:
        require_finite_offset(offset, positions)
    if "cluster" in extras.series:
        codes, count = codes_of(extras.series["cluster"].iloc[positions])
        clusters = Clusters(codes, count, str(extras.names["cluster"]))
    return Response(outcome.y, outcome.trials, prior, weight_kind, offset, clusters)


def _require_both_outcomes(response: Response, info: ResponseInfo) -> None:
    """Refuse weights that leave one class only."""
    if response.prior is not None and not 0.0 < response.events < response.total:
        raise ResponseError(
            f"Among the rows of positive weight the response {info.name!r} has one class only; both must occur."
        )


def _require_coding(info: DesignInfo) -> Coding:
    if info.coding is None:
        raise DataError("The model was fitted on a ready matrix; give a matrix with the same columns.")
    return info.coding
