"""Rows of a sample counted by the bins of a card and by groups of its points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.diagnostics.discrimination.roc import RocCurve, roc_curve
from logitkit.diagnostics.rows.ranking import merge_rounding
from logitkit.errors import DataError
from logitkit.scorecard.card import Card
from logitkit.scorecard.monitoring.index import Sample
from logitkit.scorecard.rules import NumberRule, shortest_between
from logitkit.scorecard.weighting import RowWeights, read_weights
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray, SmallCodes

__all__ = [
    "CodedRows",
    "Counted",
    "Development",
    "coded_rows",
    "counted_development",
    "development_of",
    "no_scores",
    "score_cuts",
]

GROUPS = 10  # of points, of about equal size


@dataclass(frozen=True, slots=True)
class Development:
    """Stored statistics of the points of the rows from which a card was made.

    Parameters
    ----------
    cuts : tuple of float
        Points at which the groups after the first begin; each group has about a tenth of the rows.
    counts : tuple of float
        Rows of each group.
    mean, variance : float
        Mean and variance of the points.
    unit : float
        Weight of one effective row: 1 unless there are sampling weights.
    gini, gini_low, gini_high : float or None
        Gini coefficient among these rows, with its interval; None if not known.
    level : float or None
        Confidence level of the interval.
    """

    cuts: tuple[float, ...]
    counts: tuple[float, ...]
    mean: float
    variance: float
    unit: float = 1.0
    gini: float | None = None
    gini_low: float | None = None
    gini_high: float | None = None
    level: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Spreads:
    """Sums of the squares of sampling weights.

    Parameters
    ----------
    groups, cells, scored : arrays
        Sums over the rows of the fields of the same names in ``Counted``.
    mean : float
        Variance of the mean of the points.
    """

    groups: FloatArray
    cells: tuple[FloatArray, ...]
    scored: tuple[FloatArray, ...]
    mean: float


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A sample by bins.

    Parameters
    ----------
    groups : (g + 1,) array
        Rows by group of points; the last group has no score.
    cells : tuple of (k + 1,) arrays
        All rows by bin of each variable; the last bin is of unseen levels.
    scored : tuple of (k + 1,) arrays
        The same for rows that have a score.
    mean, variance : float
        Mean and variance of the points of these rows.
    spreads : Spreads or None
        Sums of squares of sampling weights; None if weights count rows.
    """

    groups: FloatArray
    cells: tuple[FloatArray, ...]
    scored: tuple[FloatArray, ...]
    mean: float
    variance: float
    spreads: Spreads | None = None

    @property
    def n_scored(self) -> float:
        """Rows that have a score."""
        return float(self.groups[:-1].sum())

    @property
    def by_group(self) -> Sample:
        """The rows by group of points."""
        return Sample(self.groups, None if self.spreads is None else self.spreads.groups)

    def by_bin(self, j: int) -> Sample:
        """Return the rows by bin of a variable."""
        return Sample(self.cells[j], None if self.spreads is None else self.spreads.cells[j])

    @property
    def mean_variance(self) -> float:
        """Variance of the mean of the points."""
        return self.variance / self.n_scored if self.spreads is None else self.spreads.mean

    def variance_of(self, j: int, off: FloatArray) -> float:
        """Return the variance of the mean of a variable, whose points lie so far off it by bin."""
        if self.spreads is None:
            return float(self.scored[j] @ off**2) / self.n_scored**2
        return float(self.spreads.scored[j] @ off**2) / self.n_scored**2


