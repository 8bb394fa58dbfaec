r"""Tests of proportional odds: whether terms with one coefficient need one per threshold.

The larger model has :math:`z'\\gamma_k` for the tested columns :math:`z` instead of :math:`z'\\beta`; the hypothesis is
:math:`\\gamma_1 = \\dots = \\gamma_{K-1}`. With g and H the gradient and the information of the larger model at the
estimates of the smaller, the score statistic is :math:`g'H^{-1}g`: it needs no larger fit, which often does not exist.
H is observed or expected information, like the standard errors of the fit; under the conventions of SAS it is observed.

References
----------
Brant, R. (1990) Assessing proportionality in the proportional odds model for ordinal logistic regression. Biometrics
46, 1171-1178. Peterson, B. and Harrell, F. E. (1990) Partial proportional odds models for ordinal response variables.
Applied Statistics 39, 205-217.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.fit import fit_design
from logitkit.engine.objective import Objective
from logitkit.engine.part_coordinates import part_coordinates
from logitkit.engine.rank import orthogonal_coordinates, solved_from
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError
from logitkit.inference.hypotheses.chi_square import ChiSquareTests, chi_square_tests, wald_of_functions
from logitkit.inference.hypotheses.nested import design_of_columns, likelihood_ratio
from logitkit.inference.verbs import require
from logitkit.models.form import Form
from logitkit.models.predictors import Part, Predictors
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["ParallelTest", "proportional_odds_test"]

ParallelTest = Literal["score", "Wald", "LR"]
OVERALL = "all terms"
SINGULAR = 1e-12  # of the largest curvature: less is rounding


def proportional_odds_test(record: FitRecord, design: Design | None, test: ParallelTest = "score") -> ChiSquareTests:
    """Test whether the slopes of a model of ordered outcomes are the same at all thresholds.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.
    test : {'score', 'Wald', 'LR'}
        Score test at the fit, or Wald or likelihood-ratio test with a fit of the larger model.

    Returns
    -------
    ChiSquareTests
        A joint test of all terms with one slope, then one row per term, with the other terms unchanged.

    Raises
    ------
    DataError
        Without the rows of the fit, and if every term is nominal.
    UnsupportedError, SeparationError
        If the fit has no likelihood, only two outcomes, or no finite estimates.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"rating": [1, 2, 3, 2, 1, 3, 3, 2, 1], "x": [1.0, 2, 3, 4, 2, 6, 5, 4, 1]}
    >>> fit = lk.ordinal("rating ~ x", data)
    >>> proportional_odds_test(fit.record, fit.design).dof.tolist()
    [1, 1]
    """
    require_choice("test", test, get_args(ParallelTest))
    require(record, "proportional_odds_test")
    if design is None:
        raise DataError("A loaded model does not hold the rows that tests of proportional odds need: fit it again.")
    names = np.array(record.info.names)
    aliased = np.zeros(names.size, dtype=bool)
    aliased[record.predictors.columns[record.aliased]] = True
    shared = [part for part in record.predictors.parts if part.n_rows == 1 and names[part.columns[0]] != INTERCEPT]
    columns = np.array([j for part in shared for j in part.columns if not aliased[j]], dtype=np.int64)
    if not columns.size:
        raise DataError("Every term already has one coefficient per threshold; there is nothing to test.")
    tested = [(OVERALL, columns)]
    for term in record.info.terms:
        own = np.intersect1d(columns, np.array(term.columns, dtype=np.int64))
        if own.size:
            tested.append((term.name, own))
    keep = np.flatnonzero(~aliased)
    design, place = design_of_columns(design, keep), np.cumsum(~aliased) - 1
    rows = [_statistic(record, design, keep, place[own], test) for _, own in tested]
    hypothesis = "the coefficients of the term are the same at all thresholds, given the other terms"
    return chi_square_tests("proportional odds", tuple(label for label, _ in tested), rows, test, hypothesis)


def _statistic(record: FitRecord, design: Design, keep: IntArray, columns: IntArray, test: str) -> tuple[float, int]:
    """Return the statistic and its degrees of freedom for columns that get a coefficient per threshold."""
    smaller = record.predictors.keep(keep)
    larger, embed = _freed(smaller, columns)
    dof = larger.n_flat - smaller.n_flat
    if test == "score":
        coef = record.coordinates.coef(record.inner_coef)
        return _score(record, design, larger, embed @ coef[np.isin(record.predictors.columns, keep)]), dof
    form = Form(record.family, larger, larger)
    fit = fit_design(design, form, Newton(), record.level)
    functions = _differences(larger, columns)
    return wald_of_functions(fit, functions) if test == "Wald" else likelihood_ratio(fit, record, functions)


def _freed(predictors: Predictors, columns: IntArray) -> tuple[Predictors, FloatArray]:
    """Return predictors with a coefficient per threshold for some columns, and their flat coefficients from the others.

    The thresholds are the first part; slopes of nominal terms have its constraint matrix, with the sign of the slopes.
    """
    thresholds, parts, rows = predictors.parts[0], [], []
    for part, places in zip(predictors.parts, predictors.places, strict=True):
        freed = np.isin(part.columns, columns) if part.n_rows == 1 and part is not thresholds else None
        for which, several in ((~freed, False), (freed, True)) if freed is not None else ((slice(None), False),):
            own = part.columns[which]
            if not own.size:
                continue
            constraint = part.constraint
            if several:
                base = thresholds.matrix(predictors.n_predictors)
                mix = np.linalg.lstsq(base, part.matrix(predictors.n_predictors), rcond=None)[0][:, 0]
                constraint = base * mix  # whose rows sum to the shared slope
            parts.append(Part(own, constraint=constraint, labels=thresholds.labels if several else part.labels))
            rows += [np.eye(predictors.n_flat)[places[:, which].reshape(-1)]] * (thresholds.n_rows if several else 1)
    return Predictors(predictors.n_predictors, predictors.n_columns, tuple(parts)), np.vstack(rows)


def _differences(predictors: Predictors, columns: IntArray) -> FloatArray:
    """Return the differences of the coefficients of some columns from those at the first threshold."""
    found = []
    for part, places in zip(predictors.parts, predictors.places, strict=True):
        for column in np.flatnonzero(np.isin(part.columns, columns)):
            own = np.eye(predictors.n_flat)[places[:, column]]
            found.append(own[1:] - own[0])
    return np.vstack(found)


def _score(record: FitRecord, design: Design, predictors: Predictors, coef: FloatArray) -> float:
    """Return the score statistic of a larger model at given flat coefficients."""
    weights, intercept = design.response.weights, design.info.intercept
    columns = part_coordinates(design.matrix, weights, intercept, predictors, orthogonal_coordinates)
    inner = solved_from(columns.transform, coef)
    family = record.family.exact if record.conventions.parallel_information == "observed" else record.family
    objective = Objective(columns.matrix(design.matrix), design.response, family, predictors=columns.inner)
    here = objective.evaluate(inner)
    assert isinstance(here.hessian, DenseHessian)
    information = here.hessian.array
    if not np.isfinite(information).all():
        return float("nan")
    # Thresholds that no row pushes have no information, and no gradient either.
    return float(here.gradient @ np.linalg.pinv(information, rcond=SINGULAR, hermitian=True) @ here.gradient)
