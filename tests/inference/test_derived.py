"""Functions of the coefficients: intervals by scale, chain rule, hypotheses, against formulas by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, logit

import logitkit as lk
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.satterthwaite import SatterthwaiteLaw
from logitkit.errors import FormulaError, UnsupportedError
from logitkit.inference.derived import Derived, derived

Z = 1.959963984540054
ROOT = np.array([[0.02, 0.0], [0.01, 0.03]])


@pytest.fixture
def two():
    return Derived(("low", "high"), np.array([0.2, 0.3]), ROOT, NORMAL, 0.95, "logit", None)


def test_probabilities_have_intervals_of_their_log_odds(two):
    found = two.estimates()
    error = np.sqrt(np.diag(ROOT @ ROOT.T))
    assert_allclose(found.std_error, error, rtol=1e-14)
    half = Z * error / (two.value * (1 - two.value))
    assert_allclose(found.low, expit(logit(two.value) - half), rtol=1e-14)
    assert_allclose(found.high, expit(logit(two.value) + half), rtol=1e-14)
    assert np.isnan(found.p_value).all()


def test_a_ratio_is_tested_against_one_on_the_log_scale(two):
    a, b = two.value
    ratio = two.mapped(("ratio",), np.array([b / a]), np.array([[-b / a**2, 1 / a]]), "log", 1.0)
    found, V = ratio.estimates(), two.vcov
    log_error = np.sqrt(V[0, 0] / a**2 + V[1, 1] / b**2 - 2 * V[0, 1] / (a * b))
    assert_allclose(found.statistic, np.log(b / a) / log_error, rtol=1e-12)
    assert_allclose(found.low, b / a * np.exp(-Z * log_error), rtol=1e-12)


def test_a_difference_is_a_hypothesis_in_words(two):
    test = two.test("high = low")
    V = two.vcov
    assert_allclose(test.statistic, 0.1**2 / (V[0, 0] + V[1, 1] - 2 * V[0, 1]), rtol=1e-12)
    assert_allclose(two.test("b2 - b1 = 0").statistic, test.statistic, rtol=1e-14)
    assert test.dof == 1


def test_degrees_of_freedom_make_it_a_t_and_an_f(two):
    few = Derived(two.names, two.value, ROOT, Law(4.0), 0.95)
    test = few.test("high = low")
    assert_allclose(test.p_value, test.estimates.p_value[0], rtol=1e-12)
    assert few.estimates().low[0] < Derived(two.names, two.value, ROOT, NORMAL, 0.95).estimates().low[0]


def test_each_function_keeps_its_own_degrees_of_freedom(two):
    ones = np.tile(np.eye(2), (4, 1, 1))
    source = SatterthwaiteLaw(bread=np.diag([0.25, 0.5]), own=ones, across=0.5 * ones)
    several = Derived(two.names, two.value, ROOT, source.of(np.array([[1.0, 0.0], [1.0, 1.0]])), 0.95)
    assert several.law.dof[0] != several.law.dof[1]
    assert_allclose(
        several.mapped(("a",), two.value[:1], np.array([[-1.0, 1.0]])).law.dof, source.of(np.eye(2)[1:]).dof
    )
    assert_allclose(several.at(np.array([1])).estimates().low, several.estimates().low[1:], rtol=1e-14)


def test_coefficients_are_functions_of_the_coefficients():
    fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    jacobian = fit.record.coordinates.jacobian(np.eye(3))
    found = derived(fit.record, fit.record.names, fit.coef.to_numpy(), jacobian)
    table = fit.tidy()
    assert_allclose(found.estimates().p_value, table["p_value"], rtol=1e-10)
    assert_allclose(found.vcov, fit.vcov, rtol=1e-10)
    assert_allclose(found.test("age = 0, lwt = 0").statistic, fit.test("age = 0, lwt = 0").statistic, rtol=1e-10)


def test_after_a_penalty_there_is_no_p_value():
    fit = lk.logit("low ~ age", lk.datasets.load_lbw(), penalty=lk.Ridge(0.1))
    found = derived(fit.record, ("age",), fit.coef.to_numpy()[1:], fit.record.coordinates.jacobian(np.eye(2)[1:]))
    assert np.isnan(found.estimates().p_value).all()


def test_bad_hypotheses_are_refused(two):
    with pytest.raises(FormulaError, match="'hihg' in"):
        two.test("hihg = low")
    with pytest.raises(FormulaError, match="contradict"):
        two.test("low = 0.1, low = 0.2")
    missing = Derived(("a", "b"), np.array([np.nan, 1.0]), ROOT, NORMAL, 0.95)
    with pytest.raises(UnsupportedError, match="a has no estimate"):
        missing.test("a = b")
    flat = Derived(("a", "b"), np.array([1.0, 1.0]), ROOT * [[1.0], [0.0]], NORMAL, 0.95)
    with pytest.raises(UnsupportedError, match="lacks the rank"):
        flat.test("a = 0, b = 1")


def test_adjusted_intervals_are_those_of_the_critical_value() -> None:
    root = np.array([[0.5, 0.0], [0.3, 0.4], [0.0, 0.0]])
    found = Derived(("a", "b", "c"), np.array([1.0, 2.0, 3.0]), root, Law(), 0.95, scale="log", null=1.0)
    plain, wide = found.estimates(), found.estimates(adjust="bonferroni")
    z = Law().quantile(1.0 - 0.05 / 2)  # of the two that have an error
    assert_allclose(np.log(wide.high[:2]), np.log([1.0, 2.0]) + z * found.std_error[:2] / [1.0, 2.0], rtol=1e-12)
    assert np.isnan(wide.low[2])
    single = found.estimates(adjust="single-step")
    assert plain.high[0] < single.high[0] < wide.high[0]


def test_what_has_no_error_has_no_test() -> None:
    found = Derived(("a", "b"), np.array([1.0, 2.0]), np.array([[0.5], [np.nan]]), Law(), 0.95)
    with pytest.raises(UnsupportedError, match="b has no standard error"):
        found.test("a = b")


@pytest.mark.parametrize("scale", ["identity", "log"])
def test_adjusted_estimates_are_those_of_a_higher_quantile(scale):
    value = np.array([1.5, 2.0, 0.8])
    found = Derived(("a", "b", "c"), value, np.diag([0.3, 0.4, 0.2]), Law(), 0.95, scale=scale, null=1.0)
    plain = found.estimates()
    three = found.estimates(adjust="bonferroni")
    assert_allclose(three.p_value, np.minimum(3 * plain.p_value, 1.0), rtol=1e-12)
    wider = found.estimates(1 - 0.05 / 3)
    assert_allclose([three.low, three.high], [wider.low, wider.high], rtol=1e-9)
    single = found.estimates(adjust="single-step")
    independent = found.estimates(0.95 ** (1 / 3))
    assert_allclose([single.low, single.high], [independent.low, independent.high], rtol=1e-7)
    assert_allclose(single.p_value, np.maximum(1 - (1 - plain.p_value) ** 3, plain.p_value), rtol=1e-7)
    holm = found.estimates(adjust="holm")
    assert_allclose([holm.low, holm.high], [plain.low, plain.high], rtol=0)
