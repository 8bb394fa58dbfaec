"""A penalised problem of one linear predictor with many columns at one strength after another, by the strong rule.

References
----------
Friedman, J., Hastie, T. and Tibshirani, R. (2010) Regularization paths for generalized linear models via coordinate
descent. Journal of Statistical Software 33(1).
Tibshirani, R. et al. (2012) Strong rules for discarding predictors in lasso-type problems. JRSS B 74, 245-266.
"""

from __future__ import annotations

import numpy as np

from logitkit.engine.regularised.column_descent import ColumnDescent
from logitkit.engine.regularised.dense_columns import DenseColumns
from logitkit.engine.regularised.few_columns import FewColumns
from logitkit.engine.regularised.largest import largest_share
from logitkit.engine.regularised.null import NullModel
from logitkit.engine.regularised.prox_newton import Solved
from logitkit.engine.regularised.working_set import WorkingSet
from logitkit.models.penalties.penalty import Penalty
from logitkit.numerics.kernels.dual_rows import admitted_columns
from logitkit.typing import BoolArray, FloatArray

__all__ = ["ColumnSet"]

FARTHEST, NEARER = 1.5, 0.6  # a step of the strength that is larger is taken in several, or told nothing of
SET_FACTOR, SET_SPARE = 2.0, 50  # columns that the rule may let in, beside those whose coefficient is not zero
MARGIN = 0.02  # of a strength, within which a product that goes on as it did is let in
NONE: FloatArray = np.empty(0)
NONE_WANTED: BoolArray = np.empty(0, dtype=bool)
ON_THE_WAY = 0.1  # of the null objective: the gap that is allowed there


class ColumnSet:
    """Proximal Newton over a working set of the columns of one linear predictor.

    Parameters
    ----------
    working : WorkingSet, DenseColumns, FewColumns or ColumnDescent
        Solves on the columns that are wanted.
    null : NullModel
        Where a path begins.
    slope : (p,) array
        The gradient of the scaled coefficients there.
    """

    def __init__(
        self, working: WorkingSet | DenseColumns | FewColumns | ColumnDescent, null: NullModel, slope: FloatArray
    ) -> None:
        self.working, self.coef, self.dual, self.null = working, null.coef, slope, null.value
        self.before: Penalty | None = None
        self.earlier: tuple[FloatArray, FloatArray] | None = None  # strengths and products of the solution before that

    def solve(self, penalty: Penalty, target: float, max_iter: int, polish: bool) -> Solved:
        """Minimise, from the solution before, or from the null model by way of stronger penalties."""
        steps = renewals = 0
        if self.before is None:
            share = largest_share(penalty, self.dual)
            while share > FARTHEST:
                share *= NEARER
                before = penalty.times(share)
                found = self.working.solve(before, self.coef, self._wanted(before), ON_THE_WAY * self.null, max_iter)
                self.coef, self.dual, self.before = found.coef, found.dual, before
                steps, renewals = steps + found.steps, renewals + found.renewals
        found = self.working.solve(penalty, self.coef, self._wanted(penalty), target, max_iter, polish)
        self.earlier = None if self.before is None else (self.before.l1, self.dual)
        self.coef, self.dual, self.before = found.coef, found.dual, penalty
        return found._replace(steps=steps + found.steps, renewals=renewals + found.renewals)

    def _wanted(self, penalty: Penalty) -> BoolArray:
        """Return the columns admitted by the strong rule; after a large step, the foremost of them."""
        if isinstance(self.working, FewColumns):  # which looks at all
            return NONE_WANTED
        inside = self._strong(penalty)
        most = int(SET_FACTOR * np.count_nonzero(self.coef)) + SET_SPARE
        if int(np.count_nonzero(inside)) <= most:
            return inside
        pull = np.where(inside, np.abs(self.dual) / np.maximum(penalty.l1 + self._norms(penalty), 1e-300), 0.0)
        return np.asarray(inside & (pull >= np.partition(pull, -most)[-most]))

    @staticmethod
    def _norms(penalty: Penalty) -> FloatArray:
        """Return the strength of its group for each coefficient, 0 for those in none."""
        groups = penalty.groups
        return np.zeros(penalty.l1.size) if groups is None else np.r_[groups.strengths, 0.0][groups.codes]

    def _strong(self, penalty: Penalty) -> BoolArray:
        before = penalty if self.before is None else self.before
        if penalty.groups is None:
            earlier, dual = (NONE, NONE) if self.earlier is None else self.earlier
            reach = 1.0 - MARGIN
            return admitted_columns(self.dual, penalty.l1, before.l1, penalty.l2, earlier, dual, FARTHEST, reach)
        assert before.groups is not None
        ahead = np.maximum(2.0 * penalty.l1 - before.l1, 0.0)
        rest = np.sign(self.dual) * np.maximum(np.abs(self.dual) - ahead, 0.0)
        strengths = np.maximum(2.0 * penalty.groups.strengths - before.groups.strengths, 0.0)
        hit = np.r_[penalty.groups.norms(rest) >= strengths, False]
        alone = (penalty.groups.codes < 0) & (np.abs(self.dual) >= ahead)
        return np.asarray(hit[penalty.groups.codes] | alone)
