"""Robust covariances beside a fit, statsmodels and R: prints a line of JSON a size."""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import ours
from drawing import draw_matrix
from problems import MatrixProblem
from r_peers import r_version
from timing import Effort, least_of, timed

import logitkit as lk

FULL, SMALL = ((1_000, 10), (100_000, 20), (1_000_000, 20)), ((1_000, 5),)
R_MOST = 100_000  # rows up to which R is timed
#: Covariances by R on the same rows; CR2 by clubSandwich, which writes matrices of whole clusters, up to 5,000 rows.
IN_R = """
given <- commandArgs(TRUE)
data <- read.csv(given[1])
fit <- glm(y ~ . - a - b, binomial, data)
least <- function(run) { invisible(run()); min(replicate(as.integer(given[2]), system.time(run())[["elapsed"]])) }
times <- c(
  HC3 = least(function() sandwich::vcovHC(fit, "HC3")),
  cluster = least(function() sandwich::vcovCL(fit, data$a)),
  crossed = least(function() sandwich::vcovCL(fit, data[c("a", "b")])))
if (requireNamespace("clubSandwich", quietly = TRUE) && nrow(data) <= 5000)
  times <- c(times, CR2 = least(function() clubSandwich::vcovCR(fit, data$a, "CR2")))
cat(names(times), times)
"""


def in_r(problem: MatrixProblem, codes: tuple[Any, Any], runs: int) -> dict[str, float]:
    """Return the seconds that R takes, none where it is not installed."""
    if r_version("sandwich") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder) / "data.csv", Path(folder) / "run.R"
        rows = np.column_stack([problem.y, *codes, problem.X[:, 1:]])
        header = ",".join(["y", "a", "b", *(f"x{j}" for j in range(1, problem.X.shape[1]))])
        np.savetxt(path, rows, delimiter=",", header=header, comments="", fmt="%.17g")
        script.write_text(IN_R, encoding="utf-8")
        command = ["Rscript", "--vanilla", str(script), str(path), str(runs)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    words = done.stdout.split()
    names, times = words[: len(words) // 2], words[len(words) // 2 :]
    return {f"{name} in R": float(time) for name, time in zip(names, times, strict=True)}


def in_statsmodels(problem: MatrixProblem, codes: tuple[Any, Any], effort: Effort) -> dict[str, float]:
    """Return the seconds that statsmodels takes, none where it is not installed; its HC3 is HC0."""
    if find_spec("statsmodels") is None:
        return {}
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.stats.sandwich_covariance import cov_cluster, cov_cluster_2groups, cov_white_simple

    fit = Logit(problem.y, problem.X).fit(disp=0)
    works: dict[str, Callable[[], Any]] = {
        "HC0": lambda: cov_white_simple(fit),
        "cluster": lambda: cov_cluster(fit, codes[0]),
        "crossed": lambda: cov_cluster_2groups(fit, *codes),
    }
    return {f"{name} in statsmodels": least_of(work, effort, timed(work)[0])[0] for name, work in works.items()}


def measure(n: int, p: int, effort: Effort) -> dict[str, Any]:
    """Return the times of one size, and how many fits each covariance takes."""
    problem = MatrixProblem(**draw_matrix(n, p).arrays)
    fit = lk.logit_matrix(problem.X, problem.y, names=["Intercept", *(f"x{j}" for j in range(1, p))])
    rng = np.random.default_rng(1)
    codes = rng.integers(0, max(n // 100, 5), n), rng.integers(0, 50, n)
    works: dict[str, Callable[[], Any]] = {
        "fit": lambda: ours.fit_matrix(problem, math.nan),
        "HC3": lambda: fit.robust("HC3"),
        "cluster": lambda: fit.robust(cluster=codes[0]),
        "crossed": lambda: fit.robust(cluster=list(codes)),
        "CR2": lambda: fit.robust("CR2", cluster=codes[0]),
        "CR3": lambda: fit.robust("CR3", cluster=codes[0]),
    }
    found: dict[str, Any] = {name: least_of(work, effort, timed(work)[0])[0] for name, work in works.items()}
    found["fits"] = {name: found[name] / found["fit"] for name in works if name != "fit"}
    found |= in_statsmodels(problem, codes, effort)
    return found | (in_r(problem, codes, 3) if n <= R_MOST else {})


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    effort = Effort(0.05, 3) if quick else Effort(1.0, 10)
    measure(200, 3, Effort(0.0, 1))
    for n, p in SMALL if quick else FULL:
        print(json.dumps({"n": n, "p": p, **measure(n, p, effort)}), flush=True)


if __name__ == "__main__":
    main()
