"""Estimated marginal means and their contrasts as documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from logitkit.inference.delta import Estimates
from logitkit.inference.effects.marginal import Contrasts, MarginalMeans
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates, format_ratios
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_column, format_level
from logitkit.report.wording import counted, name_list
from logitkit.typing import FloatArray

__all__ = ["estimate_columns", "means_document", "means_words"]

ADJUSTED = {
    "bonferroni": "Bonferroni",
    "holm": "Holm",
    "benjamini-hochberg": "Benjamini-Hochberg",
    "single-step": "single step",
}
ONLY_P = ("holm", "benjamini-hochberg")


@finding_document.register
def means_document(result: MarginalMeans) -> Document:
    """Return marginal means, and contrasts where there are some, as a document."""
    blocks = [_means_table(result)]
    if result.contrasts is not None:
        blocks.append(_contrast_table(result, result.contrasts))
    return Document(
        "Estimated marginal means",
        facts=tuple(_facts(result)),
        blocks=tuple(blocks),
        notes=tuple(_notes(result)),
    )


def means_words(result: MarginalMeans) -> str:
    """Return what the means are of, at the axis of a figure."""
    what = result.what[0].upper() + result.what[1:]
    interval = "" if result.adjust is None else f" ({ADJUSTED[result.adjust]})"
    return f"{what}\nwith {format_level(result.estimates.level)} intervals{interval}"


def estimate_columns(found: Estimates) -> dict[str, FloatArray]:
    """Return estimates by the names that data frames have for them."""
    return {
        "estimate": found.estimate,
        "std_error": found.std_error,
        "statistic": found.statistic,
        "p_value": found.p_value,
        "conf_low": found.low,
        "conf_high": found.high,
    }


def _facts(result: MarginalMeans) -> Iterator[Fact]:
    if result.scale == "probability":
        inside = {"link": "of averaged linear predictors", "probability": "averaged over cells"}[result.averaged]
        yield Fact("Scale", f"{result.what}, {inside}")
    else:
        yield Fact("Scale", result.what)
    if result.over:
        yield Fact("Weights of cells", result.weights)


def _notes(result: MarginalMeans) -> Iterator[str]:
    if result.over:
        levels = [f"{name} ({name_list(values)})" for name, values in result.over]
        weights = "with equal weights" if result.weights == "equal" else "in proportion to how often their levels occur"
        yield f"Averaged over the levels of {'; '.join(levels)}, {weights}."
    means = [f"{name} = {value}" for name, value, is_mean in result.fixed if is_mean]
    held = [f"{name} = {value}" for name, value, is_mean in result.fixed if not is_mean]
    if means:
        yield f"At the mean: {', '.join(means)}."
    if held:
        yield f"Held at: {', '.join(held)}."
    if result.has_offset:
        yield "The offset is held at its mean."
    if result.adjust is not None:
        yield f"The intervals of the means are simultaneous ({ADJUSTED[result.adjust]})."
    if result.contrasts is not None:
        yield from _contrast_notes(result, result.contrasts)
    yield f"Standard errors: {result.derived.covariance}."
    if result.missing:
        yield (
            f"Missing: {name_list(result.missing)}. Aliased columns leave such a mean without an estimate, as it "
            "depends on which of them was dropped, or separation leaves it undetermined. A contrast of missing means "
            "may have one."
        )


def _contrast_notes(result: MarginalMeans, found: Contrasts) -> Iterator[str]:
    if result.scale == "probability":
        yield "Contrasts: differences of probabilities."
    elif found.ratio:
        yield f"Contrasts: differences on the link scale; their exponentials are {found.ratio}s."
    if found.adjust is None:
        if found.family > 1:
            yield f"The {counted(found.family, 'contrast')} are not adjusted for their number."
        return
    name = ADJUSTED[found.adjust]
    what = "P-values" if found.adjust in ONLY_P else "P-values and intervals"
    within = result.heads[: len(found.labels[0]) - 1]
    each = f" within each combination of {', '.join(within)}" if within else ""
    yield f"{what} are adjusted for {counted(found.family, 'contrast')}{each} ({name})."
    if found.adjust in ONLY_P:
        yield "Intervals are those of single contrasts."


def _means_table(result: MarginalMeans) -> Table:
    found = result.estimates
    estimate, error, low, high = format_estimates(found.estimate, found.std_error, found.low, found.high)
    level = format_level(found.level)
    head = {"probability": "Probability"}.get(result.scale, "Mean")
    heads = (*_names(result.heads), *map(Column, (head, "Std. error", f"{level} low", f"{level} high")))
    cells = zip(result.labels, zip(estimate, error, low, high, strict=True), strict=True)
    return Table(None, heads, tuple((*label, *numbers) for label, numbers in cells), n_names=len(result.heads))


def _contrast_table(result: MarginalMeans, found: Contrasts) -> Table:
    table, level = found.estimates, format_level(found.estimates.level)
    letter = table.law.letter
    tested = (format_column(table.statistic, "statistic", 2), format_column(table.p_value, "p_value"))
    names = (*result.heads[: len(found.labels[0]) - 1], "Contrast")
    heads = ["Difference", "Std. error", letter, f"P>|{letter}|"]
    if found.ratio:
        with np.errstate(over="ignore"):
            columns = [np.exp(values) for values in (table.estimate, table.low, table.high)]
        estimate, error = format_estimates(table.estimate, table.std_error)
        ratio, low, high = format_ratios(columns, table.std_error)
        heads.append(found.ratio[0].upper() + found.ratio[1:])
        numbers = [estimate, error, *tested, ratio, low, high]
    else:
        estimate, error, low, high = format_estimates(table.estimate, table.std_error, table.low, table.high)
        numbers = [estimate, error, *tested, low, high]
    cells = zip(found.labels, zip(*numbers, strict=True), strict=True)
    return Table(
        "Contrasts",
        (*_names(names), *map(Column, (*heads, f"{level} low", f"{level} high"))),
        tuple((*label, *row) for label, row in cells),
        n_names=len(names),
    )


def _names(heads: Sequence[str]) -> tuple[Column, ...]:
    return tuple(Column(head, "left") for head in heads)
