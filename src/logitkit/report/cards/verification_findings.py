"""The verification of a card as a document."""

from __future__ import annotations

from logitkit.report.document import Block, Column, Document, Fact, Prose, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_integer
from logitkit.scorecard.verified import TOLERANCE, Check, Verification

__all__: list[str] = []

SHOWN = 25  # comparisons that differ


@finding_document.register
def _(found: Verification) -> Document:
    wrong = [check for check in found.checks if not check.agrees]
    numbers = sum(check.numbers for check in found.checks)
    facts = (
        Fact("Result", "all agree" if found.agrees else "differs"),
        Fact("Values compared", format_integer(numbers)),
        Fact("Values that differ", format_integer(sum(check.differing for check in wrong))),
        Fact("Comparisons that differ", f"{format_integer(len(wrong))} of {format_integer(len(found.checks))}"),
    )
    heads = (Column("What", "left"), *map(Column, ("Stated", "Found", "Differ", "Largest")))
    blocks: tuple[Block, ...] = ()
    if wrong:
        blocks = (Table("What differs", heads, tuple(map(_row, wrong[:SHOWN]))),)
    else:
        blocks = (Prose("The card was made again from these data, and every number is the same."),)
    warnings: tuple[str, ...] = ()
    if found.reordered:
        warnings = ("The rows are the same ones in another order: sort them as they were.",)
    notes = [f"Numbers agree that differ by at most {TOLERANCE:.0e}, or as much of their size."]
    if len(wrong) > SHOWN:
        notes.insert(0, f"The first {SHOWN} of {format_integer(len(wrong))}; table() has all.")
    notes += [f"{name} was {then or 'absent'} and is {now or 'absent'}." for name, then, now in found.versions]
    return Document("Verification of the scorecard", facts=facts, blocks=blocks, notes=tuple(notes), warnings=warnings)


def _row(check: Check) -> tuple[str, ...]:
    largest = "" if check.largest != check.largest else f"{check.largest:.3g}"
    return (f"{check.part}: {check.item}", check.stated, check.found, f"{check.differing} of {check.numbers}", largest)
