"""Leverage, Cook's distance and standardised residuals against R."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.design.rebuild import rebuild_design
from logitkit.diagnostics.influence import influence
from logitkit.errors import UnsupportedError
from references.load import load_frame, rows_of
from tolerances import REFERENCE, ROUTE

MODELS = [
    "credit_data",
    "esoph",
    "german_credit",
    "lbw",
    "lbw_aliased",
    "lbw_frequency",
    "lbw_interaction",
    "lbw_no_intercept",
    "lbw_offset",
    "lbw_poly",
    "lbw_precision",
    "lbw_spline",
]


def assert_agrees(found, expected, rows=slice(None)):
    standardized = expected["standardized_residuals"]
    for name, value in {
        "leverage": expected["leverage"],
        "cooks_distance": expected["cooks_distance"],
        "standardized_pearson": standardized["pearson"],
        "standardized_deviance": standardized["deviance"],
    }.items():
        assert_allclose(getattr(found, name)[rows], value, rtol=REFERENCE, atol=REFERENCE, err_msg=name)


@pytest.mark.parametrize("name", MODELS)
def test_agree_with_r(fitted, name):
    case = fitted(name)
    found = influence(case.record, case.design)
    assert_agrees(found, rows_of(case.reference))
    assert found.rank == case.reference["fit"]["rank"]
    response = case.design.response
    copies = response.prior if response.prior is not None and response.weight_kind == "frequency" else 1.0
    assert_allclose(np.sum(copies * found.leverage), found.rank, rtol=ROUTE)


def test_of_a_separated_fit_is_that_of_the_limiting_model(fitted):
    case = fitted("endometrial")
    separation = case.reference["separation"]
    found = influence(case.record, case.design)
    assert found.rank == case.reference["fit"]["rank"]
    assert_agrees(found, case.reference["fit"], separation["overlap_rows"])
    for values in (found.leverage, found.cooks_distance, found.standardized_deviance):
        assert_array_equal(values[separation["separated_rows"]], 0.0)


def test_leverage_of_1_has_no_distance(fitted):
    case = fitted("esoph_saturated")
    found = influence(case.record, case.design)
    assert_allclose(found.leverage, 1.0, rtol=ROUTE)
    assert np.isnan(found.cooks_distance).all()
    assert np.isnan(found.standardized_pearson).all()


def test_cooks_distance_is_a_newton_step_without_the_row(fitted):
    """By brute force: the step from the estimate, with the row's score and curvature taken out."""
    case = fitted("lbw")
    X, y = case.design.matrix.to_dense(), case.design.response.y
    mu = 1.0 / (1.0 + np.exp(-X @ case.record.coef))
    information = X.T @ (X * (mu * (1 - mu))[:, None])
    expected = []
    for i in range(len(y)):
        without = information - mu[i] * (1 - mu[i]) * np.outer(X[i], X[i])
        step = np.linalg.solve(without, X[i] * (y[i] - mu[i]))
        expected.append(step @ information @ step / X.shape[1])
    assert_allclose(influence(case.record, case.design).cooks_distance, expected, rtol=1e-8)  # 189 inverses


def test_rows_that_were_not_fitted_are_refused(fitted):
    case = fitted("lbw")
    other = rebuild_design(case.record.info, load_frame(case.reference).iloc[:100])
    with pytest.raises(UnsupportedError, match="rows of the fit"):
        influence(case.record, other)


def test_positions_are_those_of_the_table(fitted):
    case = fitted("credit_data")
    dropped = set(case.reference["model"]["dropped_rows"])
    found = influence(case.record, case.design).positions
    assert_array_equal(found, [i for i in range(case.reference["model"]["n_rows"]) if i not in dropped])
