"""Firth beside firthmodels and brglm2: one design, the same coefficients, the least time of some runs.

Run ``python benchmarks/bias.py [--rows 10000] [--columns 50]``; peers that are not installed are left out.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from r_peers import r_version

import logitkit as lk

RUNS = 5
PEER = """
suppressMessages(library(brglm2))
X <- matrix(readBin("{folder}/x.bin", "double", {n} * {p}), {n}, {p})
y <- readBin("{folder}/y.bin", "double", {n})
best <- Inf
for (run in 1:3) best <- min(best, system.time(
  f <- brglmFit(X, y, family = binomial(), control = list(type = "AS_mean", epsilon = 1e-8)))[["elapsed"]])
cat(best, f$coefficients)
"""


def least(run: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return the least time of some runs, and the coefficients."""
    best, found = np.inf, np.empty(0)
    for _ in range(RUNS):
        start = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - start)
    return best, found


def in_r(X: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the time of brglm2 and its coefficients."""
    with tempfile.TemporaryDirectory() as folder:
        X.T.astype(float).tofile(Path(folder) / "x.bin")
        y.astype(float).tofile(Path(folder) / "y.bin")
        script = PEER.format(folder=folder, n=len(X), p=X.shape[1])
        out = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=True).stdout
    numbers = np.array(out.split(), dtype=float)
    return float(numbers[0]), numbers[1:]


def main() -> None:
    """Print a line per program: seconds, and how far its coefficients are from ours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=50)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(options.rows), rng.normal(size=(options.rows, options.columns - 1))])
    y = (rng.random(options.rows) < 1 / (1 + np.exp(-X @ (0.2 * rng.normal(size=options.columns))))).astype(float)
    names = ["Intercept", *(f"x{j}" for j in range(1, options.columns))]
    lines = []
    kinds = {"maximum likelihood": None, "Jeffreys": lk.Jeffreys(), "LogF": lk.LogF(1), "MedianBias": lk.MedianBias()}
    own = {
        name: least(lambda penalty=penalty: lk.logit_matrix(X, y, names, penalty=penalty).coef.to_numpy())
        for name, penalty in kinds.items()
    }
    lines += [(f"logitkit {name}", seconds, 0.0) for name, (seconds, _) in own.items()]
    firth = own["Jeffreys"][1]
    try:
        peer = importlib.import_module("firthmodels")
    except ImportError:
        pass
    else:
        seconds, coef = least(lambda: peer.FirthLogisticRegression().fit(X[:, 1:], y).coef_)
        lines.append(("firthmodels", seconds, float(np.abs(coef - firth[1:]).max())))
    if r_version("brglm2"):
        seconds, coef = in_r(X, y)
        lines.append(("brglm2 AS_mean", seconds, float(np.abs(coef - firth).max())))
    for name, seconds, apart in lines:
        print(f"{name:28} {seconds:8.3f} s   {apart:8.1e}")


if __name__ == "__main__":
    main()
