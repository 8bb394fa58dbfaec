"""Conformity by sums and sets of outcomes, of few outcomes and of many, against their definition."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.numerics.kernels.nested_sets import FEW, room_below, sets_within


def rooms(logits, uniforms, penalty, free):
    """What lies below each outcome, in long double, (n, K)."""
    z = logits.astype(np.longdouble)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    below = (p[:, None, :] * (z[:, None, :] < z[:, :, None])).sum(axis=2)
    tied = (p[:, None, :] * (z[:, None, :] == z[:, :, None])).sum(axis=2)
    rank = (z[:, None, :] >= z[:, :, None]).sum(axis=2)
    return below + (1 - uniforms[:, None]) * tied - penalty * np.maximum(rank - free, 0)


@pytest.mark.parametrize("k", [2, 3, FEW, FEW + 1, 60])
@pytest.mark.parametrize(("penalty", "free"), [(0.0, 0), (0.01, 2)])
def test_rooms_and_sets_are_those_of_the_definition(k, penalty, free):
    rng = np.random.default_rng(k)
    logits = np.round(rng.normal(0.0, 2.0, (150, k)), 1)  # many are tied
    logits[:3] *= 200.0
    uniforms = rng.random(150)
    expected = rooms(logits, uniforms, penalty, free).astype(float)
    found = np.empty((150, k))
    for code in range(k):
        own = np.empty(150)
        room_below(logits, np.full(150, code, dtype=np.int32), uniforms, penalty, free, own)
        found[:, code] = own
    assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
    kept = np.empty((150, k), dtype=bool)
    for limit in (0.05, found[7, 0]):  # the second is exactly at the limit, and in its set
        sets_within(logits, np.full(150, limit), uniforms, penalty, free, kept)
        assert_array_equal(kept, found >= limit)
