"""The fit of a model of several outcomes: tables, tests, predictions, diagnostics, figures and files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.inference.ratios import odds_ratios
from logitkit.models.nominal import places_of
from logitkit.options import require_text
from logitkit.report import row_frames, tidy
from logitkit.report.summary import summary_document
from logitkit.results.estimates import interval_frame
from logitkit.results.multinomial_tested import OutcomeTested
from logitkit.results.predicted import predicted, predicted_with_errors
from logitkit.results.rows import Rows
from logitkit.results.shown import Summary, shown_summary
from logitkit.typing import UnseenPolicy

if TYPE_CHECKING:
    from logitkit.results.outcome_figures import OutcomePlots

__all__ = ["MultinomialFit"]


class MultinomialFit(OutcomeTested):
    """A fitted multinomial logistic regression.

    Parameters
    ----------
    record : FitRecord
        Everything that is known after the fit.
    design : Design, optional
        The rows of the fit, for verbs that need rows; a loaded model has none and takes ``data=``.

    Examples
    --------
    With intercepts, the fitted probabilities of an outcome sum to how often it occurs:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> fit.predict().sum().round(9).tolist()
    [3.0, 3.0, 3.0]
    """

    record: FitRecord

    def __init__(self, record: FitRecord, design: Design | None = None) -> None:
        super().__init__(record, design)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes, in order."""
        return self.record.outcomes

    @property
    def reference(self) -> str | None:
        """The outcome that the others are compared with; None in symmetric form."""
        return None if self.record.reference is None else self.record.outcomes[self.record.reference]

    @property
    def coef(self) -> pd.DataFrame:
        """Coefficients, a row a term and a column an outcome; infinite under separation, nan where aliased."""
        return tidy.coefficient_frame(self.record, self.record.coef)

    @property
    def std_error(self) -> pd.DataFrame:
        """Standard errors, a row a term and a column an outcome; nan where there is none."""
        return tidy.coefficient_frame(self.record, self.record.std_error)

    def summary(self, units: Mapping[str, float] | None = None) -> Summary:
        """Return the summary, which shows itself as text or HTML and renders as Markdown or LaTeX.

        Parameters
        ----------
        units : mapping of str to float, optional
            Change in a column, by its name, that its rows are for: ``{"balance": 10_000}``. The labels say so.

        Returns
        -------
        Summary
            A document: facts, a coefficient table an outcome with relative risk ratios, notes and warnings.
        """
        return shown_summary(summary_document(self.record, units))

    def glance(self) -> pd.DataFrame:
        """Return one row with the statistics of the whole fit.

        Returns
        -------
        pandas.DataFrame
            Sizes, likelihoods, information criteria, coefficients of determination, status.
        """
        return tidy.glance_frame(self.record)

    def augment(self, data: Any = None, weights: Any = None, offset: Any = None, y: Any = None) -> pd.DataFrame:
        """Return one row per observation: its outcome, the likeliest one, probabilities and response residuals.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default. Rows with missing values are left out.
        weights, offset, y : str, array-like or by outcome, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        pandas.DataFrame
            observed, predicted, then ``fitted:a`` and ``residual:a`` for each outcome a; labelled as the table's rows.
        """
        return row_frames.augment_frame(self.record, Rows(self.record, self.design, data, weights, offset, y).told())

    def tidy(self, level: float | None = None, *, nonzero: bool = False) -> pd.DataFrame:
        """Return one row per coefficient, all terms of an outcome before the next.

        Parameters
        ----------
        level : float, optional
            Confidence level; the fit's by default.
        nonzero : bool, default False
            Whether coefficients that are zero, as a lasso leaves them, are left out; the others keep their labels.

        Returns
        -------
        pandas.DataFrame
            outcome, term, estimate, std_error, statistic, p_value, conf_low, conf_high.
        """
        return tidy.tidy_frame(self.record, level, nonzero=nonzero)

    def odds_ratios(
        self,
        outcome: Any = None,
        against: Any = None,
        units: Mapping[str, float] | None = None,
        level: float | None = None,
    ) -> pd.DataFrame:
        """Return the factors by which changes multiply the odds between two outcomes, with intervals.

        They are also called relative risk ratios.

        Parameters
        ----------
        outcome : object, optional
            Whose odds; all other outcomes by default.
        against : object, optional
            Against which; the reference by default, the first outcome in symmetric form.
        units : mapping of str to float, optional
            Change of a variable, as it stands in the formula: ``{"age": 10}`` gives the ratio for ten years, also in
            ``age:smoke``, as the changes of a product multiply.
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        pandas.DataFrame
            One row per outcome and term: against, unit, odds_ratio, std_error, conf_low, conf_high, p_value.
        """
        first, second = places_of(self.record.info, outcome=outcome, against=against)
        return tidy.odds_ratio_frame(odds_ratios(self.record, first, second, units, level), self.record)

    def confint(self, method: str = "wald", level: float | None = None) -> pd.DataFrame:
        """Return confidence intervals of the coefficients: conf_low, conf_high, a row an outcome and a term.

        Parameters
        ----------
        method : {'wald', 'bootstrap'}
            From the standard errors, or BCa from 1,999 bootstrap replicates (seed 1), as of two outcomes.
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        pandas.DataFrame
            Indexed by outcome and term; the columns' name says how, where it is not by Wald.
        """
        return interval_frame(self.record, lambda: Rows(self.record, self.design).design, method, level)

    # Predictions.

    def predict(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> pd.DataFrame:
        """Return the probability of each outcome.

        Parameters
        ----------
        data : table, optional
            New rows; those of the fit by default.
        offset : by outcome, optional
            Demanded when the fit was given arrays.
        unseen : {'raise', 'missing'}
            What to do with a level that the fit never saw.

        Returns
        -------
        pandas.DataFrame
            A row a row of the table and a column an outcome; missing where the input is missing.
        """
        found: pd.DataFrame = predicted(
            self.record, Rows(self.record, self.design, data, offset=offset, unseen=unseen).to_predict, "probability"
        )
        return found

    def predict_logit(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> pd.DataFrame:
        """Return the logits: log-probabilities less that of the reference, in symmetric form centred.

        Parameters
        ----------
        data : table, optional
            New rows; those of the fit by default.
        offset : by outcome, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.

        Returns
        -------
        pandas.DataFrame
            A row a row of the table and a column an outcome.
        """
        found: pd.DataFrame = predicted(
            self.record, Rows(self.record, self.design, data, offset=offset, unseen=unseen).to_predict, "logit"
        )
        return found

    def predictions(
        self, data: Any = None, level: float | None = None, offset: Any = None, unseen: UnseenPolicy = "raise"
    ) -> pd.DataFrame:
        """Return probabilities with standard errors and intervals that stay within (0, 1).

        Parameters
        ----------
        data : table, optional
            New rows; those of the fit by default.
        level : float, optional
            Confidence level; the fit's by default.
        offset : by outcome, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.

        Returns
        -------
        pandas.DataFrame
            estimate, std_error, conf_low, conf_high, a row a row of the table and an outcome.
        """
        return predicted_with_errors(
            self.record, Rows(self.record, self.design, data, offset=offset, unseen=unseen).to_predict, level
        )

    @property
    def plot(self) -> OutcomePlots:
        """Figures of the fit: forest, coefficients, effects, roc, calibration, ternary."""
        from logitkit.results.outcome_figures import OutcomePlots

        return OutcomePlots(self)

    # Output.

    def report(
        self,
        path: str | Path,
        data: Any = None,
        title: str | None = None,
        weights: Any = None,
        offset: Any = None,
        y: Any = None,
        units: Mapping[str, float] | None = None,
        source: str | None = None,
    ) -> Path:
        """Write one self-contained HTML page with tables and figures, in sentences that need no Python.

        Parameters
        ----------
        path : str or Path
            File to write, whose name ends in .html; an old one is replaced whole, or stays where writing fails.
        data : table, optional
            Rows with an outcome, also for average predictions by variable; by default those of the fit, whose average
            predictions need its table.
        title : str, optional
            Title of the page.
        weights, offset, y : str, array-like or by outcome, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.
        units : mapping of str to float, optional
            Change in a column, by its name, that its rows are for: ``{"balance": 10_000}``. The labels say so.
        source : str, optional
            Where the rows came from, such as the name of a file, which the page then says beside their number.

        Returns
        -------
        Path
            Where it was written.
        """
        from logitkit.report.page import report_document, write_page
        from logitkit.results.effects import effects_of_all
        from logitkit.writing import writable_path

        target = writable_path(path, "report")
        require_text("title", title)
        require_text("source", source)
        rows = Rows(self.record, self.design, data, weights, offset, y)
        effects = effects_of_all(rows)
        return write_page(target, report_document(self.record, rows.design, effects, title, units, source))

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
