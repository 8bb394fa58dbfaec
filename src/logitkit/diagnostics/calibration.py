r"""Do predicted probabilities mean what they say? Bins, intercept and slope, and proper scores.

* *Bins*: about equal counts by predicted probability; the observed rate has Wilson's interval.
* *In the large*: observed against expected events.
* *Intercept*: :math:`\alpha` of :math:`\operatorname{logit} P(y) = \alpha + \hat\eta`, 0 when the level is
  right.
* *Slope*: :math:`\beta` of :math:`\operatorname{logit} P(y) = \alpha + \beta \hat\eta`, 1 when the spread is
  right, below 1 when predictions are too extreme. Both are fits by the engine itself, with its standard
  errors.
* *Brier score*: mean squared error of the probability; *log loss*: mean negative log-likelihood.

On the rows of a fit by maximum likelihood with an intercept, intercept and slope are 0 and 1 by construction.

References
----------
Cox, D. R. (1958) Two further applications of a model for binary regression. Biometrika 45, 562-565.
Wilson, E. B. (1927) JASA 22, 209-212. Brier, G. W. (1950) Monthly Weather Review 78, 1-3.
Steyerberg, E. W. (2019) Clinical Prediction Models, 2nd edition, chapter 15.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT, ColumnTerms
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.diagnostics.grouping import group_sums, quantile_groups
from logitkit.diagnostics.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.ranking import RankedRows, predicted_rows
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.inference.delta import normal_quantile
from logitkit.inference.prediction import is_sample
from logitkit.inference.sandwich import with_required_sandwich
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "Calibration",
    "CalibrationBins",
    "calibration",
    "calibration_bins",
    "independent_observations",
    "wilson_interval",
]

HISTOGRAM_BINS = 40


@dataclass(frozen=True)
class CalibrationBins:
    r"""Observed rate against mean prediction in b bins of about equal count.

    Parameters
    ----------
    n : (b,) array
        Weight of each bin: observations, when weights are counts.
    predicted, observed : (b,) array
        Mean predicted probability, and observed rate of events.
    low, high : (b,) array
        Wilson's interval for the rate. With sampling weights it rests on Kish's effective size
        :math:`(\sum w)^2 / \sum w^2`; clusters are not accounted for.
    level : float
        Confidence level.

    Examples
    --------
    >>> bins = CalibrationBins(*(np.array([v]) for v in (10.0, 0.4, 0.5, 0.24, 0.76)), level=0.95)
    >>> bool((bins.low < bins.observed).all() and (bins.observed < bins.high).all())
    True
    """

    n: FloatArray
    predicted: FloatArray
    observed: FloatArray
    low: FloatArray
    high: FloatArray
    level: float


@dataclass(frozen=True)
class Calibration:
    """Calibration of predictions on some rows.

    Parameters
    ----------
    bins : CalibrationBins
        The table.
    observed, expected : float
        Events, and their expected number.
    difference, ratio : float
        Observed minus expected, and observed over expected.
    intercept, intercept_std_error : float
        Calibration intercept with the slope held at 1.
    slope, slope_std_error : float
        Calibration slope; nan when all predictions are equal.
    brier, log_loss : float
        Mean scores of one trial.
    in_sample : bool
        Whether the rows are those of the fit, where intercept and slope say nothing of how well it predicts.
    histogram, histogram_edges : (m,) and (m + 1,) array
        Weight of predictions in intervals of equal width.
    undetermined : int
        Rows left out because their prediction is undetermined under separation.
    left_out : LeftOut
        Rows given, used and left out.
    penalised : bool
        Whether the fit has a penalty. On its own rows the slope is then not 1: it says how far predictions are shrunken
        there, not how they are elsewhere.

    Examples
    --------
    On the rows of the fit the engine finds intercept 0 and slope 1:

    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> X = np.column_stack([np.ones(8), np.arange(8.0)])
    >>> design = ready_design(X, [0, 0, 1, 0, 1, 0, 1, 1], names=["Intercept", "x"])
    >>> found = calibration(fit_design(design, Binomial(), Newton()), design, bins=2)
    >>> bool(np.isclose(found.intercept, 0.0, atol=1e-9)), bool(np.isclose(found.slope, 1.0))
    (True, True)
    """

    bins: CalibrationBins
    observed: float
    expected: float
    difference: float
    ratio: float
    intercept: float
    intercept_std_error: float
    slope: float
    slope_std_error: float
    brier: float
    log_loss: float
    in_sample: bool
    histogram: FloatArray
    histogram_edges: FloatArray
    undetermined: int = 0
    left_out: LeftOut = EVERY_ROW
    penalised: bool = False


def calibration(record: FitRecord, design: Design, *, bins: int = 10, level: float | None = None) -> Calibration:
    """Return how well predicted probabilities agree with what happened.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome: those of the fit, or new ones.
    bins : int, default 10
        Number of bins, fewer where equal predictions, which stay together, leave one empty.
    level : float, optional
        Confidence level; the fit's by default.

    Returns
    -------
    Calibration
        Sampling weights and clusters give intercept and slope their sandwich errors.

    Raises
    ------
    DataError
        If ``bins`` is not a whole number of at least 2, or no row has a prediction.

    Notes
    -----
    Rows at the limit of a separated fit, with probability 0 or 1, add nothing to intercept and slope when the
    outcome agrees. When one contradicts its limit, the log loss is infinite, and intercept and slope are nan.

    Examples
    --------
    With an intercept in the model, expected events equal observed events on its rows:

    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> design = ready_design(np.ones((4, 1)), [0, 1, 1, 1], names=["Intercept"])
    >>> found = calibration(fit_design(design, Binomial(), Newton()), design)
    >>> bool(np.isclose(found.ratio, 1.0))
    True
    """
    rows = predicted_rows(record, design)
    ranked = rows.against_rest(1)
    total = float(ranked.weights.sum())
    observed = float(ranked.events.sum())
    expected = float(ranked.weights @ ranked.mu)
    squared = ranked.events @ (1.0 - ranked.mu) ** 2 + ranked.nonevents @ ranked.mu**2
    intercept, slope = _recalibrate(record, design, ranked, rows.order[ranked.place])
    top = float(ranked.mu.max())
    heights, edges = np.histogram(
        ranked.mu, bins=HISTOGRAM_BINS, range=(0.0, top if top > 0.0 else 1.0), weights=ranked.weights
    )
    return Calibration(
        bins=calibration_bins(
            ranked, record.family.mean(ranked.score), design.response, bins, record.level if level is None else level
        ),
        observed=observed,
        expected=expected,
        difference=observed - expected,
        ratio=observed / expected if expected > 0.0 else math.nan,
        intercept=intercept[0],
        intercept_std_error=intercept[1],
        slope=slope[0],
        slope_std_error=slope[1],
        brier=float(squared) / total,
        log_loss=float(ranked.weights @ _losses(record, ranked)) / total,
        in_sample=is_sample(record, design),
        histogram=heights,
        histogram_edges=edges,
        undetermined=rows.undetermined,
        left_out=rows.left_out,
        penalised=record.penalty is not None,
    )


def wilson_interval(rate: FloatArray, n: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's interval for a binomial rate: the rates that a score test does not reject.

    Parameters
    ----------
    rate, n : (b,) array
        Observed rates, and the observations that they rest on.
    level : float
        Confidence level.

    Returns
    -------
    low, high : (b,) array
        Within 0 and 1.

    Examples
    --------
    At its ends the score statistic equals the normal quantile:

    >>> low, high = wilson_interval(np.array([0.3]), np.array([20.0]), 0.95)
    >>> score = (0.3 - low) / np.sqrt(low * (1 - low) / 20)
    >>> bool(np.isclose(score[0], normal_quantile(0.95)))
    True
    """
    z = normal_quantile(level)
    share = z**2 / n
    centre = (rate + 0.5 * share) / (1.0 + share)
    half = z / (1.0 + share) * np.sqrt(rate * (1.0 - rate) / n + 0.25 * share / n)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def independent_observations(response: Response, total: FloatArray, squares: FloatArray) -> FloatArray:
    """Return how many independent observations some rates rest on.

    Parameters
    ----------
    response : Response
        Of the design that the rows are from.
    total, squares : (b,) array
        Sums of the weights of the rows of each rate, and of their squares.

    Returns
    -------
    (b,) array
        The total where weights count rows or trials; Kish's effective number with sampling weights; nan with precision
        weights, which count nothing, and with clusters.

    Examples
    --------
    >>> one = np.ones(1)
    >>> weighted = Response(np.ones(2), prior=np.array([1.0, 3.0]), weight_kind="sampling")
    >>> independent_observations(weighted, 4.0 * one, 10.0 * one).tolist()
    [1.6]
    """
    if response.counts_independently:
        return total
    if response.clusters is not None or response.weight_kind == "precision":
        return np.full_like(total, np.nan)
    return np.asarray(total**2 / squares)


