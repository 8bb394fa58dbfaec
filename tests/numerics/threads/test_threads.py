"""The pool of threads: its size, work inside work, changes under way, errors, and processes that fork."""

from __future__ import annotations

import gc
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import joblib
import numpy as np
import pytest

import logitkit as lk
from logitkit.errors import DataError
from logitkit.numerics.threads import local
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map, threads_in_use
from oracles.likelihood import mean

FORK = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(autouse=True)
def two_threads(two_blas_threads: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(local, "GRACE", 60.0)  # a busy machine may not end running tasks within a second
    lk.set_threads(2)
    yield
    lk.set_threads(None)


@pytest.fixture
def awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task waits for a thread of the pool for as long as a busy machine needs, and is not run by who waits for it."""
    monkeypatch.setattr(local, "PATIENCE", 60.0)


def logitkit_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("logitkit")]


def wait_until(condition: Any, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return bool(condition())


def no_thread_is_left() -> bool:
    """Whether the pool ends: a call that another test abandoned keeps its threads until it is collected."""
    gc.collect()
    return wait_until(lambda: logitkit_threads() == [])


def problem(n: int = 60_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 5))
    X[:, 0] = 1.0
    return X, (rng.random(n) < mean(X @ [0.1, 0.5, -0.5, 0.2, 0.0])).astype(float)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    lk.set_threads(None)
    monkeypatch.delenv("LOGITKIT_NUM_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return monkeypatch


# ------------------------------------------------------------------------------------------------------ how many


@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1.5", "2 3", "²", "9" * 5000, "0x2"])
@pytest.mark.parametrize("variable", ["LOGITKIT_NUM_THREADS", "OMP_NUM_THREADS"])
def test_a_bad_value_in_the_environment_is_named(environment: Any, variable: str, wrong: str) -> None:
    environment.setenv(variable, wrong)
    with pytest.raises(DataError, match=f"{variable} is '{wrong[:20]}"):
        lk.get_threads()
    X, y = problem(100)
    with pytest.raises(DataError, match=variable):  # even where one thread would do
        lk.logit_matrix(X, y)
    lk.set_threads(3)  # goes before the environment
    assert lk.get_threads() == 3


@pytest.mark.parametrize("wrong", [0, -1, 1_025, 10**9, 2.0, True, "2"])
def test_a_bad_number_of_threads_is_refused(wrong: Any) -> None:
    before = lk.get_threads()
    with pytest.raises(DataError, match="whole number from 1 to 1024"):
        lk.set_threads(wrong)
    assert lk.get_threads() == before


@pytest.mark.parametrize(
    ("ours", "openmp", "expected"),
    [("3", "", 3), ("", "5", 5), ("3", "many", 3), (" 4 ", "5", 4), ("", "4,2", 4), ("", "6 , 2", 6), ("12", "1", 12)],
)
def test_the_environment_chooses(environment: Any, ours: str, openmp: str, expected: int) -> None:
    environment.setenv("LOGITKIT_NUM_THREADS", ours)
    environment.setenv("OMP_NUM_THREADS", openmp)
    assert lk.get_threads() == expected


def test_only_openmp_has_lists(environment: Any) -> None:
    environment.setenv("LOGITKIT_NUM_THREADS", "4,2")
    with pytest.raises(DataError, match="'4,2'"):
        lk.get_threads()


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_variable_is_unset(environment: Any, blank: str) -> None:
    unset = lk.get_threads()
    environment.setenv("LOGITKIT_NUM_THREADS", blank)
    environment.setenv("OMP_NUM_THREADS", blank)
    assert lk.get_threads() == unset


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system does not bind processes to processors")
def test_the_processors_that_the_process_may_use_are_counted() -> None:
    text = "import os, logitkit\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nprint(logitkit.get_threads())"
    variables = {k: v for k, v in os.environ.items() if k not in {"LOGITKIT_NUM_THREADS", "OMP_NUM_THREADS"}}
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, env=variables)
    assert done.stdout.strip() == "1"


# --------------------------------------------------------------------------------------------------- work inside work


@pytest.mark.usefixtures("awaited")
def test_work_inside_work_runs_where_it_is_asked_for() -> None:
    def outer(i: int) -> tuple[list[str], int]:
        names = list(ordered_map(lambda j: threading.current_thread().name, 6))
        assert set(names) == {threading.current_thread().name}
        return names, sum(ordered_map(lambda j: sum(ordered_map(lambda k: i * j * k, 4)), 5))

    results = list(ordered_map(outer, 12))
    assert [total for _, total in results] == [i * 10 * 6 for i in range(12)]
    assert any(name.startswith("logitkit") for names, _ in results for name in names)


def test_threads_of_others_that_wait_for_the_pool_inside_a_task_are_served() -> None:
    """Every thread of the pool waits for a thread that itself has work for the pool."""

    def outer(i: int) -> int:
        with ThreadPoolExecutor(1) as other:
            return other.submit(lambda: sum(ordered_map(lambda j: i * j, 5))).result()

    assert list(ordered_map(outer, 6)) == [10 * i for i in range(6)]


def test_the_calling_thread_joins_in_where_no_thread_is_free(awaited: None) -> None:
    gate, busy = threading.Event(), threading.Semaphore(0)

    def block(_: int) -> None:
        busy.release()
        gate.wait(60.0)

    other = threading.Thread(target=lambda: list(ordered_map(block, 2)))
    other.start()
    try:
        assert busy.acquire(timeout=60.0) and busy.acquire(timeout=60.0)  # noqa: PT018 - both threads
        here = threading.get_ident()
        assert list(ordered_map(lambda i: (i, threading.get_ident()), 3, joins=True)) == [(i, here) for i in range(3)]
    finally:
        gate.set()
        other.join()


def test_fits_inside_tasks_are_the_fits_outside() -> None:
    X, y = problem(30_000)
    alone = lk.logit_matrix(X, y)
    for inside in ordered_map(lambda i: lk.logit_matrix(X, y), 4):
        assert np.array_equal(inside.coef, alone.coef)
        assert np.array_equal(inside.vcov, alone.vcov)


def test_without_a_thread_to_be_had_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    assert no_thread_is_left()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    calls: list[int] = []
    assert list(ordered_map(lambda i: calls.append(i) or i, 9)) == list(range(9))
    assert calls == list(range(9))


def test_work_goes_on_while_the_interpreter_ends() -> None:
    text = (
        "import atexit, threading, time, logitkit\n"
        "from logitkit.numerics.threads.local import ordered_map\n"
        "logitkit.set_threads(2)\n"
        "def work(): print(sum(ordered_map(lambda i: time.sleep(0.01) or i, 30)), flush=True)\n"
        "threading.Thread(target=work).start()\n"
        "atexit.register(work)\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.split() == ["435", "435"]
    assert done.stderr == ""


# ------------------------------------------------------------------------------------------------ changes under way


def test_the_number_of_threads_may_change_under_running_work() -> None:
    stop = threading.Event()

    def change() -> None:
        n = 1
        while not stop.is_set():
            lk.set_threads(2 + n % 4)
            n += 1
            time.sleep(0.001)

    changer = threading.Thread(target=change)
    changer.start()
    try:
        with ThreadPoolExecutor(4) as callers:
            walks = callers.map(lambda k: list(ordered_map(lambda i: time.sleep(0.0005) or k * i, 150)), range(8))
            for k, walk in enumerate(walks):
                assert walk == [k * i for i in range(150)]
    finally:
        stop.set()
        changer.join()
    lk.set_threads(2)
    assert list(ordered_map(lambda i: i, 10)) == list(range(10))
    assert no_thread_is_left()  # those of every pool that there was


@pytest.mark.usefixtures("awaited")
@pytest.mark.parametrize("smaller", [1, None])
def test_threads_that_are_no_longer_wanted_end(smaller: int | None) -> None:
    lk.set_threads(5)
    with threads_in_use():
        together = threading.Barrier(5, timeout=60)
        list(ordered_map(lambda i: together.wait(), 5))
        assert wait_until(lambda: len(logitkit_threads()) == 5)  # those of earlier work may just be ending
        lk.set_threads(smaller)
        assert no_thread_is_left()


@pytest.mark.usefixtures("awaited")
def test_threads_are_kept_during_a_fit_and_end_with_it() -> None:
    together = threading.Barrier(2, timeout=60)

    def meet(i: int) -> int:
        together.wait()
        return threading.get_ident()

    with threads_in_use():
        first = set(ordered_map(meet, 2))
        with threads_in_use():
            assert set(ordered_map(meet, 2)) == first
        assert set(ordered_map(meet, 2)) == first
        assert wait_until(lambda: len(logitkit_threads()) == 2)
    assert no_thread_is_left()
    lk.logit_matrix(*problem())
    assert no_thread_is_left()


# ------------------------------------------------------------------------------------------------------------ errors


def test_an_error_cancels_the_rest_and_keeps_its_traceback() -> None:
    begun: list[int] = []
    ended: list[int] = []

    def task(i: int) -> None:
        begun.append(i)
        time.sleep(0.02)
        if i == 3:
            raise LookupError("the fourth")
        ended.append(i)

    with pytest.raises(LookupError, match="the fourth") as caught:
        list(ordered_map(task, 1_000))
    assert "in task" in "".join(traceback.format_tb(caught.value.__traceback__))
    assert sorted(begun) == sorted([*ended, 3])  # nothing runs any more
    assert len(begun) <= 4 + 4
    time.sleep(0.06)
    assert len(begun) <= 4 + 4
    assert list(ordered_map(lambda i: i, 5)) == list(range(5))


@pytest.mark.parametrize("error", [TimeoutError, local.CancelledError])
def test_an_error_that_waiting_also_raises_is_the_tasks_own(error: type[Exception]) -> None:
    def task(i: int) -> int:
        time.sleep(0.01)
        if i == 2:
            raise error("mine")
        return i

    walk = ordered_map(task, 5)
    assert [next(walk), next(walk)] == [0, 1]
    with pytest.raises(error, match="mine"):
        next(walk)


def test_what_is_abandoned_stops_at_the_next_step_of_work_inside_it() -> None:
    steps = [0, 0]

    def task(i: int) -> None:
        if i == 0:
            wait_until(lambda: steps[1] > 2)
            raise LookupError

        def step(j: int) -> None:
            steps[1] = j
            time.sleep(0.005)

        list(ordered_map(step, 10_000))

    with pytest.raises(LookupError):
        list(ordered_map(task, 2))
    assert 2 < steps[1] < 1_000
    reached = steps[1]
    time.sleep(0.03)
    assert steps[1] == reached


# --------------------------------------------------------------------------------------------------------- processes


@pytest.mark.parametrize("backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_work_in_joblib(backend: str) -> None:
    def fitted(seed: int) -> tuple[np.ndarray, np.ndarray, float]:  # nested, so that a worker gets it by value
        import numpy as np

        import logitkit as lk

        lk.set_threads(2)
        rng = np.random.default_rng(seed)
        X = np.column_stack([np.ones(40_000), rng.standard_normal((40_000, 2))])
        fit = lk.logit_matrix(X, (rng.random(40_000) < 0.3).astype(float))
        return fit.coef.to_numpy(), fit.vcov.to_numpy(), fit.loglik

    alone = [fitted(seed) for seed in range(4)]
    together = joblib.Parallel(2, backend=backend)(joblib.delayed(fitted)(seed) for seed in range(4))
    for expected, found in zip(alone, together, strict=True):
        for one, other in zip(expected, found, strict=True):
            assert np.array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_fits_in_new_processes(method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        method = "spawn"
    X, y = problem()
    alone = lk.logit_matrix(X, y)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as workers:
        for fit in workers.map(lk.logit_matrix, [X] * 3, [y] * 3):
            assert np.array_equal(fit.coef, alone.coef)
            assert np.array_equal(fit.vcov, alone.vcov)


def in_a_fork(function: Any) -> Any:
    """Run a function in a forked child, and return what it returns."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(function()))
    child.start()
    try:
        assert receiver.poll(120), "the child hangs"
        return receiver.recv()
    finally:
        child.kill()
        child.join()


@pytest.mark.usefixtures("awaited")
@FORK
def test_a_fork_has_a_pool_of_its_own() -> None:
    def who(i: int) -> str:
        time.sleep(0.005)
        return threading.current_thread().name

    def child() -> tuple[list[str], set[str]]:
        return logitkit_threads(), set(ordered_map(who, 8))

    with threads_in_use():
        list(ordered_map(who, 8))
        assert logitkit_threads()
        with local._lock:  # as another thread may hold it at that moment
            before, workers = in_a_fork(child)
    assert before == []
    assert any(name.startswith("logitkit_") for name in workers)


@pytest.mark.usefixtures("awaited")
@FORK
def test_a_walk_that_began_before_a_fork_can_be_ended_after_it() -> None:
    gate = threading.Event()

    def task(i: int) -> int:
        if os.getpid() == parent:
            gate.wait(120)
        return i

    parent = os.getpid()
    walk = ordered_map(task, 12)
    first = ThreadPoolExecutor(1)
    begun = first.submit(next, walk)  # the first two tasks run and wait, the next two are queued
    assert wait_until(lambda: len(logitkit_threads()) == 2)
    gate.set()
    assert begun.result() == 0
    gate.clear()
    assert in_a_fork(lambda: list(walk)) == list(range(1, 12))
    gate.set()
    assert list(walk) == list(range(1, 12))
    first.shutdown()


@pytest.mark.usefixtures("awaited")
@FORK
def test_a_fork_from_inside_a_task_uses_threads_again() -> None:
    def task(i: int) -> list[str]:
        if i:
            return []
        return in_a_fork(lambda: list(ordered_map(lambda j: time.sleep(0.01) or threading.current_thread().name, 4)))

    names = next(ordered_map(task, 2))
    assert any(name.startswith("logitkit_") for name in names)


@FORK
def test_forks_in_the_middle_of_work_are_right() -> None:
    X, _ = problem(20_000)

    def work() -> list[np.ndarray]:
        with single_threaded_blas():
            return list(ordered_map(lambda i: X[i * 1_000 :][:1_000].T @ X[i * 1_000 :][:1_000], 20))

    alone = work()
    stop = threading.Event()

    def keep_working() -> None:
        while not stop.is_set():
            assert np.array_equal(work(), alone)

    with ThreadPoolExecutor(2) as callers:
        calls = [callers.submit(keep_working) for _ in range(2)]
        try:
            assert all(np.array_equal(in_a_fork(work), alone) for _ in range(10))
        finally:
            stop.set()
    assert [call.result() for call in calls] == [None, None]
