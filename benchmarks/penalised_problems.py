"""Penalised problems: one objective a strength, written once more in plain NumPy.

At the strength l it is the mean loss + l * sum of r |s_j b_j| + (1 - r) (s_j b_j)^2 / 2 over the columns but the
intercept, with r the share of the lasso and s_j the standard deviation of a column, divisor n.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from problems import Answer, FrameProblem, loss
from scipy.sparse import issparse


def null_objective(y: np.ndarray) -> float:
    """Return the mean loss of the best constant, which is the objective where every penalised coefficient is zero."""
    share = float(np.mean(y))
    return loss(np.full(y.size, np.log(share / (1.0 - share))), y) / y.size


def column_scale(X: Any) -> np.ndarray:
    """Return the standard deviations of columns, divisor n."""
    if not issparse(X):
        return np.asarray(X.std(axis=0))
    mean = np.asarray(X.mean(axis=0)).ravel()
    return np.sqrt(np.maximum(np.asarray(X.multiply(X).mean(axis=0)).ravel() - mean**2, 0.0))


def largest_strength(columns: Any, y: np.ndarray, scale: np.ndarray, null: float) -> float:
    """Return the smallest strength of a lasso at which every coefficient is zero, given the mean of the null model."""
    rest = y - null
    return float(np.max(np.abs(columns.T @ rest) / (y.size * scale)))


@dataclass(frozen=True)
class PenalisedMatrix:
    """A matrix, dense or sparse; coefficients: a row a strength.

    Parameters
    ----------
    X : (n, p) array or csr_array
        Columns, the intercept first if there is one.
    y : (n,) array
        Outcomes, 0 and 1.
    strengths : (k,) array
        From the largest.
    folds : (n,) int array
        Fold of each row, from 0, for those who cross-validate; empty for others.
    l1_ratio : float
        Share of the lasso.
    intercept : bool
        Whether there is one.
    """

    X: Any
    y: np.ndarray
    strengths: np.ndarray
    folds: np.ndarray
    l1_ratio: float = 1.0
    intercept: bool = True

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        columns = [f"x{j}" for j in range(1, self.X.shape[1] + 1 - self.intercept)]
        return ["Intercept", *columns] if self.intercept else columns

    @cached_property
    def by_rows(self) -> Any:
        """The columns but the intercept, row after row."""
        columns = self.X[:, int(self.intercept) :]
        return columns if issparse(columns) else np.ascontiguousarray(columns)

    @cached_property
    def by_columns(self) -> Any:
        """The columns but the intercept, column after column."""
        columns = self.by_rows
        return columns.tocsc() if issparse(columns) else np.asfortranarray(columns)

    @cached_property
    def scale(self) -> np.ndarray:
        """Standard deviations of the columns but the intercept."""
        return column_scale(self.by_rows)

    @cached_property
    def null(self) -> float:
        """What excesses are relative to."""
        return null_objective(self.y) if self.intercept else float(np.log(2.0))

    def objective(self, answer: Answer) -> np.ndarray:
        """Return the objective at each strength."""
        return penalised_objectives(self, answer)

    def predictor(self, coef: np.ndarray) -> np.ndarray:
        """Return the linear predictor of the rows."""
        return np.asarray(self.X @ coef)


@dataclass(frozen=True)
class PenalisedFrame(FrameProblem):
    """Numbers and factors in a data frame; coefficients: a row a strength, in the order of ``FrameProblem``.

    Parameters
    ----------
    strengths : (k,) array
        From the largest.
    l1_ratio : float
        Share of the lasso.
    intercept : bool
        There is one.
    """

    strengths: np.ndarray = field(default_factory=lambda: np.empty(0))
    l1_ratio: float = 1.0
    intercept: bool = True

    @cached_property
    def y(self) -> np.ndarray:
        """Outcomes, 0 and 1."""
        return self.frame["y"].to_numpy(dtype=float)

    @cached_property
    def scale(self) -> np.ndarray:
        """Standard deviations of the numbers, and of the indicators of the levels but the first."""
        return frame_scale(self.frame, self.numbers, self.factors)

    @cached_property
    def null(self) -> float:
        """What excesses are relative to."""
        return null_objective(self.y)

    def objective(self, answer: Answer) -> np.ndarray:
        """Return the objective at each strength."""
        return penalised_objectives(self, answer)


def penalised_objectives(problem: PenalisedMatrix | PenalisedFrame, answer: Answer) -> np.ndarray:
    """Return the objective at each strength; a row of coefficients is needed for each."""
    assert answer.coef is not None
    values = []
    for strength, coef in zip(problem.strengths, np.atleast_2d(answer.coef), strict=True):
        scaled = problem.scale * coef[int(problem.intercept) :]
        penalty = problem.l1_ratio * np.abs(scaled).sum() + 0.5 * (1.0 - problem.l1_ratio) * (scaled @ scaled)
        values.append(loss(problem.predictor(coef), problem.y) / problem.y.size + strength * penalty)
    return np.array(values)


def frame_scale(frame: pd.DataFrame, numbers: list[str], factors: list[str]) -> np.ndarray:
    """Return the standard deviations of numbers, and of the indicators of the levels of factors but the first."""
    parts = [np.array([frame[name].to_numpy().std() for name in numbers])]
    for name in factors:
        column = frame[name].cat
        share = np.bincount(column.codes, minlength=len(column.categories))[1:] / len(frame)
        parts.append(np.sqrt(share * (1.0 - share)))
    return np.concatenate(parts)


def largest_frame_strength(frame: pd.DataFrame, numbers: list[str], factors: list[str]) -> float:
    """Return the smallest strength of a lasso at which every coefficient is zero."""
    rest = frame["y"].to_numpy(dtype=float)
    rest = rest - rest.mean()
    parts = [np.array([frame[name].to_numpy() @ rest for name in numbers])]
    for name in factors:
        column = frame[name].cat
        parts.append(np.bincount(column.codes, weights=rest, minlength=len(column.categories))[1:])
    return float(np.max(np.abs(np.concatenate(parts)) / frame_scale(frame, numbers, factors)) / len(frame))
