"""Bias reduction by brute force: expectations by enumeration of the outcomes, derivatives by differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["adjusted_score", "information_of", "jeffreys_value"]

Rows = Callable[[FloatArray], FloatArray]  # coefficients -> probabilities, (K, n)


def _logs(rows: Rows, coef: FloatArray, step: float = 1e-4) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Probabilities, and first and second derivatives of their logarithms: (q, K, n) and (q, q, K, n)."""

    def log(theta: FloatArray) -> FloatArray:
        return np.log(rows(theta))

    q = coef.size
    units = step * np.eye(q)
    first = np.stack([(log(coef + u) - log(coef - u)) / (2 * step) for u in units])
    second = np.empty((q, *first.shape))
    for a, one in enumerate(units):
        for b, two in enumerate(units):
            corners = log(coef + one + two) - log(coef + one - two) - log(coef - one + two) + log(coef - one - two)
            second[a, b] = corners / (4 * step**2)
    return rows(coef), first, second


def information_of(rows: Rows, coef: FloatArray, weights: FloatArray) -> FloatArray:
    """Expected information, (q, q)."""
    p, first, _ = _logs(rows, coef)
    return np.einsum("n,kn,akn,bkn->ab", weights, p, first, first)


def jeffreys_value(rows: Rows, coef: FloatArray, weights: FloatArray, y: FloatArray, power: float) -> float:
    """Penalised log-likelihood; y are the proportions of the outcomes, (K, n)."""
    loglik = float(np.sum(weights * y * np.log(rows(coef))))
    return loglik + power * float(np.linalg.slogdet(information_of(rows, coef, weights))[1])


def adjusted_score(
    rows: Rows, coef: FloatArray, weights: FloatArray, y: FloatArray, median: bool = False
) -> FloatArray:
    """Score and its adjustment as Kosmidis and Firth (2009) and Kenne Pagui, Salvan and Sartori (2017) define them."""
    p, first, second = _logs(rows, coef)
    score = np.einsum("n,kn,akn->a", weights, y, first)
    information = np.einsum("n,kn,akn,bkn->ab", weights, p, first, first)
    cubed = np.einsum("n,kn,akn,bkn,tkn->tab", weights, p, first, first, first)  # P_t
    mixed = np.einsum("n,kn,abkn,tkn->tab", weights, p, second, first)  # Q_t
    inverse = np.linalg.inv(information)
    adjusted = score + 0.5 * np.einsum("ab,tab->t", inverse, cubed + mixed)
    if median:
        shift = np.empty(coef.size)
        for r, column in enumerate(inverse.T):
            own = np.outer(column, column) / inverse[r, r]
            shift[r] = column @ np.einsum("ab,tab->t", own, cubed / 3 + mixed / 2)
        adjusted = adjusted - information @ shift
    return adjusted
