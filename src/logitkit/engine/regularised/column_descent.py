r"""A penalised problem with many sparse columns: proximal Newton by coordinate descent on the columns themselves.

Second derivatives are summed of the columns only whose coefficient is not zero, and not where these are many: words
that never occur together would make thousands of columns without one number between them.

1. Take a working set, as ``working_set.py`` does.
2. With slope s and curvature C of the rows at b, minimise the quadratic model over the set; its rows
   :math:`s' = s + C X (b^+ - b)` are a dual point that meets the conditions at the model's minimum. After a few
   sweeps the coefficients that are not zero are solved for directly; where they are too many for that, sweeps go on,
   and on to where they point (Anderson).
3. Evaluate the rows at :math:`b^+`; halve the step until the objective falls enough.
4. The gap at :math:`b^+` with the dual point s' is second order in the step: stop when it is small enough. Let in the
   columns that are against s'.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.growing import SparseColumns
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.column_step import ColumnStep
from logitkit.engine.regularised.direct import with_factor
from logitkit.engine.regularised.dual_point import MET
from logitkit.engine.regularised.gap import least_gap
from logitkit.engine.regularised.prediction import Prediction
from logitkit.engine.regularised.products import SparseProducts
from logitkit.engine.regularised.prox_newton import Solved
from logitkit.engine.solvers.solver import Status
from logitkit.models.penalties.penalty import Penalty
from logitkit.numerics.kernels.column_descent import add_columns, descend_columns, weighted_squares
from logitkit.numerics.kernels.dual_rows import add_curved, beyond, curved_gram, moved_rows
from logitkit.numerics.threads.lapack import cholesky_solve
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["ColumnDescent"]

SHARE = 3.0  # of the gap that is allowed: what conditions that are not quite met may add
FIRST_SHARE = 10.0  # in the first step, which the curvature of the objective keeps from being the last
TRIES = 3
FINEST = 1e-3  # of that share, for the last step of a solution that is to be precise
ROUNDS_MOST = 200
DENSE_MOST = 8  # columns without penalty that are stored whole
DIRECT_MOST = 2_000  # coefficients that are solved for directly: the factor of more costs more than sweeps
CLOSER = 0.3  # of the precision of a model: that of the direct solution
SETTLING = 2  # sweeps, in which most signs settle
EXTRAPOLATED = 5  # sweeps
HALVINGS_MOST = 30
ARMIJO = 0.1
ROUNDING = 16_384 * np.finfo(float).eps


class _Model:
    """The quadratic model about an iterate, by its rows."""

    def __init__(self, parts: tuple[IntArray, CodeArray, FloatArray], curvature: FloatArray, slope: FloatArray) -> None:
        self.parts, self.curvature, self.slope = parts, curvature, slope
        self.flat = curvature <= 0.0

    def sweep(
        self, columns: IntArray, penalty: Penalty, squares: FloatArray, coef: FloatArray, rows: FloatArray
    ) -> float:
        """Visit every coordinate once, and return the largest violation of the conditions."""
        bounds = (penalty.l1, penalty.l2, penalty.lower, penalty.upper)
        return descend_columns(*self.parts, columns, self.curvature, rows, squares, coef, *bounds, 0.0, 1)[1]

    def accelerated(
        self, columns: IntArray, penalty: Penalty, squares: FloatArray, coef: FloatArray, rows: FloatArray
    ) -> float:
        """Sweep a few times, then extrapolate (Anderson) if that lowers the model."""
        seen, points = [coef.copy()], [rows.copy()]
        off = np.inf
        for _ in range(EXTRAPOLATED):
            off = self.sweep(columns, penalty, squares, coef, rows)
            seen.append(coef.copy())
            points.append(rows.copy())
        changes = np.diff(np.array(seen), axis=0)
        products = changes @ changes.T
        if not products.trace() > 0.0:
            return off
        products[np.diag_indices_from(products)] += 1e-12 * max(float(products.trace()), 1e-300)
        shares = np.linalg.solve(products, np.ones(EXTRAPOLATED))
        if not np.isfinite(shares).all() or abs(shares.sum()) < 1e-300:
            return off
        shares /= shares.sum()
        # The rows are linear in the coefficients, and the shares sum to one.
        trial = np.asarray(shares @ np.array(seen[1:]))
        there = np.asarray(shares @ np.array(points[1:]))
        trial_in = penalty.within(trial)
        if np.array_equal(trial, trial_in) and self._value(penalty, trial, there) < self._value(penalty, coef, rows):
            coef[:], rows[:] = trial, there
            return np.inf
        return off

    def _value(self, penalty: Penalty, coef: FloatArray, rows: FloatArray) -> float:
        """Return the model, up to a constant."""
        with np.errstate(divide="ignore", invalid="ignore"):
            squares = np.where(self.flat, 0.0, (rows**2 - self.slope**2) / self.curvature)
        return 0.5 * float(squares.sum()) + penalty.value(coef)


class ColumnDescent:
    """The problem, from one strength to the next.

    Parameters
    ----------
    objective : Objective
        Of all columns, without a quadratic part.
    scale : (p,) array
        What the columns are divided by.
    """

    def __init__(self, objective: Objective, scale: FloatArray) -> None:
        self.objective = objective
        self.columns = SparseColumns(objective.matrix, scale)
        self.scale = scale
        self._step = ColumnStep(self.columns.parts, self.columns.n_rows)
        self._products, self._none = SparseProducts(self.columns), np.zeros(scale.size, dtype=bool)
        self._free: tuple[IntArray, Matrix, FloatArray] | None = None  # which, the columns, and their lengths
        self._prediction = Prediction()

    def solve(
        self,
        penalty: Penalty,
        coef: FloatArray,
        wanted: BoolArray,
        target: float,
        max_iter: int = 100,
        polish: bool = False,
    ) -> Solved:
        """Minimise the objective plus a penalty."""
        free = penalty.free
        chosen = np.flatnonzero(free | (coef != 0.0) | wanted)
        own, here = penalty.pick(chosen), self._prediction.at(penalty, coef)[chosen]
        eta = self._predictor(chosen, here)
        value, slope, curvature = self.objective.rows_at(eta)
        dual, gap = np.zeros(coef.size), np.inf
        status, last = Status.ITERATIONS, False
        share = FIRST_SHARE
        steps = 0
        for steps in range(1, max_iter + 1):
            size = max(float(np.abs(here).sum()), 0.1)
            new, rows = self._minimise(chosen, own, here, slope, curvature, share * target / size)
            length, found = self._search(chosen, own, here, new, eta, value, slope)
            if found is None:
                status = Status.STALLED
                break
            here = here + length * (new - here) if length < 1.0 else new
            eta, (value, slope, curvature) = found
            dual, gap, against = self._certified(penalty, chosen, here, rows, slope, curvature)
            if last:
                status = Status.CONVERGED
                break
            if gap <= target:
                if not polish:
                    status = Status.CONVERGED
                    break
                share, last = SHARE * FINEST, True
                continue
            if against.size:
                chosen, here = _joined(chosen, here, against)
                own = penalty.pick(chosen)
            share = min(SHARE, share) if steps <= TRIES else 0.1 * share
        out = np.zeros(coef.size)
        out[chosen] = here
        return Solved(out, value, dual, gap, status, steps, 0)

    def slope_at(self, coef: FloatArray) -> FloatArray:
        """Return the gradient at scaled coefficients, shape (p,)."""
        used = np.flatnonzero(coef)
        return self._products.all_of(self.objective.rows_at(self._predictor(used, coef[used]))[1])

    def _predictor(self, chosen: IntArray, coef: FloatArray) -> FloatArray:
        """Return the linear predictor of scaled coefficients of some columns."""
        offset = self.objective.response.shift
        eta = np.zeros(self.objective.matrix.n_rows) if offset is None else offset.copy()
        add_columns(*self.columns.parts, chosen, coef, eta)
        return eta

    def _minimise(
        self,
        chosen: IntArray,
        penalty: Penalty,
        coef: FloatArray,
        slope: FloatArray,
        curvature: FloatArray,
        tol: float,
    ) -> tuple[FloatArray, FloatArray]:
        """Return the minimum of the model, and its rows."""
        squares = np.empty(chosen.size)
        weighted_squares(*self.columns.parts, chosen, curvature, squares)
        own, rows = coef.copy(), slope.copy()
        model = _Model(self.columns.parts, curvature, slope)
        for _ in range(ROUNDS_MOST):
            if model.sweep(chosen, penalty, squares, own, rows) <= tol:
                break
            active = np.flatnonzero((own != 0.0) | penalty.free)
            inner, part = own[active], penalty.pick(active)
            if active.size <= DIRECT_MOST:
                for _ in range(SETTLING):
                    model.sweep(chosen[active], part, squares[active], inner, rows)
                # As sweeps have it, a coefficient without curvature stays where it is.
                smooth = np.flatnonzero(part.differentiable(inner) & (squares[active] + part.l2 > 0.0))
                moved = inner[smooth]
                where = active[smooth]
                self._step.take(chosen[where], part.pick(smooth), squares[where], curvature, moved, rows, CLOSER * tol)
                inner[smooth] = moved
            else:
                for _ in range(ROUNDS_MOST):
                    if model.accelerated(chosen[active], part, squares[active], inner, rows) <= 0.5 * tol:
                        break
            own[active] = inner
        return own, rows

    def _search(
        self,
        chosen: IntArray,
        penalty: Penalty,
        coef: FloatArray,
        new: FloatArray,
        eta: FloatArray,
        value: float,
        slope: FloatArray,
    ) -> tuple[float, tuple[FloatArray, tuple[float, FloatArray, FloatArray]] | None]:
        """Return the first of the whole step, half of it, ... that lowers enough, and what is known there."""
        change = np.zeros(eta.size)
        add_columns(*self.columns.parts, chosen, new - coef, change)
        here, first = penalty.value(coef), float(slope @ change)
        noise = ROUNDING * abs(value)
        length = 1.0
        for _ in range(HALVINGS_MOST):
            trial = coef + length * (new - coef) if length < 1.0 else new
            there = penalty.value(trial)
            point = eta + length * change
            rows = self.objective.rows_at(point)
            promised = length * first + there - here
            if rows[0] + there <= value + here + ARMIJO * min(promised, 0.0) + noise:
                return length, (point, rows)
            length *= 0.5
        return 0.0, None

    def _certified(
        self,
        penalty: Penalty,
        chosen: IntArray,
        coef: FloatArray,
        rows: FloatArray,
        slope: FloatArray,
        curvature: FloatArray,
    ) -> tuple[FloatArray, float, IntArray]:
        """Return the products of the dual point with all columns, the gap, and the columns not chosen that are against.

        Columns that are neither chosen nor above their strength add nothing to the gap.
        """
        rows, sound = self._without_free(penalty, rows, slope, curvature)
        dual = self._products.below(rows, penalty.l1, self._none)
        dual[penalty.free] = 0.0  # but for rounding
        # Within [0, 1] the residuals belong to shares of events, as where no linear predictor moves by more than one.
        moved, pearson, near = moved_rows(rows, slope, curvature)
        feasible = sound and near
        inside = np.zeros(dual.size, dtype=bool)
        inside[chosen] = True
        others = beyond(dual, penalty.l1, inside)
        counts, whole = _joined(chosen, coef, others)
        gap = least_gap(whole, dual[counts], penalty.pick(counts), pearson, moved) if feasible else math.inf
        against = penalty.pick(others).distance(np.zeros(others.size), dual[others]) > 0.0
        return dual, gap, others[against]

    def _without_free(
        self, penalty: Penalty, rows: FloatArray, slope: FloatArray, curvature: FloatArray
    ) -> tuple[FloatArray, bool]:
        """Return the dual point moved until it is orthogonal to the columns without penalty, and whether it is.

        It is not where the rows of such a column have no curvature left.
        """
        free = np.flatnonzero(penalty.free)
        if free.size == 0:
            return rows, True
        if self._free is None or not np.array_equal(self._free[0], free):
            columns = self.columns.pick(free)
            columns = Dense(np.asfortranarray(columns.to_dense())) if free.size <= DENSE_MOST else columns
            self._free = free, columns, np.sqrt(columns.gram(np.ones(rows.size)).diagonal())
        _, columns, lengths = self._free
        if isinstance(columns, Dense):  # few, of which the products are soon made
            array, gram = columns.array.T, np.empty((free.size, free.size))
            curved_gram(array, curvature, gram)
            factor, rows = with_factor(gram), rows.copy()
            for _ in range(2):  # once more for rounding
                add_curved(array, curvature, -cholesky_solve(factor, array @ rows), rows)
            left = array @ rows
        else:
            factor = with_factor(columns.gram(curvature))
            for _ in range(2):
                rows = rows - curvature * columns.matvec(cholesky_solve(factor, columns.rmatvec(rows)))
            left = columns.rmatvec(rows)
        return rows, bool((np.abs(left) <= MET * np.linalg.norm(slope) * lengths).all())


def _joined(chosen: IntArray, coef: FloatArray, more: IntArray) -> tuple[IntArray, FloatArray]:
    """Return columns in their order with more of them, whose coefficients are zero."""
    place = np.searchsorted(chosen, more)
    return np.insert(chosen, place, more), np.insert(coef, place, 0.0)
