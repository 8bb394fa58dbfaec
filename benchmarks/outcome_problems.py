"""Problems of several outcomes: the softmax's objective, written once more in plain NumPy.

Coefficients: a row an outcome, in the order of their codes, and a column a term; with strengths, such a table a
strength. Adding a number to all coefficients of a column changes no probability, so that those of a reference may be
zero. At the strength l the objective is the mean loss + l * sum of r |s_j b_kj| + (1 - r) (s_j b_kj)^2 / 2 over the
outcomes k and the columns j but the intercept; without strengths it is the sum of the losses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from penalised_problems import column_scale
from problems import Answer, FrameProblem
from scipy.sparse import issparse

ENTRIES = 4_000_000  # of the linear predictors that are in memory at once


def softmax_loss(X: Any, coef: np.ndarray, y: np.ndarray) -> float:
    """Return the negative log-likelihood of coefficients (K, p) at outcomes 0 to K - 1, some rows at a time."""
    total, block = 0.0, max(ENTRIES // len(coef), 1)
    for start in range(0, y.size, block):
        eta = np.asarray(X[start : start + block] @ coef.T)
        own = eta[np.arange(len(eta)), y[start : start + block]]
        total += float(np.sum(_log_sum(eta) - own))
    return total


def _log_sum(eta: np.ndarray) -> np.ndarray:
    largest = eta.max(axis=1)
    return np.asarray(largest + np.log(np.exp(eta - largest[:, None]).sum(axis=1)))


def null_loss(y: np.ndarray) -> float:
    """Return the mean loss of the best constants, which is the objective where every other coefficient is zero."""
    counts = np.bincount(y)
    share = counts[counts > 0] / y.size
    return float(-share @ np.log(share))


def largest_outcome_strength(columns: Any, y: np.ndarray, n_outcomes: int) -> float:
    """Return the smallest strength of a lasso, of columns of deviation one, at which every coefficient is zero."""
    rest = (y[:, None] == np.arange(n_outcomes)).astype(float)
    rest -= rest.mean(axis=0)
    return float(np.abs(columns.T @ rest / column_scale(columns)[:, None]).max() / y.size)


@dataclass(frozen=True)
class OutcomeMatrix:
    """A matrix, dense or sparse, with its intercept first.

    Parameters
    ----------
    X : (n, p) array or csr_array
        Columns.
    y : (n,) int array
        Outcomes, from 0.
    n_outcomes : int
        How many there are, K.
    strengths : (k,) array
        From the largest; none without a penalty.
    l1_ratio : float
        Share of the lasso.
    standardised : bool
        Whether the penalty is of columns divided by their deviations.
    """

    X: Any
    y: np.ndarray
    n_outcomes: int
    strengths: np.ndarray = field(default_factory=lambda: np.empty(0))
    l1_ratio: float = 1.0
    standardised: bool = True

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return ["Intercept", *(f"x{j}" for j in range(1, self.X.shape[1]))]

    @cached_property
    def by_rows(self) -> Any:
        """The columns but the intercept, row after row."""
        columns = self.X[:, 1:]
        return columns if issparse(columns) else np.ascontiguousarray(columns)

    @cached_property
    def scale(self) -> np.ndarray:
        """What coefficients but the intercept are multiplied with in the penalty."""
        return column_scale(self.by_rows) if self.standardised else np.ones(self.X.shape[1] - 1)

    @property
    def null(self) -> float | None:
        """What excesses are relative to; None, the least objective, without a penalty."""
        return null_loss(self.y) if self.strengths.size else None

    def objective(self, answer: Answer) -> float | np.ndarray:
        """Return the objective, one a strength where there are any."""
        assert answer.coef is not None
        tables = answer.coef.reshape(-1, self.n_outcomes, self.X.shape[1])
        if not self.strengths.size:
            return softmax_loss(self.X, tables[0], self.y)
        values = []
        for strength, coef in zip(self.strengths, tables, strict=True):
            scaled = self.scale * coef[:, 1:]
            penalty = self.l1_ratio * np.abs(scaled).sum() + 0.5 * (1.0 - self.l1_ratio) * np.sum(scaled**2)
            values.append(softmax_loss(self.X, coef, self.y) / self.y.size + strength * penalty)
        return np.array(values)


@dataclass(frozen=True)
class OutcomeFrame(FrameProblem):
    """Numbers and factors in a data frame, its outcome ``y`` in codes from 0; terms in the order of ``FrameProblem``.

    Parameters
    ----------
    n_outcomes : int
        How many there are, K.
    """

    n_outcomes: int = 2

    @cached_property
    def y(self) -> np.ndarray:
        """Outcomes, from 0."""
        return self.frame["y"].to_numpy()

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihood."""
        assert answer.coef is not None
        eta = np.column_stack([self.predictor(coef) for coef in answer.coef])
        return float(np.sum(_log_sum(eta) - eta[np.arange(len(eta)), self.y]))
