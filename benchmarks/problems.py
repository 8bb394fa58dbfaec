"""What is fitted, and the objective that every fit is judged by.

The objective is written here once more in plain NumPy and double precision, so that it owes nothing to any contender.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd

SEED = 42


@dataclass(frozen=True)
class Answer:
    """What a contender found.

    Parameters
    ----------
    coef : array, optional
        Coefficients in the order that the problem states.
    eta : (n,) array, optional
        The linear predictor, where a contender has no coefficients for absorbed factors.
    curve : array, optional
        Scores of rows that were held out, where there are such.
    """

    coef: np.ndarray | None = None
    eta: np.ndarray | None = None
    curve: np.ndarray | None = None


class Problem(Protocol):
    """Data and the objective on them.

    A problem may have a ``null`` besides: the objective that excesses are relative to, by default the least one.
    """

    def objective(self, answer: Answer) -> float | np.ndarray:
        """Return the negative log-likelihood, with the penalty where there is one; one a strength."""


def loss(eta: np.ndarray, y: np.ndarray, weights: np.ndarray | float = 1.0) -> float:
    """Return the negative log-likelihood of a linear predictor."""
    return float(np.sum(weights * (np.logaddexp(0.0, eta) - y * eta)))


@dataclass(frozen=True)
class MatrixProblem:
    """A dense matrix with its intercept first, or a sparse one without; coefficients by column.

    Parameters
    ----------
    X : (n, p) array or csr_array
        Columns.
    y : (n,) array
        Outcomes, 0 and 1.
    strength : float
        Of the ridge penalty, half the strength times the squared length of the coefficients.
    """

    X: Any
    y: np.ndarray
    strength: float = 0.0

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return ["Intercept", *(f"x{j}" for j in range(1, self.X.shape[1]))]

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihood and the penalty."""
        assert answer.coef is not None
        return loss(self.X @ answer.coef, self.y) + 0.5 * self.strength * float(answer.coef @ answer.coef)


@dataclass(frozen=True)
class FrameProblem:
    """Numbers and factors in a data frame; coefficients: intercept, numbers, levels of each factor but the first.

    Parameters
    ----------
    frame : DataFrame
        The outcome ``y``, numbers and factors.
    numbers, factors : list of str
        Names of the columns.
    """

    frame: pd.DataFrame
    numbers: list[str]
    factors: list[str]

    @property
    def formula(self) -> str:
        """The model."""
        return "y ~ " + " + ".join([*self.numbers, *self.factors])

    @cached_property
    def features(self) -> pd.DataFrame:
        """The frame without the outcome."""
        return self.frame[[*self.numbers, *self.factors]]

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihood."""
        y = self.frame["y"].to_numpy(dtype=float)
        if answer.eta is not None:
            return loss(answer.eta, y)
        assert answer.coef is not None
        return loss(self.predictor(answer.coef), y)

    def predictor(self, coef: np.ndarray) -> np.ndarray:
        """Return the linear predictor of the rows."""
        start = 1 + len(self.numbers)
        eta = np.full(len(self.frame), coef[0])
        for j, name in enumerate(self.numbers):
            eta += coef[1 + j] * self.frame[name].to_numpy()
        for name in self.factors:
            column = self.frame[name].cat
            levels = len(column.categories)
            eta += np.r_[0.0, coef[start : start + levels - 1]][column.codes.to_numpy()]
            start += levels - 1
        assert start == coef.size
        return eta


@dataclass(frozen=True)
class PanelProblem(FrameProblem):
    """Numbers and one factor, whose level intercepts are not asked for; coefficients: the numbers.

    The objective is that at the best level intercepts, found here by Newton's method for all levels at once. Levels
    without variation add nothing, in the limit.
    """

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihood, the level intercepts profiled out."""
        y, coef = self.frame["y"].to_numpy(dtype=float), answer.coef
        codes = self.frame[self.factors[0]].cat.codes.to_numpy()
        assert coef is not None
        count, events = np.bincount(codes), np.bincount(codes, weights=y)
        keep = ((events > 0) & (events < count))[codes]
        y, codes = y[keep], codes[keep]
        rest = self.frame[self.numbers].to_numpy()[keep] @ coef
        size = count.size
        share = np.where(count > 0, events / np.maximum(count, 1), 0.5)
        share = np.clip(share, 1e-6, 1 - 1e-6)
        level = np.log(share / (1.0 - share)) - np.bincount(codes, weights=rest, minlength=size) / np.maximum(count, 1)
        for _ in range(100):
            mu = 1.0 / (1.0 + np.exp(-(rest + level[codes])))
            slope = np.bincount(codes, weights=y - mu, minlength=size)
            curve = np.bincount(codes, weights=mu * (1.0 - mu), minlength=size)
            step = np.clip(slope / np.maximum(curve, 1e-12), -1.0, 1.0)
            level += step
            if np.abs(step).max() < 1e-10:
                break
        return loss(rest + level[codes], y)


@dataclass(frozen=True)
class RefitProblem(MatrixProblem):
    """The same matrix with rows drawn again and again; coefficients: a row a replicate.

    Parameters
    ----------
    replicates : int
        How often.
    """

    replicates: int = 0

    @cached_property
    def draws(self) -> np.ndarray:
        """Rows of each replicate: those that ``fit.bootstrap`` draws by this seed, a generator a replicate."""
        n, children = self.y.size, np.random.SeedSequence(SEED).spawn(self.replicates)
        return np.stack([np.random.Generator(np.random.PCG64(child)).integers(0, n, n) for child in children])

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihoods of all replicates together."""
        assert answer.coef is not None
        eta = self.X @ answer.coef.T
        counts = np.stack([np.bincount(draw, minlength=self.y.size) for draw in self.draws], axis=1)
        return loss(eta, self.y[:, None], counts)


@dataclass(frozen=True)
class GroupsProblem(MatrixProblem):
    """The same model in every group of rows, which lie together; coefficients: a row a group.

    Parameters
    ----------
    rows : int
        Rows of a group.
    subset : int
        Groups, from the first, by which all are judged and which the slow ones fit.
    """

    rows: int = 1
    subset: int = 1

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table, with its groups in the column ``g``."""
        frame = pd.DataFrame(self.X[:, 1:], columns=self.names[1:])
        return frame.assign(y=self.y.astype(int), g=np.repeat(np.arange(self.n_groups), self.rows))

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return self.y.size // self.rows

    @property
    def formula(self) -> str:
        """The model of a group."""
        return "y ~ " + " + ".join(self.names[1:])

    def group(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of a group."""
        rows = slice(number * self.rows, (number + 1) * self.rows)
        return self.X[rows], self.y[rows]

    def objective(self, answer: Answer) -> float:
        """Return the negative log-likelihoods of the subset together."""
        assert answer.coef is not None
        parts = (self.group(number) for number in range(self.subset))
        return sum(loss(X @ coef, y) for (X, y), coef in zip(parts, answer.coef, strict=False))
