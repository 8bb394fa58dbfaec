"""Bias reduction beside firthmodels and brglm2: the coefficients of one design."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from beside import Beside, aimed, run_works
from drawing import draw_matrix
from timing import Effort

import logitkit as lk

FULL, SMALL = (10_000, 50), (500, 5)
AIM = 0.3  # seconds
IN_R = """
suppressMessages(library(brglm2))
run <- function()
  brglmFit(X, y, family = binomial(), control = list(type = "{}", epsilon = 1e-8))$coefficients
"""


def works(quick: bool, effort: Effort) -> Iterator[Beside]:
    """Yield Firth's and the median reduction."""
    n, p = SMALL if quick else FULL
    drawn = draw_matrix(n, p).arrays
    X, y = drawn["X"], drawn["y"]
    names = ["Intercept", *(f"x{j}" for j in range(1, p))]

    def ours(penalty: Any) -> Callable[[], np.ndarray]:
        def run() -> np.ndarray:
            return lk.logit_matrix(X, y, names, penalty=penalty).coef.to_numpy()

        return run

    def firthmodels() -> Callable[[], np.ndarray]:
        from firthmodels import FirthLogisticRegression

        def run() -> np.ndarray:
            found = FirthLogisticRegression().fit(X[:, 1:], y)
            return np.append(found.intercept_, found.coef_)

        return run

    firth = Beside(f"Firth's bias reduction, {n:,} x {p}, coefficients", effort)
    seconds = firth.time("logitkit", ours(lk.Jeffreys()))
    firth.time_if_there("firthmodels", firthmodels)
    firth.time_in_r("R brglm2, AS_mean", "brglm2", IN_R.format("AS_mean"), X, y)
    firth.time("logitkit, maximum likelihood", ours(None), same=False)
    firth.time("logitkit, log-F", ours(lk.LogF(1)), same=False)
    firth.aim = "" if quick else aimed("Time", seconds, AIM, "s")
    yield firth
    median = Beside(f"Median bias reduction, {n:,} x {p}, coefficients", effort)
    median.time("logitkit", ours(lk.MedianBias()))
    median.time_in_r("R brglm2, AS_median", "brglm2", IN_R.format("AS_median"), X, y)
    yield median


if __name__ == "__main__":
    run_works(works, __doc__)
