r"""Proper scores of predictions, and what they are made of.

Within bins of predicted probability, with w the weights of rows and N their sum, the Brier score is

.. math::
    \underbrace{\frac1N \sum_b n_b (\bar p_b - \bar y_b)^2}_{\text{reliability}}
    - \underbrace{\frac1N \sum_b n_b (\bar y_b - \bar y)^2}_{\text{resolution}}
    + \underbrace{\bar y (1 - \bar y)}_{\text{uncertainty}}
    + \underbrace{\frac1N \sum_b \sum_{i \in b} w_i (p_i - \bar p_b)^2}_{\text{variance within bins}}
    - \underbrace{\frac2N \sum_b \sum_{i \in b} w_i (p_i - \bar p_b)(y_i - \bar y_b)}_{\text{covariance within bins}},

exactly. Murphy's three parts alone add up only where all predictions of a bin are equal.

A *scaled* score is 1 less the score over that of the prediction :math:`\bar y` for everyone: 1 is perfect, 0 no better
than the rate alone, and it may be negative.

References
----------
Murphy, A. H. (1973) A new vector partition of the probability score. Journal of Applied Meteorology 12, 595-600.
Stephenson, D. B., Coelho, C. A. S. and Jolliffe, I. T. (2008) Two extra components in the Brier score decomposition.
Weather and Forecasting 23, 752-757.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from logitkit.diagnostics.calibration.log_odds_rows import Usable
from logitkit.diagnostics.rows.ranking import PredictedRows
from logitkit.typing import FloatArray

__all__ = ["BrierParts", "Scores", "brier_parts", "scaled_score"]


@dataclass(frozen=True)
class Scores:
    """Sums over rows that do not depend on their order.

    Parameters
    ----------
    weight, squared_error, loss : float
        Sums over trials.
    finite_loss : float
        Loss of the rows that are used for intercepts and slopes.
    largest : (k,) array
        Largest log odds of each reported outcome.
    usable : Usable
        Counts of rows that are used for intercepts and slopes.

    Examples
    --------
    >>> one = Scores(1.0, 0.25, 0.7, 0.7, np.zeros(1), Usable(1, 0, False))
    >>> one.plus(one).weight
    2.0
    """

    weight: float
    squared_error: float
    loss: float
    finite_loss: float
    largest: FloatArray
    usable: Usable

    @classmethod
    def of(cls, rows: PredictedRows) -> Scores:
        """Return the sums over some rows.

        Parameters
        ----------
        rows : PredictedRows
            Rows with their predictions.

        Returns
        -------
        Scores
            Sums, to which those of other rows can be added.
        """
        largest = rows.log_odds[list(rows.reported)].max(axis=1, initial=-np.inf)
        loss = rows.weights * rows.loss
        finite = float(loss[np.isfinite(rows.log_odds).all(axis=0)].sum())
        weight = float(rows.weights.sum())
        return cls(weight, rows.squared_error, float(loss.sum()), finite, largest, Usable.of(rows))

    def plus(self, other: Scores) -> Scores:
        """Return the sums over both sets of rows.

        Parameters
        ----------
        other : Scores
            Sums over other rows.

        Returns
        -------
        Scores
            Sums over both sets of rows.
        """
        return Scores(
            self.weight + other.weight,
            self.squared_error + other.squared_error,
            self.loss + other.loss,
            self.finite_loss + other.finite_loss,
            np.maximum(self.largest, other.largest),
            self.usable.plus(other.usable),
        )


@dataclass(frozen=True)
class BrierParts:
    """Decomposition of the Brier score of an event over bins of predicted probability.

    Parameters
    ----------
    reliability, resolution, uncertainty : float
        Components of Murphy's decomposition.
    within_variance, within_covariance : float
        Corrections for predictions that vary within bins: the variance is added, the covariance subtracted.

    Examples
    --------
    >>> BrierParts(0.01, 0.05, 0.25, 0.001, 0.002).brier
    0.209
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float

    @property
    def brier(self) -> float:
        """The Brier score, computed from its components."""
        murphy = self.reliability - self.resolution + self.uncertainty
        return murphy + self.within_variance - self.within_covariance


def brier_parts(sums: FloatArray) -> BrierParts:
    """Return the decomposition of the Brier score.

    Parameters
    ----------
    sums : (6, b) array
        For each bin, the sums of weights, events, expected events and squared weights, and the weighted sums of squared
        predictions and of the predictions of events.

    Returns
    -------
    BrierParts
        The decomposition is exact for any bins.

    Examples
    --------
    >>> p, y = np.array([0.2, 0.4]), np.array([0.0, 1.0])
    >>> sums = np.array([[2.0], [1.0], [p.sum()], [2.0], [p @ p], [p @ y]])
    >>> bool(np.isclose(brier_parts(sums).brier, np.mean((p - y) ** 2)))
    True
    """
    n, events, expected, _, squares, products = sums
    total = n.sum()
    rate = events.sum() / total
    return BrierParts(
        reliability=float(((expected - events) ** 2 / n).sum() / total),
        resolution=float((n * (events / n - rate) ** 2).sum() / total),
        uncertainty=float(rate * (1.0 - rate)),
        within_variance=float((squares - expected**2 / n).sum() / total),
        within_covariance=float(2.0 * (products - expected * events / n).sum() / total),
    )


def scaled_score(score: float, rates: FloatArray, kind: str) -> float:
    """Return 1 minus the ratio of a score to the score of predicting the observed rates for every row.

    Parameters
    ----------
    score : float
        Mean score.
    rates : (K,) array
        Observed rate of each outcome.
    kind : {'brier', 'log'}
        The score; with two outcomes the Brier score is that of the event.

    Returns
    -------
    float
        nan if only one outcome occurs.

    Examples
    --------
    >>> scaled_score(0.25, np.array([0.5, 0.5]), "brier")
    0.0
    """
    if kind == "log":
        worst = -float(xlogy(rates, rates).sum())
    else:
        worst = float((rates * (1.0 - rates)).sum()) * (0.5 if rates.size == 2 else 1.0)
    return 1.0 - score / worst if worst > 0.0 else float("nan")
