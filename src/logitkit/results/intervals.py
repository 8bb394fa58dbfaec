"""Confidence intervals of coefficients and of functions of them, by a named method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.law import require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.intervals.asked import (
    AskedFunctions,
    Limits,
    asked_functions,
    limits_of,
    replicate_functions,
)
from logitkit.inference.intervals.profile import estimated
from logitkit.inference.intervals.simultaneous import IntervalAdjustment
from logitkit.inference.ratios import LimitsOf, odds_ratios
from logitkit.inference.verbs import require
from logitkit.options import require_choice
from logitkit.report.frames import tidy
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.rows import Rows
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.inference.intervals.bootstrap_intervals import IntervalKind

__all__ = ["TableMethod", "function_limits", "interval_frame", "limits_by", "ratio_frame"]

TableMethod = Literal["wald", "profile", "score", "bootstrap"]
METHODS = ("wald", "profile", "score", "bootstrap")


def interval_frame(
    record: FitRecord,
    own: Rows,
    method: str,
    level: float | None,
    of: str | Sequence[str] | None = None,
    adjust: IntervalAdjustment | None = None,
    kind: IntervalKind | None = None,
) -> pd.DataFrame:
    """Return intervals of the coefficients, or of functions of them, with columns conf_low and conf_high."""
    require_choice("method", method, METHODS)
    if method == "bootstrap":
        require(record, "bootstrap")
        asked = asked_functions(record, of, curved=True)
        made = function_limits(record, own.design, asked, "bootstrap", level, adjust, kind or "bca")
        limits = np.column_stack([made.low, made.high])
        return ResultFrame(limits, _index(record, asked), pd.Index(["conf_low", "conf_high"], name=made.label))
    if kind is not None:
        raise DataError(f"kind={kind!r} says how intervals are made of replicates: give it with method='bootstrap'.")
    if method == "wald" and of is None and adjust is None:
        require(record, "confint")
        return tidy.confint_frame(record, level=level)
    asked = asked_functions(record, of, curved=True)
    found = limits_of(record, own.own, asked, method, level, adjust)  # type: ignore[arg-type]
    frame = ResultFrame({"conf_low": found.low, "conf_high": found.high}, _index(record, asked))
    if found.label:
        frame.columns.name = found.label
    return tidy.posterior_named(frame, record)


def _index(record: FitRecord, asked: AskedFunctions) -> pd.Index:
    return tidy.coefficient_index(record) if asked.own else pd.Index(asked.names, name="function")


def function_limits(
    record: FitRecord,
    design: Design | None,
    asked: AskedFunctions,
    method: TableMethod,
    level: float | None = None,
    adjust: IntervalAdjustment | None = None,
    kind: IntervalKind = "bca",
) -> Limits:
    """Return limits of functions by any method; the bootstrap uses the standard number of replicates."""
    require_choice("method", method, METHODS)
    if method != "bootstrap":
        return limits_of(record, design, asked, method, level, adjust)
    require(record, "bootstrap")
    from logitkit.inference.intervals.bootstrap_intervals import standard_intervals

    if design is None:
        raise DataError("method='bootstrap' fits to the rows again, and a loaded model does not hold them: fit again.")
    level, held = record.level if level is None else level, ""
    if adjust is not None:
        require_level(level)
        require_choice("adjust", adjust, get_args(IntervalAdjustment))
        if adjust == "single-step":
            raise UnsupportedError(
                "adjust='single-step' rests on the joint normal distribution of the estimates, which a bootstrap does "
                "without: use adjust='bonferroni'."
            )
        level = 1.0 - (1.0 - level) / max(int(estimated(record, asked.functions).sum()), 1)
        held = ", simultaneous (Bonferroni)"
    bent = np.array(sorted(asked.curved), dtype=np.int64)
    straight = np.setdiff1d(np.arange(len(asked.names)), bent)
    limits, label = np.empty((2, len(asked.names))), ""
    if straight.size:
        part = asked.part(straight)
        given = None if asked.own else (part.names, part.functions, part.constant)
        found = standard_intervals(record, design, level, kind, given)
        limits[:, straight], label = np.stack([found.low, found.high]), found.label
    if bent.size:  # the same draws
        found = standard_intervals(record, design, level, kind, replicate_functions(record, asked, bent))
        limits[:, bent], label = np.stack([found.low, found.high]), found.label
    return Limits(limits[0], limits[1], label + held, np.array(np.nan))


def _name(record: FitRecord, function: FloatArray, place: int) -> str:
    """Return what the function of a ratio is called in a warning."""
    used = np.flatnonzero(function)
    return record.names[used[0]] if used.size == 1 else f"ratio {place + 1}"


def ratio_frame(
    record: FitRecord,
    design: Design | None,
    compared: tuple[int | None, int | None],
    units: Mapping[str, float] | None,
    level: float | None,
    method: TableMethod,
    adjust: IntervalAdjustment | None,
) -> pd.DataFrame:
    """Return odds ratios with intervals."""
    if method == "wald" and adjust is None:
        return tidy.odds_ratio_frame(odds_ratios(record, *compared, units, level), record)
    limits, labels = limits_by(record, design, method, level, adjust)
    found = odds_ratios(record, *compared, units, level, limits)
    return tidy.odds_ratio_frame(found, record, labels[0])


def limits_by(
    record: FitRecord,
    design: Design | None,
    method: TableMethod,
    level: float | None,
    adjust: IntervalAdjustment | None = None,
) -> tuple[LimitsOf, list[str]]:
    """Return a function that computes limits of ratios by a method, and a list to which it adds the method's label."""
    labels: list[str] = []

    def limits(functions: FloatArray) -> tuple[FloatArray, FloatArray]:
        names = tuple(_name(record, function, k) for k, function in enumerate(functions))
        asked = AskedFunctions(names, functions, np.zeros(len(functions)), own=False)
        found = function_limits(record, design, asked, method, level, adjust)
        labels.append(found.label)
        return found.low, found.high

    return limits, labels
