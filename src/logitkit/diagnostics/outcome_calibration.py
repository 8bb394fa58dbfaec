r"""Do predicted probabilities of several outcomes mean what they say? Bins, and intercepts and slopes by outcome.

* *Bins* of each outcome: about equal counts by its probability; the observed rate has Wilson's interval. The *expected
  calibration error* is the mean distance of observed rate and mean prediction, by the counts of the bins; it depends on
  their number, and is above zero by chance alone.
* *Intercepts*: :math:`\alpha_k` of the model in which the log-odds of outcome k against the reference are
  :math:`\alpha_k + \hat\ell_k`, with :math:`\hat\ell_k = \log(\hat p_k / \hat p_r)` as predicted; 0 when the level is
  right.
* *Slopes*: :math:`\beta_k` of :math:`\alpha_k + \beta_k \hat\ell_k`; 1 when the spread is right, below 1 when
  predictions are too extreme. Both are fits by the engine itself, with its standard errors.
* *Brier score*, summed over outcomes, and *log loss*: means of one trial.

On the rows of a fit by maximum likelihood with intercepts, intercepts and slopes are 0 and 1 by construction. Of two
outcomes all is that of the binary model, but for the Brier score, which is twice as large.

References
----------
Van Hoorde, K., Vergouwe, Y., Timmerman, D., Van Huffel, S., Steyerberg, E. W. and Van Calster, B. (2014) Assessing
calibration of multinomial risk prediction models. Statistics in Medicine 33, 2585-2596.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.calibration import CalibrationBins, calibration_bins
from logitkit.diagnostics.classification import mean_brier
from logitkit.diagnostics.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.ranking import PredictedRows, predicted_rows
from logitkit.diagnostics.recalibration import recalibrate
from logitkit.engine.record import FitRecord
from logitkit.inference.outcome_sample import is_outcome_sample
from logitkit.models.binomial import Binomial
from logitkit.typing import FloatArray

__all__ = ["OutcomeCalibration", "outcome_calibration"]


@dataclass(frozen=True)
class OutcomeCalibration:
    """Calibration of predictions of K outcomes on some rows.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    reference : str
        The outcome that intercepts and slopes compare the others with.
    bins : tuple of CalibrationBins
        The table of each outcome.
    observed, expected : (K,) array
        Weighted trials of each outcome, and their expected number.
    difference, ratio : (K,) array
        Observed minus expected, and observed over expected.
    error : (K,) array
        Expected calibration error of each outcome.
    mean_error : float
        Its mean over the outcomes.
    intercept, intercept_std_error : (K,) array
        Calibration intercepts with the slopes held at 1; nan for the reference.
    slope, slope_std_error : (K,) array
        Calibration slopes; nan for the reference, and for an outcome whose log-odds are the same in all rows.
    brier, log_loss : float
        Mean scores of one trial.
    in_sample : bool
        Whether the rows are those of the fit, where intercepts and slopes say nothing of how well it predicts.
    at_limit : int
        Rows with an outcome of probability zero under separation, which intercepts and slopes are without.
    undetermined : int
        Rows left out because their prediction is undetermined under separation.
    left_out : LeftOut
        Rows given, used and left out.
    penalised : bool
        Whether the fit has a penalty. On its own rows slopes are then not 1: they say how far predictions are shrunken
        there, not how they are elsewhere.

    Examples
    --------
    On the rows of the fit the engine finds slopes of 1:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> found = outcome_calibration(fit.record, fit.design, bins=3)
    >>> found.reference, bool(np.allclose(found.slope[1:], 1.0))
    ('a', True)
    """

    outcomes: tuple[str, ...]
    reference: str
    bins: tuple[CalibrationBins, ...]
    observed: FloatArray
    expected: FloatArray
    difference: FloatArray
    ratio: FloatArray
    error: FloatArray
    mean_error: float
    intercept: FloatArray
    intercept_std_error: FloatArray
    slope: FloatArray
    slope_std_error: FloatArray
    brier: float
    log_loss: float
    in_sample: bool
    at_limit: int = 0
    undetermined: int = 0
    left_out: LeftOut = EVERY_ROW
    penalised: bool = False


def outcome_calibration(
    record: FitRecord,
    design: Design,
    *,
    bins: int = 10,
    level: float | None = None,
    reference: int | None = None,
) -> OutcomeCalibration:
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
    reference : int, optional
        Place of the outcome that the others are compared with; the fit's reference by default, in symmetric form the
        first outcome.

    Returns
    -------
    OutcomeCalibration
        Sampling weights and clusters give intercepts and slopes their sandwich errors.

    Raises
    ------
    DataError
        If ``bins`` is not a whole number of at least 2, or no row has a prediction.

    Notes
    -----
    Rows in which an outcome has the probability zero, at the limit of a separated fit, take no part in intercepts and
    slopes. When a row contradicts its limit, the log loss is infinite, and intercepts and slopes are nan.

    Examples
    --------
    With intercepts in the model, as much is expected of each outcome as is observed:

    >>> import logitkit as lk
    >>> fit = lk.multinomial_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"])
    >>> bool(np.allclose(outcome_calibration(fit.record, fit.design).ratio, 1.0))
    True
    """
    level = record.level if level is None else level
    reference = (record.reference or 0) if reference is None else reference
    rows = predicted_rows(record, design)
    total = float(rows.weights.sum())
    tables = tuple(_bins(rows, outcome, design, bins, level) for outcome in range(len(rows.outcomes)))
    error = np.array([table.n @ np.abs(table.observed - table.predicted) / total for table in tables])
    found = recalibrate(rows, design, reference)
    observed, expected = rows.totals, rows.expected
    return OutcomeCalibration(
        outcomes=rows.outcomes,
        reference=rows.outcomes[reference],
        bins=tables,
        observed=observed,
        expected=expected,
        difference=observed - expected,
        ratio=np.divide(observed, expected, out=np.full(observed.shape, np.nan), where=expected > 0.0),
        error=error,
        mean_error=float(error.mean()),
        intercept=found.intercept,
        intercept_std_error=found.intercept_std_error,
        slope=found.slope,
        slope_std_error=found.slope_std_error,
        brier=mean_brier(rows),
        log_loss=float(rows.weights @ rows.loss) / total,
        in_sample=is_outcome_sample(record, design),
        at_limit=found.at_limit,
        undetermined=rows.undetermined,
        left_out=rows.left_out,
        penalised=record.penalty is not None,
    )


def _bins(rows: PredictedRows, outcome: int, design: Design, bins: int, level: float) -> CalibrationBins:
    ranked = rows.against_rest(outcome)
    return calibration_bins(ranked, Binomial().mean(ranked.score), design.response, bins, level)
