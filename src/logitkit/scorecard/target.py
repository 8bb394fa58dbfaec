"""Good and bad: the outcome of a scorecard as users state it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.table.frame import coded_values
from logitkit.errors import ResponseError, nearest_name
from logitkit.scorecard.kinds import shown
from logitkit.typing import BoolArray, IntArray

__all__ = ["Target", "read_target", "within"]


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The rows that count, and which of them are bad.

    Parameters
    ----------
    rows : (n,) int array
        Positions of the rows that are good or bad.
    bad : (n,) array of bool
        Whether each of these is bad.
    event, other : object
        The levels that mean bad and good.
    indeterminate : tuple
        The levels that are neither, and are left out.
    n_indeterminate, n_missing : int
        Numbers of rows left out because they are neither good nor bad, and because the outcome is missing.
    neither, unknown : (N,) arrays of bool
        The rows of the table that these are.
    """

    rows: IntArray
    bad: BoolArray
    event: Any
    other: Any
    indeterminate: tuple[Any, ...]
    n_indeterminate: int
    n_missing: int
    neither: BoolArray
    unknown: BoolArray


def read_target(
    values: Any, name: str, event: Any = None, indeterminate: Any = (), partial: bool = False, other: Any = None
) -> Target:
    """Return which rows are good and bad.

    Parameters
    ----------
    values : (n,) Series
        Two levels, beside indeterminate ones and missing values.
    name : str
        Name of the column.
    event : object, optional
        The level that is bad: by default 1 or True; it must be named for other types.
    indeterminate : object or sequence, optional
        Levels that are neither good nor bad.
    partial : bool, default False
        Whether the values are only a part of the column, so that one of the levels may not occur.
    other : object, optional
        The level that is good, if known; any further level is then refused.

    Returns
    -------
    Target

    Raises
    ------
    ResponseError
        If there are not two levels, or if the bad one is neither evident nor named.

    Examples
    --------
    >>> import pandas as pd
    >>> target = read_target(pd.Series(["good", "bad", "open", "good"]), "status", "bad", "open")
    >>> target.rows.tolist(), target.bad.tolist(), target.n_indeterminate
    ([0, 1, 3], [False, True, False], 1)
    """
    listed = isinstance(indeterminate, list | tuple | set | frozenset | np.ndarray)
    neither = tuple(indeterminate) if listed else () if indeterminate is None else (indeterminate,)
    if values.dtype.kind == "c":
        raise ResponseError(f"The target {name!r} has complex values, and must have two, good and bad.")
    coded = coded_values(values, name)
    levels = coded.occurring()
    for level in neither:
        if level not in levels and not partial:
            raise ResponseError(
                f"indeterminate={level!r}: {name!r} has no such value. {nearest_name(str(level), map(str, levels))}"
            )
    own = [level for level in levels if level not in neither]
    if len(own) != 2 and not (partial and len(own) < 2):
        raise ResponseError(_not_two(name, own))
    if event is None:
        if set(own) != {0, 1}:
            raise ResponseError(f"Which of {shown(own[0])} and {shown(own[1])} of {name!r} is bad? Name it by event=.")
        event = own[1]
    if event not in own and not (partial and len(own) < 2):
        raise ResponseError(f"event={event!r}: {name!r} has {shown(own[0])} and {shown(own[1])}.")
    strange = next((level for level in own if other is not None and level not in (event, other)), None)
    if strange is not None:
        raise ResponseError(
            f"{name!r} has the value {strange!r}, which is neither {event!r} (bad) nor {other!r} (good). Name it in "
            "indeterminate=, or leave its rows out."
        )
    other = next((level for level in own if level != event), None)
    left, missing = coded.among(neither), np.asarray(coded.codes < 0)
    rows = np.flatnonzero(~missing & ~left)
    bad = coded.among((event,))[rows]
    return Target(rows, bad, event, other, neither, int(left.sum()), int(missing.sum()), left, missing)


def _not_two(name: str, levels: list[Any]) -> str:
    """Say that a target has not two values."""
    if not levels:
        return f"The target {name!r} has no values, and must have two, good and bad."
    some = ", ".join(shown(level) for level in levels[:6]) + (", ..." if len(levels) > 6 else "")
    if len(levels) == 1:
        return f"The target {name!r} has one value ({some}), and must have two, good and bad."
    return (
        f"The target {name!r} has {len(levels)} values ({some}) and must have two, good and bad. Name others in "
        "indeterminate=."
    )


def within(target: Target, kept: BoolArray) -> Target:
    """Return the target of the rows that are kept, of all rows of the table; those left out count nowhere else."""
    if kept.all():
        return target
    own = kept[target.rows]
    return replace(
        target,
        rows=target.rows[own],
        bad=target.bad[own],
        n_indeterminate=int((kept & target.neither).sum()),
        n_missing=int((kept & target.unknown).sum()),
    )
