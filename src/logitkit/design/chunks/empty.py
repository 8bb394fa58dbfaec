"""Chunks of which no row is complete: they take part with no row, and are no error."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.design import Design, RowCounts
from logitkit.design.info import DesignInfo
from logitkit.design.table.extras import ARRAY, offset_role
from logitkit.design.table.frame import read_table
from logitkit.typing import BoolArray

__all__ = ["absent_in", "empty_design", "labels", "none_complete"]


def absent_in(info: DesignInfo, table: Any) -> dict[str, BoolArray]:
    """Return where each column that the model uses is missing, by what it is called in a count; those that are.

    Examples
    --------
    >>> import logitkit as lk
    >>> info = lk.logit("y ~ x", {"y": [0, 1, 0], "x": [1.0, 2.0, 4.0], "w": [1, 1, 2]}, weights="w").record.info
    >>> absent_in(info, {"y": [0, 1], "x": [1.0, 2.0], "w": [2, None]})
    {'weights (w)': array([False,  True])}
    """
    named, held = labels(info), read_table(table)
    absent = held.missing([name for name in dict.fromkeys(named.values()) if name in held])
    return {label: absent[name] for label, name in named.items() if name in absent}


def labels(info: DesignInfo) -> dict[str, str]:
    """Return the columns that a model uses, by what they are called in a count of missing values.

    Examples
    --------
    >>> import logitkit as lk
    >>> labels(lk.logit("y ~ x", {"y": [0, 1, 0], "x": [1, 2, 4], "w": [1, 1, 2]}, weights="w").record.info)
    {'y': 'y', 'x': 'x', 'weights (w)': 'w'}
    """
    assert info.coding is not None
    given = info.response
    beside = [("weights", given.weights), ("offset", given.offset), ("cluster", given.cluster)]
    beside += [(offset_role(outcome), column) for outcome, column in given.offsets]
    named = {name: name for name in (*info.coding.left_variables, *info.coding.variables)}
    return named | {f"{role} ({name})": name for role, name in beside if name is not None and name != ARRAY}


def none_complete(info: DesignInfo, table: Any) -> bool:
    """Tell whether every row of a table lacks a value that the model uses.

    Examples
    --------
    >>> import logitkit as lk
    >>> info = lk.logit("y ~ x", {"y": [0, 1, 0], "x": [1.0, 2.0, 4.0]}).record.info
    >>> [none_complete(info, {"y": [0, 1], "x": [None, x]}) for x in (None, 1.0)]
    [True, False]
    """
    absent = list(absent_in(info, table).values())
    return bool(absent) and bool(np.logical_or.reduce(absent).all())


def empty_design(sample: Design, info: DesignInfo, n_rows: int) -> Design:
    """Return the design of a chunk of which no row takes part.

    Examples
    --------
    >>> import logitkit as lk
    >>> design = lk.logit("y ~ x", {"y": [0, 1, 0], "x": [1.0, 2.0, 4.0]}).design
    >>> empty_design(design, design.info, 5).counts.missing
    5
    """
    none = sample.take(np.empty(0, dtype=np.int64))
    return replace(none, info=info, counts=RowCounts(n_rows, n_rows))
