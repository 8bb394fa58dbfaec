"""Inverse predictions as documents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.inference.effects.inverse_values import InversePredictions
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_level, format_number
from logitkit.report.wording import name_list

__all__ = ["inverse_document"]

METHODS = {"delta": "delta", "fieller": "Fieller", "profile": "profile likelihood"}


@finding_document.register
def inverse_document(result: InversePredictions) -> Document:
    """Return the values of a variable at which probabilities are reached, as a document."""
    low, high = (np.array([getattr(each, end) for each in result.sets]) for end in ("low", "high"))
    value, error, lows, highs = format_estimates(result.derived.value, result.derived.std_error, low, high)
    ends = [_set(each.shape, a, b) for each, a, b in zip(result.sets, lows, highs, strict=True)]
    names = (*(Column(head, "left") for head in result.heads[:-1]), Column("Probability", "left"))
    heads = (Column(result.variable), Column("Std. error"), Column(f"{format_level(result.level)} set"))
    cells = zip(result.labels, value, error, ends, strict=True)
    rows = tuple((*label, *numbers) for label, *numbers in cells)
    return Document(
        f"Value of {result.variable} at which a probability is reached",
        facts=(Fact("Probability of", result.what), Fact("Method", METHODS[result.method])),
        blocks=(Table(None, (*names, *heads), rows, n_names=len(names)),),
        notes=tuple(_notes(result)),
    )


def _set(shape: str, low: str, high: str) -> str:
    if shape == "everything":
        return "all values"
    return f"[{low}, {high}]" if shape == "interval" else f"up to {low}, or from {high}"


def _notes(result: InversePredictions) -> Iterator[str]:
    if result.scale:
        yield f"Solved for, with its set, on the scale of {result.scale}, and carried back."
    if result.fixed:
        yield f"Held at: {', '.join(f'{name} = {value}' for name, value in result.fixed)}."
    if result.has_offset:
        yield "The offset is held at its mean."
    low, high = result.seen
    value = result.derived.value
    out = [name for name, each in zip(result.derived.names, value, strict=True) if not low <= each <= high]
    if out:
        yield (
            f"Extrapolated, outside the range of {result.variable} in the rows of the fit ({format_number(low)} to "
            f"{format_number(high)}): {name_list(out)}."
        )
    if any(each.shape != "interval" for each in result.sets):
        yield (
            f"A set that is not one interval means that the slope of {result.variable} does not differ from zero at "
            "this level: the data do not say where the probability is reached."
        )
    yield f"Standard errors: {result.derived.covariance}, by the delta method."
