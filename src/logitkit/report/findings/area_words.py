"""What is said of an area under a ROC curve for which DeLong's variance is zero, or is not of its rows."""

from __future__ import annotations

from collections.abc import Collection

from logitkit.diagnostics.discrimination.area_interval import IntervalKind

__all__ = ["APPARENT", "LINEARISED", "WITHHELD", "area_words"]

APPARENT = "Computed on the rows of the fit, on which a model does better than on new rows."
WITHHELD = (
    "No standard errors: DeLong's method requires independent rows of weight one, at least two with each outcome."
)
SAMPLED = "Standard errors: linearised, of rows that were drawn independently with these weights."
CLUSTERED = "Standard errors: linearised, of whole clusters (Obuchowski 1997)."
LINEARISED = {"sampling": SAMPLED, "rows": SAMPLED, "clusters": CLUSTERED}


def area_words(kinds: Collection[IntervalKind]) -> tuple[str, ...]:
    """Return warnings of areas for which DeLong's variance is zero."""
    words = {
        "exact": (
            "An area of 1 or 0 has a DeLong variance of zero, which does not imply precision: its interval is exact, "
            "based on as many independent pairs as there are rows with the rarer outcome."
        ),
        "degenerate": "All predictions are tied: the area does not depend on the outcomes, so it has no variance and "
        "no interval.",
    }
    return tuple(text for kind, text in words.items() if kind in kinds)
