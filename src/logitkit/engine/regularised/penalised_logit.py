"""A penalised logistic regression, as paths and cross-validation see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.null import null_loss
from logitkit.engine.record import FitRecord
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.path import PenalisedProblem
from logitkit.engine.regularised.penalised import fit_at
from logitkit.engine.regularised.penalised_model import PenalisedModel
from logitkit.engine.regularised.penalised_problem import Shrunken, prepare, relaxed, require_bounded, share_of_lasso
from logitkit.engine.regularised.shrinkage import freedom_along
from logitkit.models.binomial import Binomial
from logitkit.models.penalties.specification import Specification
from logitkit.typing import FloatArray

__all__ = ["PenalisedLogit", "penalised_logit"]


@dataclass(frozen=True)
class PenalisedLogit(PenalisedModel):
    """A penalised model of two outcomes.

    Parameters
    ----------
    given : Shrunken
        The problem on the rows of a design.
    """

    given: Shrunken

    @property
    def design(self) -> Design:  # type: ignore[override]
        """The rows."""
        return self.given.design

    @property
    def specification(self) -> Specification:  # type: ignore[override]
        """The penalty as stated."""
        return self.given.specification

    @property
    def family(self) -> Binomial:
        """Distribution and link."""
        return self.given.family

    @property
    def problem(self) -> PenalisedProblem:
        """What is solved."""
        return self.given.problem

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.design.info.names

    @property
    def scale(self) -> FloatArray:
        """What the coefficients are multiplied by where the penalty counts them."""
        return self.problem.strengths.scale

    @property
    def refits(self) -> bool:
        """Whether it is a relaxed lasso."""
        return share_of_lasso(self.specification) is not None

    def deviances(self) -> tuple[float, float]:
        """Return the least loss that any model could have, and the null deviance."""
        response = self.design.response
        saturated = 0.0
        if response.trials is not None:
            saturated = float(response.weights @ self.family.saturated_loss(response.y))
        null = null_loss(response, self.design.info.intercept is not None, self.family)
        return saturated, max(2.0 * (null - saturated), 1e-300)

    def refitted(self, coef: FloatArray) -> FloatArray | None:
        """Return the coefficients of a relaxed lasso from those of the lasso; None where there is no refit."""
        return relaxed(self.given, coef)

    def require_bounded(self, closest: float) -> None:
        """Refuse a solution that runs off where a coefficient without penalty has a bound on one side only."""
        require_bounded(self.given, closest)

    def reported(self, coef: FloatArray) -> FloatArray:
        """Return the coefficients as they are."""
        return coef

    def of_rows(self, design: Design) -> PenalisedLogit:
        """Return the same model of other rows."""
        return PenalisedLogit(prepare(design, self.family, self.specification, tells=False))

    def predictors(self, matrix: Matrix, coef: FloatArray, offset: FloatArray | None) -> FloatArray:
        """Return linear predictors, a column a vector of coefficients, shape (m, k)."""
        eta = np.empty((matrix.n_rows, coef.shape[0]))
        for j, vector in enumerate(coef):
            eta[:, j] = matrix.matvec(vector)
        return eta if offset is None else eta + offset[0][:, None]

    def dof(self, strengths: FloatArray, coef: FloatArray) -> FloatArray:
        """Return effective degrees of freedom along a path."""
        return freedom_along(self.given, [self.problem.strengths.at(float(each)) for each in strengths], coef)

    def fit(self, strength: float, options: ProxNewton, level: float, chosen: str) -> FitRecord:
        """Return the record of the fit at a strength."""
        return fit_at(self.given, strength, options, level, chosen)


def penalised_logit(design: Design, family: Binomial, specification: Specification) -> PenalisedLogit:
    """Return the penalised model of a design."""
    return PenalisedLogit(prepare(design, family, specification))
