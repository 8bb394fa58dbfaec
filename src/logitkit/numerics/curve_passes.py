r"""One pass over sorted scores: the area under the ROC curve, what its error rests on, and the points of the curve.

Scores come in ascending blocks. With the weight of events and non-events seen so far, the proportion of non-events
below each score and of events above it, its *placements*, are known at once. The area is their mean over events; the
variances of DeLong are their variances over events and over non-events, which blocks merge as Chan, Golub and LeVeque
do: each has its mean and the sum of squares about it, and nothing cancels.

The curve turns at most once a score. Where that is too often, it is thinned: the way from (0, 0) to (1, 1), measured
along both axes, is cut into equal cells, and the first and the last point in each are kept. A curve that rises goes
from the first to the last within the rectangle that they span, so that the area between it and the chord is at most
half of the rectangle; what is between cells is one step, which is kept. The bound is the sum of these halves.

References
----------
DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988) Biometrics 44, 837-845.
Chan, T. F., Golub, G. H. and LeVeque, R. J. (1983) Algorithms for computing the sample variance. The American
Statistician 37, 242-247.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.numerics.kernels.ranks import curve_pass
from logitkit.numerics.pooled import Pooled
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Moments", "Passed"]


@dataclass(frozen=True)
class Moments:
    """Moments of weighted values.

    Parameters
    ----------
    weight, mean, squares : float
        Sum of the weights, mean, and sum of squares about the mean.

    Examples
    --------
    >>> both = Moments.of(np.ones(2), np.array([1.0, 2.0])).plus(Moments.of(np.ones(1), np.array([6.0])))
    >>> both.weight, both.mean, both.squares
    (3.0, 3.0, 14.0)
    """

    weight: float = 0.0
    mean: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, weights: FloatArray, values: FloatArray) -> Moments:
        """Return the moments of values."""
        weight = float(weights.sum())
        if weight == 0.0:
            return cls()
        mean = float(weights @ values / weight)
        return cls(weight, mean, float(weights @ (values - mean) ** 2))

    def plus(self, other: Moments) -> Moments:
        """Return the moments of both."""
        if 0.0 in (self.weight, other.weight):
            return self if other.weight == 0.0 else other
        weight, gap = self.weight + other.weight, other.mean - self.mean
        squares = self.squares + other.squares + gap**2 * self.weight * other.weight / weight
        return Moments(weight, self.mean + gap * other.weight / weight, squares)

    def about(self, centre: float) -> float:
        """Return the sum of squares about a value."""
        return self.squares + self.weight * (self.mean - centre) ** 2


class Passed:
    """What was found of the scores so far.

    Parameters
    ----------
    totals : (2,) or (4,) array
        Weight of all events and non-events, and with sampling weights the sums of their squares.
    points : int or None
        Points of the curve beyond which it is thinned.
    """

    def __init__(self, totals: FloatArray, points: int | None = None) -> None:
        self.totals = np.asarray(totals, dtype=np.float64)
        self.curve = CurvePoints(float(totals[0]), float(totals[1]), points)
        self.ks, self.ks_threshold = -1.0, math.nan
        self.tied = 0.0  # half the proportion of pairs of an event and a non-event with the same score
        self._seen: FloatArray = np.zeros(2)
        self._moments = [Moments()] * len(totals)

    def add(self, block: Pooled) -> None:
        """Take the next scores."""
        used = block.sums[0] + block.sums[1] > 0.0
        if not used.any():
            return
        scores, sums = (block.scores, block.sums) if used.all() else (block.scores[used], block.sums[:, used])
        here = sums[:2].sum(axis=1)
        later = np.maximum(self.totals[:2] - self._seen - here, 0.0)
        moments, reached, turns, (widest, place, tied) = curve_pass(
            np.ascontiguousarray(sums), self.totals, self._seen, later
        )
        self._moments = [one.plus(Moments(*more)) for one, more in zip(self._moments, moments.tolist(), strict=True)]
        if widest >= self.ks:
            self.ks, self.ks_threshold = float(widest), float(scores[int(place)])
        self.tied += float(tied)
        self.curve.add(scores, reached, turns, sums[:2])
        self._seen = self._seen + here

    @property
    def auc(self) -> float:
        """Area under the curve."""
        return self._moments[0].mean

    def delong(self) -> float:
        """Return DeLong's standard error of the area."""
        parts = (
            moments.about(self.auc) / (float(total) - 1.0) / float(total)
            for moments, total in zip(self._moments, self.totals, strict=True)
        )
        return math.sqrt(sum(parts))

    def linearised(self) -> tuple[float, float]:
        """Return the error of the area with sampling weights, and the effective number of the rarer outcome."""
        variance, sizes = 0.0, []
        for spread, total, moments in zip(self.totals[2:], self.totals[:2], self._moments[2:], strict=True):
            size = float(total) ** 2 / float(spread)
            if not size > 1.0 + 1e-12:
                return math.nan, max(size, 1.0)
            variance += moments.about(self.auc) / float(total) ** 2 * size / (size - 1.0)
            sizes.append(size)
        return math.sqrt(variance), min(sizes)


class CurvePoints:
    """Points of a curve, of which those on a straight line between their neighbours are left out.

    Parameters
    ----------
    events, nonevents : float
        Their weight.
    most : int or None
        Points beyond which the curve is thinned.
    """

    def __init__(self, events: float, nonevents: float, most: int | None) -> None:
        self.events, self.nonevents, self.most = events, nonevents, most
        self.area_lost = 0.0
        self._parts: list[FloatArray] = []  # thresholds, true and false, in ascending order
        self._n_points, self._thinned = 0, False
        self._before: FloatArray | None = None  # events and non-events of the score before

    def add(self, scores: FloatArray, reached: FloatArray, turns: BoolArray, steps: FloatArray) -> None:
        """Take the next scores, with what is at each of them and above, where the curve turns, and what is at each."""
        if self._before is not None:
            turns[0] = steps[0, 0] * self._before[1] != self._before[0] * steps[1, 0]
        self._before = steps[:, -1]
        kept = np.flatnonzero(turns)
        self._parts.append(np.stack([scores[kept], reached[0, kept] / self.events, reached[1, kept] / self.nonevents]))
        self._n_points += kept.size
        if self.most is not None and self._n_points > 2 * self.most:
            self._thin(self.most)

    def points(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return both coordinates and the thresholds, from (0, 0) on."""
        if self.most is not None and (self._thinned or self._n_points > self.most):
            self._thin(self.most)
        thresholds, tpr, fpr = np.concatenate(self._parts, axis=1)[:, ::-1]
        tpr[-1] = fpr[-1] = 1.0
        return (
            np.concatenate([[0.0], fpr]),
            np.concatenate([[0.0], tpr]),
            np.concatenate([[np.inf], thresholds]),
        )

    def _thin(self, most: int) -> None:
        """Keep the first and the last point in each cell of the way, and bound the area that this loses."""
        every = np.concatenate(self._parts, axis=1)
        cell = np.floor((every[1] + every[2]) * (most // 4)).astype(np.int64)  # of twice as many, two points each
        same = cell[1:] == cell[:-1]
        kept = np.ones(cell.size, dtype=bool)
        kept[1:-1] = ~(same[1:] & same[:-1])
        every, cell = every[:, kept], cell[kept]
        together = cell[1:] == cell[:-1]
        sides = np.abs(np.diff(every[1:], axis=1))[:, together]
        self.area_lost = 0.5 * float(sides[0] @ sides[1])
        self._parts, self._n_points, self._thinned = [every], every.shape[1], True
