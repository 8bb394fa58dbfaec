"""Signs of leakage: variables that know the outcome, because they were written down after it.

No statistic proves a leak. What is listed here is looked up by hand: when was the value known, and who wrote it?

References
----------
Siddiqi, N. (2017) Intelligent Credit Scoring, second edition. Wiley.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import xlog1py

from logitkit.scorecard.bin_table import bin_table
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.level_prebins import LevelPreBins
from logitkit.scorecard.prebins import NumberPreBins
from logitkit.scorecard.rules import number_label

__all__ = ["HIGH", "IMPLAUSIBLE", "LeakageSign", "leakage_signs"]

#: Information values above the first are to be checked, above the second hardly ever honest.
HIGH, IMPLAUSIBLE = 0.5, 1.0
#: Rows of one outcome are named where this happens by chance so seldom, among all places that were looked at.
SELDOM = 0.001


@dataclass(frozen=True, slots=True)
class LeakageSign:
    """One sign of leakage.

    Parameters
    ----------
    variable : str
        Name of the variable.
    kind : {"information", "bad only", "good only", "missing"}
        A very high information value; values that only bads or only goods have; or a proportion of missing values that
        differs between goods and bads by more than the first limit of the information value.
    words : str
        The finding, in words.
    severe : bool
        Whether the sign rarely has a cause other than leakage.
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
        The signs, in the order of the variables.
    """
    return tuple(sign for binning in binnings.values() for sign in _of(binning))


def _of(binning: Binning) -> Iterator[LeakageSign]:
    value = binning.information.value
    if value > HIGH:
        limit = IMPLAUSIBLE if value > IMPLAUSIBLE else HIGH
        words = (
            f"Information value {value:.3f}, above {limit:g} ({binning.information.by_chance:.3f} by chance): when was "
            "it known?"
        )
        yield LeakageSign(binning.name, "information", words, value > IMPLAUSIBLE)
    table = bin_table(binning)
    rate = table.events.sum() / table.rows.sum()
    groups, tries = _groups(binning)
    for label, rows, events in groups:
        for bads in (True, False):
            if rows > 0 and events == (rows if bads else 0):
                # the probability that all of so many rows are of one outcome, at the rate of all rows
                chance = min(1.0, tries * float(np.exp(xlog1py(rows, -(1 - rate) if bads else -rate))))
                if chance < SELDOM:
                    who = "bad" if bads else "good"
                    words = f"{label}: all {rows:,.0f} rows are {who}, by chance with probability below {chance:.1g}"
                    yield LeakageSign(binning.name, f"{who} only", words, bads)
    part = float(np.nan_to_num(table.information[-1]))
    if part > HIGH / 2:
        words = f"Missing values alone add {part:.3f} to the information value: who leaves it empty, and when?"
        yield LeakageSign(binning.name, "missing", words, part > HIGH)


def _groups(binning: Binning) -> tuple[list[tuple[str, float, float]], float]:
    """Return what may hold rows of one outcome alone, with rows and bads, and among how many such it was sought.

    Of levels these are the levels themselves; of numbers the longest runs of neighbouring pre-bins, of all intervals.
    Bins are no help: a variable that parts good and bad completely has one, for each must hold both.
    """
    prebins, labels = binning.prebins, binning.rule.labels()
    apart = labels[binning.rule.n_values :]
    bad, good, n = prebins.events, prebins.nonevents, prebins.n
    if isinstance(prebins, LevelPreBins):
        own = [
            ("rare levels" if m == prebins.rare else str(group[0]), m, m + 1) for m, group in enumerate(prebins.groups)
        ]
        tries = float(n)
    else:
        kind = np.where(good[:n] == 0, 1, np.where(bad[:n] == 0, -1, 0))
        ends = [0, *(np.flatnonzero(np.diff(kind)) + 1).tolist(), n]
        own = [(_interval(prebins, a, b), a, b) for a, b in pairwise(ends)]
        tries = n * (n + 1) / 2
    every = [*own, *((label, n + m, n + m + 1) for m, label in enumerate(apart))]
    sums = [(label, float(bad[a:b].sum()), float(good[a:b].sum())) for label, a, b in every]
    return [(label, events + others, events) for label, events, others in sums], tries + len(apart)


def _interval(prebins: NumberPreBins, first: int, end: int) -> str:
    """Return what the values of neighbouring pre-bins are called."""
    low = None if first == 0 else number_label(prebins.cut(first))
    high = None if end == prebins.n else number_label(prebins.cut(end))
    if low is None:
        return "all values" if high is None else f"below {high}"
    return f"{low} and above" if high is None else f"{low} to below {high}"
