"""Effective degrees of freedom of a penalised fit, by differences of its conditions of optimality.

On the coefficients that are free (neither zero nor at a bound) the derivative of the objective vanishes. With J its
Jacobian, taken numerically, and H the information of the same coefficients, the fitted means move with the responses by
dof = tr(J^-1 H): the divergence of the fit. Nothing here imports logitkit.
"""

from __future__ import annotations

import numpy as np

from oracles.likelihood import central_difference, loss_hessian
from oracles.penalised import PenalisedOracle

__all__ = ["freedom", "posterior_covariance", "stationarity"]


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

    def on_free(part: np.ndarray) -> np.ndarray:
        whole = beta.copy()
        whole[free] = part
        return stationarity(oracle, whole)[free]

    if not free.size:
        return 0.0
    J = central_difference(on_free, beta[free], step=1e-6)
    H = loss_hessian(beta, oracle.X, oracle.w, oracle.o)[np.ix_(free, free)]
    return float(np.trace(np.linalg.solve(J, H)))


def posterior_covariance(oracle: PenalisedOracle, beta: np.ndarray) -> np.ndarray:
    """Give the inverse of the information plus the squares' second derivatives."""
    H = loss_hessian(beta, oracle.X, oracle.w, oracle.o)
    return np.linalg.inv(H + np.diag(oracle.l2) + oracle.precision)
