"""Links by name: the way there and back, log odds, and what each says of itself."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.models.links import LINKS, Link
from logitkit.numerics.kernels import links as kernel
from logitkit.numerics.kernels.binomial_values import logit_mean
from oracles.likelihood import central_difference
from tolerances import EXACT

EVERY = list(LINKS.values())
NAMES = list(LINKS)


@pytest.mark.parametrize("link", EVERY, ids=NAMES)
def test_the_link_takes_the_mean_back_to_the_linear_predictor(link: Link) -> None:
    eta = np.array([-20.0, -3.0, -1.1, -0.4, -0.01])
    eta = eta if link.name == "log" else np.append(eta[1:], [0.0, 0.02, 0.7, 1.3])
    assert_allclose(link.link(link.inverse(eta)), eta, rtol=1e-12, atol=EXACT)
    mean = np.array([1e-12, 0.02, 0.5, 0.9])
    assert_allclose(link.inverse(link.link(mean)), mean, rtol=1e-12)
    assert_allclose(link.inverse(eta) + link.complement(eta), 1.0, rtol=EXACT)
    assert link.inverse(eta.reshape(-1, 1)).shape == (eta.size, 1)


@pytest.mark.parametrize("link", EVERY, ids=NAMES)
def test_log_odds_and_their_slope(link: Link) -> None:
    eta = np.linspace(-4.0, -0.1, 30) if link.name == "log" else np.linspace(-2.0, 1.5, 30)
    mean = link.inverse(eta)
    assert_allclose(link.log_odds(eta), np.log(mean / (1.0 - mean)), rtol=EXACT, atol=EXACT)

    def odds(shift: np.ndarray) -> np.ndarray:
        return link.log_odds(eta + shift[0])

    slope = link.log_odds_slope(eta)
    assert_allclose(slope, central_difference(odds, np.zeros(1))[:, 0], rtol=1e-7)


def test_log_odds_far_out() -> None:
    assert_allclose(LINKS["logit"].log_odds(np.array([-800.0, 0.0, 700.0])), [-800.0, 0.0, 700.0], rtol=EXACT)
    assert_allclose(LINKS["cloglog"].log_odds(np.array([-800.0, 6.0])), [-800.0, np.exp(6.0)], rtol=EXACT)
    assert_allclose(LINKS["loglog"].log_odds(np.array([800.0, -6.0])), [800.0, -np.exp(6.0)], rtol=EXACT)
    assert_allclose(LINKS["cauchit"].log_odds(np.array([-1e8])), -np.log(np.pi * 1e8), rtol=1e-9)
    assert_allclose(LINKS["logit"].log_odds_slope(np.array([-800.0, 700.0])), 1.0, rtol=EXACT)
    assert_allclose(LINKS["probit"].log_odds_slope(np.array([-800.0])), 800.0, rtol=1e-5)


def test_infinite_limits() -> None:
    for link in EVERY:
        least, most = link.link(np.array([0.0, 1.0]))
        assert least == -np.inf
        assert most == (0.0 if link.name == "log" else np.inf)


@pytest.mark.parametrize("link", EVERY, ids=NAMES)
def test_the_starting_value_is_the_link_of_the_proportion(link: Link) -> None:
    assert_allclose(link.inverse(np.array([link.start(0.3)])), 0.3, rtol=1e-12)
    for proportion in (0.0, 1.0):
        inside = link.inverse(np.array([link.start(proportion)]))[0]
        assert 0.0 < inside < 1.0


def test_the_codes_are_those_of_the_loops() -> None:
    assert [link.code for link in EVERY] == [getattr(kernel, name.upper()) for name in NAMES]
    eta = np.linspace(-30.0, 30.0, 100)
    assert np.array_equal(LINKS["logit"].inverse(eta), logit_mean(eta))


@pytest.mark.parametrize("link", EVERY, ids=NAMES)
def test_what_a_link_says_of_itself(link: Link) -> None:
    eta = np.array([-0.3, -0.2]) if link.name == "log" else np.array([-0.3, 0.4])
    if link.mirror is not None:
        assert LINKS[link.mirror].mirror == link.name
        assert_allclose(link.inverse(eta), LINKS[link.mirror].complement(-eta), rtol=EXACT)
    far = link.inverse(np.array([-800.0, 800.0]))
    assert link.rises_to_one == bool(far[0] < 1e-3 and far[1] > 1.0 - 1e-3)
    # The loss of an event and of its absence is convex exactly where the link is said to be log-concave.
    grid = np.ascontiguousarray(np.linspace(-30.0, -1e-3 if link.name == "log" else 30.0, 2001))
    tails = np.empty((8, grid.size))
    kernel.link_tails(link.code, grid, tails)
    assert link.log_concave == bool((tails[4:6] >= 0.0).all())


def test_exponentials_of_coefficients_that_have_a_name() -> None:
    x = 0.7
    logit, log, cloglog, loglog = (LINKS[name] for name in ("logit", "log", "cloglog", "loglog"))
    eta = np.array([-1.2, -1.2 + x])
    assert logit.ratio.name == "odds ratio"
    assert_allclose(np.diff(logit.log_odds(eta)), x, rtol=EXACT)
    assert log.ratio.name == "risk ratio"
    assert_allclose(np.diff(np.log(log.inverse(eta))), x, rtol=EXACT)
    # -log(1 - p) is a cumulative hazard: of the event, and of its absence with the sign turned.
    assert (cloglog.ratio.name, cloglog.ratio_of_absence) == ("hazard ratio", False)
    assert_allclose(np.diff(np.log(-np.log(cloglog.complement(eta)))), x, rtol=EXACT)
    assert (loglog.ratio.name, loglog.ratio_of_absence) == ("hazard ratio", True)
    assert_allclose(np.diff(np.log(-np.log(loglog.inverse(eta)))), -x, rtol=EXACT)
    assert LINKS["probit"].ratio is LINKS["cauchit"].ratio is None
