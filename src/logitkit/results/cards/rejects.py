"""Reject inference as the user holds it: what every method assumes, and the card that follows."""

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
    """What assumptions about rejects do to a card.

    Parameters
    ----------
    scorecard : Scorecard
        The card of accepts.
    applicants : Applicants
        Accepts and rejects in its weights of evidence.
    inferred : tuple of Inferred
        Every method: none first; last the best and the worst case, all good and all bad.
    refused : tuple of Refusal
        Methods without an answer, and why.
    between : (float, float)
        Factors of the odds of bad of the best and the worst case.
    refit : callable
        From the applicants, a method and a confidence level to the fit of its card.
    manifest : RejectsManifest, optional
        What is needed to verify a card that is adopted.

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
        """What the methods are called.

        Returns
        -------
        tuple of str
            In the order of the table.
        """
        return tuple(inferred.method for inferred in self.inferred)

    def to_document(self) -> Document:
        """Return the methods side by side, with their assumptions.

        Returns
        -------
        Document
            Facts, tables and notes of finished text.
        """
        return reject_document(self.applicants, self.inferred, self.refused, self.between)

    def table(self) -> pd.DataFrame:
        """Return one row per method.

        Returns
        -------
        pandas.DataFrame
            reject_bad_rate with std_error (the rejects taken as given), bad_rate (of all), by_card (bad rate of rejects
            by the card that follows), auc (of this card among accepts) and assumption, indexed by the method.
        """
        return rejects_frame(self.applicants, self.inferred)

    def bounds(self, method: str = "none") -> pd.DataFrame:
        """Return how far rates and the Gini coefficient of a card could go, whatever rejects were.

        Parameters
        ----------
        method : str, default "none"
            The method whose card it is, as in the table, or the beginning of it.

        Returns
        -------
        pandas.DataFrame
            bad rate of rejects, bad rate of all, Gini of all (accepts and rejects, by this card); least_possible and
            largest_possible over all outcomes of rejects, least_thought and largest_thought where every reject may
            have any odds between the two cases, and assumed. All four ends are proved
            (``docs/maths/reject_inference.md``, equations 8 and 9).
        """
        return bounds_frame(bounds(self.applicants, self._named(method), self.between))

    def coefficients(self, bounds: bool | str = False) -> pd.DataFrame:
        """Return the coefficients under every method.

        Parameters
        ----------
        bounds : bool or "between", default False
            Whether to add the least and the largest value that each coefficient was found to take over all outcomes
            that rejects could have had, or over those where every reject has odds between the two cases. They are
            attained, and not proved to be the ends (``docs/maths/reject_inference.md``, equation 10).

        Returns
        -------
        pandas.DataFrame
            estimate, std_error and naive_error (what a fit would print that takes the rows for observed), indexed by
            method and term; with bounds also least and largest.
        """
        ends = found_ends(self.applicants, bounds, self.between)
        return coefficients_frame(self.inferred, self.scorecard.card.names, ends)

    def points(self) -> pd.DataFrame:
        """Return the points of every bin under every method.

        Returns
        -------
        pandas.DataFrame
            One row per bin, the base points first; variable, label, and one column per method.
        """
        return points_frame([(name, self.card(name)) for name in self.methods])

    def card(self, method: str) -> Card:
        """Return the card of a method, in the bins of the card of accepts.

        Parameters
        ----------
        method : str
            What it is called in the table, or the beginning of it.

        Returns
        -------
        Card
            Its points, in the scaling of the card of accepts.
        """
        coef, own = self._named(method).coef, self.scorecard.card
        binnings = tuple(variable.binning for variable in own.variables)
        return card_in_coding(binnings, coef, own.scaling, own.coding)

    def adopted(self, method: str) -> Scorecard:
        """Return the scorecard of a method, to export, watch and validate as any other.

        Parameters
        ----------
        method : str
            What it is called in the table, or the beginning of it.

        Returns
        -------
        Scorecard
            In the bins of accepts. Its population has both accepts and rejects, with what is assumed of these; its
            stability is held against accepts. Its fit has the errors of two steps, and says what they
            assume; there are none where outcomes were assigned by a cut-off.
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
            With every variable of the card.
        method : str
            What it is called in the table, or the beginning of it.

        Returns
        -------
        pandas.DataFrame
            points, log_odds and probability (of bad), one row per applicant.
        """
        table, card = read_table(data), self.card(method)
        for name in card.names:
            if name not in table:
                raise DataError(f"The card needs a column {name!r}. {nearest_name(name, table.names)}")
        return scores_frame(card.scores({name: table.column(name) for name in card.names}), table.index)

    def against(self, bad: Sequence[bool] | BoolArray | pd.Series) -> pd.DataFrame:
        """Return how far the methods are from outcomes of rejects that are known after all.

        Parameters
        ----------
        bad : (r,) array-like of bool
            Whether each reject was bad: of rejects who were accepted elsewhere, or in a test that hid outcomes.

        Returns
        -------
        pandas.DataFrame
            error of the bad rate of rejects (inferred less true), and by the card of the method the auc and the brier
            score of rejects, indexed by the method.
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
        """Draw the bad rate of rejects under every method, within the band from the best case to the worst.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw.

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
