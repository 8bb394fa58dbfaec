"""Tests of fit as documents."""

from __future__ import annotations

import numpy as np

from logitkit.diagnostics.fit.belt import CalibrationBelt
from logitkit.diagnostics.fit.box_tidwell import BoxTidwell
from logitkit.diagnostics.fit.link_test import LinkTest
from logitkit.diagnostics.fit.overdispersion import DispersionTest
from logitkit.diagnostics.fit.panel import GoodnessOfFit
from logitkit.diagnostics.fit.r_squared import PseudoRSquared
from logitkit.engine.law import NORMAL
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document, test_facts, undetermined_rows
from logitkit.report.findings.misfit import FEW_ROWS, MANY_NEW
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_estimate,
    format_integer,
    format_interval,
    format_level,
    format_number,
    format_p,
    format_percent,
)
from logitkit.report.wording import counted

__all__ = [
    "belt_document",
    "box_tidwell_document",
    "dispersion_document",
    "link_test_document",
    "panel_document",
    "r_squared_document",
]

MANY_ROWS = 50_000.0  # beyond, departures too small to matter are found by every test
REJECTED = 0.05
PROPORTIONS = (
    "On other rows than those of the fit the null model is that of the proportions in the fit: a coefficient below "
    "zero says that these predict better."
)
COEFFICIENTS = {
    "mcfadden": "McFadden",
    "mcfadden_adjusted": "McFadden, adjusted",
    "cox_snell": "Cox-Snell",
    "nagelkerke": "Nagelkerke",
    "tjur": "Tjur",
    "efron": "Efron",
    "mckelvey_zavoina": "McKelvey-Zavoina",
}
NEEDED = (
    "The outcomes fitted on the linear predictor eta and its square: a square that is needed says that the link is "
    "wrong or terms are missing."
)
CHOSEN = "The p-value and the belts know that the degree was chosen by likelihood-ratio tests"
ONE_STEP = (
    "Score tests of x log x beside each column, one at a time; its coefficient and the power are one step of Newton's "
    "method. A power means little where the estimate is near zero."
)


@finding_document.register
def panel_document(result: GoodnessOfFit) -> Document:
    """Return tests of fit side by side as a document."""
    tests = result.tests
    cells = zip(
        (test.label for test in tests),
        format_column(np.array([test.statistic for test in tests]), "statistic", 2),
        (test.null for test in tests),
        format_column(np.array([test.p_value for test in tests]), "p_value"),
        strict=True,
    )
    heads = (Column("Test", "left"), Column("Statistic"), Column("Null distribution", "left"), Column("P-value"))
    remarks: dict[str, list[str]] = {}
    for test in tests:
        if test.note:
            remarks.setdefault(test.note, []).append(test.label)
    return Document(
        "Goodness of fit",
        facts=(
            Fact("Rows", "of the fit" if result.in_sample else "not of the fit"),
            Fact("Trials", format_amount(result.n_trials)),
        ),
        blocks=(Table(None, heads, tuple(cells)),),
        notes=(
            *(f"{'; '.join(labels)}: {note}" for note, labels in remarks.items()),
            *_on_rows(result),
            "The tests look at the same rows: that one of many rejects at its level is no evidence by itself.",
        ),
        warnings=undetermined_rows(result.undetermined),
    )


def _on_rows(result: GoodnessOfFit) -> tuple[str, ...]:
    """Return what is to be known of the rows: whose they are, and whether they are few or many."""
    notes = []
    if not result.in_sample:
        notes.append("On other rows than those of the fit predictions are taken as known.")
        if result.share_of_fit > MANY_NEW:
            notes.append(
                f"These rows are {format_percent(result.share_of_fit)} of the number in the fit, whose errors the "
                "distributions do not know of: p-values are too small."
            )
    if result.n_trials < FEW_ROWS:
        trials = counted(round(result.n_trials), "trial")
        notes.append(f"With {trials} the tests have little power: that none rejects is little evidence for the model.")
    if result.n_trials > MANY_ROWS and any(test.p_value < REJECTED for test in result.tests):
        notes.append(
            f"With {format_amount(result.n_trials)} trials the tests find departures that may be too small to matter: "
            "see fit.calibration() for their size."
        )
    return tuple(notes)


