"""The methods of a card that compare it with later applicants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from logitkit.design.chunks.opened import source_of
from logitkit.design.table.frame import Table, read_table
from logitkit.errors import DataError, UnsupportedError, nearest_name
from logitkit.options import listed
from logitkit.results.cards.counted_source import counted_source
from logitkit.results.cards.drift import CardStability, held_drift
from logitkit.results.cards.given_rows import made_with_weights, table_weights
from logitkit.results.cards.monitored import CardMonitor, Known, Outcome, Stated, monitor_of
from logitkit.results.cards.named_samples import in_sample
from logitkit.results.cards.periods import Every
from logitkit.results.foreign import verbs_in_our_words
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
from logitkit.scorecard.weighting import WeightMeaning, weighting_of

__all__ = ["Watched", "base_of", "coded_table", "one_column", "stability_of"]


@verbs_in_our_words
class Watched:
    """Methods that compare a card with later applicants."""

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
        weight_kind: WeightMeaning | None = None,
        level: float | None = None,
        replicates: int = 1000,
        seed: int | None = 0,
    ) -> CardStability:
        """Compare applicants with the development sample: PSI of the score, CSI of variables, change of the mean score.

        Parameters
        ----------
        data : table, or what is read in chunks
            Rows with all variables of the card; files and folders are read once. Rows without a score form a group of
            their own.
        base : table, or what is read in chunks, optional
            The sample to compare with; the rows that the card was made from by default.
        weights, base_weights : str or array-like, optional
            Weights of the rows of both samples; for files, a column. The rows of the card have their own weights.
        weight_kind : {"frequency", "sampling"}, optional
            Whether weights are counts of rows or sampling weights; whole numbers are counts by default.
        level : float, optional
            Confidence level; that of the fit by default.
        replicates : int, default 1000
            Number of pairs of samples drawn for the intervals; 0 for no intervals.
        seed : int or None, default 0
            Seed of the random numbers.

        Returns
        -------
        CardStability
            ``table()`` has one row for the score and one per variable; ``bins()`` and ``groups()`` have the
            contributions of bins and of groups of points.
        """
        resampled = Resampled(self.fit.record.level if level is None else level, replicates, seed)
        if weights is None and base_weights is None and weight_kind is not None:
            raise DataError(f"weight_kind={weight_kind!r:.60} says what weights= are, and none are given.")
        kinds = (None if base_weights is None else weight_kind, weight_kind)
        given = ((base, base_weights), (data, weights))
        found = stability_of(self.card, self.development, given, kinds, resampled)
        return replace(found, weighting=replace(found.weighting, of_card=made_with_weights(self)))

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
        weights: Any = None,
        base_weights: Any = None,
        weight_kind: WeightMeaning | None = None,
        level: float | None = None,
        replicates: int = 500,
        seed: int | None = 0,
    ) -> CardMonitor:
        """Return the applicants, the scores and the known outcomes in each period.

        Parameters
        ----------
        data : table
            Rows with all variables of the card and the period. Rows without a score form a group of their own.
        period : str
            Name of the column of application dates, or of other periods that can be sorted.
        known : int or str, optional
            When outcomes become known: a number of periods after the application, or a column of dates. The applicants
            of a period are assessed in the first period of the table in which all their outcomes are known. Without
            ``known``, outcomes are ignored.
        target : str, optional
            Name of the outcome column; that of the card by default.
        indeterminate : object or sequence, optional
            Outcomes that are neither good nor bad.
        base : table, optional
            The sample to compare with; the rows that the card was made from by default.
        every : {"month", "quarter", "year"}
            Length of a period, if the column holds dates.
        limits : Limits, optional
            Limits beyond which a measure gives an alarm.
        weights, base_weights, weight_kind : optional
            As in ``stability``.
        level : float, optional
            Confidence level of all intervals; that of the fit by default.
        replicates : int, default 500
            Number of pairs of samples drawn for the intervals of the indices of each period; 0 for no intervals.
        seed : int or None, default 0
            Seed of the random numbers.

        Returns
        -------
        CardMonitor
            ``table()``, ``variables()``, ``indices()``, ``mean_points()``, ``outcomes()``, ``first_alarms()``,
            ``limits_used()``; ``report(path)`` writes one HTML or Word file.
        """
        if limits is not None and not isinstance(limits, Limits):
            raise DataError(f"limits={limits!r:.60}: give lk.scorecard.Limits(...).")
        resampled = Resampled(self.fit.record.level if level is None else level, replicates, seed)
        source = source_of(data)
        if source is not None:
            raise UnsupportedError(
                f"monitor follows applicants over time, and the rows of {source.label} are read in chunks: read them "
                "into a table, or compare each period by stability(), which takes files."
            )
        rows = coded_table(self.card, read_table(data), weights, weight_kind)
        own, base_kind = self.population, None if base_weights is None else weight_kind
        found = monitor_of(
            rows,
            data,
            (*base_of(self.card, self.development, base, base_weights, base_kind), self.development),
            Stated(period, every, known),
            Outcome(own.target if target is None else target, own.event, own.other, indeterminate),
            limits or Limits(),
            resampled,
        )
        return replace(found, weighting=replace(found.weighting, of_card=made_with_weights(self)))


def stability_of(
    card: Card,
    development: Development | None,
    samples: tuple[tuple[Any, Any], tuple[Any, Any]],
    kinds: tuple[WeightMeaning | None, WeightMeaning | None],
    resampled: Resampled,
) -> CardStability:
    """Return the shift of a table from the base, which is another table or the rows of the card; both have weights."""
    (base, base_weights), (data, weights) = samples
    cuts, first = base_of(card, development, base, base_weights, kinds[0])
    source = source_of(data)
    if source is not None:
        counts, weighting = counted_source(card, source, cuts, weights, None if weights is None else kinds[1])
        return held_drift(replace(card_drift(card, cuts, first, counts, resampled), weighting=weighting))
    recent = coded_table(card, read_table(data), weights, None if weights is None else kinds[1])
    found = card_drift(card, cuts, first, recent.counted(cuts), resampled)
    return held_drift(replace(found, weighting=weighting_of(recent.given, recent.points.size)))


def base_of(
    card: Card, development: Development | None, base: Any, weights: Any, kind: WeightMeaning | None = None
) -> tuple[tuple[float, ...], Counted]:
    """Return the points at which groups begin, and the counts of the base."""
    if base is None:
        if development is None:
            raise DataError("The card keeps no scores of the rows that it was made from. Give these rows as base=.")
        if weights is not None:
            raise DataError("base_weights= are of the rows of base=, and none are given.")
        return development.cuts, counted_development(card, development)
    source = source_of(base)
    with in_sample("base"):
        if source is not None:
            if development is None:
                raise UnsupportedError(
                    f"The card keeps no scores of the rows that it was made from, and groups of about equal size need "
                    f"those of {source.label} in order: give the base as a table."
                )
            return development.cuts, counted_source(card, source, development.cuts, weights, kind)[0]
        rows = coded_table(card, read_table(base), weights, kind)
    cuts = development.cuts if development is not None else score_cuts(rows.points, rows.weights)
    return cuts, rows.counted(cuts)


def coded_table(card: Card, table: Table, weights: Any = None, kind: WeightMeaning | None = None) -> CodedRows:
    """Return the rows of a table by bin and points."""
    for name in card.names:
        if name not in table:
            raise DataError(f"The card needs a column {name!r}. {nearest_name(name, table.names)}")
    columns = {name: table.column(name) for name in card.names}
    return coded_rows(card, columns, table_weights(weights, table, kind))


def one_column(values: Any, which: str) -> Any:
    """Return a sample as a column; a value without one entry per row is refused."""
    if isinstance(values, pd.Series):
        return values
    found = values.to_pandas() if hasattr(values, "to_pandas") else values
    if isinstance(found, pd.Series):
        return found
    several = listed(found)
    if several is None:
        raise DataError(f"{which}: give one value per row, such as a column of a table.")
    return pd.Series(found if hasattr(found, "dtype") else several)
