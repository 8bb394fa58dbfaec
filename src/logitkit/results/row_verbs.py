"""The verbs of a fit that use rows: the rows of the fit by default, or those of a table or matrix.

Weights, offsets and outcomes of other rows are given once, to ``fit.on(data, ...)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from logitkit.results.diagnosed.diagnostic_verbs import DiagnosticVerbs
from logitkit.results.hypotheses import Hypotheses
from logitkit.typing import UnseenPolicy

if TYPE_CHECKING:
    from logitkit.inference.intervals.asked import IntervalMethod
    from logitkit.inference.penalised.dual_bound import Certificate
    from logitkit.results.figures import FitPlots
    from logitkit.results.on_rows import FitOnRows
    from logitkit.results.row_figures import RowPlots
    from logitkit.results.rows import Rows
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
        How the fit is repeated on other rows, if the record alone is not enough for that.
    """

    #: The call named by the message when an argument that belongs to other rows is given to a verb.
    _other_rows: ClassVar[str] = "fit.on(data, {word}=...).{verb}()"

    def _figures(self) -> type[FitPlots]:
        """Return the class of the figures; a family may have its own."""
        from logitkit.results.figures import FitPlots

        return FitPlots

    def _row_figures(self) -> type[RowPlots]:
        """Return the class of the figures of given rows; a family may have its own."""
        from logitkit.results.row_figures import RowPlots

        return RowPlots

    def on(
        self, data: Any, weights: Any = None, offset: Any = None, y: Any = None, unseen: UnseenPolicy = "raise"
    ) -> FitOnRows:
        """Return the fit on other rows, with every verb that uses rows.

        Parameters
        ----------
        data : table or matrix
            Other rows; verbs that compare predictions with outcomes need the outcome too.
        weights, offset : str, array-like or, with several outcomes, offset by outcome, optional
            Weights and offset of these rows. Required if the fit was given arrays; otherwise the columns named in the
            fit are used.
        y : array-like, optional
            Outcome of these rows, for a fit to a matrix.
        unseen : {'raise', 'missing'}
            Treatment of rows that the fit cannot predict, such as those with a new level of a factor: an error, or
            missing predictions. Rows with missing predictions are counted and left out of comparisons with the outcome.

        Returns
        -------
        FitOnRows
            It has predict, predict_logit, predict_link, predictions, effects, contrast, average_predictions, means,
            augment, certificate and report; the verbs for residuals, influence, goodness of fit, discrimination and
            calibration; and the figures.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births[::2])
        >>> others = fit.on(births[1::2])
        >>> round(others.discrimination().auc, 3), round(float(others.calibration().slope), 3)
        (0.537, 0.142)
        """
        from logitkit.results.on_rows import FitOnRows
        from logitkit.results.rows import Rows

        return FitOnRows(Rows(self.record, self.design, data, weights, offset, y, unseen), self._row_figures())

    def _rows_of(self, data: Any) -> Rows:
        """Return the rows of a verb."""
        from logitkit.results.rows import Rows

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
        """Return the predicted probability of the event or of each of several outcomes, or write predictions to files.

        Parameters
        ----------
        data : table, path of files or other source, optional
            New rows; the rows of the fit by default.
        offset : str or array-like, or with several outcomes offset by outcome, optional
            Offset of the new rows; required if the fit was given an array.
        unseen : {'raise', 'missing'}
            Treatment of rows that the fit cannot predict, such as those with a new level: an error, or missing
            predictions.
        to : str or Path, optional
            A new folder, into which predictions are written as Parquet files, block by block in the order of the rows.
            The folder appears only when all files are written; an existing folder is refused.
        columns : {'probability', 'logit', 'link', 'interval'} or a sequence of them
            What is written. The interval consists of std_error, conf_low and conf_high of the probability. With several
            outcomes there is one column per outcome, ``probability:a``.
        keys : str or sequence of str
            Columns of the table that are written with the predictions; by default ``row``, the position of the row.
        level : float, optional
            Confidence level of the written intervals; that of the fit by default.

        Returns
        -------
        pandas.Series, pandas.DataFrame or Path
            One row per row of the table, missing if the input is missing; with several outcomes, one column per
            outcome. With ``to``, the path of the folder. If a factor is absorbed, the rows in levels without variation
            were not used in the fit, and their predictions are missing; rows in these levels that are passed as
            ``data`` get the limiting probability, 0 or 1.

        Examples
        --------
        Two mothers who smoke and weigh 120 pounds, aged 20 and 30:

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
            Same shape as from ``predict``. In the symmetric form, log-probabilities are relative to their mean over the
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
        """Return the linear predictors, which for an event with the logit link equal ``predict_logit``.

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
            One row per row of the table; with several linear predictors, one column for each.

        Examples
        --------
        In a probit model, the linear predictor is the normal quantile of the probability:

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
            Wald intervals on the log-odds scale, or intervals by profile likelihood or the score test. If a probability
            depends on several linear combinations of the coefficients, the last two use fits in which the probability
            is held fixed.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, std_error, conf_low, conf_high and, for an event, logit and logit_std_error. One row per
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
            A new folder, into which the result is written as Parquet files, block by block.
        keys : str or sequence of str
            With ``to``, columns of the table that are also written; by default ``row``, the position of the row.

        Returns
        -------
        pandas.DataFrame or Path
            A data frame with the index of the table, or the path of the folder. For an event: y, fitted, std_error,
            logit, residuals and influence. With several outcomes: observed, predicted, then ``fitted:a`` and
            ``residual:a`` for each outcome a.

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
        """Return a bound, proved without the solver, on how far the penalised objective is above its minimum.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, if it was loaded; by default those that the fit holds. On other rows the objective
            differs, and the certificate says so.

        Returns
        -------
        Certificate
            The objective, its lower bound, the duality gap, and the distance from the optimality conditions.

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
