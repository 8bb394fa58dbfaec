"""What a variable may hold: numbers that doubles tell apart, or levels that are text, numbers or booleans.

Everything else is refused where bins are made, so that every card can be scored, saved and exported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time, timedelta
from numbers import Real
from typing import Any

import numpy as np

from logitkit.design.table.frame import coded_values, holds_numbers, is_missing, numeric_values
from logitkit.errors import DataError
from logitkit.typing import FloatArray

__all__ = [
    "HALVES",
    "NO_VALUES",
    "exact_numbers",
    "is_plain",
    "kind_of_level",
    "require_levels",
    "require_variable",
    "require_words",
    "shown",
    "why_no_variable",
]

#: Why a variable is left out that has nothing to be binned.
NO_VALUES = "it has no ordinary values: all are missing or special"
#: Whole numbers from here on are not all doubles.
LARGEST = 2.0**53
#: Days and months as people and files write them: 2005-03-31, also with a time; 31.03.2005; 3/31/05; 2005-03; 2005Q1.
WRITTEN_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?|\d{1,2}([./-])\d{1,2}\2(\d{4}|\d{2})"
    r"|(19|20)\d{2}(-(0[1-9]|1[0-2])|-?Q[1-4])"
)
#: Halves of characters that were read in a wrong encoding: no file can hold them.
HALVES = re.compile("[\ud800-\udfff]")
WRITTEN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?")
FRACTION = re.compile(r"[.,]\d|\d[eE]")
#: Text is of numbers where more than so many levels read as numbers, and at most this proportion of all does not.
MANY, FEW = 20, 0.1
DATES = "dates: derive a number first, such as the months from the date to the application"
DURATIONS = "durations: turn them into a number first, such as days"
TIMES = "times of the day: turn them into a number first, such as the hour"


def why_no_variable(values: Any, name: str) -> str:
    """Return what a column holds of which no bins are made, and what to do; empty where bins can be made.

    Parameters
    ----------
    values : (n,) Series
        The column.
    name : str
        What it is called.

    Examples
    --------
    >>> import pandas as pd
    >>> why_no_variable(pd.Series(["31.03.2005", None, "1.4.2005"]), "opened")[:5]
    'dates'
    >>> why_no_variable(pd.Series(["31.03.2005", None, "never"]), "opened")
    ''
    """
    kind = values.dtype.kind
    if kind in "fiub":
        return ""
    if kind in "mM":
        return DATES if kind == "M" else DURATIONS
    missing = is_missing(values)
    if missing.all():
        return ""
    first = values.iloc[int(np.argmin(missing))]
    for types, why in ((date, DATES), (timedelta, DURATIONS), (time, TIMES)):
        if isinstance(first, types):
            return why
    if type(first).__name__ == "Period":
        return DATES
    declared = hasattr(values.dtype, "categories")  # who names the levels means them
    if isinstance(first, str) and not declared and _is_date(first):
        return DATES if all(_is_date(level) for level in coded_values(values, name).occurring()) else ""
    return ""


def require_variable(values: Any, name: str) -> None:
    """Refuse a column of which no bins are made: dates, durations and times."""
    why = why_no_variable(values, name)
    if why:
        first = values.iloc[int(np.argmin(is_missing(values)))]
        what, _, hint = why.partition(": ")
        raise DataError(f"{name!r} holds {what}, for example {first!s:.40}. {hint.capitalize()}.")


def require_levels(levels: Iterable[Any], name: str) -> None:
    """Refuse levels that are neither text, numbers nor booleans, and text among numbers."""
    example: dict[str, Any] = {}
    for level in levels:
        if not is_plain(level):
            raise DataError(
                f"{name!r} has the level {shown(level):.60}, of type {type(level).__name__}. Levels are text, numbers "
                "or booleans: convert the column to text, or give the numbers that it was made from."
            )
        if isinstance(level, str) and HALVES.search(level):
            raise DataError(f"{name!r} has the level {level!r:.60}, which is no valid text: mend its encoding.")
        example.setdefault(kind_of_level(level), level)
    if len(example) > 1:
        raise DataError(
            f"{name!r} mixes text, for example {shown(example['text'])}, and numbers, for example "
            f"{shown(example['numbers'])}. Convert the column: to numbers, with special values as numbers too, or to "
            "text."
        )


def require_words(levels: Iterable[Any], name: str) -> None:
    """Refuse text of numbers: many levels that read as numbers, some with a fraction, or with a few words among them.

    Whole numbers alone may be codes. Categories, and levels whose order is stated, are taken as they are.
    """
    text = [level for level in levels if isinstance(level, str)]
    words = [level for level in text if WRITTEN_NUMBER.fullmatch(level.strip()) is None]
    n = len(text) - len(words)
    if n <= MANY or len(words) > FEW * len(text):
        return
    fraction = next((level for level in text if FRACTION.search(level) and level not in words), None)
    if words or fraction:
        but = f" (not {', '.join(map(repr, words[:3]))})" if words else f", such as {fraction!r}"
        raise DataError(
            f"{name!r} is text, and {n} of its {len(text)} levels read as numbers{but}. Convert the column to numbers, "
            "with special values as numbers too; or to categories, if its levels are codes."
        )


def is_plain(level: Any) -> bool:
    """Tell whether a level can be scored, saved and exported: text, a number or a boolean."""
    return isinstance(level, str | bool | int | float | np.bool_ | np.integer | np.floating)


def kind_of_level(level: Any) -> str:
    """Return what a level is, in words; booleans count as numbers."""
    if isinstance(level, str):
        return "text"
    return "numbers" if isinstance(level, Real | np.bool_) else f"values of type {type(level).__name__}"


def exact_numbers(values: Any, name: str) -> FloatArray:
    """Return numbers as doubles, nan where missing; text, dates, booleans and too large whole numbers are refused.

    Parameters
    ----------
    values : (n,) Series
        The column.
    name : str
        What it is called.

    Returns
    -------
    (n,) array
        Each the number that was given: whole numbers from 2^53 on, which a double may round, are refused.

    Examples
    --------
    >>> import pandas as pd
    >>> exact_numbers(pd.Series([1, None], dtype="Int64"), "age").tolist()
    [1.0, nan]
    """
    if not holds_numbers(values):
        missing = is_missing(values)
        if missing.all():
            return np.full(len(values), np.nan)
        _refuse_other(values[~missing], name)
    try:
        numbers = numeric_values(values, name)
    except OverflowError:
        raise DataError(_too_large(name, next(v for v in values if isinstance(v, int) and abs(v) >= LARGEST))) from None
    kind = values.dtype.kind
    if (kind in "iu" and values.dtype.itemsize == 8) or kind == "O":
        large = np.flatnonzero(np.abs(numbers) >= LARGEST)
        for row in large if kind == "O" else large[:1]:
            if kind != "O" or isinstance(values.iloc[row], int | np.integer):
                raise DataError(_too_large(name, values.iloc[row]))
    return numbers


def shown(value: Any) -> str:
    """Return a value as Python writes it, without NumPy's name for its type."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def _is_date(text: Any) -> bool:
    return isinstance(text, str) and WRITTEN_DATE.fullmatch(text.strip()) is not None


def _refuse_other(present: Any, name: str) -> None:
    """Refuse values that are no numbers, where bins are of numbers."""
    why = why_no_variable(present, name)
    stranger = next((value for value in present if kind_of_level(value) != "numbers"), present.iloc[0])
    if isinstance(stranger, bool | np.bool_):
        what = "True and False"
    else:
        what = why.partition(":")[0] or kind_of_level(stranger)
    if hasattr(present.dtype, "categories") and what == "numbers":
        what = "categories"
    one = f"{what}, for example {shown(stranger):.60}"
    raise DataError(f"{name!r} has {one}, and its bins were made of numbers. Convert the column.")


def _too_large(name: str, value: Any) -> str:
    return (
        f"{name!r} has the whole number {shown(value):.40}, and doubles do not tell whole numbers from 2^53 on apart. "
        "If it is an identifier leave it out; else divide it, or make it text."
    )
