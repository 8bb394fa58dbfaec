"""Linear predictors of the rows of a table, looked up in its columns where they lie: no design is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.design.formula.main_effects import FactorEffect, MainEffects
from logitkit.design.table.frame import Table, coded_values
from logitkit.numerics.kernels.table_values import CODES, NUMBERS, write_table_values
from logitkit.typing import FloatArray, IntArray

__all__ = ["TableValues", "table_values"]

NUMBER_KINDS = {np.dtype(name): code for name, code in NUMBERS.items()}
CODE_KINDS = {np.dtype(name): code for name, code in CODES.items()}


@dataclass(frozen=True)
class TableValues:
    """X b of the rows of a table, one term after the other.

    Parameters
    ----------
    n_rows : int
        Rows of the table.
    numbers, coef, codes, table, constant : arrays, float
        As ``write_table_values`` takes them.
    held : tuple of arrays
        The columns, so that they stay in memory.
    """

    n_rows: int
    numbers: IntArray
    coef: FloatArray
    codes: IntArray
    table: FloatArray
    constant: float
    held: tuple[NDArray[Any], ...]

    def write(self, start: int, out: FloatArray) -> None:
        """Write X b of the rows from ``start`` on: nan where a value is missing or a level was never seen."""
        write_table_values(self.numbers, self.coef, self.codes, self.table, self.constant, start, out)


def table_values(effects: MainEffects, table: Table, coef: FloatArray) -> TableValues | None:
    """Return how X b is looked up in a table.

    Parameters
    ----------
    effects : MainEffects
        Which column gives which columns of the design.
    table : Table
        Any rows.
    coef : (p,) array
        b.

    Returns
    -------
    TableValues or None
        None where some column is not there, or is of another kind than numbers or categories.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.design.table.frame import read_table
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> values = table_values(fit.record.info.coding.main_effects, read_table({"x": [0, 2]}), fit.record.coef)
    >>> out = np.empty(2)
    >>> values.write(0, out)
    >>> bool(np.all(out == fit.coef["Intercept"] + fit.coef["x"] * np.array([0, 2])))
    True
    """
    needed = (*(name for name, _ in effects.numbers), *(factor.name for factor in effects.factors))
    if table.n_rows == 0 or not all(name in table for name in needed):
        return None
    numbers = [_numbers(table.column(name)) for name, _ in effects.numbers]
    levels = [_levels(table.column(factor.name), factor, coef) for factor in effects.factors]
    columns = [column for column in numbers if column is not None]
    found = [level for level in levels if level is not None]
    if len(columns) < len(numbers) or len(found) < len(levels):
        return None
    ends = np.cumsum([0, *(values.size for _, values in found)])
    places = [_place(column, NUMBER_KINDS) for column in columns]
    codes = [[*_place(each, CODE_KINDS), *span] for (each, _), span in zip(found, pairwise(ends), strict=True)]
    return TableValues(
        table.n_rows,
        np.array(places, dtype=np.int64).reshape(-1, 3),
        np.array([coef[place] for _, place in effects.numbers], dtype=np.float64),
        np.array(codes, dtype=np.int64).reshape(-1, 5),
        np.concatenate([np.empty(0), *(values for _, values in found)]),
        float(sum(coef[place] for place in effects.constants)),
        (*columns, *(each for each, _ in found)),
    )


def _numbers(column: Any) -> NDArray[Any] | None:
    """Return a column of numbers in a type that is read in place, None where it is another column."""
    dtype = column.dtype
    if not (isinstance(dtype, np.dtype) and dtype.kind in "iuf"):
        return None
    numbers = column.to_numpy()
    return _readable(numbers if dtype in NUMBER_KINDS else numbers.astype(np.float64))


def _levels(column: Any, factor: FactorEffect, coef: FloatArray) -> tuple[NDArray[Any], FloatArray] | None:
    """Return the codes of a column of categories and what each of them adds, None where it is another column."""
    if getattr(column.dtype, "categories", None) is None:
        return None
    coded, known = coded_values(column), factor.values(coef)
    if coded.levels != factor.levels:
        if len(set(map(type, coded.levels))) > 1:
            return None
        place = {level: k for k, level in enumerate(factor.levels)}
        known = np.array([known[place[level]] if level in place else np.nan for level in coded.levels])
    codes = coded.codes if coded.codes.dtype in CODE_KINDS else coded.codes.astype(np.int32)
    return _readable(codes), np.concatenate([[np.nan], known])


def _readable(values: NDArray[Any]) -> NDArray[Any]:
    """Return values that can be read by steps forward from the first: themselves, or a copy."""
    step = values.strides[0]
    return values if values.flags.aligned and step >= 0 and step % values.itemsize == 0 else values.copy()


def _place(values: NDArray[Any], kinds: dict[np.dtype[Any], int]) -> tuple[int, int, int]:
    """Return the address of the first value, the step from row to row in values, and the code of the type."""
    return values.__array_interface__["data"][0], values.strides[0] // values.itemsize, kinds[values.dtype]
