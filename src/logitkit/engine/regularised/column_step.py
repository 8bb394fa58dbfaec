r"""Newton steps on some sparse columns, with a factor reused over several steps.

The system :math:`(X_A' C X_A + D) d = -a` is solved by conjugate gradients, preconditioned by the factor of second
derivatives that were summed before, of other rows' curvature and of nearly the same columns; a column that is new has
its own second derivative. An iteration costs two passes over the entries of the columns, where to sum and to factorise
anew costs as much as ten. As long as there is no factor, the diagonal takes its place, for as many iterations as take
the time of the sums and their factor. Where the iterations do not suffice, these are made. The factor is in single
precision, for which an iteration makes up. Its columns are kept row by row: those that join are written behind the
others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from logitkit.engine.regularised.direct import best_length, signs_held
from logitkit.models.penalties.penalty import Penalty
from logitkit.numerics.kernels.column_descent import add_columns, dot_columns, joined_rows
from logitkit.numerics.kernels.sparse import add_sparse_gram
from logitkit.numerics.threads.lapack import cholesky, cholesky_solve, single_cholesky, single_solve
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["ColumnStep"]

ITERATIONS_MOST = 10
PRECISE = 1e-3  # of the squared length of the residual, as the factor measures it: sweeps follow
ALONE = 1e-6  # the same where the diagonal stands for the factor
CUBED = 0.02  # of a factor, in visits of an entry of the sums
OF_ENTRY, OF_ROW = 2.0, 2.0  # of an iteration, in the same
WORTH_MOST = 40
COMMON = 0.9  # of the columns, which the factor must have
# Of the diagonal, from the first: columns that are nearly combinations of others have no factor else.
LIFT, SINGLE_LIFT, LIFTED, LIFT_MOST = 1e-10, 1e-6, 100.0, 1e3
SPARE = 1.5  # times the memory that a factor takes is kept for the next ones
SINGLE = 1e-15, 1e15  # second derivatives of which single precision holds the products


class ColumnStep:
    """Steps on the columns of one matrix, from one strength to the next.

    Parameters
    ----------
    parts : (indptr, indices, values)
        The matrix by columns.
    n_rows : int
        Its rows.
    """

    def __init__(self, parts: tuple[IntArray, CodeArray, FloatArray], n_rows: int) -> None:
        self.parts = parts
        #: Columns of the factor in its order, where each column is among them, -1 for no place, and their rows.
        self._columns: IntArray = np.empty(0, dtype=np.int64)
        self._place: IntArray = np.full(parts[0].size - 1, -1)
        self._rows = np.zeros(n_rows + 1, dtype=np.int64), np.empty(0, dtype=np.int32), np.empty(0)
        self._factor: NDArray[Any] = np.empty((0, 0))
        self._space = np.empty(0, dtype=np.float32)  # of the factor

    def take(
        self,
        columns: IntArray,
        penalty: Penalty,
        squares: FloatArray,
        curvature: FloatArray,
        coef: FloatArray,
        rows: FloatArray,
        tol: float,
    ) -> None:
        """Take a step where the penalty is smooth; signs and bounds are held.

        Coefficients that would change their sign become zero. The step is taken as far as the model falls. Conditions
        that are off by no more than ``tol`` are met.
        """
        if columns.size == 0:
            return
        away = np.empty(columns.size)
        dot_columns(*self.parts, columns, rows, away)
        away += penalty.gradient(coef)
        system = _System(self.parts, columns, penalty, squares + penalty.l2, curvature)
        found = self._by_gradients(system, -away, tol)
        if found is None or not found.precise:
            self._renew(system)
            found = self._by_gradients(system, -away, tol)
            assert found is not None
        step, image, whole = found.step, found.image, coef + found.step
        new = signs_held(coef, step, penalty)
        held = np.flatnonzero(new != whole)
        if held.size:
            short = new[held] - whole[held]
            step[held] += short
            add_columns(*self.parts, columns[held], short, image)
        length = best_length(-float(away @ step), float(curvature @ image**2 + penalty.l2 @ step**2))
        coef[:] = new if length == 1.0 else coef + length * step
        rows += length * curvature * image

    def _renew(self, system: _System) -> None:
        """Have the factor of second derivatives as they are."""
        columns, diagonal, curvature = system.columns, system.diagonal, system.curvature
        inside = np.zeros(self._place.size, dtype=bool)
        inside[columns] = True
        stays = inside[self._columns]
        new = columns[self._place[columns] < 0]
        starts = np.empty_like(self._rows[0])
        number = np.where(stays, np.cumsum(stays) - 1, -1)
        self._rows = (starts, *joined_rows(*self.parts, new, self._rows, number, starts))
        self._place[self._columns] = -1
        self._columns = np.r_[self._columns[stays], new]
        size = self._columns.size
        self._place[self._columns] = np.arange(size)
        l2 = np.empty(size)
        l2[self._place[columns]] = system.squares
        single = bool(SINGLE[0] < diagonal.min() and diagonal.max() < SINGLE[1])
        if self._space.size < size * size:
            self._space = np.empty(int(SPARE * size * size), dtype=np.float32)
        gram: NDArray[Any] = self._space[: size * size].reshape(size, size) if single else np.empty((size, size))
        lift, info = SINGLE_LIFT if single else LIFT, 1
        while info != 0 and lift < LIFT_MOST:  # which only what is no number reaches
            gram[:] = 0.0
            add_sparse_gram(*self._rows, curvature, gram)
            gram[np.diag_indices(size)] = (1.0 + lift) * (gram.diagonal() + l2)
            self._factor, info = single_cholesky(gram) if single else cholesky(gram, overwrite=True)
            lift *= LIFTED

    def _by_gradients(self, system: _System, right: FloatArray, tol: float) -> _Found | None:
        """Return the solution by conjugate gradients, None where the factor lacks too many of the columns."""
        columns = system.columns
        place = self._place[columns]
        common = place >= 0
        if self._columns.size == 0:
            return system.solved(right, lambda vector: vector / system.diagonal, ALONE, tol, system.worth)
        if int(np.count_nonzero(common)) < COMMON * columns.size:
            return None
        place = place[common]

        def preconditioned(vector: FloatArray) -> FloatArray:
            whole = np.zeros(self._columns.size)
            whole[place] = vector[common]
            out = vector / system.diagonal
            solve = single_solve if self._factor.dtype == np.float32 else cholesky_solve
            out[common] = solve(self._factor, whole)[place]
            return out

        return system.solved(right, preconditioned, PRECISE, 0.0, ITERATIONS_MOST)


class _Found(NamedTuple):
    """A solution.

    Parameters
    ----------
    step : (k,) array
        Of the coefficients.
    image : (n,) array
        Of the linear predictors.
    precise : bool
        Whether the iterations sufficed.
    """

    step: FloatArray
    image: FloatArray
    precise: bool


class _System:
    """Second derivatives of some columns and of a penalty of squares, which are never summed.

    Parameters
    ----------
    parts : (indptr, indices, values)
        The matrix by columns.
    columns : (k,) int array
        Which.
    penalty : Penalty
        Of these.
    diagonal : (k,) array
        Of the second derivatives.
    curvature : (n,) array
        Of each row.
    """

    def __init__(
        self,
        parts: tuple[IntArray, CodeArray, FloatArray],
        columns: IntArray,
        penalty: Penalty,
        diagonal: FloatArray,
        curvature: FloatArray,
    ) -> None:
        self.parts, self.columns, self.squares = parts, columns, penalty.l2
        self.diagonal, self.curvature = diagonal, curvature

    @property
    def worth(self) -> int:
        """How many iterations take as long as to sum the second derivatives and to factorise them."""
        indptr, k, n = self.parts[0], float(self.columns.size), float(self.curvature.size)
        entries = float((indptr[self.columns + 1] - indptr[self.columns]).sum())
        whole = 0.5 * entries**2 / n + CUBED * k**3
        return int(min(whole / (OF_ENTRY * entries + OF_ROW * n), WORTH_MOST))

    def solved(
        self,
        right: FloatArray,
        preconditioned: Callable[[FloatArray], FloatArray],
        precise: float,
        tol: float,
        most: int,
    ) -> _Found:
        """Return the solution by at most ``most`` conjugate gradients."""
        found, rest, moved = np.zeros(right.size), right.copy(), np.zeros(self.curvature.size)
        ahead = preconditioned(rest)
        direction, size = ahead, float(rest @ ahead)
        enough = precise * size
        product, image = np.empty(right.size), np.empty(self.curvature.size)
        for _ in range(most):
            if size <= enough or float(np.abs(rest).max()) <= tol:
                break
            image[:] = 0.0
            add_columns(*self.parts, self.columns, direction, image)
            dot_columns(*self.parts, self.columns, self.curvature * image, product)
            product += self.squares * direction
            curved = float(direction @ product)
            if not curved > 0.0:
                return _Found(found, moved, False)
            length = size / curved
            found += length * direction
            image *= length
            moved += image
            rest -= length * product
            ahead = preconditioned(rest)
            before, size = size, float(rest @ ahead)
            direction = ahead + (size / before) * direction
        return _Found(found, moved, size <= enough or float(np.abs(rest).max()) <= tol)
