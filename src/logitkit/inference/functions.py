r"""Linear functions of the coefficients with Wald inference; they may be finite where coefficients are not.

Under separation a coefficient may diverge while a difference of two coefficients does not. What matters is the sign of
the function along each direction of recession.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.inference.delta import Estimates, wald_estimates
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "column_of",
    "contrast_functions",
    "determined_functions",
    "function_estimates",
    "function_sides",
    "slope_contrasts",
    "term_functions",
]


def function_sides(record: FitRecord, functions: FloatArray) -> FloatArray:
    """Return whether linear functions of the coefficients are finite, and otherwise the sign of the infinity.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        One row per function.

    Returns
    -------
    (m,) array
        0 where finite, 1 or -1 where infinite, nan where undetermined or where the function involves an aliased
        coefficient.

    Examples
    --------
    With separated data the slope is infinite:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> function_sides(fit.record, np.array([[0.0, 1.0], [0.0, -2.0]])).tolist()
    [1.0, -1.0]
    """
    limit = record.limit
    if limit.cone is None:
        out = np.where((functions[:, limit.signs != 0.0] != 0.0).any(axis=1), np.nan, 0.0)
    else:
        out = limit.cone.signs(record.coordinates.jacobian(functions))
    if record.aliased.size:
        out = np.where((functions[:, record.aliased] != 0.0).any(axis=1), np.nan, out)
    return np.asarray(out)


def determined_functions(record: FitRecord, functions: FloatArray) -> FloatArray:
    """Return the combinations of functions that the data determine, finite or not.

    A level without rows of two outcomes says nothing about the difference of their coefficients: the likelihood has the
    same supremum whatever the difference is. The number of functions returned is the degrees of freedom of a joint
    test.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        One row per function; none may involve an aliased coefficient.

    Returns
    -------
    (k, p) array
        Without separation, the functions themselves.

    Examples
    --------
    Level h occurs with outcome c only, so its coefficients separate c from the others, but not b from a:

    >>> import logitkit as lk
    >>> fit = lk.multinomial("y ~ g", {"y": list("abcabcc"), "g": list("ffffffh")}, reference="c")
    >>> difference = np.eye(2, 4) - np.eye(2, 4, 2)  # of a and b: intercept, then level h
    >>> determined_functions(fit.record, difference).shape
    (1, 4)
    """
    if record.limit.cone is None or not len(functions):
        return functions
    cone = record.limit.cone
    span = cone.undetermined(cone.moves(record.coordinates.jacobian(functions)))
    if not span.shape[1]:
        return functions
    from logitkit.engine.existence.recession import null_space

    known = null_space(span.T)[0]
    return np.asarray(known.T @ functions)


def function_estimates(record: FitRecord, functions: FloatArray, level: float | None = None) -> Estimates:
    """Return linear functions of the coefficients with standard errors, tests and intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        One row per function.
    level : float, optional
        Confidence level; by default that of the fit.

    Returns
    -------
    Estimates
        Infinite or missing, without a standard error, according to ``function_sides``. After a penalty there is no
        statistic or p-value, and standard errors are those of the posterior, or missing where there is none.

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
    law = record.law.of(jacobian)
    value = functions @ record.coordinates.coef(record.inner_coef)
    found = wald_estimates(value, np.sqrt(record.inner_vcov.variances(jacobian)), level, law)
    sides = function_sides(record, functions)
    if np.any(sides != 0.0):
        infinite = np.where(sides > 0.0, np.inf, np.where(sides < 0.0, -np.inf, np.nan))
        error = np.where(sides == 0.0, found.std_error, np.nan)
        found = wald_estimates(np.where(sides == 0.0, value, infinite), error, level, law)
    if record.penalty is None:
        return found
    missing = np.full(len(functions), np.nan)
    return replace(found, statistic=missing, p_value=missing)


def contrast_functions(record: FitRecord, first: int, second: int, columns: IntArray) -> FloatArray:
    """Return the differences of two outcomes' coefficients as functions of the flat coefficients.

    Parameters
    ----------
    record : FitRecord
        The fit.
    first, second : int
        Positions of the outcomes; the coefficients of the reference are zero.
    columns : (c,) int array
        Columns of the design.

    Returns
    -------
    (c, m p) array
        One row per column.

    Examples
    --------
    The slope of b minus the slope of c, where a is the reference:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> contrast_functions(fit.record, 1, 2, np.array([1])).tolist()
    [[0.0, 1.0, 0.0, -1.0]]
    """
    cells = np.zeros((columns.size, record.predictors.n_columns))
    cells[np.arange(columns.size), columns] = 1.0
    outcomes = np.eye(record.predictors.n_predictors)
    return record.predictors.rows(cells, np.tile(outcomes[first] - outcomes[second], (columns.size, 1)))


def slope_contrasts(record: FitRecord, columns: IntArray) -> list[FloatArray]:
    """Return the functions of the coefficients that are zero if and only if some columns have no effect.

    Parameters
    ----------
    record : FitRecord
        The fit.
    columns : (c,) int array
        Columns of the design.

    Returns
    -------
    list of (k, p) array
        For each equation, the coefficients of the columns. If the equations compare outcomes, these are differences
        from the coefficients of the reference, or in symmetric form from those of the first outcome. Functions of
        aliased coefficients are left out.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> record = lk.multinomial("y ~ x", data, reference=None).record
    >>> [functions.tolist() for functions in slope_contrasts(record, np.array([1]))]
    [[[0.0, -1.0, 0.0, 1.0, 0.0, 0.0]], [[0.0, -1.0, 0.0, 0.0, 0.0, 1.0]]]
    """
    if not record.family.words.compares:
        contrasts = []
        for one in record.equations:
            places = one.places[np.isin(one.columns, columns)]
            own = np.zeros((places.size, record.predictors.n_flat))
            own[np.arange(places.size), places] = 1.0
            contrasts.append(own)
    else:
        base = 0 if record.reference is None else record.reference
        others = (k for k in range(record.family.n_outcomes) if k != base)
        contrasts = [contrast_functions(record, k, base, columns) for k in others]
    gone = np.zeros(record.predictors.n_flat, dtype=bool) if record.absent is None else record.absent.copy()
    gone[record.aliased] = True
    return [functions[~(functions[:, gone] != 0.0).any(axis=1)] for functions in contrasts]


def term_functions(record: FitRecord, columns: IntArray) -> FloatArray:
    """Return ``slope_contrasts`` of all equations as one array.

    Parameters
    ----------
    record : FitRecord
        The fit.
    columns : (c,) int array
        Columns of the design.

    Returns
    -------
    (k, p) array
        One row per function.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]})
    >>> term_functions(fit.record, np.array([1])).tolist()
    [[0.0, 1.0]]
    """
    return np.vstack([np.empty((0, record.predictors.n_flat)), *slope_contrasts(record, columns)])


def column_of(record: FitRecord) -> IntArray:
    """Return the column to which each flat coefficient belongs.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    (n_flat,) int array
        Positions of the columns in the design.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> column_of(lk.multinomial("y ~ x", data).record).tolist()
    [0, 1, 0, 1]
    """
    out = np.empty(record.coef.size, dtype=np.int64)
    for one in record.equations:
        out[one.places] = one.columns
    return out
