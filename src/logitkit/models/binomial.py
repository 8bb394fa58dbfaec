r"""The binomial family: events out of trials, with one linear predictor per row.

Everything is a function of the linear predictor. The engine calls :meth:`Binomial.rows`; the other methods are used
after a fit. Equations are those of ``docs/maths/binomial.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from logitkit.design.response.response import Response, less_offsets
from logitkit.models.links import LINKS, LOGIT, Information, Link
from logitkit.models.words import ODDS_RATIO, Words
from logitkit.numerics.kernels import binomial as kernel
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

if TYPE_CHECKING:
    from logitkit.models.curvatures import BlockSums

__all__ = ["Binomial"]

LOGISTIC = Words("Logistic regression", "Penalised logistic regression", ODDS_RATIO, "binomial", has_event=True)
INSTEAD = "Use effects on probabilities, fit.effects(), or the logit link."
OF_ABSENCE = (
    "exp(-coefficient) is the hazard ratio of the other outcome: make that the event, with the complementary log-log "
    "link."
)
#: What models of two outcomes with another link are called.
OTHERS = {
    name: Words(
        f"Binary regression with the {link.words} link",
        "",
        None if link.ratio_of_absence else link.ratio,
        "binomial",
        has_event=True,
        link=f"{link.words} link",
        instead=OF_ABSENCE if link.ratio_of_absence else INSTEAD,
    )
    for name, link in LINKS.items()
}
QUASI = (
    "A fraction has no likelihood here: the coefficients maximise the Bernoulli quasi-likelihood, which is right "
    "whenever the mean is, so likelihood statistics (log-likelihood, AIC, BIC, R2) are not reported."
)
#: What models of fractions are called.
FRACTIONS = {
    name: replace(
        LOGISTIC if name == LOGIT.name else OTHERS[name],
        title=f"Fractional {'logistic regression' if name == LOGIT.name else f'regression with the {link.words} link'}",
        quasi=QUASI,
    )
    for name, link in LINKS.items()
}


@dataclass(frozen=True, slots=True)
class Binomial:
    """The binomial distribution with a link.

    Parameters
    ----------
    link : Link
        The link.
    information : {'expected', 'observed'}
        The second derivatives that standard errors are based on; the same for the logit.
    fraction : bool
        Whether outcomes are fractions, with a quasi-likelihood.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989) Generalized Linear Models, 2nd edition, chapter 4.

    Examples
    --------
    The variance of a Bernoulli outcome is mu (1 - mu):

    >>> import numpy as np
    >>> family = Binomial()
    >>> eta = np.array([-2.0, 0.0, 3.0])
    >>> mu = family.mean(eta)
    >>> bool(np.allclose(family.variance(eta), mu * (1 - mu)))
    True
    """

    link: Link = field(default=LOGIT)
    information: Information = "expected"
    fraction: bool = False

    name = "binomial"
    compares_predictors = False

    @property
    def tail_link(self) -> Link:
        """The link of the probability that one predictor determines by itself."""
        return self.link

    @property
    def is_logit(self) -> bool:
        """Whether the compiled loops of the binary logit are used."""
        return self.link.code == LOGIT.code

    @property
    def is_bounded(self) -> bool:
        """Whether linear predictors must stay below zero, at which the mean is 1."""
        return not self.link.rises_to_one

    def sides(self, response: Response) -> Response:
        """Return the direction in which each row's predictor may move: 1 for up, 0 for down, one half for not at all.

        The likelihood does not decrease in such a direction. With the log link, predictors of events cannot move and
        the others move down.
        """
        if not self.is_bounded:
            return response
        return replace(response, y=np.where(response.y > 0.0, 0.5, 0.0), trials=None, prior=response.weights)

    @property
    def needs_origin(self) -> bool:
        """Whether zero is a bad starting value, at which the mean may not exist or may be far from the data."""
        return not self.is_logit

    @property
    def is_convex(self) -> bool:
        """Whether its second derivatives are never negative; observed ones of the cauchit link can be."""
        return self.link.log_concave or self.information == "expected"

    @property
    def concave(self) -> Binomial:
        """The family itself, or for the cauchit that of the logit."""
        return self if self.link.log_concave else Binomial()

    @property
    def exact(self) -> Binomial:
        """The family with observed information."""
        return self if self.is_logit else replace(self, information="observed")

    @property
    def expected(self) -> Binomial:
        """The family with expected information."""
        return self if self.is_logit else replace(self, information="expected")

    @property
    def solving(self) -> Binomial:
        """The family used in solving, with observed information if the likelihood is log-concave."""
        if self.is_logit:
            return self
        return replace(self, information="observed" if self.link.log_concave else "expected")

    def rows(
        self,
        eta: FloatArray,
        y: FloatArray,
        weights: FloatArray,
        slope: FloatArray,
        curvature: FloatArray,
    ) -> tuple[float, float, float, float]:
        """Fill slope and curvature for a block of rows; return the loss, the least residual and sums of means."""
        if self.is_logit:
            return kernel.logit_rows(eta, y, weights, slope, curvature)
        from logitkit.numerics.kernels.links import link_rows

        expected = self.information == "expected"
        return link_rows(self.link.code, expected, np.ascontiguousarray(eta), y, weights, slope, curvature)

    def block(
        self,
        eta: FloatArray,
        codes: CodeArray,
        shares: FloatArray,
        weights: FloatArray,
        slope: FloatArray,
    ) -> BlockSums:
        """Fill the slopes of a block of rows, shape (1, b)."""
        from logitkit.models.curvatures import Banded, BlockSums

        y = shares[1] if shares.size else codes.astype(np.float64)
        curvature = np.empty(eta.shape)
        value, closest, _, _ = self.rows(eta[0], np.ascontiguousarray(y), weights, slope[0], curvature[0])
        return BlockSums(value, closest, Banded(curvature, np.empty((0, eta.shape[1]))))

    def walk(
        self,
        numbers: FloatArray,
        coef: FloatArray,
        offset: FloatArray | None,
        y: FloatArray,
        weights: FloatArray,
        slope: FloatArray,
        curvature: FloatArray,
        gradient: FloatArray,
    ) -> tuple[float, float, float, float]:
        """Do the same as ``rows`` for a dense matrix, and add to the gradient, in one pass over the matrix."""
        offset = np.empty(0) if offset is None else offset
        return kernel.logit_walk(numbers, coef, offset, y, weights, slope, curvature, gradient)

    def pearson(self, slope: FloatArray, curvature: FloatArray) -> float:
        """Return Pearson's statistic of rows whose slope and curvature are known."""
        from logitkit.numerics.kernels.binomial_values import ratio_sum

        return ratio_sum(slope, curvature)

    def mean(self, eta: FloatArray) -> FloatArray:
        """Return the probability of the event, shape (n,)."""
        return self.link.inverse(eta)

    @property
    def words(self) -> Words:
        """The wording of its models in printed output."""
        if self.fraction:
            return FRACTIONS[self.link.name]
        return LOGISTIC if self.is_logit else OTHERS[self.link.name]

    @property
    def n_outcomes(self) -> int:
        """Two: the event and its opposite."""
        return 2

    def probabilities(self, eta: FloatArray) -> FloatArray:
        """Return the probabilities of non-event and event, shape (2, n)."""
        return np.array([self.complement(eta[0]), self.mean(eta[0])])

    def log_probabilities(self, eta: FloatArray) -> FloatArray:
        """Return the logarithms of both probabilities, shape (2, n)."""
        both, outcome = np.empty((2, eta.shape[1])), np.zeros((2, eta.shape[1]))
        both[:], outcome[1] = eta[0], 1.0
        return -self._limit_loss(both.reshape(-1), outcome.reshape(-1)).reshape(both.shape)

    def log_odds(self, eta: FloatArray) -> FloatArray:
        """Return the log odds of non-event and event, shape (2, n)."""
        odds = eta[0] if self.is_logit else self.link.log_odds(eta[0])
        return np.array([-odds, odds])

    def log_odds_jacobian(self, eta: FloatArray) -> FloatArray:
        """Return the derivatives of both log odds by the linear predictor, shape (2, 1, n)."""
        slope = np.ones(eta.shape) if self.is_logit else self.link.log_odds_slope(eta)
        return np.array([-slope, slope])

    def probability_slopes(self, eta: FloatArray) -> FloatArray:
        """Return the derivatives of both probabilities by the linear predictor, shape (2, 1, n)."""
        slope = self.variance(eta) if self.is_logit else self.link.slope(eta)
        return np.array([-slope, slope])

    def probability_curvatures(self, eta: FloatArray, direction: FloatArray) -> FloatArray:
        """Return their second derivatives times the direction, shape (2, 1, n)."""
        if self.is_logit:
            mean, rest = self.mean(eta), self.complement(eta)
            curved = mean * rest * (rest - mean) * direction
        else:
            curved = self.link.curvature(eta) * direction
        return np.array([-curved, curved])

    def improper(self, eta: FloatArray) -> BoolArray:
        """Return which rows have no mean below 1, with the log link, shape (n,)."""
        return np.asarray(np.isnan(self.mean(eta[0])) & ~np.isnan(eta[0]))

    def intercepts(self, proportions: FloatArray | None) -> FloatArray:
        """Return the linear predictor that gives these probabilities of the outcomes, or zero, shape (1,)."""
        return np.zeros(1) if proportions is None else np.array([float(self.link.link(proportions[1]))])

    def origin(self, response: Response) -> FloatArray:
        """Return minus the mean offset, plus the link of the mean outcome unless the link is the logit, shape (1,)."""
        start = 0.0 if self.is_logit else self.link.start(response.events / response.total)
        if self.is_bounded and response.shift is not None:  # every mean below 1
            return np.array([start - response.shift.max()])
        return start + less_offsets(response, 1)

    def margins(self, response: Response) -> tuple[IntArray, IntArray, FloatArray, BoolArray]:
        """Return the linear predictor, up for events and down for non-events, shape (n, 1)."""
        event, nonevent = response.y > 0.0, response.y < 1.0
        plus = np.where(event, 0, -1)[:, None]
        minus = np.where(event, -1, 0)[:, None]
        sides = np.where(event & nonevent, 0.5, 1.0)[:, None]
        return plus, minus, sides, np.ones(sides.shape, dtype=bool)

    def losses(self, eta: FloatArray, response: Response) -> FloatArray:
        """Return the negative log-likelihood of one trial per row, shape (n,)."""
        return self._limit_loss(eta[0], response.y)

    def _limit_loss(self, eta: FloatArray, y: FloatArray) -> FloatArray:
        """Return the loss, at an infinite linear predictor 0 for the outcome that is certain, else infinite."""
        at_limit, found = np.isinf(eta), self.loss(eta, y)
        if at_limit.any():
            found[at_limit] = np.where(y == (eta > 0.0), 0.0, np.inf)[at_limit]
        return found

    def saturated_losses(self, response: Response) -> FloatArray:
        """Return the least loss of each row, shape (n,)."""
        return self.saturated_loss(response.y)

    def log_constants(self, response: Response) -> FloatArray:
        """Return log of the binomial coefficient of each row, shape (n,)."""
        return np.zeros(response.n_rows) if response.trials is None else self.log_constant(response.y, response.trials)

    def slopes(self, eta: FloatArray, response: Response) -> FloatArray:
        """Return the derivatives of the losses, mu - y with the logit, shape (1, n)."""
        if self.is_logit:
            return -self.residual(eta[0], response.y)[None]
        return self.per_trial(eta[0], response.y)[0][None]

    def curvatures(self, eta: FloatArray) -> FloatArray:
        """Return the expected second derivatives, mu (1 - mu) with the logit, shape (1, 1, n)."""
        if self.is_logit:
            return self.variance(eta[0])[None, None]
        expected = Binomial(self.link)
        return expected.per_trial(eta[0], np.zeros(eta.shape[1]))[1][None, None]

    def curvature_slopes(self, eta: FloatArray, between: FloatArray) -> FloatArray:
        """Return V times the derivative of the expected second derivative, shape (1, n)."""
        return np.asarray(between[0] * self.link.curvature_slope(eta))

    def bias_slopes(self, eta: FloatArray, between: FloatArray) -> FloatArray:
        """Return V times F' F'' / {F (1 - F)}, shape (1, n)."""
        return np.asarray(between[0] * self.link.bias_slope(eta))

    def per_trial(self, eta: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return slope and curvature of the loss of one trial per row, shape (n,) each."""
        slope, curvature = np.empty(eta.size), np.empty(eta.size)
        self.rows(eta, np.ascontiguousarray(y), np.ones(eta.size), slope, curvature)
        return slope, curvature

    def draw(self, generator: np.random.Generator, trials: IntArray, probabilities: FloatArray) -> FloatArray:
        """Return proportions of non-events and events, shape (2, n); nan without a trial."""
        with np.errstate(invalid="ignore"):
            events = generator.binomial(trials, probabilities[1]) / trials
        return np.stack([1.0 - events, events])

    def complement(self, eta: FloatArray) -> FloatArray:
        """Return the probability of no event, exact where that of the event is near 1, shape (n,)."""
        return self.link.inverse(-np.asarray(eta)) if self.is_logit else self.link.complement(eta)

    def variance(self, eta: FloatArray) -> FloatArray:
        """Return mu (1 - mu) of one trial, computed as a product of both tails, shape (n,)."""
        return self.mean(eta) * self.complement(eta)

    def residual(self, eta: FloatArray, y: FloatArray) -> FloatArray:
        """Return y - mu without cancellation near 0 and 1, shape (n,)."""
        if self.is_logit:
            from logitkit.numerics.kernels.binomial_values import logit_residuals

            return logit_residuals(np.ascontiguousarray(eta), np.ascontiguousarray(y))
        return y * self.complement(eta) - (1.0 - y) * self.mean(eta)

    def loss(self, eta: FloatArray, y: FloatArray) -> FloatArray:
        """Return the negative log-likelihood of one trial per row, without the constant, shape (n,)."""
        eta, y = np.ascontiguousarray(eta), np.ascontiguousarray(y)
        if self.is_logit:
            from logitkit.numerics.kernels.binomial_values import logit_values

            return logit_values(eta, y)
        from logitkit.numerics.kernels.links import link_values

        return link_values(self.link.code, eta, y)

    def saturated_loss(self, y: FloatArray) -> FloatArray:
        """Return the least loss that any linear predictor could give, the entropy of y, shape (n,)."""
        inner = (y > 0.0) & (y < 1.0)
        out = np.zeros(y.shape)
        y_inner = y[inner]
        out[inner] = -(y_inner * np.log(y_inner) + (1.0 - y_inner) * np.log1p(-y_inner))
        return out

    def unit_deviance(self, eta: FloatArray, y: FloatArray) -> FloatArray:
        """Return twice the loss above the saturated loss for one trial per row, never negative, shape (n,)."""
        return np.maximum(2.0 * (self.loss(eta, y) - self.saturated_loss(y)), 0.0)

    def log_constant(self, y: FloatArray, trials: FloatArray) -> FloatArray:
        """Return log of the binomial coefficient of each row, shape (n,); zero where trials is one."""
        from scipy.special import gammaln

        events = np.rint(y * trials)
        return np.asarray(gammaln(trials + 1.0) - gammaln(events + 1.0) - gammaln(trials - events + 1.0))
