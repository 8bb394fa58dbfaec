"""The rows of a coefficient table: estimate, error, test, and the ratio that belongs to them or the interval."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.inference.changes import without_ratio
from logitkit.inference.delta import Estimates
from logitkit.report.document import Column
from logitkit.report.estimate_columns import format_estimates, format_ratios
from logitkit.report.number_format import format_column, format_level

__all__ = ["coefficient_heads", "coefficient_rows", "exponentials", "names_without_ratio"]

BEYOND = ("<1e-308", ">1e308")  # below and above the ratios that a number can hold


def coefficient_heads(level: float, ratio: str | None, letter: str = "z") -> tuple[Column, ...]:
    """Return the heads of a coefficient table; ``letter`` is what its statistic is called."""
    text = format_level(level)
    return (
        Column("Term", "left"),
        Column("Coef."),
        Column("Std. error"),
        Column(letter),
        Column(f"P>|{letter}|"),
        *(() if ratio is None else (Column(ratio),)),
        Column(f"{text} low"),
        Column(f"{text} high"),
    )


def coefficient_rows(
    names: Sequence[str],
    found: Estimates,
    in_words: Mapping[int, str],
    *,
    ratios: bool,
    without: Collection[str] = (INTERCEPT,),
) -> tuple[tuple[str, ...], ...]:
    """Return the cells of a coefficient table."""
    estimates, errors, *ends = format_estimates(found.estimate, found.std_error, found.low, found.high)
    if ratios:
        ends = [*exponentials(names, found, without)]
    return tuple(
        zip(
            names,
            (in_words.get(row, text) for row, text in enumerate(estimates)),
            errors,
            format_column(found.statistic, "statistic", 2),
            format_column(found.p_value, "p_value"),
            *ends,
            strict=True,
        )
    )


def exponentials(
    names: Sequence[str], found: Estimates, without: Collection[str] = (INTERCEPT,)
) -> tuple[tuple[str, ...], ...]:
    """Return the cells of exp(coefficient) and its limits."""
    none = np.array([name in without for name in names], dtype=bool)
    logs = [np.where(none, np.nan, each) for each in (found.estimate, found.low, found.high)]
    with np.errstate(over="ignore", under="ignore"):
        ratios = [np.exp(each) for each in logs]
    beyond = [np.isfinite(log) & ((each == 0.0) | np.isinf(each)) for log, each in zip(logs, ratios, strict=True)]
    shown = [np.where(far, np.nan, each) for far, each in zip(beyond, ratios, strict=True)]
    cells = format_ratios(shown, np.where(none, np.nan, found.std_error))
    return tuple(
        tuple((BEYOND[float(log) > 0.0] if far else text) for text, far, log in zip(*column, strict=True))
        for column in zip(cells, beyond, logs, strict=True)
    )


def names_without_ratio(info: DesignInfo) -> set[str]:
    """Return the columns that no ratio belongs to: the intercept, and those that cannot change alone."""
    return {INTERCEPT, *(info.names[j] for j in np.flatnonzero(without_ratio(info)))}
