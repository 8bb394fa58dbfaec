r"""A penalised problem with few rows and many dense columns: proximal Newton by exact models of the rows.

1. Take a working set, as ``working_set.py`` does, and begin where the last two solutions point.
2. With slope s and curvature C of the rows at b, minimise the quadratic model over the set, by steps of second
   derivatives that were summed some strengths before (``numerics/kernels/active_columns.py``). Its rows
   :math:`s' = s + C X (b^+ - b)` are a dual point that meets the conditions at the model's minimum.
3. Evaluate the rows at :math:`b^+`, which takes no pass over the columns; halve the step until the objective falls.
4. The gap at :math:`b^+` with the dual point s' is of fourth order in the step in its rows: stop when it is small
   enough on all columns. Let in the columns that are against s'.

Second derivatives are summed anew when the model takes many steps. Penalties with bounds, and what does not settle, are
left to ``working_set.py``.
"""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.dual_point import MET
from logitkit.engine.regularised.prediction import Prediction
from logitkit.engine.regularised.products import WideProducts
from logitkit.engine.regularised.prox_newton import Scaled, Solved
from logitkit.engine.regularised.second_derivatives import KeptDerivatives
from logitkit.engine.regularised.working_set import WorkingSet
from logitkit.engine.solvers.solver import Status
from logitkit.models.penalties.penalty import Penalty
from logitkit.numerics.kernels.active_columns import columns_gap, move_rows, settle
from logitkit.numerics.kernels.column_sets import entering, penalty_of, spread
from logitkit.numerics.kernels.residuals import rows_gap
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["DenseColumns", "suits"]

ROWS_MOST = 8_192  # a model is minimised on one thread
FREE_MOST = 8  # columns without penalty, which are eliminated at every step
SPARE = 200  # columns in use that are not wanted: taking them out costs more than they do
INNER = 0.4  # of the gap that is allowed: what the model may leave
OUTER = 0.5  # of it: what the rows may leave
STEPS_MOST, RENEW_FROM = 20, 4  # steps of a model, and how many tell that second derivatives are old
RENEW_FROM_FEW = 6  # the same where numbers are few, and sums take as long as the steps that they save
RENEWALS_MOST = 10
PRECISE = 1e-8  # of the gap that is allowed, for the last model of a solution that is to be precise
LEAST = 1e-15  # of the objective: a gap that is less is rounding
FEW = 200_000  # numbers of a matrix, whose products with residuals take less time than any thought
HALVINGS_MOST = 30
ROUNDING = 16_384 * np.finfo(float).eps  # of the objective, as in newton.py
CONVERGED, LIMIT, STALLED = 0, 1, 2  # how a model ends


def suits(penalty: Penalty, n_rows: int) -> bool:
    """Tell whether this solver is made for a penalty, of columns of a dense matrix."""
    if penalty.groups is not None or n_rows > ROWS_MOST:
        return False
    bounded = (np.isfinite(penalty.lower) | np.isfinite(penalty.upper)) & ~penalty.held
    smooth = (penalty.l1 == 0.0) & ~penalty.free & ~penalty.held
    return not bool(bounded.any() or smooth.any()) and int(np.count_nonzero(penalty.free)) <= FREE_MOST


class _Place:
    """An iterate: coefficients of the columns in use, its rows, and its value without the penalty and with it."""

    __slots__ = ("coef", "curvature", "eta", "slope", "value", "whole")

    def __init__(
        self, objective: Objective, coef: FloatArray, eta: FloatArray, strengths: tuple[FloatArray, FloatArray]
    ) -> None:
        self.coef, self.eta = coef, eta
        self.value, self.slope, self.curvature = objective.rows_at(eta)
        self.whole = self.value + penalty_of(coef, *strengths)


