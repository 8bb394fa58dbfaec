"""Effects of variables as documents."""

from __future__ import annotations

import numpy as np

from logitkit.inference.effects.comparisons import Effects
from logitkit.inference.effects.profiles import ProfileContrast
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates, format_ratios
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.frames.effects import profile_contrast_frame
from logitkit.report.number_format import format_column, format_integer, format_level, format_number, format_p

__all__: list[str] = []

HEADS = {"variable": "Variable", "contrast": "Contrast", "outcome": "Outcome", "row": "Row"}
COLUMN = {"probability": "Effect", "link": "Effect", "risk_ratio": "Risk ratio", "odds_ratio": "Odds ratio"}


@finding_document.register
def _(result: Effects) -> Document:
    found = result.estimates()
    level, letter = format_level(found.level), found.law.letter
    ratio = result.scale in ("risk_ratio", "odds_ratio")
    estimate, error, low, high = format_estimates(found.estimate, found.std_error, found.low, found.high)
    if ratio:
        with np.errstate(divide="ignore", invalid="ignore"):
            estimate, low, high = format_ratios(
                (found.estimate, found.low, found.high), found.std_error / found.estimate
            )
    tested = not np.isnan(found.statistic).all()
    columns = [Column(HEADS.get(head, head), "left") for head, _ in result.labels]
    cells = [tuple(map(_text, each)) for _, each in result.labels]
    numbers = [(COLUMN[result.scale], estimate), ("Std. error", error)]
    if tested:
        numbers += [
            (letter, format_column(found.statistic, "statistic", 2)),
            (f"P>|{letter}|", format_column(found.p_value, "p_value")),
        ]
    numbers += [(f"{level} low", low), (f"{level} high", high)]
    columns += [Column(head) for head, _ in numbers]
    rows = tuple(zip(*cells, *(each for _, each in numbers), strict=True))
    adjusted = "P-values and intervals are" if tested else "Intervals are"
    together = {"bonferroni": "Bonferroni", "single-step": "single-step"}
    return Document(
        result.title,
        facts=(Fact("Rows", format_integer(result.n_rows)),),
        blocks=(Table(None, tuple(columns), rows),),
        notes=(
            result.method,
            *(
                (f"{adjusted} adjusted for the number of effects ({together[result.adjust]}).",)
                if result.adjust
                else ()
            ),
            *result.notes,
        ),
    )


@finding_document.register
def _(result: ProfileContrast) -> Document:
    level = format_level(result.differences.level)
    frame = profile_contrast_frame(result)
    tested = bool(frame["p_value"].notna().any())
    heads = (["Outcome"] if result.outcomes else []) + ["", "Estimate", "Std. error", *(["P-value"] if tested else [])]
    rows = []
    for row in frame.to_dict("records"):
        quantity, needed = row["quantity"], row["quantity"] == "number needed"
        named = {"probability of a": f"Probability: {result.a}", "probability of b": f"Probability: {result.b}"}
        low, high = row["conf_low"], row["conf_high"]
        cells = [
            *([row["outcome"]] if result.outcomes else []),
            named.get(quantity, quantity.capitalize()),
            format_number(abs(row["estimate"]) if needed else row["estimate"]),
            "" if np.isnan(row["std_error"]) else format_number(row["std_error"]),
            *(["" if np.isnan(row["p_value"]) else format_p(row["p_value"])] if tested else []),
            _needed(low, high, row["through_infinity"]) if needed else _ends(low, high),
        ]
        rows.append(tuple(cells))
    columns = tuple(Column(head, "left" if head in ("Outcome", "") else "right") for head in heads)
    over = f"Probabilities are averages over {format_integer(result.n_rows)} rows, the other variables as they are."
    how = "Intervals: Wald by the delta method, of ratios on the logarithmic and of probabilities on the logit scale."
    if result.limits is not None:
        how = f"Intervals: {result.method}. Standard errors {'and p-values ' if tested else ''}by the delta method."
    needed_words = (
        "Number needed: how many with the first profile in place of the second for one event more, or one fewer."
    )
    return Document(
        f"{result.a} against {result.b}",
        blocks=(Table(None, (*columns, Column(f"{level} interval", "left")), tuple(rows)),),
        notes=(*((over,) if result.averaged else ()), how, needed_words, *result.notes),
    )


def _ends(low: float, high: float) -> str:
    return "" if np.isnan(low) else f"{format_number(low)} to {format_number(high)}"


def _needed(low: float, high: float, through: bool) -> str:
    """Return the interval of a number needed, in the words of Altman."""
    if np.isnan(low):
        return ""
    more, fewer = "for one more", "for one fewer"
    if through:
        return f"{format_number(-high)} {fewer} to infinity to {format_number(low)} {more}"
    ends = sorted((abs(low), abs(high)))
    return f"{format_number(ends[0])} to {format_number(ends[1])} {more if low > 0.0 else fewer}"


def _text(cell: object) -> str:
    return format_number(cell) if isinstance(cell, float) else str(cell)
