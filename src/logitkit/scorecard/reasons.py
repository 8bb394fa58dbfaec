"""Why an applicant has no more points: reason codes by two methods, and what another value would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from logitkit.scorecard.card import Card, Scores
from logitkit.typing import FloatArray, IntArray

__all__ = ["ReasonMethod", "Reasons", "WhatIf", "reasons", "what_if"]

ReasonMethod = Literal["below_maximum", "below_neutral"]


@dataclass(frozen=True, slots=True, eq=False)
class Reasons:
    """The variables that cost applicants the most points.

    Parameters
    ----------
    variables : (n, m) int array
        Positions of variables in the card, the most costly first; -1 if fewer than m cost points.
    points : (n, m) array
        Points that each variable costs.
    method : {"below_maximum", "below_neutral"}
        The reference for points.
    """

    variables: IntArray
    points: FloatArray
    method: ReasonMethod


def reasons(card: Card, scores: Scores, method: ReasonMethod, n: int) -> Reasons:
    """Return the variables that cost the most points, ties in the order of the card.

    ``below_maximum`` compares with the safest bin of the variable, ``below_neutral`` with the mean points of the
    population from which the card was made; a variable with more points than this mean costs nothing.
    """
    lost = np.empty((scores.points.size, len(card.variables)))
    for j, variable in enumerate(card.variables):
        lost[:, j] = reference_points(card, j, method) - variable.points[scores.codes[:, j]]
    if card.scaling.points_to_double < 0:  # fewer points are safer
        lost = -lost
    order = np.argsort(-lost, axis=1, kind="stable")[:, :n]
    points = np.take_along_axis(lost, order, axis=1)
    costs = points > 0
    return Reasons(np.where(costs, order, -1), np.where(costs, points, np.nan), method)


def reference_points(card: Card, j: int, method: ReasonMethod) -> float:
    """Return the points with which a variable is compared."""
    variable = card.variables[j]
    rows = np.sum(variable.binning.counts, axis=0)
    own = variable.points[:-1]
    if method == "below_maximum":
        used = own[rows > 0]
        return float(used.max() if card.scaling.points_to_double > 0 else used.min())
    known = rows > 0
    return float(np.average(own[known], weights=rows[known]))


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf:
    """Scores of an applicant if one value were changed; one entry per bin of every variable.

    Parameters
    ----------
    variables : tuple of str
        The variables that change.
    labels : tuple of str
        Bin of the changed variable.
    own : tuple of bool
        Whether this is the present bin of the applicant.
    gain : (m,) array
        Gain in points over the present score.
    points : (m,) array
        The score after the change.
    probability : (m,) array
        The probability of bad after the change.
    """

    variables: tuple[str, ...]
    labels: tuple[str, ...]
    own: tuple[bool, ...]
    gain: FloatArray
    points: FloatArray
    probability: FloatArray


def what_if(card: Card, scores: Scores, row: int = 0) -> WhatIf:
    """Return the scores of an applicant in every other bin of every variable, with other variables unchanged."""
    names, labels, own, gains, logits = [], [], [], [], []
    for j, variable in enumerate(card.variables):
        code = int(scores.codes[row, j])
        rows = np.sum(variable.binning.counts, axis=0)
        for m, label in enumerate(variable.binning.rule.labels()):
            if rows[m] == 0 and m != code:
                continue
            names.append(variable.binning.name)
            labels.append(label)
            own.append(m == code)
            gains.append(variable.points[m] - variable.points[code])
            logits.append(variable.logits[m] - variable.logits[code])
    gain, log_odds = np.array(gains), scores.log_odds[row] + np.array(logits)
    return WhatIf(
        tuple(names), tuple(labels), tuple(own), gain, scores.points[row] + gain, 1.0 / (1.0 + np.exp(-log_odds))
    )
