"""Penalised objectives of several outcomes on dense arrays, and what is optimal by one proximal step.

What is stated for a column is stated with ``PenalisedOracle`` and holds for its coefficient of every outcome that has
one. Coefficients are tables of a row an outcome with a predictor. Nothing here imports logitkit.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp, softmax

from oracles.penalised import PenalisedOracle

__all__ = ["OutcomeOracle"]


class OutcomeOracle:
    """Sum of weighted losses plus penalties of coefficients of the columns as given.

    ``columns`` holds the columns, the weights and what is penalised; ``shares`` are the proportions of the outcomes in
    each row and ``offset`` what is added to the logits, each of shape (n, K).
    """

    def __init__(
        self,
        columns: PenalisedOracle,
        shares: np.ndarray,
        offset: np.ndarray | None = None,
        reference: int | None = None,
    ) -> None:
        self.columns, self.shares, self.reference = columns, np.asarray(shares, dtype=float), reference
        n, K = self.shares.shape
        self.offset = np.zeros((n, K)) if offset is None else np.asarray(offset, dtype=float)
        self.active = np.array([k for k in range(K) if k != reference])
        self.across = np.zeros(columns.scale.size)

    def lengths_across(self, strength: float, ratio: float = 1.0, standardize: bool = True) -> None:
        """Add W strength (ratio ||s b|| + (1 - ratio) ||s b||^2 / 2), lengths over the outcomes."""
        c = self.columns
        size = c.deviation if standardize else np.ones(c.scale.size)
        self.across += c.total * strength * ratio * c.penalised * size
        c.elastic_net(strength * (1.0 - ratio), 0.0, standardize=standardize)

    def logits(self, coef: np.ndarray) -> np.ndarray:
        """Give the logits, shape (n, K)."""
        eta = self.offset.copy()
        eta[:, self.active] += self.columns.X @ coef.T
        return eta

    def smooth(self, coef: np.ndarray) -> tuple[float, np.ndarray]:
        """Give loss, squares and prior, and their gradient."""
        c, eta = self.columns, self.logits(coef)
        value = float(c.w @ np.sum(self.shares * (logsumexp(eta, axis=1, keepdims=True) - eta), axis=1))
        left = c.w[:, None] * (softmax(eta, axis=1) - self.shares)
        gradient = left[:, self.active].T @ c.X + c.l2 * coef
        for k, row in enumerate(coef):
            away = row - c.mean
            value += 0.5 * c.l2 @ row**2 + 0.5 * away @ c.precision @ away
            gradient[k] += c.precision @ away
        return float(value), gradient

    def objective(self, coef: np.ndarray) -> float:
        """Give the penalised objective, infinite outside the bounds."""
        c = self.columns
        if (coef < c.lower).any() or (coef > c.upper).any():
            return np.inf
        total = self.smooth(coef)[0] + float(np.abs(coef).sum(axis=0) @ c.l1)
        for own, size, strength in c.groups:
            total += strength * sum(np.linalg.norm(size * row[own]) for row in coef)
        return total + float(self.across @ np.linalg.norm(coef, axis=0))

    def step(self, coef: np.ndarray) -> np.ndarray:
        """Give a step of length one of proximal gradient descent in scaled coefficients, of the mean objective."""
        c = self.columns
        scale = c.coordinates
        here = scale * coef - self.smooth(coef)[1] / scale / c.total
        amount = c.l1 / scale / c.total
        new = np.sign(here) * np.maximum(np.abs(here) - amount, 0.0)
        for own, _, strength in c.groups:
            for row in new:
                size, limit = np.linalg.norm(row[own]), strength / c.total
                row[own] *= 1.0 - limit / size if size > limit else 0.0
        for j in np.flatnonzero(self.across):
            size, limit = np.linalg.norm(new[:, j]), self.across[j] / scale[j] / c.total
            new[:, j] *= 1.0 - limit / size if size > limit else 0.0
        return np.minimum(np.maximum(new / scale, c.lower), c.upper)

    def residual(self, coef: np.ndarray) -> float:
        """Say how far a step of length one moves, in standard deviations: zero at a minimum and nowhere else."""
        c = self.columns
        assert (coef >= c.lower).all()
        assert (coef <= c.upper).all()
        return float(np.abs(c.coordinates * (self.step(coef) - coef)).max(initial=0.0))
