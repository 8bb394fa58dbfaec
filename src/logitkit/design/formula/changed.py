r"""Columns of a formula with a variable changed: only those that contain it are built again.

A column contains a variable where a factor of its term uses it: ``age``, ``I(age**2)`` and ``age:smoke`` contain age.
What other factors were evaluated to is kept from one change to the next. Derivatives of columns are central
differences, :math:`\{x(v + h) - x(v - h)\} / 2h`; at the ends of the range, where a column may not be defined beyond,
three points to one side (``docs/maths/effects.md``, equation 5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from formulaic.parser.types import Factor

from logitkit.design.formula.coding import Coding, materialised
from logitkit.design.formula.materializer import BlockMaterializer
from logitkit.design.formula.names import Names
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.errors import DataError, LogitkitError, UnsupportedError
from logitkit.typing import FloatArray, IntArray

__all__ = ["ChangedColumns", "ChangedRows", "difference_step"]

STEP = np.finfo(float).eps ** (1.0 / 3.0)  # of a central difference, in units of the spread
GRID = 64  # values at which jumps are looked for
JUMP = 0.1  # of the largest slope of a column, by which halving the step may not change it
FAR = 1e-5  # of the largest number, below which a spread would leave differences without digits


class ChangedColumns(NamedTuple):
    """The columns that contain a variable, at other values of it, or their derivatives by it.

    Parameters
    ----------
    places : (c,) int array
        Which columns of the design they are.
    matrix : Matrix
        n rows of c columns.
    """

    places: IntArray
    matrix: Matrix


class ChangedRows:
    """Rows of a table whose columns are built again with a variable changed.

    Parameters
    ----------
    coding : Coding
        Of the formula.
    frame : pandas.DataFrame
        Its variables at n complete rows, numbered from 0.
    """

    def __init__(self, coding: Coding, frame: Any) -> None:
        self.coding, self.frame = coding, frame
        spec = coding.spec
        if not spec.structure and len(frame):  # of a saved model: which columns a term has is found on one row
            one = BlockMaterializer(frame.iloc[:1].reset_index(drop=True), coding.functions)
            one.learns = False
            spec = materialised(one, BlockMaterializer.fresh(spec), None)[2]
        self._spec = spec
        self._place = {name: place for place, name in enumerate(coding.names)}
        self._names = Names(coding.variables, {}, None)
        self._uses: dict[str, frozenset[str]] = {}
        self._evaluated: dict[str, Any] = {}
        self._codes: dict[int, Any] = {}

    def uses(self, factor: Factor) -> frozenset[str]:
        """Return the variables that a factor of the formula contains."""
        if factor.expr not in self._uses:
            found = self._names.references(factor.expr, lookup=factor.eval_method is Factor.EvalMethod.LOOKUP)
            known = self._names.known
            roots = {each.path[0] for each in found if not each.is_call}
            self._uses[factor.expr] = frozenset(roots & known)
        return self._uses[factor.expr]

    def factors(self, variable: str) -> list[str]:
        """Return the factors that contain a variable, as they are written, those of the offset left out."""
        return [each.expr for each in BlockMaterializer.factors(self._spec) if variable in self.uses(each)]

    def in_offset(self, variable: str) -> bool:
        """Tell whether the offset of the formula contains a variable."""
        given = self.coding.offset_spec
        return given is not None and any(variable in self.uses(each) for each in BlockMaterializer.factors(given))

    def alone(self, variable: str) -> bool:
        """Tell whether the columns that contain a variable depend on no other."""
        parts = (part for part in self._spec.structure if any(variable in self.uses(f) for f in part.term.factors))
        return all(self.uses(factor) <= {variable} for part in parts for factor in part.term.factors)

    def frame_with(self, variable: str, column: Any, names: Iterable[str] | None = None) -> Any:
        """Return the table, or some of its columns, with other values of a variable; no other column is copied."""
        kept = self.frame.columns if names is None else names
        columns = {name: column if name == variable else self.frame[name] for name in kept}
        return type(self.frame)(columns, index=self.frame.index, copy=False)

    def with_value(self, variable: str, column: Any) -> ChangedColumns:
        """Return the columns that contain a variable with one value of it in all rows, ``column`` being one row."""
        assert self.alone(variable)
        one = ChangedRows(self.coding, self.frame.iloc[:1].reset_index(drop=True)).with_column(variable, column)
        return ChangedColumns(one.places, _all_rows(one.matrix.to_dense()[0], len(self.frame)))

    def with_column(self, variable: str, column: Any) -> ChangedColumns:
        """Return the columns that contain a variable, with other values of it."""
        kept = [part for part in self._spec.structure if any(variable in self.uses(f) for f in part.term.factors)]
        spec = self._spec.update(formula=type(self._spec.formula)([part.term for part in kept]), structure=kept)
        names = {name for part in kept for factor in part.term.factors for name in self.uses(factor)} | {variable}
        materializer = BlockMaterializer(self.frame_with(variable, column, names), self.coding.functions)
        materializer.learns = False
        others = {name: each for name, each in self._evaluated.items() if variable not in self.uses(each.factor)}
        materializer.keep(others, self._codes)
        matrix, _, spec, _ = materialised(materializer, BlockMaterializer.fresh(spec), None)
        if not materializer.kept.all():
            raise DataError(f"With {variable!r} changed some rows have no value in the model.")
        for expression, found in materializer.factor_cache.items():
            if variable not in self.uses(found.factor):
                self._evaluated[expression] = found
        return ChangedColumns(np.array([self._place[name] for name in spec.column_names], dtype=np.int64), matrix)

    def with_levels(self, variable: str, column: Any) -> list[ChangedColumns]:
        """Return the columns that contain a variable with each value in turn in all rows, ``column`` having them all.

        For factors whose columns depend on the value of the row alone, which are then coded in one go.
        """
        few = ChangedRows(self.coding, self.frame.iloc[np.zeros(len(column), dtype=int)].reset_index(drop=True))
        made = few.with_column(variable, column)
        n = len(self.frame)
        return [ChangedColumns(made.places, _all_rows(row, n)) for row in made.matrix.to_dense()]

    def sum_of_columns(self, coef: FloatArray) -> Callable[[int, int], FloatArray] | None:
        """Return the sum of the columns times coefficients by first row and the row after the last.

        None unless each term is a number, or categories; these are coded once, on a row for each.
        """
        constant = 0.0
        numbers: list[tuple[Any, float]] = []
        coded: list[tuple[Any, FloatArray]] = []
        for part in self._spec.structure:
            place = [self._place[name] for name in part.columns]
            if not part.term.factors or [factor.expr for factor in part.term.factors] == ["1"]:
                constant += float(coef[place].sum())
                continue
            name = part.term.factors[0].expr
            if len(part.term.factors) > 1 or name not in self.frame.columns:
                return None
            column = self.frame[name]
            if _is_number(column):
                if len(place) != 1:
                    return None
                numbers.append((np.asarray(column), float(coef[place[0]])))
                continue
            codes, levels = getattr(column, "cat", None), None
            if codes is None:
                return None
            levels = type(column)(codes.categories.astype(object)).astype(column.dtype)
            if self.coding.seen.get(name) != levels.tolist():
                return None
            few = ChangedRows(self.coding, self.frame.iloc[np.zeros(len(levels), dtype=int)].reset_index(drop=True))
            made = few.with_column(name, levels)
            coded.append((np.asarray(codes.codes), made.matrix.matvec(coef[made.places])))

        def rows(start: int, stop: int) -> FloatArray:
            out = np.full(stop - start, constant)
            for values, own in numbers:
                out += values[start:stop] * own
            for codes, by_level in coded:
                out += by_level[codes[start:stop]]
            return out

        return rows

    def slopes(self, variable: str, bounds: Callable[[], tuple[float, float]]) -> ChangedColumns:
        """Return the derivatives of the columns that contain a number by it.

        ``bounds`` gives the smallest and largest value at the fit, beyond which a column may not be defined.
        """

        def build(column: FloatArray) -> ChangedColumns:
            return self.with_column(variable, column)

        if all(factor == variable for factor in self.factors(variable)):  # linear in it: its columns where it is one
            place = self._own_column(variable)
            if place is not None:
                return ChangedColumns(np.array([place], dtype=np.int64), _all_rows(np.ones(1), len(self.frame)))
            return self.with_value(variable, np.ones(1)) if self.alone(variable) else build(np.ones(len(self.frame)))
        ends = bounds()
        values = np.asarray(self.frame[variable], dtype=np.float64)
        self._require_slopes(variable, values, ends)
        return differences(build, values, difference_step(values, ends), ends)

    def _own_column(self, variable: str) -> int | None:
        """Return the place of the only column that contains a number, where that is the number itself."""
        parts = [part for part in self._spec.structure if any(variable in self.uses(f) for f in part.term.factors)]
        lone = len(parts) == 1 and len(parts[0].term.factors) == 1 and len(parts[0].columns) == 1
        return self._place[parts[0].columns[0]] if lone and _is_number(self.frame[variable]) else None

    def _require_slopes(self, variable: str, values: FloatArray, bounds: tuple[float, float]) -> None:
        """Refuse columns that change in jumps: their differences depend on the step, or are zero although they vary."""
        grid = np.concatenate([np.unique(values[:: max(values.size // GRID, 1)]), np.linspace(*bounds, GRID)])
        few = ChangedRows(self.coding, self.frame.iloc[np.arange(grid.size) % values.size].reset_index(drop=True))
        step = difference_step(grid, bounds)
        at_grid = few.with_column(variable, grid).matrix.to_dense()
        one, half = (
            differences(lambda each: few.with_column(variable, each), grid, by, bounds).matrix.to_dense()
            for by in (step, 0.5 * step)
        )
        size = np.abs(one).max(axis=0)
        jumps = (np.abs(one - half) > JUMP * size).any(axis=0) | ((size == 0.0) & (np.ptp(at_grid, axis=0) > 0.0))
        if jumps.any():
            raise UnsupportedError(
                f"The columns that contain {variable!r} ({', '.join(self.factors(variable))}) change in jumps, so that "
                f"there is no slope. Give a finite change: change={{{variable!r}: 1}}, or a pair of values."
            )


def _is_number(column: Any) -> bool:
    """Tell whether a column of a table is a number, which a term of it alone has as it is."""
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"


def _all_rows(row: FloatArray, n: int) -> Dense:
    """Return a row as n rows, stored once."""
    return Dense(np.broadcast_to(row, (n, row.size)))


def difference_step(values: FloatArray, bounds: tuple[float, float]) -> float:
    """Return the step of a central difference.

    Examples
    --------
    >>> 1e-6 < difference_step(np.array([1.0, 2.0, 3.0]), (1.0, 3.0)) < 1e-5
    True
    """
    spread = max(float(values.std()), 0.25 * (bounds[1] - bounds[0]), FAR * float(np.abs(values).max()))
    return float(STEP * (spread if spread > 0.0 else 1.0))


def differences(
    build: Callable[[FloatArray], ChangedColumns], values: FloatArray, step: float, bounds: tuple[float, float]
) -> ChangedColumns:
    """Return derivatives of columns by a number: central where that can be, else to one side at the ends.

    Examples
    --------
    A square has twice its root, at the ends too:

    >>> square = lambda x: ChangedColumns(np.array([0]), Dense(np.sqrt(x)[:, None] ** 4))
    >>> x = np.array([0.0, 1.0, 2.0])
    >>> with np.errstate(invalid="ignore"):
    ...     bool(np.allclose(differences(square, x, 1e-5, (0.0, 2.0)).matrix.to_dense()[:, 0], 2.0 * x, atol=1e-9))
    True
    """
    above, below = values + step, values - step
    try:
        found = _combined([build(above), build(below)], [1.0 / (above - below), -1.0 / (above - below)])
        if np.isfinite(found.matrix.matvec(np.ones(found.places.size))).all():
            return found
    except LogitkitError:  # not defined beyond the range of the fit, as splines are
        pass
    top, bottom = above > bounds[1], below < bounds[0]
    nodes = np.array([1.0, 0.0, -1.0])[:, None] - np.where(top, 1.0, 0.0) + np.where(bottom & ~top, 1.0, 0.0)
    inner, upper, lower = (np.array(each)[:, None] for each in ([0.5, 0.0, -0.5], [1.5, -2.0, 0.5], [-0.5, 2.0, -1.5]))
    weights = np.where(top, upper, np.where(bottom, lower, inner)) / step
    return _combined([build(np.clip(values + step * each, *bounds)) for each in nodes], list(weights))


def _combined(points: list[ChangedColumns], weights: list[Any]) -> ChangedColumns:
    """Return a sum of matrices whose rows are weighted."""
    matrices = [each.matrix for each in points]
    if all(isinstance(each, Dense) for each in matrices):
        dense = sum(np.asarray(w)[:, None] * each.to_dense() for w, each in zip(weights, matrices, strict=True))
        return ChangedColumns(points[0].places, Dense(np.asarray(dense)))
    from scipy.sparse import diags_array

    total: Any = sum(diags_array(np.asarray(w)) @ m.to_sparse() for w, m in zip(weights, matrices, strict=True))
    return ChangedColumns(points[0].places, sparse_matrix(total.tocsr()))
