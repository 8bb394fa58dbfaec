"""The fit that the user holds: tables, tests, predictions, diagnostics, figures and files.

What only some verbs need is imported by them, so that the first fit of a process does not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from logitkit.inference.ratios import odds_ratios
from logitkit.models.nominal import places_of
from logitkit.report import tidy
from logitkit.report.summary import summary_document
from logitkit.results.figures import FitPlots
from logitkit.results.intervals import interval_frame
from logitkit.results.row_verbs import RowVerbs
from logitkit.results.shown import Summary, shown_summary

__all__ = ["Fit"]


class Fit(RowVerbs):
    """A fitted model, with the verbs of every family.

    Parameters
    ----------
    record : FitRecord
        Everything that is known after the fit.
    design : Design, optional
        The rows of the fit, for verbs that need rows; a loaded model has none and takes ``data=``.

    Examples
    --------
    The fitted probabilities sum to the number of events when the model has an intercept:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> bool(abs(fit.predict().sum() - 3) < 1e-9)
    True
    """

    def summary(self, units: Mapping[str, float] | None = None) -> Summary:
        """Return the summary, which shows itself as text or HTML and renders as Markdown or LaTeX.

        Parameters
        ----------
        units : mapping of str to float, optional
            Change in a column, by its name, that its rows are for: ``{"balance": 10_000}``. The labels say so.

        Returns
        -------
        Summary
            A document: facts, a table of coefficients with ratios, of several outcomes one each, notes and warnings.
        """
        return shown_summary(summary_document(self.record, units))

    def tidy(self, level: float | None = None, *, nonzero: bool = False) -> pd.DataFrame:
        """Return one row per coefficient, of several outcomes all terms of one before the next.

        Parameters
        ----------
        level : float, optional
            Confidence level; the fit's by default.
        nonzero : bool, default False
            Whether coefficients that are zero, as a lasso leaves them, are left out; the others keep their labels.

        Returns
        -------
        pandas.DataFrame
            term (of several outcomes after outcome), estimate, std_error, statistic, p_value, conf_low, conf_high.
            After a penalty statistic and p_value are missing, and so are errors and intervals unless there is a
            posterior.
        """
        return tidy.tidy_frame(self.record, level, nonzero=nonzero)

    def glance(self) -> pd.DataFrame:
        """Return one row with the statistics of the whole fit.

        Returns
        -------
        pandas.DataFrame
            Sizes, likelihoods, information criteria, coefficients of determination, status.
        """
        return tidy.glance_frame(self.record)

    def odds_ratios(
        self,
        units: Mapping[str, float] | None = None,
        level: float | None = None,
        *,
        outcome: Any = None,
        against: Any = None,
    ) -> pd.DataFrame:
        """Return the factors by which changes multiply odds, with intervals.

        Of two outcomes they are the odds of the event. Of several they are the odds between two outcomes, also called
        relative risk ratios.

        Parameters
        ----------
        units : mapping of str to float, optional
            Change of a variable, as it stands in the formula: ``{"age": 10}`` gives the ratio for ten years, also in
            ``age:smoke``, as the changes of a product multiply.
        level : float, optional
            Confidence level; the fit's by default.
        outcome : object, optional
            Whose odds; those of all other outcomes in turn by default, of two outcomes those of the event.
        against : object, optional
            Against which; the reference by default, the first outcome in symmetric form.

        Returns
        -------
        pandas.DataFrame
            unit, odds_ratio, std_error, conf_low, conf_high, p_value, one row per coefficient but the intercepts, of
            several outcomes with the outcome that each is against. Columns that cannot change alone, such as those of a
            spline, have no ratio, nor has what is too large or too small for a number.
        """
        first, second = places_of(self.record.info, outcome=outcome, against=against)
        return tidy.odds_ratio_frame(odds_ratios(self.record, first, second, units, level), self.record)

    def confint(self, method: str = "wald", level: float | None = None) -> pd.DataFrame:
        """Return confidence intervals of the coefficients.

        Parameters
        ----------
        method : {'wald', 'bootstrap'}
            From the standard errors, or BCa from 1,999 bootstrap replicates (seed 1) of rows, or of clusters where the
            fit has them. BCa takes a refit a row besides; ``fit.bootstrap(n, seed)`` has percentiles and all choices.
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        pandas.DataFrame
            conf_low and conf_high, one row per coefficient. After a ridge or a Gaussian prior they are of the
            posterior, given its strength, and the columns' name says so; other penalties leave none. By the bootstrap
            the columns' name says how, infinite limits are where so many replicates are, and missing ones where
            replicates or refits without a row cannot tell.
        """
        return interval_frame(self.record, self._own_rows, method, level)

    # Output.

    @property
    def plot(self) -> FitPlots:
        """Figures of the fit: forest, coefficients, effects, roc, calibration, residuals."""
        return self._figures(self)

    def report(
        self,
        path: str | Path,
        data: Any = None,
        title: str | None = None,
        units: Mapping[str, float] | None = None,
        source: str | None = None,
    ) -> Path:
        """Write one self-contained HTML page with tables and figures, in sentences that need no Python.

        Parameters
        ----------
        path : str or Path
            File to write, whose name ends in .html; an old one is replaced whole, or stays where writing fails.
        data : table, optional
            Rows for diagnostics, of several outcomes also for average predictions by variable; those of the fit by
            default, whose average predictions need its table.
        title : str, optional
            Title of the page.
        units : mapping of str to float, optional
            Change in a column, by its name, that its rows are for: ``{"balance": 10_000}``. The labels say so.
        source : str, optional
            Where the rows came from, such as the name of a file, which the page then says beside their number.

        Returns
        -------
        Path
            Where it was written.
        """
        return self.on(data).report(path, title, units, source)

    def save(self, path: str | Path) -> Path:
        """Write the fit as plain versioned JSON, without any row of the data.

        Parameters
        ----------
        path : str or Path
            File to write; an old one is replaced whole, or stays where writing fails.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        FormulaError
            If the formula has a part that ``load`` would refuse, such as a ``lambda``.
        """
        from logitkit.engine.saved.file import save_record

        return save_record(self.record, path)

    def __repr__(self) -> str:
        """Return the summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()
