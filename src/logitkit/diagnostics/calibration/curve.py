r"""Do predicted probabilities mean what they say? Bins, intercepts and slopes, and proper scores.

In a model of an event all of it is of the event; of several outcomes, of each against the others.

* *Bins*: about equal counts by predicted probability; the observed rate has Wilson's interval. The *expected
  calibration error* is the mean distance of observed rate and mean prediction, by the counts of the bins; it depends on
  their number, and is above zero by chance alone.
* *In the large*: observed against expected numbers.
* *Intercepts*: :math:`\alpha_k` of the model in which the log odds of outcome k against the reference r are
  :math:`\alpha_k + \hat\ell_k`, with :math:`\hat\ell_k = \log(\hat p_k / \hat p_r)` as predicted; 0 when the level is
  right.
* *Slopes*: :math:`\beta_k` of :math:`\alpha_k + \beta_k \hat\ell_k`; 1 when the spread is right, below 1 when
  predictions are too extreme. Both are fits by the engine itself, with its standard errors.
* *Brier score*: mean squared error of the probability of an event, or summed over several outcomes, of which two give
  twice the score of the event; *log loss*: mean negative log-likelihood.

On the rows of a fit by maximum likelihood with intercepts, intercepts and slopes are 0 and 1 by construction.

References
----------
Cox, D. R. (1958) Two further applications of a model for binary regression. Biometrika 45, 562-565.
Brier, G. W. (1950) Monthly Weather Review 78, 1-3.
Steyerberg, E. W. (2019) Clinical Prediction Models, 2nd edition, chapter 15.
Van Hoorde, K., Vergouwe, Y., Timmerman, D., Van Huffel, S., Steyerberg, E. W. and Van Calster, B. (2014) Assessing
calibration of multinomial risk prediction models. Statistics in Medicine 33, 2585-2596.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.calibration.bins import (
    Binning,
    CalibrationBins,
    Ends,
    binned_rows,
    calibration_bins,
    require_bins,
)
from logitkit.diagnostics.calibration.groups import CalibrationGroups
from logitkit.diagnostics.calibration.joint_test import JointTest, joint_test
from logitkit.diagnostics.calibration.log_odds_rows import LogOddsRows
from logitkit.diagnostics.calibration.points import Points, pooled_points
from logitkit.diagnostics.calibration.recalibration import recalibrate
from logitkit.diagnostics.calibration.scores import BrierParts, Scores, brier_parts, scaled_score
from logitkit.diagnostics.calibration.smooth import CURVES, CalibrationCurve, CurveKind, local_curve, spline_curve
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import InOrder, Ranking, RowFacts, rows_in_order
from logitkit.diagnostics.rows.ranking import PredictedRows, RankedRows
from logitkit.engine.record import FitRecord
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.models.links import LOGIT
from logitkit.options import require_choice
from logitkit.typing import FloatArray

__all__ = ["Calibration", "calibration"]

HISTOGRAM_BINS = 40

ByOutcome: TypeAlias = Any  # a number, or of a histogram an array; of several outcomes one per outcome, stacked


@dataclass(frozen=True)
class Calibration:
    """Calibration of predictions.

    Values by outcome are single numbers in a model of an event; with K outcomes they have one entry per outcome.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes; with two outcomes, the second is the event.
    reference : str
        Reference outcome of the intercepts and slopes.
    tables : tuple of CalibrationBins
        Bins for the event, or for each outcome.
    observed, expected : float or (K,) array
        Observed and expected weighted number of trials with the outcome.
    difference, ratio : float or (K,) array
        Observed minus expected, and observed over expected.
    error : float or (K,) array
        Expected calibration error.
    mean_error : float
        Mean of ``error`` over the outcomes.
    intercept, intercept_std_error : float or (K,) array
        Calibration intercepts with slopes fixed at 1, and their standard errors; nan for the reference.
    slope, slope_std_error : float or (K,) array
        Calibration slopes and their standard errors; nan for the reference and for outcomes whose log odds are
        constant.
    brier, log_loss : float
        Mean score per trial.
    in_sample : bool
        Whether the rows are those of the fit; intercepts and slopes then say nothing about how well it predicts.
    histogram, histogram_edges : (b,) and (b + 1,) or (K, b) and (K, b + 1) array
        Total weight of the predictions in intervals of equal width, and the edges of these intervals.
    at_limit : int
        Number of rows excluded from intercepts and slopes because separation gives an outcome probability zero.
    undetermined : int
        Number of rows left out because separation leaves their prediction undetermined.
    left_out : LeftOut
        Number of rows given, used and left out.
    penalised : bool
        Whether the fit is penalised. If so, slopes on the rows of the fit are not 1: they measure the shrinkage of the
        predictions on these rows and not the calibration on other rows.
    curves : tuple of CalibrationCurve
        Flexible calibration curve of the event, or of each outcome against all others, with the integrated calibration
        index.
    parts : tuple of BrierParts
        Decomposition over the bins of the Brier score of the event, or of each outcome.
    scaled_brier, scaled_log_loss : float
        1 minus the ratio of the score to the score of the observed rates; nan if all rows have the same outcome.
    test : JointTest or None
        Joint test that the intercepts are 0 and the slopes are 1; None on the rows of the fit, and if slopes cannot be
        estimated.
    groups : CalibrationGroups or None
        Calibration in each group, if groups were requested.

    Examples
    --------
    On the rows of the fit the intercept is 0 and the slope is 1:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = calibration(fit.record, fit.design)
    >>> bool(np.isclose(found.intercept, 0.0, atol=1e-9)), bool(np.isclose(found.slope, 1.0))
    (True, True)
    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> found = calibration(fit.record, fit.design)
    >>> found.reference, bool(np.allclose(found.slope[1:], 1.0))
    ('white', True)
    """

    outcomes: tuple[str, ...]
    reference: str
    tables: tuple[CalibrationBins, ...]
    observed: ByOutcome
    expected: ByOutcome
    difference: ByOutcome
    ratio: ByOutcome
    error: ByOutcome
    mean_error: float
    intercept: ByOutcome
    intercept_std_error: ByOutcome
    slope: ByOutcome
    slope_std_error: ByOutcome
    brier: float
    log_loss: float
    in_sample: bool
    histogram: ByOutcome
    histogram_edges: ByOutcome
    at_limit: int = 0
    undetermined: int = 0
    left_out: LeftOut = EVERY_ROW
    penalised: bool = False
    curves: tuple[CalibrationCurve, ...] = ()
    parts: tuple[BrierParts, ...] = ()
    scaled_brier: float = float("nan")
    scaled_log_loss: float = float("nan")
    test: JointTest | None = None
    groups: CalibrationGroups | None = None

    @property
    def of_event(self) -> bool:
        """Whether the model predicts a single event."""
        return np.ndim(self.slope) == 0

    @property
    def bins(self) -> Any:
        """The bins for the event, or a tuple with the bins for each outcome."""
        return self.tables[0] if self.of_event else self.tables

    @property
    def curve(self) -> Any:
        """The flexible curve of the event, or a tuple with the curve of each outcome."""
        return self.curves[0] if self.of_event else self.curves

    @property
    def decomposition(self) -> Any:
        """Decomposition of the Brier score of the event, or a tuple with that of each outcome."""
        return self.parts[0] if self.of_event else self.parts


def calibration(
    record: FitRecord,
    design: Design,
    *,
    bins: Ends = 10,
    level: float | None = None,
    reference: int | None = None,
    curve: CurveKind = "lowess",
    binning: Binning = "count",
    own: bool | None = None,
) -> Calibration:
    """Return how well predicted probabilities agree with observed outcomes.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome: those of the fit, or new ones.
    bins : int or sequence of float, default 10
        Number of bins, or their edges. Equal predictions stay in one bin, so some bins may be empty and left out.
    level : float, optional
        Confidence level; that of the fit by default.
    reference : int, optional
        Position of the reference outcome; by default the reference of the fit, or the first outcome if the model is
        symmetric. An event is compared with its absence.
    curve : {'lowess', 'loess', 'spline'}
        Smoother for the flexible curve.
    binning : {'count', 'width'}
        Whether the bins hold about equal numbers of rows or have equal widths.
    own : bool, optional
        Whether the rows are among those of the fit, if this is known.

    Returns
    -------
    Calibration
        With sampling weights or clusters, intercepts and slopes have sandwich standard errors.

    Raises
    ------
    DataError
        If ``bins`` is neither a whole number of at least 2 nor a valid list of edges, or if no row has a prediction.

    Notes
    -----
    Rows in which a separated fit gives an outcome probability zero are excluded from intercepts and slopes. If such an
    outcome occurs, the log loss is infinite, and intercepts and slopes are nan.

    Examples
    --------
    If the model has intercepts, the expected and observed numbers of each outcome are equal:

    >>> import logitkit as lk
    >>> fit = lk.multinomial_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"])
    >>> bool(np.allclose(calibration(fit.record, fit.design).ratio, 1.0))
    True
    """
    require(record, "calibration")
    require_choice("curve", curve, CURVES)
    ends = require_bins(bins, binning)
    level = record.level if level is None else level
    reference = (record.reference or 0) if reference is None else reference
    own, k = is_sample(record, design) if own is None else own, len(record.outcomes)
    places = (1,) if record.has_event else tuple(range(k))
    rankings = [Ranking(partial(_against_rest, j), _sums) for j in places]
    with rows_in_order(record, design, own, rankings, beside=Scores.of) as rows:
        scores, facts = rows.beside, rows.facts
        binned = [binned_rows(rows, j, ends) for j in range(len(rankings))]
        heights, edges = zip(*(_histogram(rows, j, top) for j, top in enumerate(scores.largest)), strict=True)
        points = [pooled_points(rows.blocks(j), scores.weight) for j in range(len(rankings))]
        _, observed, expected = np.stack(rows.totals, axis=1)[:3]
        # The rows of an event are in the order that its recalibration needs.
        ranked = rows.ranked[0] if rows.ranked and facts.of_event and reference == 0 else None
        known = LogOddsRows(record, design, own, scores.usable, rows.rows, ranked)
    tables = tuple(calibration_bins(groups, design.sample.response, level) for groups in binned)
    found = recalibrate(known, reference)
    error = np.array([table.n @ np.abs(table.observed - table.predicted) / scores.weight for table in tables])
    rates = facts.totals / facts.totals.sum()

    def shown(values: Any) -> ByOutcome:
        return values[0] if facts.of_event else np.asarray(values)

    return Calibration(
        outcomes=facts.outcomes,
        reference=facts.outcomes[reference],
        tables=tables,
        observed=shown(observed),
        expected=shown(expected),
        difference=shown(observed - expected),
        ratio=shown(np.divide(observed, expected, out=np.full(observed.shape, np.nan), where=expected > 0.0)),
        error=shown(error),
        mean_error=float(error.mean()),
        intercept=_reported(facts, found.intercept),
        intercept_std_error=_reported(facts, found.intercept_std_error),
        slope=_reported(facts, found.slope),
        slope_std_error=_reported(facts, found.slope_std_error),
        brier=scores.squared_error / scores.weight,
        log_loss=scores.loss / scores.weight,
        in_sample=own,
        histogram=shown(heights),
        histogram_edges=shown(edges),
        at_limit=found.at_limit,
        undetermined=facts.undetermined,
        left_out=facts.left_out(design),
        penalised=record.is_penalised,
        curves=tuple(_curve(known, here, j, curve, level) for j, here in zip(places, points, strict=True)),
        parts=tuple(brier_parts(groups.sums) for groups in binned),
        scaled_brier=scaled_score(scores.squared_error / scores.weight, rates, "brier"),
        scaled_log_loss=scaled_score(scores.loss / scores.weight, rates, "log"),
        test=None if own else joint_test(found, scores.finite_loss),
    )


def _curve(rows: LogOddsRows, points: Points, outcome: int, kind: CurveKind, level: float) -> CalibrationCurve:
    """Return the flexible curve of an outcome against all others."""
    if kind == "spline":
        return spline_curve(rows, points, outcome, level)
    response = rows.design.sample.response
    # Variances rest on squares of weights where these do not count rows, and on nothing where they count nothing.
    squares = np.full(points.weights.size, np.nan)
    if response.counts_independently:
        squares = points.weights
    elif response.clusters is None and response.weight_kind == "sampling":
        squares = points.sums[3]
    return local_curve(points, kind, level, whole=response.counts_independently, squares=squares)


def _against_rest(outcome: int, rows: PredictedRows) -> RankedRows:
    return rows.against_rest(outcome)


def _sums(rows: PredictedRows, ranked: RankedRows) -> FloatArray:
    """Return weights, events, expected events, squared weights, and weighted squares and products, shape (6, r)."""
    del rows
    weights = ranked.weights
    expected = weights * ranked.mu
    return np.stack([weights, ranked.events, expected, weights**2, expected * ranked.mu, expected * ranked.y])


def _reported(facts: RowFacts, values: FloatArray) -> FloatArray:
    """Return values by outcome as results have them: in a model of an event those of the event."""
    return np.asarray(values)[1] if facts.of_event else values


def _histogram(rows: InOrder, number: int, largest: float) -> tuple[FloatArray, FloatArray]:
    """Return the weight of predictions in intervals of equal width, and their ends."""
    top = float(LOGIT.inverse(np.array([largest]))[0])
    ends = (0.0, top if top > 0.0 else 1.0)
    heights = np.zeros(HISTOGRAM_BINS)
    for block in rows.blocks(number):
        found, edges = np.histogram(LOGIT.inverse(block.scores), HISTOGRAM_BINS, ends, weights=block.sums[0])
        heights += found
    return heights, edges
