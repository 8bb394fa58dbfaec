r"""Sandwich covariances for independent rows whose variance the model may misspecify: HC0 to HC5.

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

from dataclasses import dataclass

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

__all__ = ["HC_KINDS", "Leverages", "hc_factors", "hc_leverages", "hc_weights", "heteroscedastic_vcov"]

HC_KINDS = ("HC0", "HC1", "HC2", "HC3", "HC4", "HC4m", "HC5")
WITHOUT_LEVERAGE = ("HC0", "HC1")
CERTAIN = 1e-10  # one less a leverage: a row that determines a coefficient by itself


def hc_factors(kind: str, h: FloatArray, n: float, k: float, largest: float | None = None) -> FloatArray:
    """Return the factor by which the squared score of each row is multiplied.

    Parameters
    ----------
    kind : {'HC0', 'HC1', 'HC2', 'HC3', 'HC4', 'HC4m', 'HC5'}
        The name of the sandwich.
    h : (r,) array
        Leverages.
    n, k : float
        Numbers of observations and of coefficients.
    largest : float, optional
        The largest leverage of all rows, for HC5; by default the largest of those given.

    Returns
    -------
    (r,) array
        Factors of at least 1.

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
        delta = 0.5 * np.minimum(
            share, max(4.0, 0.7 * (float(share.max(initial=0.0)) if largest is None else largest * n / k))
        )
    return np.asarray((1.0 - h) ** -delta)


def heteroscedastic_vcov(record: FitRecord, design: Design, kind: str) -> tuple[Vcov, Covariance]:
    """Return the sandwich covariance for independent rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows. A row of counts is one observation, as in R; a frequency weight is a number of rows.
    kind : {'HC0', 'HC1', 'HC2', 'HC3', 'HC4', 'HC4m', 'HC5'}
        The name of the sandwich.

    Returns
    -------
    vcov : Vcov
        Covariance of the coefficients that were solved for.
    covariance : Covariance
        Name of the covariance.

    Raises
    ------
    DataError
        If a row has leverage one, or if there are no more observations than coefficients.
    UnsupportedError
        For kinds that use leverages, if a row has several linear predictors.

    Examples
    --------
    For a proportion it is p (1 - p) / n over the squared derivative, whatever the model assumes:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 0, 1, 1, 1]})
    >>> vcov, _ = heteroscedastic_vcov(fit.record, fit.design, "HC0")
    >>> bool(np.isclose(vcov.diagonal()[0], fit.vcov.iloc[0, 0]))
    True
    """
    n, k = float(record.n_obs), float(record.n_params)
    _require_kind(record, kind)
    with single_threaded_blas():  # entered once: of few rows that costs as much as the sums
        meat = design.reduce(_OfRows(record, kind, hc_leverages(record, design, kind)), np.add)
        bread = record.inner_model_vcov
        vcov = DenseVcov(bread.times(bread.times(meat).T))
    return vcov, Covariance("rows", f"heteroscedasticity-robust sandwich ({kind})", _correction(kind, n, k))


@dataclass(frozen=True)
class Leverages:
    """The quantities from which the leverages of all rows are computed.

    Parameters
    ----------
    record : FitRecord
        The fit, with the covariance of the working weighted least squares.
    largest : float or None
        The largest leverage, if it is needed and the rows are read in chunks.

    Examples
    --------
    >>> import logitkit as lk
    >>> Leverages(lk.logit("y ~ 1", {"y": [0, 1, 1]}).record).largest is None
    True
    """

    record: FitRecord
    largest: float | None = None


def hc_leverages(record: FitRecord, design: Design, kind: str) -> Leverages:
    """Return the quantities from which leverages are computed, if a kind uses them, from sums over all rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    kind : str
        The name of the sandwich.

    Returns
    -------
    Leverages
        For the rows of the design.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 0, 1, 1, 1]})
    >>> hc_leverages(fit.record, fit.design, "HC3").largest is None
    True
    """
    if kind in WITHOUT_LEVERAGE:
        return Leverages(record)
    working = with_expected_information(record, design)
    if kind != "HC5" or not design.in_chunks:
        return Leverages(working)
    return Leverages(working, design.reduce(_Largest(record, working), max))


