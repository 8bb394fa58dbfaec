r"""The multinomial family: one of K outcomes, or their counts, with one linear predictor per outcome.

Everything is a function of the logits; only their differences within a row matter. Equations are those of
``docs/maths/multinomial.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.response.response import NO_SHARES, Response, less_offsets
from logitkit.models.curvatures import BlockSums, Softmax
from logitkit.models.words import RELATIVE_RISK_RATIO, Words
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["NO_SHARES", "Multinomial"]

MULTINOMIAL = Words(
    "Multinomial logistic regression",
    "Penalised multinomial regression",
    RELATIVE_RISK_RATIO,
    "multinomial",
    compares=True,
    equation="outcome",
)


@dataclass(frozen=True, slots=True)
class Multinomial:
    """The multinomial distribution with the softmax.

    Parameters
    ----------
    n_outcomes : int
        K, at least two.

    References
    ----------
    Agresti, A. (2013) Categorical Data Analysis, 3rd edition, section 8.1.

    Examples
    --------
    Adding a number to all logits of a row changes nothing:

    >>> family = Multinomial(3)
    >>> eta = np.array([[0.0], [1.0], [800.0]])
    >>> bool(np.allclose(family.mean(eta), family.mean(eta - 800.0), rtol=1e-12))
    True
    """

    n_outcomes: int

    name = "multinomial"
    words = MULTINOMIAL
    compares_predictors = True
    tail_link = None
    is_logit = False
    is_convex = True
    is_bounded = False
    needs_origin = False

    @property
    def concave(self) -> Multinomial:
        """The family itself."""
        return self

    @property
    def exact(self) -> Multinomial:
        """The family itself."""
        return self

    @property
    def expected(self) -> Multinomial:
        """The family itself."""
        return self

    @property
    def solving(self) -> Multinomial:
        """The family itself: second derivatives and their expectations are the same."""
        return self

    def rows(
        self,
        eta: FloatArray,
        codes: CodeArray,
        shares: FloatArray,
        weights: FloatArray,
        slope: FloatArray,
        others: FloatArray,
    ) -> tuple[float, float]:
        """Overwrite logits with probabilities, fill slopes and 1 - p; return the loss and the least other mean."""
        from logitkit.numerics.kernels.softmax import softmax_rows

        return softmax_rows(eta, codes, shares, weights, slope, others)

    def block(
        self,
        eta: FloatArray,
        codes: CodeArray,
        shares: FloatArray,
        weights: FloatArray,
        slope: FloatArray,
    ) -> BlockSums:
        """Fill the slopes of a block of rows; its second derivatives, observed and expected, are the same."""
        mean = np.array(eta, order="C")
        others = np.empty_like(mean)
        value, closest = self.rows(mean, codes, shares, weights, slope, others)
        return BlockSums(value, closest, Softmax(mean, others, weights), self.pearson(mean, slope, weights))

    def slopes_by_row(
        self, eta: FloatArray, codes: CodeArray, shares: FloatArray, weights: FloatArray
    ) -> tuple[float, float]:
        """Overwrite logits of shape (n, K) with the slopes; return the loss and the least other mean."""
        from logitkit.numerics.kernels.softmax import softmax_by_row

        return softmax_by_row(eta, codes, shares, weights, np.empty(eta.shape[1]))

    def mean(self, eta: FloatArray) -> FloatArray:
        """Return the probability of each outcome, shape (K, n); missing where a logit is."""
        out = np.array(eta, dtype=np.float64, order="C")
        n = out.shape[1]
        missing = np.isnan(out).any(axis=0)
        self.rows(out, np.zeros(n, np.int32), NO_SHARES, np.zeros(n), np.empty_like(out), np.empty_like(out))
        out[:, missing] = np.nan
        return out

    def probabilities(self, eta: FloatArray) -> FloatArray:
        """Return the probability of each outcome, shape (K, n); zero where its logit is minus infinity.

        In a row with a missing logit, all probabilities except these zeros are missing.
        """
        return np.where(np.isneginf(eta), 0.0, self.mean(eta))

    def log_probabilities(self, eta: FloatArray) -> FloatArray:
        """Return the logarithm of each probability, shape (K, n)."""
        return self.log_mean(eta)

    def log_odds(self, eta: FloatArray) -> FloatArray:
        """Return each logit minus the log-sum-exp of the others, shape (K, n)."""
        out = np.empty(eta.shape)
        for k in range(self.n_outcomes):
            others = np.delete(eta, k, axis=0)
            top = others.max(axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):
                gap = np.where(np.isinf(top), eta[k] - top, eta[k] - top - np.log(np.exp(others - top).sum(axis=0)))
            out[k] = gap
        return out

    def log_odds_jacobian(self, eta: FloatArray) -> FloatArray:
        """Return 1 for the outcome itself and minus the proportion of each other among the others, (K, K, n)."""
        k, n = eta.shape
        out = np.empty((k, k, n))
        for own in range(k):
            others = np.delete(np.arange(k), own)
            out[own, own] = 1.0
            out[own, others] = -self.mean(eta[others]) if k > 2 else -1.0
        return out

    def probability_slopes(self, eta: FloatArray) -> FloatArray:
        """Return diag(p) - p p', shape (K, K, n)."""
        mean = self.probabilities(eta)
        out = -mean[:, None] * mean
        places = np.arange(self.n_outcomes)
        out[places, places] = mean * np.stack([np.delete(mean, k, axis=0).sum(axis=0) for k in places])
        return np.where(mean[:, None] == 0.0, 0.0, out)

    def probability_curvatures(self, eta: FloatArray, direction: FloatArray) -> FloatArray:
        """Return p_k {(e_kb - p_b)(d_k - d) - p_b (d_b - d)}, d the mean of the direction; shape (K, K, n)."""
        mean = self.probabilities(eta)
        centred = direction - np.where(mean > 0.0, mean * direction, 0.0).sum(axis=0)
        slopes = self.probability_slopes(eta)
        out = slopes * centred[:, None] - mean[:, None] * (mean * centred)
        return np.where(mean[:, None] == 0.0, 0.0, out)

    def improper(self, eta: FloatArray) -> BoolArray:
        """Return no row: any logits give probabilities, shape (n,)."""
        return np.zeros(eta.shape[1], dtype=bool)

    def intercepts(self, proportions: FloatArray | None) -> FloatArray:
        """Return the logits that give these probabilities of the outcomes, zero if none are given, shape (K,)."""
        if proportions is None:
            return np.zeros(self.n_outcomes)
        with np.errstate(divide="ignore"):
            return np.log(proportions)

    def origin(self, response: Response) -> FloatArray:
        """Return minus the mean offsets, shape (K,)."""
        return less_offsets(response, self.n_outcomes)

    def margins(self, response: Response) -> tuple[IntArray, IntArray, FloatArray, BoolArray]:
        """Return the logit of each row's first outcome against each other one, shape (n, K - 1)."""
        shares = response.indicators()
        own = shares.argmax(axis=0)
        outcomes = np.arange(self.n_outcomes - 1)
        other = outcomes + (outcomes >= own[:, None])
        both = shares[other, np.arange(own.size)[:, None]] > 0.0
        plus = np.repeat(own[:, None], outcomes.size, axis=1)
        return plus, other, np.where(both, 0.5, 1.0), np.ones(both.shape, dtype=bool)

    def sides(self, response: Response) -> Response:
        """Return the response as it is: there are several predictors."""
        return response

    def losses(self, eta: FloatArray, response: Response) -> FloatArray:
        """Return the negative log-likelihood of one trial per row, shape (n,)."""
        return self.loss(eta, response.codes, NO_SHARES if response.shares is None else response.shares)

    def saturated_losses(self, response: Response) -> FloatArray:
        """Return the least loss of each row, shape (n,)."""
        return self.saturated_loss(NO_SHARES if response.shares is None else response.shares, response.n_rows)

    def log_constants(self, response: Response) -> FloatArray:
        """Return log of the multinomial coefficient of each row, shape (n,)."""
        if response.trials is None:
            return np.zeros(response.n_rows)
        return self.log_constant(response.indicators(), response.trials)

    def slopes(self, eta: FloatArray, response: Response) -> FloatArray:
        """Return p - y, shape (K, n)."""
        return self.mean(eta) - response.indicators()

    def curvatures(self, eta: FloatArray) -> FloatArray:
        """Return the covariance of the outcomes of one trial, diag(p) - p p', shape (K, K, n)."""
        mean = self.mean(eta)
        out = -mean[:, None] * mean
        places = np.arange(self.n_outcomes)
        rest = np.stack([np.delete(mean, k, axis=0).sum(axis=0) for k in places])  # 1 - p without cancellation
        out[places, places] = mean * rest
        return out

    def curvature_slopes(self, eta: FloatArray, between: FloatArray) -> FloatArray:
        """Return the third central moments of the outcomes, summed with V over two of them, shape (K, n)."""
        mean = self.mean(eta)
        turned = np.einsum("abn,bn->an", between, mean)
        spread = np.einsum("kkn->kn", between) - 2.0 * turned + (mean * turned).sum(axis=0)
        return np.asarray(mean * (spread - (mean * spread).sum(axis=0)))

    def bias_slopes(self, eta: FloatArray, between: FloatArray) -> FloatArray:
        """Return the same: second derivatives do not depend on the outcome, shape (K, n)."""
        return self.curvature_slopes(eta, between)

    def draw(self, generator: np.random.Generator, trials: IntArray, probabilities: FloatArray) -> FloatArray:
        """Return proportions of the outcomes, shape (K, n); nan without a trial."""
        with np.errstate(invalid="ignore"):
            return np.asarray(generator.multinomial(trials, (probabilities / probabilities.sum(axis=0)).T).T / trials)

    def log_mean(self, eta: FloatArray) -> FloatArray:
        """Return the logarithm of each probability, exact however near to 0 or 1 that is, shape (K, n)."""
        below, log_sum = _below_top(eta)
        return below - log_sum

    def pearson(self, mean: FloatArray, slope: FloatArray, weights: FloatArray) -> float:
        """Return Pearson's statistic of rows, the sum of w (y - p)^2 / p over outcomes."""
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(slope != 0.0, slope**2 / (weights * mean), 0.0)
        return float(terms.sum())

    def loss(self, eta: FloatArray, codes: CodeArray, shares: FloatArray) -> FloatArray:
        """Return the negative log-likelihood of one trial per row, without the constant, shape (n,)."""
        below, log_sum = _below_top(eta)
        if shares.size:
            short = np.where(shares > 0.0, -shares * below, 0.0).sum(axis=0)
        else:
            short = -below[codes, np.arange(log_sum.size)]
        return np.asarray(short + log_sum)

    def saturated_loss(self, shares: FloatArray, n: int) -> FloatArray:
        """Return the least loss that any logits could give, the entropy of the proportions, shape (n,)."""
        if not shares.size:
            return np.zeros(n)
        positive = np.where(shares > 0.0, shares, 1.0)
        return np.asarray(-(positive * np.log(positive)).sum(axis=0))

    def log_constant(self, shares: FloatArray, trials: FloatArray) -> FloatArray:
        """Return log of the multinomial coefficient of each row of counts, shape (n,)."""
        from scipy.special import gammaln

        counts = np.rint(shares * trials)
        return np.asarray(gammaln(trials + 1.0) - gammaln(counts + 1.0).sum(axis=0))


def _below_top(eta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return logits less the largest of their row, and the logarithm of the sum of their exponentials."""
    top, place = eta.max(axis=0), eta.argmax(axis=0)
    with np.errstate(invalid="ignore"):
        below = eta - top
    rest = np.exp(below)
    rest[place, np.arange(top.size)] = 0.0
    return below, np.log1p(rest.sum(axis=0))
