"""The items of TRIPOD+AI: which of them a report answers, and which only its authors can.

References
----------
Collins, G. S., Moons, K. G. M., Dhiman, P. et al. (2024) TRIPOD+AI statement: updated guidance for reporting clinical
prediction models that use regression or machine learning methods. BMJ 385, e078378 (the items are in our words).
"""

from __future__ import annotations

from logitkit.report.document import Block, Column, Prose, Section, Table

__all__ = ["checklist_section", "without_items"]

AUTHORS = "to be written by the authors"

#: Items in the order of the statement: number, subject, and the section of the report that answers it, if one does.
ITEMS: tuple[tuple[str, str, str], ...] = (
    ("1", "Title: prediction model, population, outcome", AUTHORS),
    ("2", "Abstract", AUTHORS),
    ("3-4", "Background and objectives", AUTHORS),
    ("5", "Sources and dates of the data", AUTHORS),
    ("6", "Setting, eligibility and treatments", AUTHORS),
    ("7", "Preparation of the data", AUTHORS),
    ("8", "The outcome: what and how assessed", "What was modelled (its levels); the rest " + AUTHORS),
    ("9", "The predictors: choice, definition, measurement", "What was modelled (terms); the rest " + AUTHORS),
    ("10", "Sample size", "Can it be trusted?"),
    ("11", "Missing data", "What was modelled; Can it be trusted?"),
    ("12", "Analytical methods", "What was modelled; How well does it predict?"),
    ("13", "Class imbalance", "What was modelled (outcomes as they occurred, without resampling)"),
    ("14", "Fairness", AUTHORS),
    ("15", "Output of the model", "The answer"),
    ("16", "Differences of training and evaluation", "What was modelled; How well does it predict?"),
    ("17", "Ethical approval", AUTHORS),
    ("18", "Open science: funding, protocol, data, code", "About this report (call, versions); the rest " + AUTHORS),
    ("19", "Patient and public involvement", AUTHORS),
    ("20", "Participants: flow and characteristics", "What was modelled"),
    ("21", "Numbers of participants and events in each analysis", "What was modelled"),
    ("22", "The full model", "The answer"),
    ("23", "Performance, with intervals", "How well does it predict?"),
    ("24", "Updating of the model", AUTHORS),
    ("25", "Interpretation", AUTHORS),
    ("26", "Limitations", "Can it be trusted?; Who drives it?"),
    ("27", "Use of the model, and next steps", "What to do next; the rest " + AUTHORS),
)


def checklist_section() -> Section:
    """Return which items of TRIPOD+AI the report answers."""
    words = (
        "Items of TRIPOD+AI (Collins et al. 2024, BMJ 385, e078378), in our words, with the section of this page that "
        "answers each. A page made from a fit cannot answer the others."
    )
    heads = (Column("Item", "left"), Column("Subject", "left"), Column("Answered in", "left"))
    return Section("TRIPOD+AI checklist", (Prose(words), Table(None, heads, ITEMS)))


def without_items(block: Block) -> Block:
    """Return a section and those within it without the numbers of items.

    Examples
    --------
    >>> without_items(Section("A", (Section("B", (), "23"),), "12")).blocks[0].items
    ''
    """
    if not isinstance(block, Section):
        return block
    return Section(block.heading, tuple(map(without_items, block.blocks)))
