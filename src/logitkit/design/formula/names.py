"""Names of a formula: which are columns, which are the caller's, and what is said of those that are neither."""

from __future__ import annotations

import copy
import inspect
import keyword
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any
from unicodedata import normalize

import numpy as np

from logitkit.design.formula.expression import Reference, read_expression
from logitkit.design.formula.language import BUILTINS, KNOWN, PROCESS
from logitkit.errors import FormulaError, nearest_name

__all__ = ["Names", "syntax_reason"]

ENTRIES_MOST = 100  # of an object that a formula takes from the caller: knots and levels are fewer, data are more
#: Functions of R, Stata and patsy, and what is written here.
EQUIVALENTS = {
    "factor": "C(x); for text and categories the column alone",
    "as_factor": "C(x)",
    "ordered": "C(x, contr.poly)",
    "relevel": "C(x, contr.treatment('b')), b being the reference",
    "ns": "cr(x, df=4, constraints='center'); where values repeat give its knots",
    "rcs": "cr(x, knots=[b, c], lower_bound=a, upper_bound=d, constraints='center') with the knots a < b < c < d",
    "s": "cr(x, df=4, constraints='center'); there are no smoothing terms",
    "te": "cr(x, df=4, constraints='center'):cr(z, df=4, constraints='center'); there are no smoothing terms",
    "ln": "log(x)",
    "ifelse": "np.where(x > 0, a, b)",
    "pmax": "np.maximum(x, z)",
    "pmin": "np.minimum(x, z)",
    "cut": "a column of the table, made with pd.cut, or pd.cut(x, edges)",
    "exposure": "offset(log(n))",
    "logit": "log(p / (1 - p))",
    "strata": "absorb='g' of the fit, an intercept for each level; conditional likelihood is not offered",
    "cluster": "cluster='g', an argument of the fit",
    "Q": "the column in backticks, `a b`",
}
REFERENCE = "A reference level is chosen by contrasts: C(x, contr.treatment('b'))."
OPTIONS = {
    "C": {**dict.fromkeys(("ref", "reference", "base", "baseline", "reference_level"), REFERENCE)},
    "cr": {"constraint": "Write constraints='center'."},
    "bs": {"intercept": "Write include_intercept=True.", "Boundary_knots": "Write lower_bound=..., upper_bound=...."},
}


