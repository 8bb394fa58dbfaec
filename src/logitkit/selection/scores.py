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
from logitkit.diagnostics.discrimination.roc import roc_curve
from logitkit.diagnostics.rows.ranking import merge_rounding
from logitkit.errors import DataError, UnsupportedError, nearest_name
from logitkit.models.binomial import Binomial
from logitkit.models.family import Family
from logitkit.models.multinomial import Multinomial
from logitkit.typing import FloatArray

__all__ = ["MEASURES", "Measure", "auc", "brier", "deviance", "measure_named", "misclassification"]


@dataclass(frozen=True)
class Measure:
    """A measure of predictive performance.

    Parameters
    ----------
    name : str
        Name used in code.
    label : str
        Label in tables and on axes.
    larger_is_better : bool
        Whether larger values are better.
    compute : callable
        Function of linear predictors (m, n) and of the outcomes of the same rows, all with positive weight; returns a
        number.
    bins : int or None
        For areas of rows that are read in chunks, approximate number of bins for the scores; None if areas are exact.

    Examples
    --------
    Rows of weight zero are ignored:

    >>> logits, rows = np.array([[0.0], [9.0]]), Response(np.array([1.0, 0.0]), prior=np.array([1.0, 0.0]))
    >>> bool(np.isclose(measure_named("deviance").score(logits, rows)[0], 2 * np.log(2)))
    True
    """

    name: str
    label: str
    larger_is_better: bool
    compute: Callable[[FloatArray, Response], float]
    bins: int | None = None

    def within(self, bound: float) -> Measure:
        """Return the measure with a label that states a bound on its error.

        Parameters
        ----------
        bound : float
            Bound on the error.

        Returns
        -------
        Measure
            The measure with the new label.
        """
        return replace(self, label=f"{self.label}, scores in {self.bins:,} bins: within {bound:.1g}")

    def score(self, logits: FloatArray, response: Response) -> FloatArray:
        """Return the value of the measure at each strength.

        Parameters
        ----------
        logits : (n, k) or (K, n, k) array
            Linear predictors of n rows at k strengths: the logit of the event for two outcomes, one predictor per
            outcome for several. If one is nan, the strength has no score.
        response : Response
            Outcomes and weights of the same rows.

        Returns
        -------
        (k,) array
            Scores; nan if there is no score.

        Raises
        ------
        DataError
            If shapes differ, or no row has a positive weight.
        """
        eta = np.asarray(logits, dtype=np.float64)
        eta = eta[None] if eta.ndim == 2 else eta
        if eta.ndim != 3 or eta.shape[1] != response.n_rows or len(eta) not in (1, response.n_outcomes):
            raise DataError(
                f"Logits have shape {np.shape(logits)}, of {response.n_rows} rows with {response.n_outcomes} outcomes; "
                "they need the axes rows and strengths, preceded by outcomes if there are several, and the same rows."
            )
        used = np.flatnonzero(response.weights > 0.0)
        if not used.size:
            raise DataError(f"None of the {response.n_rows} predicted rows has a positive weight.")
        if used.size < response.n_rows:
            eta, response = eta[:, used], response.take(used)
        out = np.full(eta.shape[-1], np.nan)
        by_strength = np.ascontiguousarray(np.moveaxis(eta, -1, 0))  # each is read as a whole, and more than once
        for j in np.flatnonzero(~np.isnan(by_strength).any(axis=(1, 2))):
            out[j] = self.compute(by_strength[j], response)
        return out


def deviance(eta: FloatArray, response: Response) -> float:
    """Return minus twice the mean log-likelihood per trial.

    Parameters
    ----------
    eta : (m, n) array
        Linear predictors; infinite values are treated as limits.
    response : Response
        Outcomes of the same rows, with positive weight.

    Returns
    -------
    float
        Nonnegative value; infinite if an outcome contradicts an infinite predictor.

    Examples
    --------
    >>> value = deviance(np.array([[2.0, -1000.0]]), Response(np.array([1.0, 0.0])))
    >>> bool(np.isclose(value, np.log1p(np.exp(-2.0))))
    True
    >>> value = deviance(np.zeros((3, 2)), Response(np.array([0.0, 2.0]), n_outcomes=3))
    >>> bool(np.isclose(value, 2 * np.log(3)))
    True
    """
    family = _family_of(eta)
    with np.errstate(invalid="ignore"):  # at infinite predictors an outcome that is certain has infinity less infinity
        losses = family.losses(eta, response)
    if np.isinf(eta).any():
        losses = np.where((family.probabilities(eta) * response.indicators()).sum(axis=0) == 1.0, 0.0, losses)
    return 2.0 * float(response.weights @ losses) / response.total


