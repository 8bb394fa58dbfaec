"""Columns of estimates and of odds ratios as text: the same decimals down a column, or powers of ten for all of it.

Estimates and standard errors have four decimals, two where the numbers are in thousands; more, up to six, where a
standard error would show fewer than two significant digits. A column that would need more is in scientific notation.

Odds ratios and their limits share three decimals. A ratio below 0.1 has more, so that it shows three significant digits
(two for a limit), up to five; a ratio whose standard error is below 0.002 has four. One column of the three is in
scientific notation where a number of it would need more, or is 100,000 or larger. A ratio so near 1 that four decimals
would print it and its limits as 1.0000 has as many as show its distance from 1: three significant digits of it, or the
digit of half a standard error where that is coarser, up to seven decimals.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from logitkit.report.number_format import format_scientific
from logitkit.typing import FloatArray

__all__ = ["format_estimates", "format_ratios", "format_strengths"]

Cells = tuple[str, ...]

ESTIMATE_DECIMALS, ESTIMATE_MOST = 4, 6
RATIO_DECIMALS, RATIO_MOST = 3, 5
STRENGTH_MOST = 7
RATIO_BY_ERROR = 4  # decimals that a small standard error can ask for
NEAR_ONE = 5e-4  # a change of the odds by less than 0.05%
RATIO_NEAR_ONE, RATIO_WIDEST = 7, 10  # decimals that a ratio near 1 can ask for, and characters of its cells
THOUSANDS, LARGE = 1e3, 1e5


def format_estimates(estimate: FloatArray, std_error: FloatArray, *ends: FloatArray) -> tuple[Cells, ...]:
    """Format estimates, their standard errors and what else is in their unit, such as limits or a bias.

    Parameters
    ----------
    estimate, std_error : (m,) array
        nan where there is none.
    *ends : (m,) array
        Written as the estimates are.

    Returns
    -------
    tuple of tuple of str
        The columns, each of m cells; empty for NaN.

    Examples
    --------
    >>> import numpy as np
    >>> format_estimates(np.array([-1.0231, 0.002873]), np.array([0.0504, 0.000852]))
    (('-1.02310', '0.00287'), ('0.05040', '0.00085'))
    >>> format_estimates(np.array([-1.0231, -2.75e-6]), np.array([0.0504, 1.78e-7]))
    (('-1.02e+00', '-2.75e-06'), ('5.04e-02', '1.78e-07'))
    """
    errors = np.asarray(std_error, dtype=np.float64)
    sizes = np.fmax(np.abs(estimate), errors)
    wanted = _digits(errors, 2)
    own = (
        wanted if wanted <= ESTIMATE_MOST else _digits(sizes, 2)
    )  # a small error alone leaves the estimates as they are
    own = max(own, _digits(sizes[~(errors > 0.0)], 2))
    values = [np.asarray(column, dtype=np.float64) for column in (estimate, *ends)]
    decimals = max(_usual(sizes), own)
    as_powers = own > ESTIMATE_MOST or _largest(values) >= LARGE
    first, *others = (_cells(column, None if as_powers else decimals) for column in values)
    errors_as_powers = as_powers or wanted > ESTIMATE_MOST or _largest([errors]) >= LARGE
    return (first, _cells(errors, None if errors_as_powers else decimals), *others)


def format_ratios(columns: Sequence[FloatArray], std_error: FloatArray) -> tuple[Cells, ...]:
    """Format odds ratios and their limits.

    Examples
    --------
    >>> import numpy as np
    >>> columns = [np.array(values) for values in ([0.971, 6.438], [0.9029, 1.641], [1.0439, 25.26])]
    >>> format_ratios(columns, np.array([0.037, 0.697]))
    (('0.971', '6.438'), ('0.903', '1.641'), ('1.044', '25.260'))
    >>> format_ratios([np.array([0.0421, 1.5, 3.0e7])], np.array([0.5, 0.4, 3.0]))
    (('4.21e-02', '1.50e+00', '3.00e+07'),)
    >>> format_ratios([np.array([0.9999972]), np.array([0.9999968]), np.array([0.9999976])], np.array([2e-7]))
    (('0.9999972',), ('0.9999968',), ('0.9999976',))
    """
    wanted = [_digits(values, 3 if place == 0 else 2) for place, values in enumerate(columns)]
    as_powers = [
        digits > RATIO_MOST or _largest([values]) >= LARGE for digits, values in zip(wanted, columns, strict=True)
    ]
    with np.errstate(invalid="ignore", over="ignore"):
        by_error = min(_digits(std_error * columns[0] / 2.0, 1), RATIO_BY_ERROR)
    fixed = [digits for digits, powers in zip(wanted, as_powers, strict=True) if not powers]
    decimals = max(RATIO_DECIMALS, by_error, *fixed, 0)
    largest = _largest([values for values, powers in zip(columns, as_powers, strict=True) if not powers])
    room = RATIO_WIDEST - len(f"{largest:,.0f}.")
    decimals = max(decimals, min(_digits_of_distance(columns[0], std_error), RATIO_NEAR_ONE, room))
    return tuple(
        _cells(values, None if powers else decimals) for values, powers in zip(columns, as_powers, strict=True)
    )


def format_strengths(strengths: FloatArray) -> Cells:
    """Format strengths of a penalty, the smallest with four significant digits, as they are given to a fit.

    Parameters
    ----------
    strengths : (m,) array
        Positive.

    Returns
    -------
    tuple of str
        m cells, in powers of ten where more than seven decimals would be needed.

    Examples
    --------
    >>> import numpy as np
    >>> format_strengths(np.array([0.07849, 0.0493, 0.0003243]))
    ('0.0784900', '0.0493000', '0.0003243')
    >>> format_strengths(np.array([0.07849, 3.2e-8]))
    ('7.849e-02', '3.200e-08')
    """
    decimals = max(_digits(strengths, 4), 0)
    fixed = decimals <= STRENGTH_MOST and _largest([strengths]) < LARGE
    return tuple(f"{x:,.{decimals}f}" if fixed else f"{x:.3e}" for x in map(float, strengths))


def _cells(values: FloatArray, decimals: int | None) -> Cells:
    """Format a column with so many decimals, with powers of ten for None."""
    return tuple(
        format_scientific(x) if decimals is None or not math.isfinite(x) else f"{x:z,.{decimals}f}"
        for x in map(float, values)
    )


def _digits(values: FloatArray, significant: int) -> int:
    """Return the decimals with which every value, but zeros, has at least so many significant digits."""
    sizes = [abs(x) for x in values.tolist() if x and math.isfinite(x)]  # some rows, of which an array takes longer
    if not sizes:
        return 0
    least = f"{min(sizes):.{significant - 1}e}"  # once rounded: 0.0996 is 0.10
    return significant - 1 - int(least.partition("e")[2])


def _digits_of_distance(ratio: FloatArray, std_error: FloatArray) -> int:
    """Return the decimals with which ratios are told from 1, those within `NEAR_ONE` of it.

    As many as half a standard error has at its first digit, though no more than the distance from 1 has at its third;
    where there is no error, its first.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        distance, half = np.abs(ratio - 1.0), std_error * ratio / 2.0
    wanted = [0]
    for away, error in zip(distance.tolist(), half.tolist(), strict=True):
        if not 0.0 < away < NEAR_ONE:
            continue
        known = math.isfinite(error) and error > 0.0
        own = _digits(np.array([away]), 3 if known else 1)
        wanted.append(min(own, _digits(np.array([error]), 1)) if known else own)
    return max(wanted)


def _largest(columns: Iterable[FloatArray]) -> float:
    return max((abs(x) for values in columns for x in values.tolist() if math.isfinite(x)), default=0.0)


def _usual(sizes: FloatArray) -> int:
    return ESTIMATE_DECIMALS if _largest([sizes]) < THOUSANDS else ESTIMATE_DECIMALS // 2
