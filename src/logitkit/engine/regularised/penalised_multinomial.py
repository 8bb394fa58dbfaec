"""A penalised model of several outcomes, as paths and cross-validation see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.null import null_loss
from logitkit.engine.record import FitRecord
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.outcome_path import OutcomeSequence
from logitkit.engine.regularised.outcome_problem import ShrunkenOutcomes, prepare_outcomes
from logitkit.engine.regularised.outcome_shrinkage import outcome_freedom
from logitkit.engine.regularised.penalised_model import PenalisedModel
from logitkit.engine.regularised.penalised_outcomes import fit_outcomes_at
from logitkit.models.form import Form
from logitkit.models.penalties.specification import Specification
from logitkit.models.predictors import flat_names
from logitkit.typing import FloatArray, IntArray

__all__ = ["PenalisedMultinomial", "penalised_multinomial"]


@dataclass(frozen=True)
class PenalisedMultinomial(PenalisedModel):
    """A penalised model of several outcomes.

    Parameters
    ----------
    given : ShrunkenOutcomes
        The problem on the rows of a design.
    """

    model: ClassVar[str] = "multinomial logistic regression"

    given: ShrunkenOutcomes

    @property
    def design(self) -> Design:  # type: ignore[override]
        """The rows."""
        return self.given.design

    @property
    def specification(self) -> Specification:  # type: ignore[override]
        """The penalty as stated."""
        return self.given.specification

    @property
    def problem(self) -> OutcomeSequence:
        """What is solved."""
        return self.given.problem

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the flat coefficients."""
        levels = self.design.info.response.levels
        return flat_names([levels[k] for k in self.given.outcomes.predictors.active], self.design.info.names)

    @property
    def scale(self) -> FloatArray:
        """What the flat coefficients are multiplied by where the penalty counts them."""
        stacked, p = self.problem.stacked, self.given.outcomes.predictors.n_columns
        columns = np.ones(p)
        columns[stacked.place % p] = stacked.strengths.scale
        return np.tile(columns, self.given.outcomes.predictors.active.size)

    @property
    def refits(self) -> bool:
        """Nothing is refitted."""
        return False

    def refitted(self, coef: FloatArray) -> FloatArray:
        """Return the coefficients as they are."""
        return coef

    def require_bounded(self, closest: float) -> None:
        """Nothing can run off: bounds stand beside a penalty, or a reference."""

    def deviances(self) -> tuple[float, float]:
        """Return the least loss that any model could have, and the null deviance."""
        response, saturated = self.given.response, 0.0
        if response.shares is not None:
            losses = self.problem.objective.family.saturated_loss(response.shares, response.n_rows)
            saturated = float(response.weights @ losses)
        null = null_loss(response, self.design.info.intercept is not None, self.given.outcomes.family)
        return saturated, max(2.0 * (null - saturated), 1e-300)

    def of_rows(self, design: Design) -> PenalisedMultinomial:
        """Return the same model of other rows."""
        return PenalisedMultinomial(prepare_outcomes(design, self.given.outcomes, self.specification, tells=False))

    def predictors(self, matrix: Matrix, coef: FloatArray, offset: FloatArray | None) -> FloatArray:
        """Return logits by outcome, a column a vector of coefficients, shape (K, m, k)."""
        predictors = self.given.outcomes.predictors
        eta = np.zeros((predictors.n_predictors, matrix.n_rows, coef.shape[0]))
        for j, vector in enumerate(coef):
            for outcome, block in zip(predictors.active, vector.reshape(predictors.active.size, -1), strict=True):
                eta[outcome, :, j] = matrix.matvec(block)
        return eta if offset is None else eta + offset[:, :, None]

    def dof(self, strengths: FloatArray, coef: FloatArray) -> FloatArray:
        """Return effective degrees of freedom along a path."""
        penalties = [self.problem.strengths.at(float(each)) for each in strengths]
        return outcome_freedom(self.given, penalties, np.array([self.given.solved(row) for row in coef]))

    def fit(self, strength: float, options: ProxNewton, level: float, chosen: str) -> FitRecord:
        """Return the record of the fit at a strength."""
        return fit_outcomes_at(self.given, strength, options, level, chosen)

    def n_nonzero(self, scaled: FloatArray) -> IntArray:
        """Return how many coefficients that are reported are not zero or not penalised, shape (k,)."""
        scale, free = self.problem.strengths.scale, self.problem.strengths.whole.free
        solved = [self.given.solved(flat) for flat in self.given.reported(scaled / scale)]
        return np.array([np.count_nonzero((coef != 0.0) | free) for coef in solved], dtype=np.int64)

    def reported(self, coef: FloatArray) -> FloatArray:
        """Return the flat coefficients of those that are solved for."""
        return self.given.reported(coef)


def penalised_multinomial(design: Design, outcomes: Form, specification: Specification) -> PenalisedMultinomial:
    """Return the penalised model of a design."""
    return PenalisedMultinomial(prepare_outcomes(design, outcomes, specification))
