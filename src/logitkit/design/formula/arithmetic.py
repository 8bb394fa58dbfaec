"""Arithmetic within a formula: numbers are computed as numbers, however they are stored.

A boolean is the number 0 or 1 in arithmetic, and a truth value for ``&``, ``|`` and ``~``. Numbers of few bits and
numbers without a sign are widened before they are computed with, and whole numbers whose result would not fit in 64
bits are computed as float64. Numpy by itself would take the sum of two booleans for their "or", compute in float32, and
run over without a word.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from logitkit.errors import FormulaError

__all__ = ["ARITHMETIC", "UNARY", "as_stored", "attribute", "called_by_numpy", "is_condition", "measured", "widened"]

LARGEST = 2**63 - 1


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: Methods of a column that compute; those of a boolean column would take it for a truth value, or for an object.
COMPUTING = frozenset(
    _words(
        "add radd sub rsub mul rmul div rdiv truediv rtruediv floordiv rfloordiv mod rmod pow rpow dot prod product "
        "sum cumsum cumprod cummax cummin diff shift rank mean std var sem skew kurt median quantile round clip "
        "interpolate multiply subtract divide"
    )
)
#: Those that are operators of two values.
METHODS = {
    "add": "+",
    "sub": "-",
    "subtract": "-",
    "mul": "*",
    "multiply": "*",
    "pow": "**",
    "floordiv": "//",
    "mod": "%",
}
#: Methods, and functions of numpy, that add up or multiply many values.
SUMS = frozenset(_words("sum cumsum nansum nancumsum"))
PRODUCTS = frozenset(_words("prod product cumprod nanprod nancumprod dot vdot inner matmul"))
#: Functions of numpy that want truth values, or take them as they are.
LOGICAL = frozenset(
    getattr(np, name)
    for name in _words(
        "logical_and logical_or logical_not logical_xor bitwise_and bitwise_or bitwise_xor invert where select "
        "piecewise any all isin count_nonzero flatnonzero nonzero argwhere extract compress array asarray vectorize"
    )
)


def is_condition(value: Any) -> bool:
    """Tell whether a value is Boolean, or a column of Booleans."""
    dtype = getattr(value, "dtype", None)
    stored = getattr(dtype, "subtype", dtype)
    return isinstance(value, bool) or getattr(stored, "kind", "") == "b"


def widened(value: Any) -> Any:
    """Return a value in the form used by arithmetic: booleans as 0 and 1, numbers in at least 64 bits.

    Examples
    --------
    >>> (widened(np.array([True, True])) + widened(np.uint8(255))).tolist()
    [256, 256]
    """
    return _widened(value, truths=True)


def as_stored(value: Any) -> Any:
    """Return a column in the form used by expressions: booleans unchanged, numbers in at least 64 bits."""
    return _widened(value, truths=False)


def measured(value: Any) -> Any:
    """Return a column as float64 where it holds numbers: what learns from it sums and squares them."""
    value = widened(value)
    return _as_float(value) if getattr(getattr(value, "dtype", None), "kind", "") == "i" else value


def _widened(value: Any, truths: bool) -> Any:
    if isinstance(value, bool):
        return int(value) if truths else value
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        return value
    if isinstance(value, np.generic):
        if dtype.kind in "iu" or (dtype.kind == "b" and truths):
            return int(value)
        return float(value) if dtype.kind == "f" else value
    sparse = hasattr(dtype, "subtype") and hasattr(dtype, "fill_value")
    target = _wide_type(dtype.subtype if sparse else dtype, value, truths)
    if target is None:
        return value
    return value.astype(type(dtype)(target, 0) if sparse else target)


def _wide_type(dtype: Any, value: Any, truths: bool) -> Any:
    """Return the type of 64 bits that holds the values of another; None where they have one already."""
    kind = getattr(dtype, "kind", "O")
    if kind == "b" and truths:
        return np.int64 if isinstance(dtype, np.dtype) else "Int64"
    if kind == "u" and dtype.itemsize == 8:
        return np.int64 if not len(value) or int(value.max()) <= LARGEST else np.float64
    if kind in "iu" and dtype.itemsize < 8:
        return np.int64 if isinstance(dtype, np.dtype) else "Int64"
    if kind == "f" and dtype.itemsize < 8:
        return np.float64 if isinstance(dtype, np.dtype) else "Float64"
    return None


def _as_float(value: Any) -> Any:
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            raise FormulaError("A whole number in the formula is too large for a number of 64 bits.") from None
    dtype = value.dtype
    if hasattr(dtype, "subtype"):
        return value.astype(type(dtype)(np.float64, 0))
    return value.astype(np.float64)


def _range(value: Any) -> tuple[int, int] | None:
    """Return the least and the largest of whole numbers; None for anything else."""
    if isinstance(value, int):
        return value, value
    dtype = getattr(value, "dtype", None)
    if getattr(getattr(dtype, "subtype", dtype), "kind", "") != "i" or not hasattr(value, "min"):
        return None
    if not np.size(value):
        return 0, 0
    least, most = value.min(), value.max()
    try:
        return int(least), int(most)
    except (TypeError, ValueError):  # all are missing
        return None


def _runs_over(sign: str, left: tuple[int, int], right: tuple[int, int]) -> bool:
    """Tell whether a result of whole numbers may not be one of 64 bits."""
    (a, b), (c, d) = left, right
    if sign == "**":
        largest = max(abs(a), abs(b))
        return c < 0 or (largest > 1 and d * math.log2(largest) > 62.9)
    if sign in {"//", "%"}:
        return c <= 0 <= d  # numpy would say that the quotient is zero
    bounds = {
        "+": (a + c, b + d),
        "-": (a - d, b - c),
        "*": (min(a * c, a * d, b * c, b * d), max(a * c, a * d, b * c, b * d)),
    }[sign]
    return bounds[0] < -LARGEST or bounds[1] > LARGEST


def _is_text(value: Any) -> bool:
    if isinstance(value, (str, bytes)):
        return True
    if getattr(getattr(value, "dtype", None), "kind", "") not in tuple("OUST"):
        return False
    return bool(np.size(value)) and isinstance(np.asarray(value).ravel()[0], str)


def _summed(value: Any) -> Any:
    """Return the values of a sum: text is refused, and integers are float64 where their sum may overflow."""
    value = widened(value)
    if _is_text(value):
        raise FormulaError("A sum in the formula adds text; it must add numbers.")
    ranged = _range(value)
    return value if ranged is None or max(map(abs, ranged)) * np.size(value) <= LARGEST else _as_float(value)


def _multiplied(value: Any) -> Any:
    """Return the values of a product: text is refused, and integers are float64."""
    value = _summed(value)
    return value if _range(value) is None else _as_float(value)


def _arithmetic(sign: str, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return an operator that widens its operands, and leaves whole numbers whole where they stay exact."""

    def compute(left: Any, right: Any) -> Any:
        left, right = widened(left), widened(right)
        if sign in {"*", "%"} and (
            _is_text(left) or _is_text(right) or (isinstance(left, (list, tuple)) and isinstance(right, int))
        ):
            raise FormulaError(f"'{sign}' in the formula is applied to text or a list; it needs numbers.")
        if sign == "/":
            return function(left, right)
        if sign == "@":
            return function(_multiplied(left), _multiplied(right))
        ranges = _range(left), _range(right)
        if ranges[0] is not None and ranges[1] is not None and _runs_over(sign, ranges[0], ranges[1]):
            left, right = _as_float(left), _as_float(right)
        return function(left, right)

    return compute


