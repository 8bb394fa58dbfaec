r"""The likelihood times a power of the determinant of the expected information; the power one half is Jeffreys' prior.

.. math::

    \ell^*(\theta) = \ell(\theta) + \tau \log |I(\theta)|, \qquad I(\theta) = \sum_i w_i Z_i' C_i Z_i ,

with :math:`C_i` the expected information of the m linear predictors of a row. With :math:`V_i = Z_i I^{-1} Z_i'`, the
covariance of the predictors, the gradient of the penalty is

.. math::

    \tau \sum_i w_i Z_i' t_i, \qquad t_{ic} = \sum_{ab} V_{iab} \frac{\partial C_{iab}}{\partial \eta_{ic}}

(``docs/maths/bias_reduction.md``, equations 1 to 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from logitkit.engine.bias.rows import Block, PredictorRows, added
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation, Objective
from logitkit.engine.rows.scalar import ScalarRows
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray

__all__ = ["JeffreysObjective", "inverse_root"]

NUMBERS = 1 << 18  # of the rows of a part, in as many functions as there are coefficients: threads are handed few parts


def inverse_root(information: FloatArray) -> tuple[FloatArray, float] | None:
    """Return R with R R' the inverse of an information, and the logarithm of its determinant; None where singular.

    Examples
    --------
    >>> root, logarithm = inverse_root(np.diag([4.0, 9.0]))
    >>> bool(np.allclose(root @ root.T, np.diag([0.25, 1 / 9]))), bool(np.isclose(logarithm, np.log(36.0)))
    (True, True)
    """
    diagonal = information.diagonal()
    if not np.isfinite(information).all() or not (diagonal > 0.0).all():
        return None
    scale = 1.0 / np.sqrt(diagonal)
    try:
        lower = np.linalg.cholesky(information * scale[:, None] * scale)
    except np.linalg.LinAlgError:
        return None
    inverse = np.linalg.solve(lower, np.eye(scale.size))
    return scale[:, None] * inverse.T, 2.0 * float(np.log(lower.diagonal() / scale).sum())


class JeffreysObjective:
    """The negative log-likelihood less a multiple of the log-determinant of the expected information.

    Parameters
    ----------
    base : Objective
        The negative log-likelihood, with expected second derivatives.
    power : float
        The multiple; one half is Jeffreys' prior.
    constant : float
        Added to the log-determinant: that of the change from these coordinates to those that are reported.
    even : bool, default False
        Whether second derivatives may take leverages to be the same, for a solver that corrects them along its steps.
    """

    def __init__(self, base: Objective, power: float, constant: float = 0.0, even: bool = False) -> None:
        self.base, self.power, self.constant, self.even = base, power, constant, even

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
        """About the cost of second derivatives, in units of a pass without them: the information is always needed."""
        return 1.0

    @property
    def _is_even(self) -> bool:
        """Whether second derivatives take leverages to be the same: of one predictor whose likelihood is concave."""
        family = self.base.family
        return self.even and self.base.predictors.n_predictors == 1 and bool(family.concave == family)

    def evenly(self) -> JeffreysObjective:
        """Return the same whose second derivatives take leverages to be the same."""
        return JeffreysObjective(self.base, self.power, self.constant, even=True)

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction, or rather more."""
        return self.base.reach(direction)

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) second derivatives at ``coef``.

        The second derivatives are those of the likelihood with the weight of each row raised by its leverage: positive
        definite, exact in a saturated model of two outcomes, and near the exact ones where leverages are small. Where
        they may be taken to be the same in every row, of one predictor whose likelihood is concave, a share of the
        information is added.
        """
        del rough
        here = self.base.evaluate(coef, True, False, pearson)
        information = here.hessian
        assert isinstance(information, DenseHessian)
        found = inverse_root(information.array)
        if found is None:
            return replace(here, value=math.inf, hessian=information if hessian else None)
        root, logarithm = found
        value = here.value - self.power * (logarithm + self.constant)
        flat, raised = self._penalty(coef, root, hessian)
        gradient = here.gradient - self.power * self.base.predictors.gradient(flat)
        if not np.isfinite(gradient).all():  # thresholds of a row cross, whatever outcome it has
            return replace(here, value=math.inf, hessian=information if hessian else None)
        if not hessian:
            return replace(here, value=value, gradient=gradient, hessian=None)
        if raised is None:
            share = 2.0 * self.power * self.n_params / self.base.total
            return replace(
                here, value=value, gradient=gradient, hessian=DenseHessian((1.0 + share) * information.array)
            )
        lower = information.array @ root  # I = L L', and L M L' is what raised weights add
        array = information.array + lower @ raised @ lower.T
        return replace(here, value=value, gradient=gradient, hessian=DenseHessian(0.5 * (array + array.T)))

    def value_at(self, here: Evaluation) -> float:
        """Return the value where the negative log-likelihood was evaluated, with its information."""
        assert isinstance(here.hessian, DenseHessian)
        found = inverse_root(here.hessian.array)
        return math.inf if found is None else here.value - self.power * (found[1] + self.constant)

    def _penalty(self, coef: FloatArray, root: FloatArray, hessian: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return the gradient of the log-determinant by flat coefficients, and by how much weights are raised.

        The latter is None where second derivatives are not wanted, or leverages are taken to be the same.
        """
        by_row = hessian and not self._is_even
        found = self.base.reduce(_Slopes(coef, root, self.power, by_row), added)
        return found[0], found[1] if by_row else None


