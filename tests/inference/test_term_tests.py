"""Wald tests of the terms of a model of two outcomes: one function for all kinds of fits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import UnsupportedError
from logitkit.inference.term_tests import wald_term_tests
from tolerances import REFERENCE, ROUTE

FORMULA = "low ~ age + lwt + race + smoke + ptl"
# R 4.2, car::Anova(glm(..., binomial, control = glm.control(epsilon = 1e-14)), type = 3, test.statistic = "Wald")$Chisq
CAR = [0.85663400850, 2.78086797711, 7.30282437626, 5.70192651376, 3.74704152218]


def test_statistics_are_those_of_car() -> None:
    found = wald_term_tests(lk.logit(FORMULA, lk.datasets.load_lbw()).record)
    assert found.labels == ("age", "lwt", "race", "smoke", "ptl")
    assert found.dof.tolist() == [1, 1, 2, 1, 1]
    assert_allclose(found.statistic, CAR, rtol=REFERENCE)


@pytest.mark.parametrize("options", [{"cluster": "group"}, {"absorb": "group"}, {"weights": "ftv1"}])
def test_they_are_those_that_the_fit_makes_one_by_one(options: dict[str, str]) -> None:
    births = lk.datasets.load_lbw()
    births["group"], births["ftv1"] = np.arange(len(births)) % 40, births["ftv"] + 1
    fit = lk.logit("low ~ age + race + smoke", births, **options)
    found = wald_term_tests(fit.record)
    for label, statistic, p in zip(found.labels, found.statistic, found.p_value, strict=True):
        one = fit.test(label)
        assert_allclose([statistic, p], [one.statistic, one.p_value], rtol=ROUTE)


def test_what_is_infinite_or_aliased_has_no_statistic() -> None:
    births = lk.datasets.load_lbw()
    births["lwt2"] = 2 * births["lwt"]
    found = wald_term_tests(lk.logit("low ~ lwt + lwt2 + C(ftv)", births).record)
    by_term = dict(zip(found.labels, zip(found.statistic, found.dof, strict=True), strict=True))
    assert np.isfinite(by_term["lwt"][0])
    assert by_term["lwt2"][1] == 0
    assert np.isnan([by_term["lwt2"][0], by_term["C(ftv)"][0]]).all()  # no birth of low weight after six visits


def test_a_penalty_leaves_no_test() -> None:
    fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw(), penalty=lk.Ridge(0.1))
    with pytest.raises(UnsupportedError):
        wald_term_tests(fit.record)
