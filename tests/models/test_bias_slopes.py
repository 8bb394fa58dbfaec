"""Derivatives of the expected information, and what the first-order bias is made of, by finite differences."""

import numpy as np
import pytest

from logitkit.models.binomial import Binomial
from logitkit.models.cumulative import Cumulative
from logitkit.models.links import LINKS
from logitkit.models.multinomial import Multinomial

STEP, WIDE = 1e-6, 1e-4
ROWS = 20
FAMILIES = {
    **{f"binomial {name}": Binomial(link) for name, link in LINKS.items()},
    **{f"cumulative {name}": Cumulative(4, link) for name, link in LINKS.items() if link.rises_to_one},
    "multinomial": Multinomial(4),
}


def problem(family):
    """Linear predictors of some rows, and a symmetric matrix for each."""
    rng = np.random.default_rng(1)
    m = family.intercepts(None).size
    eta = np.sort(rng.normal(size=(m, ROWS)), axis=0) + 0.3 * np.arange(m)[:, None]
    if family.is_bounded:
        eta = -np.abs(eta) - 0.1
    between = rng.normal(size=(m, m, ROWS))
    return eta, between + between.transpose(1, 0, 2)


def along(m, place, size):
    """A step of one predictor."""
    out = np.zeros((m, 1))
    out[place] = size
    return out


@pytest.mark.parametrize("name", FAMILIES)
def test_curvature_slopes_are_derivatives_of_the_expected_curvatures(name):
    family = FAMILIES[name]
    eta, between = problem(family)
    steps = [along(len(eta), c, STEP) for c in range(len(eta))]
    change = np.stack([family.curvatures(eta + step) - family.curvatures(eta - step) for step in steps]) / (2 * STEP)
    expected = np.einsum("abn,cabn->cn", between, change)
    np.testing.assert_allclose(family.curvature_slopes(eta, between), expected, rtol=1e-6, atol=1e-6)  # differences


@pytest.mark.parametrize("name", FAMILIES)
def test_bias_slopes_are_made_of_derivatives_of_the_probabilities(name):
    family = FAMILIES[name]
    eta, between = problem(family)
    m = len(eta)
    steps = [along(m, c, WIDE) for c in range(m)]
    p = family.probabilities
    first = np.stack([p(eta + step) - p(eta - step) for step in steps], axis=1) / (2 * WIDE)
    second = np.empty((family.n_outcomes, m, m, ROWS))
    for a, one in enumerate(steps):
        for b, other in enumerate(steps):
            second[:, a, b] = p(eta + one + other) - p(eta + one - other) - p(eta - one + other) + p(eta - one - other)
    second /= 4 * WIDE**2
    expected = np.einsum("abn,kabn,kcn,kn->cn", between, second, first, 1.0 / p(eta))
    np.testing.assert_allclose(family.bias_slopes(eta, between), expected, rtol=1e-5, atol=1e-5)  # second differences


@pytest.mark.parametrize("link", [link for link in LINKS.values() if link.rises_to_one], ids=lambda link: link.name)
def test_far_out_the_slopes_of_a_link_are_finite(link):
    eta = np.array([-700.0, -40.0, -8.0, 8.0, 40.0])
    assert np.isfinite(link.curvature_slope(eta)).all()
    assert np.isfinite(link.bias_slope(eta)).all()
