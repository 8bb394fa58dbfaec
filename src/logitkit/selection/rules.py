"""From the scores of folds to a strength: mean and standard error, the best strength, the one-standard-error rule.

Equations are those of ``docs/maths/cross-validation.md``, equations 9 to 13.

References
----------
Breiman, L., Friedman, J. H., Olshen, R. A. and Stone, C. J. (1984) Classification and Regression Trees, section 3.4.3,
for the one-standard-error rule. Friedman, J., Hastie, T. and Tibshirani, R. (2010) Journal of Statistical Software
33(1), section 6, for its use with paths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.errors import DataError
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["ScoreCurve", "best_strength", "one_se_strength", "score_curve"]


@dataclass(frozen=True)
class ScoreCurve:
    """Cross-validated score at each penalty strength.

    Parameters
    ----------
    mean : (k,) array
        Weighted mean of the scores over the folds; nan if no fold has a score.
    std_error : (k,) array
        Standard error of the mean; nan if no repetition has two scores.
    n_scores : (k,) int array
        Number of splits with a score.
    n_splits : int
        Number of splits.

    Examples
    --------
    Means are compared only where every fold has a score:

    >>> curve = ScoreCurve(np.array([1.0, 0.9]), np.array([0.1, 0.1]), np.array([5, 4]), 5)
    >>> curve.comparable.tolist()
    [True, False]
    """

    mean: FloatArray
    std_error: FloatArray
    n_scores: IntArray
    n_splits: int

    @property
    def comparable(self) -> BoolArray:
        """Whether the mean is finite and is taken over the largest number of splits, shape (k,).

        A fold whose path stopped early has no score at small strengths. The mean over the other folds then refers to
        different rows, and could be best for that reason alone.
        """
        return np.asarray(np.isfinite(self.mean) & (self.n_scores == self.n_scores.max(initial=0)))


def score_curve(scores: FloatArray, weights: FloatArray, repeats: IntArray | None = None) -> ScoreCurve:
    """Return the mean and standard error of the scores at each strength.

    Parameters
    ----------
    scores : (s, k) array
        Score of each split at each strength; nan if there is none.
    weights : (s,) array
        Total weight of the rows that each split tests.
    repeats : (s,) int array, optional
        Repetition to which each split belongs; by default there is one repetition.

    Returns
    -------
    ScoreCurve
        For one repetition, the values of R's ``cv.glmnet``. For several, the mean of the means, and the root mean
        square of the standard errors: repetitions reduce the randomness of the division but add no new data.

    Raises
    ------
    DataError
        If shapes differ, or a weight is not positive.

    Examples
    --------
    With equal weights, it is the standard error of a mean:

    >>> curve = score_curve(np.array([[1.0], [2.0], [6.0]]), np.ones(3))
    >>> curve.mean.tolist(), bool(np.isclose(curve.std_error[0], np.std([1, 2, 6], ddof=1) / np.sqrt(3)))
    ([3.0], True)
    """
    scores = np.asarray(scores, dtype=np.float64)
    repeats = np.zeros(scores.shape[:1], dtype=np.int64) if repeats is None else repeats
    if scores.ndim != 2 or weights.shape != scores.shape[:1] or repeats.shape != scores.shape[:1]:
        raise DataError(
            f"Scores have shape {scores.shape}, weights {weights.shape} and repeats {repeats.shape}; scores need two "
            "axes, splits and strengths, and all three need the same number of splits."
        )
    if not (weights > 0.0).all():
        raise DataError(f"The weight of split {int(np.argmin(weights > 0.0))} (from 0) is not positive.")
    parts = [_moments(scores[repeats == one], weights[repeats == one]) for one in np.unique(repeats)]
    mean = _mean_of_present(np.array([part[0] for part in parts]))
    squared = _mean_of_present(np.array([part[1] for part in parts]))
    return ScoreCurve(mean, np.sqrt(squared), np.count_nonzero(~np.isnan(scores), axis=0), scores.shape[0])


def best_strength(strengths: FloatArray, curve: ScoreCurve, *, larger_is_better: bool = False) -> int:
    """Return the position of the strength with the best mean; among ties, of the largest strength.

    Parameters
    ----------
    strengths : (k,) array
        Strengths in any order.
    curve : ScoreCurve
        Scores at the same strengths.
    larger_is_better : bool, default False
        Whether larger scores are better.

    Returns
    -------
    int
        Position among all strengths; only comparable means are considered.

    Raises
    ------
    DataError
        If no mean is comparable.

    Examples
    --------
    >>> curve = score_curve(np.array([[3.0, 1.0, 1.0], [3.0, 1.0, 1.0]]), np.ones(2))
    >>> best_strength(np.array([4.0, 2.0, 1.0]), curve)
    1
    """
    comparable = curve.comparable
    if not comparable.any():
        raise DataError(
            f"None of the {strengths.size} strengths has a finite mean score over its folds ({curve.n_splits} splits); "
            "use another measure, or folds that hold both outcomes."
        )
    loss = np.where(comparable, -curve.mean if larger_is_better else curve.mean, np.inf)
    return _largest(strengths, loss == loss.min())


def one_se_strength(strengths: FloatArray, curve: ScoreCurve, *, larger_is_better: bool = False) -> int:
    """Return the position of the largest strength whose mean is within one standard error of the best.

    Parameters
    ----------
    strengths : (k,) array
        Strengths in any order.
    curve : ScoreCurve
        Scores at the same strengths.
    larger_is_better : bool, default False
        Whether larger scores are better.

    Returns
    -------
    int
        Position of a strength at least as large as the best one.

    Raises
    ------
    DataError
        If there is no best strength, or its standard error is nan.

    Examples
    --------
    >>> curve = ScoreCurve(np.array([3.0, 1.4, 1.0]), np.array([1.0, 1.0, 0.5]), np.array([2, 2, 2]), 2)
    >>> one_se_strength(np.array([4.0, 2.0, 1.0]), curve)
    1
    """
    best = best_strength(strengths, curve, larger_is_better=larger_is_better)
    if np.isnan(curve.std_error[best]):
        raise DataError(
            f"The best strength, {strengths[best]:g}, has {curve.n_scores[best]} score(s) in {curve.n_splits} splits "
            "and no standard error; the one-standard-error rule needs two folds with a score."
        )
    sign = -1.0 if larger_is_better else 1.0
    bound = sign * curve.mean[best] + curve.std_error[best]
    return _largest(strengths, curve.comparable & (sign * curve.mean <= bound))


def _moments(scores: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and squared standard error over the splits of one repetition, each shape (k,)."""
    there = ~np.isnan(scores)
    count, share = there.sum(axis=0), weights @ there
    share = np.where(count > 0, share, np.nan)
    mean = weights @ np.where(there, scores, 0.0) / share
    with np.errstate(invalid="ignore"):  # an infinite score has an infinite mean, from which it differs by nan
        squares = weights @ np.where(there, scores - mean, 0.0) ** 2
    return mean, squares / share / np.where(count > 1, count - 1, np.nan)


def _mean_of_present(values: FloatArray) -> FloatArray:
    """Return the mean over the first axis of what is not missing."""
    there = ~np.isnan(values)
    count = there.sum(axis=0)
    return np.asarray(np.where(there, values, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan))


def _largest(strengths: FloatArray, among: BoolArray) -> int:
    return int(np.argmax(np.where(among, strengths, -np.inf)))
