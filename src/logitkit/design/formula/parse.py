"""Formulas: the two sides, the offsets, and the names that they use.

The right side is formulaic's language. Two things are R's and ours: ``cbind(events, nonevents)`` on the left,
and ``offset(z)`` on the right, which formulaic would take for a column with a coefficient.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from formulaic import Formula, SimpleFormula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Factor
from formulaic.parser.types import Term as FormulaicTerm

from logitkit.design.formula.expression import Reference, outside_quotes, read_expression
from logitkit.design.formula.names import Names, bare_column, syntax_reason
from logitkit.errors import FormulaError

__all__ = ["ParsedFormula", "parse_formula", "split_formula"]

QUOTED = re.compile(r"""(?<![\w.])Q\(\s*(?:'([^'`]+)'|"([^"`]+)")\s*\)""")  # patsy's way to name any column
OFFSET = re.compile(r"^offset\(")
ONE = "1"  # as a formula has its intercept


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
        Objects of the caller that the formula uses, by their name in full (``"pd.cut"``): functions as they are,
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

    Examples
    --------
    >>> split_formula("cbind(a, b) ~ x + z")
    ('cbind(a, b)', 'x + z')
    """
    if not isinstance(text, str):
        raise FormulaError(f"The formula is a {type(text).__name__}; give text such as 'y ~ x + C(g)'.")
    text = QUOTED.sub(lambda found: f"`{found[1] or found[2]}`", text)
    place = _tilde(text)
    left, right = text[: max(place, 0)], text[place + 1 :]
    if place < 0:
        raise FormulaError(f"The formula {text!r} has no '~': write 'response ~ terms'.")
    if not left.strip():
        raise FormulaError(f"The formula {text!r} has no response: write 'response ~ terms'.")
    if not right.strip():
        raise FormulaError(f"The formula {text!r} has nothing after '~': write '~ 1' for the intercept alone.")
    if "~" in outside_quotes(right):
        raise FormulaError(
            f"The formula {text!r} has more than one '~'. For 'not' write it in a function, as in I(~(x > 0))."
        )
    return left.strip(), right.strip()


def _tilde(text: str) -> int:
    """Return the place of the '~' between the sides, or -1; one in brackets or behind an operator means "not"."""
    outside = outside_quotes(text)
    before = ""  # the last character that is no blank
    for place, character in enumerate(text):
        if outside[place] == "~" and before and before not in "&|~=<>+-*/%":
            return place
        before = before if character.isspace() else character
    return 0 if outside.lstrip().startswith("~") else -1


def parse_formula(
    text: str,
    columns: Sequence[str],
    namespace: Mapping[str, Any],
    reserved: Sequence[str] = (),
    *,
    n_rows: int | None = None,
) -> ParsedFormula:
    """Parse a formula against the columns of a table."""
    left, right = split_formula(text)
    known = frozenset(columns)
    scope = Names(columns, namespace, n_rows)
    on_left = scope.references(left)
    left_variables, functions = scope.resolve(on_left, {"cbind"})
    taken = set(left_variables) | set(reserved)
    available = [name for name in columns if name not in taken]
    _require_no_column_one(text, right, available, known)
    terms, offsets = [], []
    on_right: list[Reference] = []
    for term in _terms(text, right, available, known):
        expressions = [factor.expr for factor in term.factors]
        if any(OFFSET.match(expression) for expression in expressions):
            offsets.append(_offset(text, term, expressions))
            on_right += scope.references(offsets[-1])
            continue
        terms.append(term)
        for factor in term.factors:
            on_right += scope.references(factor.expr, lookup=factor.eval_method is Factor.EvalMethod.LOOKUP)
    variables, more = scope.resolve(on_right, {"offset"})
    for name in (reference.path[0] for reference in (*on_left, *on_right) if reference.is_call):
        if name not in {"cbind", "offset"} and name in {*left_variables, *variables}:
            raise FormulaError(f"{name!r} in {text!r} is both a column and a function; rename the column.")
    return ParsedFormula(
        text, left, right, tuple(terms), tuple(offsets), variables, left_variables, {**functions, **more}
    )


@lru_cache(maxsize=256)
def _read(right: str, available: tuple[str, ...]) -> Any:
    """Return what formulaic reads, which is the same each time; ``available`` is what a dot stands for."""
    return Formula(right, _context={"__formulaic_variables_available__": list(available)})


def _terms(text: str, right: str, available: Sequence[str], known: frozenset[str]) -> list[FormulaicTerm]:
    """Return formulaic's terms of the right side."""
    try:
        parsed = _read(right, tuple(available) if "." in right else ())
    except SyntaxError as error:
        raise FormulaError(
            f"The right side of {text!r} cannot be read: {syntax_reason(right, error, known)}"
        ) from error
    except (FormulaicError, TypeError, RecursionError) as error:
        # Formulaic's message goes on with a coloured picture of the place, which is no good in plain text.
        reason = str(error).strip().splitlines()[0]
        bare = bare_column(right, known)
        if bare is not None:
            reason = f"the column {bare!r} is not a single word: write it in backticks, `{bare}`."
        elif any(sign in right for sign in "=<>!"):
            reason = f"{reason.rstrip('.')}. A comparison stands inside I(...): I(x == 'a'), I(x > 0)."
        raise FormulaError(f"The right side of {text!r} cannot be read: {reason}") from error
    if not isinstance(parsed, SimpleFormula):
        raise FormulaError(
            f"The right side of {text!r} has several parts (a '|' or brackets); a logistic regression has one. Join "
            "terms with '+', and with ':' or '*' for interactions."
        )
    return list(parsed)


def _require_no_column_one(text: str, right: str, available: Sequence[str], known: frozenset[str]) -> None:
    """Refuse a term that is a column called 1, which formulaic cannot tell from the intercept."""
    if ONE not in known:
        return
    apart = [f"{ONE} " if name == ONE else name for name in available]
    for term in _terms(text, right.replace(f"`{ONE}`", f"`{ONE} `"), apart, known):
        if any(
            factor.expr.strip() == ONE and factor.eval_method is Factor.EvalMethod.LOOKUP for factor in term.factors
        ):
            raise FormulaError(f"The column '1' in {text!r} would be taken for the intercept; rename it.")


def _offset(text: str, term: FormulaicTerm, expressions: Sequence[str]) -> str:
    """Return the expression of an offset, which must be one call and nothing else."""
    if len(expressions) > 1:
        raise FormulaError(f"{term} in {text!r} is an interaction with an offset; an offset must stand alone.")
    tree = read_expression(expressions[0]).tree
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)):
        raise FormulaError(
            f"{term} in {text!r}: an offset must stand alone; write the whole expression inside offset(...)."
        )
    return expressions[0]
