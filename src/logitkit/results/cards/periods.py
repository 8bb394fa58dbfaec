"""Columns of dates and other periods, read for monitoring."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from logitkit.design.table.frame import coded_values, is_missing, is_number
from logitkit.errors import DataError
from logitkit.options import require_choice
from logitkit.scorecard.monitoring.periods import Periods
from logitkit.typing import IntArray

__all__ = ["Every", "as_dates", "period_label", "period_numbers", "read_periods"]

Every = Literal["month", "quarter", "year"]
DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T][\d:.]+)?$")
FREQUENCIES = {"month": "M", "quarter": "Q", "year": "Y"}


def read_periods(values: pd.Series, name: str, every: Every = "month") -> Periods:
    """Return the period of each row: the month, quarter or year of a date; any other value is itself the period.

    Examples
    --------
    >>> found = read_periods(pd.Series(pd.to_datetime(["2007-03-31", "2007-01-02", "2007-03-01"])), "day")
    >>> found.labels, found.codes.tolist()
    (('2007-01', '2007-03'), [1, 0, 1])
    """
    require_choice("every", every, FREQUENCIES)
    missing = is_missing(values)
    if missing.any():
        raise DataError(f"{name!r} is missing in {int(missing.sum()):,} rows: every row must have a period.")
    if not len(values):
        raise DataError("The table has no rows.")
    dates = as_dates(values)
    if dates is None:
        coded = coded_values(values)
        present = coded.occurring()
        place = {level: i for i, level in enumerate(present)}
        codes = np.array([place.get(level, -1) for level in coded.levels])[coded.codes]
        return Periods(tuple(map(str, present)), np.arange(len(present)), codes)
    numbers = period_numbers(dates, every)
    distinct, codes = np.unique(numbers, return_inverse=True)
    return Periods(tuple(period_label(int(number), every) for number in distinct), distinct, codes)


def as_dates(values: pd.Series) -> pd.Series | None:
    """Return a column as dates, also from text or Python's own dates; None if it holds anything else.

    Examples
    --------
    >>> as_dates(pd.Series(["2007-03-31", None])).dt.year.tolist(), as_dates(pd.Series(["2007-03", "2007-04"]))
    ([2007.0, nan], None)
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values
    present = values[~is_missing(values)]
    if not len(present) or is_number(values) or not all(isinstance(v, date) or _is_day(v) for v in present.unique()):
        return None
    try:
        return pd.Series(pd.to_datetime(values))
    except ValueError as error:
        raise DataError(f"{values.name!r} has the form of dates, and one of them is none: {error}.") from error


def _is_day(value: object) -> bool:
    """Return whether a value is text such as 2007-03-31, with or without a time."""
    return isinstance(value, str) and DAY.match(value) is not None


def period_label(number: int, every: Every) -> str:
    """Return the name of the month, quarter or year with a number."""
    return str(pd.Period(ordinal=number, freq=FREQUENCIES[every]))


def period_numbers(values: pd.Series, every: Every) -> IntArray:
    """Return the number of the month, quarter or year of each date; -1 if the date is missing."""
    plain = values.dt.tz_localize(None) if getattr(values.dtype, "tz", None) is not None else values
    missing = is_missing(plain)
    numbers = np.full(len(plain), -1, dtype=np.int64)
    numbers[~missing] = pd.PeriodIndex(plain[~missing], freq=FREQUENCIES[every]).asi8
    return numbers
