r"""Prior correction: the card of a sample in which bads were over-represented, for the population that it is from.

Where rows were drawn by their outcome alone, every log-odds is shifted by the same amount, and coefficients are those
of the population (``docs/maths/scorecard_validation.md``, equation 19).

References
----------
King, G. and Zeng, L. (2001) Logistic regression in rare events data. Political Analysis 9, 137-163.
Prentice, R. L. and Pyke, R. (1979) Logistic disease incidence models and case-control studies. Biometrika 66, 403-411.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import logit

from logitkit.errors import DataError, UnsupportedError
from logitkit.options import is_finite_number
from logitkit.scorecard.card import Card, with_scaling
from logitkit.scorecard.monitoring.counted import Development

__all__ = ["card_with_prior", "moved_development", "sample_bad_rate"]


def sample_bad_rate(card: Card) -> float:
    """Return the bad rate of the sample that a card was made from."""
    if not card.variables:
        raise UnsupportedError("A card without variables has no counts of bins, and thus no bad rate to correct.")
    events, nonevents = (float(np.sum(counts)) for counts in card.variables[0].binning.counts)
    return events / (events + nonevents)


def card_with_prior(card: Card, bad_rate: float, before: float) -> Card:
    """Return the card whose log-odds are those of a population with a bad rate, from those of another one.

    Points of bins stay, also those that were set by hand, and the base points move by what the line of the scaling
    says.
    """
    if not is_finite_number(bad_rate) or not 0 < bad_rate < 1:
        raise DataError(f"bad_rate={bad_rate!r:.60}: give the bad rate of the population, between 0 and 1.")
    intercept = card.intercept + float(logit(bad_rate)) - float(logit(before))
    old, new = (with_scaling(card, card.scaling, value).base_points for value in (card.intercept, intercept))
    return replace(card, intercept=intercept, base_points=card.base_points + (new - old))


def moved_development(development: Development | None, points: float) -> Development | None:
    """Return what is kept of the points of development after all were moved."""
    if development is None:
        return None
    cuts = tuple(cut + points for cut in development.cuts)
    return replace(development, cuts=cuts, mean=development.mean + points)