class Names:
    """What the names of a formula may refer to.

    Parameters
    ----------
    columns : sequence of str
        Columns of the table.
    namespace : mapping of str to object
        Where the caller's functions and constants are looked up, also by their name in full (``"pd.cut"``).
    n_rows : int or None
        Rows of the table of the fit; None where no object of the caller is refused for its length.
    """

    def __init__(self, columns: Sequence[str], namespace: Mapping[str, Any], n_rows: int | None) -> None:
        self.columns = columns
        self.known = frozenset(columns)
        self.namespace = namespace
        self.n_rows = n_rows

    def references(self, expression: str, lookup: bool = False) -> list[Reference]:
        """Return the names that an expression uses; a whole column name stands for itself."""
        backticked = lookup and not all(part.isidentifier() for part in expression.split("."))
        if expression in self.known or backticked:
            return [Reference((expression,), called=False, option=False)]
        try:
            read = read_expression(expression)
        except SyntaxError as error:
            reason = syntax_reason(expression, error, self.columns)
            raise FormulaError(f"{expression!r} in the formula cannot be read: {reason}") from error
        if read.has_xor:
            raise FormulaError(f"{expression!r} in the formula: '^' is not a power there. Write ** for a power.")
        for name, options in read.options:
            _require_options(name, options)
        return list(read.references)

    def resolve(self, references: Iterable[Reference], ours: set[str]) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Sort names into columns and objects of the caller; refuse those that are neither."""
        variables: dict[str, None] = {}
        functions: dict[str, Any] = {}
        for reference in references:
            root, *attributes = reference.path
            private = [part for part in attributes if part.startswith("_")]
            if private or (root.startswith("__") and root not in self.known):
                raise FormulaError(
                    f"{'.'.join(reference.path)!r} in the formula: names that begin with '_' are Python's own, and "
                    "cannot be used in a formula."
                )
            if root in self.known and not reference.is_call:
                variables[root] = None
            elif not any(name in ours or name in KNOWN for name in reference.prefixes):
                if root in BUILTINS and root not in self.namespace:
                    continue
                name, value = self._object(reference)
                held = _captured(name, value, None if reference.option else self.n_rows)
                functions.setdefault(name, held)
        return tuple(variables), functions

    def _object(self, reference: Reference) -> tuple[str, Any]:
        """Return the object of the caller that a name stands for, and its name in full."""
        for name in reference.prefixes:
            if name in self.namespace and "." in name:
                return name, self.namespace[name]
        root, *attributes = reference.path
        if root in PROCESS:
            raise FormulaError(
                f"{root!r} in the formula is a Python function that acts on the process, its files or its names. A "
                "formula only computes with columns: compute the column in the table, or rename your own function."
            )
        if root in self.namespace or root == "np":
            return _followed(root, self.namespace.get(root, np), attributes)
        if root in self.known:
            raise FormulaError(f"{root!r} in the formula is called as a function, but it is a column of the table.")
        raise FormulaError(
            f"{root!r} in the formula is neither a column of the table nor a known name. "
            f"{self._hint(root, reference.called)}"
        )

    def _hint(self, name: str, called: bool) -> str:
        """Say what may have been meant by a name that is not known."""
        if called and name in EQUIVALENTS:
            return f"The equivalent of {name}() is here {EQUIVALENTS[name]}."
        if called and f"np.{name}" in KNOWN:
            return f"Write np.{name}(...)."
        alike = [column for column in self.columns if normalize("NFKC", column) == name]
        if alike:
            return (
                f"The column {alike[0]!a} contains a letter that Python treats as another, as the micro sign as the "
                "Greek letter; it can stand alone but not inside a function or parentheses. Rename the column."
            )
        parts = [column for column in self.columns if name in column.split() and not column.isidentifier()]
        if parts:
            return f"The column {parts[0]!r} needs backticks: `{parts[0]}`."
        return nearest_name(name, self.columns)


def syntax_reason(text: str, error: SyntaxError, columns: Iterable[str]) -> str:
    """Say why a formula cannot be read."""
    for name in columns:
        if keyword.iskeyword(name) and re.search(rf"\b{name}\b", text):
            return (
                f"the column {name!r} has the name of a Python keyword, which can stand alone but not inside a "
                "function or parentheses. Rename the column."
            )
    bare = bare_column(text, columns)
    if bare is not None:
        return f"the column {bare!r} is not a Python identifier: write it in backticks, `{bare}`."
    found = re.search(r"\bas\.(factor|numeric|integer|logical)\(", text)
    if found:
        here = "C(x)" if found[1] == "factor" else "I(x)"
        return f"what R calls {found[0]}) is written {here}."
    return f"{error.msg}."


def bare_column(text: str, columns: Iterable[str]) -> str | None:
    """Return a column that is no identifier and stands in a text without backticks; None where there is none."""
    plain = re.sub(r"`[^`]*`", " ", text)
    odd = [name for name in columns if not name.isidentifier() and re.search(r"\w", name)]
    found = [name for name in odd if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain)]
    return max(found, key=len, default=None)


def _followed(root: str, value: Any, attributes: Sequence[str]) -> tuple[str, Any]:
    """Return what attributes lead to, up to the first value that is data, and its name in full."""
    path = [root]
    for name in attributes:
        if not (callable(value) or isinstance(value, ModuleType)) and (
            isinstance(value, (int, float, str, np.generic)) or hasattr(value, "__len__")
        ):
            break
        if not hasattr(value, name):
            raise FormulaError(f"{'.'.join((*path, name))!r} in the formula: {'.'.join(path)!r} has no {name!r}.")
        value = getattr(value, name)
        path.append(name)
    return ".".join(path), value


def _require_options(function: str, options: Sequence[str]) -> None:
    """Refuse an option that a transform does not have, naming the one that is meant."""
    if function not in KNOWN or function.startswith("np."):
        return
    try:
        known = [name for name in inspect.signature(KNOWN[function]).parameters if not name.startswith("_")]
    except (TypeError, ValueError):
        return
    for option in options:
        if option not in known and "kwargs" not in known:
            hint = OPTIONS.get(function, {}).get(option) or nearest_name(option, known[1:])
            raise FormulaError(f"{function}() in the formula has no option {option!r}. {hint}")


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
            f"{name!r} in the formula is not a column but an object outside the table ({type(value).__name__} of "
            f"{rows if rows == n_rows else entries} values). A model stores no data: put it into the table."
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
