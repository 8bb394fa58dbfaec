"""The verbs of a fit that describe it in words and equations."""

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
    """A fit with the verbs that describe it in words and equations.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    making : Making, optional
        How the fit is repeated on other rows, if the record alone is not enough for that.
    """

    def labelled(self, labels: Any) -> Self:
        """Return the same fit with labels of variables and levels, which all its tables, figures and reports use.

        Parameters
        ----------
        labels : lk.labels or mapping
            ``lk.labels({"lwt": "Weight"}, levels={"smoke": {1: "yes"}}, units={"lwt": "lb"})``, or a mapping with
            labels of variables only. New labels take precedence over those that the fit has.

        Returns
        -------
        Fit
            A fit of the same class with the same numbers; ``coef``, ``tidy()`` and hypotheses still use the names.

        Raises
        ------
        FormulaError
            If a label is for a variable that does not exist; the message suggests the nearest name.

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
        """Return a paragraph for a results section: rows, estimates, intervals, tests, and the model as a whole.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        Summary
            A document that prints, with numbers formatted as in ``lk.regression_table``. If there are more than twelve
            estimates, only those with a p-value below 1 - ``level`` are listed, and the others are counted.

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
            Prints as text; ``to_latex()`` returns an ``align*`` environment, which a notebook displays. The columns of
            splines are denoted by symbols that the notes explain.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ smoke", lk.datasets.load_lbw(), labels={"smoke": "Smoker"})
        >>> fit.equation().text[0]
        'logit P(low = 1) = -1.0871 + 0.7041 Smoker'
        """
        from logitkit.results.equation import equation_of

        return equation_of(self.record)
