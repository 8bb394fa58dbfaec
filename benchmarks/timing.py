"""Timing in this process and in fresh ones, and how much memory a process had at most."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

SHORT = 0.02  # seconds


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Parameters
    ----------
    seconds : float
        No run begins after this.
    most : int
        Largest number of runs.
    """

    seconds: float
    most: int


def timed(work: Callable[[], Any], clean: bool = True) -> tuple[float, Any]:
    """Return the wall time of one run in seconds, and what it returned; garbage is collected before it if asked for."""
    if clean:
        gc.collect()
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def least_of(work: Callable[[], Any], effort: Effort, *spent: float) -> tuple[float, int]:
    """Return the least wall time and the number of runs, those that were already timed among them."""
    times = list(spent)
    while not times or (sum(times) < effort.seconds and len(times) < effort.most):
        # Collecting garbage empties the caches: before every short run it would be most of what is measured.
        times.append(timed(work, clean=not times or times[-1] > SHORT)[0])
    return min(times), len(times)


def gram_time(X: np.ndarray, effort: Effort) -> float:
    """Return r: the fastest of three ways to form X'X (one BLAS thread, two, two halves on two threads)."""
    half = len(X) // 2
    parts = [slice(0, half), slice(half, len(X))]
    each = Effort(effort.seconds / 4.0, effort.most)

    def least(work: Callable[[], Any]) -> float:
        return least_of(work, each, timed(work)[0])[0]

    times = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            times.append(least(lambda: X.T @ X))
    with threadpool_limits(1), ThreadPoolExecutor(2) as pool:
        times.append(least(lambda: sum(pool.map(lambda part: X[part].T @ X[part], parts))))
    return min(times)


class HighWater:
    """The memory of this process above what it holds now, at its highest.

    What was freed before is given back to the system first, or what takes its place would not count. Linux lets the
    mark start anew; elsewhere it is that of the whole life of the process, and so a lower bound.
    """

    def __init__(self) -> None:
        gc.collect()
        _give_back()
        self._linux = Path("/proc/self/clear_refs").exists()
        if self._linux:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._before = _status("VmRSS") if self._linux else _peak()

    def megabytes(self) -> float:
        """Return how much was added at most since this was made."""
        return ((_status("VmHWM") if self._linux else _peak()) - self._before) / 1024


def _give_back() -> None:
    """Give memory that was freed back to the system, where the C library can (glibc)."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def process_time(code: str, repeats: int, environment: dict[str, str] | None = None) -> float:
    """Return the least wall time of a Python process that runs the code, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, env=_with(environment))
        times.append(time.perf_counter() - start)
    return min(times)


def json_lines(command: list[str], limit: float) -> tuple[list[Any], str]:
    """Run a command, and return the JSON that it printed line by line, and why it ended early ("" if it did not)."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired as stopped:
        text = stopped.stdout or b""
        return _parsed(text if isinstance(text, str) else text.decode()), f"ended after {limit:.0f} s"
    if done.returncode < 0:
        return _parsed(done.stdout), "ended by the system, probably for its memory"
    last = done.stderr.strip().splitlines()[-1:] or ["no message"]
    return _parsed(done.stdout), "" if done.returncode == 0 else f"failed: {last[0][:120]}"


def _parsed(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]


def _with(environment: dict[str, str] | None) -> dict[str, str]:
    return {**os.environ, **(environment or {})}
