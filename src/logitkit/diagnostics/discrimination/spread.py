"""Distribution of predicted probabilities by outcome."""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.discrimination.at_thresholds import called_at
from logitkit.diagnostics.discrimination.curves import BY_EVENT
from logitkit.diagnostics.discrimination.precision_recall import require_event
from logitkit.diagnostics.rows.ordering import rows_in_order
from logitkit.diagnostics.rows.ranking import ROUNDING
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.sample import is_sample
from logitkit.models.links import LOGIT
from logitkit.numerics.pooled import pooled
from logitkit.options import is_count, is_finite_number
from logitkit.typing import FloatArray

__all__ = ["spread_of"]


def spread_of(record: FitRecord, design: Design, bins: int, threshold: float | None) -> tuple[FloatArray, FloatArray]:
    """Return the weight of events and non-events in intervals of probability, and the proportions above a threshold.

    Parameters
    ----------
    record : FitRecord
        The fit of an event.
    design : Design
        Rows with their outcome.
    bins : int
        Number of intervals of equal width from 0 to 1.
    threshold : float or None
        Threshold probability.

    Returns
    -------
    counts : (2, bins) array
        Weight of events and of non-events. Each interval includes its lower end, and the last one includes both ends.
    reached : (2,) array
        Proportion of events and of non-events at or above the threshold; nan if there is no threshold.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> spread_of(fit.record, fit.design, 4, 0.0)[1].tolist()
    [1.0, 1.0]
    """
    require_event(record, "A distribution by outcome")
    if not is_count(bins, 2) or bins > 1000:
        raise DataError(f"bins={bins!r:.60} must be a whole number from 2 to 1000.")
    if threshold is not None and (not is_finite_number(threshold) or not 0.0 <= threshold <= 1.0):
        raise DataError(f"threshold={threshold!r:.60} must be a probability, from 0 to 1.")
    inner = np.arange(1, bins) / bins
    with np.errstate(divide="ignore"):
        cuts = LOGIT.link(np.append(inner, 0.5 if threshold is None else threshold))
    cuts = np.where(np.isfinite(cuts), cuts - ROUNDING * np.maximum(1.0, np.abs(cuts)), cuts)
    with rows_in_order(record, design, is_sample(record, design), [BY_EVENT]) as rows:
        totals = rows.totals[0]
        called = called_at(pooled(rows.blocks(0)), totals, cuts)
    if not (totals > 0.0).all():
        raise DataError("The rows have one outcome; distributions are compared where both occur.")
    above = np.concatenate([totals[:, None], called[:, :-1], np.zeros((2, 1))], axis=1)
    reached = called[:, -1] / totals if threshold is not None else np.full(2, np.nan)
    return -np.diff(above, axis=1), reached
