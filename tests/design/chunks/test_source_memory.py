"""What a fit to each kind of source holds, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

MEMORY = 400_000_000
FILES, ROWS, COLUMNS = 8, 250_000, 8

PROGRAM = """
import sys
import duckdb, numpy, pandas, polars, pyarrow
from pathlib import Path
from pyarrow import csv, dataset, parquet
import logitkit as lk

def peak():
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))

kind, place = sys.argv[1], Path(sys.argv[2])
files = sorted(map(str, place.glob("parquet/*/*.parquet")))
frames = lambda: (batch for file in files for batch in parquet.ParquetFile(file).iter_batches(batch_size=20_000))
data = {
    "folder": lambda: place / "parquet",
    "text": lambda: place / "text",
    "dataset": lambda: dataset.dataset(files),
    "lazy frame": lambda: polars.scan_parquet(files),
    "relation": lambda: duckdb.connect(config={"memory_limit": "100MB"}).read_parquet(files),
    "function": lambda: frames,
}[kind]()
lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1.0, 2.0, 3.0, 2.0]})  # imports what a fit needs
before = peak()
lk.logit("y ~ " + " + ".join(f"x{j}" for j in range(8)), data, memory=int(sys.argv[3]))
print("\\npeak", peak() - before)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(2)
    for number in range(FILES):
        x = rng.normal(size=(COLUMNS, ROWS))
        y = (rng.random(ROWS) < 1.0 / (1.0 + np.exp(-x[0]))).astype(int)
        rows = pa.table({"y": y, **{f"x{j}": column for j, column in enumerate(x)}, "unused": rng.normal(size=ROWS)})
        (place / "parquet" / f"part={number}").mkdir(parents=True)
        parquet.write_table(rows, place / "parquet" / f"part={number}" / "rows.parquet")
        if number < 2:
            (place / "text").mkdir(exist_ok=True)
            csv.write_csv(rows, place / "text" / f"{number}.csv")
    return place


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="The system tells the peak of a process in /proc.")
@pytest.mark.parametrize("kind", ["folder", "text", "dataset", "lazy frame", "relation", "function"])
def test_a_fit_holds_at_most_what_was_granted(kind, place) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, kind, str(place), str(MEMORY)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.rpartition("peak")[2]) <= MEMORY
