"""The strength of a prior at earlier coefficients, by the log loss of new rows that are held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.calibration.logits_of_rows import row_logits
from logitkit.engine.record import FitRecord
from logitkit.engine.regularised.estimate import fit_penalised
from logitkit.engine.regularised.options import ProxNewton
from logitkit.logits.scores import log_loss
from logitkit.selection.rules import best_strength, score_curve
from logitkit.selection.splits import Splits
from logitkit.selection.updating.prior import prior_at
from logitkit.typing import FloatArray

__all__ = ["PriorStrength", "choose_prior", "fit_at_prior", "strength_grid"]

LEAST = 0.02  # of the smallest strength: the earlier rows together, beside the new ones
STRENGTHS = 9


@dataclass(frozen=True)
class PriorStrength:
    """How strongly new rows are held at earlier coefficients.

    Parameters
    ----------
    strengths : (k,) array
        From the largest; what an earlier row counts beside a new one.
    log_loss, std_error : (k,) array
        Mean log loss of rows that are held out, and its standard error; empty where the strength was given.
    chosen : float
        The strength.
    folds : str
        How rows were held out, in words; empty where the strength was given.

    Examples
    --------
    >>> PriorStrength(np.ones(1), np.empty(0), np.empty(0), 1.0).chosen
    1.0
    """

    strengths: FloatArray
    log_loss: FloatArray
    std_error: FloatArray
    chosen: float
    folds: str = ""


def strength_grid(n_earlier: float, n_new: float) -> FloatArray:
    """Return strengths from 1 to where the earlier rows together count 2% of the new ones, or 1/64 if that is less.

    Parameters
    ----------
    n_earlier, n_new : float
        Weights of the rows.

    Returns
    -------
    (9,) array
        Equal ratios, from the largest.

    Examples
    --------
    >>> strength_grid(1000.0, 500.0).round(4).tolist()[::4]
    [1.0, 0.1, 0.01]
    """
    least = min(LEAST * n_new / n_earlier, 1.0 / 64.0)
    return np.asarray(np.geomspace(1.0, least, STRENGTHS))


def fit_at_prior(record: FitRecord, design: Design, strength: float) -> FitRecord:
    """Fit new rows with a prior at earlier coefficients.

    Parameters
    ----------
    record : FitRecord
        The earlier fit.
    design : Design
        New rows, coded as its own.
    strength : float
        What an earlier row counts beside a new one.

    Returns
    -------
    FitRecord
        The posterior mode.

    Examples
    --------
    A fit whose own rows are seen again keeps its coefficients:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> bool(np.allclose(fit_at_prior(fit.record, fit.design, 3.0).coef, fit.record.coef, atol=1e-6))
    True
    """
    return fit_penalised(design, record.form, prior_at(record, strength), ProxNewton(), record.level)


def choose_prior(record: FitRecord, design: Design, splits: Splits) -> PriorStrength:
    """Choose the strength with the least mean log loss on rows that are held out.

    Parameters
    ----------
    record : FitRecord
        The earlier fit.
    design : Design
        New rows, coded as its own.
    splits : Splits
        Which of them are held out, and when.

    Returns
    -------
    PriorStrength
        The larger of strengths that are equally good.

    Raises
    ------
    DataError
        If no strength has a fit without each of the folds.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.selection.fold_makers import stratified_folds
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> found = choose_prior(fit.record, fit.design, stratified_folds(fit.design.response, 3))
    >>> bool(found.chosen in found.strengths)
    True
    """
    used = design.response.weights > 0.0
    strengths = strength_grid(record.total, float(design.response.weights.sum()))
    scores, weights = np.full((splits.n_splits, strengths.size), np.nan), np.zeros(splits.n_splits)
    for split in range(splits.n_splits):
        train, test = splits.train(split), splits.test(split)
        held = design.take(test[used[test]])
        weights[split] = held.response.weights.sum()
        rows = design.take(train[used[train]])
        for place, strength in enumerate(strengths):
            found = row_logits(fit_at_prior(record, rows, float(strength)), held)
            scores[split, place] = log_loss(found.logits, found.shares, found.weights)
    curve = score_curve(scores, weights, splits.repeats)
    best = best_strength(strengths, curve)
    return PriorStrength(strengths, curve.mean, curve.std_error, float(strengths[best]), splits.words)
