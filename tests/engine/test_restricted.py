"""Restricted objectives: against an elimination by hand, and against fits without the columns."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.engine.restricted import Restricted
from logitkit.engine.solvers.newton import Newton
from logitkit.inference.likelihood import likelihood_of


@pytest.fixture(scope="module")
def births():
    return lk.datasets.load_lbw()


FITS = {
    "binary": lambda data: lk.logit("low ~ age + lwt + C(race)", data),
    "several": lambda data: lk.multinomial("race ~ age + lwt + smoke", data),
    "ordered": lambda data: lk.ordinal("ftv ~ age + lwt", data.assign(ftv=data.ftv.clip(upper=2))),
}


@pytest.mark.parametrize("kind", FITS)
def test_a_coefficient_held_at_zero_gives_the_fit_without_it(births, kind):
    fit = FITS[kind](births)
    likelihood = likelihood_of(fit.record, fit.design)
    places = np.flatnonzero(np.array(fit.record.predictors.columns) == fit.record.info.names.index("lwt"))
    functions = likelihood.functions(np.eye(fit.record.coef.size)[places])
    restricted = Restricted.by(likelihood.objective(), functions, np.zeros(len(places)), likelihood.coef)
    found = Newton().solve(restricted, np.zeros(restricted.n_params))
    smaller = fit.anova().statistic[fit.anova().labels.index("lwt")]
    assert_allclose(2 * (found.evaluation.value + fit.loglik), smaller, rtol=1e-8)
    assert_allclose(functions @ restricted.whole(found.coef), 0.0, atol=1e-10)


def test_values_other_than_zero_are_an_offset(births):
    fit = lk.logit("low ~ age + lwt", births)
    likelihood = likelihood_of(fit.record, fit.design)
    functions = likelihood.functions(np.array([[0.0, 1.0, 0.0]]))
    restricted = Restricted.by(likelihood.objective(), functions, np.array([-0.1]), likelihood.coef)
    found = Newton().solve(restricted, np.zeros(2))
    offset = lk.logit("low ~ lwt", births.assign(o=-0.1 * births.age), offset="o")
    assert_allclose(likelihood.flat(restricted.whole(found.coef))[[0, 2]], offset.coef, rtol=1e-8)
    assert_allclose(found.evaluation.value, -offset.loglik, rtol=1e-12)


def test_derivatives_are_those_along_the_set(births):
    fit = lk.logit("low ~ age + lwt", births)
    likelihood = likelihood_of(fit.record, fit.design)
    restricted = Restricted.by(likelihood.objective(), np.array([[1.0, 2.0, -1.0]]), np.array([0.3]))
    at, step = np.array([0.1, -0.2]), 1e-5
    here = restricted.evaluate(at)
    for k, unit in enumerate(np.eye(2)):
        ahead, behind = restricted.evaluate(at + step * unit), restricted.evaluate(at - step * unit)
        assert_allclose((ahead.value - behind.value) / (2 * step), here.gradient[k], rtol=1e-6)
        # Gradients of some hundreds are differenced over 1e-5, which leaves 1e-8 of rounding.
        assert_allclose((ahead.gradient - behind.gradient) / (2 * step), here.hessian.array[k], rtol=1e-5, atol=1e-7)
