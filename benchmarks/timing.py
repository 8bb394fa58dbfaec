"""Timing in this process and in fresh ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits


def best_of(work: Callable[[], Any], repeats: int) -> float:
    """Return the least wall time in seconds, after one run to warm up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def gram_time(X: np.ndarray, repeats: int) -> float:
    """Return r: the fastest of three ways to form X'X (one BLAS thread, two, two halves on two threads)."""
    half = len(X) // 2
    parts = [slice(0, half), slice(half, len(X))]
    times = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            times.append(best_of(lambda: X.T @ X, repeats))
    with threadpool_limits(1), ThreadPoolExecutor(2) as pool:
        times.append(best_of(lambda: sum(pool.map(lambda part: X[part].T @ X[part], parts)), repeats))
    return min(times)


def process_time(code: str, repeats: int, environment: dict[str, str] | None = None) -> float:
    """Return the least wall time of a Python process that runs the code, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, env=_with(environment))
        times.append(time.perf_counter() - start)
    return min(times)


def process_json(code: str, environment: dict[str, str] | None = None) -> Any:
    """Return what a Python process that runs the code prints as JSON on its last line."""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=_with(environment)
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def _with(environment: dict[str, str] | None) -> dict[str, str]:
    return {**os.environ, **(environment or {})}
