"""Rows of logits on threads: each row is worked on alone, so that no digit depends on how they are cut."""

from __future__ import annotations

from collections.abc import Callable

from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups

__all__ = ["over_rows"]

NUMBERS_OF_PART = 1 << 15  # below this, handing over costs more than the work


def over_rows(task: Callable[[int, int], None], n: int, width: int) -> None:
    """Call a task with the first row, and the row after the last, of each part of n rows.

    Parameters
    ----------
    task : callable
        Writes what belongs to its rows.
    n, width : int
        Rows, and numbers in each.

    Examples
    --------
    >>> over_rows(lambda first, after: print(first, after), 3, 10)
    0 3
    """
    if n * width <= NUMBERS_OF_PART:
        task(0, n)
        return
    groups = row_groups(n, width, 1)
    for _ in ordered_map(lambda group: task(*groups.bounds[group]), len(groups.bounds), light=groups.light):
        pass
