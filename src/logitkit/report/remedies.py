"""Remedies for separation, side by side, as a document."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.inference.bias.remedies import Remedies
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import column_decimals, format_column, format_level, format_number

__all__ = ["remedies_table"]


@finding_document.register
def _(result: Remedies) -> Document:
    facts = []
    if not np.isnan(result.event_rate):
        facts.append(Fact("Events (proportion)", format_number(result.event_rate)))
        facts += [Fact(f"Mean by {fit.name}", format_number(fit.mean)) for fit in result.fits[1:]]
    return Document(
        "Maximum likelihood and remedies",
        facts=tuple(facts),
        blocks=(remedies_table(result),),
        notes=tuple(_notes(result)),
    )


def remedies_table(result: Remedies) -> Table:
    """Return a row for each coefficient and fit, the fits of a coefficient together."""
    level, count = format_level(result.level), len(result.fits)
    heads = (Column("Term", "left"), Column("Fit", "left"), *map(Column, ("Coef.", f"{level} low", f"{level} high")))
    rows = []
    for place, term in enumerate(result.terms):
        own = np.array([[fit.estimate[place], fit.low[place], fit.high[place]] for fit in result.fits])
        decimals = column_decimals(own[np.isfinite(own)]) if np.isfinite(own).any() else 4
        cells = [format_column(column, "estimate", decimals) for column in own.T]
        labels = [term] + [""] * (count - 1)
        rows += list(zip(labels, (fit.name for fit in result.fits), *cells, strict=True))
    return Table(None, heads, tuple(rows))


def _notes(result: Remedies) -> Iterator[str]:
    """Say which intervals these are, how each fit is made, and which the model has not got."""
    if not np.isnan(result.event_rate):
        yield "Mean by: the mean prediction of each fit, beside the proportion of events."
    words = "Intervals: profile likelihood, penalised as the fit is."
    if any(fit.name == "FLIC" for fit in result.fits):
        words += " FLIC changes the intercept alone, whose interval is Wald's."
    yield words
    yield "; ".join(f"{fit.name}: {fit.call}" for fit in result.fits if fit.call) + "."
    if result.separated:
        yield "The data are separated: by maximum likelihood an estimate is infinite, and an end of its interval."
    for name, why in result.left_aside:
        yield f"Without {name}: {why}"
