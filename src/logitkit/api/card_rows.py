"""What credit scoring reads from a table: variables, rows with an outcome, weights and options of the binning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from logitkit.design.table.frame import Table, numeric_values, row_values
from logitkit.errors import DataError, nearest_name
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.target import Target
from logitkit.scorecard.trail import Edit
from logitkit.typing import FloatArray

__all__ = [
    "bins_by_name",
    "row_weights",
    "rows_of",
    "stated_as",
    "without_edits",
]

T = TypeVar("T")


def without_edits(bins: Any) -> tuple[Any, dict[str, tuple[Edit, ...]]]:
    """Return how variables are binned, and the edits by hand of those given as binned variables."""
    if not isinstance(bins, Mapping):
        return bins, {}
    edits = {name: own.edits for name, own in bins.items() if isinstance(own, Binning)}
    for name in edits:
        if bins[name].name != name:
            raise DataError(f"bins[{name!r}] are those of {bins[name].name!r}.")
    return {name: own.stated if name in edits else own for name, own in bins.items()}, edits


def bins_by_name(bins: Bins | Mapping[str, Bins] | None, names: Sequence[str]) -> dict[str, Bins]:
    """Return how each variable is binned; raise an error for names that are not variables."""
    if not isinstance(bins, Mapping):
        return dict.fromkeys(names, stated_as(Bins, "bins", bins) or Bins())
    for name, own in bins.items():
        stated_as(Bins, f"bins[{name!r}]", own)
        if name not in names:
            raise DataError(f"bins: {name!r} is none of the variables. {nearest_name(name, names)}")
    return {name: bins.get(name) or Bins() for name in names}


def stated_as(kind: type[T], option: str, value: T | None) -> T | None:
    """Return the value of an option; raise an error if its type is wrong."""
    if value is not None and not isinstance(value, kind):
        raise DataError(f"{option}={value!r:.60}: give lk.scorecard.{kind.__name__}(...).")
    return value


def rows_of(values: Any, outcome: Target) -> Any:
    """Return the values of the rows that are good or bad."""
    return values if outcome.rows.size == len(values) else values.iloc[outcome.rows]


def row_weights(weights: Any, table: Table, outcome: Target) -> FloatArray | None:
    """Return the weights of the rows that are good or bad; None where all are one."""
    if weights is None:
        return None
    given = numeric_values(row_values(weights, table, "weights")[0], "weights")[outcome.rows]
    if not (np.isfinite(given).all() and (given >= 0).all()):
        raise DataError("weights must be numbers that are not negative, and none may be missing.")
    for bad, who in ((outcome.bad, "bad"), (~outcome.bad, "good")):
        with np.errstate(over="ignore"):
            total = float(given[bad].sum())
        if total == 0 and bad.any():
            raise DataError(f"weights: those of all {who} rows are 0.")
        if not np.isfinite(total):
            raise DataError(f"weights: those of the {who} rows have no finite sum. Divide all weights by one number.")
    return given
