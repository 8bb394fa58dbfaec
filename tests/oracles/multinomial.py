"""Plain NumPy twins of the multinomial likelihood, its optimum, and the pairs of outcomes, written from the formulas.

Nothing here imports logitkit. Logits are arrays with a row a row of the data and a column an outcome; flat coefficients
hold all columns of an outcome before those of the next, of every outcome but the first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp, softmax

__all__ = ["Optimum", "gradient", "information", "logits", "loss", "maximise", "pair_rows", "scores"]


class Optimum(NamedTuple):
    """An estimate, its covariance, and the negative log-likelihood there."""

    coef: np.ndarray
    vcov: np.ndarray
    loss: float


def logits(flat: np.ndarray, X: np.ndarray, n_outcomes: int, offset: np.ndarray | float = 0.0) -> np.ndarray:
    """Give the logits of all outcomes, shape (n, K), zero but for the offset for the first."""
    table = np.vstack([np.zeros(X.shape[1]), flat.reshape(n_outcomes - 1, -1)])
    return X @ table.T + offset


def loss(flat: np.ndarray, X: np.ndarray, counts: np.ndarray, offset: np.ndarray | float = 0.0) -> float:
    """Give the sum of counts times the log-probability, with the sign changed."""
    eta = logits(flat, X, counts.shape[1], offset)
    return float(np.sum(counts * (logsumexp(eta, axis=1, keepdims=True) - eta)))


def scores(flat: np.ndarray, X: np.ndarray, counts: np.ndarray, offset: np.ndarray | float = 0.0) -> np.ndarray:
    """Give the score of each row, shape (n, (K - 1) p)."""
    mean = softmax(logits(flat, X, counts.shape[1], offset), axis=1)
    left = counts - counts.sum(axis=1, keepdims=True) * mean
    return np.stack([np.kron(row[1:], x) for row, x in zip(left, X, strict=True)])


def gradient(flat: np.ndarray, X: np.ndarray, counts: np.ndarray, offset: np.ndarray | float = 0.0) -> np.ndarray:
    """Give the derivatives of the loss."""
    return -scores(flat, X, counts, offset).sum(axis=0)


def information(flat: np.ndarray, X: np.ndarray, counts: np.ndarray, offset: np.ndarray | float = 0.0) -> np.ndarray:
    """Give the sum over rows of the total times (diag(p) - p p') x xx'."""
    out = np.zeros((flat.size, flat.size))
    mean = softmax(logits(flat, X, counts.shape[1], offset), axis=1)
    for p, x, total in zip(mean[:, 1:], X, counts.sum(axis=1), strict=True):
        out += total * np.kron(np.diag(p) - np.outer(p, p), np.outer(x, x))
    return out


def maximise(
    X: np.ndarray, counts: np.ndarray, offset: np.ndarray | float = 0.0, basis: np.ndarray | None = None
) -> Optimum:
    """Give the maximum of the likelihood by halved Newton steps; flat coefficients are the basis times those sought."""
    A = np.eye(X.shape[1] * (counts.shape[1] - 1)) if basis is None else basis
    theta = np.zeros(A.shape[1])
    for _ in range(200):
        g = A.T @ gradient(A @ theta, X, counts, offset)
        H = A.T @ information(A @ theta, X, counts, offset) @ A
        step = -np.linalg.solve(H, g)
        if -g @ step < 1e-24:
            break
        size, here = 1.0, loss(A @ theta, X, counts, offset)
        # Rounding ends the search, not this rule: a step that gains nothing that can be seen is taken as it is.
        while size > 1e-6 and loss(A @ (theta + size * step), X, counts, offset) > here + 1e-12 * abs(here):
            size /= 2.0
        theta = theta + size * step
    else:
        raise AssertionError("the oracle has not converged")
    return Optimum(A @ theta, A @ np.linalg.inv(H) @ A.T, loss(A @ theta, X, counts, offset))


def pair_rows(X: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give, for each row and pair of an outcome that it has and another, the difference over the flat coefficients.

    Beside it whether the row has the other outcome too, and the row's place.
    """
    k = counts.shape[1]
    unit = np.vstack([np.zeros(k - 1), np.eye(k - 1)])
    pairs, both, row = [], [], []
    for i, (x, count) in enumerate(zip(X, counts, strict=True)):
        for a in np.flatnonzero(count > 0.0):
            for b in range(k):
                if b != a:
                    pairs.append(np.kron(unit[a] - unit[b], x))
                    both.append(count[b] > 0.0)
                    row.append(i)
    return np.array(pairs), np.array(both), np.array(row)
