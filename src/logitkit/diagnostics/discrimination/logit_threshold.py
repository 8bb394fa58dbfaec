"""Thresholds of bare logits, by the aims of ``thresholds``."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.diagnostics.discrimination.at_thresholds import require_prevalence
from logitkit.diagnostics.discrimination.thresholds import (
    METHODS,
    Aim,
    Threshold,
    ThresholdMethod,
    asked_value,
    threshold_of_sums,
)
from logitkit.engine.law import require_level
from logitkit.errors import DataError
from logitkit.logits.read import read_logits, read_outcomes, read_weights
from logitkit.options import require_choice, require_seed

__all__ = ["threshold"]


def threshold(
    logits: Any,
    y: Any,
    method: ThresholdMethod = "youden",
    value: float | None = None,
    *,
    weights: Any = None,
    prevalence: float | None = None,
    n: int | None = None,
    level: float = 0.95,
    seed: int | None = 0,
) -> Threshold:
    """Return the best threshold for a stated aim on rows with given logits.

    Parameters
    ----------
    logits : (n,) array-like
        Log odds of an event.
    y : (n,) array-like
        1 for an event, 0 for a non-event.
    method : {'youden', 'closest', 'accuracy', 'f1', 'cost', 'capacity', 'sensitivity', 'specificity'}
        The aim: largest sensitivity + specificity - 1, smallest distance to the point of a perfect classifier, largest
        accuracy or F1, smallest cost, a limit on the proportion of rows predicted as events, or a minimum sensitivity
        or specificity.
    value : float, optional
        For ``'cost'``, the cost of a false positive divided by that of a false negative; for ``'capacity'``, the
        largest proportion of rows; for ``'sensitivity'`` and ``'specificity'``, the minimum.
    weights : (n,) array-like, optional
        Number of rows that each row represents; there is no interval unless these are whole numbers.
    prevalence : float, optional
        Proportion of events where the threshold will be used; that of the rows by default.
    n : int, optional
        Number of bootstrap samples for the interval, 0 for no interval; by default 500 if there are at most 20,000
        distinct logits, and otherwise 0.
    level : float
        Confidence level.
    seed : int, optional
        Seed of the random numbers.

    Returns
    -------
    Threshold
        A probability with its interval and the classification rates at it; ``to_frame()`` gives a table.

    Raises
    ------
    DataError
        If the value does not suit the aim, logits are not finite, or only one outcome occurs.

    Examples
    --------
    >>> threshold([-2.0, -1.0, 0.5, 1.0], [0, 1, 0, 1], "capacity", 0.3).called
    0.25
    """
    require_choice("method", method, METHODS)
    value = asked_value(method, value)
    share = require_prevalence(prevalence)
    require_level(level)
    rows = read_logits(logits)
    if rows.ndim != 1:
        raise DataError(
            f"A threshold is of one event: logits must be (n,), and are {rows.shape}. Take one column of them."
        )
    happened = read_outcomes(y, rows)
    weight = read_weights(weights, rows.shape[0])
    scores, place = np.unique(rows, return_inverse=True)
    parts = [weight * happened, weight * (1.0 - happened)]
    sums = np.array([np.bincount(place, part, minlength=scores.size) for part in parts], dtype=np.float64)
    return threshold_of_sums(
        scores, sums, Aim(method, value, share), counts=True, n=n, level=level, seed=require_seed(seed)
    )
