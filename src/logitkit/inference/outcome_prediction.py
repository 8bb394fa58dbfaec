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
from scipy.special import logsumexp

from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.record import FitRecord
from logitkit.inference.delta import normal_quantile
from logitkit.inference.penalised import require_covariance
from logitkit.typing import BoolArray, FloatArray

__all__ = [
    "OutcomePredictions",
    "limiting_logits",
    "logit_covariances",
    "outcome_logits",
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


def outcome_predictors(record: FitRecord, matrix: Matrix, offsets: FloatArray | None) -> FloatArray:
    """Return the logits of rows, at a finite representative of the limit where there is separation.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.
    offsets : (K, n) array or None
        Added to the logits.

    Returns
    -------
    (K, n) array
        Zero for the reference, or its offset.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> eta = outcome_predictors(fit.record, fit.design.matrix, None)
    >>> bool(np.allclose(np.exp(eta) / np.exp(eta).sum(axis=0), fit.predict().T, rtol=1e-12))
    True
    """
    table = record.finite_table
    out = np.zeros((record.family.n_outcomes, matrix.n_rows))
    for outcome in record.predictors.active:
        out[outcome] = matrix.matvec(table[outcome])
    return out if offsets is None else out + offsets


def outcome_probabilities(record: FitRecord, matrix: Matrix, offsets: FloatArray | None) -> FloatArray:
    """Return the probability of each outcome.

    Parameters
    ----------
    record : FitRecord
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
    eta, undetermined = limiting_logits(record, matrix, offsets)
    return _probabilities(record, eta, undetermined)


def limiting_logits(
    record: FitRecord, matrix: Matrix, offsets: FloatArray | None
) -> tuple[FloatArray, BoolArray | None]:
    """Return the logits of rows, minus infinity where a probability is zero in the limit.

    Parameters
    ----------
    record : FitRecord
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


def _probabilities(record: FitRecord, eta: FloatArray, undetermined: BoolArray | None) -> FloatArray:
    mean: FloatArray = record.family.mean(eta)
    if undetermined is not None:
        mean[undetermined] = np.nan
    return mean


def limits(record: FitRecord, matrix: Matrix) -> tuple[BoolArray, BoolArray]:
    """Return which probabilities of rows are zero in the limit, and which are not determined.

    Parameters
    ----------
    record : FitRecord
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
            sides = contrast_sides(record, matrix, np.eye(k)[a] - np.eye(k)[b])
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


def contrast_sides(record: FitRecord, matrix: Matrix, weights: FloatArray) -> FloatArray:
    """Return the sign of a contrast of logits over all directions of recession, nan where they disagree.

    Parameters
    ----------
    record : FitRecord
        A separated fit.
    matrix : Matrix
        n rows.
    weights : (K,) array
        Of the outcomes; they sum to zero.

    Returns
    -------
    (n,) array
        1, -1, 0 or nan.
    """
    assert record.limit is not None
    assert record.limit.cone is not None
    out = np.empty(matrix.n_rows)
    step = max(NUMBERS_OF_BLOCK // max(record.coef.size, 1), 1)
    for start in range(0, matrix.n_rows, step):
        stop = min(start + step, matrix.n_rows)
        rows = matrix.rows(start, stop).to_dense()
        jacobian = _jacobian(record, rows, np.repeat(weights[:, None], stop - start, axis=1))
        out[start:stop] = record.limit.cone.signs(jacobian)
    return out


def outcome_logits(record: FitRecord, matrix: Matrix, offsets: FloatArray | None) -> FloatArray:
    """Return the logarithm of each probability less that of the reference, in symmetric form less the mean of all.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.
    offsets : (K, n) array or None
        Added to the logits.

    Returns
    -------
    (K, n) array
        Infinite or missing where separation leaves no finite difference; the reference's own is zero.

    Examples
    --------
    In symmetric form they sum to zero:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data, reference=None)
    >>> bool(np.allclose(outcome_logits(fit.record, fit.design.matrix, None).sum(axis=0), 0.0, atol=1e-12))
    True
    """
    eta = outcome_predictors(record, matrix, offsets)
    k, reference = len(eta), record.reference
    eta = eta - (eta.mean(axis=0) if reference is None else eta[reference])
    if record.limit is None:
        return np.asarray(eta)
    base = np.full(k, 1.0 / k) if reference is None else np.eye(k)[reference]
    sides = np.stack([contrast_sides(record, matrix, weights - base) for weights in np.eye(k)])
    infinite = np.where(sides > 0.0, np.inf, np.where(sides < 0.0, -np.inf, np.nan))
    return np.where(sides == 0.0, eta, infinite)


def outcome_predictions(
    record: FitRecord, matrix: Matrix, offsets: FloatArray | None, level: float | None = None
) -> OutcomePredictions:
    """Return probabilities with standard errors and intervals.

    Parameters
    ----------
    record : FitRecord
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
    eta, undetermined = limiting_logits(record, matrix, offsets)
    mean = _probabilities(record, eta, undetermined)
    k, n = mean.shape
    # Of the logit of each probability, which is the logit of the outcome less the logarithm of the sum of the others'
    # exponentials: neither a probability that rounds to one nor one that underflows loses its error.
    others = np.stack([logsumexp(np.delete(eta, outcome, axis=0), axis=0) for outcome in range(k)])
    with np.errstate(invalid="ignore"):
        logit = eta - others
    error = np.full((k, n), np.nan)
    step = max(NUMBERS_OF_BLOCK // max(record.coef.size, 1), 1)
    for start in range(0, n, step):
        stop = min(start + step, n)
        rows = matrix.rows(start, stop).to_dense()
        for outcome in range(k):
            with np.errstate(invalid="ignore"):
                below = eta[:, start:stop] - others[outcome, start:stop]
            below[outcome] = 0.0
            weights = -np.nan_to_num(np.exp(below))
            weights[outcome] = 1.0
            jacobian = _jacobian(record, rows, weights)
            variance = np.einsum("ij,ij->i", record.inner_vcov.times(jacobian), jacobian)
            error[outcome, start:stop] = np.sqrt(np.maximum(variance, 0.0))
    error = np.where(np.isfinite(logit) & ~np.isnan(mean), error, np.nan)
    with np.errstate(over="ignore"):
        low, high = (1.0 / (1.0 + np.exp(-(logit + side * z * error))) for side in (-1.0, 1.0))
    rest = np.stack([np.delete(mean, outcome, axis=0).sum(axis=0) for outcome in range(k)])
    return OutcomePredictions(record.outcomes, mean, error * mean * rest, low, high, level)


def logit_covariances(record: FitRecord, matrix: Matrix) -> Iterator[tuple[int, int, FloatArray]]:
    """Yield the model-based covariance of the fitted logits of each row, block of rows by block of rows.

    Parameters
    ----------
    record : FitRecord
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
    k, n, active = record.family.n_outcomes, matrix.n_rows, record.predictors.active
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


def _jacobian(record: FitRecord, rows: FloatArray, weights: FloatArray) -> FloatArray:
    """Return, for each row, the function of what is solved for that sums the logits with weights by outcome, (n, q)."""
    flat = (weights[record.predictors.active].T[:, :, None] * rows[:, None, :]).reshape(len(rows), record.coef.size)
    if record.aliased.size:
        flat[:, record.aliased] = 0.0
    return record.coordinates.jacobian(flat)
