"""Tests of whether a fit agrees with its rows, or with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from logitkit.models.nominal import places_of
from logitkit.results.given_rows import OfRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logitkit.results.diagnosed.goodness_results import (
        BoxTidwellResult,
        CalibrationBeltResult,
        DispersionTestResult,
        GoodnessOfFitResult,
        LinkTestResult,
        PseudoRSquaredResult,
    )
    from logitkit.results.diagnosed.with_frames import HosmerLemeshowResult

__all__ = ["GoodnessVerbs"]


class GoodnessVerbs(OfRows):
    """Goodness of fit."""

    def goodness_of_fit(self, data: Any = None, tests: str | Sequence[str] | None = None) -> GoodnessOfFitResult:
        """Return tests of fit side by side, each with its distribution under the model or why it may not be used.

        Of an event: ``"pearson"``, ``"deviance"`` and ``"osius_rojek"`` on covariate patterns, ``"hosmer_lemeshow"`` by
        two groupings, ``"le_cessie"`` (unweighted sum of squares), ``"spiegelhalter"``, ``"stukel"`` (score test),
        ``"information_matrix"``, ``"link_test"``, ``"box_tidwell"`` of each positive column, ``"calibration_belt"``.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default. Predictions of other rows are taken as known.
        tests : str or sequence of str, optional
            Which of them; all that go with the model by default.

        Returns
        -------
        GoodnessOfFitResult
            Prints as a table; ``to_frame()`` has one row per test, ``result["stukel"]`` is one of them. Refused with
            weights that are no counts, with clusters, and on the rows of a penalised fit.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.goodness_of_fit().to_frame()
        >>> found.loc[["osius_rojek", "stukel", "link_test"], "p_value"].astype(float).round(3).to_dict()
        {'osius_rojek': 0.066, 'stukel': 0.443, 'link_test': 0.274}
        """
        from logitkit.diagnostics.fit.panel import goodness_of_fit
        from logitkit.results.diagnosed.goodness_results import GoodnessOfFitResult, with_table

        rows = self._rows_of(data)
        return with_table(GoodnessOfFitResult, goodness_of_fit(rows.record, rows.design, tests))

    def link_test(self, data: Any = None) -> LinkTestResult:
        """Return Pregibon's link test: whether the square of the linear predictor is needed beside it.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.

        Returns
        -------
        LinkTestResult
            Coefficients of the fit on the linear predictor and its square, as Stata's ``linktest`` prints them.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> round(fit.link_test().p_value, 3)
        0.274
        """
        from logitkit.diagnostics.fit.link_test import link_test
        from logitkit.results.diagnosed.goodness_results import LinkTestResult, with_table

        rows = self._rows_of(data)
        return with_table(LinkTestResult, link_test(rows.record, rows.design))

    def box_tidwell(self, data: Any = None, of: str | Sequence[str] | None = None) -> BoxTidwellResult:
        """Return Box and Tidwell's test of linearity of each positive column, with the power that it suggests.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, where it does not hold them.
        of : str or sequence of str, optional
            Columns to test; by default all that are positive and take more than three values.

        Returns
        -------
        BoxTidwellResult
            One row per column; refused on other rows than those of the fit.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.box_tidwell()
        >>> dict(zip(found.names, found.p_value.round(3).tolist(), strict=True))
        {'age': 0.332, 'lwt': 0.595}
        """
        from logitkit.diagnostics.fit.box_tidwell import box_tidwell
        from logitkit.results.diagnosed.goodness_results import BoxTidwellResult, with_table

        rows = self._rows_of(data)
        return with_table(BoxTidwellResult, box_tidwell(rows.record, rows.design, of))

    def calibration_belt(self, data: Any = None, levels: Sequence[float] = (0.8, 0.95)) -> CalibrationBeltResult:
        """Return the GiViTI calibration belt: a polynomial of what was predicted, with its region and its test.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        levels : sequence of float, default (0.8, 0.95)
            Confidence levels of the belts.

        Returns
        -------
        CalibrationBeltResult
            The polynomial starts at degree 2 on the rows of the fit, at degree 1 on others, and the test knows that its
            degree was chosen; ``plot()`` draws the belts.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.calibration_belt()
        >>> found.degree, round(found.p_value, 3)
        (2, 0.246)
        """
        from logitkit.diagnostics.fit.belt import calibration_belt
        from logitkit.results.diagnosed.goodness_results import CalibrationBeltResult, with_table

        rows = self._rows_of(data)
        return with_table(CalibrationBeltResult, calibration_belt(rows.record, rows.design, levels))

    def dispersion_test(self, data: Any = None) -> DispersionTestResult:
        """Return Pearson's statistic and the deviance over their degrees of freedom, with tests of dispersion.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.

        Returns
        -------
        DispersionTestResult
            Of rows of counts or, of single trials, of covariate patterns. What a fit with ``dispersion=`` has estimated
            is ``fit.dispersion``.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.dispersion_test()
        >>> round(found.pearson / found.dof, 2), round(found.deviance / found.dof, 2)
        (1.06, 1.26)
        """
        from logitkit.diagnostics.fit.overdispersion import dispersion_test
        from logitkit.results.diagnosed.goodness_results import DispersionTestResult, with_table

        rows = self._rows_of(data)
        return with_table(DispersionTestResult, dispersion_test(rows.record, rows.design))

    def pseudo_r2(self, data: Any = None) -> PseudoRSquaredResult:
        """Return coefficients of determination, on new rows those that have a meaning there.

        McFadden's, plain and adjusted, Cox and Snell's, Nagelkerke's, Tjur's, Efron's, and McKelvey and Zavoina's.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default. There the null model is that of the proportions among
            the rows of the fit.

        Returns
        -------
        PseudoRSquaredResult
            A coefficient without a meaning is nan.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.pseudo_r2()
        >>> round(found.mcfadden, 3), round(found.tjur, 3), round(found.nagelkerke, 3)
        (0.05, 0.058, 0.085)
        """
        from logitkit.diagnostics.fit.r_squared import pseudo_r_squared
        from logitkit.results.diagnosed.goodness_results import PseudoRSquaredResult, with_table

        rows = self._rows_of(data)
        return with_table(PseudoRSquaredResult, pseudo_r_squared(rows.record, rows.design))

    def hosmer_lemeshow(
        self,
        data: Any = None,
        groups: int = 10,
        grouping: Literal["stata", "r", "sas"] | None = None,
        against: Any = None,
    ) -> HosmerLemeshowResult:
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
        HosmerLemeshowResult
            Statistic, degrees of freedom, p-value and table. Refused on the rows of a saturated model.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.hosmer_lemeshow()
        >>> round(found.statistic, 2), found.dof, round(found.p_value, 3)
        (7.52, 8, 0.482)
        """
        from logitkit.diagnostics.fit.hosmer_lemeshow import hosmer_lemeshow
        from logitkit.results.diagnosed.goodness_results import with_table
        from logitkit.results.diagnosed.with_frames import HosmerLemeshowResult

        rows = self._rows_of(data)
        (place,) = places_of(rows.record.info, against=against)
        found = hosmer_lemeshow(rows.record, rows.design, groups=groups, grouping=grouping, reference=place)
        return with_table(HosmerLemeshowResult, found)
