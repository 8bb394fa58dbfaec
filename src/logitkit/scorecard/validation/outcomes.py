"""Scored rows with their outcomes: the bridge from a card to the diagnostics of events and non-events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from logitkit.diagnostics.ranking import merge_rounding
from logitkit.diagnostics.roc import RocCurve, roc_curve
from logitkit.errors import DataError
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["ScoredRows", "Tally", "group_totals"]


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Bads and goods at each distinct number of points, the riskiest first.

    Parameters
    ----------
    points : (k,) array
        Distinct points.
    bad, good : (k,) arrays
        How many rows have them.
    expected : (k,) array
        Sums of the predicted probabilities of bad.
    """

    points: FloatArray
    bad: FloatArray
    good: FloatArray
    expected: FloatArray

    @property
    def rows(self) -> FloatArray:
        """Rows at each number of points, shape (k,)."""
        return self.bad + self.good


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Rows that a card has scored and that are good or bad.

    Parameters
    ----------
    points : (n,) array
        Points of the card.
    log_odds : (n,) array
        The logit of bad.
    bad : (n,) array of bool
        Which rows are bad.
    safer : int
        1 where more points are safer, -1 where fewer are.
    n_left_out : int
        Rows without an outcome, or with one that is neither.
    """

    points: FloatArray
    log_odds: FloatArray
    bad: BoolArray
    safer: int = 1
    n_left_out: int = 0

    def __post_init__(self) -> None:
        """Refuse no rows at all."""
        if self.bad.size == 0:
            raise DataError("No row has an outcome: there is nothing to validate.")

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.bad.size

    @property
    def n_bad(self) -> int:
        """Number of bads."""
        return int(np.count_nonzero(self.bad))

    @property
    def rate(self) -> float:
        """Bad rate."""
        return self.n_bad / self.n

    @property
    def probability(self) -> FloatArray:
        """Predicted probability of bad, shape (n,)."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.log_odds)))

    @cached_property
    def tally(self) -> Tally:
        """Rows by their points; differences of rounding are none."""
        order = np.argsort(-self.safer * self.points, kind="stable")[::-1]
        merged = merge_rounding(-self.safer * self.points[order][::-1])[::-1]
        first = np.flatnonzero(np.concatenate([[True], merged[1:] != merged[:-1]]))
        bad = self.bad[order].astype(np.float64)
        sums = [np.add.reduceat(values, first) for values in (bad, 1.0 - bad, self.probability[order])]
        return Tally(-self.safer * merged[first] + 0.0, *sums)

    def curve(self, level: float) -> RocCurve:
        """Return the ROC curve of the points, with thresholds in points."""
        tally = self.tally
        return roc_curve(-self.safer * tally.points, tally.bad, tally.good, level=level)


def group_totals(place: IntArray, values: FloatArray, n_groups: int) -> FloatArray:
    """Return the sum of the values of each of so many groups, zero in those that are empty."""
    return np.bincount(place, values, n_groups).astype(np.float64)
