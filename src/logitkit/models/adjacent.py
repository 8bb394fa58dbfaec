"""The adjacent-category family: ordered outcomes, each compared with the next one.

The likelihood is the multinomial one; the order is in the constraint matrices of the predictors
(``docs/maths/ordinal.md``, equation 2).
"""

from __future__ import annotations

from dataclasses import replace

from logitkit.models.multinomial import Multinomial
from logitkit.models.words import ODDS_RATIO, Words

__all__ = ["ORDERED", "Adjacent", "AdjacentBelow"]

NEIGHBOUR = replace(
    ODDS_RATIO,
    meaning="Odds ratio: the factor by which an increase of {change} multiplies the odds of an outcome against the one "
    "below it.",
)
#: What models of ordered outcomes are called, whose predictors stand at the thresholds between neighbours.
ORDERED = Words(
    "Adjacent-category logit model",
    "",
    NEIGHBOUR,
    "multinomial",
    equation="threshold",
    intercepts="Thresholds",
    ordered=True,
    naming="A threshold is called low|high after the outcomes that it separates, a nominal coefficient low|high:term.",
    untold=(
        "Where they count, no row has an outcome next to that threshold. Leave the term out of nominal=, or put levels "
        "or outcomes together."
    ),
)


class Adjacent(Multinomial):
    """The multinomial distribution, with the wording of the adjacent-category model.

    Examples
    --------
    >>> Adjacent(3).words.title
    'Adjacent-category logit model'
    """

    __slots__ = ()

    name = "adjacent"
    words = ORDERED


class AdjacentBelow(Adjacent):
    """The same family if positive coefficients mean lower outcomes, as in SAS.

    Examples
    --------
    >>> AdjacentBelow(3).words.ratio.meaning.rpartition(" multiplies ")[2]
    'the odds of an outcome against the one above it.'
    """

    __slots__ = ()

    words = replace(
        ORDERED,
        ratio=replace(NEIGHBOUR, meaning=NEIGHBOUR.meaning.replace("the one below it", "the one above it")),
        downwards=True,
    )
