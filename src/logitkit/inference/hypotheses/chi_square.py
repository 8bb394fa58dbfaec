"""Chi-square tests, one per row, and the Wald statistic of the linear functions that the data determine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.functions import determined_functions, function_sides
from logitkit.inference.hypotheses.wald import wald_chi_square
from logitkit.inference.verbs import require
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "ChiSquareTests",
    "TestKind",
    "chi_square_tests",
    "not_aliased",
    "require_test",
    "tests_of_fit",
    "wald_of_finite",
    "wald_of_functions",
]

TestKind = Literal["LR", "Wald"]
#: Kinds of tests that fit smaller models to the rows.
NEED_ROWS = {"LR": "likelihood-ratio", "score": "score"}


@dataclass(frozen=True)
class ChiSquareTests:
    """Chi-square tests, one per row.

    Parameters
    ----------
    what : str
        What each row tests: ``"term"``, ``"outcomes"``, or another description.
    labels : tuple of str
        The name of each row.
    statistic, p_value : (m,) array
        Missing where there is no test: no coefficient is left to test, a coefficient is infinite, the fit under the
        hypothesis did not converge, or the covariance is rank-deficient, as with few clusters.
    dof : (m,) int array
        Degrees of freedom.
    kind : {'LR', 'Wald', 'score', 'F'}
        The kind of test.
    hypothesis : str
        The hypothesis of each row, in words.
    contained : tuple of (str, tuple of str)
        The tested terms that are contained in interactions of the model, each with these interactions.
    n_clusters : int or None
        Number of clusters behind the covariance of Wald tests.
    type : int or None
        Type of tests of terms: 1 adjusts each for those before it, 2 for all terms that do not contain it, 3 for all
        others.
    across : bool
        Whether the hypothesis about a term covers all equations of a model of several outcomes.
    law : Law
        Reference distribution; where it is not normal, statistic / dof is compared with F.
    laws : tuple of Law
        The reference distribution of each row, if the degrees of freedom of the covariance differ by hypothesis;
        otherwise empty.
    covariance : str
        How the covariance was computed, for Wald tests and for score tests with a covariance that is not model-based;
        empty for other tests.
    penalised : bool
        Whether the likelihood of the fit has a penalty that reduces bias.

    Examples
    --------
    >>> ChiSquareTests("term", ("x",), np.ones(1), np.ones(1), np.ones(1, int), "Wald", "zero").labels
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
    type: int | None = None
    across: bool = False
    law: Law = NORMAL
    laws: tuple[Law, ...] = ()
    covariance: str = ""
    penalised: bool = False

    def law_of(self, row: int) -> Law:
        """Return the reference distribution of a row.

        Parameters
        ----------
        row : int
            Index of the row, from 0.

        Returns
        -------
        Law
            Normal for a chi-square test.
        """
        return self.laws[row] if self.laws else self.law


def require_test(
    record: FitRecord, design: Design | None, test: str, known: tuple[str, ...] = get_args(TestKind)
) -> None:
    """Raise an error for a kind of test that is unknown, or that is not available for the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows, which a likelihood ratio needs.
    test : str
        The kind.
    known : tuple of str, default ('LR', 'Wald')
        The kinds on offer.

    Raises
    ------
    DataError
        If the kind is unknown, or a likelihood-ratio test is asked for without rows.
    UnsupportedError
        After a penalty; for a likelihood-ratio test, with sampling weights or clusters.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]})
    >>> require_test(fit.record, None, "LR")
    Traceback (most recent call last):
    ...
    logitkit.errors.DataError: A loaded model holds no rows for a likelihood-ratio test; use test='Wald'.
    """
    require_choice("test", test, known)
    by_wald = "Wald" in known
    require(record, f"{'test of terms' if by_wald or test != 'LR' else 'added terms'} by {test}")
    if test in NEED_ROWS and design is None:
        instead = "use test='Wald'" if by_wald else "fit it again, or use fit.test(...), a Wald test"
        raise DataError(f"A loaded model holds no rows for a {NEED_ROWS[test]} test; {instead}.")


