"""Sums of scores by cluster: the same for few clusters and for many, in blocks of any size."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.inference.covariances.sandwich import cluster_meat
from tolerances import EXACT


@pytest.mark.parametrize("block", [1, 2, 7, 24, 25, 100])
def test_blocks_of_any_size_give_the_squares_of_the_sums(block: int) -> None:
    rng = np.random.default_rng(3)
    codes, scores = rng.integers(0, 25, 60), rng.normal(size=(60, 3))
    codes[:2] = 24, 3  # the last cluster is there, in no order
    expected = sum(np.outer(total, total) for total in (scores[codes == g].sum(axis=0) for g in range(25)))
    assert_allclose(cluster_meat(codes, lambda rows: scores[rows], block), expected, rtol=EXACT, atol=EXACT)


def test_without_rows_there_is_nothing_to_sum() -> None:
    none = np.empty((0, 2))
    assert_allclose(cluster_meat(np.empty(0, dtype=np.int64), lambda rows: none[rows], 5), np.zeros((2, 2)))
