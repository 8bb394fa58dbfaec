"""Names of the columns of a table: text, distinct and not blank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from logitkit.errors import DataError, FormulaError

__all__ = ["name_misfit", "require_distinct_names", "require_text_names", "stated_names"]


def name_misfit(names: Sequence[Any]) -> str | None:
    """Return the message for names that do not identify columns, or None.

    Examples
    --------
    >>> name_misfit(["x", "y", "x"])
    "the column name 'x' occurs 2 times (columns 1 and 3)"
    >>> name_misfit(["x", " "]), name_misfit(["x", "y"])
    ('column 2 has no name', None)
    """
    only = all(issubclass(kind, str) for kind in set(map(type, names)))
    texts = names if only else [name for name in names if isinstance(name, str)]
    if "" in texts or any(map(str.isspace, texts)):
        place = next(place for place, name in enumerate(names, start=1) if isinstance(name, str) and not name.strip())
        return f"column {place} has no name"
    if len(set(names)) < len(names):
        twice, count = Counter(names).most_common(1)[0]
        places = [str(place) for place, name in enumerate(names, start=1) if name == twice]
        return f"the column name {twice!r} occurs {count} times (columns {', '.join(places[:-1])} and {places[-1]})"
    return None


def require_distinct_names(names: Sequence[Any]) -> None:
    """Refuse duplicate names."""
    wrong = name_misfit(names) if len(set(names)) < len(names) else None
    if wrong is not None:
        raise DataError(f"In the table {wrong}; rename them.")


def require_text_names(names: Iterable[Any]) -> None:
    """Refuse column names that are not text: a formula could not name them."""
    for name in names:
        if not isinstance(name, str):
            raise FormulaError(f"Column name {name!r} is not text; rename the columns, for example with str(name).")


def stated_names(names: Any, n_columns: int) -> tuple[str, ...]:
    """Return the names that a caller gives to the columns of a matrix.

    Examples
    --------
    >>> stated_names({"Intercept", "x"}, 2)
    Traceback (most recent call last):
    logitkit.errors.DataError: names is a set, which has no order; give a list, such as names=['Intercept', 'x'].
    """
    if not isinstance(names, (list, tuple)) and isinstance(names, (AbstractSet, Mapping)):
        how = "has no order" if isinstance(names, AbstractSet) else "gives two names per column"
        raise DataError(
            f"names is a {type(names).__name__}, which {how}; give a list, such as names=['Intercept', 'x']."
        )
    if isinstance(names, (str, bytes)) or not hasattr(names, "__iter__"):
        raise DataError(f"names={names!r} must be one name per column, such as names=['Intercept', 'x'].")
    labels = tuple(names)
    if not all(issubclass(kind, str) for kind in set(map(type, labels))):
        raise DataError(f"names={names!r} must be one name per column, such as names=['Intercept', 'x'].")
    if len(labels) != n_columns:
        raise DataError(
            f"The number of names, {len(labels)}, is not that of the columns of X, {n_columns}: give one per column."
        )
    wrong = name_misfit(labels)
    if wrong is not None:
        raise DataError(f"In names {wrong}; each column needs a name of its own.")
    return labels
