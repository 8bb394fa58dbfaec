"""What the user holds after a fit: the record, a reference to its rows, and verbs of one line each."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from logitkit.design.build import NewRows, new_rows, rebuild_design
from logitkit.design.checks import require_finite
from logitkit.design.dense import Dense
from logitkit.design.design import Design
from logitkit.design.frame import is_missing
from logitkit.design.ready import as_matrix
from logitkit.diagnostics.calibration import Calibration, calibration
from logitkit.diagnostics.collinearity import collinearity
from logitkit.diagnostics.discrimination import Discrimination, discrimination
from logitkit.diagnostics.goodness import HosmerLemeshow, hosmer_lemeshow
from logitkit.diagnostics.influence import influence
from logitkit.diagnostics.residuals import residuals
from logitkit.errors import DataError, DataWarning
from logitkit.fit import FitRecord, Limit
from logitkit.inference.fit_statistics import fit_statistics
from logitkit.inference.likelihood_ratio import LikelihoodRatioTest, null_test
from logitkit.inference.odds_ratios import odds_ratios
from logitkit.inference.prediction import linear_predictor, predictions
from logitkit.inference.wald import WaldTest, wald_test
from logitkit.report import tidy
from logitkit.report.document import Document
from logitkit.report.summary import summary_document
from logitkit.saved import load_record, save_record
from logitkit.typing import FloatArray, ResidualKind, UnseenPolicy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Fit", "FitPlots", "load"]


class Fit:
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

    def __init__(self, record: FitRecord, design: Design | None = None) -> None:
        self.record = record
        self.design = design

    # What was estimated.

    @property
    def coef(self) -> pd.Series:
        """Coefficients by name; infinite under separation, nan where aliased or undetermined."""
        return self._named(self.record.coef, "coef")

    @property
    def std_error(self) -> pd.Series:
        """Standard errors by name; nan where there is none."""
        return self._named(self.record.std_error, "std_error")

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance of the coefficients, labelled; nan where there is none."""
        return pd.DataFrame(self.record.vcov, self.record.names, self.record.names)

    @property
    def formula(self) -> str | None:
        """The formula, or None for a ready matrix."""
        return self.record.info.formula

    @property
    def loglik(self) -> float:
        """Log-likelihood with the binomial constant; nan with sampling weights or clusters."""
        return self.record.loglik if self.record.has_likelihood else float("nan")

    @property
    def deviance(self) -> float:
        """Twice the log-likelihood below the saturated model's; nan with sampling weights or clusters."""
        return self.record.deviance if self.record.has_likelihood else float("nan")

    @property
    def null_deviance(self) -> float:
        """Deviance of the model with intercept and offset only; nan with sampling weights or clusters."""
        return self.record.null_deviance if self.record.has_likelihood else float("nan")

    @property
    def aic(self) -> float:
        """Akaike's information criterion; nan with sampling weights or clusters."""
        return fit_statistics(self.record).aic

    @property
    def bic(self) -> float:
        """Bayesian information criterion, with n = ``n_obs``; nan with sampling weights or clusters."""
        return fit_statistics(self.record).bic

    @property
    def n_obs(self) -> int:
        """Rows of positive weight, or the sum of frequency weights."""
        return self.record.n_obs

    @property
    def n_params(self) -> int:
        """Rank of the design."""
        return self.record.n_params

    @property
    def dof_residual(self) -> int:
        """Observations less parameters."""
        return self.record.dof_residual

    @property
    def converged(self) -> bool:
        """Whether the solver reached its tolerance; under separation, for the limiting model."""
        return self.record.converged

    @property
    def status(self) -> str:
        """How the solver ended, in words."""
        return self.record.status.value

    @property
    def aliased(self) -> tuple[str, ...]:
        """Names of the columns that were dropped because earlier ones determine them."""
        return tuple(self.record.names[j] for j in self.record.aliased)

    @property
    def separation(self) -> Limit | None:
        """What is known of the separation, with its certificate; None when the estimate exists."""
        return self.record.limit

    @property
    def r_squared(self) -> pd.Series:
        """McFadden, Cox-Snell, Nagelkerke and Tjur coefficients of determination."""
        return tidy.r_squared_series(fit_statistics(self.record, self.design))

    @property
    def trace(self) -> pd.DataFrame:
        """The solver's iterations: objective, Newton decrement and step length."""
        return pd.DataFrame(self.record.trace)

    # Tables.

    def summary(self) -> Document:
        """Return the summary, which shows itself as text or HTML and renders as Markdown or LaTeX.

        Returns
        -------
        Document
            Facts, the coefficient table with odds ratios, notes and warnings.
        """
        return summary_document(self.record, self.design)

    def tidy(self, level: float | None = None) -> pd.DataFrame:
        """Return a row a coefficient.

        Parameters
        ----------
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        pandas.DataFrame
            term, estimate, std_error, statistic, p_value, conf_low, conf_high.
        """
        return tidy.tidy_frame(self.record, level)

    def glance(self) -> pd.DataFrame:
        """Return one row with the statistics of the whole fit.

        Returns
        -------
        pandas.DataFrame
            Sizes, likelihoods, information criteria, coefficients of determination, status.
        """
        return tidy.glance_frame(self.record, self.design)

    def augment(self, data: Any = None) -> pd.DataFrame:
        """Return a row an observation, with fitted values, residuals and influence.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default. Rows with missing values are left out.

        Returns
        -------
        pandas.DataFrame
            Labelled as the table's rows.
        """
        return tidy.augment_frame(self.record, self._rows(data))

    def odds_ratios(
        self, units: Mapping[str, float] | None = None, level: float | None = None
    ) -> pd.DataFrame:
        """Return odds ratios with intervals.

        Parameters
        ----------
        units : mapping of str to float, optional
            Change in a column, by coefficient name: ``{"age": 10}`` gives the ratio for ten years.
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        pandas.DataFrame
            A row a coefficient but the intercept.
        """
        return tidy.odds_ratio_frame(odds_ratios(self.record, units, level))

    def confint(self, method: str = "wald", level: float | None = None) -> pd.DataFrame:
        """Return confidence intervals of the coefficients.

        Parameters
        ----------
        method : {'wald'}
            How they are made.
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        pandas.DataFrame
            conf_low and conf_high, a row a coefficient.
        """
        return tidy.confint_frame(self.record, method, level)

    def collinearity(self) -> pd.DataFrame:
        """Return variance inflation factors, generalised for terms of several columns.

        Returns
        -------
        pandas.DataFrame
            A row a term.
        """
        return tidy.collinearity_frame(collinearity(self.record))

    # Tests.

    def test(self, hypothesis: str, level: float | None = None) -> WaldTest:
        """Test linear hypotheses about the coefficients.

        Parameters
        ----------
        hypothesis : str
            Such as ``"x = 0, C(g)[T.b] = C(g)[T.c]"``.
        level : float, optional
            Confidence level of the intervals.

        Returns
        -------
        WaldTest
            Chi-square test that all hold, and each with its estimate.
        """
        return wald_test(self.record, hypothesis, level)

    def lr_test(self) -> LikelihoodRatioTest:
        """Test all coefficients but the intercept by likelihood ratio.

        Returns
        -------
        LikelihoodRatioTest
            Against the model with intercept and offset only.
        """
        return null_test(self.record)

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
            Missing where the input is missing, labelled as the table's rows.
        """
        return self._predict(data, offset, unseen, "probability")

    def predict_logit(
        self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise"
    ) -> pd.Series:
        """Return the linear predictor, the logit of the probability, one value a row.

        Parameters
        ----------
        data, offset, unseen
            As in ``predict``.

        Returns
        -------
        pandas.Series
            Missing where the input is missing.
        """
        return self._predict(data, offset, unseen, "logit")

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
        offset, unseen
            As in ``predict``.

        Returns
        -------
        pandas.DataFrame
            estimate, std_error, conf_low, conf_high, logit, logit_std_error; a row a row of the table.
        """
        rows = _new_rows(self, data, offset, unseen)
        return tidy.predictions_frame(
            predictions(self.record, rows.matrix, rows.offset, level), rows.kept, rows.index
        )

    # Diagnostics.

    def residuals(self, kind: ResidualKind = "deviance", data: Any = None) -> pd.Series:
        """Return residuals of one kind.

        Parameters
        ----------
        kind : {'deviance', 'pearson', 'response', 'working'}
            As R defines them.
        data : table, optional
            Rows with an outcome; those of the fit by default.

        Returns
        -------
        pandas.Series
            One value a row that is used.
        """
        design = self._rows(data)
        return pd.Series(residuals(self.record, design, kind), tidy.row_labels(design), name=kind)

    def influence(self, data: Any = None) -> pd.DataFrame:
        """Return leverage, Cook's distance and standardised residuals.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.

        Returns
        -------
        pandas.DataFrame
            A row a row that is used.
        """
        design = self._rows(data)
        return tidy.influence_frame(influence(self.record, design), design)

    def goodness_of_fit(self, data: Any = None, groups: int = 10, grouping: Literal["stata", "r"] = "stata") -> HosmerLemeshow:
        """Return the Hosmer-Lemeshow test with its groups.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        groups : int, default 10
            Number of groups.
        grouping : {'stata', 'r'}
            How rows are put into groups; the two can differ visibly.

        Returns
        -------
        HosmerLemeshow
            Statistic, degrees of freedom, p-value, and the table.
        """
        return hosmer_lemeshow(self.record, self._rows(data), groups=groups, grouping=grouping)

    def discrimination(self, data: Any = None) -> Discrimination:
        """Return the ROC curve and the area under it.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.

        Returns
        -------
        Discrimination
            Area with interval, and the curve.
        """
        return discrimination(self.record, self._rows(data))

    def calibration(self, data: Any = None, bins: int = 10) -> Calibration:
        """Return predicted against observed rates.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        bins : int, default 10
            Number of bins.

        Returns
        -------
        Calibration
            Bins with intervals, calibration intercept and slope, Brier score.
        """
        return calibration(self.record, self._rows(data), bins=bins)

    @property
    def plot(self) -> FitPlots:
        """Figures of the fit: forest, roc, calibration, residuals."""
        return FitPlots(self)

    # Output.

    def report(self, path: str | Path, data: Any = None, title: str | None = None) -> Path:
        """Write one self-contained HTML page with tables and figures.

        Parameters
        ----------
        path : str or Path
            File to write.
        data : table, optional
            Rows for diagnostics; those of the fit by default.
        title : str, optional
            Title of the page.

        Returns
        -------
        Path
            Where it was written.
        """
        return _write_report(self, Path(path), data, title)

    def save(self, path: str | Path) -> Path:
        """Write the fit as plain versioned JSON, without any row of the data.

        Parameters
        ----------
        path : str or Path
            File to write.

        Returns
        -------
        Path
            Where it was written.
        """
        return save_record(self.record, Path(path))

    def __repr__(self) -> str:
        """Return the summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()

    def __getstate__(self) -> dict[str, Any]:
        """Leave the rows behind when pickled."""
        return {"record": self.record, "design": None}

    def _named(self, values: FloatArray, name: str) -> pd.Series:
        return pd.Series(values.copy(), self.record.names, name=name)

    def _rows(self, data: Any) -> Design:
        return _rows_of(self, data)

    def _predict(self, data: Any, offset: Any, unseen: UnseenPolicy, scale: str) -> pd.Series:
        return _predict_rows(self.record, _new_rows(self, data, offset, unseen), scale)


class FitPlots:
    """Figures of a fit; each returns matplotlib Axes.

    Parameters
    ----------
    fit : Fit
        The fit.
    """

    def __init__(self, fit: Fit) -> None:
        self._fit = fit

    def forest(self, ax: Axes | None = None, units: Mapping[str, float] | None = None) -> Axes:
        """Draw odds ratios with their intervals.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw.
        units : mapping, optional
            As in ``Fit.odds_ratios``.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.forest import plot_forest

        return plot_forest(odds_ratios(self._fit.record, units), ax)

    def roc(self, data: Any = None, ax: Axes | None = None) -> Axes:
        """Draw the ROC curve.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.roc import plot_roc

        return plot_roc(self._fit.discrimination(data), ax)

    def calibration(self, data: Any = None, ax: Axes | None = None, bins: int = 10) -> Axes:
        """Draw observed against predicted rates.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        bins : int, default 10
            Number of bins.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.calibration import plot_calibration

        return plot_calibration(self._fit.calibration(data, bins), ax)

    def residuals(self, data: Any = None, ax: Axes | None = None) -> Axes:
        """Draw residuals against leverage.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.residuals import plot_residuals

        return plot_residuals(influence(self._fit.record, _rows_of(self._fit, data)), ax)


def load(path: str | Path, functions: Mapping[str, Any] | None = None) -> Fit:
    """Load a fit that was saved.

    Parameters
    ----------
    path : str or Path
        File that ``Fit.save`` wrote.
    functions : mapping of str to object, optional
        The caller's own functions that the formula uses, by name; numpy's need not be given.

    Returns
    -------
    Fit
        Without rows: verbs that need rows take ``data=``.

    Raises
    ------
    DataError
        If the file is no saved fit, or is of a version that is not known.
    FormulaError
        If the formula uses functions that are not given, naming them.

    Examples
    --------
    >>> import tempfile, os
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> path = fit.save(os.path.join(tempfile.mkdtemp(), "model.json"))
    >>> bool((lk.load(path).coef == fit.coef).all())
    True
    """
    return Fit(load_record(Path(path), functions or {}))


def _rows_of(fit: Fit, data: Any) -> Design:
    """Return the rows of the fit, or those of a table with an outcome."""
    if data is not None:
        if fit.record.info.coding is None:
            raise DataError("The model was fitted on a ready matrix; this verb then works on the rows of the fit only.")
        return rebuild_design(fit.record.info, data)
    if fit.design is None:
        raise DataError("A loaded model holds no rows: pass data=..., with the outcome.")
    return fit.design


def _new_rows(fit: Fit, data: Any, offset: Any, unseen: UnseenPolicy) -> NewRows:
    """Return rows to predict for: the fit's own, a table's, or a matrix's."""
    info = fit.record.info
    if data is None:
        if offset is not None:
            raise DataError("offset was given without data; the rows of the fit have their own.")
        design = _rows_of(fit, None)
        if design.index is None:
            index = pd.RangeIndex(design.counts.given)
        else:
            index = design.index
        kept = np.zeros(design.counts.given, dtype=bool)
        kept[design.positions] = True
        return NewRows(design.matrix, design.response.offset, kept, 0, index)
    if info.coding is not None:
        rows = new_rows(info, data, offset=offset, unseen=unseen)
    else:
        rows = _matrix_rows(fit, data, offset)
    if not np.isfinite(rows.matrix.array.sum()):
        require_finite(rows.matrix, info.names, np.flatnonzero(rows.kept))
    return rows


