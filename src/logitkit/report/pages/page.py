"""The report of a fit as one document: chapters in the order that a reader asks, each a list of sections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from logitkit.design.design import Design
from logitkit.diagnostics.rows.left_out import rows_left_out
from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError
from logitkit.inference.effects.average_predictions import AveragePredictions
from logitkit.inference.effects.comparisons import Effects
from logitkit.inference.validation.validation import Validation
from logitkit.report.called import in_print
from logitkit.report.document import Block, Document, Section
from logitkit.report.findings.blocks import finding_blocks
from logitkit.report.findings.validation import validation_document
from logitkit.report.formats.html import render_page
from logitkit.report.left_out import left_out_words
from logitkit.report.number_format import format_integer
from logitkit.report.pages.estimates import (
    coefficient_section,
    collinearity_section,
    combining_section,
    parallel_section,
    ratio_section,
    term_section,
)
from logitkit.report.pages.judged import Judged
from logitkit.report.pages.modelled import description_section, modelled_section
from logitkit.report.pages.numbers import numbers_of_report
from logitkit.report.pages.rows import (
    change_section,
    effect_section,
    goodness_section,
    influence_section,
    judged_sections,
)
from logitkit.report.pages.tripod import checklist_section, without_items
from logitkit.report.pages.trust import next_section, trust_section
from logitkit.report.provenance import provenance_section
from logitkit.report.readers import for_readers
from logitkit.writing import write_file

__all__ = ["SECTIONS", "Extra", "report_document", "write_page"]

Maker = Callable[[Judged], Iterator[Block]]


@dataclass(frozen=True)
class Extra:
    """What a report shows beside what follows from the fit and rows alone.

    Parameters
    ----------
    effects : sequence of AveragePredictions or LogitkitError
        Average predictions by variable, or why there are none.
    changes : Effects, LogitkitError or None
        Average effects, or why there are none.
    title : str or None
        Of the page.
    source : str or None
        Where the rows come from.
    validation : Validation or None
        By resampling.
    tripod : bool
        Whether the numbers of items of TRIPOD+AI stand in the margin, and its checklist at the end.
    """

    effects: Sequence[AveragePredictions | LogitkitError] = ()
    changes: Effects | LogitkitError | None = None
    title: str | None = None
    source: str | None = None
    validation: Validation | None = None
    tripod: bool = False


#: The sections of a report that follow from the fit and rows, by chapter, in order, with the items of TRIPOD+AI that
#: they answer: add one here.
SECTIONS: Mapping[str, tuple[str, tuple[tuple[str, Maker], ...]]] = {
    "What was modelled": ("8a, 9b, 11, 12b, 12c, 20a, 21", (("", modelled_section),)),
    "The answer": (
        "15, 22",
        (
            ("", description_section),
            ("22", coefficient_section),
            ("22", ratio_section),
            ("", term_section),
            ("12c", combining_section),
        ),
    ),
    "Can it be trusted?": (
        "10, 11, 26",
        (("", trust_section), ("23a", goodness_section), ("12b", parallel_section), ("12b", collinearity_section)),
    ),
    "How well does it predict?": ("12e, 23a", (("23a", judged_sections),)),
    "Who drives it?": ("26", (("", influence_section),)),
}


def report_document(
    record: FitRecord, design: Design, units: Mapping[str, float] | None = None, extra: Extra = Extra()
) -> Document:
    """Return the report of a fit."""
    made = Judged(record, design, units)
    summary = made.summary
    document = for_readers(
        Document(
            title=extra.title or summary.title,
            subtitle=_rows_in_words(design, own=made.own),
            facts=summary.facts,
            blocks=tuple(_chapters(made, extra)),
            warnings=summary.warnings,
        )
    )
    if not extra.tripod:
        document = replace(document, blocks=tuple(map(without_items, document.blocks)))
    return replace(document, numbers=numbers_of_report(made, document, extra.validation))


def _chapters(made: Judged, extra: Extra) -> Iterator[Section]:
    """Yield the chapters that have something to say."""
    more: Mapping[str, Iterable[Block]] = {
        "The answer": (
            *change_section(in_print(extra.changes, made.called)),
            *effect_section(made.record, [in_print(each, made.called) for each in extra.effects]),
        ),
        "How well does it predict?": tuple(_validated(extra.validation)),
    }
    for heading, (items, makers) in SECTIONS.items():
        blocks = [_labelled(block, own) for own, make in makers for block in make(made)]
        blocks += more.get(heading, ())
        if blocks:
            yield Section(heading, tuple(blocks), items)
    yield Section("What to do next", tuple(next_section(made, validated=extra.validation is not None)), "27c")
    yield provenance_section(made.fit, made.design, extra.source, own=made.own)
    if extra.tripod:
        yield checklist_section()


def _labelled(block: Block, items: str) -> Block:
    return replace(block, items=items) if isinstance(block, Section) and items else block


def _validated(result: Validation | None) -> Iterator[Section]:
    if result is not None:
        yield Section("Validation by resampling", finding_blocks(validation_document(result)), "12c, 23a")


def _rows_in_words(design: Design, *, own: bool) -> str:
    """Return which rows the report looks at."""
    other = f"Diagnosed on {format_integer(design.n_rows)} other rows; the coefficients are those of the fit."
    return " ".join(("Diagnosed on the rows of the fit." if own else other, *left_out_words(rows_left_out(design))))


def write_page(path: Path, document: Document) -> Path:
    """Write a document as one self-contained HTML page, whole or not at all."""
    return write_file(path, render_page(document), "report")
