"""A monitor as a document: alarms, stability, the mean score, and what became of the applicants."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.plots.export import png_of, svg_of
from logitkit.plots.monitor import Measure, plot_monitor
from logitkit.plots.periods import WIDE
from logitkit.plots.style import page_axes
from logitkit.report.cards.monitor_frames import limits_frame, monitor_frame, points_frame, variables_frame
from logitkit.report.cards.monitoring_findings import BIAS, CUSTOM, table_of
from logitkit.report.document import Block, Document, Fact, Figure, Prose, Section, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_integer,
    format_level,
    format_number,
    format_p,
    format_percent,
)
from logitkit.report.weight_words import weight_notes
from logitkit.scorecard.monitoring.index import LARGE, SMALL
from logitkit.scorecard.monitoring.monitor import Monitor

__all__ = ["monitor_report"]


@finding_document.register
def _(found: Monitor) -> Document:
    tables: list[Block] = [Section("Alarms", tuple(_alarms(found))), Section("Periods", (_periods_table(found),))]
    if found.cohorts:
        tables.append(Section("Outcomes", (_cohorts_table(found),)))
    notes = weight_notes([found.weighting])
    return Document("Monitor of the scorecard", facts=_facts(found), blocks=tuple(tables), notes=notes)


def monitor_report(found: Monitor, title: str | None = None, *, raster: bool = False) -> Document:
    """Return a monitor with its figures, for a page; as pictures of dots too for formats without drawings of lines."""
    sections = [
        Section("Alarms", tuple(_alarms(found))),
        Section("Stability of the score", tuple(_score(found, raster))),
        Section("Stability of the variables", tuple(_variables(found, raster))),
        Section("Mean score", tuple(_mean(found, raster))),
        Section("Outcomes", tuple(_outcomes(found, raster))),
    ]
    subtitle = f"Applicants from {found.periods[0]} to {found.periods[-1]}, against those of the base."
    notes = weight_notes([found.weighting])
    return Document(title or "Monitor of the scorecard", subtitle, _facts(found), tuple(sections), notes=notes)


def _facts(found: Monitor) -> tuple[Fact, ...]:
    last = found.drifts[-1]
    rows = sum(float(drift.score.recent.sum()) for drift in found.drifts)
    return (
        Fact("Periods", format_integer(len(found.periods))),
        Fact("Applicants", format_amount(rows)),
        Fact("Rows of the base", format_amount(last.score.base.sum())),
        Fact("PSI of the last period", f"{format_number(last.score.value)} ({last.score.change})"),
        Fact("Mean score, last period", format_number(last.change.mean_recent)),
        Fact("Mean score, base", format_number(last.change.mean_base)),
        Fact("Cohorts with outcomes", format_integer(len(found.cohorts))),
        Fact("Alarms", format_integer(len(found.alarms))),
    )


def _alarms(found: Monitor) -> Iterator[Block]:
    yield Prose(
        f"A bad rate or Gini coefficient rings where its whole {format_level(found.level)} interval is beyond the "
        "limit. An index or mean score rings by its size alone; p says whether chance would do as much. The first "
        "alarm of each measure is listed, in the order in which it was known."
    )
    limits = limits_frame(found)
    values = limits["limit"].tolist()
    shown = ["" if np.isnan(value) else f"{value:.4g}" for value in values]
    columns: dict[str, list[str]] = {
        "Measure": [_named(name) for name in limits.index],
        "Limit": shown,
        "Where it comes from": list(limits["source"]),
    }
    yield table_of("Limits", columns, left=("Where it comes from",))
    if not found.alarms:
        yield Prose("No measure passed its limit.")
        return
    rates = [alarm.measure == "bad rate" for alarm in found.alarms]
    columns = {
        "Measure": [_named(f"{alarm.measure} {alarm.name}".strip()) for alarm in found.alarms],
        "Known in": [alarm.known_in for alarm in found.alarms],
        "Applicants of": [alarm.period for alarm in found.alarms],
        "Value": [_sized(alarm.value, rate) for alarm, rate in zip(found.alarms, rates, strict=True)],
        "Limit": [_sized(alarm.limit, rate) for alarm, rate in zip(found.alarms, rates, strict=True)],
        "p": ["" if np.isnan(alarm.p_value) else format_p(alarm.p_value) for alarm in found.alarms],
    }
    yield table_of("First alarms", columns, left=("Known in", "Applicants of"))


def _score(found: Monitor, raster: bool) -> Iterator[Block]:
    yield Prose(f"{CUSTOM} {BIAS}")
    yield _figure(
        (found, raster),
        "psi",
        "Index of the score",
        f"What samples of one population would show beside it. Dashed: {_dashed(found.limits.psi)}.",
    )
    yield _periods_table(found)


def _variables(found: Monitor, raster: bool) -> Iterator[Block]:
    values = variables_frame(found).to_numpy()
    order = np.argsort(-values.max(axis=0), kind="stable")
    yield _figure(
        (found, raster),
        "csi",
        "Indices of the variables",
        f"Those that moved most. Dashed: {_dashed(found.limits.csi)}.",
    )
    last = found.drifts[-1].variables
    columns = {
        "Variable": [found.names[j] for j in order],
        "Largest CSI": format_column(values.max(axis=0)[order], "statistic", 4),
        "In": [found.periods[i] for i in values.argmax(axis=0)[order]],
        "Last CSI": format_column([last[j].value for j in order], "statistic", 4),
        f"{format_level(found.level)} low": format_column([last[j].low for j in order], "statistic", 4),
        f"{format_level(found.level)} high": format_column([last[j].high for j in order], "statistic", 4),
        "By chance": format_column([last[j].by_chance for j in order], "statistic", 4),
        "p": [format_p(last[j].p_value) for j in order],
        "Change": [last[j].change for j in order],
    }
    yield table_of(None, columns, left=("In", "Change"))


def _mean(found: Monitor, raster: bool) -> Iterator[Block]:
    values = points_frame(found).to_numpy()
    order = np.argsort(-np.abs(values).max(axis=0), kind="stable")
    yield Prose("The change of the mean score from that of the base, and the points that each variable adds to it.")
    yield _figure(
        (found, raster),
        "points",
        "Change of the mean score",
        "Changes of all variables sum to that of the mean score; those that moved it most are drawn.",
    )
    change = found.drifts[-1].change
    columns = {
        "Variable": ["Mean score", *(found.names[j] for j in order)],
        "Base": format_column([change.mean_base, *change.base[order]], "estimate", 2),
        f"{found.periods[-1]}": format_column([change.mean_recent, *change.recent[order]], "estimate", 2),
        "Change": format_column([change.mean_recent - change.mean_base, *change.difference[order]], "estimate", 2),
        "Std. error": format_column([change.mean_std_error, *change.std_error[order]], "estimate", 2),
    }
    yield table_of(None, columns)


def _outcomes(found: Monitor, raster: bool) -> Iterator[Block]:
    if not found.cohorts:
        yield Prose("No outcomes were known, or none were given.")
        return
    yield Prose(
        "Each cohort is judged in the period in which the last of its outcomes was known. Until then none of them is "
        "used, because those that turn bad are known before those that do not."
    )
    level = format_level(found.level)
    yield _figure(
        (found, raster),
        "bad_rate",
        "Bad rates of cohorts",
        f"By period of application, with {level} Wilson intervals, and the mean probability that the card predicted.",
    )
    dashed = "" if found.gini.limit_of(found.limits) is None else " Dashed: the limit."
    caption = f"Gini coefficients with DeLong's {level} intervals.{dashed}"
    yield _figure((found, raster), "gini", "Discrimination of cohorts", caption)
    yield _cohorts_table(found)


def _periods_table(found: Monitor) -> Table:
    frame, level = monitor_frame(found), format_level(found.level)
    columns = {
        "Period": list(found.periods),
        "Rows": [format_amount(n) for n in frame["rows"]],
        "PSI": format_column(frame["psi"], "statistic", 4),
        f"{level} low": format_column(frame["psi_low"], "statistic", 4),
        f"{level} high": format_column(frame["psi_high"], "statistic", 4),
        "p": [format_p(p) for p in frame["p_value"]],
        "Change": list(frame["change"]),
        "Mean score": format_column(frame["mean_score"], "statistic", 1),
        "Moved": format_column(frame["mean_change"], "statistic", 1),
        "No score": [format_amount(n) for n in frame["no_score"]],
    }
    return table_of(None, columns, left=("Change",))


def _cohorts_table(found: Monitor) -> Table:
    cohorts, level = found.cohorts, format_level(found.level)
    columns = {
        "Cohort": [cohort.period for cohort in cohorts],
        "Known in": [cohort.known_in for cohort in cohorts],
        "Rows": [format_amount(cohort.n) for cohort in cohorts],
        "Bad": [format_amount(cohort.bad) for cohort in cohorts],
        "Bad rate": [format_percent(cohort.rate, 2) for cohort in cohorts],
        "Expected": [format_percent(cohort.expected / cohort.n, 2) for cohort in cohorts],
        "p": [format_p(cohort.p_value) for cohort in cohorts],
        "Gini": format_column([cohort.gini for cohort in cohorts], "statistic", 3),
        f"{level} low": format_column([cohort.gini_low for cohort in cohorts], "statistic", 3),
        f"{level} high": format_column([cohort.gini_high for cohort in cohorts], "statistic", 3),
        "KS": format_column([cohort.ks for cohort in cohorts], "statistic", 3),
    }
    return table_of(None, columns, left=("Known in",))


def _dashed(limit: float | None) -> str:
    """Return what the dashed lines of an index are."""
    return f"the customary {SMALL:.2f} and {LARGE:.2f}" if limit in (None, LARGE) else f"the limit of {limit:g}"


def _figure(of: tuple[Monitor, bool], what: Measure, title: str, caption: str) -> Figure:
    found, raster = of
    axes = plot_monitor(found, what, page_axes(WIDE))
    return Figure(title, svg_of(axes), png_of(axes) if raster else None, caption, f"{title} by period.")


def _named(measure: str) -> str:
    return measure[:1].upper() + measure[1:]


def _sized(value: float, is_rate: bool) -> str:
    return format_percent(value, 2) if is_rate else format_number(value)
