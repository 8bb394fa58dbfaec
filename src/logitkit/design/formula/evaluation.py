"""The single evaluator of expressions: at the fit, for new rows, and for saved models.

An expression is rewritten as calls: every operator to that of ``arithmetic``, every call to one that hands transforms
what they learnt. Names are looked up here and nowhere else; of Python's own only those that compute are in reach.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from logitkit.design.formula.arithmetic import ARITHMETIC, UNARY, as_stored, attribute, called_by_numpy, measured
from logitkit.design.formula.expression import ONE_AT_A_TIME, Expression, dotted, read_expression
from logitkit.design.formula.language import BUILTINS, KNOWN, LEARNING
from logitkit.design.table.frame import is_missing
from logitkit.errors import DataWarning, FormulaError, warn_caller

__all__ = ["Scope"]

SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
}
MEASURED = frozenset(map(id, (KNOWN[name] for name in (*LEARNING, "lag"))))
#: Names that no expression can write, for what operators, attributes and calls become.
OPERATORS: dict[str, Any] = {
    ".": attribute,
    **{f"a{sign}b": function for sign, function in ARITHMETIC.items()},
    **{f"{sign}a": function for sign, function in UNARY.items()},
}
#: What a transform that learns is handed, by how its call is written.
Learnt = Callable[[str], dict[str, Any]]


class Scope:
    """The meaning of the names in expressions.

    Parameters
    ----------
    columns : mapping of str to array-like
        Columns of the table.
    functions : mapping of str to object
        Objects of the caller, by their name in full (``"pd.cut"``).
    own : mapping of str to callable
        Functions of those who evaluate, such as ``C`` and ``cbind``; they come first.
    """

    def __init__(self, columns: Mapping[str, Any], functions: Mapping[str, Any], own: Mapping[str, Any]) -> None:
        self.columns = columns
        self.functions = functions
        self.own = own
        self._stored: dict[str, Any] = {}

    def column(self, name: str) -> Any:
        """Return a column as expressions find it."""
        if name not in self._stored:
            self._stored[name] = as_stored(self.columns[name])
        return self._stored[name]

    def function(self, name: str) -> Any:
        """Return the object of a name that is not a column; KeyError if unknown."""
        for place in (self.own, KNOWN, self.functions, BUILTINS):
            if name in place:
                return place[name]
        raise KeyError(name)

    def knows(self, name: str) -> bool:
        """Tell whether a name is a function or an object of the caller."""
        return any(name in place for place in (self.own, KNOWN, self.functions, BUILTINS))

    def evaluate(self, text: str, learnt: Learnt, watch: Callable[..., Any] | None = None) -> Any:
        """Return the value of an expression; ``watch`` calls the transforms that learn, if it is given.

        Examples
        --------
        >>> import numpy as np
        >>> scope = Scope({"b": np.array([True, True])}, {}, {})
        >>> scope.evaluate("b + b - ~b", dict).tolist()
        [2, 2]
        """
        expression = read_expression(text)
        names: dict[str, Any] = dict(OPERATORS)
        names |= {alias: self.column(name) for alias, name in expression.aliases.items() if name in self.columns}
        functions, roots = [], []
        for reference in expression.references:
            root = reference.path[0]
            if root in self.columns and not reference.is_call:
                if root.isidentifier():  # for any other name its alias stands
                    names[root] = self.column(root)
                roots.append(root)
                continue
            known = next((name for name in reference.prefixes if self.knows(name)), None)
            if known is not None:
                functions.append(known)
                names[f"f:{known}"] = self.function(known)
        names |= {"()": _Calls(learnt, watch), "__builtins__": {}}
        strange: list[str] = []
        try:
            # Infinite values are refused by name and row once all columns are there; what is no number is told here.
            with np.errstate(divide="ignore", over="ignore", invalid="call", call=lambda what, _: strange.append(what)):
                # The code is the expression's own, rewritten; its names are those above, and no other is in reach.
                found = eval(_compiled(text, frozenset(functions), frozenset(roots)), names)
        except SystemExit as error:
            raise FormulaError(
                f"{text!r} in the formula exits Python (SystemExit); a function in a formula must return values."
            ) from error
        except ValueError as error:
            if "truth value of" not in str(error):
                raise
            raise FormulaError(
                f"{text!r} in the formula treats a column as a single truth value. Between columns write & for 'and', "
                "| for 'or', ~ for 'not', with parentheses around each comparison: (x > 0) & (x < 9) for 0 < x < 9."
            ) from error
        if strange and np.geterr()["invalid"] != "ignore":  # by which a caller asks for silence
            _tell_of_no_numbers(text, found, {name: self.column(name) for name in roots})
        return found


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _tell_of_no_numbers(text: str, found: Any, columns: Mapping[str, Any]) -> None:
    """Warn where an expression is no number though the columns that it reads have values."""
    if getattr(found, "ndim", 0) != 1 or getattr(found.dtype, "kind", "") != "f":
        return
    none = is_missing(found)
    for column in columns.values():
        if np.shape(column) == none.shape:
            none &= ~is_missing(column)
    if none.any():
        row = int(np.argmax(none))
        where = ", ".join(f"{name} is {_short(np.asarray(column)[row])}" for name, column in columns.items())
        warn_caller(
            f"{text!r} in the formula is no number in {int(none.sum()):,} of {none.size:,} rows, such as where "
            f"{where}; there it counts as missing.",
            DataWarning,
        )


class _Calls:
    """Calls a function with its converted arguments.

    Parameters
    ----------
    learnt : callable
        Options of a transform that learns, by how its call is written.
    watch : callable or None
        What calls it instead.
    """

    def __init__(self, learnt: Learnt, watch: Callable[..., Any] | None) -> None:
        self.learnt = learnt
        self.watch = watch

    def __call__(self, function: Any, written: str, /, *arguments: Any, **options: Any) -> Any:
        """Return what the function gives."""
        if id(function) in MEASURED and arguments:
            arguments = (measured(arguments[0]), *arguments[1:])
        if getattr(function, "__is_stateful_transform__", False):
            if self.watch is not None:
                return self.watch(function, written, arguments, options, self.learnt(written))
            return function(*arguments, **options, **self.learnt(written))
        of_numpy = str(getattr(function, "__module__", "")).partition(".")[0] == "numpy"
        if isinstance(function, np.ufunc) or (of_numpy and not isinstance(function, np.vectorize)):
            return called_by_numpy(function, arguments, options)
        return function(*arguments, **options)


@lru_cache(maxsize=4096)
def _compiled(text: str, functions: frozenset[str], columns: frozenset[str]) -> CodeType:
    """Return the code of a rewritten expression."""
    expression = read_expression(text)
    with ONE_AT_A_TIME:
        tree = ast.parse(ast.unparse(expression.tree), mode="eval")  # a copy, to be changed
        body = _Rewriter(expression, functions, columns).visit(tree.body)
        return compile(ast.fix_missing_locations(ast.Expression(body)), "<formula>", "eval")


class _Rewriter(ast.NodeTransformer):
    """Rewrites operators, attributes and calls as calls of this package.

    Parameters
    ----------
    expression : Expression
        What is rewritten.
    functions, columns : frozenset of str
        Names that it uses as objects of the caller or of the language, and columns of the table.
    """

    def __init__(self, expression: Expression, functions: frozenset[str], columns: frozenset[str]) -> None:
        self.expression = expression
        self.functions = functions
        self.columns = columns

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Rewrite an operator of two values."""
        self.generic_visit(node)
        sign = SIGNS.get(type(node.op))
        return node if sign is None else _call(f"a{sign}b", node.left, node.right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """Rewrite an operator of one value."""
        self.generic_visit(node)
        sign = SIGNS.get(type(node.op))
        if sign is None or (sign == "-" and isinstance(node.operand, ast.Constant)):
            return node
        return _call(f"{sign}a", node.operand)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Rewrite a call, with how it is written."""
        written = self.expression.written(node)
        name = node.func.id if isinstance(node.func, ast.Name) else None
        # A name that is called is a function, whatever columns there are.
        function = _name(f"f:{name}") if name in self.functions else self.visit(node.func)
        arguments = [self.visit(argument) for argument in node.args]
        options = [self.visit(option) for option in node.keywords]
        return ast.Call(_name("()"), [function, ast.Constant(written), *arguments], options)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Rewrite the name of an object."""
        known = self.expression.aliases.get(node.id, node.id)
        return _name(f"f:{known}") if known in self.functions and known not in self.columns else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Rewrite a name in full, or an attribute of a value."""
        path = dotted(node)
        if path is not None and path[0] not in self.columns and ".".join(path) in self.functions:
            return _name(f"f:{'.'.join(path)}")
        return _call(".", self.visit(node.value), ast.Constant(node.attr))


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _call(function: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(_name(function), list(arguments), [])
