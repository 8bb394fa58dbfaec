"""Tables of calibration and of Hosmer-Lemeshow groups, as findings and pages share them."""

from __future__ import annotations

import numpy as np

from logitkit.diagnostics.calibration.bins import CalibrationBins
from logitkit.diagnostics.fit.hosmer_lemeshow import HosmerLemeshow
from logitkit.report.document import Column, Table
from logitkit.report.number_format import format_column, format_estimate, format_integer, format_level

__all__ = ["RATES", "bins_table", "hosmer_lemeshow_table"]

RATES = "Predicted and observed rates"
WITHHELD = "No intervals: Wilson's are of independent rows that count as whole ones."


def bins_table(bins: CalibrationBins, title: str = RATES) -> Table:
    """Return predicted and observed rates, one row per bin."""
    level = format_level(bins.level)
    heads = ("Size", "Mean predicted", "Observed", f"{level} low", f"{level} high")
    cells = zip(
        format_column(bins.n, "integer"),
        *(format_column(v, "percent") for v in (bins.predicted, bins.observed, bins.low, bins.high)),
        strict=True,
    )
    notes = (WITHHELD,) if np.isnan(bins.low).all() else ()
    return Table(title, tuple(Column(name) for name in heads), tuple(cells), notes=notes)


def hosmer_lemeshow_table(result: HosmerLemeshow) -> Table:
    """Return observed and expected numbers, one row per group."""
    heads = ["Lowest", "Highest", "Size"]
    columns = [
        format_column(result.lowest, "probability"),
        format_column(result.highest, "probability"),
        format_column(result.size, "integer"),
    ]
    if result.of_event:
        heads += ["Observed", "Expected"]
        columns += [format_column(result.observed, "integer"), format_column(result.expected, "estimate", 1)]
        return Table("Groups", tuple(Column(name) for name in heads), tuple(zip(*columns, strict=True)))
    for outcome, observed, expected in zip(result.outcomes, result.observed, result.expected, strict=True):
        heads.append(f"{outcome} (expected)")
        columns.append(
            tuple(f"{format_integer(o)} ({format_estimate(e, 1)})" for o, e in zip(observed, expected, strict=True))
        )
    cells = tuple(zip(*columns, strict=True))
    return Table("Groups", tuple(Column(name) for name in heads), cells, n_names=3, divides=True)
