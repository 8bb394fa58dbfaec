"""The verbs of a card that look at later applicants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.table.frame import Table, numeric_values, read_table, row_values
from logitkit.errors import DataError, nearest_name
from logitkit.results.cards.drift import CardStability, held_drift
from logitkit.results.cards.monitored import CardMonitor, Known, monitor_of
from logitkit.results.cards.periods import Every
from logitkit.scorecard.card import Card
from logitkit.scorecard.monitoring.card_stability import card_drift
from logitkit.scorecard.monitoring.counted import (
    CodedRows,
    Counted,
    Development,
    coded_rows,
    counted_development,
    score_cuts,
)
from logitkit.scorecard.monitoring.index import Resampled
from logitkit.scorecard.monitoring.limits import Limits
from logitkit.scorecard.population import Population
from logitkit.typing import FloatArray

__all__ = ["Watched", "base_of", "coded_table", "one_column", "stability_of", "table_weights"]


class Watched:
    """What a card gains: it is compared with later applicants."""

    card: Card
    population: Population
    development: Development | None
    fit: Any

    def stability(
        self,
        data: Any,
        *,
        base: Any = None,
        weights: Any = None,
        base_weights: Any = None,
        level: float | None = None,
        replicates: int = 1000,
        seed: int | None = 0,
    ) -> CardStability:
        """Return how far applicants are from those that the card was made from: PSI, CSI, the change of the mean score.

        Parameters
        ----------
        data : table
            With every variable of the card. Rows that cannot be scored are counted too.
        base : table, optional
            The sample to compare with; the rows that the card was made from by default.
        weights, base_weights : str or array-like, optional
            Weights of the rows of both.
        level : float, optional
            Confidence level; that of the fit by default.
        replicates : int, default 1000
            Pairs of samples drawn for the intervals; 0 for none.
        seed : int or None, default 0
            Of the generator.

        Returns
        -------
        CardStability
            ``table()`` has one row for the score and one per variable, ``bins()`` and ``groups()`` what each bin adds.
        """
        resampled = Resampled(self.fit.record.level if level is None else level, replicates, seed)
        return stability_of(self.card, self.development, (base, data), (base_weights, weights), resampled)

    def monitor(
        self,
        data: Any,
        *,
        period: str,
        known: Known = None,
        target: str | None = None,
        indeterminate: Any = (),
        base: Any = None,
        every: Every = "month",
        limits: Limits | None = None,
    ) -> CardMonitor:
        """Return the card period by period: applicants, scores, and outcomes as far as they were known.

        Parameters
        ----------
        data : table
            With every variable of the card and the period. Rows that cannot be scored are counted too.
        period : str
            The column of dates of application, or of other periods in their order.
        known : int or str, optional
            When outcomes are known: so many periods after the application, or on the dates of a column. Applicants of
            a period are judged in the first period, up to the last of the table, in which all of them are. Without it
            outcomes are not looked at.
        target : str, optional
            The column of the outcome; that of the card by default.
        indeterminate : object or sequence, optional
            Outcomes that are neither good nor bad.
        base : table, optional
            The sample to compare with; the rows that the card was made from by default.
        every : {"month", "quarter", "year"}
            Periods of dates.
        limits : Limits, optional
            When a measure rings.

        Returns
        -------
        CardMonitor
            ``table()``, ``variables()``, ``mean_points()``, ``outcomes()``, ``first_alarms()``; ``report(path)`` writes
            one HTML file.
        """
        rows = coded_table(self.card, read_table(data))
        own = self.population.target if target is None else target
        return monitor_of(
            rows,
            data,
            base_of(self.card, self.development, base, None),
            (period, every, known),
            (own, self.population.event, self.population.other, indeterminate),
            limits or Limits(),
            self.fit.record.level,
        )


def stability_of(
    card: Card,
    development: Development | None,
    samples: tuple[Any, Any],
    weights: tuple[Any, Any],
    resampled: Resampled,
) -> CardStability:
    """Return how far a table (the second of ``samples``) is from the base: another table, or the rows of the card."""
    cuts, base = base_of(card, development, samples[0], weights[0])
    recent = coded_table(card, read_table(samples[1]), weights[1])
    return held_drift(card_drift(card, cuts, base, recent.counted(cuts), resampled))


def base_of(card: Card, development: Development | None, base: Any, weights: Any) -> tuple[tuple[float, ...], Counted]:
    """Return where groups of points begin, and the counts of the base."""
    if base is None:
        if development is None:
            raise DataError("The card keeps no scores of the rows that it was made from. Give these rows as base=.")
        if weights is not None:
            raise DataError("base_weights= are of the rows of base=, and none are given.")
        return development.cuts, counted_development(card, development)
    rows = coded_table(card, read_table(base), weights)
    cuts = development.cuts if development is not None else score_cuts(rows.points, rows.weights)
    return cuts, rows.counted(cuts)


def coded_table(card: Card, table: Table, weights: Any = None) -> CodedRows:
    """Return the rows of a table by bin and points."""
    for name in card.names:
        if name not in table:
            raise DataError(f"The card needs a column {name!r}. {nearest_name(name, table.names)}")
    columns = {name: table.column(name) for name in card.names}
    return coded_rows(card, columns, table_weights(weights, table))


def table_weights(weights: Any, table: Table) -> FloatArray | None:
    """Return the weights of all rows of a table; None where all are one."""
    if weights is None:
        return None
    found = numeric_values(row_values(weights, table, "weights")[0], "weights")
    if not (np.isfinite(found).all() and (found >= 0).all()):
        raise DataError("weights must be numbers that are not negative, and none may be missing.")
    return found


def one_column(values: Any, which: str) -> Any:
    """Return a sample as a column, refusing what has not one value per row."""
    if isinstance(values, pd.Series):
        return values
    found = values.to_pandas() if hasattr(values, "to_pandas") else values
    if isinstance(found, str) or np.ndim(found) != 1:
        raise DataError(f"{which}: give one value per row, such as a column of a table.")
    return found if isinstance(found, pd.Series) else pd.Series(found)
