r"""Sandwich covariances of models of several outcomes.

The score of a row is :math:`w_i (y_i - p_i) \otimes x_i` over the flat coefficients; what is made of scores is as for
two outcomes (``sandwich.py``).
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.curvature.vcov import DenseVcov
from logitkit.engine.record import FitRecord
from logitkit.inference.prediction import fitted_matrix
from logitkit.inference.sandwich import cluster_meat, correction_of
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["outcome_scores", "with_required_outcome_sandwich"]

NUMBERS_OF_BLOCK = 4_000_000


def with_required_outcome_sandwich(record: FitRecord, design: Design) -> FitRecord:
    """Return the record with the sandwich that sampling weights or clusters call for, or as it is.

    Parameters
    ----------
    record : FitRecord
        The fit, with its model-based covariance.
    design : Design
        Its rows.

    Returns
    -------
    FitRecord
        With the covariance named.

    Raises
    ------
    DataError
        With fewer than two clusters.

    Examples
    --------
    With one row a cluster, the sandwich by cluster is that for sampling weights of one:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> data |= {"id": range(9), "w": [1.0] * 9}
    >>> clustered = lk.multinomial("y ~ x", data, cluster="id")
    >>> weighted = lk.multinomial("y ~ x", data, weights="w", weight_kind="sampling")
    >>> bool(np.allclose(clustered.vcov, weighted.vcov, rtol=1e-12))
    True
    """
    response = design.response
    sampled = response.prior is not None and response.weight_kind == "sampling"
    if record.penalty is not None or (response.clusters is None and not sampled):
        return record
    factor, covariance = correction_of(response)
    codes = np.arange(response.n_rows) if response.clusters is None else response.clusters.codes
    step = max(NUMBERS_OF_BLOCK // max(record.coef.size, 1), 1)
    with single_threaded_blas():
        meat = cluster_meat(codes, lambda rows: outcome_scores(record, design, rows), step)
        bread = record.inner_model_vcov
        return record.with_covariance(DenseVcov(factor * bread.times(bread.times(meat).T)), covariance)


def outcome_scores(record: FitRecord, design: Design, rows: IntArray) -> FloatArray:
    """Return the score of some rows by the coefficients that were solved for.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its rows.
    rows : (r,) int array
        Positions.

    Returns
    -------
    (r, q) array
        A row a row; zero where a row is fitted perfectly in the limit.

    Examples
    --------
    At the estimate they sum to zero:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> bool(np.allclose(outcome_scores(fit.record, fit.design, np.arange(9)).sum(axis=0), 0.0, atol=1e-9))
    True
    """
    response = design.response.take(rows)
    matrix = design.matrix.take(rows)
    mean = fitted_matrix(record, matrix, response.offset).probabilities
    left = np.nan_to_num(response.weights * (response.indicators() - mean))[record.predictors.active]
    flat = (left.T[:, :, None] * matrix.to_dense()[:, None, :]).reshape(rows.size, record.coef.size)
    return record.coordinates.jacobian(flat)
