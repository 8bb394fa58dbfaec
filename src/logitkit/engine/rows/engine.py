"""The interface of a row engine, and the sums of a group of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from logitkit.engine.curvature.hessian import Hessian
from logitkit.numerics.threads.row_groups import RowGroups
from logitkit.typing import FloatArray

__all__ = ["RowEngine", "RowSums", "SecondSums", "Sums"]

Sums: TypeAlias = tuple[FloatArray, ...]


@dataclass(slots=True)
class RowSums:
    """The sums of a group of rows, over the inner columns of the matrix.

    Parameters
    ----------
    gradient : array
        Derivatives by coefficients of the inner columns.
    second : tuple of arrays or None
        Sums that become the Hessian; None where it is not asked for.
    value, closest, fitted, matched, pearson : float
        As of ``Evaluation``.
    """

    gradient: FloatArray
    second: Sums | None
    value: float = 0.0
    closest: float = np.inf
    fitted: float = 0.0
    matched: float = 0.0
    pearson: float = 0.0


class SecondSums(Protocol):
    """Sums over rows that become a Hessian."""

    def whole(self) -> Sums:
        """Return empty sums for all rows."""

    def merge(self, total: Sums, sums: Sums) -> None:
        """Add the sums of a group."""

    def finish(self, total: Sums) -> Hessian:
        """Return the Hessian over the coefficients."""


class RowEngine(Protocol):
    """Sums over groups of rows for one shape of linear predictors."""

    @property
    def groups(self) -> RowGroups:
        """How the rows are cut."""

    @property
    def n_params(self) -> int:
        """Number of coefficients that are solved for."""

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""

    def second(self, rough: bool) -> SecondSums:
        """Return how second derivatives are summed, to seven digits where that is enough."""

    def spread(self, coef: FloatArray) -> FloatArray:
        """Return coefficients of the inner columns."""

    def group(self, number: int, inner: FloatArray, whole: Sums | None, sums: SecondSums, pearson: bool) -> RowSums:
        """Return the sums of a group of rows."""

    def empty(self) -> FloatArray:
        """Return a gradient of zeros in the inner columns."""

    def collect(self, gradient: FloatArray) -> FloatArray:
        """Return derivatives by what is solved for, shape (q,), of those by the inner columns."""

    def linear_predictor(self, coef: FloatArray) -> FloatArray:
        """Return the linear predictors of every row, offset included, shape (n,) or (m, n)."""

    def reach(self, direction: FloatArray) -> float:
        """Return an upper bound on the change of a linear predictor along a direction."""
