"""Folds that are drawn: partitions, even in what they promise, and the same for the same seed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import logitkit as lk
from logitkit.design.response.response import Response
from logitkit.errors import DataError
from logitkit.inference.resampling.cross_fit import cross_validate_by_weights
from logitkit.selection.fold_makers import grouped_folds, plain_folds, stratified_folds, time_folds
from logitkit.selection.splits import Splits, checked_splits

MAKERS = [plain_folds, stratified_folds, lambda response, folds, **how: grouped_folds(response, GROUPS, folds, **how)]
RNG = np.random.default_rng(5)
N = 97
GROUPS = RNG.integers(0, 23, N)
RESPONSE = Response((RNG.random(N) < 0.3).astype(float))


def splits(folds):
    return [(folds.train(k), folds.test(k)) for k in range(folds.n_splits)]


@pytest.mark.parametrize("make", MAKERS)
def test_each_repetition_is_a_partition(make):
    folds = make(RESPONSE, 5, repeats=3, seed=2)
    assert (folds.n_splits, folds.n_repeats, folds.n_rows) == (15, 3, N)
    assert_array_equal(folds.repeats, np.repeat([0, 1, 2], 5))
    for train, test in splits(folds):
        assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(N))
    for repeat in range(3):
        tests = [folds.test(k) for k in range(5 * repeat, 5 * repeat + 5)]
        assert_array_equal(np.sort(np.concatenate(tests)), np.arange(N))


@pytest.mark.parametrize("make", MAKERS)
def test_a_seed_draws_the_same_folds_and_repetitions_differ(make):
    folds = make(RESPONSE, 5, repeats=3, seed=2)
    assert_array_equal(make(RESPONSE, 5, repeats=3, seed=2).codes, folds.codes)
    assert_array_equal(make(RESPONSE, 5, repeats=2, seed=2).codes, folds.codes[:2])
    assert (folds.codes[0] != folds.codes[1]).any()
    assert (folds.codes[1] != folds.codes[2]).any()
    assert (make(RESPONSE, 5, repeats=3, seed=3).codes[1:] != folds.codes[1:]).any()
    assert folds.seed == 2
    drawn = make(RESPONSE, 5, repeats=2)
    assert_array_equal(make(RESPONSE, 5, repeats=2, seed=drawn.seed).codes, drawn.codes)


@pytest.mark.parametrize("make", [plain_folds, stratified_folds])
def test_rows_of_weight_zero_are_in_no_fold_and_change_none(make):
    zero = np.arange(N) % 4 == 0
    folds = make(replace(RESPONSE, prior=np.where(zero, 0.0, 1.0)), 4, seed=1)
    assert (folds.codes[0][zero] == -1).all()
    assert_array_equal(folds.codes[0][~zero], make(RESPONSE.take(np.flatnonzero(~zero)), 4, seed=1).codes[0])


def test_plain_folds_are_those_of_the_unpenalised_verb():
    fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    expected = cross_validate_by_weights(fit.record, fit.design, 7, seed=4).fold
    assert_array_equal(plain_folds(fit.design.response, 7, seed=4).codes[0], expected)


def test_plain_folds_have_the_sizes_of_scikit_learn():
    from sklearn.model_selection import KFold

    folds = plain_folds(RESPONSE, 6, seed=1)
    expected = [test.size for _, test in KFold(6).split(np.zeros(N))]
    assert sorted(test.size for _, test in splits(folds)) == sorted(expected)


def test_plain_folds_are_drawn_uniformly():
    response = Response(np.array([0.0, 1.0] * 3))
    together = sum(len(set(plain_folds(response, 3, seed=s).codes[0][[0, 2]])) == 1 for s in range(500))
    # two rows share a fold of two with probability 1/5: within four standard deviations, sqrt(500 * 4/25) each
    assert abs(together - 100) < 4 * np.sqrt(500 * 0.16)


def test_leaving_one_out():
    folds = plain_folds(RESPONSE, N)
    assert sorted(int(test[0]) for _, test in splits(folds)) == list(range(N))


@given(st.integers(2, 9), st.integers(9, 40), st.integers(9, 40), st.integers(0, 5))
def test_stratified_counts_differ_by_one_at_most(n_folds, events, nonevents, seed):
    y = np.random.default_rng(seed).permutation(np.repeat([1.0, 0.0], [events, nonevents]))
    fold = stratified_folds(Response(y), n_folds, seed=seed).codes[0]
    for rows in (y == 1.0, y == 0.0, y >= 0.0):
        assert np.ptp(np.bincount(fold[rows], minlength=n_folds)) <= 1


def test_stratified_folds_are_as_even_as_those_of_scikit_learn():
    from sklearn.model_selection import StratifiedKFold

    folds = stratified_folds(RESPONSE, 7, seed=1)
    expected = [RESPONSE.y[test].sum() for _, test in StratifiedKFold(7).split(np.zeros(N), RESPONSE.y)]
    assert sorted(RESPONSE.y[test].sum() for _, test in splits(folds)) == sorted(expected)


@given(st.integers(2, 8), st.integers(0, 1000))
def test_stratified_weights_differ_by_the_largest_at_most(n_folds, seed):
    rng = np.random.default_rng(seed)
    y, weights = np.append([1.0, 1.0, 0.0, 0.0], rng.random(60) < 0.4).astype(float), rng.lognormal(0.0, 1.5, 64)
    fold = stratified_folds(Response(y, prior=weights, weight_kind="precision"), n_folds, seed=seed).codes[0]
    for outcome in (0.0, 1.0):
        rows = y == outcome
        held = np.bincount(fold[rows], weights=weights[rows], minlength=n_folds)
        assert np.ptp(held) <= weights[rows].max() * (1 + 1e-12)


def test_stratified_folds_with_distinct_weights_are_still_drawn():
    response = replace(RESPONSE, prior=np.linspace(1.0, 2.0, N), weight_kind="precision")
    folds = stratified_folds(response, 5, repeats=2, seed=1)
    together = [folds.codes[r][:, None] == folds.codes[r][None, :] for r in (0, 1)]
    assert (together[0] != together[1]).any()


def test_grouped_counts_are_spread_by_their_events_and_nonevents():
    rng = np.random.default_rng(8)
    trials = rng.integers(1, 50, 60).astype(float)
    y = rng.binomial(trials.astype(int), 0.2) / trials
    response = Response(y, trials=trials)

    def spread(fold):
        return [np.ptp(np.bincount(fold, weights=part)) / part.sum() for part in (trials * y, trials * (1 - y))]

    stratified = np.array([spread(stratified_folds(response, 5, seed=s).codes[0]) for s in range(20)])
    plain = np.array([spread(plain_folds(response, 5, seed=s).codes[0]) for s in range(20)])
    assert (stratified.mean(axis=0) < plain.mean(axis=0) / 5).all()
    assert (np.bincount(stratified_folds(response, 5, seed=1).codes[0], minlength=5) > 0).all()


@given(n_folds=st.integers(2, 6), n_strata=st.integers(1, 9), seed=st.integers(0, 1000))
def test_strata_within_outcomes_are_even(n_folds, n_strata, seed):
    rng = np.random.default_rng(seed)
    y, strata = np.append([0.0, 0.0, 1.0, 1.0], rng.random(80) < 0.3).astype(float), rng.integers(0, n_strata, 84)
    fold = stratified_folds(Response(y), n_folds, strata=strata, seed=seed).codes[0]
    cells = strata + n_strata * y.astype(int)
    for code in range(2 * n_strata):
        assert np.ptp(np.bincount(fold[cells == code], minlength=n_folds)) <= 1
    for rows in (y == 0.0, y == 1.0, np.ones(84, dtype=bool)):  # the deal goes on from stratum to stratum
        assert np.ptp(np.bincount(fold[rows], minlength=n_folds)) <= 1


def test_each_of_several_outcomes_is_even_within_strata_and_over_all():
    rng = np.random.default_rng(3)
    codes, strata = rng.integers(0, 4, 150), np.array(list("abc"))[rng.integers(0, 3, 150)]
    response = Response(codes.astype(float), n_outcomes=4)
    folds = stratified_folds(response, 5, strata=strata, seed=2)
    assert folds.words == "5 folds drawn at random with outcomes spread evenly within 3 strata"
    for outcome in range(4):
        own = codes == outcome
        for rows in (own, *(own & (strata == name) for name in "abc")):
            assert np.ptp(np.bincount(folds.codes[0][rows], minlength=5)) <= 1


def test_strata_are_as_even_as_those_of_scikit_learn():
    from sklearn.model_selection import StratifiedKFold

    strata = np.arange(N) // 7 % 3
    cells = 2 * strata + RESPONSE.y.astype(int)
    fold = stratified_folds(RESPONSE, 5, strata=strata, seed=1).codes[0]
    theirs = [test for _, test in StratifiedKFold(5).split(np.zeros(N), cells)]
    for code in range(6):
        ours = np.bincount(fold[cells == code], minlength=5)
        assert sorted(ours) == sorted(np.count_nonzero(cells[test] == code) for test in theirs)


def test_one_stratum_changes_nothing_and_weights_and_counts_are_even_within_each():
    assert_array_equal(
        stratified_folds(RESPONSE, 5, strata=np.zeros(N), repeats=2, seed=3).codes,
        stratified_folds(RESPONSE, 5, repeats=2, seed=3).codes,
    )
    rng = np.random.default_rng(4)
    strata, weights = np.arange(120) % 3, rng.lognormal(0.0, 1.0, 120)
    y = (rng.random(120) < 0.4).astype(float)
    weighted = Response(y, prior=weights, weight_kind="precision")
    fold = stratified_folds(weighted, 4, strata=strata, seed=1).codes[0]
    trials = rng.integers(1, 50, 120).astype(float)
    counted = Response(rng.binomial(trials.astype(int), 0.3) / trials, trials=trials)

    def spread(code, rows):
        events = counted.weights * counted.y
        return [np.ptp(np.bincount(code[rows], weights=part[rows])) / part[rows].sum() for part in (events, trials)]

    for stratum in range(3):
        rows = strata == stratum
        for outcome in (0.0, 1.0):
            own = rows & (y == outcome)
            assert np.ptp(np.bincount(fold[own], weights=weights[own], minlength=4)) <= weights[own].max() * (1 + 1e-12)
        within = [spread(stratified_folds(counted, 4, strata=strata, seed=s).codes[0], rows) for s in range(10)]
        without = [spread(stratified_folds(counted, 4, seed=s).codes[0], rows) for s in range(10)]
        assert (np.mean(within, axis=0) < np.mean(without, axis=0) / 2).all()


def test_grouped_folds_do_not_split_a_group_and_are_as_even_as_scikit_learn():
    from sklearn.model_selection import GroupKFold

    folds = grouped_folds(RESPONSE, GROUPS, 5, repeats=2, seed=3)
    for train, test in splits(folds):
        assert not set(GROUPS[train]) & set(GROUPS[test])
    expected = [test.size for _, test in GroupKFold(5).split(np.zeros(N), groups=GROUPS)]
    assert sorted(folds.test(k).size for k in range(5)) == sorted(expected)
    assert_array_equal(grouped_folds(RESPONSE, GROUPS, 5).codes[0], folds.codes[0])
    assert_array_equal(grouped_folds(RESPONSE, [f"g{g}" for g in GROUPS], 5).codes[0], folds.codes[0])
    for codes in folds.codes:
        assert np.ptp(np.bincount(codes)) <= np.bincount(GROUPS).max()


def test_periods_are_predicted_from_earlier_rows_only():
    from sklearn.model_selection import TimeSeriesSplit

    times = np.random.default_rng(1).permutation(96)
    response = Response(RESPONSE.y[:96])
    folds = time_folds(response, times, 5)
    order = np.argsort(times)
    for (train, test), (early, late) in zip(splits(folds), TimeSeriesSplit(5).split(times), strict=True):
        assert_array_equal(train, np.sort(order[early]))
        assert_array_equal(test, np.sort(order[late]))


def test_rows_of_one_time_are_in_one_period():
    times = np.repeat([1.0, 2.0, 3.0, 4.0], [50, 2, 2, 43])
    folds = time_folds(RESPONSE, times, 3)
    for k, (train, test) in enumerate(splits(folds)):
        assert_array_equal(np.unique(times[test]), [k + 2])
        assert_array_equal(np.unique(times[train]), np.arange(1, k + 2))
    coarse = time_folds(RESPONSE, times, 2)
    assert all(times[train].max() < times[test].min() for train, test in splits(coarse))
    zero = replace(RESPONSE, prior=np.where(np.arange(N) == 3, 0.0, 1.0))
    assert 3 not in time_folds(zero, times, 3).train(0)


def test_dates_of_every_kind_are_times():
    days = pd.date_range("2020-01-01", periods=N, freq="D")
    expected = time_folds(RESPONSE, np.arange(N)).codes
    for times in (days, pd.Series(days.tz_localize("UTC")), [d.date() for d in days], days.to_period("D").to_numpy()):
        assert_array_equal(time_folds(RESPONSE, times).codes, expected)


@pytest.mark.parametrize(
    "times",
    [
        [str(i) for i in range(N)],
        pd.Series(pd.Categorical([3, 1, 2] * 32 + [3], categories=[3, 1, 2], ordered=True)),
        [dt.date(2020, 1, 1), *range(N - 1)],
        np.append(np.arange(N - 1.0), np.inf),
    ],
    ids=["text", "categories", "mixed", "infinite"],
)
def test_times_without_a_certain_order_are_refused(times):
    with pytest.raises(DataError, match="times"):
        time_folds(RESPONSE, times)


@pytest.mark.parametrize("folds", [1, 0, True, 2.0, "5"])
def test_a_number_of_folds_must_be_whole_and_two(folds):
    for make in (*MAKERS, lambda response, folds: time_folds(response, np.arange(N), folds)):
        with pytest.raises(DataError, match="at least 2"):
            make(RESPONSE, folds)


def test_too_many_folds_are_refused():
    with pytest.raises(DataError, match="exceeds the number of rows of positive weight, 97"):
        plain_folds(RESPONSE, 98)
    with pytest.raises(DataError, match="exceeds the number of groups with rows of positive weight, 23"):
        grouped_folds(RESPONSE, GROUPS, 24)
    with pytest.raises(DataError, match="distinct times after the first, 2"):
        time_folds(RESPONSE, np.arange(N) % 3, 3)


def test_missing_and_misplaced_labels_are_refused():
    labels = ["a", None, *["b"] * (N - 2)]
    with pytest.raises(DataError, match="missing in 1 of 97 rows, first in row 1"):
        grouped_folds(RESPONSE, labels, 2)
    with pytest.raises(DataError, match="times is missing"):
        time_folds(RESPONSE, pd.to_datetime([None, *["2020-01-01"] * (N - 1)]), 2)
    with pytest.raises(DataError, match="one value for each of the 97 rows"):
        grouped_folds(RESPONSE, GROUPS[:-1], 2)
    with pytest.raises(DataError, match="groups"):
        grouped_folds(RESPONSE, [["list"]] * N, 2)


def test_seeds_and_repetitions_must_be_whole():
    with pytest.raises(DataError, match="seed=-1"):
        plain_folds(RESPONSE, 3, seed=-1)
    with pytest.raises(DataError, match="repeats=0"):
        plain_folds(RESPONSE, 3, repeats=0)


def test_training_rows_need_both_outcomes():
    one_event = Response(np.array([1.0, *[0.0] * 9]))
    for make in (plain_folds, stratified_folds):
        with pytest.raises(DataError, match=r"without an event"):
            make(one_event, 5, seed=0)
        with pytest.raises(DataError, match=r"without a non-event"):
            make(Response(1.0 - one_event.y), 5, seed=0)
    with pytest.raises(DataError, match=r"Split 0 .* 2 rows without an event"):
        time_folds(Response(np.array([0.0, 0.0, 1.0, 0.0, 1.0, 0.0])), np.arange(6), 2)


def test_grouped_counts_hold_both_outcomes_in_one_row():
    response = Response(np.array([0.5, 0.2, 0.9]), trials=np.array([10.0, 5.0, 10.0]))
    assert plain_folds(response, 3, seed=0).n_splits == 3


def test_folds_of_other_rows_and_empty_folds_are_refused():
    with pytest.raises(DataError, match="cover 2 rows and the data have 97"):
        checked_splits(Splits(np.array([[0, 1]], dtype=np.int32), ""), RESPONSE)
    gap = np.where(np.arange(N) % 2 == 0, 0, 2).astype(np.int32)[None]
    with pytest.raises(DataError, match=r"Split 1 \(from 0\) has no row of positive weight"):
        checked_splits(Splits(gap, ""), RESPONSE)
    with pytest.raises(DataError, match="no split 5"):
        plain_folds(RESPONSE, 5).test(5)
