"""Diagnostics of models of several outcomes as documents, one function a kind of result."""

from __future__ import annotations

from logitkit.diagnostics.outcome_goodness import OutcomeHosmerLemeshow
from logitkit.report.document import Column, Document, Table
from logitkit.report.findings import finding_document, test_facts, undetermined_rows
from logitkit.report.number_format import format_column, format_estimate, format_integer, format_percent
from logitkit.report.wording import fewer_groups, many_new_rows

__all__ = ["finding_document", "goodness_document"]

FEW_CELLS = 0.2  # of a table: where more cells expect fewer than five, chi-square is a poor law for its statistic


@finding_document.register
def goodness_document(result: OutcomeHosmerLemeshow) -> Document:
    """Return a generalised Hosmer-Lemeshow test as a document.

    Parameters
    ----------
    result : OutcomeHosmerLemeshow
        What the test found.

    Returns
    -------
    Document
        The test, and observed beside expected numbers of each outcome, a row a group.
    """
    sample = "the rows of the fit" if result.in_sample else "other rows, so no degrees of freedom are taken off"
    warnings = list(undetermined_rows(result.undetermined))
    if result.few_expected > FEW_CELLS:
        warnings.append(
            f"Fewer than five are expected in {format_percent(result.few_expected)} of the cells: the p-value is "
            "rough. Ask for fewer groups."
        )
    return Document(
        "Generalised Hosmer-Lemeshow test",
        facts=test_facts(result.statistic, result.dof, result.p_value),
        blocks=(_goodness_table(result),),
        notes=(
            f"Grouped by the probability of all outcomes but {result.reference}: {result.grouping}.",
            *fewer_groups(result),
            f"On {sample}.",
            *many_new_rows(result),
        ),
        warnings=tuple(warnings),
    )


def _goodness_table(result: OutcomeHosmerLemeshow) -> Table:
    heads = [Column("Lowest"), Column("Highest"), Column("Size")]
    columns = [
        format_column(result.lowest, "estimate"),
        format_column(result.highest, "estimate"),
        format_column(result.size, "integer"),
    ]
    for outcome, observed, expected in zip(result.outcomes, result.observed, result.expected, strict=True):
        heads.append(Column(f"{outcome} (expected)"))
        columns.append(
            tuple(f"{format_integer(o)} ({format_estimate(e, 1)})" for o, e in zip(observed, expected, strict=True))
        )
    return Table("Groups", tuple(heads), tuple(zip(*columns, strict=True)), n_names=3)