@finding_document.register
def belt_document(result: CalibrationBelt) -> Document:
    """Return a calibration belt as a document."""
    places = range(0, result.predicted.size, 10)
    heads, columns = ["Predicted", "Curve"], [result.predicted, result.curve]
    for belt in result.belts:
        heads += [f"{format_level(belt.level)} low", f"{format_level(belt.level)} high"]
        columns += [belt.low, belt.high]
    cells = zip(*(format_column(column[list(places)], "probability") for column in columns), strict=True)
    widest = result.belts[-1]
    level = format_level(widest.level)
    ranges = [
        f"The {level} belt is {word} the diagonal for predictions of "
        f"{', '.join(format_interval(*one, decimals=3) for one in found)}: {what}."
        for word, found, what in (
            ("above", widest.above, "more events than predicted"),
            ("below", widest.below, "fewer events than predicted"),
        )
        if found
    ]
    many = result.n_trials > MANY_ROWS and result.p_value < REJECTED
    return Document(
        "Calibration belt",
        facts=(
            Fact("Statistic", format_number(result.statistic)),
            Fact("P-value", format_p(result.p_value)),
            Fact("Degree of the polynomial", str(result.degree)),
            Fact("Rows", "of the fit" if result.in_sample else "not of the fit"),
        ),
        blocks=(Table(None, tuple(Column(name) for name in heads), tuple(cells)),),
        notes=(
            f"{CHOSEN}, from {2 if result.in_sample else 1} on.",
            *(ranges or (f"The {level} belt has the diagonal inside everywhere.",)),
            *(("With so many trials departures are found that may be too small to matter: see the curve.",) * many),
        ),
    )


@finding_document.register
def r_squared_document(result: PseudoRSquared) -> Document:
    """Return coefficients of determination as a document."""
    values = {label: getattr(result, name) for name, label in COEFFICIENTS.items()}
    facts = tuple(Fact(label, format_estimate(value)) for label, value in values.items() if not np.isnan(value))
    return Document("Coefficients of determination", facts=facts, notes=() if result.in_sample else (PROPORTIONS,))


@finding_document.register
def dispersion_document(result: DispersionTest) -> Document:
    """Return tests of dispersion as a document."""
    cells = (
        ("Pearson", result.pearson, result.pearson_ratio, result.p_over),
        ("Deviance", result.deviance, result.deviance_ratio, result.deviance_p_over),
    )
    heads = (Column("Statistic", "left"), *(Column(name) for name in ("Value", "Degrees", "Ratio", "P (larger)")))
    rows = tuple(
        (name, format_number(value), format_integer(result.dof), format_estimate(ratio), format_p(p))
        for name, value, ratio, p in cells
    )
    notes = [f"Of {format_integer(result.n_units)} {result.units}."]
    if np.isnan(result.p_over):
        notes.append(
            f"No p-values: fewer than five are expected in {format_percent(result.few_expected)} of the cells, where "
            "neither statistic is chi-square, nor its ratio an estimate of dispersion."
        )
    elif result.p_over < REJECTED:
        notes.append(
            "More than the model has: trials that depend on one another, a missing term or a wrong link, which the "
            "ratio does not tell apart. dispersion='pearson' takes it into the errors."
        )
    elif result.p_under < REJECTED:
        notes.append("Less than the model has, as where trials were drawn without replacement or counts were adjusted.")
    return Document("Dispersion", blocks=(Table(None, heads, rows),), notes=tuple(notes))


@finding_document.register
def link_test_document(result: LinkTest) -> Document:
    """Return a link test as a document."""
    cells = zip(
        result.terms,
        format_column(result.estimate, "estimate"),
        format_column(result.std_error, "estimate"),
        format_column(result.z, "statistic", 2),
        format_column(result.p_values, "p_value"),
        strict=True,
    )
    heads = (Column("Term", "left"), *(Column(name) for name in ("Estimate", "Std. error", "z", "P>|z|")))
    return Document(
        "Link test",
        facts=(
            Fact("z of the square", format_number(result.statistic)),
            Fact("P-value", format_p(result.p_value)),
            Fact("Link", result.link),
        ),
        blocks=(Table(None, heads, tuple(cells)),),
        notes=(
            NEEDED,
            f"On {'the rows of the fit' if result.in_sample else 'other rows'}.",
        ),
    )


@finding_document.register
def box_tidwell_document(result: BoxTidwell) -> Document:
    """Return Box and Tidwell's tests as a document."""
    cells = zip(
        result.names,
        format_column(result.estimate, "estimate"),
        format_column(result.gamma, "estimate"),
        format_column(result.power, "estimate", 2),
        format_column(result.statistic, "statistic", 2),
        format_column(result.p_value, "p_value"),
        strict=True,
    )
    heads = ("Estimate", "x log x", "Power", "Chi-square", "P-value")
    facts: tuple[Fact, ...] = ()
    if len(result.names) == 1:
        facts = test_facts(float(result.statistic[0]), int(result.dof[0]), float(result.p_value[0]), NORMAL)
    return Document(
        "Box-Tidwell test of linearity",
        facts=facts,
        blocks=(Table(None, (Column("Term", "left"), *(Column(name) for name in heads)), tuple(cells)),),
        notes=(
            ONE_STEP,
            *(f"{name} is not tested: {why}." for name, why in result.omitted),
        ),
    )
