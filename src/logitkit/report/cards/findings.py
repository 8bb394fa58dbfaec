"""Scorecards as documents."""

from __future__ import annotations

from typing import Any

from logitkit.report.cards.scorecard_frames import card_frame
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.number_format import format_column, format_integer, format_number, format_percent
from logitkit.scorecard.card import Card
from logitkit.scorecard.population import Population

CODING_WORDS = {"woe": (), "dummies": ("Each bin has a coefficient of its own: points are not a line in WOE.",)}

__all__ = ["card_document", "population_facts"]


def card_document(card: Card, population: Population) -> Document:
    """Return a card with its population and its points."""
    scaling = card.scaling
    return Document(
        "Scorecard",
        facts=(
            *population_facts(population),
            Fact("Points to double the odds", format_number(scaling.points_to_double)),
            Fact("Base points", f"{format_number(scaling.base_points)} at {format_number(scaling.base_odds)} to 1"),
        ),
        blocks=(points_table(card),),
        notes=(
            *CODING_WORDS[card.coding],
            *(() if population.rejects is None else (f"Assumed of rejects: {population.rejects.assumption}",)),
            "Points add up from the base points; more is safer."
            if scaling.points_to_double > 0
            else "Points add up from the base points; less is safer.",
            *_wrong_signs(card),
        ),
    )


def _wrong_signs(card: Card) -> tuple[str, ...]:
    if not card.wrong_signs:
        return ()
    named = ", ".join(card.wrong_signs)
    advice = "leave them out, or have a selection drop them."
    return (f"Wrong sign: {named}. Their safer bins have the worse points: {advice}",)


def population_facts(population: Population) -> tuple[Fact, ...]:
    """Return who a card was made from: accepts and rejects apart, where it assumes outcomes of rejects."""
    n, rejects = population.n_good + population.n_bad, population.rejects
    facts = (
        Fact("Rows" if rejects is None else "Accepts", format_integer(n)),
        Fact(
            "Bad" if rejects is None else "Bad accepts",
            f"{format_integer(population.n_bad)} ({format_percent(population.n_bad / n, 2)})",
        ),
        Fact("Target", f"{population.target} = {population.event}"),
        Fact("Left out", format_integer(population.n_given - n)),
    )
    if rejects is None:
        return facts
    weight = "" if rejects.weight == rejects.n else f" (weight {format_number(rejects.weight)})"
    return (
        *facts,
        Fact("Rejects", f"{format_integer(rejects.n)}{weight}"),
        Fact("Bad rejects, assumed", format_percent(rejects.bad_rate, 2)),
        Fact("Reject inference", rejects.method),
        Fact("Bad of all, assumed", format_percent(rejects.bad_rate_of_all, 2)),
    )


def points_table(card: Card) -> Table:
    """Return the points of every bin."""
    frame = card_frame(card)
    columns: list[tuple[Column, Any]] = [
        (Column("Variable", "left"), frame["variable"]),
        (Column("Values", "left"), frame["label"]),
        (Column("WOE"), format_column(frame["woe"], "estimate", 3)),
        (Column("Points"), format_column(frame["points"], "estimate", 0 if card.scaling.rounded else 2)),
    ]
    return Table(None, tuple(c for c, _ in columns), tuple(zip(*(v for _, v in columns), strict=True)), n_names=2)
