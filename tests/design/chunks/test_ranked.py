"""Order statistics of a column are exact, in memory and beyond it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logitkit.design.chunks.ranked import RankedValues
from logitkit.errors import DataError


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_quantiles_are_those_of_numpy_to_the_bit(data) -> None:
    values = st.one_of(st.floats(-1e9, 1e9), st.integers(-3, 3).map(float))
    x = np.array(data.draw(st.lists(values, min_size=1, max_size=60)))
    cuts = data.draw(st.lists(st.integers(0, x.size), max_size=5).map(sorted))
    ranked = RankedValues(data.draw(st.sampled_from([2, 7, 1_000])))
    for part in np.split(x, cuts):
        ranked.add(part)
    probabilities = np.array([0.0, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1.0])
    assert np.array_equal(ranked.quantiles(probabilities), np.quantile(x, probabilities))
    different = np.unique(x)
    assert np.array_equal(ranked.quantiles(probabilities, different=True), np.quantile(different, probabilities))
    assert ranked.ends() == (x.min(), x.max())
    assert ranked.sizes() == (x.size, different.size)
    lower, upper = np.quantile(x, [0.2, 0.8])
    inside = x[(x >= lower) & (x <= upper)]
    if inside.size:
        found = ranked.between(lower, upper).quantiles(probabilities)
        assert np.array_equal(found, np.quantile(inside, probabilities))
    ranked.close()
    assert not ranked.runs


def test_what_cannot_be_written_is_refused(monkeypatch) -> None:
    def full(*_args, **_options):
        raise OSError("No space left on device")

    ranked = RankedValues(10)
    monkeypatch.setattr(np, "save", full)
    with pytest.raises(DataError, match="No space left"):
        ranked.add(np.arange(30.0))
    assert ranked.folder is None
