"""One design for all groups of a table: the columns are learnt once, on the rows of all groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.build import build_design
from logitkit.design.design import Design, RowCounts
from logitkit.design.groups import Groups, learn_groups, missing_by
from logitkit.design.response.reading import OutcomeReader
from logitkit.design.table.frame import Table, read_table, row_values
from logitkit.errors import DataError, UnsupportedError
from logitkit.numerics.ascending import by_code
from logitkit.typing import IntArray, MissingPolicy, WeightKind

__all__ = ["GroupRows", "build_groups"]


@dataclass(frozen=True)
class GroupRows:
    """A design whose rows fall into groups.

    Parameters
    ----------
    design : Design
        Rows of all groups, n in all.
    groups : Groups
        The G groups.
    order : (n,) int array
        Rows of the first group, then of the second, and so on.
    edges : (G + 1,) int array
        Where each group begins in ``order``.
    """

    design: Design
    groups: Groups
    order: IntArray
    edges: IntArray

    def rows(self, group: int) -> IntArray:
        """Return the positions of a group's rows in the design."""
        return self.order[self.edges[group] : self.edges[group + 1]]

    def design_of(self, group: int) -> Design:
        """Return the design of one group, as if its rows were a table of their own."""
        whole, rows = self.design, self.rows(group)
        index = None if whole.index is None else whole.index[whole.positions[rows]]
        counts = RowCounts(rows.size)
        return Design(
            whole.matrix.take(rows), whole.response.take(rows), whole.info, counts, np.arange(rows.size), index
        )


def build_groups(
    formula: str,
    data: Any,
    by: str | Sequence[str],
    *,
    namespace: Mapping[str, Any],
    extras: Mapping[str, Any],
    weight_kind: WeightKind,
    reader: Callable[[Any], OutcomeReader],
    missing: MissingPolicy,
) -> GroupRows:
    """Build one design for all groups of a table, with the reader of the response that an offset makes."""
    table = read_table(data)
    if table.n_rows == 0:
        raise DataError("The table has no rows.")
    names, absent = missing_by(table, by)
    kept = np.arange(table.n_rows)
    given = dict(extras)
    if absent:
        if missing == "raise":
            told = ", ".join(f"{name} {int(where.sum())}" for name, where in absent.items())
            raise DataError(f"missing='raise', and values of by are missing: {told}.")
        kept = np.flatnonzero(~np.logical_or.reduce(list(absent.values())))
        if kept.size == 0:
            raise DataError(f"No row is left to fit: every row has a missing value in one of {', '.join(names)}.")
        data = _some_rows(table, kept)
        for role, value in given.items():
            if role in ("weights", "offset", "cluster") and value is not None and not isinstance(value, str):
                given[role] = row_values(value, table, role)[0].iloc[kept]
    design = build_design(
        formula,
        data,
        namespace=namespace,
        weight_kind=weight_kind,
        reader=reader(given.pop("offset", None)),
        missing=missing,
        **given,
    )
    if design.info.coding is not None and design.info.coding.uses_neighbours:
        raise UnsupportedError(
            "lag() uses the previous row, which may belong to another group; compute the lagged column in the table."
        )
    by_column = (*((name, int(where.sum())) for name, where in absent.items()), *design.counts.missing_by_column)
    positions = kept[design.positions]
    counts = RowCounts(table.n_rows, table.n_rows - positions.size, by_column)
    design = replace(design, positions=positions, counts=counts, index=table.index)
    groups, codes = learn_groups(table, names, positions)
    order = by_code(codes)
    edges = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(groups)))])
    return GroupRows(design, groups, order, edges)


def _some_rows(table: Table, kept: IntArray) -> Any:
    """Return some rows of a table, in its own format where narwhals knows it."""
    if table.index is not None:
        return table.native.iloc[kept]
    where = np.zeros(table.n_rows, dtype=bool)
    where[kept] = True
    return table.native.filter(where.tolist()).to_native()
