"""Odds ratios as text, with as many decimals as the standard error gives a meaning."""

from __future__ import annotations

import math

from logitkit.report.number_format import format_estimate, ratio_decimals
from logitkit.typing import FloatArray

__all__ = ["format_ratios"]

# Odds ratios beyond these are written with an exponent.
LARGE_ODDS = 1e4
SMALL_ODDS = 1e-3


def format_ratios(row: FloatArray, std_error: float) -> tuple[str, ...]:
    """Format an odds ratio and what belongs to it, such as its limits.

    Parameters
    ----------
    row : (m,) array
        The ratio first.
    std_error : float
        Standard error of the coefficient; nan for none.

    Returns
    -------
    tuple of str
        m texts; empty for NaN.

    Examples
    --------
    >>> import numpy as np
    >>> format_ratios(np.array([1.5, 0.9, 2.5e4]), 0.4)
    ('1.500', '0.900', '2.50e+04')
    """
    decimals = ratio_decimals(std_error, float(row[0]))
    return tuple(_format_ratio(float(value), decimals) for value in row)


def _format_ratio(value: float, decimals: int) -> str:
    if math.isfinite(value) and (value >= LARGE_ODDS or 0.0 < value < SMALL_ODDS):
        return f"{value:.2e}"
    return format_estimate(value, decimals)
