"""Information criteria by enumeration, and as a fit has them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError
from logitkit.selection.criteria import aic, bic, ebic
from tolerances import EXACT


def test_criteria_are_those_of_a_fit():
    fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    lost = np.array([-2.0 * fit.loglik])
    assert_allclose(aic(lost, np.array([3.0])), fit.aic, rtol=EXACT)
    assert_allclose(bic(lost, np.array([3.0]), 189), fit.bic, rtol=EXACT)


def test_ebic_counts_the_models_of_each_size():
    deviance, chosen, n, p = np.linspace(90.0, 60.0, 5), np.arange(5.0), 200, 4
    for gamma in (0.0, 0.5, 1.0):
        expected = [
            d + (k + 2) * math.log(n) + 2 * gamma * math.log(math.comb(p, int(k)))
            for d, k in zip(deviance, chosen, strict=True)
        ]
        found = ebic(deviance, chosen + 2, n, p, n_always=2, gamma=gamma)
        assert_allclose(found, expected, rtol=EXACT)
    assert_allclose(ebic(deviance, chosen + 2, n, p, n_always=2, gamma=0.0), bic(deviance, chosen + 2, n), rtol=EXACT)


def test_ebic_of_many_columns_keeps_its_digits():
    found = ebic(np.zeros(1), np.array([21.0]), 100, 50_000, n_always=1)
    expected = 21 * math.log(100) + 2 * math.log(math.comb(50_000, 20))
    # log-gamma at 5e4 is 5e5, so that differences keep about 5e5 / 3e2 times a unit of rounding less
    assert_allclose(found, expected, rtol=EXACT)


def test_degrees_of_freedom_between_whole_numbers_lie_between():
    low, mid, high = (ebic(np.zeros(1), np.array([k]), 2.0, 10)[0] for k in (2.0, 2.5, 3.0))
    assert low < mid < high


def test_bad_input_is_refused():
    with pytest.raises(DataError, match=r"gamma=1\.5"):
        ebic(np.zeros(1), np.ones(1), 10, 3, gamma=1.5)
    with pytest.raises(DataError, match="4 degrees of freedom are selected from 3"):
        ebic(np.zeros(1), np.array([5.0]), 10, 3, n_always=1)
    with pytest.raises(DataError, match="positive number"):
        bic(np.zeros(1), np.ones(1), 0)
