r"""The binomial likelihood with links other than the logit, written in the linear predictor.

A link is known by its inverse :math:`F`, the mean as a function of :math:`\eta`. All that the engine needs of a row are
eight numbers, its *tails* (``docs/maths/links.md``, equations 1 to 4):

.. math::

    \log F, \quad \log(1 - F), \quad a = \frac{F'}{F}, \quad b = \frac{F'}{1 - F}, \quad
    -(\log F)'', \quad -\{\log(1 - F)\}'', \quad F, \quad 1 - F.

Each is computed from the smaller of :math:`F` and :math:`1 - F`, so that none loses digits where the mean is near 0 or
1. The logit is here too, for models in which the link is one of several; binary fits with it use ``binomial.py``.

Links are numbered, because a compiled function takes no words: ``LOGIT`` and the other constants.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.numerics.kernels.inner.sums import sum_numbers, sum_products
from logitkit.typing import FloatArray

__all__ = [
    "CAUCHIT",
    "CLOGLOG",
    "LOG",
    "LOGIT",
    "LOGLOG",
    "PROBIT",
    "TAILS",
    "link_rows",
    "link_tails",
    "link_values",
]

LOGIT, PROBIT, CLOGLOG, LOGLOG, CAUCHIT, LOG = range(6)
TAILS = 8  # rows of the array of tails
LOG_F, LOG_S, A, B, CURVED_F, CURVED_S, F, S = range(8)  # S is 1 - F

CHUNK = 256  # rows whose tails stay in the first-level cache
LOG2_E = 1.4426950408889634
LN_2_HIGH = 6.93147180369123816490e-01  # leading bits of log 2, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
LEAST, MOST = -745.0, 709.782712893384  # exp() is above zero, and finite, between them
POWERS = np.array([2.0**k for k in range(-1_077, 1_024)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))
SPLITTER = 134_217_729.0  # 2^27 + 1 cuts a number into two of half as many digits
LN_2 = 0.6931471805599453
BELOW = 2**51  # added to the bits of a number it carries into the power of two from 3 / 2 on
ROOT_2_LESS_1 = 0.41421356237309503
ROOT_2_PI = 2.5066282746310002
HALF_LOG_2_PI = 0.9189385332046728
PIVOT = 3.0  # of the map of [0, inf) to [-1, 1) for Mills' ratio
# (1 + x) (1 / M(x) - x), with M Mills' ratio, as a polynomial in (x - 3) / (x + 3), lowest power first.
# tests/references/links.py prints them.
MILLS = np.array([
    1.132394619721746, 0.005171446736185076, -0.2690708337128192, 0.1295207688699271, 0.04494335954584118,
    -0.04490398750513546, -0.013079693792551507, 0.014854070674196673, 0.005515151347466873, -0.004561990079476289,
    -0.002546517676890781, 0.0011510096209694177, 0.001089265382067852, -0.00015736311701940278,
    -0.00039598818125301976, -4.648084215733062e-05, 0.00011214885729514541, 4.4566895463152515e-05,
    -2.0123187753795886e-05, -1.8288677627199468e-05, -1.477913767377099e-07, 4.525982208148778e-06,
    1.4198662202916182e-06, -5.479871751966933e-07, -4.2927621787755904e-07, -2.3006081517170273e-08,
    4.9299658220675126e-08, 1.203429016549057e-08,
])  # fmt: skip
# t / (1 - exp(-t)) - 1 - t / 2 in powers of t^2: Bernoulli numbers over factorials.
B2, B4, B6, B8, B10, B12, B14, B16 = (
    1 / 12, -1 / 720, 1 / 30_240, -1 / 1_209_600, 1 / 47_900_160, -691 / 1_307_674_368_000, 1 / 74_724_249_600,
    -3_617 / 10_670_622_842_880_000,
)  # fmt: skip
SMALL = 0.5  # above it t / (1 - exp(-t)) - 1 is computed as it is written


@compiled
def link_rows(
    link: int,
    expected: bool,
    eta: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
) -> tuple[float, float, float, float]:
    r"""Evaluate the weighted loss, its slope and its curvature for rows of linear predictors.

    Parameters
    ----------
    link : int
        One of the constants of this module.
    expected : bool
        Whether the curvature is the expected information of a row, or the second derivative of its loss.
    eta : (n,) array
        Linear predictors.
    y : (n,) array
        Proportion of events in each row, in [0, 1].
    weights : (n,) array
        Total weight of each row: prior weight times number of trials.
    slope, curvature : (n,) array
        Overwritten with :math:`w \ell'` and with :math:`w \ell''` or its expectation.

    Returns
    -------
    value : float
        :math:`\sum_i w_i \ell(\eta_i, y_i)`; infinite where a mean is not below 1 (the log link).
    closest : float
        The least :math:`w_i \ell_i'^2 / \ell_i''` among rows of positive weight with one outcome only (the log link:
        without events); ``inf`` if there is none. Above the squared Newton decrement it proves that an estimate exists.
    fitted, matched : float
        :math:`\sum_i w_i \mu_i` and :math:`\sum_i w_i y_i \mu_i`.
    """
    value = 0.0
    closest = math.inf
    fitted = 0.0
    matched = 0.0
    n = eta.shape[0]
    tails = np.empty((TAILS, CHUNK))
    losses, ratios = np.empty(CHUNK), np.empty(CHUNK)
    for first in range(0, n, CHUNK):
        m = min(n - first, CHUNK)
        part = slice(first, first + m)
        loss, ratio = losses[:m], ratios[:m]
        link_tails(link, eta[part], tails)
        if expected:
            for k in range(m):
                tails[CURVED_F, k] = tails[CURVED_S, k] = _product(tails[A, k], tails[B, k])
        _fill(y[part], weights[part], tails, loss, slope[part], curvature[part], ratio)
        value += sum_numbers(loss)
        fitted += sum_products(weights[part], tails[F, :m])
        matched += sum_products(tails[S, :m], tails[F, :m])
        closest = min(closest, _least(y[part], weights[part], ratio, link != LOG))
    return value, closest, fitted, matched


@compiled
def _fill(
    y: FloatArray,
    weights: FloatArray,
    tails: FloatArray,
    loss: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
    ratio: FloatArray,
) -> None:
    """Fill loss, slope, curvature and the ratio of squared slope to curvature; 1 - F is overwritten with w y."""
    for i in range(y.shape[0]):
        w, yes = weights[i], y[i]
        no = 1.0 - yes
        lost = -_product(yes, tails[LOG_F, i]) - _product(no, tails[LOG_S, i])
        up, down = _product(yes, tails[A, i]), _product(no, tails[B, i])
        curved = _product(yes, tails[CURVED_F, i]) + _product(no, tails[CURVED_S, i])
        # Weight zero takes out a mean above 1, and lets a missing value through.
        loss[i] = 0.0 if (w == 0.0) & (lost == math.inf) else w * lost
        slope[i] = w * (down - up)
        curvature[i] = w * curved
        size = up + down
        bent = size / (curved if curved > 0.0 else 1.0) * size
        bent = bent if curved > 0.0 else math.inf
        ratio[i] = w * bent if size > 0.0 else 0.0
        tails[S, i] = w * yes


@compiled
def _least(y: FloatArray, weights: FloatArray, ratio: FloatArray, events: bool) -> float:
    """Return the least ratio among rows of one outcome; rows of events count where ``events`` says so."""
    closest = math.inf
    for i in range(y.shape[0]):
        single = (weights[i] > 0.0) & ((y[i] == 0.0) | (events & (y[i] == 1.0)))
        here = ratio[i] if single else math.inf
        closest = here if here < closest else closest  # noqa: FURB136 - one instruction, where min is a call
    return closest


@compiled
def link_values(link: int, eta: FloatArray, y: FloatArray) -> FloatArray:
    """Return the loss of each row, for one trial of weight one, shape (n,)."""
    tails = np.empty((TAILS, eta.shape[0]))
    link_tails(link, eta, tails)
    out = np.empty(eta.shape[0])
    for i in range(eta.shape[0]):
        out[i] = -_product(y[i], tails[LOG_F, i]) - _product(1.0 - y[i], tails[LOG_S, i])
    return out


@compiled
def link_tails(link: int, eta: FloatArray, out: FloatArray) -> None:
    """Fill the tails of linear predictors: ``out`` is (8, n), in the order of the constants of this module."""
    if link == LOGIT:
        _logit(eta, out)
    elif link == PROBIT:
        _probit(eta, out)
    elif link == CLOGLOG:
        _log_log(eta, False, out)
    elif link == LOGLOG:
        _log_log(eta, True, out)
    elif link == CAUCHIT:
        _cauchit(eta, out)
    else:
        _log(eta, out)


@compiled
def _product(factor: float, number: float) -> float:
    """Return a product in which a factor of zero wins over infinity."""
    product = factor * number
    return product if (factor != 0.0) & (number != 0.0) else 0.0


@compiled
def _exponential(x: float) -> float:
    """Return exp(x): a power of two times a polynomial on [-log 2 / 2, log 2 / 2]."""
    inside = x if x > LEAST else LEAST  # noqa: FURB136 - a missing value too must give an index below
    inside = inside if inside < MOST else MOST  # noqa: FURB136
    k = np.floor(inside * LOG2_E + 0.5)
    r = (inside - k * LN_2_HIGH) - k * LN_2_LOW
    high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
    low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
    # The power 2^1024 is none: the last factor of two comes after.
    out = (1.0 + r * (1.0 + r * low)) * 2.0 * POWERS[np.int64(k) + 1_076]
    return out if LEAST < x <= MOST else (0.0 if x <= LEAST else (math.inf if x > MOST else x))


@compiled
def _log_less(q: float) -> float:
    """Return log(1 - q) for q in [-1, 0.7]: 2 artanh(s), after doubling or halving 1 - q where it is far from 1."""
    small, large = q > 0.29, q < -ROOT_2_LESS_1
    above = 1.0 - 2.0 * q if small else (-1.0 - q if large else -q)
    below = 3.0 - 2.0 * q if small else (3.0 - q if large else 2.0 - q)
    s = above / below
    z = s * s
    tail = 1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21))))
    series = 1.0 + z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * tail)))))
    return 2.0 * s * series + (-LN_2 if small else (LN_2 if large else 0.0))


@compiled
def _left_out(x: float) -> float:
    """Return what rounding took from x^2: x^2 is x * x and this."""
    high = x * SPLITTER
    high = high - (high - x)
    low = x - high
    return ((high * high - x * x) + 2.0 * high * low) + low * low


@compiled
def _missed(x: float, value: float) -> float:
    """Return by how much exp(x) is above ``value``, relative to it: to 2^-60 where |x| < 700."""
    k = np.floor(x * LOG2_E + 0.5)
    whole = x - k * LN_2_HIGH
    r = whole - k * LN_2_LOW
    rest = (whole - r) - k * LN_2_LOW
    high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
    cubic = r * r * r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
    square = 0.5 * r * r
    scaled = value / 2.0 * POWERS[1_078 - np.int64(k)]
    # 1 + r + r^2 / 2 + cubic - scaled, the largest terms first: the first two differences are exact.
    one = (1.0 - scaled) + r
    lost = (1.0 - scaled) - (one - r) if abs(r) > abs(1.0 - scaled) else r - (one - (1.0 - scaled))
    return float(((one + square) + (lost + 0.5 * _left_out(r) + rest * (1.0 + r)) + cubic) / scaled)


@compiled
def _logit(eta: FloatArray, out: FloatArray) -> None:
    for i in range(eta.shape[0]):
        x = eta[i]
        e = _exponential(-abs(x))
        log_sum, upper = _log_less(-e), 1.0 / (1.0 + e)
        lower = e * upper
        f, s = (upper, lower) if x >= 0.0 else (lower, upper)
        out[LOG_F, i] = (0.0 if x >= 0.0 else x) - log_sum  # noqa: FURB136 - one instruction, where min is a call
        out[LOG_S, i] = (-x if x >= 0.0 else 0.0) - log_sum
        out[A, i], out[B, i] = s, f
        out[CURVED_F, i] = out[CURVED_S, i] = upper * lower
        out[F, i], out[S, i] = f, s


@compiled
def _log_of(x: float) -> float:
    """Return log(x) of a normal number: of its digits, between 3 / 4 and 3 / 2, and of its power of two."""
    bits = np.float64(x).view(np.int64)
    power = ((bits + BELOW) >> 52) - 1_023
    digits = np.int64(bits - (power << 52)).view(np.float64)
    return power * LN_2_HIGH + (_log_less(1.0 - digits) + power * LN_2_LOW)


@compiled
def _probit(eta: FloatArray, out: FloatArray) -> None:
    """Fill the tails of the normal distribution, by Mills' ratio M = 1 / (x + c) at x = |eta|."""
    for i in range(eta.shape[0]):
        x = abs(eta[i])
        within = x if (x < 1e150) | (x != x) else 1e150  # noqa: PLR0124
        t = (within - PIVOT) / (within + PIVOT)
        series = MILLS[27]
        for k in range(26, -1, -1):
            series = MILLS[k] + t * series
        c = series / (1.0 + within)
        rest = _left_out(x)
        density = _exponential(-0.5 * x * x) * (1.0 - 0.5 * (rest if x < 40.0 else 0.0)) / ROOT_2_PI
        q = density / (x + c)
        log_q, log_p = -0.5 * x * x - (_log_of(within + c) + HALF_LOG_2_PI), _log_less(q)
        up = density / (1.0 - q)
        bent, bent_up = (x + c) * c, up * (up + x)
        bent = bent if x != math.inf else 1.0
        bent_up = 0.0 if up == 0.0 else bent_up
        below = eta[i] < 0.0
        out[LOG_F, i], out[LOG_S, i] = (log_q if below else log_p), (log_p if below else log_q)
        out[A, i], out[B, i] = (x + c if below else up), (up if below else x + c)
        out[CURVED_F, i], out[CURVED_S, i] = (bent if below else bent_up), (bent_up if below else bent)
        out[F, i], out[S, i] = (q if below else 1.0 - q), (1.0 - q if below else q)


