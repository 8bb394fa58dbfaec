"""Residuals from simulations of the fitted model, with a table and a figure."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import pandas as pd

from logitkit.design.chunks.held import held_rows
from logitkit.design.table.beside import values_beside
from logitkit.diagnostics.residuals.simulated import SimulatedResiduals, simulated_residuals
from logitkit.report.frames.diagnostics import simulated_frame
from logitkit.results.rows import Rows
from logitkit.results.shown import shown

__all__ = ["SimulatedResidualsResult", "simulated_of_rows"]


@dataclass(frozen=True)
class SimulatedResidualsResult(SimulatedResiduals):
    """Residuals from simulations of the fitted model, with a table and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.simulated_residuals(n=50, seed=1)
    >>> found.to_frame().head(2).round(3)
           size  observed  expected  predicted  residual
    group
    0      10.0       1.0      1.00      0.100     0.545
    1      11.0       1.0      1.72      0.156     0.198
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the groups.

        Returns
        -------
        pandas.DataFrame
            Columns size, observed, expected, predicted and residual, one row per group.
        """
        return simulated_frame(self)

    def plot(self) -> Any:
        """Draw the residuals against uniform quantiles and against predictions.

        Returns
        -------
        Figure
            Two panels.
        """
        from logitkit.plots.residual_panels import plot_simulated

        return plot_simulated(self)


def simulated_of_rows(rows: Rows, n: int, seed: int | None, by: Any, data: Any) -> SimulatedResidualsResult:
    """Return simulated residuals of rows, grouped by a column if one is named."""
    design = held_rows(rows.told(), "A simulation", [by] if isinstance(by, str) else [])
    groups, name = None, ""
    if by is not None:
        if data is not None and design.table is None and not rows.in_chunks:
            design = replace(design, table=data)
        values, name = values_beside(by, design, "by")
        groups = pd.factorize(values)[0]
    result = simulated_residuals(rows.record, design, n, seed=seed, groups=groups, name=name)
    return shown(SimulatedResidualsResult(**{each.name: getattr(result, each.name) for each in fields(result)}))
