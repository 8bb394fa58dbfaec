r"""Stability of predictions: how models made from other samples predict the same rows.

Each of B models predicts each row. A row's mean absolute prediction error is the mean distance of these from the
prediction of the fit. Its classification instability is the proportion of models that classify it differently at a
threshold (``docs/maths/validation.md``, equations 20 to 22).

References
----------
Riley, R. D. and Collins, G. S. (2023) Stability of clinical prediction models developed using statistical or machine
learning methods. Biometrical Journal 65, 2200302.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from logitkit.errors import DataError
from logitkit.numerics.once import once
from logitkit.options import is_finite_number
from logitkit.typing import FloatArray, IntArray

__all__ = ["Stability", "rows_shown"]

CELLS_MOST = 1 << 23  # of predictions that are kept: 64 MiB


@dataclass(frozen=True)
class Stability:
    """Predictions of B models for r rows.

    Parameters
    ----------
    rows : (r,) int array
        Positions of the rows in the table.
    fitted : (r,) array
        Probability of the event from the fit; for several outcomes, the probability of each, (K, r).
    predicted : (B, r) array
        The same from the other models, for several outcomes (B, K, r); nan if a model does not determine it.
    weights : (r,) array
        Weights of the rows.
    n_rows : int
        Number of rows of the fit. The stored rows are all of these, or some that are spread evenly over the
        predictions.
    outcomes : tuple of str
        The outcomes whose probabilities these are; for two outcomes, the event.

    Examples
    --------
    >>> one = Stability(np.arange(2), np.array([0.2, 0.6]), np.array([[0.1, 0.5], [0.3, 0.8]]), np.ones(2), 2, ("yes",))
    >>> one.absolute_error.round(3).tolist(), round(one.mape, 3), one.reclassified(0.55).tolist()
    ([0.1, 0.15], 0.125, [0.0, 0.5])
    """

    rows: IntArray = field(repr=False)
    fitted: FloatArray = field(repr=False)
    predicted: FloatArray = field(repr=False)
    weights: FloatArray = field(repr=False)
    n_rows: int
    outcomes: tuple[str, ...]

    @once
    def absolute_error(self) -> FloatArray:
        """Mean absolute difference between each row's predictions and that of the fit, shape (r,) or (K, r)."""
        return np.asarray(_mean(np.abs(self.predicted - self.fitted)))

    @once
    def mape(self) -> float:
        """Mean of the absolute differences over rows (and outcomes): the average instability."""
        known = np.isfinite(self.absolute_error)
        weights = np.broadcast_to(self.weights, known.shape)
        return float((self.absolute_error[known] * weights[known]).sum() / weights[known].sum())

    def limits(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return the quantiles between which a given proportion of each row's predictions lies.

        Parameters
        ----------
        level : float, default 0.95
            The proportion.

        Returns
        -------
        (r,) array, (r,) array
            Lower and upper limits; (K, r) for several outcomes.
        """
        tail = 0.5 * (1.0 - level)
        known = ~np.isnan(self.predicted).any(axis=tuple(range(1, self.predicted.ndim)))
        low, high = np.quantile(self.predicted[known], [tail, 1.0 - tail], axis=0)
        return low, high

    def reclassified(self, threshold: float) -> FloatArray:
        """Return the proportion of models that classify each row differently from the fit at a threshold.

        Parameters
        ----------
        threshold : float
            A probability between 0 and 1.

        Returns
        -------
        (r,) array
            The index of classification instability; (K, r) for several outcomes.

        Raises
        ------
        DataError
            For a threshold that is not a probability.
        """
        if not is_finite_number(threshold) or not 0.0 < threshold < 1.0:
            raise DataError(f"threshold={threshold!r:.60}: give a probability between 0 and 1.")
        apart = (self.predicted >= threshold) != (self.fitted >= threshold)
        return np.asarray(_mean(np.where(np.isnan(self.predicted), np.nan, apart)))


def _mean(values: FloatArray) -> FloatArray:
    """Return the mean over models of what is known."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    return np.asarray(np.where(known, values, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan))


def rows_shown(score: FloatArray, weights: FloatArray, n_replays: int) -> IntArray:
    """Return the rows whose predictions are stored: all, or some spread evenly over the fit's predictions.

    Parameters
    ----------
    score : (L, n) array
        Predictions of the fit.
    weights : (n,) array
        Positive weights of the rows that take part.
    n_replays : int
        Number of models, each of which predicts these rows.

    Returns
    -------
    int array
        Positions in ascending order.

    Examples
    --------
    >>> rows_shown(np.array([[3.0, 1.0, 2.0]]), np.array([1.0, 0.0, 1.0]), 10).tolist()
    [0, 2]
    """
    used = np.flatnonzero(weights > 0.0)
    most = max(CELLS_MOST // (n_replays * len(score)), 1)
    if used.size <= most:
        return used
    ranked = used[np.argsort(score[0, used], kind="stable")]
    return np.sort(ranked[np.linspace(0, used.size - 1, most).astype(np.int64)])
