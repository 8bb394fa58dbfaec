"""Plans of studies as documents."""

from __future__ import annotations

import numpy as np

from logitkit.inference.planning.development import DevelopmentSize
from logitkit.inference.planning.power import CoefficientPower
from logitkit.inference.planning.several import SeveralSize
from logitkit.inference.planning.simulated import SimulatedPower
from logitkit.inference.planning.validation import ValidationSize
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_column, format_integer, format_level, format_number, format_percent

CRITERIA = (Column("Criterion", "left"), Column("Observations"))
METHODS = {
    "hsieh": "By the formula of Hsieh, Bloch and Larsen (1998).",
    "information": "By the expected information at the alternative (Demidenko 2007).",
}
SOLVED = {"n": "Sample size", "power": "Power", "odds_ratio": "Odds ratio"}


def _criteria(criteria: tuple[str, ...], needed: tuple[int, ...]) -> Table:
    return Table(None, CRITERIA, tuple(zip(criteria, map(format_integer, needed), strict=True)))


@finding_document.register
def _(result: DevelopmentSize) -> Document:
    origin = "" if result.auc is None else f" (from a c statistic of {format_number(result.auc, 3)})"
    facts = (
        Fact("Observations needed", format_integer(result.n)),
        Fact("Events", format_integer(result.events)),
        Fact("Parameters", format_integer(result.n_parameters)),
        Fact("Events per parameter", format_number(result.events_per_parameter, 3)),
        Fact("Prevalence", format_percent(result.prevalence)),
        Fact("Cox-Snell R2", f"{format_number(result.r_squared, 3)}{origin}"),
    )
    notes = (
        f"The largest Cox-Snell R2 at this prevalence is {format_number(result.r_squared_most, 3)}.",
        "Candidate parameters count, also those that are not kept.",
        *result.notes,
    )
    return Document(
        "Sample size for a prediction model",
        facts=facts,
        blocks=(_criteria(result.criteria, result.needed),),
        notes=notes,
    )


@finding_document.register
def _(result: SeveralSize) -> Document:
    columns = (Column("Pair", "left"), *map(Column, ("Cox-Snell R2", "Observations")))
    cells = zip(
        [f"{one} and {other}" for one, other in result.pairs],
        format_column(np.array(result.pair_r_squared), "estimate", 3),
        map(format_integer, result.pair_needed),
        strict=True,
    )
    facts = (
        Fact("Observations needed", format_integer(result.n)),
        Fact("Parameters per equation", format_integer(result.n_parameters)),
        Fact("Cox-Snell R2", format_number(result.r_squared, 3)),
        *(Fact(f"Proportion of {name}", format_percent(share)) for name, share in result.proportions.items()),
    )
    notes = (
        f"The largest Cox-Snell R2 of these proportions is {format_number(result.r_squared_most, 3)}.",
        "A pair asks for observations of all outcomes, of which its own are a part.",
        *result.notes,
    )
    return Document(
        "Sample size for a prediction model of several outcomes",
        facts=facts,
        blocks=(_criteria(result.criteria, result.needed), Table(None, columns, tuple(cells))),
        notes=notes,
    )


@finding_document.register
def _(result: SimulatedPower) -> Document:
    level = format_level(result.level)
    columns = (Column("Observations"), *map(Column, ("Power", f"{level} low", f"{level} high", "No p-value")))
    cells = zip(
        map(format_integer, result.n),
        *(map(format_percent, values.tolist()) for values in (result.power, result.low, result.high)),
        map(format_integer, result.unanswered.tolist()),
        strict=True,
    )
    facts = (
        Fact("Test", result.test),
        Fact("Significance level", format_percent(result.alpha)),
        Fact("Studies of each size", format_integer(result.repetitions)),
        Fact("Seed", str(result.seed)),
    )
    notes = ["Limits are of the Monte-Carlo error alone (Clopper and Pearson)."]
    if result.reason:
        notes.append(f"Studies without a p-value reject nothing. The first: {result.reason}")
    return Document(
        "Power by simulation", facts=facts, blocks=(Table(None, columns, tuple(cells)),), notes=tuple(notes)
    )


@finding_document.register
def _(result: ValidationSize) -> Document:
    facts = (
        Fact("Observations needed", format_integer(result.n)),
        Fact("Events", format_integer(result.events)),
        Fact("Prevalence", format_percent(result.prevalence)),
    )
    return Document(
        "Sample size for an external validation",
        facts=facts,
        blocks=(_criteria(result.criteria, result.needed),),
        notes=("Widths are of 95% intervals, for a model that is calibrated.",),
    )


@finding_document.register
def _(result: CoefficientPower) -> Document:
    kind = "normal, per standard deviation" if result.share is None else f"binary, {format_percent(result.share)} are 1"
    facts = [
        Fact("Observations", format_integer(result.n)),
        Fact("Power", format_percent(result.power)),
        Fact("Odds ratio", format_number(result.odds_ratio, 4)),
        Fact("Event rate", format_percent(result.event_rate)),
        Fact("Significance level", format_percent(result.alpha)),
        Fact("Covariate", kind),
    ]
    if result.explained:
        facts.append(Fact("Explained by others", format_percent(result.explained)))
    return Document(
        f"{SOLVED[result.solved]} for one coefficient", facts=tuple(facts), notes=(METHODS[result.method], "Two-sided.")
    )