def _require_kind(record: FitRecord, kind: str) -> None:
    """Refuse a sandwich that a fit has not got."""
    n, k = float(record.n_obs), float(record.n_params)
    if kind == "HC1" and n <= k:
        raise DataError(f"HC1 divides by n - k, and there are {n:g} observations and {k:g} coefficients.")
    if kind not in WITHOUT_LEVERAGE and not record.is_single:
        raise UnsupportedError(
            f"{kind} is not defined where a row has several linear predictors, whose leverage is a block: use 'HC0' or "
            "'HC1', or robust('jackknife'), which leaves out each row."
        )


def hc_weights(
    record: FitRecord, design: Design, kind: str, slopes: FloatArray, leverages: Leverages | None = None
) -> FloatArray:
    """Return the factor by which the squared score of each row, with all its copies, is multiplied.

    Parameters
    ----------
    record : FitRecord
        The fit, which gives the leverages.
    design : Design
        Its n rows, or a chunk of them.
    kind : {'HC0', 'HC1', 'HC2', 'HC3', 'HC4', 'HC4m', 'HC5'}
        The name of the sandwich.
    slopes : (m, n) array
        Weighted derivatives of the log-likelihood with respect to the linear predictors.
    leverages : Leverages, optional
        From ``hc_leverages``; required for a chunk.

    Returns
    -------
    (n,) array
        The factor divided by the number of copies.

    Raises
    ------
    DataError, UnsupportedError
        As for ``heteroscedastic_vcov``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 0, 1, 1, 1]})
    >>> hc_weights(fit.record, fit.design, "HC3", np.ones((1, 5))).round(6).tolist()
    [1.5625, 1.5625, 1.5625, 1.5625, 1.5625]
    """
    n, k = float(record.n_obs), float(record.n_params)
    _require_kind(record, kind)
    if kind in WITHOUT_LEVERAGE:
        return hc_factors(kind, np.zeros(design.n_rows), n, k) / copies(design.response)
    used = leverages or hc_leverages(record, design, kind)
    h = _leverage(used.record, design, slopes)
    open_rows = (design.response.weights > 0.0) & (slopes[0] != 0.0)
    if (h[open_rows] > 1.0 - CERTAIN).any():
        row = int(design.positions[np.flatnonzero(open_rows & (h > 1.0 - CERTAIN))[0]])
        raise DataError(
            f"Row {row} has leverage one: it alone determines a coefficient, and {kind} divides by zero. Use 'HC0' "
            "or 'HC1'."
        )
    return hc_factors(kind, np.minimum(h, 1.0 - CERTAIN), n, k, used.largest) / copies(design.response)


def _leverage(working: FitRecord, design: Design, slopes: FloatArray) -> FloatArray:
    """Return the leverage of each row, zero for one without weight or score."""
    return np.where((design.response.weights > 0.0) & (slopes[0] != 0.0), leverage(working, design), 0.0)


@dataclass(frozen=True)
class _Largest:
    """The largest leverage of a chunk."""

    record: FitRecord
    working: FitRecord

    def __call__(self, part: Design) -> float:
        """Return the largest leverage of some rows."""
        return float(_leverage(self.working, part, scores(self.record, part).slopes).max(initial=0.0))


@dataclass(frozen=True)
class _OfRows:
    """The middle of the sandwich over some rows."""

    record: FitRecord
    kind: str
    leverages: Leverages

    def __call__(self, part: Design) -> FloatArray:
        """Return the weighted sum of the squares of the scores."""
        found = scores(self.record, part)
        weights = hc_weights(self.record, part, self.kind, found.slopes, self.leverages)
        with single_threaded_blas():
            return _meat(found, weights)


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
