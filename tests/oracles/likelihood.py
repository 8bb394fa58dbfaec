"""Plain NumPy twins of the binomial likelihood, of stationarity and of the sandwich, written from the formulas.

Nothing here imports logitkit: these are second derivations, not second callers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = [
    "central_difference",
    "fit_by_scipy",
    "loss_gradient",
    "loss_hessian",
    "mean",
    "newton_decrement",
    "row_loss",
    "sandwich_by_loops",
    "total_loss",
]


def row_loss(eta: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Give -log Pr(y) of one trial by log1p: y log(1 + exp(-eta)) + (1 - y) log(1 + exp(eta))."""
    return y * np.logaddexp(0.0, -eta) + (1.0 - y) * np.logaddexp(0.0, eta)


def mean(eta: np.ndarray) -> np.ndarray:
    """Give 1 / (1 + exp(-eta)) as exp of the log-probability, exact in both tails."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(eta)))


def total_loss(
    coef: np.ndarray, X: np.ndarray, y: np.ndarray, weights: np.ndarray | float = 1.0, offset: np.ndarray | float = 0.0
) -> float:
    """Give the weighted sum of the rows' losses."""
    return float(np.sum(weights * row_loss(X @ coef + offset, y)))


def loss_gradient(
    coef: np.ndarray, X: np.ndarray, y: np.ndarray, weights: np.ndarray | float = 1.0, offset: np.ndarray | float = 0.0
) -> np.ndarray:
    """Give X' w (mu - y)."""
    return X.T @ (weights * (mean(X @ coef + offset) - y))


def loss_hessian(
    coef: np.ndarray, X: np.ndarray, weights: np.ndarray | float = 1.0, offset: np.ndarray | float = 0.0
) -> np.ndarray:
    """Give X' diag(w mu (1 - mu)) X."""
    eta = X @ coef + offset
    return X.T @ ((weights * mean(eta) * mean(-eta))[:, np.newaxis] * X)


def central_difference(function: Callable[[np.ndarray], np.ndarray], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Give the Jacobian of a function by central differences; the error is of the order of step squared."""
    columns = []
    for j in range(at.size):
        shift = np.zeros(at.size)
        shift[j] = step * max(1.0, abs(at[j]))
        change = np.asarray(function(at + shift)) - np.asarray(function(at - shift))
        columns.append(change / (2.0 * shift[j]))
    return np.stack(columns, axis=-1)


def newton_decrement(
    coef: np.ndarray, X: np.ndarray, y: np.ndarray, weights: np.ndarray | float = 1.0, offset: np.ndarray | float = 0.0
) -> float:
    """Give the root of g' H^-1 g: how many standard errors a stationary point is away at most."""
    g = loss_gradient(coef, X, y, weights, offset)
    H = loss_hessian(coef, X, weights, offset)
    scale = 1.0 / np.sqrt(np.diag(H))
    step = scale * np.linalg.solve(H * np.outer(scale, scale), scale * g)
    return float(np.sqrt(max(g @ step, 0.0)))


def fit_by_scipy(
    X: np.ndarray, y: np.ndarray, weights: np.ndarray | float = 1.0, offset: np.ndarray | float = 0.0
) -> np.ndarray:
    """Give the minimiser by a trust-region method of SciPy's from the origin, on columns scaled to one."""
    from scipy.optimize import minimize

    scale = np.abs(X).max(axis=0)
    Z = X / scale
    found = minimize(
        total_loss,
        np.zeros(X.shape[1]),
        args=(Z, y, weights, offset),
        jac=loss_gradient,
        hess=lambda coef, *_: loss_hessian(coef, Z, weights, offset),
        method="trust-exact",
        options={"gtol": 1e-9},
    )
    return found.x / scale


def sandwich_by_loops(
    coef: np.ndarray, X: np.ndarray, y: np.ndarray, weights: np.ndarray, clusters: np.ndarray | None = None
) -> np.ndarray:
    """Give c A^-1 B A^-1 row by row: c = n / (n - 1) by rows of positive weight, or G / (G - 1) by clusters."""
    p = X.shape[1]
    A = np.zeros((p, p))
    scores: dict[object, np.ndarray] = {}
    for i in range(len(y)):
        if weights[i] == 0:
            continue
        mu = float(mean(X[i] @ coef))
        A += weights[i] * mu * (1 - mu) * np.outer(X[i], X[i])
        key = i if clusters is None else clusters[i]
        scores[key] = scores.get(key, np.zeros(p)) + weights[i] * (y[i] - mu) * X[i]
    B = np.zeros((p, p))
    for score in scores.values():
        B += np.outer(score, score)
    bread = np.linalg.inv(A)
    return len(scores) / (len(scores) - 1) * bread @ B @ bread
