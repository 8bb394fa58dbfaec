r"""DFBETAS: how each coefficient changes, by one Newton step, when a row is left out.

With the row's derivatives A of its m linear predictors by the coefficients, its slopes u (derivatives of the
log-likelihood by the predictors), its curvatures W, and the covariance V of all rows, the information without the row
is :math:`V^{-1} - A'WA` and the score there :math:`-A'u`. The step from the estimate is minus

.. math:: \hat\theta - \hat\theta_{(i)} \approx (V^{-1} - A'WA)^{-1} A'u = V A' (I - W M)^{-1} u, \qquad M = A V A',

so that a row costs a system of size m and a product of its q cells with V. One predictor has
:math:`V x\, w (y - \mu) / (1 - h)`. Over standard errors of the fit these are the DFBETAS of SAS's PROC LOGISTIC. (R's
``dfbetas`` has deviance residuals for Pearson residuals, and the scale without the row.)

References
----------
Pregibon, D. (1981) Logistic regression diagnostics. Annals of Statistics 9, 705-724, section 4.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.residuals.influence import FITTED_ALONE, require_own_rows
from logitkit.engine.record import FitRecord
from logitkit.inference.covariances.leverage import leverage
from logitkit.inference.covariances.sandwich import Scores
from logitkit.inference.linear_predictors import NUMBERS_OF_BLOCK
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.predictor_variance import predictor_covariances, working_columns
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray

__all__ = ["dfbetas", "dfbetas_of"]

ROWS_TOGETHER = 4_096  # whose changes stay in the cache until they are scaled


def dfbetas(record: FitRecord, design: Design, *, scaled: bool = True) -> FloatArray:
    """Return the change in each coefficient when each row is left out.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The n rows of the fit. With frequency weights, one copy of a row is left out.
    scaled : bool, default True
        Whether to divide by the model-based standard errors of the fit.

    Returns
    -------
    (n, p) array
        The estimate minus the one-step estimate without the row; nan for coefficients without a finite estimate, and
        for rows that alone determine a coefficient.

    Raises
    ------
    UnsupportedError
        If the rows are not those of the fit, or the fit is penalised.

    Examples
    --------
    Cook's distance is the squared length of the change, in units of the covariance, divided by the rank:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> change = dfbetas(fit.record, fit.design, scaled=False)
    >>> distance = np.einsum("ij,jk,ik->i", change, np.linalg.inv(fit.vcov), change) / 3
    >>> bool(np.allclose(distance, fit.influence()["cooks_distance"]))
    True
    """
    require_own_rows(record, design)
    return dfbetas_of(record, design, scaled=scaled)


def dfbetas_of(record: FitRecord, design: Design, *, scaled: bool = True) -> FloatArray:
    """Return DFBETAS for rows, or covariate patterns, that are known to be those of the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The n rows of the fit, or their counts by covariate pattern.
    scaled : bool, default True
        As in ``dfbetas``.

    Returns
    -------
    (n, p) array
        As in ``dfbetas``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> dfbetas_of(fit.record, fit.design).shape
    (189, 2)
    """
    vcov, coordinates = record.inner_model_vcov, record.coordinates
    finite = np.isfinite(record.coef)
    away = np.asarray(vcov.times(coordinates.jacobian(np.eye(record.coef.size)))).T  # (q, p)
    if scaled:
        error = np.sqrt(np.where(finite, coordinates.variances(vcov), np.nan))
        away = away / np.where(error > 0.0, error, np.nan)
    away = np.ascontiguousarray(away)
    pulled = _without_row(record, design)
    n = design.n_rows
    out = np.empty((n, record.coef.size))
    step = min(max(NUMBERS_OF_BLOCK // max(record.coef.size, 1), 1), ROWS_TOGETHER)

    def fill(block: int) -> None:
        rows = slice(block * step, min((block + 1) * step, n))
        cells, scale = pulled.piece(rows.start, rows.stop)
        np.multiply(cells @ away, scale[:, None], out=out[rows])

    with single_threaded_blas():
        for _ in ordered_map(fill, -(-n // step)):
            pass
    out[:, ~finite] = np.nan
    return out


def _without_row(record: FitRecord, design: Design) -> Scores:
    """Return the scores of one copy of each row, with slopes that account for the information without it."""
    response = design.response
    eta, weights = fitted_rows(record, design).eta, response.row_weights
    slopes = -weights * np.nan_to_num(record.family.slopes(eta, response))
    if record.is_single:
        room = 1.0 - leverage(record, design, eta)
        slopes = slopes / np.where(room < FITTED_ALONE, np.nan, room)
        return Scores(record, working_columns(record, design), response, slopes)
    curvature = np.moveaxis(weights * np.nan_to_num(record.family.curvatures(eta)), 2, 0)
    adjusted = np.empty_like(slopes)
    one = np.eye(len(slopes))
    with single_threaded_blas():
        for rows, covariance in predictor_covariances(record, design.matrix, record.inner_model_vcov):
            system = one - curvature[rows] @ covariance
            alone = np.linalg.det(system) < FITTED_ALONE
            system[alone] = one
            solved = np.linalg.solve(system, slopes[:, rows].T[:, :, None])[:, :, 0]
            solved[alone] = np.nan
            adjusted[:, rows] = solved.T
    return Scores(record, design.matrix, response, adjusted)
