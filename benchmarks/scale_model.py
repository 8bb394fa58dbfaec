"""What a fit of more rows than these machines hold would take: a model of its time, fitted to measurements.

``python benchmarks/scale_model.py`` measures on this machine, in a few minutes:

- passes over rows of Parquet files with and without second derivatives, at several p, on one thread and on two;
- reading the same columns alone, for comparison;
- rounds in which every worker has next to nothing to do, of up to eight workers as processes, by the size of p;
- how many p by p arrays are held.

It prints the constants of

    seconds = passes x (bytes / B + n a) / w + Hessians x n c p^2 / w + rounds x (l0 + l1 w + m w p^2)

for w workers of one thread each, how far the formula is from what was measured, and an example at 1e9 rows. B is the
speed at which a worker decodes and sums numbers whose pages are warm; storage that is slower takes its place. The
example is a projection: nothing here has seen so many rows, and a network adds what it adds to a round.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.optimize import nnls

import logitkit as lk
from logitkit.api.reading import read_design
from logitkit.design.chunks.build import chunk_size
from logitkit.design.chunks.reading import Reading
from logitkit.design.design import Design
from logitkit.engine.chunked import ChunkedObjective, RowsOfColumns
from logitkit.models.binary import Binary
from logitkit.models.binomial import Binomial

FILES = 8
SIZES = (5, 20, 50, 100, 200)  # coefficients
CHUNKS = 8
WIDTH = 4  # bytes of a number
ROUNDS = 30  # of which the median counts
PASSES, HESSIANS = 6, 2  # of a fit with errors, the learning pass counted


@dataclass(frozen=True)
class Timed:
    """One kind of pass, measured.

    Parameters
    ----------
    n, p : int
        Rows and coefficients.
    workers : int
        Threads.
    hessian : bool
        Whether second derivatives were summed.
    reading, seconds : float
        Seconds of reading the columns alone, and of the whole pass.
    """

    n: int
    p: int
    workers: int
    hessian: bool
    reading: float
    seconds: float


def write_rows(place: Path, p: int, n: int) -> None:
    """Write rows of p - 1 columns of float32 and an outcome into eight files, uncompressed, without dictionaries."""
    rng = np.random.default_rng(p)
    for number in range(FILES):
        X = rng.standard_normal((n // FILES, p - 1), dtype=np.float32)
        eta = X[:, :3].sum(axis=1) / 3 - 1
        y = (rng.random(len(X)) < 1 / (1 + np.exp(-eta))).astype(np.int8)
        table = pa.table({"y": y, **{f"x{j}": X[:, j] for j in range(p - 1)}})
        pq.write_table(table, place / f"{number}.parquet", compression="none", use_dictionary=False)


def opened(place: Path, p: int) -> Design:
    """Return the design of such rows."""
    formula = "y ~ " + " + ".join(f"x{j}" for j in range(p - 1))
    reader = Binary().reader(None)
    return read_design(formula, str(place), Reading(memory="2GB"), namespace={}, reader=reader)


def read_alone(place: Path) -> int:
    """Read all columns of all files, and return the bytes of the tables."""
    return sum(pq.read_table(path, use_threads=False, pre_buffer=False).nbytes for path in sorted(place.iterdir()))


def least(work: Any, runs: int) -> float:
    """Return the least wall time of some runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def passes_of(place: Path, p: int, runs: int) -> list[Timed]:
    """Return the passes measured."""
    found = []
    design = opened(place, p)
    objective = ChunkedObjective(design, RowsOfColumns(Binomial()))
    coef = np.zeros(p)
    objective.evaluate(coef)
    reading = least(lambda: read_alone(place), runs)
    for workers in (1, 2):
        lk.set_threads(workers)
        for hessian in (False, True):
            seconds = least(lambda hessian=hessian: objective.evaluate(coef, hessian=hessian), runs)
            found.append(Timed(design.n_rows, p, workers, hessian, reading, seconds))
    lk.set_threads(None)
    return found


def cost_model(found: list[Timed]) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 / B, a and c by least squares of relative errors, and the ratios of the formula to what was measured."""
    rows = np.array([[WIDTH * each.n * each.p, each.n, each.n * each.p**2 * each.hessian] for each in found], float)
    rows /= np.array([[each.workers] for each in found])
    seconds = np.array([each.seconds for each in found])
    constants, _ = nnls(rows / seconds[:, None], np.ones(len(rows)))
    return constants, rows @ constants / seconds


def tiny(coef: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Return what a worker returns from a round, of next to no rows."""
    return coef, np.multiply.outer(coef, coef), os.getpid()


