"""How time falls with threads and grows with the size: a fit with standard errors at 1, 2, 4, 8 and 16 threads.

    python benchmarks/scaling.py                  # sizes that take two minutes on two cores, as ``make bench`` does
    python benchmarks/scaling.py --all --keep     # rows from 1,000 to 10,000,000, columns from 5 to 2,000

Prints a line of JSON a size and number of threads, the machine first. ``--keep`` writes them to ``scaling.jsonl`` too;
the page of the benchmarks shows what is there in place of measuring. Thread counts above the cores are left out, and so
are sizes that do not fit into memory.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ours
from drawing import draw_matrix
from growth import SPARE, free_bytes
from machine import processor
from problems import MatrixProblem
from timing import Effort, least_of, timed

import logitkit as lk

KEPT = Path(__file__).with_name("scaling.jsonl")
THREADS = (1, 2, 4, 8, 16)
ROWS, COLUMNS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000), (5, 20, 100, 400, 2_000)
MOST = 500_000_000  # numbers in X
ROWS_A_COLUMN = 20  # fewer, and an estimate may not exist
FEW = (
    *((1_000, 5), (10_000, 5), (100_000, 5), (1_000_000, 5), (5_000_000, 5)),
    *((10_000, 50), (100_000, 50), (1_000_000, 50), (10_000, 400), (50_000, 400), (20_000, 1_000)),
)
SMALL = ((1_000, 5), (5_000, 5), (1_000, 20))


def all_sizes() -> list[tuple[int, int]]:
    """Return every size that has rows enough for its columns and numbers that are not too many."""
    pairs = itertools.product(ROWS, COLUMNS)
    return [(n, p) for n, p in pairs if n * p <= MOST and n >= ROWS_A_COLUMN * p]


def measure(n: int, p: int, threads: list[int], effort: Effort) -> Iterator[dict[str, Any]]:
    """Yield the time of a size by every number of threads."""
    if free_bytes() < SPARE * 8.0 * n * p:
        yield {"n": n, "p": p, "note": f"left out: {8e-9 * n * p:.1f} GB of data need twice that much free memory"}
        return
    problem = MatrixProblem(**draw_matrix(n, p).arrays)
    for count in threads:
        lk.set_threads(count)
        first, fit = timed(lambda: ours.fit_matrix(problem, math.nan))
        del fit
        seconds, _ = least_of(lambda: ours.fit_matrix(problem, math.nan), effort, first)
        yield {"n": n, "p": p, "threads": count, "seconds": seconds}


def read(path: Path = KEPT) -> list[dict[str, Any]]:
    """Return what was kept, nothing where there is no file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def main() -> None:
    """Measure every size, and keep the lines if asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it works")
    parser.add_argument("--all", action="store_true", help="every size")
    parser.add_argument("--keep", action="store_true", help=f"write {KEPT.name}, which the page shows")
    given = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = [count for count in THREADS if count <= cores]
    effort = Effort(0.05, 3) if given.quick else Effort(0.8, 10)
    sizes = SMALL if given.quick else all_sizes() if given.all else FEW
    date = time.strftime("%Y-%m-%d", time.gmtime())
    lines = [{"processor": processor(), "cores": cores, "date": date, "version": lk.__version__}]
    print(json.dumps(lines[0]), flush=True)
    for n, p in ((2_000, 10), *(() if given.quick else ((200_000, 20),))):  # so that all is compiled
        list(measure(n, p, [1], Effort(0.0, 1)))
    gc.freeze()
    for n, p in sizes:
        for line in measure(n, p, threads, effort):
            lines.append(line)
            print(json.dumps(line), flush=True)
    if given.keep:
        KEPT.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