@dataclass(frozen=True, slots=True, eq=False)
class CodedRows:
    """Rows by bin and points.

    Parameters
    ----------
    card : Card
        Whose bins these are.
    codes : (n, v) int array
        The bin of each variable, -1 for a level that was not there.
    points : (n,) array
        Points; nan where a value has none and is refused at scoring.
    log_odds : (n,) array
        The logit of bad.
    weights : (n,) array
        Weights of the rows.
    given : RowWeights or None
        The same as they were given; None where all are one.
    """

    card: Card
    codes: CodeArray
    points: FloatArray
    log_odds: FloatArray
    weights: FloatArray
    given: RowWeights | None = None

    def at(self, rows: IntArray) -> CodedRows:
        """Return some of the rows."""
        return replace(
            self,
            codes=self.codes[rows],
            points=self.points[rows],
            log_odds=self.log_odds[rows],
            weights=self.weights[rows],
            given=None if self.given is None else self.given.at(rows),
        )

    def counted(self, cuts: tuple[float, ...], rows: BoolArray | IntArray | None = None) -> Counted:
        """Return rows counted by bins, and by groups of points that begin at ``cuts``."""
        take = slice(None) if rows is None else rows
        points, weights = self.points[take], self.weights[take]
        rule = NumberRule(cuts)
        has = ~np.isnan(points)
        total = float(weights[has].sum())
        if not total > 0:
            raise no_scores()
        mean = float(weights[has] @ points[has]) / total
        groups, cells, scored = self.sums(rule, take, has, weights)
        variance = float(weights[has] @ (points[has] - mean) ** 2) / total
        spreads = None
        if self.given is not None and self.given.sampling:
            spread = weights**2
            of_mean = float(spread[has] @ (points[has] - mean) ** 2) / total**2
            spreads = Spreads(*self.sums(rule, take, has, spread), of_mean)
        return Counted(groups, cells, scored, mean, variance, spreads)

    def sums(
        self, rule: NumberRule, take: Any, has: BoolArray, weights: FloatArray
    ) -> tuple[FloatArray, tuple[FloatArray, ...], tuple[FloatArray, ...]]:
        """Return sums of weights by group of points and by bin of each variable: of all rows, and of scored ones."""
        codes = self.codes[take]
        return (
            _sums(rule.of_numbers(self.points[take]), weights, rule.n_codes),
            tuple(_sums(codes[:, j], weights, n) for j, n in enumerate(self._sizes)),
            tuple(_sums(codes[has, j], weights[has], n) for j, n in enumerate(self._sizes)),
        )

    @property
    def _sizes(self) -> list[int]:
        return [variable.points.size for variable in self.card.variables]


def no_scores() -> DataError:
    """Return the error for a sample of which no row has a score."""
    return DataError("No row has a score: a sample to compare needs rows whose values all have a weight of evidence.")


def coded_rows(card: Card, columns: Mapping[str, Any], weights: RowWeights | None = None) -> CodedRows:
    """Return rows by bin and points; values that scoring refuses have no points here, so that they can be counted."""
    n = len(columns[card.names[0]])
    codes = np.empty((n, len(card.variables)), dtype=np.int32, order="F")
    log_odds, points = np.full(n, card.intercept), np.full(n, card.base_points)
    for j, variable in enumerate(card.variables):
        codes[:, j] = variable.binning.codes(columns[variable.binning.name])
        log_odds += variable.logits[codes[:, j]]
        points += variable.points[codes[:, j]]
    return CodedRows(card, codes, points, log_odds, np.ones(n) if weights is None else weights.values, weights)


def counted_development(card: Card, development: Development) -> Counted:
    """Return the counts of the rows that a card was made from; all of them have a score."""
    cells = tuple(np.append(sum(variable.binning.counts), 0.0) for variable in card.variables)
    groups = np.append(np.array(development.counts), 0.0)
    unit, spreads = development.unit, None
    if unit != 1.0:  # squares of the weights by bin are not kept: they are taken for equal
        squares = tuple(unit * counts for counts in cells)
        spreads = Spreads(unit * groups, squares, squares, development.variance * unit / float(groups.sum()))
    return Counted(groups, cells, cells, development.mean, development.variance, spreads)


