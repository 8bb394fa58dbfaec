"""Predictors of which some coefficients are solved for: beside the flat coefficients written out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from logitkit.models.predictors import full_predictors, single_predictor


@pytest.mark.parametrize("reference", [None, 0, 2])
def test_picked_coefficients_are_in_their_places_and_the_others_zero(reference: int | None) -> None:
    whole = full_predictors(4, 3, reference)
    place = np.array([1, 4, 5, 8])
    picked, coef = whole.picked(place), np.arange(1.0, 5.0)
    flat = np.zeros(whole.n_flat)
    flat[place] = coef
    assert_array_equal(picked.flat(coef), flat)
    assert_array_equal(picked.table(coef), whole.table(flat))
    assert_array_equal(picked.chosen, place)
    assert_array_equal(picked.gradient(flat), coef)
    assert picked.n_params == 4


@pytest.mark.parametrize("reference", [None, 1])
def test_coefficients_among_their_columns_give_the_same_predictors(reference: int | None) -> None:
    whole, cells = full_predictors(3, 4, reference), np.random.default_rng(0).normal(size=(6, 4))
    picked = whole.picked(np.array([0, 2, 3, 5, 6]))
    some, coef = np.array([1, 2, 4]), np.array([2.0, -1.0, 0.5])
    columns, own = picked.among(some)
    assert_array_equal(columns, np.unique(picked.chosen[some] % 4))
    expected = np.zeros(5)
    expected[some] = coef
    assert_array_equal(cells[:, columns] @ own.table(coef).T, cells @ picked.table(expected).T)


def test_all_coefficients_are_picked_by_none() -> None:
    assert single_predictor(3).picked(np.arange(3)).is_single
    assert full_predictors(3, 2, 0).picked(np.arange(4)).basis is None
    assert_array_equal(single_predictor(3).chosen, [0, 1, 2])
