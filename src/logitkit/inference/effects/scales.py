"""The quantities that effects average: probabilities of outcomes, or sums of linear predictors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from logitkit.models.family import Family
from logitkit.numerics.kernels.binomial_values import logit_curves, shifted_logit
from logitkit.typing import FloatArray

__all__ = ["LinkScale", "ProbabilityScale", "Scale"]

SHIFT_MOST = 50.0  # beyond, odds that are zero or infinite to the last digit might be shifted to what they are not


class Scale(Protocol):
    """The averaged quantity, as a function of the linear predictors of a row, (m, n)."""

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
        """Return the derivatives of the values with respect to the linear predictors, (L, m, n).

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        (L, m, n) array
            Derivatives by predictor and row.
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
            Derivatives by predictor and row.
        """

    def shifted(self, eta: FloatArray, shifts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return values and slopes with several shifts of the linear predictors.

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.
        shifts : (V, m) array
            Added to those of all rows.

        Returns
        -------
        values : (V, L, n) array
            One row per shift and value.
        slopes : (V, L, m, n) array
            Derivatives by shift, value, predictor and row.
        """

    def curvatures(self, eta: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the derivatives of the slopes along a direction, (L, m, n).

        Parameters
        ----------
        eta, direction : (m, n) array
            Linear predictors and their direction of change.

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
        Positions of the L outcomes.

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
        """Return the derivatives of the probabilities with respect to the linear predictors, (L, m, n).

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.

        Returns
        -------
        (L, m, n) array
            Zero where a probability is at its limit.
        """
        return self._curves(eta)[0] if self._is_logit else self.family.probability_slopes(eta)[list(self.outcomes)]

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
            Derivatives by predictor and row.
        """
        if self._is_logit:
            values, slopes = self.shifted(eta, np.zeros((1, 1)))
            return values[0], slopes[0]
        return self.values(eta), self.slopes(eta)

    def shifted(self, eta: FloatArray, shifts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return values and slopes with several shifts of the linear predictors.

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.
        shifts : (V, m) array
            Added to those of all rows.

        Returns
        -------
        values : (V, L, n) array
            One row per shift and value.
        slopes : (V, L, m, n) array
            Derivatives by shift, value, predictor and row.
        """
        if not self._is_logit:
            return _each_shift(self, eta, shifts)
        values, slopes = np.empty((len(shifts), eta.shape[1])), np.empty((len(shifts), eta.shape[1]))
        if np.abs(shifts).max(initial=0.0) <= SHIFT_MOST:  # one exponential a row
            shifted_logit(_odds_against(eta[0]), np.exp(-shifts[:, 0]), values, slopes)
        else:
            for v, shift in enumerate(shifts[:, 0]):
                shifted_logit(_odds_against(eta[0] + shift), np.ones(1), values[v : v + 1], slopes[v : v + 1])
        return values[:, None], slopes[:, None, None]

    def curvatures(self, eta: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the derivatives of the slopes along a direction, (L, m, n).

        Parameters
        ----------
        eta, direction : (m, n) array
            Linear predictors and their direction of change.

        Returns
        -------
        (L, m, n) array
            Linear in the direction.
        """
        if self._is_logit:
            return self._curves(eta)[1] * direction
        return self.family.probability_curvatures(eta, direction)[list(self.outcomes)]

    @property
    def _is_logit(self) -> bool:
        """Whether it is the mean of a logit, whose derivatives follow from the odds."""
        return self.family.is_logit and list(self.outcomes) == [1]

    def _curves(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the first two derivatives of the mean of a logit, (1, 1, n) each."""
        slope, curvature = np.empty(eta.shape[1]), np.empty(eta.shape[1])
        logit_curves(_odds_against(eta[0]), slope, curvature)
        return slope[None, None], curvature[None, None]


@dataclass(frozen=True)
class LinkScale:
    """Sums of the linear predictors.

    Parameters
    ----------
    weights : (L, m) array
        Weights of the predictors.

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
            Derivatives by predictor and row.
        """
        return self.values(eta), self.slopes(eta)

    def shifted(self, eta: FloatArray, shifts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return values and slopes with several shifts of the linear predictors.

        Parameters
        ----------
        eta : (m, n) array
            Linear predictors.
        shifts : (V, m) array
            Added to those of all rows.

        Returns
        -------
        values : (V, L, n) array
            One row per shift and value.
        slopes : (V, L, m, n) array
            Derivatives by shift, value, predictor and row.
        """
        return _each_shift(self, eta, shifts)

    def curvatures(self, eta: FloatArray, direction: FloatArray) -> FloatArray:
        """Return zeros, (L, m, n).

        Parameters
        ----------
        eta, direction : (m, n) array
            Linear predictors and their direction of change.

        Returns
        -------
        (L, m, n) array
            The sums are linear.
        """
        del direction
        return np.zeros((*self.weights.shape, eta.shape[1]))


def _odds_against(eta: FloatArray) -> FloatArray:
    """Return exp(-eta)."""
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.exp(-eta))


def _each_shift(scale: Scale, eta: FloatArray, shifts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return values (V, L, n) and slopes (V, L, m, n) with shifts of the linear predictors, one after another."""
    found = [scale.both(eta + shift[:, None]) for shift in shifts]
    return np.stack([values for values, _ in found]), np.stack([slopes for _, slopes in found])
