r"""The binomial likelihood with the logit link: sums over rows of linear predictors, or of a matrix.

Rows are processed in place into buffers that the caller owns; the functions hold no interpreter lock.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled, compiled_sum
from logitkit.numerics.kernels.inner.logit_chunk import logit_chunk
from logitkit.typing import FloatArray

__all__ = ["logit_rows", "logit_walk"]

WALKED = 256  # rows that are read in one run, which memory is fastest at, and are in the cache for the gradient
WALKED_NUMBERS = 100_000  # that the cache of second level holds
CHUNK = 512  # rows whose intermediate results stay in the first-level cache


@compiled
def logit_rows(
    eta: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
) -> tuple[float, float, float, float]:
    r"""Evaluate the weighted loss, its slope and its curvature for rows of linear predictors.

    Parameters
    ----------
    eta : (n,) array
        Linear predictors (logits).
    y : (n,) array
        Proportion of events in each row, in [0, 1].
    weights : (n,) array
        Total weight of each row: prior weight times number of trials.
    slope, curvature : (n,) array
        Overwritten with :math:`w (\mu - y)` and :math:`w \mu (1 - \mu)`.

    Returns
    -------
    value : float
        :math:`\sum_i w_i \ell(\eta_i, y_i)`.
    closest : float
        The least :math:`w_i |y_i - \mu_i|` among rows of positive weight with one outcome only; ``inf`` if
        there is none. It bounds what a direction of recession could still gain.
    fitted, matched : float
        :math:`\sum_i w_i \mu_i` and :math:`\sum_i w_i y_i \mu_i`: fitted events, and fitted events among events.
    """
    value = 0.0
    fitted = 0.0
    matched = 0.0
    closest = math.inf
    n = eta.shape[0]
    space = np.empty((2, min(n, CHUNK)))
    for first in range(0, n, CHUNK):
        part = slice(first, min(first + CHUNK, n))
        sums = logit_chunk(eta[part], y[part], weights[part], slope[part], curvature[part], space)
        value += sums[0]
        closest = min(closest, sums[1])
        fitted += sums[2]
        matched += sums[3]
    return value, closest, fitted, matched


@compiled
def logit_walk(
    X: FloatArray,
    coef: FloatArray,
    offset: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
    gradient: FloatArray,
) -> tuple[float, float, float, float]:
    """Do what ``logit_rows`` does for the linear predictors of a matrix, and sum the gradient, in one reading of it.

    Parameters
    ----------
    X : (n, q) array
        Rows, in C order, of which the first p numbers are those of the matrix.
    coef : (p,) array
        Coefficients.
    offset : (n,) or (0,) array
        Added to the linear predictors; empty for none.
    y, weights, slope, curvature : (n,) array
        As for ``logit_rows``.
    gradient : (p,) array
        Added to: the product of the transpose with the slopes.

    Returns
    -------
    value, closest, fitted, matched : float
        As for ``logit_rows``.
    """
    value = 0.0
    fitted = 0.0
    matched = 0.0
    closest = math.inf
    n = y.shape[0]
    rows = max(min(WALKED, WALKED_NUMBERS // max(coef.shape[0], 1)), 8)
    predictor = np.empty(rows)
    space = np.empty((2, rows))
    for first in range(0, n, rows):
        last = min(first + rows, n)
        part, eta = slice(first, last), predictor[: last - first]
        for i in range(first, last):
            eta[i - first] = _dot(X, i, coef)
        if offset.shape[0] > 0:
            for i in range(first, last):
                eta[i - first] += offset[i]
        sums = logit_chunk(eta, y[part], weights[part], slope[part], curvature[part], space)
        value += sums[0]
        closest = min(closest, sums[1])
        fitted += sums[2]
        matched += sums[3]
        whole = first + (last - first) // 8 * 8
        for i in range(first, whole, 8):
            _add_rows(X, i, slope, gradient)
        for i in range(whole, last):
            for j in range(gradient.shape[0]):
                gradient[j] += slope[i] * X[i, j]
    return value, closest, fitted, matched


@compiled_sum
def _dot(X: FloatArray, i: int, vector: FloatArray) -> float:
    """Return the product of a row with a vector: rows one by one are read in the order of memory."""
    total = 0.0
    for j in range(vector.shape[0]):
        total += X[i, j] * vector[j]
    return total


@compiled_sum
def _add_rows(X: FloatArray, i: int, shares: FloatArray, out: FloatArray) -> None:
    """Add a combination of eight rows."""
    a, b, c, d = shares[i], shares[i + 1], shares[i + 2], shares[i + 3]
    e, f, g, h = shares[i + 4], shares[i + 5], shares[i + 6], shares[i + 7]
    for j in range(out.shape[0]):
        above = (a * X[i, j] + b * X[i + 1, j]) + (c * X[i + 2, j] + d * X[i + 3, j])
        below = (e * X[i + 4, j] + f * X[i + 5, j]) + (g * X[i + 6, j] + h * X[i + 7, j])
        out[j] += above + below
