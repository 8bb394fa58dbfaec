"""The methods that explain a card: points with standard errors, the model, the cost of rounding, clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd

from logitkit.design.table.frame import read_table
from logitkit.engine.law import NORMAL, require_level
from logitkit.errors import DataError, nearest_name
from logitkit.inference.hypotheses.anova import anova
from logitkit.inference.hypotheses.chi_square import ChiSquareTests
from logitkit.options import is_finite_number, require_choice
from logitkit.report.cards.model import model_document
from logitkit.report.cards.scorecard_frames import card_frame
from logitkit.report.cards.tables import clusters_frame
from logitkit.results.cards.binned import BinnedVariable
from logitkit.results.cards.given_rows import table_weights
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.shown import Summary, shown, shown_summary
from logitkit.scorecard.card import Card
from logitkit.scorecard.card_errors import errors_estimated, errors_given
from logitkit.scorecard.changes import CardChange, steps_of
from logitkit.scorecard.clusters import clusters_of
from logitkit.scorecard.hand_points import points_by_hand
from logitkit.scorecard.monitoring.counted import development_of
from logitkit.scorecard.own_rows import OwnRows, rows_kept
from logitkit.scorecard.point_errors import PointErrors
from logitkit.scorecard.population import Population
from logitkit.scorecard.rounding import Rounding, rounding
from logitkit.scorecard.selection import SelectionStep, correlations

__all__ = ["Explained"]


@verbs_in_our_words
class Explained:
    """Methods that explain a card."""

    card: Card
    fit: Any
    binnings: Mapping[str, BinnedVariable]
    population: Population
    steps: tuple[SelectionStep, ...]
    rows: OwnRows | None
    changes: tuple[CardChange, ...]

    def table(self, level: float | None = None, woe: str = "estimated") -> pd.DataFrame:
        """Return one row per bin of the card.

        Parameters
        ----------
        level : float, optional
            Confidence level of the intervals of the points; by default there are no intervals.
        woe : {"estimated", "given"}, default "estimated"
            Whether intervals account for the error of the weights of evidence, which are estimated from the same rows
            (this needs the rows of the fit), or only for that of the coefficients; the coverage is then too low. Both
            take the bins as given. In a card with a coefficient per bin, the counts of bins affect the neutral point
            only.

        Returns
        -------
        pandas.DataFrame
            variable, label, woe, coef and points; with a level also points_low and points_high, the interval of the
            points before rounding. The first row has the base points.
        """
        require_choice("woe", woe, ("estimated", "given"))
        if level is None:
            return card_frame(self.card)
        return card_frame(self.card, self._errors(woe), float(NORMAL.quantile(self._level(level))))

    def summary(self, level: float | None = None) -> Summary:
        """Return the model of the card: coefficients, tests, variance inflation, signs, information values, points.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        Summary
            A table of the variables, and notes on what its p-values do not take into account.
        """
        document = model_document(
            self.card, self.fit.record, self.population, self.steps, self._level(level), self._tests()
        )
        return shown_summary(document)

    def rounding(self, cut_offs: Any = None) -> Rounding:
        """Return how much rounding to whole points changes the scores of the rows that the card was made from.

        Parameters
        ----------
        cut_offs : float or sequence of float, optional
            Points from which applicants are accepted; by default the deciles of the exact points.

        Returns
        -------
        Rounding
            Largest and mean difference in points; area under the curve, KS and log loss of both scores, their rank
            correlation, and how many applicants get another decision at each cut-off. Exact points are those of the
            model; whole points are those of the card, rounded if they have fractions. Points set by hand are counted,
            and their differences from the model are included.
        """
        return shown(rounding(self.card, rows_kept(self.rows, self.fit, "rounding"), cut_offs))

    def with_points(
        self, points: Mapping[str, Mapping[str, float]], base: float | None = None, any_order: bool = False
    ) -> Self:
        """Return the card with points set by hand.

        Parameters
        ----------
        points : mapping of str to mapping of str to float
            Points by variable and label of the bin, such as ``{"age": {"below 26": -15}}``.
        base : float, optional
            The base points, which every applicant has.
        any_order : bool, default False
            Whether points may contradict the order of the event rates of the bins; by default this is an error.

        Returns
        -------
        Scorecard
            The card. Its log odds and probabilities do not change, so points no longer follow the scaling exactly.
            ``selection()`` lists each change.

        Raises
        ------
        DataError
            If there is no such variable or bin, if a card with whole points would get fractions, or if a safer bin
            would get fewer points.
        """
        card, changes = points_by_hand(self.card, points, base, any_order)
        rows = self.rows
        level = self.fit.record.level
        development = None if rows is None else development_of(card, rows.codes, rows.weights, rows.bad, level)
        trail = {"steps": (*self.steps, *steps_of(changes)), "changes": (*self.changes, *changes)}
        return replace(self, card=card, development=development, **trail)  # type: ignore[type-var]

    def clusters(self, data: Any, min_correlation: float = 0.7, weights: Any = None) -> pd.DataFrame:
        """Return clusters of all binned variables, and which variables of each cluster are in the card.

        Parameters
        ----------
        data : table
            Rows with all variables that were binned.
        min_correlation : float, default 0.7
            Smallest absolute correlation, between weights of evidence, of any two variables of a cluster; clusters are
            formed by complete linkage.
        weights : str or (n,) array-like, optional
            Weights of the rows in the correlations.

        Returns
        -------
        pandas.DataFrame
            One row per variable: cluster, iv, taken, the correlation with the variable of its cluster that has the
            largest information value, the closest variable of another cluster, and the correlation with it.
        """
        if not is_finite_number(min_correlation) or not 0 < min_correlation <= 1:
            raise DataError(f"min_correlation={min_correlation!r:.60}: give a number above 0, at most 1.")
        table = read_table(data)
        for name in self.binnings:
            if name not in table:
                raise DataError(f"Clusters need a column {name!r}. {nearest_name(name, table.names)}")
        if table.n_rows < 2:
            raise DataError("The table has less than two rows: nothing correlates.")
        given = table_weights(weights, table)
        woe = np.column_stack([binned.transform(table.column(name)) for name, binned in self.binnings.items()])
        with np.errstate(invalid="ignore"):
            r = correlations(woe, None if given is None else given.values)
        values = np.array([binned.information.value for binned in self.binnings.values()])
        return clusters_frame(clusters_of(tuple(self.binnings), r, values, set(self.card.names), min_correlation))

    def plot(self, ax: Any = None, level: float | None = None, woe: str = "estimated") -> Any:
        """Draw the points of each bin that has rows, with their intervals.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.
        level : float, optional
            Confidence level of the intervals; that of the fit by default.
        woe : {"estimated", "given"}, default "estimated"
            As in ``table``.

        Returns
        -------
        matplotlib.axes.Axes
            The plot.
        """
        from logitkit.plots.card import CardPoints, plot_card

        at = self._level(level)
        table = self.table(at, woe)
        used = [np.sum(variable.binning.counts, axis=0) > 0 for variable in self.card.variables]
        own = table.iloc[1:][np.concatenate(used)]
        counted = "their counts" if self.card.coding == "dummies" else "weights of evidence"
        note = f"Bins and {counted} as given." if woe == "given" else "Bins as given."
        points, low, high = (own[name].to_numpy() for name in ("points", "points_low", "points_high"))
        names, labels = tuple(own["variable"]), tuple(own["label"])
        return plot_card(CardPoints(names, labels, points, low, high, self.card.base_points, at, note), ax)

    def _level(self, level: float | None) -> float:
        at = self.fit.record.level if level is None else level
        require_level(at)
        return float(at)

    def _tests(self) -> ChiSquareTests | None:
        """Return tests of the variables of a card with a coefficient per bin; None of one of weights of evidence."""
        if self.card.coding != "dummies" or not self.card.variables:
            return None
        record = self.fit.record
        by_likelihood = self.fit.design is not None and record.has_likelihood
        return anova(record, self.fit.design, 2, "LR" if by_likelihood else "Wald")

    def _errors(self, woe: str) -> PointErrors:
        if woe == "given":
            return errors_given(self.card, self.fit.record.vcov)
        rows = rows_kept(self.rows, self.fit, "intervals with woe='estimated'")
        return errors_estimated(self.card, rows, self.fit.record)
