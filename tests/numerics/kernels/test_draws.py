"""Counts of what was drawn against numpy."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from logitkit.numerics.kernels.draws import counts_of


def test_counts_are_those_of_bincount() -> None:
    draws = np.random.default_rng(0).integers(0, 20, 200)
    assert_array_equal(counts_of(draws, 30), np.bincount(draws, minlength=30))
