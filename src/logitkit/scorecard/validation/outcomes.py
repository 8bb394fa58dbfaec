"""Scored rows with their outcomes: the bridge from a card to the diagnostics of events and non-events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from logitkit.diagnostics.discrimination.roc import RocCurve, roc_curve
from logitkit.diagnostics.rows.ranking import merge_rounding
from logitkit.errors import DataError
from logitkit.scorecard.weighting import RowWeights, Weighting, weighting_of
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
        Numbers of bads and goods with these points.
    expected : (k,) array
        Sums of the predicted probabilities of bad.
    bad_spread, good_spread : (k,) arrays
        Sums of the spreads of their weights: the counts themselves, or of sampling weights the sums of squares.
    """

    points: FloatArray
    bad: FloatArray
    good: FloatArray
    expected: FloatArray
    bad_spread: FloatArray
    good_spread: FloatArray

    @property
    def rows(self) -> FloatArray:
        """Rows at each number of points, shape (k,)."""
        return self.bad + self.good

    @property
    def spread(self) -> FloatArray:
        """Sums of the spreads of the weights, shape (k,)."""
        return self.bad_spread + self.good_spread


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
        True for rows that are bad.
    safer : int
        1 if more points are safer, -1 if fewer are.
    n_left_out : float
        Number of rows without an outcome, or with one that is neither good nor bad.
    weights : RowWeights or None
        Weights, all above zero; None where all are one.
    of_card : bool
        Whether the card was made with weights.
    """

    points: FloatArray
    log_odds: FloatArray
    bad: BoolArray
    safer: int = 1
    n_left_out: float = 0
    weights: RowWeights | None = None
    of_card: bool = False

    def __post_init__(self) -> None:
        """Refuse no rows at all."""
        if self.bad.size == 0:
            raise DataError("No row has an outcome: there is nothing to validate.")

    @property
    def n(self) -> float:
        """Number of rows; a whole number unless there are sampling weights."""
        return self.total(np.ones(self.bad.size, dtype=bool))

    @cached_property
    def n_bad(self) -> float:
        """Number of bads."""
        return self.total(self.bad)

    @property
    def w(self) -> FloatArray:
        """Weights of the rows, shape (n,)."""
        return np.ones(self.bad.size) if self.weights is None else self.weights.values

    @property
    def spread(self) -> FloatArray:
        """Their spreads, shape (n,)."""
        return np.ones(self.bad.size) if self.weights is None else self.weights.spread

    @property
    def sampling(self) -> bool:
        """Whether weights are those of sampling."""
        return self.weights is not None and self.weights.sampling

    @property
    def weighting(self) -> Weighting:
        """Meaning of the weights."""
        return weighting_of(self.weights, self.bad.size, self.of_card)

    def total(self, which: BoolArray) -> float:
        """Return how many rows these are: a sum of weights."""
        if self.weights is None:
            return int(np.count_nonzero(which))
        found = float(self.weights.values[which].sum())
        return found if self.weights.sampling else int(found)

    def among(self, rows: IntArray | BoolArray) -> ScoredRows:
        """Return some of the rows."""
        weights = None if self.weights is None else self.weights.at(rows)
        return replace(
            self,
            points=self.points[rows],
            log_odds=self.log_odds[rows],
            bad=self.bad[rows],
            n_left_out=0,
            weights=weights,
        )

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
        """Rows by their points; rounding differences are ignored."""
        order = np.argsort(-self.safer * self.points, kind="stable")[::-1]
        merged = merge_rounding(-self.safer * self.points[order][::-1])[::-1]
        first = np.flatnonzero(np.concatenate([[True], merged[1:] != merged[:-1]]))
        bad, w, spread = self.bad[order], self.w[order], self.spread[order]
        parts = (w * bad, w * ~bad, w * self.probability[order], spread * bad, spread * ~bad)
        sums = [np.add.reduceat(values, first) for values in parts]
        return Tally(-self.safer * merged[first] + 0.0, *sums)

    def curve(self, level: float) -> RocCurve:
        """Return the ROC curve of the points, with thresholds in points."""
        tally = self.tally
        squares = (tally.bad_spread[::-1], tally.good_spread[::-1]) if self.sampling else None
        risk = -self.safer * tally.points[::-1]
        return roc_curve(risk, tally.bad[::-1], tally.good[::-1], level=level, squares=squares)


def group_totals(place: IntArray, values: FloatArray, n_groups: int) -> FloatArray:
    """Return the sum of the values of each of so many groups, zero in those that are empty."""
    return np.bincount(place, values, n_groups).astype(np.float64)
