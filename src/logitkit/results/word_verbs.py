"""The verbs of a fit that put it into words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from logitkit.design.labels import as_labels
from logitkit.design.table.frame import read_table
from logitkit.report.term_labels import labelled_info
from logitkit.results.mean_verbs import MeanVerbs

__all__ = ["WordVerbs"]


class WordVerbs(MeanVerbs):
    """A fit with the verbs that put it into words.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
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
