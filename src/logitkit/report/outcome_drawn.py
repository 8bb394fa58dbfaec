"""What a figure of coefficients by outcome shows: a row a term, a column an outcome, as many as can be read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.changes import without_ratio
from logitkit.inference.penalised import interval_words, is_withheld
from logitkit.inference.ratios import odds_ratios
from logitkit.inference.wald import coefficient_estimates
from logitkit.plots.outcome_coefficients import Drawn
from logitkit.plots.style import OUTCOMES_MOST
from logitkit.report.cautions import no_ratio
from logitkit.report.forest_rows import term_rows
from logitkit.report.listed import listed_columns
from logitkit.report.units import changes_of, per_unit
from logitkit.report.wording import counted, name_list
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["drawn_coefficients", "drawn_ratios"]

TERMS_MOST = 40
NOTHING = (np.nan, -np.inf, np.nan)  # estimate and limits of a row that holds none


def drawn_coefficients(
    record: FitRecord, level: float | None = None, units: Mapping[str, float] | None = None
) -> Drawn:
    """Return the coefficients that are drawn."""
    m, p = len(record.modelled), record.predictors.n_columns
    changes = changes_of(record.info, units)
    found = per_unit(coefficient_estimates(record, level), np.tile(changes, m))
    columns = _columns(record)
    low = found.low.copy()
    if record.absent is not None:
        low[record.absent] = -np.inf
    estimate = found.estimate if record.absent is None else np.where(record.absent, np.nan, found.estimate)
    values = [each.reshape(m, p)[:OUTCOMES_MOST, columns].T for each in (estimate, low, found.high)]
    if record.reference is not None:
        against = record.outcomes[record.reference]
    else:  # a penalty makes the coefficients no deviations from a mean
        against = "the mean of all outcomes" if record.penalty is None else ""
    return _drawn(record, columns, record.modelled, values, against, changes, found.level, ratios=False)


def drawn_ratios(
    record: FitRecord,
    against: int | None = None,
    level: float | None = None,
    units: Mapping[str, float] | None = None,
) -> Drawn:
    """Return the relative risk ratios that are drawn."""
    columns = _columns(record, ratios=True)
    found = odds_ratios(record, None, against, units, level)
    every = [j for j, name in enumerate(record.info.names) if name != INTERCEPT]
    places = [every.index(j) for j in columns]
    ratio, floor = found.estimate, found.low
    if record.absent is not None:  # that of a term that neither outcome has is no estimate
        has = np.zeros((len(record.outcomes), record.predictors.n_columns), dtype=bool)
        has[record.predictors.active] = ~record.absent.reshape(record.predictors.active.size, -1)
        first, second = (
            [record.outcomes.index(outcome) for outcome in outcomes] for outcomes in (found.outcomes, found.against)
        )
        column = np.tile(every, len(found.terms) // len(every))
        none = ~(has[first, column] | has[second, column])
        ratio, floor = np.where(none, np.nan, ratio), np.where(none, -np.inf, floor)
    values = [each.reshape(-1, len(every))[:OUTCOMES_MOST, places].T for each in (ratio, floor, found.high)]
    outcomes = tuple(dict.fromkeys(found.outcomes))
    changes = changes_of(record.info, units)
    return _drawn(record, columns, outcomes, values, found.against[0], changes, found.level, ratios=True)


def _drawn(
    record: FitRecord,
    columns: IntArray,
    outcomes: tuple[str, ...],
    values: list[FloatArray],
    against: str,
    changes: FloatArray,
    level: float,
    *,
    ratios: bool,
) -> Drawn:
    """Return what is drawn, with rows for the headings and references of factors, and what is left out."""
    shown = outcomes[:OUTCOMES_MOST]
    rows = term_rows(record.info, columns.tolist(), None, dict(enumerate(changes.tolist())))
    place = {int(j): row for row, j in enumerate(columns)}
    table = np.empty((3, len(rows), len(shown)))
    for row, (_, column) in enumerate(rows):
        table[:, row] = np.array(NOTHING)[:, None] if column is None else [each[place[column]] for each in values]
    none = without_ratio(record.info) if ratios else np.zeros(len(record.info.names), dtype=bool)
    apart = no_ratio(record.info, "relative risk ratio") if ratios else ()
    notes = (_outcomes_left(shown, outcomes[OUTCOMES_MOST:]), _terms_left(record, columns, none), *apart)
    return Drawn(
        tuple(row for row, _ in rows),
        shown,
        table[0],
        table[1],
        table[2],
        against,
        None if is_withheld(record) else level,
        ratios,
        interval_words(record),
        tuple(record.outcomes.index(outcome) for outcome in shown),
        len(record.outcomes),
        " ".join(note for note in notes if note),
    )


def _outcomes_left(shown: tuple[str, ...], rest: tuple[str, ...]) -> str:
    if not rest:
        return ""
    return (
        f"Drawn are the first {len(shown)} of {len(shown) + len(rest)} outcomes, as more cannot be told apart; not "
        f"drawn: {name_list(rest, 6)}."
    )


def _terms_left(record: FitRecord, columns: IntArray, none: BoolArray) -> str:
    """Say how many coefficients of an outcome are not drawn, those without a ratio left out."""
    aliased = set((record.aliased % record.predictors.n_columns).tolist()) | set(np.flatnonzero(none).tolist())
    every = [j for j, name in enumerate(record.info.names) if name != INTERCEPT and j not in aliased]
    rest = len(every) - columns.size
    return f"Not drawn: {counted(rest, 'further coefficient')} of each outcome." if rest else ""


def _columns(record: FitRecord, *, ratios: bool = False) -> IntArray:
    aliased = set((record.aliased % record.predictors.n_columns).tolist())
    columns = [j for j in listed_columns(record.info) if record.info.names[j] != INTERCEPT and j not in aliased]
    if not columns:
        raise UnsupportedError("There is no coefficient to draw besides the intercepts.")
    if record.separated_completely:
        raise UnsupportedError(
            "There is no coefficient to draw: every row is fitted perfectly (complete separation), and none is finite."
        )
    if ratios:
        none = without_ratio(record.info)
        columns = [j for j in columns if not none[j]]
        if not columns:
            notes = " ".join(no_ratio(record.info, "relative risk ratio"))
            raise UnsupportedError(f"There is no relative risk ratio to draw. {notes}")
    return np.array(columns[:TERMS_MOST], dtype=np.int64)
