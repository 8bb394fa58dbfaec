r"""Linear predictors and probabilities with intervals, at their limits when the data were separated.

The standard error of :math:`x'\hat\beta` is :math:`\sqrt{x'Vx}`; intervals are made on the scale of the linear
predictor and carried to probabilities by the inverse link, so that they stay within (0, 1). With an absorbed factor the
intercept of the row's level was estimated too, and the variance is
:math:`1/d_l + (x - f_l)'V(x - f_l)` (``docs/maths/incidental.md``, equation 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.absorbed import AbsorbedLevels
from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.within import Within, level_means
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.delta import normal_quantile
from logitkit.inference.linear_predictors import linear_predictors
from logitkit.inference.penalised import require_covariance
from logitkit.inference.sample import is_sample, known_sides
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = [
    "FittedRows",
    "Predictions",
    "design_predictor",
    "fitted_matrix",
    "fitted_rows",
    "is_sample",
    "known_sides",
    "linear_predictor",
    "predictions",
    "within_levels",
]

BLOCK = 16_384


@dataclass(frozen=True)
class Predictions:
    """Predictions of m rows.

    Parameters
    ----------
    logit, logit_std_error : (m,) array
        Linear predictor and its standard error; infinite and nan at the limits of a separated fit.
    probability, std_error : (m,) array
        Probability of the event, and its standard error by the delta method.
    low, high : (m,) array
        Interval for the probability.
    level : float
        Confidence level.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> found = predictions(fit.record, fit.design.matrix, None)
    >>> bool(np.all((found.low < found.probability) & (found.probability < found.high)))
    True
    """

    logit: FloatArray
    logit_std_error: FloatArray
    probability: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    level: float


@dataclass(frozen=True)
class FittedRows:
    """What a fit says of rows.

    Parameters
    ----------
    eta : (m, n) array
        Linear predictors, offsets included; at the limits of a separated fit as ``linear_predictors`` has them.
    probabilities : (K, n) array
        Of each outcome; nan where the limit is undetermined.

    Examples
    --------
    >>> FittedRows(np.zeros((1, 2)), np.full((2, 2), 0.5)).undetermined.tolist()
    [False, False]
    """

    eta: FloatArray
    probabilities: FloatArray

    @property
    def undetermined(self) -> BoolArray:
        """Rows with a probability that is not known, shape (n,)."""
        return np.asarray(np.isnan(self.probabilities).any(axis=0))


def fitted_rows(record: FitRecord, design: Design) -> FittedRows:
    """Return the linear predictors and probabilities of rows with their outcome.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows.

    Returns
    -------
    FittedRows
        On the rows of a separated fit, what an outcome says of its own row is used.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    >>> found = fitted_rows(fit.record, fit.design)
    >>> found.eta.tolist(), found.probabilities[1].tolist()
    ([[-inf, -inf, inf, inf]], [0.0, 0.0, 1.0, 1.0])
    """
    sides = known_sides(record, design)
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
        Added to the linear predictors.
    sides : (n,) array, optional
        From ``known_sides``.
    levels : (n,) int array, optional
        Level of each row; demanded of a separated fit with an absorbed factor.

    Returns
    -------
    FittedRows
        Of the rows in order.

    Examples
    --------
    With intercepts the probabilities of each outcome sum to how often it occurs:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> [round(float(total), 9) for total in fitted_matrix(fit.record, fit.design.matrix).probabilities.sum(axis=1)]
    [3.0, 3.0, 3.0]
    """
    eta = linear_predictors(record, matrix, offset, sides, levels)
    return FittedRows(eta, record.family.probabilities(eta))


def linear_predictor(
    record: FitRecord,
    matrix: Matrix,
    offset: FloatArray | None,
    sides: FloatArray | None = None,
    levels: IntArray | None = None,
) -> FloatArray:
    """Return the only linear predictor of each row, shape (n,); ``linear_predictors`` says more.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.
    offset : (n,) array or None
        Added.
    sides, levels : (n,) array, optional
        As ``linear_predictors`` takes them.

    Returns
    -------
    (n,) array
        At its limit under separation.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    >>> linear_predictor(fit.record, fit.design.matrix, None).tolist()
    [-inf, -inf, inf, inf]
    """
    eta = linear_predictors(record, matrix, None if offset is None else offset[None], sides, levels)
    return np.asarray(eta[0])


def design_predictor(record: FitRecord, design: Design) -> FloatArray:
    """Return the linear predictor of each row of a design, shape (n,), at its limit under separation.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.

    Returns
    -------
    (n,) array
        As ``linear_predictor``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    >>> design_predictor(fit.record, fit.design).tolist()
    [-inf, -inf, inf, inf]
    """
    return np.asarray(fitted_rows(record, design).eta[0])


