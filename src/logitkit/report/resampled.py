"""Results of resampling as documents: what was drawn, what became of the replicates, and one row per coefficient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.inference.resampling.jackknife import Jackknife
from logitkit.inference.resampling.resampling import Bootstrap
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_column, format_integer
from logitkit.report.wording import counted

__all__ = ["bootstrap_document", "jackknife_document"]

HEADS = ("Estimate", "Bias", "Std. error")


@finding_document.register
def bootstrap_document(result: Bootstrap) -> Document:
    """Return a bootstrap as a document."""
    lost = {"Infinite": result.n_infinite, "Undetermined": result.n_undetermined}
    lost = {name: counts for name, counts in lost.items() if counts.any()}
    columns = (Column("Term", "left"), *(Column(name) for name in (*HEADS, *lost)))
    counts = (format_column(numbers, "integer") for numbers in lost.values())
    cells = tuple(zip(result.names, *_estimates(result), *counts, strict=True))
    drawn = {
        "rows": "Bootstrap",
        "cluster": "Bootstrap by clusters",
        "parametric": "Parametric bootstrap",
        "bayesian": "Bayesian bootstrap",
        "poisson": "Poisson bootstrap",
    }
    return Document(
        drawn[result.kind],
        facts=(
            Fact("Replicates", format_integer(result.n_replicates)),
            Fact("Drawn in each", f"{format_integer(result.n_units)} {result.unit}"),
            Fact("Seed", str(result.seed)),
        ),
        blocks=(Table(None, columns, cells),),
        warnings=tuple(_warnings(result)),
    )


@finding_document.register
def jackknife_document(result: Jackknife) -> Document:
    """Return a jackknife as a document."""
    columns = (Column("Term", "left"), *(Column(name) for name in HEADS))
    cells = tuple(zip(result.names, *_estimates(result), strict=True))
    refits = result.refits
    broken = int((refits.separated | refits.aliased | refits.unconverged).sum())
    warning = (
        f"Refits that are separated, aliased or not converged: {format_integer(broken)}. A coefficient that is not "
        "finite in every refit has no jackknife bias or standard error."
    )
    return Document(
        "Jackknife",
        facts=(Fact("Left out in turn", f"{format_integer(result.n_units)} {result.unit}"),),
        blocks=(Table(None, columns, cells),),
        warnings=(warning,) if broken else (),
    )


def _estimates(result: Bootstrap | Jackknife) -> tuple[tuple[str, ...], ...]:
    """Return the cells of estimate, bias and standard error."""
    estimate, error, bias = format_estimates(result.estimate, np.asarray(result.std_error), np.asarray(result.bias))
    return estimate, bias, error


def _warnings(result: Bootstrap) -> Iterator[str]:
    if result.n_separated:
        yield (
            f"Separated: {counted(result.n_separated, 'replicate')}, with infinite estimates. They count in "
            "percentiles; biases and standard errors use the finite replicates only, and are too small."
        )
    if result.n_aliased:
        yield (
            f"Aliased: {counted(result.n_aliased, 'replicate')}, for instance without one of the levels. The "
            "coefficients that they leave undetermined are excluded from all statistics."
        )
    if result.n_unconverged:
        yield f"Not converged, and excluded: {counted(result.n_unconverged, 'replicate')}."
