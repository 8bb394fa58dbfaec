r"""Newton steps on some sparse columns, with a factor reused over several steps.

The system :math:`(X_A' C X_A + D) d = -a` is solved by conjugate gradients, preconditioned by the factor of second
derivatives that were summed before, of other rows' curvature and of nearly the same columns; a column that is new has
its own second derivative. An iteration costs two passes over the entries of the columns, where to sum and to factorise
anew costs as much as ten. Where there is no such factor, the diagonal takes its place, for as many iterations as take
the time of the sums and their factor. Where the iterations do not suffice, these are made.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitkit.engine.regularised.direct import best_length, signs_held
from logitkit.models.penalties.penalty import Penalty
from logitkit.numerics.kernels.column_descent import add_columns, dot_columns, rows_of_columns
from logitkit.numerics.kernels.sparse import add_sparse_gram
from logitkit.numerics.threads.lapack import cholesky, cholesky_solve
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["ColumnStep"]

ITERATIONS_MOST = 10
PRECISE = 1e-3  # of the squared length of the residual, as the factor measures it: sweeps follow
ALONE = 1e-6  # the same where the diagonal stands for the factor
CUBED = 0.02  # of a factor, in visits of an entry of the sums
OF_ENTRY, OF_ROW = 2.0, 2.0  # of an iteration, in the same
WORTH_MOST = 40
COMMON = 0.8  # of the columns, which the factor must have
LIFT, LIFTED, LIFT_MOST = 1e-10, 100.0, 1e3  # of the diagonal: columns that are nearly combinations have no factor else
SPARE = 1.5  # times the memory that a factor takes is kept for the next ones


class ColumnStep:
    """Steps on the columns of one matrix, from one strength to the next.

    Parameters
    ----------
    parts : (indptr, indices, values)
        The matrix by columns.
    """

    def __init__(self, parts: tuple[IntArray, CodeArray, FloatArray]) -> None:
        self.parts = parts
        self._columns: IntArray = np.empty(0, dtype=np.int64)
        self._factor = np.empty((0, 0))
        self._space = np.empty(0)  # of the factor

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
        if found is None:
            self._renew(columns, penalty, curvature, rows.size)
            found = cholesky_solve(self._factor, -away)
        new = signs_held(coef, found, penalty)
        step = new - coef
        image = self._image(columns, step, rows.size)
        length = best_length(-float(away @ step), float(curvature @ image**2 + penalty.l2 @ step**2))
        coef[:] = new if length == 1.0 else coef + length * step
        rows += length * curvature * image

    def _image(self, columns: IntArray, step: FloatArray, n_rows: int) -> FloatArray:
        image = np.zeros(n_rows)
        add_columns(*self.parts, columns, step, image)
        return image

    def _renew(self, columns: IntArray, penalty: Penalty, curvature: FloatArray, n_rows: int) -> None:
        starts = np.empty(n_rows + 1, dtype=np.int64)
        indices, values = rows_of_columns(*self.parts, columns, starts)
        size = columns.size
        if self._space.size < size * size:
            self._space = np.empty(int(SPARE * size * size))
        gram, lift, info = self._space[: size * size].reshape(size, size), LIFT, 1
        while info != 0 and lift < LIFT_MOST:  # which only what is no number reaches
            gram[:] = 0.0
            add_sparse_gram(starts, indices, values, curvature, gram)
            gram[np.diag_indices(size)] = (1.0 + lift) * (gram.diagonal() + penalty.l2)
            self._factor, info = cholesky(gram, overwrite=True)
            lift *= LIFTED
        self._columns = columns

    def _by_gradients(self, system: _System, right: FloatArray, tol: float) -> FloatArray | None:
        """Return the solution by conjugate gradients; None where they do not suffice."""
        columns = system.columns
        place = np.searchsorted(self._columns, columns)
        place[place == self._columns.size] = 0
        common = np.zeros(columns.size, dtype=bool) if self._columns.size == 0 else self._columns[place] == columns
        if int(np.count_nonzero(common)) < COMMON * columns.size:
            return system.solved(right, lambda vector: vector / system.diagonal, ALONE, tol, system.worth)
        place = place[common]

        def preconditioned(vector: FloatArray) -> FloatArray:
            whole = np.zeros(self._columns.size)
            whole[place] = vector[common]
            out = vector / system.diagonal
            out[common] = cholesky_solve(self._factor, whole)[place]
            return out

        return system.solved(right, preconditioned, PRECISE, 0.0, ITERATIONS_MOST)


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

    def product(self, vector: FloatArray) -> FloatArray:
        """Return the product with a vector, shape (k,)."""
        image, out = np.zeros(self.curvature.size), np.empty(vector.size)
        add_columns(*self.parts, self.columns, vector, image)
        image *= self.curvature
        dot_columns(*self.parts, self.columns, image, out)
        out += self.squares * vector
        return out

    def solved(
        self,
        right: FloatArray,
        preconditioned: Callable[[FloatArray], FloatArray],
        precise: float,
        tol: float,
        most: int,
    ) -> FloatArray | None:
        """Return the solution by conjugate gradients, None where ``most`` of them do not suffice."""
        found, rest = np.zeros(right.size), right.copy()
        ahead = preconditioned(rest)
        direction, size = ahead, float(rest @ ahead)
        enough = precise * size
        for _ in range(most):
            if size <= enough or float(np.abs(rest).max()) <= tol:
                return found
            product = self.product(direction)
            curved = float(direction @ product)
            if not curved > 0.0:
                return None
            length = size / curved
            found += length * direction
            rest -= length * product
            ahead = preconditioned(rest)
            before, size = size, float(rest @ ahead)
            direction = ahead + (size / before) * direction
        return found if size <= enough or float(np.abs(rest).max()) <= tol else None
