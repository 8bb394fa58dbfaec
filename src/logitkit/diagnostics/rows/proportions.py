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
    """Return the Wilson interval for a binomial proportion, the values that a score test does not reject.

    Parameters
    ----------
    rate, n : (b,) array
        Observed proportions, and the numbers of observations on which they are based.
    level : float
        Confidence level.

    Returns
    -------
    low, high : (b,) array
        Limits, within [0, 1].

    Examples
    --------
    At its limits the score statistic equals the normal quantile:

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
    """Return the number of independent observations on which rates are based.

    Parameters
    ----------
    response : Response
        Response of the design that contains the rows.
    total, squares : (b,) array
        Sums of the weights, and of the squared weights, of the rows of each rate.

    Returns
    -------
    (b,) array
        The total if weights count rows or trials; Kish's effective sample size with sampling weights; nan with
        clusters, and with precision weights, which are not counts.

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
    """Return the number of unweighted rows that would give a weighted rate the same variance.

    Parameters
    ----------
    rate, total : (b,) array
        Weighted rates, and the sums of their weights.
    event_squares, other_squares : (b,) array
        Sums of the squared weights of rows with the event and without it, or of the weights if these count rows.

    Returns
    -------
    (b,) array
        r (1 - r) divided by the linearised variance of r; Kish's effective sample size at rates of 0 and 1; nan without
        rows.

    Examples
    --------
    Two rows with the event, and two rows without it that have five times the weight:

    >>> one = np.ones(1)
    >>> size = effective_observations(one / 6, 12 * one, 2 * one, 50 * one)
    >>> bool(np.isclose(one[0] / 6 * 5 / 6 / size[0], (2 * (5 / 6) ** 2 + 50 / 36) / 144))
    True
    """
    spread = event_squares * (1.0 - rate) ** 2 + other_squares * rate**2
    inner = (rate > 0.0) & (rate < 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(inner, total**2 * rate * (1.0 - rate) / spread, total**2 / (event_squares + other_squares))
