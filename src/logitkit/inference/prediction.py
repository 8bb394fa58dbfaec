r"""Linear predictors and probabilities with intervals, at their limits when the data were separated.

The standard error of :math:`x'\hat\beta` is :math:`\sqrt{x'Vx}`; intervals are made on the scale of the linear
predictor and carried to probabilities by the inverse link, so that they stay within (0, 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix import Matrix
from logitkit.fit import FitRecord
from logitkit.inference.delta import normal_quantile
from logitkit.typing import FloatArray

__all__ = ["Predictions", "linear_predictor", "predictions"]


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
    """

    logit: FloatArray
    logit_std_error: FloatArray
    probability: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    level: float


def linear_predictor(record: FitRecord, matrix: Matrix, offset: FloatArray | None) -> FloatArray:
    """Return the linear predictor of each row, at its limit under separation.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        m rows.
    offset : (m,) array or None
        Added to the product.

    Returns
    -------
    (m,) array
        Plus or minus infinity where every direction of recession agrees, nan where directions disagree.
    """
    eta = matrix.matvec(record.predicting_coef)
    if offset is not None:
        eta = eta + offset
    if record.limit is None:
        return np.asarray(eta, dtype=np.float64)
    signs = record.limit.cone.signs(matrix.to_dense())
    with np.errstate(invalid="ignore"):
        return np.where(signs == 0.0, eta, signs * np.inf)


def predictions(
    record: FitRecord, matrix: Matrix, offset: FloatArray | None, level: float | None = None
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

    Returns
    -------
    Predictions
        No standard error or interval at the limits of a separated fit.
    """
    level = record.level if level is None else level
    z = normal_quantile(level)
    eta = linear_predictor(record, matrix, offset)
    vcov = record.full_vcov
    variance = np.empty(matrix.n_rows)
    for start in range(0, matrix.n_rows, 16_384):
        block = matrix.rows(start, min(start + 16_384, matrix.n_rows)).to_dense()
        variance[start : start + len(block)] = np.einsum("ij,ij->i", block @ vcov, block)
    logit_error = np.where(np.isfinite(eta), np.sqrt(variance), np.nan)
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
