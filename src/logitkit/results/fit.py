"""The fit that the user holds: tables, tests, predictions, diagnostics, figures and files.

Modules that only some verbs need are imported there, so that the first fit of a process is not delayed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import pandas as pd

from logitkit.models.nominal import places_of
from logitkit.report.frames import tidy
from logitkit.report.summary import summary_document
from logitkit.results.documented import documents
from logitkit.results.figures import FitPlots
from logitkit.results.on_rows import FitOnRows
from logitkit.results.shown import Summary, shown_summary
from logitkit.results.validated.verbs import ValidationVerbs
from logitkit.results.verbs_by_task import verbs_in_help
from logitkit.results.word_verbs import WordVerbs

if TYPE_CHECKING:
    from logitkit.inference.intervals.asked import IntervalMethod
    from logitkit.inference.intervals.bootstrap_intervals import IntervalKind
    from logitkit.inference.intervals.simultaneous import Adjustment, IntervalAdjustment
    from logitkit.inference.validation.validation import Validation
    from logitkit.results.profiled import ProfileResult

__all__ = ["Fit"]


@verbs_in_help
@documents(FitOnRows)
class Fit(WordVerbs, ValidationVerbs):
    """A fitted model, with the verbs of every family.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit, used by the verbs that need rows; a loaded model has none, and these verbs need ``data=``.
    making : Making, optional
        How it is made again from other rows by ``validate``, where that takes more than the record says.

    Examples
    --------
    The fitted probabilities sum to the number of events when the model has an intercept:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> bool(abs(fit.predict().sum() - 3) < 1e-9)
    True
    """

    def summary(self, units: Mapping[str, float] | None = None, *, method: IntervalMethod = "wald") -> Summary:
        """Return the summary, which displays as text or HTML and renders as Markdown or LaTeX.

        Parameters
        ----------
        units : mapping of str to float, optional
            Change in a column to which its coefficient refers, ``{"balance": 10_000}``; the labels state it.
        method : {'wald', 'profile', 'score'}
            How intervals are made, as in ``confint``; a note names it.

        Returns
        -------
        Summary
            Facts, a table of coefficients with ratios (with several outcomes one table per outcome), notes and
            warnings.
        """
        limits = None
        if method != "wald":
            from logitkit.inference.intervals.asked import asked_functions, limits_of

            limits = limits_of(self.record, self.design, asked_functions(self.record), method)
        return shown_summary(summary_document(self.record, units, limits))

    def tidy(
        self, level: float | None = None, *, nonzero: bool = False, adjust: Adjustment | None = None
    ) -> pd.DataFrame:
        """Return one row per coefficient; with several outcomes, all terms of one outcome before the next.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fit by default.
        nonzero : bool, default False
            Whether to leave out coefficients that a penalty set to zero; the others keep their labels.
        adjust : {'bonferroni', 'holm', 'benjamini-hochberg', 'single-step'}, optional
            Adjusts the p-values for the number of coefficients that have one. Intervals are still made one at a time;
            ``confint(adjust=)`` has simultaneous ones.

        Returns
        -------
        pandas.DataFrame
            Columns term (with several outcomes preceded by outcome), estimate, std_error, statistic, p_value, conf_low
            and conf_high. After a penalty, statistic and p_value are missing, and so are standard errors and intervals
            unless there is a posterior.
        """
        return tidy.tidy_frame(self.record, level, nonzero=nonzero, adjust=adjust)

    def glance(self) -> pd.DataFrame:
        """Return one row of statistics of the whole fit.

        Returns
        -------
        pandas.DataFrame
            Sizes, likelihoods, information criteria, coefficients of determination and status.
        """
        return tidy.glance_frame(self.record)

    def odds_ratios(
        self,
        units: Mapping[str, float] | None = None,
        level: float | None = None,
        *,
        outcome: Any = None,
        against: Any = None,
        at: Mapping[str, Any] | None = None,
        method: IntervalMethod = "wald",
        adjust: IntervalAdjustment | None = None,
    ) -> pd.DataFrame:
        """Return the factors by which changes in the columns multiply the odds, with intervals.

        With two outcomes these are the odds of the event; with several, the odds between two outcomes, also called
        relative risk ratios.

        Parameters
        ----------
        units : mapping of str to float, optional
            Change in a variable, named as in the formula: ``{"age": 10}`` gives the ratio for ten years, in
            ``age:smoke`` too, where the changes of the factors of a product multiply.
        level : float, optional
            Confidence level; that of the fit by default.
        outcome : object, optional
            The outcome whose odds are compared. Default: each outcome in turn, or the event of two outcomes.
        against : object, optional
            The outcome compared with; by default the reference, in the symmetric form the first outcome.
        at : mapping of str to values, optional
            Values of variables, one or several: the ratio of each variable at every combination of those that interact
            with it, from rows that the formula builds; units are then of columns of the table. A ratio that depends on
            a variable without a value is missing, and ``depends_on`` names that.
        method : {'wald', 'profile', 'score'}
            How intervals are made, as in ``confint``.
        adjust : {'bonferroni', 'single-step'}, optional
            Adjusts the intervals for the number of ratios, as in ``confint``.

        Returns
        -------
        pandas.DataFrame
            Columns unit, odds_ratio, std_error, conf_low, conf_high and p_value; one row per coefficient other than the
            intercepts, with several outcomes labelled by the two outcomes compared. Missing for columns that cannot
            change alone, such as those of a spline, and for ratios too large or too small for a floating-point number.
            With ``at`` columns variable, from, to and the values of others in place of term and unit.
        """
        from logitkit.results.intervals import ratio_frame

        first, second = places_of(self.record.info, outcome=outcome, against=against)
        if at is not None:
            from logitkit.results.effects.ratios_at import ratios_at

            return ratios_at(self._own_rows, at, units, level, (first, second), method, adjust)
        return ratio_frame(self.record, self.design, (first, second), units, level, method, adjust)

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
            Wald intervals; profile-likelihood intervals, the values that a likelihood-ratio test does not reject, with
            an infinite limit where the estimate is infinite; the values that a score test does not reject; or
            intervals from 1,999 bootstrap replicates (seed 1) of rows, or of clusters if the fit has them;
            ``fit.bootstrap(n, seed)`` offers all other choices.
        level : float, optional
            Confidence level; that of the fit by default.
        of : str or sequence of str, optional
            Functions of the coefficients, written as in ``test``: ``"age - 2 * lwt"``, or not linear, ``"age / lwt"``.
            Default: all coefficients.
        adjust : {'bonferroni', 'single-step'}, optional
            Intervals that hold together at the level, for as many as the table has. Single-step intervals rest on the
            joint normal (or t) distribution of the estimates.
        kind : {'bca', 'percentile', 'basic', 'normal'}, optional
            How bootstrap intervals are made; BCa by default, which also refits once per row or cluster.

        Returns
        -------
        pandas.DataFrame
            Columns conf_low and conf_high, one row per coefficient or combination; the name of the columns states the
            method where it is not Wald's. After a ridge or a Gaussian prior they are
            posterior intervals given the strength, named as such by the name of the columns; other penalties have none.
            Bootstrap limits are infinite where sufficiently many replicates are, and missing where replicates or
            jackknife refits do not determine them; the name of the columns states the method.
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
            Prints intervals beside those of Wald; ``to_frame()`` has the points, ``plot()`` draws them.
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
        """Return the same fit with a covariance that holds under less than the model assumes.

        Every later verb uses it, and the summary names it. Likelihood ratios are refused then.

        Parameters
        ----------
        kind : str, optional
            For independent rows ``"HC0"`` to ``"HC5"`` and ``"HC4m"``; by clusters ``"cluster"``, ``"CR0"`` to
            ``"CR3"`` (residuals corrected for the fit) and ``"jackknife"``, which leaves out rows where there are no
            clusters; for one series ``"HAC"``. Default: ``"cluster"`` with clusters, ``"HAC"`` with ``time``, else
            ``"HC3"``.
        cluster : str, (n,) array-like or list of these, optional
            Groups of rows that may be dependent, a column of the fit's table or an array as long; a list of several
            (``["firm", "year"]``) crosses them. Default: those of the fit.
        time : str or (n,) array-like, optional
            Order of the rows, for ``"HAC"``.
        lags : int, optional
            Of ``"HAC"``; by the rule of Newey and West (1994) by default.
        correction : str, optional
            Factor of ``"cluster"``: ``"clusters"`` (default, G / (G - 1) of each part), ``"smallest"`` (that of the
            smallest G), ``"coefficients"`` (times (n - 1) / (n - k)), ``"none"``, or what software has:
            ``"r-sandwich"``, ``"stata"``, ``"sas"`` (with t), ``"fixest"``.
        dof : {'normal', 'clusters', 'residual', 'satterthwaite'} or float, optional
            What statistics are compared with: normal, or t with min(G) - 1, n - k, those of each function of the
            coefficients, or a number of degrees of freedom. Default: Satterthwaite's for CR kinds, units less one for
            the jackknife, what ``correction`` has for clusters, else normal.
        data : table, optional
            The rows of the fit, for a loaded model.

        Returns
        -------
        Fit
            Of the same class, with the same estimates.

        Examples
        --------
        With a cluster for each row, clusters give HC0 times n / (n - 1):

        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + smoke", births)
        >>> ratio = fit.robust("cluster", cluster="id").vcov / fit.robust("HC0").vcov
        >>> bool(((ratio * 188 / 189 - 1).abs() < 1e-9).all(axis=None))
        True
        """
        from logitkit.results.robust_fit import robust_fit

        given = {"cluster": cluster, "time": time, "lags": lags}
        return cast("Self", robust_fit(self, kind, given, correction, dof, data))

    # Output.

    @property
    def plot(self) -> FitPlots:
        """Figures of the fit: forest, coefficients, average_predictions, roc, calibration, residuals."""
        return self._figures(self)

    def report(
        self,
        path: str | Path,
        data: Any = None,
        title: str | None = None,
        units: Mapping[str, float] | None = None,
        source: str | None = None,
        tripod: bool = False,
        validate: Literal["bootstrap", "cross-validation"] | None = None,
    ) -> Path:
        """Write one self-contained HTML page: what was modelled, the answer, and whether to believe it.

        Its chapters: what was modelled, on which rows; the answer (coefficients, ratios, tests, average effects); can
        it be trusted (findings, each with the rule that it applied); how well it predicts; who drives it (influence);
        what to do next. Tables are sorted by a click, printing it gives a readable PDF, and a program finds all numbers
        unrounded as JSON in the element ``lk-numbers``.

        Parameters
        ----------
        path : str or Path
            File to write, ending in .html. An existing file is replaced in one step, and kept if writing fails.
        data : table, optional
            Rows for the diagnostics and, with several outcomes, for the average predictions by variable. Default: the
            rows of the fit, whose average predictions need its table.
        title : str, optional
            Title of the page.
        units : mapping of str to float, optional
            Change in a column to which its coefficient refers, ``{"balance": 10_000}``; the labels state it.
        source : str, optional
            Origin of the rows, such as the name of a file, which the page states beside their number.
        tripod : bool, default False
            Whether the numbers of the items of TRIPOD+AI stand in the margin, and its checklist at the end.
        validate : {'bootstrap', 'cross-validation'}, optional
            Whether the page says how well the model would predict on other rows, by ``fit.validate(method, seed=0)``.

        Returns
        -------
        Path
            The file written.
        """
        from logitkit.options import require_choice
        from logitkit.results.reported import write_report

        if validate is not None:
            require_choice("validate", validate, ("bootstrap", "cross-validation"))
        found = None if validate is None else cast("Validation", self.validate(validate, seed=0))
        return write_report(self._rows_of(data), path, title, units, source, tripod=tripod, validation=found)

    def save(self, path: str | Path) -> Path:
        """Write the fit as plain versioned JSON, without any row of the data.

        Parameters
        ----------
        path : str or Path
            File to write. An existing file is replaced in one step, and kept if writing fails.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        FormulaError
            If the formula contains a part that ``load`` would refuse, such as a ``lambda``.
        """
        from logitkit.engine.saved.file import save_record

        return save_record(self.record, path)

    def __repr__(self) -> str:
        """Return the summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()
