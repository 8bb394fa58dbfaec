"""The interface of every family: what a likelihood returns for given linear predictors.

Everything is per row of one trial and a function of the linear predictors, of shape (m, n): m predictors of n rows.
During a fit, the engine asks for sums over rows through the row engine of the family; after a fit, the methods below
are called. A predictor may be infinite, and the probability of an outcome is then its limit, or nan if it is not known.
If only differences of predictors count, minus infinity means that an outcome has probability zero, whatever the other
predictors are.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from logitkit.design.response.response import Response
from logitkit.models.links import Link
from logitkit.models.words import Words
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Family"]


class Family(Protocol):
    """The likelihood of K outcomes as a function of m linear predictors."""

    @property
    def name(self) -> str:
        """Name of the distribution, as in a saved model."""

    @property
    def words(self) -> Words:
        """The wording of its models in printed output."""

    @property
    def n_outcomes(self) -> int:
        """Number of outcomes, K."""

    @property
    def compares_predictors(self) -> bool:
        """Whether only the differences between the linear predictors of a row count."""

    @property
    def tail_link(self) -> Link | None:
        """The link of the probability that one predictor determines: of the event, or of outcomes up to a threshold.

        None if probabilities depend on several predictors.
        """

    @property
    def is_logit(self) -> bool:
        """Whether it is the binary logit, whose compiled loops are then used."""

    @property
    def needs_origin(self) -> bool:
        """Whether zero is a bad starting value."""

    @property
    def solving(self) -> Family:
        """The family whose second derivatives the solver uses for its steps; it has the same losses."""

    @property
    def is_convex(self) -> bool:
        """Whether its second derivatives are never negative."""

    @property
    def is_bounded(self) -> bool:
        """Whether linear predictors must stay below zero, so that a maximum may be on the boundary."""

    @property
    def concave(self) -> Family:
        """A family of the same predictors whose likelihood has one maximum: this one, or that with the logit."""

    @property
    def exact(self) -> Family:
        """The same family with exact second derivatives, if the solver uses others."""

    @property
    def expected(self) -> Family:
        """The same family with the expected second derivatives."""

    def probabilities(self, eta: FloatArray) -> FloatArray:
        """Return the probability of each outcome, shape (K, n)."""

    def log_probabilities(self, eta: FloatArray) -> FloatArray:
        """Return the logarithm of each probability, exact however near to 0 or 1 that is, shape (K, n)."""

    def log_odds(self, eta: FloatArray) -> FloatArray:
        """Return the log odds of each outcome against all others, shape (K, n)."""

    def log_odds_jacobian(self, eta: FloatArray) -> FloatArray:
        """Return the derivatives of the log odds by the linear predictors, shape (K, m, n)."""

    def probability_slopes(self, eta: FloatArray) -> FloatArray:
        """Return the derivatives of the probabilities by the linear predictors, zero at their limits, (K, m, n)."""

    def probability_curvatures(self, eta: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the derivatives by the linear predictors of the slope along a direction, (m, n); shape (K, m, n)."""

    def improper(self, eta: FloatArray) -> BoolArray:
        """Return which rows have linear predictors that give no probabilities, shape (n,)."""

    def intercepts(self, proportions: FloatArray | None) -> FloatArray:
        """Return the linear predictors that give these probabilities of the outcomes, or zero, shape (m,)."""

    def origin(self, response: Response) -> FloatArray:
        """Return the starting linear predictors of an average row, less the mean offsets, shape (m,)."""

    def margins(self, response: Response) -> tuple[IntArray, IntArray, FloatArray, BoolArray]:
        """Return the differences of linear predictors that no direction of recession may lower.

        For each row and margin, shape (n, r): the predictor that must not fall, the one that it must not fall against,
        each negative for none; the side, 1 or one half where the margin must stay; and whether it counts.
        """

    def sides(self, response: Response) -> Response:
        """Return the side of zero on which the only linear predictor of each row must move, of two outcomes."""

    def losses(self, eta: FloatArray, response: Response) -> FloatArray:
        """Return the negative log-likelihood of one trial per row, without the constant of counts, shape (n,)."""

    def saturated_losses(self, response: Response) -> FloatArray:
        """Return the least loss that any linear predictors could give, shape (n,)."""

    def log_constants(self, response: Response) -> FloatArray:
        """Return the logarithm of the constant of counts per row, zero where a row is one trial, shape (n,)."""

    def slopes(self, eta: FloatArray, response: Response) -> FloatArray:
        """Return the derivatives of the losses by the linear predictors, shape (m, n)."""

    def curvatures(self, eta: FloatArray) -> FloatArray:
        """Return the expected second derivatives of the losses by the linear predictors, shape (m, m, n)."""

    def curvature_slopes(self, eta: FloatArray, between: FloatArray) -> FloatArray:
        r"""Return how the expected second derivatives C change, summed with symmetric matrices V of shape (m, m, n).

        For each predictor c :math:`\sum_{ab} V_{ab}\, \partial C_{ab} / \partial \eta_c`, shape (m, n).
        """

    def bias_slopes(self, eta: FloatArray, between: FloatArray) -> FloatArray:
        r"""Return what makes up the first-order bias, summed with symmetric matrices V of shape (m, m, n).

        For each predictor c :math:`\sum_{ab} V_{ab} \sum_k p_{k,ab}\, p_{k,c} / p_k`, with derivatives of the
        probabilities by the predictors, shape (m, n); where second derivatives do not depend on the outcome it is
        ``curvature_slopes``.
        """

    def draw(self, generator: np.random.Generator, trials: IntArray, probabilities: FloatArray) -> FloatArray:
        """Return proportions of the outcomes drawn for rows of trials, shape (K, n); nan without a trial."""
