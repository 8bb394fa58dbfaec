"""What changes without some of the rows, as documents."""

from __future__ import annotations

import numpy as np

from logitkit.diagnostics.residuals.fragility import Estimated, Fragility
from logitkit.diagnostics.residuals.leave_out import LeaveOut
from logitkit.diagnostics.residuals.simulated import SimulatedResiduals
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_column,
    format_estimate,
    format_integer,
    format_level,
    format_p,
    format_percent,
)
from logitkit.report.wording import counted
from logitkit.typing import FloatArray

__all__ = ["fragility_document", "leave_out_document", "simulated_document"]

LISTED = 20  # rows of a set that are named
FEW, MANY = 20, 100_000
DISPERSION = (
    "Dispersion: observed over simulated variation, above 1 where outcomes vary more than the model says. On the "
    "rows of the fit its coefficients are estimated, so that the p-value of uniformity is too large."
)
FEW_GROUPS = "Fewer than 20 groups show gross faults only."
MANY_ROWS = (
    "With so many rows faults too small to matter are significant: see the figure for how far off the residuals are."
)


@finding_document.register
def leave_out_document(result: LeaveOut) -> Document:
    """Return refits without each unit as a document: the range of every coefficient."""
    labels = getattr(result, "labels", result.first)
    low, high = _extremes(result.coef)
    kept = np.flatnonzero(~np.isnan(result.estimate))
    places = np.arange(len(result.names))
    least, most = result.coef[low, places], result.coef[high, places]
    estimate, _, least_text, most_text = format_estimates(
        result.estimate[kept], result.std_error[kept], least[kept], most[kept]
    )
    with np.errstate(invalid="ignore"):
        changes = np.abs(LeaveOut.changes(result, scaled=True))
    largest = np.where(np.isnan(changes), -np.inf, changes).max(axis=0)[kept]
    noun = {"rows": "row", "observations": "row", "clusters": "value"}[result.unit]
    heads = ("Estimate", "Lowest", f"Without {noun}", "Highest", f"Without {noun}", "Change / SE")
    cells = zip(
        (result.names[j] for j in kept),
        estimate,
        least_text,
        (str(labels[low[j]]) for j in kept),
        most_text,
        (str(labels[high[j]]) for j in kept),
        format_column(np.where(np.isfinite(largest), largest, np.nan), "statistic", 3),
        strict=True,
    )
    broken = int((result.separated | result.aliased | result.unconverged).sum())
    count = format_integer(len(result.coef))
    what = f"each of the {count} values of {result.by}" if result.by else f"each of {count} {result.unit}"
    warnings = (
        (
            f"{counted(broken, 'refit')} {'is' if broken == 1 else 'are'} separated, aliased or not converged: "
            "coefficients are infinite or missing there."
        ),
    ) * (broken > 0)
    return Document(
        "Refits that leave out one at a time",
        facts=(Fact("Left out", what),),
        blocks=(Table(None, (Column("Term", "left"), *(Column(head) for head in heads)), tuple(cells)),),
        notes=("Change / SE: the largest change of the estimate, in standard errors of the fit.",),
        warnings=warnings,
    )


@finding_document.register
def fragility_document(result: Fragility) -> Document:
    """Return a set of rows without which a conclusion changes as a document."""
    labels = getattr(result, "labels", result.rows)
    pair = result.before, result.after
    columns = (np.array([getattr(each, name) for each in pair]) for name in Estimated._fields)
    texts = format_estimates(*columns)
    level = format_level(result.level)
    heads = ("Estimate", "Std. error", f"{level} low", f"{level} high")
    size = result.rows.size
    names = ("All rows", f"Without {counted(size, 'row')}")
    rule = {
        "sign": "its sign is another one",
        "significance": f"its {level} interval {'includes' if result.before.significant else 'leaves out'} zero",
    }[result.change]
    shown = ", ".join(str(label) for label in labels[:LISTED]) + (", ..." if size > LISTED else "")
    notes = (
        f"Rows in the set: {shown}." if size else "No row was left out.",
        "The set was found by influence and proved by a refit. A smaller one may exist: it is not proved the smallest.",
    )
    warning = f"No set was found without which {rule}: {result.stopped}. The figures are those of the last set."
    return Document(
        f"Fragility of {result.name}",
        facts=(
            Fact("Looked for", f"rows without which {rule}"),
            Fact("Rows in the set", f"{format_integer(size)} of {format_integer(result.n_rows)}"),
            Fact("Proportion", format_percent(result.proportion)),
            Fact("Refits", format_integer(result.n_refits)),
        ),
        blocks=(
            Table(
                None,
                (Column("", "left"), *(Column(head) for head in heads)),
                tuple(zip(names, *texts, strict=True)),
            ),
        ),
        notes=notes if result.found else notes[:1],
        warnings=() if result.found else (warning,),
    )


@finding_document.register
def simulated_document(result: SimulatedResiduals) -> Document:
    """Return residuals by simulation as a document: the three tests, and how rows were put together."""
    rows = (
        ("Uniformity (Kolmogorov-Smirnov)", f"D = {format_estimate(result.distance)}", format_p(result.uniformity_p)),
        ("Dispersion", f"ratio = {format_estimate(result.dispersion)}", format_p(result.dispersion_p)),
        (
            "Outliers",
            f"{format_integer(result.outliers)}, {format_estimate(result.outliers_expected)} expected",
            format_p(result.outliers_p),
        ),
    )
    g = result.residuals.size
    return Document(
        "Residuals by simulation",
        facts=(
            Fact("Groups", format_integer(g)),
            Fact("Simulated data sets", format_integer(result.n_simulations)),
            Fact("Seed", "none" if result.seed is None else str(result.seed)),
        ),
        blocks=(Table(None, (Column("Test", "left"), Column("Statistic"), Column("P-value")), rows),),
        notes=(
            f"Compared: {result.grouping}.",
            DISPERSION,
            *(FEW_GROUPS,) * (g < FEW),
            *(MANY_ROWS,) * bool(result.size.sum() > MANY),
        ),
    )


def _extremes(coef: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the refits with the lowest and with the highest estimate of each coefficient, shape (p,)."""
    missing = np.isnan(coef)
    return np.where(missing, np.inf, coef).argmin(axis=0), np.where(missing, -np.inf, coef).argmax(axis=0)
