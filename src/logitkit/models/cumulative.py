r"""The cumulative family: ordered outcomes, :math:`P(Y \le k) = F(\eta_k)`, one linear predictor per threshold.

:math:`\eta_k` is a threshold less :math:`x'\beta`, so that a positive coefficient moves a row towards higher outcomes.
Equations are those of ``docs/maths/ordinal.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from logitkit.design.response.response import NO_SHARES, Response, less_offsets
from logitkit.models.adjacent import ORDERED
from logitkit.models.conventions import Direction
from logitkit.models.curvatures import Banded, BlockSums
from logitkit.models.links import LINKS, LOGIT, Information, Link
from logitkit.models.multinomial import Multinomial
from logitkit.models.words import ODDS_RATIO, Words
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["Cumulative", "crossed"]

INSTEAD = "Use effects on probabilities, fit.effects(), or the logit link."
OF_LOWER = (
    "exp(-coefficient) is the hazard ratio for lower outcomes; with the log-log link exp(coefficient) is that for "
    "higher ones."
)
TOLD = {"higher": OF_LOWER, "lower": "exp(-coefficient) is the hazard ratio for higher outcomes."}
OF_ODDS = "Odds ratio: the factor by which an increase of {change} multiplies the odds of an outcome "
ABOVE = "above a threshold, P(Y > k) / P(Y <= k)"
BELOW = "up to a threshold, P(Y <= k) / P(Y > k)"
#: What exp(coefficient) of the logit multiplies, by what positive coefficients mean.
ODDS = {
    "higher": replace(ODDS_RATIO, meaning=f"{OF_ODDS}{ABOVE}."),
    "lower": replace(ODDS_RATIO, meaning=f"{OF_ODDS}{BELOW}."),
    "thresholds": replace(ODDS_RATIO, meaning=f"{OF_ODDS}{ABOVE}; of nominal terms those {BELOW}."),
}


def _named(link: Link, direction: str) -> Words:
    """Return the words of a link, whose ratio is of odds, or of hazards of the outcomes that a coefficient means."""
    of = LINKS[link.name if direction == "lower" else str(link.mirror)]  # Y > k has the mirrored link
    nameless = of.ratio_of_absence or (direction == "thresholds" and link is not LOGIT)
    return replace(
        ORDERED,
        title=f"Cumulative {link.words} model",
        ratio=ODDS[direction] if link is LOGIT else None if nameless else of.ratio,
        instead=TOLD.get(direction, INSTEAD) if of.ratio_of_absence else INSTEAD,
        downwards=direction == "lower",
        improper="the thresholds cross, so that the probability of an outcome would be negative",
    )


#: By link, and what positive coefficients mean.
TITLES = {(each.name, way): _named(each, way) for each in LINKS.values() if each.mirror is not None for way in ODDS}
PIECE = 2048  # rows whose tails stay in the second-level cache


@dataclass(frozen=True, slots=True)
class Cumulative:
    """The multinomial distribution of ordered outcomes, with a link for the cumulative probabilities.

    Parameters
    ----------
    n_outcomes : int
        K, at least two; m = K - 1 thresholds.
    link : Link
        The link of the cumulative probabilities; its mean rises from 0 to 1 over the real line.
    information : {'observed', 'expected'}
        The second derivatives that standard errors are based on.
    direction : {'higher', 'lower', 'thresholds'}
        What positive coefficients mean, which determines the name of exp(coefficient).

    References
    ----------
    McCullagh, P. (1980) Regression models for ordinal data. Journal of the Royal Statistical Society B 42, 109-142.

    Examples
    --------
    With two outcomes, the probability of the second has the mirrored link, at minus the threshold:

    >>> family = Cumulative(2)
    >>> eta = np.array([[-1.0, 0.0, 30.0]])
    >>> bool(np.allclose(family.probabilities(eta)[1], 1.0 / (1.0 + np.exp(eta[0])), rtol=1e-14))
    True
    """

    n_outcomes: int
    link: Link = field(default=LOGIT)
    information: Information = "observed"
    direction: Direction = "higher"

    name = "cumulative"
    compares_predictors = False
    is_logit = False
    is_bounded = False
    needs_origin = True

    @property
    def tail_link(self) -> Link:
        """The link of the probability that one predictor determines by itself."""
        return self.link

    @property
    def is_convex(self) -> bool:
        """Whether its second derivatives are never negative; observed ones of the cauchit link can be."""
        return self.link.log_concave or self.information == "expected"

    @property
    def concave(self) -> Cumulative:
        """The family itself, or for the cauchit that of the logit."""
        return self if self.link.log_concave else Cumulative(self.n_outcomes)

    @property
    def exact(self) -> Cumulative:
        """The family with observed information."""
        return replace(self, information="observed")

    @property
    def expected(self) -> Cumulative:
        """The family with expected information."""
        return replace(self, information="expected")

    @property
    def words(self) -> Words:
        """The wording of its models in printed output."""
        return TITLES[self.link.name, self.direction]

    @property
    def solving(self) -> Cumulative:
        """The family used in solving, with observed information if the likelihood is log-concave."""
        return replace(self, information="observed" if self.link.log_concave else "expected")

    def rows(
        self,
        eta: FloatArray,
        codes: CodeArray,
        shares: FloatArray,
        weights: FloatArray,
        curvatures: tuple[FloatArray, FloatArray],
        slope: FloatArray,
        expected: bool = False,
    ) -> tuple[float, float, int]:
        """Fill slopes (m, n) and curvatures, (m, n) and (m - 1, n) beside the diagonal, of weighted losses of rows.

        Returns their sum, the number that certifies overlap, and how many rows have thresholds that do not rise.
        """
        from logitkit.numerics.kernels.cumulative import cumulative_rows

        eta = np.ascontiguousarray(eta)
        if not expected and not shares.size:
            return self._own_rows(eta, codes, weights, curvatures, slope)
        tails = _room(eta)
        value, closest, n_crossed = 0.0, np.inf, 0
        for first in range(0, eta.shape[1], PIECE):
            self._fill_tails(eta, first, tails)
            sums = cumulative_rows(first, eta, tails, codes, shares, weights, expected, slope, *curvatures)
            value += sums[0]
            closest = min(closest, sums[1])
            n_crossed += sums[2]
        return value, closest, n_crossed

    def _own_rows(
        self,
        eta: FloatArray,
        codes: CodeArray,
        weights: FloatArray,
        curvatures: tuple[FloatArray, FloatArray],
        slope: FloatArray,
    ) -> tuple[float, float, int]:
        """Do what ``rows`` does for rows of one outcome, of which two thresholds matter."""
        from logitkit.numerics.kernels.cumulative import own_rows, own_thresholds

        n = eta.shape[1]
        value, closest, n_crossed = 0.0, np.inf, 0
        most = -(-n // max(-(-n // PIECE), 1))  # pieces of nearly the same size
        ends = np.empty((2, most))
        tails = _room(ends)
        for first in range(0, n, max(most, 1)):
            if n - first < most:
                ends = np.empty((2, n - first))
                tails = _room(ends)
            n_crossed += own_thresholds(first, eta, codes, weights, ends)
            self._fill_tails(ends, 0, tails)
            sums = own_rows(first, ends, tails, codes, weights, slope, *curvatures)
            value += sums[0]
            closest = min(closest, sums[1])
        return value, closest, n_crossed

    def block(
        self,
        eta: FloatArray,
        codes: CodeArray,
        shares: FloatArray,
        weights: FloatArray,
        slope: FloatArray,
    ) -> BlockSums:
        """Fill the slopes of a block of rows."""
        bands = _bands(eta)
        expected = self.information == "expected"
        value, closest, _ = self.rows(eta, codes, shares, weights, bands, slope, expected)
        return BlockSums(value, closest, Banded(*bands))

    def probabilities(self, eta: FloatArray) -> FloatArray:
        """Return the probability of each outcome, shape (K, n); missing in rows whose thresholds cross."""
        return np.where(crossed(eta), np.nan, self._outcomes(eta)[1])

    def log_probabilities(self, eta: FloatArray) -> FloatArray:
        """Return the logarithm of each probability, shape (K, n); missing in rows whose thresholds cross."""
        return np.where(crossed(eta), np.nan, self._outcomes(eta)[0])

    def log_odds(self, eta: FloatArray) -> FloatArray:
        """Return the log odds of each outcome against all others, shape (K, n)."""
        return self.log_probabilities(eta) - self._log_others(self._tails(eta))

    def log_odds_jacobian(self, eta: FloatArray) -> FloatArray:
        """Return the derivatives of the log odds by the linear predictors, shape (K, m, n)."""
        tails = self._tails(eta)
        with np.errstate(divide="ignore", invalid="ignore"):
            density = np.where(tails[0] < tails[1], np.log(tails[2]) + tails[0], np.log(tails[3]) + tails[1])
            inverse = -self.log_probabilities(eta) - self._log_others(tails)
            out = np.zeros((self.n_outcomes, *eta.shape))
            for k in range(eta.shape[0]):
                out[k, k] = np.exp(density[k] + inverse[k])
                out[k + 1, k] = -np.exp(density[k] + inverse[k + 1])
        out[:, :, crossed(eta)] = np.nan
        return out

    def probability_slopes(self, eta: FloatArray) -> FloatArray:
        """Return the derivatives of the probabilities by the linear predictors, shape (K, m, n)."""
        return self._of_thresholds(self.link.slope(eta), eta)

    def probability_curvatures(self, eta: FloatArray, direction: FloatArray) -> FloatArray:
        """Return their second derivatives times the direction, shape (K, m, n)."""
        return self._of_thresholds(self.link.curvature(eta) * direction, eta)

    def _of_thresholds(self, values: FloatArray, eta: FloatArray) -> FloatArray:
        """Return what each threshold adds to the outcome below it and takes from that above it, (K, m, n)."""
        out = np.zeros((self.n_outcomes, *eta.shape))
        for k, own in enumerate(values):
            out[k, k], out[k + 1, k] = own, -own
        out[:, :, crossed(eta)] = np.nan
        return out

    def improper(self, eta: FloatArray) -> BoolArray:
        """Return which rows have thresholds that cross, shape (n,)."""
        return np.asarray(crossed(eta) & ~np.isnan(eta).any(axis=0))

    def intercepts(self, proportions: FloatArray | None) -> FloatArray:
        """Return the thresholds with these probabilities of the outcomes, or equal ones, shape (m,)."""
        return self.null(np.ones(self.n_outcomes) if proportions is None else proportions)

    def origin(self, response: Response) -> FloatArray:
        """Return the thresholds of a model without slopes, less the mean offsets, shape (m,)."""
        totals = np.maximum(response.totals, 0.5 * response.totals[response.totals > 0.0].min())
        return self.null(totals) + less_offsets(response, self.n_outcomes - 1)

    def margins(self, response: Response) -> tuple[IntArray, IntArray, FloatArray, BoolArray]:
        """Return the thresholds: the one above the outcome of a row must not fall, the one below it must not rise."""
        has = response.indicators() > 0.0
        above, below = has[:-1].T, has[1:].T
        every = np.broadcast_to(np.arange(self.n_outcomes - 1), above.shape)
        plus, minus = np.where(above, every, -1), np.where(below & ~above, every, -1)
        return plus, minus, np.where(above & below, 0.5, 1.0), above | below

    def sides(self, response: Response) -> Response:
        """Return the response as it is: margins say which way thresholds move."""
        return response

    def losses(self, eta: FloatArray, response: Response) -> FloatArray:
        """Return the negative log-likelihood of one trial per row, infinite where its thresholds cross, shape (n,)."""
        logarithms = self._outcomes(eta)[0]
        if response.shares is None:
            return -logarithms[response.codes, np.arange(response.n_rows)]
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(response.shares > 0.0, -response.shares * logarithms, 0.0).sum(axis=0))

    def saturated_losses(self, response: Response) -> FloatArray:
        """Return the least loss of each row, shape (n,)."""
        return Multinomial(self.n_outcomes).saturated_losses(response)

    def log_constants(self, response: Response) -> FloatArray:
        """Return log of the multinomial coefficient of each row, shape (n,)."""
        return Multinomial(self.n_outcomes).log_constants(response)

    def slopes(self, eta: FloatArray, response: Response) -> FloatArray:
        """Return the derivatives of the losses by the linear predictors, shape (m, n)."""
        shares = NO_SHARES if response.shares is None else np.ascontiguousarray(response.shares)
        out = np.empty(eta.shape)
        self.rows(eta, response.codes, shares, np.ones(eta.shape[1]), _bands(eta), out)
        return out

    def curvatures(self, eta: FloatArray) -> FloatArray:
        """Return the expected second derivatives of the losses by the linear predictors, shape (m, m, n)."""
        (m, n), bands = eta.shape, _bands(eta)
        self.rows(eta, np.zeros(n, np.int32), NO_SHARES, np.ones(n), bands, np.empty(eta.shape), expected=True)
        out = np.zeros((m, m, n))
        places = np.arange(m)
        out[places, places] = bands[0]
        out[places[1:], places[:-1]] = out[places[:-1], places[1:]] = bands[1]
        return out

    def curvature_slopes(self, eta: FloatArray, between: FloatArray) -> FloatArray:
        """Return how the expected second derivatives change, summed with V, shape (m, n); of no use where crossed.

        With the scores s of the outcomes at threshold c: f_c (2 f'_c / f_c {(V s_c)_c - (V s_c+1)_c} - s_c' V s_c
        + s_c+1' V s_c+1).
        """
        density, bend, up, down = self._scores(eta)
        own = np.einsum("aan->an", between)
        beside = np.einsum("aan->an", between[1:, :-1])
        squares = np.zeros((self.n_outcomes, eta.shape[1]))  # s_k' V s_k
        with np.errstate(invalid="ignore", over="ignore"):
            squares[:-1] += own * up**2
            squares[1:] += own * down**2
            squares[1:-1] -= 2.0 * beside * up[1:] * down[:-1]
            across = own * (up + down)  # (V s_c)_c - (V s_c+1)_c
            across[1:] -= beside * down[:-1]
            across[:-1] -= beside * up[1:]
            return np.asarray(density * (2.0 * bend * across - squares[:-1] + squares[1:]))

    def bias_slopes(self, eta: FloatArray, between: FloatArray) -> FloatArray:
        """Return what makes up the first-order bias, summed with V, shape (m, n)."""
        density, bend, up, down = self._scores(eta)
        with np.errstate(invalid="ignore", over="ignore"):
            bent = np.einsum("aan->an", between) * bend * density
            out = bent * (up + down)
            out[:-1] -= bent[1:] * down[:-1]
            out[1:] -= bent[:-1] * up[1:]
            return np.asarray(out)

    def _scores(self, eta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return density f and f' / f at each threshold, and f over the probabilities below and above it, (m, n)."""
        logarithm, bend = self.link.log_density(eta)
        outcomes = self._outcomes(eta)[0]
        with np.errstate(over="ignore", invalid="ignore"):
            return np.exp(logarithm), bend, np.exp(logarithm - outcomes[:-1]), np.exp(logarithm - outcomes[1:])

    def null(self, totals: FloatArray) -> FloatArray:
        """Return the thresholds of a model without slopes: the link of cumulative proportions, shape (m,)."""
        return self.link.link(np.cumsum(totals)[:-1] / np.sum(totals))

    def draw(self, generator: np.random.Generator, trials: IntArray, probabilities: FloatArray) -> FloatArray:
        """Return proportions of the outcomes, shape (K, n); nan without a trial."""
        return Multinomial(self.n_outcomes).draw(generator, trials, probabilities)

    def _outcomes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return log p and p of every outcome, each of its own two thresholds alone."""
        from logitkit.numerics.kernels.cumulative import cumulative_probabilities

        eta = np.ascontiguousarray(eta, dtype=np.float64)
        tails = _room(eta)
        logarithms, probabilities = np.empty((2, self.n_outcomes, eta.shape[1]))
        for first in range(0, eta.shape[1], PIECE):
            self._fill_tails(eta, first, tails)
            cumulative_probabilities(first, eta, tails, logarithms, probabilities)
        return logarithms, probabilities

    def _fill_tails(self, eta: FloatArray, first: int, tails: FloatArray) -> None:
        """Fill the tails of a piece of the rows."""
        from logitkit.numerics.kernels.links import link_tails

        for predictor, space in zip(eta, tails, strict=True):
            link_tails(self.link.code, predictor[first : first + PIECE], space)

    def _tails(self, eta: FloatArray) -> FloatArray:
        """Return the tails of all linear predictors, shape (8, m, n)."""
        from logitkit.numerics.kernels.links import TAILS, link_tails

        out = np.empty((TAILS, eta.size))
        link_tails(self.link.code, np.ascontiguousarray(eta, dtype=np.float64).ravel(), out)
        return out.reshape(TAILS, *eta.shape)

    def _log_others(self, tails: FloatArray) -> FloatArray:
        """Return log(1 - p) of every outcome, the logarithm of what lies below it and above it, shape (K, n)."""
        log_below, log_above = tails[0], tails[1]
        with np.errstate(invalid="ignore"):
            return np.vstack([log_above[:1], np.logaddexp(log_below[:-1], log_above[1:]), log_below[-1:]])


def crossed(eta: FloatArray) -> BoolArray:
    """Return which rows have thresholds that cross, or one that is missing, shape (n,)."""
    with np.errstate(invalid="ignore"):
        rising = (eta[1:] >= eta[:-1]).all(axis=0)
    return np.asarray(~rising | np.isnan(eta).any(axis=0))


def _room(eta: FloatArray) -> FloatArray:
    """Return room for the tails of a piece of the rows."""
    from logitkit.numerics.kernels.links import TAILS

    return np.empty((eta.shape[0], TAILS, min(PIECE, eta.shape[1])))


def _bands(eta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return room for curvatures on the diagonal and beside it."""
    return np.empty(eta.shape), np.empty((eta.shape[0] - 1, eta.shape[1]))
