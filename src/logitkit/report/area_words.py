"""What is said of an area under a ROC curve for which DeLong's variance is zero, or is not of its rows."""

from __future__ import annotations

from collections.abc import Collection

from logitkit.diagnostics.area_interval import IntervalKind

__all__ = ["APPARENT", "WITHHELD", "area_words"]

APPARENT = "On the rows of the fit, where a model does better than on others."
WITHHELD = "No standard errors: DeLong's are of independent rows that count as whole ones, and need two of an outcome."


def area_words(kinds: Collection[IntervalKind]) -> tuple[str, ...]:
    """Return warnings of areas for which DeLong's variance is zero."""
    words = {
        "exact": "An area of 1 or 0 has a DeLong variance of zero, which is no sign of precision: its interval is "
        "exact, from as many independent pairs as the rarer outcome has rows.",
        "degenerate": "All predictions are tied: the area has no variance, because it does not depend "
        "on the outcomes, and no interval.",
    }
    return tuple(text for kind, text in words.items() if kind in kinds)
