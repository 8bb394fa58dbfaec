"""Variables with levels: which variables have levels, what these are, and the values to which they can be set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.formula.coding import Coding
from logitkit.design.table.frame import levels_of
from logitkit.errors import DataError, nearest_name
from logitkit.options import is_finite_number

__all__ = ["has_levels", "is_number", "levels_seen", "listed_levels", "require_value", "stands_alone"]

SHOWN = 12  # levels in a message


def is_number(column: pd.Series) -> bool:
    """Tell whether a column holds numbers."""
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"


def stands_alone(variable: str, factor: str) -> bool:
    """Tell whether a factor of the formula is a plain variable, or its levels."""
    return factor == variable or factor.startswith((f"C({variable})", f"C({variable},"))


def has_levels(variable: str, column: pd.Series, coding: Coding) -> bool:
    """Tell whether a variable has levels: text, categories, booleans, and numbers that the formula takes as levels."""
    return not is_number(column) or any(stands_alone(variable, factor) for factor in coding.seen)


def levels_seen(variable: str, column: pd.Series, coding: Coding) -> list[Any]:
    """Return the levels of a variable: those in the fit or, if it is not a factor in the formula, those that occur."""
    seen = next((levels for factor, levels in coding.seen.items() if stands_alone(variable, factor)), None)
    return levels_of(column) if seen is None else list(seen)


def listed_levels(given: Any, levels: list[Any]) -> str:
    """Return the levels of a variable in words, with a suggestion of the level that may have been meant."""
    words = [str(level) for level in levels]
    near = nearest_name(given, words) if isinstance(given, str) and given not in words else ""
    hint = f"{near} " if near.startswith("Did") else ""
    more = ", ..." if len(levels) > SHOWN else ""
    return f"{hint}Its levels are {', '.join(map(repr, levels[:SHOWN]))}{more}."


def require_value(where: str, variable: str, value: Any, column: pd.Series, coding: Coding) -> None:
    """Refuse a value to which a variable cannot be set: a level that is not in the fit, or not a finite number."""
    if not has_levels(variable, column, coding):
        if not is_finite_number(value):
            raise DataError(f"{where}: {variable!r} is a number, and not {value!r:.60}; give finite numbers.")
        return
    levels = levels_seen(variable, column, coding)
    if np.ndim(value) or pd.isna(value) or value not in levels:
        known = listed_levels(value, levels)
        raise DataError(f"{where}: {value!r:.60} is not a level of {variable!r}. {known}")
