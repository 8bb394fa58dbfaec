"""Measures of held-out predictions: deviance, area under the curve, Brier score, misclassification.

Each is computed from logits, for all strengths of a path at once. With weights w, proportions y and probabilities mu
they are ``docs/maths/cross-validation.md``, equations 5 to 8. A row of grouped counts gives what its trials would one
by one.

References
----------
Brier, G. W. (1950) Monthly Weather Review 78, 1-3. Gneiting, T. and Raftery, A. E. (2007) JASA 102, 359-378, on
proper scores, which the deviance and the Brier score are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logitkit.design.response.response import Response
from logitkit.diagnostics.discrimination import discriminate
from logitkit.diagnostics.ranking import merge_rounding
from logitkit.errors import DataError, UnsupportedError, nearest_name
from logitkit.models.binomial import Binomial
from logitkit.typing import FloatArray

__all__ = ["MEASURES", "LogitMeasure", "Measure", "auc", "brier", "deviance", "measure_named", "misclassification"]

FAMILY = Binomial()


@dataclass(frozen=True)
class Measure(ABC):
    """A measure of predictions.

    Parameters
    ----------
    name : str
        What users write.
    label : str
        What tables and axes say.
    larger_is_better : bool
        Whether a larger value is a better prediction.

    Examples
    --------
    >>> measure_named("auc").larger_is_better
    True
    """

    name: str
    label: str
    larger_is_better: bool

    @abstractmethod
    def score_of(self, logits: FloatArray, response: Response) -> FloatArray:
        """Return the measure for each column of logits of the rows of a response.

        Parameters
        ----------
        logits : (m, k) array
            Predictions of m rows at k strengths. A column with a missing value has none.
        response : Response
            The outcomes and total weights of the rows.

        Returns
        -------
        (k,) array
            Values of the measure.
        """


@dataclass(frozen=True)
class LogitMeasure(Measure):
    """A measure of predictions of two outcomes, from one logit a row.

    Parameters
    ----------
    name, label : str
        As in ``Measure``.
    larger_is_better : bool
        As in ``Measure``.
    compute : callable
        From logits (m, k), y (m,) and positive weights (m,) to values (k,).

    Examples
    --------
    Rows of weight zero count for nothing:

    >>> logits, y = np.array([[0.0], [9.0]]), np.array([1.0, 0.0])
    >>> value = MEASURES["deviance"].score(logits, y, np.array([1.0, 0.0]))
    >>> bool(np.isclose(value[0], 2 * np.log(2)))
    True
    """

    compute: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]

    def score_of(self, logits: FloatArray, response: Response) -> FloatArray:
        """Return the measure for each column of logits of the rows of a response.

        Parameters
        ----------
        logits : (m, k) array
            Predictions of m rows at k strengths. A column with a missing value has none.
        response : Response
            The outcomes and total weights of the rows.

        Returns
        -------
        (k,) array
            Values of the measure.
        """
        return self.score(logits, response.y, response.weights)

    def score(self, logits: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the measure for each column of logits.

        Parameters
        ----------
        logits : (m, k) array
            Predictions of m rows at k strengths. A column with a missing value has none.
        y, weights : (m,) array
            Proportions of events, and total weights.

        Returns
        -------
        (k,) array
            Missing where a column has no value.

        Raises
        ------
        DataError
            If shapes do not agree or no row has a positive weight.
        """
        logits = np.asarray(logits, dtype=np.float64)
        if logits.ndim != 2 or y.shape != logits.shape[:1] or weights.shape != y.shape:
            raise DataError(
                f"Logits have shape {logits.shape}, y {y.shape} and weights {weights.shape}; the first needs two "
                "axes, rows and strengths, and all need the same rows."
            )
        used = weights > 0.0
        if not used.any():
            raise DataError(f"None of the {y.size} rows that are predicted has a positive weight.")
        if not used.all():
            logits, y, weights = logits[used], y[used], weights[used]
        out = np.full(logits.shape[1], np.nan)
        there = ~np.isnan(logits).any(axis=0)
        if there.any():
            out[there] = self.compute(logits[:, there], y, weights)
        return out


