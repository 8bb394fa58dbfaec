"""How well the predictions of a fit discriminate between outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from logitkit.results.diagnosed.classification_verbs import ClassificationVerbs

if TYPE_CHECKING:
    from logitkit.diagnostics.discrimination.comparison import RocMethod
    from logitkit.results.diagnosed.rankings import (
        ConcordanceResult,
        GainsResult,
        PartialAreaResult,
        PrecisionRecallResult,
    )
    from logitkit.results.diagnosed.roc_tests import RocTestResult
    from logitkit.results.diagnosed.with_frames import DiscriminationResult

__all__ = ["DiscriminationVerbs"]


class DiscriminationVerbs(ClassificationVerbs):
    """Discrimination and classification."""

    def discrimination(self, data: Any = None, *, bins: int | None = None) -> DiscriminationResult:
        """Return the ROC curve of the event, or of each of several outcomes, with the area under it.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        bins : int, optional
            For an event, group scores into about this many bins instead of sorting them; the error of the area is then
            at most the ``auc_bound`` of the result. By default the area is exact; rows read in chunks are sorted on
            disk.

        Returns
        -------
        DiscriminationResult
            The curve, and the area under it with DeLong's interval (an exact interval if the area is 1 or 0). With
            several outcomes, Hand and Till's area, the pairwise areas, and the area of each outcome against the rest.

        Examples
        --------
        The area under the ROC curve:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.discrimination()
        >>> round(found.auc, 3)
        0.653
        """
        from logitkit.diagnostics.discrimination.curves import discrimination
        from logitkit.results.diagnosed.together import as_result
        from logitkit.results.diagnosed.with_frames import DiscriminationResult

        rows = self._rows_of(data)
        return as_result(DiscriminationResult, discrimination(rows.record, rows.design, bins=bins))

    def roc_test(
        self,
        other: Any,
        data: Any = None,
        *,
        method: RocMethod = "delong",
        contrasts: Any = "reference",
        fpr: tuple[float, float] | None = None,
        level: float | None = None,
        n: int = 2000,
        seed: int | None = 0,
    ) -> RocTestResult:
        """Compare the ROC curve of the fit with those of other fits or scores.

        Parameters
        ----------
        other : Fit, FitOnRows, str, array, or several as a mapping by name
            Another fit to the same rows, a column of ``data``, or an array with a score for each row. A fit on other
            rows, ``fit2.on(rows2)``, is compared as based on an independent sample.
        data : table, optional
            Rows with an outcome, for which all fits predict; the rows of the fits by default.
        method : {'delong', 'bootstrap', 'venkatraman'}
            Standard errors by DeLong's method or the bootstrap; or a permutation test that two curves are equal.
        contrasts : {'reference', 'successive', 'pairs'} or (r, k) array
            The fit minus each other score, each minus the next, all pairs, or rows of coefficients that sum to zero.
        fpr : pair of float, optional
            Range of false positive rates for partial areas; whole areas by default.
        level : float, optional
            Confidence level; that of the fit by default.
        n : int, default 2000
            Number of bootstrap samples or permutations.
        seed : int, optional
            Random seed.

        Returns
        -------
        RocTestResult
            Areas, contrasts with standard errors, and their joint test.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births)
        >>> found = fit.roc_test(lk.logit("low ~ ptl + ht", births))
        >>> found.areas.round(3).tolist(), round(float(found.p_value), 3)
        ([0.653, 0.626], 0.619)
        """
        from logitkit.diagnostics.discrimination.areas import rates_between
        from logitkit.diagnostics.discrimination.comparison import CompareAsked, roc_test
        from logitkit.options import require_seed
        from logitkit.results.diagnosed.roc_tests import RocTestResult
        from logitkit.results.diagnosed.together import as_result, scored_together

        rows = self._rows_of(data)
        between = (0.0, 1.0) if fpr is None else rates_between("fpr", fpr)
        asked = CompareAsked(
            method, contrasts, between, rows.record.level if level is None else level, n, require_seed(seed)
        )
        with scored_together(rows, other) as samples:
            return as_result(RocTestResult, roc_test(samples, asked))

    def partial_auc(
        self,
        data: Any = None,
        *,
        fpr: tuple[float, float] | None = None,
        tpr: tuple[float, float] | None = None,
        method: Literal["delong", "bootstrap"] = "delong",
        level: float | None = None,
        n: int = 2000,
        seed: int | None = 0,
    ) -> PartialAreaResult:
        """Return the area under a part of the ROC curve, raw and standardised.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        fpr : pair of float, optional
            Range of false positive rates.
        tpr : pair of float, optional
            Range of sensitivities, instead of ``fpr``.
        method : {'delong', 'bootstrap'}
            A normal interval, whose standard error equals DeLong's for the whole area; or a bootstrap percentile
            interval.
        level : float, optional
            Confidence level; that of the fit by default.
        n : int, default 2000
            Number of bootstrap samples.
        seed : int, optional
            Random seed.

        Returns
        -------
        PartialAreaResult
            The area with its interval, and McClish's standardised area.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.partial_auc(fpr=(0, 0.2))
        >>> round(found.area, 4), round(found.standardized, 3)
        (0.0351, 0.542)
        """
        from logitkit.diagnostics.discrimination.areas import rates_between
        from logitkit.diagnostics.discrimination.partial_area import partial_area
        from logitkit.errors import DataError
        from logitkit.options import require_seed
        from logitkit.results.diagnosed.rankings import PartialAreaResult
        from logitkit.results.diagnosed.together import as_result, scored_together

        if (fpr is None) == (tpr is None):
            raise DataError("Say which part of the curve: fpr=(0, 0.1) or tpr=(0.9, 1), one of the two.")
        bounds = rates_between("tpr", tpr) if fpr is None else rates_between("fpr", fpr)
        rows = self._rows_of(data)
        with scored_together(rows) as (scored,):
            found = partial_area(
                scored,
                bounds,
                "tpr" if fpr is None else "fpr",
                method=method,
                level=rows.record.level if level is None else level,
                n=n,
                seed=require_seed(seed),
            )
        return as_result(PartialAreaResult, found)

    def precision_recall(self, data: Any = None, *, level: float | None = None) -> PrecisionRecallResult:
        """Return the precision-recall curve, with the average precision.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        PrecisionRecallResult
            The curve, and the average precision with its interval.

        Examples
        --------
        The average precision, and the rate of events, which is that of random scores:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.precision_recall()
        >>> round(found.average_precision, 3), round(found.rate, 3)
        (0.443, 0.312)
        """
        from logitkit.diagnostics.discrimination.precision_recall import precision_recall
        from logitkit.results.diagnosed.rankings import PrecisionRecallResult
        from logitkit.results.diagnosed.together import as_result

        rows = self._rows_of(data)
        return as_result(PrecisionRecallResult, precision_recall(rows.record, rows.design, level=level))

    def concordance(self, data: Any = None, *, level: float | None = None) -> ConcordanceResult:
        """Return c, Somers' D, Goodman-Kruskal gamma and Kendall's tau-a, for an event or for ordered outcomes.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        ConcordanceResult
            The four measures with standard errors, and the counts of pairs on which they are based.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.concordance()
        >>> dict(zip(found.names, found.estimates.round(3).tolist(), strict=True))
        {'c': 0.653, "Somers' D": 0.306, 'Goodman-Kruskal gamma': 0.306, "Kendall's tau-a": 0.132}
        """
        from logitkit.diagnostics.discrimination.concordance import concordance
        from logitkit.results.diagnosed.rankings import ConcordanceResult
        from logitkit.results.diagnosed.together import as_result

        rows = self._rows_of(data)
        return as_result(ConcordanceResult, concordance(rows.record, rows.design, level=level))

    def gains(self, data: Any = None, groups: int = 10, *, level: float | None = None) -> GainsResult:
        """Return gains and lift: the share of the events among the rows with the highest probabilities.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        groups : int, default 10
            Number of groups of equal weight.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        GainsResult
            The table by depth, and the cumulative accuracy profile (CAP) with the accuracy ratio.

        Examples
        --------
        The proportion of the events among the 20% with the highest probabilities:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> round(float(fit.gains().captured_at(0.2)), 3)
        0.271
        """
        from logitkit.diagnostics.discrimination.gains import gains
        from logitkit.results.diagnosed.rankings import GainsResult
        from logitkit.results.diagnosed.together import as_result

        rows = self._rows_of(data)
        return as_result(GainsResult, gains(rows.record, rows.design, groups, level=level))
