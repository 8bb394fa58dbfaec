"""A variable in bins: the rule that finds them, their counts, the weight of evidence that a value is scored with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from logitkit.design.table.frame import holds_numbers
from logitkit.errors import DataError
from logitkit.scorecard.criteria import InformationValue, information_value, weight_of_evidence
from logitkit.scorecard.kinds import require_variable, shown
from logitkit.scorecard.level_prebins import LevelPreBins, level_prebins
from logitkit.scorecard.optimal import OrderedCounts, Partition, best_partition
from logitkit.scorecard.prebins import NumberPreBins, number_prebins
from logitkit.scorecard.rules import LevelRule, NumberRule, Rule
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.trail import Edit
from logitkit.typing import BoolArray, CodeArray, FloatArray

__all__ = ["Binning", "Members", "PreBins", "binning_from", "binning_of"]

PreBins = NumberPreBins | LevelPreBins
Members = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Binning:
    """A variable in bins.

    Parameters
    ----------
    name : str
        Name of the variable.
    prebins : NumberPreBins or LevelPreBins
        The finest bins, with their counts.
    members : tuple of tuples of int
        The pre-bins of each bin of ordinary values.
    stated : Bins
        The stated options.
    partition : Partition
        The optimal bins, before any edit.
    edits : tuple of Edit
        Changes made by hand, in order.
    rank_error : float
        Largest error of the number of rows below a cut point; 0 if ranks are exact.
    """

    name: str
    prebins: PreBins
    members: Members
    stated: Bins
    partition: Partition
    edits: tuple[Edit, ...] = ()
    rank_error: float = 0.0

    @cached_property
    def rule(self) -> Rule:
        """The rule that assigns a value to a bin."""
        prebins = self.prebins
        if isinstance(prebins, NumberPreBins):
            return NumberRule(tuple(prebins.cut(own[0]) for own in self.members[1:]), self.stated.special)
        groups = tuple(tuple(level for m in own for level in prebins.groups[m]) for own in self.members)
        rare = [m for m, own in enumerate(self.members) if prebins.rare in own]
        return LevelRule(groups, self.stated.special, rare[0] if rare else None)

    @cached_property
    def counts(self) -> tuple[FloatArray, FloatArray]:
        """Events and non-events of all bins, special and missing ones last; each of shape (k,)."""
        joined = [
            np.array([*(float(all_[list(own)].sum()) for own in self.members), *all_[self.prebins.n :]])
            for all_ in (self.prebins.events, self.prebins.nonevents)
        ]
        return joined[0], joined[1]

    @property
    def sign(self) -> float:
        """1 if the weight of evidence is ln(goods / bads), -1 if it is ln(bads / goods)."""
        return 1.0 if self.stated.woe == "good/bad" else -1.0

    @cached_property
    def woe(self) -> FloatArray:
        """Weight of evidence with which values of each bin are scored; nan if they are refused."""
        woe = self.sign * weight_of_evidence(*self.counts)[0]
        empty = np.isnan(woe)
        if self.stated.empty == "neutral":
            woe[empty] = 0.0
        elif self.stated.empty == "worst":
            woe[empty] = np.nanmin(woe) if self.sign > 0 else np.nanmax(woe)
        return woe

    @cached_property
    def information(self) -> InformationValue:
        """Information value of all bins."""
        return information_value(*self.counts)

    @property
    def most_by_chance(self) -> float | None:
        """Mean information value of separate but unrelated levels in large samples; None if an order is given.

        Separate levels have the largest information value of all ways to bin them.
        """
        if not self.prebins.by_rate:
            return None
        aside = self.prebins.events[self.prebins.n :] + self.prebins.nonevents[self.prebins.n :]
        n_apart = self.prebins.n + int((aside > 0).sum())
        return float((n_apart - 1) * (1.0 / self.prebins.events.sum() + 1.0 / self.prebins.nonevents.sum()))

    def codes(self, values: Any) -> CodeArray:
        """Return the bin of each value; -1 for a level that did not occur when the bins were made."""
        return self.rule.codes(values, self.name)

    def transform(self, values: Any) -> FloatArray:
        """Return the weight of evidence of each value, by the stated policies for unseen levels and empty bins.

        Parameters
        ----------
        values : (n,) Series
            Values of the variable.

        Returns
        -------
        (n,) array
            Weights of evidence, exactly those of the table.

        Raises
        ------
        DataError
            If a level did not occur and ``unseen="raise"``, or if a bin has no rows and ``empty="raise"``.
        """
        codes = self.codes(values)
        found = self.woe_at_scoring[codes]
        if np.isnan(found).any():
            self.refuse_first(values, codes)
        return found

    @cached_property
    def woe_at_scoring(self) -> FloatArray:
        """The weight of evidence by code, shape (k + 1,): the last is that of a level that was not there (code -1)."""
        return np.append(self.woe, self.of_unseen(self.woe))

    def refuse_first(self, values: Any, codes: CodeArray) -> None:
        """Refuse values that have no weight of evidence, naming the first of them."""
        refused = np.isnan(self.woe_at_scoring[codes])
        row = int(np.argmax(refused))
        self._refuse(values.iloc[row], int(codes[row]), int(refused.sum()), row)

    def of_unseen(self, by_bin: FloatArray) -> float:
        """Return what a level that was not there is scored with, from values of the bins; nan where it is refused."""
        policy, rule = self.stated.unseen, self.rule
        if policy == "neutral":
            return 0.0
        if policy == "missing":
            return float(by_bin[-1])
        if policy == "rare" and isinstance(rule, LevelRule) and rule.rare is not None:
            return float(by_bin[rule.rare])
        return np.nan

    def _refuse(self, value: Any, code: int, n: int, row: int) -> None:
        where = f"{self.name!r}, row {row}" + (f" and {n - 1} more" if n > 1 else "")
        if code >= 0 or self.stated.unseen == "missing":
            kind = "a missing value" if code in (-1, self.rule.n_codes - 1) else f"the special value {shown(value)}"
            raise DataError(
                f"{where}: {kind}, and none was there when the bins were made. State empty='neutral' or 'worst', or "
                "complete the value."
            )
        pool = " There is no pool of rare levels." if self.stated.unseen == "rare" else ""
        raise DataError(
            f"{where}: level {shown(value)} was not there when the bins were made.{pool} State unseen='neutral', "
            "'missing' or 'rare'."
        )


def binning_of(
    values: Any, bad: BoolArray, bins: Bins | None = None, *, name: str, weights: FloatArray | None = None
) -> Binning:
    """Return a variable in the bins that are best by a criterion.

    Parameters
    ----------
    values : (n,) Series
        Numbers, or levels: text, categories, booleans.
    bad : (n,) array of bool
        Events.
    bins : Bins, optional
        Criterion and constraints.
    name : str
        Name of the variable.
    weights : (n,) array, optional
        Weights of the rows; counts are their sums.

    Returns
    -------
    Binning

    Examples
    --------
    >>> import pandas as pd
    >>> age = pd.Series([19.0, 23, 25, 31, 38, 44, 52, 60] * 20)
    >>> bad = np.array([1, 1, 0, 1, 0, 0, 0, 0] * 10 + [1, 0, 1, 0, 1, 0, 0, 0] * 10, dtype=bool)
    >>> found = binning_of(age, bad, Bins(max_bins=3, min_size=0.2), name="age")
    >>> found.rule.labels()[:-1], found.partition.shape
    (('below 25', '25 to below 38', '38 and above'), 'down')
    """
    stated = bins or Bins()
    bad = np.asarray(bad, dtype=bool)
    if bad.size != len(values):
        raise DataError(f"{name!r} has {len(values)} rows and the target has {bad.size}; they must agree.")
    if not bad.any() or bad.all():
        raise DataError(f"{name!r}: all rows are {'bad' if bad.all() else 'good'}. Bins compare the two.")
    require_variable(values, name)
    given = np.empty(0) if weights is None else weights
    if holds_numbers(values) and stated.order is None:
        prebins: PreBins = number_prebins(values, bad, given, stated, name)
    else:
        prebins = level_prebins(values, bad, given, stated, name)
    return binning_from(prebins, stated, name)


def binning_from(prebins: PreBins, stated: Bins, name: str, rank_error: float = 0.0) -> Binning:
    """Return the best bins of given pre-bins.

    Parameters
    ----------
    prebins : NumberPreBins or LevelPreBins
        With their counts.
    stated : Bins
        Criterion and constraints.
    name : str
        Name of the variable.
    rank_error : float, default 0
        The largest error of the number of rows below a cut point.

    Returns
    -------
    Binning
    """
    shape = "none" if prebins.by_rate and stated.shape == "auto" else stated.shape
    if prebins.by_rate and shape not in ("none", "up"):
        raise DataError(
            f"shape={stated.shape!r}: the levels of {name!r} have no order but that of their event rates. "
            "Give one by order=, or an ordered categorical."
        )
    n = prebins.n
    totals = (float(prebins.events.sum()), float(prebins.nonevents.sum()))
    ordered = OrderedCounts(prebins.events[:n], prebins.nonevents[:n], totals, prebins.fixed)
    partition = best_partition(ordered, stated, shape, name)
    ends = partition.boundaries
    members = tuple(tuple(range(int(a), int(b))) for a, b in pairwise(ends))
    return Binning(name, prebins, members, stated, partition, rank_error=rank_error)
