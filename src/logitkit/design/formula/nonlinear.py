r"""Non-linear hypotheses in words: numbers, names of coefficients, ``+ - * / **``, ``exp``, ``log`` and ``sqrt``.

A text is read into a tree and never run as Python. The tree is evaluated with dual numbers: each value carries its
derivatives by the coefficients, so that these are exact to rounding.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from logitkit.design.formula.constraints import named, unknown_name, with_safe_names
from logitkit.design.formula.named import split_outside
from logitkit.errors import FormulaError
from logitkit.typing import FloatArray, IntArray

__all__ = ["NonlinearFunctions", "nonlinear_functions"]

LONGEST = 2_000  # characters, so that no text nests too deeply to be read
FUNCTIONS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "exp": (lambda x: float(np.exp(x)), lambda x: float(np.exp(x))),
    "log": (lambda x: float(np.log(x)), lambda x: 1.0 / x),
    "sqrt": (lambda x: float(np.sqrt(x)), lambda x: 0.5 / float(np.sqrt(x))),
}
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)


@dataclass(frozen=True, slots=True)
class _Dual:
    """A value with its derivatives by the coefficients; None for a constant."""

    value: float
    slope: FloatArray | None = None

    def changed(self, value: float, *parts: tuple[float, _Dual]) -> _Dual:
        """Return a value whose derivatives are a sum of multiples of those of others."""
        slopes = [factor * other.slope for factor, other in parts if other.slope is not None]
        return _Dual(value, np.sum(slopes, axis=0) if slopes else None)


@dataclass(frozen=True, eq=False)
class NonlinearFunctions:
    """Functions of the coefficients that are zero under a hypothesis: left side less right side.

    Parameters
    ----------
    trees : tuple of (ast.expr, ast.expr)
        The two sides of each equation.
    places : mapping of str to int
        Coefficients by the names that the trees have for them.
    texts : tuple of str
        The equations in words.

    Examples
    --------
    >>> found = nonlinear_functions("x / z = 2", ["x", "z"])
    >>> value, jacobian = found.at(np.array([6.0, 2.0]))
    >>> value.tolist(), jacobian.tolist()
    ([1.0], [[0.5, -1.5]])
    """

    trees: tuple[tuple[ast.expr, ast.expr], ...]
    places: Mapping[str, int]
    texts: tuple[str, ...]

    @cached_property
    def used(self) -> IntArray:
        """The coefficients that take part, in order."""
        found = {
            self.places[node.id]
            for pair in self.trees
            for tree in pair
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and node.id in self.places
        }
        return np.array(sorted(found), dtype=np.int64)

    @property
    def may_jump(self) -> bool:
        """Whether some function divides by what depends on coefficients, and may go from one infinity to the other."""
        return any(
            isinstance(node, ast.BinOp)
            and (
                (isinstance(node.op, ast.Div) and not _is_number(node.right))
                or (isinstance(node.op, ast.Pow) and not isinstance(node.right, ast.Constant))
            )
            for pair in self.trees
            for tree in pair
            for node in ast.walk(tree)
        )

    def at(self, coef: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the values at some coefficients, (k,), and their derivatives, (k, p)."""
        used = self.used
        units = np.eye(used.size)
        known = {
            name: (float(coef[j]), units[np.searchsorted(used, j)]) for name, j in self.places.items() if j in used
        }
        values, jacobian = np.empty(len(self.trees)), np.zeros((len(self.trees), coef.size))
        for k, (left, right) in enumerate(self.trees):
            one, other = _evaluated(left, known), _evaluated(right, known)
            found = one.changed(one.value - other.value, (1.0, one), (-1.0, other))
            slope = np.zeros(used.size) if found.slope is None else found.slope
            if not (np.isfinite(found.value) and np.isfinite(slope).all()):
                raise FormulaError(
                    f"{self.texts[k]} has no value at the estimates: a division by zero, the logarithm or root of a "
                    "negative number, or a number that is too large."
                )
            values[k], jacobian[k, used] = found.value, slope
        return values, jacobian


