"""Columns in bins that know no outcome: quantiles of the base sample, stated cut points, levels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from logitkit.design.table.frame import coded_values, holds_numbers, numeric_values
from logitkit.errors import DataError
from logitkit.options import is_count, is_finite_number, listed
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.monitoring.card_stability import NOT_SEEN
from logitkit.scorecard.monitoring.counted import score_cuts
from logitkit.scorecard.monitoring.index import Resampled, Sample, StabilityIndex, stability_index
from logitkit.scorecard.rules import LevelRule, NumberRule, Rule
from logitkit.scorecard.weighting import RowWeights
from logitkit.typing import FloatArray

__all__ = ["column_rule", "columns_index", "rule_counts"]


def column_rule(
    values: Any, weights: FloatArray | None = None, bins: int | Sequence[float] | Binning = 10, name: str = "values"
) -> Rule:
    """Return which bin a value of a column belongs to.

    Parameters
    ----------
    values : (n,) Series
        The base sample: numbers, or levels, each of which is a bin.
    weights : (n,) array, optional
        Weights of the rows.
    bins : int, sequence of float or Binning, default 10
        Bins of about equal size, where bins after the first begin, or the bins of a variable.
    name : str
        What the column is called.

    Returns
    -------
    NumberRule or LevelRule

    Raises
    ------
    DataError
        If the bins are none, or if levels are to be cut.

    Examples
    --------
    >>> import pandas as pd
    >>> column_rule(pd.Series([1.0, 2.0, 3.0, 4.0]), bins=2).labels()
    ('below 3', '3 and above', 'Missing')
    """
    if isinstance(bins, Binning):
        return bins.rule
    whole = is_count(bins)
    if not holds_numbers(values):
        if not whole:
            raise DataError(f"bins={bins!r:.60}: {name!r} has levels, which are bins as they are.")
        return LevelRule(tuple((level,) for level in coded_values(values).occurring()))
    if whole and isinstance(bins, int):
        numbers = numeric_values(values, name)
        return NumberRule(score_cuts(numbers, np.ones(numbers.size) if weights is None else weights, bins))
    given = listed(bins)
    if not given:
        raise DataError(f"bins={bins!r:.60}: give the number of bins, or a list of cut points in increasing order.")
    if not all(map(is_finite_number, given)) or any(b <= a for a, b in pairwise(given)):
        raise DataError(f"bins={bins!r:.60}: give the number of bins, or cut points in increasing order.")
    return NumberRule(tuple(map(float, given)))


def rule_counts(rule: Rule, values: Any, name: str, weights: RowWeights | None = None) -> Sample:
    """Return sums of weights by bin, shape (k + 1,), the last those of levels that were not there."""
    codes = rule.codes(values, name)
    n = rule.n_codes + 1
    own = np.where(codes < 0, n - 1, codes)
    if weights is None:
        return Sample(np.bincount(own, minlength=n).astype(np.float64))
    counts = np.bincount(own, weights=weights.values, minlength=n).astype(np.float64)
    spread = np.bincount(own, weights=weights.spread, minlength=n).astype(np.float64)
    return Sample(counts, spread if weights.sampling else None)


def columns_index(
    rule: Rule, base: Sample, recent: Sample, name: str, resampled: Resampled | None = None
) -> StabilityIndex:
    """Return the population stability index of two columns that were counted by a rule."""
    return stability_index(base, recent, (*rule.labels(), NOT_SEEN), name, resampled)
