"""Chunks of which no row is complete: they take part with no row, and are no error."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.design import Design, RowCounts
from logitkit.design.info import DesignInfo
from logitkit.design.table.extras import ARRAY
from logitkit.design.table.frame import read_table

__all__ = ["empty_design", "none_complete"]


def none_complete(info: DesignInfo, table: Any) -> bool:
    """Tell whether every row of a table lacks a value that the model uses.

    Examples
    --------
    >>> import logitkit as lk
    >>> info = lk.logit("y ~ x", {"y": [0, 1, 0], "x": [1.0, 2.0, 4.0]}).record.info
    >>> [none_complete(info, {"y": [0, 1], "x": [None, x]}) for x in (None, 1.0)]
    [True, False]
    """
    assert info.coding is not None
    given = info.response
    beside = (given.weights, given.offset, given.cluster, *(column for _, column in given.offsets))
    wanted = (*info.coding.left_variables, *info.coding.variables, *beside)
    held = read_table(table)
    absent = held.missing(
        [name for name in dict.fromkeys(wanted) if name is not None and name != ARRAY and name in held]
    )
    return bool(absent) and bool(np.logical_or.reduce(list(absent.values())).all())


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
