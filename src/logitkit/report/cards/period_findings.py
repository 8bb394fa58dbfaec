"""Bins over time as documents."""

from __future__ import annotations

from logitkit.report.cards.monitoring_findings import BIAS, CUSTOM, table_of
from logitkit.report.cards.period_frames import period_indices_frame
from logitkit.report.document import Document, Fact
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_amount, format_column, format_integer, format_level, format_p
from logitkit.report.weight_words import weight_notes
from logitkit.scorecard.monitoring.bins_over_time import BinsByPeriod

__all__: list[str] = []


@finding_document.register
def _(found: BinsByPeriod) -> Document:
    frame, level = period_indices_frame(found), format_level(found.level)
    columns = {
        "Period": list(found.periods),
        "Rows": [format_amount(n) for n in frame["rows"]],
        "PSI": format_column(frame["psi"], "statistic", 4),
        f"{level} low": format_column(frame["psi_low"], "statistic", 4),
        f"{level} high": format_column(frame["psi_high"], "statistic", 4),
        "By chance": format_column(frame["by_chance"], "statistic", 4),
        "p": [format_p(p) for p in frame["p_value"]],
        "Change": ["" if index is None else index.change for index in found.indices],
    }
    notes = [f"{level} basic bootstrap intervals, not below zero. {BIAS}", CUSTOM]
    if found.has_outcomes:
        columns["Bad rate"] = format_column(frame["event_rate"], "percent", 2)
        columns["IV"] = format_column(frame["iv"], "statistic", 4)
        columns["Reversals"] = [format_integer(n) for n in frame["reversals"]]
        notes.append(
            "Reversals: neighbouring bins whose bad rates differ in the other direction than in the rows that the bins "
            "were made from."
        )
    notes += weight_notes([found.weighting])
    facts = (Fact("Periods", format_integer(len(found.periods))), Fact("Rows", format_amount(found.rows.sum())))
    table = table_of(None, columns, left=("Change",))
    return Document(f"Bins of {found.name} over time", facts=facts, blocks=(table,), notes=tuple(notes))
