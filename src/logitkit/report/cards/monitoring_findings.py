"""Stability indices as documents."""

from __future__ import annotations

from typing import Any

from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_interval,
    format_level,
    format_number,
    format_p,
    format_percent,
)
from logitkit.report.weight_words import weight_notes
from logitkit.scorecard.monitoring.card_stability import CardDrift
from logitkit.scorecard.monitoring.index import LARGE, SMALL, StabilityIndex

__all__ = ["BIAS", "CHANGES", "CUSTOM", "drift_table", "table_of"]

#: What sizes of an index are customarily called.
CHANGES = {"none": "no change", "moderate": "moderate change", "large": "large change"}
CUSTOM = (
    f"Customary words: below {SMALL:.2f} no change, below {LARGE:.2f} a moderate, from {LARGE:.2f} on a large one. "
    "They do not know the size of the samples: compare with the index by chance."
)
#: What sampling weights do to the law of an index.
WEIGHTED = (
    "Sampling weights: rows are their sums; the index by chance, its chi-square (Rao and Scott) and the interval "
    "allow for them."
)
#: Why an interval may lie below the index.
BIAS = (
    "Samples of one population have an index above zero, the index by chance. The interval takes this from the index, "
    "and may lie below it."
)


@finding_document.register
def _(found: StabilityIndex) -> Document:
    used = [m for m in range(found.base.size) if found.base[m] > 0 or found.recent[m] > 0]
    base, recent = found.base / found.base.sum(), found.recent / found.recent.sum()
    table = table_of(
        None,
        {
            "Bin": [found.labels[m] for m in used],
            "Base": [format_amount(found.base[m]) for m in used],
            "Recent": [format_amount(found.recent[m]) for m in used],
            "Base share": [format_percent(base[m]) for m in used],
            "Recent share": [format_percent(recent[m]) for m in used],
            "PSI": format_column([found.parts[m] for m in used], "statistic", 4),
        },
    )
    notes = [f"{format_level(found.level)} basic bootstrap interval, not below zero. {BIAS}", CUSTOM]
    if found.corrected.any():
        notes.append("Bins with no rows in one sample: one half was added there, and at the overall odds to the other.")
    if found.sampled:
        notes.append(WEIGHTED)
    return Document(f"Population stability of {found.name}", facts=_facts(found), blocks=(table,), notes=tuple(notes))


def _facts(found: StabilityIndex) -> tuple[Fact, ...]:
    return (
        Fact("PSI", f"{format_number(found.value)} ({CHANGES[found.change]})"),
        Fact(f"{format_level(found.level)} interval", format_interval(found.low, found.high, 4) or "not asked for"),
        Fact("PSI by chance", format_number(found.by_chance)),
        Fact(f"Chi2({found.dof:.4g})", f"{format_number(found.statistic)} (p {_p_text(found.p_value)})"),
    )


@finding_document.register
def _(drift: CardDrift) -> Document:
    change, level = drift.change, format_level(drift.score.level)
    facts = (
        *_facts(drift.score),
        Fact("Rows of the base", format_amount(drift.score.base.sum())),
        Fact("Rows compared", format_amount(drift.score.recent.sum())),
        Fact("Mean score", f"{format_number(change.mean_base)} to {format_number(change.mean_recent)}"),
        Fact("Rows without a score", format_amount(drift.score.recent[-1])),
    )
    notes = (
        f"PSI of the score, CSI of each variable. {level} basic bootstrap intervals, not below zero. {BIAS}",
        CUSTOM,
        "Points: what each variable adds to the change of the mean score.",
        *weight_notes([drift.weighting]),
    )
    return Document("Stability of the scorecard", facts=facts, blocks=(drift_table(drift),), notes=notes)


def drift_table(drift: CardDrift) -> Table:
    """Return the indices of the score and of every variable, with the points by which these moved the mean."""
    all_, change = (drift.score, *drift.variables), drift.change
    level = format_level(drift.score.level)
    columns = {
        "Variable": [found.name for found in all_],
        "PSI": format_column([found.value for found in all_], "statistic", 4),
        f"{level} low": format_column([found.low for found in all_], "statistic", 4),
        f"{level} high": format_column([found.high for found in all_], "statistic", 4),
        "By chance": format_column([found.by_chance for found in all_], "statistic", 4),
        "p": [format_p(found.p_value) for found in all_],
        "Change": [found.change for found in all_],
        "Points": [f"{points:.2f}" for points in (change.mean_recent - change.mean_base, *change.difference)],
        "Std. error": format_column([change.mean_std_error, *change.std_error], "estimate", 2),
    }
    return table_of(None, columns, left=("Variable", "Change"))


def table_of(title: str | None, columns: dict[str, Any], left: tuple[str, ...] = ()) -> Table:
    """Return a table of finished columns; the first, and those named, are set to the left."""
    first = next(iter(columns))
    heads = tuple(Column(name, "left" if name == first or name in left else "right") for name in columns)
    return Table(title, heads, tuple(zip(*columns.values(), strict=True)))


def _p_text(p: float) -> str:
    text = format_p(p)
    return text if text.startswith("<") else f"= {text}"
