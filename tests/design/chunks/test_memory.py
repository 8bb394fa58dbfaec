"""What a fit holds stays within the memory that is granted, whatever the size of the files."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

N, P, MEMORY = 600_000, 12, 40_000_000

SCRIPT = """
import resource, sys
import numpy as np
import pandas as pd
import logitkit as lk

def now(what):
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(what))

folder, small, memory = sys.argv[1], sys.argv[2], int(sys.argv[3])
lk.fit("y ~ x0 + x1", small)  # imports, and reads the compiled loops
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = now("VmHWM")
resource.setrlimit(resource.RLIMIT_DATA, (memory + 1_500_000_000,) * 2)
fit = lk.fit("y ~ " + " + ".join(f"x{j}" for j in range(12)), folder, memory=memory)
print(now("VmHWM") - before, fit.record.n_obs)
"""


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the peak is that of Linux")
def test_a_fit_stays_within_its_memory(tmp_path) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((P, N), dtype=np.float32)
    y = (rng.random(N) < 1 / (1 + np.exp(1.0 - 0.3 * X[0]))).astype(np.int8)
    table = pa.table({"y": y, **{f"x{j}": column for j, column in enumerate(X)}})
    (tmp_path / "rows").mkdir()
    pq.write_table(table.slice(0, 300), tmp_path / "small.parquet")
    # One row group of 17 MB. A reader holds a page of each column and its dictionary, whatever the rows of a chunk.
    first = table.slice(0, 350_000)
    pq.write_table(first, tmp_path / "rows" / "a.parquet", use_dictionary=False, data_page_size=1 << 17)
    pq.write_table(table.slice(350_000), tmp_path / "rows" / "b.parquet", row_group_size=10_000)
    held = 8 * N * (P + 2)
    assert held > 1.5 * MEMORY  # X and y alone
    given = [str(tmp_path / "rows"), str(tmp_path / "small.parquet"), str(MEMORY)]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *given], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    peak, n_obs = map(int, done.stdout.split())
    assert n_obs == N
    assert peak <= MEMORY
