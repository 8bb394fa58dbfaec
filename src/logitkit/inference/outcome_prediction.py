r"""Probabilities of several outcomes for rows, with standard errors, intervals, and limits under separation.

With :math:`c_j = 1` for j = k and :math:`-p_j / (1 - p_k)` else, the derivative of :math:`\operatorname{logit} p_k` by
the coefficients of outcome j is :math:`c_j x`. Intervals are made on this scale, so that they stay within (0, 1)
(``docs/maths/multinomial.md``, equations 12 and 13).

Under separation, an outcome whose logit falls below that of another along every direction of recession, or stays, has
the probability zero; where directions disagree about two outcomes that are left, the probabilities of these are not
determined and missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix import Matrix
from logitkit.inference.delta import normal_quantile
from logitkit.inference.penalised import require_covariance
from logitkit.outcome_record import MultinomialRecord
from logitkit.typing import BoolArray, FloatArray

__all__ = [
    "OutcomePredictions",
    "limiting_logits",
    "logit_covariances",
    "outcome_predictions",
    "outcome_predictors",
    "outcome_probabilities",
]

NUMBERS_OF_BLOCK = 4_000_000  # of a Jacobian that is written out at once


@dataclass(frozen=True)
class OutcomePredictions:
    """Probabilities with errors and intervals.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    probability, std_error, low, high : (K, n) array
        Missing where there is none: no error at the limits of a separated fit.
    level : float
        Confidence level.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> OutcomePredictions(("a",), one, one, one, one, 0.95).outcomes
    ('a',)
    """

    outcomes: tuple[str, ...]
    probability: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    level: float


def outcome_predictors(record: MultinomialRecord, matrix: Matrix, offsets: FloatArray | None) -> FloatArray:
    """Return the logits of rows, at a finite representative of the limit where there is separation.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    matrix : Matrix
        n rows.
    offsets : (K, n) array or None
        Added to the logits.

    Returns
    -------
    (K, n) array
        Zero for the reference, or its offset.
    """
    table = record.finite_table
    out = np.zeros((record.family.n_outcomes, matrix.n_rows))
    for outcome in record.layout.active:
        out[outcome] = matrix.matvec(table[outcome])
    return out if offsets is None else out + offsets


def outcome_probabilities(record: MultinomialRecord, matrix: Matrix, offsets: FloatArray | None) -> FloatArray:
    """Return the probability of each outcome.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    matrix : Matrix
        n rows.
    offsets : (K, n) array or None
        Added to the logits.

    Returns
    -------
    (K, n) array
        They sum to one, or are missing for the outcomes whose limit is not determined.

    Examples
    --------
    With intercepts the probabilities of each outcome sum to how often it occurs:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> [round(float(total), 9) for total in outcome_probabilities(fit.record, fit.design.matrix, None).sum(axis=1)]
    [3.0, 3.0, 3.0]
    """
    eta, open_outcomes = limiting_logits(record, matrix, offsets)
    mean = record.family.mean(eta)
    if open_outcomes is not None:
        mean[open_outcomes] = np.nan
    return mean


def limiting_logits(
    record: MultinomialRecord, matrix: Matrix, offsets: FloatArray | None
) -> tuple[FloatArray, BoolArray | None]:
    """Return the logits of rows, minus infinity where a probability is zero in the limit.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    matrix : Matrix
        n rows.
    offsets : (K, n) array or None
        Added to the logits.

    Returns
    -------
    eta : (K, n) array
        Their differences within a row count.
    undetermined : (K, n) bool array or None
        Outcomes whose limit is not determined; None where the estimate exists.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "a", "b", "c", "b", "c"], "x": [0, 0, 1, 1, 2, 2]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> eta, undetermined = limiting_logits(fit.record, fit.design.matrix, None)
    >>> bool(np.isneginf(eta[1:, :2]).all()), bool(undetermined.any())
    (True, False)
    """
    eta = outcome_predictors(record, matrix, offsets)
    if record.limit is None:
        return eta, None
    gone, undetermined = limits(record, matrix)
    eta[gone] = -np.inf
    return eta, undetermined


def limits(record: MultinomialRecord, matrix: Matrix) -> tuple[BoolArray, BoolArray]:
    """Return which probabilities of rows are zero in the limit, and which are not determined.

    Parameters
    ----------
    record : MultinomialRecord
        A separated fit.
    matrix : Matrix
        n rows.

    Returns
    -------
    gone, undetermined : (K, n) bool array
        An outcome is gone if another's logit rises above its own in every direction of the limit's interior.
    """
    assert record.limit is not None
    assert record.limit.cone is not None
    k, n = record.family.n_outcomes, matrix.n_rows
    gone, open_pairs = np.zeros((k, n), dtype=bool), []
    for a in range(k):
        for b in range(a + 1, k):
            sides = pair_sides(record, matrix, a, b)
            gone[b] |= sides > 0.0
            gone[a] |= sides < 0.0
            open_pairs.append((a, b, np.isnan(sides)))
    undetermined = np.zeros((k, n), dtype=bool)
    for a, b, disagree in open_pairs:
        both = disagree & ~gone[a] & ~gone[b]
        undetermined[a] |= both
        undetermined[b] |= both
    # What is left of one is shared among those that are open, the others have no finite ratio to them.
    some = undetermined.any(axis=0)
    return gone, np.asarray(some & ~gone)


def pair_sides(record: MultinomialRecord, matrix: Matrix, first: int, second: int) -> FloatArray:
    """Return the sign of the difference of two logits over all directions of recession, nan where they disagree.

    Parameters
    ----------
    record : MultinomialRecord
        A separated fit.
    matrix : Matrix
        n rows.
    first, second : int
        Outcomes.

    Returns
    -------
    (n,) array
        1, -1, 0 or nan.
    """
    assert record.limit is not None
    assert record.limit.cone is not None
    weights = np.zeros((record.family.n_outcomes, 1))
    weights[first], weights[second] = 1.0, -1.0
    out = np.empty(matrix.n_rows)
    step = max(NUMBERS_OF_BLOCK // max(record.coef.size, 1), 1)
    for start in range(0, matrix.n_rows, step):
        stop = min(start + step, matrix.n_rows)
        rows = matrix.rows(start, stop).to_dense()
        out[start:stop] = record.limit.cone.signs(_jacobian(record, rows, np.repeat(weights, stop - start, axis=1)))
    return out


def outcome_predictions(
    record: MultinomialRecord, matrix: Matrix, offsets: FloatArray | None, level: float | None = None
) -> OutcomePredictions:
    """Return probabilities with standard errors and intervals.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    matrix : Matrix
        n rows.
    offsets : (K, n) array or None
        Added to the logits.
    level : float, optional
        Confidence level; the fit's by default.

    Returns
    -------
    OutcomePredictions
        Intervals within (0, 1), each for one outcome.

    Raises
    ------
    UnsupportedError
        After a penalty that leaves no covariance.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> found = outcome_predictions(fit.record, fit.design.matrix, None)
    >>> bool((found.low < found.probability).all() and (found.probability < found.high).all())
    True
    """
    level = record.level if level is None else level
    z = normal_quantile(level)
    require_covariance(record, "Predictions with errors", "fit.predict gives the probabilities.")
    mean = outcome_probabilities(record, matrix, offsets)
    k, n = mean.shape
    error = np.full((k, n), np.nan)  # of the logit of each probability
    inside = (mean > 0.0) & (mean < 1.0)
    step = max(NUMBERS_OF_BLOCK // max(record.coef.size, 1), 1)
    for start in range(0, n, step):
        stop = min(start + step, n)
        rows, here = matrix.rows(start, stop).to_dense(), mean[:, start:stop]
        for outcome in range(k):
            rest = _rest(here, outcome)
            weights = np.divide(-here, rest, out=np.zeros_like(here), where=rest > 0.0)
            weights[outcome] = 1.0
            jacobian = _jacobian(record, rows, weights)
            variance = np.einsum("ij,ij->i", record.inner_vcov.times(jacobian), jacobian)
            error[outcome, start:stop] = np.sqrt(np.maximum(variance, 0.0))
    error = np.where(inside, error, np.nan)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rest = np.stack([_rest(mean, outcome) for outcome in range(k)])
        logit = np.log(mean) - np.log(rest)
        low, high = (1.0 / (1.0 + np.exp(-(logit + side * z * error))) for side in (-1.0, 1.0))
    return OutcomePredictions(record.outcomes, mean, error * mean * rest, low, high, level)


def logit_covariances(record: MultinomialRecord, matrix: Matrix) -> Iterator[tuple[int, int, FloatArray]]:
    """Yield the model-based covariance of the fitted logits of each row, block of rows by block of rows.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    matrix : Matrix
        n rows.

    Yields
    ------
    start, stop : int
        Which rows.
    covariance : (r, K, K) array
        Of the logits, zero for the reference; at a finite representative of the limit.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> _, _, covariance = next(logit_covariances(fit.record, fit.design.matrix))
    >>> x = np.array([0.0, 0.0, 1.0, 1.0])  # the logit of c in the first row, where x = 1
    >>> bool(np.isclose(covariance[0, 2, 2], x @ fit.record.vcov @ x))
    True
    """
    k, n, active = record.family.n_outcomes, matrix.n_rows, record.layout.active
    step = max(NUMBERS_OF_BLOCK // max(2 * record.coef.size * k, 1), 1)
    for start in range(0, n, step):
        stop = min(start + step, n)
        rows = matrix.rows(start, stop).to_dense()
        jacobians = []
        for outcome in active:
            one = np.zeros((k, stop - start))
            one[outcome] = 1.0
            jacobians.append(_jacobian(record, rows, one))
        covariance = np.zeros((stop - start, k, k))
        for place, outcome in enumerate(active):
            times = record.inner_model_vcov.times(jacobians[place])
            for other, jacobian in zip(active[: place + 1], jacobians, strict=False):
                value = np.einsum("ij,ij->i", times, jacobian)
                covariance[:, outcome, other] = covariance[:, other, outcome] = value
        yield start, stop, covariance


def _rest(mean: FloatArray, outcome: int) -> FloatArray:
    """Return the probability of all other outcomes, as a sum, so that nothing cancels."""
    return np.asarray(np.delete(mean, outcome, axis=0).sum(axis=0))


def _jacobian(record: MultinomialRecord, rows: FloatArray, weights: FloatArray) -> FloatArray:
    """Return, for each row, the function of what is solved for that sums the logits with weights by outcome, (n, q)."""
    flat = (weights[record.layout.active].T[:, :, None] * rows[:, None, :]).reshape(len(rows), record.coef.size)
    if record.aliased.size:
        flat[:, record.aliased] = 0.0
    return record.coordinates.jacobian(flat)
