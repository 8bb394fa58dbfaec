"""The variables of a card as they are stated: by name, or by a formula of names with ``+``, ``-`` and ``.``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from logitkit.design.formula.named import split_outside
from logitkit.design.formula.parse import split_formula
from logitkit.design.table.frame import Table
from logitkit.errors import DataError, FormulaError, nearest_name

__all__ = ["StatedVariables", "require_columns", "stated_variables"]

#: What makes a term of a formula more than a name.
OPERATORS = re.compile(r"[()\[\]{}:*/^|%<>=!&~]|\s")
AS_THEY_ARE = (
    "A card takes columns as they are: make a transform or a product a column of the table first, and write names with "
    "other signs than letters, digits and _ in backquotes."
)


class StatedVariables(NamedTuple):
    """The variables and the target that a user states.

    Parameters
    ----------
    names : tuple of str
        The variables.
    target : str
        The column of the outcome.
    by_point : frozenset of str
        The variables that a ``.`` stands for; of these, columns that cannot be variables are left out without an error.
    """

    names: tuple[str, ...]
    target: str
    by_point: frozenset[str]


def stated_variables(
    stated: str | Sequence[str], target: str | None, table: Table, aside: Sequence[Any] = ()
) -> StatedVariables:
    """Return the variables and the target, from names or from a formula without transforms.

    ``aside`` are weights and rules; a ``.`` in the formula does not include their columns.
    """
    by_point: frozenset[str] = frozenset()
    if not isinstance(stated, str):
        names = _listed(stated)
    elif "~" in stated and stated not in table:
        left, right = split_formula(stated)
        own = _name(left, table, "The target ")
        if target is not None and target != own:
            raise FormulaError(f"The formula has the target {own!r}, and target={target!r} says otherwise.")
        target = own
        names, by_point = _of_terms(right, target, table, aside)
    else:
        names = (stated,)
    if target is None:
        raise DataError("target= is missing: the column that says who is bad.")
    require_columns(table, (*names, target))
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise DataError(f"The variable {twice!r} is named twice.")
    if target in names:
        raise DataError(f"{target!r} is the target, and cannot be a variable too.")
    if not names:
        raise DataError("No variable is named.")
    return StatedVariables(names, target, by_point)


def require_columns(table: Table, names: Sequence[str]) -> None:
    """Raise an error for columns that a table does not have."""
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"{name!r:.60} is no name of a column. Give text.")
        if name not in table:
            raise DataError(f"There is no column {name!r}. {nearest_name(name, table.names)}")


def _listed(stated: Any) -> tuple[str, ...]:
    """Return the names of variables that are given as a list."""
    if isinstance(stated, AbstractSet):
        raise DataError("The variables are a set, which has no order, and a card sums in an order. Give a list.")
    names = tuple(stated) if isinstance(stated, Iterable) and not isinstance(stated, bytes) else (stated,)
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"{name!r:.60} is no name of a variable: give names of columns, or a formula.")
    return tuple(str(name) for name in names)


def _of_terms(right: str, target: str, table: Table, aside: Sequence[Any]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the names on the right side, and which of them a ``.`` stands for."""
    terms = []
    for piece in split_outside(right, "+"):
        parts = [piece] if piece in table else split_outside(piece, "-")
        if not parts[-1] or (len(parts) == 1 and not piece):
            raise FormulaError(f"{right!r} has a plus or a minus with nothing after it.")
        terms += [(part == parts[0] and k == 0, part) for k, part in enumerate(parts) if part]
    added = [part if part == "." else _name(part, table) for is_added, part in terms if is_added]
    less = {_name(part, table) for is_added, part in terms if not is_added}
    apart = {target, *added, *less, *(name for name in aside if isinstance(name, str))}
    others = [name for name in table.names if name not in apart]
    names = [name for part in added for name in (others if part == "." else [part])]
    return tuple(name for name in names if name not in less), frozenset(others if "." in added else ())


def _name(term: str, table: Table, what: str = "") -> str:
    """Return the column that a term names; raise an error for anything else than a name."""
    if term in table:
        return term
    if term.count("`") == 2 and term[0] == term[-1] == "`":
        require_columns(table, [term[1:-1]])
        return term[1:-1]
    if "`" in term:
        raise FormulaError(f"{term!r} has a backquote without another at the other end of the name.")
    if term in ("0", "1"):
        raise FormulaError(f"{term!r} is no column. A card always has an intercept, in its base points: leave it out.")
    if OPERATORS.search(term) or "+" in term or "-" in term:
        raise FormulaError(f"{what}{term!r} is no column. {AS_THEY_ARE}")
    require_columns(table, [term])
    return term
