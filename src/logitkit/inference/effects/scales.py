"""What effects are averages of: probabilities of outcomes, or sums of linear predictors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from logitkit.models.family import Family
from logitkit.models.links import LOGIT
from logitkit.typing import FloatArray

__all__ = ["LinkScale", "ProbabilityScale", "Scale"]


class Scale(Protocol):
    """What is averaged, as a function of the linear predictors of a row, (m, n)."""

    def values(self, eta: FloatArray) -> FloatArray:
        """Return the L values, (L, n).

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        (L, n) array
            One row per value.
        """

    def slopes(self, eta: FloatArray) -> FloatArray:
        """Return their derivatives by the linear predictors, (L, m, n).

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        (L, m, n) array
            By predictor and row.
        """

    def both(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return values and slopes.

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        values : (L, n) array
            One row per value.
        slopes : (L, m, n) array
            By predictor and row.
        """

    def curvatures(self, eta: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the derivatives of the slopes along a direction, (L, m, n).

        Parameters
        ----------
        eta, direction : (m, n) array
            Linear predictors, and their change.

        Returns
        -------
        (L, m, n) array
            Linear in the direction.
        """


@dataclass(frozen=True)
class ProbabilityScale:
    """Probabilities of some outcomes.

    Parameters
    ----------
    family : Family
        The likelihood.
    outcomes : sequence of int
        Which L outcomes.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> ProbabilityScale(Binomial(), [1]).slopes(np.zeros((1, 1))).tolist()
    [[[0.25]]]
    """

    family: Family
    outcomes: Sequence[int]

    def values(self, eta: FloatArray) -> FloatArray:
        """Return probabilities, (L, n).

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        (L, n) array
            One row per outcome.
        """
        return self.family.probabilities(eta)[list(self.outcomes)]

    def slopes(self, eta: FloatArray) -> FloatArray:
        """Return their derivatives by the linear predictors, (L, m, n).

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        (L, m, n) array
            Zero where a probability is at its limit.
        """
        return self.family.probability_slopes(eta)[list(self.outcomes)]

    def both(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return values and slopes.

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        values : (L, n) array
            One row per value.
        slopes : (L, m, n) array
            By predictor and row.
        """
        if self.family.is_logit and list(self.outcomes) == [1]:  # one tail is enough for the event
            mean = LOGIT.inverse(eta)
            return mean, (mean * (1.0 - mean))[:, None]
        return self.values(eta), self.slopes(eta)

    def curvatures(self, eta: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the derivatives of the slopes along a direction, (L, m, n).

        Parameters
        ----------
        eta, direction : (m, n) array
            Linear predictors, and their change.

        Returns
        -------
        (L, m, n) array
            Linear in the direction.
        """
        return self.family.probability_curvatures(eta, direction)[list(self.outcomes)]


@dataclass(frozen=True)
class LinkScale:
    """Sums of the linear predictors.

    Parameters
    ----------
    weights : (L, m) array
        Of the predictors.

    Examples
    --------
    >>> LinkScale(np.array([[-1.0, 1.0]])).values(np.array([[1.0], [3.0]])).tolist()
    [[2.0]]
    """

    weights: FloatArray

    def values(self, eta: FloatArray) -> FloatArray:
        """Return the sums, (L, n).

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        (L, n) array
            One row per sum.
        """
        return np.asarray(self.weights @ eta)

    def slopes(self, eta: FloatArray) -> FloatArray:
        """Return the weights for every row, (L, m, n).

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        (L, m, n) array
            The same for all rows.
        """
        return np.repeat(self.weights[:, :, None], eta.shape[1], axis=2)

    def both(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return values and slopes.

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        values : (L, n) array
            One row per value.
        slopes : (L, m, n) array
            By predictor and row.
        """
        return self.values(eta), self.slopes(eta)

    def curvatures(self, eta: FloatArray, direction: FloatArray) -> FloatArray:
        """Return zeros, (L, m, n).

        Parameters
        ----------
        eta, direction : (m, n) array
            Linear predictors, and their change.

        Returns
        -------
        (L, m, n) array
            The sums are linear.
        """
        del direction
        return np.zeros((*self.weights.shape, eta.shape[1]))
