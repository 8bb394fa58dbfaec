"""The report of a fit as one document: a list of sections, each a function of the fit and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from logitkit.design.design import Design
from logitkit.diagnostics.rows.left_out import rows_left_out
from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError
from logitkit.inference.effects.average_predictions import AveragePredictions
from logitkit.inference.effects.comparisons import Effects
from logitkit.inference.sample import is_sample
from logitkit.report.document import Document, Section
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
from logitkit.report.pages.rows import change_section, effect_section, influence_section, judged_sections
from logitkit.report.provenance import provenance_section
from logitkit.report.readers import for_readers
from logitkit.report.summary import summary_document
from logitkit.writing import write_file

__all__ = ["SECTIONS", "report_document", "write_page"]

Units = Mapping[str, float] | None
Maker = Callable[[FitRecord, Design, Units], Iterator[Section]]

#: The sections of a report, in order: add one here.
SECTIONS: tuple[Maker, ...] = (
    coefficient_section,
    ratio_section,
    term_section,
    combining_section,
    parallel_section,
    judged_sections,
    influence_section,
    collinearity_section,
)


def report_document(
    record: FitRecord,
    design: Design,
    effects: Sequence[AveragePredictions | LogitkitError] = (),
    title: str | None = None,
    units: Units = None,
    source: str | None = None,
    changes: Effects | LogitkitError | None = None,
) -> Document:
    """Return the report of a fit."""
    summary, own = summary_document(record, units), is_sample(record, design)
    return for_readers(
        Document(
            title=title or summary.title,
            subtitle=_rows_in_words(design, own=own),
            facts=summary.facts,
            blocks=(
                *(section for make in SECTIONS for section in make(record, design, units)),
                *change_section(changes),
                *effect_section(record, effects),
                provenance_section(record, design, source, own=own),
            ),
            warnings=summary.warnings,
        )
    )


def _rows_in_words(design: Design, *, own: bool) -> str:
    """Return which rows the report looks at."""
    other = f"Diagnosed on {format_integer(design.n_rows)} other rows; the coefficients are those of the fit."
    return " ".join(("Diagnosed on the rows of the fit." if own else other, *left_out_words(rows_left_out(design))))


def write_page(path: Path, document: Document) -> Path:
    """Write a document as one self-contained HTML page, whole or not at all."""
    return write_file(path, render_page(document), "report")