def _matrix_rows(fit: Fit, X: Any, offset: Any) -> NewRows:
    info = fit.record.info
    array, _, index = as_matrix(X, info.names)
    if (offset is not None) != (info.response.offset is not None):
        raise DataError(
            "The model was fitted with an offset, which new rows need too: pass offset=..., one value a row."
            if offset is None
            else "offset was given, but the model was fitted without one."
        )
    kept = ~is_missing(array).any(axis=1)
    shift = None
    if offset is not None:
        shift = np.asarray(offset, dtype=np.float64)
        if shift.shape != (len(array),):
            raise DataError(f"offset has shape {shift.shape} and X has {len(array)} rows; they must agree.")
        kept &= ~np.isnan(shift)
        shift = shift[kept]
    return NewRows(Dense(array if kept.all() else array[kept]), shift, kept, 0, index)


def _predict_rows(record: FitRecord, rows: NewRows, scale: str) -> pd.Series:
    """Return predictions of rows, missing where the rows were not kept or the limit is undetermined."""
    eta = linear_predictor(record, rows.matrix, rows.offset)
    undetermined = int(np.isnan(eta).sum())
    if undetermined:
        warnings.warn(
            f"{undetermined} predictions are missing: the data of the fit were separated, and the limit there is "
            "undetermined.",
            DataWarning,
            stacklevel=4,
        )
    values = record.family.mean(eta) if scale == "probability" else eta
    return pd.Series(tidy.scatter(values, rows.kept), rows.index, name=scale)


def _write_report(fit: Fit, path: Path, data: Any, title: str | None) -> Path:
    from logitkit.report.html import render_page
    from logitkit.report.page import report_document

    page = render_page(report_document(fit.record, _rows_of(fit, data), title))
    path.write_text(page, encoding="utf-8")
    return path


