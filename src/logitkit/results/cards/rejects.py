"""Reject inference: the assumption of each method, and the card that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.table.frame import numeric_values, read_table
from logitkit.errors import DataError, nearest_name
from logitkit.report.cards.reject_findings import (
    bounds_frame,
    coefficients_frame,
    points_frame,
    reject_document,
    rejects_frame,
)
from logitkit.report.cards.scorecard_frames import scores_frame
from logitkit.report.document import Document
from logitkit.results.cards.scorecard import Scorecard
from logitkit.results.fit import Fit
from logitkit.results.shown import Shown
from logitkit.scorecard.card import Card
from logitkit.scorecard.changes import steps_of
from logitkit.scorecard.dummies import card_in_coding
from logitkit.scorecard.manifest import RejectsManifest
from logitkit.scorecard.monitoring.counted import development_of
from logitkit.scorecard.own_rows import compact_codes
from logitkit.scorecard.rejects.applicants import Applicants
from logitkit.scorecard.rejects.areas import bounds
from logitkit.scorecard.rejects.bounds import found_ends
from logitkit.scorecard.rejects.compared import Refusal, against, assumed_rejects, measures
from logitkit.scorecard.rejects.inferred import Inferred
from logitkit.typing import BoolArray

__all__ = ["RejectInference"]


@dataclass(frozen=True, eq=False, repr=False)
class RejectInference(Shown):
    """The effect of assumptions about rejects on a card.

    Parameters
    ----------
    scorecard : Scorecard
        The card of accepts.
    applicants : Applicants
        Accepts and rejects, coded by the card's weights of evidence.
    inferred : tuple of Inferred
        The results of the methods. The first is no inference; the last are the best and the worst case, with all
        rejects good and all bad.
    refused : tuple of Refusal
        Methods that gave no result, with the reason.
    between : (float, float)
        Factors by which the odds of bad are multiplied in the best and the worst case.
    refit : callable
        Function of the applicants, a method and a confidence level, which returns the fit of the method's card.
    manifest : RejectsManifest, optional
        What is needed to verify an adopted card.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> refused = loans["duration"] > 36
    >>> card = lk.scorecard(["age", "purpose"], loans[~refused], target="class", event="bad")
    >>> found = lk.scorecard.reject_inference(card, loans[~refused], loans[refused])
    >>> found.methods[1:5]
    ('augmentation', 'fuzzy augmentation', 'parcelling, 1.5 times', 'extrapolation')
    """

    scorecard: Scorecard
    applicants: Applicants
    inferred: tuple[Inferred, ...]
    refused: tuple[Refusal, ...]
    between: tuple[float, float]
    refit: Callable[[Applicants, Inferred, float], Fit]
    manifest: RejectsManifest | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods.

        Returns
        -------
        tuple of str
            The names, in the order of the table.
        """
        return tuple(inferred.method for inferred in self.inferred)

    def to_document(self) -> Document:
        """Return a comparison of the methods, with their assumptions.

        Returns
        -------
        Document
            Facts, tables and notes as text.
        """
        return reject_document(self.applicants, self.inferred, self.refused, self.between)

    def table(self) -> pd.DataFrame:
        """Return one row per method.

        Returns
        -------
        pandas.DataFrame
            reject_bad_rate with std_error (with the rejects taken as fixed), bad_rate (of all applicants), by_card (bad
            rate of rejects that the method's card predicts), auc (of that card among accepts) and assumption; the index
            is the method.
        """
        return rejects_frame(self.applicants, self.inferred)

    def bounds(self, method: str = "none") -> pd.DataFrame:
        """Return bounds on bad rates and on the Gini coefficient of a card over the unknown outcomes of rejects.

        Parameters
        ----------
        method : str, default "none"
            The method whose card is used: its name in the table, or the beginning of the name.

        Returns
        -------
        pandas.DataFrame
            Rows: bad rate of rejects, bad rate of all, Gini of all (accepts and rejects, by this card). Columns:
            least_possible and largest_possible over all outcomes of rejects; least_thought and largest_thought over all
            odds of each reject between the two cases; and assumed. All four bounds are proved
            (``docs/maths/reject_inference.md``, equations 8 and 9).
        """
        return bounds_frame(bounds(self.applicants, self._named(method), self.between))

    def coefficients(self, bounds: bool | str = False) -> pd.DataFrame:
        """Return the coefficients under each method.

        Parameters
        ----------
        bounds : bool or "between", default False
            Whether to add the smallest and the largest value found for each coefficient, over all possible outcomes of
            the rejects, or over odds of each reject between the two cases. These values are attained, but they are not
            proved to be the extremes (``docs/maths/reject_inference.md``, equation 10).

        Returns
        -------
        pandas.DataFrame
            estimate, std_error and naive_error (the standard error if inferred outcomes are treated as observed); with
            bounds also least and largest; the index is the method and the term.
        """
        ends = found_ends(self.applicants, bounds, self.between)
        return coefficients_frame(self.inferred, self.scorecard.card.names, ends)

    def points(self) -> pd.DataFrame:
        """Return the points of each bin under each method.

        Returns
        -------
        pandas.DataFrame
            One row per bin, after the base points; columns variable, label, and one per method.
        """
        return points_frame([(name, self.card(name)) for name in self.methods])

    def card(self, method: str) -> Card:
        """Return the card of a method, with the bins of the card of accepts.

        Parameters
        ----------
        method : str
            Name of the method in the table, or the beginning of the name.

        Returns
        -------
        Card
            The card, with the scaling of the card of accepts.
        """
        coef, own = self._named(method).coef, self.scorecard.card
        binnings = tuple(variable.binning for variable in own.variables)
        return card_in_coding(binnings, coef, own.scaling, own.coding)

    def adopted(self, method: str) -> Scorecard:
        """Return the scorecard of a method, which can be exported, monitored and validated like any other.

        Parameters
        ----------
        method : str
            Name of the method in the table, or the beginning of the name.

        Returns
        -------
        Scorecard
            The scorecard, with the bins of accepts. Its population has accepts and rejects, with the assumption about
            rejects; its stability is measured against accepts. The standard errors of its fit account for both steps,
            and it states their assumptions; if outcomes were assigned by a cut-off, there are no standard errors.
        """
        card, own, inferred = self.card(method), self.scorecard, self._named(method)
        fit = self.refit(self.applicants, inferred, own.fit.record.level)
        applicants = self.applicants
        codes = [applicants.codes[name][: applicants.bad.size] for name in card.names]
        sizes = [variable.points.size for variable in card.variables]
        own_codes = compact_codes(codes, applicants.bad.size, sizes)
        level = own.fit.record.level
        development = development_of(card, own_codes, applicants.accept_weights, applicants.bad, level)
        by_hand = steps_of(own.changes)  # the points of a method are made anew
        steps = tuple(step for step in own.steps if step not in by_hand)
        manifest = None
        if own.manifest is not None and self.manifest is not None:
            manifest = replace(own.manifest, rejects=replace(self.manifest, method=inferred.method))
        population = replace(own.population, rejects=assumed_rejects(applicants, inferred))
        return Scorecard(card, fit, own.binnings, population, steps, development, manifest)

    def score(self, data: Any, method: str) -> pd.DataFrame:
        """Return the scores of applicants by the card of a method.

        Parameters
        ----------
        data : table
            Table with all variables of the card.
        method : str
            Name of the method in the table, or the beginning of the name.

        Returns
        -------
        pandas.DataFrame
            points, log_odds and probability of bad, one row per applicant.
        """
        table, card = read_table(data), self.card(method)
        for name in card.names:
            if name not in table:
                raise DataError(f"The card needs a column {name!r}. {nearest_name(name, table.names)}")
        return scores_frame(card.scores({name: table.column(name) for name in card.names}), table.index)

    def against(self, bad: Sequence[bool] | BoolArray | pd.Series) -> pd.DataFrame:
        """Return the error of each method when the outcomes of rejects are known.

        Parameters
        ----------
        bad : (r,) array-like of bool
            Whether each reject was bad, known because it was accepted elsewhere or because a test had hidden its
            outcome.

        Returns
        -------
        pandas.DataFrame
            error of the bad rate of rejects (inferred minus true), and the auc and brier score of the method's card
            among rejects; the index is the method.
        """
        known = numeric_values(pd.Series(np.asarray(bad, dtype=object)).astype(float), "bad")
        if known.size != self.applicants.rejects.shape[0] or not np.isin(known, (0.0, 1.0)).all():
            raise DataError(
                f"bad has {known.size} values and there are {self.applicants.rejects.shape[0]} rejects: give one True "
                "or False per reject."
            )
        rows = [against(self.applicants, inferred, known) for inferred in self.inferred]
        return pd.DataFrame(rows, columns=["error", "auc", "brier"], index=pd.Index(self.methods, name="method"))

    def plot(self, ax: Any = None) -> Any:
        """Draw the bad rate of rejects under each method, within the band from the best to the worst case.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.

        Returns
        -------
        matplotlib.axes.Axes
            The plot.
        """
        from logitkit.plots.rejects import plot_rejects

        found = {inferred.method: measures(self.applicants, inferred).rejects for inferred in self.inferred}
        return plot_rejects(found, ax, accepts=self.applicants.bad_rate, between=self.between)

    def _named(self, method: str) -> Inferred:
        found = [inferred for inferred in self.inferred if inferred.method == method]
        if not found and isinstance(method, str) and method:
            found = [inferred for inferred in self.inferred if inferred.method.startswith(method)]
        if len(found) != 1:
            raise DataError(
                f"method={method!r:.60}: {'more than one begins so' if found else 'there is none'}. "
                f"{nearest_name(str(method), self.methods)}"
            )
        return found[0]
