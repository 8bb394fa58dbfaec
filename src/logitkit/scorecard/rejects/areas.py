r"""The range of the area under the ROC curve among all applicants, over the outcomes that rejects could have had.

With the number of bad fixed, the statistic of Mann and Whitney is linear in outcomes, because ranks of applicants do
not depend on them: rejects of the highest scores are bad at its largest value. What remains is a function of one
number, whose maxima are roots of a quadratic (``docs/maths/reject_inference.md``, equations 8 and 9).
"""

from __future__ import annotations

import numpy as np

from logitkit.scorecard.rejects.applicants import Applicants, mean
from logitkit.scorecard.rejects.inferred import Inferred
from logitkit.typing import FloatArray

__all__ = ["area_bounds", "bounds"]

POSSIBLE = (0.0, float("inf"))


def bounds(
    applicants: Applicants, inferred: Inferred, between: tuple[float, float]
) -> dict[str, tuple[float, float, float, float, float]]:
    """Return five values: possible minimum, plausible minimum, assumed, plausible maximum, possible maximum.

    They are for the bad rates of rejects and of all, and for the Gini coefficient of the card among all.
    """
    v = applicants.reject_weights
    rates = [mean(applicants.of_odds(odds), v) for odds in (POSSIBLE[0], *between, POSSIBLE[1])]
    rates.insert(2, inferred.rate(v))
    share = v.sum() / applicants.weights.sum()
    areas = [area_bounds(applicants, inferred.coef, odds) for odds in (POSSIBLE, between)]
    own = _area(*_counts(applicants, inferred.coef, inferred.rates, inferred.rates)[:2])
    least, largest = ([2 * pair[end] - 1 for pair in areas] for end in (0, 1))
    return {
        "bad rate of rejects": _five(rates),
        "bad rate of all": _five([(1 - share) * applicants.bad_rate + share * rate for rate in rates]),
        "Gini of all": _five([*least, 2 * own - 1, *largest[::-1]]),
    }


def _five(values: list[float]) -> tuple[float, float, float, float, float]:
    """Return five values as a tuple."""
    least, low, own, high, largest = values
    return least, low, own, high, largest


def area_bounds(applicants: Applicants, coef: FloatArray, between: tuple[float, float]) -> tuple[float, float]:
    """Return the smallest and the largest area of a card among all applicants; nan if all could have one outcome.

    Each reject may have any odds of bad between two multiples of those of an accept with the same values.
    """
    total, bad, more = _counts(applicants, coef, *(applicants.of_odds(odds) for odds in between))
    return 1.0 - _largest(total[::-1], bad[::-1], more[::-1]), _largest(total, bad, more)


def _counts(
    applicants: Applicants, coef: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return by rising score the applicants, those bad at least, and those who may be bad besides."""
    rows = np.concatenate([applicants.accepts @ coef, applicants.rejects @ coef])
    _, place = np.unique(rows.round(10), return_inverse=True)
    n, m, v = applicants.accepts.shape[0], int(place.max()) + 1, applicants.reject_weights
    bad = np.bincount(place[:n], applicants.accept_weights * applicants.bad, m)
    of_rejects = [np.bincount(place[n:], v * rates, m) for rates in (low, high)]
    total = np.bincount(place, applicants.weights, m)
    return np.asarray(total), np.asarray(bad + of_rejects[0]), np.asarray(of_rejects[1] - of_rejects[0])


def _area(total: FloatArray, bad: FloatArray) -> float:
    """Return the area for these numbers, by scores that rise."""
    n = bad.sum()
    return float(((np.cumsum(total) - total / 2) @ bad - n**2 / 2) / (n * (total.sum() - n)))


def _largest(total: FloatArray, bad: FloatArray, more: FloatArray) -> float:
    """Return the largest area over numbers of bad from ``bad`` to ``bad + more``, by scores that rise."""
    n = total.sum()
    rank = np.cumsum(total) - total / 2
    first, gain = bad.sum() + np.concatenate([[0.0], np.cumsum(more[::-1])]), rank[::-1]
    ranks = rank @ bad + np.concatenate([[0.0], np.cumsum((more * rank)[::-1])])
    found = [first]
    constant, slope = ranks[:-1] - gain * first[:-1], gain - n / 2  # on each piece ranks are constant + gain * number
    root = np.sqrt(np.maximum(constant**2 + slope * constant * n, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        for sign in (-1.0, 1.0):
            number = (-constant + sign * root) / slope
            found.append(np.clip(np.where(slope == 0, n / 2, number), first[:-1], first[1:]))
        number = np.concatenate(found)
        of_piece = np.concatenate([np.arange(first.size), *[np.arange(gain.size)] * 2])
        at = ranks[of_piece] + np.append(gain, 0.0)[of_piece] * (number - first[of_piece])
        area = (at - number**2 / 2) / (number * (n - number))
    inside = (number > 0) & (number < n)
    return float(area[inside].max()) if inside.any() else float("nan")
