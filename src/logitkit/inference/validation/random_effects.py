r"""The mean of estimates that differ between places, with a prediction interval for another place.

See ``docs/maths/validation.md``, equations 28 to 31.

References
----------
Riley, R. D., Higgins, J. P. T. and Deeks, J. J. (2011) Interpretation of random effects meta-analyses. BMJ 342, d549.
IntHout, J., Ioannidis, J. P. A. and Borm, G. F. (2014) BMC Medical Research Methodology 14, 25. Debray, T. P. A. et al.
(2017) A guide to systematic review and meta-analysis of prediction model performance. BMJ 356, i6460.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from logitkit.typing import FloatArray

__all__ = ["Summary", "random_effects"]

STEPS_MOST = 1000


@dataclass(frozen=True, slots=True)
class Summary:
    """The mean of k estimates under a random-effects model.

    Parameters
    ----------
    k : int
        Number of estimates.
    estimate, std_error : float
        Their mean, and its standard error by Hartung, Knapp, Sidik and Jonkman.
    low, high : float
        Confidence interval of the mean, from t with k - 1 degrees of freedom; nan for a single estimate.
    tau : float
        Standard deviation between places, estimated by restricted maximum likelihood.
    predicted_low, predicted_high : float
        Prediction interval for another place, from t with k - 2 degrees of freedom; nan for fewer than three estimates.

    Examples
    --------
    >>> Summary(1, 0.5, 0.1, float("nan"), float("nan"), 0.0, float("nan"), float("nan")).estimate
    0.5
    """

    k: int
    estimate: float
    std_error: float
    low: float
    high: float
    tau: float
    predicted_low: float
    predicted_high: float


def random_effects(values: FloatArray, errors: FloatArray, level: float = 0.95) -> Summary:
    """Return the random-effects summary of estimates with standard errors.

    Parameters
    ----------
    values, errors : (k,) array
        Estimates and their standard errors; those that are not finite are left out.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Summary
        nan if no estimate is left.

    Examples
    --------
    If estimates differ by less than chance, the mean is weighted by inverse variances:

    >>> found = random_effects(np.array([0.9, 1.0, 1.2]), np.array([0.5, 0.5, 1.0]))
    >>> round(found.tau, 6), round(found.estimate, 6)
    (0.0, 0.977778)
    """
    known = np.isfinite(values) & np.isfinite(errors) & (errors > 0.0)
    y, v = values[known], errors[known] ** 2
    nan, k = float("nan"), int(y.size)
    if k == 0:
        return Summary(0, nan, nan, nan, nan, nan, nan, nan)
    if k == 1:
        return Summary(1, float(y[0]), float(np.sqrt(v[0])), nan, nan, nan, nan, nan)
    tau2 = _between(y, v)
    w = 1.0 / (v + tau2)
    mean = float(w @ y / w.sum())
    error = float(np.sqrt(w @ (y - mean) ** 2 / (k - 1) / w.sum()))
    tail = 0.5 * (1.0 + level)
    half = float(stdtrit(k - 1, tail)) * error
    apart = float(stdtrit(k - 2, tail)) * float(np.sqrt(tau2 + error**2)) if k > 2 else nan
    return Summary(k, mean, error, mean - half, mean + half, float(np.sqrt(tau2)), mean - apart, mean + apart)


def _between(y: FloatArray, v: FloatArray) -> float:
    """Return the variance between places by restricted maximum likelihood, from Fisher's scoring: equation 29."""
    tau2 = max(float(np.var(y, ddof=1) - v.mean()), 0.0)
    for _ in range(STEPS_MOST):
        w = 1.0 / (v + tau2)
        total = w.sum()
        centred = w * (y - w @ y / total)  # P y, with P = W - W 1 1' W / 1' W 1
        trace = total - (w @ w) / total
        square = (w @ w) - 2.0 * (w**3).sum() / total + ((w @ w) / total) ** 2
        step = (centred @ centred - trace) / square
        new = max(tau2 + step, 0.0)
        if abs(new - tau2) <= 1e-12 * (tau2 + v.min()):
            return float(new)
        tau2 = new
    return float(tau2)
