"""Tests of whether a fit agrees with its rows, or with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from logitkit.models.nominal import places_of
from logitkit.results.given_rows import OfRows
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.diagnostics.fit.hosmer_lemeshow import HosmerLemeshow

__all__ = ["GoodnessVerbs"]


class GoodnessVerbs(OfRows):
    """Goodness of fit."""

    def hosmer_lemeshow(
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
        from logitkit.diagnostics.fit.hosmer_lemeshow import hosmer_lemeshow

        rows = self._rows_of(data)
        (place,) = places_of(rows.record.info, against=against)
        return shown(hosmer_lemeshow(rows.record, rows.design, groups=groups, grouping=grouping, reference=place))
