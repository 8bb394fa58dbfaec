"""Chi-square tests of several hypotheses, one row each, and the Wald statistic of functions that the data determine."""

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
        What a row tests: ``"term"``, ``"outcomes"``, or what the tests are of, in words.
    labels : tuple of str
        Of each row.
    statistic, p_value : (m,) array
        Missing where there is no test: nothing is left, a coefficient is infinite, the fit under the hypothesis has
        not converged, or the covariance lacks the rank, as with few clusters.
    dof : (m,) int array
        Degrees of freedom.
    kind : {'LR', 'Wald', 'score', 'F'}
        How they were made.
    hypothesis : str
        What each says, in words.
    contained : tuple of (str, tuple of str)
        Terms that interactions of the model contain, and these.
    n_clusters : int or None
        That the covariance of Wald tests is made of.
    type : int or None
        Of tests of terms: 1 where each is given those before it, 2 where each is given all terms that do not contain
        it, 3 where each is given all others.
    across : bool
        Whether the hypothesis of a term is of all of several outcomes.
    law : Law
        What the statistics are compared with: statistic / dof with F where it is not normal.
    laws : tuple of Law
        The same of each row, where the degrees of freedom of the covariance differ by hypothesis; else empty.
    covariance : str
        How the covariance of Wald tests, and of score tests that are not the model's, was made; empty for other tests.
    penalised : bool
        Whether the likelihood of the fit is penalised against bias.

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
        """Return what the statistic of a row is compared with.

        Parameters
        ----------
        row : int
            From 0.

        Returns
        -------
        Law
            Normal for chi-square.
        """
        return self.laws[row] if self.laws else self.law


def require_test(
    record: FitRecord, design: Design | None, test: str, known: tuple[str, ...] = get_args(TestKind)
) -> None:
    """Refuse a kind of test that is not known, or that a fit does not allow.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows, which a likelihood ratio needs.
    test : str
        The kind.
    known : tuple of str, default ('LR', 'Wald')
        The kinds that are offered.

    Raises
    ------
    DataError
        For another kind, and for a likelihood ratio without rows.
    UnsupportedError
        After a penalty; for a likelihood ratio with sampling weights or clusters.

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
        What a row tests.
    labels : tuple of str
        Of each row.
    rows : list of (float, int)
        Statistic, missing for none, and degrees of freedom.
    kind : {'LR', 'Wald', 'score', 'F'}
        How they were made; by F the statistic is what is compared with F.
    hypothesis : str
        What each says, in words.
    law : Law or tuple of Law, default normal
        What the statistics are compared with, all or each.

    Returns
    -------
    ChiSquareTests
        One row each.

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
    """Return tests with what is to be said of the fit that they were made of.

    Parameters
    ----------
    found : ChiSquareTests
        The tests.
    record : FitRecord
        The fit.

    Returns
    -------
    ChiSquareTests
        The same numbers, with the covariance in words, its clusters, whether the likelihood is penalised, and labels.

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
    coef = record.coordinates.coef(record.inner_coef)
    values = functions @ np.where(np.isfinite(coef), coef, 0.0)  # a finite function has no infinite coefficient
    rank, statistic, _ = wald_chi_square(record, values, jacobian)
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
