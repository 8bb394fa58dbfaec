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
    """Return the threshold that serves an aim best on rows whose logits are given.

    Parameters
    ----------
    logits : (n,) array-like
        Log odds of an event.
    y : (n,) array-like
        1 where it happened.
    method : {'youden', 'closest', 'accuracy', 'f1', 'cost', 'capacity', 'sensitivity', 'specificity'}
        The aim: the largest sensitivity + specificity - 1, the least distance to a curve without errors, the largest
        accuracy or F1, the least cost, the proportion of rows that can be called, or a rate to be reached.
    value : float, optional
        Of ``'cost'`` that of a false event over that of a missed one; of ``'capacity'`` the proportion of rows; of
        ``'sensitivity'`` and ``'specificity'`` the rate.
    weights : (n,) array-like, optional
        How many rows each row stands for; of others than whole numbers there is no interval.
    prevalence : float, optional
        Proportion of events where the threshold will be used; that of the rows by default.
    n : int, optional
        Bootstrap samples for the interval; 500 of at most 20,000 distinct logits by default, else none. 0 for none.
    level : float
        Confidence level.
    seed : int, optional
        Of the generator.

    Returns
    -------
    Threshold
        A probability, with its interval and the rates there; ``to_frame()``.

    Raises
    ------
    DataError
        For a value that does not go with the aim, logits that are not finite, and rows of one outcome.

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
