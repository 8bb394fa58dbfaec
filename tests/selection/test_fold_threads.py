"""Folds on threads: the bits of one thread, errors in their order, and no threads of threads."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import logitkit as lk
from logitkit.design.matrix.dense import Dense
from logitkit.errors import DataError, LogitkitError, SeparationError
from logitkit.numerics.threads import local
from logitkit.numerics.threads.local import ordered_map
from logitkit.selection import cross_validation, fold_threads
from logitkit.selection.fold_threads import each_fold

GRID = {"n_strengths": 12}


@pytest.fixture(autouse=True)
def threads_as_before(two_blas_threads: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # A busy machine may neither begin a task within a twentieth of a second nor end it within one.
    monkeypatch.setattr(local, "PATIENCE", 60.0)
    monkeypatch.setattr(local, "GRACE", 60.0)
    yield
    lk.set_threads(None)


def wide(n: int = 120, p: int = 300, seed: int = 3) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p + 1))
    for j in range(2, p + 1):
        X[:, j] = 0.5 * X[:, j - 1] + np.sqrt(0.75) * X[:, j]
    X[:, 0] = 1.0
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-X[:, 1:6] @ [1.0, -1.0, 1.0, -1.0, 1.0]))).astype(float)
    return X, y, ["Intercept", *(f"x{j}" for j in range(p))]


def on_threads(n: int, run: Callable[[], Any]) -> Any:
    lk.set_threads(n)
    return run()


@pytest.mark.parametrize(
    ("columns", "penalty", "options"),
    [
        (200, lk.Lasso(), {}),
        (150, lk.Ridge(), {"folds": lk.Folds(5, repeats=2)}),
        pytest.param(1_200, lk.ElasticNet(l1_ratio=0.5), {"measure": "auc"}, marks=pytest.mark.slow),
        (
            10,
            lk.GroupLasso(groups={"a": ["x0", "x1", "x2"], "b": ["x3", "x4"]}),
            {"folds": lk.Folds(5, stratify=False)},
        ),
        (5, lk.AdaptiveLasso(), {"measure": "brier"}),
        (30, lk.RelaxedLasso(), {"folds": 3, "strengths": [0.2, 0.1, 0.08]}),
    ],
)
def test_bits_do_not_depend_on_the_number_of_threads(columns: int, penalty: Any, options: dict[str, Any]) -> None:
    X, y, names = wide(p=columns)
    runs = [
        on_threads(n, lambda: lk.cross_validate_matrix(X, y, names, penalty=penalty, **{"folds": 5, **GRID, **options}))
        for n in (1, 2, 3)
    ]
    for other in runs[1:]:
        assert_array_equal(other.record.scores, runs[0].record.scores)
        assert (other.record.best, other.record.one_se) == (runs[0].record.best, runs[0].record.one_se)
        if runs[0].record.logits is not None:
            assert_array_equal(other.record.logits, runs[0].record.logits)


def test_folds_end_where_the_path_of_all_rows_does() -> None:
    X, _, names = wide(n=60, p=90)
    y = (X[:, 1] > 0.0).astype(float)
    y[:2] = 1.0 - y[:2]
    grid: dict[str, Any] = {"n_strengths": 40, "ratio": 1e-4}
    runs = [on_threads(n, lambda: lk.cross_validate_matrix(X, y, names, folds=5, **grid)) for n in (1, 5)]
    path = lk.path_matrix(X, y, names, **grid)
    assert 5 < path.strengths.size < 40  # it ends early, and some folds would go on
    for run in runs:
        assert_array_equal(run.record.path.strengths, path.strengths)
        assert_array_equal(run.record.path.coef, path.record.coef)
        assert_array_equal(run.record.scores, runs[0].record.scores)
        assert_array_equal(run.record.logits, runs[0].record.logits)


@pytest.mark.parametrize("seed", [5, 10, 27])
def test_a_refit_that_all_rows_do_not_have(seed: int) -> None:
    """The path of all rows ends where its columns separate the outcomes; those of some folds could go on."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((80, 6))
    X[:, 0] = 1.0
    y = (X[:, 1] + 0.5 * X[:, 2] + 0.25 * X[:, 3] > 0.0).astype(float)
    names, penalty = ["Intercept", *(f"x{j}" for j in range(5))], lk.RelaxedLasso(gamma=0.0)
    found = []
    for threads in (1, 2, 3, 5):
        lk.set_threads(threads)
        try:
            run = lk.cross_validate_matrix(X, y, names, penalty=penalty, folds=7, n_strengths=20)
            found.append(run.record.scores.tobytes())
        except LogitkitError as error:
            found.append(str(error))
    assert len(set(found)) == 1


