"""Reject inference as a document and as data frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from logitkit.report.cards.scorecard_frames import card_frame
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.number_format import format_amount, format_column, format_integer, format_number, format_percent
from logitkit.scorecard.card import Card
from logitkit.scorecard.rejects.applicants import Applicants
from logitkit.scorecard.rejects.compared import Refusal, measures
from logitkit.scorecard.rejects.inferred import Inferred
from logitkit.typing import FloatArray

__all__ = ["bounds_frame", "coefficients_frame", "points_frame", "reject_document", "rejects_frame"]

LIMITS = ("all good", "all bad")
ERRORS = (
    "Standard errors hold under the assumption, and count what outcomes of accepts say twice where rejects follow "
    "them. Those of parcelling take its bands as given, and are too small where few scores differ, unless resamples= "
    "counts how bands move; outcomes that a cut-off assigns have none."
)
CAUTION = (
    "Outcomes of rejects are not in the data. No method and no test tells from these data which assumption holds: "
    "where rejection used what the card does not know, the card of accepts and every method that follows it are "
    "biased. Only where applicants were accepted by chance, with known probabilities, do accepts stand for all."
)


def reject_document(
    applicants: Applicants,
    inferred: Sequence[Inferred],
    refused: Sequence[Refusal],
    between: tuple[float, float],
) -> Document:
    """Return methods side by side, the assumption of each below."""
    w, v = applicants.accept_weights, applicants.reject_weights
    low, high = between
    return Document(
        "Reject inference",
        facts=(
            Fact("Accepts", format_integer(w.sum())),
            Fact("Rejects", format_integer(v.sum())),
            Fact("Bad rate of accepts", format_percent(applicants.bad_rate, 2)),
            Fact("Cases", f"odds times {format_amount(low)} and {format_amount(high)}"),
        ),
        blocks=(_rates(applicants, inferred), _coefficients(applicants, inferred)),
        notes=(
            *(f"{one.method.capitalize()}: {one.assumption}{_facts(one)}" for one in inferred),
            *(f"{one.method} is refused. {one.reason}" for one in refused),
            ERRORS,
            CAUTION,
        ),
    )


def _rates(applicants: Applicants, inferred: Sequence[Inferred]) -> Table:
    found = [measures(applicants, one) for one in inferred]
    columns: list[tuple[Column, Any]] = [
        (Column("Method", "left"), [one.method for one in inferred]),
        (Column("Rejects bad"), [format_percent(one.rejects, 2) for one in found]),
        (Column("Std. error"), [_percent(one.rate_error) for one in inferred]),
        (Column("All bad"), [format_percent(one.all, 2) for one in found]),
        (Column("Rejects by card"), [format_percent(one.by_card, 2) for one in found]),
        (Column("AUC of accepts"), format_column([one.auc for one in found], "estimate", 4)),
    ]
    return _table(None, columns)


def _coefficients(applicants: Applicants, inferred: Sequence[Inferred]) -> Table:
    """Return the card of accepts with its errors, the range over methods and cases, and the two limits."""
    named = {one.method: one for one in inferred}
    spread = [one.coef for name, one in named.items() if name not in LIMITS]
    least, largest = np.min(spread, axis=0), np.max(spread, axis=0)
    columns: list[tuple[Column, Any]] = [
        (Column("Coefficient", "left"), ("Intercept", *applicants.names)),
        (Column("None"), format_column(inferred[0].coef, "estimate", 3)),
        (Column("Std. error"), format_column(inferred[0].std_error, "estimate", 3)),
        (Column("Least"), format_column(least, "estimate", 3)),
        (Column("Largest"), format_column(largest, "estimate", 3)),
    ]
    columns += [
        (Column(name.capitalize()), format_column(named[name].coef, "estimate", 3)) for name in LIMITS if name in named
    ]
    return _table("Coefficients: without reject inference, over all methods and cases, and at the limits", columns)


def _table(title: str | None, columns: list[tuple[Column, Any]]) -> Table:
    return Table(title, tuple(c for c, _ in columns), tuple(zip(*(v for _, v in columns), strict=True)), n_names=1)


def _percent(rate: float) -> str:
    return "" if np.isnan(rate) else format_percent(rate, 2)


def _facts(one: Inferred) -> str:
    words = "; ".join(
        f"{name} {format_integer(value) if value == round(value) else format_number(value)}"
        for name, value in one.facts
    )
    return f" {words[:1].upper()}{words[1:]}." if words else ""


def rejects_frame(applicants: Applicants, inferred: Sequence[Inferred]) -> pd.DataFrame:
    """Return one row per method: bad rates, the area of its card and what it assumes."""
    rows = []
    for one in inferred:
        found = measures(applicants, one)
        rows.append((found.rejects, one.rate_error, found.all, found.by_card, found.auc, one.assumption))
    columns = ["reject_bad_rate", "std_error", "bad_rate", "by_card", "auc", "assumption"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index([one.method for one in inferred], name="method"))


def bounds_frame(found: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Return one row per quantity, from the least that is possible to the largest."""
    columns = ["least_possible", "least_thought", "assumed", "largest_thought", "largest_possible"]
    return pd.DataFrame(list(found.values()), columns=columns, index=pd.Index(list(found), name="quantity"))


def coefficients_frame(
    inferred: Sequence[Inferred], names: Sequence[str], ends: FloatArray | None = None
) -> pd.DataFrame:
    """Return one row per method and term."""
    rows = []
    for one in inferred:
        for j, name in enumerate(("Intercept", *names)):
            own = (one.method, name, one.coef[j], one.std_error[j], one.naive_error[j])
            rows.append(own if ends is None else (*own, ends[j, 0], ends[j, 1]))
    columns = ["method", "term", "estimate", "std_error", "naive_error"]
    frame = pd.DataFrame(rows, columns=columns if ends is None else [*columns, "least", "largest"])
    return frame.set_index(["method", "term"])


def points_frame(cards: Sequence[tuple[str, Card]]) -> pd.DataFrame:
    """Return one row per bin, with a column of points per method."""
    frames = [card_frame(card) for _, card in cards]
    points = {name: frame["points"] for (name, _), frame in zip(cards, frames, strict=True)}
    return pd.DataFrame({"variable": frames[0]["variable"], "label": frames[0]["label"], **points})
