r"""An objective on the coefficients that satisfy linear restrictions.

Coefficients with :math:`A\theta = b` are :math:`\theta = \theta_0 + N\gamma` with :math:`A\theta_0 = b` and N a
basis of the null space of A. As a function of :math:`\gamma` the objective is minimised as any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation, SmoothObjective
from logitkit.typing import FloatArray

__all__ = ["Restricted"]


@dataclass(frozen=True, eq=False)
class Restricted:
    """An objective of q coefficients on an affine set of r dimensions.

    Parameters
    ----------
    objective : SmoothObjective
        Of all coefficients, whose Hessian is one array.
    origin : (q,) array
        A point of the set.
    basis : (q, r) array
        Orthonormal directions within it.
    """

    objective: SmoothObjective
    origin: FloatArray
    basis: FloatArray

    @classmethod
    def by(
        cls, objective: SmoothObjective, functions: FloatArray, values: FloatArray, near: FloatArray | None = None
    ) -> Self:
        """Return the objective where k independent functions, (k, q), have the values, (k,).

        The origin is the point of the set that is closest to ``near``, zero by default.

        Examples
        --------
        The intercept alone is left, and takes the logit of the proportion:

        >>> from logitkit.design.matrix.dense import Dense
        >>> from logitkit.design.response.response import Response
        >>> from logitkit.engine.objective import Objective
        >>> from logitkit.engine.solvers.newton import Newton
        >>> from logitkit.models.binomial import Binomial
        >>> X = np.column_stack([np.ones(4), [1.0, 2.0, 3.0, 5.0]])
        >>> objective = Objective(Dense(X), Response(np.array([0.0, 1.0, 1.0, 1.0])), Binomial())
        >>> restricted = Restricted.by(objective, np.array([[0.0, 1.0]]), np.zeros(1))
        >>> found = Newton().solve(restricted, np.zeros(1))
        >>> np.round(restricted.whole(found.coef), 9).tolist() == [round(float(np.log(3.0)), 9), 0.0]
        True
        """
        near = np.zeros(objective.n_params) if near is None else near
        k = len(functions)
        q, r = np.linalg.qr(functions.T, mode="complete")
        origin = near + q[:, :k] @ np.linalg.solve(r[:k].T, values - functions @ near)
        return cls(objective, origin, q[:, k:])

    @property
    def n_params(self) -> int:
        """Number of coefficients that are free, r."""
        return int(self.basis.shape[1])

    @property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1."""
        return self.objective.mean_weight

    @property
    def gram_cost(self) -> float:
        """About what second derivatives cost, in units of a pass without them."""
        return self.objective.gram_cost

    def whole(self, free: FloatArray) -> FloatArray:
        """Return all coefficients, (q,), from those that are free, (r,)."""
        return np.asarray(self.origin + self.basis @ free)

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) Hessian and Pearson's statistic at free coefficients, (r,)."""
        here = self.objective.evaluate(self.whole(coef), hessian, rough, pearson)
        second = here.hessian
        with np.errstate(invalid="ignore"):  # beyond the range of numbers, where a solver turns back
            gradient = self.basis.T @ here.gradient
            if second is not None:
                assert isinstance(second, DenseHessian)
                second = DenseHessian(self.basis.T @ second.array @ self.basis)
        return replace(here, gradient=gradient, hessian=second)

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction, (r,), or rather more."""
        return self.objective.reach(self.basis @ direction)