def test_the_error_of_all_rows_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that wait for the path of all rows are not left waiting when it fails."""
    whole = cross_validation.path_of

    def failing(given: Any, *rest: Any, **options: Any) -> Any:
        if given.design.n_rows == 120:
            raise DataError("all rows")
        return whole(given, *rest, **options)

    monkeypatch.setattr(cross_validation, "path_of", failing)
    X, y, names = wide(p=40)
    for threads in (1, 2, 3):
        lk.set_threads(threads)
        with pytest.raises(DataError, match=r"^all rows$"):
            lk.cross_validate_matrix(X, y, names, folds=5, **GRID)


def test_nested_bits_do_not_depend_on_the_number_of_threads() -> None:
    X, y, names = wide(p=12)
    cv = lk.cross_validate_matrix(X, y, names, folds=4, **GRID)
    alone, *others = (on_threads(n, cv.nested) for n in (1, 2, 3))
    for other in others:
        assert_array_equal(other.scores, alone.scores)
        assert_array_equal(other.strengths, alone.strengths)
        assert_array_equal(other.splits, alone.splits)


def test_rows_that_fill_more_threads_than_folds_come_one_fold_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    X = np.random.default_rng(0).standard_normal((60_000, 4))
    X[:, 0] = 1.0
    y = (np.arange(60_000) % 3 == 0).astype(float)
    here = threading.current_thread().name
    used = lambda n: set(each_fold(lambda _: threading.current_thread().name, n, Dense(X)))  # noqa: E731
    lk.set_threads(3)
    assert used(2) == {here}
    assert used(3) != {here}
    monkeypatch.setattr(fold_threads, "available_bytes", lambda: 1)
    assert used(3) == {here}
    lk.set_threads(1)
    monkeypatch.undo()
    assert used(3) == {here}
    names = ["Intercept", "a", "b", "c"]
    one, three = (on_threads(n, lambda: lk.cross_validate_matrix(X, y, names, folds=2, **GRID)) for n in (1, 3))
    assert_array_equal(one.record.scores, three.record.scores)


def separated_without(*bad: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Five folds, of which the bad ones hold the only rows that keep a kept column from separating the outcomes."""
    rng = np.random.default_rng(1)
    folds = np.repeat(np.arange(5), 20)
    y = (rng.random(100) < 0.5).astype(float)
    data = {"y": y, "x": rng.standard_normal(100)}
    for fold in bad:
        mark = np.where(y == 1.0, rng.random(100) < 0.4, False).astype(float)
        mark[np.flatnonzero((folds == fold) & (y == 0.0))[0]] = 1.0
        data[f"mark{fold}"] = mark
    return data, folds


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("bad", [(3,), (3, 4)])
def test_the_error_of_the_first_fold_that_has_one(threads: int, bad: tuple[int, ...]) -> None:
    data, folds = separated_without(*bad)
    marks = [f"mark{fold}" for fold in bad]
    lk.set_threads(threads)
    with pytest.raises(SeparationError, match=r"Without fold 3 \(from 0\): The columns that are not penalised .*mark3"):
        lk.cross_validate(
            " + ".join(["y ~ x", *marks]),
            data,
            penalty=lk.Lasso(keep=marks),
            folds=lk.Folds(given=folds),
            strengths=[0.1, 0.01],
        )
    gc.collect()  # of calls that other tests have abandoned, which keep the threads of the pool
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("logitkit_")] == []
    lk.set_threads(threads)
    good = lk.cross_validate("y ~ x", data, folds=lk.Folds(given=folds), strengths=[0.1, 0.01])
    assert np.isfinite(good.record.scores).all()


def test_results_before_an_error_are_given() -> None:
    lk.set_threads(2)

    def task(fold: int) -> int:
        if fold == 3:
            raise DataError("three")
        return fold

    seen: list[int] = []
    with pytest.raises(DataError, match="three"):
        seen.extend(each_fold(task, 5, Dense(np.ones((10, 2)))))
    assert seen == [0, 1, 2]


def test_folds_inside_a_task_stay_on_its_thread() -> None:
    lk.set_threads(2)

    def task(_: int) -> bool:
        own = threading.current_thread().name
        return {*each_fold(lambda _: threading.current_thread().name, 5, Dense(np.ones((10, 2))))} == {own}

    assert all(ordered_map(task, 6))
    X, y, names = wide(p=40)
    alone = lk.cross_validate_matrix(X, y, names, folds=3, **GRID)
    for inside in ordered_map(lambda _: lk.cross_validate_matrix(X, y, names, folds=3, **GRID), 3):
        assert_array_equal(inside.record.scores, alone.record.scores)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_warning_is_given_once(threads: int) -> None:
    y = np.repeat([0.0, 1.0], 30)
    data = {"y": y, "x": np.random.default_rng(0).standard_normal(60) + y}
    folds = np.r_[np.arange(30) % 3, np.full(30, 3)]  # the events all in the last, which the measure cannot rank alone
    folds[30:50] = np.arange(20) % 3
    lk.set_threads(threads)
    with pytest.warns(lk.errors.DataWarning, match="1 of 4 splits have no score") as seen:
        lk.cross_validate("y ~ x", data, folds=lk.Folds(given=folds), measure="auc", strengths=[0.1, 0.01])
    assert len(seen) == 1
