"""Rows that named rules leave out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from logitkit.design.table.frame import Table, is_missing, row_values
from logitkit.errors import DataError
from logitkit.typing import BoolArray

__all__ = ["excluded_rows"]


def excluded_rows(exclude: Mapping[str, Any] | None, table: Table) -> tuple[BoolArray, tuple[tuple[str, int], ...]]:
    """Return which rows named rules leave out, and how many each does; a row counts under the first that it meets."""
    if not isinstance(exclude, Mapping | None):
        raise DataError(f"exclude={exclude!r:.60}: give rules by name, such as {{'fraud': mask}}.")
    out = np.zeros(table.n_rows, dtype=bool)
    counts = []
    for rule, mask in (exclude or {}).items():
        values = row_values(mask, table, f"exclude[{rule!r}]")[0]
        if values.dtype.kind != "b" or is_missing(values).any():
            raise DataError(f"exclude[{rule!r}]: give one True or False per row, or a column of these.")
        met = values.to_numpy(dtype=bool) & ~out
        counts.append((str(rule), int(met.sum())))
        out |= met
    return out, tuple(counts)
