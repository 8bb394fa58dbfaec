"""Scores of the same rows from several fits and from columns of their table, for comparisons of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from logitkit.design.chunks.over import over_chunks
from logitkit.design.chunks.source import Chunk
from logitkit.design.chunks.stream import Stream
from logitkit.design.table.frame import numeric_values, read_table
from logitkit.diagnostics.discrimination.joined import joined_predictions
from logitkit.diagnostics.discrimination.scored import Scored
from logitkit.errors import DataError
from logitkit.models.links import LOGIT
from logitkit.results.rows import Rows
from logitkit.results.shown import shown
from logitkit.typing import FloatArray, IntArray

__all__ = ["as_result", "probabilities_together", "scored_together"]

OWN = "this fit"
T = TypeVar("T")


@contextmanager
def probabilities_together(rows: Rows, others: Any = None) -> Iterator[Scored]:
    """Return the rows with the log odds of a fit and of others; columns of the table hold probabilities."""
    with scored_together(rows, others, probabilities=True) as found:
        if len(found) > 1:
            raise DataError("Predictions are compared on the same rows: give fits, not fits on rows of their own.")
        yield found[0]


@contextmanager
def scored_together(rows: Rows, others: Any = None, *, probabilities: bool = False) -> Iterator[list[Scored]]:
    """Return the rows with the scores of a fit and of others, or several samples if fits are on different rows.

    ``others`` is a fit, a fit on other rows, the name of a column of the table, an array, or several of them as a
    mapping by name or as a sequence. What was sorted on disk is gone afterwards.
    """
    from logitkit.results.on_rows import FitOnRows

    named = _named(others)
    own = next((name for name, each in named.items() if isinstance(others, Mapping) and _is_own(each, rows)), OWN)
    named.pop(own, None)
    apart = {name: each for name, each in named.items() if isinstance(each, FitOnRows)}
    if apart and len(apart) < len(named):
        raise DataError(
            "Scores of the same rows and fits on rows of their own were given together: a comparison is either of the "
            "same rows (fits, columns, arrays) or of different ones (fit.on(data) each)."
        )
    if apart:
        samples = {own: rows, **{name: fit._rows_of(None) for name, fit in apart.items()}}  # noqa: SLF001
        with ExitStack() as stack:
            asked_for = [[(name, each.record, each.design)] for name, each in samples.items()]
            yield [stack.enter_context(joined_predictions(each)) for each in asked_for]
        return
    fits: list[tuple[str, Any, Any]] = [(own, rows.record, rows.design)]
    columns: dict[str, Any] = {}
    stream = rows.design.stream
    for name, other in named.items():
        if hasattr(other, "record"):
            asked = rows if rows.data is not None else replace(rows, own=other.design)
            fits.append((name, other.record, replace(asked, record=other.record).design))
            _require_one_table(rows, fits[-1][2], name)
        else:
            as_scores = partial(_log_odds, name=name) if probabilities else _as_they_are
            if stream is None:
                columns[name] = as_scores(_column(rows, other, name))
            else:
                columns[name] = ((at, as_scores(values)) for at, values in _column_of(stream, other, name))
    with joined_predictions(fits, columns) as found:
        yield [found]


def _is_own(other: Any, rows: Rows) -> bool:
    """Tell whether one of several is the fit itself, which then has its name."""
    return getattr(other, "record", None) is rows.record


def _named(others: Any) -> dict[str, Any]:
    """Return what is compared, by name."""
    if others is None:
        return {}
    if isinstance(others, Mapping):
        return {str(name): each for name, each in others.items()}
    several = isinstance(others, list | tuple) and not all(isinstance(each, int | float) for each in others)
    given = list(others) if several else [others]
    names = [
        each if isinstance(each, str) else "other" if len(given) == 1 else f"other {k + 1}"
        for k, each in enumerate(given)
    ]
    return dict(zip(names, given, strict=True))


def _require_one_table(rows: Rows, design: Any, name: str) -> None:
    """Refuse fits that were fitted to tables of other sizes: their rows are not the same."""
    if rows.data is None and design.counts.given != rows.design.counts.given:
        raise DataError(
            f"The fit and {name!r} were fitted to tables of {rows.design.counts.given:,} and "
            f"{design.counts.given:,} rows, which are not the same rows. Pass data=, a table that both predict; or for "
            "rows that are others, fit.on(data).roc_test(other.on(other_data))."
        )


def _column(rows: Rows, given: Any, name: str) -> FloatArray:
    """Return a score for each row of the table."""
    if isinstance(given, str):
        if rows.data is None:
            raise DataError(
                f"{given!r} names a column, and the fit keeps no table: pass data=, or the column itself, "
                f"data[{given!r}]."
            )
        table = read_table(rows.data)
        return numeric_values(table.frame([given], None)[given], f"score {given!r}")
    size = rows.design.counts.given
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.empty(0)
    if values.shape != (size,):
        raise DataError(
            f"{name!r} must be a fit, the name of a column, or {size:,} numbers, one for each row of the table; it is "
            f"{type(given).__name__} of shape {values.shape}."
        )
    return values


def _column_of(stream: Stream, given: Any, name: str) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield places of rows that are read in chunks with a score of each, some at a time."""
    if not isinstance(given, str):
        raise DataError(
            f"{name!r} must be a fit or the name of a column of {stream.source.label}: an array has no place beside "
            "its rows."
        )
    stream.require_columns([given], "other")
    task = partial(_numbers, given)
    for start, values in over_chunks(stream.source, (given,), stream.size, task, stream.executor, stream.budget):
        yield np.arange(start, start + values.size), values


def _numbers(column: str, chunk: Chunk) -> tuple[int, FloatArray]:
    """Return where a chunk begins, and a column of it."""
    return chunk.start, numeric_values(read_table(chunk.table).frame([column], None)[column], f"score {column!r}")


def _as_they_are(values: FloatArray) -> FloatArray:
    return values


def _log_odds(values: FloatArray, name: str) -> FloatArray:
    """Return the log odds of probabilities that are given."""
    there = values[~np.isnan(values)]
    if there.size and not ((there >= 0.0) & (there <= 1.0)).all():
        raise DataError(
            f"{name!r} must hold probabilities, from 0 to 1, and goes from {there.min():g} to {there.max():g}."
        )
    with np.errstate(divide="ignore"):
        return np.asarray(LOGIT.link(values))


def as_result(kind: type[T], found: Any) -> T:
    """Return a result as an instance of a subclass with a table, a figure and output formats."""
    return shown(kind(**{field.name: getattr(found, field.name) for field in fields(found)}))
