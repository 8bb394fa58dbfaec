"""Chi-square tests of several hypotheses, a row each: of the terms of a model, and what every such test shares.

A term's coefficients are zero, given the other terms; by Wald the statistic is that of the coefficients that the data
determine. A likelihood ratio comes from the family, which knows how the model without the term is fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.record import FitRecord
from logitkit.inference.functions import determined_functions, function_sides
from logitkit.inference.marginality import contained_terms
from logitkit.inference.penalised import require_likelihood
from logitkit.inference.wald import OVERALL_MOST, wald_chi_square
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "ChiSquareTests",
    "TestKind",
    "chi_square_tests",
    "each_term",
    "not_aliased",
    "wald_of_finite",
    "wald_of_functions",
    "wald_term_tests",
]

TestKind = Literal["wald", "lr"]


@dataclass(frozen=True)
class ChiSquareTests:
    """Chi-square tests, one a row.

    Parameters
    ----------
    what : {'term', 'outcomes'}
        What a row tests.
    labels : tuple of str
        Of each row.
    statistic, p_value : (m,) array
        Missing where there is no test: nothing is left, a coefficient is infinite, the fit under the hypothesis has
        not converged, or the covariance lacks the rank, as with few clusters.
    dof : (m,) int array
        Degrees of freedom.
    kind : {'wald', 'lr'}
        How they were made.
    hypothesis : str
        What each says, in words.
    contained : tuple of (str, tuple of str)
        Terms that interactions of the model contain, and these.
    n_clusters : int or None
        That the covariance of Wald tests is made of.

    Examples
    --------
    >>> ChiSquareTests("term", ("x",), np.ones(1), np.ones(1), np.ones(1, int), "wald", "zero").labels
    ('x',)
    """

    what: str
    labels: tuple[str, ...]
    statistic: FloatArray
    p_value: FloatArray
    dof: IntArray
    kind: str
    hypothesis: str
    contained: tuple[tuple[str, tuple[str, ...]], ...] = ()
    n_clusters: int | None = None


def wald_term_tests(record: FitRecord) -> ChiSquareTests:
    """Test each term of a model of two outcomes by Wald.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    ChiSquareTests
        A row a term but the intercept, each given all other terms.

    Raises
    ------
    UnsupportedError
        After a penalty.

    Examples
    --------
    A term of one coefficient has the square of its z:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> bool(np.isclose(wald_term_tests(fit.record).statistic[0], fit.tidy()["statistic"].iloc[1] ** 2))
    True
    """
    require_likelihood(record, "test")
    p = len(record.names)

    def of_term(columns: IntArray) -> tuple[float, int]:
        if columns.size > OVERALL_MOST:  # the time grows with the cube of their number
            return np.nan, columns.size
        functions = np.zeros((columns.size, p))
        functions[np.arange(columns.size), columns] = 1.0
        return wald_of_functions(record, functions)

    return each_term(record, of_term, "wald", "the coefficients of the term are zero, given the other terms")


def each_term(
    record: FitRecord, of_term: Callable[[IntArray], tuple[float, int]], kind: TestKind, hypothesis: str
) -> ChiSquareTests:
    """Test each term but the intercept.

    Parameters
    ----------
    record : FitRecord
        The fit.
    of_term : callable
        Statistic and degrees of freedom of the columns of a term.
    kind : {'wald', 'lr'}
        How the tests are made.
    hypothesis : str
        What each says, in words.

    Returns
    -------
    ChiSquareTests
        A row a term.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> each_term(fit.record, lambda columns: (0.0, columns.size), "wald", "nothing").p_value.tolist()
    [1.0]
    """
    names = record.info.names
    terms = [term for term in record.info.terms if term.columns and names[term.columns[0]] != INTERCEPT]
    rows = [of_term(np.array(term.columns, dtype=np.int64)) for term in terms]
    contained = [pair for term in terms for pair in contained_terms(record.info, np.array(term.columns))]
    found = chi_square_tests("term", tuple(term.name for term in terms), rows, kind, hypothesis)
    return replace(found, contained=tuple(contained), n_clusters=record.covariance.n_clusters)


def chi_square_tests(
    what: str, labels: tuple[str, ...], rows: list[tuple[float, int]], kind: str, hypothesis: str
) -> ChiSquareTests:
    """Return tests with their p-values.

    Parameters
    ----------
    what : {'term', 'outcomes'}
        What a row tests.
    labels : tuple of str
        Of each row.
    rows : list of (float, int)
        Statistic, missing for none, and degrees of freedom.
    kind : {'wald', 'lr'}
        How they were made.
    hypothesis : str
        What each says, in words.

    Returns
    -------
    ChiSquareTests
        A row each.

    Examples
    --------
    >>> chi_square_tests("term", ("x", "g"), [(0.0, 1), (np.nan, 0)], "wald", "zero").p_value.tolist()
    [1.0, nan]
    """
    statistic = np.array([row[0] for row in rows])
    dof = np.array([row[1] for row in rows], dtype=np.int64)
    p_value = np.where(dof > 0, chdtrc(np.maximum(dof, 1), np.nan_to_num(statistic)), np.nan)
    p_value = np.where(np.isnan(statistic), np.nan, p_value)
    return ChiSquareTests(what, labels, statistic, p_value, dof, kind, hypothesis)


def wald_of_functions(record: FitRecord, functions: FloatArray) -> tuple[float, int]:
    """Return the statistic and its degrees of freedom of what the data determine; missing where it is infinite.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        Linear functions of the coefficients, zero under the hypothesis. Those of aliased columns are left out.

    Returns
    -------
    statistic : float
        Chi-square.
    dof : int
        0 where nothing is left to test.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> wald_of_functions(fit.record, np.array([[0.0, 1.0]]))
    (nan, 1)
    """
    functions = determined_functions(record, not_aliased(record, functions))
    if not len(functions):
        return np.nan, 0
    if np.any(function_sides(record, functions) != 0.0):
        return np.nan, len(functions)
    return wald_of_finite(record, functions)


def wald_of_finite(record: FitRecord, functions: FloatArray) -> tuple[float, int]:
    """Return the statistic of finite functions and their degrees of freedom; missing where the covariance lacks rank.

    With fewer clusters than functions it would be a test of those combinations only that happen to have a variance.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        Linear functions of the coefficients, zero under the hypothesis.

    Returns
    -------
    statistic : float
        Chi-square.
    dof : int
        Independent functions.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> wald_of_finite(fit.record, np.array([[0.0, 1.0], [0.0, 2.0]]))[1]
    1
    """
    jacobian = record.coordinates.jacobian(functions)
    rank, statistic, _ = wald_chi_square(record, functions @ record.coordinates.coef(record.inner_coef), jacobian)
    independent = int(np.linalg.matrix_rank(jacobian))
    return (statistic, rank) if rank == independent else (np.nan, independent)


def not_aliased(record: FitRecord, functions: FloatArray) -> FloatArray:
    """Return the functions without an aliased coefficient.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        Linear functions of the coefficients.

    Returns
    -------
    (k, p) array
        In order.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> not_aliased(fit.record, np.eye(2)).shape
    (2, 2)
    """
    return np.asarray(functions[~(functions[:, record.aliased] != 0.0).any(axis=1)])