#: Operators of two values, by their sign.
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    sign: _arithmetic(sign, function)
    for sign, function in {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "//": operator.floordiv,
        "%": operator.mod,
        "**": operator.pow,
        "@": operator.matmul,
    }.items()
}
#: Functions of numpy that are operators.
TWINS = {
    np.add: ARITHMETIC["+"],
    np.subtract: ARITHMETIC["-"],
    np.multiply: ARITHMETIC["*"],
    np.power: ARITHMETIC["**"],
    np.floor_divide: ARITHMETIC["//"],
    np.remainder: ARITHMETIC["%"],
}


def _negated(value: Any) -> Any:
    if not is_condition(value):
        raise FormulaError(
            "'~' in the formula means 'not' and must precede a condition; here it precedes numbers. Write for example "
            "~(x > 0), or x == 0."
        )
    return not value if isinstance(value, bool) else ~value


#: Operators of one value, by their sign.
UNARY: dict[str, Callable[[Any], Any]] = {
    "-": lambda value: operator.neg(widened(value)),
    "+": lambda value: operator.pos(widened(value)),
    "~": _negated,
}


def attribute(value: Any, name: str) -> Any:
    """Return an attribute of a value; what computes with a boolean column computes with 0 and 1."""
    if name.startswith("_"):
        raise FormulaError(f"{name!r} in the formula: names that begin with '_' are Python's own.")
    if name in SUMS | PRODUCTS:
        value = _summed(value) if name in SUMS else _multiplied(value)
    method = getattr(widened(value) if name in COMPUTING else value, name)
    if name not in METHODS:
        return method

    def compute(*arguments: Any, **options: Any) -> Any:
        if len(arguments) == 1 and not options:
            return ARITHMETIC[METHODS[name]](value, arguments[0])
        return method(*arguments, **options)

    return compute


def called_by_numpy(function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Return the value of a NumPy function, by the rules of the operators.

    Examples
    --------
    >>> called_by_numpy(np.add, (np.array([True]), np.array([True])), {}).tolist()
    [2]
    """
    if isinstance(function, np.ufunc) and len(arguments) > function.nin:
        raise FormulaError(
            f"{function.__name__}() in the formula computes with {function.nin} value{'s' * (function.nin > 1)}, and "
            f"is given {len(arguments)}."
        )
    if function in LOGICAL:
        return function(*arguments, **options)
    if function in TWINS and len(arguments) == 2 and not options:
        return TWINS[function](*arguments)
    if function is np.square and len(arguments) == 1 and not options:
        return TWINS[np.power](arguments[0], 2)
    name = getattr(function, "__name__", "")
    if name in SUMS:
        return function(*map(_summed, arguments[:1]), *arguments[1:], **options)
    if name in PRODUCTS:
        return function(*map(_multiplied, arguments[:2]), *arguments[2:], **options)
    return function(*map(widened, arguments), **options)
