"""The fits of many groups as a document, short enough to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from logitkit.inference.by import GroupedRecord
from logitkit.report.conventions import grouped_convention_note
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.number_format import format_amount, format_integer
from logitkit.report.term_labels import shown_names
from logitkit.report.units import changes_of, grouped_unit_note
from logitkit.report.wording import counted, name_list, numbered_names
from logitkit.typing import FloatArray

__all__ = ["grouped_document"]

GROUPS_SHOWN = 8
TERMS_SHOWN = 6


def grouped_document(record: GroupedRecord, units: Mapping[str, float] | None = None) -> Document:
    """Return facts about all fits, and the coefficients of the first groups."""
    groups, counts = record.groups, record.counts
    facts = (
        Fact("Groups", format_integer(len(groups))),
        Fact("By", name_list([record.info.labels.of(name) for name in groups.names])),
        Fact("Observations", format_integer(int(record.n_obs.sum()))),
        Fact("Coefficients", format_integer(len(record.info.names))),
        Fact("Separated", format_integer(record.separated.size)),
        Fact("Aliased", format_integer(record.aliased.size)),
        Fact("Not converged", format_integer(int(np.count_nonzero(~record.converged)))),
        Fact("Rows used", format_integer(counts.given - counts.missing)),
    )
    return Document(
        f"{record.family.words.title} by group",
        subtitle=record.info.formula or "",
        facts=facts,
        blocks=(_first_groups(record, changes_of(record.info, units)),),
        notes=(
            *grouped_unit_note(
                record.info, record.coef, record.std_error, changes_of(record.info, units), record.family.words.ratio
            ),
            *_notes(record),
        ),
        warnings=tuple(_warnings(record)),
    )


def _first_groups(record: GroupedRecord, changes: FloatArray) -> Table:
    terms = shown_names(record.info, changes)[:TERMS_SHOWN]
    heads = (
        *(Column(record.info.labels.of(name), "left") for name in record.groups.names),
        Column("n"),
        Column("Events"),
        *(Column(name) for name in terms),
    )
    shown = range(min(len(record.groups), GROUPS_SHOWN))
    scaled, errors = changes * record.coef[shown], np.abs(changes) * record.std_error[shown]
    coef = [format_estimates(scaled[:, j], errors[:, j])[0] for j in range(len(terms))]
    rows = [
        (
            *(str(value) for value in record.groups.label(group)),
            format_integer(int(record.n_obs[group])),
            format_amount(float(record.events[group])),
            *(column[group] for column in coef),
        )
        for group in shown
    ]
    left = []
    if len(record.groups) > GROUPS_SHOWN:
        left.append(f"{counted(len(record.groups) - GROUPS_SHOWN, 'more group')}: .coef, .tidy(), .glance()")
    if len(record.info.names) > TERMS_SHOWN:
        left.append(f"{counted(len(record.info.names) - TERMS_SHOWN, 'more coefficient')}")
    return Table("Coefficients", heads, tuple(rows), tuple(f"{text}." for text in left), len(record.groups.names), True)


def _notes(record: GroupedRecord) -> Iterator[str]:
    yield "Levels, knots and moments are learnt from all rows; each group has its own coefficients."
    yield f"Standard errors: {record.covariance}."
    yield from grouped_convention_note(record)
    counts = record.counts
    if counts.missing:
        columns = numbered_names(counts.missing_by_column)
        yield f"Rows dropped for missing values: {format_integer(counts.missing)} ({columns})."


def _warnings(record: GroupedRecord) -> Iterator[str]:
    for found, text in (
        (record.separated, "Separated, with infinite coefficients"),
        (record.aliased, "Columns dropped, such as levels that do not occur"),
        (record.collinear, "Nearly collinear columns, named by .glance()"),
        (np.flatnonzero(~record.converged), "Not converged"),
    ):
        if found.size:
            labels = [record.groups.words(int(group)) for group in found[:20]]
            names = name_list(labels + [""] * (found.size - len(labels)), most=6)
            yield f"{text}: {counted(found.size, 'group')} ({names})."
