r"""Linear predictors, and how their coefficients are computed from those that are estimated.

A model has m linear predictors per row. Columns of X that enter them in the same way form a *part*: for the columns
:math:`x` of part g, with a constraint matrix :math:`H_g` of shape (m, r) and coefficients :math:`\Gamma_g` of shape
(r, c),

.. math::

    \eta_i = \sum_g H_g \Gamma_g x_{ig} + o_i .

With the identity, every predictor has its own coefficients; with a column of ones, all share one slope. The
coefficients of a part are stored one after another, all columns of its first row before those of the next. These are
the *flat* coefficients; a solver may work on fewer numbers :math:`\theta`, with flat coefficients :math:`A\theta`.

References
----------
Yee, T. W. (2015) Vector Generalized Linear and Additive Models, sections 3.3 and 3.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from logitkit.errors import FormulaError
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Part", "Predictors", "flat_names", "full_predictors", "patterned_predictors", "single_predictor"]


@dataclass(frozen=True, eq=False)
class Part:
    """Columns that enter the linear predictors in the same way.

    Parameters
    ----------
    columns : (c,) int array
        Columns of X.
    rows : (r,) int array or None
        Predictors that have their own coefficients, if the constraint matrix only selects.
    constraint : (m, r) array or None
        The constraint matrix, if it does more than select.
    labels : tuple of str
        The printed label of each row of coefficients: an outcome, a threshold, or nothing if all predictors share it.
        Empty within the engine.
    """

    columns: IntArray
    rows: IntArray | None = None
    constraint: FloatArray | None = None
    labels: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of coefficients of each column, r."""
        return int(self.rows.size) if self.constraint is None else int(self.constraint.shape[1])  # type: ignore[union-attr]

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return self.n_rows * self.columns.size

    def matrix(self, n_predictors: int) -> FloatArray:
        """Return the constraint matrix, shape (m, r)."""
        if self.constraint is not None:
            return self.constraint
        out = np.zeros((n_predictors, self.n_rows))
        out[self.rows, np.arange(self.n_rows)] = 1.0
        return out

    @once
    def leads(self) -> bool:
        """Whether the constraint matrix only selects the first predictors, in their order."""
        return self.rows is not None and self.constraint is None and bool((self.rows == np.arange(self.n_rows)).all())

    def expand(self, values: FloatArray, n_predictors: int) -> FloatArray:
        """Return H times values of shape (r, k), shape (m, k); the values themselves where H is the identity."""
        if self.constraint is not None:
            return np.asarray(self.constraint * values if self.n_rows == 1 else self.constraint @ values)
        if self.leads and self.n_rows == n_predictors:
            return values
        out = np.zeros((n_predictors, *values.shape[1:]))
        out[self.rows] = values
        return out

    def contract(self, values: FloatArray) -> FloatArray:
        """Return H' times values of shape (m, k), shape (r, k); a view of them where it is the first."""
        if self.constraint is not None:
            return np.asarray(self.constraint.T @ values)
        return values[: self.n_rows] if self.leads else np.asarray(values[self.rows])


