"""Tables for papers, as results with all output formats and as data frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from logitkit.inference.tables.regression import RegressionTable
from logitkit.inference.tables.table_one import TableOne
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown

__all__ = ["RegressionTableResult", "TableOneResult"]


@extends_base
class RegressionTableResult(Shown, RegressionTable):
    """A table of several fits, as text, HTML, Markdown, LaTeX, a Word or Excel file, or a data frame.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> found = lk.regression_table(lk.logit("low ~ lwt", births), lk.logit("low ~ lwt + smoke", births))
    >>> found.to_frame()[["model", "term", "estimate"]].round(3)
      model   term  estimate
    0   (1)    lwt    -0.014
    1   (2)    lwt    -0.013
    2   (2)  smoke     0.677
    """

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


@extends_base
class TableOneResult(Shown, TableOne):
    """Descriptive statistics by group, as text, HTML, Markdown, LaTeX, a Word or Excel file, or a data frame.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.table_one("low ~ age + smoke", lk.datasets.load_lbw())
    >>> found.to_frame().iloc[:, :4]
      variable level group      n
    0      age              189.0
    1      age           0  130.0
    2      age           1   59.0
    3    smoke     1         74.0
    4    smoke     1     0   44.0
    5    smoke     1     1   30.0
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per variable, level and group.

        Returns
        -------
        pandas.DataFrame
            Columns variable, level, group (empty for all rows), n (rows with a value, or rows in the level), missing,
            proportion, mean, std_dev, median, lower, upper, smd and p_value.
        """
        rows = []
        for each in self.variables:
            p = np.nan if each.test is None else each.test.p_value
            for g, group in enumerate(("", *self.groups)):
                known, gone, numbers = each.known[g], each.missing[g], each.numbers[:, g]
                if each.kind in ("levels", "event"):
                    for level, n in zip(each.levels, numbers, strict=True):
                        share = n / known if known > 0.0 else np.nan
                        rows.append((each.name, level, group, n, gone, share, *[np.nan] * 5, each.difference, p))
                    continue
                middle = (*numbers, *[np.nan] * 3) if each.kind == "mean" else (np.nan, np.nan, *numbers)
                rows.append((each.name, "", group, known, gone, np.nan, *middle, each.difference, p))
        heads = ("variable", "level", "group", "n", "missing", "proportion", "mean", "std_dev")
        return ResultFrame(rows, columns=[*heads, "median", "lower", "upper", "smd", "p_value"])
