"""What the order of many rows takes of memory, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

N = 2_000_000
PROGRAM = """
import json, sys
import logitkit as lk
import pandas as pd, pyarrow.parquet, scipy.optimize, scipy.special  # what a small fit imports

def peak():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024

lk.set_threads(2)
small = lk.logit("y ~ x + z", sys.argv[2], memory="20MB")
small.discrimination(), small.hosmer_lemeshow(), lk.logit("w ~ x + z", sys.argv[2], memory="20MB")
before, found = peak(), {}
fit = lk.logit("y ~ x + z", sys.argv[1], memory="20MB")
found["fit"] = peak() - before
curve, test = fit.discrimination(), fit.hosmer_lemeshow()
found["order"] = peak() - before
limit = lk.logit("w ~ x + z", sys.argv[1], memory="20MB").record.limit
found["separation"] = peak() - before
found.update(auc=curve.auc, std_error=curve.std_error, lost=curve.area_lost, rows=limit.n_rows)
print(json.dumps(found))
"""


@pytest.mark.slow
def test_two_million_rows_are_put_in_order_within_the_memory_that_is_granted(tmp_path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, N))
    y = (rng.random(N) < 1.0 / (1.0 + np.exp(2.0 - x))).astype(np.int8)
    table = pa.table({"x": x, "z": z, "y": y, "w": (x + 0.5 * z > 1.0).astype(np.int8)})
    parquet.write_table(table, tmp_path / "all.parquet", row_group_size=100_000)
    parquet.write_table(table.slice(0, 5_000), tmp_path / "few.parquet")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "all.parquet"), str(tmp_path / "few.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    # Score, events and non-events of every row would be 48 MB, and the rows of a program of all of them as many.
    assert found["order"] - found["fit"] < 25_000_000
    assert found["separation"] - found["fit"] < 30_000_000
    assert found["rows"] == N
    score = x  # the curve of the truth, which the fit is near
    place = np.argsort(score)
    rank = np.empty(N)
    rank[place] = np.arange(1, N + 1)
    events = int(y.sum())
    exact = (rank[y == 1].sum() - events * (events + 1) / 2) / (events * (N - events))
    assert abs(found["auc"] - exact) < 5.0 * found["std_error"]
    assert 0.0 < found["lost"] < 1e-4
