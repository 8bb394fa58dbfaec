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
    r"""Observed event rate and mean prediction in each of b bins.

    Parameters
    ----------
    n : (b,) array
        Total weight of each bin; the number of observations when weights are counts.
    predicted, observed : (b,) array
        Mean predicted probability, and observed rate of events.
    low, high : (b,) array
        Wilson interval for the observed rate. With sampling weights it uses Kish's effective sample size
        :math:`(\sum w)^2 / \sum w^2`; it is nan with precision weights and with clusters.
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
    """Check a number of bins or given bin edges, and return them.

    Parameters
    ----------
    bins : int or sequence of float
        Number of bins, or their edges.
    binning : {'count', 'width'}
        Whether the bins hold about equal numbers of rows or have equal widths.

    Returns
    -------
    int or (b + 1,) array
        The edges if the bins have equal widths or edges were given; otherwise the number of bins.

    Raises
    ------
    DataError
        If the number is not a whole number of at least 2, or the edges are not in ascending order within [0, 1].

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
    """Return the sums over the rows of each nonempty bin.

    Parameters
    ----------
    rows : InOrder
        Rows in order.
    number : int
        Number of the ranking.
    bins : int or (b + 1,) array
        Result of ``require_bins``.

    Returns
    -------
    Grouped
        One group per nonempty bin. Bins with given edges include their upper edge; the first also includes its lower
        edge.

    Raises
    ------
    DataError
        If predictions lie outside the edges.

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
    """Return the observed event rate and the mean prediction of each bin.

    Parameters
    ----------
    groups : Grouped
        Sums of weights, events, expected events and squared weights in each bin.
    response : Response
        Response of any of the rows; it says what the weights mean.
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
