r"""Standard errors of the points of a card with a coefficient per bin.

Points are :math:`P_{jm} = -F (b_{jm} - z_j)`, with :math:`z_j` where the variable gives no points
(``docs/maths/scorecards.md``, equations 8 to 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from logitkit.scorecard.card import Card, CardVariable, reference_weights
from logitkit.scorecard.dummies import NeutralPoint, bins_in_model, coef_by_bin, neutral_point, places_of_coef
from logitkit.scorecard.own_rows import OwnRows
from logitkit.scorecard.point_errors import PointErrors
from logitkit.scorecard.scaling import Scaling
from logitkit.typing import BoolArray, FloatArray, IntArray, SmallCodes

__all__ = ["errors_given_counts", "errors_with_counts"]


class _Functions(NamedTuple):
    """What bins add and where there are no points, as functions of the coefficients of a variable.

    Parameters
    ----------
    used : (u,) int array
        The bins with a coefficient of their own, without the reference.
    bins : (k, k) array
        A row per bin: the weights of the coefficients by bin in what it is scored with; nan where it is refused.
    zero : (k,) array
        The weights in the point that gives no points.
    neutral : NeutralPoint
        The neutral point.
    scored_neutral : (k,) array of bool
        Whether the bin has no rows and is scored as neutral.
    """

    used: IntArray
    bins: FloatArray
    zero: FloatArray
    neutral: NeutralPoint
    scored_neutral: BoolArray


def errors_given_counts(card: Card, covariance: FloatArray) -> PointErrors:
    """Return standard errors by the delta method, from the covariance of the coefficients: counts of bins as given."""
    factor, base, points = abs(card.scaling.factor), np.zeros(covariance.shape[0]), []
    base[0] = 1.0
    for variable, place in _placed(card):
        own = _functions(variable, card.scaling)
        base[place] = own.zero[own.used]
        differences = (own.bins - own.zero)[:, own.used]
        points.append(factor * _root(np.einsum("mi,ij,mj->m", differences, covariance[place, place], differences)))
    return PointErrors(factor * float(np.sqrt(base @ covariance @ base)), tuple(points))


def errors_with_counts(card: Card, rows: OwnRows, coef: FloatArray, inverse: FloatArray) -> PointErrors:
    """Return standard errors from what each row moves, in coefficients and in counts of bins; rows independent.

    Parameters
    ----------
    card : Card
        With a coefficient per bin.
    rows : OwnRows
        The rows that it was made from.
    coef : (p,) array
        The coefficients of the fit.
    inverse : (p, p) array
        The inverse of the information of the fit.

    Returns
    -------
    PointErrors
    """
    factor, squares = abs(card.scaling.factor), rows.weights if rows.count else rows.weights**2
    placed = [(variable, place, _functions(variable, card.scaling)) for variable, place in _placed(card)]
    by_bin = [coef_by_bin(variable.binning, coef[place]) for variable, place, _ in placed]
    eta = np.full(rows.bad.size, coef[0])
    for j, added in enumerate(by_bin):
        eta += added[rows.codes[:, j]]
    residual = rows.bad - expit(eta)

    of_rows = _Sums([rows.codes[:, j] for j in range(len(placed))], [own for _, _, own in placed], coef.size)
    meat = of_rows.products(squares * residual**2)

    def error(function: FloatArray, beside: FloatArray) -> float:
        """Return the error of a linear function of the coefficients to which rows add what they move beside them."""
        moved = inverse @ function
        cross = moved @ of_rows.sums(squares * residual * beside)
        return float(_root(moved @ meat @ moved + 2.0 * cross + squares @ beside**2))

    base_function, points = np.zeros(coef.size), []
    base_function[0] = 1.0
    base = np.zeros(residual.size)
    for j, (variable, place, own) in enumerate(placed):
        of_neutral = _moves_of_neutral(variable, own.neutral, rows, j)
        of_zero = _moves_of_zero(card.scaling, by_bin[j], own.zero, rows, j, of_neutral)
        base_function[place] = own.zero[own.used]
        base += of_zero
        moved = inverse[:, place] @ (own.bins - own.zero)[:, own.used].T
        variances = np.einsum("im,ij,jm->m", moved, meat, moved)
        for which, beside in ((~own.scored_neutral, -of_zero), (own.scored_neutral, of_neutral - of_zero)):
            cross = of_rows.sums(squares * residual * beside) @ moved
            variances = variances + np.where(which, 2.0 * cross + squares @ beside**2, 0.0)
        points.append(factor * _root(variances))
    return PointErrors(factor * error(base_function, base), tuple(points))


class _Sums:
    """Sums over rows of indicators of bins, without a matrix of them."""

    def __init__(self, codes: Sequence[SmallCodes], functions: Sequence[_Functions], size: int) -> None:
        self.codes = [own.astype(np.int64) for own in codes]
        self.used = [own.used for own in functions]
        self.k = [own.zero.size for own in functions]
        self.size = size

    def sums(self, values: FloatArray) -> FloatArray:
        """Return X'v for the columns of the model, shape (p,)."""
        by_bin = (
            np.bincount(codes, values, k)[used] for codes, k, used in zip(self.codes, self.k, self.used, strict=True)
        )
        return np.concatenate([[values.sum()], *by_bin])

    def products(self, weights: FloatArray) -> FloatArray:
        """Return X'WX, shape (p, p)."""
        found = np.zeros((self.size, self.size))
        found[0] = found[:, 0] = self.sums(weights)
        ends = np.cumsum([1, *(used.size for used in self.used)])
        for j, codes in enumerate(self.codes):
            for m in range(j + 1):
                both = np.bincount(codes * self.k[m] + self.codes[m], weights, self.k[j] * self.k[m])
                block = both.reshape(self.k[j], self.k[m])[np.ix_(self.used[j], self.used[m])]
                found[ends[j] : ends[j + 1], ends[m] : ends[m + 1]] = block
                found[ends[m] : ends[m + 1], ends[j] : ends[j + 1]] = block.T
        return found


