r"""The ends of a calibration belt: the likelihood region of its polynomial, looked at along each predictor.

The region of level c holds the coefficients whose deviance exceeds the least by no more than :math:`t_c`,

.. math:: R_c = \{\alpha : D(\alpha) - D(\hat\alpha) \le t_c\},

those that the likelihood-ratio test does not reject. At a linear predictor with powers g the belt ends at the smallest
and the largest :math:`g'\alpha` in :math:`R_c`. The largest is found by steps: with the deviance replaced by its
quadratic at :math:`\alpha`, of gradient d and expected second derivatives H, the best point of the region is

.. math:: \alpha - H^{-1} d + \sqrt{\frac{2 t_c - 2 (D - D(\hat\alpha)) + d' H^{-1} d}{g' H^{-1} g}}\; H^{-1} g .

A fixed point of it has the deviance :math:`t_c` above the least, and a gradient along g. The first step, from the
estimate, leads to the ends of Wald's ellipsoid.

References
----------
Nattino, G., Finazzi, S. and Bertolini, G. (2014) Statistics in Medicine 33, 2390-2407.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from logitkit.design.design import Design
from logitkit.diagnostics.fit.polynomials import Predicted, powers
from logitkit.diagnostics.rows.ranking import predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.models.links import Link
from logitkit.typing import FloatArray

__all__ = ["Counts", "belt_ends", "counts_of"]

ROWS_MOST = 1_000  # rows beyond which equal and nearly equal predictors are put together
BINS = 1_024
STEPS_MOST = 100
CLOSE = 1e-9  # of the half width of the belt: a shorter step ends the search


@dataclass(frozen=True)
class Counts:
    """Linear predictors, with the weight of the events and of the non-events at each.

    Parameters
    ----------
    eta, events, nonevents : (b,) array
        Linear predictors and weights, for rows or for bins of rows.

    Examples
    --------
    >>> Counts(np.zeros(1), np.ones(1), np.ones(1)).eta.size
    1
    """

    eta: FloatArray
    events: FloatArray
    nonevents: FloatArray


def counts_of(given: Predicted) -> Counts:
    """Return the outcomes of rows by their linear predictor.

    Parameters
    ----------
    given : Predicted
        Rows with their predictions.

    Returns
    -------
    Counts
        One entry per row for up to 1,000 rows; otherwise 1,024 bins of equal width with the mean predictor of each.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.diagnostics.fit.polynomials import predicted_sums
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> float(counts_of(predicted_sums(fit.record, fit.design, True)).events.sum())
    59.0
    """
    rows, sums = given.rows, given.sums
    if not rows.design.in_chunks and rows.design.n_rows <= ROWS_MOST:
        return Counts(*_Counting(rows.record, rows.own, None)(rows.design))
    task = _Counting(rows.record, rows.own, (sums.lowest, sums.highest))
    total, events, nonevents = rows.design.reduce(task, np.add)
    used = events + nonevents > 0.0
    return Counts(total[used] / (events + nonevents)[used], events[used], nonevents[used])


@dataclass(frozen=True)
class _Counting:
    """Gives predictors, or in bins their sums, with events and non-events."""

    record: FitRecord
    own: bool
    between: tuple[float, float] | None

    def __call__(self, part: Design) -> FloatArray:
        """Return the numbers of some rows, shape (3, b)."""
        rows = predicted_rows(self.record, part, self.own)
        kept = np.isfinite(rows.eta[0]) & (rows.weights > 0.0)
        eta = rows.eta[0, kept]
        events, nonevents = (rows.weights * share for share in (rows.shares[1], rows.shares[0]))
        events, nonevents = events[kept], nonevents[kept]
        if self.between is None:
            return np.stack([eta, events, nonevents])
        low, high = self.between
        place = np.clip(((eta - low) * (BINS / (high - low))).astype(np.int64), 0, BINS - 1)
        columns = (eta * (events + nonevents), events, nonevents)
        return np.stack([np.bincount(place, each, BINS) for each in columns]).astype(np.float64)


@dataclass(frozen=True)
class _Deviance:
    """The deviance of polynomials, but for a constant, with its derivatives."""

    columns: FloatArray
    events: FloatArray
    nonevents: FloatArray
    link: Link

    def at(self, coef: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return values (k,), gradients (k, q) and expected second derivatives (k, q, q) at k polynomials (k, q)."""
        eta = coef @ self.columns.T
        tiny = np.finfo(float).tiny
        p, rest = np.maximum(self.link.inverse(eta), tiny), np.maximum(self.link.complement(eta), tiny)
        slope = self.link.slope(eta)
        value = -2.0 * (xlogy(self.events, p) + xlogy(self.nonevents, rest)).sum(axis=1)
        score = (self.events / p - self.nonevents / rest) * slope
        weight = (self.events + self.nonevents) * slope**2 / (p * rest)
        q = self.columns.shape[1]
        squares = np.einsum("bi,bj->bij", self.columns, self.columns).reshape(-1, q * q)
        return value, -2.0 * score @ self.columns, (2.0 * weight @ squares).reshape(-1, q, q)


