"""Sorted scores and passes over them: plain NumPy, numbers of every kind."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.numerics.kernels.ranks import area_between, proportions_above, sorted_counts
from tolerances import EXACT

RNG = np.random.default_rng(1)


@pytest.mark.parametrize(
    "values",
    [
        RNG.standard_normal(500).round(1),
        RNG.standard_normal(500) * 1e300,
        np.array([0.0, -0.0, np.inf, -np.inf, 1e-310, -1e-310, 5.0, -np.inf]),
        np.full(5, 2.0),
        np.array([-1.0]),
        np.empty(0),
    ],
)
def test_scores_are_sorted_with_their_outcomes(values):
    events = np.random.default_rng(2).random(values.size) < 0.5
    given = values.copy()
    scores, counts = sorted_counts(values, events)
    distinct, which = np.unique(values, return_inverse=True)
    assert_array_equal(scores, distinct)
    expected = [np.bincount(which, each, distinct.size) for each in (events, ~events)]
    assert_array_equal(counts, np.reshape(expected, (2, -1)))
    assert_array_equal(values, given)


def test_proportions_above_and_areas_are_those_of_pairs():
    scores, rng = RNG.integers(0, 9, 60).astype(float), np.random.default_rng(3)
    events, nonevents = rng.random((2, 60))
    order = np.argsort(scores)
    true, more_true, false, more_false = proportions_above(order, scores, events, nonevents, 0.0)
    above, there = scores > scores[:, None], scores >= scores[:, None]
    for found, weights, pairs in (
        (true, events, above),
        (more_true, events, there),
        (false, nonevents, above),
        (more_false, nonevents, there),
    ):
        assert_allclose(found, pairs @ weights / weights.sum(), rtol=EXACT, atol=EXACT)
    fresh = np.append(True, np.diff(scores[order]) > 0)
    area = events @ (1 - 0.5 * (false + more_false)) / events.sum()
    assert_allclose(area_between(order, fresh, events, nonevents, 0.0, 1.0), area, rtol=EXACT)
    assert np.isnan(area_between(order, fresh, np.zeros(60), nonevents, 0.0, 1.0))
