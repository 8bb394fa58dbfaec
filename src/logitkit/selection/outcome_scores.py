"""Measures of held-out predictions of several outcomes, by the names of those of two.

Each is computed from logits of shape (K, m, k), for all strengths of a path at once: the deviance is minus twice the
mean log-likelihood; Brier's score the mean over rows of the sum over outcomes of squared errors, twice that of two
outcomes; the area under the curve is that of Hand and Till, the mean over pairs of outcomes.

References
----------
Brier, G. W. (1950) Monthly Weather Review 78, 1-3. Hand, D. J. and Till, R. J. (2001) Machine Learning 45, 171-186.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logitkit.design.response.response import Response
from logitkit.diagnostics.discrimination import discriminate
from logitkit.diagnostics.ranking import merge_rounding
from logitkit.errors import UnsupportedError, nearest_name
from logitkit.models.multinomial import Multinomial
from logitkit.selection.scores import Measure
from logitkit.typing import FloatArray

__all__ = ["OutcomeMeasure", "outcome_measure_named"]

LEAST_LOGIT = -1e3  # beside logarithms of probabilities: those of an outcome without any


@dataclass(frozen=True)
class OutcomeMeasure(Measure):
    """A measure of predictions of several outcomes.

    Parameters
    ----------
    name, label : str
        As in ``Measure``.
    larger_is_better : bool
        As in ``Measure``.
    of_logits : callable
        From logits (K, m), proportions (K, m) and positive weights (m,) to a number.

    Examples
    --------
    Rows with one of three outcomes, all thought equally likely:

    >>> measure = outcome_measure_named("deviance")
    >>> value = measure.of_logits(np.zeros((3, 2)), np.eye(3)[:, :2], np.ones(2))
    >>> bool(np.isclose(value, 2 * np.log(3)))
    True
    """

    of_logits: Callable[[FloatArray, FloatArray, FloatArray], float]

    def score_of(self, logits: FloatArray, response: Response) -> FloatArray:
        """Return the measure for each column of logits of the rows of a response.

        Parameters
        ----------
        logits : (K, m, k) array
            Predictions of m rows at k strengths. A column with a missing value has none.
        response : Response
            The outcomes and total weights of the rows.

        Returns
        -------
        (k,) array
            Values of the measure.
        """
        used = response.weights > 0.0
        shares, weights = response.indicators()[:, used], response.weights[used]
        out = np.full(logits.shape[-1], np.nan)
        for j in range(out.size):
            own = logits[:, used, j]
            if not np.isnan(own).any():
                out[j] = self.of_logits(own, shares, weights)
        return out


def _deviance(eta: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    impossible = np.isneginf(eta)  # at the limit of a separated fit
    if (impossible & (shares > 0.0)).any():
        return float("inf")
    eta = np.where(impossible, LEAST_LOGIT, eta)
    losses = Multinomial(len(eta)).loss(eta, np.zeros(weights.size, np.int32), shares)
    return 2.0 * float(weights @ losses) / float(weights.sum())


def _brier(eta: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    mean = Multinomial(len(eta)).mean(eta)
    # Of a trial with outcome k: the sum of squares of the means, less twice that of k, plus 1.
    squares = (mean**2).sum(axis=0) - 2.0 * (shares * mean).sum(axis=0) + 1.0
    return float(weights @ squares) / float(weights.sum())


def _misclassification(eta: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    likeliest = eta.argmax(axis=0)
    right = shares[likeliest, np.arange(weights.size)]
    return float(weights @ (1.0 - right)) / float(weights.sum())


def _hand_till(eta: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    mean = Multinomial(len(eta)).mean(eta)
    areas = []
    for a in range(len(eta)):
        for b in range(a + 1, len(eta)):
            one, two = weights * shares[a], weights * shares[b]
            both = (one > 0.0) | (two > 0.0)
            if not (one.any() and two.any()):
                return float("nan")
            for score, events, others in ((mean[a], one, two), (mean[b], two, one)):
                order = np.argsort(score[both], kind="stable")
                ranked = merge_rounding(score[both][order])
                areas.append(discriminate(ranked, events[both][order], others[both][order]).auc)
    return float(np.mean(areas))


OUTCOME_MEASURES = {
    measure.name: measure
    for measure in (
        OutcomeMeasure("deviance", "Deviance", False, _deviance),
        OutcomeMeasure("auc", "Hand and Till's area under the ROC curves", True, _hand_till),
        OutcomeMeasure("brier", "Brier score", False, _brier),
        OutcomeMeasure("misclassification", "Misclassification rate", False, _misclassification),
    )
}


def outcome_measure_named(name: str) -> OutcomeMeasure:
    """Return the measure of that name, or say which names there are.

    Parameters
    ----------
    name : str
        ``'deviance'``, ``'auc'``, ``'brier'`` or ``'misclassification'``, in small or capital letters.

    Returns
    -------
    OutcomeMeasure
        The measure.

    Raises
    ------
    UnsupportedError
        For any other name.

    Examples
    --------
    >>> outcome_measure_named("AUC").larger_is_better
    True
    """
    known = str(name).lower()
    if known not in OUTCOME_MEASURES:
        raise UnsupportedError(f"measure={name!r} is not offered. {nearest_name(known, OUTCOME_MEASURES)}")
    return OUTCOME_MEASURES[known]
