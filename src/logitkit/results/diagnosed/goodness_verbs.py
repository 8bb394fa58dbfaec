"""Goodness-of-fit tests, on the rows of the fit or on other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from logitkit.models.places import places_of
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
        """Return several goodness-of-fit tests, each with its null distribution or the reason why it is not valid.

        For an event: ``"pearson"``, ``"deviance"`` and ``"osius_rojek"`` on covariate patterns, ``"hosmer_lemeshow"``
        with two groupings, ``"le_cessie"`` (unweighted sum of squares), ``"spiegelhalter"``, ``"stukel"`` (score test),
        ``"information_matrix"``, ``"link_test"``, ``"box_tidwell"`` for each positive column, ``"calibration_belt"``.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default. For other rows, predictions are treated as known.
        tests : str or sequence of str, optional
            Names of the tests; by default all that are available for the model.

        Returns
        -------
        GoodnessOfFitResult
            Prints as a table; ``to_frame()`` returns one row per test, and ``result["stukel"]`` one of the tests.
            Refused with weights that are not counts, with clusters, and on the rows of a penalised fit.

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
        """Return Pregibon's link test: whether the square of the linear predictor is needed in addition to it.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.

        Returns
        -------
        LinkTestResult
            Coefficients of a model with the linear predictor and its square, as in Stata's ``linktest``.

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
        """Return the Box-Tidwell test of linearity for each positive column, with the power that it suggests.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, if it does not hold them.
        of : str or sequence of str, optional
            Columns to test; by default all that are positive and take more than three values.

        Returns
        -------
        BoxTidwellResult
            One row per column. Refused on rows other than those of the fit.

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
        """Return the GiViTI calibration belt: a polynomial calibration curve, with its confidence region and test.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        levels : sequence of float, default (0.8, 0.95)
            Confidence levels of the belts.

        Returns
        -------
        CalibrationBeltResult
            The polynomial starts at degree 2 on the rows of the fit and at degree 1 on other rows; the test accounts
            for the choice of the degree. ``plot()`` draws the belts.

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
        """Return Pearson's statistic and the deviance divided by their degrees of freedom, with tests of dispersion.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.

        Returns
        -------
        DispersionTestResult
            Based on the rows if they are counts, and on covariate patterns if they are single trials. The estimate of a
            fit with ``dispersion=`` is ``fit.dispersion``.

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
        """Return coefficients of determination; on new rows, only those that are defined for new rows.

        They are McFadden's (plain and adjusted), Cox-Snell, Nagelkerke's, Tjur's, Efron's, and McKelvey-Zavoina.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default. On other rows, the null model predicts the proportions
            of outcomes among the rows of the fit.

        Returns
        -------
        PseudoRSquaredResult
            The coefficients; nan if a coefficient is not defined.

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
        """Return the Hosmer-Lemeshow test or its generalisation to several outcomes, with its groups.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        groups : int, default 10
            Number of groups.
        grouping : {'stata', 'r', 'sas'}, optional
            How rows are assigned to groups, which can change the result noticeably; by default the conventions of the
            fit.
        against : object, optional
            The outcome whose probability defines the groups; by default the reference or, in the symmetric form, the
            first outcome.

        Returns
        -------
        HosmerLemeshowResult
            Statistic, degrees of freedom, p-value and table of groups. Refused on the rows of a saturated model.

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