def calibration_bins(
    ranked: RankedRows, values: FloatArray, response: Response, bins: int, level: float
) -> CalibrationBins:
    """Return observed rate against mean prediction in bins of about equal count.

    Parameters
    ----------
    ranked : RankedRows
        m rows in ascending order of their prediction.
    values : (m,) array
        Probabilities that are equal where they differ by rounding.
    response : Response
        Of the design that the rows are from, for what its weights mean.
    bins : int
        Number of bins.
    level : float
        Confidence level.

    Returns
    -------
    CalibrationBins
        The table.

    Examples
    --------
    >>> half = np.full(4, 0.5)
    >>> rows = RankedRows(np.zeros(4), np.zeros(4), half, half, np.ones(4), np.arange(4))
    >>> calibration_bins(rows, half, Response(half), 2, 0.95).observed.tolist()
    [0.5]
    """
    group = quantile_groups(values, ranked.weights, bins)
    n = group_sums(group, ranked.weights)
    # Rounding may carry the share of a bin that holds events only past 1.
    observed = np.minimum(group_sums(group, ranked.events) / n, 1.0)
    effective = independent_observations(response, n, group_sums(group, ranked.weights**2))
    low, high = wilson_interval(observed, effective, level)
    predicted = group_sums(group, ranked.weights * ranked.mu) / n
    return CalibrationBins(n, predicted, observed, low, high, level)


