r"""Tests across outcomes: of a term, and of whether two outcomes can be combined.

*Of a term*: its coefficients are zero for all outcomes, the others in the model; by Wald, or by likelihood ratio with
the model fitted without it.

*Of combining outcomes a and b*: :math:`\beta_{aj} = \beta_{bj}` for all columns but the intercept, so that X does not
tell the two apart (Cramer and Ridder 1991); by Wald, or by likelihood ratio with the model fitted under it.

References
----------
Cramer, J. S. and Ridder, G. (1991) Pooling states in the multinomial logit model. Journal of Econometrics 47, 267-272.
Long, J. S. and Freese, J. (2014) Regression Models for Categorical Dependent Variables Using Stata, section 8.4.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import get_args

import numpy as np
from scipy.special import chdtrc

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.fit import fit_design
from logitkit.engine.null import null_loss
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.functions import determined_functions, function_sides
from logitkit.inference.penalised import require_likelihood
from logitkit.inference.ratios import contrast_functions
from logitkit.inference.term_tests import (
    ChiSquareTests,
    TestKind,
    chi_square_tests,
    each_term,
    not_aliased,
    wald_of_finite,
    wald_of_functions,
)
from logitkit.inference.wald import OVERALL_MOST, but_for_constant
from logitkit.models.form import outcomes_form
from logitkit.models.predictors import full_predictors
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["combine_tests", "overall_outcome_test", "term_tests"]


def term_tests(record: FitRecord, design: Design | None, test: TestKind = "lr") -> ChiSquareTests:
    """Test each term across all outcomes.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows, which the likelihood ratio needs.
    test : {'lr', 'wald'}
        How.

    Returns
    -------
    ChiSquareTests
        A row a term but the intercept, each given all other terms.

    Raises
    ------
    UnsupportedError
        After a penalty; by likelihood ratio with sampling weights or clusters.

    Examples
    --------
    Of a model with one term, the test is that of the whole model:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> bool(np.isclose(term_tests(fit.record, fit.design).statistic[0], fit.null_deviance - fit.deviance))
    True
    """
    _require(record, design, test)
    hypothesis = "the coefficients of the term are zero for all outcomes, given the other terms"

    def by_ratio(columns: IntArray) -> tuple[float, int]:
        assert design is not None
        if columns.size == len(record.info.names):
            return _to_nothing(record, design)
        return _ratio(record, _without(record, design, columns), _of_columns(record, columns))

    by_wald = partial(wald_of_functions, record)
    of_term = by_ratio if test == "lr" else lambda columns: by_wald(_of_columns(record, columns))
    return each_term(record, of_term, test, hypothesis)


def combine_tests(record: FitRecord, design: Design | None, test: TestKind = "wald") -> ChiSquareTests:
    """Test for each pair of outcomes whether they can be combined.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows, which the likelihood ratio needs.
    test : {'wald', 'lr'}
        How.

    Returns
    -------
    ChiSquareTests
        A row a pair.

    Raises
    ------
    UnsupportedError
        After a penalty, and for a model whose predictors differ by outcome; by likelihood ratio with sampling weights
        or clusters.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> combine_tests(fit.record, fit.design).labels
    ('a & b', 'a & c', 'b & c')
    """
    _require(record, design, test)
    if record.restricted:
        raise UnsupportedError("Outcomes whose predictors differ cannot be tested for being combined.")
    columns = np.array([j for j, name in enumerate(record.info.names) if name != INTERCEPT], dtype=np.int64)
    rows, labels = [], []
    for a in range(len(record.outcomes)):
        for b in range(a + 1, len(record.outcomes)):
            labels.append(f"{record.outcomes[a]} & {record.outcomes[b]}")
            functions = contrast_functions(record, a, b, columns)
            if test == "wald":
                rows.append(wald_of_functions(record, functions))
            else:
                assert design is not None
                rows.append(_ratio(record, _combined(record, design, a, b), functions))
    hypothesis = "all coefficients but the intercepts are equal for the two"
    found = chi_square_tests("outcomes", tuple(labels), rows, test, hypothesis)
    return replace(found, n_clusters=record.covariance.n_clusters)


def overall_outcome_test(record: FitRecord) -> tuple[float, int, float]:
    """Test by Wald that no column but the intercept tells the outcomes apart, what is not finite left out.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    statistic : float
        Chi-square statistic; nan where there is nothing to test, the covariance lacks the rank, or there are more than
        ``OVERALL_MOST`` coefficients.
    dof : int
        Degrees of freedom; 0 where there is nothing that can be tested.
    p_value : float
        Upper tail probability.

    Raises
    ------
    UnsupportedError
        After a penalty.

    Examples
    --------
    In symmetric form it is what it is against a reference:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> one, other = (lk.multinomial("y ~ x", data, reference=r).record for r in ("a", None))
    >>> bool(np.isclose(overall_outcome_test(one)[0], overall_outcome_test(other)[0]))
    True
    """
    require_likelihood(record, "test")
    columns = np.array([j for j, name in enumerate(record.info.names) if name != INTERCEPT], dtype=np.int64)
    functions = _of_columns(record, columns)
    if record.info.constant is not None:
        ends = np.split(functions, record.family.n_outcomes - 1)  # a block per outcome, of all columns that are kept
        kept = np.setdiff1d(columns, [j % len(record.info.names) for j in record.aliased]).astype(np.int64)
        functions = np.vstack([but_for_constant(record.info.constant[kept]) @ block for block in ends])
    functions = functions[function_sides(record, functions) == 0.0]
    functions = functions[(record.coordinates.jacobian(functions) != 0.0).any(axis=1)]
    if not len(functions):
        return np.nan, 0, np.nan
    if len(functions) > OVERALL_MOST:
        return np.nan, len(functions), np.nan
    statistic, dof = wald_of_finite(record, functions)
    return statistic, dof, np.nan if np.isnan(statistic) else float(chdtrc(dof, statistic))


def _require(record: FitRecord, design: Design | None, test: str) -> None:
    require_likelihood(record, "test" if test == "wald" else "lr_test")
    require_choice("test", test, get_args(TestKind))
    if test == "lr" and not record.has_likelihood:
        raise UnsupportedError(f"A likelihood-ratio test is not valid with {record.covariance.label}; use test='wald'.")
    if test == "lr" and design is None:
        raise DataError("A loaded model holds no rows, which the likelihood ratio needs; use test='wald'.")


def _of_columns(record: FitRecord, columns: IntArray) -> FloatArray:
    """Return the coefficients of some columns, of all outcomes against the first with a predictor or the reference."""
    base = 0 if record.reference is None else record.reference
    others = [k for k in range(record.family.n_outcomes) if k != base]
    functions = np.vstack([contrast_functions(record, k, base, columns) for k in others])
    aliased = np.zeros(record.predictors.n_flat, dtype=bool)
    aliased[record.aliased] = True
    if record.absent is not None:
        aliased |= record.absent
    return np.asarray(functions[~(functions[:, aliased] != 0.0).any(axis=1)])


def _to_nothing(record: FitRecord, design: Design) -> tuple[float, int]:
    """Return the test against the model without coefficients, whose logits are the offsets."""
    loss = null_loss(design.response, False, record.family)
    return max(2.0 * (loss - (record.log_constant - record.loglik)), 0.0), record.n_params


def _ratio(record: FitRecord, smaller: FitRecord, functions: FloatArray) -> tuple[float, int]:
    """Return the statistic and its degrees of freedom: the functions that are zero in the smaller model.

    Those that the data do not determine are none: the likelihood has the same supremum with them and without.
    """
    dof = record.n_params - smaller.n_params
    if not smaller.converged:
        return np.nan, 0
    if record.separated_completely:  # the statistic would be the smaller model's deviance, whatever the larger has
        return np.nan, max(dof, 0)
    if record.limit is not None:
        tested = not_aliased(record, functions)
        if _rank(record, tested) != dof:  # other columns stand in for an aliased one
            return np.nan, 0
        dof = _rank(record, determined_functions(record, tested))
    return max(smaller.deviance - record.deviance, 0.0), dof


def _rank(record: FitRecord, functions: FloatArray) -> int:
    return int(np.linalg.matrix_rank(record.coordinates.jacobian(functions))) if len(functions) else 0


def _of_some_columns(design: Design, keep: IntArray) -> Design:
    """Return the design with some of its columns."""
    info, place = design.info, {int(j): k for k, j in enumerate(keep)}
    terms = tuple(replace(term, columns=tuple(place[j] for j in term.columns if j in place)) for term in info.terms)
    return replace(
        design,
        matrix=design.matrix.columns(keep),
        info=replace(
            info, names=tuple(info.names[j] for j in keep), terms=tuple(term for term in terms if term.columns)
        ),
    )


def _without(record: FitRecord, design: Design, columns: IntArray) -> FitRecord:
    """Return the model without some columns, at least one of which is left."""
    keep = np.setdiff1d(np.arange(len(record.info.names)), columns)
    predictors = full_predictors(record.family.n_outcomes, keep.size, record.reference or 0)
    if record.restricted:
        assert isinstance(record.coordinates, Coordinates)
        assert record.coordinates.transform is not None
        basis = record.coordinates.transform.reshape(record.predictors.active.size, -1, record.inner_coef.size)[:, keep]
        basis = basis.reshape(-1, record.inner_coef.size)
        predictors = replace(predictors, basis=basis[:, (basis != 0.0).any(axis=0)])
    return fit_design(
        _of_some_columns(design, keep), outcomes_form(predictors, record.reference or 0, record.outcomes), Newton()
    )


def _combined(record: FitRecord, design: Design, first: int, second: int) -> FitRecord:
    """Return the model in which two outcomes have the same coefficients but for the intercept."""
    # A restricted model is solved on its columns as they are, which must be independent.
    part = _of_some_columns(design, np.setdiff1d(np.arange(len(record.info.names)), record.aliased))
    names = part.info.names
    predictors = full_predictors(
        record.family.n_outcomes, len(names), first
    )  # then those of the second outcome are zero
    kept = np.ones((predictors.active.size, len(names)), dtype=bool)
    kept[int(np.searchsorted(predictors.active, second))] = [name == INTERCEPT for name in names]
    basis = np.eye(kept.size)[:, kept.reshape(-1)]
    return fit_design(part, outcomes_form(replace(predictors, basis=basis), first, record.outcomes), Newton())
