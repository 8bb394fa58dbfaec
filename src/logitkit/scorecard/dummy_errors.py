r"""Standard errors of the points of a card with a coefficient per bin.

Points are :math:`P_{jm} = -F (b_{jm} - z_j)`, with :math:`z_j` where the variable gives no points
(``docs/maths/scorecards.md``, equations 8 to 12).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from logitkit.scorecard.card import Card, CardVariable, reference_weights
from logitkit.scorecard.dummies import NeutralPoint, bins_in_model, coef_by_bin, neutral_point, places_of_coef
from logitkit.scorecard.own_rows import OwnRows
from logitkit.scorecard.point_errors import PointErrors
from logitkit.scorecard.scaling import Scaling
from logitkit.typing import BoolArray, FloatArray, IntArray

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

    def moved(function: FloatArray) -> FloatArray:
        """Return what each row moves a linear function of the coefficients by."""
        weights = inverse @ function
        found = np.full(residual.size, weights[0])
        for j, (variable, place, own) in enumerate(placed):
            table = np.zeros(variable.binning.rule.n_codes)
            table[own.used] = weights[place]
            found += table[rows.codes[:, j]]
        return np.asarray(found * residual)

    base_function, points = np.zeros(coef.size), []
    base_function[0] = 1.0
    base = np.zeros(residual.size)
    for j, (variable, place, own) in enumerate(placed):
        of_neutral = _moves_of_neutral(variable, own.neutral, rows, j)
        of_zero = _moves_of_zero(card.scaling, by_bin[j], own.zero, rows, j, of_neutral)
        base_function[place] = own.zero[own.used]
        base += of_zero
        errors = np.full(variable.binning.rule.n_codes, np.nan)
        for m, row in enumerate(own.bins):
            if np.isnan(row).any():
                continue
            function = np.zeros(coef.size)
            function[place] = (row - own.zero)[own.used]
            moves = moved(function) - of_zero + (of_neutral if own.scored_neutral[m] else 0.0)
            errors[m] = factor * np.sqrt(squares @ moves**2)
        points.append(errors)
    base += moved(base_function)
    return PointErrors(factor * float(np.sqrt(squares @ base**2)), tuple(points))


def _placed(card: Card) -> list[tuple[CardVariable, slice]]:
    places = places_of_coef(tuple(variable.binning for variable in card.variables))
    return list(zip(card.variables, places, strict=True))


def _root(variances: FloatArray) -> FloatArray:
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
