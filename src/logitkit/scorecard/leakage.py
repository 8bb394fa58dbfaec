"""Signs of leakage: variables that know the outcome, because they were written down after it.

No statistic proves a leak. What is listed here is looked up by hand: when was the value known, and who wrote it?

References
----------
Siddiqi, N. (2017) Intelligent Credit Scoring, second edition, chapter 10. Wiley.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import xlog1py

from logitkit.scorecard.bin_table import bin_table
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.level_prebins import LevelPreBins

__all__ = ["HIGH", "IMPLAUSIBLE", "LeakageSign", "leakage_signs"]

#: Information values above the first are to be checked, above the second hardly ever honest.
HIGH, IMPLAUSIBLE = 0.5, 1.0
#: A value of one outcome is named where so many rows of the other rate would be of one outcome this seldom.
SELDOM = 0.001


@dataclass(frozen=True, slots=True)
class LeakageSign:
    """One sign of leakage.

    Parameters
    ----------
    variable : str
        Which.
    kind : {"information", "bad only", "good only", "missing"}
        An information value that is very high; values that only bads or only goods have; a proportion of missing
        values that differs between good and bad beyond the first limit of the information value.
    words : str
        What was found, in words.
    severe : bool
        Whether it hardly ever has an innocent reason.
    """

    variable: str
    kind: str
    words: str
    severe: bool


def leakage_signs(binnings: Mapping[str, Binning]) -> tuple[LeakageSign, ...]:
    """Return signs of leakage of variables.

    Parameters
    ----------
    binnings : mapping of str to Binning
        All variables, also those that a card left out.

    Returns
    -------
    tuple of LeakageSign
        In the order of the variables.
    """
    return tuple(sign for binning in binnings.values() for sign in _of(binning))


def _of(binning: Binning) -> Iterator[LeakageSign]:
    value = binning.information.value
    if value > HIGH:
        limit = IMPLAUSIBLE if value > IMPLAUSIBLE else HIGH
        words = f"Information value {value:.3f}, above {limit:g}: when was it known?"
        yield LeakageSign(binning.name, "information", words, value > IMPLAUSIBLE)
    table = bin_table(binning)
    rate = table.events.sum() / table.rows.sum()
    for label, rows, events in _groups(binning):
        for bads in (True, False):
            if rows > 0 and events == (rows if bads else 0):
                # log of the probability that all of so many rows are of one outcome, at the rate of all rows
                chance = float(np.exp(xlog1py(rows, -(1 - rate) if bads else -rate)))
                if chance < SELDOM:
                    who = "bad" if bads else "good"
                    words = f"{label}: all {rows:,.0f} rows are {who}, by chance with probability {chance:.1g}"
                    yield LeakageSign(binning.name, f"{who} only", words, bads)
    part = float(np.nan_to_num(table.information[-1]))
    if part > HIGH / 2:
        words = f"Missing values alone add {part:.3f} to the information value: who leaves it empty, and when?"
        yield LeakageSign(binning.name, "missing", words, part > HIGH)


def _groups(binning: Binning) -> Iterator[tuple[str, float, float]]:
    """Yield pre-bins of levels, bins of numbers, and special and missing values, with rows and bads."""
    prebins, labels = binning.prebins, binning.rule.labels()
    if isinstance(prebins, LevelPreBins):
        events, nonevents = prebins.events, prebins.nonevents
        own = ("rare levels" if m == prebins.rare else str(group[0]) for m, group in enumerate(prebins.groups))
        names = (*own, *labels[binning.rule.n_values :])
    else:
        (events, nonevents), names = binning.counts, labels
    for label, bad, good in zip(names, events, nonevents, strict=True):
        yield label, float(bad + good), float(bad)
