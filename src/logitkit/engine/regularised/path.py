r"""Penalised problems at one strength after another, each from the solution before.

| the penalty | the design has | solved by |
|---|---|---|
| squares only | any number of columns | Newton's method, in the form that ``smooth.py`` chooses |
| corners or bounds | at most ``GRAM_MOST`` columns | proximal Newton on one array of second derivatives |
| corners or bounds | more, dense or in groups | the same on a working set of columns |
| corners or bounds | more, sparse or coded | the same, by coordinate descent on the columns themselves |

References
----------
Friedman, J., Hastie, T. and Tibshirani, R. (2010) Regularization paths for generalized linear models via coordinate
descent. Journal of Statistical Software 33(1).
"""

from __future__ import annotations

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.design.table.memory import require_room
from logitkit.engine.curvature.sums import ProductSums
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.column_descent import ColumnDescent
from logitkit.engine.regularised.null_model import NullModel, null_model
from logitkit.engine.regularised.on_gram import OnGram
from logitkit.engine.regularised.prox_newton import Scaled, Solved
from logitkit.engine.regularised.sequence import LOOKED_AT_MOST, Engine, StrengthSequence, largest_share
from logitkit.engine.regularised.smooth import Smooth, SmoothProblem
from logitkit.engine.regularised.strengths import Strengths
from logitkit.engine.regularised.working_set import WorkingSet
from logitkit.engine.solvers.choose import DENSE_MOST
from logitkit.models.binomial import Binomial
from logitkit.models.penalties.penalty import Penalty
from logitkit.typing import BoolArray, FloatArray

__all__ = ["GRAM_MOST", "PenalisedProblem"]

GRAM_MOST = 1_000
FARTHEST, NEARER = 1.5, 0.6  # a step of the strength that is larger is taken in several, or told nothing of
SET_FACTOR, SET_SPARE = 2.0, 50  # columns that the rule may let in, beside those whose coefficient is not zero
MARGIN = 0.02  # of a strength, within which a product that goes on as it did is let in
ON_THE_WAY = 0.1  # of the null objective: the gap that is allowed there


class PenalisedProblem(StrengthSequence):
    """Matrix, response and penalty, solved at one strength after another.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same rows.
    family : Binomial
        Distribution and link.
    strengths : Strengths
        The penalty.
    names : tuple of str
        Of the columns, for messages.
    null : NullModel, optional
        Where it is known.
    smooth : SmoothProblem, optional
        What is made of the columns for a penalty of squares, where it is made.
    """

    def __init__(
        self,
        matrix: Matrix,
        response: Response,
        family: Binomial,
        strengths: Strengths,
        names: tuple[str, ...],
        null: NullModel | None = None,
        smooth: SmoothProblem | None = None,
    ) -> None:
        self.matrix, self.response, self.family = matrix, response, family
        found = null_model(matrix, response, family, strengths, names) if null is None else null
        super().__init__(strengths, found, response.total, names)
        held = strengths.whole.held
        #: The columns as they are solved where the penalty has squares only.
        self.smooth = SmoothProblem(matrix, response, family, strengths, held) if smooth is None else smooth

    @property
    def method(self) -> str:
        """How it is solved, in words."""
        if self.strengths.whole.smooth:
            return self.smooth.method
        if self.on_gram:
            return "proximal Newton, coordinate descent on the Gram matrix"
        if self.by_columns:
            return "proximal Newton, coordinate descent on a working set of sparse columns"
        return "proximal Newton on a working set of columns"

    @property
    def on_gram(self) -> bool:
        """Whether second derivatives are summed over all columns: where a working set would soon hold most of them."""
        p, whole = self.matrix.n_columns, self.strengths.whole
        corner = whole.l1 > 0.0 if whole.groups is None else (whole.l1 > 0.0) | (whole.groups.codes >= 0)
        few_corners = p <= DENSE_MOST and 2 * int(np.count_nonzero(corner | whole.held)) < p
        return p <= GRAM_MOST or few_corners or self.strengths.quadratic is not None

    @property
    def by_columns(self) -> bool:
        """Whether coordinate descent visits the columns themselves: they are sparse, and in no groups."""
        return not isinstance(self.matrix, Dense) and self.strengths.whole.groups is None

    @property
    def objective(self) -> Objective:
        """The objective without what the strength changes, and without second derivatives."""
        products = ProductSums(self.matrix, lambda _, vector: vector)  # sums that are never asked for
        return Objective(self.matrix, self.response, self.family, products, self.strengths.quadratic)

    def fresh(self) -> PenalisedProblem:
        """Return the same problem, of which no solution is known yet."""
        return PenalisedProblem(
            self.matrix, self.response, self.family, self.strengths, self.names, self.null, self.smooth
        )

    def engine_from_null(self, penalty: Penalty) -> Engine:
        """Return what solves the problem where all that the strength grows with is held at zero."""
        if not penalty.smooth:
            return self._full()
        smooth = SmoothProblem(self.matrix, self.response, self.family, self.strengths, penalty.held)
        return Smooth(smooth, self.null.coef / self.strengths.scale)

    def choose(self, penalty: Penalty) -> Engine:
        """Return what solves the problem at one strength after another, by the table above."""
        p = self.matrix.n_columns
        if penalty.smooth:
            return Smooth(self.smooth, self.null.coef / self.strengths.scale)
        if self.on_gram:
            if p > GRAM_MOST:
                require_room(32 * p * p, f"The second derivatives of {p:,} columns", "Leave out the Gaussian prior.")
            return self._full()
        return _Set(self)

    def _full(self) -> OnGram:
        objective = Objective(self.matrix, self.response, self.family, None, self.strengths.quadratic)
        looks = self.matrix.n_rows * self.matrix.width <= LOOKED_AT_MOST
        return OnGram(Scaled(objective, self.strengths.scale), self.null.coef, looks)


