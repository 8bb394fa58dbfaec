"""Odds ratios between two values of a variable, with the variables that interact with it at stated values.

The formula builds the rows for both values, so that the ratio accounts for interactions, powers and splines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.formula.coding import Coding
from logitkit.design.matrix.dense import Dense
from logitkit.design.table.frame import levels_of
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, FormulaError, UnsupportedError, nearest_name
from logitkit.inference.changes import SPREADS, ratios_of, variables_of
from logitkit.inference.delta import Estimates
from logitkit.inference.effects.means import predictor_weights
from logitkit.inference.estimable import not_estimable
from logitkit.inference.functions import function_estimates
from logitkit.inference.intervals.asked import AskedFunctions
from logitkit.inference.intervals.simultaneous import IntervalAdjustment
from logitkit.inference.verbs import require
from logitkit.report.frames import tidy
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.effects.levels import has_levels
from logitkit.results.effects.reference_grid import (
    coding_of,
    is_factor,
    level_text,
    require_values,
    set_column,
    stated_values,
)
from logitkit.results.effects.rows_to_average import offset_words, table_rows
from logitkit.results.effects.spreads import spread_of
from logitkit.results.intervals import TableMethod, function_limits
from logitkit.results.rows import Rows, coded_rows
from logitkit.results.spread_units import step_of
from logitkit.typing import FloatArray, Unit

__all__ = ["ratios_at"]

STARTS = 5  # values of a number from which its change is looked at
SAME = 1e-9  # of the largest number of a column: what changes from several starts may differ by


@dataclass(frozen=True, eq=False)
class _Change:
    """A change of a variable, from one row to another, and the change in the offset of each linear predictor."""

    variable: str
    start: str
    stop: str
    held: dict[str, str]
    row: FloatArray
    shift: FloatArray
    depends: str = ""


def ratios_at(
    rows: Rows,
    at: Mapping[str, Any],
    units: Mapping[str, Unit] | None,
    level: float | None,
    compared: tuple[int | None, int | None],
    method: TableMethod = "wald",
    adjust: IntervalAdjustment | None = None,
) -> pd.DataFrame:
    """Return the odds ratio of each variable, at values of the variables that interact with it."""
    record = rows.record
    require(record, "odds_ratios")
    coding_of(rows)
    if rows.own is None or (rows.own.table is None and not rows.own.in_chunks):
        raise DataError(
            "at= builds rows of the table of the fit, which this fit does not hold: it was loaded, or made from "
            "arrays. Without at= the ratios of coefficients are there."
        )
    changes = list(_Changes(rows, at, units).all())
    labels, weights = _comparisons(record, *compared)
    table: list[tuple[_Change, str]] = []
    functions, shifts, missing = [], [], []
    for change in changes:
        flat = record.predictors.rows(np.repeat(change.row[None], len(weights), axis=0), weights)
        flat[:, record.aliased] = 0.0
        # Thresholds that share a slope share its ratio.
        moved = weights @ change.shift
        one = len(labels) > 1 and record.family.words.ordered and bool((flat == flat[0]).all())
        strange = bool(change.depends) or bool(not_estimable(record, Dense(change.row[None]))[0])
        for place, label in enumerate(labels[:1] if one else labels):
            table.append((change, "" if one else label))
            functions.append(flat[place])
            shifts.append(moved[place])
            missing.append(strange)
    found = _estimates(rows, np.array(functions), np.array(shifts), ~np.array(missing), level, method, adjust)
    return _frame(record, table, found, compared[1])


class _Changes:
    """The changes of the variables of a formula."""

    def __init__(self, rows: Rows, at: Mapping[str, Any], units: Mapping[str, Unit] | None) -> None:
        self.coding: Coding = coding_of(rows)
        self.stated = stated_values(at, self.coding)
        found = table_rows(rows)
        self.rows = found.rows
        self.frame = found.frame if found.weights is None else found.frame[found.weights > 0.0]
        self.weights = None if found.weights is None else found.weights[found.weights > 0.0]
        for name, values in self.stated.items():
            require_values(name, values, self.frame[name], self.coding)
        self.units = self._units(units)
        self.info = rows.record.info
        self.n_predictors = rows.record.predictors.n_predictors
        self.offsets = {role: pd.Series(np.zeros(1)) for role in found.offsets}
        self.base = {name: self.frame[name].iloc[0] for name in self.coding.variables}

    def all(self) -> Iterator[_Change]:
        """Yield the changes of each variable in turn."""
        beside = self._beside()
        for name in self.coding.variables:
            if name not in beside:
                continue
            column, open_ = self.frame[name], sorted(beside[name] - set(self.stated))
            fixed = [other for other in self.stated if other in beside[name]]
            factor = is_factor(name, column, self.coding) and name not in self.units
            for values in product(*(self.stated[other] for other in fixed)):
                held = dict(zip(fixed, values, strict=True))
                made = self._levels(name, held) if factor else self._numbers(name, held)
                for change in made:
                    if not change.row.any() and not change.shift.any():
                        continue
                    depends = ", ".join(dict.fromkeys([*open_, *([change.depends] if change.depends else [])]))
                    yield replace(change, depends=depends)

    def _beside(self) -> dict[str, set[str]]:
        """Return the variables that share a term with each variable of a term."""
        out: dict[str, set[str]] = {}
        for factors in self.coding.factors.values():
            together = (
                set().union(*(variables_of(each, self.coding.variables) for each in factors)) if factors else set()
            )
            for name in together:
                out.setdefault(name, set()).update(together - {name})
        return out

    def _levels(self, name: str, held: Mapping[str, Any]) -> Iterator[_Change]:
        """Yield the change from the reference level of a factor to each other level."""
        levels = levels_of(self.frame[name])
        known = {str(level): level for level in levels}
        written = [level for factor, level in self.info.references if name in variables_of(factor, (name,))]
        base = known.get(written[0], levels[0]) if written else levels[0]
        for other in levels:
            if other != base:
                yield self._change(name, base, other, held)

    def _numbers(self, name: str, held: Mapping[str, Any]) -> Iterator[_Change]:
        """Yield the change of a number by its unit, once where it is the same from every value."""
        unit = self.units.get(name, 1.0)
        low, high = float(self.frame[name].min()), float(self.frame[name].max())
        if unit > 0.0:
            starts = np.linspace(low, max(high - unit, low), STARTS)
        else:
            starts = np.linspace(min(low - unit, high), high, STARTS)
        made = [self._change(name, start, start + unit, held) for start in map(float, starts)]
        all_rows = np.array([each.row for each in made])
        size = np.abs(all_rows).max(axis=0)
        shifts = np.array([each.shift for each in made])
        same = bool((np.abs(all_rows - all_rows[0]) <= SAME * size).all()) and np.ptp(shifts, axis=0).max() <= SAME
        if same:
            yield replace(made[0], start="any", stop=f"{unit:+.6g}")
        elif name in self.stated:
            for start in self.stated[name]:
                yield self._change(name, float(start), float(start) + unit, held)
        else:
            yield replace(made[0], start="any", stop=f"{unit:+.6g}", depends=name)

    def _change(self, name: str, start: Any, stop: Any, held: Mapping[str, Any]) -> _Change:
        """Return the change between two rows that the formula makes."""
        values = {**self.base, **held}
        table = pd.DataFrame(
            {
                other: set_column(self.frame[other], [start, stop] if other == name else [value, value])
                for other, value in values.items()
            }
        )
        for absorbed in self.info.nuisance.columns:  # any level, whose intercept both rows have
            table[absorbed] = [self.rows.data[absorbed].iloc[0]] * 2
        offsets = {role: pd.Series(np.zeros(2)) for role in self.offsets}
        coded = coded_rows(self.info, table, offset_words(offsets), "raise")
        if not coded.kept.all():
            raise DataError(
                f"The formula has no value at {name} = {level_text(start)} or {level_text(stop)}; state other values, "
                f"at={{{name!r}: [...]}}, or another unit."
            )
        pair = coded.matrix.to_dense()
        row = pair[1] - pair[0]
        row[np.abs(row) <= 1e-14 * np.abs(pair).max(axis=0)] = 0.0
        shift = np.zeros(self.n_predictors) if coded.offset is None else coded.offset[:, 1] - coded.offset[:, 0]
        words = {other: level_text(value) for other, value in held.items()}
        return _Change(name, level_text(start), level_text(stop), words, row, shift)

    def _units(self, units: Mapping[str, Unit] | None) -> dict[str, float]:
        """Return the units of numbers, by variable."""
        out: dict[str, float] = {}
        for name, value in ({} if units is None else units).items():
            if name not in self.coding.variables:
                raise FormulaError(
                    f"units names {name!r}; beside at= units are of columns of the table. "
                    f"{nearest_name(str(name), self.coding.variables)}"
                )
            if has_levels(name, self.frame[name], self.coding):
                raise FormulaError(f"units names {name!r}, which is a factor: its ratios compare levels.")
            if isinstance(value, str) and value in SPREADS:
                out[name] = self._spread(name, value)
                continue
            if isinstance(value, bool) or not isinstance(value, Real) or not np.isfinite(value) or value == 0.0:
                raise DataError(f"units[{name!r}] = {value!r}; give a finite number other than 0, or 'sd' or 'iqr'.")
            out[name] = float(value)
        return out

    def _spread(self, name: str, word: Unit) -> float:
        """Return the standard deviation or the interquartile range of a number over the rows of the fit."""
        values = self.frame[name].to_numpy(np.float64)
        weights = np.ones(values.size) if self.weights is None else self.weights
        n = float(weights.sum())
        return step_of(spread_of(values, weights / n, n), name, word)


def _comparisons(record: FitRecord, outcome: int | None, against: int | None) -> tuple[tuple[str, ...], FloatArray]:
    """Return the outcomes, or thresholds, whose odds are compared, and the predictors of each, (L, m)."""
    m, words = record.predictors.n_predictors, record.family.words
    base = (record.reference or 0) if against is None else against
    if outcome == base and (record.is_single or words.compares):
        raise DataError(f"The ratio of {record.outcomes[base]!r} against itself is 1; name two outcomes.")
    if record.is_single and base == 1:
        require(record, "odds_ratios of the other outcome")
        return ("",), -np.ones((1, 1))
    if not words.compares:
        if not record.is_single and (outcome is not None or against is not None):
            raise UnsupportedError(
                f"{words.title}: a ratio compares all higher outcomes with all lower ones, not one outcome with "
                "another. Leave out outcome= and against=."
            )
        labels, weights = predictor_weights(record, "link")
        return labels, -weights if words.downwards else weights
    unit = np.eye(m)
    others = [k for k in range(m) if k != base] if outcome is None else [outcome]
    return tuple(record.outcomes[k] for k in others), unit[others] - unit[base]


def _estimates(
    rows: Rows,
    functions: FloatArray,
    shifts: FloatArray,
    known: Any,
    level: float | None,
    method: TableMethod,
    adjust: IntervalAdjustment | None,
) -> Estimates:
    """Return the logarithms of the ratios, missing where they are not known."""
    record = rows.record
    found = function_estimates(record, functions[known], level)
    if shifts.any():
        value = found.estimate + shifts[known]
        statistic = np.where(np.isnan(found.statistic), np.nan, value / found.std_error)
        p_value = record.law.of(record.coordinates.jacobian(functions[known])).two_sided(statistic)
        low, high = found.low + shifts[known], found.high + shifts[known]
        found = replace(found, estimate=value, statistic=statistic, p_value=p_value, low=low, high=high)
    if method != "wald" or adjust is not None:
        called = tuple(f"ratio {k + 1}" for k in np.flatnonzero(known))
        asked = AskedFunctions(called, functions[known], shifts[known], own=False)
        ends = function_limits(record, rows.own, asked, method, level, adjust)
        found = replace(found, low=ends.low, high=ends.high)
    names = ("estimate", "std_error", "statistic", "p_value", "low", "high")
    wide = np.full((len(names), known.size), np.nan)
    wide[:, known] = [getattr(found, name) for name in names]
    estimate, std_error, statistic, p_value, low, high = wide
    return Estimates(estimate, std_error, statistic, p_value, low, high, found.level, found.law)


def _frame(record: FitRecord, table: list[tuple[_Change, str]], found: Estimates, against: int | None) -> pd.DataFrame:
    """Return one row per ratio."""
    made, words = ratios_of(found, np.ones(len(table))), record.family.words
    ratio = words.ratio
    compares = words.compares
    column = "odds_ratio" if ratio is None or compares else ratio.name.replace(" ", "_")
    held = list(dict.fromkeys(name for change, _ in table for name in change.held))
    names: dict[str, Any] = {"variable": [change.variable for change, _ in table]}
    if any(label for _, label in table):
        names[words.equation or "outcome"] = [label for _, label in table]
        if compares:
            names["against"] = record.outcomes[(record.reference or 0) if against is None else against]
    names |= {"from": [change.start for change, _ in table], "to": [change.stop for change, _ in table]}
    names |= {f"at {name}": [change.held.get(name, "") for change, _ in table] for name in held}
    columns: dict[str, Any] = {
        column: made.estimate,
        "std_error": made.std_error,
        "conf_low": made.low,
        "conf_high": made.high,
        "p_value": found.p_value,
    }
    if any(change.depends for change, _ in table):
        columns["depends_on"] = [change.depends for change, _ in table]
    frame = ResultFrame(names | columns)
    if compares:
        frame.columns.name = "relative risk ratios"
    return tidy.posterior_named(frame, record)
