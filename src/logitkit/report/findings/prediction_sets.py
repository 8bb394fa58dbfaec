"""Conformal sets and their coverage as documents."""

from __future__ import annotations

import numpy as np

from logitkit.logits.conformal_sets.judged import Coverage
from logitkit.logits.conformal_sets.predictor import Conformal
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_column,
    format_estimate,
    format_integer,
    format_interval,
    format_level,
    format_p,
    format_percent,
)

__all__ = ["conformal_document", "coverage_document"]

TITLES = {
    "split": "Conformal sets by probability",
    "class": "Conformal sets by probability, with a threshold per outcome",
    "aps": "Conformal sets by summed probability (APS)",
    "raps": "Conformal sets by summed probability with a penalty per rank (RAPS)",
}
MARGINAL = (
    "Coverage is marginal: it holds over rows of the threshold and new rows together, if they are exchangeable; not "
    "for each outcome or each kind of row."
)
BY_OUTCOME = "Coverage holds among the rows with each outcome, if they are exchangeable; not for each kind of row."
EXPECTED = (
    "Expected: of as many rows that are exchangeable with those of the threshold (beta-binomial). A small p-value says "
    "that they are not."
)
WEIGHTED = (
    "Rows have weights. Coverage is marginal over rows of the distribution that the weights lead to, if these are "
    "right; thresholds depend on the weight of the new row, and are printed for the mean weight."
)
SIZES_MOST = 10  # sizes of sets that are printed
OUTCOMES_MOST = 20


@finding_document.register
def conformal_document(result: Conformal) -> Document:
    """Return conformal sets as a document."""
    several = result.method == "class"
    threshold = np.atleast_1d(np.asarray(result.threshold))
    unweighted = result.weighted is None
    low, high = result.coverage_law().T if unweighted else (np.full(result.n.size, np.nan),) * 2
    facts = [
        Fact("Coverage guaranteed", format_level(result.level)),
        Fact("Outcomes", format_integer(result.n_outcomes)),
    ]
    if not several:
        name = "Sum of probabilities up to" if result.conformity.nested else "Probability from"
        facts += [
            Fact("Rows of the threshold", format_integer(int(result.n[0]))),
            Fact(name, format_estimate(float(threshold[0]))),
        ]
        if unweighted:
            facts.append(Fact("Coverage of such sets (95%)", format_interval(float(low[0]), float(high[0]), 4)))
    if result.method == "raps":
        facts += [
            Fact("Penalty per rank", f"{result.penalty:g}"),
            Fact("Ranks without it", format_integer(result.free)),
            Fact("Rows that chose these two", format_integer(result.n_tuning) if result.n_tuning else "given"),
        ]
    heads = (Column("Outcome"), Column("Rows"), Column("Probability from"), Column("95% low"), Column("95% high"))
    cells = zip(
        (str(j) for j in range(result.n_outcomes)),
        map(format_integer, result.n),
        format_column(threshold, "estimate", 4),
        format_column(low, "estimate", 4),
        format_column(high, "estimate", 4),
        strict=False,
    )
    notes = [BY_OUTCOME if several else MARGINAL]
    if not unweighted:
        notes = [WEIGHTED]
    elif several:
        notes.append("Limits: between them lies the coverage of such sets, which depends on the rows of the threshold.")
    if result.conformity.nested and result.randomised:
        notes.append("The outcome at the edge of a set is in it by a draw, by the place of the row and the seed.")
    return Document(
        TITLES[result.method],
        facts=tuple(facts),
        blocks=(Table(None, heads, tuple(cells)[:OUTCOMES_MOST]),) if several else (),
        notes=tuple(notes),
    )


@finding_document.register
def coverage_document(result: Coverage) -> Document:
    """Return the coverage of sets as a document."""
    level = format_level(result.level)
    rows = result.by_outcome
    heads = ("Rows", "Covered", f"{level} low", f"{level} high", "Mean size")
    cells = zip(
        (str(j) for j in range(len(rows))),
        map(format_integer, rows[:, 0]),
        *(format_column(rows[:, c], "percent") for c in (1, 2, 3)),
        format_column(rows[:, 4], "estimate", 2),
        strict=True,
    )
    sizes = np.flatnonzero(result.size_counts)
    shown = sizes[:SIZES_MOST]
    counts = tuple(
        (str(size), format_integer(int(result.size_counts[size])), format_percent(result.size_counts[size] / result.n))
        for size in shown
    )
    notes = ["By outcome: exact limits. Coverage of each outcome is guaranteed with method='class' alone."]
    if shown.size < sizes.size:
        notes.append(f"{shown.size} of {sizes.size} sizes are printed; size_counts has all.")
    if len(rows) > OUTCOMES_MOST:
        notes.append(f"{OUTCOMES_MOST} of {len(rows)} outcomes are printed; to_frame() has all.")
    law = (
        (
            Fact(
                f"Expected ({level})",
                f"{format_percent(result.expected[0], 2)} to {format_percent(result.expected[1], 2)}",
            ),
            Fact("P-value", format_p(result.p_value)),
        )
        if not np.isnan(result.p_value)
        else ()
    )
    return Document(
        "Coverage of prediction sets",
        facts=(
            Fact("Rows", format_integer(result.n)),
            Fact("Covered", format_percent(result.coverage, 2)),
            Fact("Guaranteed", format_level(result.target)),
            *law,
            Fact(f"Of these sets ({level})", f"{format_percent(result.low, 2)} to {format_percent(result.high, 2)}"),
            Fact("Mean size", format_estimate(result.mean_size, 3)),
        ),
        blocks=(
            Table("By outcome", (Column("Outcome"), *map(Column, heads)), tuple(cells)[:OUTCOMES_MOST]),
            Table("Sizes", (Column("Outcomes in the set"), Column("Rows"), Column("Proportion")), counts),
        ),
        notes=((EXPECTED, *notes) if law else tuple(notes)),
    )
