"""Tails and quantiles against scipy, in both tails, and against mpmath at 60 digits where scipy has fewer."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import chdtrc, ndtr, ndtri

from logitkit.numerics.tails import DOF_MOST, chi_square_tail, normal_half_width, normal_tail

ROUNDED = 4e-16  # a result of few operations
#: mpmath's sqrt(2) * erfinv(level), at 60 digits.
HALF_WIDTHS = {
    1e-300: 1.2533141373155003e-300,
    1e-12: 1.2533141373155002e-12,
    0.3: 0.38532046640756761,
    0.5: 0.67448975019608174,
    0.95: 1.9599639845400539,
    0.999999: 4.8916384756929318,
    1.0 - 2.0**-53: 8.2923610758135955,
}


def test_a_normal_tail_is_scipys_to_what_rounding_its_argument_costs():
    z = np.concatenate([np.linspace(-10.0, 37.5, 96), [1e-9, np.inf, -np.inf]])
    # Half an ulp of z times the logarithm's derivative, which is about z, of each.
    assert_allclose(normal_tail(z), ndtr(-z), rtol=2.5e-16 * 37.5**2)
    assert_allclose(normal_tail(z[z < 3.0]), ndtr(-z[z < 3.0]), rtol=1e-14)
    assert np.isnan(normal_tail(math.nan))
    assert normal_tail(z.reshape(3, 33)).shape == (3, 33)


@pytest.mark.parametrize("level", HALF_WIDTHS)
def test_half_widths_have_all_digits(level):
    assert_allclose(normal_half_width(level), HALF_WIDTHS[level], rtol=ROUNDED)


def test_half_widths_are_scipys_quantiles():
    levels = np.linspace(0.01, 0.9999, 97)
    assert_allclose([normal_half_width(each) for each in levels], -ndtri(0.5 * (1.0 - levels)), rtol=5e-15)


@pytest.mark.parametrize("dof", [1, 2, 3, 4, 7, 10, 25, 50, 99, 100, DOF_MOST - 1, DOF_MOST])
def test_a_chi_square_tail_is_scipys(dof):
    x = np.concatenate([[0.0, 1e-300, 1e-8], dof * np.linspace(0.05, 4.0, 40), [500.0, 700.0, 1000.0, 1400.0]])
    expected = chdtrc(dof, x)
    x, expected = x[expected > 1e-300], expected[expected > 1e-300]
    assert_allclose(chi_square_tail(x, dof), expected, rtol=2e-13)  # scipy's own error is 9e-14
    assert np.all(chi_square_tail(x, dof) <= 1.0)


@pytest.mark.parametrize("dof", [1, 2, 10, 99, 150, DOF_MOST])
def test_a_chi_square_tail_far_beyond_all_numbers_is_zero(dof):
    x = np.array([2500.0, 2800.0, 2970.0, 2990.0, 1e4, 97_900.0, 2e5, 1e9, 1e80, 1e308])
    assert_array_equal(chi_square_tail(x, dof), np.zeros(10))
    assert_array_equal(chdtrc(dof, x), np.zeros(10))


def test_chi_square_tails_of_what_is_no_number_or_below_zero():
    assert_array_equal(chi_square_tail([-1.0, 0.0, np.inf, np.nan, 1e6], 3), [1.0, 1.0, 0.0, np.nan, 0.0])
    assert_array_equal(chi_square_tail([-1.0, 0.0, np.inf, np.nan, 1e6], 2), [1.0, 1.0, 0.0, np.nan, 0.0])


def test_other_degrees_of_freedom_are_left_to_scipy():
    dof, x = np.array([0.7, 2.5, 4.0, DOF_MOST + 1.0]), np.array([1.0, 2.0, 3.0, 190.0])
    assert_array_equal(chi_square_tail(x, dof), chdtrc(dof, x))
    assert chi_square_tail(x[:, None], [1, 2]).shape == (4, 2)


def test_two_degrees_of_freedom_are_an_exponential_and_one_is_a_squared_normal():
    x = np.array([0.1, 1.0, 10.0, 100.0])
    assert_allclose(chi_square_tail(x, 2), np.exp(-0.5 * x), rtol=ROUNDED)
    assert_allclose(chi_square_tail(x**2, 1), 2.0 * normal_tail(x), rtol=2.5e-16 * 100.0**2)
