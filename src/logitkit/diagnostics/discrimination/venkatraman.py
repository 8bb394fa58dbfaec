r"""Venkatraman's permutation tests that two ROC curves are one, of the same rows or of others.

Two scores of the same rows: with ranks from 1 to N, at each k the rows that rank above k are called events. By both
scores their number is the same, so that their errors differ by twice the difference of false positives, and

.. math:: E = \sum_{k=1}^{N-1} |e_k|, \qquad
          e_k = \sum_{i: y_i = 0} (1_{r_i > k} - 1_{s_i > k}) + \sum_{i: y_i = 1} (1_{r_i \le k} - 1_{s_i \le k}).

Under the hypothesis ranks can be exchanged within a row: half of the rows are, the new ranks are ranked again, ties
broken at random, and E is found again.

Scores of different rows are brought to one scale first: of sample j the place of a score is the proportion
:math:`q = \kappa \bar F_{1j} + (1 - \kappa) \bar F_{0j}` of a population with the proportion :math:`\kappa` of events
that scores as high, with the same :math:`\kappa` for both. If the curves are one, the places of events have the same
distribution in both samples, those of non-events too; labels of the samples are exchanged among events and among
non-events. The statistic is the integral over q of the difference in errors (``docs/maths/discrimination.md``,
equations 5 and 6).

References
----------
Venkatraman, E. S. and Begg, C. B. (1996) A distribution-free procedure for comparing receiver operating characteristic
curves from a paired experiment. Biometrika 83, 835-848.
Venkatraman, E. S. (2000) A permutation test to compare receiver operating characteristic curves. Biometrics 56,
1134-1138.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["paired_curves", "unpaired_curves"]


def paired_curves(
    events: BoolArray, first: FloatArray, second: FloatArray, n: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return Venkatraman's statistic for two scores of the same rows, and its p-value.

    Parameters
    ----------
    events : (N,) bool array
        Whether each row is an event.
    first, second : (N,) array
        The two scores.
    n : int
        Number of permutations.
    rng : Generator
        NumPy random-number generator, also used to break ties.

    Returns
    -------
    statistic, p_value : float
        The p-value counts the sample itself as one permutation, so it is never zero.

    Examples
    --------
    A score and twice that score have the same curve:

    >>> y, x = np.array([True, False, True, False]), np.array([1.0, 2.0, 3.0, 4.0])
    >>> paired_curves(y, x, 2 * x, 99, np.random.default_rng(1))
    (0.0, 1.0)
    """
    one, two = _ranks(first, rng), _ranks(second, rng)
    sign = np.where(events, 1.0, -1.0)
    observed, larger = _between(sign, one, two), 1
    for _ in range(n):
        swap = rng.random(sign.size) < 0.5
        here, there = np.where(swap, two, one), np.where(swap, one, two)
        larger += _between(sign, _ranks(here, rng), _ranks(there, rng)) >= observed
    return observed, larger / (n + 1)


def _ranks(values: FloatArray | IntArray, rng: np.random.Generator) -> IntArray:
    """Return ranks from 0, ties broken at random."""
    order = np.lexsort((rng.random(values.size), values))
    ranks = np.empty(values.size, dtype=np.int64)
    ranks[order] = np.arange(values.size)
    return ranks


def _between(sign: FloatArray, one: IntArray, two: IntArray) -> float:
    """Return the sum of the absolute differences in errors over all cuts."""
    steps = np.bincount(one, sign, sign.size) - np.bincount(two, sign, sign.size)
    return float(np.abs(np.cumsum(steps)[:-1]).sum())


def unpaired_curves(
    samples: Sequence[tuple[BoolArray, FloatArray]], n: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return Venkatraman's statistic for scores of two samples of rows, and its p-value.

    Parameters
    ----------
    samples : two pairs of (N,) bool array and (N,) array
        For each sample, whether each row is an event, and the scores.
    n : int
        Number of permutations.
    rng : Generator
        NumPy random-number generator.

    Returns
    -------
    statistic, p_value : float
        The statistic integrates the absolute difference in errors at equal proportions of predicted events.

    Examples
    --------
    >>> y, x = np.array([True, False, True, False]), np.array([1.0, 2.0, 3.0, 4.0])
    >>> unpaired_curves([(y, x), (y, 10 * x)], 99, np.random.default_rng(1))
    (0.0, 1.0)
    """
    count = sum(float(events.sum()) for events, _ in samples)
    kappa = count / sum(events.size for events, _ in samples)
    places = [_places(events, scores, kappa) for events, scores in samples]
    label = np.repeat([0, 1], [events.size for events, _ in samples])
    events, place = np.concatenate([events for events, _ in samples]), np.concatenate(places)
    both = (np.flatnonzero(events), np.flatnonzero(~events))

    def statistic(of: IntArray) -> float:
        curves = [_errors(events[of == j], -place[of == j], kappa) for j in (0, 1)]
        at = np.union1d(curves[0][0], curves[1][0])
        gap = np.interp(at, *curves[0]) - np.interp(at, *curves[1])
        return _absolute_area(at, gap)

    observed, larger = statistic(label), 1
    for _ in range(n):
        of = label.copy()
        for group in both:
            of[group] = rng.permutation(label[group])
        larger += statistic(of) >= observed - 1e-12
    return observed, larger / (n + 1)


def _rates(events: BoolArray, scores: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return false and true positive rates after each distinct score, descending, and which one each row has."""
    distinct, which = np.unique(-scores, return_inverse=True)
    true = np.cumsum(np.bincount(which, events, distinct.size)) / events.sum()
    false = np.cumsum(np.bincount(which, ~events, distinct.size)) / (~events).sum()
    return false, true, which.reshape(-1)


def _places(events: BoolArray, scores: FloatArray, kappa: float) -> FloatArray:
    """Return the proportion of a population that scores higher than each row, its ties by half."""
    false, true, which = _rates(events, scores)
    reached = np.append(0.0, kappa * true + (1.0 - kappa) * false)
    return np.asarray(0.5 * (reached[which] + reached[which + 1]))


def _errors(events: BoolArray, scores: FloatArray, kappa: float) -> tuple[FloatArray, FloatArray]:
    """Return proportions called events, and the rate of errors there."""
    false, true, _ = _rates(events, scores)
    called = kappa * true + (1.0 - kappa) * false
    wrong = kappa * (1.0 - true) + (1.0 - kappa) * false
    return np.append(0.0, called), np.append(kappa, wrong)


def _absolute_area(at: FloatArray, gap: FloatArray) -> float:
    """Return the integral of the absolute value of a broken line."""
    left, right, width = gap[:-1], gap[1:], np.diff(at)
    same = left * right >= 0.0
    size = np.abs(left) + np.abs(right)
    crossed = np.divide(left**2 + right**2, size, out=np.zeros_like(size), where=size > 0.0)
    return float(0.5 * np.sum(width * np.where(same, size, crossed)))