class DenseColumns:
    """The problem, from one strength to the next.

    Parameters
    ----------
    whole : Scaled[Objective]
        The objective over all columns of a dense matrix, without a quadratic part.
    penalty : Penalty
        At some strength, which tells the columns without one.
    intercept : int or None
        Position of the intercept.
    """

    def __init__(self, whole: Scaled[Objective], penalty: Penalty, intercept: int | None) -> None:
        self.objective, scale = whole
        self._whole, self._share = whole, 1.0 / scale
        self._products, matrix = WideProducts(self.objective, scale), self.objective.matrix
        few = isinstance(matrix, Dense) and matrix.array.size <= FEW
        self._few = np.asarray(matrix.to_dense(), dtype=np.float64) if few else None
        if self._few is not None:
            self._products.keep(self._few)
        # What centring takes off, the intercept takes up.
        self._intercept = intercept
        self._mean = np.zeros(scale.size) if intercept is None else self._products.mean.copy()
        if intercept is not None:
            self._mean[intercept] = 0.0
        self._kept = KeptDerivatives(self.objective.matrix.n_rows)
        self._prediction = Prediction()
        self._unpenalised = penalty.free
        self._free, self._held, self._lassoed = np.flatnonzero(penalty.free), penalty.held, penalty.l1 > 0.0
        self._lassoed &= ~self._held
        self._holds = bool(self._held.any())
        self._offset, self._n_rows = self.objective.response.shift, self.objective.matrix.n_rows
        self.columns: IntArray = np.empty(0, dtype=np.int64)  # in use, those without penalty first
        self._in_use = np.zeros(scale.size, dtype=bool)
        self._renew = True
        self._strengths = np.empty(0), np.empty(0)  # of the columns in use
        self._other: WorkingSet | None = None

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
        found, centred = None, coef
        if self._intercept is not None:
            centred = coef.copy()
            centred[self._intercept] += float(self._mean * self._share @ coef)
        start = self._prediction.at(penalty, centred, self._unpenalised)
        if np.array_equal(penalty.l1 > 0.0, self._lassoed):
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"), suppress(np.linalg.LinAlgError):
                found = self._minimise(penalty, start, wanted, target, max_iter, polish)
        if found is not None:
            return found
        self._renew = True
        if self._other is None:
            self._other = WorkingSet(self._whole)
        return self._other.solve(penalty, coef, wanted, target, max_iter, polish)

    def _minimise(
        self, penalty: Penalty, start: FloatArray, wanted: BoolArray, target: float, max_iter: int, polish: bool
    ) -> Solved | None:
        """Return the solution, None where this is not the solver for it."""
        new = self._take(penalty, wanted, start)
        place = self._first(start)
        fresh = self._renew
        self._summed(place, new)
        share, last, steps, renewals = INNER, False, 0, int(fresh)
        while steps < max_iter and share >= PRECISE:
            found, tried, rows, products = self._modelled(place, share * target)
            steps += 1
            ahead, whole = self._searched(place, tried)
            if ahead is not None:
                place = ahead
                pearson, left, sound = rows_gap(rows, place.slope, place.curvature)
                settled = last or (found in (CONVERGED, STALLED) and left <= OUTER * target)
                if whole and sound and settled:
                    coef, dual, gap = self._certified(penalty, place, rows, products, (pearson, left))
                    if gap <= target and (last or not polish):
                        return Solved(coef, place.value, dual, gap, Status.CONVERGED, steps, renewals)
                    if gap <= target:
                        share, last = PRECISE, True
                    else:
                        against = self._against(penalty, coef, dual)
                        share, last = share if against.size else 0.1 * share, False
                        place = self._with(penalty, against, place)
            if found != CONVERGED:  # second derivatives are old, or of no use
                if fresh and (found == STALLED or renewals >= RENEWALS_MOST):
                    return None
                self._sum_at(place)
                renewals += 1
            fresh = found != CONVERGED
        return None

    # ------------------------------------------------------------------------------------------------ columns in use

    def _take(self, penalty: Penalty, wanted: BoolArray, start: FloatArray) -> IntArray:
        """Have columns in use that are wanted or begin away from zero, and return which are new."""
        new, count = entering(wanted, start, self._in_use, self._held)
        if self._renew or self.columns.size + new.size > 2 * count + SPARE:
            self._renew = True
            inside = (wanted | (start != 0.0)) & ~self._held
            inside[self._free] = False
            self.columns, new = self._free, np.flatnonzero(inside)
            self._in_use[:] = False
            self._in_use[self._free] = True
        self._join(penalty, new)
        return new

    def _join(self, penalty: Penalty, new: IntArray) -> None:
        if new.size or self._renew:
            index = self.columns = np.concatenate([self.columns, new])
            self._in_use[new] = True
            self._at = index if self._few is not None else self._products.places_of(index)
            self._middle, self._own = self._mean[index], self._share[index]
            self._shift = self._middle * self._own
        self._strengths = penalty.l1[self.columns], penalty.l2[self.columns]

    def _first(self, start: FloatArray) -> _Place:
        """Return the iterate that a solution starts from, given coefficients of centred columns."""
        coef = start[self.columns]
        eta = np.zeros(self._n_rows) if self._offset is None else self._offset.copy()
        move_rows(self._products.columns, self._at, self._middle, self._own, coef, eta)
        return self._placed(coef, eta)

    def _placed(self, coef: FloatArray, eta: FloatArray) -> _Place:
        return _Place(self.objective, coef, eta, self._strengths)

    def _with(self, penalty: Penalty, new: IntArray, place: _Place) -> _Place:
        """Take columns besides those in use, whose coefficients are zero."""
        if new.size:
            self._join(penalty, new)
            self._append(new.size)
            place.coef = np.concatenate([place.coef, np.zeros(new.size)])
        return place

    # -------------------------------------------------------------------------------------------- second derivatives

    def _summed(self, place: _Place, new: IntArray) -> None:
        """Have second derivatives of the columns in use."""
        if self._renew:
            self._sum_at(place)
        elif new.size:
            self._append(new.size)

    def _append(self, n_new: int) -> None:
        before = self.columns.size - n_new
        at, middle, own = self._at[before:], self._middle[before:], self._own[before:]
        self._kept.append(before, (self._products.columns, at, middle, own))

    def _sum_at(self, place: _Place) -> None:
        inside = place.coef != 0.0
        inside[: self._free.size] = True
        columns = self._products.columns, self._at, self._middle, self._own
        self._kept.sum(columns, place.curvature, inside, self._strengths[1])
        self._renew = False

    # ---------------------------------------------------------------------------------------------------------- steps

    def _modelled(
        self, place: _Place, target: float
    ) -> tuple[int, tuple[FloatArray, FloatArray], FloatArray, FloatArray]:
        """Minimise the model of the rows: how that ended, coefficients, linear predictors, residuals and products."""
        kept, rows, eta, coef = self._kept, place.slope.copy(), place.eta.copy(), place.coef.copy()
        products = np.empty(coef.size)
        status, steps, kept.size, kept.bend = settle(
            self._products.columns,
            self._at,
            self._middle,
            self._own,
            place.curvature,
            self._free_inverse(place.curvature),
            kept.second,
            kept.factor,
            kept.order,
            kept.size,
            kept.bend,
            rows,
            eta,
            products,
            coef,
            *self._strengths,
            max(target, LEAST * abs(place.value)),
            STEPS_MOST,
        )
        self._renew = steps >= (RENEW_FROM if self._few is None else RENEW_FROM_FEW) or status != CONVERGED
        return status, (coef, eta), rows, products

    def _free_inverse(self, curvature: FloatArray) -> FloatArray:
        """Return the inverse of the second derivatives of the columns without penalty."""
        u = self._free.size
        if u == 1 and self._free[0] == self._intercept:
            return np.array([[1.0 / curvature.sum()]])
        columns = (self._products.columns[self._at[:u]] - self._middle[:u, None]) * self._own[:u, None]
        return np.asarray(np.linalg.inv(columns * curvature @ columns.T))

    def _searched(self, place: _Place, tried: tuple[FloatArray, FloatArray]) -> tuple[_Place | None, bool]:
        """Return the first of the whole step, half of it, ... that lowers enough, and whether it is the whole."""
        here, ahead = place.whole, self._placed(*tried)
        if ahead.whole <= here + ROUNDING * abs(here):
            return ahead, True
        length = 1.0
        for _ in range(HALVINGS_MOST):
            length *= 0.5
            coef = place.coef + length * (tried[0] - place.coef)
            trial = self._placed(coef, place.eta + length * (tried[1] - place.eta))
            if trial.whole < here:
                return trial, False
        return None, False

    # ---------------------------------------------------------------------------------------------------------- proof

    def _certified(
        self,
        penalty: Penalty,
        place: _Place,
        rows: FloatArray,
        products: FloatArray,
        squares: tuple[float, float],
    ) -> tuple[FloatArray, FloatArray, float]:
        """Return the coefficients, the products of the dual point with all columns, and the gap.

        ``squares`` are Pearson's statistic and the squared distance of the dual point.
        """
        coef = np.zeros(self._share.size)
        if self._few is None:
            dual = self._products.below(rows, penalty.l1, self._in_use)
        else:
            dual = rows @ self._few * self._share
        own, intercept = (place.coef, products, self._shift), -1 if self._intercept is None else self._intercept
        rounding, sound = spread(self.columns, own, intercept, place.slope, self._lengths, MET, coef, dual)
        l1 = np.where(self._held, np.inf, penalty.l1) if self._holds else penalty.l1
        gap = rounding + columns_gap(dual, coef, l1, penalty.l2, 0, *squares) if sound else math.inf
        return coef, dual, gap

    @once
    def _lengths(self) -> FloatArray:
        """Lengths of the columns without penalty, shape (u,)."""
        spread, sums, _ = self._products.sizes
        return np.sqrt(spread[self._free] ** 2 + sums[self._free] ** 2 / self.objective.matrix.n_rows)

    def _against(self, penalty: Penalty, coef: FloatArray, dual: FloatArray) -> IntArray:
        """Return the columns not in use that are against a dual point."""
        outside = np.flatnonzero((np.abs(dual) > penalty.l1) & ~(self._in_use | self._held))
        return outside[penalty.pick(outside).distance(coef[outside], dual[outside]) > 0.0]
