"""Which of several outcomes a figure draws, and what it says of the others."""

from __future__ import annotations

from collections.abc import Sequence

from logitkit.errors import UnsupportedError, quoted_names
from logitkit.plots.style import OUTCOMES_MOST
from logitkit.typing import FloatArray

__all__ = ["CURVES_SIZE", "asked_for", "left_out_words", "most_frequent", "name_outcomes", "require_unlabelled"]

CURVES_SIZE = (6.9, 4.6)  # the legend stands beside the axes
NAMED_MOST = 6  # outcomes that a note names


def asked_for(outcomes: Sequence[int]) -> list[int]:
    """Return the distinct positions of the outcomes that the caller requested.

    Examples
    --------
    >>> asked_for([3, 1, 3])
    [3, 1]
    """
    chosen = list(dict.fromkeys(outcomes))
    if len(chosen) > OUTCOMES_MOST:
        raise UnsupportedError(
            f"{len(chosen)} outcomes were requested; more than {OUTCOMES_MOST} in one figure could not be told apart. "
            "Draw the others on separate Axes."
        )
    return chosen


def most_frequent(places: Sequence[int], totals: FloatArray | Sequence[float]) -> list[int]:
    """Return the outcomes to draw: all, or if there are more than 12, those with the largest totals.

    Examples
    --------
    >>> most_frequent([0, 2], [1.0, 9.0, 3.0]), len(most_frequent(range(20), [1.0] * 20))
    ([0, 2], 12)
    """
    return sorted(sorted(places, key=lambda k: -float(totals[k]))[:OUTCOMES_MOST])


def left_out_words(outcomes: Sequence[str], there: Sequence[int], drawn: Sequence[int], which: str) -> str:
    """Return a sentence on which outcomes a figure leaves out, and why.

    Examples
    --------
    >>> left_out_words("abc", [0, 1, 2], [0, 2], "that occur most often")
    'The 2 of 3 outcomes that occur most often are drawn, as more could not be told apart; not drawn: b.'
    """
    rest = [outcomes[k] for k in there if k not in drawn]
    if not rest:
        return ""
    return (
        f"The {len(drawn)} of {len(outcomes)} outcomes {which} are drawn, as more could not be told apart; "
        f"not drawn: {name_outcomes(rest)}."
    )


def name_outcomes(outcomes: Sequence[str]) -> str:
    """Return the names of some outcomes; if there are many, the first names and the number of others."""
    more = f" and {len(outcomes) - NAMED_MOST:,} more" if len(outcomes) > NAMED_MOST else ""
    return ", ".join(quoted_names(outcomes[:NAMED_MOST])) + more


def require_unlabelled(label: str | None, color: str | None) -> None:
    """Raise an error if a label or colour is given although every outcome has its own."""
    if label is not None or color is not None:
        raise UnsupportedError(
            "label= and color= apply to a single curve, and there is one curve per outcome. Choose outcomes with "
            "outcomes=."
        )
