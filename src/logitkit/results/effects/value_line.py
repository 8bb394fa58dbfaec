"""The rows for the values of a variable, which lie on a line if one function of the variable is in the model."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.formula.coding import Coding
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.typing import FloatArray

__all__ = ["ValueLine", "value_line"]

POINTS = 33  # values at which the rows are looked at
STRAIGHT = 1e-9  # of the largest number of a column: what rows on a line are off it
SAME = 1e-10  # of a function that is known by its name
SECTIONS, PASSES = 64, 10
DOUBLINGS = 60
EXACTLY = 1e-14
STEP = 1e-5  # of the range, for a derivative

Rows = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class ValueLine:
    """Rows at the values of a variable, all on one line.

    Parameters
    ----------
    ends : (2, p) array
        Rows at the smallest and at the largest value seen.
    low, high : float
        These values, at 0 and at 1 on the line.
    place : callable
        The place on the line of values; nan where the formula has none.
    kind : {'identity', 'log', 'other'}
        What function of the variable is in the model.
    """

    ends: FloatArray
    low: float
    high: float
    place: Callable[[FloatArray], FloatArray]
    kind: str

    def value(self, place: float) -> float:
        """Return the value at a place on the line; nan where none is there."""
        if self.kind == "identity":
            return self.low + place * (self.high - self.low)
        if self.kind == "log":
            with np.errstate(over="ignore"):
                return float(np.exp(math.log(self.low) + place * (math.log(self.high) - math.log(self.low))))
        return self._searched(place)

    def slope(self, value: float) -> float:
        """Return the derivative of the value by its place on the line."""
        if self.kind == "identity":
            return self.high - self.low
        if self.kind == "log":
            return value * (math.log(self.high) - math.log(self.low))
        step = STEP * min(self.high - self.low, abs(value) or math.inf)
        before, after = self.place(np.array([value - step, value + step]))
        return float(2.0 * step / (after - before))

    def end(self, place: float) -> float:
        """Return the value at a place; at an infinite place, the limit of the values allowed by the formula."""
        if math.isinf(place):
            if self.kind == "log" and place < 0.0:
                return 0.0
            return place if self.kind != "other" else math.nan
        return self.value(place)

    def _searched(self, place: float) -> float:
        """Return the value by sections of a bracket, which is widened beyond what was seen."""
        low, high = self.low, self.high
        for side in (-1, 1):
            span = self.high - self.low
            for _ in range(DOUBLINGS):
                end = low if side < 0 else high
                if not side * (place - float(self.place(np.array([end]))[0])) > 0.0:
                    break
                further = end + side * span
                if np.isnan(self.place(np.array([further]))[0]):
                    span *= 0.5
                    continue
                low, high = (further, high) if side < 0 else (low, further)
                span *= 2.0
            else:
                return math.nan
        for _ in range(PASSES):
            values = np.linspace(low, high, SECTIONS + 1)
            k = int(np.clip(np.searchsorted(self.place(values), place), 1, SECTIONS))
            low, high = float(values[k - 1]), float(values[k])
            if high - low <= EXACTLY * max(abs(low), abs(high)):
                break
        ends = self.place(np.array([low, high]))
        share = (place - ends[0]) / (ends[1] - ends[0]) if ends[1] > ends[0] else 0.5
        return float(low + share * (high - low))


def value_line(rows: Rows, variable: str, low: float, high: float, coding: Coding) -> ValueLine:
    """Return the line on which the values of a variable lie; refuse the variable if there is none."""
    values = np.linspace(low, high, POINTS)
    found = rows(values)
    start, direction = found[0], found[-1] - found[0]
    size = np.abs(found).max(axis=0)
    if not (np.abs(direction) > STRAIGHT * size).any():
        if np.all(np.abs(found - start) <= STRAIGHT * size):
            raise UnsupportedError(
                f"The predictions do not change with {variable!r} at these values of the other variables, so that no "
                "value of it gives a probability."
            )
        raise UnsupportedError(_several(variable, coding))
    unit = np.where(size > 0.0, size, 1.0)
    scaled = direction / unit

    def place(at: FloatArray) -> FloatArray:
        return np.asarray(((rows(at) - start) / unit) @ scaled / (scaled @ scaled))

    places = np.asarray(((found - start) / unit) @ scaled / (scaled @ scaled))
    if (np.abs(found - start - np.outer(places, direction)) > STRAIGHT * unit).any():
        raise UnsupportedError(_several(variable, coding))
    if not (np.diff(places) > 0.0).all():
        raise UnsupportedError(
            f"The function of {variable!r} in the model ({_written(variable, coding)}) is not monotone, so that "
            "several values of it may have the same probability."
        )
    kind = "other"
    if np.abs(places - (values - low) / (high - low)).max() <= SAME:
        kind = "identity"
    elif low > 0.0 and np.abs(places - np.log(values / low) / math.log(high / low)).max() <= SAME:
        kind = "log"
    return ValueLine(found[[0, -1]], low, high, place, kind)


def rows_at(code: Callable[[pd.DataFrame], FloatArray], base: Mapping[str, Any], variable: str) -> Rows:
    """Return the function that gives the rows at values of a variable; nan where the formula has none."""

    def rows(values: FloatArray) -> FloatArray:
        frame = pd.DataFrame({name: [value] * values.size for name, value in base.items()} | {variable: values})
        with np.errstate(all="ignore"):
            return code(frame)

    return rows


def written(variable: str, coding: Coding) -> tuple[str, ...]:
    """Return the expressions of the formula that read a variable."""
    pattern = re.compile(rf"(?<![\w.]){re.escape(variable)}(?![\w.(])")
    return tuple(dict.fromkeys(each for factors in coding.factors.values() for each in factors if pattern.search(each)))


def _written(variable: str, coding: Coding) -> str:
    return ", ".join(written(variable, coding))


def _several(variable: str, coding: Coding) -> str:
    return (
        f"{variable!r} is in the model by several columns ({_written(variable, coding)}): a probability may be reached "
        "at several values of it, or at none, and there is no one value to solve for. Look at fit.predictions(data) "
        "over a grid of its values."
    )


def require_number(variable: str, columns: Mapping[str, pd.Series], *, is_factor: bool) -> tuple[float, float]:
    """Return the smallest and the largest value of a variable, which must be a number."""
    if is_factor:
        raise FormulaError(f"{variable!r} is a factor, and inverse prediction is of a number.")
    low, high = float(columns[variable].min()), float(columns[variable].max())
    if not low < high:
        raise DataError(f"{variable!r} has one value only.")
    return low, high
