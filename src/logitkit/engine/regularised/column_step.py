r"""Newton steps on some sparse columns, with a factor reused over several steps.

The system :math:`(X_A' C X_A + D) d = -a` is solved by conjugate gradients, preconditioned by the factor of second
derivatives that were summed before, of other rows' curvature and of nearly the same columns; a column that is new has
its own second derivative. An iteration costs two passes over the entries of the columns, where to sum and to factorise
anew costs as much as ten. Where the iterations do not suffice, that is done.
"""

from __future__ import annotations

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
    ) -> None:
        """Take a step where the penalty is smooth; signs and bounds are held.

        Coefficients that would change their sign become zero. The step is taken as far as the model falls.
        """
        if columns.size == 0:
            return
        away = np.empty(columns.size)
        dot_columns(*self.parts, columns, rows, away)
        away += penalty.gradient(coef)
        found = self._by_gradients(columns, penalty, squares + penalty.l2, curvature, -away)
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

    def _by_gradients(
        self, columns: IntArray, penalty: Penalty, diagonal: FloatArray, curvature: FloatArray, right: FloatArray
    ) -> FloatArray | None:
        """Return the solution by conjugate gradients; None where they do not suffice, or there is no factor."""
        place = np.searchsorted(self._columns, columns)
        place[place == self._columns.size] = 0
        common = np.zeros(columns.size, dtype=bool) if self._columns.size == 0 else self._columns[place] == columns
        if int(np.count_nonzero(common)) < COMMON * columns.size:
            return None
        place = place[common]

        def preconditioned(vector: FloatArray) -> FloatArray:
            whole = np.zeros(self._columns.size)
            whole[place] = vector[common]
            out = vector / diagonal
            out[common] = cholesky_solve(self._factor, whole)[place]
            return out

        found, rest = np.zeros(columns.size), right.copy()
        ahead = preconditioned(rest)
        direction, size = ahead, float(rest @ ahead)
        enough = PRECISE * size
        product = np.empty(columns.size)
        for _ in range(ITERATIONS_MOST):
            if size <= enough:
                return found
            dot_columns(*self.parts, columns, curvature * self._image(columns, direction, curvature.size), product)
            product += penalty.l2 * direction
            curved = float(direction @ product)
            if not curved > 0.0:
                return None
            length = size / curved
            found += length * direction
            rest -= length * product
            ahead = preconditioned(rest)
            before, size = size, float(rest @ ahead)
            direction = ahead + (size / before) * direction
        return found if size <= enough else None
