"""Expressions of a formula that act on each number by itself, evaluated on the columns of a chunk as they lie."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.design.chunks.columns import is_measure
from logitkit.design.formula.arithmetic import ARITHMETIC, UNARY, as_stored, called_by_numpy
from logitkit.design.formula.expression import dotted, read_expression
from logitkit.design.formula.language import KNOWN

__all__ = ["Elementwise", "elementwise", "offsets_of"]

SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.USub: "-",
    ast.UAdd: "+",
}
WRITTEN = re.compile(r"offset\((.*)\)", re.DOTALL)
UFUNCS = {name: what for name, what in KNOWN.items() if isinstance(what, np.ufunc)}


@dataclass(frozen=True)
class Elementwise:
    """An expression of columns of numbers, operators and functions that act on each number.

    Parameters
    ----------
    text : str
        As it is written.
    tree : ast.expr
        Its syntax.
    names : dict of str to str
        Columns by how they are called in it.
    """

    text: str
    tree: ast.expr
    names: Mapping[str, str]

    def values(self, numbers: Callable[[str], NDArray[Any]]) -> NDArray[Any]:
        """Return its value for each row, given the numbers of a column by its name."""
        with np.errstate(all="ignore"):
            return np.asarray(self._value(self.tree, numbers))

    def _value(self, node: ast.expr, numbers: Callable[[str], NDArray[Any]]) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return as_stored(numbers(self.names[node.id]))
        if isinstance(node, ast.UnaryOp):
            return UNARY[SIGNS[type(node.op)]](self._value(node.operand, numbers))
        if isinstance(node, ast.BinOp):
            left, right = self._value(node.left, numbers), self._value(node.right, numbers)
            return ARITHMETIC[SIGNS[type(node.op)]](left, right)
        assert isinstance(node, ast.Call)
        given = [self._value(each, numbers) for each in node.args]
        name = _called(node)
        return given[0] if name == "I" else called_by_numpy(UFUNCS[name], tuple(given), {})


def elementwise(text: str, types: Mapping[str, Any]) -> Elementwise | None:
    """Return an expression that can be evaluated number by number, None for any other.

    Parameters
    ----------
    text : str
        An expression of a formula.
    types : mapping of str to pyarrow.DataType
        Of the columns of the table.

    Examples
    --------
    >>> import pyarrow as pa
    >>> types = {"x": pa.float64(), "g": pa.string()}
    >>> [elementwise(text, types) is not None for text in ("np.log(x + 1)", "I(x**2)", "np.log(g)", "scale(x)")]
    [True, True, False, False]
    >>> elementwise("I(x**2)", types).values({"x": np.array([2.0, 3.0])}.__getitem__).tolist()
    [4.0, 9.0]
    """
    read = read_expression(text)
    names: dict[str, str] = {}

    def suits(node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return type(node.value) in (int, float)
        if isinstance(node, ast.Name):
            column = names[node.id] = read.aliases.get(node.id, node.id)
            return column in types and is_measure(types[column])
        if isinstance(node, ast.UnaryOp):
            return type(node.op) in SIGNS and suits(node.operand)
        if isinstance(node, ast.BinOp):
            return type(node.op) in SIGNS and suits(node.left) and suits(node.right)
        if not isinstance(node, ast.Call) or node.keywords:
            return False
        name = _called(node)
        is_known = name == "I" or name in UFUNCS
        n_arguments = 1 if name == "I" or not is_known else UFUNCS[name].nin
        return is_known and len(node.args) == n_arguments and all(map(suits, node.args))

    return Elementwise(text, read.tree, names) if suits(read.tree) and names and not read.has_xor else None


def offsets_of(texts: Sequence[str], types: Mapping[str, Any]) -> tuple[Elementwise, ...] | None:
    """Return the offsets of a formula as expressions of numbers, None where one is any other.

    Parameters
    ----------
    texts : sequence of str
        As they are written, ``"offset(x)"``.
    types : mapping of str to pyarrow.DataType
        Of the columns of the table.

    Examples
    --------
    >>> import pyarrow as pa
    >>> types = {"x": pa.float64()}
    >>> [each.text for each in offsets_of(["offset(np.log(x))"], types)], offsets_of(["offset(scale(x))"], types)
    (['np.log(x)'], None)
    """
    found = []
    for text in texts:
        inside = WRITTEN.fullmatch(text)
        made = elementwise(inside[1], types) if inside is not None else None
        if made is None:
            return None
        found.append(made)
    return tuple(found)


def _called(node: ast.Call) -> str:
    """Return the name of what is called, in full; empty for what has none."""
    return ".".join(dotted(node.func) or ())
