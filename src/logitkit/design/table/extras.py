"""Weights, offset and clusters from the caller's words to rows, and the rows that are complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from logitkit.design.response.binary import Counts, Outcome
from logitkit.design.response.response import Clusters, Response
from logitkit.design.table.checks import ARRAY, require_finite_offset, require_weight_kind, require_weights
from logitkit.design.table.frame import Table, codes_of, is_missing, numeric_values, row_values
from logitkit.errors import DataError
from logitkit.options import require_choice
from logitkit.typing import BoolArray, FloatArray, IntArray, MissingPolicy, WeightKind

__all__ = [
    "ARRAY",
    "Extras",
    "clusters_of",
    "complete_rows",
    "gather_extras",
    "make_response",
    "missing_counts",
    "missing_text",
    "offset_role",
    "offsets_by_outcome",
    "pick_rows",
    "prior_weights",
    "row_offset",
]


@dataclass(frozen=True)
class Extras:
    """Weights, offset and clusters before any row is dropped.

    Parameters
    ----------
    series : dict of str to pandas.Series
        One value a row of the table, by role.
    names : dict of str to str or None
        How each was named, by role.
    """

    series: dict[str, Any]
    names: dict[str, str | None]

    def missing(self) -> dict[str, BoolArray]:
        """Return where each is missing, for those that are somewhere."""
        found = {}
        for role, series in self.series.items():
            where = is_missing(series)
            if where.any():
                found[f"{role} ({self.names[role]})"] = where
        return found


def gather_extras(
    table: Table,
    *,
    weights: Any = None,
    offset: Any = None,
    cluster: Any = None,
    absorb: Sequence[str] = (),
    offsets: Mapping[str, Any] | None = None,
) -> Extras:
    """Return weights, offset and clusters as columns of the table's length."""
    factor = absorb[0] if absorb else None  # one: more are refused where they are stated
    given = {"weights": weights, "offset": offset, "cluster": cluster, "absorb": factor}
    given |= {offset_role(outcome): value for outcome, value in (offsets or {}).items()}
    series: dict[str, Any] = {}
    names: dict[str, str | None] = {}
    for role, value in given.items():
        names[role] = None
        if value is not None:
            series[role], names[role] = row_values(value, table, role)
    return Extras(series, names)


def offset_role(outcome: str) -> str:
    """Return the role of the offset of one outcome."""
    return f"offset of {outcome}"


def offsets_by_outcome(offset: Any) -> dict[str, Any]:
    """Return the offsets of a model of several outcomes by outcome."""
    if offset is None:
        return {}
    if isinstance(offset, Mapping):
        return {str(outcome): value for outcome, value in offset.items()}
    if hasattr(offset, "columns"):
        return {str(name): offset[name] for name in offset.columns}
    array = np.asarray(offset)
    if array.ndim != 2:
        raise DataError(
            f"offset has shape {array.shape}: give one offset per outcome, offset={{'outcome': column}}, or an array "
            "with one column per outcome. One column added to every logit changes no probability."
        )
    return {f"{ARRAY}{k}": array[:, k] for k in range(array.shape[1])}


def missing_counts(absent: dict[str, BoolArray]) -> tuple[tuple[str, int], ...]:
    """Return columns with missing values and their number, most first."""
    counted = ((name, int(where.sum())) for name, where in absent.items() if where.any())
    return tuple(sorted(counted, key=lambda item: -item[1]))


def complete_rows(absent: dict[str, BoolArray], missing: MissingPolicy) -> IntArray | None:
    """Return the rows without missing values, or None for all rows."""
    require_choice("missing", missing, get_args(MissingPolicy))
    if not absent:
        return None
    if missing == "raise":
        raise DataError(f"missing='raise', but values are missing. {missing_text(absent)}")
    for name, where in absent.items():
        if where.all():
            raise DataError(f"Column {name!r} is missing in every row; leave it out of the model.")
    positions = np.flatnonzero(~np.logical_or.reduce(list(absent.values())))
    if positions.size == 0:
        raise DataError(f"No row is left to fit: every row has a missing value. {missing_text(absent)}")
    return positions


def missing_text(absent: Mapping[str, BoolArray]) -> str:
    """Return which columns have how many missing values, in words."""
    counted = sorted(((int(where.sum()), name) for name, where in absent.items()), reverse=True)
    return "Missing values: " + ", ".join(f"{name} {count}" for count, name in counted) + "."


def pick_rows(values: Any, keep: BoolArray) -> Any:
    """Return some rows of an evaluated left side."""
    if keep.all():
        return values
    if isinstance(values, Counts):
        return Counts(tuple(np.asarray(column)[keep] for column in values.columns))
    return values[keep]


def make_response(
    outcome: Outcome, extras: Extras, positions: IntArray, weight_kind: WeightKind, offset: FloatArray | None
) -> Response:
    """Return the response of the rows used."""
    prior, clusters = prior_weights(extras, positions, weight_kind), clusters_of(extras, positions)
    offset = row_offset(extras, positions, offset)
    return Response(outcome.y, outcome.trials, prior, weight_kind, None if offset is None else offset[None], clusters)


def row_offset(extras: Extras, positions: IntArray, shift: FloatArray | None) -> FloatArray | None:
    """Return the offset of each of the rows used: that of the formula and that given beside it."""
    offset = shift
    if "offset" in extras.series:
        given = numeric_values(extras.series["offset"].iloc[positions], "offset")
        offset = given if offset is None else offset + given
    if offset is not None:
        require_finite_offset(offset, positions)
    return offset


def prior_weights(extras: Extras, positions: IntArray, weight_kind: WeightKind) -> FloatArray | None:
    """Return the weights of the rows used, None where there are none."""
    require_weight_kind(weight_kind, given="weights" in extras.series)
    if "weights" not in extras.series:
        return None
    prior = numeric_values(extras.series["weights"].iloc[positions], "weights")
    require_weights(prior, weight_kind, str(extras.names["weights"]), positions)
    return prior


def clusters_of(extras: Extras, positions: IntArray) -> Clusters | None:
    """Return the clusters of the rows used, None where there are none."""
    if "cluster" not in extras.series:
        return None
    codes, count = codes_of(extras.series["cluster"].iloc[positions])
    return Clusters(codes, count, str(extras.names["cluster"]))