@compiled
def _log_log(eta: FloatArray, mirrored: bool, out: FloatArray) -> None:
    """Fill the tails of 1 - exp(-exp(x)) at x = eta, or of its mirror image exp(-exp(x)) at x = -eta."""
    for i in range(eta.shape[0]):
        x = -eta[i] if mirrored else eta[i]
        t = _exponential(x)
        z = t * t
        g = 0.5 * t + z * (B2 + z * (B4 + z * (B6 + z * (B8 + z * (B10 + z * (B12 + z * (B14 + z * B16)))))))
        mend = (t > 1.0) & (t < 800.0)
        missed = _missed(x if mend else 0.0, t if mend else 1.0)
        e = _exponential(-t) * (1.0 - (t * missed if mend else 0.0))
        small = t < SMALL
        f = t / (1.0 + g) if small else 1.0 - e
        log_less = _log_less(-g if small else e)
        log_f = x - log_less if small else log_less
        s = 1.0 - f if small else e
        bend = g if small else t / f - 1.0
        a = 1.0 + g - t if small else t * e / f
        none = (e == 0.0) & (t > 1.0)
        a, curved = (0.0 if none else a), (0.0 if none else a * bend)
        out[LOG_F, i], out[LOG_S, i] = (-t if mirrored else log_f), (log_f if mirrored else -t)
        out[A, i], out[B, i] = (t if mirrored else a), (a if mirrored else t)
        out[CURVED_F, i], out[CURVED_S, i] = (t if mirrored else curved), (curved if mirrored else t)
        out[F, i], out[S, i] = (s if mirrored else f), (f if mirrored else s)


