r"""Sandwiches for independent rows whose variance the model may have wrong: HC0 to HC5.

With scores :math:`s_i`, information A and leverages :math:`h_i` of the working weighted least squares,

.. math:: V = A^{-1} \Bigl(\sum_i f_i\, a_i\, s_i s_i'\Bigr) A^{-1},

where a frequency weight :math:`f_i` counts rows, each with the score :math:`s_i` of one copy, and :math:`a_i` is 1
(HC0), :math:`n / (n - k)` (HC1), :math:`1 / (1 - h_i)` (HC2), :math:`1 / (1 - h_i)^2` (HC3), or
:math:`1 / (1 - h_i)^{\delta_i}` with :math:`\delta_i = \min(4, h_i / \bar h)` (HC4),
:math:`\min(1, h_i / \bar h) + \min(1.5, h_i / \bar h)` (HC4m), and
:math:`\tfrac12 \min\{h_i / \bar h, \max(4, 0.7\, h_{\max} / \bar h)\}` (HC5); :math:`\bar h = k / n`.

References
----------
MacKinnon, J. G. and White, H. (1985) Journal of Econometrics 29, 305-325. Cribari-Neto, F. (2004) Computational
Statistics and Data Analysis 45, 215-233. Cribari-Neto, F., Souza, T. C. and Vasconcellos, K. L. P. (2007)
Communications in Statistics 36, 1877-1888. Cribari-Neto, F. and da Silva, W. B. (2011) Advances in Statistical Analysis
95, 129-146. Zeileis, A. (2004) Journal of Statistical Software 11 (10).
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.curvature.vcov import DenseVcov, Vcov
from logitkit.engine.facts import Covariance
from logitkit.engine.objective import Objective
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.leverage import leverage, with_expected_information
from logitkit.inference.covariances.sandwich import Scores, copies, scores
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["HC_KINDS", "hc_factors", "hc_weights", "heteroscedastic_vcov"]

HC_KINDS = ("HC0", "HC1", "HC2", "HC3", "HC4", "HC4m", "HC5")
WITHOUT_LEVERAGE = ("HC0", "HC1")
CERTAIN = 1e-10  # one less a leverage: a row that determines a coefficient by itself


def hc_factors(kind: str, h: FloatArray, n: float, k: float) -> FloatArray:
    """Return what multiplies the squared score of each row.

    Parameters
    ----------
    kind : {'HC0', 'HC1', 'HC2', 'HC3', 'HC4', 'HC4m', 'HC5'}
        The name of the sandwich.
    h : (r,) array
        Leverages.
    n, k : float
        Observations, and coefficients.

    Returns
    -------
    (r,) array
        At least 1.

    Examples
    --------
    >>> h = np.array([0.5, 0.25])
    >>> [hc_factors(kind, h, 8, 3).round(3).tolist() for kind in ("HC1", "HC2", "HC3")]
    [[1.6, 1.6], [2.0, 1.333], [4.0, 1.778]]
    """
    if kind == "HC0":
        return np.ones_like(h)
    if kind == "HC1":
        return np.full_like(h, n / (n - k))
    share = h * n / k
    delta: FloatArray = np.full_like(h, 1.0 if kind == "HC2" else 2.0)
    if kind == "HC4":
        delta = np.minimum(4.0, share)
    elif kind == "HC4m":
        delta = np.minimum(1.0, share) + np.minimum(1.5, share)
    elif kind == "HC5":
        delta = 0.5 * np.minimum(share, max(4.0, 0.7 * float(share.max(initial=0.0))))
    return np.asarray((1.0 - h) ** -delta)


def heteroscedastic_vcov(record: FitRecord, design: Design, kind: str) -> tuple[Vcov, Covariance]:
    """Return the sandwich of independent rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows. A row of counts is one observation, as in R; a frequency weight counts rows.
    kind : {'HC0', 'HC1', 'HC2', 'HC3', 'HC4', 'HC4m', 'HC5'}
        The name of the sandwich.

    Returns
    -------
    vcov : Vcov
        Of the coefficients that were solved for.
    covariance : Covariance
        Its name.

    Raises
    ------
    DataError
        Where a row has leverage one, or there are no more observations than coefficients.
    UnsupportedError
        For kinds with leverage where a row has several linear predictors.

    Examples
    --------
    Of a proportion it is p (1 - p) / n over the squared derivative, whatever the model says:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 0, 1, 1, 1]})
    >>> vcov, _ = heteroscedastic_vcov(fit.record, fit.design, "HC0")
    >>> bool(np.isclose(vcov.diagonal()[0], fit.vcov.iloc[0, 0]))
    True
    """
    found = scores(record, design)
    weights = hc_weights(record, design, kind, found.slopes)
    n, k = float(record.n_obs), float(record.n_params)
    with single_threaded_blas():
        meat = _meat(found, weights)
        bread = record.inner_model_vcov
        vcov = DenseVcov(bread.times(bread.times(meat).T))
    return vcov, Covariance("rows", f"heteroscedasticity-robust sandwich ({kind})", _correction(kind, n, k))


def hc_weights(record: FitRecord, design: Design, kind: str, slopes: FloatArray) -> FloatArray:
    """Return what the squared score of each row, of all copies, is multiplied by.

    Parameters
    ----------
    record : FitRecord
        The fit, whose leverages count.
    design : Design
        Its n rows.
    kind : {'HC0', 'HC1', 'HC2', 'HC3', 'HC4', 'HC4m', 'HC5'}
        The name of the sandwich.
    slopes : (m, n) array
        Weighted derivatives of the log-likelihood by the linear predictors.

    Returns
    -------
    (n,) array
        The factor over the number of copies.

    Raises
    ------
    DataError, UnsupportedError
        As ``heteroscedastic_vcov``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 0, 1, 1, 1]})
    >>> hc_weights(fit.record, fit.design, "HC3", np.ones((1, 5))).round(6).tolist()
    [1.5625, 1.5625, 1.5625, 1.5625, 1.5625]
    """
    n, k = float(record.n_obs), float(record.n_params)
    if kind == "HC1" and n <= k:
        raise DataError(f"HC1 divides by n - k, and there are {n:g} observations and {k:g} coefficients.")
    if kind not in WITHOUT_LEVERAGE and not record.is_single:
        raise UnsupportedError(
            f"{kind} is not defined where a row has several linear predictors, whose leverage is a block: use 'HC0' or "
            "'HC1', or robust('jackknife'), which leaves out each row."
        )
    if kind in WITHOUT_LEVERAGE:
        return hc_factors(kind, np.zeros(design.n_rows), n, k) / copies(design.response)
    h = leverage(with_expected_information(record, design), design)
    open_rows = (design.response.weights > 0.0) & (slopes[0] != 0.0)
    if (h[open_rows] > 1.0 - CERTAIN).any():
        row = int(design.positions[np.flatnonzero(open_rows & (h > 1.0 - CERTAIN))[0]])
        raise DataError(
            f"Row {row} has leverage one: it alone determines a coefficient, and {kind} divides by zero. Use 'HC0' "
            "or 'HC1'."
        )
    h = np.where(open_rows, np.minimum(h, 1.0 - CERTAIN), 0.0)
    return hc_factors(kind, h, n, k) / copies(design.response)


def _correction(kind: str, n: float, k: float) -> str:
    return f"n / (n - k) with n = {n:g} and k = {k:g}" if kind == "HC1" else ""


def _meat(found: Scores, weights: FloatArray) -> FloatArray:
    """Return the weighted sum of the squares of the scores."""
    if found.record.is_single:
        objective = Objective(found.matrix, found.response, found.record.family)
        return objective.sum_gram(found.slopes[0] ** 2 * weights)
    q = found.record.inner_coef.size
    meat, n, step = np.zeros((q, q)), found.matrix.n_rows, found.block
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        part = found.of(rows)
        meat += part.T @ (part * weights[rows, None])
    return meat
