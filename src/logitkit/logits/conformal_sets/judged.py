"""How often sets hold the outcome, beside what exchangeable rows would show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from logitkit.logits.conformal_sets.law import central, count_law, sum_law, tails
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["Coverage", "judge", "proportion_limits"]


@dataclass(frozen=True, eq=False)
class Coverage:
    """Coverage and sizes of sets, on rows that were not used for their thresholds.

    Parameters
    ----------
    n : int
        Number of rows.
    covered : int
        Number of rows whose set contains the outcome.
    target : float
        Coverage that the sets guarantee.
    expected : tuple of float
        Interval for the coverage of this many exchangeable rows: central limits of a beta-binomial distribution, at
        the level of the intervals. Missing if the rows of the thresholds have weights.
    p_value : float
        Twice the smaller tail of that distribution. Small if these rows are unlike those of the thresholds.
    low, high : float
        Exact limits (Clopper and Pearson) of the coverage of these sets.
    mean_size : float
        Mean number of outcomes per set.
    size_counts : (K + 1,) int array
        Number of sets with 0, 1, ..., K outcomes.
    by_outcome : (K, 5) array
        For each outcome: number of rows, proportion covered with exact limits, and mean size of the sets.
    level : float
        Confidence level of the intervals.

    Examples
    --------
    >>> sets, y = (
    ...     np.array([[True, False], [True, True], [False, True], [False, True]]),
    ...     np.array([0, 1, 0, 1], np.int32),
    ... )
    >>> found = judge(sets, y, np.array([9]), np.array([9]), 0.9, 0.95)
    >>> found.coverage, found.mean_size, found.size_counts.tolist()
    (0.75, 1.25, [0, 3, 1])
    """

    n: int
    covered: int
    target: float
    expected: tuple[float, float]
    p_value: float
    low: float
    high: float
    mean_size: float
    size_counts: IntArray
    by_outcome: FloatArray
    level: float

    @property
    def coverage(self) -> float:
        """Proportion of the rows whose set contains the outcome."""
        return self.covered / self.n


def judge(
    sets: BoolArray, codes: CodeArray, n: IntArray, ranks: IntArray | None, target: float, level: float
) -> Coverage:
    """Return how often sets hold the outcome, with limits; without ranks the coverage of such rows has no known law."""
    m, k = sets.shape
    held, sizes = sets[np.arange(m), codes], sets.sum(axis=1)
    rows = np.bincount(codes, minlength=k)
    hits = np.bincount(codes, weights=held, minlength=k)
    covered = int(held.sum())
    expected, p_value = (float("nan"), float("nan")), float("nan")
    if ranks is not None:
        groups = [m] if n.size == 1 else rows.tolist()
        law = sum_law([count_law(g, int(a), int(r)) for g, a, r in zip(groups, n, ranks, strict=True) if g])
        first, last = central(law, level)
        expected, p_value = (first / m, last / m), tails(law, covered)
    low, high = proportion_limits(np.append(hits, covered), np.append(rows, m), level)
    mean = np.divide(np.bincount(codes, weights=sizes, minlength=k), rows, out=np.full(k, np.nan), where=rows > 0)
    share = np.divide(hits, rows, out=np.full(k, np.nan), where=rows > 0)
    return Coverage(
        n=m,
        covered=covered,
        target=target,
        expected=expected,
        p_value=p_value,
        low=float(low[-1]),
        high=float(high[-1]),
        mean_size=float(sizes.mean()),
        size_counts=np.bincount(sizes, minlength=k + 1).astype(np.int64),
        by_outcome=np.column_stack([rows, share, low[:-1], high[:-1], mean]),
        level=level,
    )


def proportion_limits(hits: FloatArray, n: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return exact limits of proportions (Clopper and Pearson), nan where there are no rows.

    Examples
    --------
    >>> low, high = proportion_limits(np.array([0.0]), np.array([10.0]), 0.95)
    >>> low.tolist(), high.round(4).tolist()
    ([0.0], [0.3085])
    """
    tail = 0.5 * (1.0 - level)
    hits, n = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    misses = n - hits
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0.0, betaincinv(np.maximum(hits, 1.0), misses + 1.0, tail), 0.0)
        high = np.where(misses > 0.0, betaincinv(hits + 1.0, np.maximum(misses, 1.0), 1.0 - tail), 1.0)
    return np.where(n > 0.0, low, np.nan), np.where(n > 0.0, high, np.nan)
