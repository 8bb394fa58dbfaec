r"""How well a model predicts a group of rows that was not used to make it, with standard errors.

See ``docs/maths/validation.md``, equations 25 to 27.

References
----------
DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988) Biometrics 44, 837-845. Debray, T. P. A. et al. (2017) BMJ
356, i6460.
"""

from __future__ import annotations

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["SCALED", "held_out_measures"]

#: What is measured on a scale on which it is about normal: key, label, and the scale.
SCALED = (
    ("c", "c (AUC)", "logit"),
    ("oe", "Observed / expected", "log"),
    ("slope", "Calibration slope", ""),
    ("in_the_large", "Calibration in the large", ""),
)


def held_out_measures(y: FloatArray, eta: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return measures of predictions on the scales of ``SCALED``, and their standard errors.

    Parameters
    ----------
    y : (n,) array
        Proportions of events.
    eta : (n,) array
        Predicted log odds.
    w : (n,) array
        Number of observations that each row represents.

    Returns
    -------
    (4,) array, (4,) array
        Logit of the c statistic, log of observed over expected events, calibration slope, and calibration in the large;
        nan if the rows do not determine them, as with a single outcome, or a slope with separated rows.

    Examples
    --------
    >>> y, eta = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0]), np.array([-1.0, 0.5, 0.2, 0.1, 1.0, -0.3])
    >>> found, error = held_out_measures(y, eta, np.ones(6))
    >>> bool(abs(1 / (1 + np.exp(-found[0])) - 8 / 9) < 1e-12)
    True
    """
    found, error = np.full((2, 4), np.nan)
    total, events = float(w.sum()), float(w @ y)
    if events <= 0.0 or events >= total:
        return found, error
    area, spread = _area(y, eta, w)
    if 0.0 < area < 1.0:
        found[0], error[0] = np.log(area / (1.0 - area)), spread / (area * (1.0 - area))
    p = 1.0 / (1.0 + np.exp(-eta))
    found[1], error[1] = np.log(events / float(w @ p)), np.sqrt((1.0 - events / total) / events)
    found[2:], error[2:] = _line(y, eta, w)
    return found, error


def _area(y: FloatArray, eta: FloatArray, w: FloatArray) -> tuple[float, float]:
    """Return the area under the curve and DeLong's standard error, nan of one event or non-event."""
    values, place = np.unique(eta, return_inverse=True)
    events, others = (np.bincount(place, each, values.size) for each in (w * y, w * (1.0 - y)))
    m, n = float(events.sum()), float(others.sum())
    below = (np.cumsum(others) - 0.5 * others) / n
    above = (m - np.cumsum(events) + 0.5 * events) / m
    area = float(events @ below) / m
    if min(m, n) <= 1.0:
        return area, float("nan")
    first = float(events @ (below - area) ** 2) / (m - 1.0) / m
    second = float(others @ (above - area) ** 2) / (n - 1.0) / n
    return area, float(np.sqrt(first + second))


def _line(y: FloatArray, eta: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the slope and the calibration in the large, and their standard errors."""
    found, error = np.full((2, 2), np.nan)
    slope = _newton(np.column_stack([np.ones(eta.size), eta]), y, w, np.zeros(eta.size))
    large = _newton(np.ones((eta.size, 1)), y, w, eta)
    if slope is not None:
        found[0], error[0] = slope[0][1], slope[1][1]
    if large is not None:
        found[1], error[1] = large[0][0], large[1][0]
    return found, error


def _newton(X: FloatArray, y: FloatArray, w: FloatArray, offset: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Return maximum-likelihood estimates of a few coefficients with standard errors, None where there are none."""
    coef = np.zeros(X.shape[1])

    def loss(at: FloatArray) -> float:
        eta = offset + X @ at
        return float(w @ (np.logaddexp(0.0, eta) - y * eta))

    now = loss(coef)
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-(offset + X @ coef)))
        gradient = X.T @ (w * (p - y))
        hessian = (X.T * (w * p * (1.0 - p))) @ X
        if np.linalg.cond(hessian) > 1e12 or np.abs(coef).max() > 1e6:
            return None
        step = -np.linalg.solve(hessian, gradient)
        decrement = -float(gradient @ step)
        if decrement < 1e-20 * w.sum():
            return coef, np.sqrt(np.diag(np.linalg.inv(hessian)))
        t = 1.0
        while loss(coef + t * step) > now and t > 1e-6 and decrement > 1e-12 * max(now, 1.0):
            t *= 0.5
        coef = coef + t * step
        now = loss(coef)
    return None
