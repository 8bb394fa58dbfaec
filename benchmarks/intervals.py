"""Profile, score and simultaneous intervals of all coefficients beside a fit and R: prints a line of JSON a size."""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import ours
from drawing import draw_matrix
from problems import MatrixProblem
from r_peers import r_version
from timing import Effort, least_of, timed

import logitkit as lk

FULL, SMALL = ((1_000, 10), (10_000, 20), (1_000_000, 20)), ((1_000, 10), (3_000, 5))
SCORE_MOST = 10_000  # rows up to which score intervals and R are timed
#: Profile intervals by R on the same rows: confint() of a glm, after one call that loads what it needs.
IN_R = """
given <- commandArgs(TRUE)
data <- read.csv(given[1])
fit <- glm(y ~ ., binomial, data)
run <- function() suppressMessages(confint(fit))
invisible(run())
cat(min(replicate(as.integer(given[2]), system.time(run())[["elapsed"]])))
"""


def in_r(problem: MatrixProblem, runs: int) -> float | None:
    """Return the seconds that R takes, None where it is not installed."""
    if r_version("MASS") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder) / "data.csv", Path(folder) / "run.R"
        rows = np.column_stack([problem.y, problem.X[:, 1:]])
        header = ",".join(["y", *(f"x{j}" for j in range(1, problem.X.shape[1]))])
        np.savetxt(path, rows, delimiter=",", header=header, comments="", fmt="%.17g")
        script.write_text(IN_R, encoding="utf-8")
        command = ["Rscript", "--vanilla", str(script), str(path), str(runs)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def measure(n: int, p: int, effort: Effort) -> dict[str, Any]:
    """Return the times of one size, and how many fits the profile intervals take."""
    problem = MatrixProblem(**draw_matrix(n, p).arrays)
    fit = lk.logit_matrix(problem.X, problem.y, names=["Intercept", *(f"x{j}" for j in range(1, p))])
    found: dict[str, Any] = {}
    works = {"fit": lambda: ours.fit_matrix(problem, math.nan), "profile": lambda: fit.confint("profile")}
    if n <= SCORE_MOST:
        works["score"] = lambda: fit.confint("score")
        works["single-step"] = lambda: fit.confint(adjust="single-step")
    for name, work in works.items():
        first, _ = timed(work)
        found[name] = least_of(work, effort, first)[0]
    found["fits"] = found["profile"] / found["fit"]
    if n <= SCORE_MOST:
        found["profile in R"] = in_r(problem, 3)
    return found


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
