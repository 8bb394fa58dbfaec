"""Fits inside fits, on many threads and in forked workers: the same answer, and BLAS left as it was."""

from __future__ import annotations

import concurrent.futures.thread
import gc
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 - its BLAS is loaded before the limits are read
from threadpoolctl import ThreadpoolController

import logitkit as lk
from logitkit.errors import DataError
from logitkit.numerics.threads import local
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import PATIENCE, ordered_map
from oracles.likelihood import mean


@cache
def libraries() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(local, "GRACE", 60.0)  # a busy machine may not end running tasks within a second
    lk.set_threads(2)
    with libraries().limit(limits=2):
        yield
    lk.set_threads(None)


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in libraries().info()]


def problem(n: int = 60_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 5))
    X[:, 0] = 1.0
    return X, (rng.random(n) < mean(X @ [0.1, 0.5, -0.5, 0.2, 0.0])).astype(float)


def fit_problem(seed: int) -> tuple[np.ndarray, np.ndarray]:
    X, y = problem(seed=seed)
    fit = lk.logit_matrix(X, y, cluster=np.arange(len(y)) % 100)
    return fit.coef.to_numpy(), fit.vcov.to_numpy()


def test_concurrent_fits_give_the_answers_of_one_after_another() -> None:
    before = blas_threads()
    assert before
    assert set(before) == {2}
    alone = [fit_problem(seed) for seed in range(5)]
    assert blas_threads() == before
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(fit_problem, [*range(5), *range(5)]))
    for (coef, vcov), (other, covariance) in zip(alone + alone, together, strict=True):
        assert np.array_equal(coef, other)
        assert np.array_equal(vcov, covariance)
    assert blas_threads() == before


def test_the_limit_holds_inside_and_the_last_to_leave_restores_it() -> None:
    before = blas_threads()
    with single_threaded_blas():
        assert set(blas_threads()) == {1}
        with single_threaded_blas():
            fit_problem(0)
            assert set(blas_threads()) == {1}
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_an_error_inside_restores_the_limit() -> None:
    before = blas_threads()
    X, y = problem(2_000)
    X[7, 1] = np.inf
    with pytest.raises(DataError, match="row 7"):
        lk.logit_matrix(X, y)
    with pytest.raises(ZeroDivisionError), single_threaded_blas():
        _ = 1 / 0
    assert blas_threads() == before


def test_a_fit_inside_a_fit() -> None:
    X, y = problem()
    frame = {"y": y, "x": X[:, 1]}
    inner: list[lk.Fit] = []

    def fitted(values: Any) -> Any:
        inner.append(lk.logit("y ~ x", frame))
        return values

    outer = lk.logit("y ~ fitted(x)", frame)
    assert inner
    assert np.array_equal(outer.coef, inner[0].coef)


