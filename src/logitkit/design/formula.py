"""Formulas: the two sides, the offsets, and the names that they use.

The right side is formulaic's language. Two things are R's and ours: ``cbind(events, nonevents)`` on the left,
and ``offset(z)`` on the right, which formulaic would take for a column with a coefficient.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from formulaic import Formula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Term as FormulaicTerm
from formulaic.transforms import TRANSFORMS

from logitkit.errors import FormulaError, nearest_name

__all__ = ["ParsedFormula", "parse_formula", "split_formula"]

BACKTICKED = re.compile(r"`([^`]*)`")
OFFSET = re.compile(r"^offset\(")


@dataclass(frozen=True)
class ParsedFormula:
    """A formula after parsing and before it meets any row.

    Parameters
    ----------
    text : str
        As the user wrote it.
    left, right : str
        The two sides.
    terms : tuple
        Formulaic's terms of the right side without the offsets.
    offsets : tuple of str
        Expressions ``offset(...)`` of the right side.
    variables : tuple of str
        Columns of the table that the right side uses.
    left_variables : tuple of str
        Columns that the left side uses.
    functions : dict
        Objects of the caller that the formula uses, by the name that it uses.
    """

    text: str
    left: str
    right: str
    terms: tuple[FormulaicTerm, ...]
    offsets: tuple[str, ...]
    variables: tuple[str, ...]
    left_variables: tuple[str, ...]
    functions: dict[str, Any]


def split_formula(text: str) -> tuple[str, str]:
    """Return the left and the right side of a formula.

    Parameters
    ----------
    text : str
        Such as ``"y ~ x"``.

    Returns
    -------
    left, right : str
        Without surrounding blanks.

    Raises
    ------
    FormulaError
        If there is no response, no right side, or more than one ``~``.

    Examples
    --------
    >>> split_formula("cbind(a, b) ~ x + z")
    ('cbind(a, b)', 'x + z')
    """
    if not isinstance(text, str):
        raise FormulaError(f"The formula is a {type(text).__name__}; give text such as 'y ~ x + C(g)'.")
    left, tilde, right = text.partition("~")
    if not tilde:
        raise FormulaError(f"The formula {text!r} has no '~': write 'response ~ terms'.")
    if not left.strip():
        raise FormulaError(f"The formula {text!r} has no response: write 'response ~ terms'.")
    if not right.strip():
        raise FormulaError(f"The formula {text!r} has nothing after '~': write '~ 1' for the intercept alone.")
    if "~" in right:
        raise FormulaError(f"The formula {text!r} has more than one '~'.")
    return left.strip(), right.strip()


def parse_formula(
    text: str, columns: Sequence[str], namespace: Mapping[str, Any], reserved: Sequence[str] = ()
) -> ParsedFormula:
    """Parse a formula against the columns of a table.

    Parameters
    ----------
    text : str
        The formula.
    columns : sequence of str
        Names of the table's columns.
    namespace : mapping
        Where the caller's own functions and constants are looked up.
    reserved : sequence of str
        Columns that ``.`` does not stand for: weights, offset, clusters.

    Returns
    -------
    ParsedFormula
        Terms, offsets and names.

    Raises
    ------
    FormulaError
        If it cannot be parsed, or uses a name that is neither a column nor known to the caller.
    """
    left, right = split_formula(text)
    known = frozenset(columns)
    left_variables, functions = _resolve(_names(left, known), columns, known, namespace, {"cbind", "I"})
    taken = set(left_variables) | set(reserved)
    available = [name for name in columns if name not in taken]
    try:
        parsed = list(Formula(right, _context={"__formulaic_variables_available__": available}))
    except (FormulaicError, SyntaxError, TypeError) as error:
        # Formulaic's message goes on with a coloured picture of the place, which is no good in plain text.
        reason = str(error).strip().splitlines()[0]
        raise FormulaError(f"The right side of {text!r} cannot be read: {reason}") from error
    terms, offsets, names = [], [], []
    for term in parsed:
        expressions = [factor.expr for factor in term.factors]
        names += [name for expression in expressions for name in _names(expression, known)]
        if any(OFFSET.match(expression) for expression in expressions):
            if len(expressions) > 1:
                raise FormulaError(f"{term} in {text!r} is an interaction with an offset; an offset stands alone.")
            offsets.append(expressions[0])
        else:
            terms.append(term)
    variables, more = _resolve(names, columns, known, namespace, {"offset"})
    return ParsedFormula(
        text, left, right, tuple(terms), tuple(offsets), variables, left_variables, {**functions, **more}
    )


def plain_expression(expression: str) -> tuple[str, dict[str, str]]:
    """Return an expression with its backticked names replaced by identifiers, and what they stand for."""
    aliases: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        alias = f"_column_{len(aliases)}_"
        aliases[alias] = match.group(1)
        return alias

    return BACKTICKED.sub(replace, expression), aliases


def _names(expression: str, known: frozenset[str]) -> list[str]:
    """Return the free names of an expression, in order; a whole column name stands for itself."""
    if expression in known:
        return [expression]
    text, aliases = plain_expression(expression)
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise FormulaError(f"{expression!r} in the formula cannot be read: {error.msg}.") from error
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return [
        aliases.get(node.id, node.id) for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in bound
    ]


def _resolve(
    names: Sequence[str],
    columns: Sequence[str],
    known: frozenset[str],
    namespace: Mapping[str, Any],
    ours: set[str],
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Sort names into columns and objects of the caller; refuse those that are neither."""
    variables: dict[str, None] = {}
    functions: dict[str, Any] = {}
    for name in names:
        if name in known:
            variables[name] = None
        elif name in ours or name in TRANSFORMS:
            continue
        elif name in namespace:
            functions[name] = namespace[name]
        elif not hasattr(builtins, name):
            raise FormulaError(
                f"{name!r} in the formula is neither a column of the table nor a name that is known here. "
                f"{nearest_name(name, columns)}"
            )
    return tuple(variables), functions
