"""Tests of fit of rows that are read in chunks have the statistics of those in memory."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.tolerances import REFERENCE

import logitkit as lk
from logitkit.design.chunks.stream import Stream

pytestmark = pytest.mark.usefixtures("chunks_of_64")

ORDERED = lk.Ordinal(order=["low", "mid", "top"])


def test_osius_and_rojek_of_patterns_across_chunks(small, files, monkeypatch) -> None:
    monkeypatch.setattr(Stream, "require_room", lambda *_: pytest.fail("a number per row"))
    asked = ["pearson", "osius_rojek"]
    for formula, options in (("y ~ C(g) + C(year)", {}), ("cbind(events, rest) ~ x + C(g)", {"link": "probit"})):
        fit = lk.logit(formula, small, **options)
        held, read = (fit.goodness_of_fit(data, tests=asked) for data in (small, files))
        assert_allclose(read.to_frame()["statistic"], held.to_frame()["statistic"], rtol=REFERENCE)
    fit = lk.logit("y ~ C(g) + C(year)", small.iloc[::2])
    held, read = (fit.goodness_of_fit(data, tests="osius_rojek")["osius_rojek"] for data in (small, files))
    assert_allclose(read.statistic, held.statistic, rtol=REFERENCE)
    assert np.isfinite(read.statistic)


def test_a_table_of_thresholds_corrects_each_row(small, files) -> None:
    fit = lk.logit("y ~ x + C(g)", small, weights="w")
    held, read = (fit.classification_table(data, corrected=True) for data in (small, files))
    assert_allclose(read.to_frame(), held.to_frame(), rtol=REFERENCE)
    assert read.left_out == held.left_out


def test_tests_of_ordered_outcomes(small, files) -> None:
    asked = ["lipsitz", "pulkstenis_robinson"]
    fit = lk.fit("o ~ x + C(g) + I(v > 1)", small, model=ORDERED, weights="w")
    held, read = (fit.goodness_of_fit(data, tests=asked).to_frame() for data in (small, files))
    assert_allclose(read["statistic"], held["statistic"], rtol=1e-6)  # a difference of two deviances
    assert_allclose(read["dof"], held["dof"])
    assert np.isfinite(read["statistic"]).all()
    assert read["note"].tolist() == held["note"].tolist()
