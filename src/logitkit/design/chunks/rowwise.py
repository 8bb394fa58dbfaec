"""Whether the expressions of a formula give each row a value that depends on that row alone.

Rows that are read in chunks are coded a chunk at a time, which is right for such expressions only: ``x - np.mean(x)``
would take another mean in each chunk. Each expression that might look at other rows is evaluated on a sample: whole, in
halves, in another order and row by row.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.design.formula.expression import dotted, read_expression
from logitkit.design.formula.language import KNOWN, LEARNING
from logitkit.design.formula.materializer import BlockMaterializer
from logitkit.design.formula.parse import ParsedFormula
from logitkit.design.formula.specs import new_spec
from logitkit.design.response.binary import Counts, evaluate_left
from logitkit.design.table.frame import is_missing
from logitkit.errors import UnsupportedError
from logitkit.typing import IntArray

__all__ = ["is_by_row", "require_rowwise"]

SINGLE = 24  # rows that are evaluated by themselves
CLOSE = 1e-12  # relative: numpy's loops over several numbers at once may round another way
#: Functions whose value at a row depends on the row alone; transforms that learn are among them once they have learnt.
BY_ROW = frozenset(
    {name for name, what in KNOWN.items() if isinstance(what, np.ufunc)}
    | {"np.where", "np.clip", "np.nan_to_num", "np.round", "np.around", "exp10"}
    | {"I", "C", "offset", "cbind", "hashed", "Treatment", "Sum", "Helmert", "Diff", "Poly"}
    | {name for name in KNOWN if name.startswith("contr.")}
    | LEARNING
)
NODES = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Call, ast.BinOp, ast.UnaryOp, ast.BoolOp),
    *(ast.Compare, ast.List, ast.Tuple),
)


def is_by_row(text: str, columns: frozenset[str]) -> bool:
    """Tell whether an expression is made of columns, operators and functions that are known to act row by row.

    Examples
    --------
    >>> columns = frozenset({"x"})
    >>> is_by_row("np.log(x + 1) ** 2", columns), is_by_row("x - np.mean(x)", columns), is_by_row("x.rank()", columns)
    (True, False, False)
    """
    if text in columns:
        return True
    read = read_expression(text)
    names = {id(node.func) for node in ast.walk(read.tree) if isinstance(node, ast.Call)}
    for node in ast.walk(read.tree):
        path = dotted(node)
        if isinstance(node, ast.Call):
            called = dotted(node.func)
            if called is None or ".".join(called) not in BY_ROW or called[0] in columns:
                return False
        elif isinstance(node, ast.Attribute) and id(node) not in names:
            if path is None or ".".join(path) not in KNOWN:
                return False
        elif isinstance(node, ast.MatMult) or (isinstance(node, ast.expr) and not isinstance(node, NODES)):
            return False
    return True


def require_rowwise(parsed: ParsedFormula, transforms: Mapping[str, Any], frame: Any, where: str) -> None:
    """Refuse a formula of which an expression looks at other rows.

    Parameters
    ----------
    parsed : ParsedFormula
        The formula.
    transforms : mapping
        What its transforms learnt, by how each call is written.
    frame : pandas.DataFrame
        Complete rows, a sample.
    where : str
        What the rows are called in messages.
    """
    for text, evaluate in _expressions(parsed, transforms):
        whole = evaluate(frame)
        for rows in _pieces(len(frame)):
            try:
                some = evaluate(frame.iloc[rows].reset_index(drop=True))
            except Exception:
                if rows.size == 1:  # a function that takes columns may not take one row
                    break
                raise
            if not _are_equal(whole, some, rows):
                raise UnsupportedError(
                    f"{text} in the formula looks at other rows: on a part of the rows it has other values. {where} is "
                    "read in chunks, each coded by itself: compute the column beforehand, or use a transform that "
                    "learns from all rows, such as center(x) or scale(x)."
                )


def _expressions(
    parsed: ParsedFormula, transforms: Mapping[str, Any]
) -> Iterator[tuple[str, Callable[[Any], list[NDArray[Any]]]]]:
    """Yield the expressions that may look at other rows, and how each is evaluated on a table."""
    columns = frozenset((*parsed.variables, *parsed.left_variables))
    if not is_by_row(parsed.left, columns):
        yield parsed.left, lambda frame: _left(parsed.left, frame, parsed.functions)
    terms = [list(parsed.terms), *(["0 + " + " + ".join(parsed.offsets)] if parsed.offsets else [])]
    for formula in terms:
        spec = new_spec(formula, transforms)
        for factor in BlockMaterializer.factors(spec):
            if factor.eval_method.value == "python" and not is_by_row(factor.expr, columns):
                yield factor.expr, partial(_evaluated, parsed.functions, spec, factor)


def _evaluated(functions: Mapping[str, Any], spec: Any, factor: Any, frame: Any) -> list[NDArray[Any]]:
    """Return the columns of a factor on a table, or its levels."""
    materializer = BlockMaterializer(frame, functions)
    try:
        coded = materializer.levels_of(factor, BlockMaterializer.fresh(spec))
        if coded is not None:
            return [np.array([*coded.levels, None], dtype=object)[coded.codes]]
        values = materializer.values_of(factor, spec)
        parts = values.values() if isinstance(values, Mapping) else (values,)
        return [column for part in parts for column in _columns(part, len(frame))]
    finally:
        materializer.release()


def _left(text: str, frame: Any, functions: Mapping[str, Any]) -> list[NDArray[Any]]:
    values = evaluate_left(text, frame, functions)
    parts = values.columns if isinstance(values, Counts) else (values,)
    return [column for part in parts for column in _columns(part, len(frame))]


def _columns(values: Any, n_rows: int) -> list[NDArray[Any]]:
    """Return values as columns: numbers as float64, all else as objects."""
    array = np.asarray(values)
    if array.ndim == 0:
        array = np.full(n_rows, array)
    array = array.astype(np.float64 if array.dtype.kind in "fiub" else object)
    return [array] if array.ndim == 1 else list(array.reshape(n_rows, -1).T)


def _pieces(n_rows: int) -> Iterator[IntArray]:
    """Yield the rows of each part of a sample."""
    rows = np.arange(n_rows)
    if n_rows > 1:
        yield rows[: n_rows // 2]
        yield rows[n_rows // 2 :]
        yield np.random.default_rng(0).permutation(n_rows)
        for row in np.unique(np.linspace(0, n_rows - 1, SINGLE).astype(np.int64)):
            yield rows[row : row + 1]


def _are_equal(whole: list[NDArray[Any]], some: list[NDArray[Any]], rows: IntArray) -> bool:
    if len(whole) != len(some):
        return False
    for all_rows, found in zip(whole, some, strict=True):
        expected = all_rows[rows]
        if expected.dtype != found.dtype:
            return False
        if expected.dtype.kind == "f":
            finite = np.abs(all_rows[np.isfinite(all_rows)])
            close = CLOSE * finite.max(initial=0.0)
            if not np.allclose(found, expected, rtol=CLOSE, atol=close, equal_nan=True):
                return False
        else:
            missing = is_missing(expected)
            if not np.array_equal(missing, is_missing(found)) or not (expected[~missing] == found[~missing]).all():
                return False
    return True
