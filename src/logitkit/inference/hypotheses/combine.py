r"""Tests of whether two outcomes can be combined.

The hypothesis :math:`\beta_{aj} = \beta_{bj}` for all columns except the intercept says that X does not distinguish a
from b (Cramer and Ridder 1991). It is tested by a Wald test, or by a likelihood-ratio test with a fit under the
hypothesis.

References
----------
Cramer, J. S. and Ridder, G. (1991) Pooling states in the multinomial logit model. Journal of Econometrics 47, 267-272.
Long, J. S. and Freese, J. (2014) Regression Models for Categorical Dependent Variables Using Stata, section 8.4.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.fit import fit_design
from logitkit.engine.law import NORMAL
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.inference.bias.ratios import penalised_ratio
from logitkit.inference.functions import contrast_functions
from logitkit.inference.hypotheses.chi_square import (
    ChiSquareTests,
    TestKind,
    chi_square_tests,
    require_test,
    tests_of_fit,
    wald_of_functions,
)
from logitkit.inference.hypotheses.nested import likelihood_ratio
from logitkit.inference.verbs import require
from logitkit.models.form import outcomes_form
from logitkit.models.predictors import patterned_predictors

__all__ = ["combine_tests"]


def combine_tests(record: FitRecord, design: Design | None, test: TestKind = "Wald") -> ChiSquareTests:
    """Test whether each pair of outcomes can be combined.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        The rows of the fit, which the likelihood-ratio test needs.
    test : {'Wald', 'LR'}
        The kind of test.

    Returns
    -------
    ChiSquareTests
        One row per pair.

    Raises
    ------
    UnsupportedError
        After a penalty, for a model whose predictors differ by outcome, and for a likelihood-ratio test with sampling
        weights or clusters.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> combine_tests(fit.record, fit.design).labels
    ('a & b', 'a & c', 'b & c')
    """
    require_test(record, design, test)
    require(record, "combine_tests")
    columns = np.array([j for j, name in enumerate(record.info.names) if name != INTERCEPT], dtype=np.int64)
    rows, labels = [], []
    for a in range(len(record.outcomes)):
        for b in range(a + 1, len(record.outcomes)):
            labels.append(f"{record.outcomes[a]} & {record.outcomes[b]}")
            functions = contrast_functions(record, a, b, columns)
            if test == "Wald":
                rows.append(wald_of_functions(record, functions))
            else:
                assert design is not None
                if record.adjustment is not None:
                    rows.append(penalised_ratio(record, design, functions))
                    continue
                rows.append(likelihood_ratio(record, _combined(record, design, a, b), functions))
    hypothesis = "all coefficients but the intercepts are equal for the two"
    found = chi_square_tests(
        "outcomes", tuple(labels), rows, test, hypothesis, record.law if test == "Wald" else NORMAL
    )
    return tests_of_fit(found, record)


def _combined(record: FitRecord, design: Design, first: int, second: int) -> FitRecord:
    """Return the model in which two outcomes have the same coefficients but for the intercept."""
    names, m = np.array(record.info.names), record.family.n_outcomes
    kept = np.ones((m, names.size), dtype=bool)
    kept[first] = False  # the reference, and with it the second but for the intercept
    kept[second] = names == INTERCEPT
    predictors = patterned_predictors(kept, np.zeros(names.size, dtype=bool))
    return fit_design(design, outcomes_form(predictors, first, record.outcomes), Newton())
