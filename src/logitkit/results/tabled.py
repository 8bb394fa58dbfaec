"""Tables of papers as results: they show themselves in every format, and are frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from logitkit.inference.tables.regression import RegressionTable
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown

__all__ = ["RegressionTableResult"]


@extends_base
class RegressionTableResult(Shown, RegressionTable):
    """Fits side by side, as text, HTML, Markdown, LaTeX, Word, Excel, or a frame."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per estimate, on the scale of the coefficients.

        Returns
        -------
        pandas.DataFrame
            Columns model, equation, term, level, estimate, std_error, statistic, p_value, conf_low, conf_high, term_p,
            n and events; the reference levels of factors have an estimate of zero and no standard error.
        """
        rows = []
        for block in self.blocks:
            fit = self.fits[block.fit]
            for row, cell in block.cells.items():
                test = None if row.level else block.tests.get(row.term)
                n, events = (fit.counts or {}).get(row, (np.nan, np.nan))
                estimate = 0.0 if cell.state == "reference" else cell.estimate
                own = (estimate, cell.std_error, cell.statistic, cell.p_value, cell.low, cell.high)
                p = np.nan if test is None else test.p_value
                rows.append((fit.name, block.label, *row, *own, p, n, events))
        heads = ("model", "equation", "term", "level", "estimate", "std_error", "statistic", "p_value")
        return ResultFrame(rows, columns=[*heads, "conf_low", "conf_high", "term_p", "n", "events"])
