r"""A cheap certificate that the maximum likelihood estimate exists.

Let :math:`\lambda` be the Newton decrement at any coefficient vector. If every row of
one outcome only has :math:`w_i |y_i - \mu_i| > \lambda^2`, no direction of recession exists
(``docs/maths/separation.md``, theorem 1). A converged fit has :math:`\lambda^2` near 1e-20, so the
certificate costs one comparison.
"""

from __future__ import annotations

from logitkit.engine.solvers.solver import Solution, overlap_bound

__all__ = ["overlap_is_certain"]


def overlap_is_certain(solution: Solution) -> bool:
    """Tell whether the solution itself proves that the estimate exists.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.engine.objective import Evaluation
    >>> from logitkit.engine.solvers.solver import Status
    >>> here = Evaluation(1.0, np.zeros(1), np.ones((1, 1)), closest=0.2)
    >>> overlap_is_certain(Solution(np.zeros(1), here, 1e-12, Status.CONVERGED, (), definite=True))
    True
    """
    return solution.definite and bool(solution.evaluation.closest > overlap_bound(solution.decrement**2))
