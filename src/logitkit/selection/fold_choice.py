"""Which folds a call of cross-validation asks for."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.design.table.frame import row_values
from logitkit.errors import DataError
from logitkit.options import require_flag
from logitkit.selection.fold_makers import grouped_folds, plain_folds, stratified_folds, time_folds
from logitkit.selection.folds import Folds
from logitkit.selection.given_folds import given_folds

__all__ = ["chosen_folds"]


def chosen_folds(design: Design, table: Any, folds: Any, how: tuple[bool, Any, Any, int, int]) -> Folds:
    """Return the folds that are asked for, of the rows that are used.

    Parameters
    ----------
    design : Design
        The rows that are used.
    table : Table
        The table as given, before any row was dropped.
    folds : int, array-like or iterable
        How many, the fold of each row, or pairs of row numbers.
    how : tuple
        Whether to stratify, groups, times, repetitions and seed.

    Returns
    -------
    Folds
        Of the rows that are used.

    Raises
    ------
    DataError
        For choices that exclude one another, and for folds that cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.design.table.frame import read_table
    >>> y = np.array([0, 1, 0, 1])
    >>> design = ready_design(np.ones((4, 1)), y)
    >>> chosen_folds(design, read_table({"y": y}), 2, (True, None, None, 1, 0)).n_splits
    2
    """
    stratify, groups, time, repeats, seed = how
    require_flag("stratify", stratify)
    named = [name for name, value in (("groups", groups), ("time", time)) if value is not None]
    if len(named) == 2:
        raise DataError("groups= and time= at once: give one of them.")
    number = isinstance(folds, int) and not isinstance(folds, bool)
    if not number:
        if named:
            raise DataError(f"folds= gives the folds, and so would {named[0]}=: give one of them.")
        places = np.full(table.n_rows, -1)
        places[design.positions] = np.arange(design.n_rows)
        return given_folds(design.response, folds, places=places)
    if groups is not None:
        values = row_values(groups, table, "groups")[0].iloc[design.positions]
        return grouped_folds(design.response, values, folds, repeats=repeats, seed=seed)
    if time is not None:
        if repeats != 1:
            raise DataError("Periods of time can be divided in one way only: leave out repeats=.")
        return time_folds(design.response, row_values(time, table, "time")[0].iloc[design.positions], folds)
    make = stratified_folds if stratify else plain_folds
    return make(design.response, folds, repeats=repeats, seed=seed)
