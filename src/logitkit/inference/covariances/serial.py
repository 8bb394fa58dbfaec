r"""Heteroscedasticity and autocorrelation consistent (HAC) covariances, for rows that depend on earlier rows.

With the rows in the order of time and scores :math:`s_t`,

.. math:: V = A^{-1} \Bigl(\Gamma_0 + \sum_{l=1}^{L} (1 - \tfrac{l}{L + 1})(\Gamma_l + \Gamma_l')\Bigr) A^{-1},
          \qquad \Gamma_l = \sum_t s_t s_{t-l}',

with Bartlett's weights, so that V has no negative eigenvalues. By default L is the integer part of :math:`1.1447 \{n
(\sigma_1 / \sigma_0)^2\}^{1/3}`, where :math:`\sigma_0 = \gamma_0 + 2 \sum_j \gamma_j` and :math:`\sigma_1 = 2 \sum_j j
\gamma_j` sum autocovariances up to lag :math:`\lfloor 4 (n / 100)^{2/9} \rfloor` of the sum of the scores of all
coefficients except the intercepts. Sums over consecutive blocks of rows carry over the last L rows (``in_time.py``).

References
----------
Newey, W. K. and West, K. D. (1987) Econometrica 55, 703-708; (1994) Review of Economic Studies 61, 631-653. Zeileis, A.
(2004) Journal of Statistical Software 11 (10).
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.curvature.vcov import DenseVcov, Vcov
from logitkit.engine.facts import Covariance
from logitkit.engine.rank import solved_from
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.in_time import HeldSeries, Series, series_of
from logitkit.inference.covariances.sandwich import scores
from logitkit.inference.covariances.sums_by_cluster import RowScores
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import is_count
from logitkit.typing import FloatArray, IntArray

__all__ = ["lags_of", "newey_west_lags", "serial_meat", "serial_vcov"]


def serial_vcov(
    record: FitRecord, design: Design, order: IntArray | None, name: str, lags: int | None = None
) -> tuple[Vcov, Covariance]:
    """Return the covariance of Newey and West.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    order : (n,) int array or None
        Positions of the rows in the order of time; None for rows that are read in chunks, which are sorted by the
        column.
    name : str
        Name of the time variable.
    lags : int, optional
        Number of earlier rows on which each row may depend; by default chosen by the rule of Newey and West (1994).

    Returns
    -------
    vcov : Vcov
        Covariance of the coefficients that were solved for.
    covariance : Covariance
        Name of the covariance.

    Raises
    ------
    DataError
        If the number of lags is invalid or not below the number of rows.
    UnsupportedError
        With frequency weights, because the rows that they count have no order.

    Examples
    --------
    With zero lags it is HC0:

    >>> import logitkit as lk
    >>> from logitkit.inference.covariances.heteroscedastic import heteroscedastic_vcov
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> none = serial_vcov(fit.record, fit.design, np.arange(6), "t", 0)[0].array()
    >>> bool(np.allclose(none, heteroscedastic_vcov(fit.record, fit.design, "HC0")[0].array()))
    True
    """
    response = design.sample.response
    if response.prior is not None and response.weight_kind == "frequency":
        raise UnsupportedError("'HAC' with frequency weights: the rows that a weight counts have no order in time.")
    how = "by the rule of Newey and West" if lags is None else "given"
    with series_of(record, design, order, name) as series, single_threaded_blas():
        chosen = _lags(record, series, lags)
        meat = _meat(series, chosen)
        bread = record.inner_model_vcov
        vcov = DenseVcov(bread.times(bread.times(meat).T))
    label = f"HAC sandwich (Newey-West, {chosen} lags {how}, order of {name})"
    return vcov, Covariance("serial", label)


def lags_of(record: FitRecord, design: Design, order: IntArray, lags: int | None = None) -> int:
    """Return the given number of lags, or the number chosen by the rule.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    order : (n,) int array
        Their places in the order of time.
    lags : int, optional
        As given.

    Returns
    -------
    int
        Number of lags, at least 0.

    Raises
    ------
    DataError
        If the number of lags is invalid or not below the number of rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 0, 1]})
    >>> lags_of(fit.record, fit.design, np.arange(4), 2)
    2
    """
    return _lags(record, HeldSeries(scores(record, design), order), lags)


def _lags(record: FitRecord, series: Series, lags: int | None) -> int:
    """Return the number of lags that were given, or those of the rule."""
    if lags is None:
        return newey_west_lags(record, series)
    if not is_count(lags, 0) or lags >= series.n:
        raise DataError(f"lags={lags!r:.60} must be a whole number from 0 to {series.n - 1}, the rows less one.")
    return int(lags)


def serial_meat(found: RowScores, order: IntArray, lags: int) -> FloatArray:
    """Return the middle matrix of the covariance of Newey and West.

    Parameters
    ----------
    found : RowScores
        Scores of the n rows.
    order : (n,) int array
        Positions of the rows in the order of time; rows without weight are left out.
    lags : int
        Number of earlier rows on which each row may depend.

    Returns
    -------
    (q, q) array
        A symmetric matrix.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 0, 1]})
    >>> serial_meat(scores(fit.record, fit.design), np.arange(4), 1).tolist()
    [[0.25]]
    """
    return _meat(HeldSeries(found, order), lags)


def _meat(series: Series, lags: int) -> FloatArray:
    """Return the middle of the sandwich of Newey and West from blocks of rows in the order of time."""
    meat = np.zeros((series.width, series.width))
    carried = np.empty((0, series.width))
    for block in series.blocks():
        meat += block.T @ block
        rows, known = np.concatenate([carried, block]) if len(carried) else block, len(carried)
        for lag in range(1, lags + 1):
            first = max(known, lag)
            between = rows[first:].T @ rows[first - lag : max(len(rows) - lag, first - lag)]
            meat += (1.0 - lag / (lags + 1.0)) * (between + between.T)
        carried = rows[max(len(rows) - lags, 0) :]
    return meat


def newey_west_lags(record: FitRecord, series: Series) -> int:
    """Return the number of lags that Newey and West (1994) choose for Bartlett's weights.

    Parameters
    ----------
    record : FitRecord
        The fit.
    series : Series
        The scores of its rows in the order of time.

    Returns
    -------
    int
        Number of lags, at least 0 and less than n.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> newey_west_lags(fit.record, HeldSeries(scores(fit.record, fit.design), np.arange(6))) >= 0
    True
    """
    n = series.n
    intercept = record.info.intercept
    summed: FloatArray = np.ones(record.coef.size)
    if intercept is not None:
        for one in record.equations:
            summed[one.places[one.columns == intercept]] = 0.0
    if not summed.any():
        summed[:] = 1.0
    # The sum of the scores of the coefficients as given.
    way = solved_from(record.coordinates.jacobian(np.eye(record.coef.size)), summed)
    m = min(int(4.0 * (n / 100.0) ** (2.0 / 9.0)), n - 1)
    gamma, carried = np.zeros(m + 1), np.empty(0)
    for block in series.blocks():
        known = carried.size
        h = np.concatenate([carried, block @ way]) if known else block @ way
        first = [max(known, lag) for lag in range(m + 1)]
        gamma += [h[start:] @ h[start - lag : max(h.size - lag, start - lag)] for lag, start in enumerate(first)]
        carried = h[max(h.size - m, 0) :]
    gamma /= n
    zero = gamma[0] + 2.0 * gamma[1:].sum()
    one_moment = 2.0 * float(np.arange(1, m + 1) @ gamma[1:])
    if zero == 0.0:
        return 0
    return int(min(1.1447 * (n * (one_moment / zero) ** 2) ** (1.0 / 3.0), n - 1))
