"""Validations as documents: one row per measure, what was made again, and what became of the replicates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtri

from logitkit.inference.validation.held_out import SCALED
from logitkit.inference.validation.internal_external import InternalExternal
from logitkit.inference.validation.refitting import End
from logitkit.inference.validation.validation import Validation
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_amount, format_estimate, format_integer, format_interval, format_level
from logitkit.report.wording import counted, name_list
from logitkit.typing import FloatArray, IntArray

__all__ = ["ends_told", "internal_external_document", "validation_document"]

FEW_RESAMPLES = 100
FEW_GROUPS = 5


@finding_document.register
def validation_document(result: Validation) -> Document:
    """Return a validation as a document."""
    by_bootstrap = result.method == "bootstrap"
    columns: dict[str, FloatArray] = {
        "Apparent": result.apparent,
        "Training": result.training,
        "Test": result.test,
        "Optimism": result.optimism,
    }
    intervals: dict[str, tuple[str, ...]] = {}
    tables = []
    if by_bootstrap:
        columns["Corrected"] = result.corrected
        if np.isfinite(result.low).any():
            limits = zip(result.low, result.high, strict=True)
            words = tuple("" if np.isnan(low) else format_interval(low, high) for low, high in limits)
            intervals = {f"{format_level(result.level)} interval": words}
        others = {"Not drawn": result.out, ".632": result.corrected_632, ".632+": result.corrected_632plus}
        tables = [_table("Rows that were not drawn", result, others, {}, result.n_used_out)]
    else:
        columns["Pooled"] = result.pooled
    tables.insert(0, _table(None, result, columns, intervals, result.n_used))
    facts = [Fact("Resamples" if by_bootstrap else "Folds", format_integer(result.n))]
    if by_bootstrap:
        facts.append(Fact("Drawn in each", f"{format_integer(result.n_units)} {result.unit}"))
    else:
        facts.append(Fact("Rows", result.unit))
    if result.seed is not None:
        facts.append(Fact("Seed", str(result.seed)))
    if result.stability is not None:
        facts.append(Fact("Mean absolute prediction error", format_estimate(result.stability.mape)))
    return Document(
        "Validation by the bootstrap" if by_bootstrap else "Validation by cross-validation",
        facts=tuple(facts),
        blocks=tuple(tables),
        notes=tuple(_notes(result)),
        warnings=tuple(_warnings(result)),
    )


def _table(
    title: str | None,
    result: Validation,
    columns: dict[str, FloatArray],
    texts: dict[str, tuple[str, ...]],
    count: IntArray,
) -> Table:
    """Return a table of one row per measure."""
    cells = [tuple("" if np.isnan(value) else format_estimate(value) for value in each) for each in columns.values()]
    numbers = tuple(format_integer(int(each)) for each in count)
    rows = zip((each.label for each in result.measures), *cells, *texts.values(), numbers, strict=True)
    heads = (Column("Measure", "left"), *(Column(name) for name in (*columns, *texts)), Column("n"))
    return Table(title, heads, tuple(rows), divides=True)


@finding_document.register
def internal_external_document(result: InternalExternal) -> Document:
    """Return an internal-external validation as a document."""
    z = float(ndtri(0.5 * (1.0 + result.level)))
    level = format_level(result.level)
    tables = []
    for place, (_, label, _) in enumerate(SCALED):
        value, half = result.scaled[:, place], z * result.scaled_error[:, place]
        cells = [result.shown(each, place) for each in (value, value - half, value + half)]
        rows = [
            (name, format_amount(n), format_amount(events), *_with_interval(*numbers))
            for name, n, events, *numbers in zip(result.groups, result.n_obs, result.events, *cells, strict=True)
        ]
        one = result.summaries[place]
        if one.k > 1:
            mean, low, high, before, after = (
                float(result.shown(each, place))
                for each in (one.estimate, one.low, one.high, one.predicted_low, one.predicted_high)
            )
            rows.append(("Mean", "", "", *_with_interval(mean, low, high)))
            if np.isfinite(before):
                rows.append(("Another group", "", "", "", format_interval(before, after)))
        heads = (
            Column(result.name, "left"),
            Column("n"),
            Column("Events"),
            Column("Estimate"),
            Column(f"{level} interval"),
        )
        tables.append(Table(label, heads, tuple(rows)))
    return Document(
        "Internal-external validation",
        facts=(Fact("Groups", format_integer(len(result.groups))), Fact("Held out in turn", result.name)),
        blocks=tuple(tables),
        notes=(
            *result.made,
            (
                "Means: random effects by restricted maximum likelihood, with intervals by Hartung, Knapp, Sidik and "
                "Jonkman; c on the scale of the logit, observed over expected on that of the logarithm. That of "
                "another group holds its true value."
            ),
        ),
        warnings=tuple(_of_groups(result)),
    )


def _with_interval(estimate: float, low: float, high: float) -> tuple[str, str]:
    """Return the cells of an estimate and its interval, empty where there is none."""
    return (
        "" if np.isnan(estimate) else format_estimate(float(estimate)),
        "" if np.isnan(low) else format_interval(float(low), float(high)),
    )


def _of_groups(result: InternalExternal) -> Iterator[str]:
    missing = [name for name, values in zip(result.groups, result.scaled, strict=True) if np.isnan(values).any()]
    if missing:
        yield (
            f"Without some of the measures: {name_list(missing)}. A group of one outcome, or one that the log odds "
            "separate, has none; summaries are of the others."
        )
    if not result.counted:
        yield "The weights are not counts, so that groups have no standard errors and there is no summary."
    if min(one.k for one in result.summaries) < FEW_GROUPS:
        yield f"Of fewer than {FEW_GROUPS} groups the variation between them is hardly known: intervals are wide."
    if int(result.replays.n_open.max()):
        yield (
            "Some rows are of a level that the other groups do not have; the models say nothing of them, and they were "
            "left out."
        )


def _notes(result: Validation) -> Iterator[str]:
    yield from result.made
    if result.method == "bootstrap":
        yield "Corrected is apparent less optimism, which is training less test."
        if np.isfinite(result.low).any():
            yield f"Intervals: {result.interval}."
            if np.isnan(result.low[np.isfinite(result.corrected)]).any():
                yield (
                    "Measures of calibration have no interval of this kind, as every model settles them in its own "
                    "rows: ask for interval='two-stage'."
                )
    else:
        yield (
            "Test is the mean over folds, and pooled the measure of all predictions together, each by a model that was "
            "made without the row."
        )


def _warnings(result: Validation) -> Iterator[str]:
    if result.method == "bootstrap" and result.n < FEW_RESAMPLES:
        yield f"{counted(result.n, 'resample')}: at least {FEW_RESAMPLES} are needed for the means, more for intervals."
    yield from ends_told(result)


def ends_told(result: Validation) -> Iterator[str]:
    """Yield what became of models that have no estimate of their own."""
    replays, word = result.replays, "resample" if result.method == "bootstrap" else "fold"
    if count := replays.count(End.SEPARATED):
        yield (
            f"Separated: {counted(count, word)}. Their probabilities are at their limits, and measures of calibration "
            "leave them out, so that optimism is too small. Use a penalty, or lk.Jeffreys()."
        )
    if count := replays.count(End.ALIASED):
        yield f"Without one of the levels, or with columns that depend on one another: {counted(count, word)}."
    if count := replays.count(End.UNCONVERGED):
        yield f"Not converged, and left out: {counted(count, word)}."
    if count := replays.count(End.FAILED):
        yield f"Without a fit, such as those of one outcome, and left out: {counted(count, word)}."
    least = int(replays.n_open.max())
    if least and replays.count(End.FAILED) < len(replays.ends):
        told = np.count_nonzero((replays.n_open > 0) & (replays.ends < End.UNCONVERGED))
        if told:
            yield (
                f"{counted(int(told), word)} had rows that the model says nothing of, such as those of a level that it "
                "never saw; these rows were left out of its measures."
            )
