"""Rows sorted on disk are the rows, sorted."""

from __future__ import annotations

import numpy as np
import pytest

from logitkit.errors import DataError
from logitkit.numerics.external_sort import RUNS_LEAST, ExternalSort


@pytest.mark.parametrize("memory", [1 << 30, 3_000, 700])
@pytest.mark.parametrize("keys", [5, 10**6])
@pytest.mark.parametrize("pooled", [False, True])
def test_all_rows_come_back_in_order(memory, keys, pooled) -> None:
    rng = np.random.default_rng(1)
    rows = np.column_stack([rng.integers(0, keys, 2_000).astype(float), np.arange(2_000.0)])
    rows[:3, 0] = [np.inf, -np.inf, np.inf]
    with ExternalSort(2, memory, pooled) as sort:
        for part in np.array_split(rows, [7, 8, 900, 1_900]):
            sort.add(part)
        found = np.concatenate(list(sort.blocks()))
        again = np.concatenate(list(sort.blocks()))
        assert len(sort._lengths) <= RUNS_LEAST  # the others were merged: there would be a few rows of each at a time
    assert np.array_equal(found, again)
    assert (found[1:, 0] >= found[:-1, 0]).all()
    if pooled:
        unique, place = np.unique(rows[:, 0], return_inverse=True)
        values, at = np.unique(found[:, 0], return_inverse=True)  # a key may come again in the next block
        assert np.array_equal(values, unique)
        assert np.array_equal(np.bincount(at, found[:, 1]), np.bincount(place, rows[:, 1]))
    else:
        assert np.array_equal(found[np.lexsort(found.T[::-1])], rows[np.lexsort(rows.T[::-1])])


def test_a_disk_without_room_is_an_error_with_a_remedy(monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with ExternalSort(1, 100) as sort, pytest.raises(DataError, match="TMPDIR"):
        sort.add(np.arange(1_000.0)[:, None])


def test_no_room_for_longer_runs_is_an_error_too(monkeypatch) -> None:
    with ExternalSort(1, 100) as sort:
        sort.add(np.random.default_rng(2).random((1_000, 1)))
        assert len(sort._lengths) > RUNS_LEAST
        monkeypatch.setattr("tempfile.TemporaryFile", lambda: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(DataError, match="TMPDIR"):
            next(sort.blocks())
