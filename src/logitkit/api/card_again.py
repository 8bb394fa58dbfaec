"""A scorecard made again with other weights of its rows: bins, selection and coefficients."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.api.card_making import CardRows, Making, made_card
from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError
from logitkit.inference.validation.refitting import End, Refitted, ended
from logitkit.results.classes import fit_of
from logitkit.results.fit import Fit
from logitkit.scorecard.card import Card
from logitkit.typing import FloatArray

__all__ = ["CardAgain", "fit_of_card"]


@dataclass(frozen=True, eq=False)
class CardAgain:
    """How the fit of a card is made again from the variables, including their binning.

    Parameters
    ----------
    rows : CardRows
        The n rows of the fit.
    making : Making
        How the card was made from them.
    """

    rows: CardRows
    making: Making

    @property
    def words(self) -> tuple[str, ...]:
        """What is done again, in words."""
        edits = ", with the changes by hand" if any(self.making.edits.values()) else ""
        chosen = (
            "every variable with two bins was taken" if self.making.selection is None else "variables were selected"
        )
        whole = "The whole card was made again in each resample: variables were binned"
        return (f"{whole}{edits}, {chosen}, and coefficients were estimated.",)

    def refitter(self, record: FitRecord, design: Design) -> _Cards:
        """Return a function that makes the card again with other weights of the rows."""
        del record, design
        return _Cards(self.rows, self.making, " ".join(self.words))


@dataclass(frozen=True, eq=False)
class _Cards:
    """Cards of weighted rows, one by one."""

    rows: CardRows
    making: Making
    words: str

    together = 1
    on_threads = False
    calibrated = False

    def fit(self, prior: FloatArray) -> Refitted:
        """Return the predictions for all rows of cards made from weighted rows."""
        found = [self.one(weights) for weights in prior]
        return Refitted(np.stack([each for each, _ in found]), np.array([end for _, end in found]), False)

    def one(self, prior: FloatArray) -> tuple[FloatArray, End]:
        """Return the log odds from one card, shape (1, n), and the status of its fit."""
        try:
            made = made_card(replace(self.rows, weights=prior), self.making)
        except LogitkitError:  # such as a resample of which no variable has two rates
            return np.full((1, self.rows.bad.size), np.nan), End.FAILED
        return self._log_odds(made.card)[None], ended(made.fit.record)

    def _log_odds(self, card: Card) -> FloatArray:
        """Return the log odds of all rows; nan where a level is unseen and its policy is to refuse it."""
        found = np.full(self.rows.bad.size, card.intercept)
        for variable in card.variables:
            found += variable.logits[variable.binning.codes(self.rows.columns[variable.binning.name])]
        return found


def fit_of_card(fit: Fit, rows: CardRows, making: Making) -> Fit:
    """Return the fit of a card, with the rows and how the card was made from them."""
    return fit_of(fit.record, fit.design, CardAgain(rows.counted(), making))