def _placed(card: Card) -> list[tuple[CardVariable, slice]]:
    places = places_of_coef(tuple(variable.binning for variable in card.variables))
    return list(zip(card.variables, places, strict=True))


def _root(variances: Any) -> FloatArray:
    return np.asarray(np.sqrt(np.where(np.isnan(variances), np.nan, np.maximum(variances, 0.0))))


def _functions(variable: CardVariable, scaling: Scaling) -> _Functions:
    binning, logits = variable.binning, variable.logits
    k = binning.rule.n_codes
    in_model = bins_in_model(binning)
    neutral = neutral_point(binning, logits[:-1])
    bins = np.full((k, k), np.nan)
    empty = np.ones(k, dtype=bool)
    empty[in_model] = False
    bins[in_model] = np.eye(k)[in_model]
    if binning.stated.empty == "neutral":
        bins[empty] = neutral.gradient
    elif binning.stated.empty == "worst":
        bins[empty] = np.eye(k)[int(in_model[np.argmax(logits[in_model])])]
    zero = neutral.gradient if scaling.zero == "neutral" else reference_weights(binning, logits, scaling)
    return _Functions(in_model[1:], bins, zero, neutral, empty & (binning.stated.empty == "neutral"))


def _moves_of_neutral(variable: CardVariable, neutral: NeutralPoint, rows: OwnRows, j: int) -> FloatArray:
    """Return what each row moves the neutral point by through the counts of the bins, the coefficients as they are."""
    events, nonevents = (float(counts.sum()) for counts in variable.binning.counts)
    codes = rows.codes[:, j]
    bads, goods = -(neutral.bads[codes] - 1.0) / events, (neutral.goods[codes] - 1.0) / nonevents
    return np.asarray(np.where(rows.bad, bads, goods) / 2.0)


def _moves_of_zero(
    scaling: Scaling, coef: FloatArray, weights: FloatArray, rows: OwnRows, j: int, of_neutral: FloatArray
) -> FloatArray:
    """Return the same of the point that gives no points."""
    if scaling.zero == "neutral":
        return of_neutral
    if scaling.zero == "mean":
        return np.asarray((coef[rows.codes[:, j]] - weights @ np.nan_to_num(coef)) / rows.weights.sum())
    return np.zeros(rows.bad.size)
