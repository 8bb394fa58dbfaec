"""The verbs of a fit that use rows: the rows of the fit by default, or those of a table or matrix.

Weights, offsets and outcomes of other rows are given once, to ``fit.on(data, ...)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from logitkit.results.figures import FitPlots
from logitkit.results.hypotheses import Hypotheses
from logitkit.results.on_rows import DiagnosticVerbs, FitOnRows
from logitkit.results.row_figures import RowPlots
from logitkit.results.rows import Rows
from logitkit.typing import UnseenPolicy

if TYPE_CHECKING:
    from logitkit.inference.intervals.asked import IntervalMethod
    from logitkit.inference.penalised.dual_bound import Certificate
    from logitkit.results.written_predictions import PredictedColumn

__all__ = ["RowVerbs"]


class RowVerbs(DiagnosticVerbs, Hypotheses):
    """A fit with the verbs that use rows: predictions, residuals, influence, goodness of fit and calibration.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    making : Making, optional
        How it is made again from other rows, where that takes more than the record says.
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
            means, augment, certificate and report, those of residuals, influence, goodness of fit, discrimination and
            calibration, and the figures.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births[::2])
        >>> others = fit.on(births[1::2])
        >>> round(others.discrimination().auc, 3), round(float(others.calibration().slope), 3)
        (0.537, 0.142)
        """
        return FitOnRows(Rows(self.record, self.design, data, weights, offset, y, unseen), self._row_figures)

    def _rows_of(self, data: Any) -> Rows:
        """Return the rows of a verb."""
        return Rows(self.record, self.design, data)

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

        Examples
        --------
        Two mothers who smoke and weigh 120 pounds, of 20 and of 30 years:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.predict({"age": [20, 30], "lwt": [120, 120], "smoke": [1, 1]}).round(3).tolist()
        [0.451, 0.357]
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

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.predict_logit({"age": [20, 30], "lwt": [120, 120], "smoke": [1, 1]}).round(3).tolist()
        [-0.198, -0.588]
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

        Examples
        --------
        Of a probit model it is the normal quantile of the probability:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw(), link="probit")
        >>> new = {"age": [20, 30], "smoke": [1, 1]}
        >>> fit.predict_link(new).round(3).tolist(), fit.predict(new).round(3).tolist()
        ([-0.149, -0.462], [0.441, 0.322])
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

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> new = {"age": [20, 30], "lwt": [120, 120], "smoke": [1, 1]}
        >>> fit.predictions(new)[["estimate", "std_error", "conf_low", "conf_high"]].round(3)
           estimate  std_error  conf_low  conf_high
        0     0.451      0.064     0.331      0.576
        1     0.357      0.079     0.220      0.522
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

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.augment()[["y", "fitted", "leverage", "cooks_distance"]].head(2).round(4)
             y  fitted  leverage  cooks_distance
        0  0.0  0.1707    0.0274          0.0015
        1  0.0  0.1419    0.0214          0.0009
        """
        return self.on(data).augment(to=to, keys=keys)

    # Diagnostics.

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

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births, penalty=lk.Lasso(0.02))
        >>> found = fit.certificate()
        >>> round(found.objective, 6), round(found.dual, 6)
        (114.316195, 114.316195)
        """
        return self.on(data).certificate()
