"""Sketches: what is known of numbers that were met once, and how well."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError, ResponseError
from logitkit.scorecard.binned import binning_of
from logitkit.scorecard.sketch import NumberSketch
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.variable_sketch import VariableSketch


def errors(sketch: NumberSketch, numbers: np.ndarray) -> np.ndarray:
    """How far the number of rows below each value is from the truth."""
    values, weights = sketch.items()
    at = np.unique(numbers)
    found = np.concatenate([[0], np.cumsum(weights)])[np.searchsorted(values, at, side="left")]
    return found - np.searchsorted(np.sort(numbers), at, side="left")


@pytest.mark.parametrize("order", ["random", "sorted", "reversed", "few values"])
def test_ranks_err_by_no_more_than_the_bound(order: str) -> None:
    numbers = np.random.default_rng(0).lognormal(size=20_001)
    if order == "few values":
        numbers = np.floor(numbers * 3)
    elif order != "random":
        numbers = np.sort(numbers)[:: 1 if order == "sorted" else -1]
    sketch = NumberSketch(size=64)
    for block in np.array_split(numbers, 23):
        sketch.add(block)
    found = errors(sketch, numbers)
    assert sketch.items()[1].sum() == numbers.size
    assert abs(found).max() <= sketch.error
    assert sketch.error < 0.05 * numbers.size
    assert sketch.items()[0].size <= 64 * 2 * 12


def test_merged_sketches_add_rows_and_bounds() -> None:
    rng = np.random.default_rng(1)
    parts = [rng.normal(m, 1, 5000) for m in range(4)]
    sketches = [NumberSketch(size=32) for _ in parts]
    for sketch, part in zip(sketches, parts, strict=True):
        sketch.add(part)
    for other in sketches[1:]:
        sketches[0].merge(other)
    numbers = np.concatenate(parts)
    assert sketches[0].n == 20_000
    assert abs(errors(sketches[0], numbers)).max() <= sketches[0].error


def rows(n: int) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"x": rng.normal(size=n), "g": rng.choice(list("abcdef"), n)})
    data.loc[rng.uniform(size=n) < 0.05, "x"] = np.nan
    data.loc[rng.uniform(size=n) < 0.05, "x"] = -99.0
    return data, rng.uniform(size=n) < 1 / (1 + np.exp(1 - np.nan_to_num(data["x"]) / 3))


def test_few_rows_are_binned_as_if_all_were_there() -> None:
    data, bad = rows(3000)
    for name in data:
        sketch = VariableSketch(str(name), Bins(special=[-99.0] if name == "x" else None))
        for part in np.array_split(np.arange(3000), 7):
            sketch.add(data[name].iloc[part], bad[part])
        found, expected = sketch.binning(), binning_of(data[name], bad, sketch.stated, name=str(name))
        assert found.rule == expected.rule
        np.testing.assert_array_equal(found.woe, expected.woe)
        assert found.rank_error == 0


def test_many_rows_are_binned_to_within_the_bound() -> None:
    data, bad = rows(60_000)
    halves = [VariableSketch("x", Bins(special=[-99.0]), size=256) for _ in range(2)]
    for half, part in zip(halves, np.array_split(np.arange(60_000), 2), strict=True):
        for block in np.array_split(part, 11):
            half.add(data["x"].iloc[block], bad[block])
    halves[0].merge(halves[1])
    found = halves[0].binning()
    codes = found.codes(data["x"])
    k = found.rule.n_codes
    for counts, own in zip(found.counts, (bad, ~bad), strict=True):
        true = np.bincount(codes[own], minlength=k)
        assert abs(counts - true).max() <= 2 * found.rank_error
        np.testing.assert_array_equal(counts[-2:], true[-2:])  # special and missing values are counted
    assert 0 < found.rank_error < 0.02 * 60_000
    exact = binning_of(data["x"], bad, Bins(special=[-99.0]), name="x")
    assert found.information.value == pytest.approx(exact.information.value, rel=0.05)


def test_blocks_of_tables_are_read_one_after_another() -> None:
    data, bad = rows(2000)
    data["y"] = np.where(bad, "bad", "good")
    data = data.sort_values("y")  # whole blocks of one outcome
    blocks = (data.iloc[i : i + 300] for i in range(0, 2000, 300))
    stated = Bins(special=[-99.0])
    found = lk.scorecard.binnings_of_blocks(["x", "g"], blocks, target="y", event="bad", bins={"x": stated})
    whole = lk.scorecard.binning("x", data, target="y", event="bad", bins=stated)
    assert found["x"].rule == whole.rule
    assert "met in one pass" not in found["x"].to_text()
    with pytest.raises(DataError, match=r"bins: 'z' is none of the variables"):
        lk.scorecard.binnings_of_blocks(["x"], [data], target="y", event="bad", bins={"z": stated})
    with pytest.raises(ResponseError, match="has 3 values"):
        lk.scorecard.binnings_of_blocks(
            ["x"], [data.assign(y=data["g"].replace(list("def"), "a"))], target="y", event="a"
        )


def test_outcomes_of_blocks_are_two_in_all() -> None:
    blocks = [{"x": [1.0, 2.0], "y": ["good", "bad"]}, {"x": [3.0, 4.0], "y": ["closed", "closed"]}]
    with pytest.raises(ResponseError, match="'closed', which is neither 'bad'"):
        lk.scorecard.binnings_of_blocks(["x"], blocks, target="y", event="bad")


def test_a_block_of_missing_values_is_of_no_kind() -> None:
    empty = pd.Series([None] * 4, dtype=object)
    bad = np.array([True, False, False, False])
    for values in (pd.Series([1.0, 2.0, 3.0, 4.0]), pd.Series(["a", "b", "c", "a"])):
        stated = Bins(min_size=0.1)
        sketch, part = VariableSketch("long name", stated), VariableSketch("long name", stated)
        sketch.add(empty, bad)
        with pytest.raises(DataError, match="no ordinary values"):
            sketch.binning()
        for _ in range(3):
            part.add(values, bad)
            part.add(empty, bad)
        sketch.merge(part)
        part.merge(VariableSketch("long name", stated))
        assert [side[-1] for side in sketch.binning().counts] == [4, 12]
        whole = pd.concat([empty, *[values.astype(object), empty] * 3])
        assert sketch.binning().rule == binning_of(whole, np.tile(bad, 7), stated, name="long name").rule
        blocks = [{"long name": empty, "y": bad}, {"long name": values, "y": bad}, {"long name": values, "y": bad}]
        found = lk.scorecard.binnings_of_blocks("long name", blocks, target="y", event=True, bins=stated)
        assert list(found) == ["long name"]


def test_merged_sketches_keep_a_declared_order() -> None:
    grade = pd.Series(pd.Categorical(["low", "top", "mid", "low"], ["low", "mid", "top"], ordered=True))
    first, second = VariableSketch("grade", Bins(min_size=0.1)), VariableSketch("grade", Bins(min_size=0.1))
    second.add(grade, np.array([True, False, True, False]))
    first.merge(second)
    assert first.binning().rule == second.binning().rule
    assert not first.binning().prebins.by_rate


def test_blocks_of_different_kinds_are_refused() -> None:
    sketch = VariableSketch("x")
    with pytest.raises(DataError, match="no rows have been added"):
        sketch.binning()
    sketch.add(pd.Series([1.0, 2.0]), np.array([True, False]))
    with pytest.raises(DataError, match="numbers in some blocks and levels in others"):
        sketch.add(pd.Series(["a", "b"]), np.array([True, False]))
    other = VariableSketch("x")
    other.add(pd.Series(["a", "b"]), np.array([True, False]))
    with pytest.raises(DataError, match="not of the same kind"):
        sketch.merge(other)
