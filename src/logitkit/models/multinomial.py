r"""The multinomial family: one outcome of K, or counts of them, and one linear predictor an outcome.

Everything is a function of the logits, of which only differences within a row count. Equations are those of
``docs/maths/multinomial.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.response.response import NO_SHARES
from logitkit.numerics.kernels.softmax import softmax_by_row, softmax_rows
from logitkit.typing import CodeArray, FloatArray

__all__ = ["NO_SHARES", "Multinomial"]


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
        return softmax_rows(eta, codes, shares, weights, slope, others)

    def slopes_by_row(
        self, eta: FloatArray, codes: CodeArray, shares: FloatArray, weights: FloatArray
    ) -> tuple[float, float]:
        """Overwrite logits of shape (n, K) with the slopes; return the loss and the least other mean."""
        return softmax_by_row(eta, codes, shares, weights, np.empty(eta.shape[1]))

    def mean(self, eta: FloatArray) -> FloatArray:
        """Return the probability of each outcome, shape (K, n); missing where a logit is."""
        out = np.array(eta, dtype=np.float64, order="C")
        n = out.shape[1]
        missing = np.isnan(out).any(axis=0)
        self.rows(out, np.zeros(n, np.int32), NO_SHARES, np.zeros(n), np.empty_like(out), np.empty_like(out))
        out[:, missing] = np.nan
        return out

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
        """Return the negative log-likelihood of one trial a row, without the constant, shape (n,)."""
        below, log_sum = _below_top(eta)
        if shares.size:
            short = np.where(shares > 0.0, -shares * below, 0.0).sum(axis=0)
        else:
            short = -below[codes, np.arange(log_sum.size)]
        return np.asarray(short + log_sum)

    def saturated_loss(self, shares: FloatArray, n: int) -> FloatArray:
        """Return the least loss that any logits could give, the entropy of the shares, shape (n,)."""
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
