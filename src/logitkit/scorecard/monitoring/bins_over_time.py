"""The bins of a variable period by period: proportions of rows, bad rates, weights of evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from logitkit.diagnostics.rows.proportions import effective_observations, wilson_interval
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.criteria import information_value, weight_of_evidence
from logitkit.scorecard.monitoring.card_stability import NOT_SEEN
from logitkit.scorecard.monitoring.index import Resampled, Sample, StabilityIndex, stability_index
from logitkit.scorecard.monitoring.periods import Periods
from logitkit.scorecard.target import Target
from logitkit.scorecard.weighting import UNWEIGHTED, RowWeights, Weighting, weighting_of
from logitkit.typing import FloatArray, IntArray

__all__ = ["Base", "BinsByPeriod", "bins_by_period"]

Base = Literal["development", "first"]


@dataclass(frozen=True, eq=False)
class BinsByPeriod:
    """Bins of a variable over time.

    Parameters
    ----------
    name : str
        The variable.
    labels : tuple of str
        The bins; the last is for levels that did not occur when the bins were made.
    n_values : int
        Number of bins that hold ordinary values.
    periods : tuple of str
        In order.
    base_rate : (k + 1,) array
        Bad rates of the rows from which the bins were made; nan without rows.
    rows : (t, k + 1) array
        Rows by period and bin.
    known, events : (t, k + 1) arrays
        Rows with an outcome, and bad rows among them; zero if no outcome was given.
    rate, rate_low, rate_high : (t, k + 1) arrays
        Bad rates with Wilson intervals; nan without outcomes.
    woe : (t, k + 1) array
        Weights of evidence of each period; nan without outcomes.
    information : (t,) array
        Information values of each period; nan without both outcomes.
    reversals : (t,) int array
        Number of pairs of neighbouring ordinary bins whose bad rates have the opposite order to that in the rows from
        which the bins were made.
    indices : tuple of StabilityIndex or None
        Index of each period against the base; None for the first period if it is the base.
    level : float
        Confidence level of the intervals.
    weighting : Weighting
        Meaning of the weights of the rows.
    """

    name: str
    labels: tuple[str, ...]
    n_values: int
    periods: tuple[str, ...]
    base_rate: FloatArray
    rows: FloatArray
    known: FloatArray
    events: FloatArray
    rate: FloatArray
    rate_low: FloatArray
    rate_high: FloatArray
    woe: FloatArray
    information: FloatArray
    reversals: FloatArray
    indices: tuple[StabilityIndex | None, ...]
    level: float
    weighting: Weighting = UNWEIGHTED

    @property
    def has_outcomes(self) -> bool:
        """Whether any period has outcomes."""
        return bool(self.known.any())


def bins_by_period(
    binning: Binning,
    values: Any,
    periods: Periods,
    target: Target | None,
    how: tuple[Base, Resampled],
    weights: RowWeights | None = None,
) -> BinsByPeriod:
    """Return the bins of a variable over time.

    Parameters
    ----------
    binning : Binning
        The bins.
    values : (n,) Series
        Values of the variable.
    periods : Periods
        The period of each row.
    target : Target or None
        Which of the rows are bad, and which have no outcome.
    how : ({"development", "first"}, Resampled)
        What periods are compared with: the rows that the bins were made from, or the first period; and level,
        replicates and seed of the intervals.
    weights : RowWeights, optional
        Weights of the rows.

    Returns
    -------
    BinsByPeriod
    """
    base, resampled = how
    level = resampled.level
    codes = binning.codes(values)
    places = np.where(codes < 0, binning.rule.n_codes, codes) + periods.codes * (binning.rule.n_codes + 1)
    t, k = len(periods.labels), binning.rule.n_codes + 1
    w = np.ones(codes.size) if weights is None else weights.values
    sampling = weights is not None and weights.sampling

    def table(which: IntArray | slice, values: FloatArray) -> FloatArray:
        return np.bincount(places[which], values[which], t * k).reshape(t, k).astype(np.float64)

    rows = table(slice(None), w)
    spread = table(slice(None), w**2) if sampling else None
    known, events = np.zeros_like(rows), np.zeros_like(rows)
    if target is not None:
        known, events = table(target.rows, w), table(target.rows[target.bad], w)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = events / known
    low, high = np.full_like(rate, np.nan), np.full_like(rate, np.nan)
    some = known > 0
    size = known
    if sampling and target is not None:
        squares = table(target.rows[target.bad], w**2), table(target.rows[~target.bad], w**2)
        size = effective_observations(rate, known, *squares)
    low[some], high[some] = wilson_interval(rate[some], size[some], level)
    bad, good = (np.append(counts, 0.0) for counts in binning.counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        base_rate = bad / (bad + good)
    unit = np.ones(t) if spread is None else spread.sum(axis=1) / rows.sum(axis=1)
    woe, information = _evidence(binning, events / unit[:, None], (known - events) / unit[:, None])
    counted = [Sample(rows[i], None if spread is None else spread[i]) for i in range(t)]
    first = Sample(bad + good) if base == "development" else counted[0]
    labels = (*binning.rule.labels(), NOT_SEEN)
    indices = tuple(
        None if base == "first" and i == 0 else stability_index(first, counted[i], labels, periods.labels[i], resampled)
        for i in range(t)
    )
    n = binning.rule.n_values
    turned = np.diff(rate[:, :n], axis=1) * np.diff(base_rate[:n])[None, :] < 0
    return BinsByPeriod(
        binning.name,
        labels,
        n,
        periods.labels,
        base_rate,
        rows,
        known,
        events,
        rate,
        low,
        high,
        woe,
        information,
        turned.sum(axis=1),
        tuple(None if index is None else replace(index, name=binning.name) for index in indices),
        level,
        weighting_of(weights, codes.size),
    )


def _evidence(binning: Binning, events: FloatArray, nonevents: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return weights of evidence and information values of each period that has both outcomes."""
    woe, information = np.full_like(events, np.nan), np.full(events.shape[0], np.nan)
    for i in range(events.shape[0]):
        if events[i].any() and nonevents[i].any():
            woe[i] = binning.sign * weight_of_evidence(events[i], nonevents[i])[0]
            information[i] = information_value(events[i], nonevents[i]).value
    return woe, information
