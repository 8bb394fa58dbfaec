"""Measures of held-out predictions: deviance, area under the curve, Brier score, misclassification.

Each is computed from the linear predictors, one per row for two outcomes or one per outcome. With weights w,
proportions y and probabilities p they are ``docs/maths/cross-validation.md``, equations 5 to 8. A row of grouped counts
gives what its trials would one by one.

The area of several outcomes is that of Hand and Till, the mean over pairs of outcomes, which for two outcomes is the
area under the ROC curve. The Brier score of a model of two outcomes is the squared error of the event's probability; of
a model with a linear predictor per outcome it is Brier's own, the sum over outcomes, which for two of them is twice
that.

References
----------
Brier, G. W. (1950) Monthly Weather Review 78, 1-3. Gneiting, T. and Raftery, A. E. (2007) JASA 102, 359-378, on
proper scores, which the deviance and the Brier score are. Hand, D. J. and Till, R. J. (2001) Machine Learning 45,
171-186, equation 7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from logitkit.design.response.response import Response
from logitkit.diagnostics.discrimination import discriminate
from logitkit.diagnostics.ranking import merge_rounding
from logitkit.errors import DataError, UnsupportedError, nearest_name
from logitkit.models.binomial import Binomial
from logitkit.models.multinomial import Multinomial
from logitkit.typing import FloatArray

__all__ = ["MEASURES", "Measure", "auc", "brier", "deviance", "measure_named", "misclassification"]

FAMILY = Binomial()
LEAST_LOGIT = -1e3  # beside logarithms of probabilities: those of an outcome without any


@dataclass(frozen=True)
class Measure:
    """A measure of predictions.

    Parameters
    ----------
    name : str
        What users write.
    label : str
        What tables and axes say.
    larger_is_better : bool
        Whether a larger value is a better prediction.
    compute : callable
        From linear predictors (m, n), proportions of the outcomes (K, n) and positive weights (n,) to a number.

    Examples
    --------
    Rows of weight zero count for nothing:

    >>> logits, rows = np.array([[0.0], [9.0]]), Response(np.array([1.0, 0.0]), prior=np.array([1.0, 0.0]))
    >>> bool(np.isclose(measure_named("deviance").score(logits, rows)[0], 2 * np.log(2)))
    True
    """

    name: str
    label: str
    larger_is_better: bool
    compute: Callable[[FloatArray, FloatArray, FloatArray], float]

    def score(self, logits: FloatArray, response: Response) -> FloatArray:
        """Return the measure at each strength.

        Parameters
        ----------
        logits : (n, k) or (K, n, k) array
            Linear predictors of n rows at k strengths: of two outcomes the logit of the event, of several one per
            outcome. Where one is missing, the strength has no score.
        response : Response
            Outcomes and weights of the same rows.

        Returns
        -------
        (k,) array
            Missing where there is no score.

        Raises
        ------
        DataError
            If shapes do not agree or no row has a positive weight.
        """
        eta = np.asarray(logits, dtype=np.float64)
        eta = eta[None] if eta.ndim == 2 else eta
        if eta.ndim != 3 or eta.shape[1] != response.n_rows or len(eta) not in (1, response.n_outcomes):
            raise DataError(
                f"Logits have shape {np.shape(logits)}, of {response.n_rows} rows with {response.n_outcomes} outcomes; "
                "they need two axes, rows and strengths, or one of outcomes before them, and the same rows."
            )
        weights, used = response.weights, response.weights > 0.0
        if not used.any():
            raise DataError(f"None of the {response.n_rows} rows that are predicted has a positive weight.")
        shares = response.indicators()
        if not used.all():
            eta, shares, weights = eta[:, used], shares[:, used], weights[used]
        out = np.full(eta.shape[-1], np.nan)
        for j in np.flatnonzero(~np.isnan(eta).any(axis=(0, 1))):
            out[j] = self.compute(eta[:, :, j], shares, weights)
        return out


def deviance(eta: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    """Return minus twice the mean log-likelihood of a trial.

    Parameters
    ----------
    eta : (m, n) array
        Linear predictors; infinite ones are their limit.
    shares : (K, n) array
        Proportions of the outcomes.
    weights : (n,) array
        Positive.

    Returns
    -------
    float
        Not negative; infinite where an outcome contradicts an infinite predictor.

    Examples
    --------
    >>> value = deviance(np.array([[2.0, -1000.0]]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.ones(2))
    >>> bool(np.isclose(value, np.log1p(np.exp(-2.0))))
    True
    >>> bool(np.isclose(deviance(np.zeros((3, 2)), np.eye(3)[:, :2], np.ones(2)), 2 * np.log(3)))
    True
    """
    return 2.0 * float(weights @ _losses(eta, shares)) / float(weights.sum())


def auc(eta: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    """Return the mean over pairs of outcomes of the chance that a row with the one is ranked above one with the other.

    Parameters
    ----------
    eta : (m, n) array
        Linear predictors; predictions that differ by rounding are tied.
    shares : (K, n) array
        Proportions of the outcomes.
    weights : (n,) array
        Positive.

    Returns
    -------
    float
        Hand and Till's measure, of two outcomes the area under the ROC curve. Missing where an outcome does not occur.

    Notes
    -----
    Rows with the outcomes a and b are ranked by the probability of a and by that of b. One predictor ranks them by its
    logit, the same way in both.

    Examples
    --------
    >>> auc(np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]), np.ones(2))
    1.0
    """
    counts = weights * shares
    if not counts.any(axis=1).all():
        return float("nan")
    if len(eta) == 1:
        ranking, pairs = [-eta[0], eta[0]], [(1, 0)]
    else:
        either = combinations(range(len(eta)), 2)
        ranking, pairs = list(_means(eta)), [pair for a, b in either for pair in ((a, b), (b, a))]
    areas = []
    for a, b in pairs:
        both = np.flatnonzero((counts[a] > 0.0) | (counts[b] > 0.0))
        order = both[np.argsort(ranking[a][both], kind="stable")]
        areas.append(discriminate(merge_rounding(ranking[a][order]), counts[a][order], counts[b][order]).auc)
    return float(np.mean(areas))


def brier(eta: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    """Return the mean squared error of the probabilities of a trial.

    Parameters
    ----------
    eta : (m, n) array
        Linear predictors.
    shares : (K, n) array
        Proportions of the outcomes.
    weights : (n,) array
        Positive.

    Returns
    -------
    float
        The sum over outcomes, in [0, 2]; with one predictor half of it, which is the squared error of the probability
        of the event.

    Examples
    --------
    >>> half = np.full((2, 2), 0.5)
    >>> brier(np.zeros((1, 2)), half, np.ones(2)), brier(np.zeros((2, 2)), half, np.ones(2))
    (0.25, 0.5)
    """
    mean = _means(eta)
    # Of a trial with outcome k: (1 - p_k)^2 and the squares of the others, both from the others, so that small errors
    # are not differences from 1.
    errors = _others(mean) ** 2 + _others(mean**2)
    total = sum(float((weights * share) @ error) for share, error in zip(shares, errors, strict=True))
    return (0.5 if len(eta) == 1 else 1.0) * total / float(weights.sum())


def misclassification(eta: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    """Return the proportion of trials whose outcome is not the likeliest one.

    Parameters
    ----------
    eta : (m, n) array
        Linear predictors; of two outcomes, the event is expected where the logit is positive.
    shares : (K, n) array
        Proportions of the outcomes.
    weights : (n,) array
        Positive.

    Returns
    -------
    float
        In [0, 1].

    Examples
    --------
    >>> y = np.array([1.0, 0.0, 0.25])
    >>> misclassification(np.array([[1.0, 1.0, -1.0]]), np.stack([1 - y, y]), np.array([1.0, 1.0, 4.0]))
    0.333...
    """
    likeliest = (eta[0] > 0.0).astype(np.int64) if len(eta) == 1 else eta.argmax(axis=0)
    missed = [float((weights * share) @ (likeliest != k)) for k, share in enumerate(shares)]
    return sum(missed) / float(weights.sum())


def measure_named(name: str, several: bool = False) -> Measure:
    """Return the measure of that name, or say which names there are.

    Parameters
    ----------
    name : str
        ``'deviance'``, ``'auc'``, ``'brier'`` or ``'misclassification'``, in small or capital letters.
    several : bool
        Whether it is of several outcomes, for its label.

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
    >>> measure_named("auc", several=True).label
    "Hand and Till's area under the ROC curves"
    """
    known = str(name).lower()
    if known not in MEASURES:
        raise UnsupportedError(f"measure={name!r} is not offered. {nearest_name(known, MEASURES)}")
    measure = MEASURES[known]
    return replace(measure, label=OF_SEVERAL[known]) if several and known in OF_SEVERAL else measure


def _losses(eta: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the negative log-likelihood of one trial per row, shape (n,), with its limit at infinite predictors."""
    if len(eta) > 1:
        none = np.isneginf(eta)
        losses = Multinomial(len(eta)).loss(np.where(none, LEAST_LOGIT, eta), np.zeros(eta.shape[1], np.int32), shares)
        return np.where((none & (shares > 0.0)).any(axis=0), np.inf, losses)
    logit, y = eta[0], shares[1]
    at_limit = np.isinf(logit)
    if not at_limit.any():
        return FAMILY.loss(logit, y)
    losses = FAMILY.loss(np.where(at_limit, 0.0, logit), y)
    return np.where(at_limit, np.where(FAMILY.mean(logit) == y, 0.0, np.inf), losses)


def _means(eta: FloatArray) -> FloatArray:
    """Return the probability of each outcome, shape (K, n), of two outcomes each as a tail of its own."""
    if len(eta) > 1:
        return Multinomial(len(eta)).mean(eta)
    return np.stack([FAMILY.mean(-eta[0]), FAMILY.mean(eta[0])])


def _others(values: FloatArray) -> FloatArray:
    """Return the sum over all rows but one of a matrix, for each of them, without a difference."""
    above, below = np.zeros_like(values), np.zeros_like(values)
    np.cumsum(values[:-1], axis=0, out=above[1:])
    np.cumsum(values[:0:-1], axis=0, out=below[-2::-1])
    return above + below


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("deviance", "Deviance", False, deviance),
        Measure("auc", "Area under the ROC curve", True, auc),
        Measure("brier", "Brier score", False, brier),
        Measure("misclassification", "Misclassification rate", False, misclassification),
    )
}
OF_SEVERAL = {"auc": "Hand and Till's area under the ROC curves"}
