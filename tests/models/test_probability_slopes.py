"""Derivatives of the probabilities by the linear predictors, against central differences of the probabilities."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.models.binomial import Binomial
from logitkit.models.cumulative import Cumulative
from logitkit.models.links import LINKS
from logitkit.models.multinomial import Multinomial

STEP = 1e-5  # differences are off by their square times third derivatives, and by rounding over it
DIFFERENCES = 1e-8
RNG = np.random.default_rng(5)
FAMILIES = {
    **{f"binomial {name}": (Binomial(link), -np.abs(RNG.normal(size=(1, 40))) - 0.1) for name, link in LINKS.items()},
    "binomial logit above": (Binomial(), RNG.normal(size=(1, 40)) + 2.0),
    "binomial probit above": (Binomial(LINKS["probit"]), RNG.normal(size=(1, 40)) + 2.0),
    "multinomial": (Multinomial(4), RNG.normal(size=(4, 40))),
    **{
        f"cumulative {name}": (Cumulative(4, LINKS[name]), np.sort(2.0 * RNG.normal(size=(3, 40)), axis=0))
        for name in ("logit", "probit", "cloglog")
    },
}


@pytest.mark.parametrize("name", FAMILIES)
def test_slopes_and_curvatures_are_differences(name):
    family, eta = FAMILIES[name]
    slopes, steps = family.probability_slopes(eta), STEP * np.eye(len(eta))[:, :, None]
    found = [(family.probabilities(eta + h) - family.probabilities(eta - h)) / (2 * STEP) for h in steps]
    assert_allclose(slopes, np.stack(found, axis=1), atol=DIFFERENCES)
    direction = RNG.normal(size=eta.shape)

    def along(at):
        return np.einsum("kmn,mn->kn", family.probability_slopes(at), direction)

    found = [(along(eta + h) - along(eta - h)) / (2 * STEP) for h in steps]
    assert_allclose(family.probability_curvatures(eta, direction), np.stack(found, axis=1), atol=DIFFERENCES)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit"])
def test_at_the_limits_nothing_changes(link):
    family, eta = Binomial(LINKS[link]), np.array([[-np.inf, np.inf]])
    assert not family.probability_slopes(eta).any()
    assert not family.probability_curvatures(eta, np.ones((1, 2))).any()


def test_an_outcome_that_cannot_occur_does_not_change():
    eta = np.array([[0.3], [-np.inf], [0.0]])
    slopes, family = Multinomial(3).probability_slopes(eta), Binomial()
    assert not slopes[1].any()
    assert_allclose(slopes[0, 0], family.variance(np.array([0.3])), rtol=1e-12)