class _Set:
    """Proximal Newton over a working set."""

    def __init__(self, given: PenalisedProblem) -> None:
        objective, scale = given.objective, given.strengths.scale
        by_columns = given.by_columns
        self.working = ColumnDescent(objective, scale) if by_columns else WorkingSet(Scaled(objective, scale))
        self.coef, self.dual, self.null = given.null.coef, given.slope_at_null(), given.null.value
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
        """Return what the strong rule lets in; after a large step, the foremost of that."""
        inside = self._strong(penalty)
        most = int(SET_FACTOR * np.count_nonzero(self.coef)) + SET_SPARE
        if int(np.count_nonzero(inside)) <= most:
            return inside
        pull = np.where(inside, np.abs(self.dual) / np.maximum(penalty.l1 + self._norms(penalty), 1e-300), 0.0)
        return np.asarray(inside & (pull >= np.partition(pull, -most)[-most]))

    def _next(self, l1: FloatArray, before: FloatArray) -> FloatArray:
        """Return how large products are or will be, if they go on as they did since the strength before the last."""
        size = np.abs(self.dual)
        if self.earlier is None:
            return np.full(size.size, np.inf)
        earlier, dual = self.earlier
        step, since = before - l1, earlier - before
        near = (step >= 0.0) & (step < FARTHEST * since)  # else they may have turned
        share = np.divide(step, since, out=np.zeros(size.size), where=near)
        return np.where(near, np.maximum(size, np.abs(self.dual + share * (self.dual - dual))), np.inf)

    @staticmethod
    def _norms(penalty: Penalty) -> FloatArray:
        """Return the strength of its group for each coefficient, 0 for those in none."""
        groups = penalty.groups
        return np.zeros(penalty.l1.size) if groups is None else np.r_[groups.strengths, 0.0][groups.codes]

    def _strong(self, penalty: Penalty) -> BoolArray:
        before = penalty if self.before is None else self.before
        ahead = np.maximum(2.0 * penalty.l1 - before.l1, 0.0)
        if penalty.groups is None:
            strong = (np.abs(self.dual) >= ahead) & ((penalty.l1 > 0.0) | (penalty.l2 > 0.0))
            return np.asarray(strong & (self._next(penalty.l1, before.l1) >= (1.0 - MARGIN) * penalty.l1))
        assert before.groups is not None
        rest = np.sign(self.dual) * np.maximum(np.abs(self.dual) - ahead, 0.0)
        strengths = np.maximum(2.0 * penalty.groups.strengths - before.groups.strengths, 0.0)
        hit = np.r_[penalty.groups.norms(rest) >= strengths, False]
        alone = (penalty.groups.codes < 0) & (np.abs(self.dual) >= ahead)
        return np.asarray(hit[penalty.groups.codes] | alone)
