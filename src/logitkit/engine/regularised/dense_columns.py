r"""A penalised problem with few rows and many dense columns: proximal Newton by exact models of the rows.

1. Take a working set, as ``working_set.py`` does, and begin where the last two solutions point.
2. With slope s and curvature C of the rows at b, minimise the quadratic model over the set, by steps of second
   derivatives that were summed some strengths before (``numerics/kernels/active_columns.py``). Its rows
   :math:`s' = s + C X (b^+ - b)` are a dual point that meets the conditions at the model's minimum.
3. Evaluate the rows at :math:`b^+`, which takes no pass over the columns; halve the step until the objective falls.
4. The gap at :math:`b^+` with the dual point s' is of fourth order in the step in its rows: stop when it is small
   enough on all columns. Let in the columns that are against s'.

Second derivatives are summed anew when the model takes many steps. Columns that are collinear, or that have bounds, are
left to ``working_set.py``.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.engine.objective import Objective
from logitkit.engine.regularised.dual_point import MET
from logitkit.engine.regularised.gap import least_gap
from logitkit.engine.regularised.prediction import Prediction
from logitkit.engine.regularised.products import WideProducts
from logitkit.engine.regularised.prox_newton import Scaled, Solved
from logitkit.engine.regularised.second_derivatives import KeptDerivatives
from logitkit.engine.regularised.working_set import WorkingSet
from logitkit.engine.solvers.solver import Status
from logitkit.models.penalties.penalty import Penalty
from logitkit.numerics.kernels.active_columns import column_products, move_rows, settle
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["DenseColumns", "suits"]

ROWS_MOST = 8_192  # a model is minimised on one thread
FREE_MOST = 8  # columns without penalty, which are eliminated at every step
SPARE = 200  # columns in use that are not wanted: taking them out costs more than they do
INNER = 0.4  # of the gap that is allowed: what the model may leave
OUTER = 0.5  # of it: what the rows may leave
STEPS_MOST, RENEW_FROM = 20, 4  # steps of a model, and how many tell that second derivatives are old
PRECISE = 1e-8  # of the gap that is allowed, for the last model of a solution that is to be precise
LEAST = 1e-15  # of the objective: a gap that is less is rounding
HALVINGS_MOST = 30
ARMIJO = 0.1
ROUNDING = 16_384 * np.finfo(float).eps  # of the objective, as in newton.py
CONVERGED, LIMIT, COLLINEAR, STALLED = 0, 1, 2, 3  # how a model ends


def suits(penalty: Penalty, n_rows: int) -> bool:
    """Tell whether this solver is made for a penalty, of columns of a dense matrix."""
    if penalty.groups is not None or n_rows > ROWS_MOST:
        return False
    bounded = (np.isfinite(penalty.lower) | np.isfinite(penalty.upper)) & ~penalty.held
    smooth = (penalty.l1 == 0.0) & ~penalty.free & ~penalty.held
    return not bool(bounded.any() or smooth.any()) and int(np.count_nonzero(penalty.free)) <= FREE_MOST


class _Place:
    """An iterate: coefficients of the columns in use, and its rows."""

    def __init__(self, objective: Objective, coef: FloatArray, eta: FloatArray) -> None:
        self.coef, self.eta = coef, eta
        self.value, self.slope, self.curvature = objective.rows_at(eta)

    def pearson(self) -> float:
        """Return Pearson's statistic."""
        return _chi_squared(self.slope, self.curvature)


