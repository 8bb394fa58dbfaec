"""The rows of a coefficient table: estimate, error, test, and the ratio that belongs to them or the interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from logitkit.design.terms import INTERCEPT
from logitkit.inference.delta import Estimates
from logitkit.report.document import Column
from logitkit.report.estimate_columns import format_estimates, format_ratios
from logitkit.report.number_format import format_column, format_level

__all__ = ["coefficient_heads", "coefficient_rows", "exponentials"]


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
    estimates, errors, *ends = format_estimates(found.estimate, found.std_error, found.low, found.high)
    if ratios:
        ends = [*exponentials(names, found)]
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


def exponentials(names: Sequence[str], found: Estimates) -> tuple[tuple[str, ...], ...]:
    """Return the cells of exp(coefficient) and its limits, empty for the intercept.

    Parameters
    ----------
    names : sequence of str
        Of the m terms.
    found : Estimates
        m coefficients.

    Returns
    -------
    tuple of tuple of str
        Three columns of m cells.
    """
    intercept = np.array([name == INTERCEPT for name in names], dtype=bool)
    with np.errstate(over="ignore"):
        columns = [np.where(intercept, np.nan, np.exp(each)) for each in (found.estimate, found.low, found.high)]
    return format_ratios(columns, np.where(intercept, np.nan, found.std_error))
