"""Refits without each row or cluster, with their tables."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

import pandas as pd

from logitkit.design.chunks.held import held_rows
from logitkit.design.table.beside import clusters_beside, values_beside
from logitkit.diagnostics.residuals.influence import require_sample
from logitkit.diagnostics.residuals.leave_out import LeaveOut, leave_out
from logitkit.errors import UnsupportedError
from logitkit.report.frames.rows import row_labels
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.rows import Rows
from logitkit.results.shown import shown

__all__ = ["LeaveOutResult", "leave_out_of_rows"]


@dataclass(frozen=True)
class LeaveOutResult(LeaveOut):
    """Refits that each leave out one unit (a row or a cluster), with tables.

    Parameters
    ----------
    labels, row_labels : pandas.Index
        Labels of the units and of the rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw()[::5])
    >>> fit.leave_out().changes().head(2).round(3)
       Intercept    lwt  smoke
    0      0.088 -0.001  0.037
    5     -0.100  0.000  0.058
    """

    labels: Any = field(default=None, repr=False)
    row_labels: Any = field(default=None, repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the coefficients of every refit.

        Returns
        -------
        pandas.DataFrame
            One row per unit left out and one column per coefficient.
        """
        return self._frame(self.coef)

    def changes(self, *, scaled: bool = False) -> pd.DataFrame:  # type: ignore[override]
        """Return the estimate minus that without each unit; ``dfbetas`` has a one-step approximation.

        Parameters
        ----------
        scaled : bool, default False
            Whether to divide by the model-based standard errors of the fit.

        Returns
        -------
        pandas.DataFrame
            One row per unit left out and one column per coefficient.
        """
        return self._frame(super().changes(scaled=scaled))

    def predictions(self) -> pd.DataFrame:
        """Return the probability of each row from the fit and from the refit without that row.

        Returns
        -------
        pandas.DataFrame
            Columns fitted and left_out; one row per row used or, with several outcomes, per row and outcome.
        """
        if self.fitted.ndim == 1:
            return ResultFrame({"fitted": self.fitted, "left_out": self.predicted}, index=self.row_labels)
        name = self.row_labels.name or "row"
        index = pd.MultiIndex.from_product([self.row_labels, self.outcomes], names=[name, "outcome"])
        return ResultFrame({"fitted": self.fitted.T.ravel(), "left_out": self.predicted.T.ravel()}, index=index)

    def _frame(self, values: Any) -> pd.DataFrame:
        return ResultFrame(values, index=self.labels, columns=pd.Index(self.names, tupleize_cols=False), copy=False)


def leave_out_of_rows(rows: Rows, by: Any, data: Any) -> LeaveOutResult:
    """Return the refits without each row, or without each value of a column."""
    record, design = rows.record, rows.told()
    require_sample(record, design)
    design = held_rows(design, "leave_out", [by] if isinstance(by, str) else [])
    if data is not None and not rows.in_chunks:
        design = replace(design, table=data)
    clusters = None
    if by is not None:
        found = clusters_beside(by, design)
        if len(found) != 1:
            raise UnsupportedError("leave_out takes one column in by=; rows of several that cross leave at once.")
        clusters = found[0]
    result = leave_out(record, design, clusters)
    own = pd.Index(row_labels(design))
    labels = own[result.first]
    if by is not None:
        values, name = values_beside(by, design, "by")
        labels = pd.Index(values.iloc[result.first], name=name)
    made = {each.name: getattr(result, each.name) for each in fields(result)}
    return shown(LeaveOutResult(**made, labels=labels, row_labels=own))