def chi_square_tests(
    what: str,
    labels: tuple[str, ...],
    rows: list[tuple[float, int]],
    kind: str,
    hypothesis: str,
    law: Law | tuple[Law, ...] = NORMAL,
) -> ChiSquareTests:
    """Return tests with their p-values.

    Parameters
    ----------
    what : {'term', 'outcomes'}
        What each row tests.
    labels : tuple of str
        The name of each row.
    rows : list of (float, int)
        Statistic (nan if there is none) and degrees of freedom of each row.
    kind : {'LR', 'Wald', 'score', 'F'}
        The kind of test; for F, the statistic is the one compared with F.
    hypothesis : str
        The hypothesis of each row, in words.
    law : Law or tuple of Law, default normal
        Reference distribution, one for all rows or one for each.

    Returns
    -------
    ChiSquareTests
        One row per label.

    Examples
    --------
    >>> chi_square_tests("term", ("x", "g"), [(0.0, 1), (np.nan, 0)], "Wald", "zero").p_value.tolist()
    [1.0, nan]
    """
    statistic = np.array([row[0] for row in rows])
    dof = np.array([row[1] for row in rows], dtype=np.int64)
    each = law if isinstance(law, tuple) else (law,) * dof.size
    rows_of = [(own, float(value), max(int(k), 1)) for own, value, k in zip(each, statistic, dof, strict=True)]
    found = [float(own.joint(np.array(np.nan_to_num(value)), np.array(k))) for own, value, k in rows_of]
    if kind == "F":
        statistic = np.array([own.compared(value, k) for own, value, k in rows_of])
    p_value = np.where((dof > 0) & ~np.isnan(statistic), found, np.nan)
    common, laws = (NORMAL, law) if isinstance(law, tuple) else (law, ())
    return ChiSquareTests(what, labels, statistic, p_value, dof, kind, hypothesis, law=common, laws=laws)


def tests_of_fit(found: ChiSquareTests, record: FitRecord) -> ChiSquareTests:
    """Return tests with the details of the fit that they belong to.

    Parameters
    ----------
    found : ChiSquareTests
        The tests.
    record : FitRecord
        The fit.

    Returns
    -------
    ChiSquareTests
        The same numbers, with the name of the covariance, the number of clusters, whether the likelihood is penalised,
        and labels.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]})
    >>> tests_of_fit(chi_square_tests("term", ("x",), [(1.0, 1)], "Wald", "zero"), fit.record).covariance
    'model-based (inverse information)'
    """
    named = found.kind in ("Wald", "F") or (found.kind == "score" and record.covariance.kind != "model")
    return replace(
        found,
        n_clusters=record.covariance.n_clusters,
        covariance=record.covariance.label if named else "",
        penalised=record.adjustment is not None,
    )


def wald_of_functions(record: FitRecord, functions: FloatArray) -> tuple[float, int]:
    """Return the Wald statistic and its degrees of freedom for functions that the data determine; nan if infinite.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        Linear functions of the coefficients, zero under the hypothesis. Functions of aliased coefficients are left out.

    Returns
    -------
    statistic : float
        Chi-square statistic.
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
    """Return the Wald statistic and degrees of freedom of finite functions; nan if the covariance is rank-deficient.

    With fewer clusters than functions, only some combinations of the functions have a variance to test with.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        Linear functions of the coefficients, zero under the hypothesis.

    Returns
    -------
    statistic : float
        Chi-square statistic.
    dof : int
        Number of independent functions.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> wald_of_finite(fit.record, np.array([[0.0, 1.0], [0.0, 2.0]]))[1]
    1
    """
    jacobian = record.coordinates.jacobian(functions)
    coef = record.coordinates.coef(record.inner_coef)
    values = functions @ np.where(np.isfinite(coef), coef, 0.0)  # a finite function has no infinite coefficient
    rank, statistic, _ = wald_chi_square(record, values, jacobian)
    independent = int(np.linalg.matrix_rank(jacobian))
    return (statistic, rank) if rank == independent else (np.nan, independent)


def not_aliased(record: FitRecord, functions: FloatArray) -> FloatArray:
    """Return the functions that do not involve an aliased coefficient.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        Linear functions of the coefficients.

    Returns
    -------
    (k, p) array
        In their original order.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> not_aliased(fit.record, np.eye(2)).shape
    (2, 2)
    """
    return np.asarray(functions[~(functions[:, record.aliased] != 0.0).any(axis=1)])
