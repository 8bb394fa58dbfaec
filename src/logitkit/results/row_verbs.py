"""The verbs of a fit that look at rows: those of the fit, or those of a table or a matrix.

What belongs to other rows, such as weights and the outcome of a matrix, is said once by ``fit.on(data, ...)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pandas as pd

from logitkit.results.figures import FitPlots
from logitkit.results.hypotheses import Hypotheses
from logitkit.results.on_rows import FitOnRows
from logitkit.results.row_figures import RowPlots
from logitkit.results.rows import Rows
from logitkit.typing import ResidualKind, UnseenPolicy

if TYPE_CHECKING:
    from logitkit.diagnostics.calibration import Calibration
    from logitkit.diagnostics.classification import Classification
    from logitkit.diagnostics.discrimination import Discrimination
    from logitkit.diagnostics.goodness import HosmerLemeshow
    from logitkit.inference.penalised.dual_bound import Certificate

__all__ = ["RowVerbs"]


class RowVerbs(Hypotheses):
    """A fit with verbs that predict rows and that look at residuals, influence, fit, ranking and calibration.

    Parameters
    ----------
    record : FitRecord
        Everything that is known after the fit.
    design : Design, optional
        The rows of the fit.
    """

    #: Its figures, of which a family may have more.
    _figures: ClassVar[type[FitPlots]] = FitPlots
    _row_figures: ClassVar[type[RowPlots]] = RowPlots
    #: How other rows are given with what belongs to them, for who gives it to a verb.
    _other_rows: ClassVar[str] = "fit.on(data, {word}=...).{verb}()"

    def on(
        self, data: Any, weights: Any = None, offset: Any = None, y: Any = None, unseen: UnseenPolicy = "raise"
    ) -> FitOnRows:
        """Return the fit on other rows, with every verb that looks at rows.

        Parameters
        ----------
        data : table or matrix
            Other rows, with their outcome where a verb needs it.
        weights, offset : str, array-like or, of several outcomes, offset by outcome, optional
            Of these rows: demanded where the fit was given arrays, else the columns that the fit named.
        y : array-like, optional
            Their outcome, after a fit of a matrix.
        unseen : {'raise', 'missing'}
            What to do with rows that the fit says nothing of, such as those with a level that it never saw: refuse
            them, or leave their predictions missing, and them out, counted, where their outcome is looked at.

        Returns
        -------
        FitOnRows
            With the verbs predict, predict_logit, predict_link, predictions, effects, augment, residuals, influence,
            outcome_influence, goodness_of_fit, discrimination, classification, calibration, certificate and report, and
            with figures.
        """
        return FitOnRows(Rows(self.record, self.design, data, weights, offset, y, unseen), self._row_figures)

    # Predictions.

    def predict(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> Any:
        """Return the probability of the event, or of each of several outcomes.

        Parameters
        ----------
        data : table, optional
            New rows; those of the fit by default.
        offset : str or array-like, or of several outcomes by outcome, optional
            Demanded when the fit was given an array.
        unseen : {'raise', 'missing'}
            What to do with a level that the fit never saw.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            One row per row of the table; missing where the input is missing. One column per outcome of several. Where a
            factor is absorbed, rows of the fit in a level without variation took no part and are missing; given as
            ``data``, they get the limit, 0 or 1.
        """
        return self.on(data, offset=offset, unseen=unseen).predict()

    def predict_logit(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> Any:
        """Return the log odds of the event; of several outcomes log-probabilities less that of the reference.

        Parameters
        ----------
        data : table, optional
            New rows; those of the fit by default.
        offset : str or array-like, or of several outcomes by outcome, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            As from ``predict``. In symmetric form log-probabilities less their mean over the outcomes.
        """
        return self.on(data, offset=offset, unseen=unseen).predict_logit()

    def predict_link(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> Any:
        """Return the linear predictor, or each of several; of the logit it is what ``predict_logit`` returns.

        Parameters
        ----------
        data : table, optional
            New rows; those of the fit by default.
        offset : str or array-like, or of several outcomes by outcome, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            As from ``predict``; one column per linear predictor of several.
        """
        return self.on(data, offset=offset, unseen=unseen).predict_link()

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
        offset : str or array-like, or of several outcomes by outcome, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.

        Returns
        -------
        pandas.DataFrame
            estimate, std_error, conf_low, conf_high, of an event also logit and logit_std_error; one row per row of the
            table, and of several outcomes per outcome. Where a factor is absorbed, the intercept of the row's level was
            estimated too, and the errors say so.
        """
        return self.on(data, offset=offset, unseen=unseen).predictions(level)

    def effects(
        self, variable: str, data: Any = None, values: Sequence[Any] | None = None, level: float | None = None
    ) -> pd.DataFrame:
        """Return average predictions: mean probabilities over rows, with a variable set to values.

        Parameters
        ----------
        variable : str
            A column that the formula uses.
        data : table, optional
            Rows to average over; those of the fit by default, as long as its table is there and is what it was.
        values : sequence, optional
            What the variable is set to. Default: each level, or a grid from the least to the largest number.
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        pandas.DataFrame
            estimate, std_error, conf_low, conf_high, one row per value, and of several outcomes per outcome.
        """
        return self.on(data).effects(variable, values, level)

    def augment(self, data: Any = None) -> pd.DataFrame:
        """Return one row per observation: its outcome, what was fitted, and what is left.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default. Rows with missing values are left out.

        Returns
        -------
        pandas.DataFrame
            Labelled as the table's rows. Of an event y, fitted, std_error, logit, residuals and influence; of several
            outcomes observed, predicted, then ``fitted:a`` and ``residual:a`` for each outcome a.
        """
        return self.on(data).augment()

    # Diagnostics.

    def residuals(self, kind: ResidualKind = "deviance", data: Any = None) -> Any:
        """Return residuals of one kind, of each of several outcomes against the others.

        Parameters
        ----------
        kind : {'deviance', 'pearson', 'response', 'working'}
            As R defines them; of several outcomes, working residuals are on the scale of the log odds of each outcome.
            With frequency weights, those of each copy of a row, as if the rows were written out.
        data : table, optional
            Rows with an outcome; those of the fit by default.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            One row per row that is used; one column per outcome of several.
        """
        return self.on(data).residuals(kind)

    def influence(self, data: Any = None) -> pd.DataFrame:
        """Return leverage, Cook's distance and what else tells how far each row pulls.

        With frequency weights, of each copy of a row, as if the rows were written out.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, for a fit that was loaded; those of the fit by default.

        Returns
        -------
        pandas.DataFrame
            leverage and cooks_distance, one row per row that is used; of an event also standardized_pearson and
            standardized_deviance, of several outcomes pearson, deviance and pearson_deleted, by about which Pearson's
            statistic falls without the row.
        """
        return self.on(data).influence()

    def outcome_influence(self, data: Any = None) -> pd.DataFrame:
        """Return leverage and standardised residuals of each outcome against the others.

        Parameters
        ----------
        data : table, optional
            As in ``influence``.

        Returns
        -------
        pandas.DataFrame
            leverage, standardized_pearson, standardized_deviance, one row per row that is used and outcome.
        """
        return self.on(data).outcome_influence()

    def goodness_of_fit(
        self,
        data: Any = None,
        groups: int = 10,
        grouping: Literal["stata", "r"] = "stata",
        against: Any = None,
    ) -> HosmerLemeshow:
        """Return the Hosmer-Lemeshow test with its groups, generalised for several outcomes.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        groups : int, default 10
            Number of groups.
        grouping : {'stata', 'r'}
            How rows are put into groups; the two can differ visibly.
        against : object, optional
            The outcome whose probability makes the groups; the reference by default, the first outcome in symmetric
            form.

        Returns
        -------
        HosmerLemeshow
            Statistic, degrees of freedom, p-value, and the table. Refused on the rows of a saturated model.
        """
        return self.on(data).goodness_of_fit(groups, grouping, against)

    def discrimination(self, data: Any = None) -> Discrimination:
        """Return the ROC curve of the event, or of each of several outcomes, with areas.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.

        Returns
        -------
        Discrimination
            Area with interval, and the curve. The interval is DeLong's, of an area of 1 or 0 an exact one. Of several
            outcomes Hand and Till's area, those pair by pair and of each outcome against the rest.
        """
        return self.on(data).discrimination()

    def classification(self, data: Any = None, threshold: float | None = None) -> Classification:
        """Return the confusion table of predicted outcomes, with what is read from it.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        threshold : float, optional
            Probability from which an event is predicted, 0.5 by default. Of several outcomes the most probable is
            predicted.

        Returns
        -------
        Classification
            The table; accuracy with interval, precision and recall of each outcome (of an event sensitivity,
            specificity and predictive values); agreement beyond chance; log loss and Brier score.
        """
        return self.on(data).classification(threshold)

    def calibration(self, data: Any = None, bins: int = 10, against: Any = None) -> Calibration:
        """Return predicted against observed rates.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        bins : int, default 10
            Number of bins.
        against : object, optional
            The outcome that intercepts and slopes compare the others with; the reference by default, the first outcome
            in symmetric form.

        Returns
        -------
        Calibration
            Bins with intervals, calibration intercepts and slopes, calibration error, Brier score and log loss.
        """
        return self.on(data).calibration(bins, against)

    def certificate(self, data: Any = None) -> Certificate:
        """Return how far the penalised objective is above its minimum at most, proved apart from the solver.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, for a fit that was loaded; those of the fit by default. Other rows have another
            objective, and the certificate says that they are others.

        Returns
        -------
        Certificate
            Objective, lower bound, duality gap and the distance from the conditions of optimality.
        """
        return self.on(data).certificate()
