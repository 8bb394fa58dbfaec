r"""Risk and coverage: the error rate of the rows that are answered, when the least confident rows are not.

Rows are ordered by confidence. Of n rows with errors :math:`e_i` the risk at coverage j / n is the mean error of the j
most confident, and the area under it :math:`A = n^{-1} \sum_j r_j`. Among rows with equal confidence every order is as
good: the risk is its mean over all of them, and nothing depends on how rows are ordered. The excess area is A less that
of the best order of as many errors (``docs/maths/conformal.md``, equations 9 to 13).

References
----------
Geifman, Y., Uziel, G. and El-Yaniv, R. (2019) Bias-reduced uncertainty estimation for deep neural classifiers. ICLR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.engine.law import NORMAL, require_level
from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.conformal_sets.judged import proportion_limits
from logitkit.logits.functions import entropy, log_softmax
from logitkit.logits.read import read_codes, read_logits, read_numbers, read_weights, whole_counts
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["SCORES", "RiskCoverage", "risk_curve"]

SCORES = ("probability", "margin", "entropy")
COUNTED_MOST = 200_000_000  # rows, some numbers each, that the curve is made of


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Error rate among the most confident rows, by the number of rows answered.

    Parameters
    ----------
    n_answered : (t,) int array
        Number of rows answered at each distinct confidence, from the largest down.
    n_errors : (t,) int array
        Number of errors among them.
    confidence : (t,) array
        Smallest confidence among the rows answered: the log of ``'probability'``; of an event, the absolute logit.
    area : float
        Area under the curve, with rows of equal confidence in random order.
    std_error : float
        Standard error of the area, over samples of independent rows.
    low, high : float
        Confidence limits of the area.
    best_area, random_area : float
        Area of the order with all errors last, and area of a random order, which is the error rate.
    score : str
        How confidence is measured.
    level : float
        Confidence level of the intervals.

    Examples
    --------
    >>> found = risk_curve([2.0, -1.0, 0.5, 3.0], [1, 0, 0, 1])
    >>> found.risk.tolist(), found.area, found.excess_area
    ([0.0, 0.0, 0.0, 0.25], 0.0625, 0.0)
    """

    n_answered: IntArray
    n_errors: IntArray
    confidence: FloatArray
    area: float
    std_error: float
    low: float
    high: float
    best_area: float
    random_area: float
    score: str
    level: float

    @property
    def coverage(self) -> FloatArray:
        """Proportion of the rows answered, shape (t,)."""
        return np.asarray(self.n_answered / self.n_answered[-1])

    @property
    def risk(self) -> FloatArray:
        """Proportion of errors among the rows answered, shape (t,)."""
        return np.asarray(self.n_errors / self.n_answered)

    @property
    def excess_area(self) -> float:
        """Area minus that of the best order; 0 if the errors are the least confident rows."""
        return self.area - self.best_area

    def at(self, coverage: Any) -> FloatArray:
        """Return the risk when at least a given proportion of the rows is answered.

        Parameters
        ----------
        coverage : float or (m,) array-like
            Proportions above 0, at most 1.

        Returns
        -------
        (m, 5) array
            The coverage, with rows of equal confidence answered together; the risk there with exact pointwise limits
            (Clopper and Pearson); and the smallest confidence that is answered.

        Raises
        ------
        DataError
            If a proportion is not above 0 and at most 1.
        """
        asked = np.atleast_1d(read_numbers(coverage, "Coverages", "").astype(np.float64))
        if asked.ndim != 1 or asked.min() <= 0.0 or asked.max() > 1.0:
            raise DataError(f"coverage={coverage!r:.60}: give proportions of the rows, above 0 and at most 1.")
        places = np.searchsorted(self.n_answered, np.ceil(asked * self.n_answered[-1] * (1.0 - 1e-15)))
        low, high = self.limits(places)
        return np.column_stack([self.coverage[places], self.risk[places], low, high, self.confidence[places]])

    def limits(self, places: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return exact limits of the risk at some points of the curve.

        Parameters
        ----------
        places : (m,) int array
            Positions of the points.

        Returns
        -------
        low, high : (m,) array
            Pointwise Clopper-Pearson limits.
        """
        errors, answered = self.n_errors[places], self.n_answered[places]
        return proportion_limits(errors.astype(np.float64), answered.astype(np.float64), self.level)


def risk_curve(
    logits: Any, y: Any, score: Any = "probability", level: float = 0.95, weights: Any = None
) -> RiskCoverage:
    """Return risk by coverage: see :func:`logitkit.api.logits.selective.risk_coverage`."""
    require_level(level)
    values = read_logits(logits)
    n = values.shape[0]
    of_event = values.ndim == 1
    codes = read_codes(y, n, 2 if of_event else values.shape[1])
    predicted = (values > 0.0).astype(np.int64) if of_event else values.argmax(axis=1)
    confidence, name = _confidence(values, score)
    errors = (predicted != codes).astype(np.float64)
    if weights is not None:
        counts = whole_counts(read_weights(weights, n), "weights", "limits of error rates are those of counts")
        if counts.sum() > COUNTED_MOST:
            raise UnsupportedError(
                f"weights count {counts.sum():,} rows, more than the {COUNTED_MOST:,} that a curve can have."
            )
        confidence, errors = np.repeat(confidence, counts), np.repeat(errors, counts)
    return _curve(confidence, errors, name, level)


def _confidence(logits: FloatArray, score: Any) -> tuple[FloatArray, str]:
    """Return how sure each row is, the larger the surer, and what that is called."""
    if not isinstance(score, str):
        given = read_numbers(score, "Scores").astype(np.float64)
        if given.shape != (logits.shape[0],):
            raise DataError(f"score has shape {given.shape}, and there are logits of {logits.shape[0]} rows.")
        return given, "score"
    require_choice("score", score, SCORES)
    if logits.ndim == 1:
        return np.abs(logits), score  # of which all three are ascending functions
    if score == "entropy":
        return -np.asarray(entropy(logits), dtype=np.float64), score
    if score == "margin":
        two = np.partition(logits, logits.shape[1] - 2, axis=1)[:, -2:]
        return np.asarray(two[:, 1] - two[:, 0]), score
    return np.asarray(log_softmax(logits).max(axis=1), dtype=np.float64), score


def _curve(confidence: FloatArray, errors: FloatArray, name: str, level: float) -> RiskCoverage:
    """Return the curve with its areas."""
    n = errors.size
    order = np.argsort(-confidence, kind="stable")
    ranked, error = confidence[order], errors[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), n - 1)
    answered = last + 1
    wrong = np.cumsum(error)[last]
    size, own = np.diff(answered, prepend=0), np.diff(wrong, prepend=0.0)
    before, wrong_before = answered - size, wrong - own
    group = np.repeat(np.arange(last.size), size)
    place = np.arange(1, n + 1)
    # The mean over all orders of rows with equal confidence.
    risks = (wrong_before[group] + (place - before[group]) * (own / size)[group]) / place
    area = float(risks.mean())
    total = int(wrong[-1])
    worst_places = np.arange(n - total + 1, n + 1)
    best = float(((worst_places - (n - total)) / worst_places).sum() / n)
    error_of_area = _area_error(answered, size, own, n)
    half = float(NORMAL.quantile(level)) * error_of_area
    return RiskCoverage(
        n_answered=answered.astype(np.int64),
        n_errors=wrong.astype(np.int64),
        confidence=ranked[last],
        area=area,
        std_error=error_of_area,
        low=max(area - half, 0.0),
        high=min(area + half, 1.0),
        best_area=best,
        random_area=total / n,
        score=name,
        level=level,
    )


def _area_error(answered: IntArray, size: IntArray, own: FloatArray, n: int) -> float:
    r"""Return the standard error of the area, from the influence of each row (equation 13).

    Rows of a tied group are at random places between two coverages: logarithms are means over these places.
    """
    after = answered / n
    before = (answered - size) / n
    logs = np.zeros(size.size)
    logs[1:] = before[1:] * np.log(before[1:])
    weight = 1.0 - (after * np.log(after) - logs) / (after - before)  # the mean of -log over the group
    rate = own / size
    passed = rate[1:] * np.diff(np.log(after))  # errors over coverage of each group but the first
    later = np.append(np.cumsum(passed[::-1])[::-1], 0.0)
    share = later + rate * (np.log(after) + weight)
    mean, total = float((own * weight).sum() / n), float(own.sum() / n)
    wrong, right = weight - mean - share + total, -mean - share + total
    squares = float((own * wrong**2 + (size - own) * right**2).sum())
    return float(np.sqrt(squares / n / max(n - 1, 1)))
