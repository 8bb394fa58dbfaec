r"""Tests of the terms of a model.

*Type 2*: a term given all terms but those that contain it, such as :math:`x` given all but :math:`x g`, so that the
test does not depend on how the variables are coded. *Type 3*: a term given all others, those that contain it among
them. Where no interaction contains a term the two are one.

By likelihood ratio the statistic is twice the difference of the log-likelihoods of the models with and without the
term. By Wald it is that of the term's coefficients; for type 2 beside interactions R it is that of the coefficients of
the term and of R, less that of R alone. Of several outcomes a term has coefficients for each.

References
----------
Fox, J. (2016) Applied Regression Analysis and Generalized Linear Models, 3rd edition, sections 8.2.4 and 15.1.
Fox, J. and Weisberg, S. (2019) An R Companion to Applied Regression, 3rd edition, sections 5.3 and 6.2.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT, Term
from logitkit.engine.law import NORMAL
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.functions import term_functions
from logitkit.inference.hypotheses.chi_square import (
    ChiSquareTests,
    TestKind,
    chi_square_tests,
    require_test,
    wald_of_functions,
)
from logitkit.inference.hypotheses.marginality import contained_terms, terms_that_contain
from logitkit.inference.hypotheses.nested import fit_without, likelihood_ratio, ratio_to_nothing
from logitkit.inference.hypotheses.wald import OVERALL_MOST
from logitkit.typing import IntArray

__all__ = ["anova"]


def anova(record: FitRecord, design: Design | None, kind: int = 2, test: TestKind = "LR") -> ChiSquareTests:
    """Test each term of a model.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows, which the likelihood ratio needs.
    kind : {2, 3}
        Type of the tests: given the terms that do not contain the term, or given all others.
    test : {'LR', 'Wald'}
        By likelihood ratio, with fits without the term, or by Wald.

    Returns
    -------
    ChiSquareTests
        One row per term but the intercept.

    Raises
    ------
    DataError
        For another type or kind of test, and for a likelihood ratio without rows.
    UnsupportedError
        After a penalty; by likelihood ratio with sampling weights or clusters.

    Examples
    --------
    Of a model with one term, the test is that of the whole model:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> bool(np.isclose(anova(fit.record, fit.design).statistic[0], fit.null_deviance - fit.deviance))
    True
    """
    require_test(record, design, test)
    _require_type(kind)
    names = record.info.names
    terms = [term for term in record.info.terms if term.columns and names[term.columns[0]] != INTERCEPT]
    rows = []
    for term in terms:
        columns = _columns([term])
        containing = _columns(terms_that_contain(record.info, term)) if kind == 2 else columns[:0]
        if test == "Wald":
            rows.append(_by_wald(record, columns, containing))
        else:
            assert design is not None
            rows.append(_by_ratio(record, design, columns, containing))
    law = record.law if test == "Wald" else NORMAL
    found = chi_square_tests(
        "term", tuple(term.name for term in terms), rows, test, _hypothesis(record, kind, terms), law
    )
    contained = [pair for term in terms for pair in contained_terms(record.info, _columns([term])) if kind == 3]
    return replace(
        found,
        contained=tuple(contained),
        n_clusters=record.covariance.n_clusters,
        type=kind,
        across=record.family.words.compares,
    )


def _require_type(kind: int) -> None:
    if kind == 1 and not isinstance(kind, bool):
        raise UnsupportedError(
            "type=1, each term given those before it, is not offered in this version; use type=2 or type=3."
        )
    if isinstance(kind, bool) or kind not in (2, 3):
        raise DataError(f"type={kind!r:.60} is not known; use 2 or 3.")


def _columns(terms: list[Term]) -> IntArray:
    return np.array([j for term in terms for j in term.columns], dtype=np.int64)


def _hypothesis(record: FitRecord, kind: int, terms: list[Term]) -> str:
    """Return the hypotheses as text."""
    zero = "the coefficients of the term are zero" + (" for all outcomes" if record.family.words.compares else "")
    others = "the other terms"
    if kind == 2 and any(terms_that_contain(record.info, term) for term in terms):
        others += " but those that contain it"
    return f"{zero}, given {others}"


def _by_wald(record: FitRecord, columns: IntArray, containing: IntArray) -> tuple[float, int]:
    """Return the statistic and its degrees of freedom, of the term and what contains it less those of what does."""
    if columns.size + containing.size > OVERALL_MOST:  # the time grows with the cube of their number
        return np.nan, columns.size
    if not containing.size:
        return wald_of_functions(record, term_functions(record, columns))
    both = wald_of_functions(record, term_functions(record, np.concatenate([columns, containing])))
    rest = wald_of_functions(record, term_functions(record, containing))
    dof = both[1] - rest[1]
    return (max(both[0] - rest[0], 0.0), dof) if dof > 0 and np.isfinite(both[0] - rest[0]) else (np.nan, max(dof, 0))


def _by_ratio(record: FitRecord, design: Design, columns: IntArray, containing: IntArray) -> tuple[float, int]:
    """Return the statistic and its degrees of freedom, of models without what contains the term."""
    if containing.size:
        keep = np.setdiff1d(np.arange(len(record.info.names)), containing)
        record, design = fit_without(record, design, containing)
        columns = np.searchsorted(keep, columns)
        if not record.converged:
            return np.nan, 0
    if columns.size == len(record.info.names):
        return ratio_to_nothing(record, design)
    # Which functions are zero counts under separation only; of a factor of many levels they are many.
    functions = term_functions(record, columns) if record.is_separated else np.empty((0, record.predictors.n_flat))
    return likelihood_ratio(record, fit_without(record, design, columns)[0], functions)