def _fit_in_worker(queue: Any) -> None:
    queue.put([part.tolist() for part in fit_problem(0)])


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_worker_can_fit() -> None:
    expected = fit_problem(0)  # the pool of this process is running when it forks
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    workers = [context.Process(target=_fit_in_worker, args=(queue,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        answers = [queue.get(timeout=300) for _ in workers]
    finally:
        for worker in workers:
            worker.join(timeout=60)
            worker.kill()
    for coef, vcov in answers:
        assert np.array_equal(coef, expected[0])
        assert np.array_equal(vcov, expected[1])


def test_results_come_in_order_however_long_each_takes() -> None:
    def slow_first(i: int) -> int:
        time.sleep(0.002 * (10 - i))
        return i

    assert list(ordered_map(slow_first, 10)) == list(range(10))
    assert list(ordered_map(slow_first, 0)) == []


def test_few_results_wait_at_a_time() -> None:
    started: list[int] = []
    results = ordered_map(lambda i: started.append(i) or i, 100)
    for taken, value in enumerate(results):
        assert value == taken
        time.sleep(0.001)
        # Twice the threads ahead of what was taken, and the one that is being replaced.
        assert len(started) <= taken + 1 + 4 + 1
    assert sorted(started) == list(range(100))


def test_work_is_shared_and_an_error_comes_out_where_it_is_asked_for() -> None:
    names: set[str] = set()
    both = threading.Barrier(2, timeout=60)

    def meet(i: int) -> int:
        both.wait()
        names.add(threading.current_thread().name)
        return i

    assert list(ordered_map(meet, 2)) == [0, 1]
    assert len(names) == 2
    results = ordered_map(lambda i: 1 // (3 - i), 8)
    assert [next(results) for _ in range(3)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_walk_that_is_left_early_leaves_nothing_running() -> None:
    done: list[int] = []
    walk = ordered_map(lambda i: done.append(i) or i, 1_000)
    next(walk)
    walk.close()  # type: ignore[attr-defined]
    time.sleep(0.05)
    count = len(done)
    time.sleep(0.05)
    assert len(done) == count < 20


def test_tasks_see_the_context_of_their_caller() -> None:
    with np.errstate(over="raise", divide="ignore"):
        seen = list(ordered_map(lambda _: np.geterr(), 6))
    assert {(state["over"], state["divide"]) for state in seen} == {("raise", "ignore")}


def test_beside_long_work_of_others_a_walk_waits_once_and_then_works_here(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, begun, here = threading.Event(), threading.Barrier(3), threading.current_thread()
    result, waits = Future.result, []

    def counted(future: Future[Any], timeout: float | None = None) -> Any:
        if threading.current_thread() is here and timeout != 0.0:
            waits.append(timeout)
        return result(future, timeout)

    def long(i: int) -> int:
        begun.wait(60)
        gate.wait(300)
        return i

    monkeypatch.setattr(local, "PATIENCE", 60.0)  # for the other's tasks to be begun, on however busy a machine
    other = threading.Thread(target=lambda: list(ordered_map(long, 2)))
    other.start()
    try:
        begun.wait(60)  # both threads of the pool are taken
        monkeypatch.undo()
        monkeypatch.setattr(Future, "result", counted)
        names = list(ordered_map(lambda _: list(ordered_map(lambda _: threading.current_thread().name, 8)), 40))
        assert waits == [PATIENCE]
        assert {name for inner in names for name in inner} == {threading.current_thread().name}
    finally:
        gate.set()
        other.join()


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "2"])
def test_a_number_of_threads_that_is_none(wrong: Any) -> None:
    with pytest.raises(DataError, match="set_threads"):
        lk.set_threads(wrong)
    assert lk.get_threads() == 2


def test_importing_is_light() -> None:
    text = (
        "import sys, logitkit\n"
        "heavy = {'pandas', 'formulaic', 'numba', 'scipy', 'matplotlib', 'narwhals', 'statsmodels', 'pyarrow'}\n"
        "heavy |= {'tqdm', 'threadpoolctl'}\n"
        "print(*(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_an_abandoned_call_may_be_collected_while_a_task_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    # The collector runs wherever memory is asked for: here within the locks of the pool.
    made = concurrent.futures.thread._WorkItem

    def collecting(*given: Any) -> Any:
        gc.collect()
        return made(*given)

    def abandon() -> None:
        left = ordered_map(lambda i: i, 8)
        next(left)
        around: list[Any] = [left]
        around.append(around)

    found: list[int] = []

    def work() -> None:
        running = ordered_map(lambda i: i, 8)
        found.append(next(running))
        for _ in range(1, 8):
            abandon()
            monkeypatch.setattr(concurrent.futures.thread, "_WorkItem", collecting)
            found.append(next(running))
            monkeypatch.setattr(concurrent.futures.thread, "_WorkItem", made)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(120.0)
    assert not thread.is_alive()
    assert found == list(range(8))
    gc.collect()  # of what was abandoned, which keeps the threads of the pool
