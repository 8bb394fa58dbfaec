"""Effective degrees of freedom of a penalised fit, by differences of its conditions of optimality.

On the coefficients that are free (neither zero nor at a bound) the derivative of the objective vanishes. With J its
Jacobian, taken numerically, and H the information of the same coefficients, the fitted means move with the responses by
dof = tr(J^-1 H): the divergence of the fit. Nothing here imports logitkit.
"""

from __future__ import annotations

import numpy as np

from oracles.likelihood import central_difference, loss_hessian
from oracles.penalised import PenalisedOracle
from oracles.penalised_outcomes import OutcomeOracle

__all__ = ["freedom", "outcome_freedom", "posterior_covariance", "stationarity"]


def stationarity(oracle: PenalisedOracle, beta: np.ndarray) -> np.ndarray:
    """Give the derivatives of the whole objective at coefficients whose signs and active groups stay."""
    gradient = oracle.smooth(beta)[1] + oracle.l1 * np.sign(beta)
    for own, size, strength in oracle.groups:
        length = np.linalg.norm(size * beta[own])
        if length > 0.0:
            gradient[own] += strength * size**2 * beta[own] / length
    return gradient


def freedom(oracle: PenalisedOracle, beta: np.ndarray, free: np.ndarray) -> float:
    """Give the effective degrees of freedom, the places of the free coefficients being known."""

    scale = oracle.scale[free]  # steps are of coefficients of columns with unit deviation

    def on_free(part: np.ndarray) -> np.ndarray:
        whole = beta.copy()
        whole[free] = part / scale
        return stationarity(oracle, whole)[free] / scale

    if not free.size:
        return 0.0
    J = central_difference(on_free, scale * beta[free], step=1e-6)
    H = loss_hessian(beta, oracle.X, oracle.w, oracle.o)[np.ix_(free, free)] / np.outer(scale, scale)
    return float(np.trace(np.linalg.solve(J, H)))


def posterior_covariance(oracle: PenalisedOracle, beta: np.ndarray) -> np.ndarray:
    """Give the inverse of the information plus the squares' second derivatives."""
    H = loss_hessian(beta, oracle.X, oracle.w, oracle.o)
    return np.linalg.inv(H + np.diag(oracle.l2) + oracle.precision)


def outcome_freedom(oracle: OutcomeOracle, coef: np.ndarray) -> float:
    """Give the effective degrees of freedom of several outcomes; a number a column may add to all of them is none."""
    c = oracle.columns
    free = np.flatnonzero(coef.ravel() != 0.0)
    scale = np.tile(c.scale, len(coef))[free]

    def whole(part: np.ndarray) -> np.ndarray:
        out = coef.ravel().copy()
        out[free] = part / scale
        return out.reshape(coef.shape)

    def smooth(part: np.ndarray) -> np.ndarray:
        return oracle.smooth(whole(part))[1].ravel()[free] / scale

    def stationary(part: np.ndarray) -> np.ndarray:
        table = whole(part)
        gradient = oracle.smooth(table)[1] + c.l1 * np.sign(table)
        for own, size, strength in c.groups:
            for row, slopes in zip(table, gradient, strict=True):
                length = np.linalg.norm(size * row[own])
                if length > 0.0:
                    slopes[own] += strength * size**2 * row[own] / length
        for j in np.flatnonzero(oracle.across):
            length = np.linalg.norm(table[:, j])
            if length > 0.0:
                gradient[:, j] += oracle.across[j] * table[:, j] / length
        return gradient.ravel()[free] / scale

    at = scale * coef.ravel()[free]
    J = central_difference(stationary, at, step=1e-6)
    squares = np.diag(np.tile(c.l2, len(coef))[free] / scale**2)
    H = central_difference(smooth, at, step=1e-6) - squares
    # Logits of all outcomes move together without moving a mean: that direction has no curvature in J or H.
    return float(np.trace(np.linalg.pinv(J, rcond=1e-8, hermitian=True) @ H))
