"""The forest plot of several fits: their rows side by side, one mark per fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.inference.changes import column_changes
from logitkit.plots.forest import Forest
from logitkit.plots.style import OUTCOMES_MOST
from logitkit.plots.term_rows import TermRow
from logitkit.report.forest import ratio_forest
from logitkit.report.term_labels import checked_labels
from logitkit.report.wording import name_list

__all__ = ["forest_of_several"]


class _Place(NamedTuple):
    """A row of a forest plot: its label below that of its factor."""

    heading: str
    row: TermRow


def forest_of_several(
    records: Sequence[FitRecord],
    names: Sequence[str],
    units: Mapping[str, float] | None = None,
    labels: Mapping[str, str] | None = None,
    level: float | None = None,
) -> Forest:
    """Return the ratios of several fits as one forest plot, each row once in the order of the first fit that has it.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fits = [lk.logit(right, births).record for right in ("low ~ age", "low ~ smoke + age")]
    >>> found = forest_of_several(fits, ["one", "two"])
    >>> [row.label for row in found.terms], np.isnan(found.estimate).tolist()
    (['smoke', 'age'], [[True, False], [False, False]])
    """
    if len(records) > OUTCOMES_MOST:
        raise DataError(f"{len(records)} fits cannot be told apart in one figure; draw at most {OUTCOMES_MOST}.")
    own_units, own_labels = _units_of_each(records, units), checked_labels([record.info for record in records], labels)
    found = [
        ratio_forest(record, changes, labels=words, level=level)
        for record, changes, words in zip(records, own_units, own_labels, strict=True)
    ]
    for name, one in zip(names, found, strict=True):
        if one.outcomes:
            raise UnsupportedError(
                f"{name!r} has several outcomes, whose marks would be those of fits: draw it by fit.plot.forest()."
            )
    titles = dict.fromkeys(one.what for one in found)
    if len(titles) > 1:
        raise UnsupportedError(f"The fits have {name_list(list(titles))}, which cannot share an axis.")
    levels = {one.level for one in found if one.level is not None}
    if len(levels) > 1:
        raise DataError(f"The fits have intervals of levels {sorted(levels)}; give one, level=0.95.")
    own = [_places(one.terms) for one in found]
    rows = _merged(own)
    table = np.full((3, len(rows), len(found)), np.nan)
    table[1] = -np.inf  # no row of a fit without the term
    cells = [[("", "")] * len(found) for _ in rows]
    for k, (one, places) in enumerate(zip(found, own, strict=True)):
        for row, place in enumerate(places):
            at = rows.index(place)
            table[:, at, k] = one.estimate[row, 0], one.low[row, 0], one.high[row, 0]
            if place.row.kind != "heading" and one.numbers:
                cells[at][k] = one.numbers[row]
    notes = dict.fromkeys(one.note for one in found if one.note)
    return found[0]._replace(
        terms=tuple(place.row for place in rows),
        estimate=table[0],
        low=table[1],
        high=table[2],
        level=next(iter(levels), None),
        outcomes=tuple(names),
        n_outcomes=len(names),
        places=(),
        numbers=(),
        beside=tuple(map(tuple, cells)),
        words=(),
        note=" ".join(notes),
    )


def _units_of_each(
    records: Sequence[FitRecord], units: Mapping[str, float] | None
) -> Sequence[Mapping[str, float] | None]:
    """Return the units of each fit: those of the variables that it has. One that no fit has is refused."""
    if not isinstance(units, Mapping):
        return [units] * len(records)
    known: list[dict[str, float]] = [{} for _ in records]
    for name, value in units.items():
        refused = []
        for record, own in zip(records, known, strict=True):
            try:
                column_changes(record.info, {name: value})
            except FormulaError as error:
                refused.append(error)
            else:
                own[name] = value
        if len(refused) == len(records):
            raise refused[-1]
    return known


def _places(terms: Sequence[TermRow]) -> list[_Place]:
    places, heading = [], ""
    for row in terms:
        heading = row.label if row.kind == "heading" else (heading if row.indented else "")
        places.append(_Place(heading, row))
    return places


def _merged(several: Sequence[list[_Place]]) -> list[_Place]:
    """Return the rows of all fits: each stands after the row that it follows in the first fit that has it."""
    rows: list[_Place] = []
    for places in several:
        at = 0
        for place in places:
            if place in rows:
                at = rows.index(place) + 1
            else:
                rows.insert(at, place)
                at += 1
    return rows
