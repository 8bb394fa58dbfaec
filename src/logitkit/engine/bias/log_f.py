r"""The likelihood times log-F densities of coefficients.

.. math:: \ell^*(\theta) = \ell(\theta) + \sum_j m_j \left\{ \tfrac12 \beta_j - \log(1 + e^{\beta_j}) \right\}

is the logarithm of the product of the likelihood and log-F(m_j, m_j) densities of the coefficients, but for a constant.
Each term is the log-likelihood of :math:`m_j / 2` events in :math:`m_j` trials with the log odds :math:`\beta_j`: the
same as one more row for each coefficient (``docs/maths/bias_reduction.md``, equation 10).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation, Objective
from logitkit.typing import FloatArray

__all__ = ["LogFObjective"]


class LogFObjective:
    """The negative log-likelihood less the logarithms of log-F densities.

    Parameters
    ----------
    base : Objective
        The negative log-likelihood.
    functions : (k, q) array
        The coefficients that have a density, as functions of those that are solved for.
    freedom : (k,) array
        Degrees of freedom of each density.
    """

    def __init__(self, base: Objective, functions: FloatArray, freedom: FloatArray) -> None:
        self.base, self.functions, self.freedom = base, functions, freedom

    @property
    def n_params(self) -> int:
        """Number of coefficients that are solved for."""
        return self.base.n_params

    @property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1."""
        return self.base.mean_weight

    @property
    def gram_cost(self) -> float:
        """About the cost of second derivatives, in units of a pass without them."""
        return self.base.gram_cost

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction, or rather more."""
        return self.base.reach(direction)

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) second derivatives at ``coef``."""
        here = self.base.evaluate(coef, hessian, rough, pearson)
        beta = self.functions @ coef
        shrunk = np.exp(-np.abs(beta))
        above = np.where(beta > 0.0, 1.0, shrunk) / (1.0 + shrunk)  # the probability whose log odds are the coefficient
        value = float(self.freedom @ (0.5 * np.abs(beta) + np.log1p(shrunk)))
        gradient = self.functions.T @ (self.freedom * (above - 0.5))
        second = here.hessian
        if second is not None:
            assert isinstance(second, DenseHessian)
            weights = self.freedom * above * (1.0 - above)
            second = DenseHessian(second.array + self.functions.T @ (weights[:, None] * self.functions))
        return replace(here, value=here.value + value, gradient=here.gradient + gradient, hessian=second)
