"""Vintage curves as tables and documents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from logitkit.report.cards.monitoring_findings import table_of
from logitkit.report.document import Document, Fact
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_amount, format_integer, format_percent
from logitkit.scorecard.monitoring.vintage import VintageCurves

__all__ = ["vintage_frame"]

MONTHS_MOST = 6  # columns of the printed table


@finding_document.register
def _(found: VintageCurves) -> Document:
    n = found.rate.shape[1]
    step = max(1, -(-(n - 1) // MONTHS_MOST))
    step = next((s for s in (1, 3, 6, 12, 24) if s >= step), step)
    columns = {"Cohort": list(found.cohorts), "Rows": [format_amount(size) for size in found.rows]}
    for month in range(step, n, step):
        columns[f"Month {month}"] = ["" if np.isnan(rate) else format_percent(rate, 2) for rate in found.rate[:, month]]
    facts = (
        Fact("Cohorts", format_integer(len(found.cohorts))),
        Fact("Events until", found.until),
        Fact("Opened later, left out", format_integer(found.n_later)),
        Fact("Without a date of opening, left out", format_integer(found.n_undated)),
    )
    notes = (
        "Proportions of all rows of a cohort that were bad by the end of a month on book.",
        "Rows that left in the meantime count as not bad.",
        "A month that some rows of the cohort have not reached is empty.",
    )
    return Document("Vintage curves", facts=facts, blocks=(table_of(None, columns),), notes=notes)


def vintage_frame(found: VintageCurves) -> pd.DataFrame:
    """Return one row per cohort and month that all of its rows have reached."""
    t = found.rate.shape[1]
    index = pd.MultiIndex.from_product([found.cohorts, range(t)], names=["cohort", "month"])
    columns = {
        "rows": np.repeat(found.rows, t),
        "events": found.events.ravel(),
        "event_rate": found.rate.ravel(),
        "event_rate_low": found.rate_low.ravel(),
        "event_rate_high": found.rate_high.ravel(),
    }
    return pd.DataFrame(columns, index=index)[~np.isnan(found.rate.ravel())]
