"""The closed language of formulas: the functions available in every formula, and the parts allowed in a saved one.

A saved model is data. Its expressions are evaluated only if they are made of columns, numbers, text, operators and the
names that are listed here; functions of the user's own are handed to ``load``.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Container, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
from formulaic.transforms import TRANSFORMS

from logitkit.design.formula.expression import Expression, dotted
from logitkit.errors import FormulaError

__all__ = ["BUILTINS", "KNOWN", "LEARNING", "PROCESS", "require_closed"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NUMPY = _words(
    "abs absolute fabs sign negative reciprocal square sqrt cbrt power exp exp2 expm1 log log2 log10 log1p logaddexp "
    "sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh hypot deg2rad rad2deg radians "
    "degrees floor ceil trunc rint round around clip maximum minimum fmax fmin add subtract multiply divide mod fmod "
    "true_divide floor_divide remainder where logical_and logical_or logical_not logical_xor isnan isfinite isinf isin "
    "equal not_equal less less_equal greater greater_equal heaviside nan_to_num digitize interp mean median std var "
    "min max sum quantile percentile nanmean nanmedian nanstd nanmin nanmax cumsum array asarray pi e inf nan"
)
MATH = _words("sqrt exp log log2 log10 log1p floor ceil trunc fabs sin cos tan atan pow pi e tau inf nan")
CONTRASTS = _words("helmert poly sum treatment SAS diff custom")


def _exp10(values: Any) -> Any:
    """Ten to the power of the values; what formulaic calls by this name is the tenth power."""
    return np.power(10.0, values)


#: What every formula knows, by its name in full. "C", "hashed", "offset" and "cbind" are given by those who evaluate.
KNOWN: dict[str, Any] = {
    **{name: what for name, what in TRANSFORMS.items() if name not in {"np", "contr", "Q"}},
    "exp10": _exp10,
    **{f"np.{name}": getattr(np, name) for name in NUMPY},
    **{f"contr.{name}": getattr(TRANSFORMS["contr"], name) for name in CONTRASTS},
}
#: Those of ``math``, which a saved formula may have under the name that its module had.
OF_MODULES = {"numpy": (np, NUMPY), "math": (math, MATH)}
#: Transforms that learn from the rows of the fit.
LEARNING = frozenset({"bs", "cc", "cr", "cs", "center", "poly", "scale", "standardize"})
#: Functions of Python that compute with values.
BUILTINS: dict[str, Any] = {
    each.__name__: each for each in (abs, bool, dict, divmod, float, int, len, list, max, min, pow, range, round, set)
} | {each.__name__: each for each in (sorted, str, sum, tuple, zip, enumerate, map, filter, any, all, reversed)}
#: Functions of Python that act on the process, its files or its names, and none of which is a transform.
PROCESS = frozenset(
    _words(
        "quit exit exec eval compile open input print breakpoint help copyright credits license __import__ globals "
        "locals vars dir getattr setattr delattr hasattr memoryview super type object id classmethod "
        "staticmethod property"
    )
)

CLOSED_BUILTINS = frozenset({"abs", "round", "min", "max", "sum", "len", "int", "float", "str", "bool"})
TYPES = frozenset({"int", "float", "str", "bool"})  # may be handed on, as in x.astype(str)
#: Methods of a column that take values and give values, and the parts of dates and text.
METHODS = frozenset(
    _words(
        "mean median std var min max sum quantile abs round clip fillna isin isna notna between map astype shift diff "
        "rank cumsum where mask eq ne lt le gt ge add sub mul div pow nunique "
        "upper lower strip lstrip rstrip title capitalize len startswith endswith slice "
        "total_seconds day_name month_name normalize"
    )
)
FIELDS = frozenset(
    _words(
        "dt str year month day hour minute second dayofweek day_of_week weekday dayofyear day_of_year quarter days "
        "seconds is_month_start is_month_end is_leap_year"
    )
)
#: Arguments that say how much is computed, and the most that they may be.
SIZES: dict[str, dict[str, int]] = {
    **{name: {"df": 1_000} for name in ("cc", "cr", "cs")},
    "bs": {"df": 1_000, "degree": 100},
    "poly": {"degree": 1_000},
    "hashed": {"levels": 1_000_000},
    "round": {"ndigits": 400},
    **{name: {"decimals": 400} for name in ("np.round", "np.around", ".round")},
}
NODES = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Call, ast.keyword, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare),
    *(ast.List, ast.Tuple, ast.Dict, ast.Load, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
OUTSIDE = {
    ast.Lambda: "a function without a name",
    ast.ListComp: "a loop",
    ast.SetComp: "a loop",
    ast.DictComp: "a loop",
    ast.GeneratorExp: "a loop",
    ast.Subscript: "an entry picked by brackets",
    ast.IfExp: "an 'if'",
    ast.NamedExpr: "an assignment",
    ast.JoinedStr: "text with expressions in it",
    ast.Starred: "a '*' before arguments",
}
#: Options that are no values, or would write into a column.
TYPED = frozenset(_words("dtype out like hash_func casting subok where copy overwrite_input inplace initial order"))
CHARACTERS_MOST = 20_000


def require_closed(expression: Expression, columns: Container[str], functions: Mapping[str, Any]) -> None:
    """Refuse an expression that a saved model may not contain."""
    if len(expression.text) > CHARACTERS_MOST:
        raise FormulaError(f"An expression of the saved formula has more than {CHARACTERS_MOST:,} characters.")
    _Reader(expression, columns, functions).value(expression.tree)


class _Reader:
    """Walks an expression and refuses what is not listed.

    Parameters
    ----------
    expression : Expression
        What is read.
    columns, functions : container of str, mapping
        The names that it may use.
    """

    def __init__(self, expression: Expression, columns: Container[str], functions: Mapping[str, Any]) -> None:
        self.expression = expression
        self.columns = columns
        self.functions = functions

    def refuse(self, node: ast.AST, reason: str) -> FormulaError:
        """Return the error that names a part of the expression."""
        part = self.expression.written(node)
        whole = "" if part == self.expression.text else f" in {self.expression.text!r}"
        return FormulaError(
            f"{part!r}{whole} is {reason}, which a saved model cannot contain: its formula may consist of columns, "
            "numbers, text, operators and the transforms of docs/formulas.md. Compute the column in the table, or "
            "write a function f of your own, use f(...) in the formula, and load the model with functions={'f': f}."
        )

    def value(self, node: ast.AST) -> None:
        """Read what stands for a value."""
        if not isinstance(node, NODES):
            raise self.refuse(node, OUTSIDE.get(type(node), "not part of the formula language"))
        path = dotted(node)
        if path is not None:
            self.name(node, ".".join((self.expression.aliases.get(path[0], path[0]), *path[1:])))
            return
        if isinstance(node, ast.Constant):
            if not (node.value is None or isinstance(node.value, (bool, int, float, str))):
                raise self.refuse(node, "neither a number nor text")
        elif isinstance(node, ast.Attribute):
            self.field(node)
        elif isinstance(node, ast.Call):
            self.call(node)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.LShift, ast.RShift, ast.BitXor)):
            raise self.refuse(node, "a bitwise operation")
        elif isinstance(node, ast.Dict):
            for key, entry in zip(node.keys, node.values, strict=True):
                if key is None:
                    raise self.refuse(node, "a dict within a dict")
                self.value(key)
                self.value(entry)
        else:
            for part in ast.iter_child_nodes(node):
                if isinstance(part, ast.expr):
                    self.value(part)

    def name(self, node: ast.AST, name: str) -> None:
        """Read a name that stands for a value, with the attributes behind it."""
        root = name.partition(".")[0]
        if name in self.columns or name in self.functions or (isinstance(node, ast.Name) and root in self.columns):
            return
        if root in self.columns or root in self.functions:
            assert isinstance(node, ast.Attribute)
            self.field(node)
            return
        constant = name in KNOWN and not callable(KNOWN[name])
        contrast = name in KNOWN and name.startswith("contr.")
        if not (constant or contrast or name in TYPES | {"Sum", "Poly", "Helmert", "Diff"}):
            kind = "a function that is not called" if name in KNOWN else "an unknown name"
            raise self.refuse(node, kind)

    def field(self, node: ast.Attribute) -> None:
        """Read an attribute of a value: a part of a date, or the way to methods of text."""
        if node.attr not in FIELDS:
            raise self.refuse(node, f"the attribute {node.attr!r}")
        self.value(node.value)

    def call(self, node: ast.Call) -> None:
        """Read a call of a listed function, of one that was handed over, or of a listed method."""
        path = dotted(node.func)
        name = ".".join(path) if path is not None else ""
        root = self.expression.aliases.get(path[0], path[0]) if path is not None else ""
        if not (name in KNOWN or name in self.functions or name in CLOSED_BUILTINS | {"offset", "cbind"}):
            if not isinstance(node.func, ast.Attribute):
                raise self.refuse(node.func, OUTSIDE.get(type(node.func), "an unknown function"))
            if path is not None and root not in self.columns and path[0] not in self.functions:
                raise self.refuse(node.func, "an unknown function")
            if node.func.attr not in METHODS:
                raise self.refuse(node.func, f"the method {node.func.attr!r}")
            self.value(node.func.value)
            if node.func.attr == "astype":
                if [getattr(argument, "id", None) in TYPES for argument in node.args] != [True] or node.keywords:
                    raise self.refuse(node, "a type other than int, float, str and bool")
                return
            name = f".{node.func.attr}"
        of_numpy = name.startswith("np.") or isinstance(KNOWN.get(name), np.ufunc)
        if of_numpy and name in KNOWN and len(node.args) > _values(KNOWN[name]):
            raise self.refuse(node, "a call with more values than the function takes")
        sizes = SIZES.get(name, {})
        for argument, part in zip_longest(_arguments(name)[: len(node.args)], node.args):
            if argument in sizes:
                self.size(node, argument, sizes[argument], part)
            self.value(part)
        for option in node.keywords:
            if option.arg is None:
                raise self.refuse(node, "a call with '**'")
            if option.arg.startswith("_") or (option.arg in TYPED and name not in self.functions):
                raise self.refuse(node, f"a call with the option {option.arg!r}")
            if option.arg in sizes:
                self.size(node, option.arg, sizes[option.arg], option.value)
            self.value(option.value)

    def size(self, call: ast.Call, argument: str, most: int, node: ast.expr) -> None:
        """Refuse a size that is too large, or that is neither written out nor stored."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            node = node.operand
        written = isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in self.functions)
        stated: Any = (
            self.functions[node.id] if written and isinstance(node, ast.Name) else getattr(node, "value", None)
        )
        number = isinstance(stated, (int, float, np.number)) and bool(-most <= stated <= most)
        if not (written and (stated is None or number)):
            raise self.refuse(call, f"a call whose {argument!r} exceeds {most:,} or is itself computed")


def _arguments(name: str) -> list[str]:
    """Return what the arguments of a function that has sizes are called."""
    if name not in SIZES:
        return []
    return list(SIZES[name]) if name.startswith(".") else list(inspect.signature((BUILTINS | KNOWN)[name]).parameters)


def _values(function: Any) -> int:
    """Return how many arguments of a function of numpy are values: those behind them would be written into."""
    if isinstance(function, np.ufunc):
        return function.nin
    try:
        names = list(inspect.signature(function).parameters)
    except ValueError:  # some versions of numpy tell nothing of functions that are compiled
        return 1
    return next((place for place, name in enumerate(names) if name in TYPED), len(names))
