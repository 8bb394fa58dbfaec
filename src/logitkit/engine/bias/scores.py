r"""Adjusted scores, whose roots have less bias than the maximum of the likelihood.

To first order the bias of the maximum is :math:`-I^{-1} A` with (Firth 1993; Kosmidis and Firth 2009)

.. math::

    A = \tfrac12 \sum_i w_i Z_i' k_i, \qquad
    k_{ic} = \sum_{ab} V_{iab} \sum_y \frac{1}{p_{iy}} \frac{\partial^2 p_{iy}}{\partial \eta_{ia} \partial \eta_{ib}}
    \frac{\partial p_{iy}}{\partial \eta_{ic}} ,

and the root of :math:`U + A` has none of it. The root of :math:`U + A - I f`, with

.. math::

    f_r = \frac{1}{6 v_r} \sum_i w_i \sum_{abc} u_{ira} u_{irb} u_{irc}
    \left( \frac{\partial C_{iab}}{\partial \eta_{ic}} + \kappa_{iabc} \right), \qquad
    u_{ir} = Z_i I^{-1} e_r, \quad v_r = e_r' I^{-1} e_r

and :math:`\kappa` the terms of k before V is summed over, has a median that is the true coefficient, each by itself, to
third order (Kenne Pagui, Salvan and Sartori 2017; ``docs/maths/bias_reduction.md``, equations 5 to 8).

References
----------
Firth, D. (1993) Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
Kosmidis, I. and Firth, D. (2009) Bias reduction in exponential family nonlinear models. Biometrika 96, 793-804.
Kenne Pagui, E. C., Salvan, A. and Sartori, N. (2017) Median bias reduction of maximum likelihood estimates. Biometrika
104, 923-938.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.engine.bias.jeffreys import inverse_root
from logitkit.engine.bias.rows import Block, PredictorRows, added
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation, Objective
from logitkit.typing import FloatArray

__all__ = ["AdjustedScores", "ScoresHere"]


@dataclass(frozen=True, slots=True)
class ScoresHere:
    """Adjusted scores at one coefficient vector.

    Parameters
    ----------
    scores : (q,) array
        Zero at the estimate.
    information : (q, q) array
        Expected.
    squared : float
        Scores times inverse information times scores: a squared distance to the root in standard errors.
    plain : Evaluation
        Of the negative log-likelihood itself.
    """

    scores: FloatArray
    information: FloatArray
    squared: float
    plain: Evaluation


class AdjustedScores:
    """Scores of the likelihood and what is added to them.

    Parameters
    ----------
    base : Objective
        The negative log-likelihood, with expected second derivatives.
    transform : (q, q) array, optional
        The coefficients whose medians are to be right, from those that are solved for; None for mean bias reduction,
        which is the same in all coordinates.
    """

    def __init__(self, base: Objective, transform: FloatArray | None = None) -> None:
        self.base, self.transform = base, transform

    def at(self, coef: FloatArray) -> ScoresHere | None:
        """Return the adjusted scores at some coefficients; None where the information is singular."""
        here = self.base.evaluate(coef)
        information = here.hessian
        assert isinstance(information, DenseHessian)
        found = inverse_root(information.array)
        if found is None or not np.isfinite(here.value):
            return None
        root = found[0]
        bias, asymmetry = self._adjustments(coef, root)
        scores = -here.gradient + 0.5 * self.base.predictors.gradient(bias)
        if self.transform is not None:
            variances = np.square(self.transform @ root).sum(axis=1)
            scores = scores - information.array @ np.linalg.solve(self.transform, asymmetry / (6.0 * variances))
        if not np.isfinite(scores).all():  # where thresholds cross
            return None
        white = root.T @ scores
        return ScoresHere(scores, information.array, float(white @ white), here)

    def _adjustments(self, coef: FloatArray, root: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return 2 A by flat coefficients, and the sum over rows of f for each coefficient."""
        found = self.base.reduce(_Adjustments(coef, root, self.transform), added)
        return found[0], found[1]


@dataclass(frozen=True)
class _Adjustments:
    """2 A by flat coefficients, and the sum of f, over some rows."""

    coef: FloatArray
    root: FloatArray
    transform: FloatArray | None

    def __call__(self, base: Objective) -> tuple[FloatArray, ...]:
        """Return the sums over the rows of an objective."""
        rows, family, weights, root = PredictorRows.of(base), base.family, base.response.weights, self.root
        functions = rows.flat(root)
        own = None if self.transform is None else rows.flat(root @ (self.transform @ root).T)

        def of_block(block: Block) -> tuple[FloatArray, ...]:
            eta, weight = rows.eta(block, self.coef), weights[block.rows]
            spread = block.functions(functions)
            between = np.einsum("abk,cbk->acb", spread, spread)
            bias = block.pull(weight * family.bias_slopes(eta, between))
            if own is None:
                return bias, np.zeros(0)
            each = block.functions(own)
            third = np.empty(own.shape[1])
            for r in range(third.size):
                u = each[:, :, r]
                pairs = u[:, None] * u
                slopes = family.curvature_slopes(eta, pairs) + family.bias_slopes(eta, pairs)
                third[r] = float(np.sum(weight * (slopes * u).sum(axis=0)))
            return bias, third

        return rows.sums(of_block, 2 * rows.predictors.n_predictors * max(root.shape[1], 1))