def auc(eta: FloatArray, response: Response) -> float:
    """Return the area under the ROC curve or, for several outcomes, Hand and Till's measure.

    Parameters
    ----------
    eta : (m, n) array
        Linear predictors; predictions that differ only by rounding are tied.
    response : Response
        Outcomes of the same rows, with positive weight.

    Returns
    -------
    float
        Mean over pairs of outcomes of the probability that a row with the first is ranked above one with the second;
        nan if an outcome does not occur.

    Notes
    -----
    Rows with outcomes a and b are ranked by the probability of a and by that of b. With a single predictor both
    rankings are by the logit and give the same area.

    Examples
    --------
    >>> auc(np.array([[1.0, 2.0]]), Response(np.array([0.0, 1.0])))
    1.0
    """
    counts = response.weights * response.indicators()
    if not counts.any(axis=1).all():
        return float("nan")
    family, either = _family_of(eta), combinations(range(len(counts)), 2)
    if len(eta) == 1:
        ranking, pairs = family.log_odds(eta), [(b, a) for a, b in either]
    else:
        ranking, pairs = family.probabilities(eta), [pair for a, b in either for pair in ((a, b), (b, a))]
    areas = []
    for a, b in pairs:
        both = np.flatnonzero((counts[a] > 0.0) | (counts[b] > 0.0))
        order = both[np.argsort(ranking[a][both], kind="stable")]
        areas.append(roc_curve(merge_rounding(ranking[a][order]), counts[a][order], counts[b][order]).auc)
    return float(np.mean(areas))


def brier(eta: FloatArray, response: Response) -> float:
    """Return the Brier score: the mean squared error of the probabilities per trial.

    Parameters
    ----------
    eta : (m, n) array
        Linear predictors.
    response : Response
        Outcomes of the same rows, with positive weight.

    Returns
    -------
    float
        Sum over outcomes, in [0, 2]; with a single predictor half of this sum, which is the squared error of the
        probability of the event.

    Examples
    --------
    >>> rows = Response(np.array([0.0, 1.0]))
    >>> brier(np.zeros((1, 2)), rows), brier(np.zeros((2, 2)), rows)
    (0.25, 0.5)
    """
    mean, counts = _family_of(eta).probabilities(eta), response.weights * response.indicators()
    # Of a trial with outcome k: (1 - p_k)^2 and the squares of the others, both from the others, so that small errors
    # are not differences from 1.
    errors = _others(mean) ** 2 + _others(mean**2)
    total = sum(float(count @ error) for count, error in zip(counts, errors, strict=True))
    return (0.5 if len(eta) == 1 else 1.0) * total / response.total


def misclassification(eta: FloatArray, response: Response) -> float:
    """Return the proportion of trials whose outcome is not the most probable one.

    Parameters
    ----------
    eta : (m, n) array
        Linear predictors; with two outcomes, the event is predicted if the logit is positive.
    response : Response
        Outcomes of the same rows, with positive weight.

    Returns
    -------
    float
        Proportion, in [0, 1].

    Examples
    --------
    >>> misclassification(np.array([[1.0, 1.0, -1.0]]), Response(np.array([1.0, 0.0, 0.25]), np.array([1.0, 1.0, 4.0])))
    0.333...
    """
    likeliest = (eta if len(eta) > 1 else _family_of(eta).log_odds(eta)).argmax(axis=0)
    counts = response.weights * response.indicators()
    return sum(float(count @ (likeliest != k)) for k, count in enumerate(counts)) / response.total


def measure_named(name: str, several: bool = False) -> Measure:
    """Return the measure with a given name, or raise an error that suggests the nearest name.

    Parameters
    ----------
    name : str
        ``'deviance'``, ``'auc'``, ``'brier'`` or ``'misclassification'``; case is ignored.
    several : bool
        Whether there are several outcomes, which affects the label.

    Returns
    -------
    Measure
        The measure.

    Raises
    ------
    UnsupportedError
        If the name is unknown.

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


def _family_of(eta: FloatArray) -> Family:
    """Return the family of linear predictors: with one of them binomial, else one per outcome."""
    return Binomial() if len(eta) == 1 else Multinomial(len(eta))


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