def deviance(logits: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Return minus twice the mean log-likelihood of a trial.

    Parameters
    ----------
    logits : (m, k) array
        Predictions; infinite ones are their limit.
    y, weights : (m,) array
        Proportions of events, and positive weights.

    Returns
    -------
    (k,) array
        Not negative; infinite where an outcome contradicts an infinite logit.

    Examples
    --------
    >>> value = deviance(np.array([[2.0], [-1000.0]]), np.array([1.0, 0.0]), np.ones(2))
    >>> bool(np.isclose(value[0], np.log1p(np.exp(-2.0))))
    True
    """
    total = float(weights.sum())
    return np.array([2.0 * float(weights @ _losses(column, y)) / total for column in logits.T])


def auc(logits: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the area under the ROC curve: the chance that an event is ranked above a non-event.

    Parameters
    ----------
    logits : (m, k) array
        Predictions; those that differ by rounding are tied.
    y, weights : (m,) array
        Proportions of events, and positive weights.

    Returns
    -------
    (k,) array
        Missing where the rows do not hold both outcomes.

    Examples
    --------
    >>> auc(np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([0.0, 1.0]), np.ones(2)).tolist()
    [1.0, 0.5]
    """
    events, nonevents = weights * y, weights * (1.0 - y)
    if not (events.any() and nonevents.any()):
        return np.full(logits.shape[1], np.nan)
    out = np.empty(logits.shape[1])
    for j, column in enumerate(logits.T):
        order = np.argsort(column, kind="stable")
        out[j] = discriminate(merge_rounding(column[order]), events[order], nonevents[order]).auc
    return out


def brier(logits: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the mean squared error of the probability of a trial.

    Parameters
    ----------
    logits : (m, k) array
        Predictions.
    y, weights : (m,) array
        Proportions of events, and positive weights.

    Returns
    -------
    (k,) array
        In [0, 1].

    Examples
    --------
    >>> brier(np.zeros((2, 1)), np.array([0.0, 0.5]), np.ones(2)).tolist()
    [0.25]
    """
    events, nonevents = weights * y, weights * (1.0 - y)
    # Both tails come from the logit, so that small errors are not differences from 1.
    missed, raised = FAMILY.mean(-logits), FAMILY.mean(logits)
    return np.asarray((events @ missed**2 + nonevents @ raised**2) / weights.sum())


def misclassification(logits: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the share of trials whose outcome is not the likelier one.

    Parameters
    ----------
    logits : (m, k) array
        Predictions; an event is expected where the logit is positive.
    y, weights : (m,) array
        Proportions of events, and positive weights.

    Returns
    -------
    (k,) array
        In [0, 1].

    Examples
    --------
    >>> misclassification(np.array([[1.0], [1.0], [-1.0]]), np.array([1.0, 0.0, 0.25]), np.array([1.0, 1.0, 4.0]))
    array([0.333...])
    """
    events, nonevents = weights * y, weights * (1.0 - y)
    expected = logits > 0.0
    return np.asarray((events @ ~expected + nonevents @ expected) / weights.sum())


def measure_named(name: str) -> LogitMeasure:
    """Return the measure of that name, or say which names there are.

    Parameters
    ----------
    name : str
        ``'deviance'``, ``'auc'``, ``'brier'`` or ``'misclassification'``, in small or capital letters.

    Returns
    -------
    Measure
        The measure.

    Raises
    ------
    UnsupportedError
        For any other name.

    Examples
    --------
    >>> measure_named("auc").larger_is_better, measure_named("AUC") is measure_named("auc")
    (True, True)
    """
    known = str(name).lower()
    if known not in MEASURES:
        raise UnsupportedError(f"measure={name!r} is not offered. {nearest_name(known, MEASURES)}")
    return MEASURES[known]


def _losses(eta: FloatArray, y: FloatArray) -> FloatArray:
    """Return the negative log-likelihood of one trial a row, shape (m,), with its limit at infinite logits."""
    at_limit = np.isinf(eta)
    if not at_limit.any():
        return FAMILY.loss(eta, y)
    losses = FAMILY.loss(np.where(at_limit, 0.0, eta), y)
    return np.where(at_limit, np.where(FAMILY.mean(eta) == y, 0.0, np.inf), losses)


MEASURES = {
    measure.name: measure
    for measure in (
        LogitMeasure("deviance", "Deviance", False, deviance),
        LogitMeasure("auc", "Area under the ROC curve", True, auc),
        LogitMeasure("brier", "Brier score", False, brier),
        LogitMeasure("misclassification", "Misclassification rate", False, misclassification),
    )
}
