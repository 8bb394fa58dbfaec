r"""Penalised models of several outcomes at one strength after another, each from the solution before.

| the penalty | coefficients | solved by |
|---|---|---|
| squares only | any number | Newton's method or L-BFGS (``outcome_smooth.py``) |
| corners or bounds | at most ``GRAM_MOST`` | proximal Newton on one array of second derivatives |
| corners or bounds | more | the same on a working set, which conditions of optimality let grow |

In symmetric form the solution is determined but for a number a column where the penalty is a lasso alone and outcomes
are even in number; any of these predicts the same.

References
----------
Simon, N., Friedman, J. and Hastie, T. (2013) A blockwise descent algorithm for group-penalized multiresponse and
multinomial regression. arXiv:1311.6529.
"""

from __future__ import annotations

from dataclasses import replace

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.objective import Objective, outcomes_objective
from logitkit.engine.regularised.coefficient_set import CoefficientSet
from logitkit.engine.regularised.null_model import NullModel
from logitkit.engine.regularised.on_gram import OnGram
from logitkit.engine.regularised.outcome_null import null_of_outcomes
from logitkit.engine.regularised.outcome_smooth import NEWTON_MOST, OutcomeSmooth
from logitkit.engine.regularised.outcome_strengths import StackedStrengths
from logitkit.engine.regularised.prox_newton import Scaled
from logitkit.engine.regularised.sequence import LOOKED_AT_MOST, Engine, StrengthSequence
from logitkit.models.penalties.penalty import Penalty
from logitkit.models.predictors import Predictors

__all__ = ["OutcomeSequence"]

GRAM_MOST = 1_000


class OutcomeSequence(StrengthSequence):
    """Matrix, response of several outcomes and penalty, solved at one strength after another.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same rows.
    predictors : Predictors
        Outcomes with a predictor.
    stacked : StackedStrengths
        The penalty.
    names : tuple of str
        Of the columns, for messages.
    null : NullModel, optional
        Where it is known.
    """

    def __init__(
        self,
        matrix: Matrix,
        response: Response,
        predictors: Predictors,
        stacked: StackedStrengths,
        names: tuple[str, ...],
        null: NullModel | None = None,
    ) -> None:
        self.matrix, self.response, self.stacked = matrix, response, stacked
        self.predictors = predictors.picked(stacked.place)
        strengths, place, free = stacked
        if null is None:
            null = null_of_outcomes(matrix, response, predictors, place, free, strengths.scale, names)
        super().__init__(strengths, null, response.total, names)

    @property
    def method(self) -> str:
        """How it is solved, in words."""
        q = self.strengths.scale.size
        if self.strengths.whole.smooth:
            return "Newton's method" if q <= NEWTON_MOST else "L-BFGS, preconditioned by the columns"
        if q <= GRAM_MOST:
            return "proximal Newton, coordinate descent on the Gram matrix"
        return "proximal Newton on a working set of coefficients"

    @property
    def objective(self) -> Objective:
        """The objective without what the strength changes."""
        return outcomes_objective(
            self.matrix, self.response, self.predictors, quadratic=self.strengths.quadratic, second=self._few
        )

    @property
    def _few(self) -> bool:
        return self.strengths.scale.size <= max(GRAM_MOST, NEWTON_MOST)

    def name_of(self, coefficient: int) -> str:
        """Return the name of the column of a coefficient."""
        return self.names[int(self.stacked.place[coefficient]) % self.predictors.n_columns]

    def fresh(self) -> OutcomeSequence:
        """Return the same problem, of which no solution is known yet."""
        predictors = replace(self.predictors, basis=None)
        return OutcomeSequence(self.matrix, self.response, predictors, self.stacked, self.names, self.null)

    def engine_from_null(self, penalty: Penalty) -> Engine:
        """Return what solves the problem where all that the strength grows with is held at zero."""
        return self.choose(penalty)

    def choose(self, penalty: Penalty) -> Engine:
        """Return what solves the problem at one strength after another, by the table above."""
        if penalty.smooth:
            start = self.null.coef / self.strengths.scale
            return OutcomeSmooth(self.matrix, self.response, self.predictors, self.stacked.place, self.strengths, start)
        if self.strengths.scale.size <= GRAM_MOST:
            looks = self.matrix.n_rows * self.matrix.width * self.predictors.active.size <= LOOKED_AT_MOST
            return OnGram(Scaled(self.objective, self.strengths.scale), self.null.coef, looks)
        return CoefficientSet(Scaled(self.objective, self.strengths.scale), self.null.coef, self.slope_at_null())
