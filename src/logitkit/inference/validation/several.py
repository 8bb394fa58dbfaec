"""Discrimination and calibration of probabilities of several outcomes, for weighted rows."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["ordered_area", "pairwise_area", "temperature"]

STEPS_MOST = 50


def pairwise_area(p: FloatArray, y: FloatArray, w: FloatArray) -> float:
    """Return Hand and Till's area, the mean over pairs of outcomes; nan if an outcome is missing.

    Parameters
    ----------
    p, y : (K, n) array
        Probabilities, and proportions of the outcomes.
    w : (n,) array
        Weights of the rows.

    Returns
    -------
    float
        One half if the probabilities carry no information.

    References
    ----------
    Hand, D. J. and Till, R. J. (2001) Machine Learning 45, 171-186.

    Examples
    --------
    >>> pairwise_area(np.eye(3), np.eye(3), np.ones(3))
    1.0
    """
    areas = []
    for a, b in combinations(range(len(p)), 2):
        for own, other in ((a, b), (b, a)):
            areas.append(_area(p[own], y[own] * w, y[other] * w))
    return float(np.mean(areas))


def ordered_area(p: FloatArray, y: FloatArray, w: FloatArray) -> float:
    """Return how often, among pairs with unequal outcomes, the higher outcome has the higher mean score.

    Parameters
    ----------
    p, y : (K, n) array
        Probabilities, and proportions of the outcomes, in their order.
    w : (n,) array
        Weights of the rows.

    Returns
    -------
    float
        Harrell's c; nan where all outcomes are the same.

    Examples
    --------
    >>> ordered_area(np.eye(3)[:, [0, 2, 1]], np.eye(3), np.ones(3)).__round__(3)
    0.667
    """
    score = np.arange(len(p)) @ p
    values, place = np.unique(score, return_inverse=True)
    counts = np.stack([np.bincount(place, each * w, values.size) for each in y])  # (K, v)
    below = np.cumsum(counts, axis=1) - 0.5 * counts  # at lower scores, and half of those at the same
    lower = np.cumsum(below, axis=0) - below  # of lower outcomes
    pairs = np.cumsum(counts.sum(axis=1)) - counts.sum(axis=1)
    total = float(counts.sum(axis=1) @ pairs)
    return float((counts * lower).sum()) / total if total > 0.0 else float("nan")


def _area(score: FloatArray, events: FloatArray, others: FloatArray) -> float:
    """Return the area under a curve by weights of events and non-events, nan where there are none of either."""
    values, place = np.unique(score, return_inverse=True)
    e, o = (np.bincount(place, each, values.size) for each in (events, others))
    total = e.sum() * o.sum()
    return float(e @ (np.cumsum(o) - 0.5 * o) / total) if total > 0.0 else float("nan")


def temperature(logs: FloatArray, y: FloatArray, w: FloatArray) -> float:
    r"""Return the factor of the log probabilities that fits outcomes best, with an intercept per outcome.

    It maximises :math:`\sum_i w_i \sum_k y_{ik} \log q_{ik}` with :math:`q_{ik} \propto \exp(a_k + b \log p_{ik})`.

    Parameters
    ----------
    logs : (K, n) array
        Log probabilities, finite.
    y : (K, n) array
        Proportions of the outcomes.
    w : (n,) array
        Weights of the rows.

    Returns
    -------
    float
        The slope; nan where an outcome is missing or the likelihood has no maximum.

    Examples
    --------
    >>> p = np.array([[0.2, 0.5, 0.3], [0.3, 0.3, 0.4], [0.5, 0.2, 0.3]])
    >>> round(temperature(0.5 * np.log(p), p, np.ones(3)), 6)
    2.0
    """
    k = len(logs)
    if (y @ w <= 0.0).any():
        return float("nan")
    coef = np.append(np.zeros(k - 1), 1.0)

    def value(at: FloatArray) -> tuple[float, FloatArray]:
        eta = np.append(0.0, at[:-1])[:, None] + at[-1] * logs
        top = eta.max(axis=0)
        sums = np.exp(eta - top).sum(axis=0)
        return float(w @ (top + np.log(sums) - (y * eta).sum(axis=0))), np.exp(eta - top) / sums

    now, q = value(coef)
    for _ in range(STEPS_MOST):
        away = w * (q - y)
        gradient = np.append(away[1:].sum(axis=1), (away * logs).sum())
        mean = (q * logs).sum(axis=0)
        hessian = np.empty((k, k))
        hessian[:-1, :-1] = np.diag(q[1:] @ w) - (q[1:] * w) @ q[1:].T
        hessian[-1, :-1] = hessian[:-1, -1] = (q[1:] * (logs[1:] - mean)) @ w
        hessian[-1, -1] = w @ ((q * logs**2).sum(axis=0) - mean**2)
        try:
            step = -np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            return float("nan")
        decrement = -float(gradient @ step)
        if not np.isfinite(decrement) or decrement < 1e-18 * w.sum():
            return float(coef[-1]) if np.isfinite(decrement) else float("nan")
        length = 1.0
        for _ in range(30):
            new, q = value(coef + length * step)
            if new <= now - 1e-4 * length * decrement or decrement < 1e-12 * max(now, 1.0):
                break
            length *= 0.5
        coef, now = coef + length * step, new
        if np.abs(coef).max() > 1e6:
            return float("nan")
    return float("nan")
