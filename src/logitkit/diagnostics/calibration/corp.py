r"""The CORP reliability diagram: the isotonic regression of the event on its predicted probability.

Of all recalibrations that keep the order of predictions, the isotonic one has the best score, whichever proper score is
taken; no bins have to be chosen. With S the mean score of the predictions, S_c that of the recalibrated ones and S_r
that of the observed rate for every row,

.. math:: S = \underbrace{(S - S_c)}_{\text{miscalibration}} - \underbrace{(S_r - S_c)}_{\text{discrimination}}
    + \underbrace{S_r}_{\text{uncertainty}},

each part at least zero on any rows.

Isotonic rates leave the diagonal by chance alone. The *consistency band* holds them, at each prediction with
probability ``level``, if the predictions are right: outcomes are drawn with the predicted probabilities, and
recalibrated, again and again. The *confidence band* draws with the recalibrated probabilities instead.

References
----------
Dimitriadis, T., Gneiting, T. and Jordan, A. I. (2021) Stable reliability diagrams for probabilistic classifiers. PNAS
118, e2016191118.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from scipy.special import xlogy

from logitkit.design.design import Design
from logitkit.diagnostics.calibration.points import POINTS_MOST, Points, pooled_points
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import Ranking, rows_in_order
from logitkit.diagnostics.rows.ranking import PredictedRows, RankedRows
from logitkit.engine.law import require_level
from logitkit.engine.record import FitRecord
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.logits.recalibration.isotonic import Blocks
from logitkit.numerics.kernels.isotonic import pool_violators
from logitkit.numerics.pooled import Pooled
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["Band", "Reliability", "ScoreParts", "reliability", "reliability_of"]

Band = Literal["consistency", "confidence"]
DRAWN_MOST = 2_000  # points that are drawn for: beyond these neighbours are pooled
EVERY_POINT = 1 << 60
HISTOGRAM_BINS = 40


@dataclass(frozen=True)
class ScoreParts:
    """A mean score and its decomposition into miscalibration, discrimination and uncertainty.

    Parameters
    ----------
    score : float
        Mean score of the predictions.
    miscalibration : float
        Reduction of the score by recalibration.
    discrimination : float
        Score of the observed rate minus score of the recalibrated predictions.
    uncertainty : float
        Score when the observed rate is predicted for every row.

    Examples
    --------
    >>> parts = ScoreParts(0.2, 0.01, 0.06, 0.25)
    >>> bool(np.isclose(parts.miscalibration - parts.discrimination + parts.uncertainty, parts.score))
    True
    """

    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float


@dataclass(frozen=True)
class Reliability:
    """Isotonic recalibration of predictions on some rows.

    Parameters
    ----------
    outcome : str
        The event, or the outcome that is compared with all others.
    first, last, observed, n : (b,) array
        For each block of equal isotonic rates: lowest and highest prediction, the rate, and the number of trials.
    predicted, low, high : (k,) array
        Predictions in ascending order, and the limits of the pointwise band at each. The limits are nan if weights do
        not count independent rows.
    band : {'consistency', 'confidence'}
        ``'consistency'``: around the diagonal, assuming that predictions are calibrated; ``'confidence'``: around the
        recalibrated rates.
    level : float
        Confidence level.
    resamples, seed : int
        Number of resamples, and the seed of the random numbers.
    brier, log_loss : ScoreParts
        Mean scores per trial with their decomposition.
    in_sample : bool
        Whether the rows are those of the fit; miscalibration is then usually underestimated.
    histogram, histogram_edges : (b,) and (b + 1,) array
        Total weight of the predictions in intervals of equal width, and the edges of these intervals.
    pooled : bool
        Whether neighbouring predictions were pooled, as happens for rows that are read in chunks.
    left_out : LeftOut
        Number of rows given, used and left out.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = fit.reliability(resamples=100)
    >>> bool((np.diff(found.observed) > 0).all()), bool(found.brier.miscalibration >= 0)
    (True, True)
    """

    outcome: str
    first: FloatArray
    last: FloatArray
    observed: FloatArray
    n: FloatArray
    predicted: FloatArray
    low: FloatArray
    high: FloatArray
    band: str
    level: float
    resamples: int
    seed: int
    brier: ScoreParts
    log_loss: ScoreParts
    in_sample: bool
    histogram: FloatArray
    histogram_edges: FloatArray
    pooled: bool = False
    left_out: LeftOut = EVERY_ROW


def reliability(
    record: FitRecord,
    design: Design,
    outcome: int = 1,
    *,
    band: Band = "consistency",
    resamples: int = 1_000,
    seed: int = 1,
    level: float | None = None,
) -> Reliability:
    """Return the isotonic recalibration of predictions with its band and the decompositions of scores.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    outcome : int, default 1
        Position of the outcome that is compared with all others.
    band : {'consistency', 'confidence'}
        Kind of band, as in ``Reliability``.
    resamples, seed : int
        Number of resamples, and the seed of the random numbers.
    level : float, optional
        Confidence level; that of the fit by default.

    Returns
    -------
    Reliability
        Based on each distinct prediction if the rows are in memory.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 1, 0, 1, 1], "x": [0, 0, 0, 1, 1, 1]})
    >>> reliability(fit.record, fit.design, resamples=10).n.tolist()
    [6.0]
    """
    require(record, "calibration")
    require_choice("band", band, ("consistency", "confidence"))
    level = record.level if level is None else level
    require_level(level)
    own = is_sample(record, design)
    ranking = Ranking(partial(_against_rest, outcome), _sums)
    with rows_in_order(record, design, own, [ranking]) as rows:
        total = float(rows.totals[0][0])
        most = POINTS_MOST if rows.rows is None else EVERY_POINT
        points = pooled_points(rows.blocks(0), total, most)
        left_out = rows.facts.left_out(design)
    counts = design.sample.response.counts_independently
    return reliability_of(
        points, record.outcomes[outcome], band, resamples if counts else 0, seed, level, own, left_out
    )


def reliability_of(
    points: Points,
    outcome: str,
    band: Band,
    resamples: int,
    seed: int,
    level: float,
    in_sample: bool,
    left_out: LeftOut = EVERY_ROW,
) -> Reliability:
    """Return the isotonic recalibration of pooled predictions.

    Parameters
    ----------
    points : Points
        Predictions in ascending order, with weights and events.
    outcome : str
        Name of the event.
    band : {'consistency', 'confidence'}
        Kind of band, as in ``Reliability``.
    resamples, seed : int
        Number of resamples, 0 for no band, and the seed of the random numbers.
    level : float
        Confidence level.
    in_sample : bool
        Whether the rows are those of the fit.
    left_out : LeftOut
        Number of rows given, used and left out.

    Returns
    -------
    Reliability
        The band is computed from at most 2,000 points.

    Examples
    --------
    Recalibration leaves calibrated predictions unchanged:

    >>> sums = np.array([[4.0, 4.0], [1.0, 3.0], [1.0, 3.0], [4.0, 4.0]])
    >>> found = reliability_of(Points(sums, True), "1", "consistency", 10, 1, 0.95, False)
    >>> found.observed.tolist(), found.brier.miscalibration
    ([0.25, 0.75], 0.0)
    """
    predicted, weights, events = points.predicted, points.weights, points.sums[1]
    start = pool_violators(events, weights)
    blocks = _blocks(start, predicted, weights, events)
    rate = np.repeat(blocks.rates, np.diff(np.append(start, weights.size)))
    few = _fewer(points)
    low, high = np.full((2, few.weights.size), np.nan)
    if resamples:
        base = few.predicted
        if band == "confidence":
            base = np.interp(few.predicted, predicted, rate)
        low, high = _band(few, base, resamples, seed, level)
    top = float(predicted[-1]) if predicted[-1] > 0.0 else 1.0
    heights, edges = np.histogram(predicted, HISTOGRAM_BINS, (0.0, top), weights=weights)
    return Reliability(
        outcome,
        *(blocks.first, blocks.last, blocks.rates, blocks.weights),
        *(few.predicted, low, high),
        band,
        level,
        resamples,
        seed,
        brier=_parts("brier", points, rate),
        log_loss=_parts("log", points, rate),
        in_sample=in_sample,
        histogram=heights.astype(np.float64),
        histogram_edges=edges,
        pooled=not points.exact,
        left_out=left_out,
    )


def _blocks(start: IntArray, predicted: FloatArray, weights: FloatArray, events: FloatArray) -> Blocks:
    """Return the blocks of equal isotonic rates."""
    stop = np.append(start[1:], weights.size) - 1
    weight = np.add.reduceat(weights, start)
    centre = np.add.reduceat(weights * predicted, start) / weight
    return Blocks(predicted[start], predicted[stop], centre, weight, np.add.reduceat(events, start))


def _fewer(points: Points) -> Points:
    """Return at most so many points as outcomes are drawn for."""
    if points.weights.size <= DRAWN_MOST:
        return points
    return pooled_points([Pooled(points.predicted, points.sums)], float(points.weights.sum()), DRAWN_MOST)


def _band(points: Points, base: FloatArray, resamples: int, seed: int, level: float) -> FloatArray:
    """Return quantiles of the isotonic rates of outcomes that are drawn with given probabilities, shape (2, k)."""
    generator = np.random.default_rng(seed)
    weights = points.weights
    trials = np.rint(weights).astype(np.int64)
    drawn = generator.binomial(trials, np.clip(base, 0.0, 1.0), (resamples, trials.size)).astype(np.float64)
    rates = np.empty(drawn.shape)
    for one, out in zip(drawn, rates, strict=True):
        start = pool_violators(one, weights)
        block = np.add.reduceat(one, start) / np.add.reduceat(weights, start)
        out[:] = np.repeat(block, np.diff(np.append(start, weights.size)))
    return np.asarray(np.quantile(rates, [0.5 - 0.5 * level, 0.5 + 0.5 * level], axis=0))


def _parts(kind: str, points: Points, rate: FloatArray) -> ScoreParts:
    """Return the parts of a mean score."""
    weights, events = points.weights, points.sums[1]
    total = weights.sum()

    def mean(p: FloatArray) -> float:
        if kind == "log":
            return float(-(xlogy(events, p) + xlogy(weights - events, 1.0 - p)).sum() / total)
        return float((weights * p * p - 2.0 * p * events + events).sum() / total)

    same = np.full(weights.size, events.sum() / total)
    score, best, worst = mean(points.predicted), mean(rate), mean(same)
    return ScoreParts(score, score - best, worst - best, worst)


def _against_rest(outcome: int, rows: PredictedRows) -> RankedRows:
    """Return rows in order of the log odds of an outcome."""
    return rows.against_rest(outcome)


def _sums(rows: PredictedRows, ranked: RankedRows) -> FloatArray:
    """Return weights, events, expected events and squared weights, shape (4, r)."""
    del rows
    weights = ranked.weights
    return np.stack([weights, ranked.events, weights * ranked.mu, weights**2])