def within_levels(record: FitRecord, design: Design) -> Within:
    """Return the columns that were solved for less their means in each row's level of an absorbed factor.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with the level of each: those of the fit, unless the record kept the means.

    Returns
    -------
    Within
        The part of each row that the intercepts of the levels do not take up.

    Examples
    --------
    Weighted by their curvature, such columns sum to zero in every level:

    >>> import logitkit as lk
    >>> data = {"y": [0, 1, 0, 1, 1, 0], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0], "g": [1, 1, 1, 2, 2, 2]}
    >>> fit = lk.logit("y ~ x", data, absorb="g")
    >>> mu = fit.predict().to_numpy()
    >>> sums = np.bincount(
    ...     fit.design.level_codes, mu * (1 - mu) * within_levels(fit.record, fit.design).to_dense()[:, 0]
    ... )
    >>> bool(np.allclose(sums, 0.0, atol=1e-9))
    True
    """
    absorbed, codes = record.info.absorbed, design.level_codes
    assert absorbed is not None
    assert codes is not None
    working, means = record.coordinates.matrix(design.matrix), absorbed.means
    if means is None:
        curvature = design.response.weights * record.family.variance(design_predictor(record, design))
        means = level_means(working, codes, curvature, len(absorbed.levels))
    return Within(working, codes, means)


def predictions(
    record: FitRecord,
    matrix: Matrix,
    offset: FloatArray | None,
    level: float | None = None,
    sides: FloatArray | None = None,
    levels: IntArray | None = None,
) -> Predictions:
    """Return linear predictors and probabilities with standard errors and intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        m rows.
    offset : (m,) array or None
        Added to the linear predictor.
    level : float, optional
        Confidence level; the fit's by default.
    sides : (m,) array, optional
        From ``known_sides``.
    levels : (m,) int array, optional
        Level of each row; demanded where a factor is absorbed.

    Returns
    -------
    Predictions
        No standard error or interval at the limits of a separated fit, and for a level without variation.

    Raises
    ------
    UnsupportedError
        Where a factor is absorbed and the standard errors of the intercepts are not to be had, and after a penalty that
        leaves no covariance.

    Examples
    --------
    The standard error of a probability is that of the logit times mu (1 - mu):

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> found = predictions(fit.record, fit.design.matrix, None)
    >>> mu = found.probability
    >>> bool(np.allclose(found.std_error, found.logit_std_error * mu * (1 - mu)))
    True
    """
    level = record.level if level is None else level
    z = normal_quantile(level)
    require_covariance(record, "Predictions with errors", "fit.predict gives the probabilities.")
    working, own = record.coordinates.matrix(matrix), np.zeros(matrix.n_rows)
    if record.info.absorbed is not None:
        working, own = _of_levels(record, record.info.absorbed, working, levels)
    eta = linear_predictors(record, matrix, None if offset is None else offset[None], sides, levels)[0]
    variance = np.empty(matrix.n_rows)
    for start in range(0, matrix.n_rows, BLOCK):
        stop = min(start + BLOCK, matrix.n_rows)
        variance[start:stop] = own[start:stop] + record.inner_vcov.row_variances(working.rows(start, stop))
    # A variance that is zero may come out as rounding of either sign.
    logit_error = np.sqrt(np.where(np.isfinite(eta), np.maximum(variance, 0.0), np.nan))
    mean = record.family.mean
    return Predictions(
        logit=eta,
        logit_std_error=logit_error,
        probability=mean(eta),
        std_error=logit_error * record.family.variance(eta),
        low=mean(eta - z * logit_error),
        high=mean(eta + z * logit_error),
        level=level,
    )


def _of_levels(
    record: FitRecord, absorbed: AbsorbedLevels, working: Matrix, levels: IntArray | None
) -> tuple[Within, FloatArray]:
    """Return rows less the means of their level, and the variance of its intercept were the coefficients known."""
    if not record.has_likelihood:
        raise UnsupportedError(
            f"Standard errors of predictions are not offered with {record.covariance.label} and {absorbed.name} "
            "absorbed: a level's intercept rests on the rows of that level alone, which say little of its variance by "
            "a sandwich. fit.predict gives the probabilities; without sampling weights or cluster= there are errors."
        )
    if absorbed.means is None or absorbed.curvature is None:
        raise UnsupportedError(
            f"Standard errors of predictions need the mean of every column in each level of {absorbed.name}, and "
            f"{len(absorbed.levels):,} levels times {record.inner_coef.size} columns are too many to keep. "
            "fit.predict gives the probabilities."
        )
    if levels is None:
        raise DataError(f"Rows without their level of {absorbed.name}, which is absorbed, have no standard errors.")
    return Within(working, levels, absorbed.means), 1.0 / absorbed.curvature[levels]
