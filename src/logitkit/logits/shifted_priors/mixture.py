r"""Proportions of outcomes by maximum likelihood, from how likely each row is under each outcome.

The log-likelihood :math:`\sum_i \log \sum_k q_k r_{ik}` is concave in the proportions q. The algorithm of Saerens,
Latinne and Decaestecker (2002) is EM for it, which is slow near the maximum; here some steps of EM are followed by
Newton's method under :math:`q \ge 0` (Kim, Carbonetto, Stephens and Anitescu 2020), each step a non-negative least
squares problem of K numbers. With :math:`g_k = n^{-1} \sum_i r_{ik} / \sum_j q_j r_{ij}`, the mean log-likelihood is
within :math:`\log \max_k g_k` of its maximum: that is when the iteration stops (``docs/maths/prior_shift.md``,
equations 2 to 5).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import FloatArray

__all__ = ["Mixture", "fit_mixture"]

EM_STEPS = 5
STEPS_MOST = 100
CLOSE = 1e-12  # of the mean log-likelihood
RIDGE = 1e-12  # of the largest curvature: outcomes with the same logits have no curvature between them


class Mixture(NamedTuple):
    """Proportions with the derivatives of their likelihood.

    Parameters
    ----------
    proportions : (K,) array
        Proportions, not negative, with sum 1.
    gradient : (K,) array
        Mean of each ratio: 1 where a proportion is above zero, at most 1 elsewhere.
    curvature : (K, K) array
        Second derivatives of the negative mean log-likelihood.
    loglik : float
        Log-likelihood minus that at the starting proportions.
    gap : float
        Upper bound of the distance of the mean log-likelihood from its maximum.
    steps : int
        Number of passes over the rows.
    """

    proportions: FloatArray
    gradient: FloatArray
    curvature: FloatArray
    loglik: float
    gap: float
    steps: int


def fit_mixture(logits: FloatArray, start: FloatArray, weights: FloatArray | None = None) -> Mixture:
    """Fit proportions.

    Parameters
    ----------
    logits : (n, K) array
        Log likelihoods of each row under each outcome, up to a number per row.
    start : (K,) array
        Proportions above zero to start from.
    weights : (n,) array, optional
        How often each row counts.

    Returns
    -------
    Mixture
        The maximum, or what was reached after 100 passes.

    Examples
    --------
    If each row is possible under one outcome only, the proportions are those of the rows:

    >>> fit_mixture(np.log(np.eye(2)[[0, 1, 1, 1]] + 1e-300), np.array([0.5, 0.5])).proportions.round(9).tolist()
    [0.25, 0.75]
    """
    ratios = np.exp(logits - logits.max(axis=1, keepdims=True))
    n, k = ratios.shape
    groups = row_groups(n, k)
    total = float(n) if weights is None else float(weights.sum())

    def of_group(index: int, q: FloatArray, curved: bool) -> tuple[float, FloatArray, FloatArray]:
        first, after = groups.bounds[index]
        rows = ratios[first:after]
        mass = rows @ q
        scaled = rows / mass[:, None]
        if weights is not None:
            w = weights[first:after]
            second = (scaled * w[:, None]).T @ scaled if curved else np.empty((0, 0))
            return float(w @ np.log(mass)), w @ scaled, second
        return float(np.log(mass).sum()), scaled.sum(axis=0), scaled.T @ scaled if curved else np.empty((0, 0))

    def at(q: FloatArray, curved: bool = True) -> tuple[float, FloatArray, FloatArray]:
        """Return the mean log-likelihood, its gradient and minus its second derivatives."""
        value, gradient, curvature = 0.0, np.zeros(k), np.zeros((k, k) if curved else (0, 0))
        with single_threaded_blas():
            for one, first, second in ordered_map(
                lambda index: of_group(index, q, curved), len(groups.bounds), light=groups.light
            ):
                value, gradient, curvature = value + one, gradient + first, curvature + second
        return value / total, gradient / total, curvature / total

    q = start / start.sum()
    steps = 1
    value, gradient, _ = at(q, curved=False)
    begun = value
    for _ in range(EM_STEPS):
        q = q * gradient
        value, gradient, _ = at(q, curved=False)
        steps += 1
    value, gradient, curvature = at(q)
    while np.log(gradient.max()) > CLOSE and steps < STEPS_MOST:
        step = _newton(q, gradient, curvature) - q
        rise, size = float((gradient - 1.0) @ step), 1.0
        new = (q + step) / (q + step).sum()
        found = at(new)
        steps += 1
        while found[0] < value + 1e-4 * size * rise - 1e-15 * (1.0 + abs(value)) and size > 1e-8:
            size *= 0.5
            new = (q + size * step) / (q + size * step).sum()
            found = at(new)
            steps += 1
        if size <= 1e-8:
            break
        q = new
        value, gradient, curvature = found
    return Mixture(q, gradient, curvature, total * (value - begun), float(max(np.log(gradient.max()), 0.0)), steps)


def _newton(q: FloatArray, gradient: FloatArray, curvature: FloatArray) -> FloatArray:
    """Return the maximum of the quadratic model less the sum of proportions, of which none is negative."""
    k = q.size
    lower = np.linalg.cholesky(curvature + RIDGE * curvature.diagonal().max() * np.eye(k))
    # The model is -x'Hx / 2 + (H q + g - 1)'x; H q = g, because q'r / q'r is one in every row.
    target = np.linalg.solve(lower, curvature @ q + gradient - 1.0)
    found = nnls(lower.T, target)[0]
    return np.asarray(found if found.sum() > 0.0 else q)
