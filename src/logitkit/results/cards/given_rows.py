"""Arguments of a card's methods beside a table: names of columns, weights, groups, grades, amounts by row."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from pandas import NA

from logitkit.design.table.frame import Table, coded_values, numeric_values, row_values
from logitkit.errors import DataError, nearest_name
from logitkit.options import is_finite_number, listed
from logitkit.scorecard.validation.bands import band_labels, band_places, equal_cuts, require_cuts
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.weighting import RowWeights, WeightMeaning, read_weights
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "amounts",
    "by_row",
    "divided",
    "graded",
    "is_level",
    "made_with_weights",
    "named_column",
    "neither_good_nor_bad",
    "probabilities_by_grade",
    "require_points",
    "table_weights",
    "weights_of_sample",
]


def named_column(table: Table, name: Any, role: str) -> str:
    """Return the name of a column; a name that the table does not have is refused."""
    if not isinstance(name, str):
        raise DataError(f"{role}={name!r:.60}: give the name of a column.")
    if name not in table:
        raise DataError(f"There is no column {name!r}, the {role}. {nearest_name(name, table.names)}")
    return name


def neither_good_nor_bad(levels: Any) -> Any:
    """Return levels of the outcome that are neither good nor bad; a value that cannot be a level is refused."""
    if levels is None:
        return ()
    several = list(levels) if isinstance(levels, set | frozenset) else listed(levels)
    own = (levels,) if several is None else tuple(several)
    for level in own:
        if not is_level(level):
            raise DataError(f"indeterminate={levels!r:.60}: give levels of the outcome that are neither good nor bad.")
    return own


def is_level(value: Any) -> bool:
    """Tell whether a value can be a value of a column."""
    return isinstance(value, Hashable) and not callable(value) and value is not NA


def table_weights(weights: Any, table: Table, kind: WeightMeaning | None = None) -> RowWeights | None:
    """Return the weights of all rows of a table; None if all are one."""
    if weights is None:
        if kind is not None:
            raise DataError(f"weight_kind={kind!r:.60} says what weights= are, and none are given.")
        return None
    if is_finite_number(weights) or isinstance(weights, bool | Mapping):
        raise DataError(f"weights={weights!r:.60}: give a column, or one number per row.")
    return read_weights(numeric_values(row_values(weights, table, "weights")[0], "weights"), kind)


def made_with_weights(card: Any) -> bool:
    """Tell whether a card was made with weights, as far as the card records it."""
    own = getattr(card, "manifest", None)
    return own is not None and bool(own.weights)


def weights_of_sample(weights: Any, name: str) -> Any:
    """Return the weights of one of several samples: a column that all of them have, or the weights under its name."""
    if weights is None or isinstance(weights, str):
        return weights
    own = {str(sample): given for sample, given in weights.items()} if isinstance(weights, Mapping) else {}
    if name not in own:
        raise DataError(
            f"weights: data has several samples, so give one column that all have, or a mapping with {name!r}."
        )
    return own[name]


def amounts(value: Any, name: str, table: Table) -> FloatArray:
    """Return an amount for each row of a table."""
    if is_finite_number(value):
        return np.full(table.n_rows, float(value))
    return numeric_values(by_row(value, table, name), name)


def by_row(value: Any, table: Table, role: str) -> Any:
    """Return one value per row; anything else is refused."""
    if value is None or isinstance(value, Mapping) or not isinstance(value, Iterable):
        raise DataError(f"{role}={value!r:.60}: give a column, or one value per row.")
    return row_values(value, table, role)[0]


def require_points(value: Any, name: str) -> float:
    """Return a number of points; anything but a finite number is refused."""
    if not is_finite_number(value):
        raise DataError(f"{name}={value!r:.60}: give a number of points.")
    return float(value)


def divided(rows: ScoredRows, values: Any) -> dict[str, ScoredRows]:
    """Return the rows of each level."""
    coded = coded_values(values, "by")
    if (np.asarray(coded.codes) < 0).any():
        raise DataError("by= has missing values: say which of them each row belongs to.")
    return {str(level): rows.among(coded.among((level,))) for level in coded.occurring()}


def graded(rows: ScoredRows, grades: Any, table: Table, kept: IntArray) -> tuple[tuple[str, ...], IntArray]:
    """Return the grades, the riskiest first, and the grade of each row."""
    if isinstance(grades, str):
        coded = coded_values(row_values(grades, table, "grades")[0].iloc[kept], grades)
        if (np.asarray(coded.codes) < 0).any():
            raise DataError(f"The grades in {grades!r} have missing values: leave these rows out, or name a grade.")
        levels = coded.occurring()
        place = np.empty(rows.bad.size, dtype=np.int64)
        for j, level in enumerate(levels):
            place[coded.among((level,))] = j
        risk = np.bincount(place, rows.w * rows.log_odds, len(levels)) / np.bincount(place, rows.w, len(levels))
        order = np.argsort(-risk, kind="stable")
        return tuple(str(levels[j]) for j in order), np.argsort(order)[place]
    cuts = equal_cuts(rows.tally, 10, rows.safer) if grades is None else require_cuts(grades, "grades")
    return band_labels(cuts, rows.safer), band_places(rows.points, cuts, rows.safer)


def probabilities_by_grade(pd: Any, labels: Sequence[str]) -> FloatArray:
    """Return stated probabilities of default, one per grade."""
    if isinstance(pd, Mapping):
        absent = [label for label in labels if label not in pd]
        if absent:
            raise DataError(f"pd: the grade {absent[0]!r} has no probability of default. {nearest_name(absent[0], pd)}")
        values = [pd[label] for label in labels]
    else:
        values = listed(pd) or [pd]
        if len(values) != len(labels):
            raise DataError(f"pd has {len(values)} values, and there are {len(labels)} grades: {', '.join(labels)}.")
    if not all(is_finite_number(value) and 0 < value < 1 for value in values):
        raise DataError(f"pd={values!r:.80}: probabilities of default are above 0 and below 1.")
    return np.array(values, dtype=np.float64)
