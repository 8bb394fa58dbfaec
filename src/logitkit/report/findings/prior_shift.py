"""New proportions of outcomes as a document."""

from __future__ import annotations

from logitkit.logits.shifted_priors.shift import ILL_CONDITIONED, PriorShift
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_integer,
    format_level,
    format_number,
    format_p,
)

__all__ = ["prior_shift_document"]

TITLES = {
    "EM": "Shifted proportions of outcomes by maximum likelihood (EM)",
    "BBSE": "Shifted proportions of outcomes from predicted outcomes (BBSE)",
}
RELIES = {
    "EM": "Relies on probabilities calibrated for the old proportions, and on rows of each outcome being alike.",
    "BBSE": "Relies on rows of each outcome being alike, as in the held-out rows; not on calibration.",
}
ERRORS = {
    "EM": "Errors: observed information. Test: likelihood ratio against the old ones.",
    "BBSE": "Errors: delta method, of the new rows and the held-out ones. Test: Wald against the old ones.",
}
COUNTED = "Errors: observed information, and counts of the held-out rows. Test: score, with both."
ROWS_MOST = 20


@finding_document.register
def prior_shift_document(result: PriorShift) -> Document:
    """Return new proportions of outcomes as a document."""
    level = format_level(result.level)
    columns = [
        format_column(values, "estimate", 4)
        for values in (result.old, result.priors, result.std_error, result.low, result.high)
    ]
    heads = ("Old", "New", "Std. error", f"{level} low", f"{level} high")
    facts = [
        Fact("New rows", format_amount(result.n)),
        Fact("Chi-square", format_number(result.statistic)),
        Fact("Degrees of freedom", format_integer(result.dof)),
        Fact("P-value", format_p(result.p_value)),
    ]
    if result.method == "BBSE":
        facts.append(Fact("Condition number", format_number(result.condition)))
    errors = COUNTED if result.method == "EM" and result.counted else ERRORS[result.method]
    notes = [RELIES[result.method], errors]
    if result.truncated:
        notes.append(
            "A negative estimate was put to zero, and the others rescaled; limits are of the estimates before."
        )
    if result.old.size > ROWS_MOST:
        notes.append(f"{ROWS_MOST} of {result.old.size} outcomes are printed; to_frame() has all.")
    warnings = (
        (f"The condition number is above {ILL_CONDITIONED:g}: some outcomes are hardly told apart.",)
        if result.is_ill_conditioned
        else ()
    )
    cells = tuple(zip((str(j) for j in range(result.old.size)), *columns, strict=True))
    return Document(
        TITLES[result.method],
        facts=tuple(facts),
        blocks=(Table(None, (Column("Outcome"), *map(Column, heads)), cells[:ROWS_MOST]),),
        notes=tuple(notes),
        warnings=warnings,
    )
