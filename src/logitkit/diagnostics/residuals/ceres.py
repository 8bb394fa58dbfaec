r"""CERES residuals: partial residuals that stay right where the other columns are curves of the one that is looked at.

A partial residual shows the shape that a column wants only if the means of the others given it are straight lines. Cook
adds these means: with :math:`m_k(x)` a local line of column k on x, the model is fitted with all :math:`m_k` beside its
own columns, and

.. math:: r_i + \hat\beta x_i + \sum_k \hat\gamma_k m_k(x_i)

is drawn against x, with the working residual r of that fit. Where all means are lines it is the partial residual.

References
----------
Cook, R. D. (1993) Exploring partial residual plots. Technometrics 35, 351-362.
Cook, R. D. and Croos-Dabrera, R. (1998) Partial residual plots in generalized linear models. Journal of the American
Statistical Association 93, 730-739.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import ColumnTerms
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.dense import Dense
from logitkit.diagnostics.residuals.kinds import residuals
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import UnsupportedError
from logitkit.inference.verbs import require
from logitkit.numerics.kernels.local_fits import local_fits
from logitkit.typing import FloatArray

__all__ = ["ceres_residuals"]

COLUMNS_MOST = 50
SPAN = 2.0 / 3.0  # of the weight, in the window of a local line
AT = 150
LINE = 1e-8  # of the variance of a mean: what a straight line leaves below this is none


def ceres_residuals(record: FitRecord, design: Design, column: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return CERES residuals of a column.

    Parameters
    ----------
    record : FitRecord
        The fit of an event.
    design : Design
        The n rows of the fit, in memory.
    column : int
        Position of the column.

    Returns
    -------
    x, residual, part : (n,) array
        The column, the CERES residuals, and their fitted part, centred.

    Raises
    ------
    UnsupportedError
        If the fit is penalised, has an absorbed factor or more than 50 columns, or if the augmented model cannot be
        estimated.

    Examples
    --------
    With a single predictor, CERES residuals are partial residuals:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt", lk.datasets.load_lbw())
    >>> residual = ceres_residuals(fit.record, fit.design, 1)[1]
    >>> bool(np.allclose(residual, fit.residuals("partial")["lwt"], atol=1e-6))
    True
    """
    require(record, "partial residuals")
    if record.is_penalised or design.level_codes is not None:
        raise UnsupportedError("CERES residuals refit the model by maximum likelihood, without an absorbed factor.")
    if len(record.info.names) > COLUMNS_MOST:
        raise UnsupportedError(f"CERES residuals smooth each column, and there are more than {COLUMNS_MOST}.")
    every, w = design.matrix.to_dense(), design.response.weights
    x = np.ascontiguousarray(every[:, column])
    means = []
    for k in range(every.shape[1]):
        if k == column or k in record.aliased or np.ptp(every[:, k]) == 0.0:
            continue
        mean = _smoothed(x, np.ascontiguousarray(every[:, k]), w)
        line = np.vander(x - x.mean(), 2) * np.sqrt(w)[:, None]
        slope = np.linalg.lstsq(line, mean * np.sqrt(w), rcond=None)[0]
        if w @ (mean - np.vander(x - x.mean(), 2) @ slope) ** 2 > LINE * (
            w @ (mean - np.average(mean, weights=w)) ** 2
        ):
            means.append(mean)
    names = (*record.info.names, *(f"mean {k}" for k in range(len(means))))
    matrix = Dense(np.ascontiguousarray(np.column_stack([every, *means])))
    info = DesignInfo(names, ColumnTerms(names), record.info.response)
    larger = replace(design, matrix=matrix, info=info, dependence=None)
    found = fit_design(larger, record.family, Newton())
    if found.is_separated or not found.converged:
        raise UnsupportedError("CERES residuals have no answer here: the larger model has no finite estimate.")
    coef = found.coef.copy()
    coef[found.aliased] = 0.0
    part = coef[column] * x + sum((c * m for c, m in zip(coef[every.shape[1] :], means, strict=True)), np.zeros(x.size))
    part -= part[w > 0.0].mean()
    return x, residuals(found, larger, "working") + part, part


def _smoothed(x: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """Return local lines of a column on another, shape (n,)."""
    used = weights > 0.0
    values, place = np.unique(x[used], return_inverse=True)
    w = np.bincount(place.reshape(-1), weights[used])
    w, means = w / w.mean(), np.bincount(place.reshape(-1), weights[used] * y[used]) / w
    if values.size < 3:
        return np.asarray(np.interp(x, values, means))
    cumulative = np.concatenate([[0.0], np.cumsum(w)])
    at = np.unique(np.linspace(0, values.size - 1, AT).astype(np.int64))
    least = SPAN * w.sum() - 1e-9  # so that whole numbers compare exactly
    fitted, _ = local_fits(values, means, w, cumulative, np.zeros(values.size), at, least, 1)
    return np.asarray(np.interp(x, values[at], fitted))
