r"""Cards with a coefficient per bin: the reference bin, the neutral point, and what each bin adds.

With :math:`b_m` the coefficients of a variable (0 in its reference bin), and :math:`G_m`, :math:`E_m` the goods and
bads of its bins, the neutral point is

.. math:: c = \tfrac12 \Bigl( \ln \sum_m \tfrac{G_m}{G} e^{b_m} - \ln \sum_m \tfrac{E_m}{E} e^{-b_m} \Bigr),

so that :math:`c - b_m` is the weight of evidence where the variable is alone in the model
(``docs/maths/scorecards.md``, equations 7 to 10).
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from logitkit.errors import SeparationError
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.card import Card, card_of, card_of_logits
from logitkit.scorecard.scaling import Scaling
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "NeutralPoint",
    "bin_names",
    "bins_in_model",
    "card_in_coding",
    "card_of_dummies",
    "coef_by_bin",
    "neutral_point",
    "places_of_coef",
    "require_both_outcomes",
]


class NeutralPoint(NamedTuple):
    """The neutral point of a variable.

    Parameters
    ----------
    value : float
        The point on the scale of the coefficients.
    gradient : (k,) array
        Its derivatives by the coefficients of the bins; they sum to one.
    goods, bads : (k,) arrays
        Relative odds of each bin among goods, and their inverses among bads, each with mean one.
    """

    value: float
    gradient: FloatArray
    goods: FloatArray
    bads: FloatArray


def bins_in_model(binning: Binning) -> IntArray:
    """Return the bins that have rows, the reference first: the bin with most rows, of equals the first."""
    rows = np.sum(binning.counts, axis=0)
    used = np.flatnonzero(rows > 0)
    reference = int(np.argmax(rows))
    return np.asarray([reference, *used[used != reference]], dtype=np.int64)


def bin_names(binning: Binning) -> tuple[str, ...]:
    """Return the labels of the bins, those that occur twice with their number."""
    labels = binning.rule.labels()
    return tuple(label if labels.count(label) == 1 else f"{label} (bin {m})" for m, label in enumerate(labels, start=1))


def require_both_outcomes(binning: Binning) -> None:
    """Refuse a bin with rows of one outcome alone, whose coefficient would be infinite."""
    events, nonevents = binning.counts
    one = np.flatnonzero((events + nonevents > 0) & ((events == 0) | (nonevents == 0)))
    if one.size:
        m = int(one[0])
        more = f", and {one.size - 1} more of its bins" if one.size > 1 else ""
        ordinary = m < len(binning.members)
        way_out = (
            "Ask for larger bins (min_events=, min_nonevents=), merge it by hand" if ordinary else "Fill its values in"
        )
        outcome = "bads" if nonevents[m] == 0 else "goods"
        raise SeparationError(
            f"{binning.name!r}: the bin {binning.rule.labels()[m]!r} has {outcome} alone{more}: its points would be "
            f"infinite. {way_out}, leave its rows out by a rule, or take coding='woe', which corrects its "
            "counts."
        )


def neutral_point(binning: Binning, coef: FloatArray) -> NeutralPoint:
    """Return the neutral point of coefficients by bin, shape (k,), of which those of bins without rows are not used."""
    events, nonevents = binning.counts
    own = np.where(events + nonevents > 0, coef, 0.0)
    of_goods = float(logsumexp(own, b=nonevents / nonevents.sum()))
    of_bads = float(logsumexp(-own, b=events / events.sum()))
    goods, bads = np.exp(own - of_goods), np.exp(-own - of_bads)
    gradient = (nonevents / nonevents.sum() * goods + events / events.sum() * bads) / 2.0
    return NeutralPoint((of_goods - of_bads) / 2.0, gradient, goods, bads)


def places_of_coef(binnings: tuple[Binning, ...]) -> tuple[slice, ...]:
    """Return where the coefficients of each variable are, after the intercept."""
    ends = np.cumsum([1, *(bins_in_model(binning).size - 1 for binning in binnings)])
    return tuple(slice(int(a), int(b)) for a, b in pairwise(ends))


def coef_by_bin(binning: Binning, coef: FloatArray) -> FloatArray:
    """Return the coefficient of each bin, shape (k,): 0 in the reference, nan where there are no rows."""
    found = np.full(binning.rule.n_codes, np.nan)
    found[bins_in_model(binning)] = np.append(0.0, coef)
    return found


def card_of_dummies(binnings: tuple[Binning, ...], coef: FloatArray, scaling: Scaling) -> Card:
    """Return the card of a model with a coefficient per bin.

    Parameters
    ----------
    binnings : tuple of Binning
        The variables.
    coef : (p,) array
        The intercept, then for each variable the coefficients of its bins in the logit of bad, without the reference.
    scaling : Scaling
        Points to double the odds, base points and base odds.

    Returns
    -------
    Card
        Contributions of bins are relative to the neutral point, which policies score as neutral.
    """
    intercept, variables = float(coef[0]), []
    for binning, place in zip(binnings, places_of_coef(binnings), strict=True):
        own = coef_by_bin(binning, coef[place])
        neutral = neutral_point(binning, own).value
        intercept += neutral
        logits = own - neutral
        empty = np.isnan(logits)
        if binning.stated.empty == "neutral":
            logits[empty] = 0.0
        elif binning.stated.empty == "worst":
            logits[empty] = np.nanmax(logits)
        variables.append((binning, float("nan"), np.append(logits, binning.of_unseen(logits))))
    return card_of_logits(tuple(variables), intercept, scaling, "dummies")


def card_in_coding(binnings: tuple[Binning, ...], coef: FloatArray, scaling: Scaling, coding: str) -> Card:
    """Return the card of the coefficients of a fit, the intercept first."""
    if coding == "dummies":
        return card_of_dummies(binnings, coef, scaling)
    return card_of(binnings, float(coef[0]), coef[1:], scaling)
