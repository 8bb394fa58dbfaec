"""Residuals against R, and at the limits of a separated fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.design.ready import ready_design
from logitkit.design.rebuild import rebuild_design
from logitkit.diagnostics.residuals.kinds import residuals
from logitkit.engine.fit import fit_design
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import UnsupportedError
from logitkit.models.binomial import Binomial
from references.load import rows_of
from tolerances import EXACT, REFERENCE, ROUTE

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
KINDS = ["response", "pearson", "deviance", "working"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MODELS)
def test_agree_with_r(fitted, name, kind):
    case = fitted(name)
    expected = rows_of(case.reference)["residuals"][kind]
    assert_allclose(residuals(case.record, case.design, kind), expected, rtol=REFERENCE, atol=REFERENCE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_saturated_table_leaves_none(fitted, kind):
    case = fitted("esoph_saturated")
    # A deviance is a difference of losses: its root is accurate to the root of the rounding only.
    assert_allclose(residuals(case.record, case.design, kind), 0.0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_at_the_limit_of_a_separated_fit(fitted, kind):
    case = fitted("endometrial")
    separation = case.reference["separation"]
    found = residuals(case.record, case.design, kind)
    expected = case.reference["fit"]["residuals"][kind]
    assert_allclose(found[separation["overlap_rows"]], expected, rtol=REFERENCE, atol=REFERENCE)
    # All separated rows are events: (y - mu) / (mu (1 - mu)) tends to 1, the others to 0.
    limit = 1.0 if kind == "working" else 0.0
    assert_array_equal(found[separation["separated_rows"]], limit)


def test_a_new_row_that_contradicts_its_limit_is_infinitely_far(fit_formula):
    record, _ = fit_formula("y ~ x", {"x": [0, 0, 0, 1, 1], "y": [0, 1, 0, 1, 1]})
    design = rebuild_design(record.info, {"x": [1, 1], "y": [0, 1]})
    assert_array_equal(residuals(record, design, "response"), [-1.0, 0.0])
    assert_array_equal(residuals(record, design, "pearson"), [-np.inf, 0.0])
    assert_array_equal(residuals(record, design, "deviance"), [-np.inf, 0.0])
    assert_array_equal(residuals(record, design, "working"), [-np.inf, 1.0])


def test_an_undetermined_row_has_none(fit_formula):
    table = {"a": [0, 0, 1, 0], "b": [0, 0, 0, 1], "y": [0, 1, 1, 1]}
    record, _ = fit_formula("y ~ a + b", table)
    # Both coefficients run to infinity, on their own speeds: a - b has no limit.
    design = rebuild_design(record.info, {"a": [1, 0], "b": [-1, 0], "y": [1, 1]})
    assert_array_equal(np.isnan(residuals(record, design, "pearson")), [True, False])


@pytest.mark.parametrize("eta", [40.0, 300.0])
@pytest.mark.parametrize("kind", ["pearson", "deviance", "working"])
def test_stay_accurate_far_out(kind, eta):
    """With 1 - mu = 1 / (1 + e^eta) written out, where mu itself rounds to 1."""
    steep = ready_design(np.array([[eta], [-eta], [1.0]]), [1, 1, 0], names=["x"])
    record = fit_design(
        ready_design(np.ones((4, 1)), [0, 1, 1, 1], names=["x"]), Binomial(), Newton()
    )  # coefficient log 3
    scaled = eta * np.log(3.0)
    expected = {
        "pearson": [np.exp(-scaled / 2), np.exp(scaled / 2)],
        "deviance": [np.sqrt(2 * np.exp(-scaled)), np.sqrt(2 * scaled)],
        "working": [1.0, np.exp(scaled)],
    }[kind]
    # The coefficient's own rounding is multiplied by eta.
    assert_allclose(residuals(record, steep, kind)[:2], expected, rtol=ROUTE)


@pytest.mark.parametrize("kind", ["pearson", "deviance"])
def test_a_precision_weight_multiplies_the_square(fitted, kind):
    case = fitted("lbw_precision")
    plain = replace(case.design, response=type(case.design.response)(case.design.response.y))
    weights = case.design.response.weights
    assert_allclose(
        residuals(case.record, case.design, kind) ** 2,
        weights * residuals(case.record, plain, kind) ** 2,
        rtol=EXACT,
    )


def test_another_kind_is_refused(fitted):
    case = fitted("lbw")
    with pytest.raises(UnsupportedError, match="Did you mean 'pearson'"):
        residuals(case.record, case.design, "person")
