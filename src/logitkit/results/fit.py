"""The fit that the user holds: tables, tests, predictions, diagnostics, figures and files.

Modules that only some verbs need are imported there, so that the first fit of a process is not delayed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

import pandas as pd

from logitkit.models.places import places_of
from logitkit.report.summary import summary_document
from logitkit.results.output_verbs import OutputVerbs
from logitkit.results.shown import Summary, shown_summary
from logitkit.results.spread_units import units_in_numbers
from logitkit.results.verbs_by_task import verbs_in_help
from logitkit.typing import Unit

if TYPE_CHECKING:
    from logitkit.inference.intervals.bootstrap_intervals import IntervalKind
    from logitkit.inference.intervals.simultaneous import Adjustment, IntervalAdjustment
    from logitkit.results.figures import FitPlots
    from logitkit.results.intervals import TableMethod
    from logitkit.results.profiled import ProfileResult

__all__ = ["Fit"]


@verbs_in_help
class Fit(OutputVerbs):
    """A fitted model, with the verbs of every family.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit, for the verbs that need rows. A loaded model has none, so these verbs need ``data=``.
    making : Making, optional
        How ``validate`` repeats the fit on other rows, if the record alone is not enough for that.

    Examples
    --------
    The fitted probabilities sum to the number of events when the model has an intercept:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> fit.predict().round(3).tolist(), round(float(fit.predict().sum()), 9)
    ([0.023, 0.167, 0.366, 0.625, 0.828, 0.991], 3.0)
    """

    def summary(self, units: Mapping[str, Unit] | None = None, *, method: TableMethod = "wald") -> Summary:
        """Return the summary, which is displayed as text or HTML and can be written as Markdown or LaTeX.

        Parameters
        ----------
        units : mapping of str to float, 'sd' or 'iqr', optional
            Change in a column to which its coefficient refers, ``{"balance": 10_000}``, as in ``odds_ratios``; the
            labels state the change.
        method : {'wald', 'profile', 'score', 'bootstrap'}
            Method for the intervals, as in ``confint``; a note names it.

        Returns
        -------
        Summary
            Facts about the fit, a table of coefficients and ratios (one table per outcome if there are several), notes
            and warnings.

        Examples
        --------
        The row of a term, for a change of 10 pounds:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> text = fit.summary({"lwt": 10}).to_text()
        >>> print(next(line for line in text.splitlines() if line.startswith("lwt (")))
        lwt (per 10)  -0.1212      0.0613  -1.98  0.0482       0.886    0.786     0.999
        """
        limits = None
        if method != "wald":
            from logitkit.inference.intervals.asked import asked_functions
            from logitkit.results.intervals import function_limits

            limits = function_limits(self.record, self.design, asked_functions(self.record), method)
        return shown_summary(
            summary_document(self.record, units_in_numbers(self.record.info, self.design, units), limits)
        )

    def tidy(
        self, level: float | None = None, *, nonzero: bool = False, adjust: Adjustment | None = None
    ) -> pd.DataFrame:
        """Return one row per coefficient; with several outcomes, the rows are grouped by outcome.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fit by default.
        nonzero : bool, default False
            Whether to leave out coefficients that a penalty set to zero; the others keep their labels.
        adjust : {'bonferroni', 'holm', 'benjamini-hochberg', 'single-step'}, optional
            Adjustment of the p-values for the number of tested coefficients. Intervals are not adjusted;
            ``confint(adjust=)`` returns simultaneous intervals.

        Returns
        -------
        pandas.DataFrame
            Columns term (preceded by outcome if there are several), estimate, std_error, statistic, p_value, conf_low
            and conf_high. In a penalised fit, statistic and p_value are missing, and so are standard errors and
            intervals unless there is a posterior.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.tidy()[["term", "estimate", "std_error", "p_value"]].set_index("term").astype(float).round(3)
                   estimate  std_error  p_value
        term
        Intercept     1.366      1.014    0.178
        age          -0.039      0.033    0.233
        lwt          -0.012      0.006    0.048
        smoke         0.671      0.326    0.040
        """
        from logitkit.report.frames import tidy

        return tidy.tidy_frame(self.record, level, nonzero=nonzero, adjust=adjust)

    def glance(self) -> pd.DataFrame:
        """Return one row of statistics for the whole fit.

        Returns
        -------
        pandas.DataFrame
            Sample sizes, likelihoods, information criteria, coefficients of determination and solver status.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.glance()[["n_obs", "loglik", "aic"]].astype(float).round(2).iloc[0].to_dict()
        {'n_obs': 189.0, 'loglik': -111.45, 'aic': 230.9}
        """
        from logitkit.report.frames import tidy

        return tidy.glance_frame(self.record)

    def odds_ratios(
        self,
        units: Mapping[str, Unit] | None = None,
        level: float | None = None,
        *,
        outcome: Any = None,
        against: Any = None,
        at: Mapping[str, Any] | None = None,
        method: TableMethod = "wald",
        adjust: IntervalAdjustment | None = None,
    ) -> pd.DataFrame:
        """Return the factors by which changes in the columns multiply the odds, with intervals.

        With two outcomes, these are the odds of the event. With several, they are the odds of one outcome against
        another; the factors are then also called relative risk ratios.

        Parameters
        ----------
        units : mapping of str to float, 'sd' or 'iqr', optional
            Change in a variable, named as in the formula: ``{"age": 10}`` gives the ratio for ten years, also in
            ``age:smoke``; the changes of the variables in a product are multiplied. ``"sd"`` is the weighted standard
            deviation over the rows of the fit with divisor n - 1, where n is the larger of the sum of the weights and
            the number of rows; ``"iqr"`` is the interquartile range. The column unit shows the number.
        level : float, optional
            Confidence level; that of the fit by default.
        outcome : object, optional
            The outcome whose odds are returned. Default: the event of two outcomes, or each of several outcomes.
        against : object, optional
            The outcome of comparison; by default the reference or, in the symmetric form, the first outcome.
        at : mapping of str to values, optional
            One or several values per variable. The ratio of a variable is then given at every combination of values of
            the variables that interact with it, and ``units`` refer to columns of the table. A ratio that depends on a
            variable without a value is missing, and ``depends_on`` names that variable.
        method : {'wald', 'profile', 'score', 'bootstrap'}
            Method for the intervals, as in ``confint``; bootstrap limits are the exponentials of BCa limits.
            ``fit.bootstrap(n, seed)`` has further options.
        adjust : {'bonferroni', 'single-step'}, optional
            Adjustment of the intervals for the number of ratios, as in ``confint``.

        Returns
        -------
        pandas.DataFrame
            Columns unit, odds_ratio, std_error, conf_low, conf_high and p_value; one row per coefficient other than the
            intercepts, labelled by the two outcomes compared if there are several. Values are missing for columns that
            cannot change alone, such as those of a spline, and for ratios too large or too small for a floating-point
            number. With ``at``, columns variable, from, to and the values of the others replace term and unit.

        Examples
        --------
        For a change of ten years, and of 20 pounds:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.odds_ratios({"age": 10, "lwt": 20})[["odds_ratio", "conf_low", "conf_high"]].round(3)
               odds_ratio  conf_low  conf_high
        term
        age         0.677     0.356      1.286
        lwt         0.785     0.617      0.998
        smoke       1.956     1.033      3.704
        """
        from logitkit.results.intervals import ratio_frame

        first, second = places_of(self.record.info, outcome=outcome, against=against)
        if at is not None:
            from logitkit.results.effects.ratios_at import ratios_at

            return ratios_at(self._own_rows, at, units, level, (first, second), method, adjust)
        return ratio_frame(
            self.record,
            self.design,
            (first, second),
            units_in_numbers(self.record.info, self.design, units),
            level,
            method,
            adjust,
        )

    def confint(
        self,
        method: str = "wald",
        level: float | None = None,
        *,
        of: str | Sequence[str] | None = None,
        adjust: IntervalAdjustment | None = None,
        kind: IntervalKind | None = None,
    ) -> pd.DataFrame:
        """Return confidence intervals of the coefficients, or of linear combinations of them.

        Parameters
        ----------
        method : {'wald', 'profile', 'score', 'bootstrap'}
            Wald intervals; profile-likelihood intervals (the values that a likelihood-ratio test does not reject), with
            an infinite limit if the estimate is infinite; score intervals (the values that a score test does not
            reject); or intervals from 1,999 bootstrap replicates (seed 1) of rows, or of clusters if the fit has them.
            ``fit.bootstrap(n, seed)`` has further options.
        level : float, optional
            Confidence level; that of the fit by default.
        of : str or sequence of str, optional
            Functions of the coefficients, written as in ``test``: linear, ``"age - 2 * lwt"``, or non-linear,
            ``"age / lwt"``. Default: all coefficients.
        adjust : {'bonferroni', 'single-step'}, optional
            Simultaneous intervals, which jointly cover all rows of the table with probability ``level``. Single-step
            intervals use the joint normal (or t) distribution of the estimates.
        kind : {'bca', 'percentile', 'basic', 'normal'}, optional
            Type of bootstrap interval; the default is BCa, which also refits once per row or cluster.

        Returns
        -------
        pandas.DataFrame
            Columns conf_low and conf_high, one row per coefficient or function. The name of the column index states the
            method unless it is Wald's. With a ridge penalty or a Gaussian prior, the intervals are posterior intervals
            for the given strength, and the name says so; with other penalties there are no intervals. Bootstrap limits
            are infinite if enough replicates are infinite, and missing if replicates or jackknife refits do not
            determine them.

        Examples
        --------
        By profile likelihood, and for the log odds ratio of smoking minus that of 50 pounds:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.confint("profile").round(3)
        profile likelihood  conf_low  conf_high
        term
        Intercept             -0.573      3.422
        age                   -0.105      0.024
        lwt                   -0.025     -0.001
        smoke                  0.033      1.314
        >>> fit.confint(of="smoke - 50 * lwt").round(3)
                          conf_low  conf_high
        function
        smoke - 50 * lwt     0.412      2.141
        """
        from logitkit.results.intervals import interval_frame

        return interval_frame(self.record, self._own_rows, method, level, of, adjust, kind)

    def profile(self, of: str | Sequence[str] | None = None, level: float | None = None) -> ProfileResult:
        """Return the profile likelihood of coefficients, or of linear combinations of them, as curves.

        Parameters
        ----------
        of : str or sequence of str, optional
            Linear combinations, written as in ``test``. Default: all coefficients.
        level : float, optional
            Confidence level of the intervals; that of the fit by default.

        Returns
        -------
        ProfileResult
            Prints profile and Wald intervals side by side; ``to_frame()`` returns the points, and ``plot()`` draws
            them.

        Examples
        --------
        At the limits of the interval, the likelihood-ratio statistic is 3.84:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.profile("smoke").to_frame().head(3).round(3)
          function  value   root  statistic
        0    smoke -0.095 -2.352      5.532
        1    smoke  0.033 -1.960      3.841
        2    smoke  0.160 -1.568      2.459
        """
        from logitkit.results.profiled import profile_fit

        return profile_fit(self, of, level)

    def robust(
        self,
        kind: str | None = None,
        *,
        cluster: Any = None,
        time: Any = None,
        lags: int | None = None,
        correction: str | None = None,
        dof: str | float | None = None,
        data: Any = None,
    ) -> Self:
        """Return the same fit with a covariance matrix that is valid under weaker assumptions than those of the model.

        All verbs of the new fit use this covariance, and the summary names it. Likelihood-ratio tests are then refused.

        Parameters
        ----------
        kind : str, optional
            For independent rows: ``"HC0"`` to ``"HC5"`` and ``"HC4m"``. For clusters: ``"cluster"``, ``"CR0"`` to
            ``"CR3"`` (residuals corrected for the fit) and ``"jackknife"``, which leaves out single rows if there are
            no clusters. For one time series: ``"HAC"``. Default: ``"cluster"`` with clusters, ``"HAC"`` with ``time``,
            else ``"HC3"``.
        cluster : str, (n,) array-like or list of these, optional
            Groups of rows that may be dependent: a column of the fit's table, or an array with one value per row. A
            list (``["firm", "year"]``) gives multiway clustering. Default: those of the fit.
        time : str or (n,) array-like, optional
            Order of the rows, for ``"HAC"``.
        lags : int, optional
            Number of lags for ``"HAC"``; by default chosen by the rule of Newey and West (1994).
        correction : str, optional
            Small-sample factor of ``"cluster"``: ``"clusters"`` (default, G / (G - 1) in each part), ``"smallest"``
            (from the smallest G), ``"coefficients"`` (times (n - 1) / (n - k)), ``"none"``, or that of a package:
            ``"r-sandwich"``, ``"stata"``, ``"sas"`` (with t), ``"fixest"``.
        dof : {'normal', 'clusters', 'residual', 'satterthwaite'} or float, optional
            Reference distribution of the statistics: normal, or t with min(G) - 1, n - k, Satterthwaite's (for each
            function of the coefficients), or a given number of degrees of freedom. Default: Satterthwaite's for CR
            kinds, units minus one for the jackknife, that of ``correction`` for clusters, else normal.
        data : table, optional
            The rows of the fit, for a loaded model.

        Returns
        -------
        Fit
            A fit of the same class, with the same estimates.

        Examples
        --------
        Two robust kinds of standard errors, then the model-based ones:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> {kind: fit.robust(kind).std_error.round(4).tolist() for kind in ("HC0", "HC3")}
        {'HC0': [0.7157, 0.0292, 0.323], 'HC3': [0.7321, 0.0299, 0.3284]}
        >>> fit.std_error.round(4).tolist()
        [0.7573, 0.032, 0.3218]
        """
        from logitkit.results.robust_fit import robust_fit

        given = {"cluster": cluster, "time": time, "lags": lags}
        return cast("Self", robust_fit(self, kind, given, correction, dof, data))

    # Output.

    @property
    def plot(self) -> FitPlots:
        """Figures of the fit: forest, coefficients, average_predictions, roc, calibration, residuals.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> fit.plot.roc()
        <Axes: xlabel='False positive rate ...', ylabel='True positive rate (sensitivity)'>
        """
        return self._figures()(self)

    def __repr__(self) -> str:
        """Return the summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()
