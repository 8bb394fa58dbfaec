"""BLAS on one thread inside the guard, and as before after it, whoever leaves last and whatever happens inside."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 - its BLAS is loaded before the limits are read
from threadpoolctl import ThreadpoolController

import logitkit as lk
from logitkit.numerics.threads import blas, blas_library
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map


@cache
def libraries() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


def limits() -> list[int]:
    return [library["num_threads"] for library in libraries().info()]


@pytest.fixture(autouse=True)
def two_blas_threads() -> Iterator[None]:
    with libraries().limit(limits=2):  # whatever the machine has
        assert limits()
        assert set(limits()) == {2}
        yield
    lk.set_threads(None)


def on_a_thread(function: Any) -> Any:
    with ThreadPoolExecutor(1) as other:
        return other.submit(function).result()


def test_the_limit_holds_whichever_thread_sets_it() -> None:
    """Here the main thread owns the limits in threadpoolctl's eyes."""

    def inside() -> list[int]:
        with single_threaded_blas():
            return limits()

    assert set(on_a_thread(inside)) == {1}
    assert set(limits()) == {2}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_last_to_leave_restores_on_whatever_thread(order: tuple[int, ...]) -> None:
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(3)]  # all live to the end
        guards = [single_threaded_blas() for _ in threads]
        for thread, guard in zip(threads, guards, strict=True):
            thread.submit(guard.__enter__).result()
        for left, number in enumerate(order):
            assert set(limits()) == {1}
            threads[number].submit(guards[number].__exit__, None, None, None).result()
            assert set(limits()) == {1 if left < 2 else 2}


def test_eight_threads_that_fit_at_once_leave_it_as_it_was() -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(5_000), rng.standard_normal((5_000, 3))])
    y = (rng.random(5_000) < 0.4).astype(float)
    seen: list[int] = []

    def fit(_: int) -> np.ndarray:
        with single_threaded_blas():
            seen.extend(limits())
            return lk.logit_matrix(X, y).coef.to_numpy()

    with ThreadPoolExecutor(8) as pool:
        coefs = list(pool.map(fit, range(40)))
        assert set(limits()) == {2}  # while all eight threads live
    assert set(seen) == {1}
    assert all(np.array_equal(coef, coefs[0]) for coef in coefs)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_errors_inside_restore(error: type[BaseException]) -> None:
    with pytest.raises(error), single_threaded_blas():  # noqa: SIM117
        with single_threaded_blas():
            raise error
    assert set(limits()) == {2}
    assert not blas._holders


@pytest.mark.parametrize("step", ["get_num_threads", "set_num_threads"])
def test_an_interruption_while_the_limit_is_set_loses_nothing(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of entering, one library is limited and the next is not."""
    *_, last = blas_library.of_the_process()

    def interrupted(*_: int) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(last, step, interrupted)
    with pytest.raises(KeyboardInterrupt), single_threaded_blas():
        pass
    assert set(limits()) == {2}
    with single_threaded_blas():
        assert set(limits()) == {1}
    assert set(limits()) == {2}


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("holder", ["another thread", "the thread that forks", "both", "nobody"])
def test_a_fork_has_the_limit_only_if_its_own_thread_is_inside(holder: str) -> None:
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    leave, inside = threading.Event(), threading.Event()

    def hold() -> None:
        with single_threaded_blas():
            inside.set()
            leave.wait(300)

    def child() -> None:
        before = set(limits())
        with single_threaded_blas():
            during = set(limits())
        sender.send((before, during, set(limits())))

    other = threading.Thread(target=hold)
    own = holder in {"the thread that forks", "both"}
    with ExitStack() as stack:
        if holder in {"another thread", "both"}:
            other.start()
            stack.callback(other.join)
            stack.callback(leave.set)
            assert inside.wait(60)
        if own:
            stack.enter_context(single_threaded_blas())
        process = context.Process(target=child)
        process.start()
        stack.callback(process.join)
        stack.callback(process.kill)
        assert receiver.poll(120), "the child hangs"
        before, during, after = receiver.recv()
        assert limits() == [1 if holder != "nobody" else 2] * len(limits())
    assert during == {1}
    assert before == after == {1 if own else 2}
    assert set(limits()) == {2}


class PerThread:
    """A BLAS with one limit for each thread, as OpenBLAS on OpenMP is seen by threadpoolctl."""

    threading_layer = "openmp"

    def __init__(self) -> None:
        self.here = threading.local()

    def clear_controlling_thread(self, force: bool = False) -> None:
        raise AssertionError("nobody owns a limit of this kind")

    def get_num_threads(self) -> int:
        return getattr(self.here, "threads", 4)

    def set_num_threads(self, threads: int) -> None:
        self.here.threads = threads


def test_a_library_with_a_limit_for_each_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    library = PerThread()
    monkeypatch.setattr(blas_library, "_libraries", lambda: (library,))
    lk.set_threads(3)  # a new pool, whose threads see this library

    def inside() -> tuple[int, int]:
        with single_threaded_blas():
            during = library.get_num_threads()
        return during, library.get_num_threads()

    with single_threaded_blas():
        assert library.get_num_threads() == 1
        assert on_a_thread(inside) == (1, 4)
        assert set(ordered_map(lambda i: time.sleep(0.005) or library.get_num_threads(), 9)) == {1}
        assert inside() == (1, 1)
    assert library.get_num_threads() == 4
    lk.set_threads(None)
