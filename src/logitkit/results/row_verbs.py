"""The verbs of a fit that use rows: the rows of the fit by default, or those of a table or matrix.

Weights, offsets and outcomes of other rows are given once, to ``fit.on(data, ...)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pandas as pd

from logitkit.results.figures import FitPlots
from logitkit.results.hypotheses import Hypotheses
from logitkit.results.on_rows import FitOnRows
from logitkit.results.row_figures import RowPlots
from logitkit.results.rows import Rows
from logitkit.typing import ResidualKind, UnseenPolicy

if TYPE_CHECKING:
    from logitkit.diagnostics.calibration.curve import Calibration
    from logitkit.diagnostics.discrimination.classification import Classification
    from logitkit.diagnostics.discrimination.curves import Discrimination
    from logitkit.diagnostics.fit.hosmer_lemeshow import HosmerLemeshow
    from logitkit.inference.intervals.asked import IntervalMethod
    from logitkit.inference.penalised.dual_bound import Certificate
    from logitkit.results.written_predictions import PredictedColumn

__all__ = ["RowVerbs"]


class RowVerbs(Hypotheses):
    """A fit with the verbs that use rows: predictions, residuals, influence, goodness of fit and calibration.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    """

    #: The figures of such a fit; a family may add its own.
    _figures: ClassVar[type[FitPlots]] = FitPlots
    _row_figures: ClassVar[type[RowPlots]] = RowPlots
    #: The call named by the message when an argument that belongs to other rows is given to a verb.
    _other_rows: ClassVar[str] = "fit.on(data, {word}=...).{verb}()"

    def on(
        self, data: Any, weights: Any = None, offset: Any = None, y: Any = None, unseen: UnseenPolicy = "raise"
    ) -> FitOnRows:
        """Return the fit on other rows, with every verb that uses rows.

        Parameters
        ----------
        data : table or matrix
            Other rows, with their outcome for the verbs that compare it with the fit.
        weights, offset : str, array-like or, with several outcomes, offset by outcome, optional
            Of these rows. Required if the fit was given arrays; otherwise the columns named at the fit are used.
        y : array-like, optional
            Outcome of these rows, for a fit to a matrix.
        unseen : {'raise', 'missing'}
            Treatment of rows that the fit cannot predict, such as those with a level that it never saw: an error, or
            missing predictions; the latter rows are counted and left out of comparisons with the outcome.

        Returns
        -------
        FitOnRows
            Has the verbs predict, predict_logit, predict_link, predictions, effects, contrast, average_predictions,
            means, augment, residuals, influence, outcome_influence, goodness_of_fit, discrimination, classification,
            calibration, certificate and report, and the figures.
        """
        return FitOnRows(Rows(self.record, self.design, data, weights, offset, y, unseen), self._row_figures)

    # Predictions.

    def predict(
        self,
        data: Any = None,
        offset: Any = None,
        unseen: UnseenPolicy = "raise",
        *,
        to: str | Path | None = None,
        columns: PredictedColumn | Sequence[PredictedColumn] = "probability",
        keys: str | Sequence[str] = (),
        level: float | None = None,
    ) -> Any:
        """Return the predicted probability of the event, or of each of several outcomes, or write what is asked for.

        Parameters
        ----------
        data : table, path of files or other source, optional
            New rows; the rows of the fit by default.
        offset : str or array-like, or with several outcomes offset by outcome, optional
            Offset of the new rows; required if the fit was given an array.
        unseen : {'raise', 'missing'}
            Treatment of levels that the fit never saw: an error, or missing predictions.
        to : str or Path, optional
            A new folder, into which predictions are written as Parquet files, block by block in the order of the rows.
            It gets its name when all are written; one that exists is refused.
        columns : {'probability', 'logit', 'link', 'interval'} or a sequence of them
            What is written: the interval is std_error, conf_low and conf_high of the probability. With several outcomes
            one column per outcome, ``probability:a``.
        keys : str or sequence of str
            Columns of the rows that are written beside; by default ``row``, the position of the row.
        level : float, optional
            Confidence level of the intervals that are written; that of the fit by default.

        Returns
        -------
        pandas.Series, pandas.DataFrame or Path
            One row per row of the table, missing where the input is missing; with several outcomes one column per
            outcome. The folder, where one is written. If a factor is absorbed, rows of the fit in levels without
            variation were not used and are missing; given as ``data``, they get the limiting probability, 0 or 1.
        """
        return self.on(data, offset=offset, unseen=unseen).predict(to=to, columns=columns, keys=keys, level=level)

    def predict_logit(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> Any:
        """Return the log odds of the event or, with several outcomes, log-probabilities relative to the reference.

        Parameters
        ----------
        data : table, optional
            New rows; the rows of the fit by default.
        offset : str or array-like, or with several outcomes offset by outcome, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            Shaped as from ``predict``. In the symmetric form, log-probabilities relative to their mean over the
            outcomes.
        """
        return self.on(data, offset=offset, unseen=unseen).predict_logit()

    def predict_link(self, data: Any = None, offset: Any = None, unseen: UnseenPolicy = "raise") -> Any:
        """Return the linear predictors; with the logit link the same as ``predict_logit``.

        Parameters
        ----------
        data : table, optional
            New rows; the rows of the fit by default.
        offset : str or array-like, or with several outcomes offset by outcome, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            One row per row of the table; with several linear predictors one column per predictor.
        """
        return self.on(data, offset=offset, unseen=unseen).predict_link()

    def predictions(
        self,
        data: Any = None,
        level: float | None = None,
        offset: Any = None,
        unseen: UnseenPolicy = "raise",
        method: IntervalMethod = "wald",
    ) -> pd.DataFrame:
        """Return predicted probabilities with standard errors and intervals that stay within (0, 1).

        Parameters
        ----------
        data : table, optional
            New rows; the rows of the fit by default.
        level : float, optional
            Confidence level; that of the fit by default.
        offset : str or array-like, or with several outcomes offset by outcome, optional
            As in ``predict``.
        unseen : {'raise', 'missing'}
            As in ``predict``.
        method : {'wald', 'profile', 'score'}
            How intervals are made: on the scale of the log odds by Wald, or by profile likelihood or the score test,
            with the probability held at values where it depends on several linear combinations of the coefficients.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, std_error, conf_low, conf_high, and for an event logit and logit_std_error. One row per
            row of the table or, with several outcomes, per row and outcome. If a factor is absorbed, the standard
            errors include the uncertainty of the intercept of the row's level.
        """
        return self.on(data, offset=offset, unseen=unseen).predictions(level, method)

    def augment(self, data: Any = None, *, to: str | Path | None = None, keys: str | Sequence[str] = ()) -> Any:
        """Return one row per observation, with its outcome, fitted values and residuals.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default. Rows with missing values are left out.
        to : str or Path, optional
            A new folder, into which the table is written as Parquet files, block by block.
        keys : str or sequence of str
            With ``to``, columns of the rows that are written beside; by default ``row``, the position of the row.

        Returns
        -------
        pandas.DataFrame or Path
            Indexed as the table. For an event: y, fitted, std_error, logit, residuals and influence. With several
            outcomes: observed, predicted, then ``fitted:a`` and ``residual:a`` for each outcome a.
        """
        return self.on(data).augment(to=to, keys=keys)

    # Diagnostics.

    def residuals(
        self,
        kind: ResidualKind = "deviance",
        data: Any = None,
        *,
        to: str | Path | None = None,
        keys: str | Sequence[str] = (),
    ) -> Any:
        """Return residuals of one kind; with several outcomes, those of each outcome against the others.

        Parameters
        ----------
        kind : {'deviance', 'pearson', 'response', 'working'}
            Defined as in R; with several outcomes, working residuals are on the scale of the log odds of each outcome.
            With frequency weights, the residual of each copy of a row, as if the rows were written out.
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        to : str or Path, optional
            A new folder, into which the table is written as Parquet files, block by block.
        keys : str or sequence of str
            With ``to``, columns of the rows that are written beside; by default ``row``, the position of the row.

        Returns
        -------
        pandas.Series, pandas.DataFrame or Path
            One row per row used; with several outcomes one column per outcome.
        """
        return self.on(data).residuals(kind, to=to, keys=keys)

    def influence(
        self,
        data: Any = None,
        *,
        largest: int | None = None,
        to: str | Path | None = None,
        keys: str | Sequence[str] = (),
    ) -> Any:
        """Return leverage, Cook's distance and standardised residuals.

        With frequency weights they are those of each copy of a row, as if the rows were written out.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, which a loaded fit needs; by default those that the fit holds.
        largest : int, optional
            So many rows with the largest Cook's distance, these first, in place of all rows.
        to : str or Path, optional
            A new folder, into which the table is written as Parquet files, block by block.
        keys : str or sequence of str
            With ``to``, columns of the rows that are written beside; by default ``row``, the position of the row.

        Returns
        -------
        pandas.DataFrame or Path
            Columns leverage and cooks_distance, one row per row used. For an event also standardized_pearson and
            standardized_deviance; with several outcomes pearson, deviance and pearson_deleted, the approximate decrease
            of Pearson's statistic when the row is deleted.
        """
        return self.on(data).influence(largest=largest, to=to, keys=keys)

    def outcome_influence(
        self, data: Any = None, *, to: str | Path | None = None, keys: str | Sequence[str] = ()
    ) -> Any:
        """Return leverage and standardised residuals of each outcome against the others.

        Parameters
        ----------
        data : table, optional
            As in ``influence``.
        to : str or Path, optional
            As in ``influence``.
        keys : str or sequence of str
            As in ``influence``.

        Returns
        -------
        pandas.DataFrame or Path
            Columns leverage, standardized_pearson and standardized_deviance; one row per row used and outcome.
        """
        return self.on(data).outcome_influence(to=to, keys=keys)

    def goodness_of_fit(
        self,
        data: Any = None,
        groups: int = 10,
        grouping: Literal["stata", "r", "sas"] | None = None,
        against: Any = None,
    ) -> HosmerLemeshow:
        """Return the Hosmer-Lemeshow test with its groups, generalised to several outcomes.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        groups : int, default 10
            Number of groups.
        grouping : {'stata', 'r', 'sas'}, optional
            How rows are assigned to groups, which can differ visibly; by the conventions of the fit by default.
        against : object, optional
            The outcome whose probability defines the groups; by default the reference, in the symmetric form the first
            outcome.

        Returns
        -------
        HosmerLemeshow
            Statistic, degrees of freedom, p-value and table. Refused on the rows of a saturated model.
        """
        return self.on(data).goodness_of_fit(groups, grouping, against)

    def discrimination(self, data: Any = None, *, bins: int | None = None) -> Discrimination:
        """Return the ROC curve of the event, or of each of several outcomes, with the areas.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        bins : int, optional
            Of an event, pool scores in about so many bins instead of sorting them: the area is then known up to the
            ``auc_bound`` of the result. By default it is exact, for rows read in chunks by a sort on disk.

        Returns
        -------
        Discrimination
            The curve, and its area with DeLong's interval (an exact one for an area of 1 or 0). With several outcomes,
            Hand and Till's area, the pairwise areas, and the area of each outcome against the rest.
        """
        return self.on(data).discrimination(bins=bins)

    def classification(self, data: Any = None, threshold: float | None = None) -> Classification:
        """Return the confusion table of predicted outcomes with the measures derived from it.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        threshold : float, optional
            Probability from which the event is predicted, 0.5 by default. With several outcomes the most probable one
            is predicted, and there is no threshold.

        Returns
        -------
        Classification
            The table; accuracy with its interval; precision and recall of each outcome (for an event sensitivity,
            specificity and predictive values); agreement beyond chance; log loss and Brier score.
        """
        return self.on(data).classification(threshold)

    def calibration(self, data: Any = None, bins: int = 10, against: Any = None) -> Calibration:
        """Return predicted against observed rates.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        bins : int, default 10
            Number of bins.
        against : object, optional
            The outcome with which intercepts and slopes compare the others; by default the reference, in the symmetric
            form the first outcome.

        Returns
        -------
        Calibration
            Bins with intervals, calibration intercepts and slopes, calibration error, Brier score and log loss.
        """
        return self.on(data).calibration(bins, against)

    def certificate(self, data: Any = None) -> Certificate:
        """Return an upper bound on the distance of the penalised objective from its minimum, proved without the solver.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, which a loaded fit needs; by default those that the fit holds. The objective differs on
            other rows, and the certificate then says so.

        Returns
        -------
        Certificate
            Objective, lower bound, duality gap, and distance from the optimality conditions.
        """
        return self.on(data).certificate()