class DenseColumns:
    """The problem, from one strength to the next.

    Parameters
    ----------
    whole : Scaled[Objective]
        The objective over all columns of a dense matrix, without a quadratic part.
    intercept : int or None
        Position of the intercept.
    """

    def __init__(self, whole: Scaled[Objective], intercept: int | None) -> None:
        self.objective, scale = whole
        self._whole, self._share = whole, 1.0 / scale
        self._products = WideProducts(self.objective, scale)
        # What centring takes off, the intercept takes up.
        self._intercept = intercept
        self._mean = np.zeros(scale.size) if intercept is None else self._products.mean.copy()
        if intercept is not None:
            self._mean[intercept] = 0.0
        self._kept = KeptDerivatives(self._products, self._share, self._mean)
        self._prediction = Prediction()
        self.columns: IntArray = np.empty(0, dtype=np.int64)
        self._renew = True
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
        start = self._prediction.at(penalty, coef)
        if suits(penalty, 0):
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                try:
                    found = self._minimise(penalty, start, wanted, target, max_iter, polish)
                except np.linalg.LinAlgError:  # rows that columns without penalty need have no curvature left
                    found = None
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
        free = penalty.free
        inside = (wanted & ~penalty.held) | (start != 0.0) | free
        new = self._take(inside, free)
        place = self._first(start)
        products = self._pulled(place)
        if not self._summed(penalty, place, new):
            return None
        share, last, steps, renewals, fresh = INNER, False, 0, 0, self._renew
        while steps < max_iter:
            found, tried, rows = self._modelled(penalty, place, products, max(share * target, LEAST * abs(place.value)))
            steps += 1
            ahead, whole = (None, False) if found == COLLINEAR else self._searched(penalty, place, tried)
            if ahead is not None:
                place = ahead
                left = _chi_squared(rows - place.slope, place.curvature) if whole else math.inf
                close = found in (CONVERGED, STALLED) and (left <= OUTER * target or last)
                if close and bool((np.abs(rows - place.slope) <= place.curvature).all()):
                    coef, dual, gap = self._certified(penalty, place, rows, products, left)
                    if gap <= target and (last or not polish):
                        return Solved(coef, place.value, dual, gap, Status.CONVERGED, steps, renewals)
                    if gap <= target:
                        share, last = PRECISE, True
                    else:
                        against = self._against(penalty, coef, dual)
                        share, last = share if against.size else 0.1 * share, False
                        place = self._with(against, place)
            products = self._pulled(place)
            if found != CONVERGED:  # second derivatives are old, or of no use
                if (fresh and found != LIMIT) or not self._sum_at(penalty, place):
                    return None
                renewals += 1
            fresh = found != CONVERGED
            if share < PRECISE:
                return None
        return None

    # ------------------------------------------------------------------------------------------------ columns in use

    def _take(self, inside: BoolArray, free: BoolArray) -> IntArray:
        """Have columns in use, those without penalty first, and return which are new."""
        chosen = np.flatnonzero(inside)
        known = np.zeros(inside.size, dtype=bool)
        known[self.columns] = True
        self._n_free = int(np.count_nonzero(free))
        same = np.array_equal(self.columns[: self._n_free], np.flatnonzero(free))
        if self._renew or not same or self.columns.size > 2 * chosen.size + SPARE:
            self._renew = True
            self.columns = np.r_[np.flatnonzero(free), np.flatnonzero(inside & ~free)]
            new = self.columns
        else:
            new = chosen[~known[chosen]]
            self.columns = np.r_[self.columns, new]
        self._set()
        return new

    def _set(self) -> None:
        index = self.columns
        self._at = self._products.places_of(index)
        self._middle, self._own = self._mean[index], self._share[index]

    def _first(self, start: FloatArray) -> _Place:
        """Return the iterate that a solution starts from."""
        coef = start[self.columns]
        if self._intercept is not None:
            coef[self.columns == self._intercept] += float(self._middle * self._own @ coef)
        offset = self.objective.response.shift
        eta = np.zeros(self.objective.matrix.n_rows) if offset is None else offset.copy()
        move_rows(self._products.columns, self._at, self._middle, self._own, coef, eta)
        return _Place(self.objective, coef, eta)

    def _with(self, new: IntArray, place: _Place) -> _Place:
        """Take columns besides those in use, whose coefficients are zero."""
        if new.size:
            self._kept.append(self.columns.size, new)
            self.columns = np.r_[self.columns, new]
            self._set()
            place.coef = np.r_[place.coef, np.zeros(new.size)]
        return place

    def _pulled(self, place: _Place) -> FloatArray:
        """Return the products of the columns in use with the slopes of the rows."""
        out = np.empty(self.columns.size)
        column_products(self._products.columns, self._at, self._middle, self._own, place.slope, out)
        return out

    # -------------------------------------------------------------------------------------------- second derivatives

    def _summed(self, penalty: Penalty, place: _Place, new: IntArray) -> bool:
        """Have second derivatives of the columns in use; false where those that are not zero are collinear."""
        if self._renew:
            return self._sum_at(penalty, place)
        if new.size:
            self._kept.append(self.columns.size - new.size, new)
        return True

    def _sum_at(self, penalty: Penalty, place: _Place) -> bool:
        inside = place.coef != 0.0
        inside[: self._n_free] = True
        self._renew = not self._kept.sum(self.columns, place.curvature, inside, penalty.l2[self.columns])
        return not self._renew

    # ---------------------------------------------------------------------------------------------------------- steps

    def _modelled(
        self, penalty: Penalty, place: _Place, products: FloatArray, target: float
    ) -> tuple[int, tuple[FloatArray, FloatArray], FloatArray]:
        """Minimise the model of the rows: how that ended, coefficients and linear predictors, and residuals."""
        kept, rows, eta, coef = self._kept, place.slope.copy(), place.eta.copy(), place.coef.copy()
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
            penalty.l1[self.columns],
            penalty.l2[self.columns],
            place.pearson(),
            target,
            STEPS_MOST,
        )
        self._renew = steps >= RENEW_FROM or status != CONVERGED
        return status, (coef, eta), rows

    def _free_inverse(self, curvature: FloatArray) -> FloatArray:
        """Return the inverse of the second derivatives of the columns without penalty."""
        u = self._n_free
        if u == 1 and self.columns[0] == self._intercept:
            return np.array([[1.0 / curvature.sum()]])
        columns = (self._products.columns[self._at[:u]] - self._middle[:u, None]) * self._own[:u, None]
        return np.asarray(np.linalg.inv(columns * curvature @ columns.T))

    def _searched(
        self, penalty: Penalty, place: _Place, tried: tuple[FloatArray, FloatArray]
    ) -> tuple[_Place | None, bool]:
        """Return the first of the whole step, half of it, ... that lowers enough, and whether it is the whole."""
        own = penalty.pick(self.columns)
        here = place.value + own.value(place.coef)
        ahead = _Place(self.objective, *tried)
        if ahead.value + own.value(ahead.coef) <= here + ROUNDING * abs(here):
            return ahead, True
        length = 1.0
        for _ in range(HALVINGS_MOST):
            length *= 0.5
            coef = place.coef + length * (tried[0] - place.coef)
            trial = _Place(self.objective, coef, place.eta + length * (tried[1] - place.eta))
            if trial.value + own.value(trial.coef) < here:
                return trial, False
        return None, False

    # ---------------------------------------------------------------------------------------------------------- proof

    def _certified(
        self, penalty: Penalty, place: _Place, rows: FloatArray, products: FloatArray, moved: float
    ) -> tuple[FloatArray, FloatArray, float]:
        """Return the coefficients, the products of the dual point with all columns, and the gap."""
        coef = np.zeros(self._share.size)
        coef[self.columns] = place.coef
        if self._intercept is not None:
            coef[self._intercept] -= float(self._middle * self._own @ place.coef)
        known = np.zeros(coef.size, dtype=bool)
        known[self.columns] = True
        dual = self._products.below(rows, penalty.l1, known)
        dual[self.columns] = products
        free, own = self.columns[: self._n_free], products[: self._n_free]
        rounding = float(np.abs(own) @ np.abs(place.coef[: self._n_free]))
        spread, sums = self._products.sizes
        lengths = np.sqrt(spread[free] ** 2 + sums[free] ** 2 / rows.size)
        sound = bool((np.abs(own) <= MET * np.linalg.norm(place.slope) * lengths).all())
        dual[free] = 0.0
        gap = rounding + least_gap(coef, dual, penalty, place.pearson(), moved) if sound else math.inf
        return coef, dual, gap

    def _against(self, penalty: Penalty, coef: FloatArray, dual: FloatArray) -> IntArray:
        """Return the columns not in use that are against a dual point."""
        outside = np.abs(dual) > penalty.l1
        outside[self.columns] = False
        found = np.flatnonzero(outside)
        return found[penalty.pick(found).distance(coef[found], dual[found]) > 0.0]


def _chi_squared(moved: FloatArray, curvature: FloatArray) -> float:
    """Return the squared length of residuals, as the curvature of their rows measures it."""
    return float(np.where(moved == 0.0, 0.0, moved**2 / curvature).sum())
