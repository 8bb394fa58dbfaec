"""Folds by labels and by pairs of row numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from logitkit.design.response.response import Response
from logitkit.errors import DataError
from logitkit.selection.given_folds import given_folds

N = 60
RESPONSE = Response((np.arange(N) % 3 == 0).astype(float))
COLUMN = np.zeros((N, 1))
LABELS = np.random.default_rng(2).permutation(N) % 4
IN_FOLD = np.arange(4)[:, None] == LABELS


def assert_splits(folds, pairs):
    assert folds.n_splits == len(pairs)
    for k, (train, test) in enumerate(pairs):
        assert_array_equal(folds.train(k), np.sort(train))
        assert_array_equal(folds.test(k), np.sort(test))


@pytest.mark.parametrize(
    "labels",
    [LABELS, LABELS + 1, LABELS.astype(float), [f"fold {k}" for k in LABELS], pd.Series(LABELS), LABELS.tolist()],
    ids=["codes", "from 1", "floats", "text", "series", "list"],
)
def test_labels_name_the_test_fold_in_ascending_order(labels):
    assert_array_equal(given_folds(RESPONSE, labels).codes, LABELS[None])


def test_minus_one_is_tested_in_no_fold():
    labels = np.where(np.arange(N) < 10, -1, LABELS)
    folds = given_folds(RESPONSE, labels)
    assert folds.n_splits == 4
    assert all(np.isin(np.arange(10), folds.train(k)).all() for k in range(4))


@pytest.mark.parametrize(
    ("splitter", "layers", "repeats"),
    [
        ("KFold(5)", 1, 1),
        ("StratifiedKFold(4, shuffle=True, random_state=1)", 1, 1),
        ("RepeatedKFold(n_splits=3, n_repeats=4, random_state=1)", 4, 4),
        ("TimeSeriesSplit(4)", 1, 1),
        ("ShuffleSplit(6, test_size=0.5, random_state=1)", 6, 1),
        ("PredefinedSplit(np.arange(60) % 3 - 1)", 1, 1),
        ("LeavePOut(2)", None, 1),
    ],
)
def test_splitters_of_scikit_learn_are_followed(splitter, layers, repeats):
    from sklearn import model_selection

    # pairs of 60 rows would be 1,770 splits
    response = RESPONSE if layers is not None else RESPONSE.take(np.arange(12))
    made = eval(splitter, {**vars(model_selection), "np": np})
    pairs = list(made.split(COLUMN[: response.n_rows], response.y))
    folds = given_folds(response, iter(pairs))
    assert_splits(folds, pairs)
    assert folds.n_repeats == repeats
    assert layers is None or folds.codes.shape[0] == layers
    assert folds.overlapping == (splitter.startswith(("ShuffleSplit", "LeavePOut")))
    assert (folds.training is None) == (not splitter.startswith("TimeSeries"))


def test_masks_are_row_numbers():
    masks = [(~where, where) for where in IN_FOLD]
    assert_array_equal(given_folds(RESPONSE, masks).codes, LABELS[None])


def test_dropped_rows_of_the_table_move_the_others():
    kept = np.flatnonzero(np.arange(N) % 7 != 0)
    places = np.full(N, -1)
    places[kept] = np.arange(kept.size)
    response = RESPONSE.take(kept)
    expected = LABELS[kept][None]
    assert_array_equal(given_folds(response, LABELS, places=places).codes, expected)
    pairs = [(np.flatnonzero(~where), np.flatnonzero(where)) for where in IN_FOLD]
    assert_array_equal(given_folds(response, pairs, places=places).codes, expected)
    labels = [None if place < 0 else int(label) for place, label in zip(places, LABELS, strict=True)]
    assert_array_equal(given_folds(response, labels, places=places).codes, expected)


def test_rows_of_weight_zero_are_in_no_fold():
    zero = np.arange(N) % 5 == 0
    response = replace(RESPONSE, prior=np.where(zero, 0.0, 1.0))
    pairs = [(np.flatnonzero(~where), np.flatnonzero(where)) for where in IN_FOLD]
    for given in (LABELS, pairs, np.where(zero, np.nan, LABELS)):
        assert_array_equal(given_folds(response, given).codes[0], np.where(zero, -1, LABELS))


HALF = (np.arange(30), np.arange(30, N))
REFUSED = {
    "too few": (np.zeros(N), "1 label"),
    "missing": (np.append(LABELS[:-1].astype(float), np.nan), "missing in 1 of 60 rows, first in row 59"),
    "length": (LABELS[:-1], "each of the 60 rows"),
    "mixed": ([*LABELS[:-1].tolist(), "a"], "mix kinds"),
    "matrix": (np.tile(LABELS, (2, 1)), "each of the 60 rows"),
    "text": ("fold", "type str"),
    "number": (5, "type int"),
    "one pair": ([HALF], "1 pair"),
    "nothing": ([], "0 pair"),
    "not pairs": ([HALF[0], HALF[1]], "not a pair"),
    "leak": ([HALF, (np.arange(31), np.arange(30, N))], "Pair 1 .* tests 1 of its own training rows, first row 30"),
    "outside": ([HALF, (HALF[1], [0, N])], "include 60; rows are numbered from 0 to 59"),
    "negative": ([HALF, (HALF[1], [0, -1])], "include -1"),
    "twice": ([HALF, ([30, 30, 31], HALF[0])], "a row twice"),
    "fractions": ([HALF, (HALF[1], [0.5])], "whole numbers"),
    "short mask": ([HALF, (np.ones(3, dtype=bool), HALF[0])], "A mask"),
    "no test": ([HALF, (HALF[1], [])], "no test row of positive weight"),
    "no training": ([HALF, ([], HALF[0])], "0 rows without an event"),
    "one outcome": ([HALF, ([33, 36], HALF[0])], "2 rows without a non-event"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_folds_that_cannot_be_are_refused(case):
    given, words = REFUSED[case]
    with pytest.raises(DataError, match=words):
        given_folds(RESPONSE, given)


def test_a_splitter_is_asked_to_split():
    from sklearn.model_selection import KFold

    with pytest.raises(DataError, match="the pairs that its split"):
        given_folds(RESPONSE, KFold(5))


def test_many_labels_are_found_as_few_are() -> None:
    labels = np.arange(400) % 40 - 1  # more than are looked for one by one, of which one is no fold
    response = Response(np.arange(400.0) % 2)
    found, by_text = given_folds(response, labels), given_folds(response, labels.astype(object))
    assert np.array_equal(found.codes[0], np.where(labels < 0, -1, labels))
    assert np.array_equal(found.codes, by_text.codes)
