r"""Average adjusted predictions: the mean probability of each outcome over rows whose variable is set to a value.

:math:`\bar p_k(v) = \sum_i w_i p_k(x_i(v)) / \sum_i w_i`, where :math:`x_i(v)` is row i with the variable set to v. Its
derivative with respect to linear predictor a of row i is :math:`w_i p_{ik} (1 - p_{ik}) g_{ika} / \sum_i w_i`, where g
is the derivative of the log odds of the outcome. Intervals are computed on the logit scale, so they stay within (0, 1).

References
----------
Long, J. S. and Freese, J. (2014) Regression Models for Categorical Dependent Variables Using Stata, section 6.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.record import FitRecord
from logitkit.inference.prediction import FittedRows, fitted_matrix
from logitkit.inference.verbs import require
from logitkit.models.links import LOGIT
from logitkit.typing import FloatArray

__all__ = [
    "AveragePredictions",
    "PredictionSums",
    "SetRows",
    "average_predictions",
    "averaged_predictions",
    "proportions",
    "summed_predictions",
]


class SetRows(NamedTuple):
    """Rows with a variable set to a value.

    Parameters
    ----------
    value : object
        The value to which it is set.
    matrix : Matrix
        n rows.
    offset : (m, n) array or None
        Offsets by linear predictor.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> SetRows(2.5, Dense(np.ones((4, 1))), None).matrix.n_rows
    4
    """

    value: Any
    matrix: Matrix
    offset: FloatArray | None


@dataclass(frozen=True)
class AveragePredictions:
    """Average probabilities of L outcomes at G values of a variable.

    Parameters
    ----------
    variable : str
        The variable that is set.
    values : tuple
        The G numbers or levels to which it is set.
    numeric : bool
        Whether the values are points on a numeric scale, or levels.
    outcomes : tuple of str
        The L outcomes.
    probability, std_error, low, high : (L, G) array
        Missing where there is none; at the limits of a separated fit there is no standard error.
    level : float
        Confidence level.
    n_rows : int
        Number of rows averaged over.
    event : str
        The event in words, for a model of two outcomes; otherwise empty.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> AveragePredictions("x", (0.5,), True, ("a",), one, one, one, one, 0.95, 10).values
    (0.5,)
    """

    variable: str
    values: tuple[Any, ...]
    numeric: bool
    outcomes: tuple[str, ...]
    probability: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    level: float
    n_rows: int
    event: str = ""


def average_predictions(
    record: FitRecord,
    sets: Iterable[SetRows],
    weights: FloatArray | None,
    variable: str,
    *,
    numeric: bool = True,
    level: float | None = None,
    outcomes: Sequence[int] | None = None,
) -> AveragePredictions:
    """Return average adjusted predictions with standard errors by the delta method.

    Parameters
    ----------
    record : FitRecord
        The fit.
    sets : iterable of SetRows
        The same n rows, with the variable at one value after another.
    weights : (n,) array or None
        Weight of each row; None for equal weights.
    variable : str
        Name of the variable.
    numeric : bool, default True
        Whether its values are points on a numeric scale.
    level : float, optional
        Confidence level; by default that of the fit.
    outcomes : sequence of int, optional
        Positions of the L outcomes to include; all by default.

    Returns
    -------
    AveragePredictions
        One entry per outcome and set of rows.

    Raises
    ------
    UnsupportedError
        After a penalty that leaves no covariance, and with an absorbed factor.

    Examples
    --------
    Averaged over the observed rows, the probability of an outcome equals its frequency:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> found = average_predictions(fit.record, [SetRows("as it is", fit.design.matrix, None)], None, "x")
    >>> found.probability[:, 0].round(9).tolist() == [round(1 / 3, 9)] * 3
    True
    """
    require(record, "average predictions")
    sums = summed_predictions(record, sets, weights)
    return averaged_predictions(record, sums, variable, numeric=numeric, level=level, outcomes=outcomes)


@dataclass(frozen=True)
class PredictionSums:
    """Averages over some rows of probabilities with a variable set, and the weight of these rows.

    Parameters
    ----------
    values : tuple
        The values to which it is set.
    mean : (G, K) array
        Averages.
    slopes : (G, K, q) array
        Their derivatives with respect to the coefficients that were solved for.
    weight : float
        Total weight of the rows.
    n_rows : int
        Number of rows.

    Examples
    --------
    >>> one = PredictionSums((1.0,), np.array([[0.2, 0.8]]), np.zeros((1, 2, 1)), 1.0, 1)
    >>> other = PredictionSums((1.0,), np.array([[0.6, 0.4]]), np.zeros((1, 2, 1)), 3.0, 3)
    >>> one.plus(other).mean.round(9).tolist()
    [[0.5, 0.5]]
    """

    values: tuple[Any, ...]
    mean: FloatArray
    slopes: FloatArray
    weight: float
    n_rows: int

    def plus(self, other: PredictionSums) -> PredictionSums:
        """Return the averages over both sets of rows.

        Parameters
        ----------
        other : PredictionSums
            Averages over other rows.

        Returns
        -------
        PredictionSums
            Averages weighted by the weights of the two sets.
        """
        weight = self.weight + other.weight
        if weight <= 0.0:
            return replace(self, n_rows=self.n_rows + other.n_rows)
        one, two = self.weight / weight, other.weight / weight
        mean = _weighted(one, self.mean, two, other.mean)
        slopes = _weighted(one, self.slopes, two, other.slopes)
        return PredictionSums(self.values, mean, slopes, weight, self.n_rows + other.n_rows)


def _weighted(one: float, left: FloatArray, two: float, right: FloatArray) -> FloatArray:
    """Return a weighted sum, in which what has no weight does not count even where it is missing."""
    if one == 0.0 or two == 0.0:
        return right if one == 0.0 else left
    return one * left + two * right


def summed_predictions(record: FitRecord, sets: Iterable[SetRows], weights: FloatArray | None) -> PredictionSums:
    """Return averages over some rows with a variable set to values.

    Parameters
    ----------
    record : FitRecord
        The fit.
    sets : iterable of SetRows
        The same n rows, with the variable at one value after another.
    weights : (n,) array or None
        Weight of each row; None for equal weights.

    Returns
    -------
    PredictionSums
        Sums to which those of other rows can be added.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]})
    >>> float(summed_predictions(fit.record, [SetRows(0, fit.design.matrix, None)], None).mean[0, 1].round(9))
    0.4
    """
    values, means, slopes, n_rows = [], [], [], 0
    for value, matrix, offset in sets:
        n_rows = matrix.n_rows
        share = proportions(weights, n_rows)
        rows = fitted_matrix(record, matrix, offset)
        values.append(value)
        means.append(rows.probabilities @ share)
        slopes.append(record.coordinates.jacobian(_derivatives(record, matrix, rows, share)))
    weight = float(n_rows) if weights is None else float(weights.sum())
    return PredictionSums(tuple(values), np.array(means), np.array(slopes), weight, n_rows)


def proportions(weights: FloatArray | None, n_rows: int) -> FloatArray:
    """Return the normalised weight of each row in an average.

    Parameters
    ----------
    weights : (n,) array or None
        Nonnegative weights; None for equal weights.
    n_rows : int
        Number of rows.

    Returns
    -------
    (n,) array
        The weights divided by their sum; all zero if the weights are.

    Examples
    --------
    >>> (
    ...     proportions(np.array([1.0, 3.0]), 2).tolist(),
    ...     proportions(None, 2).tolist(),
    ...     proportions(np.zeros(2), 2).tolist(),
    ... )
    ([0.25, 0.75], [0.5, 0.5], [0.0, 0.0])
    """
    if weights is None:
        return np.full(n_rows, 1.0 / n_rows)
    total = float(weights.sum())
    return weights / total if total > 0.0 else np.zeros(n_rows)


def averaged_predictions(
    record: FitRecord,
    sums: PredictionSums,
    variable: str,
    *,
    numeric: bool = True,
    level: float | None = None,
    outcomes: Sequence[int] | None = None,
) -> AveragePredictions:
    """Return average adjusted predictions with standard errors, from sums over all rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    sums : PredictionSums
        Sums over all rows.
    variable : str
        The variable that is set.
    numeric : bool, default True
        Whether its values are points on a numeric scale.
    level : float, optional
        Confidence level; by default that of the fit.
    outcomes : sequence of int, optional
        Positions of the L outcomes to include; all by default.

    Returns
    -------
    AveragePredictions
        As from ``average_predictions``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]})
    >>> sums = summed_predictions(fit.record, [SetRows(0, fit.design.matrix, None)], None)
    >>> averaged_predictions(fit.record, sums, "x").n_rows
    5
    """
    level = record.level if level is None else level
    values, means, errors, quantiles, n_rows = sums.values, sums.mean, [], [], sums.n_rows
    for jacobian in sums.slopes:
        variance = np.einsum("ij,ij->i", record.inner_vcov.times(jacobian), jacobian)
        errors.append(np.sqrt(np.maximum(variance, 0.0)))
        quantiles.append(np.broadcast_to(record.law.of(jacobian).quantile(level), variance.shape))
    probability, error = means.T, np.array(errors).T
    rest = np.stack([np.delete(probability, k, axis=0).sum(axis=0) for k in range(len(probability))])
    probability = np.where(rest == 0.0, 1.0, probability)  # proportions of rows add to one but for rounding
    error = np.where((probability > 0.0) & (rest > 0.0), error, np.nan)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        logit = np.log(probability) - np.log(rest)
        half = np.array(quantiles).T * error / (probability * rest)
    shown = list(range(len(probability))) if outcomes is None else list(outcomes)
    return AveragePredictions(
        variable,
        values,
        numeric,
        tuple(record.outcomes[k] for k in shown),
        probability[shown],
        error[shown],
        LOGIT.inverse((logit - half)[shown]),
        LOGIT.inverse((logit + half)[shown]),
        level,
        n_rows,
    )


def _derivatives(record: FitRecord, matrix: Matrix, rows: FittedRows, share: FloatArray) -> FloatArray:
    """Return the derivatives of average probabilities by the flat coefficients, shape (K, n_flat)."""
    probability = rows.probabilities
    rest = np.stack([np.delete(probability, k, axis=0).sum(axis=0) for k in range(len(probability))])
    spread = probability * rest
    jacobian = np.where(spread[:, None] == 0.0, 0.0, record.family.log_odds_jacobian(rows.eta))
    slopes = share * spread[:, None] * jacobian
    out = np.empty((len(probability), record.predictors.n_flat))
    for k, own in enumerate(slopes):
        table = np.stack([matrix.rmatvec(row) for row in own])
        out[k] = record.predictors.gather(table)
    if record.aliased.size:
        out[:, record.aliased] = 0.0
    return out
