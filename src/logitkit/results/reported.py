"""The report of a fit on rows, written to a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from logitkit.inference.validation.validation import Validation
from logitkit.options import require_text
from logitkit.results.rows import Rows
from logitkit.results.spread_units import units_in_numbers
from logitkit.typing import Unit

__all__ = ["write_report"]


def write_report(
    rows: Rows,
    path: str | Path,
    title: str | None,
    units: Mapping[str, Unit] | None,
    source: str | None,
    *,
    tripod: bool = False,
    validation: Validation | None = None,
) -> Path:
    """Write one self-contained HTML page with tables and figures."""
    from logitkit.report.pages.page import Extra, report_document, write_page
    from logitkit.results.effects.average_predictions import average_predictions_of_all
    from logitkit.results.effects.report_effects import effects_of_all
    from logitkit.writing import writable_path

    target = writable_path(path, "report")
    require_text("title", title)
    require_text("source", source)
    numbers = units_in_numbers(rows.record.info, rows.own, units)
    averages, changes = average_predictions_of_all(rows), effects_of_all(rows)
    extra = Extra(averages, changes, title, source, validation, tripod)
    return write_page(target, report_document(rows.record, rows.design, numbers, extra))