@dataclass(frozen=True, eq=False)
class Predictors:
    """The linear predictors of a model.

    Parameters
    ----------
    n_predictors : int
        m.
    n_columns : int
        p, of the matrix.
    parts : tuple of Part
        The parts, which state how columns enter.
    basis : (n_flat, q) array or sparse array, optional
        A; None if the q coefficients that are solved for are the flat ones.

    Examples
    --------
    Three predictors and two columns; the first predictor is that of the reference and is zero:

    >>> predictors = full_predictors(3, 2, reference=0)
    >>> predictors.table(np.arange(4.0)).tolist()
    [[0.0, 0.0], [0.0, 1.0], [2.0, 3.0]]

    One slope for three thresholds:

    >>> intercepts, slope = Part(np.array([0]), rows=np.arange(3)), Part(np.array([1]), constraint=-np.ones((3, 1)))
    >>> Predictors(3, 2, (intercepts, slope)).table(np.array([-1.0, 0.0, 1.0, 0.5])).tolist()
    [[-1.0, -0.5], [0.0, -0.5], [1.0, -0.5]]
    """

    n_predictors: int
    n_columns: int
    parts: tuple[Part, ...]
    basis: Any = None

    @once
    def is_single(self) -> bool:
        """Whether there is one predictor with a coefficient for each column, as for two outcomes."""
        return (
            self.n_predictors == 1 and self.basis is None and len(self.parts) == 1 and self.parts[0].constraint is None
        )

    @once
    def is_plain(self) -> bool:
        """Whether some predictors have a coefficient for every column and the others have none."""
        if len(self.parts) != 1 or self.parts[0].constraint is not None:
            return False
        return self.parts[0].columns.size == self.n_columns

    @property
    def n_flat(self) -> int:
        """Number of flat coefficients."""
        return sum(part.size for part in self.parts)

    @property
    def n_params(self) -> int:
        """Number of coefficients that are solved for."""
        return self.n_flat if self.basis is None else int(self.basis.shape[1])

    @property
    def active(self) -> IntArray:
        """The predictors with their own coefficients, in a model of one part."""
        (part,) = self.parts
        assert part.rows is not None
        return part.rows

    @once
    def places(self) -> tuple[IntArray, ...]:
        """Where the flat coefficients of each part are, shape (r, c) each."""
        ends = np.cumsum([0, *(part.size for part in self.parts)])
        return tuple(
            np.arange(start, start + part.size).reshape(part.n_rows, part.columns.size)
            for start, part in zip(ends, self.parts, strict=False)
        )

    @once
    def columns(self) -> IntArray:
        """The column of each flat coefficient, shape (n_flat,)."""
        return np.concatenate([np.tile(part.columns, part.n_rows) for part in self.parts])

    def label(self, place: int, names: Sequence[str]) -> str:
        """Return the name of a flat coefficient, from its row and its column."""
        rows = [(label, column) for part in self.parts for label in part.labels for column in part.columns]
        label, column = rows[place]
        return ":".join(word for word in (label, names[column]) if word)

    def flat(self, coef: FloatArray) -> FloatArray:
        """Return the flat coefficients, shape (n_flat,), of those that are solved for."""
        return coef if self.basis is None else np.asarray(self.basis @ coef)

    def table(self, coef: FloatArray) -> FloatArray:
        """Return the coefficients of every predictor and column, shape (m, p)."""
        flat, out = self.flat(coef), np.zeros((self.n_predictors, self.n_columns))
        for part, place in zip(self.parts, self.places, strict=True):
            out[:, part.columns] += part.expand(flat[place], self.n_predictors)
        return out

    def tables(self, functions: FloatArray) -> FloatArray:
        """Return functions of k numbers, one per coefficient, by predictor and column, shape (m, p, k)."""
        out = np.empty((self.n_predictors, self.n_columns, functions.shape[1]))
        for place, column in enumerate(functions.T):
            out[:, :, place] = self.table(column)
        return out

    def blocks(self, coef: FloatArray) -> FloatArray:
        """Return the coefficients of the only part, shape (r, p)."""
        return np.asarray(self.flat(coef)).reshape(self.parts[0].n_rows, -1)

    def gather(self, table: FloatArray) -> FloatArray:
        """Return derivatives by what is solved for, shape (q,), from derivatives by every predictor and column."""
        found = [part.contract(table[:, part.columns]).reshape(-1) for part in self.parts]
        return self.gradient(found[0] if len(found) == 1 else np.concatenate(found))

    def gradient(self, flat: FloatArray) -> FloatArray:
        """Return derivatives by what is solved for, shape (q,), from those by flat coefficients, in any shape."""
        flat = flat.reshape(-1)
        return flat if self.basis is None else np.asarray(self.basis.T @ flat)

    def hessian(self, flat: FloatArray) -> FloatArray:
        """Return second derivatives by what is solved for, shape (q, q), from those by flat coefficients."""
        if self.basis is None:
            return flat
        half = np.ascontiguousarray((self.basis.T @ flat).T)
        second = np.asarray(self.basis.T @ half)
        return np.asarray(0.5 * (second + second.T))

    def rows(self, cells: FloatArray, weights: FloatArray) -> FloatArray:
        """Return functions of the linear predictors over flat coefficients.

        Function i is the sum over predictors a of ``weights[i, a]`` times the predictor of a row with the given cells.
        """
        if len(self.parts) == 1:  # without a second copy
            (part,) = self.parts
            cells = cells if np.array_equal(part.columns, np.arange(self.n_columns)) else cells[:, part.columns]
            return (part.contract(weights.T).T[:, :, None] * cells[:, None, :]).reshape(len(cells), part.size)
        out = np.zeros((len(cells), self.n_flat))
        for part, place in zip(self.parts, self.places, strict=True):
            made = part.contract(weights.T).T[:, :, None] * cells[:, None, part.columns]
            out[:, place.reshape(-1)] = made.reshape(len(cells), place.size)
        return out

    def within(self, basis: FloatArray) -> Predictors:
        """Return predictors whose coefficients are further restricted: these are ``basis`` times others."""
        return replace(self, basis=basis if self.basis is None else self.basis @ basis)

    def picked(self, place: IntArray) -> Predictors:
        """Return predictors in which some flat coefficients are solved for, the others being zero."""
        if place.size == self.n_flat and np.array_equal(place, np.arange(place.size)):
            return replace(self, basis=None)
        from scipy.sparse import csr_array

        entries = np.ones(place.size), (place, np.arange(place.size))
        return replace(self, basis=csr_array(entries, shape=(self.n_flat, place.size)))

    @once
    def chosen(self) -> IntArray:
        """The flat coefficients that are solved for, shape (q,), where predictors are ``picked``."""
        if self.basis is None:
            return np.arange(self.n_flat)
        return np.asarray(self.basis.tocsc().indices, dtype=np.int64)

    def among(self, coefficients: IntArray) -> tuple[IntArray, Predictors]:
        """Return the columns of some coefficients, and the predictors in these columns; others are zero.

        For a model of one part whose coefficients are ``picked``.
        """
        row, column = np.divmod(self.chosen[coefficients], self.n_columns)
        columns, place = np.unique(column, return_inverse=True)
        return columns, self.of_columns(columns.size).picked(row * columns.size + place)

    def keep(self, columns: IntArray) -> Predictors:
        """Return the predictors of a design with some of the columns, in their order."""
        place = {int(j): k for k, j in enumerate(columns)}
        parts = []
        for part in self.parts:
            own = np.array([place[int(j)] for j in part.columns if int(j) in place], dtype=np.int64)
            if own.size or len(self.parts) == 1:
                parts.append(replace(part, columns=own))
        return Predictors(self.n_predictors, len(columns), tuple(parts))

    def of_columns(self, n_columns: int) -> Predictors:
        """Return the predictors of a model of one part with another number of columns, nothing restricted."""
        (part,) = self.parts
        return Predictors(self.n_predictors, n_columns, (replace(part, columns=np.arange(n_columns)),))


