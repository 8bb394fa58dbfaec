"""The adjacent-category family: ordered outcomes, each compared with the next one.

The likelihood is the multinomial one; the order stands in the constraint matrices of the predictors
(``docs/maths/ordinal.md``, equation 2).
"""

from __future__ import annotations

from logitkit.models.multinomial import Multinomial
from logitkit.models.words import ODDS_RATIO, Words

__all__ = ["Adjacent"]


class Adjacent(Multinomial):
    """The multinomial distribution of ordered outcomes, as the adjacent-category model calls it.

    Examples
    --------
    >>> Adjacent(3).words.title
    'Adjacent-category logit model'
    """

    __slots__ = ()

    name = "adjacent"
    words = Words(
        "Adjacent-category logit model",
        "",
        ODDS_RATIO,
        "multinomial",
        equation="threshold",
        intercepts="Thresholds",
        ordered=True,
    )
