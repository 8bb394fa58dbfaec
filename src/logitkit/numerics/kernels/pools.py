"""Losses of pooled models with both derivatives by the weights of the members, in one pass.

Some rows at a time are turned into columns, one per member: the loops over rows have no branch.
"""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled_sum
from logitkit.numerics.kernels.inner.decay import decay_of
from logitkit.typing import FloatArray, IntArray

__all__ = ["event_pool_loss", "linear_pool_loss", "log_pool_loss"]

LN_2_HIGH = 6.93147180369123816490e-01  # leading bits of log 2, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
BEFORE = 0x3FE6A09E667F3BCD  # the bits of the root of one half: a number is a power of two times one within its reach
ONE, FRACTION = 0x3FF0000000000000, 0x000FFFFFFFFFFFFF
LN_2, ROOT_2_LESS_1 = 0.6931471805599453, 0.41421356237309503
NORMAL = 1e-300  # numbers from here on have all their bits
NUMBERS = 4_096  # of the rows at a time: their columns stay in the first-level cache
LEAST_ROWS, MOST_ROWS = 16, 512


@compiled_sum
def _logs(x: FloatArray, places: IntArray, fractions: FloatArray, out: FloatArray) -> None:
    """Write logs of positive numbers that are not subnormal, without a call; the second and the third are scratch."""
    n, bits, parts = x.shape[0], x.view(np.int64), fractions.view(np.int64)
    for i in range(n):
        moved = bits[i] + (ONE - BEFORE)
        places[i] = (moved >> 52) - 1023
        parts[i] = (moved & FRACTION) + BEFORE
    for i in range(n):
        k, f = float(places[i]), fractions[i] - 1.0
        s = f / (2.0 + f)
        t = s * s
        series = 1 / 13 + t * (1 / 15 + t * (1 / 17 + t * (1 / 19 + t * (1 / 21 + t * (1 / 23)))))
        tail = 1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * series))))
        half = 0.5 * f * f
        out[i] = k * LN_2_HIGH + (k * LN_2_LOW + (f - (half - s * (half + 2.0 * t * tail))))


@compiled_sum
def linear_pool_loss(likelihoods: FloatArray, counts: FloatArray, weights: FloatArray, sums: FloatArray) -> float:
    """Return the loss of an average of probabilities, and write its derivatives.

    Parameters
    ----------
    likelihoods : (n, J) array
        Probability that each member gave to what happened in a row; a factor of the row cancels.
    counts : (n,) array
        How often each row counts.
    weights : (J,) array
        Of the members.
    sums : (J + 1, J) array
        Receives the gradient, and below it the lower triangle of the Hessian.

    Returns
    -------
    float
        Minus the log-likelihood; infinite where a row has no probability.
    """
    n, m = likelihoods.shape
    for a in range(m + 1):
        for b in range(m):
            sums[a, b] = 0.0
    size = min(max(NUMBERS // m, LEAST_ROWS), MOST_ROWS)
    ratio, mean, term = np.empty((m, size)), np.empty(size), np.empty(size)
    places, fractions = np.empty(size, np.int64), np.empty(size)
    loss = 0.0
    for start in range(0, n, size):
        rows = min(size, n - start)
        for i in range(rows):
            for a in range(m):
                ratio[a, i] = likelihoods[start + i, a]
            mean[i] = 0.0
        for a in range(m):
            for i in range(rows):
                mean[i] += weights[a] * ratio[a, i]
        least = np.inf
        for i in range(rows):
            least = min(least, mean[i])
        if least <= 0.0:
            return np.inf
        if least < NORMAL:
            for i in range(rows):
                term[i] = np.log(mean[i])
        else:
            _logs(mean[:rows], places, fractions, term)
        for i in range(rows):
            loss -= counts[start + i] * term[i]
            mean[i] = 1.0 / mean[i]
        for a in range(m):
            for i in range(rows):
                ratio[a, i] *= mean[i]
        for a in range(m):
            first = 0.0
            for i in range(rows):
                term[i] = counts[start + i] * ratio[a, i]
                first += term[i]
            sums[0, a] -= first
            for b in range(a + 1):
                second = 0.0
                for i in range(rows):
                    second += term[i] * ratio[b, i]
                sums[a + 1, b] += second
    return loss


@compiled_sum
def event_pool_loss(differences: FloatArray, counts: FloatArray, weights: FloatArray, sums: FloatArray) -> float:
    """Return the loss of a weighted sum of logits of an event, and write its derivatives.

    Parameters
    ----------
    differences : (n, J) array
        Logit of the outcome that did not happen less that of the one that did, by each member.
    counts : (n,) array
        How often each row counts.
    weights : (J,) array
        Of the members.
    sums : (J + 1, J) array
        Receives the gradient, and below it the lower triangle of the Hessian.

    Returns
    -------
    float
        Minus the log-likelihood.
    """
    n, m = differences.shape
    for a in range(m + 1):
        for b in range(m):
            sums[a, b] = 0.0
    size = min(max(NUMBERS // m, LEAST_ROWS), MOST_ROWS)
    column, top, decay, term = np.empty((m, size)), np.empty(size), np.empty(size), np.empty(size)
    first_order, second_order = np.empty(size), np.empty(size)
    loss = 0.0
    for start in range(0, n, size):
        rows = min(size, n - start)
        for i in range(rows):
            for a in range(m):
                column[a, i] = differences[start + i, a]
            top[i] = 0.0
        for a in range(m):
            for i in range(rows):
                top[i] += weights[a] * column[a, i]
        decay_of(top[:rows], decay)
        for i in range(rows):
            e, z, count = decay[i], top[i], counts[start + i]
            # log(1 + e) = [ln 2] + f - (h - s (h + R)), h = f^2 / 2, s = f / (2 + f), after halving a large 1 + e.
            large = e > ROOT_2_LESS_1
            f = 0.5 * (e - 1.0) if large else e
            s = f / (2.0 + f)
            t = s * s
            series = 1 / 13 + t * (1 / 15 + t * (1 / 17 + t * (1 / 19 + t * (1 / 21 + t * (1 / 23)))))
            tail = 1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * series))))
            half = 0.5 * f * f
            both = (LN_2 if large else 0.0) + (f - (half - s * (half + 2.0 * t * tail)))
            upper = 1.0 / (1.0 + e)
            term[i] = count * (both + (z if z > 0.0 else 0.0))  # noqa: FURB136 - as above
            first_order[i] = count * (upper if z >= 0.0 else e * upper)
            second_order[i] = count * (e * upper * upper)
        for i in range(rows):
            loss += term[i]
        for a in range(m):
            first = 0.0
            for i in range(rows):
                first += first_order[i] * column[a, i]
                term[i] = second_order[i] * column[a, i]
            sums[0, a] += first
            for b in range(a + 1):
                second = 0.0
                for i in range(rows):
                    second += term[i] * column[b, i]
                sums[a + 1, b] += second
    return loss


