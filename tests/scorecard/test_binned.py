"""A variable in bins: what a value is scored with is what the table says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import logitkit as lk
from logitkit.errors import DataError
from logitkit.scorecard.bin_table import bin_table
from logitkit.scorecard.binned import binning_of
from logitkit.scorecard.monitoring.columns import column_rule
from logitkit.scorecard.rules import LevelRule, NumberRule, shortest_between
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.variable_sketch import VariableSketch


def population(n: int = 400, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    income = np.round(rng.lognormal(3, 0.7, n), 2)
    income[rng.uniform(size=n) < 0.08] = np.nan
    income[rng.uniform(size=n) < 0.05] = -9.0
    grade = rng.choice(list("abcdefgh"), n, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.06, 0.03, 0.01])
    data = pd.DataFrame({"income": income, "grade": grade})
    log_odds = np.where(np.isnan(income) | (income < 0), -1.0, 1.5 - income / 12) + (data["grade"] < "c") * 0.8
    return data, rng.uniform(size=n) < 1 / (1 + np.exp(-log_odds))


def by_loop(binning: Any, values: pd.Series) -> np.ndarray:
    """The weight of evidence of each value, by looking through the bins of the table one by one."""
    rule, woe = binning.rule, binning.woe
    found = []
    for value in values:
        special = [m for m, (_, group) in enumerate(rule.special) if value in group]
        if pd.isna(value):
            found.append(woe[-1])
        elif special:
            found.append(woe[rule.n_values + special[0]])
        elif isinstance(rule, NumberRule):
            ends = [-np.inf, *rule.cuts, np.inf]
            found.append(next(woe[m] for m in range(rule.n_values) if ends[m] <= value < ends[m + 1]))
        else:
            found.append(next(woe[m] for m, group in enumerate(rule.groups) if value in group))
    return np.array(found)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.sampled_from(["auto", "peak", "valley", "none", "up", "convex"]),
    criterion=st.sampled_from(["iv", "js", "hellinger", "chi_square", "likelihood"]),
    prebins=st.sampled_from([5, 20, 64]),
)
def test_every_row_is_scored_as_the_table_says(seed: int, shape: Any, criterion: str, prebins: int) -> None:
    data, bad = population(seed=seed)
    stated = Bins(shape=shape, criterion=criterion, prebins=prebins, special=[-9.0])
    binning = binning_of(data["income"], bad, stated, name="income")
    np.testing.assert_array_equal(binning.transform(data["income"]), by_loop(binning, data["income"]))
    codes = binning.codes(data["income"])
    events, nonevents = binning.counts
    np.testing.assert_array_equal(np.bincount(codes[bad], minlength=codes.max() + 1), events[: codes.max() + 1])
    np.testing.assert_array_equal(np.bincount(codes[~bad], minlength=codes.max() + 1), nonevents[: codes.max() + 1])
    table = bin_table(binning)
    ordinary = table.rows[: table.n_values]
    assert (ordinary >= 0.05 * len(data) - 1e-9).all()
    rates = table.rate[: table.n_values]
    steps = np.diff(rates)
    if binning.partition.shape == "up":
        assert (steps >= 0).all()
    if binning.partition.shape == "down":
        assert (steps <= 0).all()
    assert binning.partition.value <= binning.partition.free_value + 1e-9
    assert binning.partition.free_value <= binning.partition.unlimited_value + 1e-9


def test_levels_are_scored_as_the_table_says() -> None:
    data, bad = population()
    binning = binning_of(data["grade"], bad, Bins(rare=0.05), name="grade")
    np.testing.assert_array_equal(binning.transform(data["grade"]), by_loop(binning, data["grade"]))
    rule = binning.rule
    assert isinstance(rule, LevelRule)
    assert rule.rare is not None
    assert {"g", "h"} <= set(rule.groups[rule.rare])
    assert sorted(level for group in rule.groups for level in group) == list("abcdefgh")
    rates = bin_table(binning).rate[: rule.n_values]
    assert (np.diff(rates) >= 0).all()


@pytest.mark.parametrize("kind", ["category", "object", "str"])
def test_levels_of_every_kind_of_column_are_the_same(kind: str) -> None:
    data, bad = population()
    plain = binning_of(data["grade"], bad, name="grade")
    other = binning_of(data["grade"].astype(kind), bad, name="grade")
    assert plain.rule == other.rule
    np.testing.assert_array_equal(plain.woe, other.woe)


def test_weights_count_rows() -> None:
    data, bad = population(200)
    times = np.random.default_rng(1).integers(0, 4, 200)
    rows = np.repeat(np.arange(200), times)
    for name, stated in (("income", Bins(prebins=[10.0, 20.0, 30.0])), ("grade", Bins())):
        weighted = binning_of(data[name], bad, stated, name=name, weights=times.astype(float))
        repeated = binning_of(data[name].iloc[rows], bad[rows], stated, name=name)
        assert weighted.rule == repeated.rule
        np.testing.assert_allclose(weighted.woe, repeated.woe, rtol=1e-14)


def test_order_of_rows_does_not_matter() -> None:
    data, bad = population()
    mixed = np.random.default_rng(2).permutation(len(bad))
    for name in data:
        one, two = (binning_of(data[name].iloc[rows], bad[rows], name=name) for rows in (np.arange(len(bad)), mixed))
        assert one.rule == two.rule


def test_stated_cut_points_are_kept_as_they_are() -> None:
    data, bad = population()
    binning = binning_of(data["income"], bad, Bins(cuts=[21.37], special=[-9]), name="income")
    rule = binning.rule
    assert isinstance(rule, NumberRule)
    assert 21.37 in rule.cuts
    own = binning_of(data["income"], bad, Bins(prebins=[12.3456, 20.5, 33.0], special=[-9]), name="income").rule
    assert isinstance(own, NumberRule)
    assert set(own.cuts) <= {12.3456, 20.5, 33.0}


def test_cut_points_have_few_digits_and_part_the_same_rows() -> None:
    rng = np.random.default_rng(5)
    for below, at in np.sort(rng.normal(size=(200, 2)) * 10.0 ** rng.integers(-6, 7, (200, 1))):
        found = shortest_between(float(below), float(at))
        assert below < found <= at
    assert shortest_between(-3.27, -3.21) == -3.21  # no number of two digits lies between
    assert shortest_between(-0.4, 0.3) == 0.3
    assert shortest_between(99_412.0, 100_371.0) == 100_000.0


def test_special_and_missing_values_have_their_own_weight_of_evidence() -> None:
    data, bad = population()
    binning = binning_of(data["income"], bad, Bins(special={"refused": [-9.0]}), name="income")
    inside = (data["income"] == -9.0).to_numpy()
    e, g = bad[inside].sum(), (~bad[inside]).sum()
    expected = np.log(g / (~bad).sum()) - np.log(e / bad.sum())
    assert binning.transform(pd.Series([-9.0]))[0] == pytest.approx(expected, rel=1e-12)
    assert binning.rule.labels()[-2:] == ("refused", "Missing")


@pytest.mark.parametrize("woe", ["good/bad", "bad/good"])
def test_the_worst_bin_is_the_one_with_the_highest_event_rate(woe: str) -> None:
    data, bad = population()
    whole = data["income"].fillna(20.0)
    binning = binning_of(whole, bad, Bins(empty="worst", woe=woe), name="income")
    table = bin_table(binning)
    worst = int(np.argmax(table.rate[: table.n_values]))
    assert binning.transform(pd.Series([np.nan]))[0] == binning.woe[worst]


def test_policies_say_what_unseen_levels_and_empty_bins_are_scored_with() -> None:
    data, bad = population()
    new = pd.Series(["a", "z"])
    with pytest.raises(DataError, match=r"'grade', row 1: level 'z' was not there"):
        binning_of(data["grade"], bad, name="grade").transform(new)
    neutral = binning_of(data["grade"], bad, Bins(unseen="neutral"), name="grade")
    assert neutral.transform(new)[1] == 0.0
    pooled = binning_of(data["grade"], bad, Bins(unseen="rare", rare=0.05), name="grade")
    assert pooled.transform(new)[1] == pooled.transform(pd.Series(["h"]))[0]
    with pytest.raises(DataError, match="There is no pool of rare levels"):
        binning_of(data["grade"], bad, Bins(unseen="rare", rare=0.0), name="grade").transform(new)
    with pytest.raises(DataError, match="a missing value, and none was there"):
        binning_of(data["grade"], bad, Bins(unseen="missing"), name="grade").transform(new)
    with pytest.raises(DataError, match="row 2 and 1 more: a missing value"):
        binning_of(data["grade"], bad, name="grade").transform(pd.Series(["a", "b", None, None]))


def test_an_order_of_levels_gives_them_a_shape() -> None:
    data, bad = population()
    given_order = Bins(order=list("abcdefgh"), shape="down", min_size=0.01, min_events=0, min_nonevents=0)
    binning = binning_of(data["grade"], bad, given_order, name="grade")
    rule = binning.rule
    assert isinstance(rule, LevelRule)
    assert [level for group in rule.groups for level in group] == list("abcdefgh")
    assert (np.diff(bin_table(binning).rate[: rule.n_values]) <= 0).all()
    declared = data["grade"].astype(pd.CategoricalDtype(list("abcdefgh"), ordered=True))
    again = binning_of(declared, bad, Bins(shape="down", min_size=0.01, min_events=0, min_nonevents=0), name="grade")
    assert again.rule == rule


def constant(data: pd.DataFrame) -> pd.Series:
    return pd.Series(np.full(len(data), 3.0))


@pytest.mark.parametrize(
    ("stated", "column", "message"),
    [
        (dict(order=list("abc")), "grade", "leaves out 'd', which occurs"),
        (dict(order=list("abcdefgh"), special=["h"]), "grade", "'h' is a special value"),
        (dict(cuts=[1.0]), "grade", "have no cut points|has levels, which have no cut points"),
        (dict(shape="down"), "grade", "no order but that of their event rates"),
        (dict(cuts=[1e9]), "income", "leaves no value on one of its sides"),
        (dict(min_size=399), "income", "and a bin must have at least 399"),
        (dict(min_events=1000), "income", "events, and a bin must have at least 1000"),
        (dict(max_size=0.06, max_bins=3), "income", "No partition of the"),
        (dict(special=["x"]), "income", "special of 'income'"),
    ],
)
def test_what_cannot_be_binned_is_refused(stated: dict[str, Any], column: str, message: str) -> None:
    data, bad = population()
    with pytest.raises(DataError, match=message):
        binning_of(data[column], bad, Bins(**stated), name=column)


def test_columns_without_anything_to_bin_are_refused() -> None:
    data, bad = population()
    with pytest.raises(DataError, match="has no ordinary values"):
        binning_of(data["income"] * np.nan, bad, name="income")
    with pytest.raises(DataError, match="has infinite values"):
        binning_of(data["income"].replace(-9.0, np.inf), bad, name="income")
    with pytest.raises(DataError, match="all rows are bad"):
        binning_of(data["income"], np.ones(len(bad), dtype=bool), name="income")
    with pytest.raises(DataError, match="they must agree"):
        binning_of(data["income"], bad[1:], name="income")
    one = binning_of(constant(data), bad, name="same")
    assert one.rule.n_values == 1
    assert one.woe[0] == 0.0


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (dict(cuts=[3.0, 1.0]), "1 follows 3"),
        (dict(cuts=[1.0, 1.0]), "1 follows 1"),
        (dict(cuts="abc"), "give cut points"),
        (dict(max_bins=0), "max_bins=0"),
        (dict(min_size=-1), "min_size=-1"),
        (dict(min_events=5, max_events=3), "max_events=3 lies below min_events=5"),
        (dict(max_p_value=0), "no two bins differ"),
        (dict(min_difference=2), "from 0 to 1"),
        (dict(shape="sideways"), "shape='sideways' is not known"),
        (dict(special={"a": [1], "b": [1]}), "1 is given twice"),
        (dict(special=[np.nan]), "a missing value has its own bin"),
        (dict(order=["a", "a"]), "'a' is given twice"),
        (dict(prebins=1), "prebins=1"),
    ],
)
def test_what_cannot_be_stated_is_refused(stated: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Bins(**stated)


@pytest.mark.parametrize("policy", ["neutral", "missing", "rare", "raise"])
def test_a_column_of_another_type_is_refused_whatever_the_policy_of_new_levels(policy: str) -> None:
    bad = np.array([0, 1, 1, 0, 1, 0, 0, 1] * 5, dtype=bool)
    stated = Bins(unseen=policy, min_size=0)
    for levels, wrong, same in (
        (["1", "2"], [1, 2], ["1", "zz"]),
        ([True, False], ["True", "False"], [1, 0]),
        (pd.Categorical([3, 5]), ["3", "5"], [3.0, 5.0]),
    ):
        binning = binning_of(pd.Series(list(levels) * 20).astype("category"), bad, stated, name="x")
        with pytest.raises(DataError, match=r"'x' has .*, for example .*Convert the column"):
            binning.transform(pd.Series(wrong))
        if "zz" not in same or policy == "neutral":
            assert np.isfinite(binning.transform(pd.Series(same))).all()


def test_values_that_are_lists_are_refused_by_name() -> None:
    lists, bad = pd.Series([[1], [2]] * 4), np.array([True, False] * 4)
    with pytest.raises(DataError, match="'x' has values of type list"):
        binning_of(lists, bad, name="x")
    binning = binning_of(pd.Series(["a", "b"] * 4), bad, Bins(min_events=0, min_nonevents=0), name="x")
    with pytest.raises(DataError, match="'x' has values of type list"):
        binning.transform(lists)
    with pytest.raises(DataError, match="'y' has values of type list"):
        lk.scorecard(["x"], {"x": [1.0] * 8, "y": lists}, target="y")


@pytest.mark.parametrize("kind", [int, float, Decimal])
def test_numbers_that_are_objects_are_numbers(kind: type) -> None:
    data, bad = population()
    whole = data["income"].fillna(0).round()
    objects = pd.Series([kind(int(v)) if v > 0 else None for v in whole], dtype=object)
    binning = binning_of(objects, bad, name="income")
    assert binning.rule == binning_of(whole.where(whole > 0), bad, name="income").rule
    np.testing.assert_array_equal(binning.transform(objects), binning.transform(whole.where(whole > 0)))
    sketch = VariableSketch("income", Bins())
    sketch.add(objects, np.asarray(bad))
    assert sketch.binning().rule == binning.rule
    assert column_rule(objects) == column_rule(whole.where(whole > 0))


@pytest.mark.parametrize("woe", ["good/bad", "bad/good"])
def test_the_worst_bin_may_be_one_of_special_values(woe: str) -> None:
    bad = np.array([0, 1, 0, 0, 0, 1, 1, 1, 1, 0] * 4, dtype=bool)
    values = pd.Series([1.0, 1, 1, 1, 2, 2, -9, -9, -9, -9] * 4)
    binning = binning_of(values, bad, Bins(special=[-9], empty="worst", woe=woe), name="x")
    table = bin_table(binning)
    assert table.labels[int(np.nanargmax(table.rate))] == "-9"
    assert binning.transform(pd.Series([np.nan]))[0] == binning.woe[-2]


def test_a_weight_is_so_many_rows_in_the_pre_bins_too() -> None:
    rng = np.random.default_rng(5)
    values = pd.Series(rng.normal(size=1500))  # more values than pre-bins
    bad, weights = rng.uniform(size=1500) < 1 / (1 + np.exp(1 - values)), rng.integers(0, 4, 1500)
    weighted = binning_of(values, bad, name="x", weights=weights.astype(float))
    repeated = binning_of(values.repeat(weights), np.repeat(bad, weights), name="x")
    assert weighted.rule == repeated.rule
    np.testing.assert_array_equal(weighted.counts, repeated.counts)
    halved = binning_of(values, bad, Bins(min_events=5, min_nonevents=5), name="x", weights=weights / 2)
    assert halved.rule == repeated.rule


def test_a_bin_has_ten_of_either_or_a_fifth_of_few_unless_more_was_asked_for() -> None:
    """A step of the rate that three events show is no bin by default; it is one where it was asked for."""
    values = pd.Series(np.repeat(np.arange(5.0), 200))
    bad = np.zeros(1000, dtype=bool)
    for start, n in ((0, 3), (200, 20), (400, 30), (600, 40), (800, 50)):
        bad[start : start + n] = True
    few = Bins(min_events=1, min_nonevents=1)
    assert binning_of(values, bad, few, name="x").rule.cuts == (1.0, 2.0, 3.0, 4.0)
    plain = binning_of(values, bad, name="x")
    ten = binning_of(values, bad, Bins(min_events=10, min_nonevents=10), name="x")
    assert plain.rule.cuts == ten.rule.cuts == (2.0, 3.0, 4.0)
    # Of 21 events a bin has a fifth: 4.2.
    scarce = bad & (np.arange(1000) % 7 == 0)
    assert scarce.sum() == 21
    assert (binning_of(values, scarce, name="x").counts[0][:-1] >= 5).all()
    # Non-events are few where events are many.
    assert binning_of(values, ~bad, name="x").rule.cuts == plain.rule.cuts
    # What was asked for goes before what was not.
    assert binning_of(values, bad, Bins(cuts=[1.0]), name="x").rule.cuts[0] == 1.0
    assert binning_of(values, bad, Bins(cuts=[1.0], min_nonevents=150), name="x").counts[0][0] == 3
    with pytest.raises(DataError, match="No partition of the"):
        binning_of(values, bad, Bins(cuts=[1.0], min_events=10, min_nonevents=10), name="x")
    # A variable that parts the two but for a few has two bins, with these few in one of them.
    parts = pd.Series(np.where(bad, 2.0, 1.0))
    parts[np.flatnonzero(bad)[:3]], parts[np.flatnonzero(~bad)[:3]] = 1.0, 2.0
    assert binning_of(parts, bad, name="x").counts[0][0] == 3
    assert binning_of(parts, bad, Bins(min_events=10), name="x").rule.n_values == 1


def test_a_level_stands_by_itself_where_ten_of_either_are_expected() -> None:
    """At a rate of 5 % that is from 200 rows on, whatever its own rate: the outcomes of a level do not decide."""
    rng = np.random.default_rng(3)
    sizes = {"a": 2000, "b": 1400, "c": 200, "d": 199, "e": 201, **{f"f{k}": 20 for k in range(10)}}
    values = pd.Series(np.repeat(list(sizes), list(sizes.values())))
    bad = np.zeros(len(values), dtype=bool)
    bad[rng.choice(len(values), len(values) // 20, replace=False)] = True
    bad[(values == "e").to_numpy()] = False
    bad[np.flatnonzero((values == "a") & ~bad)[: len(values) // 20 - bad.sum()]] = True
    assert bad.mean() == 0.05
    for outcome in (bad, ~bad):
        prebins = binning_of(values, outcome, name="x").prebins
        apart = {group[0] for group in prebins.groups if len(group) == 1}
        assert apart == {"a", "b", "c", "e"}
    # Of 20 events a level is expected to have a fifth.
    few = bad & (np.cumsum(bad) <= 20)
    least = 4 / few.mean()
    apart = {group[0] for group in binning_of(values, few, name="x").prebins.groups if len(group) == 1}
    assert apart == {name for name, size in sizes.items() if size >= least}


def test_bins_of_unrelated_levels_show_no_more_than_the_levels_apart() -> None:
    rng = np.random.default_rng(4)
    values = pd.Series(rng.integers(0, 20, 4000)).astype("str")
    drawn = [
        binning_of(values, rng.uniform(size=4000) < 0.1, Bins(min_size=0.0, max_bins=None, rare=0.0), name="x")
        for _ in range(60)
    ]
    apart = np.array([one.partition.unlimited_value for one in drawn])
    bound = np.array([one.most_by_chance for one in drawn])
    ratio = apart / bound
    assert ratio.mean() == pytest.approx(1.0, abs=5 * np.sqrt(2 / 19 / 60) + 0.05)  # and what 40 events a level leave
    assert np.mean([one.information.value for one in drawn]) <= apart.mean() + 1e-12
    ten = np.array([binning_of(values, rng.uniform(size=4000) < 0.1, name="x").information.value for _ in range(20)])
    by_chance = 9 * bound.mean() / 19
    assert by_chance < ten.mean() < bound.mean()  # chosen by their outcomes: more than ten given bins would show
    assert binning_of(pd.Series(np.arange(4000.0)), values == "1", name="x").most_by_chance is None
