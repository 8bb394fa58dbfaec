r"""Penalised likelihood-ratio tests.

The statistic is twice the decrease in the penalised log-likelihood when functions of the coefficients are held at zero.
As in Heinze and Schemper, the penalty is that of the whole model at the constrained coefficients: no column is left out
of the information, since that would change the penalty by more than the hypothesis does.

References
----------
Heinze, G. and Schemper, M. (2002) A solution to the problem of separation in logistic regression. Statistics in
Medicine 21, 2409-2419.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.bias.solver import maximised
from logitkit.engine.objective import SmoothObjective
from logitkit.engine.record import FitRecord
from logitkit.engine.restricted import Restricted
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.inference.likelihood import likelihood_of
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["penalised_ratio"]

INDEPENDENT = 1e-13  # of the largest singular value, of functions of unit length


def penalised_ratio(
    record: FitRecord, design: Design, functions: FloatArray, given: FloatArray | None = None
) -> tuple[float, int]:
    """Test that functions of the coefficients are zero by the penalised likelihood ratio.

    Parameters
    ----------
    record : FitRecord
        A fit whose likelihood has a penalty that reduces bias.
    design : Design
        Its rows.
    functions : (m, p) array
        Linear functions of the flat coefficients, zero under the hypothesis; aliased coefficients are ignored.
    given : (k, p) array, optional
        Functions that are zero both under the hypothesis and without it.

    Returns
    -------
    statistic : float
        Twice the decrease in the penalised log-likelihood; nan where a fit did not converge, and where nothing is
        tested.
    dof : int
        Number of independent functions.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]}
    >>> fit = lk.logit("y ~ x", data, penalty=lk.Jeffreys())
    >>> statistic, dof = penalised_ratio(fit.record, fit.design, np.array([[0.0, 1.0]]))
    >>> bool(np.isclose(statistic, fit.lr_test().statistic)), dof
    (True, 1)
    """
    likelihood = likelihood_of(record, design)
    objective = likelihood.objective()
    held = _independent(likelihood.functions(functions[:0] if given is None else given))
    both = _independent(np.vstack([held, likelihood.functions(functions)]))
    dof = len(both) - len(held)
    if dof == 0 or not record.converged:
        return np.nan, dof
    with single_threaded_blas():
        larger, smaller = (_least(objective, each, likelihood.coef) for each in (held, both))
    return max(2.0 * (smaller - larger), 0.0), dof


def _independent(functions: FloatArray) -> FloatArray:
    """Return orthonormal functions that are zero if and only if these are."""
    if not functions.any():
        return functions[:0]
    size = np.linalg.norm(functions, axis=1, keepdims=True)  # that of powers of one variable differ by many digits
    _, values, rows = np.linalg.svd(functions / np.where(size > 0.0, size, 1.0), full_matrices=False)
    return np.asarray(rows[values > INDEPENDENT * values[0]])


def _least(objective: SmoothObjective, functions: FloatArray, near: FloatArray) -> float:
    """Return the least value where functions are zero, nan where it was not found."""
    if not len(functions):
        return objective.evaluate(near, hessian=False).value
    restricted = Restricted.by(objective, functions, np.zeros(len(functions)), near)
    free = np.zeros(restricted.n_params)
    if not free.size:
        return restricted.evaluate(free, hessian=False).value
    found = maximised(restricted, free, Newton())
    return found.evaluation.value if found.status is Status.CONVERGED else np.nan
