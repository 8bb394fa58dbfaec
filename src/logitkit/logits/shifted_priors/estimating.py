r"""New proportions of outcomes: from calibrated probabilities (EM), or from predicted outcomes (BBSE).

Both take the rows of an outcome to be alike before and after, and only the proportions of outcomes to differ.

References
----------
Saerens, M., Latinne, P. and Decaestecker, C. (2002) Adjusting the outputs of a classifier to new a priori
probabilities: a simple procedure. Neural Computation 14, 21-41. Lipton, Z. C., Wang, Y.-X. and Smola, A. J. (2018)
Detecting and correcting for label shift with black box predictors. ICML.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from scipy.special import chdtrc

from logitkit.engine.law import NORMAL, require_level
from logitkit.errors import DataError, DataWarning
from logitkit.logits.conformal_sets.predictor import as_outcomes
from logitkit.logits.functions import softmax
from logitkit.logits.read import read_codes, read_logits, read_numbers, read_weights
from logitkit.logits.shifted_priors.mixture import CLOSE, Mixture, fit_mixture
from logitkit.logits.shifted_priors.shift import ILL_CONDITIONED, METHODS, PriorShift
from logitkit.options import is_finite_number, require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["estimate_shift"]

SINGULAR = 1e10  # a condition number above which nothing is left of double precision worth printing


def estimate_shift(
    logits: Any,
    method: str = "EM",
    priors: Any = None,
    held_out: Any = None,
    level: float = 0.95,
    weights: Any = None,
) -> PriorShift:
    """Return the new proportions: see :func:`logitkit.api.logits.prior_shift.prior_shift`."""
    require_level(level)
    require_choice("method", method, METHODS)
    given = read_logits(logits)
    values = as_outcomes(given)
    k = values.shape[1]
    if method == "BBSE" and held_out is None:
        raise DataError(
            "method='BBSE' needs held_out=(logits, y): rows with outcomes that the model was not fitted to."
        )
    known = _held_out(held_out, given)
    counted = None if weights is None else read_weights(weights, values.shape[0])
    counts = None if known is None else np.bincount(known.codes, known.weights, k)
    if counts is not None and counts.min() == 0:
        raise DataError(f"No row of held_out= has outcome {int(np.argmin(counts))}: nothing is known of it.")
    old = _old(priors, counts, k, of_event=given.ndim == 1)
    n = values.shape[0] if counted is None else float(counted.sum())
    n_counted = 0.0 if priors is not None or counts is None else float(counts.sum())
    own_error = (np.diag(old) - np.outer(old, old)) / n_counted if n_counted else np.zeros((k, k))
    if method == "EM":
        found = fit_mixture(values - np.log(old), old, counted)
        score = _score(values, old, own_error, counted) if n_counted else None
        return _by_likelihood(found, old, own_error, n, level, score=score, of_event=given.ndim == 1)
    assert known is not None
    new = _Rows(values, values.argmax(axis=1), np.ones(values.shape[0]) if counted is None else counted)
    return _by_confusion(new, known, old, own_error, level, of_event=given.ndim == 1)


class _Rows(NamedTuple):
    """Rows with the number of an outcome, one that happened or is predicted, and how often each counts."""

    logits: FloatArray
    codes: Any
    weights: FloatArray


def _held_out(given: Any, new: FloatArray) -> _Rows | None:
    """Return the logits, the outcomes and the weights of rows with outcomes."""
    if given is None:
        return None
    if not isinstance(given, tuple | list) or len(given) not in (2, 3):
        raise DataError("held_out=: give a pair, the logits and the outcomes of the same rows, or these and weights.")
    try:
        values = read_logits(given[0])
    except DataError as error:
        raise DataError(f"held_out=: {error}") from error
    if values.shape[1:] != new.shape[1:]:
        raise DataError(f"Logits of held_out= have shape {values.shape}, and the new ones {new.shape}.")
    outcomes = as_outcomes(values)
    try:
        codes = read_codes(given[1], *outcomes.shape)
        return _Rows(outcomes, codes, read_weights(given[2] if len(given) == 3 else None, codes.size))
    except DataError as error:
        raise DataError(f"held_out=: {error}") from error


def _old(priors: Any, counts: Any, k: int, *, of_event: bool) -> FloatArray:
    """Return the proportions that logits are calibrated for."""
    if priors is None:
        if counts is None:
            raise DataError(
                "priors= are missing: give the proportions of outcomes that the logits are calibrated for, mostly "
                "those of the rows that the model was fitted to, or held_out=(logits, y), whose proportions are taken."
            )
        return np.asarray(counts / counts.sum())
    given = priors
    if of_event and is_finite_number(priors):
        priors = [1.0 - priors, priors]
    found = read_numbers(priors, "priors", "").astype(np.float64)
    if found.shape != (k,) or found.min() <= 0.0 or abs(found.sum() - 1.0) > 1e-6:
        raise DataError(
            f"priors={np.asarray(given).tolist()!r:.60}: give {k} proportions above 0 that add up to 1"
            f"{', or the one of the event' if of_event else ''}."
        )
    return np.asarray(found / found.sum())


def _by_likelihood(
    found: Mixture,
    old: FloatArray,
    own_error: FloatArray,
    n: float,
    level: float,
    *,
    score: float | None,
    of_event: bool,
) -> PriorShift:
    """Return the maximum of the likelihood, with errors by the observed information (equations 6 to 10).

    ``own_error`` is the covariance of the old proportions, zero where these were given, and ``score`` the statistic of
    the test where they were counted.
    """
    q, k = found.proportions, old.size
    if found.gap > 1e3 * CLOSE:
        warnings.warn(
            f"EM stopped with a mean log-likelihood up to {found.gap:.1e} below its maximum.", DataWarning, stacklevel=3
        )
    inside = np.flatnonzero(q > 0.0)
    vcov = np.zeros((k, k))
    vcov[np.ix_(inside, inside)] = _spread(found, old, own_error, inside, n) / n
    error = np.sqrt(np.maximum(vcov.diagonal(), 0.0))
    half = float(NORMAL.quantile(level)) * error
    low, high = np.maximum(q - half, 0.0), np.minimum(q + half, 1.0)
    for j in np.flatnonzero(q <= 0.0):
        with_it = np.sort(np.append(inside, j))
        own = int(np.searchsorted(with_it, j))
        spread = _spread(found, old, own_error, with_it, n)[own, own]
        low[j], high[j], error[j] = 0.0, _upper(1.0 - found.gradient[j], spread, n, level), np.nan
    statistic = max(2.0 * found.loglik, 0.0) if score is None else score
    return PriorShift(
        "EM",
        of_event,
        old,
        q,
        error,
        low,
        high,
        vcov,
        n,
        level,
        statistic=statistic,
        dof=k - 1,
        p_value=float(chdtrc(k - 1, statistic)),
        gap=found.gap,
        confusion=np.empty((0, 0)),
        counted=score is not None,
    )


def _spread(found: Mixture, old: FloatArray, own_error: FloatArray, inside: IntArray, n: float) -> FloatArray:
    """Return n times the covariance of some proportions, the others zero: of the new rows, and of the old ones."""
    own = np.ix_(inside, inside)
    within = _within(found.curvature[own])
    if not own_error.any():
        return within
    q, ratio = found.proportions[inside], found.proportions[inside] / old[inside]
    moved = np.diag(ratio) - (within + np.outer(q, q)) / old[inside]
    return np.asarray(within + n * moved @ own_error[own] @ moved.T)


def _score(values: FloatArray, old: FloatArray, own_error: FloatArray, weights: FloatArray | None) -> float:
    """Return how far the mean probabilities of new rows are from counted proportions, in units of both errors."""
    p = np.asarray(softmax(values), dtype=np.float64)
    w = np.ones(len(p)) if weights is None else weights
    n, mean = float(w.sum()), w @ p / w.sum()
    gap, apart = mean - old, p - mean
    spread = (apart * w[:, None]).T @ apart / ((n - 1.0) * n) if n > 1.0 else np.zeros(own_error.shape)
    return float(gap @ np.linalg.pinv(spread + own_error, rcond=1e-12, hermitian=True) @ gap)


def _within(curvature: FloatArray) -> FloatArray:
    """Return the inverse of second derivatives among changes that add up to zero."""
    k = curvature.shape[0]
    if k == 1:
        return np.zeros((1, 1))
    free = np.linalg.qr(np.column_stack([np.ones(k), np.eye(k)[:, 1:]]))[0][:, 1:]
    return np.asarray(free @ np.linalg.pinv(free.T @ curvature @ free, hermitian=True) @ free.T)


def _upper(slope: float, spread: float, n: float, level: float) -> float:
    """Return how far a proportion of zero may rise until the quadratic profile log-likelihood is too low."""
    if spread <= 0.0:
        return float("nan")
    drop = 0.5 * float(NORMAL.quantile(level)) ** 2 / n
    return float(min(spread * (np.sqrt(max(slope, 0.0) ** 2 + 2.0 * drop / spread) - max(slope, 0.0)), 1.0))


def _by_confusion(
    new: _Rows,
    known: _Rows,
    old: FloatArray,
    own_error: FloatArray,
    level: float,
    *,
    of_event: bool,
) -> PriorShift:
    """Return the proportions that explain how often each outcome is predicted (equations 11 to 13)."""
    k, n = old.size, float(new.weights.sum())
    counts = np.bincount(known.codes, known.weights, k)
    confusion = np.zeros((k, k))
    np.add.at(confusion, (known.logits.argmax(axis=1), known.codes), known.weights)
    confusion /= counts
    condition = float(np.linalg.cond(confusion))
    if not condition < SINGULAR:
        never = np.flatnonzero(confusion.sum(axis=1) == 0.0)
        why = f"outcome {never[0]} is never predicted" if never.size else "some outcomes are predicted alike"
        raise DataError(
            f"The confusion matrix of held_out= has no inverse ({why}): how often outcomes are predicted does not tell "
            "how often they occur. method='EM' takes the probabilities."
        )
    predicted = np.bincount(new.codes, new.weights, k) / n
    raw = np.linalg.solve(confusion, predicted)
    meat = (np.diag(predicted) - np.outer(predicted, predicted)) / n
    for j in range(k):
        column = confusion[:, j]
        meat += raw[j] ** 2 * (np.diag(column) - np.outer(column, column)) / counts[j]
    left = np.linalg.solve(confusion, meat)
    vcov = np.linalg.solve(confusion, left.T)
    vcov = 0.5 * (vcov + vcov.T)
    error = np.sqrt(np.maximum(vcov.diagonal(), 0.0))
    half = NORMAL.quantile(level) * error
    change = raw - old
    spread = vcov + own_error
    statistic = float(change @ np.linalg.pinv(spread, hermitian=True) @ change)
    kept = np.maximum(raw, 0.0)
    if condition > ILL_CONDITIONED:
        warnings.warn(
            f"The condition number of the confusion matrix is {condition:.3g}, above {ILL_CONDITIONED:g}: predicted "
            "outcomes hardly tell some outcomes apart, and errors of their proportions grow up to that many times.",
            DataWarning,
            stacklevel=3,
        )
    return PriorShift(
        "BBSE",
        of_event,
        old,
        kept / kept.sum(),
        error,
        np.clip(raw - half, 0.0, 1.0),
        np.clip(raw + half, 0.0, 1.0),
        vcov,
        n,
        level,
        statistic=statistic,
        dof=k - 1,
        p_value=float(chdtrc(k - 1, statistic)),
        gap=0.0,
        confusion=confusion,
        condition=condition,
        truncated=bool((raw < 0.0).any()),
        counted=bool(own_error.any()),
    )
