"""Observed rates against mean predictions in bins of predicted probability.

Bins hold about equal numbers of rows, or are equally wide, or lie between ends that are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from logitkit.design.response.response import Response
from logitkit.diagnostics.rows.ordering import Grouped, InOrder, grouped
from logitkit.diagnostics.rows.proportions import independent_observations, wilson_interval
from logitkit.errors import DataError
from logitkit.models.links import LOGIT
from logitkit.options import is_count, require_choice
from logitkit.typing import FloatArray

__all__ = ["Binning", "CalibrationBins", "Ends", "binned_rows", "calibration_bins", "require_bins"]

Binning = Literal["count", "width"]
Ends: TypeAlias = int | Sequence[float]


@dataclass(frozen=True)
class CalibrationBins:
    r"""Observed rate against mean prediction in b bins of about equal count.

    Parameters
    ----------
    n : (b,) array
        Weight of each bin: observations, when weights are counts.
    predicted, observed : (b,) array
        Mean predicted probability, and observed rate of events.
    low, high : (b,) array
        Wilson's interval for the rate. With sampling weights it rests on Kish's effective size
        :math:`(\sum w)^2 / \sum w^2`; nan with precision weights and with clusters.
    level : float
        Confidence level.

    Examples
    --------
    >>> bins = CalibrationBins(*(np.array([v]) for v in (10.0, 0.4, 0.5, 0.24, 0.76)), level=0.95)
    >>> bool((bins.low < bins.observed).all() and (bins.observed < bins.high).all())
    True
    """

    n: FloatArray
    predicted: FloatArray
    observed: FloatArray
    low: FloatArray
    high: FloatArray
    level: float


def require_bins(bins: Any, binning: str) -> int | FloatArray:
    """Return a number of bins, or the ends of bins that are given, once they are known to be right.

    Parameters
    ----------
    bins : int or sequence of float
        How many, or where they end.
    binning : {'count', 'width'}
        Whether so many bins hold about equal numbers of rows, or are equally wide.

    Returns
    -------
    int or (b + 1,) array
        Ends of bins that are equally wide, or were given; else the number.

    Raises
    ------
    DataError
        If the number is not whole and at least 2, or ends do not ascend from 0 or more to 1 or less.

    Examples
    --------
    >>> require_bins(4, "width").tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    require_choice("binning", binning, ("count", "width"))
    if np.ndim(bins) == 0:
        if not is_count(bins, 2):
            raise DataError(f"bins={bins!r:.60} must be a whole number of at least 2, or the ends of bins.")
        return int(bins) if binning == "count" else np.linspace(0.0, 1.0, int(bins) + 1)
    try:
        ends = np.asarray(bins, dtype=np.float64)
    except (TypeError, ValueError):
        ends = np.empty(0)
    inside = ends.ndim == 1 and ends.size > 1 and bool((np.diff(ends) > 0.0).all() and ends[0] >= 0.0 and ends[-1] <= 1)
    if not inside:
        raise DataError(f"bins={bins!r:.60} must ascend within 0 and 1: these are ends of bins of probabilities.")
    return ends


def binned_rows(rows: InOrder, number: int, bins: int | FloatArray) -> Grouped:
    """Return what is summed over the rows of each bin that has any.

    Parameters
    ----------
    rows : InOrder
        Rows in order.
    number : int
        Of the ranking.
    bins : int or (b + 1,) array
        From ``require_bins``.

    Returns
    -------
    Grouped
        Bins between ends that are given hold their upper end, and the first its lower end too.

    Raises
    ------
    DataError
        If predictions lie beyond the ends.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [0, 0, 1, 1]})
    >>> fit.calibration(bins=[0.0, 0.6, 1.0]).bins.n.tolist()
    [4.0]
    """
    if isinstance(bins, int):
        return grouped(rows, number, bins)
    size = bins.size - 1
    sums = np.zeros((rows.totals[number].size, size))
    lowest, highest = np.full(size, np.inf), np.full(size, -np.inf)
    for block in rows.blocks(number):
        mu = LOGIT.inverse(block.scores)
        place = np.maximum(np.searchsorted(bins, mu, side="left") - 1, 0)
        if mu[0] < bins[0] or mu[-1] > bins[-1]:
            raise DataError(
                f"Predictions from {mu[0]:.3g} to {mu[-1]:.3g} lie beyond the ends of bins, {bins[0]:g} and "
                f"{bins[-1]:g}: begin with 0 and end with 1."
            )
        sums += np.stack([np.bincount(place, each, size) for each in block.sums])
        np.minimum.at(lowest, place, mu)
        np.maximum.at(highest, place, mu)
    some = sums[0] > 0.0
    return Grouped(sums[:, some], lowest[some], highest[some], None)


def calibration_bins(groups: Grouped, response: Response, level: float) -> CalibrationBins:
    """Return observed rate against mean prediction in bins of about equal count.

    Parameters
    ----------
    groups : Grouped
        Weights, events, expected events and squared weights by bin.
    response : Response
        Of some of the rows, for what their weights mean.
    level : float
        Confidence level.

    Returns
    -------
    CalibrationBins
        The table.

    Examples
    --------
    >>> sums, half = np.array([[4.0], [2.0], [2.0], [4.0]]), np.full(1, 0.5)
    >>> calibration_bins(Grouped(sums, half, half, None), Response(half), 0.95).observed.tolist()
    [0.5]
    """
    n, events, expected, squares = groups.sums[:4]
    # Rounding may carry the proportion of a bin that holds events only past 1.
    observed = np.minimum(events / n, 1.0)
    low, high = wilson_interval(observed, independent_observations(response, n, squares), level)
    return CalibrationBins(n, expected / n, observed, low, high, level)
