r"""The models that differ from a fit by one term: those with one term fewer, and those with one term more.

A term is dropped only if no other term contains it. An added term is tested by its score, which needs no further fit,
or by likelihood ratio. AIC :math:`= -2\ell + 2k` is given where the models are fitted and the likelihood is that of the
data.

References
----------
Venables, W. N. and Ripley, B. D. (2002) Modern Applied Statistics with S, 4th edition, section 6.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.design.extend import extended_designs
from logitkit.engine.bias.estimate import fit_adjusted
from logitkit.engine.estimate import fit_model
from logitkit.engine.law import Law
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.bias.ratios import penalised_ratio
from logitkit.inference.fit_statistics import fit_statistics
from logitkit.inference.functions import term_functions
from logitkit.inference.hypotheses.anova import TermTest, TermTests, tested_terms
from logitkit.inference.hypotheses.chi_square import ChiSquareTests, chi_square_tests, require_test, tests_of_fit
from logitkit.inference.hypotheses.marginality import terms_that_contain
from logitkit.inference.hypotheses.nested import likelihood_ratio
from logitkit.inference.hypotheses.score import Larger, score_statistic
from logitkit.inference.hypotheses.score_covariance import ScoreCovariance, score_covariance
from logitkit.models.form import Form
from logitkit.typing import FactorCoding, FloatArray, IntArray

__all__ = ["AddTest", "TermChanges", "add_terms", "drop_terms", "term_additions"]

AddTest: TypeAlias = Literal["score", "LR"]
NO_COLUMNS: IntArray = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class TermChanges:
    """Models that differ from a fit by one term, and tests of these terms.

    Parameters
    ----------
    what : {'dropped', 'added'}
        Whether each model drops a term of the fit or adds one.
    tests : ChiSquareTests
        One row per term.
    deviance, aic : (m + 1,) array
        Values of the fit, then of each model; missing where a model was not fitted, and where there is no likelihood.

    Examples
    --------
    The change in deviance is the likelihood-ratio statistic:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> found = fit.drop1()
    >>> found.deviance.round(3).tolist(), found.tests.statistic.round(3).tolist()
    ([4.779, 8.318], [3.539])
    """

    what: str
    tests: ChiSquareTests
    deviance: FloatArray
    aic: FloatArray


def drop_terms(record: FitRecord, design: Design | None, test: TermTest = "LR") -> TermChanges:
    """Test each term that can be dropped, and fit the model without it.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        The rows of the fit.
    test : {'LR', 'Wald', 'score', 'F'}
        The kind of test, as in ``anova``.

    Returns
    -------
    TermChanges
        One row per term that no other term contains.

    Raises
    ------
    DataError
        For an unknown test, and without rows where the test needs them.
    UnsupportedError
        As for ``anova``.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 2.5, 3, 3.5, 5, 4, 1], "z": [0, 1, 0, 1, 1, 0, 0, 1]}
    >>> drop_terms(*(lambda fit: (fit.record, fit.design))(lk.logit("y ~ x * z", data))).tests.labels
    ('x:z',)
    """
    require_test(record, design, test, get_args(TermTest))
    if test == "score" and design is not None:
        score_covariance(record, design)
    terms = [term for term in tested_terms(record) if not terms_that_contain(record.info, term)]
    tests = TermTests(record, design, test, {})
    rows = tests.of_each([(term, NO_COLUMNS) for term in terms])
    fits: list[FitRecord | None] = [record]
    for term in terms:
        fitted = test in ("LR", "score") and len(term.columns) < len(record.info.names)
        fits.append(tests.without(np.array(term.columns, dtype=np.int64))[0] if fitted else None)
    hypothesis = _hypothesis(record, "given the other terms")
    law = tests.law(terms)
    return _changes("dropped", record, fits, rows, (tuple(term.name for term in terms), test, hypothesis, law))


def term_additions(record: FitRecord, design: Design | None, scope: str, test: AddTest = "score") -> TermChanges:
    """Test the addition of each of some terms to the model, using the table of the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        The rows of the fit.
    scope : str
        Terms, written as in a formula.
    test : {'score', 'LR'}
        The kind of test, as in ``add_terms``.

    Returns
    -------
    TermChanges
        One row per term.

    Raises
    ------
    FormulaError
        If the scope is not a list of terms, or all its terms are in the model.
    DataError
        Without the table of the fit, and where a new column has missing values in the rows of the fit.
    UnsupportedError
        As for ``add_terms``.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 2.5, 3, 3.5, 5, 4, 1], "z": [0, 1, 0, 1, 1, 0, 0, 1]}
    >>> lk.logit("y ~ x", data).add1("x + z + x:z").tests.labels
    ('z', 'x:z')
    """
    if design is None:
        raise DataError("A loaded model holds no rows to fit terms to.")
    require_test(record, design, test, get_args(AddTest))
    return add_terms(record, design, extended_designs(design, scope, _coding_of(record)), test)


def add_terms(
    record: FitRecord, design: Design, added: Sequence[tuple[str, Design]], test: AddTest = "score"
) -> TermChanges:
    """Test the addition of each of some terms to the model.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The rows of the fit.
    added : sequence of (str, Design)
        Each term, with the design of the same rows that includes it.
    test : {'score', 'LR'}
        Score test, which needs no further fit, or likelihood-ratio test.

    Returns
    -------
    TermChanges
        One row per term.

    Raises
    ------
    DataError
        For an unknown test.
    UnsupportedError
        For a likelihood-ratio test without a likelihood, and after a penalty.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 2.5, 3, 3.5, 5, 4, 1], "z": [0, 1, 0, 1, 1, 0, 0, 1]}
    >>> lk.logit("y ~ x", data).add1("z").tests.labels
    ('z',)
    """
    require_test(record, design, test, get_args(AddTest))
    if record.model is None:
        raise UnsupportedError("Terms are added to a model that was stated, and this one was made from another.")
    spread = score_covariance(record, design) if test == "score" else ScoreCovariance()
    rows: list[tuple[float, int]] = []
    fits: list[FitRecord | None] = [record]
    for name, larger in added:
        form = record.model.form(larger.info)
        term = next((each for each in larger.info.terms if each.name == name), None)
        columns = NO_COLUMNS if term is None else np.array(term.columns, dtype=np.int64)
        if test == "score":
            own = Larger(larger, form, _coefficients_of(form, columns))
            rows.append(score_statistic(record, design, own, spread))
            continue
        if record.adjustment is not None:
            made = fit_adjusted(larger, form, record.adjustment.stated, Newton(), record.level)
            rows.append(penalised_ratio(made, larger, term_functions(made, columns)))
            continue
        made = fit_model(larger, form, Newton(), record.level)[0]
        rows.append(likelihood_ratio(made, record, term_functions(made, columns)) if made.converged else (np.nan, 0))
        fits.append(made)
    hypothesis = _hypothesis(record, "when it is added alone")
    return _changes("added", record, fits, rows, (tuple(name for name, _ in added), test, hypothesis, spread.law))


def _coefficients_of(form: Form, columns: IntArray) -> FloatArray:
    """Return the flat coefficients of some columns as functions."""
    return np.eye(form.shown.n_flat)[np.isin(form.shown.columns, columns)]


def _hypothesis(record: FitRecord, given: str) -> str:
    across = " for all outcomes" if record.family.words.compares else ""
    return f"the coefficients of the term are zero{across}, {given}"


def _changes(
    what: str,
    record: FitRecord,
    fits: Sequence[FitRecord | None],
    rows: list[tuple[float, int]],
    words: tuple[tuple[str, ...], str, str, Law | tuple[Law, ...]],
) -> TermChanges:
    """Return the tests with the deviance and the AIC of the models that were fitted."""
    labels, test, hypothesis, law = words
    tests = chi_square_tests("term", labels, rows, test, hypothesis, law)
    deviance, aic = np.full(len(labels) + 1, np.nan), np.full(len(labels) + 1, np.nan)
    for k, one in enumerate(fits if record.has_likelihood else ()):
        if one is not None:
            deviance[k], aic[k] = one.deviance, fit_statistics(one).aic
    tests = replace(tests_of_fit(tests, record), across=record.family.words.compares)
    return TermChanges(what, tests, deviance, aic)


def _coding_of(record: FitRecord) -> FactorCoding:
    """Return how the fit coded factors whose coding its formula does not state."""
    return "treatment" if record.is_penalised else record.conventions.factors
