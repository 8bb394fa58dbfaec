"""Diagnostics and validation of large fits: seconds, beside what is asked of them and one fit of the same rows.

    python benchmarks/diagnostics.py [--quick]

Each call runs three times in one process; the first time, which may compile or import, is shown beside the best.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter

import numpy as np
import pandas as pd

import logitkit as lk


def drawn(n: int, p: int, seed: int) -> pd.DataFrame:
    """Return n rows of p normal variables and an event that a logit model with small coefficients explains."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p))
    y = rng.random(n) < 1.0 / (1.0 + np.exp(1.0 - x @ rng.normal(0.0, 1.0 / np.sqrt(p), p)))
    return pd.DataFrame(x, columns=[f"x{j}" for j in range(1, p + 1)]).assign(y=y.astype(np.int8))


def timed(name: str, call: Callable[[], object], asked: str) -> float:
    """Print the first and the best of three times of a call, and return the best."""
    seconds = []
    for _ in range(3):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    print(f"{name:<58} first {seconds[0]:6.2f} s, best {min(seconds):6.3f} s  (asked: {asked})", flush=True)
    return min(seconds)


def formula(p: int) -> str:
    """Return the formula of all p variables."""
    return "y ~ " + " + ".join(f"x{j}" for j in range(1, p + 1))


def main() -> None:
    many = 50_000 if "--quick" in sys.argv[1:] else 1_000_000
    table = drawn(many, 50, 1)
    one_fit = timed(f"fit, {many:,} x 50", lambda: lk.logit(formula(50), table), "")
    fit = lk.logit(formula(50), table)
    timed("influence of all rows", fit.influence, f"one fit, {one_fit:.2f} s")
    timed("ROC with DeLong, fit.discrimination()", fit.discrimination, "0.3 s")
    few = lk.logit(formula(6), drawn(many, 6, 2))
    timed(f"panel of tests of fit, {many:,} x 6", few.goodness_of_fit, "")
    small = lk.logit(formula(6), drawn(10_000, 6, 3))
    timed("10,000 exact refits of 7 coefficients, fit.leave_out()", small.leave_out, "1 s")
    tiny = lk.logit(formula(10), drawn(1_000, 10, 4))
    timed("fit.validate, n = 1,000, p = 10, 500 resamples", lambda: tiny.validate(n=500, seed=1), "0.5 s")


if __name__ == "__main__":
    main()