def development_of(
    card: Card, codes: SmallCodes, weights: FloatArray | None = None, bad: BoolArray | None = None, level: float = 0.95
) -> Development:
    """Return the stored statistics of the rows from which a card was made.

    Parameters
    ----------
    card : Card
        Its variables in the order of the columns.
    codes : (n, v) int array
        The bin of each variable.
    weights : (n,) array, optional
        Weights of the rows.
    bad : (n,) array of bool, optional
        Their outcomes, for the Gini coefficient.
    level : float, default 0.95
        Confidence level of its interval.

    Returns
    -------
    Development
    """
    points = np.full(codes.shape[0], card.base_points)
    for j, variable in enumerate(card.variables):
        points += variable.points[codes[:, j]]
    given = np.ones(points.size) if weights is None else weights
    values, where = np.unique(points, return_inverse=True)
    counts = np.bincount(where, given).astype(np.float64)
    cuts = _cuts_between(values, counts, GROUPS)
    groups = np.bincount(np.searchsorted(cuts, values, side="right"), counts, len(cuts) + 1)
    total = float(given.sum())
    mean = float(given @ points) / total
    found = Development(cuts, tuple(groups.tolist()), mean, float(given @ (points - mean) ** 2) / total)
    weighed = None if weights is None or (weights == 1).all() else read_weights(weights)
    if weighed is not None and weighed.sampling:
        found = replace(found, unit=float(weighed.spread.sum()) / total)
    if bad is None or not bad[given > 0].any() or bad[given > 0].all():
        return found
    curve = _curve((values, where), bad, weighed, -1 if card.scaling.points_to_double > 0 else 1, level)
    low, high = 2.0 * curve.low - 1.0, 2.0 * curve.high - 1.0
    return found if np.isnan(low) else replace(found, gini=curve.gini, gini_low=low, gini_high=high, level=level)


def _curve(
    distinct: tuple[FloatArray, IntArray], bad: BoolArray, weights: RowWeights | None, riskier: int, level: float
) -> RocCurve:
    """Return the ROC curve of points: distinct ones, ascending, with the place of each row among them."""
    values, where = distinct
    risk = merge_rounding(riskier * values[::riskier])
    first = np.flatnonzero(np.concatenate([[True], risk[1:] != risk[:-1]]))

    def totals(given: FloatArray) -> tuple[FloatArray, FloatArray]:
        both = (np.bincount(where, given * which, values.size)[::riskier] for which in (bad, ~bad))
        events, others = (np.add.reduceat(sums, first) for sums in both)
        return events, others

    events, others = totals(np.ones(bad.size) if weights is None else weights.values)
    squares = totals(weights.spread) if weights is not None and weights.sampling else None
    if squares is not None:
        some = events + others > 0
        both = squares[0][some], squares[1][some]
        return roc_curve(risk[first][some], events[some], others[some], level=level, squares=both)
    return roc_curve(risk[first], events, others, level=level)


def score_cuts(points: FloatArray, weights: FloatArray, groups: int = GROUPS) -> tuple[float, ...]:
    """Return where groups of about equal size begin, each at the value of points that comes nearest.

    Examples
    --------
    >>> score_cuts(np.array([500.0, 500.0, 520.0, 540.0]), np.ones(4), groups=2)
    (520.0,)
    """
    has = ~np.isnan(points)
    values, where = np.unique(points[has], return_inverse=True)
    return _cuts_between(values, np.bincount(where, weights[has]).astype(np.float64), groups)


def _cuts_between(values: FloatArray, counts: FloatArray, groups: int) -> tuple[float, ...]:
    """Return where groups of about equal size begin, between distinct values that have so many rows each."""
    below = np.cumsum(counts)
    if values.size < 2 or not below[-1] > 0:
        return ()
    proportion = below[:-1] / below[-1]  # of rows below the second value, the third, ...
    nearest = {int(np.argmin(np.abs(proportion - g / groups))) for g in range(1, groups)}
    return tuple(shortest_between(float(values[m]), float(values[m + 1])) for m in sorted(nearest))


def _sums(codes: CodeArray, weights: FloatArray, n: int) -> FloatArray:
    """Return sums of weights by code, a code of -1 counting as the last."""
    return np.bincount(np.where(codes < 0, n - 1, codes), weights=weights, minlength=n).astype(np.float64)
