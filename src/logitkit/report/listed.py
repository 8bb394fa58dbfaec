"""Which coefficients a summary lists one by one, and what it says of the others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import numpy as np

from logitkit.design.info import DesignInfo
from logitkit.engine.facts import Equation
from logitkit.engine.record import FitRecord
from logitkit.report.number_format import format_integer, format_number
from logitkit.report.wording import counted
from logitkit.typing import BoolArray, IntArray

__all__ = ["listed_columns", "listed_equations", "not_listed"]

TERM_MOST = 60  # coefficients of a term that are still listed one by one
ROWS_MOST = 300  # coefficients that are listed in all, where there are several equations


def listed_columns(info: DesignInfo) -> IntArray:
    """Return the columns that a summary lists: all but those of a term with very many."""
    listed = np.ones(len(info.names), dtype=bool)
    for term in info.terms:
        if len(term.columns) > TERM_MOST:
            listed[list(term.columns)] = False
    return np.flatnonzero(listed)


def listed_equations(record: FitRecord) -> list[Equation]:
    """Return the equations that are listed, each with the columns that are listed and are in the model."""
    listed = _listed(record)
    found = []
    for one in record.equations[: _most(record, listed)]:
        kept = listed[one.columns]
        if record.absent is not None:
            kept &= ~record.absent[one.places]
        found.append(one if kept.all() else Equation(one.label, one.columns[kept], one.places[kept]))
    return found


def not_listed(record: FitRecord) -> Iterator[str]:
    """Say how many coefficients are not listed, and which."""
    if len(record.equations) == 1:
        yield from _terms_not_listed(record)
        return
    columns, every = _listed(record), record.coef.size
    shown = _most(record, columns)
    listed = sum(_size(one, columns) for one in record.equations[:shown])
    if listed == every:
        return
    which = []
    if shown < len(record.equations):
        which.append(f"the outcomes from {record.equations[shown].label} on")
    if not columns.all():
        which.append(f"{counted(int(np.count_nonzero(~columns)), 'column')} of each outcome")
    yield (
        f"Not listed: {format_integer(every - listed)} of {format_integer(every)} coefficients "
        f"({', and '.join(which)}). fit.tidy() has them all."
    )


def _listed(record: FitRecord) -> BoolArray:
    """Return which columns are listed in each equation."""
    columns = listed_columns(record.info)
    listed = np.zeros(len(record.info.names), dtype=bool)
    listed[columns if len(record.equations) == 1 else columns[:ROWS_MOST]] = True
    return listed


def _most(record: FitRecord, listed: BoolArray) -> int:
    """Return how many equations are listed."""
    rows = accumulate(_size(one, listed) for one in record.equations)
    return max(sum(size <= ROWS_MOST for size in rows), 1)


def _size(one: Equation, listed: BoolArray) -> int:
    return int(np.count_nonzero(listed[one.columns]))


def _terms_not_listed(record: FitRecord) -> Iterator[str]:
    """Say of each term that is not listed how many coefficients it has and where they lie."""
    for term in record.info.terms:
        if len(term.columns) <= TERM_MOST:
            continue
        coef = record.coef[list(term.columns)]
        finite = coef[np.isfinite(coef)]
        text = f"Not listed: the {format_integer(coef.size)} coefficients of {term.name}"
        if finite.size:
            ends = f"{format_number(float(finite.min()))} to {format_number(float(finite.max()))}"
            count = "" if finite.size == coef.size else f"{format_integer(finite.size)} finite, "
            text += f" ({count}from {ends})"
        else:
            text += " (none finite)"
        yield f"{text}. fit.tidy() has them all."
