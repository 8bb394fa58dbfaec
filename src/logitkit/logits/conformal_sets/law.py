r"""Which of n conformities is the threshold, and how many of m new rows the sets then cover.

With the k-th largest of n conformities as the threshold, :math:`k = \lceil (n + 1) \cdot level \rceil`, coverage of the
sets is beta with parameters k and n + 1 - k over such samples, and how many of m new rows are covered is
beta-binomial (``docs/maths/conformal.md``, equations 2 to 4). Ties only add to both.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from logitkit.errors import DataError
from logitkit.typing import FloatArray

__all__ = ["central", "count_law", "rank_of", "rows_needed", "sum_law", "tails"]


def rank_of(n: int, level: float) -> int:
    """Return which of n conformities, from the largest, is the threshold; n + 1 where none is.

    Examples
    --------
    >>> rank_of(99, 0.9), rank_of(8, 0.9)
    (90, 9)
    """
    return math.ceil((n + 1) * _exact(level))


def rows_needed(level: float) -> int:
    """Return the fewest rows with a finite threshold.

    Examples
    --------
    >>> rows_needed(0.9), rows_needed(0.95)
    (9, 19)
    """
    exact = _exact(level)
    return math.ceil(exact / (1 - exact))


def _exact(level: float) -> Fraction:
    """Return a level as it is written: 0.7 is seven tenths."""
    return Fraction(repr(float(level)))


def count_law(m: int, n: int, rank: int) -> FloatArray:
    """Return the probability that 0, 1, ..., m of m new rows are covered.

    Parameters
    ----------
    m, n, rank : int
        New rows, rows of the threshold, and which of these it is.

    Returns
    -------
    (m + 1,) array
        Beta-binomial probabilities.

    Examples
    --------
    One new row is covered with probability k / (n + 1):

    >>> count_law(1, 9, 9).round(12).tolist()
    [0.1, 0.9]
    """
    a, b = float(rank), float(n + 1 - rank)
    if b <= 0.0:
        raise DataError("There is no law of coverage where every outcome is in every set.")
    j = np.arange(m, dtype=np.float64)
    logs = np.append(0.0, np.cumsum(np.log((m - j) * (j + a)) - np.log((j + 1.0) * (m - 1.0 - j + b))))
    p = np.exp(logs - logs.max())
    return np.asarray(p / p.sum())


def sum_law(laws: list[FloatArray]) -> FloatArray:
    """Return the law of the sum of independent counts: the shortest are added first.

    Examples
    --------
    >>> sum_law([np.array([0.5, 0.5]), np.array([0.5, 0.5])]).round(12).tolist()
    [0.25, 0.5, 0.25]
    """
    left = sorted(laws, key=len)
    while len(left) > 1:
        first, second = left.pop(0), left.pop(0)
        size = first.size + second.size - 1
        if min(first.size, second.size) <= 64:
            both = np.convolve(first, second)
        else:
            both = np.fft.irfft(np.fft.rfft(first, size) * np.fft.rfft(second, size), size).clip(0.0)
        left.append(both / both.sum())
        left.sort(key=len)
    return left[0]


def central(law: FloatArray, level: float) -> tuple[int, int]:
    """Return the counts between which lies at least a proportion of a law, at most half of the rest on each side.

    Examples
    --------
    >>> central(np.full(10, 0.1), 0.8)
    (1, 8)
    """
    below, tail = np.cumsum(law), 0.5 * (1.0 - level)
    above = np.cumsum(law[::-1])[::-1]
    low = int(np.flatnonzero(below > tail * (1.0 + 1e-12))[0])
    high = int(np.flatnonzero(above > tail * (1.0 + 1e-12))[-1])
    return low, high


def tails(law: FloatArray, count: int) -> float:
    """Return twice the smaller tail from a count on, at most 1.

    Examples
    --------
    >>> tails(np.array([0.1, 0.8, 0.1]), 0)
    0.2
    """
    return float(min(2.0 * min(law[: count + 1].sum(), law[count:].sum()), 1.0))
