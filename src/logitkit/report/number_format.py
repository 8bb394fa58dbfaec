"""The one home of number formatting: how a statistic becomes the text of a cell.

The rules, which every function here keeps:

1. NaN is an empty cell, infinity is ``inf`` or ``-inf``, and minus is the ASCII hyphen.
2. Zero has no sign: a value that rounds to zero never prints as ``-0.0000``.
3. A number that is not zero never prints as zero where its size is the point: what fixed notation would round
   away is written in scientific notation with three significant digits, and so is a magnitude of 1e9 or more.
4. Thousands are set off with commas.
5. The numbers of one column have the same count of decimals, so that right alignment aligns the points. Where one of
   them needs scientific notation, all of the column have it. ``estimate_columns`` has the rules for estimates and odds
   ratios.

A renderer never sees a number: it gets the strings made here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Literal, get_args

from logitkit.errors import LogitkitError, nearest_name

__all__ = [
    "ColumnKind",
    "column_decimals",
    "format_amount",
    "format_column",
    "format_estimate",
    "format_integer",
    "format_interval",
    "format_level",
    "format_number",
    "format_p",
    "format_percent",
    "format_scientific",
]

ColumnKind = Literal["estimate", "statistic", "probability", "p_value", "percent", "integer"]

_LARGE = 1e9
"""From this magnitude on, fixed notation has more digits than a reader can count."""


def format_number(x: float, digits: int = 4) -> str:
    """Format one number that stands alone, such as a log-likelihood or an R-squared.

    Below 1 in magnitude it has `digits` significant digits; above, as many decimals as `digits` leaves, with
    at least two up to 99,999, one up to 999,999 and none beyond (a log-likelihood is read by its
    differences).

    Examples
    --------
    >>> [format_number(x) for x in (0.46121, 0.000032, -111.2865, 123456.7, float("inf"))]
    ['0.4612', '3.20e-05', '-111.29', '123,456.7', 'inf']
    """
    if not math.isfinite(x) or x == 0.0:
        return _not_finite(x) if x else "0"
    exponent = _exponent(x, digits)
    if exponent < -4 or abs(x) >= _LARGE:
        return f"{x:.2e}"
    if exponent < 2:
        return f"{x:z,.{max(0, digits - 1 - exponent)}f}"
    fewest = 2 if exponent < 5 else 1 if exponent < 6 else 0
    return f"{x:z,.{max(fewest, digits - 1 - exponent)}f}"


def format_estimate(x: float, decimals: int = 4) -> str:
    """Format a coefficient, a standard error or a ratio with a fixed number of decimals.

    Examples
    --------
    >>> [format_estimate(x) for x in (1.2324, -0.00001, 0.0, float("-inf"))]
    ['1.2324', '-1.00e-05', '0.0000', '-inf']
    """
    if not math.isfinite(x):
        return _not_finite(x)
    text = f"{x:z,.{decimals}f}"
    vanished = x != 0.0 and not text.strip("-0.,")
    return f"{x:.2e}" if vanished or abs(x) >= _LARGE else text


def format_scientific(x: float) -> str:
    """Format a number with three significant digits and a power of ten.

    Examples
    --------
    >>> [format_scientific(x) for x in (-0.0000027515, 0.59, 0.0)]
    ['-2.75e-06', '5.90e-01', '0']
    """
    if not math.isfinite(x):
        return _not_finite(x)
    return f"{x:.2e}" if x else "0"


def format_p(p: float, decimals: int = 4) -> str:
    """Format a p-value; below the last printed digit it is a bound and not zero.

    Examples
    --------
    >>> [format_p(p) for p in (0.04231, 0.0001, 0.00009999, 0.0)]
    ['0.0423', '0.0001', '<0.0001', '<0.0001']
    """
    if math.isnan(p):
        return ""
    bound = f"{10.0**-decimals:.{decimals}f}"
    return f"<{bound}" if p < float(bound) else f"{p:.{decimals}f}"


def format_integer(n: float) -> str:
    """Format a count with thousands separators.

    Examples
    --------
    >>> format_integer(899164)
    '899,164'
    """
    return f"{n:z,.0f}" if math.isfinite(n) else _not_finite(n)


def format_amount(x: float) -> str:
    """Format a count that need not be whole, such as expected events or a sum of weights.

    Examples
    --------
    >>> [format_amount(x) for x in (1031.0, 14.999999999, 15.25)]
    ['1,031', '15', '15.2']
    """
    if not math.isfinite(x):
        return _not_finite(x)
    return format_integer(x) if abs(x - round(x)) <= 1e-9 * max(1e3, abs(x)) else f"{x:z,.1f}"


def format_percent(share: float, decimals: int = 1) -> str:
    """Format a proportion as a percentage.

    Examples
    --------
    >>> format_percent(59 / 189)
    '31.2%'
    """
    return f"{100.0 * share:z,.{decimals}f}%" if math.isfinite(share) else _not_finite(share)


def format_interval(low: float, high: float, decimals: int | None = None) -> str:
    """Format an interval, both bounds with the same decimals.

    Examples
    --------
    >>> format_interval(0.5, 12.25), format_interval(1.0, float("inf"), decimals=2)
    ('[0.500, 12.250]', '[1.00, inf]')
    """
    if math.isnan(low) and math.isnan(high):
        return ""
    shared = column_decimals((low, high)) if decimals is None else decimals
    bounds = [format_estimate(bound, shared) or "NA" for bound in (low, high)]
    return f"[{bounds[0]}, {bounds[1]}]"


def format_level(level: float) -> str:
    """Format a confidence level as the shortest percentage that is exactly it.

    Examples
    --------
    >>> [format_level(level) for level in (0.9, 0.95, 0.995, 0.9999)]
    ['90%', '95%', '99.5%', '99.99%']
    """
    return f"{(100 * Decimal(repr(float(level)))).normalize():f}%"


def column_decimals(values: Iterable[float], digits: int = 4) -> int:
    """Choose the decimals that the numbers of a column share.

    The largest magnitude asks for `digits` decimals up to 10 and one fewer for each further power of ten,
    though at least two. The smallest that is not zero asks for two significant digits, at most `digits` + 2
    decimals. The larger of the two wishes is granted. Zeros, NaN, infinities and magnitudes that print in
    scientific notation have no say.

    Examples
    --------
    >>> column_decimals([0.46, -1.25]), column_decimals([0.000032, 1.5]), column_decimals([812.5, 44.0])
    (4, 6, 2)
    """
    most = digits + 2
    sizes = [abs(x) for x in values if math.isfinite(x) and 10.0**-most <= abs(x) < _LARGE]
    if not sizes:
        return digits
    by_largest = max(2, digits - max(0, _exponent(max(sizes), digits + 1)))
    by_smallest = min(1 - _exponent(min(sizes), 2), most)
    return max(by_largest, by_smallest)


def format_column(values: Iterable[float], kind: ColumnKind, decimals: int | None = None) -> tuple[str, ...]:
    """Format the numbers of a column so that their decimals agree.

    Examples
    --------
    >>> format_column([1.5, -0.25, float("nan")], "estimate")
    ('1.5000', '-0.2500', '')
    """
    column = [float(x) for x in values]
    formatters: dict[str, tuple[Callable[[float, int], str], int]] = {
        "statistic": (_format_fixed, 3),
        "probability": (format_p, 4),
        "p_value": (format_p, 4),
        "percent": (format_percent, 1),
    }
    if kind == "integer":
        return tuple(format_integer(x) for x in column)
    if kind == "estimate":
        shared = column_decimals(column) if decimals is None else decimals
        cells = tuple(format_estimate(x, shared) for x in column)
        return tuple(map(format_scientific, column)) if any("e" in cell for cell in cells) else cells
    if kind not in formatters:
        raise LogitkitError(f"There is no kind of column {kind!r}. {nearest_name(kind, get_args(ColumnKind))}")
    formatter, usual = formatters[kind]
    return tuple(formatter(x, usual if decimals is None else decimals) for x in column)


def _format_fixed(x: float, decimals: int) -> str:
    if not math.isfinite(x):
        return _not_finite(x)
    return f"{x:.2e}" if abs(x) >= _LARGE else f"{x:z,.{decimals}f}"


def _not_finite(x: float) -> str:
    if math.isnan(x):
        return ""
    return "inf" if x > 0 else "-inf"


def _exponent(x: float, digits: int) -> int:
    """Return the power of ten of x once rounded to `digits` significant digits (9.9996 may become 10)."""
    return int(f"{x:.{digits - 1}e}".partition("e")[2])
