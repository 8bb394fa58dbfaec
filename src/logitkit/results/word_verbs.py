"""The verbs of a fit that put it into words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from logitkit.design.labels import as_labels
from logitkit.design.table.frame import read_table
from logitkit.report.term_labels import labelled_info
from logitkit.results.mean_verbs import MeanVerbs
from logitkit.results.shown import Summary, shown_summary

if TYPE_CHECKING:
    from logitkit.results.equation import EquationResult

__all__ = ["WordVerbs"]


class WordVerbs(MeanVerbs):
    """A fit with the verbs that put it into words.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    making : Making, optional
        How it is made again from other rows, where that takes more than the record says.
    """

    def labelled(self, labels: Any) -> Self:
        """Return the same fit with labels of its variables and levels, which every table, figure and report then uses.

        Parameters
        ----------
        labels : lk.labels or mapping
            ``lk.labels({"lwt": "Weight"}, levels={"smoke": {1: "yes"}}, units={"lwt": "lb"})``, or labels of variables
            alone. They go before those that the fit has.

        Returns
        -------
        Fit
            Of the same class, with the same numbers; ``coef``, ``tidy()`` and hypotheses keep the names.

        Raises
        ------
        FormulaError
            If a label is of a variable that does not exist; the message names the nearest.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ lwt", lk.datasets.load_lbw()).labelled({"lwt": "Weight of the mother"})
        >>> "Weight of the mother" in str(fit.summary()), fit.coef.index[1]
        (True, 'lwt')
        """
        table = None if self.design is None else self.design.table
        columns = () if table is None else read_table(table).names
        info = labelled_info(self.record.info, as_labels(labels), columns)
        design = None if self.design is None else replace(self.design, info=info)
        return type(self)(replace(self.record, info=info), design)

    def describe(self, level: float | None = None) -> Summary:
        """Return the paragraph of a results section: rows, estimates, intervals, tests, and the model as a whole.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        Summary
            A document that prints, with the numbers as ``lk.regression_table`` writes them. Of more than twelve
            estimates those are listed whose p-value is below 1 - ``level``, and the others are counted.

        Examples
        --------
        >>> import logitkit as lk
        >>> text = lk.logit("low ~ smoke", lk.datasets.load_lbw()).describe().to_text(110)
        >>> print(text.splitlines()[2])
        A logistic regression of low (event: 1) on smoke was fitted to 189 rows with 59 events (31.2%). Odds ratios
        """
        from logitkit.engine.law import require_level
        from logitkit.report.tables.describe import description_document

        if level is not None:
            require_level(level)
        return shown_summary(description_document(self.record, self.design, level))

    def equation(self) -> EquationResult:
        """Return the fitted model as equations.

        Returns
        -------
        EquationResult
            Prints as text; ``to_latex()`` is an ``align*`` environment, which a notebook shows. The columns of splines
            are symbols that the notes explain.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ smoke", lk.datasets.load_lbw(), labels={"smoke": "Smoker"})
        >>> fit.equation().text[0]
        'logit P(low = 1) = -1.0871 + 0.7041 Smoker'
        """
        from logitkit.results.equation import equation_of

        return equation_of(self.record)
