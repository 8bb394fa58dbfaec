r"""Standard errors of the points of a card, with weights of evidence taken as given or as the estimates that they are.

Points are :math:`P_{jm} = -F \beta_j (W_{jm} - r_j)` with :math:`r_j` the weight of evidence that gives no points
(``docs/maths/scorecards.md``, equations 1 to 6).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from logitkit.scorecard.binned import Binning
from logitkit.scorecard.card import Card, reference_weights
from logitkit.scorecard.criteria import corrected_counts
from logitkit.scorecard.own_rows import OwnRows
from logitkit.typing import FloatArray, SmallCodes

__all__ = ["PointErrors", "errors_given_woe", "errors_with_woe"]


class PointErrors(NamedTuple):
    """Standard errors of points before rounding.

    Parameters
    ----------
    base : float
        Standard error of the base points.
    points : tuple of (k,) arrays
        Standard errors of the points of each bin of every variable; nan if a bin is refused.
    """

    base: float
    points: tuple[FloatArray, ...]


def errors_given_woe(card: Card, covariance: FloatArray) -> PointErrors:
    """Return standard errors by the delta method, from the covariance of the coefficients: bins and WOE as given."""
    factor = abs(card.scaling.factor)
    at_zero = np.array([1.0, *(_reference(card, j) for j in range(len(card.variables)))])
    errors = np.sqrt(np.diag(covariance)[1:])
    points = tuple(
        factor * np.abs(variable.binning.woe - at_zero[j + 1]) * errors[j] for j, variable in enumerate(card.variables)
    )
    return PointErrors(factor * float(np.sqrt(at_zero @ covariance @ at_zero)), points)


def errors_with_woe(card: Card, rows: OwnRows, estimates: FloatArray) -> PointErrors:
    """Return standard errors that include the error of the weights of evidence: bins as given, rows independent.

    Each row moves the counts of its bins, these the weights of evidence, and both the coefficients; the variance is the
    sum of squares of what each row moves (equation 6).
    """
    factor = card.scaling.factor
    moves = [RowMoves(variable.binning, rows.codes[:, j], rows) for j, variable in enumerate(card.variables)]
    of_coef = _moves_of_coef(card, rows, moves, estimates)
    squares = rows.weights if rows.count else rows.weights**2
    base = of_coef[:, 0].copy()
    points = []
    for j, (variable, move) in enumerate(zip(card.variables, moves, strict=True)):
        at_zero, slope = _reference(card, j), variable.coef
        of_zero = move.of_mean(
            reference_weights(variable.binning, variable.logits, card.scaling), card.scaling.zero == "mean"
        )
        base += at_zero * of_coef[:, j + 1] + slope * of_zero
        points.append(abs(factor) * move.errors(of_coef[:, j + 1], slope, at_zero, of_zero, squares))
    return PointErrors(abs(factor) * float(np.sqrt(squares @ base**2)), tuple(points))


class RowMoves:
    """What the weight of each row moves in the weights of evidence of a variable (equation 3)."""

    def __init__(self, binning: Binning, codes: SmallCodes, rows: OwnRows) -> None:
        events, nonevents = binning.counts
        e, g, _ = corrected_counts(events, nonevents)
        self.codes, self.bad, self.binning = codes, rows.bad, binning
        self.used = events + nonevents > 0
        sign = binning.sign
        with np.errstate(divide="ignore"):
            self.inside = np.where(rows.bad, -sign / e[codes], sign / g[codes])  # added in the row's own bin
        self.everywhere = np.where(rows.bad, sign / events.sum(), -sign / nonevents.sum())

    def errors(
        self, of_coef: FloatArray, slope: float, at_zero: float, of_zero: FloatArray, squares: FloatArray
    ) -> FloatArray:
        """Return standard errors of what bins add, shape (k,).

        In bin m a row moves it by :math:`a_m u_i + v_i`, with :math:`a_m = W_m - r`, and by :math:`t_i` more where the
        row is in the bin: the sum of squares takes sums over all rows once, and sums by bin.
        """
        k, woe = self.used.size, self.binning.woe
        t, found = slope * self.inside, np.full(k, np.nan)
        for used in (True, False):  # bins without rows are scored by a policy, which no row moves
            v = slope * ((self.everywhere if used else 0.0) - of_zero)
            a = (woe - at_zero)[self.used == used]
            whole = a**2 * (squares @ of_coef**2) + 2.0 * a * (squares @ (of_coef * v)) + squares @ v**2
            if used:
                by_u = np.bincount(self.codes, squares * 2.0 * of_coef * t, k)[self.used]
                whole = whole + a * by_u + np.bincount(self.codes, squares * (2.0 * v + t) * t, k)[self.used]
            found[self.used == used] = whole
        return np.asarray(np.sqrt(np.where(np.isnan(found), np.nan, np.maximum(found, 0.0))))

    def of_mean(self, weights: FloatArray, by_rows: bool) -> FloatArray:
        """Return the same of a mean over bins; ``by_rows`` where its weights are the proportions of the rows."""
        own = weights * self.used
        found = own[self.codes] * self.inside + own.sum() * self.everywhere
        if by_rows:
            woe = np.nan_to_num(self.binning.woe)
            found = found + (woe[self.codes] - weights @ woe) / float(np.sum(self.binning.counts))
        return np.asarray(found)


def _moves_of_coef(card: Card, rows: OwnRows, moves: list[RowMoves], coef: FloatArray) -> FloatArray:
    """Return what each row moves the coefficients by, shape (n, p) (equation 5)."""
    woe = [variable.binning.woe[rows.codes[:, j]] for j, variable in enumerate(card.variables)]
    columns = np.column_stack([np.ones(rows.bad.size), *woe])
    p = expit(columns @ coef)
    residual, working = rows.bad - p, rows.weights * p * (1.0 - p)
    score = columns * residual[:, None]
    for j, move in enumerate(moves):
        k = move.used.size
        by_woe = np.stack(
            [-coef[j + 1] * np.bincount(move.codes, working * column, k) for column in columns.T], axis=1
        )  # the derivative of the score by the weight of evidence of each bin, (k, p)
        by_woe[:, j + 1] += np.bincount(move.codes, rows.weights * residual, k)
        score += by_woe[move.codes] * move.inside[:, None] + by_woe.sum(axis=0) * move.everywhere[:, None]
    information = columns.T @ (columns * working[:, None])
    return np.asarray(np.linalg.solve(information, score.T).T)


def _reference(card: Card, j: int) -> float:
    """Return the weight of evidence that gives a variable no points."""
    variable = card.variables[j]
    weights = reference_weights(variable.binning, variable.logits, card.scaling)
    return float(weights @ np.nan_to_num(variable.binning.woe))
