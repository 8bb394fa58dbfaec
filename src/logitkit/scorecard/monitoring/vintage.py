"""Vintage curves: the proportion of each cohort that turned bad by months on book."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.diagnostics.rows.proportions import wilson_interval
from logitkit.typing import FloatArray, IntArray

__all__ = ["NEVER", "VintageCurves", "vintage_curves"]

#: Months to the event of a row that had none.
NEVER = -1


@dataclass(frozen=True, eq=False)
class VintageCurves:
    """Cumulative bad rates by cohort and months on book.

    Parameters
    ----------
    cohorts : tuple of str
        The cohorts, in order.
    rows : (c,) array
        Rows of each cohort.
    events : (c, t) array
        Rows that were bad by the end of each month on book, from month 0; nan if not all rows have reached it.
    rate, rate_low, rate_high : (c, t) arrays
        Proportions of the cohort that were bad, with Wilson intervals.
    n_later : int
        Number of rows opened after the last month, which are left out.
    until : str
        The last month whose events are known.
    level : float
        Confidence level of the intervals.
    n_undated : int
        Number of rows without an opening date, which are left out.
    """

    cohorts: tuple[str, ...]
    rows: FloatArray
    events: FloatArray
    rate: FloatArray
    rate_low: FloatArray
    rate_high: FloatArray
    n_later: int
    until: str
    level: float
    n_undated: int = 0


def vintage_curves(
    cohorts: tuple[str, ...],
    codes: IntArray,
    to_event: IntArray,
    reached: IntArray,
    *,
    until: str,
    n_later: int = 0,
    level: float = 0.95,
) -> VintageCurves:
    """Return cumulative bad rates of cohorts.

    Parameters
    ----------
    cohorts : tuple of str
        Label of each cohort.
    codes : (n,) int array
        The cohort of each row.
    to_event : (n,) int array
        Months on book at the event, ``NEVER`` without one.
    reached : (n,) int array
        Months on book that each row has reached.
    until : str
        The last month whose events are known.
    n_later : int, default 0
        Number of rows left out because they were opened later.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    VintageCurves
        Events later than ``reached`` are not counted; months that not all rows of a cohort have reached are nan.

    Examples
    --------
    >>> found = vintage_curves(("2007",), np.zeros(4, int), np.array([1, -1, 2, 9]), np.array([3, 2, 4, 2]), until="")
    >>> found.rate.tolist()
    [[0.0, 0.25, 0.5]]
    """
    c = len(cohorts)
    last = np.full(c, np.iinfo(np.int64).max)
    np.minimum.at(last, codes, reached)
    n_months = int(last.max()) + 1
    rows = np.bincount(codes, minlength=c).astype(np.float64)
    known = (to_event != NEVER) & (to_event <= np.minimum(reached, n_months - 1))
    counts = np.bincount(codes[known] * n_months + to_event[known], minlength=c * n_months).reshape(c, n_months)
    drawn = np.arange(n_months)[None, :] <= last[:, None]
    events = np.where(drawn, np.cumsum(counts, axis=1), np.nan)
    rate = events / rows[:, None]
    low, high = np.full_like(rate, np.nan), np.full_like(rate, np.nan)
    low[drawn], high[drawn] = wilson_interval(rate[drawn], np.broadcast_to(rows[:, None], rate.shape)[drawn], level)
    return VintageCurves(cohorts, rows, events, rate, low, high, n_later, until, level)