def rounds_of(workers: int, sizes: tuple[int, ...]) -> dict[tuple[int, int], float]:
    """Return the median seconds of a round by p: coefficients go to every worker, sums come back and are added."""
    found = {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for p in sizes:
            coef, times = np.ones(p), []
            list(pool.map(tiny, [coef] * 4 * workers))
            for _ in range(ROUNDS):
                start = time.perf_counter()
                total = np.zeros((p, p))
                for _, gram, _ in pool.map(tiny, [coef] * workers):
                    total += gram
                times.append(time.perf_counter() - start)
            found[workers, p] = float(np.median(times))
    return found


def latency_model(times: dict[tuple[int, int], float]) -> np.ndarray:
    """Return l0, l1 and m of ``l0 + l1 w + m w p^2`` by least squares of relative errors."""
    rows = np.array([[1.0, w, w * p * p] for w, p in times])
    seconds = np.array(list(times.values()))
    found, _ = nnls(rows / seconds[:, None], np.ones(len(rows)))
    return np.asarray(found)


def squares_held(p: int) -> float:
    """Return how many p by p arrays a fit holds at most: the part of its peak that grows with the square of p."""
    n, widths, peaks = 5 * p, (p // 4, p // 2, p), []
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((n, p)), (rng.random(n) < 0.5).astype(float)
    for width in widths:
        part = np.ascontiguousarray(X[:, :width])
        lk.logit_matrix(part, y)
        tracemalloc.start()
        lk.logit_matrix(part, y)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return float(np.polyfit(widths, peaks, 2)[0]) / 8


def shown(measured: list[Timed], times: dict[tuple[int, int], float], squares: float) -> str:
    """Return the constants, what they are worth, and the example, as a section of a page."""
    (slowness, a, c), ratios = cost_model(measured)
    start, per_worker, per_number = latency_model(times)
    lines = [
        f"{platform.machine()}, {os.cpu_count()} processors; passes on 1 and 2 threads, rounds of 1 to 8 processes.",
        "",
        "| p | rows | workers | second derivatives | pyarrow on one thread, s | pass, s | formula / measured |",
        "|---:|---:|---:|---|---:|---:|---:|",
        *(
            f"| {each.p} | {each.n:,} | {each.workers} | {'yes' if each.hessian else 'no'} | {each.reading:.3f} | "
            f"{each.seconds:.3f} | {ratio:.2f} |"
            for each, ratio in zip(measured, ratios, strict=True)
        ),
        "",
        "| constant | is | value |",
        "|---|---|---:|",
        f"| B | bytes a worker decodes and sums per second, pages warm | {1e-9 / slowness:.2f} GB/s |",
        f"| a | seconds per row and pass | {a * 1e9:.1f} ns |",
        f"| c | seconds per row and p^2, of second derivatives | {c * 1e9:.4f} ns |",
        f"| l0 + l1 w | latency of a round of w workers | {start * 1e3:.2f} ms + {per_worker * 1e3:.2f} ms w |",
        f"| m | seconds per worker and p^2 of a round | {per_number * 1e9:.2f} ns |",
        "",
    ]
    n, p = 10**9, 50
    n_bytes = WIDTH * n * p
    for workers in (16, 256):
        read, rows = PASSES * n_bytes * slowness / workers, PASSES * n * a / workers
        second = HESSIANS * n * c * p**2 / workers
        rounds = PASSES * (start + per_worker * workers + per_number * workers * p * p)
        lines.append(
            f"**Projection.** {n:,} rows, p = {p}, float32 ({n_bytes / 1e9:,.0f} GB), {workers} workers of one thread, "
            f"{PASSES} passes of which {HESSIANS} with second derivatives: bytes {read:,.0f} s, rows {rows:,.0f} s, "
            f"second derivatives {second:,.0f} s, rounds {rounds:.1f} s, in all {read + rows + second + rounds:,.0f} s."
        )
    most = {size: int((size * 1e9 / (8 * squares)) ** 0.5) for size in (4, 16, 64)}
    lines += [
        "",
        f"A fit holds {squares:.1f} p by p arrays of 8 bytes at most. The Hessian no longer fits beyond "
        + ", ".join(f"p = {p:,} in {size} GB" for size, p in most.items())
        + ".",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the page's section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in small: a tenth of the rows")
    quick = parser.parse_args().quick
    measured: list[Timed] = []
    for p in SIZES[:2] if quick else SIZES:
        with tempfile.TemporaryDirectory() as place:
            write_rows(Path(place), p, chunk_size(p) * (2 if quick else CHUNKS))
            measured += passes_of(Path(place), p, 2 if quick else 3)
    workers, sizes = ((1, 2), (10, 50)) if quick else ((1, 2, 4, 8), (10, 50, 200))
    times = {key: seconds for w in workers for key, seconds in rounds_of(w, sizes).items()}
    print(shown(measured, times, squares_held(200 if quick else 800)))


if __name__ == "__main__":
    main()
