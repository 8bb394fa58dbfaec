"""Tests of terms on rows that are read in chunks are those in memory, and hold no number per row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.tolerances import REFERENCE, ROUTE

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError

pytestmark = pytest.mark.usefixtures("chunks_of_64")

PROBIT = lk.Binary(link="probit", information="observed")
BY_FIRM = {"cluster": "firm", "dof": "normal"}  # Satterthwaite's degrees of freedom ask for room
FITS: dict[str, tuple[str, dict[str, Any], dict[str, Any] | None]] = {
    "plain": ("y ~ x + z + C(g)", {}, None),
    "frequency weights": ("y ~ x + z", {"weights": "w"}, None),
    "offset": ("y ~ x + C(g)", {"offset": "shift"}, None),
    "aliased": ("y ~ x + z + I(2 * x + 1)", {}, None),
    "no intercept": ("y ~ 0 + x", {"offset": "shift"}, None),
    "sampling weights": ("y ~ x + z", {"weights": "v", "weight_kind": "sampling"}, None),
    "clusters": ("y ~ x + z", {"cluster": "firm"}, None),
    "HC3": ("y ~ x + z", {}, {"kind": "HC3"}),
    "crossed": ("y ~ x + z", {}, {"kind": "cluster", "cluster": ["firm", "year"]}),
    "CR1": ("y ~ x + z", {}, {"kind": "CR1"} | BY_FIRM),
    "CR2": ("y ~ x + z", {"weights": "w"}, {"kind": "CR2"} | BY_FIRM),
    "CR3": ("y ~ x + z", {"model": PROBIT}, {"kind": "CR3"} | BY_FIRM),
    "several": ("o ~ x + C(g)", {"model": lk.Multinomial()}, None),
    "ordered": ("o ~ x + z", {"model": lk.Ordinal(order=["low", "mid", "top"])}, None),
    "probit": ("y ~ x + z", {"model": lk.Binary(link="probit")}, None),
}


@pytest.mark.parametrize("name", FITS)
def test_tests_of_terms_are_those_in_memory(name, small, files, monkeypatch) -> None:
    formula, options, robust = FITS[name]
    held, read = lk.fit(formula, small, **options), lk.fit(formula, files, **options)
    if name not in ("several", "ordered"):
        monkeypatch.setattr(type(read.design.stream), "require_room", lambda *_: pytest.fail("a number per row"))
    if robust:
        held, read = held.robust(**robust), read.robust(**robust)
    asked = [
        lambda fit: fit.anova(type=1, test="score"),
        lambda fit: fit.anova(type=2, test="Wald"),
        lambda fit: fit.drop1(test="score"),
        lambda fit: fit.add1("v", test="score"),
        lambda fit: fit.score_test(),
    ]
    if held.record.covariance.kind == "model":
        asked += [
            lambda fit: fit.anova(type=1),
            lambda fit: fit.drop1(),
            lambda fit: fit.add1("v + C(year)", test="LR"),
        ]
    number = list(FITS).index(name)
    for ask in (
        asked[number % 2 :: 2] if number else asked
    ):  # of the first fit all questions, of each other every second
        one, other = ask(held), ask(read)
        for left, right in zip(numbers_of(one), numbers_of(other), strict=True):
            # A likelihood ratio is a difference of two sums, each to ten digits.
            assert_allclose(right, left, rtol=REFERENCE, atol=1e-8)


def numbers_of(found: Any) -> list[Any]:
    """The statistics, degrees of freedom and what goes with them."""
    tests = getattr(found, "tests", found)
    return [tests.statistic, tests.dof, getattr(found, "deviance", 0.0), getattr(found, "aic", 0.0)]


def test_a_score_statistic_over_chunks_is_its_closed_form(small, files) -> None:
    read = lk.logit("y ~ 1", files).add1("C(g)", test="score")
    table = np.array([[((small["g"] == g) & (small["y"] == y)).sum() for y in (0, 1)] for g in "abc"], dtype=float)
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    assert_allclose(read.tests.statistic[0], ((table - expected) ** 2 / expected).sum(), rtol=ROUTE)


def test_refits_without_a_term_share_their_passes(files) -> None:
    fit = lk.logit("y ~ x + z + C(g) + v", files)
    for ask in (fit.drop1, fit.anova):
        before = fit.design.stream.passes.count
        ask()
        assert fit.design.stream.passes.count - before <= 8
    before = fit.design.stream.passes.count
    fit.anova(test="Wald")
    assert fit.design.stream.passes.count == before


def test_what_a_stream_does_not_test_is_refused(files) -> None:
    fit = lk.logit("y ~ x", files)
    with pytest.raises(DataError, match=r"'z' is missing in 8 of the rows of the fit"):
        fit.add1("z")
    with pytest.raises(UnsupportedError, match="needs the scores of all rows at once"):
        fit.robust("HAC", time="month").drop1(test="score")