def patterned_predictors(kept: BoolArray, same: BoolArray) -> Predictors:
    """Return predictors that lack columns, or share their coefficients.

    Columns with the same pattern form a part; columns that no predictor has are in no part.

    Parameters
    ----------
    kept : (m, p) bool array
        Whether each predictor has each column.
    same : (p,) bool array
        Columns with one coefficient for all predictors that have them.

    Returns
    -------
    Predictors
        Parts in the order of their first column.

    Examples
    --------
    >>> kept = np.array([[False, False], [True, True], [True, True]])
    >>> [part.n_rows for part in patterned_predictors(kept, np.array([False, True])).parts]
    [2, 1]
    """
    patterns: dict[tuple[bytes, bool], list[int]] = {}
    for j in range(kept.shape[1]):
        if kept[:, j].any():
            patterns.setdefault((kept[:, j].tobytes(), bool(same[j])), []).append(j)
    parts = []
    for (_, shared), columns in patterns.items():
        has = kept[:, columns[0]]
        place = np.array(columns, dtype=np.int64)
        if shared and np.count_nonzero(has) > 1:
            parts.append(Part(place, constraint=has[:, None].astype(np.float64)))
        else:
            parts.append(Part(place, rows=np.flatnonzero(has)))
    return Predictors(kept.shape[0], kept.shape[1], tuple(parts))


@lru_cache(maxsize=16)
def single_predictor(n_columns: int) -> Predictors:
    """Return the linear predictor of a model of two outcomes; models with as many columns share it."""
    columns, row = np.arange(n_columns), np.zeros(1, dtype=np.int64)
    columns.flags.writeable = row.flags.writeable = False
    return Predictors(1, n_columns, (Part(columns, row, None, ("",)),))


def full_predictors(n_predictors: int, n_columns: int, reference: int | None, labels: Sequence[str] = ()) -> Predictors:
    """Return predictors with a coefficient for every column, except that of the reference, which is zero.

    ``labels`` are the labels of all m predictors.
    """
    every = np.arange(n_predictors)
    rows = every if reference is None else every[every != reference]
    shown = tuple(labels[int(k)] for k in rows) if labels else ()
    return Predictors(n_predictors, n_columns, (Part(np.arange(n_columns), rows, None, shown),))


def flat_names(outcomes: Sequence[str], terms: Sequence[str]) -> tuple[str, ...]:
    """Return the names of flat coefficients, ``outcome:term``, all terms of the first outcome first.

    Examples
    --------
    >>> flat_names(["bus", "car"], ["Intercept", "cost"])
    ('bus:Intercept', 'bus:cost', 'car:Intercept', 'car:cost')
    """
    names = tuple(f"{outcome}:{term}" for outcome in outcomes for term in terms)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise FormulaError(
            f"Two coefficients would be called {twice!r}: rename the outcome or column with ':' in its name."
        )
    return names
