r"""Tests of the terms of a model.

*Type 1*: a term is adjusted for those before it in the formula. *Type 2*: a term is adjusted for all terms except those
that contain it, such as :math:`x` for all but :math:`x g`, so the test does not depend on the coding of the variables.
*Type 3*: a term is adjusted for all others, including those that contain it, in sum-to-zero coding (``type_three.py``).
For a term that no interaction contains, types 2 and 3 are the same.

By likelihood ratio the statistic is twice the difference of the log-likelihoods of the models with and without the
term. The Wald statistic is that of the term's coefficients; if terms R are left out of both models, it is the statistic
for the term and R minus that for R alone. The F statistic is the Wald statistic divided by its degrees of freedom. The
score statistic is that of the larger model at the estimates of the smaller. With several outcomes, a term has
coefficients for each of them.

References
----------
Fox, J. (2016) Applied Regression Analysis and Generalized Linear Models, 3rd edition, sections 8.2.4 and 15.1.
Fox, J. and Weisberg, S. (2019) An R Companion to Applied Regression, 3rd edition, sections 5.3 and 6.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, TypeAlias, get_args

import numpy as np

from logitkit.design.chunks.side_by_side import side_by_side
from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT, Term
from logitkit.engine.estimate import fit_model
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.bias.ratios import penalised_ratio
from logitkit.inference.functions import term_functions
from logitkit.inference.hypotheses.chi_square import (
    ChiSquareTests,
    chi_square_tests,
    not_aliased,
    require_test,
    tests_of_fit,
    wald_of_functions,
)
from logitkit.inference.hypotheses.marginality import contained_terms, terms_that_contain
from logitkit.inference.hypotheses.nested import fit_without, likelihood_ratio, ratio_to_nothing
from logitkit.inference.hypotheses.score import Larger, Null, score_at, score_statistic
from logitkit.inference.hypotheses.score_covariance import score_covariance
from logitkit.inference.hypotheses.type_three import averaged_terms, flat_functions, restricted_design
from logitkit.inference.hypotheses.wald import OVERALL_MOST
from logitkit.typing import FloatArray, IntArray

__all__ = ["TermTest", "TermTests", "anova", "tested_terms"]

TermTest: TypeAlias = Literal["LR", "Wald", "score", "F"]
Pair: TypeAlias = tuple[FitRecord, Design]


def anova(
    record: FitRecord,
    design: Design | None,
    kind: int = 2,
    test: TermTest = "LR",
    only: Sequence[str] | None = None,
) -> ChiSquareTests:
    """Test each term of a model.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        The rows of the fit, which the likelihood-ratio and score tests need.
    kind : {1, 2, 3}
        Type of the tests: each term adjusted for those before it, for those that do not contain it, or for all others.
    test : {'LR', 'Wald', 'score', 'F'}
        Likelihood-ratio test, with fits without the term; Wald test, as chi-square or F; or score test.
    only : sequence of str, optional
        Names of the terms to test; all by default.

    Returns
    -------
    ChiSquareTests
        One row per term except the intercept.

    Raises
    ------
    DataError
        For an unknown type or kind of test, and for a likelihood-ratio or score test without rows.
    UnsupportedError
        After a penalty; for a likelihood-ratio test with sampling weights or clusters; for F if the covariance has no
        degrees of freedom; for type 3 with an interaction that has empty cells.

    Examples
    --------
    For a model with one term, the test is that of the whole model:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> bool(np.isclose(anova(fit.record, fit.design).statistic[0], fit.null_deviance - fit.deviance))
    True
    """
    require_test(record, design, test, get_args(TermTest))
    _require_type(kind)
    if test == "score" and design is not None:
        score_covariance(record, design)
    terms = tested_terms(record)
    averaged = averaged_terms(record, design) if kind == 3 else {}
    tests = TermTests(record, design, test, averaged)
    chosen = terms if only is None else [term for term in terms if term.name in only]
    rows = tests.of_each([(term, _columns(_left_aside(record, terms, term, kind))) for term in chosen])
    law = tests.law(chosen)
    labels = tuple(term.name for term in chosen)
    found = chi_square_tests("term", labels, rows, test, _hypothesis(record, kind, terms), law)
    contained = [
        (name, within)
        for term in terms
        for name, larger in contained_terms(record.info, _columns([term]))
        if kind == 3 and (within := _with_numbers(record, name, larger))
    ]
    return replace(
        tests_of_fit(found, record),
        contained=tuple(contained),
        type=kind,
        across=record.family.words.compares,
    )


def tested_terms(record: FitRecord) -> list[Term]:
    """Return the terms that have columns, except the intercept.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    list of Term
        Terms in the order of the formula.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]})
    >>> [term.name for term in tested_terms(fit.record)]
    ['x']
    """
    names = record.info.names
    return [term for term in record.info.terms if term.columns and names[term.columns[0]] != INTERCEPT]


def _require_type(kind: int) -> None:
    if isinstance(kind, bool) or kind not in (1, 2, 3):
        meant = {"I": 1, "II": 2, "III": 3, "1": 1, "2": 2, "3": 3}.get(str(kind))
        hint = "" if meant is None else f" {kind!r} is {meant} here."
        raise DataError(f"type={kind!r:.60} is not known; use 1, 2 or 3.{hint}")


def _columns(terms: list[Term]) -> IntArray:
    return np.array([j for term in terms for j in term.columns], dtype=np.int64)


def _left_aside(record: FitRecord, terms: list[Term], term: Term, kind: int) -> list[Term]:
    """Return the terms that are in neither of the two models that a test compares."""
    if kind == 1:
        return terms[terms.index(term) + 1 :]
    return terms_that_contain(record.info, term) if kind == 2 else []


def _with_numbers(record: FitRecord, name: str, larger: tuple[str, ...]) -> tuple[str, ...]:
    """Return the interactions of a term with numbers: it is tested where these are zero, in any coding of factors."""
    coding = record.info.coding
    assert coding is not None
    given = {*coding.factors[name], *coding.coded_levels()}
    return tuple(other for other in larger if set(coding.factors[other]) - given)


def _hypothesis(record: FitRecord, kind: int, terms: list[Term]) -> str:
    """Return what each test says, in words."""
    zero = "the coefficients of the term are zero" + (" for all outcomes" if record.family.words.compares else "")
    if kind == 1:
        return f"{zero}, given the terms before it"
    if kind == 2 and any(terms_that_contain(record.info, term) for term in terms):
        return f"{zero}, given the other terms but those that contain it"
    coding = record.info.coding
    if (
        kind == 3
        and coding is not None
        and coding.coded_levels()
        and any(terms_that_contain(record.info, term) for term in terms)
    ):
        zero += " in sum-to-zero coding"
    return f"{zero}, given the other terms"


@dataclass(frozen=True)
class TermTests:
    """Tests of the terms of one fit, and the fits that they share.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.
    test : {'LR', 'Wald', 'score', 'F'}
        The kind of test.
    averaged : mapping of str to array
        From ``averaged_terms``, for type 3.
    fits : dict
        Fits without some columns, stored as they are made.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> tests = TermTests(fit.record, fit.design, "LR", {})
    >>> statistic, dof = tests.of(fit.record.info.terms[1], np.array([], dtype=int))
    >>> bool(np.isclose(statistic, fit.lr_test().statistic)), dof
    (True, 1)
    """

    record: FitRecord
    design: Design | None
    test: TermTest
    averaged: Mapping[str, FloatArray]
    fits: dict[bytes, Pair] = field(default_factory=dict)

    def law(self, terms: Sequence[Term]) -> Law | tuple[Law, ...]:
        """Return the reference distribution of the statistics of terms.

        Parameters
        ----------
        terms : sequence of Term
            The terms, in order.

        Returns
        -------
        Law or tuple of Law
            One for all terms, or one for each if the degrees of freedom of the covariance depend on the hypothesis.
        """
        if self.test == "score":
            return score_covariance(*self._own).law
        if self.test not in ("Wald", "F"):
            return NORMAL
        if not self.record.law.varies:
            return self.record.law
        laws = []
        for term in terms:
            functions = self._hypothesis_of(term)
            jacobian = self.record.coordinates.jacobian(functions)
            laws.append(self.record.law.joint_of(jacobian) if len(functions) else NORMAL)
        return tuple(laws)

    @property
    def _own(self) -> Pair:
        """The fit with its rows, for tests that need them."""
        assert self.design is not None
        return self.record, self.design

    def _hypothesis_of(self, term: Term) -> FloatArray:
        """Return the functions of the fit's coefficients that are zero without a term, none of an aliased one."""
        if term.name in self.averaged:
            return flat_functions(self.record, self.averaged[term.name])
        return not_aliased(self.record, term_functions(self.record, _columns([term])))

    def of(self, term: Term, aside: IntArray) -> tuple[float, int]:
        """Return the statistic of a term and its degrees of freedom, with other columns left out.

        Parameters
        ----------
        term : Term
            A term of the formula.
        aside : (k,) int array
            Columns that are in neither model.

        Returns
        -------
        statistic : float
            Missing where there is none.
        dof : int
            Degrees of freedom.
        """
        columns = _columns([term])
        if self.test in ("Wald", "F"):
            return self._wald(term, columns, aside)
        if self.record.adjustment is not None:
            assert self.design is not None
            zero, given = self._functions(self.record, term, columns), term_functions(self.record, aside)
            return penalised_ratio(self.record, self.design, zero, given)
        larger, rows = self.without(aside)
        if not larger.converged:
            return np.nan, 0
        keep = np.setdiff1d(np.arange(len(self.record.info.names)), aside)
        columns = np.searchsorted(keep, columns)
        if columns.size == keep.size and self.test == "LR":
            return ratio_to_nothing(larger, rows)
        functions = self._functions(larger, term, columns)
        if columns.size == keep.size:
            if larger.nuisance.n_parameters:  # a fit of the levels alone
                return np.nan, 0
            tested = Larger(rows, larger.form, functions)
            return score_at(Null.without_coefficients(larger.form, rows), rows, tested, score_covariance(*self._own))
        smaller, rows_of_smaller = self._under(term, aside, larger, rows)
        if self.test == "LR":
            return likelihood_ratio(larger, smaller, functions)
        tested = Larger(rows, larger.form, functions)
        return score_statistic(smaller, rows_of_smaller, tested, score_covariance(*self._own))

    def of_each(self, asked: Sequence[tuple[Term, IntArray]]) -> list[tuple[float, int]]:
        """Return the statistics of several terms; where rows are read in chunks, their fits share the passes.

        Parameters
        ----------
        asked : sequence of (Term, (k,) int array)
            Terms and columns, as for ``of``.

        Returns
        -------
        list of (float, int)
            Statistics and degrees of freedom, as from ``of``.
        """
        alone = [partial(self.of, term, aside) for term, aside in asked]
        if self.design is None or not self.design.in_chunks or self.test in ("Wald", "F"):
            return [test() for test in alone]
        numbers = self.record.predictors.n_flat**2
        wanted: dict[bytes, IntArray] = {}
        for term, aside in asked if self.record.adjustment is None else ():
            with_term = [] if term.name in self.averaged else [np.concatenate([aside, _columns([term])])]
            for columns in (aside, *with_term):
                if 0 < columns.size < len(self.record.info.names):
                    wanted[np.sort(columns).tobytes()] = columns
        side_by_side(self.design, [partial(self.without, columns) for columns in wanted.values()], numbers)
        return side_by_side(self.design, alone, numbers)

    def _functions(self, larger: FitRecord, term: Term, columns: IntArray) -> FloatArray:
        """Return the functions of the larger fit's coefficients that are zero."""
        if term.name in self.averaged:
            return flat_functions(larger, self.averaged[term.name])
        # Which functions are zero counts under separation only; of a factor of many levels they are many.
        if self.test == "LR" and not larger.is_separated and larger.adjustment is None:
            return np.empty((0, larger.predictors.n_flat))
        return term_functions(larger, columns)

    def without(self, columns: IntArray) -> Pair:
        """Return the fit without some columns; each such fit is made only once.

        Parameters
        ----------
        columns : (k,) int array
            Columns to leave out.

        Returns
        -------
        record : FitRecord
            The smaller fit.
        design : Design
            Its rows.
        """
        assert self.design is not None
        if not columns.size:
            return self.record, self.design
        key = np.sort(columns).tobytes()
        if key not in self.fits:
            made, rows = fit_without(self.record, self.design, columns)
            self.fits[key] = made.with_covariance(made.inner_vcov, self.record.covariance), rows
        return self.fits[key]

    def _under(self, term: Term, aside: IntArray, larger: FitRecord, rows: Design) -> Pair:
        """Return the fit under the hypothesis."""
        if term.name not in self.averaged:
            return self.without(np.concatenate([aside, _columns([term])]))
        made, keep = restricted_design(rows, _columns([term]), self.averaged[term.name])
        return fit_model(made, larger.form.keep(keep), Newton(), larger.level)

    def _wald(self, term: Term, columns: IntArray, aside: IntArray) -> tuple[float, int]:
        """Return the Wald statistic of the term and what is left aside, less that of what is left aside."""
        record = self.record
        if columns.size + aside.size > OVERALL_MOST:  # the time grows with the cube of their number
            return np.nan, columns.size
        if term.name in self.averaged:
            return wald_of_functions(record, flat_functions(record, self.averaged[term.name]))
        if not aside.size:
            return wald_of_functions(record, term_functions(record, columns))
        if record.law.varies:
            raise UnsupportedError(
                f"The Wald test of {term.name!r} without the terms that are left aside is a difference of two "
                "statistics, which has no degrees of freedom of this kind. Use type=3, or fit.robust(..., "
                "dof='clusters')."
            )
        both = wald_of_functions(record, term_functions(record, np.concatenate([columns, aside])))
        rest = wald_of_functions(record, term_functions(record, aside))
        statistic, dof = both[0] - rest[0], both[1] - rest[1]
        return (max(statistic, 0.0), dof) if dof > 0 and np.isfinite(statistic) else (np.nan, max(dof, 0))
