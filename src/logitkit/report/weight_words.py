"""What is said of the weights of rows that are validated or compared."""

from __future__ import annotations

from collections.abc import Iterable

from logitkit.report.number_format import format_amount, format_integer
from logitkit.scorecard.weighting import Weighting

__all__ = ["weight_notes"]


def weight_notes(weightings: Iterable[Weighting]) -> tuple[str, ...]:
    """Return what is to be known of the weights behind a table; nothing where there are none, and need be none.

    Examples
    --------
    >>> weight_notes([Weighting("sampling", 100, 80.0)])[0][:52]
    'Sampling weights: counts are their sums, over 100 ro'
    """
    found = list(weightings)
    notes = []
    if any(one.kind == "none" and one.of_card for one in found):
        notes.append("The card was made with weights, and rows count one each here. weights= weighs them.")
    if any(one.kind == "frequency" for one in found):
        notes.append("Weights count rows.")
    sampled = [one for one in found if one.kind == "sampling"]
    if sampled:
        rows = format_integer(sum(one.rows for one in sampled))
        worth = format_amount(sum(one.effective for one in sampled))
        notes.append(
            f"Sampling weights: counts are their sums, over {rows} rows, which tell as much as {worth} of equal "
            "weight. Intervals and tests allow for it."
        )
    return tuple(notes)
