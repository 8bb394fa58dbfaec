"""A set of rows whose removal changes a conclusion, with the labels of its rows."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd

from logitkit.design.chunks.held import held_rows
from logitkit.diagnostics.residuals.fragility import Fragility, FragilityChange, fragility
from logitkit.diagnostics.residuals.influence import require_sample
from logitkit.errors import DataError, nearest_name
from logitkit.report.frames.rows import row_labels
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.rows import Rows
from logitkit.results.shown import shown

__all__ = ["FragilityResult", "fragility_of_rows"]


@dataclass(frozen=True)
class FragilityResult(Fragility):
    """A set of rows whose removal changes a conclusion.

    Parameters
    ----------
    labels : pandas.Index
        Labels of the rows in the set; ``data.drop(index=found.labels)`` are the other rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> found = lk.logit("low ~ age + lwt + smoke", births).fragility("smoke")
    >>> len(found.rows), found.n_rows
    (12, 189)
    >>> found.to_frame().iloc[:, :4].round(3)
                     estimate  std_error  conf_low  conf_high
    smoke
    all                 0.671      0.326     0.032      1.309
    without the set    -0.055      0.376    -0.792      0.683
    """

    labels: Any = field(default=None, repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the coefficient with all rows and without the set.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, std_error, conf_low, conf_high and n_rows, in two rows.
        """
        pair = self.before, self.after
        columns = {"estimate": "estimate", "std_error": "std_error", "conf_low": "low", "conf_high": "high"}
        table = {name: [getattr(each, value) for each in pair] for name, value in columns.items()}
        table["n_rows"] = [self.n_rows, self.n_rows - self.rows.size]
        return ResultFrame(table, index=pd.Index(["all", "without the set"], name=self.name))


def fragility_of_rows(
    rows: Rows, name: str, change: FragilityChange, level: float | None, most: int | None
) -> FragilityResult:
    """Return the set of rows for a named coefficient."""
    record, design = rows.record, rows.design
    if name not in record.names:
        raise DataError(f"{name!r:.60} is no coefficient of the fit. {nearest_name(str(name), record.names)}")
    require_sample(record, design)
    design = held_rows(design, "fragility")
    result = fragility(record, design, name, change, level=level, most=most)
    made = {each.name: getattr(result, each.name) for each in fields(result)}
    return shown(FragilityResult(**made, labels=pd.Index(row_labels(design))[result.rows]))
