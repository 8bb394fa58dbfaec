"""The validation of scorecards as documents."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_integer,
    format_interval,
    format_level,
    format_number,
    format_p,
    format_percent,
)
from logitkit.report.weight_words import weight_notes
from logitkit.scorecard.validation.bands import Bands
from logitkit.scorecard.validation.by_grade import GradeCalibration
from logitkit.scorecard.validation.grades import Grades
from logitkit.scorecard.validation.samples import Validation

__all__: list[str] = []

KS_BIAS = (
    "KS: its interval is centred at the estimate less its bootstrap bias, for the largest of many distances is too "
    "large on average."
)
LINE_OF_ODDS = (
    "The line of odds is the logistic regression of good on the log-odds that the points promise, over all rows."
)


@finding_document.register
def _(found: Validation) -> Document:
    level = format_level(found.level)
    samples = found.samples
    blocks = [
        _table(
            [
                ("Sample", [one.name for one in samples]),
                ("Rows", [format_amount(one.n) for one in samples]),
                ("Bad", [format_amount(one.n_bad) for one in samples]),
                ("Bad rate", [format_percent(one.n_bad / one.n, 2) for one in samples]),
                ("Expected", [format_percent(one.expected / one.n, 2) for one in samples]),
                ("Gini", format_column([one.gini for one in samples], "estimate")),
                (level, [_interval(one.gini_low, one.gini_high) for one in samples]),
                ("KS", format_column([one.ks for one in samples], "estimate")),
                (level, [_interval(one.ks_low, one.ks_high) for one in samples]),
                ("at points", [f"{one.ks_points:.6g}" for one in samples]),
            ]
        )
    ]
    if found.changes:
        blocks.append(
            _table(
                [
                    ("Change of Gini", [f"{one.name} less {one.reference}" for one in found.changes]),
                    ("Estimate", format_column([one.change for one in found.changes], "estimate")),
                    ("Std. error", format_column([one.std_error for one in found.changes], "estimate")),
                    ("P-value", format_column([one.p_value for one in found.changes], "p_value")),
                    (level, [_interval(one.low, one.high) for one in found.changes]),
                ]
            )
        )
    notes = [
        "Gini: 2 AUC - 1, the accuracy ratio of the CAP, with DeLong's interval.",
        KS_BIAS,
        "The rows that a card was made from flatter it.",
    ]
    if any(one.n_left_out for one in samples):
        total = sum(one.n_left_out for one in samples)
        notes.append(f"Left out, with no outcome or with one that is neither good nor bad: {format_amount(total)}.")
    notes += weight_notes(one.weighting for one in samples)
    return Document("Discrimination of the card", blocks=tuple(blocks), notes=tuple(notes))


@finding_document.register
def _(found: Bands) -> Document:
    level = format_level(found.level)
    line = found.line
    table = _table(
        [
            ("Points", list(found.labels)),
            ("Rows", [format_amount(n) for n in found.rows]),
            ("Bad", [format_amount(n) for n in found.bad]),
            ("Bad rate", [_percent(rate) for rate in found.rate]),
            (level, [_percents(*ends) for ends in zip(found.rate_low, found.rate_high, strict=True)]),
            ("Expected", [_percent(rate) for rate in found.expected]),
            ("Odds", [_odds(odds) for odds in found.odds]),
            ("Cum. good", [format_percent(share) for share in found.cumulative_good]),
            ("Cum. bad", [format_percent(share) for share in found.cumulative_bad]),
            ("KS", format_column(found.distance, "estimate", 3)),
        ]
    )
    to_double = format_number(line.points_to_double)
    if not np.isnan(line.points_to_double_low):
        to_double += f" {format_interval(line.points_to_double_low, line.points_to_double_high, 1)}"
    facts = (
        Fact("Points to double the odds, promised", format_number(line.points_to_double_promised)),
        Fact("Points to double the odds, observed", to_double),
        Fact("Points at the base odds, promised", format_number(line.base_points_promised)),
        Fact("Points at the base odds, observed", format_number(line.base_points)),
        Fact("Intercept and slope of the log-odds", f"{format_number(line.intercept)}, {format_number(line.slope)}"),
        Fact("P-value that they are 0 and 1", format_p(line.p_value)),
    )
    return Document(
        "Bands of points",
        facts=facts,
        blocks=(table,),
        notes=(
            "From the riskiest band on. Odds: goods per bad. Bad rates have Wilson intervals.",
            LINE_OF_ODDS,
            *weight_notes([found.weighting]),
        ),
    )


@finding_document.register
def _(found: GradeCalibration) -> Document:
    columns = [
        ("Grade", list(found.labels)),
        ("Rows", [format_amount(n) for n in found.n]),
        ("Bad", [format_amount(n) for n in found.bad]),
        ("PD", [format_percent(p, 2) for p in found.pd]),
        ("Bad rate", [format_percent(p, 2) for p in found.rate]),
        (
            format_level(found.level),
            [_percents(*ends) for ends in zip(found.rate_low, found.rate_high, strict=True)],
        ),
        ("Binomial", format_column(found.binomial, "p_value")),
        ("Jeffreys", format_column(found.jeffreys, "p_value")),
        ("Light", list(found.lights)),
    ]
    blocks = [_table(columns)]
    if found.correlation > 0:
        rho = f"{found.correlation:g}"
        correlated = [
            ("Grade", list(found.labels)),
            (f"Binomial, {rho}", format_column(found.binomial_correlated, "p_value")),
            (f"Jeffreys, {rho}", format_column(found.jeffreys_correlated, "p_value")),
            (f"Light, {rho}", list(found.lights_correlated)),
        ]
        blocks.append(_table(correlated))
    amber, red = (format_level(level) for level in found.light_levels)
    notes = [
        "P-values are one-sided: small where there are more bads than the PD says.",
        f"Lights follow the binomial test: amber beyond {amber}, red beyond {red}.",
        "Intervals of bad rates are Jeffreys', for independent obligors.",
    ]
    if found.correlation > 0:
        notes.append(
            f"Correlated: one factor with an asset correlation of {found.correlation:g}. "
            "The Hosmer-Lemeshow test takes obligors as independent."
        )
    notes += weight_notes([found.weighting])
    if found.weighting.kind == "sampling":
        notes.append(
            "Tests take the number of independent obligors that the default rate of a grade is worth, and as many "
            "defaults as its rate gives; with the rows of the fit the Hosmer-Lemeshow test has no p-value."
        )
    return Document(
        "Calibration by grade",
        facts=(
            Fact("Hosmer-Lemeshow chi-square", format_number(found.hosmer_lemeshow)),
            Fact("Degrees of freedom", format_integer(found.dof)),
            Fact("P-value", format_p(found.p_value)),
        ),
        blocks=tuple(blocks),
        notes=tuple(notes),
    )


@finding_document.register
def _(found: Grades) -> Document:
    share = found.n / found.n.sum()
    columns = [
        ("Points", list(found.labels)),
        ("Rows", [format_amount(n) for n in found.n]),
        ("Share", [format_percent(s) for s in share]),
        ("Bad", [format_amount(n) for n in found.bad]),
        ("Bad rate", [format_percent(p, 2) for p in found.rate]),
        ("Best est.", [format_percent(p, 2) for p in found.best]),
    ]
    value, free = format_number(found.partition.value), format_number(found.partition.free_value)
    notes = [
        "The grades are the best monotone joins of the pre-bins of points that meet the limits.",
        f"Criterion {value}; without shape, differences and p-values it would be {free}.",
    ]
    facts = [Fact("Mean bad rate", format_percent(float(share @ found.rate), 2))]
    if found.central_tendency is not None:
        way = "one shift of all log-odds" if found.method == "odds" else "one factor"
        facts.append(Fact("Central tendency", f"{format_percent(found.central_tendency, 2)}, by {way}"))
    margin = found.margin
    if margin is not None:
        parts = (("A", margin.data), ("B", margin.changes), ("C", margin.estimation))
        columns += [(name, [format_percent(m, 2) for m in values]) for name, values in parts]
        columns.append(("PD", [format_percent(p, 2) for p in found.pd]))
        notes.append(
            f"Margins A and B are as stated. C: distance of the default rate from its one-sided "
            f"{format_level(margin.level)} limit (Jeffreys, asset correlation {margin.correlation:g}), relative to it."
        )
        if not found.monotone:
            notes.append("With their margins the PDs do not fall from grade to grade: join grades, or widen them.")
    notes += weight_notes([found.weighting])
    return Document("Rating grades", facts=tuple(facts), blocks=(_table(columns),), notes=tuple(notes))


def _table(columns: Iterable[tuple[str, Iterable[str]]]) -> Table:
    """Return a table whose first column names the rows."""
    named = [(name, tuple(cells)) for name, cells in columns]
    heads = tuple(Column(name, "right" if j else "left") for j, (name, _) in enumerate(named))
    return Table(None, heads, tuple(zip(*(cells for _, cells in named), strict=True)))


def _odds(odds: float) -> str:
    if np.isnan(odds):
        return ""
    return "\N{INFINITY}" if np.isinf(odds) else f"{odds:,.1f}"


def _interval(low: float, high: float) -> str:
    return "" if np.isnan(low) else format_interval(low, high, 3)


def _percent(rate: float) -> str:
    return "" if np.isnan(rate) else format_percent(rate, 2)


def _percents(low: float, high: float) -> str:
    return "" if np.isnan(low) else f"{format_percent(low, 2)} to {format_percent(high, 2)}"
