"""The left side of a formula: 0/1, bool, text or categories, or events and non-events counted."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from logitkit.design.formula.evaluation import Scope
from logitkit.design.formula.expression import read_expression
from logitkit.design.info import ResponseInfo
from logitkit.design.table.frame import coded_values, is_missing, levels_of
from logitkit.errors import FormulaError, ResponseError, nearest_name
from logitkit.typing import BoolArray, FloatArray

__all__ = [
    "Counts",
    "Outcome",
    "code_fraction",
    "code_outcome",
    "count_column",
    "evaluate_left",
    "missing_outcome",
    "one_value",
]


@dataclass(frozen=True)
class Counts:
    """The value of ``cbind(events, nonevents)``, or of ``cbind`` with more columns.

    Parameters
    ----------
    columns : tuple of (n,) arrays
        Counts of each outcome in each row.
    """

    columns: tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """A coded outcome.

    Parameters
    ----------
    y : (n,) array
        Proportion of events.
    trials : (n,) array or None
        Trials of each row for counted data.
    info : ResponseInfo
        What was chosen as the event.
    """

    y: FloatArray
    trials: FloatArray | None
    info: ResponseInfo


def evaluate_left(left: str, frame: Any, functions: Mapping[str, Any]) -> Any:
    """Evaluate the left side of a formula on a frame."""
    if left in frame.columns:
        return frame[left]
    read = read_expression(left)
    if isinstance(read.tree, ast.Name) and read.aliases.get(read.tree.id) in frame.columns:
        return frame[read.aliases[read.tree.id]]
    columns = {str(name): frame[name] for name in frame.columns}
    try:
        values = Scope(columns, functions, {"cbind": lambda *counts: Counts(counts)}).evaluate(left, _learns_nothing)
    except FormulaError:
        raise
    except Exception as error:
        # Any error can come out of the caller's expression; its cause stays attached.
        raise FormulaError(f"The left side {left!r} cannot be evaluated: {type(error).__name__}: {error}") from error
    if isinstance(values, Counts):
        return Counts(tuple(_one_column(column, len(frame), left) for column in values.columns))
    return _one_column(values, len(frame), left)


def _learns_nothing(written: str) -> dict[str, Any]:
    """Refuse a transform whose numbers would be learnt again from every table."""
    raise FormulaError(
        f"{written} on the left side depends on the rows that it is given, so that new rows would change the outcome. "
        "Compute the column in the table."
    )


def _one_column(values: Any, n: int, left: str) -> Any:
    """Return the values if there is one per row; a single number is repeated for every row, as in R."""
    if np.ndim(values) == 0 and not isinstance(values, str):
        return np.full(n, values)
    if np.shape(values) != (n,):
        raise ResponseError(
            f"The response {left!r} has shape {np.shape(values)} for {n} rows; it must be one column, or "
            "cbind(events, nonevents)."
        )
    return values


def missing_outcome(values: Any) -> BoolArray:
    """Return where an evaluated left side is missing."""
    if isinstance(values, Counts):
        return np.asarray(np.logical_or.reduce([is_missing(column) for column in values.columns]), dtype=bool)
    return is_missing(values)


def code_outcome(values: Any, name: str, event: Any = None, known: ResponseInfo | None = None) -> Outcome:
    """Turn an evaluated left side into proportions of events.

    Examples
    --------
    >>> outcome = code_outcome(["no", "yes", "no"], "died")
    >>> outcome.y.tolist(), outcome.info.event
    ([0.0, 1.0, 0.0], 'yes')
    """
    if known is not None and known.kind == "fraction":
        return code_fraction(values, name, known)
    if isinstance(values, Counts):
        return _code_counts(values, name, event, known)
    if known is not None:
        return Outcome(_code_known(values, name, known), None, known)
    array = np.asarray(values)
    if array.ndim != 1:
        raise ResponseError(
            f"The response {name!r} has shape {array.shape}; it must be one column, or cbind(events, nonevents)."
        )
    if array.size == 0:
        raise ResponseError(f"The response {name!r} has no rows.")
    if array.dtype.kind == "c":
        raise ResponseError(f"The response {name!r} holds complex numbers; they must be 0 or 1.")
    if event is not None:
        event = one_value(event)
    if event is None and array.dtype.kind in "fiub":
        y = array.astype(np.float64)
        events, nonevents = int(np.count_nonzero(y == 1.0)), y.size - int(np.count_nonzero(y))
        if events + nonevents < y.size:
            row = int(np.argmin((y == 0.0) | (y == 1.0)))
            raise ResponseError(
                f"The response {name!r} holds {array[row]} in row {row} of those used; numbers must be 0 or 1. For two "
                "other values name the event, event=...; for counts write cbind(events, nonevents) ~ ...; for a "
                "proportion of trials give the counts of events and nonevents; for fractions of "
                "unknown numbers of trials state outcome='fraction'."
            )
        if not (events and nonevents):
            raise ResponseError(_one_class(name, array[0]))
        kind_bool = array.dtype.kind == "b"
        event_text, other = ("True", "False") if kind_bool else ("1", "0")
        return Outcome(y, None, ResponseInfo(name, event=event_text, nonevent=other))
    levels = levels_of(values)
    if len(levels) == 1:
        raise ResponseError(_one_class(name, levels[0]))
    if len(levels) > 2:
        shown = ", ".join(repr(level) for level in levels[:6])
        raise ResponseError(
            f"The response {name!r} has {len(levels)} classes ({shown}{', ...' if len(levels) > 6 else ''}); "
            "a binary model needs two. For all of them use lk.multinomial or model=lk.Multinomial() (on the command "
            "line --model multinomial); "
            f'to compare one with the rest, write for example "({name} == {levels[0]!r}) ~ ...".'
        )
    if event is None:
        chosen = levels[1]
    else:
        matching = [level for level in levels if level == event]
        if not matching:
            raise ResponseError(f"event={event!r} does not occur in the response {name!r}. {_hint(event, levels)}")
        chosen = matching[0]
    other = levels[0] if chosen == levels[1] else levels[1]
    info = ResponseInfo(name, event=str(chosen), nonevent=str(other), coded={chosen: 1, other: 0})
    return Outcome(_code_known(values, name, info), None, info)


def code_fraction(values: Any, name: str, known: ResponseInfo | None = None) -> Outcome:
    """Return fractions between 0 and 1 as outcomes.

    Examples
    --------
    >>> code_fraction([0.0, 0.25, 1.0], "rate").info.kind
    'fraction'
    """
    if isinstance(values, Counts):
        raise ResponseError(
            f"{name!r} has counts, whose likelihood is known: leave outcome='fraction' out, or give the fraction alone."
        )
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "fiub":
        raise ResponseError(
            f"The response {name!r} has shape {array.shape} and type {array.dtype}; outcome='fraction' takes one "
            "number between 0 and 1 per row."
        )
    y = array.astype(np.float64)
    wrong = ~((y >= 0.0) & (y <= 1.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ResponseError(
            f"The response {name!r} holds {array[row]} in row {row} of those used; a fraction lies between 0 and 1. "
            "Divide percentages by 100."
        )
    if known is None and (y.size == 0 or y.max() == 0.0 or y.min() == 1.0):
        raise ResponseError(_one_class(name, array[0]) if y.size else f"The response {name!r} has no rows.")
    return Outcome(y, None, known or ResponseInfo(name, kind="fraction"))


def one_value(event: Any) -> Any:
    """Return the event as one plain value; a day is its midnight, as the days of a column are."""
    if np.ndim(event) != 0 or isinstance(event, (Mapping, set, frozenset)):
        raise ResponseError(
            f"event={event!r} is not a single value; give the value of the response whose probability is modelled."
        )
    if bool(np.any(is_missing(event))):
        raise ResponseError(f"event={event!r} is missing; rows with a missing response are dropped.")
    if isinstance(event, date) and not isinstance(event, datetime):
        return datetime(event.year, event.month, event.day)  # noqa: DTZ001 - the column has no zone either
    return event


def _hint(event: Any, levels: list[Any]) -> str:
    """Return a hint at the intended value, with its type if only the type differs."""
    for level in levels:
        if str(level) == str(event):
            return (
                f"The response has {level!r} of type {type(level).__name__}, not {type(event).__name__}: give event= "
                "in that type."
            )
    if all(isinstance(value, str) for value in (event, *levels)):
        return nearest_name(event, levels)
    return f"Its values are {' and '.join(repr(level) for level in levels)}."


def _code_known(values: Any, name: str, info: ResponseInfo) -> FloatArray:
    """Code values by a choice that was made before."""
    if not info.coded:
        y = np.asarray(values).astype(np.float64)
        if not ((y == 0.0) | (y == 1.0)).all():
            raise ResponseError(f"The response {name!r} holds values other than 0 and 1, the values of the fit.")
        return y
    found = coded_values(values)
    meaning = [next((code for known, code in info.coded.items() if known == level), np.nan) for level in found.levels]
    y = np.asarray(np.array([*meaning, np.nan])[found.codes])
    if np.isnan(y).any():
        value = np.asarray(values)[int(np.argmax(np.isnan(y)))]
        levels = ", ".join(repr(level) for level in info.coded)
        raise ResponseError(f"The response {name!r} holds {value!r}, which the fit never saw; it had {levels}.")
    return y


def _code_counts(values: Counts, name: str, event: Any, known: ResponseInfo | None) -> Outcome:
    """Code events and non-events."""
    if event is not None:
        raise ResponseError(
            f"event={event!r} was given with {name!r}; there the first count is the event. Swap the two counts instead."
        )
    if len(values.columns) != 2:
        raise ResponseError(
            f"{name!r} has {len(values.columns)} counts per row; a binary model has two, events and nonevents. For "
            "more outcomes use lk.multinomial or model=lk.Multinomial()."
        )
    events, nonevents = (
        count_column(column, label, name) for column, label in zip(values.columns, ("events", "nonevents"), strict=True)
    )
    trials = events + nonevents
    if known is None and (events.sum() == 0.0 or nonevents.sum() == 0.0):
        raise ResponseError(_one_class(name, "non-events only" if events.sum() == 0.0 else "events only"))
    y = np.divide(events, trials, out=np.zeros_like(events), where=trials > 0.0)
    return Outcome(y, trials, known or ResponseInfo(name, kind="grouped", event="events", nonevent="nonevents"))


def count_column(column: Any, label: str, name: str) -> FloatArray:
    """Return counts as numbers."""
    array = np.asarray(column)
    if array.dtype.kind not in "fiub":
        raise ResponseError(f"The {label} of {name!r} are {array.dtype}; counts must be numbers.")
    array = array.astype(np.float64)
    bad = ~np.isfinite(array) | (array < 0.0) | (array != np.rint(array))
    if bad.any():
        row = int(np.argmax(bad))
        raise ResponseError(
            f"The {label} of {name!r} hold {array[row]:g} in row {row} of those used; counts must be whole and not "
            "negative. For fractional counts use weights with weight_kind='precision'."
        )
    return array


def _one_class(name: str, value: Any) -> str:
    return (
        f"The response {name!r} has one class only ({value}); both outcomes must occur among the rows used. Check the "
        "coding, and the rows dropped for missing values."
    )
