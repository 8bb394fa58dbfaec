"""A fit on rows of the caller's choice: every verb that looks at rows, written once for all models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from logitkit.models.nominal import places_of
from logitkit.options import require_text
from logitkit.report import diagnostic_frames as frames
from logitkit.report import row_frames
from logitkit.results.foreign import meant_by, verbs_in_our_words
from logitkit.results.predicted import predicted, predicted_with_errors
from logitkit.results.rows import Rows
from logitkit.results.shown import shown
from logitkit.typing import ResidualKind

if TYPE_CHECKING:
    from logitkit.diagnostics.calibration import Calibration
    from logitkit.diagnostics.classification import Classification
    from logitkit.diagnostics.discrimination import Discrimination
    from logitkit.diagnostics.goodness import HosmerLemeshow
    from logitkit.inference.penalised.dual_bound import Certificate
    from logitkit.results.row_figures import RowPlots

__all__ = ["FitOnRows"]


@verbs_in_our_words
class FitOnRows:
    """The verbs of a fit that look at rows, on rows of the caller's choice.

    Parameters
    ----------
    rows : Rows
        The fit, and the rows as they were asked for.
    figures : type
        The figures of such a fit.

    Examples
    --------
    What belongs to the rows is said once:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw().assign(Intercept=1.0)
    >>> old, new, names = births.iloc[::3], births.iloc[1::3], ["Intercept", "lwt", "smoke", "ht"]
    >>> fit = lk.logit_matrix(old[names], old["low"])
    >>> others = fit.on(new[names], y=new["low"])
    >>> round(others.calibration().brier, 3), round(others.discrimination().auc, 3)
    (0.202, 0.704)
    """

    def __init__(self, rows: Rows, figures: type[RowPlots]) -> None:
        self._rows, self._record, self._figures = rows, rows.record, figures

    # Predictions.

    def predict(self) -> Any:
        """Return the probability of the event, or of each of several outcomes.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            One row per row of the table; missing where the input is missing. One column per outcome of several.
        """
        return predicted(self._record, self._rows.to_predict, "probability")

    def predict_logit(self) -> Any:
        """Return the log odds of the event; of several outcomes log-probabilities less that of the reference.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            As from ``predict``.
        """
        return predicted(self._record, self._rows.to_predict, "logit")

    def predict_link(self) -> Any:
        """Return the linear predictor, or each of several.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            As from ``predict``; one column per linear predictor of several.
        """
        return predicted(self._record, self._rows.to_predict, "link")

    def predictions(self, level: float | None = None) -> pd.DataFrame:
        """Return probabilities with standard errors and intervals that stay within (0, 1).

        Parameters
        ----------
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        pandas.DataFrame
            estimate, std_error, conf_low, conf_high, of an event also logit and logit_std_error; one row per row of the
            table, and of several outcomes per outcome.
        """
        return predicted_with_errors(self._record, self._rows.to_predict, level)

    def effects(self, variable: str, values: Sequence[Any] | None = None, level: float | None = None) -> pd.DataFrame:
        """Return average predictions: mean probabilities over the rows, with a variable set to values.

        Parameters
        ----------
        variable : str
            A column that the formula uses.
        values : sequence, optional
            What the variable is set to. Default: each level, or a grid from the least to the largest number.
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        pandas.DataFrame
            estimate, std_error, conf_low, conf_high, one row per value, and of several outcomes per outcome.
        """
        from logitkit.results.effects import effects_of

        return row_frames.effects_frame(effects_of(self._rows, variable, values, level), self._record)

    def augment(self) -> pd.DataFrame:
        """Return one row per observation: its outcome, what was fitted, and what is left.

        Returns
        -------
        pandas.DataFrame
            Labelled as the table's rows; those with missing values are left out.
        """
        return row_frames.augment_frame(self._record, self._rows.told())

    # Diagnostics.

    def residuals(self, kind: ResidualKind = "deviance") -> Any:
        """Return residuals of one kind, of each of several outcomes against the others.

        Parameters
        ----------
        kind : {'deviance', 'pearson', 'response', 'working'}
            As R defines them.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            One row per row that is used; one column per outcome of several.
        """
        from logitkit.diagnostics.residuals import residuals

        design = self._rows.told()
        return frames.residuals_frame(self._record, residuals(self._record, design, kind), design, kind)

    def influence(self) -> pd.DataFrame:
        """Return leverage, Cook's distance and what else tells how far each row pulls.

        Returns
        -------
        pandas.DataFrame
            One row per row of the fit that is used.
        """
        from logitkit.diagnostics.influence import influence

        design = self._rows.told()
        return frames.influence_frame(influence(self._record, design), design)

    def outcome_influence(self) -> pd.DataFrame:
        """Return leverage and standardised residuals of each outcome against the others.

        Returns
        -------
        pandas.DataFrame
            leverage, standardized_pearson, standardized_deviance, one row per row that is used and outcome.
        """
        from logitkit.diagnostics.influence import influence

        design = self._rows.told()
        return frames.influence_by_outcome_frame(influence(self._record, design), design)

    def goodness_of_fit(
        self, groups: int = 10, grouping: Literal["stata", "r"] = "stata", against: Any = None
    ) -> HosmerLemeshow:
        """Return the Hosmer-Lemeshow test with its groups, generalised for several outcomes.

        Parameters
        ----------
        groups : int, default 10
            Number of groups.
        grouping : {'stata', 'r'}
            How rows are put into groups; the two can differ visibly.
        against : object, optional
            The outcome whose probability makes the groups; the reference by default.

        Returns
        -------
        HosmerLemeshow
            Statistic, degrees of freedom, p-value, and the table.
        """
        from logitkit.diagnostics.goodness import hosmer_lemeshow

        (place,) = places_of(self._record.info, against=against)
        design = self._rows.design
        return shown(hosmer_lemeshow(self._record, design, groups=groups, grouping=grouping, reference=place))

    def discrimination(self) -> Discrimination:
        """Return the ROC curve of the event, or of each of several outcomes, with areas.

        Returns
        -------
        Discrimination
            Areas with intervals, and the curves.
        """
        from logitkit.diagnostics.discrimination import discrimination

        return shown(discrimination(self._record, self._rows.design))

    def classification(self, threshold: float | None = None) -> Classification:
        """Return the confusion table of predicted outcomes, with what is read from it.

        Parameters
        ----------
        threshold : float, optional
            Probability from which an event is predicted, 0.5 by default. Of several outcomes the most probable is
            predicted.

        Returns
        -------
        Classification
            The table and its measures.
        """
        from logitkit.diagnostics.classification import classification

        return shown(classification(self._record, self._rows.design, threshold=threshold))

    def calibration(self, bins: int = 10, against: Any = None) -> Calibration:
        """Return predicted against observed rates.

        Parameters
        ----------
        bins : int, default 10
            Number of bins.
        against : object, optional
            The outcome that intercepts and slopes compare the others with; the reference by default.

        Returns
        -------
        Calibration
            Bins with intervals, calibration intercepts and slopes, Brier score.
        """
        from logitkit.diagnostics.calibration import calibration

        (place,) = places_of(self._record.info, against=against)
        return shown(calibration(self._record, self._rows.design, bins=bins, reference=place))

    def certificate(self) -> Certificate:
        """Return how far the penalised objective is above its minimum at most, proved apart from the solver.

        Returns
        -------
        Certificate
            Objective, lower bound, duality gap and the distance from the conditions of optimality. Other rows than
            those of the fit have another objective, and the certificate says that they are others.
        """
        from logitkit.inference.penalised.certificate import certificate

        return shown(certificate(self._record, self._rows.design))

    # Output.

    @property
    def plot(self) -> RowPlots:
        """Figures of the rows: effects, roc, calibration, residuals."""
        return self._figures(self._rows)

    def report(
        self,
        path: str | Path,
        title: str | None = None,
        units: Mapping[str, float] | None = None,
        source: str | None = None,
    ) -> Path:
        """Write one self-contained HTML page with tables and figures, in sentences that need no Python.

        Parameters
        ----------
        path : str or Path
            File to write, whose name ends in .html; an old one is replaced whole, or stays where writing fails.
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
        from logitkit.report.page import report_document, write_page
        from logitkit.results.effects import effects_of_all
        from logitkit.writing import writable_path

        target = writable_path(path, "report")
        require_text("title", title)
        require_text("source", source)
        record, design = self._record, self._rows.design
        effects = effects_of_all(self._rows)
        return write_page(target, report_document(record, design, effects, title, units, source))

    def __getattr__(self, name: str) -> Any:
        """Say which verbs there are."""
        raise AttributeError(meant_by(name, type(self)))

    def __repr__(self) -> str:
        """Return the verbs."""
        verbs = [name for name in dir(type(self)) if not name.startswith("_")]
        return f"A fit on rows of the caller's choice: {', '.join(verbs)}"
