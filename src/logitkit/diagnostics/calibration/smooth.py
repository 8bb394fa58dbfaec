r"""The flexible calibration curve: the observed rate as a smooth function of the predicted probability.

* ``"lowess"``: a line is fitted by weighted least squares to the two thirds of the rows whose predictions are nearest
  (weights :math:`(1 - u^3)^3`), without robustness steps, which make no sense of outcomes of 0 and 1: R's
  ``lowess(p, y, iter = 0)``.
* ``"loess"``: a parabola, to the nearest three quarters: R's ``loess(y ~ p)``, with which Austin and Steyerberg defined
  the index below.
* ``"spline"``: a logistic regression of the outcome on a restricted cubic spline of the predicted log odds.

A local fit is a weighted sum :math:`\hat g(p) = \sum_i l_i(p) y_i`, so its variance is
:math:`\sum_i l_i(p)^2 \hat g(p_i)(1 - \hat g(p_i))`; bands of splines come from the covariance of their coefficients,
on the logit scale. Bands are pointwise.

The *integrated calibration index* is the mean over rows of :math:`|\hat g(\hat p_i) - \hat p_i|`; E50, E90 and Emax are
the median, the 90th percentile and the maximum of these distances. All are above zero by chance alone.

References
----------
Cleveland, W. S. (1979) Robust locally weighted regression and smoothing scatterplots. JASA 74, 829-836.
Austin, P. C. and Steyerberg, E. W. (2014) Graphical assessment of internal and external calibration of logistic
regression models by using loess smoothers. Statistics in Medicine 33, 517-535.
Austin, P. C. and Steyerberg, E. W. (2019) The Integrated Calibration Index (ICI) and related metrics for quantifying
the calibration of logistic regression models. Statistics in Medicine 38, 4051-4065.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.calibration.log_odds_rows import LogOddsRows
from logitkit.diagnostics.calibration.points import Points
from logitkit.diagnostics.calibration.recalibration import design_of_columns, fit_rows
from logitkit.diagnostics.rows.ranking import PredictedRows, RankedRows
from logitkit.engine.law import NORMAL
from logitkit.logits.splines import placed_knots, restricted_cubic, weighted_quantiles
from logitkit.models.binomial import Binomial
from logitkit.models.links import LOGIT
from logitkit.numerics.kernels.local_fits import local_fits
from logitkit.typing import FloatArray, IntArray

__all__ = ["CURVES", "CalibrationCurve", "CurveKind", "local_curve", "spline_curve"]

CurveKind = Literal["lowess", "loess", "spline"]


class _Local(NamedTuple):
    """How a local fit is made: the proportion of the rows that it rests on, and its degree."""

    span: float
    degree: int
    rounding: float  # as R adds it before a number of rows is cut to a whole one


LOCAL = {"lowess": _Local(2.0 / 3.0, 1, 1e-7), "loess": _Local(0.75, 2, 1e-5)}
CURVES = (*LOCAL, "spline")
KNOTS = 5
EVERY_MOST = 1_000  # points up to which each has a fit of its own; of more, those between are interpolated
STEPS = 0.01, 500  # of the range of predictions, and of the total weight, that are not exceeded between two fits


@dataclass(frozen=True)
class CalibrationCurve:
    """The observed rate as a smooth function of the predicted probability, with its distance from the diagonal.

    Parameters
    ----------
    kind : {'lowess', 'loess', 'spline'}
        Smoother.
    predicted, observed : (k,) array
        Predicted probabilities in ascending order, and the smoothed observed rate at each.
    low, high : (k,) array
        Limits of the pointwise band; nan for a local smoother with precision weights or clusters.
    level : float
        Confidence level of the band.
    ici, e50, e90, emax : float
        Mean, median, 90th percentile and maximum over the rows of the absolute distance from the diagonal.
    knots : (q,) array
        Knots of a spline, on the scale of the log odds.

    Examples
    --------
    >>> half = np.full(1, 0.5)
    >>> CalibrationCurve("lowess", half, half, half, half, 0.95, 0.0, 0.0, 0.0, 0.0).emax
    0.0
    """

    kind: str
    predicted: FloatArray
    observed: FloatArray
    low: FloatArray
    high: FloatArray
    level: float
    ici: float
    e50: float
    e90: float
    emax: float
    knots: FloatArray = field(default_factory=partial(np.empty, 0))


def _curve(
    kind: str, points: Points, at: IntArray, fitted: FloatArray, band: tuple[FloatArray, FloatArray], level: float
) -> CalibrationCurve:
    """Return a curve with its distances from the diagonal at every point."""
    predicted = points.predicted
    distance = np.abs(np.interp(predicted, predicted[at], fitted) - predicted)
    e50, e90 = weighted_quantiles(distance, _counts(points), np.array([0.5, 0.9]))
    ici = float(points.weights @ distance / points.weights.sum())
    return CalibrationCurve(
        kind, predicted[at], fitted, *band, level, ici, float(e50), float(e90), float(distance.max())
    )


def _counts(points: Points) -> FloatArray:
    """Return how often each point occurs, where weights are no counts as if they were one on average."""
    weights = points.weights
    whole = np.array_equal(weights, np.rint(weights))
    return weights if whole else weights * (weights.size / weights.sum())


def _places(points: Points) -> IntArray:
    """Return the places of the points that have a fit of their own."""
    predicted = points.predicted
    m = predicted.size
    if m <= EVERY_MOST:
        return np.arange(m)
    share = np.cumsum(points.weights) / points.weights.sum()
    range_ = predicted[-1] - predicted[0]
    step, parts = STEPS
    cell = np.stack([np.floor((predicted - predicted[0]) / (step * range_)), np.floor(share * parts)])
    fresh = (np.diff(cell, axis=1) != 0.0).any(axis=0)
    return np.unique(np.concatenate([[0], np.flatnonzero(fresh) + 1, [m - 1]]))


def local_curve(
    points: Points, kind: str, level: float, *, whole: bool = True, squares: FloatArray | None = None
) -> CalibrationCurve:
    """Return a calibration curve by local regression.

    Parameters
    ----------
    points : Points
        Pooled rows.
    kind : {'lowess', 'loess'}
        Smoother.
    level : float
        Confidence level of the band.
    whole : bool, default True
        Whether weights count rows; the number of nearest neighbours is then a whole number, as in R.
    squares : (m,) array, optional
        Sums of squared weights, used for variances if weights do not count rows; nan gives no band.

    Returns
    -------
    CalibrationCurve
        Evaluated at each distinct prediction if there are at most 1,000; otherwise at points at most 1% of the range
        apart.

    Examples
    --------
    Rates on a straight line are reproduced:

    >>> p = np.linspace(0.1, 0.9, 9)
    >>> rows = Points(np.stack([np.ones(9), 0.5 * p + 0.2, p, np.ones(9)]), True)
    >>> found = local_curve(rows, "lowess", 0.95)
    >>> bool(np.allclose(found.observed, 0.5 * p + 0.2)), round(found.emax, 3)
    (True, 0.25)
    """
    how = LOCAL[kind]
    weights, predicted, observed = map(np.ascontiguousarray, (points.weights, points.predicted, points.observed))
    cumulative = np.append(0.0, np.cumsum(weights))
    nearest = how.span * float(cumulative[-1])
    if whole:
        nearest = min(max(float(np.floor(nearest + how.rounding)), 2.0), float(cumulative[-1]))
    at = _places(points)

    def fits(noise: FloatArray) -> tuple[FloatArray, FloatArray]:
        least = nearest * (1.0 - 1e-12)
        return local_fits(predicted, observed, weights, cumulative, noise, at, least, how.degree)

    fitted, _ = fits(np.zeros(weights.size))
    rate = np.clip(np.interp(predicted, predicted[at], fitted), 0.0, 1.0)
    _, variance = fits((weights if squares is None else squares) * rate * (1.0 - rate))
    half = NORMAL.quantile(level) * np.sqrt(variance)
    band = np.clip(fitted - half, 0.0, 1.0), np.clip(fitted + half, 0.0, 1.0)
    return _curve(kind, points, at, fitted, band, level)


@dataclass(frozen=True)
class _SplineColumns:
    """Makes an intercept and the spline of the log odds of an outcome."""

    outcome: int
    knots: FloatArray

    def __call__(self, design: Design, rows: PredictedRows, ranked: RankedRows | None) -> Design:
        """Return the rows with these columns."""
        ranked = rows.against_rest(self.outcome) if ranked is None else ranked
        finite = np.isfinite(ranked.log_odds)
        kept, log_odds = rows.order[ranked.place[finite]], ranked.log_odds[finite]
        response = replace(design.response.take(kept), y=ranked.y[finite], shares=None, n_outcomes=2, offset=None)
        columns = np.column_stack([np.ones(kept.size), restricted_cubic(log_odds, self.knots)])
        return design_of_columns(design, kept, columns, response)


def spline_curve(rows: LogOddsRows, points: Points, outcome: int, level: float) -> CalibrationCurve:
    """Return the calibration curve from a logistic regression on a restricted cubic spline of the log odds.

    Parameters
    ----------
    rows : LogOddsRows
        Rows with their predictions.
    points : Points
        The same rows, pooled.
    outcome : int
        Position of the outcome that is compared with all others.
    level : float
        Confidence level of the band.

    Returns
    -------
    CalibrationCurve
        Five knots at Harrell's quantiles, fewer if quantiles coincide, and a straight line with fewer than three. All
        values are nan if the predictions separate the outcomes.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = fit.calibration(curve="spline").curve
    >>> found.knots.size, found.ici < found.e90 < found.emax
    (5, True)
    """
    inner = np.flatnonzero((points.predicted > 0.0) & (points.predicted < 1.0))
    points = Points(points.sums[:, inner], points.exact)
    log_odds = LOGIT.link(points.predicted)
    knots = placed_knots(log_odds, _counts(points), KNOTS)
    fitted = fit_rows(rows.recoded(_SplineColumns(outcome, knots)), Binomial())
    at = _places(points)
    columns = np.column_stack([np.ones(at.size), restricted_cubic(log_odds[at], knots)])
    if fitted.converged and np.isfinite(fitted.coef).all():
        eta = columns @ fitted.coef
        half = NORMAL.quantile(level) * np.sqrt(np.einsum("ij,jk,ik->i", columns, fitted.vcov, columns))
    else:
        eta, half = np.full((2, at.size), np.nan)
    band = LOGIT.inverse(eta - half), LOGIT.inverse(eta + half)
    return replace(_curve("spline", points, at, LOGIT.inverse(eta), band, level), knots=knots)
