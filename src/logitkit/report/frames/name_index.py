"""The names of coefficients as labels of rows and columns."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

__all__ = ["name_index"]


def name_index(names: tuple[str, ...]) -> pd.Index:
    """Return names as labels: an index of its own each time, whose name may be set, over the same values.

    Examples
    --------
    >>> first, second = name_index(("Intercept", "x")), name_index(("Intercept", "x"))
    >>> first.name = "term"
    >>> first.tolist(), second.name
    (['Intercept', 'x'], None)
    """
    return _kept(names).view()


@lru_cache(maxsize=16)
def _kept(names: tuple[str, ...]) -> pd.Index:
    """Return the index, which costs more to make than most of what it labels costs to compute."""
    return pd.Index(names, tupleize_cols=False)
