"""What a figure of coefficients by outcome shows: a row a term, a column an outcome, as many as can be read."""

from __future__ import annotations

import numpy as np

from logitkit.design.terms import INTERCEPT
from logitkit.errors import UnsupportedError
from logitkit.inference.penalised import interval_words, is_withheld
from logitkit.inference.risk_ratios import risk_ratios
from logitkit.inference.wald import coefficient_estimates
from logitkit.outcome_record import MultinomialRecord
from logitkit.plots.outcome_coefficients import Drawn
from logitkit.report.summary import listed_columns
from logitkit.typing import IntArray

__all__ = ["drawn_coefficients", "drawn_ratios"]

TERMS_MOST = 40
OUTCOMES_MOST = 12


def drawn_coefficients(record: MultinomialRecord, level: float | None = None) -> Drawn:
    """Return the coefficients that are drawn.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    level : float, optional
        Confidence level; the fit's by default.

    Returns
    -------
    Drawn
        All columns that a summary lists, but the intercept and those that are aliased.

    Raises
    ------
    UnsupportedError
        If there is no such column.
    """
    found = coefficient_estimates(record, level)
    m, p = len(record.modelled), record.layout.n_columns
    columns = _columns(record)
    low = found.low.copy()
    if record.absent is not None:
        low[record.absent] = -np.inf
    estimate = found.estimate if record.absent is None else np.where(record.absent, np.nan, found.estimate)
    value, low, high = (each.reshape(m, p)[:OUTCOMES_MOST, columns].T for each in (estimate, low, found.high))
    if record.reference is not None:
        against = record.outcomes[record.reference]
    else:  # a penalty makes the coefficients no deviations from a mean
        against = "the mean of all outcomes" if record.penalty is None else ""
    names = tuple(record.info.names[j] for j in columns)
    outcomes, shown = record.modelled[:OUTCOMES_MOST], _intervals(record, found.level, ratios=False)
    return Drawn(names, outcomes, value, low, high, against, *shown)


def drawn_ratios(record: MultinomialRecord, against: int | None = None, level: float | None = None) -> Drawn:
    """Return the relative risk ratios that are drawn.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    against : int, optional
        The outcome to compare with; the reference by default, the first in symmetric form.
    level : float, optional
        Confidence level; the fit's by default.

    Returns
    -------
    Drawn
        Of the columns of ``drawn_coefficients``.

    Raises
    ------
    UnsupportedError
        If there is no such column.
    """
    columns = _columns(record)
    found = risk_ratios(record, None, against, None, level)
    every = [j for j, name in enumerate(record.info.names) if name != INTERCEPT]
    places = [every.index(j) for j in columns]
    ratio, floor = found.estimate, found.low
    if record.absent is not None:  # that of a term that neither outcome has is no estimate
        has = np.zeros((len(record.outcomes), record.layout.n_columns), dtype=bool)
        has[record.layout.active] = ~record.absent.reshape(record.layout.active.size, -1)
        first, second = (
            [record.outcomes.index(outcome) for outcome in outcomes] for outcomes in (found.outcomes, found.against)
        )
        column = np.tile(every, len(found.terms) // len(every))
        none = ~(has[first, column] | has[second, column])
        ratio, floor = np.where(none, np.nan, ratio), np.where(none, -np.inf, floor)
    value, low, high = (
        values.reshape(-1, len(every))[:OUTCOMES_MOST, places].T for values in (ratio, floor, found.high)
    )
    outcomes = tuple(dict.fromkeys(found.outcomes))[:OUTCOMES_MOST]
    names = tuple(record.info.names[j] for j in columns)
    return Drawn(names, outcomes, value, low, high, found.against[0], *_intervals(record, found.level, ratios=True))


def _intervals(record: MultinomialRecord, level: float, *, ratios: bool) -> tuple[float | None, bool, str]:
    """Return the level that is shown, none where a penalty leaves no intervals, and what an interval is called."""
    return None if is_withheld(record) else level, ratios, interval_words(record)


def _columns(record: MultinomialRecord) -> IntArray:
    aliased = set((record.aliased % record.layout.n_columns).tolist())
    columns = [j for j in listed_columns(record.info) if record.info.names[j] != INTERCEPT and j not in aliased]
    if not columns:
        raise UnsupportedError("There is no coefficient to draw besides the intercepts.")
    return np.array(columns[:TERMS_MOST], dtype=np.int64)
