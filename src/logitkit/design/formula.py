"""Formulas: the two sides, the offsets, and the names that they use.

The right side is formulaic's language. Two things are R's and ours: ``cbind(events, nonevents)`` on the left,
and ``offset(z)`` on the right, which formulaic would take for a column with a coefficient.
"""

from __future__ import annotations

import ast
import builtins
import copy
import keyword
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from formulaic import Formula, SimpleFormula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Factor
from formulaic.parser.types import Term as FormulaicTerm
from formulaic.transforms import TRANSFORMS

from logitkit.errors import FormulaError, nearest_name

__all__ = ["ParsedFormula", "parse_formula", "split_formula"]

BACKTICKED = re.compile(r"`([^`]*)`")
QUOTED = re.compile(r"""(?<![\w.])Q\(\s*(?:'([^'`]+)'|"([^"`]+)")\s*\)""")  # patsy's way to name any column
OFFSET = re.compile(r"^offset\(")
ENTRIES_MOST = 100  # of an object that a formula takes from the caller: knots and levels are fewer, data are more


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
        Objects of the caller that the formula uses, by the name that it uses: functions and modules as they are,
        copies of the others, so that the model stays what it was.
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
        Without surrounding blanks; ``Q('a b')``, as patsy names a column, is ```a b```.

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
    left, tilde, right = QUOTED.sub(lambda found: f"`{found[1] or found[2]}`", text).partition("~")
    if not tilde:
        raise FormulaError(f"The formula {text!r} has no '~': write 'response ~ terms'.")
    if not left.strip():
        raise FormulaError(f"The formula {text!r} has no response: write 'response ~ terms'.")
    if not right.strip():
        raise FormulaError(f"The formula {text!r} has nothing after '~': write '~ 1' for the intercept alone.")
    if "~" in right:
        raise FormulaError(f"The formula {text!r} has more than one '~'.")
    return left.strip(), right.strip()


@dataclass
class _Names:
    """Names that expressions use freely, in order of appearance.

    Parameters
    ----------
    values : dict of str to None
        Names that stand for a value.
    called : dict of str to None
        Names of functions that are called.
    positional : set of str
        Values that are not only a keyword's, as ``cuts`` in ``bs(x, knots=cuts)`` is.
    attributes : list of tuple of str
        ``("a", "b", "c")`` for ``a.b.c``.
    """

    values: dict[str, None] = field(default_factory=dict)
    called: dict[str, None] = field(default_factory=dict)
    positional: set[str] = field(default_factory=set)
    attributes: list[tuple[str, ...]] = field(default_factory=list)


def parse_formula(
    text: str,
    columns: Sequence[str],
    namespace: Mapping[str, Any],
    reserved: Sequence[str] = (),
    *,
    n_rows: int | None = None,
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
    n_rows : int, optional
        Rows of the table of the fit. An object of the caller that is as long holds a value a row and is refused.

    Returns
    -------
    ParsedFormula
        Terms, offsets and names.

    Raises
    ------
    FormulaError
        If it cannot be parsed, has several parts, uses a name that is neither a column nor known to the caller, or
        takes data from outside the table.
    """
    left, right = split_formula(text)
    known = frozenset(columns)
    on_left = _Names()
    _add_names(on_left, left, known)
    left_variables, functions = _resolve(on_left, columns, namespace, {"cbind", "I"}, n_rows)
    taken = set(left_variables) | set(reserved)
    available = [name for name in columns if name not in taken]
    terms, offsets = [], []
    on_right = _Names()
    for term in _terms(text, right, available, known):
        expressions = [factor.expr for factor in term.factors]
        if any(OFFSET.match(expression) for expression in expressions):
            offsets.append(_offset(text, term, expressions, known))
            _add_names(on_right, offsets[-1], known)
            continue
        terms.append(term)
        for factor in term.factors:
            _add_names(on_right, factor.expr, known, lookup=factor.eval_method is Factor.EvalMethod.LOOKUP)
    variables, more = _resolve(on_right, columns, namespace, {"offset"}, n_rows)
    for name in (*on_left.called, *on_right.called):
        if name != "cbind" and name in {*left_variables, *variables}:
            raise FormulaError(
                f"{name!r} in {text!r} is both a column and a function that is called; rename the column."
            )
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


def _terms(text: str, right: str, available: Sequence[str], known: frozenset[str]) -> list[FormulaicTerm]:
    """Return formulaic's terms of the right side."""
    try:
        parsed = Formula(right, _context={"__formulaic_variables_available__": available})
    except SyntaxError as error:
        raise FormulaError(f"The right side of {text!r} cannot be read: {_syntax(right, error, known)}") from error
    except (FormulaicError, TypeError) as error:
        # Formulaic's message goes on with a coloured picture of the place, which is no good in plain text.
        reason = str(error).strip().splitlines()[0]
        raise FormulaError(f"The right side of {text!r} cannot be read: {reason}") from error
    if not isinstance(parsed, SimpleFormula):
        raise FormulaError(
            f"The right side of {text!r} has several parts (a '|' or brackets); a logistic regression has one. "
            "Join the terms by '+', or by ':' and '*' for interactions."
        )
    return list(parsed)


def _offset(text: str, term: FormulaicTerm, expressions: Sequence[str], known: frozenset[str]) -> str:
    """Return the expression of an offset, which must be one call and nothing else."""
    if len(expressions) > 1:
        raise FormulaError(f"{term} in {text!r} is an interaction with an offset; an offset stands alone.")
    tree = ast.parse(plain_expression(expressions[0])[0], mode="eval").body
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)):
        raise FormulaError(f"{term} in {text!r}: an offset stands alone; write the whole of it inside, offset(...).")
    # A column of that name would be found before the function.
    return "I" + expressions[0].removeprefix("offset") if "offset" in known else expressions[0]


