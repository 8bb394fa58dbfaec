"""A scorecard: its points, the scores of applicants, and its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from logitkit.design.table.frame import read_table
from logitkit.errors import DataError, nearest_name
from logitkit.options import is_count, require_choice
from logitkit.report.cards.findings import card_document
from logitkit.report.cards.scorecard_frames import reasons_frame, scores_frame, what_if_frame
from logitkit.report.document import Document
from logitkit.results.cards.binned import BinnedVariable
from logitkit.results.cards.checked import Checked
from logitkit.results.cards.explained import Explained
from logitkit.results.cards.exported import Exported
from logitkit.results.cards.reported import Reported
from logitkit.results.cards.verified import Verified
from logitkit.results.cards.watched import Watched
from logitkit.results.fit import Fit
from logitkit.results.shown import Shown
from logitkit.scorecard.card import Card, Scores
from logitkit.scorecard.changes import CardChange, prior_of
from logitkit.scorecard.manifest import Manifest
from logitkit.scorecard.monitoring.counted import Development
from logitkit.scorecard.own_rows import OwnRows
from logitkit.scorecard.population import Population
from logitkit.scorecard.reasons import ReasonMethod, reasons, what_if
from logitkit.scorecard.selection import SelectionStep
from logitkit.scorecard.validation.prior import card_with_prior, moved_development, sample_bad_rate

__all__ = ["Scorecard"]


@dataclass(frozen=True, eq=False, repr=False)
class Scorecard(Reported, Verified, Explained, Exported, Watched, Checked, Shown):
    """A scorecard, with its points, its model and the record of how it was made.

    Parameters
    ----------
    card : Card
        The log odds and points of each bin.
    fit : Fit
        The logistic regression of bad on the weights of evidence, or on the bins, with its full inference.
    binnings : mapping of str to BinnedVariable
        All variables that were binned, including those that the card left out.
    population : Population
        Numbers of rows: given, left out by each rule, good and bad.
    steps : tuple of SelectionStep
        The decisions to leave out or take variables, with reasons, in order.
    development : Development, optional
        Counts of the rows that the card was made from, by groups of points.
    manifest : Manifest, optional
        Fingerprints of the rows, parameters and versions, with which the card can be verified.
    changes : tuple of CardChange
        Later changes to the card: points set by hand, another bad rate of the population.
    rows : OwnRows, optional
        The bins of the rows that the card was made from; they are neither saved nor pickled.

    Examples
    --------
    The points of a row are the points of its bins plus the base points:

    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> card.score(loans.head(2))["points"].tolist(), (card.points(loans.head(2)).sum(axis=1) + 512).tolist()
    ([525.0, 468.0], [525.0, 468.0])
    """

    card: Card
    fit: Fit
    binnings: Mapping[str, BinnedVariable]
    population: Population
    steps: tuple[SelectionStep, ...] = ()
    development: Development | None = None
    manifest: Manifest | None = None
    changes: tuple[CardChange, ...] = ()
    rows: OwnRows | None = None

    def to_document(self) -> Document:
        """Return the card with its population and points.

        Returns
        -------
        Document
            Facts, and a table of points, as text.
        """
        return card_document(self.card, self.population)

    def selection(self) -> pd.DataFrame:
        """Return the decisions of the selection of variables, one row per decision.

        Returns
        -------
        pandas.DataFrame
            variable, taken, reason, and the number that decided.
        """
        rows = [(step.variable, step.taken, step.reason, step.value) for step in self.steps]
        return pd.DataFrame(rows, columns=["variable", "taken", "reason", "value"])

    def with_prior(self, bad_rate: float) -> Scorecard:
        """Return the card for a population whose bad rate differs from that of the development sample.

        Parameters
        ----------
        bad_rate : float
            Bad rate of the population. Selection into the sample must have depended on the outcome only, for example if
            all bads and a random part of the goods were taken.

        Returns
        -------
        Scorecard
            The card, with base points and intercept for the population. The points of bins do not change, even if they
            were set by hand; nor does ``fit``, which is the fit to the sample. A new bad rate replaces an earlier one.
        """
        stated = prior_of(self.changes)
        before = sample_bad_rate(self.card) if stated is None else stated
        card = card_with_prior(self.card, bad_rate, before)
        moved = moved_development(self.development, card.base_points - self.card.base_points)
        change = CardChange("prior", "", "", float(bad_rate), before)
        return replace(self, card=card, development=moved, changes=(*self.changes, change))

    def score(self, data: Any) -> pd.DataFrame:
        """Return the scores of applicants.

        Parameters
        ----------
        data : table
            Table with all variables of the card; other columns are ignored.

        Returns
        -------
        pandas.DataFrame
            points, log_odds and probability of bad, one row per applicant.

        Raises
        ------
        DataError
            If a column is missing or of another type, or if a value is refused because it has no weight of evidence.
        """
        found, index = self._scored(data)
        return scores_frame(found, index)

    def points(self, data: Any) -> pd.DataFrame:
        """Return the points of each variable.

        Parameters
        ----------
        data : table
            Table with all variables of the card.

        Returns
        -------
        pandas.DataFrame
            One column per variable, one row per applicant; each row plus the base points sums to the score.
        """
        found, index = self._scored(data)
        columns = {v.binning.name: v.points[found.codes[:, j]] for j, v in enumerate(self.card.variables)}
        return pd.DataFrame(columns, index=index)

    def reasons(self, data: Any, n: int = 4, method: ReasonMethod = "below_maximum") -> pd.DataFrame:
        """Return the variables that cost each applicant the most points.

        Parameters
        ----------
        data : table
            Table with all variables of the card.
        n : int, default 4
            Largest number of reasons per applicant.
        method : {"below_maximum", "below_neutral"}
            What points are compared with: the largest points of the variable, or its mean points in the population that
            the card was made from; in the second case a variable with more than its mean points costs nothing.

        Returns
        -------
        pandas.DataFrame
            Columns reason_1, points_1, reason_2 and so on: names of variables, and the points that each costs.
        """
        require_choice("method", method, ("below_maximum", "below_neutral"))
        if not is_count(n):
            raise DataError(f"n={n!r:.60}: give the number of reasons, at least 1.")
        found, index = self._scored(data)
        return reasons_frame(self.card, reasons(self.card, found, method, min(n, len(self.card.variables))), index)

    def what_if(self, data: Any, row: int = 0) -> pd.DataFrame:
        """Return the score of an applicant in each other bin of each variable, with the other variables unchanged.

        Parameters
        ----------
        data : table
            Table with all variables of the card.
        row : int, default 0
            The row of the applicant, counted from 0.

        Returns
        -------
        pandas.DataFrame
            variable, label, own (whether this is the applicant's bin), gain in points, and the resulting points and
            probability.
        """
        n = read_table(data).n_rows
        if n == 0:
            raise DataError("The table has no rows.")
        if not is_count(row, least=0) or row >= n:
            raise DataError(f"row={row!r}: the table has rows from 0 to {n - 1}.")
        found, _ = self._scored(data)
        return what_if_frame(what_if(self.card, found, row))

    def _scored(self, data: Any) -> tuple[Scores, pd.Index | None]:
        table = read_table(data)
        for name in self.card.names:
            if name not in table:
                raise DataError(f"The card needs a column {name!r}. {nearest_name(name, table.names)}")
        columns = {name: table.column(name) for name in self.card.names}
        return self.card.scores(columns, table.n_rows), table.index
