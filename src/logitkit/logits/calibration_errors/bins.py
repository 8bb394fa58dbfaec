"""Bins of predicted probability: sums of what was predicted, of what happened, and of squared errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.logits.grouping import quantile_groups
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["ErrorBins", "bin_cells", "error_bins"]


@dataclass(frozen=True)
class ErrorBins:
    """Predicted and observed rates in b bins, in ascending order of predicted probability.

    Parameters
    ----------
    n : (b,) array
        Number of trials.
    expected, events : (b,) array
        Sum of the predicted probabilities, and number of events.
    squared : (b,) array
        Sum of the squared errors of single trials.

    Examples
    --------
    >>> bins = ErrorBins(np.array([4.0]), np.array([1.0]), np.array([2.0]), np.array([1.25]))
    >>> bins.gap.tolist(), bins.std_error.round(4).tolist()
    ([-0.25], [0.2887])
    """

    n: FloatArray
    expected: FloatArray
    events: FloatArray
    squared: FloatArray

    @property
    def predicted(self) -> FloatArray:
        """Mean predicted probability of each bin, shape (b,)."""
        return np.asarray(self.expected / self.n)

    @property
    def observed(self) -> FloatArray:
        """Observed rate of each bin, shape (b,)."""
        return np.asarray(self.events / self.n)

    @property
    def gap(self) -> FloatArray:
        """Mean predicted probability minus observed rate, shape (b,)."""
        return np.asarray((self.expected - self.events) / self.n)

    @property
    def variance(self) -> FloatArray:
        """Variance of the error of one trial in each bin, shape (b,); nan with fewer than two."""
        some = self.n > 1.0
        spread = np.maximum(self.squared - self.n * self.gap**2, 0.0)
        return np.where(some, spread / np.where(some, self.n - 1.0, 1.0), np.nan)

    @property
    def std_error(self) -> FloatArray:
        """Standard error of each gap, shape (b,)."""
        return np.asarray(np.sqrt(self.variance / self.n))


def bin_cells(p: FloatArray, trials: IntArray, bins: int, scheme: str) -> CodeArray:
    """Return the bin of each probability, empty ones left out.

    Parameters
    ----------
    p : (n,) array
        Probabilities.
    trials : (n,) int array
        How often each counts.
    bins : int
        At least 2.
    scheme : {'quantile', 'width'}
        Whether bins hold about equal numbers of trials, by the rule of ``quantile_groups``, or are equally wide.

    Returns
    -------
    (n,) int32 array
        From 0. Equal probabilities are in one bin; those of equal width hold their upper end.

    Examples
    --------
    >>> bin_cells(np.array([0.9, 0.1, 0.5]), np.ones(3, dtype=int), 2, "width").tolist()
    [1, 0, 0]
    """
    found = np.empty(p.size, dtype=np.int32)
    if scheme == "quantile":
        order = np.argsort(p, kind="stable")
        found[order] = quantile_groups(p[order], trials[order].astype(np.float64), bins)
        return found
    at = np.maximum(np.searchsorted(np.linspace(0.0, 1.0, bins + 1), p, side="left") - 1, 0)
    found[:] = np.unique(at, return_inverse=True)[1].reshape(-1)
    return found


def error_bins(p: FloatArray, events: FloatArray, trials: IntArray, cells: CodeArray) -> ErrorBins:
    """Return the sums of each bin.

    Parameters
    ----------
    p, events : (n,) array
        Probabilities, and trials with the event.
    trials : (n,) int array
        All trials of each row.
    cells : (n,) int32 array
        The bin of each row.

    Returns
    -------
    ErrorBins
        Of trials: a row of three is the same as three rows.

    Examples
    --------
    >>> p, one, cell = np.array([0.25, 0.25]), np.ones(2, dtype=int), np.zeros(2, dtype=np.int32)
    >>> error_bins(p, np.array([0.0, 1.0]), one, cell).squared.tolist()
    [0.625]
    """
    squared = events * (1.0 - p) ** 2 + (trials - events) * p**2
    sums = [np.bincount(cells, each).astype(np.float64) for each in (trials, trials * p, events, squared)]
    return ErrorBins(*sums)
