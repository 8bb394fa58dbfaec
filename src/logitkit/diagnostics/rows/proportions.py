"""Observed proportions with Wilson's interval, and how many independent observations they rest on.

References
----------
Korn, E. L. and Graubard, B. I. (1998) Confidence intervals for proportions with small expected number of positive
counts estimated from survey data. Survey Methodology 24, 193-201.
Wilson, E. B. (1927) Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.response.response import Response
from logitkit.engine.law import NORMAL
from logitkit.typing import FloatArray

__all__ = ["effective_observations", "independent_observations", "wilson_interval"]


def wilson_interval(rate: FloatArray, n: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's interval for a binomial rate: the rates that a score test does not reject.

    Parameters
    ----------
    rate, n : (b,) array
        Observed rates, and the observations that they rest on.
    level : float
        Confidence level.

    Returns
    -------
    low, high : (b,) array
        Within 0 and 1.

    Examples
    --------
    At its ends the score statistic equals the normal quantile:

    >>> low, high = wilson_interval(np.array([0.3]), np.array([20.0]), 0.95)
    >>> score = (0.3 - low) / np.sqrt(low * (1 - low) / 20)
    >>> bool(np.isclose(score[0], NORMAL.quantile(0.95)))
    True
    """
    z = float(NORMAL.quantile(level))
    share = z**2 / n
    centre = (rate + 0.5 * share) / (1.0 + share)
    half = z / (1.0 + share) * np.sqrt(rate * (1.0 - rate) / n + 0.25 * share / n)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def independent_observations(response: Response, total: FloatArray, squares: FloatArray) -> FloatArray:
    """Return how many independent observations some rates rest on.

    Parameters
    ----------
    response : Response
        Of the design that the rows are from.
    total, squares : (b,) array
        Sums of the weights of the rows of each rate, and of their squares.

    Returns
    -------
    (b,) array
        The total where weights count rows or trials; Kish's effective number with sampling weights; nan with precision
        weights, which count nothing, and with clusters.

    Examples
    --------
    >>> one = np.ones(1)
    >>> weighted = Response(np.ones(2), prior=np.array([1.0, 3.0]), weight_kind="sampling")
    >>> independent_observations(weighted, 4.0 * one, 10.0 * one).tolist()
    [1.6]
    """
    if response.counts_independently:
        return total
    if response.clusters is not None or response.weight_kind == "precision":
        return np.full_like(total, np.nan)
    return np.asarray(total**2 / squares)


def effective_observations(
    rate: FloatArray, total: FloatArray, event_squares: FloatArray, other_squares: FloatArray
) -> FloatArray:
    """Return how many rows without weights would give a weighted rate the variance that it has.

    Parameters
    ----------
    rate, total : (b,) array
        Weighted rates, and the sums of the weights that they rest on.
    event_squares, other_squares : (b,) array
        Sums of the squares of the weights of rows with the event and without; of the weights where these count rows.

    Returns
    -------
    (b,) array
        r (1 - r) over the linearised variance of r, and Kish's number at rates of 0 and 1; nan without rows.

    Examples
    --------
    Two rows with the event, and two of five times their weight without it:

    >>> one = np.ones(1)
    >>> size = effective_observations(one / 6, 12 * one, 2 * one, 50 * one)
    >>> bool(np.isclose(one[0] / 6 * 5 / 6 / size[0], (2 * (5 / 6) ** 2 + 50 / 36) / 144))
    True
    """
    spread = event_squares * (1.0 - rate) ** 2 + other_squares * rate**2
    inner = (rate > 0.0) & (rate < 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(inner, total**2 * rate * (1.0 - rate) / spread, total**2 / (event_squares + other_squares))
