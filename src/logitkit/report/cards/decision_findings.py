"""What a card and its cut-off decide, as documents: fairness between groups, and profit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_interval,
    format_level,
    format_percent,
)
from logitkit.report.weight_words import weight_notes
from logitkit.scorecard.validation.fairness import Fairness, Measure
from logitkit.scorecard.validation.profit import Profit

__all__: list[str] = []

SHOWN_MOST = 12  # cut-offs of a printed table, about evenly by proportion approved
FAIRNESS_NOTES = (
    (
        "Impact: approval rate over that of the reference; 0.8 is the customary limit. Opportunity: proportion of "
        "goods that are approved, less that of the reference. Calibration: bads over those that the card expects."
    ),
    (
        "Where bad rates differ, groups whose goods and bads are approved in the same proportions differ in the bad "
        "rate of the approved, unless no bad is approved."
    ),
)


@finding_document.register
def _(found: Fairness) -> Document:
    level = format_level(found.level)
    groups = found.groups
    first: list[tuple[str, list[str]]] = [
        ("Group", [one.name for one in groups]),
        ("Rows", [format_amount(one.n) for one in groups]),
        ("Approved", [_percent(one.approval) for one in groups]),
        ("Impact", [_number(one.impact) for one in groups]),
        (level, [_interval(one.impact) for one in groups]),
        ("Goods appr.", [_percent(one.good_approved) for one in groups]),
        ("Bads appr.", [_percent(one.bad_approved) for one in groups]),
    ]
    second: list[tuple[str, list[str]]] = [
        ("Group", [one.name for one in groups]),
        ("Opportunity", [_number(one.opportunity) for one in groups]),
        (level, [_interval(one.opportunity) for one in groups]),
        ("Calibration", [_number(one.calibration) for one in groups]),
        (f"{level} ", [_interval(one.calibration) for one in groups]),
        ("Gini", [_number(one.gini) for one in groups]),
        (f"{level}  ", [_interval(one.gini) for one in groups]),
    ]
    facts = (Fact("Approved from", f"{found.cut:.6g} points"), Fact("Reference", found.reference))
    return Document(
        "Fairness between groups",
        facts=facts,
        blocks=(_table(first), _table(second)),
        notes=(*FAIRNESS_NOTES, *weight_notes([found.weighting])),
    )


@finding_document.register
def _(found: Profit) -> Document:
    level = format_level(found.level)
    best, expected = found.best, found.best_expected
    even = np.searchsorted(found.approval, np.linspace(0.0, 1.0, SHOWN_MOST))
    shown = np.unique(np.append(np.minimum(even, found.cuts.size - 1), [best, expected]))
    decimals = _decimals(found)

    def amount(value: float) -> str:
        return f"{value + 0.0:,.{decimals}f}"

    columns: list[tuple[str, list[str]]] = [
        ("Cut-off", [f"{found.cuts[k]:.6g}" for k in shown]),
        ("Approved", [format_percent(found.approval[k]) for k in shown]),
        ("Bad rate", [format_percent(found.bad_rate[k], 2) for k in shown]),
        ("Profit", [amount(found.profit[k]) for k in shown]),
        (level, [f"{amount(found.profit_low[k])} to {amount(found.profit_high[k])}" for k in shown]),
        ("Expected", [amount(found.expected_profit[k]) for k in shown]),
        ("Exp. loss", [amount(found.expected_loss[k]) for k in shown]),
    ]
    return Document(
        "Profit by cut-off",
        facts=(
            Fact("Largest profit on these rows", f"from {found.cuts[best]:.6g} points: {amount(found.profit[best])}"),
            Fact("Largest expected profit", f"from {found.cuts[expected]:.6g} points"),
            Fact("Break-even probability of bad", format_percent(found.break_even, 2)),
        ),
        blocks=(_table(columns, first="right"),),
        notes=(
            "Intervals are for a cut-off that was chosen beforehand: the largest of many profits flatters its own.",
            "Expected: by the probabilities of the card. Some cut-offs are shown; table() has all.",
            *weight_notes([found.weighting]),
        ),
    )


def _table(columns: Iterable[tuple[str, Iterable[str]]], *, first: Literal["left", "right"] = "left") -> Table:
    """Return a table whose first column names the rows."""
    named = [(name, tuple(cells)) for name, cells in columns]
    heads = tuple(Column(name, "right" if j else first) for j, (name, _) in enumerate(named))
    return Table(None, heads, tuple(zip(*(cells for _, cells in named), strict=True)))


def _decimals(found: Profit) -> int:
    """Return the decimals of all amounts, so that the largest has four digits or more."""
    amounts = np.concatenate([found.profit, found.profit_low, found.profit_high])
    largest = float(np.abs(amounts).max())
    return 0 if largest >= 1000 or largest == 0 else int(np.clip(3 - np.floor(np.log10(largest)), 0, 6))


def _number(one: Measure) -> str:
    return "" if np.isnan(one.estimate) else f"{one.estimate:.3f}"


def _percent(one: Measure) -> str:
    return "" if np.isnan(one.estimate) else format_percent(one.estimate)


def _interval(one: Measure) -> str:
    return "" if np.isnan(one.low) else format_interval(one.low, one.high, 3)
