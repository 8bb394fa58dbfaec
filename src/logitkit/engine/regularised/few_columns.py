"""A penalised problem of few rows and not many numbers: one compiled call a strength.

Where numbers are few, the calls of an interpreter take longer than the arithmetic. A solution that is not reached
there, or is to be precise, is left to ``dense_columns.py``.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.dense_columns import FEW, DenseColumns
from logitkit.engine.regularised.prediction import Prediction
from logitkit.engine.regularised.prox_newton import Scaled, Solved
from logitkit.engine.solvers.solver import Status
from logitkit.models.penalties.penalty import Penalty
from logitkit.numerics.kernels.few_columns import CONVERGED, FULL, minimise
from logitkit.numerics.once import once
from logitkit.numerics.read_only import read_only
from logitkit.typing import BoolArray, FloatArray

__all__ = ["FewColumns", "are_few_numbers"]

ROWS_MOST = 200  # of more, second derivatives are better kept from one strength to the next
PRODUCTS_MOST = 2_000_000  # of numbers in second derivatives, which are summed at every step


def are_few_numbers(objective: Objective, penalty: Penalty, intercept: int | None) -> bool:
    """Tell whether this solver is made for a problem that ``dense_columns.py`` would solve."""
    matrix = objective.matrix
    if not isinstance(matrix, Dense) or matrix.n_rows > ROWS_MOST or matrix.array.size > FEW or penalty.held.any():
        return False
    return np.flatnonzero(penalty.free).tolist() == ([] if intercept is None else [intercept])


class FewColumns:
    """The problem, from one strength to the next.

    Parameters
    ----------
    whole : Scaled[Objective]
        The objective over all columns, of a dense matrix.
    penalty : Penalty
        At some strength, which tells the column without one.
    intercept : int or None
        Position of the intercept.
    """

    def __init__(self, whole: Scaled[Objective], penalty: Penalty, intercept: int | None) -> None:
        objective, scale = whole
        array = objective.matrix.to_dense()
        self._of_many = whole, penalty, intercept
        self._lassoed, self._free = penalty.l1 > 0.0, penalty.free
        self._intercept = -1 if intercept is None else intercept
        mean = np.zeros(scale.size)
        if intercept is not None:  # which takes up what centring takes off
            mean = array.mean(axis=0)
            mean[intercept] = 0.0
        self._columns, self._shift = np.ascontiguousarray(((array - mean) / scale).T), mean / scale
        response, n = objective.response, len(array)
        offset = np.zeros(n) if response.shift is None else response.shift
        self._outcomes = read_only(response.y), read_only(response.weights), read_only(offset)
        most = int(min(np.sqrt(PRODUCTS_MOST / n), scale.size + 1))
        self._space = np.empty((most, most))
        self._prediction, self._full = Prediction(), False

    def solve(
        self,
        penalty: Penalty,
        coef: FloatArray,
        wanted: BoolArray,
        target: float,
        max_iter: int = 100,
        polish: bool = False,
    ) -> Solved:
        """Minimise the objective plus a penalty; all columns are looked at, whatever is wanted."""
        del wanted
        begin, dual = self._prediction.at(penalty, self._moved(coef, 1.0), self._free), np.empty(coef.size)
        if not self._full and np.array_equal(penalty.l1 > 0.0, self._lassoed):
            found, ends = begin.copy(), (self._intercept, target, max_iter, self._space)
            given = self._columns, self._outcomes, found, dual
            status, steps, value, gap = minimise(*given, penalty.l1, penalty.l2, *ends)
            if status == CONVERGED:
                coef = self._moved(found, -1.0)
                if not polish:
                    return Solved(coef, value, dual, gap, Status.CONVERGED, steps, steps)
            self._full = status == FULL  # as it is at smaller strengths
        return self._many.solve(penalty, coef, coef != 0.0, target, max_iter, polish)

    def _moved(self, coef: FloatArray, sign: float) -> FloatArray:
        """Return coefficients of the centred columns from those of the columns as they are, or these from those."""
        if self._intercept < 0:
            return coef
        out = coef.copy()
        out[self._intercept] += sign * float(self._shift @ coef)
        return out

    @once
    def _many(self) -> DenseColumns:
        return DenseColumns(*self._of_many)
