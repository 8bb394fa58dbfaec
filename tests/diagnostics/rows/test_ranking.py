"""Rows in order of their prediction."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import logitkit as lk
from logitkit.design.rebuild import rebuild_design
from logitkit.diagnostics.rows.ranking import merge_rounding, predicted_rows
from logitkit.errors import DataError


def test_rounding_is_merged_and_nothing_else():
    values = np.array([-np.inf, -np.inf, -1.0, 0.1, 0.3, 0.1 + 0.2, 0.3 + 1e-9, np.inf, np.inf])
    merged = merge_rounding(values)
    assert_array_equal(np.unique(merged, return_counts=True)[1], [2, 1, 1, 2, 1, 2])
    assert_array_equal(merged[[0, 2, 3, 4, 6, 8]], values[[0, 2, 3, 4, 6, 8]])


def test_rounding_is_relative_to_the_largest():
    assert np.unique(merge_rounding(np.array([1e6, 1e6 + 1e-7]))).size == 1
    assert np.unique(merge_rounding(np.array([1.0, 1.0 + 1e-7]))).size == 2


def test_rows_of_no_weight_are_left_out(fit_formula):
    data = {"x": [3.0, 1.0, 2.0, 0.0], "y": [1, 0, 0, 1], "w": [1, 2, 0, 1]}
    rows = predicted_rows(*fit_formula("y ~ x", data, weights="w"))
    ranked = rows.against_rest(1)
    assert set(rows.order[ranked.place]) == {0, 1, 3}
    assert (np.diff(ranked.log_odds) >= 0.0).all()
    assert_array_equal(ranked.events + ranked.nonevents, ranked.weights)


def test_undetermined_rows_are_left_out_and_counted(fit_formula):
    record, _ = fit_formula("y ~ a + b", {"a": [0, 0, 1, 0], "b": [0, 0, 0, 1], "y": [0, 1, 1, 1]})
    new = {"a": [1, 0, 1], "b": [-1, 0, 0], "y": [1, 1, 0]}
    rows = predicted_rows(record, rebuild_design(record.info, new))
    ranked = rows.against_rest(1)
    assert rows.undetermined == 1
    assert_array_equal(rows.order[ranked.place], [1, 2])
    assert ranked.mu[-1] == 1.0
    with pytest.raises(DataError, match="nothing to compare"):
        predicted_rows(record, rebuild_design(record.info, {"a": [1], "b": [-1], "y": [1]}))


@pytest.mark.parametrize("weights", [None, "w"])
def test_scores_of_an_outcome_are_those_of_the_rows_in_order(weights):
    rng = np.random.default_rng(3)
    data = {"x": np.round(rng.normal(size=60), 1), "y": rng.choice(["a", "b", "c"], 60), "w": np.arange(60) % 3 + 1}
    fit = lk.multinomial("y ~ x", data, weights=None if weights is None else data[weights])
    rows = predicted_rows(fit.record, fit.design)
    for outcome in range(3):
        found, ranked = rows.scores_of(outcome), rows.against_rest(outcome)
        distinct, which = np.unique(ranked.score, return_inverse=True)
        assert_array_equal(found.scores, distinct)
        assert_array_equal(found.sums, [np.bincount(which, each) for each in (ranked.events, ranked.nonevents)])
