"""The fit that the user holds: tables, tests, predictions, diagnostics, figures and files.

What only some verbs need is imported by them, so that the first fit of a process does not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from logitkit.inference.likelihood_ratio import LikelihoodRatioTest, null_test
from logitkit.inference.ratios import odds_ratios
from logitkit.inference.wald import WaldTest, wald_test
from logitkit.options import require_text
from logitkit.report import row_frames, tidy
from logitkit.report.summary import summary_document
from logitkit.results.diagnosed import Diagnosed
from logitkit.results.estimates import interval_frame
from logitkit.results.predicted import predicted, predicted_with_errors
from logitkit.results.rows import Rows
from logitkit.results.shown import Summary, shown, shown_summary
from logitkit.typing import UnseenPolicy

if TYPE_CHECKING:
    from logitkit.inference.incidental import BiasCorrection, CorrectionMethod
    from logitkit.inference.units import ResamplingKind
    from logitkit.results.figures import FitPlots
    from logitkit.results.resampled import BootstrapResult, JackknifeResult

__all__ = ["Fit"]


class Fit(Diagnosed):
    """A fitted logistic regression.

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
            Change in a column, by coefficient name, that its row is for: ``{"balance": 10_000}``. The label says so.

        Returns
        -------
        Summary
            A document: facts, the coefficient table with odds ratios, notes and warnings.
        """
        return shown_summary(summary_document(self.record, units))

    def tidy(self, level: float | None = None, *, nonzero: bool = False) -> pd.DataFrame:
        """Return a row a coefficient.

        Parameters
        ----------
        level : float, optional
            Confidence level; the fit's by default.
        nonzero : bool, default False
            Whether coefficients that are zero, as a lasso leaves them, are left out; the others keep their labels.

        Returns
        -------
        pandas.DataFrame
            term, estimate, std_error, statistic, p_value, conf_low, conf_high. After a penalty statistic and p_value
            are missing, and so are errors and intervals unless there is a posterior.
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

    def augment(self, data: Any = None, weights: Any = None, offset: Any = None, y: Any = None) -> pd.DataFrame:
        """Return a row an observation, with fitted values, residuals and influence.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default. Rows with missing values are left out.
        weights, offset, y : str or array-like, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.

        Returns
        -------
        pandas.DataFrame
            Labelled as the table's rows.
        """
        return row_frames.augment_frame(self.record, Rows(self.record, self.design, data, weights, offset, y).told())

    def odds_ratios(self, units: Mapping[str, float] | None = None, level: float | None = None) -> pd.DataFrame:
        """Return odds ratios with intervals.

        Parameters
        ----------
        units : mapping of str to float, optional
            Change of a variable, as it stands in the formula: ``{"age": 10}`` gives the ratio for ten years, also in
            ``age:smoke``, as the changes of a product multiply.
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        pandas.DataFrame
            A row a coefficient but the intercept. Columns that cannot change alone, such as those of a spline, have no
            ratio, nor has what is too large or too small for a number.
        """
        return tidy.odds_ratio_frame(odds_ratios(self.record, units=units, level=level), self.record)

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
            conf_low and conf_high, a row a coefficient. After a ridge or a Gaussian prior they are of the posterior,
            given its strength, and the columns' name says so; other penalties leave none. By the bootstrap the columns'
            name says how, infinite limits are where so many replicates are, and missing ones where replicates or refits
            without a row cannot tell.
        """
        return interval_frame(self.record, lambda: Rows(self.record, self.design).design, method, level)

    # Tests.

    def test(self, hypothesis: str, level: float | None = None) -> WaldTest:
        """Test linear hypotheses about the coefficients.

        Parameters
        ----------
        hypothesis : str
            Such as ``"x = 0, C(g)[T.b] = C(g)[T.c]"``, or the name of a term, ``"C(g)"``, for all its coefficients.
        level : float, optional
            Confidence level of the intervals.

        Returns
        -------
        WaldTest
            Chi-square test that all hold, and each with its estimate.
        """
        return shown(wald_test(self.record, hypothesis, level))

    def lr_test(self) -> LikelihoodRatioTest:
        """Test all coefficients but the intercept by likelihood ratio.

        Returns
        -------
        LikelihoodRatioTest
            Against the model with intercept and offset only.
        """
        return shown(null_test(self.record))

    # Resampling.

    def bootstrap(self, n: int = 1000, seed: int | None = None, kind: ResamplingKind | None = None) -> BootstrapResult:
        """Fit the model to data sets drawn from the rows of the fit, or from the fit itself.

        Parameters
        ----------
        n : int, default 1000
            Number of replicates.
        seed : int, optional
            Draws the same replicates again.
        kind : {'rows', 'cluster', 'parametric'}, optional
            What is drawn. Default: clusters where the fit has them, else rows.

        Returns
        -------
        BootstrapResult
            Replicates, bias, standard errors and intervals.
        """
        from logitkit.results.resampled import bootstrap_fit

        return bootstrap_fit(self, n, seed, kind)

    def jackknife(self) -> JackknifeResult:
        """Fit the model without each row, observation or cluster in turn.

        Returns
        -------
        JackknifeResult
            Replicates, bias, standard errors and acceleration.
        """
        from logitkit.results.resampled import jackknife_fit

        return jackknife_fit(self)

    # Many levels.

    @property
    def absorbed(self) -> pd.DataFrame | None:
        """Levels of the absorbed factor: rows and intercept of each, infinite where dropped; None without one."""
        return tidy.absorbed_frame(self.record)

    def bias_correction(self, method: CorrectionMethod = "analytic", level: float | None = None) -> BiasCorrection:
        """Return the coefficients less the bias that the intercepts of an absorbed factor's levels bring.

        Parameters
        ----------
        method : {'analytic', 'jackknife'}
            From the formula of the leading term, or from fits to the two halves of each level's rows.
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        BiasCorrection
            Corrected coefficients with standard errors, tests and intervals.
        """
        from logitkit.inference.incidental import bias_correction

        return shown(bias_correction(self.record, Rows(self.record, self.design).design, method, level))

    # Predictions.

    def predict(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> pd.Series:
        """Return the probability of the event, one value a row.

        Parameters
        ----------
        data : table, optional
            New rows; those of the fit by default.
        offset : str or array-like, optional
            Demanded when the fit was given an array.
        unseen : {'raise', 'missing'}
            What to do with a level that the fit never saw.

        Returns
        -------
        pandas.Series
            Missing where the input is missing, labelled as the table's rows. Where a factor is absorbed, rows of the
            fit in a level without variation took no part and are missing; given as ``data``, they get the limit, 0 or
            1.
        """
        found: pd.Series = predicted(
            self.record, Rows(self.record, self.design, data, offset=offset, unseen=unseen).to_predict, "probability"
        )
        return found

    def predict_logit(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> pd.Series:
        """Return the linear predictor, the logit of the probability, one value a row.

        Parameters
        ----------
        data : table, optional
            New rows; those of the fit by default.
        offset : str or array-like, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.

        Returns
        -------
        pandas.Series
            Missing where the input is missing.
        """
        found: pd.Series = predicted(
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
        offset : str or array-like, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.

        Returns
        -------
        pandas.DataFrame
            estimate, std_error, conf_low, conf_high, logit, logit_std_error; a row a row of the table. Where a factor
            is absorbed, the intercept of the row's level was estimated too, and the errors say so.
        """
        return predicted_with_errors(
            self.record, Rows(self.record, self.design, data, offset=offset, unseen=unseen).to_predict, level
        )

    @property
    def plot(self) -> FitPlots:
        """Figures of the fit: forest, coefficients, effects, roc, calibration, residuals."""
        from logitkit.results.figures import FitPlots

        return FitPlots(self)

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
            Rows for diagnostics; those of the fit by default.
        title : str, optional
            Title of the page.
        weights, offset, y : str or array-like, optional
            Demanded with ``data`` when the fit was given arrays: the outcome y of new rows after a fit of a matrix.
        units : mapping of str to float, optional
            Change in a column, by coefficient name, that its row is for: ``{"balance": 10_000}``. The label says so.
        source : str, optional
            Where the rows came from, such as the name of a file, which the page then says beside their number.

        Returns
        -------
        Path
            Where it was written.
        """
        from logitkit.report.page import report_document, write_page
        from logitkit.writing import writable_path

        target = writable_path(path, "report")
        require_text("title", title)
        require_text("source", source)
        rows = Rows(self.record, self.design, data, weights, offset, y).design
        return write_page(target, report_document(self.record, rows, (), title, units, source))

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
