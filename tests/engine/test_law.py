"""Reference distributions: normal, t, chi-square and F, against scipy's own."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats  # noqa: TID251 - an oracle may take its time

from logitkit.engine.law import NORMAL, Law, require_level
from logitkit.errors import DataError

POINTS = np.array([-40.0, -3.0, -0.5, 0.0, 0.5, 3.0, 40.0])


@pytest.mark.parametrize("dof", [1.0, 3.5, 30.0, np.inf])
def test_quantiles_and_tails_are_those_of_student(dof):
    law = Law(dof)
    twin = stats.norm if np.isinf(dof) else stats.t(dof)
    assert_allclose(law.quantile(0.9), twin.ppf(0.95), rtol=1e-12)
    assert_allclose(law.two_sided(POINTS), 2 * twin.sf(np.abs(POINTS)), rtol=1e-10)
    assert_allclose(law.above(POINTS), twin.sf(POINTS), rtol=1e-10)


def test_each_estimate_may_have_its_own_degrees_of_freedom():
    dof = np.array([2.0, 9.0])
    assert_allclose(Law(dof).quantile(0.95), stats.t(dof).ppf(0.975), rtol=1e-12)
    assert Law(dof).letter == "t"
    assert NORMAL.letter == "z"


def test_joint_tests_are_chi_square_or_f():
    statistic, dof = np.array([4.0, 9.0]), np.array([1, 3])
    assert_allclose(NORMAL.joint(statistic, dof), stats.chi2(dof).sf(statistic), rtol=1e-12)
    assert_allclose(Law(7.0).joint(statistic, dof), stats.f(dof, 7.0).sf(statistic / dof), rtol=1e-12)


def test_f_of_one_hypothesis_is_the_square_of_t():
    assert_allclose(Law(5.0).joint(np.array(2.5**2), np.array(1)), Law(5.0).two_sided(np.array(2.5)), rtol=1e-12)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, True, "0.95"])
def test_what_is_no_level_is_refused(level):
    with pytest.raises(DataError, match="must be a number between 0 and 1"):
        require_level(level)
