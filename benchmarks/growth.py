"""How time grows with rows and with columns, beside the time to form X'X: prints a line of JSON a size."""

from __future__ import annotations

import argparse
import gc
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import ours
from drawing import draw_matrix
from problems import MatrixProblem
from timing import Effort, gram_time, least_of, timed

COLUMNS = 20
ROWS = 100_000
N_FULL, P_FULL = (10_000, 100_000, 1_000_000, 10_000_000), (10, 30, 100, 300, 1_000)
N_SMALL, P_SMALL = (1_000, 3_000, 10_000), (10, 20, 40)
ROWS_SMALL = 5_000
RUNS = 3.0  # times the first run, which is how long a size is measured at least
SPARE = 2.0  # free memory, in sizes of X, that a problem must find


def exponent(sizes: Iterable[float], seconds: Iterable[float]) -> float:
    """Return the slope of log seconds on log size by least squares."""
    return float(np.polyfit(np.log(list(sizes)), np.log(list(seconds)), 1)[0])


def free_bytes() -> float:
    """Return the memory that is free, infinite where the system does not say."""
    path = Path("/proc/meminfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable")), math.inf)


def measure(n: int, p: int, effort: Effort) -> dict[str, Any]:
    """Return the times of one size."""
    if free_bytes() < SPARE * 8.0 * n * p:
        return {"note": f"left out: {8e-9 * n * p:.1f} GB of data need twice that much free memory"}
    drawn = draw_matrix(n, p)
    problem = MatrixProblem(**drawn.arrays)
    del drawn
    r = gram_time(problem.X, effort)
    first, fit = timed(lambda: ours.fit_matrix(problem, math.nan))
    del fit
    enough = Effort(max(effort.seconds, RUNS * first), effort.most)  # a first run reads memory that was just drawn
    seconds, _ = least_of(lambda: ours.fit_matrix(problem, math.nan), enough, first)
    return {"seconds": seconds, "gram": min(r, gram_time(problem.X, effort))}


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    effort = Effort(0.05, 3) if quick else Effort(1.0, 10)
    measure(2_000, 10, effort)
    # Large enough to begin with a sample of the rows, so that this is compiled too.
    measure(200_000, 20, Effort(0.0, 1))
    gc.freeze()
    for n in N_SMALL if quick else N_FULL:
        print(json.dumps({"along": "n", "n": n, "p": COLUMNS, **measure(n, COLUMNS, effort)}), flush=True)
    for p in P_SMALL if quick else P_FULL:
        n = ROWS_SMALL if quick else ROWS
        print(json.dumps({"along": "p", "n": n, "p": p, **measure(n, p, effort)}), flush=True)


if __name__ == "__main__":
    main()
