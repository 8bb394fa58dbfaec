"""Recalibrators learnt from logits and outcomes, as bare arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.read import read_codes, read_logits, read_outcomes, read_weights
from logitkit.logits.recalibration.binary_fit import fit_binary
from logitkit.logits.recalibration.isotonic import isotonic_blocks, thresholds
from logitkit.logits.recalibration.recalibrator import METHODS, Recalibrator, as_columns
from logitkit.logits.recalibration.sandwich import free_numbers, with_sandwich
from logitkit.logits.recalibration.softmax_fit import fit_softmax
from logitkit.logits.recalibration.temperature import fit_temperature
from logitkit.logits.scores import brier_score, log_loss
from logitkit.logits.splines import placed_knots
from logitkit.options import require_choice
from logitkit.typing import CodeArray, FloatArray

__all__ = ["COVARIANCES", "learn", "recalibrate"]

KNOTS = 5
COVARIANCES = ("model", "robust")
NAMES = {
    "intercept": ("intercept",),
    "logistic": ("intercept", "slope"),
    "temperature": ("slope",),
    "beta": ("intercept", "slope of log p", "slope of -log(1 - p)"),
}
OF_EVENT = ("beta", "isotonic", "centred", "spline")
ONE_OUTCOME = "All rows have one outcome: there is nothing to recalibrate to."


def recalibrate(
    logits: Any, y: Any, method: str = "logistic", weights: Any = None, covariance: str = "model"
) -> Recalibrator:
    """Learn from outcomes how to transform logits so that their probabilities are calibrated.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or logits of K outcomes, of any model; preferably for rows that it was not fitted to.
    y : (n,) array-like
        0 or 1, or the proportion of events; for K outcomes, their numbers from 0 to K - 1.
    method : str
        ``'intercept'``, ``'logistic'`` (intercept and slope, Platt), ``'temperature'``, ``'vector'`` (a slope and an
        intercept for each of K outcomes), ``'beta'``, ``'isotonic'``, ``'centred'`` (isotonic without ties) or
        ``'spline'``.
    weights : (n,) array-like, optional
        How often each row counts.
    covariance : {'model', 'robust'}
        Whether standard errors are from the inverse information, or from a sandwich, which does not rely on the model.

    Returns
    -------
    Recalibrator
        It has ``transform(logits)``, parameters with standard errors, and scores before and after.

    Raises
    ------
    DataError
        If logits are not finite or look like probabilities, outcomes are out of range, or all rows have one outcome.
    SeparationError
        If the logits separate the outcomes of these rows, so that no finite estimate exists.
    UnsupportedError
        If the method is for an event and the logits are of several outcomes, or the other way round.

    Examples
    --------
    Logits that are twice too large have a temperature near 2, and a smaller loss when divided by it:

    >>> rng = np.random.default_rng(0)
    >>> l = rng.standard_normal(4000)
    >>> y = rng.random(4000) < 1 / (1 + np.exp(-l))
    >>> found = recalibrate(2 * l, y, method="temperature")
    >>> round(float(found.temperature), 2), [round(float(loss), 3) for loss in found.log_loss]
    (1.99, [0.654, 0.599])
    """
    values = read_logits(logits)
    require_choice("covariance", covariance, COVARIANCES)
    counts = read_weights(weights, values.shape[0])
    if values.ndim == 2 and method == "temperature" and covariance == "model":  # proportions are as large as logits
        return _of_temperature(values, read_codes(y, *values.shape), np.empty((0, 0)), counts)
    shares = read_outcomes(y, values)
    found = learn(values, shares, counts, method)
    return found if covariance == "model" else with_sandwich(found, values, shares, counts)


def learn(logits: FloatArray, shares: FloatArray, weights: FloatArray, method: str) -> Recalibrator:
    """Learn from arrays that were checked.

    Parameters
    ----------
    logits, shares : (n,) or (n, K) array
        Logits, and proportions of what happened.
    weights : (n,) array
        How often each row counts.
    method : str
        As for ``recalibrate``.

    Returns
    -------
    Recalibrator
        The recalibrator, with scores before and after.

    Examples
    --------
    >>> learn(np.zeros(4), np.array([0.0, 1.0, 1.0, 1.0]), np.ones(4), "intercept").estimate.round(6).tolist()
    [1.098612]
    """
    require_choice("method", method, METHODS)
    if logits.ndim == 2 and method == "temperature":
        return _of_temperature(logits, np.empty(0, np.int32), shares, weights)
    totals = weights @ shares
    if (logits.ndim == 1 and not 0.0 < totals < weights.sum()) or (logits.ndim == 2 and (totals > 0.0).sum() < 2):
        raise DataError(ONE_OUTCOME)
    if logits.ndim == 1:
        found = _of_event(logits, shares, weights, method)
    else:
        found = _of_several(logits, shares, weights, method)
    if method == "temperature":
        _require_right_way(found.estimate[0])
    after = found.transform(logits)
    return replace(
        found,
        n=float(weights.sum()),
        log_loss=(log_loss(logits, shares, weights), log_loss(after, shares, weights)),
        brier=(brier_score(logits, shares, weights), brier_score(after, shares, weights)),
    )


def _require_right_way(slope: float) -> None:
    """Refuse a slope that is not above zero."""
    if slope <= 0.0:
        raise DataError(
            f"The best slope of the logits is {slope:.3g}: they rank outcomes the wrong way round, and no "
            "temperature is right. Look at the sign of the logits."
        )


def _of_temperature(logits: FloatArray, codes: CodeArray, shares: FloatArray, weights: FloatArray) -> Recalibrator:
    """Return the temperature of several outcomes, with scores of the same passes."""
    k = logits.shape[1]
    totals = weights @ shares if codes.size == 0 else np.bincount(codes, weights, k)
    if (totals > 0.0).sum() < 2:
        raise DataError(ONE_OUTCOME)
    found = fit_temperature(logits, codes, shares, weights)
    _require_right_way(found.slope)
    vcov = np.full((1, 1), 1.0 / found.information)
    return Recalibrator(
        "temperature",
        k,
        ("slope",),
        np.array([found.slope]),
        np.sqrt(vcov[0]),
        vcov,
        np.full(k, found.slope),
        np.zeros(k),
        n=float(weights.sum()),
        log_loss=found.log_loss,
        brier=found.brier,
    )


def _of_event(logits: FloatArray, shares: FloatArray, weights: FloatArray, method: str) -> Recalibrator:
    """Return what was learnt of an event."""
    if method == "vector":
        raise UnsupportedError("method='vector' is of several outcomes; of an event it is method='logistic'.")
    if method in ("isotonic", "centred"):
        at, rates = thresholds(isotonic_blocks(logits, shares, weights), method == "centred")
        return Recalibrator(method, 2, at=at, rates=rates)
    at = np.empty(0)
    if method == "spline":
        at = placed_knots(logits, weights, KNOTS)
    columns = as_columns(method, logits, at)
    names = NAMES.get(method) or tuple(f"spline {j}" if j else "intercept" for j in range(columns.shape[1]))
    estimate, vcov = fit_binary(columns, shares, weights, logits if method == "intercept" else None)
    if method == "beta" and estimate[1:].min() < 0.0:
        estimate, vcov = _bounded_beta(columns, shares, weights)
    return Recalibrator(method, 2, names, estimate, np.sqrt(np.diag(vcov)), vcov, at=at)


def _bounded_beta(columns: FloatArray, shares: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the beta calibration with the slope at 0 that would be below it: the better of those that are left."""
    best, least = None, np.inf
    for kept in ([0, 1], [0, 2], [0]):
        estimate, vcov = fit_binary(columns[:, kept], shares, weights)
        loss = log_loss(columns[:, kept] @ estimate, shares, weights)
        if (len(kept) == 1 or estimate[1] >= 0.0) and loss < least:
            least, best = loss, (kept, estimate, vcov)
    assert best is not None
    kept, estimate, vcov = best
    every, spread = np.zeros(3), np.zeros((3, 3))
    every[kept], spread[np.ix_(kept, kept)] = estimate, vcov
    return every, spread


