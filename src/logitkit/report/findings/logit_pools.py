"""Pools of the logits of several models as documents."""

from __future__ import annotations

import numpy as np

from logitkit.logits.pools.pool import Pool
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_amount, format_column, format_estimate, format_integer

__all__ = ["logit_pool_document"]

TITLES = {"linear": "Linear pool: mean of probabilities", "log": "Logarithmic pool: weighted sum of logits"}
MEMBERS_MOST = 40


@finding_document.register
def logit_pool_document(result: Pool) -> Document:
    """Return the weights of a pool, with its scores beside those of its members, as a document."""
    learnt, scored = result.std_error.size > 0, result.member_log_loss.size > 0
    heads, columns = ["Weight"], [format_column(result.weights, "estimate")]
    if learnt:
        heads.append("Std. error")
        columns.append(format_column(np.where(result.at_bound, np.nan, result.std_error), "estimate"))
    if scored:
        heads += ["Log loss", "Brier score"]
        columns += [format_column(each, "estimate") for each in (result.member_log_loss, result.member_brier)]
    facts = [Fact("Members", format_integer(len(result.names)))]
    if scored:
        facts += [
            Fact("Learnt from" if learnt else "Scored on", format_amount(result.n)),
            Fact("Log loss of the pool", format_estimate(result.log_loss)),
            Fact("Brier score of the pool", format_estimate(result.brier)),
        ]
    notes = ["Weights add up to one." if result.adds_up else "The sum of the weights is free."]
    if learnt:
        if result.rows is not None:
            notes.append("interval() and to_frame() have limits by profile likelihood, which keep to zero.")
        if result.at_bound.any():
            notes.append("A weight without an error is held at its bound, zero.")
        notes.append("Scores of the pool are of the rows that its weights were learnt from, which flatters a little.")
    else:
        notes.append("Weights were given, or are equal, and not learnt.")
    if len(result.names) > MEMBERS_MOST:
        notes.append(f"{MEMBERS_MOST} of {len(result.names)} members are printed; to_frame() has all.")
    cells = tuple(zip(result.names, *columns, strict=True))[:MEMBERS_MOST]
    table = Table(None, (Column("Member", "left"), *map(Column, heads)), cells)
    return Document(TITLES[result.kind], facts=tuple(facts), blocks=(table,), notes=tuple(notes))
