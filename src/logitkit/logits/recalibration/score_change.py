r"""Proper scores of the same rows before and after a recalibration.

With :math:`d_i` what the score of row i changes by, and weights w that count rows, N in all, the change is the mean of
the :math:`d_i`, and its variance :math:`\sum w_i (d_i - \bar d)^2 / \{N (N - 1)\}`: scores of one row before and after
are paired, so that what makes rows hard or easy cancels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.engine.law import NORMAL
from logitkit.logits.scores import brier_scores, log_losses
from logitkit.typing import FloatArray

__all__ = ["ScoreChange", "score_change"]


@dataclass(frozen=True)
class ScoreChange:
    """Proper scores before and after a recalibration.

    Parameters
    ----------
    names : tuple of str
        Names of the scores; lower values are better.
    before, after : (2,) array
        Mean log loss and mean Brier score; for K outcomes, the Brier score is summed over them.
    change, std_error : (2,) array
        After minus before, and its standard error, from paired rows.
    low, high : (2,) array
        Interval of the change.
    n : float
        Total weight of the rows.
    level : float
        Confidence level.

    Examples
    --------
    >>> import logitkit as lk
    >>> rng = np.random.default_rng(0)
    >>> l = rng.standard_normal(2000)
    >>> y = rng.random(2000) < 1 / (1 + np.exp(-l))
    >>> found = lk.logits.recalibrate(3 * l[:1000], y[:1000], "temperature").scores(3 * l[1000:], y[1000:])
    >>> bool((found.high < 0).all())
    True
    """

    names: tuple[str, ...]
    before: FloatArray
    after: FloatArray
    change: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    n: float
    level: float


def score_change(
    before: FloatArray, after: FloatArray, shares: FloatArray, weights: FloatArray, level: float
) -> ScoreChange:
    """Return the scores of logits before and after.

    Parameters
    ----------
    before, after, shares : (n,) or (n, K) array
        Logits, and proportions of what happened.
    weights : (n,) array
        How often each row counts.
    level : float
        Confidence level.

    Returns
    -------
    ScoreChange
        Errors are nan of one row.

    Examples
    --------
    >>> l, y = np.array([2.0, 2.0, -2.0, -2.0]), np.array([1.0, 0.0, 0.0, 1.0])
    >>> score_change(l, 0 * l, y, np.ones(4), 0.95).after.round(4).tolist()
    [0.6931, 0.25]
    """
    half = float(NORMAL.quantile(level))
    total = float(weights.sum())
    pairs = [(score(before, shares), score(after, shares)) for score in (log_losses, brier_scores)]
    means = np.array([[weights @ each / total for each in pair] for pair in pairs])
    gaps = np.array([last - first for first, last in pairs])
    change = gaps @ weights / total
    variance = ((gaps - change[:, None]) ** 2) @ weights / total
    error = np.sqrt(variance / (total - 1.0)) if total > 1.0 else np.full(2, np.nan)
    return ScoreChange(
        ("Log loss", "Brier score"),
        *(means[:, 0], means[:, 1], change, error, change - half * error, change + half * error),
        total,
        level,
    )
