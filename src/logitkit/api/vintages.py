"""The public function that follows cohorts by months on book."""

from __future__ import annotations

from typing import Any

from logitkit.engine.law import require_level
from logitkit.results.cards.periods import Every
from logitkit.results.cards.vintages import Vintages, vintages_of
from logitkit.results.foreign import in_our_words

__all__ = ["vintages"]


@in_our_words
def vintages(
    data: Any, *, opened: str, event: str, until: Any, every: Every = "quarter", level: float = 0.95
) -> Vintages:
    """Return vintage curves: the proportion of each cohort that has turned bad by months on book.

    Parameters
    ----------
    data : table
        One row per account.
    opened : str
        The column of opening dates; accounts without one are left out and counted.
    event : str
        The column of the dates on which accounts turned bad, missing for those that did not.
    until : date or str
        The date until which events are known. Later events are ignored, and accounts opened later are left out.
    every : {"month", "quarter", "year"}
        The period of opening that defines a cohort.
    level : float, default 0.95
        Confidence level of the Wilson intervals.

    Returns
    -------
    Vintages
        ``table()`` has one row per cohort and month; ``plot()`` draws the curves.

    Raises
    ------
    DataError
        If a column has no dates, if ``until`` is not a date, if an event is before the opening, or if no account was
        opened before ``until``.

    Notes
    -----
    Months on book are calendar months. The denominator is all accounts that were opened, including those repaid since:
    the curve is the cumulative incidence with repayment as a competing event. Months that some accounts of a cohort
    have not reached are left out, so that the curves contain no censored accounts (``docs/maths/stability.md``).

    Examples
    --------
    >>> import pandas as pd
    >>> import logitkit as lk
    >>> opened = pd.to_datetime(["2007-01-05", "2007-01-20", "2007-02-11", "2007-03-02"])
    >>> bad = pd.to_datetime(["2007-03-09", None, "2007-04-30", None])
    >>> table = pd.DataFrame({"opened": opened, "bad": bad})
    >>> found = lk.scorecard.vintages(table, opened="opened", event="bad", until="2007-06-30")
    >>> found.table()["event_rate"].tolist()
    [0.0, 0.0, 0.5, 0.5]
    """
    require_level(level)
    return vintages_of(data, opened, event, until, every, level)