def _of_several(logits: FloatArray, shares: FloatArray, weights: FloatArray, method: str) -> Recalibrator:
    """Return what was learnt of several outcomes."""
    if method in OF_EVENT:
        raise UnsupportedError(f"method={method!r} is of an event; of several outcomes use 'temperature' or 'vector'.")
    k = logits.shape[1]
    absent = weights @ shares <= 0.0
    if absent.any():
        raise DataError(f"No row has outcome {int(np.argmax(absent))}: method='temperature' alone can do without.")
    slope, shift = free_numbers(method, k)
    a, b = slope.shape[1], shift.shape[1]
    free = np.block([[slope, np.zeros((k, b))], [np.zeros((k, a)), shift]])
    # Columns of mean zero and of one spread: then slopes and intercepts are of one size, wherever the logits lie.
    values = logits if method == "vector" else logits - logits.mean(axis=1, keepdims=True)
    centre = weights @ values / weights.sum()
    scale = float(np.sqrt(weights @ ((values - centre) ** 2).mean(axis=1) / weights.sum())) or 1.0
    fixed = np.append(np.full(k, scale) if method == "intercept" else np.zeros(k), np.zeros(k))
    found = fit_softmax((values - centre) / scale, shares, weights, free, fixed, np.append(np.ones(a), np.zeros(b)))
    back = np.eye(a + b)
    back[:a, :a] /= scale
    back[a:, :a] = -(centre[1:, None] * slope[1:] - centre[0] * slope[0]) / scale
    moved = back @ found.estimate
    if method == "intercept":
        moved -= centre[1:] - centre[0]
    vcov = back @ found.vcov @ back.T
    slopes = slope @ moved[:a] if a else np.ones(k)
    slope_names = [f"slope {j}" for j in range(k)] if method == "vector" else ["slope"] * slope.shape[1]
    names = (*slope_names, *(f"intercept {j + 1}" for j in range(shift.shape[1])))
    return Recalibrator(
        method, k, names, moved, np.sqrt(np.maximum(np.diag(vcov), 0.0)), vcov, slopes, np.append(0.0, moved[a:])
    )
