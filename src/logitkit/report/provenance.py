"""Where the numbers of a report come from: the rows, the model as it was stated, the day and the versions."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from logitkit.design.design import Design, RowCounts
from logitkit.design.table.extras import ARRAY
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.report.called import printed_record
from logitkit.report.document import Column, Section, Table
from logitkit.report.number_format import format_integer, format_level
from logitkit.report.wording import counted, numbered_names

__all__ = ["fitting_call", "library_versions", "model_in_words", "provenance_section", "written_on"]


def provenance_section(record: FitRecord, design: Design, source: str | None, *, own: bool) -> Section:
    """Return where the numbers come from."""
    rows = [("Rows of the fit", _rows_in_words(record.counts, source if own else None, record.nuisance.n_dropped_rows))]
    if not own:
        rows.append(("Rows of the diagnostics", _rows_in_words(design.counts, source, 0)))
    rows += [
        ("Model", model_in_words(record)),
        ("To repeat it", fitting_call(record)),
        ("Written", written_on()),
        ("Versions", ", ".join(f"{name} {number}" for name, number in library_versions().items())),
    ]
    return Section("About this report", (Table(None, (Column("Item", "left"), Column("Value", "left")), tuple(rows)),))


def _rows_in_words(counts: RowCounts, source: str | None, uninformative: int) -> str:
    """Return how many rows were read and used, and why the others were not."""
    used = counts.given - counts.missing - counts.unseen - uninformative
    if source is None:
        text = f"a table of {counted(counts.given, 'row')}, {format_integer(used)} used"
    else:
        text = f"{source}: {counted(counts.given, 'row')} read, {format_integer(used)} used"
    if counts.missing:
        columns = numbered_names(counts.missing_by_column)
        text += f"; {format_integer(counts.missing)} dropped for missing values ({columns})"
    if counts.unseen:
        text += f"; {format_integer(counts.unseen)} left out because the fit cannot predict them"
    if uninformative:
        text += f"; {format_integer(uninformative)} dropped in levels of one outcome"
    return text


def model_in_words(record: FitRecord) -> str:
    """Return the model as the user stated it: its formula, and the options in words.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> model_in_words(lk.logit("y ~ x", data, level=0.9).record)
    'y ~ x; event y = 1; 90% intervals'
    """
    return "; ".join(_options(printed_record(record)))


def _options(record: FitRecord) -> Iterator[str]:
    info, response = record.info, record.info.response
    yield f"a ready matrix of {counted(len(info.names), 'column')}" if info.formula is None else info.formula
    words = record.family.words
    if words.compares:
        yield "symmetric form" if record.reference is None else f"against {record.outcomes[record.reference]}"
    elif not record.has_event:
        yield " < ".join(record.outcomes)
    elif response.kind == "fraction":
        yield f"fraction {response.name}"
    elif response.kind == "grouped":
        yield "events and nonevents"
    else:
        yield f"event {response.name} = {response.event}"
    if words.link:
        yield words.link
    if response.weights is not None:
        yield f"{response.weight_kind} weights {_given(response.weights)}"
    if response.offset is not None:
        yield f"offset {_given(response.offset)}"
    for outcome, column in response.offsets:
        yield f"offset of {outcome} {_given(column)}"
    if response.cluster is not None:
        yield f"clusters {_given(response.cluster)}"
    if record.nuisance.words.model:
        yield record.nuisance.words.model
    if record.adjustment is not None:
        yield record.adjustment.stated.words
    if record.penalty is not None:
        strengths = ", ".join(f"{value:.4g}" for _, value in record.penalty.strengths)
        yield f"{record.penalty.words}, strength {strengths} ({record.penalty.chosen})"
    yield f"{format_level(record.level)} intervals"


def _given(column: str) -> str:
    return "given as an array" if column == ARRAY else f"in {column}"


def written_on() -> str:
    """Return the day and the time of a report in UTC: now, or what SOURCE_DATE_EPOCH says, for builds to be repeated.

    Examples
    --------
    >>> written_on().endswith(" UTC")
    True
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.now(UTC) if given is None else datetime.fromtimestamp(int(given), UTC)
    except (ValueError, OverflowError, OSError):
        raise DataError(
            f"SOURCE_DATE_EPOCH is {given!r}; it must be a whole number of seconds since 1970, or not be set."
        ) from None
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def library_versions() -> dict[str, str]:
    """Return the versions of logitkit and of what it computes with."""
    try:
        own = version("logitkit")
    except PackageNotFoundError:  # the sources without an installation
        own = "(not installed)"
    return {"logitkit": own, "Python": platform.python_version(), "NumPy": np.__version__}


def fitting_call(record: FitRecord) -> str:
    """Return the call that makes the fit again from its table, as far as a record knows it.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fitting_call(lk.logit("y ~ x", data, level=0.9).record)
    "lk.fit('y ~ x', data, model=lk.Binary(), level=0.9)"
    """
    info, response = record.info, record.info.response
    first = "lk.fit_matrix(X, y" if info.formula is None else f"lk.fit({' '.join(info.formula.split())!r}, data"
    words = [first, f"model=lk.{record.model!r}"]
    if record.penalty is not None:
        words.append(f"penalty=... ({record.penalty.words}, strength as above)")
    elif record.adjustment is not None:
        words.append(f"penalty=lk.{record.adjustment.stated!r}")
    given = (("weights", response.weights), ("offset", response.offset), ("cluster", response.cluster))
    words += [f"{name}={'...' if column == ARRAY else repr(column)}" for name, column in given if column is not None]
    if response.weights is not None and response.weight_kind != "frequency":
        words.append(f"weight_kind={response.weight_kind!r}")
    if record.nuisance.factors:
        words.append(f"absorb={record.nuisance.factors[0].name!r}")
    if record.level != 0.95:
        words.append(f"level={record.level!r}")
    return f"{', '.join(words)})"
