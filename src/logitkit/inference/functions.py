r"""Linear functions of the coefficients with Wald inference, finite where the coefficients themselves are not.

Under separation a coefficient may run to infinity while a difference of two does not: what counts is the side of zero
on which the function lies for every direction of recession.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.engine.existence.recession import null_space
from logitkit.engine.record import FitRecord
from logitkit.inference.delta import Estimates, wald_estimates
from logitkit.typing import FloatArray

__all__ = ["determined_functions", "function_estimates", "function_sides"]


def function_sides(record: FitRecord, functions: FloatArray) -> FloatArray:
    """Return whether linear functions of the coefficients are finite, and to which infinity they run else.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        A row a function.

    Returns
    -------
    (m,) array
        0 where finite, 1 or -1 where infinite, nan where undetermined or where an aliased coefficient takes part.

    Examples
    --------
    Separated data, whose slope runs to infinity:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> function_sides(fit.record, np.array([[0.0, 1.0], [0.0, -2.0]])).tolist()
    [1.0, -1.0]
    """
    out = np.zeros(len(functions))
    if record.limit is not None:
        if record.limit.cone is None:
            signs = record.limit.signs
            out = np.where((functions[:, signs != 0.0] != 0.0).any(axis=1), np.nan, 0.0)
        else:
            out = record.limit.cone.signs(record.coordinates.jacobian(functions))
    if record.aliased.size:
        out = np.where((functions[:, record.aliased] != 0.0).any(axis=1), np.nan, out)
    return np.asarray(out)


def determined_functions(record: FitRecord, functions: FloatArray) -> FloatArray:
    """Return the combinations of functions that the data determine, finite or not.

    A level without rows of two outcomes says nothing of the difference of their coefficients: the likelihood has the
    same supremum whatever it is. What is left is what a test of all of them has degrees of freedom for.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        A row a function, none of an aliased coefficient.

    Returns
    -------
    (k, p) array
        The functions themselves where there is no separation.

    Examples
    --------
    The level h is seen with outcome c only, so that its coefficients tell c from the others, and not b from a:

    >>> import logitkit as lk
    >>> fit = lk.multinomial("y ~ g", {"y": list("abcabcc"), "g": list("ffffffh")}, reference="c")
    >>> difference = np.eye(2, 4) - np.eye(2, 4, 2)  # of a and b: intercept, then level h
    >>> determined_functions(fit.record, difference).shape
    (1, 4)
    """
    if record.limit is None or record.limit.cone is None or not len(functions):
        return functions
    cone = record.limit.cone
    span = cone.undetermined(cone.moves(record.coordinates.jacobian(functions)))
    if not span.shape[1]:
        return functions
    known = null_space(span.T)[0]
    return np.asarray(known.T @ functions)


def function_estimates(record: FitRecord, functions: FloatArray, level: float | None = None) -> Estimates:
    """Return linear functions of the coefficients with errors, tests and intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        A row a function.
    level : float, optional
        Confidence level; the fit's by default.

    Returns
    -------
    Estimates
        Infinite or missing without error where ``function_sides`` says so. After a penalty there is no statistic or
        p-value, and errors are the posterior's, or missing where there is none.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> found = function_estimates(fit.record, np.eye(2))
    >>> bool(np.allclose(found.std_error, fit.std_error))
    True
    """
    level = record.level if level is None else level
    jacobian = record.coordinates.jacobian(functions)
    value = functions @ record.coordinates.coef(record.inner_coef)
    found = wald_estimates(value, np.sqrt(record.inner_vcov.variances(jacobian)), level)
    sides = function_sides(record, functions)
    if np.any(sides != 0.0):
        infinite = np.where(sides > 0.0, np.inf, np.where(sides < 0.0, -np.inf, np.nan))
        error = np.where(sides == 0.0, found.std_error, np.nan)
        found = wald_estimates(np.where(sides == 0.0, value, infinite), error, level)
    if record.penalty is None:
        return found
    missing = np.full(len(functions), np.nan)
    return replace(found, statistic=missing, p_value=missing)
