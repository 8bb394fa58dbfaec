r"""Sandwich errors of a recalibration: right where weights are no counts, or rows depend on one another.

With :math:`u_i` the score of a row, what it adds to the gradient of the log-likelihood, and I the information,

.. math:: V = I^{-1} \Bigl(\sum_g u_g u_g'\Bigr) I^{-1}, \qquad u_g = \sum_{i \in g} u_i ,

over trials, or rows with sampling weights, which multiply the score, or clusters, of which there are G, with the factor
G / (G - 1).

References
----------
Huber, P. J. (1967); White, H. (1982) Econometrica 50, 1-25. Binder, D. A. (1983) International Statistical Review 51,
279-292 (sampling weights).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.logits.recalibration.recalibrator import Recalibrator, as_columns
from logitkit.logits.scores import probabilities
from logitkit.typing import FloatArray, IntArray

__all__ = ["free_numbers", "with_sandwich"]


def free_numbers(method: str, k: int) -> tuple[FloatArray, FloatArray]:
    """Return what each parameter adds to slopes and to intercepts of K outcomes.

    Parameters
    ----------
    method : str
        Of several outcomes.
    k : int
        K.

    Returns
    -------
    slopes, intercepts : (K, a) and (K, b) array
        Parameters are those of slopes, then those of intercepts.

    Examples
    --------
    >>> slopes, intercepts = free_numbers("logistic", 3)
    >>> slopes.shape, intercepts.shape
    ((3, 1), (3, 2))
    """
    slope = {"intercept": np.zeros((k, 0)), "vector": np.eye(k)}.get(method, np.ones((k, 1)))
    return slope, np.eye(k)[:, 1:] if method != "temperature" else np.zeros((k, 0))


def with_sandwich(
    found: Recalibrator,
    logits: FloatArray,
    shares: FloatArray,
    weights: FloatArray,
    *,
    counts: bool = True,
    clusters: IntArray | None = None,
) -> Recalibrator:
    """Return a recalibrator with sandwich errors.

    Parameters
    ----------
    found : Recalibrator
        With the inverse of the information as its covariance.
    logits, shares : (n,) or (n, K) array
        What it was learnt from.
    weights : (n,) array
        Of these rows.
    counts : bool, default True
        Whether a weight counts trials.
    clusters : (n,) int array, optional
        Within which rows of positive weight may be dependent.

    Returns
    -------
    Recalibrator
        Isotonic ones have no parameters and stay as they are.

    Examples
    --------
    Of an intercept alone, with weights of one, it is the inverse of the information:

    >>> from logitkit.logits.recalibration.fitting import learn
    >>> l, y, w = np.zeros(4), np.array([0.0, 1.0, 1.0, 1.0]), np.ones(4)
    >>> found = learn(l, y, w, "intercept")
    >>> bool(np.isclose(with_sandwich(found, l, y, w).vcov[0, 0], found.vcov[0, 0]))
    True
    """
    if not found.names:
        return found
    p = probabilities(found.transform(logits))
    if clusters is None and counts:
        meat = np.zeros(found.vcov.shape)
        rates = np.stack([1.0 - shares, shares], axis=1) if found.of_event else shares
        for k, rate in enumerate(rates.T):  # a trial is a unit, and has one outcome
            happened = float(k) if found.of_event else np.eye(found.n_outcomes)[k]
            scores = _scores(found, logits, happened - p)
            meat += (scores * (weights * rate)[:, None]).T @ scores
    else:
        added = _scores(found, logits, shares - p) * weights[:, None]
        if clusters is not None:
            codes = np.unique(clusters, return_inverse=True)[1].reshape(-1)
            added = np.stack([np.bincount(codes, column) for column in added.T], axis=1)
        groups = len(added)
        factor = 1.0 if clusters is None else groups / (groups - 1.0) if groups > 1 else np.nan
        meat = factor * added.T @ added
    vcov = found.vcov @ meat @ found.vcov
    return replace(found, vcov=vcov, std_error=np.sqrt(np.maximum(np.diag(vcov), 0.0)), robust=True)


def _scores(found: Recalibrator, logits: FloatArray, gap: FloatArray) -> FloatArray:
    """Return the score of each row for what happened less what was predicted, shape (n, q)."""
    if found.of_event:
        return np.asarray(gap[:, None] * as_columns(found.method, logits, found.at))
    slopes, intercepts = free_numbers(found.method, found.n_outcomes)
    return np.hstack([(gap * logits) @ slopes, gap @ intercepts])
