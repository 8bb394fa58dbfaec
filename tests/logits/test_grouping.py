"""Cut points against sorted rows written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.grouping import group_sums, quantile_groups


def stata_rule(values, groups):
    """Stata's pctile formula, a row at a time: x_(i) of the first i > P, averaged with its left where i - 1 = P."""
    n = len(values)
    cuts = []
    for k in range(1, groups):
        i = k * n // groups + 1  # the first rank above P = k n / G
        whole = (k * n) % groups == 0
        cuts.append((values[i - 2] + values[i - 1]) / 2 if whole else values[i - 1])
    return np.array([sum(value > cut for cut in cuts) for value in values])


def r_rule(values, groups):
    cuts = np.quantile(values, np.arange(1, groups) / groups, method="linear")
    return np.array([sum(value > cut for cut in cuts) for value in values])


@pytest.mark.parametrize(("grouping", "rule"), [("stata", stata_rule), ("r", r_rule)])
@given(
    data=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 4)), min_size=1, max_size=30), groups=st.integers(2, 12)
)
def test_weights_count_as_rows_written_out(grouping, rule, data, groups):
    # Multiples of 1/64 are exact, so that no rule depends on rounding.
    values, counts = np.array(sorted(data)).T
    values = values / 64.0
    long = np.repeat(values, counts)
    expected = np.unique(rule(long, groups), return_inverse=True)[1]
    found = quantile_groups(values, counts.astype(float), groups, grouping)
    if grouping == "r":
        # numpy interpolates in floating point: a row within rounding of a cut may fall either way there.
        cuts = np.quantile(long, np.arange(1, groups) / groups)
        near = np.abs(long[:, None] - cuts).min(axis=1) < 1e-12
        if (near & ~np.isin(long, cuts)).any():
            return
    assert_array_equal(np.repeat(found, counts), expected)


def test_equal_values_stay_together_and_empty_groups_close_up():
    found = quantile_groups(np.array([0.1, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.3]), np.ones(8), 4)
    assert_array_equal(found, [0, 0, 0, 0, 0, 0, 0, 1])


def test_weights_that_are_not_whole():
    values, weights = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.5, 0.5, 1.5, 0.5])
    assert_array_equal(quantile_groups(values, weights, 2), [0, 0, 0, 1])
    with pytest.raises(UnsupportedError, match="not whole"):
        quantile_groups(values, weights, 2, "r")


@pytest.mark.parametrize("groups", [1, 2.5, True, "ten"])
def test_an_impossible_number_of_groups_is_refused(groups):
    with pytest.raises(DataError, match="whole number"):
        quantile_groups(np.arange(4.0), np.ones(4), groups)


def test_another_rule_is_refused():
    with pytest.raises(UnsupportedError, match="'stata', 'r' and 'sas'"):
        quantile_groups(np.arange(4.0), np.ones(4), 2, "spss")


def test_sums_by_group():
    assert_array_equal(group_sums(np.array([1, 0, 1]), np.array([1.0, 2.0, 4.0])), [2.0, 5.0])