def _losses(record: FitRecord, ranked: RankedRows) -> FloatArray:
    """Return the negative log-likelihood of one trial a row, shape (m,), with its limit at 0 and 1."""
    at_limit = np.isinf(ranked.log_odds)
    losses = record.family.loss(np.where(at_limit, 0.0, ranked.log_odds), ranked.y)
    return np.where(at_limit, np.where(ranked.mu == ranked.y, 0.0, np.inf), losses)


def _recalibrate(
    record: FitRecord, design: Design, ranked: RankedRows, order: IntArray
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return calibration intercept and slope, each with its standard error."""
    finite = np.isfinite(ranked.log_odds)
    if not finite.any() or np.any(ranked.mu[~finite] != ranked.y[~finite]):
        return (math.nan, math.nan), (math.nan, math.nan)
    rows, eta = order[finite], ranked.log_odds[finite]
    ones = np.ones(eta.size)
    level_only = _refit(record, design, rows, ones[:, None], (INTERCEPT,), eta)
    with_slope = _refit(record, design, rows, np.column_stack([ones, eta]), (INTERCEPT, "logit"), None)
    return (
        (float(level_only.coef[0]), float(level_only.std_error[0])),
        (float(with_slope.coef[1]), float(with_slope.std_error[1])),
    )


def _refit(
    record: FitRecord,
    design: Design,
    rows: IntArray,
    columns: FloatArray,
    names: tuple[str, ...],
    offset: FloatArray | None,
) -> FitRecord:
    """Fit the outcome of some rows on other columns."""
    response = replace(design.response.take(rows), offset=None if offset is None else offset[None])
    terms = ColumnTerms(names)
    info = DesignInfo(names, terms, design.info.response)
    refitted = Design(Dense(columns), response, info, design.counts, design.positions[rows])
    return with_required_sandwich(fit_design(refitted, record.family, Newton()), refitted)