def nonlinear_functions(
    text: str, names: Sequence[str], naming: str = "", terms: Sequence[tuple[str, IntArray]] = ()
) -> NonlinearFunctions | None:
    """Return what a text says of the coefficients, None where it is linear or cannot be read as arithmetic.

    Examples
    --------
    >>> nonlinear_functions("x = 2 * z", ["x", "z"]) is None
    True
    >>> nonlinear_functions("exp(x) = 2, x * z = 1", ["x", "z"]).texts
    ('exp(x) = 2', 'x * z = 1')
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        return None
    safe, aliases = with_safe_names(text, names)
    trees, texts = [], []
    for piece in split_outside(safe, ","):
        sides = [side.strip() for side in piece.split("=")]
        read = [_read(side) for side in (sides if len(sides) > 1 else [*sides, "0"])]
        if any(tree is None for tree in read):
            return None
        trees += list(pairwise([tree for tree in read if tree is not None]))
        shown = sides if len(sides) > 1 else [*sides, "0"]
        texts += [f"{named(left, aliases)} = {named(right, aliases)}" for left, right in pairwise(shown)]
    if all(_is_linear(tree) for pair in trees for tree in pair):
        return None
    for pair in trees:
        for tree in pair:
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and node.id not in aliases and node.id not in FUNCTIONS:
                    raise FormulaError(f"{unknown_name(node.id, text, names, terms)} {naming}".rstrip())
    place = {alias: names.index(name) for alias, name in aliases.items()}
    return NonlinearFunctions(tuple(trees), place, tuple(texts))


def _read(side: str) -> ast.expr | None:
    """Return a side as a tree, None where it is more than arithmetic."""
    try:
        tree = ast.parse(side, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if _is_arithmetic(tree) else None


def _is_arithmetic(tree: ast.expr) -> bool:
    """Return whether a tree has numbers, names, operators and known functions only."""
    if isinstance(tree, ast.Constant):
        return isinstance(tree.value, (int, float)) and not isinstance(tree.value, bool)
    if isinstance(tree, ast.Name):
        return True
    if isinstance(tree, ast.UnaryOp):
        return isinstance(tree.op, (ast.USub, ast.UAdd)) and _is_arithmetic(tree.operand)
    if isinstance(tree, ast.BinOp):
        return isinstance(tree.op, OPERATORS) and _is_arithmetic(tree.left) and _is_arithmetic(tree.right)
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in FUNCTIONS:
        return len(tree.args) == 1 and not tree.keywords and _is_arithmetic(tree.args[0])
    return False


def _is_linear(tree: ast.expr) -> bool:
    """Return whether a side is linear in the names that it has."""
    if isinstance(tree, ast.UnaryOp):
        return _is_linear(tree.operand)
    if isinstance(tree, ast.BinOp):
        both = _is_linear(tree.left) and _is_linear(tree.right)
        if isinstance(tree.op, (ast.Add, ast.Sub)):
            return both
        if isinstance(tree.op, ast.Mult):
            return both and (_is_number(tree.left) or _is_number(tree.right))
        return both and _is_number(tree.right) and (isinstance(tree.op, ast.Div) or _is_number(tree.left))
    return not isinstance(tree, ast.Call)


def _is_number(tree: ast.expr) -> bool:
    return not any(isinstance(node, ast.Name) for node in ast.walk(tree))


def _evaluated(tree: ast.expr, known: Mapping[str, tuple[float, FloatArray]]) -> _Dual:
    """Return a tree's value with its derivatives."""
    with np.errstate(all="ignore"):
        if isinstance(tree, ast.Constant):
            return _Dual(float(tree.value))  # type: ignore[arg-type]
        if isinstance(tree, ast.Name):
            return _Dual(*known[tree.id])
        if isinstance(tree, ast.UnaryOp):
            inner = _evaluated(tree.operand, known)
            sign = -1.0 if isinstance(tree.op, ast.USub) else 1.0
            return inner.changed(sign * inner.value, (sign, inner))
        if isinstance(tree, ast.Call):
            function, slope = FUNCTIONS[tree.func.id]  # type: ignore[attr-defined]
            inner = _evaluated(tree.args[0], known)
            return inner.changed(function(np.float64(inner.value)), (float(slope(np.float64(inner.value))), inner))
        assert isinstance(tree, ast.BinOp)
        return _combined(tree.op, _evaluated(tree.left, known), _evaluated(tree.right, known))


def _combined(operator: ast.operator, left: _Dual, right: _Dual) -> _Dual:
    """Return two values combined, by the rules of differentiation."""
    a, b = np.float64(left.value), np.float64(right.value)
    if isinstance(operator, ast.Add):
        return left.changed(a + b, (1.0, left), (1.0, right))
    if isinstance(operator, ast.Sub):
        return left.changed(a - b, (1.0, left), (-1.0, right))
    if isinstance(operator, ast.Mult):
        return left.changed(a * b, (b, left), (a, right))
    if isinstance(operator, ast.Div):
        return left.changed(a / b, (1.0 / b, left), (-a / b**2, right))
    power = a**b
    by_base = b * a ** (b - 1.0)
    return left.changed(power, (by_base, left), (0.0 if right.slope is None else power * np.log(a), right))
