"""Whole numbers as codes, against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from logitkit.design.table.levels import whole_number_codes

LARGE, SMALL = np.iinfo(np.int64).max, np.iinfo(np.int64).min


@pytest.mark.parametrize(
    "values",
    [
        np.array([3]),
        np.array([5, 5, -7, 5, 0], dtype=np.int8),
        np.array([255, 0, 255], dtype=np.uint8),
        np.array([LARGE, LARGE - 2_000, LARGE]),
        np.array([SMALL, SMALL + 1, SMALL]),
        np.array([2**64 - 1, 2**64 - 9, 2**64 - 1], dtype=np.uint64),
        np.random.default_rng(0).integers(-2_000, 2_000, 3_000)[::-3],
    ],
)
def test_codes_are_those_of_pandas(values: np.ndarray) -> None:
    found = whole_number_codes(values)
    assert found is not None
    codes, levels = pd.factorize(values)
    assert_array_equal(found[0], codes)
    assert found[1] == len(levels)


@pytest.mark.parametrize(
    "values", [np.array([], dtype=int), np.array([SMALL, LARGE]), np.array([0, 5_000]), np.array([LARGE, SMALL, 0])]
)
def test_numbers_that_lie_far_apart_are_left_to_pandas(values: np.ndarray) -> None:
    assert whole_number_codes(values) is None
