"""The rows of a coefficient table: estimate, error, test, and the ratio that belongs to them or the interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from logitkit.design.terms import INTERCEPT
from logitkit.inference.delta import Estimates
from logitkit.report.document import Column
from logitkit.report.number_format import (
    estimate_decimals,
    format_column,
    format_estimate,
    format_level,
    format_p,
)
from logitkit.report.ratios import format_ratios

__all__ = ["coefficient_heads", "coefficient_rows"]


def coefficient_heads(level: float, ratio: str | None) -> tuple[Column, ...]:
    """Return the heads of a coefficient table.

    Parameters
    ----------
    level : float
        Of the intervals.
    ratio : str or None
        What a coefficient's exponential is called; None where the interval is the coefficient's.

    Returns
    -------
    tuple of Column
        Seven or eight.
    """
    text = format_level(level)
    return (
        Column("Term", "left"),
        Column("Coef."),
        Column("Std. error"),
        Column("z"),
        Column("P>|z|"),
        *(() if ratio is None else (Column(ratio),)),
        Column(f"{text} low"),
        Column(f"{text} high"),
    )


def coefficient_rows(
    names: Sequence[str], found: Estimates, in_words: Mapping[int, str], *, ratios: bool
) -> tuple[tuple[str, ...], ...]:
    """Return the cells of a coefficient table.

    Parameters
    ----------
    names : sequence of str
        Of the m terms.
    found : Estimates
        m coefficients.
    in_words : mapping of int to str
        What stands in place of an estimate, by row.
    ratios : bool
        Whether the exponential and its interval are given (for all but the intercept), or the interval of the
        coefficient.

    Returns
    -------
    tuple of tuple of str
        m rows.
    """
    decimals = [estimate_decimals(error) for error in found.std_error]
    estimates, errors, lows, highs = (
        [format_estimate(value, places) for value, places in zip(values, decimals, strict=True)]
        for values in (found.estimate, found.std_error, found.low, found.high)
    )
    for row, text in in_words.items():
        estimates[row] = text
    ends: list[tuple[str, ...]] = list(zip(lows, highs, strict=True))
    if ratios:
        with np.errstate(over="ignore"):
            odds = np.exp(np.column_stack([found.estimate, found.low, found.high]))
        ends = [
            ("", "", "") if name == INTERCEPT else format_ratios(row, float(error))
            for name, row, error in zip(names, odds, found.std_error, strict=True)
        ]
    cells = zip(
        names,
        estimates,
        errors,
        format_column(found.statistic, "statistic", 2),
        (format_p(p) for p in found.p_value),
        strict=True,
    )
    return tuple((*row, *end) for row, end in zip(cells, ends, strict=True))
