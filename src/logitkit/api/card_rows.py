"""What the functions of credit scoring take from a table: variables, rows that count, weights, how each is binned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from logitkit.design.formula.named import split_outside
from logitkit.design.formula.parse import split_formula
from logitkit.design.table.frame import Table, numeric_values, row_values
from logitkit.errors import DataError, FormulaError, nearest_name
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.target import Target
from logitkit.scorecard.trail import Edit
from logitkit.typing import FloatArray

__all__ = [
    "bins_by_name",
    "require_columns",
    "row_weights",
    "rows_of",
    "stated_as",
    "stated_variables",
    "without_edits",
]

T = TypeVar("T")


def stated_variables(
    stated: str | Sequence[str], target: str | None, table: Table, aside: Sequence[Any] = ()
) -> tuple[tuple[str, ...], str]:
    """Return the variables and the target: of a formula without transforms, or as they are named.

    ``aside`` are weights and rules, whose columns a point in the formula does not mean.
    """
    if not isinstance(stated, str):
        names = tuple(stated) if isinstance(stated, Iterable) else (stated,)
        for name in names:
            if not isinstance(name, str):
                raise DataError(f"{name!r:.60} is no name of a variable: give names of columns, or a formula.")
    elif "~" in stated:
        left, right = split_formula(stated)
        if target is not None and target != left.strip():
            raise FormulaError(f"The formula has the target {left.strip()!r}, and target={target!r} says otherwise.")
        target = left.strip().strip("`")
        pieces = [piece.strip().strip("`") for piece in split_outside(right, "+")]
        apart = [target, *pieces, *(name for name in aside if isinstance(name, str))]
        others = [name for name in table.names if name not in apart]
        names = tuple(name for piece in pieces for name in (others if piece == "." else [piece]))
    else:
        names = (stated,)
    if target is None:
        raise DataError("target= is missing: the column that says who is bad.")
    require_columns(table, (*names, target))
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise DataError(f"The variable {twice!r} is named twice.")
    if target in names:
        raise DataError(f"{target!r} is the target, and cannot be a variable too.")
    if not names:
        raise DataError("No variable is named.")
    return names, target


def without_edits(bins: Any) -> tuple[Any, dict[str, tuple[Edit, ...]]]:
    """Return how variables are binned, and the changes by hand of those that were given as binned variables."""
    if not isinstance(bins, Mapping):
        return bins, {}
    edits = {name: own.edits for name, own in bins.items() if isinstance(own, Binning)}
    for name in edits:
        if bins[name].name != name:
            raise DataError(f"bins[{name!r}] are those of {bins[name].name!r}.")
    return {name: own.stated if name in edits else own for name, own in bins.items()}, edits


def bins_by_name(bins: Bins | Mapping[str, Bins] | None, names: Sequence[str]) -> dict[str, Bins]:
    """Return how each variable is binned, refusing names that are no variables."""
    if not isinstance(bins, Mapping):
        return dict.fromkeys(names, stated_as(Bins, "bins", bins) or Bins())
    for name, own in bins.items():
        stated_as(Bins, f"bins[{name!r}]", own)
        if name not in names:
            raise DataError(f"bins: {name!r} is none of the variables. {nearest_name(name, names)}")
    return {name: bins.get(name) or Bins() for name in names}


def stated_as(kind: type[T], option: str, value: T | None) -> T | None:
    """Return a value of an option, refusing what is not of its type."""
    if value is not None and not isinstance(value, kind):
        raise DataError(f"{option}={value!r:.60}: give lk.scorecard.{kind.__name__}(...).")
    return value


def require_columns(table: Table, names: Sequence[str]) -> None:
    """Refuse columns that a table does not have."""
    for name in names:
        if name not in table:
            raise DataError(f"There is no column {name!r}. {nearest_name(name, table.names)}")


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
    return given
