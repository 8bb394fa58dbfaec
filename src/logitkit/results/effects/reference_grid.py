"""The cells of a reference grid: all combinations of levels, with numeric variables at means or stated values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from logitkit.design.formula.coding import Coding
from logitkit.design.table.frame import levels_of
from logitkit.errors import DataError, FormulaError, UnsupportedError, nearest_name
from logitkit.inference.effects.means import Cells
from logitkit.options import require_choice
from logitkit.results.effects.known_columns import KnownColumns, known_columns
from logitkit.results.effects.levels import has_levels, is_number, listed_levels
from logitkit.results.effects.rows_to_average import offset_words
from logitkit.results.rows import Rows, coded_rows
from logitkit.typing import FloatArray

__all__ = [
    "CellWeights",
    "ReferenceGrid",
    "coding_of",
    "level_text",
    "reference_grid",
    "require_values",
    "set_column",
    "stated_values",
]

CellWeights = Literal["equal", "proportional"]
FEW = 2  # different numbers of a variable that is a factor by any other name
CELLS_MOST = 20_000


@dataclass(frozen=True, eq=False)
class ReferenceGrid:
    """Groups of cells for which means are computed.

    Parameters
    ----------
    factors : tuple of str
        Factors whose levels identify a group; those of ``by`` come first.
    by : tuple of str
        Factors within whose levels means are compared.
    groups : tuple of tuple
        G combinations of levels.
    cells : Cells
        The cells that are averaged in each group.
    over : tuple of (str, tuple of str)
        Factors averaged over, with their levels.
    fixed : tuple of (str, str, bool)
        Numeric variables held at a value, and whether it is their mean.
    weights : {'equal', 'proportional'}
        Of the cells.
    has_offset : bool
        Whether offsets are held at their mean.
    """

    factors: tuple[str, ...]
    by: tuple[str, ...]
    groups: tuple[tuple[Any, ...], ...]
    cells: Cells
    over: tuple[tuple[str, tuple[str, ...]], ...]
    fixed: tuple[tuple[str, str, bool], ...]
    weights: CellWeights
    has_offset: bool


def reference_grid(
    rows: Rows, factors: Any, by: Any = None, at: Mapping[str, Any] | None = None, weights: str = "equal"
) -> ReferenceGrid:
    """Return the reference grid from the rows of a fit, or from other rows."""
    require_choice("weights", weights, get_args(CellWeights))
    coding = coding_of(rows)
    asked, within = _names(factors, "factors", coding), _names(by, "by", coding)
    if not asked:
        raise FormulaError("Name the variables whose means are asked for, such as fit.means('g').")
    named = list(dict.fromkeys([*within, *asked]))
    known = known_columns(rows)
    columns = known.columns
    values, means = _values(known, coding, stated_values(at, coding), named)
    if np.prod([float(len(each)) for each in values.values()]) > CELLS_MOST:
        sizes = ", ".join(f"{name} {len(each)}" for name, each in values.items() if len(each) > 1)
        raise DataError(
            f"The grid has more than {CELLS_MOST:,} cells (levels: {sizes}). State fewer levels, at={{...}}, or put "
            "levels together."
        )
    over = [name for name in values if name not in named and len(values[name]) > 1]
    order = [*named, *over, *(name for name in values if name not in named and name not in over)]
    combinations = list(product(*(values[name] for name in order)))
    table = pd.DataFrame(
        {name: set_column(columns[name], [each[k] for each in combinations]) for k, name in enumerate(order)}
    )
    held = {role: pd.Series(np.full(len(table), value)) for role, value in known.offsets.items()}
    coded = coded_rows(rows.record.info, table, offset_words(held), "raise")
    if not coded.kept.all():
        bad = combinations[int(np.flatnonzero(~coded.kept)[0])]
        words = ", ".join(f"{name} = {level_text(value)}" for name, value in zip(order, bad, strict=True))
        raise DataError(f"The formula has no value at {words}; give other values, at={{...}}.")
    groups = list(product(*(values[name] for name in named)))
    share = _shares(known, {name: values[name] for name in over}, weights)
    cell_weights = np.asarray(np.kron(np.eye(len(groups)), share[None]), dtype=np.float64)
    return ReferenceGrid(
        tuple(named),
        tuple(within),
        tuple(groups),
        Cells(coded.matrix, coded.offset, cell_weights),
        tuple((name, tuple(level_text(value) for value in values[name])) for name in over),
        tuple(
            (name, level_text(values[name][0]), name in means)
            for name in values
            if name not in named and name not in over
        ),
        weights,  # type: ignore[arg-type]
        coded.offset is not None,
    )


def coding_of(rows: Rows) -> Coding:
    """Return the coding of the formula, which must code each row independently of the others."""
    coding = rows.record.info.coding
    if coding is None:
        raise DataError("The model was fitted on a ready matrix, which has no variables to make a grid of.")
    if coding.uses_neighbours:
        raise UnsupportedError("The formula has lag(): a cell of a grid has no row before it.")
    return coding


def _names(given: Any, word: str, coding: Coding) -> list[str]:
    """Return names of variables that were given as one or several."""
    if given is not None and not isinstance(given, (str, Sequence)):
        raise DataError(f"{word}={given!r:.60} is no name of a column, nor a list of names.")
    names = [] if given is None else [given] if isinstance(given, str) else list(given)
    for name in names:
        if name not in coding.variables:
            raise FormulaError(
                f"{word} names {name!r}, which is not a column that the formula uses. "
                f"{nearest_name(str(name), coding.variables)}"
            )
    return names


def stated_values(at: Mapping[str, Any] | None, coding: Coding) -> dict[str, list[Any]]:
    """Return the values at which variables are held, as one list per variable."""
    if at is None:
        return {}
    if not isinstance(at, Mapping):
        raise DataError(f"at is a {type(at).__name__}; give a dict of names and values, such as {{'age': [20, 30]}}.")
    out = {}
    for name, given in at.items():
        _names(name if isinstance(name, str) else [name], "at", coding)
        values = [given] if isinstance(given, str) or np.ndim(given) == 0 else list(given)
        if not values:
            raise DataError(f"at[{name!r}] is empty; give one value or more.")
        if len(set(values)) < len(values):
            raise DataError(f"at[{name!r}] = {given!r} holds a value twice.")
        out[name] = values
    return out


def _values(
    known: KnownColumns, coding: Coding, stated: Mapping[str, list[Any]], named: Sequence[str]
) -> tuple[dict[str, list[Any]], set[str]]:
    """Return the values of every variable, and which are held at their means."""
    out: dict[str, list[Any]] = {}
    means = set()
    for name in coding.variables:
        column = known.columns[name]
        factor = is_factor(name, column, coding)
        levels = levels_of(column) if factor else []
        if name in stated:
            out[name] = require_values(name, stated[name], column, coding)
        elif factor:
            out[name] = levels
        elif name in named:
            different = levels_of(column)
            raise FormulaError(
                f"{name!r} is a number with {len(different)} different values: state those whose means are asked for, "
                f"at={{{name!r}: [{level_text(different[0])}, {level_text(different[-1])}]}}."
            )
        else:
            out[name] = [known.mean(name)]
            means.add(name)
    return out, means


def require_values(name: str, stated: list[Any], column: pd.Series, coding: Coding) -> list[Any]:
    """Return stated values, which must be levels that the rows have, or finite numbers."""
    number, levels = is_number(column), levels_of(column) if has_levels(name, column, coding) else []
    for value in stated:
        if number and not (isinstance(value, Real | np.bool_) and np.isfinite(float(value))):
            raise DataError(f"at[{name!r}] holds {value!r}, and {name!r} is a number; give finite numbers.")
        if levels and value not in levels:
            raise DataError(
                f"at[{name!r}] holds {value!r}, which is no level that occurs. {listed_levels(value, levels)}"
            )
    return stated


def is_factor(name: str, column: pd.Series, coding: Coding) -> bool:
    """Return whether a variable is not numeric, is coded by C(), or has at most two distinct values."""
    if not is_number(column):
        return True
    return has_levels(name, column, coding) or column.nunique() <= FEW


def set_column(column: pd.Series, values: Sequence[Any]) -> pd.Series:
    """Return values as a column of the same kind."""
    return pd.Series(list(values), dtype=None if is_number(column) else column.dtype)


def _shares(known: KnownColumns, over: Mapping[str, list[Any]], weights: str) -> FloatArray:
    """Return how much each combination of the factors averaged over counts."""
    combinations = list(product(*over.values()))
    if weights == "equal" or not over:
        return np.full(len(combinations), 1.0 / len(combinations))
    total = known.totals(over)
    if not total.sum() > 0.0:
        raise DataError(f"No row has the stated levels of {', '.join(over)}, so there are no proportions to weigh by.")
    return np.asarray(total / total.sum())


def level_text(value: Any) -> str:
    """Return a level as it is printed.

    Examples
    --------
    >>> level_text(20.0), level_text("white"), level_text(23.238095238)
    ('20', 'white', '23.2381')
    """
    if isinstance(value, Real) and not isinstance(value, bool | np.bool_):
        return f"{float(value):.6g}"
    return str(value)
