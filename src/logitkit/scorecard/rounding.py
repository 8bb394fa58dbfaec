"""What whole points cost: how far scores, ranks and decisions are from those of exact points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from logitkit.diagnostics.discrimination.roc import roc_curve
from logitkit.errors import DataError
from logitkit.options import is_finite_number
from logitkit.scorecard.card import Card, with_scaling
from logitkit.scorecard.own_rows import OwnRows
from logitkit.typing import FloatArray

__all__ = ["Rounding", "ScoreQuality", "rounding"]


class ScoreQuality(NamedTuple):
    """How well scores discriminate between bad and good.

    Parameters
    ----------
    auc : float
        Area under the ROC curve.
    ks : float
        Largest distance between the distributions of good and bad.
    log_loss : float
        Mean negative log likelihood of the outcomes, from the odds that the points promise.
    """

    auc: float
    ks: float
    log_loss: float


@dataclass(frozen=True, eq=False)
class Rounding:
    """Effect of rounding: whole points of the card against exact points of the model, on its development rows.

    Parameters
    ----------
    n : float
        Number of rows: the sum of their weights.
    by_hand : int
        Number of points set by hand, which differ from those of the model by more than rounding.
    largest, mean : float
        Absolute difference of the scores from whole and from exact points.
    bound : float
        Largest possible difference: one half for the base and one half per variable, more if points were set by
        hand.
    exact, whole : ScoreQuality
        Quality of the score from exact points of the model, and from whole points of the card.
    rank_correlation : float
        Spearman's rank correlation of both scores.
    cut_offs : (c,) array
        Points from which applicants are accepted.
    accepted, only_exact, only_whole : (c,) arrays
        Rows accepted by both scores, and by only one of them; the exact score is rounded once, at the end.
    """

    n: float
    by_hand: int
    largest: float
    mean: float
    bound: float
    exact: ScoreQuality
    whole: ScoreQuality
    rank_correlation: float
    cut_offs: FloatArray
    accepted: FloatArray
    only_exact: FloatArray
    only_whole: FloatArray


def rounding(card: Card, rows: OwnRows, cut_offs: Any = None) -> Rounding:
    """Return what whole points cost; cut-offs are deciles of the exact points where none are given."""
    fine = with_scaling(card, replace(card.scaling, rounded=False))
    coarse = card if card.scaling.rounded else _in_whole_points(card)
    exact, whole = _points(fine, rows), _points(coarse, rows)
    difference, weights = np.abs(whole - exact), rows.weights
    at = _cut_offs(cut_offs, exact)
    safer = 1.0 if card.scaling.points_to_double > 0 else -1.0
    once = np.round(exact)  # else a cut-off at whole points would lie half a point higher for exact ones
    takes = [(safer * once >= safer * cut, safer * whole >= safer * cut) for cut in at]
    return Rounding(
        float(weights.sum()),
        _by_hand(card),
        float(difference.max()),
        float(np.average(difference, weights=weights)),
        _bound(fine, coarse),
        _quality(card, exact, rows),
        _quality(card, whole, rows),
        _rank_correlation(exact, whole, weights),
        at,
        np.array([weights[a & b].sum() for a, b in takes]),
        np.array([weights[a & ~b].sum() for a, b in takes]),
        np.array([weights[~a & b].sum() for a, b in takes]),
    )


def _in_whole_points(card: Card) -> Card:
    """Return a card with its own points, those set by hand among them, as whole numbers."""
    variables = tuple(replace(variable, points=np.round(variable.points) + 0.0) for variable in card.variables)
    return replace(card, variables=variables, base_points=float(np.round(card.base_points)))


def _by_hand(card: Card) -> int:
    """Return how many points of a card are not those that its model and scaling give."""
    model = with_scaling(card, card.scaling)
    pairs = [(a.points[:-1], b.points[:-1]) for a, b in zip(card.variables, model.variables, strict=True)]
    apart = [
        np.abs(np.nan_to_num(a) - np.nan_to_num(b)) > 1e-9 * np.maximum(1.0, np.abs(np.nan_to_num(b))) for a, b in pairs
    ]
    base = abs(card.base_points - model.base_points) > 1e-9 * max(1.0, abs(model.base_points))
    return int(base) + sum(int(own.sum()) for own in apart)


def _bound(fine: Card, coarse: Card) -> float:
    """Return the largest difference of scores: of the base, and of the bins of each variable, at least one half."""
    pairs = zip(fine.variables, coarse.variables, strict=True)
    most = [float(np.nanmax(np.abs(a.points - b.points))) for a, b in pairs]
    return sum(max(0.5, one) for one in (abs(fine.base_points - coarse.base_points), *most))


def _points(card: Card, rows: OwnRows) -> FloatArray:
    found = np.full(rows.bad.size, card.base_points)
    for j, variable in enumerate(card.variables):
        found += variable.points[rows.codes[:, j]]
    return found


def _cut_offs(given: Any, exact: FloatArray) -> FloatArray:
    if given is None:
        return np.unique(np.round(np.quantile(exact, np.arange(1, 10) / 10)))
    cuts = list(given) if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str) else [given]
    for cut in cuts:
        if not is_finite_number(cut):
            raise DataError(f"cut_offs: {cut!r:.60} is no number of points.")
    return np.array(cuts, dtype=np.float64)


def _quality(card: Card, points: FloatArray, rows: OwnRows) -> ScoreQuality:
    log_odds = -card.scaling.log_odds(points)
    curve = roc_curve(log_odds, rows.weights * rows.bad, rows.weights * ~rows.bad)
    p = np.where(rows.bad, expit(log_odds), expit(-log_odds))
    return ScoreQuality(curve.auc, curve.ks, -float(np.average(np.log(p), weights=rows.weights)))


def _rank_correlation(a: FloatArray, b: FloatArray, weights: FloatArray) -> float:
    ranks = np.stack([_ranks(a, weights), _ranks(b, weights)])
    centred = ranks - np.average(ranks, axis=1, weights=weights)[:, None]
    products = (centred * weights) @ centred.T
    scale = float(np.sqrt(products[0, 0] * products[1, 1]))
    return float(products[0, 1] / scale) if scale > 0 else float("nan")


def _ranks(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return mean ranks, a row of weight w taking w places; equal values share theirs."""
    rounded = np.round(values, 9)  # equal sums in another order are equal
    _, at = np.unique(rounded, return_inverse=True)
    sizes = np.bincount(at, weights)
    return np.asarray((np.cumsum(sizes) - 0.5 * sizes)[at])
