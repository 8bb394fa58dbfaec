r"""The interval of the mean squared error over several outcomes, whose bins share rows.

With :math:`r_{ik}` the error of a trial less the mean of its bin, the mean errors of bin b of outcome k and bin c of
outcome l have the covariance :math:`\sum_{i \in b, c} r_{ik} r_{il} / (n_b n_c)`: as one outcome occurs where another
does not, it is mostly below zero. Everything else is as for one event (``squared.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from logitkit.logits.calibration_errors.bins import ErrorBins
from logitkit.logits.calibration_errors.squared import limits, mean_variance
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["joint_covariance", "joint_interval"]

OUTCOMES_MOST = 30  # each pair of outcomes takes a pass


def joint_covariance(
    p: FloatArray, events: FloatArray, trials: IntArray, cells: Sequence[CodeArray], tables: Sequence[ErrorBins]
) -> FloatArray:
    """Return the covariance of the mean errors of all bins of all outcomes.

    Parameters
    ----------
    p, events : (n, K) array
        Probabilities, and trials with each outcome.
    trials : (n,) int array
        All trials of each row.
    cells : K (n,) int32 arrays
        The bin of each row by the probability of each outcome.
    tables : K ErrorBins
        Their sums.

    Returns
    -------
    (c, c) array
        Bins of the first outcome, then those of the next.

    Examples
    --------
    Of two outcomes the errors of one are those of the other with the other sign:

    >>> p, y, cell = np.array([[0.4, 0.6]] * 2), np.eye(2), np.zeros(2, dtype=np.int32)
    >>> one = ErrorBins(*(np.array([v]) for v in (2.0, 0.8, 1.0, 0.52)))
    >>> other = ErrorBins(*(np.array([v]) for v in (2.0, 1.2, 1.0, 0.52)))
    >>> joint_covariance(p, y, np.ones(2, dtype=int), [cell, cell], [one, other]).round(3).tolist()
    [[0.185, -0.125], [-0.125, 0.185]]
    """
    first = np.cumsum([0, *(table.n.size for table in tables)])
    covariance = np.diag(np.concatenate([mean_variance(table) for table in tables]))
    left = [column - table.gap[cell] for column, table, cell in zip(p.T, tables, cells, strict=True)]
    for k in range(len(tables)):
        for j in range(k):
            added = trials * left[k] * left[j] - left[k] * events[:, j] - left[j] * events[:, k]
            shape = tables[k].n.size, tables[j].n.size
            sums = np.bincount(cells[k] * shape[1] + cells[j], added, shape[0] * shape[1]).reshape(shape)
            block = sums / np.outer(tables[k].n, tables[j].n)
            covariance[first[k] : first[k + 1], first[j] : first[j + 1]] = block
            covariance[first[j] : first[j + 1], first[k] : first[k + 1]] = block.T
    return covariance


def joint_interval(
    p: FloatArray,
    events: FloatArray,
    trials: IntArray,
    cells: Sequence[CodeArray],
    tables: Sequence[ErrorBins],
    level: float,
) -> tuple[float, float]:
    """Return an interval for the mean over the outcomes of the squared calibration error.

    Parameters
    ----------
    p, events, trials, cells, tables : array and sequence
        As for ``joint_covariance``.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        At least 0; nan of more than 30 outcomes.

    Examples
    --------
    >>> p, y, cell = np.array([[0.4, 0.6]] * 2), np.eye(2), np.zeros(2, dtype=np.int32)
    >>> one = ErrorBins(*(np.array([v]) for v in (2.0, 0.8, 1.0, 0.52)))
    >>> joint_interval(p, y, np.ones(2, dtype=int), [cell, cell], [one, one], 0.95)[0]
    0.0
    """
    if len(tables) > OUTCOMES_MOST:
        return float("nan"), float("nan")
    n, gap = (np.concatenate([getattr(table, name) for table in tables]) for name in ("n", "gap"))
    weight = np.concatenate([table.n / table.n[table.n > 1.0].sum() for table in tables]) / len(tables)
    some = n > 1.0
    if not some.any():
        return float("nan"), float("nan")
    covariance = joint_covariance(p, events, trials, cells, tables)
    return limits(gap[some], weight[some], covariance[np.ix_(some, some)], level)
