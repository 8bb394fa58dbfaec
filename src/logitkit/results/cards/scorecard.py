"""A scorecard as the user holds it: its points, the scores of applicants, and the model under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from logitkit.design.table.frame import read_table
from logitkit.errors import DataError, nearest_name
from logitkit.report.card_findings import card_document
from logitkit.report.document import Document
from logitkit.report.scorecard_frames import card_frame, scores_frame
from logitkit.results.cards.binned import BinnedVariable
from logitkit.results.fit import Fit
from logitkit.results.shown import Shown
from logitkit.scorecard.card import Card, Scores
from logitkit.scorecard.population import Population

__all__ = ["Scorecard"]


@dataclass(frozen=True, eq=False, repr=False)
class Scorecard(Shown):
    """A scorecard.

    Parameters
    ----------
    card : Card
        What each bin adds to log-odds and points.
    fit : Fit
        The logistic regression of bad on the weights of evidence, with its full inference.
    binnings : mapping of str to BinnedVariable
        All variables that were binned, those that the card left out among them.
    population : Population
        Who the card was made from: rows given, left out by each rule, good and bad.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> card.score(loans.head(2))["points"].tolist() == (card.points(loans.head(2)).sum(axis=1) + 512).tolist()
    True
    """

    card: Card
    fit: Fit
    binnings: Mapping[str, BinnedVariable]
    population: Population

    def to_document(self) -> Document:
        """Return the card with its population and points.

        Returns
        -------
        Document
            Facts and a table of finished text.
        """
        return card_document(self.card, self.population)

    def table(self) -> pd.DataFrame:
        """Return one row per bin of the card.

        Returns
        -------
        pandas.DataFrame
            variable, label, woe, coef, points; and what the points are added to as the first row.
        """
        return card_frame(self.card)

    def score(self, data: Any) -> pd.DataFrame:
        """Return the scores of applicants.

        Parameters
        ----------
        data : table
            With every variable of the card; further columns are not looked at.

        Returns
        -------
        pandas.DataFrame
            points, log_odds and probability (of bad), one row per applicant.

        Raises
        ------
        DataError
            If a column is missing or of another type, or if a value has no weight of evidence and is refused.
        """
        found, index = self._scored(data)
        return scores_frame(found, index)

    def points(self, data: Any) -> pd.DataFrame:
        """Return the points of every variable.

        Parameters
        ----------
        data : table
            With every variable of the card.

        Returns
        -------
        pandas.DataFrame
            One column per variable, one row per applicant; with the base points they sum to the score.
        """
        found, index = self._scored(data)
        columns = {v.binning.name: v.points[found.codes[:, j]] for j, v in enumerate(self.card.variables)}
        return pd.DataFrame(columns, index=index)

    def _scored(self, data: Any) -> tuple[Scores, pd.Index | None]:
        table = read_table(data)
        for name in self.card.names:
            if name not in table:
                raise DataError(f"The card needs a column {name!r}. {nearest_name(name, table.names)}")
        return self.card.scores({name: table.column(name) for name in self.card.names}), table.index
