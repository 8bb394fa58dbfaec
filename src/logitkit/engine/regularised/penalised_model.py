"""A penalised model on the rows of a design, whatever its family: what paths and cross-validation ask of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.record import FitRecord
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.sequence import StrengthSequence
from logitkit.models.penalties.specification import Specification
from logitkit.typing import FloatArray, IntArray

__all__ = ["PenalisedModel"]


class PenalisedModel(ABC):
    """A penalised problem, and how its solutions are reported."""

    design: Design
    specification: Specification

    #: What is fitted, in words.
    model: ClassVar[str] = "logistic regression"

    @property
    @abstractmethod
    def problem(self) -> StrengthSequence:
        """What is solved."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients that are reported."""

    @property
    @abstractmethod
    def scale(self) -> FloatArray:
        """What the coefficients that are reported are multiplied by where the penalty counts them, shape (P,)."""

    @abstractmethod
    def deviances(self) -> tuple[float, float]:
        """Return the least loss that any model could have, and the null deviance, which is never zero."""

    @abstractmethod
    def refitted(self, coef: FloatArray) -> FloatArray | None:
        """Return the coefficients that the penalty means, from those of its minimum: of most the same."""

    @property
    @abstractmethod
    def refits(self) -> bool:
        """Whether ``refitted`` changes anything."""

    @abstractmethod
    def require_bounded(self, closest: float) -> None:
        """Refuse a solution that runs off."""

    @abstractmethod
    def reported(self, coef: FloatArray) -> FloatArray:
        """Return the coefficients that are reported, (k, P), of those that are solved for, as given, (k, q)."""

    @abstractmethod
    def of_rows(self, design: Design) -> PenalisedModel:
        """Return the same model of other rows."""

    @abstractmethod
    def predictors(self, matrix: Matrix, coef: FloatArray, offset: FloatArray | None) -> FloatArray:
        """Return linear predictors by reported coefficients, a vector a row, shape (m, k), or (K, m, k) by outcome."""

    @abstractmethod
    def dof(self, strengths: FloatArray, coef: FloatArray) -> FloatArray:
        """Return effective degrees of freedom at reported coefficients, shape (k,); nan where not computed."""

    @abstractmethod
    def fit(self, strength: float, options: ProxNewton, level: float, chosen: str) -> FitRecord:
        """Return the record of the fit at a strength."""

    def n_nonzero(self, scaled: FloatArray) -> IntArray:
        """Return how many coefficients are not zero or not penalised, shape (k,), of scaled ones, (k, q)."""
        return np.asarray(np.count_nonzero((scaled != 0.0) | self.problem.strengths.whole.free, axis=1))
