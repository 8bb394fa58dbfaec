"""Statistics are called z and chi-square, or t and F with their degrees of freedom where the covariance has some."""

from __future__ import annotations

from dataclasses import replace

import pytest

import logitkit as lk
from logitkit.engine.law import Law
from logitkit.report.cautions import few_clusters
from logitkit.results.fit import Fit


@pytest.fixture(scope="module")
def by_t() -> Fit:
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ lwt + smoke", births.assign(g=births["id"] % 12), cluster="g")
    return Fit(replace(fit.record, covariance=replace(fit.record.covariance, law=Law(11.0))), fit.design)


def test_the_summary_says_t_and_f(by_t: Fit) -> None:
    text = str(by_t.summary())
    assert "P>|t|" in text
    assert "Wald F(2, 11)" in text
    assert "chi2" not in text
    assert "P>|z|" not in text
    assert "$t$" in by_t.summary().to_latex()


def test_tests_say_f_and_print_f(by_t: Fit) -> None:
    found = by_t.test("lwt = 0, smoke = 0")
    text = str(found)
    assert "F  " in text
    assert "2, 11" in text
    assert "Chi-square" not in text
    assert f"{found.statistic / 2:.3f}" in text
    table = str(by_t.anova(test="Wald"))
    assert "1, 11" in table
    assert "Chi-square" not in table


def test_the_warning_of_few_clusters_knows_the_law(by_t: Fit) -> None:
    assert "normal" in few_clusters(12, 0.95)[0]
    assert "normal" not in few_clusters(12, 0.95, Law(11.0))[0]
    assert "11 degrees of" in str(by_t.test("lwt"))
