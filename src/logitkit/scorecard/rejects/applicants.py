"""Accepts, whose outcomes are known, and rejects, whose are not, in the weights of evidence of one card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from logitkit.typing import BoolArray, CodeArray, FloatArray

__all__ = ["Applicants", "Refitted", "information", "logit_of", "mean"]


class Refitted(NamedTuple):
    """A logistic regression.

    Parameters
    ----------
    coef : (p,) array
        Its coefficients.
    separated : bool
        Whether one of them is infinite.
    """

    coef: FloatArray
    separated: bool


@dataclass(frozen=True, eq=False)
class Applicants:
    """All who applied.

    Parameters
    ----------
    accepts, rejects : (n, p) and (r, p) arrays
        A column of ones and the weights of evidence of the card.
    bad : (n,) array of bool
        Outcomes of accepts.
    accept_weights, reject_weights : (n,) and (r,) arrays
        Numbers of applicants that the rows represent.
    fit : callable
        Function from a matrix, proportions of bad and weights to coefficients.
    codes : mapping of str to (n + r,) int array
        Bins of each variable that may explain acceptance, first of accepts and then of rejects.
    chance : callable
        Function from a matrix, outcomes and weights to probabilities; 0 or 1 if a row is fitted perfectly.
    names : tuple of str
        The variables of the card.
    accept_probability : mapping of str to (n + r,) array
        Known probabilities of acceptance, by column.
    """

    accepts: FloatArray
    rejects: FloatArray
    bad: BoolArray
    accept_weights: FloatArray
    reject_weights: FloatArray
    fit: Callable[[FloatArray, FloatArray, FloatArray], Refitted]
    codes: Mapping[str, CodeArray]
    chance: Callable[[FloatArray, BoolArray, FloatArray], FloatArray]
    names: tuple[str, ...]
    accept_probability: Mapping[str, FloatArray] = field(default_factory=dict)

    @cached_property
    def coef(self) -> FloatArray:
        """Coefficients of the card of accepts, shape (p,)."""
        return self.fit(self.accepts, self.bad.astype(np.float64), self.accept_weights).coef

    @cached_property
    def scores(self) -> FloatArray:
        """Score of each accept at these coefficients, shape (n, p), of one applicant where a row stands for several."""
        return np.asarray(self.accepts * (self.bad - self.of_accepts)[:, None])

    @cached_property
    def influence(self) -> FloatArray:
        """Influence of each accept on these coefficients, shape (n, p)."""
        p = self.of_accepts
        return np.asarray(
            np.linalg.solve(information(self.accepts, self.accept_weights * p * (1 - p)), self.scores.T).T
        )

    @cached_property
    def of_accepts(self) -> FloatArray:
        """Probability of bad of each accept by the card of accepts, shape (n,)."""
        return np.asarray(expit(self.accepts @ self.coef))

    @cached_property
    def of_rejects(self) -> FloatArray:
        """Probability of bad of each reject by the card of accepts, shape (r,)."""
        return np.asarray(expit(self.rejects @ self.coef))

    @property
    def weights(self) -> FloatArray:
        """Numbers of applicants, of accepts and then of rejects, shape (n + r,)."""
        return np.concatenate([self.accept_weights, self.reject_weights])

    @property
    def bad_rate(self) -> float:
        """Bad rate of accepts."""
        return mean(self.bad, self.accept_weights)

    def of_odds(self, odds: float) -> FloatArray:
        """Return proportions of bad of rejects whose odds are a multiple, 0 or infinity too, of those of accepts."""
        if odds in (0, np.inf):
            return np.full(self.rejects.shape[0], float(odds > 0))
        return np.asarray(expit(self.rejects @ self.coef + np.log(odds)))

    def refitted(self, proportion: FloatArray) -> Refitted:
        """Return the fit to accepts with observed outcomes and to rejects with these proportions of bad."""
        return self.fit(
            np.vstack([self.accepts, self.rejects]),
            np.concatenate([self.bad, proportion]),
            self.weights,
        )


def information(matrix: FloatArray, working_weights: FloatArray) -> FloatArray:
    """Return X'WX."""
    return np.asarray(matrix.T @ (matrix * working_weights[:, None]))


def mean(values: FloatArray | BoolArray, weights: FloatArray) -> float:
    """Return a weighted mean."""
    return float(weights @ values / weights.sum())


def logit_of(p: FloatArray) -> FloatArray:
    """Return log-odds of probabilities strictly within 0 and 1."""
    return np.asarray(np.log(p) - np.log1p(-p))
