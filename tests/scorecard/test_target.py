"""Good, bad, and neither."""

from __future__ import annotations

import pandas as pd
import pytest

from logitkit.errors import ResponseError
from logitkit.scorecard.target import read_target


def test_numbers_and_booleans_have_a_bad_value() -> None:
    for values in (pd.Series([0, 1, 1, 0]), pd.Series([0.0, 1.0, 1.0, None]), pd.Series([False, True, True, False])):
        target = read_target(values, "y")
        assert target.bad[1]
        assert not target.bad[0]
    assert read_target(pd.Series([0, 1, 1]), "y", event=0).bad.tolist() == [True, False, False]


def test_other_values_need_the_bad_one_named() -> None:
    status = pd.Series(["paid", "late", None, "paid", "open"])
    with pytest.raises(ResponseError, match="Which of 'late' and 'paid'"):
        read_target(status, "status", indeterminate=["open"])
    target = read_target(status, "status", "late", ["open"])
    assert target.rows.tolist() == [0, 1, 3]
    assert (target.n_missing, target.n_indeterminate, target.other) == (1, 1, "paid")


@pytest.mark.parametrize(
    ("values", "given", "message"),
    [
        (["a", "b", "c"], {"event": "a"}, "has 3 values"),
        (["a", "a"], {"event": "a"}, "has one value"),
        ([0, 1], {"event": 2}, "event=2"),
        ([0, 1], {"indeterminate": 5}, "has no such value"),
        ([1, 2], {}, "is bad"),
    ],
)
def test_what_is_no_target_is_refused(values: list[object], given: dict[str, object], message: str) -> None:
    with pytest.raises(ResponseError, match=message):
        read_target(pd.Series(values), "y", **given)  # type: ignore[arg-type]
