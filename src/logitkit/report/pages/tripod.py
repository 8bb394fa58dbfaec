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
    ("3a-c", "Background: context, purpose and users, known inequalities", AUTHORS),
    ("4", "Objectives", AUTHORS),
    ("5a-b", "Sources and dates of the data", AUTHORS),
    ("6a-c", "Setting, eligibility and treatments", AUTHORS),
    ("7", "Preparation and quality of the data", AUTHORS),
    ("8a", "The outcome: what, when and how assessed", "What was modelled (its levels); the rest " + AUTHORS),
    ("8b-c", "Assessors of the outcome, and blinding", AUTHORS),
    ("9a", "Choice of the initial predictors", AUTHORS),
    ("9b", "Definition and measurement of the predictors", "What was modelled (terms); the rest " + AUTHORS),
    ("9c", "Assessors of the predictors", AUTHORS),
    ("10", "Sample size", "Can it be trusted? (observations per coefficient); the rest " + AUTHORS),
    ("11", "Missing data", "What was modelled; Can it be trusted?"),
    ("12a", "How the data were used and divided", AUTHORS),
    ("12b", "How predictors enter: form, scale, transforms", "What was modelled (formula and terms)"),
    (
        "12c",
        "Type of model, its building, internal validation",
        "What was modelled; Validation by resampling",
    ),
    ("12d", "Differences between clusters", AUTHORS),
    ("12e", "Measures and plots of performance", "How well does it predict?"),
    ("12f", "Updating of the model after evaluation", AUTHORS),
    ("12g", "How predictions were calculated", "About this report (call, versions)"),
    ("13", "Class imbalance", "What was modelled (outcomes as they occurred, without resampling)"),
    ("14", "Fairness", AUTHORS),
    ("15", "Output of the model, thresholds", "The answer (probabilities); thresholds " + AUTHORS),
    ("16", "Differences of development and evaluation data", AUTHORS),
    ("17", "Ethical approval", AUTHORS),
    ("18a-e", "Funding, conflicts, protocol, registration, data", AUTHORS),
    ("18f", "Availability of the code", "About this report (call, versions); the rest " + AUTHORS),
    ("19", "Patient and public involvement", AUTHORS),
    ("20a", "Participants: flow, with and without the outcome", "What was modelled"),
    ("20b", "Characteristics of the participants", AUTHORS + " (lk.table_one)"),
    ("20c", "Evaluation data beside development data", AUTHORS),
    ("21", "Numbers of participants and events in each analysis", "What was modelled"),
    ("22", "The full model", "The answer"),
    ("23a", "Performance, with intervals", "How well does it predict?"),
    ("23b", "Performance by cluster", AUTHORS + " (fit.validate('internal-external', by=...))"),
    ("24", "Results of updating", AUTHORS),
    ("25", "Interpretation", AUTHORS),
    ("26", "Limitations", "Can it be trusted?; Who drives it?; the rest " + AUTHORS),
    ("27a-b", "Use: poor input, what users must do and know", AUTHORS),
    ("27c", "Next steps", "What to do next; the rest " + AUTHORS),
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
