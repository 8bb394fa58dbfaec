"""Labels of rows: queries, users, clusters, groups."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.arrays import as_array
from logitkit.logits.refusals import refuse_missing_labels
from logitkit.typing import IntArray

__all__ = ["read_groups", "read_labels"]


def read_groups(groups: Any, n: int, name: str = "groups") -> tuple[Any, IntArray]:
    """Return the labels of groups of rows in ascending order, and the group of each row as its number.

    Parameters
    ----------
    groups : (n,) array-like or None
        Queries, users or clusters; None for one group.
    n : int
        Rows.
    name : str, default 'groups'
        What an error calls them.

    Returns
    -------
    labels : (g,) array
        One per group.
    codes : (n,) int array
        From 0.

    Raises
    ------
    DataError
        If there are more or fewer, one is missing, or labels cannot be sorted.

    Examples
    --------
    >>> labels, codes = read_groups(["b", "a", "b"], 3)
    >>> labels.tolist(), codes.tolist()
    (['a', 'b'], [1, 0, 1])
    """
    if groups is None:
        return np.zeros(1, np.int64), np.zeros(n, np.int64)
    labels = as_array(groups)
    if labels.shape != (n,):
        raise DataError(f"{name} have shape {labels.shape}, and there are {n} rows.")
    refuse_missing_labels(labels, name)
    try:
        found, codes = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise DataError(f"{name} have labels of several types, which have no order: give numbers or texts.") from error
    return found, codes.astype(np.int64, copy=False)


def read_labels(labels: Any, n: int) -> list[tuple[str, IntArray]]:
    """Return the rows of each group of rows.

    Parameters
    ----------
    labels : (n,) array-like or None
        Numbers or text; None for no groups.
    n : int
        Rows.

    Returns
    -------
    list of (str, (m,) int array)
        Labels in order, each with the places of its rows.

    Raises
    ------
    DataError
        If there are more or fewer labels than rows, or one is missing.

    Examples
    --------
    >>> [(name, rows.tolist()) for name, rows in read_labels(["b", "a", "b"], 3)]
    [('a', [1]), ('b', [0, 2])]
    """
    if labels is None:
        return []
    names, codes = read_groups(labels, n)
    order = np.argsort(codes, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    return [(str(name), np.asarray(each)) for name, each in zip(names.tolist(), rows, strict=True)]
