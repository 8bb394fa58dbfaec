"""Models of several outcomes in plain NumPy, a row and an outcome at a time: what the diagnostics are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Algebra", "algebra"]


@dataclass(frozen=True)
class Algebra:
    """Rows of a fit with a reference, its coefficients and what follows.

    Parameters
    ----------
    X : (n, p) array
        Columns.
    y : (n, K) array
        Proportions of the outcomes.
    w : (n,) array
        Total weights.
    coef : (p, K) array
        Zero for the reference.
    p : (n, K) array
        Probabilities.
    active : list of int
        Outcomes with coefficients.
    """

    X: np.ndarray
    y: np.ndarray
    w: np.ndarray
    coef: np.ndarray
    p: np.ndarray
    active: list[int]

    def block(self, i: int) -> np.ndarray:
        """The derivative of the logits of row i by the flat coefficients, (K - 1, q)."""
        return np.kron(np.eye(len(self.active)), self.X[i])

    def row_information(self, i: int) -> np.ndarray:
        """The information of the logits of row i, (K - 1, K - 1)."""
        p = self.p[i, self.active]
        return self.w[i] * (np.diag(p) - np.outer(p, p))

    def score(self, i: int) -> np.ndarray:
        return self.w[i] * (self.y[i] - self.p[i])[self.active]

    def information(self, without: int | None = None) -> np.ndarray:
        """The information of the flat coefficients, (q, q)."""
        rows = [i for i in range(len(self.w)) if i != without]
        return sum(self.block(i).T @ self.row_information(i) @ self.block(i) for i in rows)


def algebra(fit: Any) -> Algebra:
    """Return the algebra of a fit with a reference that is not separated."""
    X = fit.design.matrix.to_dense()
    response = fit.design.response
    k = len(fit.outcomes)
    coef = np.zeros((X.shape[1], k))
    active = [j for j in range(k) if j != fit.record.reference]
    coef[:, active] = fit.record.coef.reshape(len(active), -1).T
    eta = X @ coef
    if response.offset is not None:
        eta = eta + response.offset.T
    p = np.exp(eta - eta.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    y = np.eye(k)[response.codes] if response.shares is None else response.shares.T
    return Algebra(X, y, response.weights, coef, p, active)
