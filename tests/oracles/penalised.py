"""Penalised objectives on dense arrays, from their definitions, and what is optimal by one proximal step.

A vector is a minimum if and only if a step of proximal gradient descent leaves it where it is. That takes no
subdifferential and no dual, and shares no formula with the solvers or the certificate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["PenalisedOracle"]


class PenalisedOracle:
    """Sum of weighted losses plus penalties of coefficients of the columns as given; strengths as users state them."""

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        weights: np.ndarray | None = None,
        offset: np.ndarray | None = None,
        intercept: int | None = 0,
    ) -> None:
        self.X, self.y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
        n, p = self.X.shape
        self.w = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
        self.o = np.zeros(n) if offset is None else np.asarray(offset, dtype=float)
        self.total = self.w.sum()
        centre = self.w @ self.X / self.total
        deviation = np.sqrt(self.w @ (self.X - centre) ** 2 / self.total)
        varies = deviation > 1e-12 * np.abs(self.X).max(axis=0, initial=0.0)
        self.deviation, self.scale = np.where(varies, deviation, 0.0), np.where(varies, deviation, 1.0)
        self.penalised = np.ones(p)
        if intercept is not None:
            self.penalised[intercept], self.scale[intercept] = 0.0, 1.0
        self.l1, self.l2 = np.zeros(p), np.zeros(p)
        self.lower, self.upper = np.full(p, -np.inf), np.full(p, np.inf)
        self.groups: list[tuple[np.ndarray, np.ndarray, float]] = []
        self.mean, self.precision = np.zeros(p), np.zeros((p, p))

    # ----------------------------------------------------------------------------------------------- what is penalised

    def elastic_net(
        self, strength: float, ratio: float, factor: np.ndarray | None = None, standardize: bool = True
    ) -> None:
        """Add W strength v (ratio |s b| + (1 - ratio) (s b)^2 / 2)."""
        size = self.deviation if standardize else np.ones(self.scale.size)
        v = self.total * strength * self.penalised * (1.0 if factor is None else factor)
        self.l1 += ratio * v * size
        self.l2 += (1.0 - ratio) * v * size**2

    def group_lasso(
        self,
        strength: float,
        ratio: float,
        groups: Sequence[np.ndarray],
        factor: Sequence[float] | None = None,
        standardize: bool = True,
    ) -> None:
        """Add W strength v ((1 - ratio) sqrt(size) ||s b|| + ratio ||s b||_1) of each group."""
        for k, whole in enumerate(groups):
            # A constant has no length on the standardised scale, and counts among the columns of its group.
            own = whole[self.deviation[whole] > 0.0] if standardize else whole
            v = self.total * strength * (1.0 if factor is None else factor[k])
            size = self.scale[own] if standardize else np.ones(own.size)
            self.l1[own] += ratio * v * size
            self.groups.append((own, size, (1.0 - ratio) * v * np.sqrt(whole.size)))

    def prior(self, mean: np.ndarray | float, precision: np.ndarray | float) -> None:
        """Add (b - m)' P (b - m) / 2; one number is the precision of all but the intercept."""
        p = self.scale.size
        self.mean = np.broadcast_to(np.asarray(mean, dtype=float), p)
        values = np.asarray(precision, dtype=float)
        values = values * self.penalised if values.ndim == 0 else values
        self.precision = values if values.ndim == 2 else np.diag(np.broadcast_to(values, p))

    # -------------------------------------------------------------------------------------------------- what is optimal

    def smooth(self, beta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return loss, squares and prior, and their gradient."""
        eta = self.X @ beta + self.o
        value = self.w @ (np.logaddexp(0.0, eta) - self.y * eta)
        away = beta - self.mean
        value += 0.5 * self.l2 @ beta**2 + 0.5 * away @ self.precision @ away
        gradient = self.X.T @ (self.w * (1.0 / (1.0 + np.exp(-eta)) - self.y))
        return float(value), gradient + self.l2 * beta + self.precision @ away

    def objective(self, beta: np.ndarray) -> float:
        """Return the penalised objective, infinite outside the bounds."""
        if (beta < self.lower).any() or (beta > self.upper).any():
            return np.inf
        lengths = sum(strength * np.linalg.norm(size * beta[own]) for own, size, strength in self.groups)
        return self.smooth(beta)[0] + float(self.l1 @ np.abs(beta)) + lengths

    @property
    def coordinates(self) -> np.ndarray:
        """What coefficients are multiplied by, so that the length of each group is an ordinary one."""
        scale = self.scale.copy()
        for own, size, _ in self.groups:
            scale[own] = size
        return scale

    def step(self, beta: np.ndarray, length: float) -> np.ndarray:
        """Return a step of proximal gradient descent in scaled coefficients, of the mean objective."""
        scale = self.coordinates
        here = scale * beta - length * self.smooth(beta)[1] / scale / self.total
        amount = length * self.l1 / scale / self.total
        new = np.where(here > amount, here - amount, np.where(here < -amount, here + amount, 0.0))
        for own, _, strength in self.groups:
            size, limit = np.linalg.norm(new[own]), length * strength / self.total
            new[own] *= 1.0 - limit / size if size > limit else 0.0
        return np.minimum(np.maximum(new / scale, self.lower), self.upper)

    def residual(self, beta: np.ndarray) -> float:
        """Say how far a step of length one moves, in standard deviations: zero at a minimum and nowhere else."""
        assert (beta >= self.lower).all()
        assert (beta <= self.upper).all()
        return float(np.abs(self.coordinates * (self.step(beta, 1.0) - beta)).max(initial=0.0))

    def solve(self, steps: int = 20_000) -> np.ndarray:
        """Return the minimum by plain proximal gradient descent with momentum, slow and simple."""
        scale = self.coordinates
        A = self.X / scale
        top = np.linalg.eigvalsh(0.25 * (A.T * self.w) @ A + self.precision / np.outer(scale, scale))[-1]
        length = self.total / (top + (self.l2 / scale**2).max())
        beta = ahead = np.zeros(self.scale.size)
        t = 1.0
        for _ in range(steps):
            new = self.step(ahead, length)
            if (new - beta) @ (scale**2 * (ahead - new)) > 0.0:  # momentum points uphill: begin again
                t = 1.0
            following = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t * t))
            ahead = new + (t - 1.0) / following * (new - beta)
            beta, t = new, following
            if self.residual(beta) < 1e-13:
                break
        return beta