def belt_ends(
    counts: Counts, link: Link, coef: FloatArray, mean: float, size: float, eta: FloatArray, rises: FloatArray
) -> FloatArray:
    """Return the smallest and largest values of a polynomial over likelihood regions of its coefficients.

    Parameters
    ----------
    counts : Counts
        The outcomes to which the polynomial was fitted.
    link : Link
        The link of the fit.
    coef : (q,) array
        Coefficients of the powers of (predictor - mean) / size.
    mean, size : float
        Mean and scale that standardise the predictor.
    eta : (r,) array
        Linear predictors at which the polynomial is evaluated.
    rises : (L,) array
        Largest increase of the deviance above its minimum in each region.

    Returns
    -------
    (L, 2, r) array
        Lower and upper values for each region.

    Examples
    --------
    For a constant, they are the limits of the likelihood interval of a proportion, here 3 out of 10:

    >>> from logitkit.models.links import LOGIT
    >>> rate = np.array([0.3])
    >>> ends = belt_ends(
    ...     Counts(np.zeros(1), np.array([3.0]), np.array([7.0])),
    ...     LOGIT,
    ...     LOGIT.link(rate),
    ...     0.0,
    ...     1.0,
    ...     np.zeros(1),
    ...     np.array([3.84]),
    ... )
    >>> p = LOGIT.inverse(ends).reshape(2)
    >>> np.round(2 * (3 * np.log(0.3 / p) + 7 * np.log(0.7 / (1 - p))), 6).tolist()
    [3.84, 3.84]
    """
    degree = coef.size - 1
    columns = powers((counts.eta - mean) / size, degree)
    deviance = _Deviance(columns, counts.events, counts.nonevents, link)
    centre = coef[None]
    for _ in range(3):  # of bins the least is a little elsewhere
        least, gradient, second = deviance.at(centre)
        centre = centre - np.linalg.solve(second, gradient[..., None])[..., 0]
    least, gradient, second = deviance.at(centre)
    along = powers((eta - mean) / size, degree)
    directions = np.concatenate([sign * along for _ in rises for sign in (-1.0, 1.0)])
    rise = np.repeat(np.asarray(rises, dtype=np.float64), 2 * len(along))
    moved = np.zeros(directions.shape)
    width, left = np.full(len(rise), np.nan), np.arange(len(rise))
    for _ in range(STEPS_MOST):
        g, t = directions[left], rise[left]
        value, slope, curved = deviance.at(centre + moved[left])
        inner = np.linalg.solve(curved, np.stack([g, slope], axis=-1))
        length = np.einsum("ki,ki->k", g, inner[..., 0])
        room = 2.0 * (t - value + least[0]) + np.einsum("ki,ki->k", slope, inner[..., 1])
        step = np.sqrt(np.maximum(room, 0.0) / length)[:, None] * inner[..., 0] - inner[..., 1]
        # Far out the deviance is flat, and a step in its metric would leave for nowhere.
        size_of = np.sqrt(0.5 * np.einsum("ki,ij,kj->k", step, second[0], step))
        step *= np.minimum(1.0, 1.5 * np.sqrt(t) / np.maximum(size_of, np.finfo(float).tiny))[:, None]
        moved[left] += step
        width[left] = np.einsum("ki,ki->k", g, moved[left])
        still = np.abs(np.einsum("ki,ki->k", g, step)) > CLOSE * np.maximum(width[left], 0.0)
        still |= np.abs(value - least[0] - t) > 1e-6 * t
        left = left[still]
        if not left.size:
            break
    sign = np.repeat(np.tile([-1.0, 1.0], len(rises)), len(along))
    return np.asarray((sign * width).reshape(len(rises), 2, len(along)) + along @ coef)
