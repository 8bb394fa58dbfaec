"""Sums of scores by cluster: the same for few clusters and for many, in blocks of any size."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.design.response.response import Response
from logitkit.inference.covariances import sums_by_cluster
from logitkit.inference.covariances.cluster_sums import crossed_codes
from logitkit.inference.covariances.sums_by_cluster import cluster_meat
from tolerances import EXACT


@dataclass(frozen=True)
class Written:
    """Scores that are written out."""

    cells: np.ndarray
    block: int

    @property
    def response(self) -> Response:
        return Response(np.zeros(len(self.cells)))

    @property
    def size(self) -> int:
        return int(self.cells.shape[1])

    def of(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(self.cells[rows])

    def piece(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        return 2.0 * self.cells[start:stop], np.full(stop - start, 0.5)


@pytest.mark.parametrize("block", [1, 2, 7, 24, 25, 100])
@pytest.mark.parametrize("most", [0, 1_000], ids=["in order", "at once"])
def test_blocks_of_any_size_give_the_squares_of_the_sums(
    block: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TABLE_MOST": most, "ROWS": block, "ROWS_OF_PART": 2 * block}.items():
        monkeypatch.setattr(sums_by_cluster, name, value)
    rng = np.random.default_rng(3)
    codes, scores = rng.integers(0, 25, 60), rng.normal(size=(60, 3))
    codes[:2] = 24, 3  # the last cluster is there, in no order
    expected = sum(np.outer(total, total) for total in (scores[codes == g].sum(axis=0) for g in range(25)))
    assert_allclose(cluster_meat(codes, Written(scores, block)), expected, rtol=EXACT, atol=EXACT)


def test_any_number_of_threads_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sums_by_cluster, "ROWS_OF_PART", 10)
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + lwt", births)
    found = []
    for threads in (1, 2):
        lk.set_threads(threads)
        try:
            crossed = fit.robust(cluster=[births["id"] % 11, births["age"]])
            found.append((fit.robust(cluster=births["id"] % 11).vcov, crossed.vcov))
        finally:
            lk.set_threads(None)
    for one, other in zip(*found, strict=True):
        assert_array_equal(one, other)


def test_without_rows_there_is_nothing_to_sum() -> None:
    assert_allclose(cluster_meat(np.empty(0, dtype=np.int64), Written(np.empty((0, 2)), 5)), np.zeros((2, 2)))


def test_intersections_are_numbered_alike_by_a_table_and_by_sorting(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, k, 50) for k in (4, 7, 3)]
    by_table = crossed_codes(codes)
    monkeypatch.setattr("logitkit.inference.covariances.cluster_sums.TABLE_MOST", 0)
    assert_array_equal(crossed_codes(codes), by_table)
    assert len(set(zip(*codes, by_table, strict=True))) == by_table.max() + 1 == len(set(zip(*codes, strict=True)))