@compiled_sum
def log_pool_loss(differences: FloatArray, counts: FloatArray, weights: FloatArray, sums: FloatArray) -> float:
    """Return the loss of a weighted sum of logits, and write its derivatives.

    Parameters
    ----------
    differences : (n, K - 1, J) array
        Logit of each outcome that did not happen less that of the one that did, by each member.
    counts : (n,) array
        How often each row counts.
    weights : (J,) array
        Of the members.
    sums : (J + 1, J) array
        Receives the gradient, and below it the lower triangle of the Hessian.

    Returns
    -------
    float
        Minus the log-likelihood.
    """
    n, k, m = differences.shape
    for a in range(m + 1):
        for b in range(m):
            sums[a, b] = 0.0
    size = min(max(NUMBERS // (k * m), LEAST_ROWS), MOST_ROWS)
    column, chance, mean = np.empty((k, m, size)), np.empty((k, size)), np.empty((m, size))
    top, total, term = np.empty(size), np.empty(size), np.empty(size)
    loss = 0.0
    for start in range(0, n, size):
        rows = min(size, n - start)
        for i in range(rows):
            for c in range(k):
                for a in range(m):
                    column[c, a, i] = differences[start + i, c, a]
            top[i] = 0.0
            total[i] = 0.0
        for c in range(k):
            for i in range(rows):
                chance[c, i] = 0.0
            for a in range(m):
                for i in range(rows):
                    chance[c, i] += weights[a] * column[c, a, i]
            for i in range(rows):
                top[i] = max(top[i], chance[c, i])
        for c in range(k):
            for i in range(rows):
                chance[c, i] = np.exp(chance[c, i] - top[i])
                total[i] += chance[c, i]
        for i in range(rows):
            others, own = total[i], np.exp(-top[i])
            total[i] += own
            loss += counts[start + i] * (np.log1p(others) if top[i] == 0.0 else top[i] + np.log(total[i]))
            top[i] = own / total[i]  # from here on the probability of what happened
        for a in range(m):
            for i in range(rows):
                mean[a, i] = 0.0
        for c in range(k):
            for i in range(rows):
                chance[c, i] /= total[i]
            for a in range(m):
                for i in range(rows):
                    mean[a, i] += chance[c, i] * column[c, a, i]
        # Squares about the mean, of which none is negative: nothing cancels where a probability is near one.
        for c in range(k):
            for a in range(m):
                for i in range(rows):
                    column[c, a, i] -= mean[a, i]
                    term[i] = counts[start + i] * chance[c, i] * column[c, a, i]
                for b in range(a + 1):
                    second = 0.0
                    for i in range(rows):
                        second += term[i] * column[c, b, i]
                    sums[a + 1, b] += second
        for a in range(m):
            first = 0.0
            for i in range(rows):
                term[i] = counts[start + i] * mean[a, i]
                first += term[i]
                term[i] *= top[i]
            sums[0, a] += first
            for b in range(a + 1):
                second = 0.0
                for i in range(rows):
                    second += term[i] * mean[b, i]
                sums[a + 1, b] += second
    return loss
