"""Sentences on the levels of an absorbed factor: how many there are, and what few rows in them do."""

from __future__ import annotations

from logitkit.design.nuisance import EliminatedFactor
from logitkit.engine.record import FitRecord
from logitkit.report.number_format import format_integer
from logitkit.report.wording import counted

__all__ = ["factor_words", "few_rows_warning"]

FEW_ROWS = 30.0  # rows a level of an absorbed factor, below which the bias is a few per cent and more


def factor_words(factor: EliminatedFactor) -> str:
    """Return what was absorbed: levels that took part and that were dropped, and how many rows they have.

    Examples
    --------
    >>> factor_words(EliminatedFactor("firm", 1, 1, 3, 4.0, 4))
    'firm, 1 level (1 level without variation dropped, with 3 rows); rows per level: mean 4.0, least 4'
    """
    dropped = ""
    if factor.n_dropped:
        levels, rows = counted(factor.n_dropped, "level"), counted(factor.n_dropped_rows, "row")
        dropped = f" ({levels} without variation dropped, with {rows})"
    return (
        f"{factor.name}, {counted(factor.n_levels, 'level')}{dropped}; rows per level: mean "
        f"{factor.rows_per_level:,.1f}, least {format_integer(factor.fewest_rows)}"
    )


def few_rows_warning(record: FitRecord) -> str | None:
    """Return a warning where the levels of an absorbed factor have so few rows that the coefficients are biased."""
    eliminated = record.nuisance.n_parameters
    if eliminated == 0 or record.inner_coef.size == 0:
        return None
    mean = record.n_trials / eliminated
    if mean >= FEW_ROWS:
        return None
    return (
        f"Few rows per level ({mean:,.1f} on average): one intercept for each of many levels biases the other "
        "coefficients away from zero, by a proportion of order 1 / rows; with two rows per level they tend to twice "
        "their true value, however many levels there are, and tests reject too often. fit.bias_correction() removes "
        "the leading term of the bias. With a handful of rows per level the remedy is conditional logistic regression "
        "(clogit of R's package survival, ConditionalLogit of statsmodels), which this version does not offer."
    )
