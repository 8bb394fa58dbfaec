"""Rows, linear predictors and a penalty of their coefficients: the problem that is solved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.chunked import ChunkedObjective, RowsOfColumns
from logitkit.engine.curvature.sums import ProductSums
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.strengths import Strengths
from logitkit.engine.response_sums import ResponseSums, summed_outcomes
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.models.predictors import Predictors
from logitkit.typing import IntArray

__all__ = ["Problem"]


@dataclass(frozen=True, eq=False)
class Problem:
    """A penalised problem.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same rows.
    family : Family
        The likelihood as a function of the linear predictors.
    predictors : Predictors
        How the q coefficients that are solved for give the linear predictors.
    strengths : Strengths
        The penalty of these.
    design : Design
        The rows with all of their columns.
    chosen : (k,) int array or None
        Which of these it has; None for all.
    """

    matrix: Matrix
    response: Response
    family: Any
    predictors: Predictors
    strengths: Strengths
    design: Design
    chosen: IntArray | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns."""
        return self.design.info.names

    @property
    def in_chunks(self) -> bool:
        """Whether the rows are read in chunks, and not held."""
        return self.design.in_chunks

    @property
    def has_offset(self) -> bool:
        """Whether rows have an offset."""
        return self.design.sample.response.offset is not None

    @property
    def sums(self) -> ResponseSums:
        """Totals of outcomes and weights."""
        return summed_outcomes(self.design, self.family)

    @property
    def is_single(self) -> bool:
        """Whether one linear predictor has a coefficient for every column."""
        return self.predictors.is_single

    def objective(self, quadratic: Quadratic | None, second: bool = True) -> Objective:
        """Return the objective, with or without second derivatives in one array."""
        if self.in_chunks:
            predictors = None if self.is_single else self.predictors
            return ChunkedObjective(self.design, RowsOfColumns(self.family, predictors, self.chosen, quadratic))
        if not self.is_single:
            return Objective(
                self.matrix, self.response, self.family, None, quadratic, predictors=self.predictors, second=second
            )
        sums = None if second else ProductSums(self.matrix, lambda _, vector: vector)  # that are never asked for
        return Objective(self.matrix, self.response, self.family, sums, quadratic)

    def columns_of(self, coefficients: IntArray) -> Problem:
        """Return the problem of some coefficients, the others being zero, with their columns; its penalty is of all."""
        if self.is_single:
            columns, predictors = coefficients, self.predictors.of_columns(coefficients.size)
            matrix = self.matrix.columns(columns)
        else:
            columns, predictors = self.predictors.among(coefficients)
            matrix = self.matrix if columns.size == self.matrix.n_columns else self.matrix.columns(columns)
        chosen = columns if self.chosen is None else self.chosen[columns]
        return Problem(matrix, self.response, self.family, predictors, self.strengths, self.design, chosen)

    def name_of(self, coefficient: int) -> str:
        """Return the name of the column of a coefficient."""
        return self.names[int(self.predictors.chosen[coefficient]) % self.predictors.n_columns]
