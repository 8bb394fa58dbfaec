r"""Linear predictors and probabilities with intervals, at their limits if the data are separated.

The log odds of an outcome are a function of the linear predictors with derivatives g; their standard error is
:math:`\sqrt{g'Cg}`, with C the covariance of the predictors (``predictor_variance.py``). For two outcomes the log odds
are the predictor itself. For several, :math:`g_j = 1` for j = k and otherwise :math:`-p_j / (1 - p_k)`
(``docs/maths/multinomial.md``, equations 12 and 13). Intervals are computed on this scale and transformed to
probabilities, so they stay within (0, 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.law import Law
from logitkit.engine.record import FitRecord
from logitkit.inference.linear_predictors import (
    contrast_sides,
    finite_predictors,
    linear_predictors,
    predictor_functions,
)
from logitkit.inference.predictor_variance import predictor_covariances
from logitkit.inference.sample import known_sides
from logitkit.inference.verbs import require
from logitkit.models.family import Family
from logitkit.models.links import LOGIT
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = [
    "FittedRows",
    "Predictions",
    "fitted_matrix",
    "fitted_rows",
    "predictions",
    "reported_predictors",
]


@dataclass(frozen=True)
class Predictions:
    """Predictions for n rows and L of the outcomes.

    Parameters
    ----------
    log_odds, log_odds_error : (L, n) array
        Log odds of each outcome against all others, and their standard errors; at the limits of a separated fit these
        are infinite and nan.
    probability, std_error : (L, n) array
        Probability of each outcome, and its standard error by the delta method.
    low, high : (L, n) array
        Limits of the interval for the probability.
    level : float
        Confidence level.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> found = predictions(fit.record, fit.design.matrix)
    >>> bool(np.all((found.low < found.probability) & (found.probability < found.high)))
    True
    """

    log_odds: FloatArray
    log_odds_error: FloatArray
    probability: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    level: float


@dataclass(frozen=True)
class FittedRows:
    """Linear predictors and probabilities of rows under a fit.

    Parameters
    ----------
    family : Family
        The likelihood.
    eta : (m, n) array
        Linear predictors, with offsets; for a separated fit at their limits, as in ``linear_predictors``.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> found = FittedRows(Binomial(), np.array([[0.0, np.nan]]))
    >>> found.undetermined.tolist(), found.probabilities[:, 0].tolist()
    ([False, True], [0.5, 0.5])
    """

    family: Family
    eta: FloatArray

    @once
    def probabilities(self) -> FloatArray:
        """Probability of each outcome, shape (K, n); nan if it is not determined."""
        return self.family.probabilities(self.eta)

    @once
    def undetermined(self) -> BoolArray:
        """Rows with a probability that is not determined, shape (n,)."""
        # Of one predictor both probabilities are known or neither, and need not be computed to tell.
        values = self.eta if len(self.eta) == 1 else self.probabilities
        return np.asarray(np.isnan(values).any(axis=0))


def fitted_rows(record: FitRecord, design: Design, own: bool | None = None) -> FittedRows:
    """Return the linear predictors and probabilities of rows with their outcome.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows.
    own : bool, optional
        Whether they are rows of the fit, if that is known.

    Returns
    -------
    FittedRows
        For the rows of a separated fit, the outcome of each row is used to find its limit.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    >>> found = fitted_rows(fit.record, fit.design)
    >>> found.eta.tolist(), found.probabilities[1].tolist()
    ([[-inf, -inf, inf, inf]], [0.0, 0.0, 1.0, 1.0])
    """
    sides = known_sides(record, design, own)
    return fitted_matrix(record, design.matrix, design.response.offset, sides, design.level_codes)


def fitted_matrix(
    record: FitRecord,
    matrix: Matrix,
    offset: FloatArray | None = None,
    sides: FloatArray | None = None,
    levels: IntArray | None = None,
) -> FittedRows:
    """Return the linear predictors and probabilities of the rows of a matrix.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.
    offset : (m, n) array or None
        Offsets that are added to the linear predictors.
    sides : (n,) array, optional
        From ``known_sides``.
    levels : (n,) int array, optional
        Level of each row; required for a separated fit with an absorbed factor.

    Returns
    -------
    FittedRows
        The rows, in order.

    Examples
    --------
    With intercepts, the probabilities of each outcome sum to its frequency:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> [round(float(total), 9) for total in fitted_matrix(fit.record, fit.design.matrix).probabilities.sum(axis=1)]
    [3.0, 3.0, 3.0]
    """
    eta = linear_predictors(record, matrix, offset, sides, levels)
    return FittedRows(record.family, eta)


def reported_predictors(
    record: FitRecord,
    matrix: Matrix,
    offset: FloatArray | None = None,
    sides: FloatArray | None = None,
    levels: IntArray | None = None,
) -> FloatArray:
    """Return linear predictors as reported: if only differences count, minus that of the reference.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.
    offset : (m, n) array or None
        Offsets that are added to the linear predictors.
    sides, levels : (n,) array, optional
        As for ``linear_predictors``.

    Returns
    -------
    (m, n) array
        Log of each probability minus that of the reference, or in symmetric form minus the mean of all; infinite or
        missing if separation leaves no finite difference. If each predictor counts by itself, the result of
        ``linear_predictors``.

    Examples
    --------
    In symmetric form the predictors sum to zero:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data, reference=None)
    >>> bool(np.allclose(reported_predictors(fit.record, fit.design.matrix).sum(axis=0), 0.0, atol=1e-12))
    True
    """
    if not record.family.compares_predictors:
        return linear_predictors(record, matrix, offset, sides, levels)
    eta = finite_predictors(record, matrix)
    if offset is not None:
        eta = eta + offset
    m, reference = len(eta), record.reference
    eta = eta - (eta.mean(axis=0) if reference is None else eta[reference])
    if not record.is_separated:
        return np.asarray(eta)
    base = np.full(m, 1.0 / m) if reference is None else np.eye(m)[reference]
    signs = np.stack([contrast_sides(record, matrix, weights - base) for weights in np.eye(m)])
    infinite = np.where(signs > 0.0, np.inf, np.where(signs < 0.0, -np.inf, np.nan))
    return np.where(signs == 0.0, eta, infinite)


def row_law(record: FitRecord, matrix: Matrix) -> Law:
    """Return the reference distribution for the linear predictors of rows over their standard errors.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.

    Returns
    -------
    Law
        The same for all rows, or with degrees of freedom for each row if these depend on the function.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 4]})
    >>> row_law(fit.record, fit.design.matrix).is_normal
    True
    """
    if not record.law.varies:
        return record.law
    return record.law.of(predictor_functions(record, matrix, np.ones((1, matrix.n_rows))))


def predictions(
    record: FitRecord,
    matrix: Matrix,
    offset: FloatArray | None = None,
    level: float | None = None,
    sides: FloatArray | None = None,
    levels: IntArray | None = None,
    outcomes: Sequence[int] | None = None,
) -> Predictions:
    """Return probabilities with standard errors and intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.
    offset : (m, n) array or None
        Offsets that are added to the linear predictors.
    level : float, optional
        Confidence level; by default that of the fit.
    sides : (n,) array, optional
        From ``known_sides``.
    levels : (n,) int array, optional
        Level of each row; required with an absorbed factor.
    outcomes : sequence of int, optional
        Positions of the L outcomes to include; all by default.

    Returns
    -------
    Predictions
        There is no standard error or interval at the limits of a separated fit, and for a level without variation.

    Raises
    ------
    UnsupportedError
        If a factor is absorbed and the standard errors of its intercepts are not available, and after a penalty that
        leaves no covariance.

    Examples
    --------
    The standard error of a probability is that of the log odds times mu (1 - mu):

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> found = predictions(fit.record, fit.design.matrix, outcomes=[1])
    >>> mu = found.probability
    >>> bool(np.allclose(found.std_error, found.log_odds_error * mu * (1 - mu)))
    True
    """
    level = record.level if level is None else level
    require(record, "predictions")
    z = row_law(record, matrix).quantile(level)
    family = record.family
    shown = list(range(family.n_outcomes)) if outcomes is None else list(outcomes)
    covariances = predictor_covariances(record, matrix, record.inner_vcov, levels)
    eta = linear_predictors(record, matrix, offset, sides, levels)
    probability = family.probabilities(eta)
    with np.errstate(invalid="ignore"):
        log_odds = family.log_odds(eta)[shown]
    variance = np.empty(log_odds.shape)
    for rows, covariance in covariances:
        jacobian = family.log_odds_jacobian(eta[:, rows])[shown]
        if jacobian.shape[1] == 1:
            variance[:, rows] = jacobian[:, 0] ** 2 * covariance[:, 0, 0]
        else:
            by_row = np.ascontiguousarray(jacobian.transpose(2, 0, 1))
            variance[:, rows] = np.einsum("nlm,nlm->ln", by_row @ covariance, by_row)
    # A variance that is zero may come out as rounding of either sign.
    error = np.sqrt(np.where(np.isfinite(log_odds), np.maximum(variance, 0.0), np.nan))
    rest = np.array([_others(probability, k) for k in shown])  # 1 - p without cancellation
    return Predictions(
        log_odds=log_odds,
        log_odds_error=error,
        probability=probability[shown],
        std_error=error * (probability[shown] * rest),
        low=LOGIT.inverse(log_odds - z * error),
        high=LOGIT.inverse(log_odds + z * error),
        level=level,
    )


def _others(probability: FloatArray, k: int) -> FloatArray:
    """Return the sum of the probabilities of the outcomes other than k, shape (n,)."""
    if len(probability) == 2:
        return np.asarray(probability[1 - k])
    return np.asarray(np.delete(probability, k, axis=0).sum(axis=0))
