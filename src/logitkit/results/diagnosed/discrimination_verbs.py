"""How well the predictions of a fit tell outcomes apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logitkit.results.given_rows import OfRows
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.diagnostics.discrimination.classification import Classification
    from logitkit.diagnostics.discrimination.comparison import RocMethod
    from logitkit.diagnostics.discrimination.curves import Discrimination
    from logitkit.results.diagnosed.roc_tests import RocTestResult

__all__ = ["DiscriminationVerbs"]


class DiscriminationVerbs(OfRows):
    """Discrimination and classification."""

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
        from logitkit.diagnostics.discrimination.curves import discrimination

        rows = self._rows_of(data)
        return shown(discrimination(rows.record, rows.design, bins=bins))

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
            Another fit of the same rows, a column of ``data``, or a score for each row of the table. A fit on rows of
            its own, ``fit2.on(rows2)``, is compared as one of independent rows.
        data : table, optional
            Rows with an outcome, which all fits predict; the rows of the fits by default.
        method : {'delong', 'bootstrap', 'venkatraman'}
            Errors by DeLong's method or of bootstrap samples; or a permutation test that two curves are one.
        contrasts : {'reference', 'successive', 'pairs'} or (r, k) array
            The fit less each other, each less the next, all pairs, or coefficients that sum to zero.
        fpr : pair of float, optional
            False positive rates between which areas are taken; whole areas by default.
        level : float, optional
            Confidence level; the fit's by default.
        n : int, default 2000
            Bootstrap samples or permutations.
        seed : int, optional
            Of the generator.

        Returns
        -------
        RocTestResult
            Areas, contrasts with errors, and their joint test.
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
        return as_result(RocTestResult, roc_test(scored_together(rows, other), asked))

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
        from logitkit.diagnostics.discrimination.classification import classification

        rows = self._rows_of(data)
        return shown(classification(rows.record, rows.design, threshold=threshold))
