"""How rows are divided, as it is stated: what is refused, and which splits it gives of the rows that are used."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import KFold, RepeatedKFold, StratifiedKFold

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, LogitkitError
from logitkit.selection.fold_makers import grouped_folds, plain_folds, stratified_folds, time_folds
from logitkit.selection.given_folds import given_folds
from logitkit.selection.splits import Splits

FORMULA = "low ~ age + lwt"


def births() -> pd.DataFrame:
    """Births with a hospital and a year each, and a gap in a column of the formula."""
    data = lk.datasets.load_lbw()
    rng = np.random.default_rng(5)
    data["hospital"] = rng.integers(0, 17, len(data)).astype(str)
    data["year"] = 1980 + rng.integers(0, 9, len(data))
    data["age"] = data["age"].astype(float).mask(np.arange(len(data)) % 23 == 4)
    return data


def divided(folds: Any, data: Any = None) -> Splits:
    cv = lk.cross_validate(FORMULA, births() if data is None else data, folds=folds, strengths=[0.1])
    return cv.record.folds


@pytest.fixture(scope="module")
def used() -> tuple[Any, pd.DataFrame]:
    """The response of the rows that are used, and those rows."""
    design = lk.logit(FORMULA, births()).design
    return design.response, births().iloc[design.positions]


Maker = Callable[[Any, pd.DataFrame], Splits]
STATED: list[tuple[int | lk.Folds, Maker]] = [
    (7, lambda r, _: stratified_folds(r, 7, seed=0)),
    (np.int64(7), lambda r, _: stratified_folds(r, 7, seed=0)),
    (lk.Folds(), lambda r, _: stratified_folds(r, 10, seed=0)),
    (lk.Folds(4, seed=9, repeats=2), lambda r, _: stratified_folds(r, 4, seed=9, repeats=2)),
    (lk.Folds(4, stratify=True), lambda r, _: stratified_folds(r, 4, seed=0)),
    (lk.Folds(4, stratify=False), lambda r, _: plain_folds(r, 4, seed=0)),
    (lk.Folds(4, stratify=np.bool_(False)), lambda r, _: plain_folds(r, 4, seed=0)),
    (lk.Folds(4, stratify="race"), lambda r, rows: stratified_folds(r, 4, strata=rows["race"], seed=0)),
    (lk.Folds(4, stratify=births()["race"]), lambda r, rows: stratified_folds(r, 4, strata=rows["race"], seed=0)),
    (lk.Folds(4, groups="hospital"), lambda r, rows: grouped_folds(r, rows["hospital"], 4)),
    (lk.Folds(4, groups=births()["hospital"].to_numpy()), lambda r, rows: grouped_folds(r, rows["hospital"], 4)),
    (
        lk.Folds(4, groups="hospital", repeats=3, seed=2),
        lambda r, rows: grouped_folds(r, rows["hospital"], 4, repeats=3, seed=2),
    ),
    (lk.Folds(4, groups="hospital", stratify=False), lambda r, rows: grouped_folds(r, rows["hospital"], 4)),
    (lk.Folds(3, time="year"), lambda r, rows: time_folds(r, rows["year"], 3)),
    (lk.Folds(3, time=births()["year"].tolist(), seed=None), lambda r, rows: time_folds(r, rows["year"], 3)),
    (lk.Folds(given=births()["year"]), lambda r, rows: given_folds(r, rows["year"])),
]


@pytest.mark.parametrize(("folds", "maker"), STATED, ids=lambda value: repr(value) if not callable(value) else "")
def test_what_is_stated_is_what_the_maker_draws(folds: Any, maker: Maker, used: tuple[Any, pd.DataFrame]) -> None:
    found, expected = divided(folds), maker(*used)
    assert_array_equal(found.codes, expected.codes)
    assert (found.words, found.seed) == (expected.words, expected.seed)
    assert (found.training is None) == (expected.training is None)
    if found.training is not None and expected.training is not None:
        assert_array_equal(found.training, expected.training)


def test_pairs_are_of_the_table_as_it_is_given() -> None:
    """Of an iterator they are kept, so that the object can be used again."""
    data = births()
    pairs = list(KFold(5).split(data))
    stated = lk.Folds(given=KFold(5).split(data))
    for _ in range(2):
        assert_array_equal(divided(stated).codes, divided(lk.Folds(given=pairs)).codes)
    position = np.flatnonzero(data["age"].notna())
    found = divided(stated)
    assert_array_equal(position[found.test(3)], np.intersect1d(position, pairs[3][1]))
    repeated = divided(lk.Folds(given=RepeatedKFold(n_splits=3, n_repeats=2, random_state=1).split(data)))
    assert repeated.n_repeats == 2


def test_seeds() -> None:
    assert_array_equal(divided(lk.Folds(3, seed=0)).codes, divided(3).codes)
    assert (divided(lk.Folds(3, seed=1)).codes != divided(3).codes).any()
    free = divided(lk.Folds(3, seed=None))
    assert free.seed is not None
    assert_array_equal(divided(lk.Folds(3, seed=free.seed)).codes, free.codes)


def test_a_matrix_takes_values_and_no_names() -> None:
    data = births().dropna()
    X = np.column_stack([np.ones(len(data)), data[["age", "lwt"]]])
    names = ["Intercept", "age", "lwt"]
    by_name = lk.cross_validate(FORMULA, data, folds=lk.Folds(4, groups="hospital"), strengths=[0.1])
    options: dict[str, Any] = {"strengths": [0.1]}
    for y in (data["low"], data["low"].to_numpy()):  # without labels of its own, a matrix is matched by place
        stated = lk.Folds(4, groups=data["hospital"])
        found = lk.cross_validate_matrix(X, y, names, folds=stated, **options)
        assert_array_equal(found.record.folds.codes, by_name.record.folds.codes)
    for name in ("hospital", "y"):
        with pytest.raises(DataError, match=f"groups='{name}': with a ready matrix give an array, one value per row"):
            lk.cross_validate_matrix(X, data["low"], names, folds=lk.Folds(4, groups=name), **options)
    moved = data["hospital"].sort_values()
    with pytest.raises(DataError, match="whose index differs"):
        lk.cross_validate_matrix(X, data["low"], names, folds=lk.Folds(4, groups=moved), **options)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"k": 1}, "k=1: give a whole number of at least 2"),
    ({"k": True}, "k=True: give a whole number"),
    ({"k": 5.0}, r"k=5\.0: give a whole number"),
    ({"k": "5"}, "k='5': give a whole number"),
    ({"repeats": 0}, "repeats=0: give a whole number of at least 1"),
    ({"repeats": 10**400}, "repeats=1000"),
    ({"seed": -1}, "seed=-1: give a whole number that is not negative, or None"),
    ({"seed": True}, "seed=True"),
    ({"seed": "x"}, "seed='x'"),
    ({"stratify": 1}, "stratify=1: give True or False, a column name or one value per row"),
    ({"stratify": {"a": 1}}, "stratify="),
    ({"groups": 3}, "groups=3: give a column name or one value per row"),
    ({"groups": True}, "groups=True"),
    ({"groups": {"a"}}, "groups="),
    ({"time": 2j}, "time=2j"),
    ({"given": 5}, "type int; give the fold of each row, or pairs"),
    ({"given": {"a": 1}}, "type dict"),
    ({"given": StratifiedKFold(5)}, r"give the pairs that its split\(X, y\) yields"),
    ({"groups": "a", "time": "b"}, "groups=.*by group or by time, not both; leave one of them out"),
    ({"time": "b", "repeats": 2}, "repeats=.*divided in only one way"),
    ({"time": "b", "stratify": True}, "stratify=.*divided in only one way"),
    ({"time": "b", "seed": 3}, "seed=.*divided in only one way"),
    ({"groups": "a", "stratify": "b"}, "stratify=.*distributed by weight"),
    ({"groups": "a", "stratify": True}, "stratify=.*distributed by weight"),
    ({"groups": "a", "seed": 3}, "the seed would have no effect"),
    *(({"given": [0, 1], **other}, "given folds are used as they are") for other in ({"k": 10}, {"groups": "a"})),
    *(({"given": [0, 1], **other}, "given folds are used as") for other in ({"time": "a"}, {"stratify": True})),
    *(({"given": [0, 1], **other}, "given folds are used as they are") for other in ({"repeats": 2}, {"seed": 1})),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_cannot_be_or_would_be_ignored_is_refused_when_it_is_stated(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        lk.Folds(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_splits": 5}, r"Folds\(\) has no argument 'n_splits'\. It is k= here"),
        ({"random_state": 1}, "It is seed= here"),
        ({"n_repeats": 2}, "It is repeats= here"),
        ({"foldid": [0, 1]}, "It is given= here"),
        ({"sead": 1}, "Did you mean 'seed'"),
    ],
)
def test_words_of_others_are_answered(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        lk.Folds(**options)
    with pytest.raises(
        ArgumentError, match=r"takes 1 value by position, and was given 2\. To be named: stratify=, groups="
    ):
        lk.Folds(5, *options.values())


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        (1, "folds=1: give a whole number of at least 2"),
        (True, r"folds=True: give the number of folds, or lk\.Folds"),
        (5.0, r"folds=5\.0: give the number of folds"),
        (None, "folds=None"),
        ("5", "folds='5'"),
        (np.arange(189) % 3, r"folds=lk\.Folds\(given=labels or pairs\)"),
        ([([0], [1])], r"folds=lk\.Folds\(given=labels or pairs\)"),
        (KFold(5), r"folds=lk\.Folds\(given=splitter\.split\(X, y\)\)"),
        (lk.Folds(groups="hospitl"), r"groups='hospitl': there is no such column\. Did you mean 'hospital'\?"),
        (lk.Folds(time="when"), "time='when': there is no such column"),
        (lk.Folds(stratify="where"), "stratify='where': there is no such column"),
        (lk.Folds(groups=[1, 2, 3]), "groups has 3 values and the table has 189 rows"),
        (lk.Folds(groups=births()["year"].sort_values()), "groups is a Series whose index differs"),
        (lk.Folds(stratify=births()["age"]), None),
        (lk.Folds(stratify=births()["lwt"].where(births()["lwt"] > 100)), "stratify is missing in"),
        (lk.Folds(stratify=[["list"]] * 189), "stratify holds values that cannot label a group"),
    ],
    ids=str,
)
def test_what_the_function_refuses(folds: Any, message: str | None) -> None:
    if message is None:  # missing only in rows that are dropped, and as many strata as there are values
        assert divided(folds).words.endswith("within 24 strata")
        return
    with pytest.raises(LogitkitError, match=message):
        divided(folds)


def test_words_of_others_for_the_argument_are_answered() -> None:
    for word, message in (
        ("cv", "It is folds= here"),
        ("nfolds", "It is folds= here"),
        ("foldid", r"folds=lk\.Folds\(given=\.\.\.\)"),
        ("random_state", r"folds=lk\.Folds\(seed=\.\.\.\)"),
        ("n_repeats", r"folds=lk\.Folds\(repeats=\.\.\.\)"),
    ):
        with pytest.raises(ArgumentError, match=rf"has no argument '{word}'\. .*{message}"):
            lk.cross_validate("low ~ age", births(), **{word: 1})
    with pytest.raises(ArgumentError, match=r"Rows that belong together: cluster=; in a cross-validation"):
        lk.logit("low ~ age", births(), groups="race")  # type: ignore[call-arg]


@pytest.mark.parametrize("word", ["stratify", "groups", "time", "repeats", "seed"])
@pytest.mark.parametrize("function", [lk.cross_validate, lk.cross_validate_matrix], ids=lambda f: f.__name__)
def test_the_words_that_were_arguments_are_answered(function: Any, word: str) -> None:
    with pytest.raises(
        ArgumentError, match=rf"has no argument '{word}'\. The division of rows .* folds=lk\.Folds\({word}=\.\.\.\)\."
    ):
        function("low ~ age", births(), **{word: 1})


def test_it_shows_what_was_stated_and_travels() -> None:
    stated = lk.Folds(5, groups=np.arange(6), repeats=2, seed=3)
    assert repr(stated) == "Folds(k=5, groups=<6 values>, repeats=2, seed=3)"
    assert repr(lk.Folds()) == "Folds(k=10)"
    assert repr(lk.Folds(4, stratify=False, seed=None)) == "Folds(k=4, stratify=False, seed=None)"
    assert repr(lk.Folds(given=iter([([0], [1]), ([1], [0])]))) == "Folds(given=<2 values>)"
    for again in (copy.deepcopy(stated), pickle.loads(pickle.dumps(stated))):
        assert repr(again) == repr(stated)
        assert again == stated
        assert hash(again) == hash(stated)
    with pytest.raises(AttributeError):
        stated.k = 4  # type: ignore[misc]
    assert lk.Folds(5, seed=3) == lk.Folds(k=5, seed=3) != lk.Folds(5)
    pairs = [([0], np.array([1, 2])), ([1], np.array([0]))]
    assert lk.Folds(given=pairs) == lk.Folds(given=copy.deepcopy(pairs)) != lk.Folds(given=pairs[::-1])
    assert lk.Folds(given=pairs) != lk.Folds() != 10
    assert lk.Folds(groups="a") != lk.Folds(groups=["a"]) != lk.Folds(groups=["b"])
