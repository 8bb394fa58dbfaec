"""How well the predictions of a fit tell outcomes apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logitkit.results.given_rows import OfRows
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.diagnostics.discrimination.classification import Classification
    from logitkit.diagnostics.discrimination.curves import Discrimination

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
