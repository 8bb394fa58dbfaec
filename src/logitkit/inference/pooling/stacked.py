r"""The likelihood of M imputed tables stacked into one, in which each row counts 1/M, as D4 needs it.

With :math:`\ell_l` the log-likelihood of table l, the coefficients maximise :math:`\ell_S(\beta) = \sum_l
\ell_l(\beta)`, a sum of objectives; the tables are never actually combined.

References
----------
Chan, K. W. and Meng, X.-L. (2022) Multiple improvements of multiple imputation likelihood ratio tests. Statistica
Sinica 32, 1489-1514.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation, SmoothObjective
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.errors import ConvergenceError
from logitkit.inference.likelihood import likelihood_of
from logitkit.typing import FloatArray

__all__ = ["StackedMaximum", "stacked_maximum"]


class StackedMaximum(NamedTuple):
    """Log-likelihoods of M tables, without their constants, as means over the tables.

    Parameters
    ----------
    own : float
        Each table at its own estimate.
    common : float
        All tables at the estimate that maximises their sum.

    Examples
    --------
    >>> StackedMaximum(-10.0, -10.5).own
    -10.0
    """

    own: float
    common: float


@dataclass(frozen=True, eq=False)
class _Stacked:
    """The sum of objectives of the same coefficients."""

    parts: tuple[SmoothObjective, ...]

    @property
    def n_params(self) -> int:
        """Number of coefficients."""
        return self.parts[0].n_params

    @property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1."""
        return float(np.mean([part.mean_weight for part in self.parts]))

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""
        return self.parts[0].gram_cost

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return the sums of values, gradients and Hessians."""
        every = [part.evaluate(coef, hessian, rough, pearson) for part in self.parts]
        curved = [each.hessian.array for each in every if isinstance(each.hessian, DenseHessian)]
        return replace(
            every[0],
            value=sum(each.value for each in every),
            gradient=np.sum([each.gradient for each in every], axis=0),
            hessian=DenseHessian(np.sum(curved, axis=0)) if hessian else None,
            closest=min(each.closest for each in every),
            fitted=sum(each.fitted for each in every),
            matched=sum(each.matched for each in every),
            pearson=sum(each.pearson for each in every),
        )

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction."""
        return max(part.reach(direction) for part in self.parts)


def stacked_maximum(pooled: FitRecord, records: Sequence[FitRecord], designs: Sequence[Design]) -> StackedMaximum:
    """Return the mean log-likelihood of tables at their own estimates, and at their common estimate.

    Parameters
    ----------
    pooled : FitRecord
        A record of the same model, whose coefficients are the starting values.
    records : sequence of FitRecord
        The M fits.
    designs : sequence of Design
        Their rows.

    Returns
    -------
    StackedMaximum
        The first value is at least the second.

    Raises
    ------
    ConvergenceError
        If the maximum is not found, as when the stacked tables are separated.

    Examples
    --------
    Tables that agree have the same estimate:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> found = stacked_maximum(fit.record, [fit.record] * 2, [fit.design] * 2)
    >>> bool(np.allclose(found, fit.loglik))
    True
    """
    likelihoods = [likelihood_of(pooled, design) for design in designs]
    plain = tuple(likelihood.plain() for likelihood in likelihoods)
    found = Newton().solve(_Stacked(plain), likelihoods[0].coef)
    if found.status is not Status.CONVERGED:
        raise ConvergenceError(
            f"The maximum of the likelihood of all tables was not found (the solver {found.status.value}): use "
            "method='D1'."
        )
    own = [
        likelihood.plain().evaluate(likelihood.coef, hessian=False).value
        for likelihood in (likelihood_of(record, design) for record, design in zip(records, designs, strict=True))
    ]
    return StackedMaximum(-float(np.mean(own)), -found.evaluation.value / len(designs))