def _syntax(expression: str, error: SyntaxError, known: frozenset[str]) -> str:
    """Say why Python cannot read an expression."""
    for name in known:
        if keyword.iskeyword(name) and re.search(rf"\b{name}\b", expression):
            return (
                f"the column {name!r} is called like a word of Python, which can stand alone but not inside a function "
                "or brackets. Rename the column."
            )
    return f"{error.msg}."


def _add_names(names: _Names, expression: str, known: frozenset[str], lookup: bool = False) -> None:
    """Add the free names of an expression; a whole column name stands for itself."""
    backticked = lookup and not all(part.isidentifier() for part in expression.split("."))
    if expression in known or backticked:
        names.values[expression] = None
        names.positional.add(expression)
        return
    text, aliases = plain_expression(expression)
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        reason = _syntax(expression, error, known)
        raise FormulaError(f"{expression!r} in the formula cannot be read: {reason}") from error
    nodes = list(ast.walk(tree))
    if any(isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor) for node in nodes):
        raise FormulaError(f"{expression!r} in the formula: '^' is no power there. Write ** for a power.")
    bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    functions = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    options = {id(node.value) for node in nodes if isinstance(node, ast.keyword)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id not in bound:
            name = aliases.get(node.id, node.id)
            (names.called if id(node) in functions else names.values)[name] = None
            if id(node) not in options:
                names.positional.add(name)
        elif isinstance(node, ast.Attribute):
            names.attributes.append(tuple(ast.unparse(node).split(".")))


def _resolve(
    names: _Names, columns: Sequence[str], namespace: Mapping[str, Any], ours: set[str], n_rows: int | None
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Sort names into columns and objects of the caller; refuse those that are neither."""
    known = frozenset(columns)
    variables: dict[str, None] = {}
    functions: dict[str, Any] = {}
    for name in (*names.values, *names.called):
        if name in known and name in names.values:
            variables[name] = None
        elif name in ours or name in TRANSFORMS:
            continue
        elif name in namespace:
            functions[name] = _captured(name, namespace[name], n_rows if name in names.positional else None)
        elif name in known:
            raise FormulaError(f"{name!r} in the formula is called like a function, and it is a column of the table.")
        elif not hasattr(builtins, name):
            raise FormulaError(
                f"{name!r} in the formula is neither a column of the table nor a name that is known here. "
                f"{nearest_name(name, columns)}"
            )
    for root, *path in names.attributes:
        if root in functions:
            value = functions[root]
            for name in path:
                value = getattr(value, name, None)
            _require_no_data(".".join((root, *path)), value, n_rows)
    return tuple(variables), functions


def _captured(name: str, value: Any, n_rows: int | None) -> Any:
    """Return an object of the caller as the model keeps it."""
    if callable(value) or isinstance(value, ModuleType):
        return value
    _require_no_data(name, value, n_rows)
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001 - a copy may fail in any way that the object's class chooses
        return value


def _require_no_data(name: str, value: Any, n_rows: int | None) -> None:
    """Refuse data from outside the table: they could not be dropped row by row, nor predicted from."""
    rows, entries = _extent(value)
    if entries > ENTRIES_MOST or (rows and rows == n_rows):
        raise FormulaError(
            f"{name!r} in the formula is no column but an object outside the table ({type(value).__name__} of "
            f"{rows if rows == n_rows else entries} values). A model keeps no data: put it into the table."
        )


def _extent(value: Any) -> tuple[int, int]:
    """Return the length of an object and its number of entries; for a dict the largest of its values."""
    if callable(value) or isinstance(value, (str, bytes, ModuleType)):
        return 0, 0
    if isinstance(value, Mapping):
        inner = [_extent(item) for item in value.values()]
        return max((rows for rows, _ in inner), default=0), max((entries for _, entries in inner), default=0)
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return (int(shape[0]), math.prod(shape)) if shape else (0, 0)
    try:
        return len(value), len(value)
    except TypeError:
        return 0, 0
