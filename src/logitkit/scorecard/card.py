r"""The card: what each bin adds to the log-odds and to the points, and the scores of applicants.

Sums run in the order of the card, from the intercept and the base points on, so that every export can repeat them to
the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.scorecard.binned import Binning
from logitkit.scorecard.scaling import Scaling
from logitkit.typing import CodeArray, FloatArray

__all__ = [
    "CODINGS",
    "Card",
    "CardVariable",
    "Scores",
    "card_of",
    "card_of_logits",
    "reference_weights",
    "with_scaling",
]

CODINGS = ("woe", "dummies")


@dataclass(frozen=True, slots=True, eq=False)
class CardVariable:
    """One variable of a card.

    Parameters
    ----------
    binning : Binning
        Its bins.
    coef : float
        Coefficient of its weight of evidence in the logit of bad; nan if each bin has its own coefficient.
    logits : (k + 1,) array
        Contribution of each bin to the logit of bad, the last for unseen levels; nan if values are refused.
    points : (k + 1,) array
        Contribution of each bin to the points.
    """

    binning: Binning
    coef: float
    logits: FloatArray
    points: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of applicants.

    Parameters
    ----------
    codes : (n, v) int array
        The bin of each variable.
    log_odds : (n,) array
        The logit of bad.
    points : (n,) array
        Points of the card.
    """

    codes: CodeArray
    log_odds: FloatArray
    points: FloatArray

    @property
    def probability(self) -> FloatArray:
        """Probability of bad, shape (n,)."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.log_odds)))


@dataclass(frozen=True, eq=False)
class Card:
    """A scorecard.

    Parameters
    ----------
    variables : tuple of CardVariable
        The variables, in the order in which they are summed.
    intercept : float
        The intercept of the logit of bad.
    base_points : float
        Points with which every applicant begins.
    scaling : Scaling
        How log-odds are converted to points.
    coding : {"woe", "dummies"}
        Whether the model has one coefficient per variable (of its weights of evidence) or one per bin.
    """

    variables: tuple[CardVariable, ...]
    intercept: float
    base_points: float
    scaling: Scaling
    coding: str = "woe"

    @property
    def names(self) -> tuple[str, ...]:
        """The variables, in order."""
        return tuple(variable.binning.name for variable in self.variables)

    @property
    def wrong_signs(self) -> tuple[str, ...]:
        """The variables whose safer bins add to the logit of bad."""
        return tuple(v.binning.name for v in self.variables if v.coef * v.binning.sign > 0)

    def scores(self, columns: Mapping[str, Any], n_rows: int | None = None) -> Scores:
        """Return the scores of rows.

        Parameters
        ----------
        columns : mapping of str to (n,) Series
            Every variable of the card.
        n_rows : int, optional
            Number of rows, for a card without variables.

        Returns
        -------
        Scores

        Raises
        ------
        DataError
            If a value falls into a bin without a weight of evidence and the policy is to refuse it.
        """
        n = len(next(iter(columns.values()))) if n_rows is None else n_rows
        codes = np.empty((n, len(self.variables)), dtype=np.int32, order="F")
        log_odds, points = np.full(n, self.intercept), np.full(n, self.base_points)
        for j, variable in enumerate(self.variables):
            values = columns[variable.binning.name]
            code = variable.binning.codes(values)
            added = variable.logits[code]
            if np.isnan(added).any():
                variable.binning.refuse_first(values, code)
            codes[:, j] = code
            log_odds += added
            points += variable.points[code]
        return Scores(codes, log_odds, points)


def card_of(binnings: tuple[Binning, ...], intercept: float, coef: FloatArray, scaling: Scaling) -> Card:
    """Return the card of a model of weights of evidence.

    Parameters
    ----------
    binnings : tuple of Binning
        The variables.
    intercept : float
        Intercept of the logit of bad.
    coef : (v,) array
        Coefficients of the weights of evidence.
    scaling : Scaling
        Points to double the odds, base points and base odds.

    Returns
    -------
    Card
        The base points include the intercept, and the shifts that make the points of variables 0 where the scaling
        states.
    """
    logits = [slope * binning.woe_at_scoring for binning, slope in zip(binnings, coef, strict=True)]
    own = tuple(zip(binnings, coef.tolist(), logits, strict=True))
    return card_of_logits(own, intercept, scaling, "woe")


def card_of_logits(
    variables: tuple[tuple[Binning, float, FloatArray], ...], intercept: float, scaling: Scaling, coding: str
) -> Card:
    """Return the card of variables with what their bins add to the logit of bad: bins, coefficient, logits by code."""
    made = []
    base = float(scaling.points(np.array(-intercept)))
    for binning, slope, logits in variables:
        points = -scaling.factor * logits
        if scaling.zero != "neutral":
            at_zero = float(reference_weights(binning, logits, scaling) @ np.nan_to_num(points[:-1]))
            base += at_zero
            points = points - at_zero
        made.append(CardVariable(binning, slope, logits, np.round(points) + 0.0 if scaling.rounded else points))
    return Card(tuple(made), intercept, float(np.round(base)) if scaling.rounded else base, scaling, coding)


def reference_weights(binning: Binning, logits: FloatArray, scaling: Scaling) -> FloatArray:
    """Return the weights of the bins in the mean that gives 0 points, shape (k,): none, their rows, or all of one."""
    rows = np.sum(binning.counts, axis=0)
    if scaling.zero == "mean":
        return np.asarray(rows / rows.sum())
    weights = np.zeros(rows.size)
    if scaling.zero == "lowest":
        weights[int(np.nanargmin(-scaling.factor * logits[:-1]))] = 1.0
    return weights


def with_scaling(card: Card, scaling: Scaling, intercept: float | None = None) -> Card:
    """Return the card of the same model on another scale, or with another intercept; points are those of the model."""
    own = tuple((variable.binning, variable.coef, variable.logits) for variable in card.variables)
    return card_of_logits(own, card.intercept if intercept is None else intercept, scaling, card.coding)
