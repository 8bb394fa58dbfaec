"""Bins changed by hand: counts stay, the trail says what was done, and it replays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from logitkit.scorecard.binned import Binning, binning_of
from logitkit.scorecard.edits import merged, moved, replayed, split
from logitkit.scorecard.rules import LevelRule, NumberRule
from logitkit.scorecard.stated import Bins


def ages(seed: int = 0) -> Binning:
    rng = np.random.default_rng(seed)
    age = pd.Series(rng.integers(18, 70, 2000).astype(float))
    return binning_of(age, rng.uniform(size=2000) < 0.5 - age.to_numpy() / 200, Bins(min_size=0.1), name="age")


def grades() -> Binning:
    rng = np.random.default_rng(1)
    grade = pd.Series(rng.choice(list("abcdef"), 2000))
    rate = grade.map(dict(zip("abcdef", (0.1, 0.12, 0.2, 0.25, 0.4, 0.45), strict=True))).to_numpy()
    return binning_of(grade, rng.uniform(size=2000) < rate, Bins(max_bins=3), name="grade")


def cuts(binning: Binning) -> tuple[float, ...]:
    assert isinstance(binning.rule, NumberRule)
    return binning.rule.cuts


def groups(binning: Binning) -> tuple[tuple[str, ...], ...]:
    assert isinstance(binning.rule, LevelRule)
    return binning.rule.groups


def test_merged_bins_have_the_counts_of_both() -> None:
    before = ages()
    after = merged(before, 2, 3, "too alike")
    assert cuts(after) == (cuts(before)[0], *cuts(before)[2:])
    for old, new in zip(before.counts, after.counts, strict=True):
        assert new[1] == old[1] + old[2]
        assert new.sum() == old.sum()
    edit = after.edits[-1]
    assert (edit.kind, edit.values, edit.reason) == ("merge", (cuts(before)[1],), "too alike")
    assert edit.before == before.information.value
    assert edit.after == after.information.value
    assert before.edits == ()


def test_a_split_at_a_removed_cut_point_takes_the_merge_back() -> None:
    before = ages()
    at = cuts(before)[1]
    after = split(merged(before, 2, 3), at=at)
    assert cuts(after) == cuts(before)
    np.testing.assert_array_equal(after.woe, before.woe)
    assert [edit.kind for edit in after.edits] == ["merge", "split"]


def test_a_split_keeps_the_number_that_was_typed() -> None:
    after = split(ages(), at=29.5)
    assert 29.5 in cuts(after)
    assert sum(after.counts[0]) == sum(ages().counts[0])


def test_levels_move_between_bins() -> None:
    before = grades()
    first = groups(before)[0]
    after = moved(before, first[0], to=3, reason="policy")
    assert first[0] in groups(after)[-1]
    assert sum(after.counts[1]) == sum(before.counts[1])
    apart = split(before, levels=[groups(before)[1][0]])
    assert (groups(before)[1][0],) in groups(apart)
    together = merged(before, 1, 3)
    assert set(groups(together)[0]) == set(groups(before)[0]) | set(groups(before)[2])


def test_a_level_moved_out_of_a_bin_of_its_own_leaves_no_empty_bin() -> None:
    alone = split(grades(), levels=[groups(grades())[0][0]])
    number = groups(alone).index((groups(grades())[0][0],))
    after = moved(alone, groups(alone)[number][0], to=len(groups(alone)))
    assert len(groups(after)) == len(groups(alone)) - 1


def test_a_trail_replays_on_the_same_and_on_other_data() -> None:
    edited = split(merged(ages(), 2, 3), at=29.5)
    again = replayed(ages(), edited.edits)
    assert cuts(again) == cuts(edited)
    assert again.edits == edited.edits
    other = replayed(split(ages(seed=7), at=29.5), ())
    assert 29.5 in cuts(other)
    removed = replayed(other, merged(other, 1, 2).edits[-1:])
    assert len(cuts(removed)) == len(cuts(other)) - 1


def pooled() -> Binning:
    """Four levels, and five rare ones whose counts are not known apart."""
    rng = np.random.default_rng(4)
    grade = pd.Series(rng.choice(list("abcdvwxyz"), 2000, p=[0.245] * 4 + [0.004] * 5))
    rate = grade.map(dict(zip("abcdvwxyz", (0.1, 0.2, 0.3, 0.4, *[0.5] * 5), strict=True))).to_numpy()
    return binning_of(grade, rng.uniform(size=2000) < rate, Bins(rare=0.05, unseen="rare"), name="grade")


def test_the_pool_of_rare_levels_moves_whole_and_the_trail_names_all_of_it() -> None:
    before = pooled()
    rule = before.rule
    assert isinstance(rule, LevelRule)
    assert rule.rare is not None
    pool = before.prebins.groups[before.prebins.rare]  # type: ignore[union-attr, index]
    assert set(pool) == set("vwxyz")
    to = next(m for m, group in enumerate(groups(before), start=1) if "a" in group)
    for named in ("w", ["w", "x"]):
        with pytest.raises(DataError, match=r"'w' of 'grade' is one of 5 rare levels.*Name all of them, or bin anew"):
            moved(before, named, to=to)
    with pytest.raises(DataError, match=r"split: 'w' of 'grade' is one of 5 rare levels"):
        split(merged(before, 1, len(groups(before))), levels=["w"])
    after = moved(before, pool, to=to)
    rule = after.rule
    assert isinstance(rule, LevelRule)
    assert set(rule.groups[rule.rare]) == {*pool, *groups(before)[to - 1]}  # type: ignore[index]
    assert after.edits[-1].values == (*pool, "a")
    assert groups(replayed(pooled(), after.edits)) == groups(after)
    assert [counts.sum() for counts in after.counts] == [counts.sum() for counts in before.counts]
    several = moved(grades(), ["a", "b"], to=len(groups(grades())))
    assert {"a", "b"} < set(groups(several)[-1])
    with pytest.raises(DataError, match="at least one level"):
        moved(before, [], to=1)
    with pytest.raises(DataError, match="nothing else is in bin"):
        moved(before, list(groups(before)[0]), to=1)


def test_what_cannot_be_done_is_refused() -> None:
    numbers, levels = ages(), grades()
    with pytest.raises(DataError, match="not neighbours"):
        merged(numbers, 1, 3)
    with pytest.raises(DataError, match="named twice"):
        merged(numbers, 2, 2)
    with pytest.raises(DataError, match="numbered from 1 to"):
        merged(numbers, 0, 1)
    with pytest.raises(DataError, match="is a cut point of 'age' already"):
        split(numbers, at=cuts(numbers)[0])
    with pytest.raises(DataError, match="lies within a pre-bin"):
        split(numbers, at=1000.0)
    with pytest.raises(DataError, match="has numbers: give at="):
        split(numbers, levels=["a"])
    with pytest.raises(DataError, match="has levels: give levels="):
        split(levels, at=3.0)
    with pytest.raises(DataError, match="whose bins are intervals"):
        moved(numbers, 30.0, to=1)
    with pytest.raises(DataError, match="no ordinary level of 'grade'"):
        moved(levels, "z", to=1)
    with pytest.raises(DataError, match="are not of one bin"):
        split(levels, levels=[groups(levels)[0][0], groups(levels)[1][0]])
    with pytest.raises(DataError, match="all levels of their bin"):
        split(levels, levels=groups(levels)[0])


def test_edits_that_are_none_are_refused_in_words() -> None:
    for number in ("1", 1.5, True, 0):
        with pytest.raises(DataError, match="There is no bin"):
            merged(ages(), number, 2)  # type: ignore[arg-type]
    for at in ("29", float("nan"), float("inf")):
        with pytest.raises(DataError, match="split: at="):
            split(ages(), at=at)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="is no ordinary level"):
        moved(grades(), [1], to=1)


def test_values_of_any_kind_are_transformed() -> None:
    data = {"x": [1.0, 2.0, 3.0, 4.0] * 10, "y": [0, 1, 1, 1, 0, 0, 1, 1] * 5}
    found = lk.scorecard.binning("x", data, target="y")
    for values in ([1.0, 4.0], (1.0, 4.0), np.array([1.0, 4.0]), pd.Series([1.0, 4.0]), {"x": [1.0, 4.0]}):
        assert found.transform(values).tolist() == found.transformed([1.0, 4.0]).tolist()
    assert found.transform([]).shape == (0,)
    with pytest.raises(DataError, match="one value per row"):
        found.transform(np.ones((2, 2)))
