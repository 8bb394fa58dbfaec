"""What was modelled and on which rows: the flow of rows, the outcomes and the terms."""

from __future__ import annotations

from collections.abc import Iterator

from logitkit.design.formula.terms import INTERCEPT
from logitkit.diagnostics.rows.left_out import rows_left_out
from logitkit.errors import LogitkitError
from logitkit.plots.style import OUTCOMES_MOST
from logitkit.report.document import Block, Column, Prose, Table
from logitkit.report.number_format import format_amount, format_integer, format_percent
from logitkit.report.pages.judged import ROWS_TESTED, Judged
from logitkit.report.provenance import model_in_words
from logitkit.report.tables.describe import description_document
from logitkit.report.term_labels import shown_level, term_label
from logitkit.report.wording import counted

__all__ = ["description_section", "modelled_section"]

TERMS_MOST = 100


def description_section(made: Judged) -> Iterator[Block]:
    """Yield the paragraph of a results section; its terms are refitted, so not of very many rows."""
    if made.design.n_rows > ROWS_TESTED or not made.own or made.record.separated_completely:
        return
    try:
        document = description_document(made.fit, made.design)
    except LogitkitError as why:
        yield Prose(f"The paragraph of a results section is left out: {why}")
        return
    yield from (block for block in document.blocks if isinstance(block, Prose))


def modelled_section(made: Judged) -> Iterator[Block]:
    """Yield what was modelled, and on which rows."""
    record = made.record
    title = record.family.words.penalised if record.is_penalised else record.family.words.title
    text = f"{title[0].upper()}{title[1:]}: {model_in_words(record)}."
    if not made.own:
        text += (
            " The coefficients are those of the fit; what is diagnosed on this page was computed on "
            f"{format_integer(made.design.n_rows)} other rows."
        )
    yield Prose(text)
    yield _flow(made)
    totals, outcomes = record.totals, record.outcomes
    if not record.family.words.quasi and len(outcomes) <= OUTCOMES_MOST and float(totals.sum()) > 0.0:
        weights = record.info.response.weights
        head = "Observations" if weights is None else f"Weighted by {weights}"
        rows = tuple(
            (str(outcome), format_amount(float(total)), format_percent(float(total / totals.sum())))
            for outcome, total in zip(outcomes, totals, strict=True)
        )
        name = record.info.response.name
        yield Table(f"Outcomes of {name}", (Column("Outcome", "left"), Column(head), Column("Proportion")), rows)
    yield from _terms(made)


def _flow(made: Judged) -> Table:
    """Return how many rows there were, and where they were left out."""
    record = made.record
    counts, dropped = record.counts, record.nuisance.n_dropped_rows
    used = counts.given - counts.missing - dropped
    rows = [("Rows given to the fit", format_integer(counts.given))]
    if counts.missing:
        rows.append(("Dropped for missing values", format_integer(counts.missing)))
        rows += [
            (f"of these missing in {record.info.labels.of(name)}", format_integer(count))
            for name, count in counts.missing_by_column
        ]
    if dropped:
        rows.append(("Dropped in levels of one outcome", format_integer(dropped)))
    rows.append(("Rows used by the fit", format_integer(used)))
    if not made.own:
        left = rows_left_out(made.design)
        rows.append(("Other rows given", format_integer(left.given)))
        rows.append(("Other rows diagnosed", format_integer(left.used)))
    return Table("Rows", (Column("Step", "left"), Column("Rows")), tuple(rows))


def _terms(made: Judged) -> Iterator[Table]:
    """Yield the terms with how each enters."""
    info = made.record.info
    references = dict(info.references)
    rows = []
    for term in info.terms:
        if term.columns and info.names[term.columns[0]] != INTERCEPT:
            reference = references.get(term.name)
            how = "as numbers" if reference is None else f"by level, against {shown_level(info, term.name, reference)}"
            rows.append((term_label(info, term.name), format_integer(len(term.columns)), how))
    if not 0 < len(rows) <= TERMS_MOST:
        return
    title = f"{counted(len(rows), 'term')} of the model"
    yield Table(title, (Column("Term", "left"), Column("Columns"), Column("Enters", "left")), tuple(rows))
