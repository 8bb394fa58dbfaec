"""Passes over Parquet files beside reading the same columns with pyarrow, and a fit of files beside one in memory.

A pass reads all rows; one of rows that stay reads what ``memory=`` has no room for.

Prints one line of JSON per figure. ``--large``: 100,000,000 rows of 20 float32 columns in 200 files, uncompressed and
without dictionaries (about 8 GB), or as many as half of the free disk holds, which is said.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

import logitkit as lk
from logitkit.design.chunks.kept import rows_stay
from logitkit.engine.chunked import ChunkedObjective

P = 20
ROW_BYTES = 4 * P + 1
FORMULA = "y ~ " + " + ".join(f"x{j}" for j in range(P))
COLUMNS = ["y", *(f"x{j}" for j in range(P))]
MEMORY = "2GB"


def write(place: Path, n_rows: int, n_files: int) -> list[str]:
    """Write the files, and return their paths."""
    rng = np.random.default_rng(0)
    beta = 0.2 * rng.normal(size=P)
    each, paths = n_rows // n_files, []
    for number in range(n_files):
        X = rng.standard_normal((P, each), dtype=np.float32)
        y = (rng.random(each) < 1.0 / (1.0 + np.exp(1.0 - beta @ X))).astype(np.int8)
        paths.append(str(place / f"{number:03}.parquet"))
        table = pa.table({"y": y, **{f"x{j}": column for j, column in enumerate(X)}})
        pq.write_table(table, paths[-1], compression="none", use_dictionary=False)
    return paths


def read_files(paths: list[str]) -> int:
    """Read whole files, one on each of two threads."""

    def rows(path: str) -> int:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            return int(file.read(columns=COLUMNS, use_threads=False).num_rows)

    with ThreadPoolExecutor(lk.get_threads()) as pool:
        return sum(pool.map(rows, paths))


def read_dataset(paths: list[str]) -> int:
    """Read a dataset in batches, on the threads of pyarrow."""
    return sum(batch.num_rows for batch in ds.dataset(paths).to_batches(columns=COLUMNS))


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Return seconds, and seconds of all processors."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def passes(paths: list[str], n_rows: int, rounds: int) -> None:
    """Print the least times of reading and of passes, which alternate, and the number of passes of a fit."""
    made: list[ChunkedObjective] = []
    begin = ChunkedObjective.__init__

    def remembered(self: ChunkedObjective, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        made.append(self)

    ChunkedObjective.__init__ = remembered  # type: ignore[method-assign]
    fits: list[lk.Fit] = []
    wall, cpu_of_fit = timed(lambda: fits.append(lk.logit(FORMULA, str(Path(paths[0]).parent), memory=MEMORY)))
    fit = fits[0]
    objective, coef = made[-1], fit.record.coef
    assert objective.design.stream is not None
    count = objective.design.stream.passes.count
    works: dict[str, Callable[[], Any]] = {
        "read files with pyarrow": lambda: read_files(paths),
        "read dataset with pyarrow": lambda: read_dataset(paths),
        "pass": lambda: objective.evaluate(coef, False),
        "pass with Hessian": lambda: objective.evaluate(coef, True),
    }
    stay: dict[str, Callable[[], Any]] = {f"{name}, rows stay": works[name] for name in ("pass", "pass with Hessian")}
    best = dict.fromkeys((*works, *stay), (np.inf, np.inf))
    for _ in range(rounds):
        for name, work in works.items():
            best[name] = tuple(map(min, best[name], timed(work)))  # type: ignore[assignment]
        with rows_stay(objective.design):
            for work in (*stay.values(), *stay.values()):  # the first passes of a fit read and code them
                work()
            for name, work in stay.items():
                best[name] = tuple(map(min, best[name], timed(work)))  # type: ignore[assignment]
    reading, cpu_of_reading = (min(best[name][k] for name in list(works)[:2]) for k in (0, 1))
    for name, (seconds, cpu) in best.items():
        line = {"rows": n_rows, "work": name, "seconds": seconds, "cpu": cpu, "reads": seconds / reading}
        print(json.dumps(line | {"reads of processors": cpu / cpu_of_reading}), flush=True)
    read = fit.record.read
    line = {"rows": n_rows, "work": "fit with errors", "seconds": wall, "cpu": cpu_of_fit, "passes": count}
    print(json.dumps(line | {"bytes": read.n_bytes, "from memory": read.n_kept}), flush=True)


def beside_memory(paths: list[str], n_rows: int, rounds: int) -> None:
    """Print the times of a fit of files, and of reading them and fitting in memory."""
    folder = str(Path(paths[0]).parent)
    works: dict[str, Callable[[], Any]] = {
        "read and fit in memory": lambda: lk.logit(FORMULA, pq.read_table(folder, columns=COLUMNS)),
        "fit of files": lambda: lk.logit(FORMULA, folder),
    }
    best = dict.fromkeys(works, (np.inf, np.inf))
    for _ in range(rounds + 1):
        for name, work in works.items():
            best[name] = tuple(map(min, best[name], timed(work)))  # type: ignore[assignment]
    for name, (seconds, cpu) in best.items():
        print(json.dumps({"rows": n_rows, "work": name, "seconds": seconds, "cpu": cpu}), flush=True)


def main() -> None:
    """Write the files, measure, and remove them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="100,000,000 rows, or as many as half the disk holds")
    parser.add_argument("--quick", action="store_true", help="200,000 rows, to see that it runs")
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--given", type=Path, default=None, help="a folder of such files, instead of writing them")
    parser.add_argument("--folder", default=None, help="where the files are written for the time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as place:
        wanted = given.rows or (100_000_000 if given.large else 200_000 if given.quick else 10_000_000)
        n_rows = min(wanted, shutil.disk_usage(place).free // (2 * ROW_BYTES))
        if n_rows < wanted:
            print(json.dumps({"note": f"{n_rows:,} rows in the place of {wanted:,}: the disk holds no more"}))
        if given.given is not None:
            paths = sorted(map(str, given.given.glob("*.parquet")))
            n_rows = sum(pq.read_metadata(path).num_rows for path in paths)
            passes(paths, n_rows, given.rounds)
        else:
            (large := Path(place) / "large").mkdir()
            passes(write(large, n_rows, 200), n_rows, given.rounds)
            shutil.rmtree(large)
        (small := Path(place) / "small").mkdir()
        beside = min(n_rows, 1_000_000)
        beside_memory(write(small, beside, 4), beside, given.rounds)


if __name__ == "__main__":
    main()
