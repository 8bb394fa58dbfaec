r"""Leverage: the diagonal of the weighted hat matrix, :math:`h_i = c_i\, x_i' (X'CX)^{-1} x_i`.

Here c is the curvature of each row, weight times variance; with frequency weights that of one copy of the row. With an
absorbed factor the columns of X include those of its levels: :math:`h_i = c_i \{1/d_l + (x_i - f_l)' V (x_i - f_l)\}`
(``docs/maths/incidental.md``, equation 5).
Computed on row blocks; the n by n hat matrix is never formed.

References
----------
Pregibon, D. (1981) Logistic regression diagnostics. Annals of Statistics 9, 705-724.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.curvature.vcov import vcov_of
from logitkit.engine.objective import Objective
from logitkit.engine.record import FitRecord
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.predictor_variance import working_columns
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["leverage", "uses_observed", "with_expected_information"]


def leverage(record: FitRecord, design: Design, eta: FloatArray | None = None) -> FloatArray:
    """Return the leverage of each row.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows.
    eta : (1, n) array, optional
        Their linear predictor, if it is known.

    Returns
    -------
    (n,) array
        Leverages between 0 and 1 for the rows of the fit, which sum to the rank over all copies of the rows; 0 for rows
        at the limit of a separated fit.

    Examples
    --------
    The leverages of a fit sum to its number of parameters:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> bool(abs(leverage(fit.record, fit.design).sum() - fit.n_params) < 1e-7)
    True
    """
    known = fitted_rows(record, design).eta if eta is None else eta
    variance = np.nan_to_num(record.family.curvatures(known)[0, 0])
    curvature = design.response.row_weights * variance
    vcov = record.inner_model_vcov
    working = working_columns(record, design)
    own = record.nuisance.variances(design.level_codes, design.response.weights * variance, design.n_rows)

    def block_leverage(block: Matrix, rows: slice) -> FloatArray:
        return np.asarray((own[rows] + vcov.row_variances(block)) * curvature[rows])

    with single_threaded_blas():
        return Objective(working, design.response, record.family).map_rows(block_leverage)


def uses_observed(record: FitRecord) -> bool:
    """Return whether the standard errors of a fit use an observed information that differs from the expected one.

    Parameters
    ----------
    record : FitRecord
        The fit, with a single predictor.

    Returns
    -------
    bool
        False for the logit link, for which both are equal.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> [uses_observed(lk.logit("y ~ x", data, link="probit", information=i).record) for i in ("expected", "observed")]
    [False, True]
    """
    return bool(record.family != record.family.expected)


def with_expected_information(record: FitRecord, design: Design) -> FitRecord:
    """Return the record with the covariance from the expected information of the working least squares.

    Parameters
    ----------
    record : FitRecord
        The fit, with a single predictor.
    design : Design
        Its rows.

    Returns
    -------
    FitRecord
        The record itself if its information is the expected one.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> own, other = (lk.logit("y ~ x", data, link="probit", information=i) for i in ("expected", "observed"))
    >>> mended = with_expected_information(other.record, other.design)
    >>> bool(np.allclose(mended.model_vcov, own.record.model_vcov))
    True
    """
    if not uses_observed(record):
        return record
    information = design.reduce(_Information(record), np.add)
    return replace(record, inner_model_vcov=vcov_of(DenseHessian(information)))


@dataclass(frozen=True)
class _Information:
    """The information of the working weighted least squares."""

    record: FitRecord

    def __call__(self, part: Design) -> FloatArray:
        """Return the information over some rows."""
        eta = fitted_rows(self.record, part).eta
        weights = part.response.weights * np.nan_to_num(self.record.family.curvatures(eta)[0, 0])
        objective = Objective(working_columns(self.record, part), part.response, self.record.family)
        with single_threaded_blas():
            return objective.sum_gram(weights)
