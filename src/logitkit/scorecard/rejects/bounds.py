r"""The range of a coefficient over the outcomes that rejects could have had.

The derivative of :math:`\beta_k` by the proportion of bad of reject j is :math:`v_j (A^{-1} x_j)_k`, and at an extreme
every reject whose derivative is positive has its largest proportion (of a largest coefficient) or its least (of a least
one). Outcomes are set so and the card is fitted again until none changes. That is a condition of the first order: what
is found can be attained, and a farther extreme is not excluded (``docs/maths/reject_inference.md``, equation 10).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from logitkit.errors import DataError
from logitkit.scorecard.rejects.applicants import Applicants, information
from logitkit.typing import FloatArray

__all__ = ["coefficient_bounds", "found_ends"]

ROUNDS_MOST = 20
STEPS_MOST = 100
HALVINGS_MOST = 30
#: The last change of a coefficient that is solved.
CLOSE = 1e-10
#: Kinds of applicants that are enough to come near an extreme.
FEW = 20_000
#: The change of a coefficient from which on outcomes are held.
NEAR = 1e-4


class Patterns(NamedTuple):
    """Applicants grouped into kinds with the same weights of evidence.

    Parameters
    ----------
    x : (m, p) array
        Weights of evidence of the kinds.
    total : (m,) array
        Numbers of applicants.
    accepts : (p,) array
        Sum of the rows of accepts that were bad.
    least, largest : (m,) array
        Smallest and largest numbers of bad rejects.
    """

    x: FloatArray
    total: FloatArray
    accepts: FloatArray
    least: FloatArray
    largest: FloatArray

    def part(self, every: int) -> Patterns:
        """Return a systematic sample of the kinds, which represents all."""
        some = slice(None, None, every)
        scale = self.total.sum() / self.total[some].sum()
        least, largest = self.least[some] * scale, self.largest[some] * scale
        return Patterns(self.x[some], self.total[some] * scale, self.accepts, least, largest)


def found_ends(applicants: Applicants, asked: bool | str, between: tuple[float, float]) -> FloatArray | None:
    """Return the requested bounds: over all outcomes, or between two multiples of the odds."""
    if asked == "between":
        return coefficient_bounds(applicants, between)
    if not isinstance(asked, bool):
        raise DataError(
            f"bounds={asked!r:.60}: give True for all outcomes, 'between' for those between the cases, or False."
        )
    return coefficient_bounds(applicants, (0.0, np.inf)) if asked else None


def coefficient_bounds(applicants: Applicants, between: tuple[float, float]) -> FloatArray:
    """Return the smallest and the largest value found for each coefficient, shape (p, 2).

    Rejects have odds of bad between two multiples of those of accepts with the same values.
    """
    patterns, coef = _patterns(applicants, between), applicants.coef
    coarse = patterns.part(max(patterns.total.size // FEW, 1))
    return np.array(
        [[_extreme(patterns, _near(coarse, coef, k, sign), k, sign) for sign in (-1.0, 1.0)] for k in range(coef.size)]
    )


def _patterns(applicants: Applicants, between: tuple[float, float]) -> Patterns:
    """Return applicants by kind, with the proportions of bad that these multiples of the odds leave to rejects."""
    rows = np.vstack([applicants.accepts, applicants.rejects])
    key = rows @ np.random.default_rng(0).uniform(1.0, 2.0, rows.shape[1])  # equal for equal rows, up to rounding
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    if not np.array_equal(rows[first][place], rows):  # two kinds of one key
        first = place = np.arange(rows.shape[0])
    n, m, v = applicants.accepts.shape[0], first.size, applicants.reject_weights
    low, high = (np.asarray(np.bincount(place[n:], v * applicants.of_odds(odds), m), np.float64) for odds in between)
    accepts = applicants.accepts.T @ (applicants.accept_weights * applicants.bad)
    total = np.asarray(np.bincount(place, applicants.weights, m), np.float64)
    return Patterns(rows[first], total, accepts, low, high)


def _near(patterns: Patterns, coef: FloatArray, k: int, sign: float) -> FloatArray:
    """Return coefficients near an extreme of coefficient k: every Newton step has outcomes of its own."""
    value = np.inf
    for _ in range(STEPS_MOST):
        inverse, sums = _chosen(patterns, coef, k, sign)
        coef, _ = _stepped(patterns, sums, coef, inverse)
        value, before = coef[k], value
        if abs(value - before) < NEAR * (1.0 + abs(value)):
            break
    return coef


def _extreme(patterns: Patterns, coef: FloatArray, k: int, sign: float) -> float:
    """Return the farthest coefficient k found on one side: outcomes are chosen, solved, and chosen once more."""
    best = -np.inf
    for _ in range(ROUNDS_MOST):
        inverse, sums = _chosen(patterns, coef, k, sign)
        coef = _solved(patterns, sums, coef, inverse)
        if not sign * coef[k] > best + NEAR * (1.0 + abs(best)) and np.isfinite(best):
            break
        best = sign * coef[k]
    return float(sign * max(best, sign * coef[k]))


def _chosen(patterns: Patterns, coef: FloatArray, k: int, sign: float) -> tuple[FloatArray, FloatArray]:
    """Return the inverse of the information, and the sums of bad rows where outcomes are best for coefficient k."""
    x, p = patterns.x, expit(patterns.x @ coef)
    inverse = np.asarray(np.linalg.inv(information(x, patterns.total * p * (1 - p))), dtype=np.float64)
    upward = sign * (x @ inverse[k]) > 0
    return inverse, patterns.accepts + x.T @ np.where(upward, patterns.largest, patterns.least)


def _solved(patterns: Patterns, sums: FloatArray, coef: FloatArray, inverse: FloatArray) -> FloatArray:
    """Return the coefficients whose probabilities have these sums; they are finite, as those of accepts are."""
    change = np.inf
    for _ in range(STEPS_MOST):
        before, start = change, coef
        coef, _ = _stepped(patterns, sums, coef, inverse)
        change = float(np.abs(coef - start).max())
        if change <= CLOSE:
            break
        if change > 0.1 * before:
            p = expit(patterns.x @ coef)
            inverse = np.asarray(np.linalg.inv(information(patterns.x, patterns.total * p * (1 - p))), dtype=np.float64)
    return coef


def _stepped(
    patterns: Patterns, sums: FloatArray, coef: FloatArray, inverse: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return coefficients after a Newton step, halved while it goes far beyond its optimum, and the score."""
    x, total = patterns.x, patterns.total
    gradient = sums - x.T @ (total * expit(x @ coef))
    step = inverse @ gradient
    slope = gradient @ step
    for _ in range(HALVINGS_MOST):
        moved = sums - x.T @ (total * expit(x @ (coef + step)))
        if moved @ step >= -0.25 * slope or slope <= 0:
            break
        step, slope = step / 2, slope / 2
    return coef + step, moved
