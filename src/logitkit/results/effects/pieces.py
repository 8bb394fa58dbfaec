"""The averages from which effects are computed: over rows with a variable at other values, or of its slope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from logitkit.design.formula.changed import ChangedRows, difference_step
from logitkit.design.formula.coding import Coding
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.effects.comparisons import Comparison, ContrastKind, EffectScale, level_pairs
from logitkit.inference.effects.pieces import Level, Piece, RowsOfFit, Slope
from logitkit.options import is_finite_number
from logitkit.results.effects.levels import has_levels, is_number, levels_seen, require_value, stands_alone
from logitkit.results.effects.rows_to_average import AveragedRows
from logitkit.results.effects.spreads import spread_over
from logitkit.results.rows import Rows
from logitkit.typing import FloatArray

__all__ = ["ELASTICITIES", "Change", "Pieces", "set_column", "variable_levels"]

Change = Literal["slope", "unit", "sd", "iqr", "eyex", "dyex", "eydx"] | float | tuple[Any, Any]
ELASTICITIES = {"eyex": "ey/ex", "dyex": "dy/ex", "eydx": "ey/dx"}
NAMED = ("slope", "unit", "sd", "iqr", *ELASTICITIES)
LEVELS_MOST = 40


class Pieces:
    """Averages over rows, collected by variable.

    Parameters
    ----------
    averaged : AveragedRows
        The rows, whose spread and range determine the change of a variable.
    frame : pandas.DataFrame
        The same rows, with variables set to their values.
    rows : Rows
        The fit on these.
    base : RowsOfFit
        Their columns.
    """

    def __init__(self, averaged: AveragedRows, frame: Any, rows: Rows, base: RowsOfFit) -> None:
        coding = rows.record.info.coding
        assert coding is not None
        self.averaged, self.frame, self.rows, self.base = averaged, frame, rows, base
        self.record, self.coding, self.changed = rows.record, coding, ChangedRows(coding, frame)
        self.pieces: list[Piece] = []
        self.comparisons: list[Comparison] = []

    def add(self, variable: str, change: Change | None, contrast: ContrastKind, scale: EffectScale) -> None:
        """Add the comparisons of a variable."""
        if has_levels(variable, self.frame[variable], self.coding):
            self._add_levels(variable, change, contrast, scale)
            return
        ratio = scale in ("risk_ratio", "odds_ratio")
        change = ("unit" if ratio else "slope") if change is None else change
        if isinstance(change, str) and change in ("slope", *ELASTICITIES):
            if ratio:
                raise UnsupportedError(
                    f"scale={scale!r} compares two averages, and change={change!r} is a slope: give change='unit', a "
                    "number or a pair of values."
                )
            if change != "slope" and scale == "link":
                raise UnsupportedError("An elasticity is of a probability; use scale='probability'.")
            self._add_slope(variable, change)
            return
        low, high, words = self._ends(variable, change)
        self._compare(variable, words, high, low)

    def level(self, values: Mapping[str, Any]) -> int:
        """Add the average with variables at values, and return its position among the pieces."""
        frame = self.frame.copy(deep=False)
        for variable, value in values.items():
            require_value("A profile", variable, value, self.frame[variable], self.coding)
            frame[variable] = set_column(self.frame[variable], value)
        self.pieces.append(self._whole(frame, ", ".join(f"{name}={value!r}" for name, value in values.items())))
        return len(self.pieces) - 1

    def _add_levels(self, variable: str, change: Change | None, contrast: ContrastKind, scale: EffectScale) -> None:
        levels, reference = variable_levels(variable, self.averaged.frame[variable], self.coding)
        if isinstance(change, (tuple, list)):
            if len(change) != 2:
                raise DataError(f"change={change!r} is not a pair of levels of {variable!r}.")
            for value in change:
                require_value("change=", variable, value, self.averaged.frame[variable], self.coding)
            low, high = change
            levels, pairs = [low, high], [(1, 0)]
        else:
            if len(levels) > LEVELS_MOST:
                raise DataError(
                    f"{variable!r} has {len(levels)} levels; name two of them: change={{{variable!r}: ({levels[0]!r}, "
                    f"{levels[1]!r})}}."
                )
            pairs = level_pairs(len(levels), contrast, reference)
        plain = all(stands_alone(variable, each) for each in self.changed.factors(variable))
        used = sorted({place for pair in pairs for place in pair})
        first = len(self.pieces)
        self.pieces += self._at_levels(variable, [levels[place] for place in used], levels if plain else None)
        at = {place: first + k for k, place in enumerate(used)}
        sign = " / " if scale in ("risk_ratio", "odds_ratio") else " - "
        for high, low in pairs:
            words = f"{levels[high]}{sign}{levels[low]}"
            self.comparisons.append(Comparison(variable, words, at[high], at[low]))

    def _at_levels(self, variable: str, values: Sequence[Any], levels: Sequence[Any] | None) -> list[Level]:
        """Return the rows with a variable at values, which are ``levels`` where all that contains it codes these."""
        column = self.frame[variable]
        if not self._by_parts(variable) or not self.changed.alone(variable):
            return [self._at(variable, set_column(column, value, levels), f"{variable}={value!r}") for value in values]
        ones = [set_column(column.iloc[:1], value, levels) for value in values]
        if levels is None:
            made = [self.changed.with_value(variable, one) for one in ones]
        else:
            made = self.changed.with_levels(variable, pd.concat(ones, ignore_index=True))
        return [Level(each.places, each.matrix) for each in made]

    def at_values(self, variable: str, values: Sequence[Any]) -> list[Level] | None:
        """Return the rows with a variable at values; None unless only its columns change, and alike in all rows."""
        if not self._by_parts(variable) or not self.changed.alone(variable) or not self.changed.factors(variable):
            return None
        return self._at_levels(variable, values, None)

    def _compare(self, variable: str, words: str, high: FloatArray, low: FloatArray) -> None:
        """Add the comparison of rows with a number at two columns of values."""
        first = len(self.pieces)
        self.pieces += [self._at(variable, low, words), self._at(variable, high, words)]
        self.comparisons.append(Comparison(variable, words, first + 1, first))

    def _ends(self, variable: str, change: Change) -> tuple[FloatArray, FloatArray, str]:
        """Return a number before and after a change of it, and the change in words."""
        own = np.asarray(self.frame[variable], dtype=np.float64)
        if isinstance(change, (tuple, list)):
            if len(change) != 2 or not all(is_finite_number(value) for value in change):
                raise DataError(f"change={change!r} is not a pair of finite numbers for {variable!r}.")
            low, high = (np.full(own.size, float(value)) for value in change)
            return low, high, f"{_number(change[1])} - {_number(change[0])}"
        if change == "iqr":
            spread = spread_over(self.averaged, variable)
            words = f"{_number(spread.third)} - {_number(spread.first)} (IQR)"
            return np.full(own.size, spread.first), np.full(own.size, spread.third), words
        if change == "sd":
            return own, own + spread_over(self.averaged, variable).deviation, "+1 SD"
        if change == "unit":
            return own, own + 1.0, "+1"
        if isinstance(change, bool) or not isinstance(change, Real) or not is_finite_number(change) or change == 0:
            known = ", ".join(repr(each) for each in NAMED)
            raise DataError(
                f"change={change!r} is not known for {variable!r}; give {known}, a number other than zero, or a pair "
                "of values."
            )
        return own, own + float(change), f"{float(change):+g}"

    def _add_slope(self, variable: str, kind: str) -> None:
        given = np.asarray(self.averaged.frame[variable], dtype=np.float64)
        own = np.asarray(self.frame[variable], dtype=np.float64)

        def ends() -> tuple[float, float]:
            return min(float(given.min()), float(own.min())), max(float(given.max()), float(own.max()))

        found = self.changed.slopes(variable, ends)
        offset = None
        if self.changed.in_offset(variable):
            step = difference_step(own, ends())
            above, below = (self._whole(self.changed.frame_with(variable, own + by), variable) for by in (step, -step))
            if above.offset is not None and below.offset is not None:
                offset = (above.offset - below.offset) / (2.0 * step)
        if self.record.coordinates.vanishing is not None:  # a change that breaks what aliased columns were is refused
            other = np.where(np.arange(own.size) % 2 == 0, *ends())
            self._whole(self.changed.frame_with(variable, other), variable)
        factor = own if kind in ("eyex", "dyex") else None
        self.pieces.append(Slope(found.places, found.matrix, offset, factor, kind in ("eyex", "eydx")))
        words = ELASTICITIES.get(kind, "dy/dx")
        self.comparisons.append(Comparison(variable, words, len(self.pieces) - 1, None))

    def _at(self, variable: str, column: Any, words: str) -> Level:
        """Return the rows with other values of a variable, only its columns where the rest of a row stays as it is."""
        if self._by_parts(variable):
            found = self.changed.with_column(variable, column)
            return Level(found.places, found.matrix)
        return self._whole(self.changed.frame_with(variable, column), words)

    def _by_parts(self, variable: str) -> bool:
        """Tell whether the columns of a variable are all that changes with it."""
        return _in_parts(self.record) and not self.changed.in_offset(variable)

    def _whole(self, frame: Any, words: str) -> Level:
        found = replace(self.rows, data=frame, unseen="raise").to_predict
        if not found.kept.all():
            raise DataError(f"With {words} {int((~found.kept).sum())} rows have no value in the model.")
        return Level(None, found.matrix, found.offset)


def _in_parts(record: FitRecord) -> bool:
    """Tell whether a linear predictor may be summed of the parts of its columns without a loss."""
    if record.is_separated or record.coordinates.vanishing is not None:
        return False
    return not record.is_single or bool(getattr(record.coordinates, "is_identity", False))


def variable_levels(variable: str, column: Any, coding: Coding) -> tuple[list[Any], int]:
    """Return the levels of a variable and the position of the reference, which is the first level by default."""
    levels = levels_seen(variable, column, coding)
    references = dict(coding.references)
    named = next((references[each] for each in references if stands_alone(variable, each)), None)
    words = [str(level) for level in levels]
    return levels, words.index(named) if named in words else 0


def set_column(column: Any, value: Any, levels: Sequence[Any] | None = None) -> Any:
    """Return a column of one value, as categories where all that contains it takes it as a level."""
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        known = kind.categories if value in kind.categories else kind.categories.append(pd.Index([value]))
        codes = np.full(len(column), known.get_loc(value), dtype=np.int32)
        return pd.Series(pd.Categorical.from_codes(codes, categories=known))
    if levels is not None and kind.kind == "O":
        codes = np.full(len(column), list(levels).index(value), dtype=np.int32)
        return pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(list(levels))))
    if is_number(column):
        return pd.Series(np.full(len(column), float(value) if float(value) % 1 else value))
    return pd.Series([value] * len(column), dtype=kind)


def _number(value: Any) -> str:
    return f"{float(value):g}"
