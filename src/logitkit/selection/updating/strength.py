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
    """Strength of a prior centred at earlier coefficients.

    Parameters
    ----------
    strengths : (k,) array
        Candidate strengths in descending order: the weight of an earlier row relative to a new row.
    log_loss, std_error : (k,) array
        Mean log loss on held-out rows, and its standard error; empty if the strength was given.
    chosen : float
        The chosen strength.
    folds : str
        Description of the folds; empty if the strength was given.

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
    """Return strengths from 1 down to that at which all earlier rows weigh 2% of the new ones, or 1/64 if less.

    Parameters
    ----------
    n_earlier, n_new : float
        Total weight of the earlier rows and of the new rows.

    Returns
    -------
    (9,) array
        Strengths in descending order, with equal ratios.

    Examples
    --------
    >>> strength_grid(1000.0, 500.0).round(4).tolist()[::4]
    [1.0, 0.1, 0.01]
    """
    least = min(LEAST * n_new / n_earlier, 1.0 / 64.0)
    return np.asarray(np.geomspace(1.0, least, STRENGTHS))


def fit_at_prior(record: FitRecord, design: Design, strength: float) -> FitRecord:
    """Fit a model to new rows with a prior centred at earlier coefficients.

    Parameters
    ----------
    record : FitRecord
        The earlier fit.
    design : Design
        New rows, coded like those of the earlier fit.
    strength : float
        Weight of an earlier row relative to a new row.

    Returns
    -------
    FitRecord
        Fit at the posterior mode.

    Examples
    --------
    A fit that is updated with its own rows keeps its coefficients:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> bool(np.allclose(fit_at_prior(fit.record, fit.design, 3.0).coef, fit.record.coef, atol=1e-6))
    True
    """
    return fit_penalised(design, record.form, prior_at(record, strength), ProxNewton(), record.level)


def choose_prior(record: FitRecord, design: Design, splits: Splits) -> PriorStrength:
    """Choose the strength with the smallest mean log loss on held-out rows.

    Parameters
    ----------
    record : FitRecord
        The earlier fit.
    design : Design
        New rows, coded like those of the earlier fit.
    splits : Splits
        Splits of the new rows.

    Returns
    -------
    PriorStrength
        The chosen strength; among ties, the largest.

    Raises
    ------
    DataError
        If no strength can be fitted without every fold.

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