@dataclass(frozen=True)
class _Slopes:
    """Gradient of the log-determinant over some rows, and by how much their weights are raised if asked for."""

    coef: FloatArray
    root: FloatArray
    power: float
    hessian: bool

    def __call__(self, base: Objective) -> tuple[FloatArray, ...]:
        """Return the sums over the rows of an objective."""
        if isinstance(base.engine, ScalarRows) and not self.hessian:
            return self._of_one_predictor(base)
        rows, family, weights = PredictorRows.of(base), base.family, base.response.weights
        share = self.power * family.n_outcomes / (family.n_outcomes - 1)
        functions = rows.flat(self.root)

        def of_block(block: Block) -> tuple[FloatArray, ...]:
            eta, own = rows.eta(block, self.coef), weights[block.rows]
            spread = block.functions(functions)
            q = spread.shape[2]
            between = np.einsum("abk,cbk->acb", spread, spread)
            pulled = block.pull(own * family.curvature_slopes(eta, between))
            if not self.hessian:
                return (pulled,)
            information = own * family.curvatures(eta)
            leverage = np.einsum("acb,acb->b", between, information)
            turned = np.einsum("acb,cbk->abk", information * (share * leverage), spread)
            return pulled, spread.reshape(-1, q).T @ turned.reshape(-1, q)

        return rows.sums(of_block, rows.predictors.n_predictors * max(self.root.shape[1], 1))

    def _of_one_predictor(self, base: Objective) -> tuple[FloatArray, ...]:
        """Return the gradient with one number of each row, and no raised weights."""
        family, response, width = base.family, base.response, self.root.shape[1]
        n = base.matrix.n_rows
        slopes, n_parts = np.empty(n), max(-(-n * width // NUMBERS), 1)

        def fill(part: int) -> None:
            place = slice(n * part // n_parts, n * (part + 1) // n_parts)
            columns = base.matrix.rows(place.start, place.stop).to_dense()
            eta = columns @ self.coef if response.shift is None else columns @ self.coef + response.shift[place]
            spread = columns @ self.root
            variances = np.einsum("bk,bk->b", spread, spread)
            slopes[place] = response.weights[place] * family.curvature_slopes(eta[None], variances[None, None])[0]

        for _ in ordered_map(fill, n_parts, joins=True):
            pass
        return (base.pull(slopes),)