@compiled
def _cauchit(eta: FloatArray, out: FloatArray) -> None:
    for i in range(eta.shape[0]):
        x = eta[i]
        size = abs(x)
        angle = math.atan2(1.0, size)
        q = angle / math.pi
        log_q = _log_of(q) if q > 0.0 else (-math.inf if q == 0.0 else q)
        square = 1.0 + x * x
        low, high = (1.0 / (square * angle) if size != math.inf else 0.0), 1.0 / (square * (math.pi - angle))
        bend = 2.0 * size / square if size != math.inf else 0.0
        at_f = 0 if x < 0.0 else 1  # the smaller of F and 1 - F
        out[at_f, i], out[1 - at_f, i] = log_q, _log_less(q)
        out[A + at_f, i], out[B - at_f, i] = low, high
        out[CURVED_F + at_f, i], out[CURVED_S - at_f, i] = low * (low - bend), high * (high + bend)
        out[F + at_f, i], out[S - at_f, i] = q, 1.0 - q


@compiled
def _log(eta: FloatArray, out: FloatArray) -> None:
    """Fill the tails of F = exp(eta), which has a likelihood where eta < 0 only."""
    for i in range(eta.shape[0]):
        x = eta[i]
        if x >= 0.0:
            out[:, i] = math.nan
            out[LOG_F, i] = out[LOG_S, i] = -math.inf
            if x == 0.0:
                out[F, i], out[S, i] = 1.0, 0.0
            continue
        mu, not_mu = math.exp(x), -math.expm1(x)
        odds = mu / not_mu
        out[LOG_F, i] = x
        # Both forms of log(1 - exp(x)) are exact, each where it is used.
        out[LOG_S, i] = math.log(not_mu) if x > -0.7 else math.log1p(-mu)
        out[A, i], out[B, i] = 1.0, odds
        out[CURVED_F, i], out[CURVED_S, i] = 0.0, odds * (1.0 + odds)
        out[F, i], out[S, i] = mu, not_mu
