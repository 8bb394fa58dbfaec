"""The table of a binning: counts, event rates and weights of evidence of every bin, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.diagnostics.rows.proportions import wilson_interval
from logitkit.engine.law import NORMAL
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.criteria import corrected_counts, weight_of_evidence
from logitkit.typing import BoolArray, FloatArray

__all__ = ["BinTable", "bin_table"]


@dataclass(frozen=True, eq=False)
class BinTable:
    """One entry per bin: ordinary values in order, special values, missing ones.

    Parameters
    ----------
    labels : tuple of str
        Label of each bin.
    n_values : int
        Number of bins that hold ordinary values.
    rows, events : (k,) arrays
        Sums of weights.
    rate, rate_low, rate_high : (k,) arrays
        Event rates with Wilson intervals.
    woe, woe_low, woe_high : (k,) arrays
        Weights of evidence used for scoring, with normal intervals; nan for a bin without rows that is refused.
    information : (k,) array
        Contribution of each bin to the information value.
    corrected : (k,) array of bool
        True if the counts were corrected because one of them is zero.
    level : float
        Confidence level of the intervals.
    """

    labels: tuple[str, ...]
    n_values: int
    rows: FloatArray
    events: FloatArray
    rate: FloatArray
    rate_low: FloatArray
    rate_high: FloatArray
    woe: FloatArray
    woe_low: FloatArray
    woe_high: FloatArray
    information: FloatArray
    corrected: BoolArray
    level: float


def bin_table(binning: Binning, level: float = 0.95) -> BinTable:
    """Return the table of a binning.

    Parameters
    ----------
    binning : Binning
        The bins.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    BinTable
    """
    events, nonevents = binning.counts
    rows = events + nonevents
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = events / rows
    low, high = np.full(rows.size, np.nan), np.full(rows.size, np.nan)
    used = rows > 0
    low[used], high[used] = wilson_interval(rate[used], rows[used], level)
    half = NORMAL.quantile(level) * weight_of_evidence(events, nonevents)[1]
    return BinTable(
        binning.rule.labels(),
        binning.rule.n_values,
        rows,
        events,
        rate,
        low,
        high,
        binning.woe,
        binning.woe - half,
        binning.woe + half,
        binning.information.parts,
        corrected_counts(events, nonevents)[2],
        level,
    )
