"""Ladders of updates as documents."""

from __future__ import annotations

import math

import numpy as np

from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_integer,
    format_level,
    format_number,
)
from logitkit.selection.updating.ladder import UpdateLadder

__all__ = ["ladder_document"]

TITLES = {
    "original": "Original",
    "intercept": "Intercept",
    "slope": "Intercept and slope",
    "revision": "Revision",
    "prior": "Prior at the original",
    "extension": "Extension",
}
SCORES = ("Log loss", "Brier", "c", "Slope", "In the large")


@finding_document.register
def ladder_document(result: UpdateLadder) -> Document:
    """Return updates of a model side by side as a document."""
    names = tuple(TITLES[name] for name in result.updates)
    whole = np.array([name != "prior" for name in result.updates])
    params = tuple(
        format_integer(value) if exact else format_number(value, 3)
        for value, exact in zip(result.n_params, whole, strict=True)
    )
    dof = tuple("" if math.isnan(value) else format_integer(value) for value in result.dof)
    against = tuple(TITLES[name].lower() if name else "" for name in result.against)
    columns = (
        params,
        format_column(result.loglik, "statistic", 2),
        against,
        format_column(result.statistic, "statistic", 2),
        dof,
        format_column(result.p_value, "p_value"),
    )
    learnt = (Column("Parameters"), Column("Log-likelihood"), Column("Against", "left"))
    heads = (*learnt, Column("Chi-square"), Column("df"), Column("P"))
    blocks = [Table("In the new rows", (Column("Update", "left"), *heads), tuple(zip(names, *columns, strict=True)))]
    facts = [
        Fact("Chosen", TITLES[result.chosen]),
        Fact("Closed test", f"{TITLES[result.closed_test]} (level {format_level(result.level)})"),
        Fact("New rows", format_amount(result.n)),
    ]
    notes = [
        "Parameters are those learnt from the new rows. The closed test takes the first rung that is not rejected."
    ]
    if result.by_distance:
        notes.append(
            "Chi-square statistics are Wald's, by the sandwich covariance of the larger model: sampling weights and "
            "clusters have no likelihood ratio."
        )
    if result.n_held_out:
        facts.append(Fact("Rows held out", format_amount(result.n_held_out)))
        known = [place for place in range(len(SCORES)) if np.isfinite(result.held_out[:, place]).any()]
        scores = (format_column(result.held_out[:, place], "statistic", 4) for place in known)
        head = (Column("Update", "left"), *(Column(SCORES[place]) for place in known))
        blocks.append(Table("In the rows held out", head, tuple(zip(names, *scores, strict=True))))
    if result.strength is not None:
        how = f", by {result.strength.folds}" if result.strength.folds else ""
        facts.append(Fact("Strength of the prior", f"{format_number(result.strength.chosen, 3)}{how}"))
        notes.append("The strength is what an earlier row counts beside a new one; the intercept is free.")
    if "extension" in result.updates:
        notes.append("An extension has new predictors beside the original logit; it is no part of the closed test.")
    return Document("Updates of a model", facts=tuple(facts), blocks=tuple(blocks), notes=tuple(notes))
