r"""Profile-likelihood limits of the parameters of a recalibration, on the rows that it was learnt from.

The interval of a parameter holds the values v at which :math:`2 \{\ell(\hat\theta) - \ell_P(v)\}` is at most the
squared quantile, :math:`\ell_P(v)` being the likelihood maximised over the others. Of an event these are the certified
limits of the engine; of several outcomes the ends are found by secants of the root of the statistic, nearly a line.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.engine.law import NORMAL, require_level
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.intervals.profile import profile_intervals
from logitkit.logits.read import read_logits, read_outcomes, read_weights
from logitkit.logits.recalibration.binary_fit import fitted_event
from logitkit.logits.recalibration.recalibrator import Recalibrator, as_columns
from logitkit.logits.recalibration.sandwich import free_numbers
from logitkit.logits.recalibration.softmax_fit import fit_softmax
from logitkit.logits.scores import log_loss
from logitkit.typing import FloatArray

__all__ = ["parameter_limits"]

STEPS_MOST = 40
CLOSE = 1e-9  # of the quantile
SAME = 1e-9  # of the log loss, by which the rows are known


def parameter_limits(found: Recalibrator, logits: Any, y: Any, weights: Any = None, level: float = 0.95) -> FloatArray:
    """Return profile-likelihood limits of the parameters.

    Parameters
    ----------
    found : Recalibrator
        What was learnt.
    logits, y, weights : array-like
        The rows that it was learnt from.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    (q, 2) array
        Lower and upper limits; infinite where the likelihood does not fall so far.

    Raises
    ------
    DataError
        If these are other rows.
    UnsupportedError
        If the method has no parameters or bounded ones, or errors are those of a sandwich.

    Examples
    --------
    >>> from logitkit.logits.recalibration.fitting import recalibrate
    >>> l, y = np.array([-1.0, 0.0, 1.0, 2.0] * 30), np.array([0, 0, 1, 1, 0, 1, 0, 1, 0, 1] * 12)
    >>> found = recalibrate(l, y)
    >>> bool(np.allclose(parameter_limits(found, l, y), found.interval(), atol=0.03))
    True
    """
    require_level(level)
    values = read_logits(logits)
    shares, counts = read_outcomes(y, values), read_weights(weights, len(values))
    if not found.names:
        raise UnsupportedError(f"method={found.method!r} has no parameters.")
    if found.method == "beta":
        raise UnsupportedError("Slopes of method='beta' are bounded: their intervals are Wald's, interval().")
    if found.robust:
        raise UnsupportedError(
            "Errors are those of a sandwich, which has no likelihood: interval() has Wald's intervals."
        )
    own = log_loss(found.transform(values), shares, counts)
    if not np.isclose(counts.sum(), found.n) or not np.isclose(own, found.log_loss[1], rtol=SAME, atol=SAME):
        raise DataError(
            f"These are not the rows that it was learnt from: their log loss is {own:.6g}, weight {counts.sum():g}, "
            f"and it was {found.log_loss[1]:.6g}, weight {found.n:g}."
        )
    if found.of_event:
        columns = as_columns(found.method, values, found.at)
        offset = values if found.method == "intercept" else None
        record, design = fitted_event(columns, shares, counts, offset)
        ends = profile_intervals(record, design, np.eye(len(found.names)), level)
        return np.column_stack([ends.low, ends.high])
    held = _Held(found, values, shares, counts)
    quantile = float(NORMAL.quantile(level))
    return np.array([[held.end(j, side, quantile) for side in (-1.0, 1.0)] for j in range(len(found.names))])


class _Held:
    """The likelihood of several outcomes with one parameter held."""

    def __init__(self, found: Recalibrator, logits: FloatArray, shares: FloatArray, weights: FloatArray) -> None:
        k = found.n_outcomes
        self.found, self.shares, self.weights = found, shares, weights
        # With a slope that all share, what a row's logits have in common does not matter.
        self.logits = logits if found.method == "vector" else logits - logits.mean(axis=1, keepdims=True)
        slope, shift = free_numbers(found.method, k)
        self.free = np.block([[slope, np.zeros((k, shift.shape[1]))], [np.zeros((k, slope.shape[1])), shift]])
        self.fixed = np.append(np.ones(k) if found.method == "intercept" else np.zeros(k), np.zeros(k))
        self.least = self._loss(np.concatenate([found.slopes, found.intercepts]))

    def _loss(self, both: FloatArray) -> float:
        """Return minus the log-likelihood of slopes and intercepts."""
        k = self.found.n_outcomes
        moved = self.logits * both[:k] + both[k:]
        return log_loss(moved, self.shares, self.weights) * float(self.weights.sum())

    def root(self, j: int, value: float) -> float:
        """Return the root of the likelihood-ratio statistic where parameter j is held."""
        free, fixed = np.delete(self.free, j, axis=1), self.fixed + self.free[:, j] * value
        both = fixed
        if free.shape[1]:
            start = np.delete(self.found.estimate, j)
            fit = fit_softmax(self.logits, self.shares, self.weights, free, fixed, start)
            both = np.concatenate([fit.slopes, fit.intercepts])
        return float(np.sqrt(max(2.0 * (self._loss(both) - self.least), 0.0)))

    def end(self, j: int, side: float, quantile: float) -> float:
        """Return where the root reaches the quantile."""
        centre = float(self.found.estimate[j])
        before, fallen = 0.0, 0.0  # distance from the estimate, and the root there
        away = quantile * float(self.found.std_error[j])
        for _ in range(STEPS_MOST):
            root = self.root(j, centre + side * away)
            if abs(root - quantile) <= CLOSE * quantile:
                return centre + side * away
            slope = (root - fallen) / (away - before)
            if not slope > 0.0:
                break
            before, fallen, away = away, root, min(max(away + (quantile - root) / slope, 0.2 * away), 5.0 * away)
        raise UnsupportedError(
            f"No limit of {self.found.names[j]} was found: the likelihood hardly falls. interval() has Wald's interval."
        )
