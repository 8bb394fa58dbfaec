"""Ctrl-C: out within a second, no thread left, and the next fit works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

import logitkit as lk
from logitkit.numerics.threads import local
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there a process cannot send itself Ctrl-C")

# The promise is a second, most of which threads are waited for. A machine with many tests at once may schedule us late:
# so they are waited for as long as they need, and what waits for its tasks to end by themselves takes far longer.
IN_TIME = 20.0

SERVED = """
import signal, sys, threading, time
import numpy as np
import logitkit as lk
from logitkit.numerics.threads import local
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map

signal.signal(signal.SIGINT, signal.default_int_handler)
local.GRACE = 30.0
lk.set_threads(2)
rng = np.random.default_rng(0)
X = rng.standard_normal((60_000, 5))
X[:, 0] = 1.0
y = (rng.random(60_000) < 0.4).astype(float)
before = lk.logit_matrix(X, y)
Z = rng.standard_normal((400, 1_500))
Z[:, 0] = 1.0
wide = Z, (Z[:, 1] + rng.standard_normal(400) > 0.0).astype(float), ["Intercept", *(f"x{j}" for j in range(1_499))]
lk.cross_validate_matrix(*wide, folds=2, strengths=[0.05])


def left():
    return [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]


for line in sys.stdin:
    work = compile(line.strip(), "work", "exec")
    try:
        print("ready", flush=True)
        exec(work)
    except KeyboardInterrupt:
        print(time.monotonic(), left(), flush=True)
    else:
        print("never interrupted", flush=True)
    after = lk.logit_matrix(X, y)
    print(np.array_equal(before.coef, after.coef) and np.array_equal(before.vcov, after.vcov), flush=True)
"""


@pytest.fixture(scope="module")
def program() -> Iterator[subprocess.Popen[str]]:
    """A program that does what it is told, line by line, however often it is interrupted."""
    command = [sys.executable, "-c", SERVED]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        late = threading.Timer(120, process.kill)  # what hangs is an empty line, and not a test without an end
        late.start()
        yield process
        late.cancel()
        process.kill()


@pytest.mark.parametrize(
    "work",
    [
        pytest.param("list(ordered_map(lambda i: time.sleep(0.2), 500, label='Sleeps'))", id="tasks"),
        pytest.param("while True: lk.logit_matrix(X, y)", id="fits"),
        pytest.param(
            "list(ordered_map(lambda i: [lk.logit_matrix(X, y) for _ in range(10_000)], 8))", id="fits in long tasks"
        ),
        pytest.param("while True: lk.cross_validate_matrix(*wide, folds=4)", id="folds"),
        pytest.param(
            "while True: lk.cross_validate_matrix(*wide, folds=4, strengths=[0.05, 0.04]).nested()", id="nested"
        ),
        # With its own guard, as every fit has one.
        pytest.param(
            "with single_threaded_blas(): [time.sleep(0.02 + i) for i in ordered_map(lambda i: i, 500)]",
            id="between results",
        ),
    ],
)
def test_an_interruption_ends_everything_within_a_second(work: str, program: subprocess.Popen[str]) -> None:
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(f"{work}\n")
    program.stdin.flush()
    assert program.stdout.readline() == "ready\n"
    time.sleep(0.25)
    sent = time.monotonic()  # the clock of the system, the same in both processes
    program.send_signal(signal.SIGINT)
    seconds, threads = program.stdout.readline().split(maxsplit=1)
    assert threads == "[]\n"
    assert float(seconds) - sent < IN_TIME
    assert program.stdout.readline() == "True\n"


def logitkit_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("logitkit")]


@pytest.fixture(autouse=True)
def interrupts_raise():
    """As in a program of its own: where tests run in several processes, these ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def two_threads():
    lk.set_threads(2)
    yield
    lk.set_threads(None)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads are waited for as long as they need: a busy machine may not give them a second."""
    monkeypatch.setattr(local, "GRACE", 30.0)


def interrupt_after(begun: threading.Event) -> threading.Thread:
    """Interrupt the main thread when a task has begun: it waits for that task then, however slow the machine is."""

    def interrupt() -> None:
        assert begun.wait(60)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


@pytest.mark.usefixtures("two_threads")
def test_a_task_that_cannot_stop_does_not_hold_the_caller() -> None:
    gate, begun = threading.Event(), threading.Event()
    thread = interrupt_after(begun)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(ordered_map(lambda i: begun.set() or gate.wait(60), 10))
    assert time.monotonic() - start < IN_TIME
    thread.join()
    gate.set()
    for thread in threading.enumerate():
        if thread.name.startswith("logitkit"):
            thread.join(10)
    assert logitkit_threads() == []
    assert list(ordered_map(lambda i: i, 5)) == list(range(5))


@pytest.mark.usefixtures("two_threads")
def test_an_interruption_leaves_the_work_of_other_threads_alone() -> None:
    results: list[list[int]] = []
    other = threading.Thread(target=lambda: results.append(list(ordered_map(lambda i: time.sleep(0.01) or i, 60))))
    other.start()
    begun = threading.Event()
    thread = interrupt_after(begun)
    with pytest.raises(KeyboardInterrupt):
        list(ordered_map(lambda i: begun.set() or time.sleep(0.01), 10_000))
    thread.join()
    other.join()
    assert results == [list(range(60))]


@pytest.mark.usefixtures("two_threads", "patient")
def test_an_interruption_between_results_ends_the_threads_too() -> None:
    """The walk is not told: it hears of it from the guard around every fit."""
    begun: list[int] = []

    def interrupted() -> None:
        with single_threaded_blas():
            for _ in ordered_map(lambda i: begun.append(i) or time.sleep(0.005), 1_000):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        interrupted()
    assert caught.value.__traceback__ is not None  # it keeps the walk alive
    assert logitkit_threads() == []
    assert len(begun) <= 5
    fit = lk.logit_matrix(np.ones((4, 1)), np.array([0, 1, 1, 1]))
    assert fit.converged
