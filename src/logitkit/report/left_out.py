"""The note of a diagnostic on the rows that it left out."""

from __future__ import annotations

from logitkit.diagnostics.rows.left_out import LeftOut
from logitkit.report.number_format import format_integer

__all__ = ["left_out_words"]


def left_out_words(rows: LeftOut | None) -> tuple[str, ...]:
    """Return a note of the rows that a diagnostic left out, with the reasons, and their number by reason.

    Examples
    --------
    >>> from logitkit.diagnostics.rows.left_out import LeftOut
    >>> left_out_words(LeftOut(300, missing=12, by_column=(("x", 12),), weightless=3))
    ('Rows used: 285 of 300. Left out: 12 with a missing value (x 12), 3 with zero weight or no trials.',)
    """
    if rows is None or rows.used == rows.given:
        return ()
    columns = ", ".join(f"{name} {format_integer(count)}" for name, count in rows.by_column)
    reasons = (
        (rows.missing, f"with a missing value{f' ({columns})' if columns else ''}"),
        (rows.unseen, "that the fit cannot predict, such as those with a level that it never saw"),
        (rows.in_pure_levels, "of the fit in absorbed levels with one outcome only"),
        (rows.weightless, "with zero weight or no trials"),
        (rows.undetermined, "with an undetermined prediction under separation"),
    )
    why = ", ".join(f"{format_integer(count)} {text}" for count, text in reasons if count)
    return (f"Rows used: {format_integer(rows.used)} of {format_integer(rows.given)}. Left out: {why}.",)
