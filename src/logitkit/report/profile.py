"""Profile likelihoods as documents: intervals beside those of Wald, and how far they are from symmetric."""

from __future__ import annotations

import numpy as np

from logitkit.inference.intervals.curves import Profile
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_level, format_percent

__all__ = ["profile_document"]

NOTE = (
    "Asymmetry: by how much the interval is longer above the estimate than below, as a percentage of its length. It is "
    "zero for Wald's interval."
)


@finding_document.register
def profile_document(result: Profile) -> Document:
    """Return profile likelihoods as a document."""
    wald = result.wald
    estimates, _, low, high, wald_low, wald_high = format_estimates(
        wald.estimate, wald.std_error, result.low, result.high, wald.low, wald.high
    )
    bent = tuple("" if np.isnan(part) else format_percent(float(part)) for part in result.asymmetry)
    heads = ("Estimate", "Low", "High", "Wald low", "Wald high", "Asymmetry")
    columns = (Column("Function", "left"), *(Column(head) for head in heads))
    cells = tuple(zip(result.names, estimates, low, high, wald_low, wald_high, bent, strict=True))
    return Document(
        "Profile likelihood",
        facts=(Fact("Level", format_level(result.level)),),
        blocks=(Table(None, columns, cells),),
        notes=(NOTE,),
    )
